"""Makes the calls of a scenario through the AWS CLI: its own entry point, many times in one process, for it is slow to start."""

import contextlib
import io
import json
import os
import re

from awscli.clidriver import create_clidriver
from scenario_steps import run

root = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}


def command_of(call):
    """`create-user` of `CreateUser` and of `create_user`."""
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", call))
    return words.replace("_", "-").lower()


def arguments(step, given):
    service = step.get("service", "iam")
    if step.get("waits"):
        flags = [part for name, value in given.items() for part in (f"--{command_of(name)}", str(value))]
        return [service, "wait", command_of(step["call"]), *flags]
    name = "s3api" if service == "s3" else service
    return [name, command_of(step["call"]), "--cli-input-json", json.dumps(given), "--no-paginate"]


def sign_as(credentials):
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.update(root)
    if credentials is None:
        return
    os.environ["AWS_ACCESS_KEY_ID"] = credentials["AccessKeyId"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = credentials["SecretAccessKey"]
    if "SessionToken" in credentials:
        os.environ["AWS_SESSION_TOKEN"] = credentials["SessionToken"]


def told(step, given, credentials):
    sign_as(credentials)
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = create_clidriver().main([*arguments(step, given), "--output", "json"])
        except SystemExit as end:
            status = end.code
    if status == 0:
        return {"answer": json.loads(output.getvalue() or "{}")}
    code = re.search(r"An error occurred \((\w+)\)", errors.getvalue())
    return {"code": code[1] if code else "unknown", "message": errors.getvalue()}


run(told)
