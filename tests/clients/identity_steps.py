"""Makes the calls of a scenario through boto3."""

import os

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError, WaiterError
from scenario_steps import run

# The server is asked what it says of values that boto3 would not send.
config = Config(parameter_validation=False, retries={"max_attempts": 1, "mode": "standard"}, s3={"addressing_style": "path"})
clients = {}


def client(service, credentials):
    key = (service, credentials and credentials["AccessKeyId"])
    if key not in clients:
        given = credentials and {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials.get("SessionToken"),
        }
        endpoint = os.environ["CAIRN_TEST_ENDPOINT"]
        clients[key] = boto3.client(service, endpoint_url=endpoint, config=config, **(given or {}))
    return clients[key]


def told(step, given, credentials):
    api = client(step.get("service", "iam"), credentials)
    try:
        if step.get("waits"):
            api.get_waiter(step["call"]).wait(**given, WaiterConfig={"Delay": 0, "MaxAttempts": 3})
            return {"answer": {}}
        names = {call: name for name, call in api.meta.method_to_api_mapping.items()}
        answer = getattr(api, names[step["call"]])(**given)
        answer.pop("ResponseMetadata")
        return {"answer": answer}
    except (ClientError, WaiterError) as error:
        name = type(error).__name__
        code = error.response["Error"]["Code"] if name == "ClientError" else name
        return {"code": code, "message": str(error)}


run(told)
