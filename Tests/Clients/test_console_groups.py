"""The console's pages of groups, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from harness import Identity, allow, error_of, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT

READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def button(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def members(root: Identity, group: str) -> list[str]:
    return [user["UserName"] for user in root.client("iam").get_group(GroupName=group)["Users"]]


def test_a_group_from_beginning_to_end(administrator: Person, root: Identity) -> None:
    iam = root.client("iam")
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)
    page = administrator.go("groups")
    assert violations(page) == []
    page.get_by_role("link", name="Create group").click()
    assert violations(page) == []
    page.get_by_label("Group name").fill("readers")
    page.get_by_label("Path", exact=True).fill("/<b>/")
    page.get_by_label("Users, by name").fill("ann carl")
    page.get_by_label("Policies, by name or ARN").fill("IAMReadOnlyAccess")
    button(administrator, "Create group")
    # There is no carl: that is told, and the rest is done.
    assert administrator.heading == "Group readers was created"
    assert "carl" in administrator.page.locator(".problem").inner_text()
    page.get_by_role("link", name="Go on to readers").click()
    assert members(root, "readers") == ["ann"]
    assert violations(page) == []
    assert "group/<b>/readers" in administrator.text

    page.get_by_label("User name").fill("bob")
    button(administrator, "Add user")
    assert members(root, "readers") == ["ann", "bob"]
    button(administrator, "Remove ann")
    assert members(root, "readers") == ["bob"]

    page.get_by_role("link", name="Permissions").click()
    assert violations(page) == []
    page.get_by_role("link", name="Create inline policy").click()
    page.get_by_label("Policy name").fill("lists")
    page.get_by_label("Policy document").fill(policy(allow("s3:ListAllMyBuckets")))
    page.locator("button[value=save]").click()
    assert page.locator(".notice").inner_text() == "The inline policy lists was saved."
    assert iam.list_group_policies(GroupName="readers")["PolicyNames"] == ["lists"]
    button(administrator, "Detach IAMReadOnlyAccess")
    assert iam.list_attached_group_policies(GroupName="readers")["AttachedPolicies"] == []

    administrator.go("groups")
    counts = page.locator("tbody tr", has_text="readers").locator("td").all_inner_texts()
    assert counts[:2] == ["1", "1"]
    page.get_by_role("link", name="readers").click()
    page.get_by_role("link", name="Delete").click()
    assert violations(page) == []
    assert "Membership of bob" in administrator.text and "Inline policy lists" in administrator.text
    page.get_by_label("To go on, type").fill("reader")
    button(administrator, "Delete group")
    assert members(root, "readers") == ["bob"]
    page.get_by_label("To go on, type").fill("readers")
    button(administrator, "Delete group")
    assert page.locator(".notice").inner_text() == "Group readers was deleted."
    assert error_of(iam.get_group, GroupName="readers").code == "NoSuchEntity"
    assert iam.get_user(UserName="bob")


def test_who_may_nothing_is_told_so_on_every_page(new_person: Callable[..., Person], root: Identity) -> None:
    root.iam.create_group(GroupName="readers")
    root.iam.attach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    signed_up(root, "nobody")
    nobody = new_person()
    nobody.sign_in(ACCOUNT, "nobody", PASSWORD)
    pages = {
        "groups": "iam:ListGroups",
        "groups/readers": "iam:GetGroup",
        "groups/readers/permissions": "iam:ListAttachedGroupPolicies",
        "groups/readers/delete": "iam:GetGroup",
        "groups/readers/attach": "iam:ListPolicies",
    }
    for path, action in pages.items():
        page = nobody.go(path)
        assert f"not authorized to perform: {action}" in nobody.text, path
        assert violations(page) == [], path
    nobody.go("create-group")
    nobody.page.get_by_label("Group name").fill("writers")
    button(nobody, "Create group")
    assert "iam:CreateGroup" in nobody.page.locator(".problem").inner_text()
    assert nobody.page.get_by_label("Group name").input_value() == "writers"
    nobody.go("groups/readers")
    nobody.page.get_by_label("User name").fill("nobody")
    button(nobody, "Add user")
    assert nobody.heading == "You may not do this"
    assert members(root, "readers") == []
