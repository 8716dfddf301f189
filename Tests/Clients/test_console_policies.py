"""The console's pages of managed policies."""

from __future__ import annotations

import json
from urllib.parse import quote

from harness import Identity, policy, trust
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT

READ = {"Effect": "Allow", "Action": ["s3:Get*", "s3:ListBucket"], "Resource": "arn:aws:s3:::books*"}
GUARD = {
    "Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
}  # fmt: skip
EVIL = '<script>document.title = "run"</script>'


def reader(root: Identity) -> str:
    """A policy of two versions, the second in force."""
    made = root.iam.create_policy(PolicyName="reader", Description=EVIL, PolicyDocument=policy(READ))
    arn = str(made["Policy"]["Arn"])
    wider = READ | {"Action": [*READ["Action"], "s3:PutObject"], "Sid": "Wider"}
    root.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(wider, GUARD), SetAsDefault=True)
    return arn


def test_the_list(administrator: Person, root: Identity) -> None:
    reader(root)
    page = administrator.go("policies?scope=aws")
    assert page.locator("tbody tr").count() == 100
    assert violations(page) == []
    page.get_by_role("link", name="Next").click()
    assert "101–200 of" in administrator.text
    page.get_by_label("Find by name").fill("s3readonly")
    page.get_by_role("button", name="Find").click()
    assert page.locator("tbody tr").all_inner_texts()[0].startswith("AmazonS3ReadOnlyAccess")
    page.get_by_role("link", name="In use").click()
    assert "AdministratorAccess" in administrator.text and "reader" not in administrator.text
    page.get_by_role("link", name="Customer managed").click()
    page.get_by_role("link", name="reader").click()
    assert administrator.heading == "reader"


def test_a_policy_to_its_end(administrator: Person, root: Identity) -> None:
    arn = reader(root)
    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    page = administrator.go(f"policies/{quote(arn, safe='')}")
    # The summary is AWS's: service, access level, resource, condition. What is denied comes first.
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    assert rows == [
        ["Deny", "AWS Identity and Access Management (IAM)", "Full access", "All resources",
         "aws:MultiFactorAuthPresent Bool false"],
        ["Allow", "Amazon S3", "Limited: List, Read, Write", "arn:aws:s3:::books*", "None"],
    ]  # fmt: skip
    assert json.loads(page.locator("#json").inner_text())["Statement"][1] == GUARD
    assert EVIL in administrator.text and page.title() == "Policy reader · Gatehouse"
    assert arn in administrator.text
    assert violations(page) == []
    page.get_by_role("link", name="Amazon S3").click()
    assert ["PutObject", "Write", "Allow", "arn:aws:s3:::books*", "None"] in [
        row.split("\t") for row in page.locator("tbody tr").all_inner_texts()
    ]
    # Versions: what changed, and back again.
    page.get_by_role("link", name="Versions").click()
    assert page.locator("ins").all_inner_texts()[0].strip() == '+                 "s3:ListBucket",'.strip()
    assert any("s3:PutObject" in line for line in page.locator("ins").all_inner_texts())
    assert violations(page) == []
    page.get_by_role("button", name="Put v1 in force").click()
    assert root.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    page.get_by_role("button", name="Delete v2").click()
    assert [version["VersionId"] for version in root.iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v1"]
    # Who has it.
    page.get_by_role("link", name="Entities attached").click()
    page.get_by_label("Name").fill("nobody")
    page.get_by_role("button", name="Attach").click()
    assert "cannot be found" in administrator.text
    page.go_back()
    page.get_by_label("Name").fill("web")
    page.get_by_role("button", name="Attach").click()
    assert [entity["RoleName"] for entity in root.iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]] == ["web"]
    assert violations(page) == []
    page.get_by_role("button", name="Detach from role web").click()
    assert "Nobody has the policy." in administrator.text
    # Tags.
    page.get_by_role("link", name="Tags", exact=True).click()
    page.get_by_label("Key").fill("team")
    page.get_by_label("Value").fill("blue")
    page.get_by_role("button", name="Set the tag").click()
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert violations(page) == []
    page.get_by_role("button", name="Remove the tag team").click()
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == []
    page.get_by_role("link", name="Last accessed").click()
    assert "Amazon S3" in administrator.text
    assert violations(page) == []
    # The end asks for the name.
    page.get_by_role("link", name="Permissions", exact=True).click()
    page.get_by_text("Delete the policy").click()
    page.get_by_label("to confirm").fill("raeder")
    page.get_by_role("button", name="Delete policy").click()
    assert "type its name" in administrator.text
    page.go_back()
    page.get_by_text("Delete the policy").click()
    page.get_by_label("to confirm").fill("reader")
    page.get_by_role("button", name="Delete policy").click()
    assert "The policy reader was deleted." in administrator.text
    assert root.iam.list_policies(Scope="Local")["Policies"] == []


def test_the_longest_policies_stay_small(administrator: Person) -> None:
    for name in ("ReadOnlyAccess", "aws-service-role/AWSSupportServiceRolePolicy"):
        arn = quote(f"arn:aws:iam::aws:policy/{name}", safe="")
        answer = administrator.page.goto(f"/ui/policies/{arn}")
        assert answer is not None and len(answer.body()) < 100_000
        assert "This is the beginning." in administrator.text
        whole = administrator.context.request.get(f"{administrator.base}/ui/policies/{arn}/json")
        assert json.loads(whole.body())["Version"] == "2012-10-17"
        assert "attachment" in whole.headers["content-disposition"]


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    arn = reader(root)
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    path = f"policies/{quote(arn, safe='')}"
    denied = {
        "policies": "ListPolicies", path: "GetPolicyVersion", f"{path}/entities": "ListEntitiesForPolicy",
        f"{path}/versions": "ListPolicyVersions", f"{path}/tags": "ListPolicyTags",
        f"{path}/last-accessed": "GenerateServiceLastAccessedDetails",
    }  # fmt: skip
    for address, action in denied.items():
        page = person.go(address)
        assert f"is not authorized to perform: iam:{action} on resource" in person.text, address
        assert page.get_by_role("link", name="Why, and what would change it").count() > 0
        assert violations(page) == []
    person.go(path)
    person.page.get_by_text("Delete the policy").click()
    person.page.get_by_label("to confirm").fill("reader")
    person.page.get_by_role("button", name="Delete policy").click()
    assert person.heading == "You may not do this"
    person.go("policies/" + quote(f"arn:aws:iam::{ACCOUNT}:policy/none", safe=""))
    assert "iam:GetPolicy" in person.text
