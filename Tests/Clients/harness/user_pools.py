"""A user pool with an app client, and what its users are sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

from botocore import UNSIGNED

from . import raw
from .server import Server

PASSWORD = "Correct-Horse-7"
CODE = re.compile(r"\b\d{6}\b")


def attributes(**values: str) -> list[dict[str, str]]:
    """`custom_team="x"` is the attribute `custom:team`."""
    return [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in values.items()]


def named(listed: list[dict[str, str]]) -> dict[str, str]:
    """Attributes as an answer has them, by name."""
    return {one["Name"]: one["Value"] for one in listed}


class UserPool:
    """A pool of the test's own: `admin` is boto3 as the account's root user, `app` boto3 without a signature."""

    def __init__(self, cloud: Server, *, client: dict[str, Any] | None = None, **settings: Any):
        self.cloud = cloud
        self.admin = cloud.root.client("cognito-idp")
        self.app = cloud.root.client("cognito-idp", signature_version=UNSIGNED)
        self.id = str(self.admin.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"])
        created = self.new_client(**(client or {}))
        self.client = str(created["ClientId"])
        self.secret = created.get("ClientSecret")

    def new_client(self, **settings: Any) -> Any:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        settings = {"ClientName": "app", "ExplicitAuthFlows": flows} | settings
        return self.admin.create_user_pool_client(UserPoolId=self.id, **settings)["UserPoolClient"]

    def secret_hash(self, username: str) -> str:
        digest = hmac.new(str(self.secret).encode(), (username + self.client).encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    # Users

    def sign_up(self, username: str, password: str = PASSWORD, **values: str) -> Any:
        return self.app.sign_up(
            ClientId=self.client, Username=username, Password=password, UserAttributes=attributes(**values)
        )

    def confirm(self, username: str, code: str | None = None, **more: Any) -> Any:
        code = code or self.code()
        return self.app.confirm_sign_up(ClientId=self.client, Username=username, ConfirmationCode=code, **more)

    def create(self, username: str, password: str | None = PASSWORD, **values: str) -> Any:
        """A user of an administrator's making, without an invitation; with a password that is not temporary."""
        created = self.admin.admin_create_user(
            UserPoolId=self.id, Username=username, UserAttributes=attributes(**values), MessageAction="SUPPRESS"
        )["User"]
        if password:
            self.admin.admin_set_user_password(
                UserPoolId=self.id, Username=username, Password=password, Permanent=True
            )
        return created

    def user(self, username: str) -> Any:
        return self.admin.admin_get_user(UserPoolId=self.id, Username=username)

    def status(self, username: str) -> str:
        return str(self.user(username)["UserStatus"])

    def attributes(self, username: str) -> dict[str, str]:
        return named(self.user(username)["UserAttributes"])

    def sign_in(self, username: str, password: str = PASSWORD) -> Any:
        return self.app.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )

    def access_token(self, username: str, password: str = PASSWORD) -> str:
        return str(self.sign_in(username, password)["AuthenticationResult"]["AccessToken"])

    # Messages

    def outbox(self) -> list[dict[str, str]]:
        request = raw.signed("GET", "/_gatehouse/outbox", b"", self.cloud.root, service="gatehouse")
        return list(json.loads(raw.send(self.cloud.port, request).body))

    def message(self) -> dict[str, str]:
        """The last one."""
        return self.outbox()[-1]

    def code(self) -> str:
        """That of the last message."""
        found = CODE.search(self.message()["text"])
        assert found, self.message()
        return found.group()
