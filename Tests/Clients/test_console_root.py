"""The root user and the console: a password by mail, and the second factor that is offered."""

from __future__ import annotations

import json
import re

from harness import Server, Trail, raw
from harness.browser import Person, violations
from harness.server import ACCOUNT

EMAIL = f"root@{ACCOUNT}.invalid"


def outbox(cloud: Server) -> list[dict[str, str]]:
    answer = raw.send(cloud.port, raw.signed("GET", "/_gatehouse/outbox", b"", cloud.root, service="gatehouse"))
    return list(json.loads(answer.body))


def ask_for_mail(person: Person, email: str) -> str:
    person.go("sign-in?as=root")
    person.page.get_by_role("link", name="Forgot your password?").click()
    person.page.get_by_label("Root user email address").fill(email)
    person.page.get_by_role("button", name="Send the mail").click()
    return person.text


def choose(person: Person, link: str, password: str) -> None:
    person.page.goto(link)
    person.page.get_by_label("New password", exact=True).fill(password)
    person.page.get_by_label("Retype the new password").fill(password)
    person.page.get_by_role("button", name="Reset password").click()


def test_a_forgotten_password(person: Person, cloud: Server, trail: Trail) -> None:
    told = ask_for_mail(person, "nobody@example.com")
    assert outbox(cloud) == []
    assert ask_for_mail(person, EMAIL) == told
    (mail,) = outbox(cloud)
    link = re.search(r"http\S+", mail["text"])
    assert mail["to"] == EMAIL and link
    address = link[0].replace("127.0.0.1", "localhost")
    choose(person, address, "short")
    assert "minimum length" in person.page.get_by_role("alert").inner_text()
    assert violations(person.page) == []
    choose(person, address, "Correct-horse-9")
    assert person.heading == "Sign in as root user"
    # Once it has been used, the link is good for nothing.
    person.page.goto(address)
    assert person.heading == "This link is good for nothing any more"
    person.go("sign-in?as=root")
    person.page.get_by_label("Root user email address").fill(EMAIL)
    person.page.get_by_label("Password", exact=True).fill("Correct-horse-9")
    person.page.get_by_role("button", name="Sign in").click()
    assert person.heading == "Secure your root user"
    assert violations(person.page) == []
    person.page.get_by_role("link", name="Not now").click()
    assert person.heading == "Home"
    person.page.locator("summary").click()
    assert f"arn:aws:iam::{ACCOUNT}:root" in person.page.locator(".panel").inner_text()
    names = [event["eventName"] for event in trail.all() if event["eventSource"] == "signin.amazonaws.com"]
    assert sorted(names) == ["ConsoleLogin", "PasswordRecoveryCompleted", "PasswordRecoveryRequested"]
    login = trail.named("ConsoleLogin")
    assert login["userIdentity"]["type"] == "Root" and login["awsRegion"] == "us-east-1"
