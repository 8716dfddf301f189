"""The outbox in the console: of the operator alone."""

from __future__ import annotations

from collections.abc import Callable

from harness import Identity
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


def test_the_outbox_is_the_operators(new_person: Callable[..., Person], root: Identity) -> None:
    root.client("account").start_primary_email_update(AccountId=ACCOUNT, PrimaryEmail="new@example.com")
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    admin = new_person()
    admin.sign_in(ACCOUNT, "admin", PASSWORD)
    page = admin.go("outbox")
    assert admin.heading == "You may not do this"
    assert "new@example.com" not in page.content()
    assert violations(page) == []
