"""The page that shows whose duty is what: the account's, Gatehouse's, the machine's, each with its state."""

from __future__ import annotations

from harness import Identity
from harness.browser import Person, violations


def states(person: Person, part: str) -> dict[str, str]:
    person.go("responsibility")
    rows = person.page.locator(f"section[aria-labelledby={part}] tbody tr")
    return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows.all()}


def test_each_duty_has_its_state(administrator: Person, root: Identity) -> None:
    person = administrator
    account = states(person, "account")
    assert violations(person.page) == []
    assert account["Password policy"] == "To do"
    root.iam.update_account_password_policy(MinimumPasswordLength=16)
    assert states(person, "account")["Password policy"] == "Done"
    own = states(person, "gatehouse")
    assert own["Every request is decided by policies, and recorded"] == "Done"
    # The test's server speaks HTTP, and has no token.
    assert own["Connections are encrypted"] == "To do"
    assert own["The root key is out of reach"] == "To do"
    # What the machine is like is for nobody but the operator.
    machine = states(person, "machine")
    assert len(machine) == 8
    assert set(machine.values()) == {"Not visible"}
    assert "Only the operator sees this." in person.text
