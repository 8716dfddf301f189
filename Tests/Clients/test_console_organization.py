"""The organization in the console: its tree, what binds whom, and its policies."""

from __future__ import annotations

from harness import Identity, Server, deny, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.organizations import NewOrganization
from harness.server import ACCOUNT

MARKUP = "<script>document.title='stolen'</script>"


def test_an_organization_from_its_beginning(administrator: Person, root: Identity) -> None:
    api = root.client("organizations")
    page = administrator.go("organization")
    assert f"Account {ACCOUNT} is in no organization." in administrator.text
    assert violations(page) == []
    page.get_by_role("button", name="Create an organization").click()
    assert "This is its management account." in administrator.text
    assert api.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    assert violations(page) == []

    page.get_by_label("Account name").fill("Payments")
    page.get_by_label("Email address of its root user").fill("payments@example.com")
    page.get_by_role("button", name="Create account").click()
    while page.get_by_text("SUCCEEDED").count() == 0:
        page.reload()
    account = next(one["Id"] for one in api.list_accounts()["Accounts"] if one["Name"] == "Payments")

    page = administrator.go("organization/policies")
    page.get_by_role("button", name="Enable Service control policies").click()
    page.get_by_text("Service control policies are enabled.").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="Create policy: Service control policies").click()
    page.get_by_label("Name", exact=True).fill("NoUsers")
    page.get_by_label("Description").fill(MARKUP)
    content = page.get_by_label("Content")
    content.fill(policy(deny("iam:CreateUzer", Sid="NoUsers"), {"Effect": "Deny"}))
    page.get_by_role("button", name="Save changes").click()
    assert "MalformedPolicyDocumentException" in page.get_by_role("alert").inner_text()
    assert page.locator(".findings li").count() >= 1
    assert page.get_by_label("Name", exact=True).input_value() == "NoUsers"
    content.fill(policy(deny("iam:CreateUser", Sid="NoUsers")))
    page.get_by_role("button", name="Save changes").click()
    assert administrator.heading == "NoUsers"
    assert "it binds nobody" in administrator.text and MARKUP in administrator.text
    assert page.title() == "Policy NoUsers · Gatehouse"
    assert violations(page) == []

    page = administrator.go("organization")
    page.get_by_role("link", name="Root", exact=True).click()
    page.get_by_label("New organizational unit").fill("Production")
    page.get_by_role("button", name="Create unit").click()
    assert administrator.heading == "Production"
    page.get_by_label("Attach", exact=True).select_option("NoUsers")
    page.get_by_role("button", name="Attach to Production").first.click()
    page.get_by_text("The policy was attached.").wait_for()
    page.get_by_label("Name", exact=True).fill("Live")
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("The organizational unit was renamed.").wait_for()
    assert violations(page) == []

    page = administrator.go(f"organization/targets/{account}")
    page.get_by_label("Move to").select_option(label=page.locator("#to option", has_text="Live").inner_text())
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_text("The account was moved.").wait_for()
    levels = page.get_by_role("region", name="Service control policies").locator(".levels > li")
    assert [level.locator("a").first.inner_text() for level in levels.all()] == ["Root", "Live", "Payments"]
    assert "NoUsers" in levels.nth(1).inner_text() and "inherited" in levels.nth(1).inner_text()
    assert "FullAWSAccess" in levels.nth(2).inner_text() and "attached here" in levels.nth(2).inner_text()
    assert violations(page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("To close the account, type its id").fill(ACCOUNT)
    page.get_by_role("button", name="Close account").click()
    page.get_by_text("To close the account, type its id").first.wait_for()
    assert administrator.heading == "This did not work"
    page.go_back()
    page.get_by_label("To close the account, type its id").fill(account)
    page.get_by_role("button", name="Close account").click()
    page.get_by_text("The account is closed").wait_for()
    assert api.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"


def test_somebody_who_may_nothing(person: Person, root: Identity, cloud: Server) -> None:
    organization = NewOrganization(cloud)
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    for path, actions in {
        "organization": ["organizations:DescribeOrganization", "organizations:ListRoots"],
        f"organization/targets/{organization.root_id}": ["organizations:ListRoots"],
        f"organization/targets/{ACCOUNT}": ["organizations:DescribeAccount", "organizations:ListParents"],
        "organization/policies": ["organizations:ListRoots"],
        f"organization/policies/p-FullAWSAccess": ["organizations:DescribePolicy"],
        "organization/policies/create": [],
    }.items():  # fmt: skip
        page = person.go(path)
        for action in actions:
            assert action in person.text, (path, action)
        assert violations(page) == []
