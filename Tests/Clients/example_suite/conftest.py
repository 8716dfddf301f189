"""Gatehouse in your own test suite: started once, emptied before each test, its clock moved on at will.

Needs `gatehouse` on PATH, and `pip install pytest boto3`.
"""

import datetime
import json
import re
import subprocess

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

ROOT = {
    "aws_access_key_id": "AKIAEXAMPLEROOT00000",
    "aws_secret_access_key": "example/secret/that/signs/in/tests/alone",
}


@pytest.fixture(scope="session")
def gatehouse():
    """The URL of a Gatehouse that lives in memory as long as the test run."""
    command = ["gatehouse", "serve", "--in-memory", "--port", "0", "--account-id", "123456789012"]
    command += ["--root-access-key-id", ROOT["aws_access_key_id"]]
    command += ["--root-secret-access-key", ROOT["aws_secret_access_key"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if listens := re.search(r"listens on (http://\S+)", line):
                break
        yield listens.group(1)
        process.terminate()


def ask(gatehouse, path, body=None):
    """Asks Gatehouse for what AWS has not, as the root user."""
    request = AWSRequest("POST", f"{gatehouse}/_gatehouse/{path}", data=json.dumps(body) if body else b"")
    SigV4Auth(boto3.Session(**ROOT).get_credentials(), "gatehouse", "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    assert answer.status_code in (200, 204), answer.text
    return answer


@pytest.fixture
def root(gatehouse):
    """A boto3 session of the root user of an empty account."""
    ask(gatehouse, "reset")
    return boto3.Session(region_name="us-east-1", **ROOT)


@pytest.fixture
def advance(gatehouse, root):
    """Moves the clock on by some seconds, and gives what it says then. What falls due meanwhile has been done."""

    def advance(seconds):
        answer = ask(gatehouse, "clock", {"advance": seconds})
        return datetime.datetime.fromisoformat(json.loads(answer.text)["time"])

    return advance


@pytest.fixture
def iam(gatehouse, root):
    return root.client("iam", endpoint_url=gatehouse)
