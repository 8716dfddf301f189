"""The outbox in the console: of the operator alone."""

from __future__ import annotations

from collections.abc import Callable

from harness import Identity, Server
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.organizations import NewOrganization
from harness.server import ACCOUNT


def test_the_outbox_is_the_operators(new_person: Callable[..., Person], root: Identity, cloud: Server) -> None:
    NewOrganization(cloud).api.invite_account_to_organization(
        Target={"Type": "EMAIL", "Id": "somebody@example.com"}, Notes="Welcome"
    )
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    admin = new_person()
    admin.sign_in(ACCOUNT, "admin", PASSWORD)
    page = admin.go("outbox")
    assert admin.heading == "You may not do this"
    assert "root user of this Gatehouse's first account" in admin.text
    assert "somebody@example.com" not in page.content()
    assert violations(page) == []
