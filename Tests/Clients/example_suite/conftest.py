"""Gatehouse in your own test suite: started once, emptied before each test.

Needs `gatehouse` on PATH, and `pip install pytest boto3`.
"""

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


@pytest.fixture
def root(gatehouse):
    """A boto3 session of the root user of an empty account."""
    session = boto3.Session(region_name="us-east-1", **ROOT)
    reset = AWSRequest("POST", f"{gatehouse}/_gatehouse/reset")
    SigV4Auth(session.get_credentials(), "gatehouse", "us-east-1").add_auth(reset)
    assert URLLib3Session().send(reset.prepare()).status_code in (200, 204)
    return session


@pytest.fixture
def iam(gatehouse, root):
    return root.client("iam", endpoint_url=gatehouse)
