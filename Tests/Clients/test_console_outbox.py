"""The outbox in the console: of the operator alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from harness import Identity, Server, raw
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.organizations import NewOrganization
from harness.server import ACCOUNT


def test_the_outbox_is_the_operators(new_person: Callable[..., Person], root: Identity, cloud: Server) -> None:
    NewOrganization(cloud).api.invite_account_to_organization(
        Target={"Type": "EMAIL", "Id": "somebody@example.com"}, Notes="Welcome <script>document.title='stolen'</script>"
    )
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    admin = new_person()
    admin.sign_in(ACCOUNT, "admin", PASSWORD)
    page = admin.go("outbox")
    assert admin.heading == "You may not do this"
    assert "root user of this Gatehouse's first account" in admin.text
    assert "somebody@example.com" not in page.content()
    assert violations(page) == []
    assert page.get_by_role("link", name="Outbox").count() == 0

    # The root user has no password, and gets the first one by mail.
    operator = new_person()
    page = operator.go("forgot-password")
    page.get_by_label("Root user email address").fill(f"root@{ACCOUNT}.invalid")
    page.get_by_role("button", name="Send the mail").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    sent = raw.send(cloud.port, raw.signed("GET", "/_gatehouse/outbox", b"", root, service="gatehouse"))
    link = re.search(r"http\S+", json.loads(sent.body)[-1]["text"])
    assert link
    page.goto(link[0].replace("127.0.0.1", "localhost"))
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("Retype the new password").fill(PASSWORD)
    page.get_by_role("button", name="Reset password").click()
    operator.go("sign-in?as=root")
    page.get_by_label("Root user email address").fill(f"root@{ACCOUNT}.invalid")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    operator.go("home")
    page.get_by_role("link", name="Outbox").click()
    assert operator.heading == "Outbox"
    assert "somebody@example.com" in operator.text and "Welcome <script>" in operator.text
    assert page.title() == "Outbox · Gatehouse"
    assert violations(page) == []
