"""The console's first page: the state of the account, and what is to be done next."""

from __future__ import annotations

from harness import Identity
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


def states(person: Person) -> dict[str, str]:
    person.go("home")
    rows = person.page.locator("table tbody tr")
    return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows.all()}


def test_the_steps_follow_what_is_done(administrator: Person, root: Identity) -> None:
    person = administrator
    first = states(person)
    assert violations(person.page) == []
    assert first == dict.fromkeys(first, "To do"), first
    assert "Without an MFA device: admin." in person.text
    root.iam.create_group(GroupName="admins")
    root.iam.attach_group_policy(GroupName="admins", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    root.iam.add_user_to_group(GroupName="admins", UserName="admin")
    root.iam.detach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    root.iam.update_account_password_policy(MinimumPasswordLength=16)
    root.client("account").put_alternate_contact(
        AlternateContactType="SECURITY", EmailAddress="sec@example.com", Name="S", PhoneNumber="1", Title="T"
    )
    after = states(person)
    done = [step for step, state in after.items() if state == "Done"]
    assert done == ["Permissions by groups", "Password policy", "Security contact"]
    assert "sec@example.com is told of threats" in person.text
    assert person.page.locator(".grid .box").first.inner_text().startswith("Users")


def test_somebody_who_may_not_look(person: Person, root: Identity) -> None:
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    assert set(states(person).values()) == {"Not visible"}
    assert "is not authorized to perform: iam:GetAccountSummary" in person.text
    assert violations(person.page) == []
