"""What is done after the answer is done once, whatever ends the process: `kill -9` right after the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from harness import Identity, Server, Trail
from harness.patience import PATIENCE


def administrator(server: Server) -> Identity:
    iam = server.root.iam
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return Identity.of_key(server.url, iam.create_access_key(UserName="admin")["AccessKey"])


def again(server: Server, identity: Identity) -> Identity:
    """The same caller, after the server has been started again on another port."""
    return Identity(server.url, identity.key_id, identity.secret)


def eventually(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


def test_accounts_are_made_and_closed_once_across_kills(durable: Callable[..., Server]) -> None:
    server = durable().start()
    admin = administrator(server)
    admin.client("organizations").create_organization()
    requests: list[str] = []
    for number in range(4):
        api = admin.client("organizations")
        for part in ("a", "b"):
            requests.append(api.create_account(
                AccountName=f"{part}{number}", Email=f"{part}{number}@example.com")["CreateAccountStatus"]["Id"])
        server.kill()
        server.start()
        admin = again(server, admin)
    api = admin.client("organizations")
    accounts = []
    for request in requests:
        status = eventually(
            lambda: api.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"],
            lambda status: status["State"] != "IN_PROGRESS")
        assert status["State"] == "SUCCEEDED", status
        accounts.append(status["AccountId"])
    listed = [account["Id"] for account in api.list_accounts()["Accounts"]]
    assert sorted(listed) == sorted(accounts + [server.root.sts.get_caller_identity()["Account"]])
    # One event for each: nothing was done twice.
    made = [
        event["serviceEventDetails"]["createAccountStatus"]["accountId"]
        for event in Trail(admin).all(EventName="CreateAccountResult")
    ]
    assert sorted(made) == sorted(accounts)

    for account in accounts[:2]:
        api.close_account(AccountId=account)
    server.kill()
    server.start()
    admin = again(server, admin)
    api = admin.client("organizations")
    for account in accounts[:2]:
        eventually(
            lambda: api.describe_account(AccountId=account)["Account"]["Status"],
            lambda status: status == "SUSPENDED")
    closed = eventually(
        lambda: Trail(admin).all(EventName="CloseAccountResult"), lambda events: len(events) >= 2)
    assert len(closed) == 2


def test_reports_are_made_after_a_kill(durable: Callable[..., Server]) -> None:
    server = durable().start()
    admin = administrator(server)
    arn = admin.iam.get_user()["User"]["Arn"]
    assert admin.iam.generate_credential_report()["State"] == "STARTED"
    job = admin.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    server.kill()
    server.start()
    admin = again(server, admin)
    # Nobody asks for it anew: that it was asked for stands in the ledger.
    report = eventually(
        lambda: admin.iam.get_service_last_accessed_details(JobId=job), lambda answer: answer["JobStatus"] != "IN_PROGRESS")
    assert report["JobStatus"] == "COMPLETED"
    eventually(lambda: admin.iam.generate_credential_report()["State"], lambda state: state == "COMPLETE")
    assert b"admin" in admin.iam.get_credential_report()["Content"]
