"""An organization of the test's own: its management account is the server's first."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from typing import Any

from .documents import policy
from .identity import Identity
from .patience import PATIENCE
from .server import ROOT_KEY_ID, ROOT_SECRET, Server, gatehouse

ROLE = "OrganizationAccountAccessRole"


@dataclass
class Member:
    """An account, and its administrator: a session of the role that every new account has."""

    server: Server
    account: str
    email: str
    admin: Identity

    def user(self, name: str, *statements: dict[str, Any], by: Identity | None = None) -> Identity:
        """A user of the account, with a key."""
        iam = (by or self.admin).iam
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return Identity.of_key(self.server.url, iam.create_access_key(UserName=name)["AccessKey"])

    def root_user(self) -> Identity:
        """The account's root user, with a key that the server's owner makes."""
        done = gatehouse(
            "root-key",
            *("--account", self.account, "--endpoint", self.server.url),
            environment={"AWS_ACCESS_KEY_ID": ROOT_KEY_ID, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET},
        )
        assert done.returncode == 0, done.stderr
        key = re.search(r"AWS_ACCESS_KEY_ID=(\w+) AWS_SECRET_ACCESS_KEY='?([^'\s]+)", done.stdout)
        assert key, done.stdout
        return Identity(self.server.url, key[1], key[2], name="root")


class NewOrganization:
    def __init__(self, server: Server):
        self.server = server
        self.management = server.root
        self.api = self.management.client("organizations")
        self.numbers = itertools.count(1)
        self.id = self.api.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root_id = self.api.list_roots()["Roots"][0]["Id"]
        iam = self.management.iam
        iam.create_user(UserName="organizer")
        iam.attach_user_policy(UserName="organizer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        # Root users may not assume roles.
        self.organizer = Identity.of_key(server.url, iam.create_access_key(UserName="organizer")["AccessKey"])

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.api.create_organizational_unit(ParentId=parent or self.root_id, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def member(self, name: str) -> Member:
        """A new account, made by the organization."""
        email = f"{name}-{next(self.numbers)}@example.com"
        status = self.api.create_account(Email=email, AccountName=name)["CreateAccountStatus"]
        deadline = time.monotonic() + PATIENCE
        while status["State"] == "IN_PROGRESS":
            assert time.monotonic() < deadline, status
            time.sleep(0.05)
            status = self.api.describe_create_account_status(CreateAccountRequestId=status["Id"])[
                "CreateAccountStatus"
            ]
        assert status["State"] == "SUCCEEDED", status
        return self.enter(status["AccountId"], email)

    def enter(self, account: str, email: str) -> Member:
        credentials = self.organizer.sts.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="organizer"
        )["Credentials"]
        return Member(self.server, account, email, Identity.of_session(self.server.url, credentials))

    def policy(self, content: str, of: str = "SERVICE_CONTROL_POLICY") -> str:
        made = self.api.create_policy(Name=f"policy-{next(self.numbers)}", Description="", Type=of, Content=content)
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy_id: str, target: str) -> None:
        self.api.attach_policy(PolicyId=policy_id, TargetId=target)

    def detach(self, policy_id: str, target: str) -> None:
        self.api.detach_policy(PolicyId=policy_id, TargetId=target)

    def move(self, member: Member, parent: str) -> None:
        source = self.api.list_parents(ChildId=member.account)["Parents"][0]["Id"]
        self.api.move_account(AccountId=member.account, SourceParentId=source, DestinationParentId=parent)

    def remove(self, member: Member) -> None:
        """Needs a server with `--quota DaysBeforeLeaving=0`: new accounts must stay for some days."""
        self.api.remove_account_from_organization(AccountId=member.account)

    def outsider(self, name: str) -> Member:
        """An account that is in no organization, with an administrator of its own."""
        outsider = self.member(name)
        self.remove(outsider)
        return outsider
