"""Switching roles in the console, and coming in by the federation endpoint."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from harness import Identity, Server, Trail, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


def trust(principal: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more],
        }
    )


def test_switching_to_a_role_and_back(person: Person, root: Identity, trail: Trail) -> None:
    signed_up(root, "ann")
    iam = root.client("iam")
    ann = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust(ann))
    iam.attach_role_policy(RoleName="Reader", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    iam.create_role(RoleName="Guarded", AssumeRolePolicyDocument=trust(ann, Condition=mfa))
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go("switch-role?roleName=Guarded&account=" + ACCOUNT)
    assert violations(page) == []
    assert page.get_by_label("IAM role name").input_value() == "Guarded"
    page.get_by_role("button", name="Switch role", exact=True).click()
    assert page.get_by_role("alert").inner_text().startswith("Invalid information in one or more fields.")
    page.get_by_label("IAM role name").fill("Reader")
    page.get_by_label("Display name").fill("Looking around")
    page.get_by_label("Color").select_option("green")
    page.get_by_role("button", name="Switch role", exact=True).click()
    assert person.heading == "Home"
    assert page.locator("header .role").inner_text() == "Looking around"
    # What is done now is done by the role.
    event = trail.named("GetAccountSummary")
    assert event["userIdentity"]["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/ann"
    assert event["sessionCredentialFromConsole"] == "true"
    page.locator("summary").click()
    page.get_by_role("button", name="Switch back to ann").click()
    assert page.locator("header .role").count() == 0
    # The browser remembers the role.
    person.go("switch-role")
    page.get_by_role("link", name="Looking around").click()
    assert page.get_by_label("IAM role name").input_value() == "Reader"
    told = [
        (event["eventName"], *event["responseElements"].values())
        for event in sorted(trail.all(), key=lambda event: event["eventID"])
        if event["eventName"] in ("SwitchRole", "ExitRole")
    ]
    assert told == [("SwitchRole", "Failure"), ("SwitchRole", "Success"), ("ExitRole", "Success")]
    (switched,) = [
        event
        for event in trail.all()
        if event["eventName"] == "SwitchRole" and event["responseElements"]["SwitchRole"] == "Success"
    ]
    assert switched["additionalEventData"]["SwitchFrom"] == f"arn:aws:iam::{ACCOUNT}:user/ann"


def federate(cloud: Server, **parameters: str) -> dict[str, str]:
    url = f"http://127.0.0.1:{cloud.port}/federation?" + urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(url) as answer:
        return dict(json.loads(answer.read()))


def session_of(credentials: dict[str, str]) -> str:
    return json.dumps(
        {
            "sessionId": credentials["AccessKeyId"],
            "sessionKey": credentials["SecretAccessKey"],
            "sessionToken": credentials["SessionToken"],
        }
    )


def test_the_federation_endpoint(new_person: Callable[..., Person], cloud: Server, root: Identity, trail: Trail) -> None:
    signed_up(root, "broker")
    iam = root.client("iam")
    iam.create_role(RoleName="Guest", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    iam.put_user_policy(
        UserName="broker", PolicyName="all", PolicyDocument=policy(allow("sts:*"))
    )
    broker = Identity.of_key(root.url, iam.create_access_key(UserName="broker")["AccessKey"])
    guest = broker.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Guest", RoleSessionName="visitor")["Credentials"]
    token = federate(cloud, Action="getSigninToken", SessionDuration="1800", Session=session_of(guest))["SigninToken"]
    link = "/federation?" + urllib.parse.urlencode(
        {"Action": "login", "Issuer": "https://idp.example", "Destination": "/ui/home", "SigninToken": token}
    )
    person = new_person()
    person.page.goto(link)
    person.page.wait_for_url("**/ui/home")
    assert person.heading == "Home"
    # The role may nothing, and the page says so.
    assert "is not authorized to perform: iam:GetAccountSummary" in person.text
    assert trail.named("ConsoleLogin")["userIdentity"]["arn"].endswith("assumed-role/Guest/visitor")
    # Whoever has the session may not go anywhere else with it.
    elsewhere = new_person(script=False)
    elsewhere.page.goto(link.replace("%2Fui%2Fhome", "https%3A%2F%2Fevil.example%2F"))
    assert elsewhere.page.url.startswith(elsewhere.base)

    # Nobody is signed in as another unasked.
    signed_up(root, "ann")
    busy = new_person()
    busy.sign_in(ACCOUNT, "ann", PASSWORD)
    busy.page.goto(link)
    busy.page.get_by_role("heading", name="You are signed in already").wait_for()
    busy.go("home")
    assert "ann @" in busy.page.locator("header").inner_text()
    # Another session of the same role stays when one signs out everywhere.
    colleague = broker.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Guest", RoleSessionName="colleague")
    other = federate(cloud, Action="getSigninToken", Session=session_of(colleague["Credentials"]))["SigninToken"]
    second = new_person()
    second.page.goto("/federation?" + urllib.parse.urlencode({"Action": "login", "SigninToken": other}))
    second.page.wait_for_url("**/ui/")
    second.page.locator("header summary").click()
    second.page.get_by_role("button", name="Sign out everywhere").click()
    assert second.heading == "Sign in as IAM user"
    assert person.go("home").locator("h1").inner_text() == "Home"

    def refused(**parameters: str) -> str:
        try:
            federate(cloud, **parameters)
        except urllib.error.HTTPError as error:
            assert error.code == 400
            return error.read().decode()
        raise AssertionError("it was not refused")

    assert "SessionDuration" in refused(Action="getSigninToken", SessionDuration="60", Session=session_of(guest))
    lying = guest | {"SecretAccessKey": "wrong"}
    iam.put_role_policy(RoleName="Guest", PolicyName="chain", PolicyDocument=policy(allow("sts:AssumeRole")))
    chained = Identity.of_session(root.url, guest).sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Guest", RoleSessionName="again"
    )["Credentials"]
    assert "an hour" in refused(Action="getSigninToken", SessionDuration="7200", Session=session_of(chained))
    assert "temporary credentials" in refused(Action="getSigninToken", Session=session_of(lying))
    federated = broker.sts.get_federation_token(Name="bob")["Credentials"]
    assert "GetFederationToken" in refused(
        Action="getSigninToken", SessionDuration="1800", Session=session_of(federated)
    )
    user = broker.sts.get_session_token()["Credentials"]
    assert "AssumeRole or GetFederationToken" in refused(Action="getSigninToken", Session=session_of(user))
