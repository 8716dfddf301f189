"""Someone who calls Gatehouse, by the `aws` CLI or by boto3."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from collections.abc import Callable

import boto3
import botocore.config
import botocore.exceptions

from .aws import run_aws
from .patience import PATIENCE

# Of services that the pinned botocore does not know well enough, a later one's models come first: ACM's operations for ACME.
os.environ["AWS_DATA_PATH"] = str(Path(__file__).resolve().parents[3] / ".venv" / "newer" / "models")

_session = boto3.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")

CLI_ERROR = re.compile(
    r"An error occurred \((?P<code>[^)]*)\) when calling the (?P<operation>\w+) operation(?: \(.*?\))?: (?P<message>.*)",
    re.S,
)


class AwsError(Exception):
    """An error that the service answered, whichever client got it."""

    def __init__(self, code: str, message: str, operation: str = "", status: int | None = None, request_id: str = ""):
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code
        self.message = message
        self.operation = operation
        self.status = status
        self.request_id = request_id

    @classmethod
    def of(cls, error: botocore.exceptions.ClientError) -> "AwsError":
        details, metadata = error.response["Error"], error.response["ResponseMetadata"]
        return cls(
            details.get("Code", ""),
            details.get("Message", ""),
            error.operation_name,
            metadata.get("HTTPStatusCode"),
            metadata.get("RequestId", ""),
        )


def error_of(call: Callable[..., Any], **parameters: Any) -> AwsError:
    """Makes a boto3 call that must be refused and returns the error."""
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return AwsError.of(error)
    raise AssertionError(f"{getattr(call, '__name__', call)} {parameters} was not refused")


@dataclass
class Identity:
    """An access key, perhaps with a session token, and the endpoint that it is used at."""

    url: str
    key_id: str
    secret: str
    token: str | None = None
    name: str = ""
    region: str = "us-east-1"
    #: Whether clients take Gatehouse for their HTTP proxy, so that nobody has to look up the names that they put before its
    #: own: of accounts for S3 Control, of access points for S3.
    by_proxy: bool = False
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of_key(cls, url: str, key: dict[str, Any], name: str = "") -> "Identity":
        """From the `AccessKey` of CreateAccessKey."""
        return cls(url, key["AccessKeyId"], key["SecretAccessKey"], name=name or key.get("UserName", ""))

    @classmethod
    def of_session(cls, url: str, credentials: dict[str, Any], name: str = "") -> "Identity":
        """From the `Credentials` that STS answers."""
        return cls(
            url, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], name=name
        )

    # boto3

    def client(self, service: str, *, region: str | None = None, **config: Any) -> Any:
        if service in self._clients and not config and not region:
            return self._clients[service]
        settings: dict[str, Any] = {
            "retries": {"total_max_attempts": 1},
            "connect_timeout": PATIENCE,
            "read_timeout": PATIENCE,
            "user_agent_extra": "gatehouse-tests",
            "max_pool_connections": 64,
        }
        if self.by_proxy or service == "s3control":
            settings["proxies"] = {"http": self.url}
        client = _session.client(
            service,
            endpoint_url=self.url,
            region_name=region or self.region,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            config=botocore.config.Config(**(settings | config)),
        )
        if not config and not region:
            self._clients[service] = client
        return client

    @property
    def iam(self) -> Any:
        return self.client("iam")

    @property
    def sts(self) -> Any:
        return self.client("sts")

    @property
    def cloudtrail(self) -> Any:
        return self.client("cloudtrail")

    # The CLI

    @property
    def environment(self) -> dict[str, str]:
        """What a shell would export to be this identity."""
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }
        if self.token:
            variables["AWS_SESSION_TOKEN"] = self.token
        if self.by_proxy:
            variables |= {"HTTP_PROXY": self.url, "http_proxy": self.url}
        return variables

    def aws(self, *words: str, stdin: str | None = None) -> Any:
        """Runs `aws …` and returns its JSON (None when it prints nothing); raises AwsError when refused.

        One word may hold several arguments separated by spaces when it is the only one: aws("iam list-users").
        """
        arguments = words[0].split() if len(words) == 1 else list(words)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
        }
        done = run_aws(["--output", "json", *arguments], inherited | self.environment, stdin)
        if done.returncode != 0:
            if found := CLI_ERROR.search(done.stderr.strip()):
                raise AwsError(found["code"], found["message"].strip(), found["operation"])
            raise AssertionError(f"aws {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def aws_refused(self, *words: str) -> AwsError:
        """Runs `aws …`, which must be refused, and returns the error."""
        try:
            self.aws(*words)
        except AwsError as error:
            return error
        raise AssertionError(f"aws {' '.join(words)} was not refused")
