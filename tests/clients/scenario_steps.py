"""What programs that make the calls of a scenario (see scenario/step.ts) have in common."""

import json
import re
import sys


def filled(value, kept):
    if isinstance(value, str):
        return re.sub(r"<([\w-]+)>", lambda match: str(kept[match[1]]), value)
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    if isinstance(value, dict):
        return {name: filled(each, kept) for name, each in value.items()}
    return value


def run(told):
    """Takes the steps as JSON from standard input; prints what came of each. `told` makes the call of a step."""
    kept = {}
    for step in json.load(sys.stdin):
        credentials = kept[step["as"]] if "as" in step else None
        result = told(step, filled(step.get("input", {}), kept), credentials)
        print(json.dumps(result, default=str), flush=True)
        # What is wrong is for the reader to say: the rest would only follow from it.
        if ("code" in result) != ("fails" in step):
            break
        for name, path in step.get("keep", {}).items():
            value = result["answer"]
            for part in path.split("."):
                value = value[part]
            kept[name] = value
