"""The console's policy editor: findings as one types, statements from the catalogue, checks against what is in force."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect

from harness import Identity, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::books/*"}


def document(person: Person) -> Any:
    return json.loads(person.page.get_by_label("Policy document").input_value())


def write(person: Person, text: str) -> None:
    person.page.get_by_label("Policy document").fill(text)


def test_findings_as_one_types(administrator: Person, root: Identity) -> None:
    page = administrator.go("policies")
    page.get_by_role("link", name="Create policy").click()
    assert administrator.heading == "Create policy"
    findings = page.get_by_label("Findings")
    # A syntax error says where.
    write(administrator, '{\n  "Version": "2012-10-17",\n  "Statement": [,]\n}')
    expect(findings.get_by_text("1 Error", exact=True)).to_be_visible()
    place = findings.get_by_role("link", name="Line 3, column 17")
    expect(place).to_be_visible()
    place.click()
    assert page.evaluate("document.activeElement.id + ' ' + document.activeElement.selectionStart") == "document 45"
    # The findings are those of Access Analyzer, at their places; the line is marked.
    text = policy({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, READ)
    write(administrator, json.dumps(json.loads(text), indent=4))
    expect(findings.get_by_text("1 Security warning", exact=True)).to_be_visible()
    expect(findings.get_by_text("0 Errors")).to_be_visible()
    expect(findings.get_by_role("link", name="PASS_ROLE_WITH_STAR_IN_RESOURCE")).to_be_visible()
    assert page.locator(".gutter span.is-security-warning").count() == 1
    characters = len("".join(json.dumps(json.loads(text)).split()))
    expect(page.locator("#characters")).to_have_text(
        f"{characters} of 6144 characters used, white space not counted."
    )
    assert violations(page) == []
    # What IAM would refuse, it tells; and nothing that was typed is lost.
    page.get_by_label("Policy name").fill("not a name")
    page.get_by_role("button", name="Create policy").click()
    assert "policyName" in page.get_by_role("alert").inner_text()
    page.get_by_label("Policy name").fill("reader")
    page.get_by_text("Description, path and tags").click()
    page.get_by_label("Tags").fill("team=blue\ncost center=7")
    page.get_by_role("button", name="Create policy").click()
    assert administrator.heading == "reader"
    arn = f"arn:aws:iam::{ACCOUNT}:policy/reader"
    version = root.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(text)
    assert root.iam.list_policy_tags(PolicyArn=arn)["Tags"] == [
        {"Key": "cost center", "Value": "7"},
        {"Key": "team", "Value": "blue"},
    ]


def test_a_statement_is_built_with_the_script(administrator: Person, root: Identity) -> None:
    root.iam.create_user(UserName="ann")
    page = administrator.go("policy-editor?user=ann")
    page.get_by_label("Policy name").fill("own")
    page.get_by_label("Service", exact=True).select_option("s3")
    page.get_by_label("Find actions").fill("getobject")
    page.get_by_label("GetObject", exact=True).check()
    page.get_by_label("Find actions").fill("listallmy")
    expect(page.get_by_label("GetObject", exact=True)).to_be_hidden()
    page.get_by_label("ListAllMyBuckets").check()
    page.get_by_label("object", exact=True).fill("arn:aws:s3:::books/${aws:username}/*")
    page.get_by_label("Key 1").fill("aws:SecureTransport")
    page.get_by_label("Key 1").press("Tab")
    # Only the operators that compare such a key are offered.
    expect(page.get_by_label("Operator")).to_have_value("Bool")
    page.get_by_role("textbox", name="Values").fill("true")
    assert violations(page) == []
    page.get_by_role("button", name="Add the statement").click()
    expect(page.get_by_text("Two statements were added")).to_be_visible()
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    expected = [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::books/${aws:username}/*",
            "Condition": condition,
        },
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": condition},
    ]
    assert document(administrator)["Statement"] == expected
    page.get_by_role("button", name="Save").click()
    stored = root.iam.get_user_policy(UserName="ann", PolicyName="own")["PolicyDocument"]
    assert stored["Statement"] == expected


def test_a_version_is_made_without_the_script(new_person: Callable[..., Person], root: Identity) -> None:
    arn = root.iam.create_policy(PolicyName="reader", PolicyDocument=policy(READ))["Policy"]["Arn"]
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    person = new_person(script=False)
    person.sign_in(ACCOUNT, "admin", PASSWORD)
    page = person.go(f"policy-editor?policy-arn={quote(arn, safe='')}")
    assert document(person)["Statement"] == [READ]
    page.get_by_role("button", name="Check for new access").click()
    assert "New access: PASS" in person.page.locator("#verdict").inner_text()
    # The builder's steps, each a page.
    page.get_by_label("Service", exact=True).select_option("sqs")
    page.get_by_role("button", name="Show its actions").click()
    page.get_by_label("Effect").select_option("Deny")
    page.get_by_label("Statement id").fill("NoQueues")
    page.get_by_label("All of level “Read”").check()
    page.get_by_label("Shorten with wildcards").check()
    page.get_by_role("button", name="Go on to resources").click()
    page.get_by_role("button", name="Add the statement").click()
    assert "Give at least one" not in person.text
    added = document(person)["Statement"]
    assert added[0] == READ
    assert added[1]["Effect"] == "Deny" and added[1]["Sid"] == "NoQueues"
    assert "sqs:Get*" in added[1]["Action"] and "sqs:ReceiveMessage" in added[1]["Action"], added[1]
    assert added[1]["Resource"].startswith("arn:aws:sqs:us-east-1:111122223333:")
    # A broken text keeps the builder from changing it, and tells the place.
    write(person, '{"Version": }')
    page.get_by_role("button", name="Check", exact=True).click()
    assert "Line 1, column 13" in person.text
    wider = policy(READ, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::books/*"})
    write(person, wider)
    page.get_by_role("button", name="Check for new access").click()
    assert "New access: FAIL" in page.locator("#verdict").inner_text()
    assert "New access in the statement with index: 1." in page.locator("#verdict").inner_text()
    page.get_by_role("button", name="Save").click()
    assert person.heading == "reader"
    got = root.iam.get_policy(PolicyArn=arn)["Policy"]
    assert got["DefaultVersionId"] == "v2"
    assert root.iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == json.loads(wider)


def test_a_trust_policy(administrator: Person, root: Identity) -> None:
    ec2 = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=ec2)
    page = administrator.go("roles/web/trust")
    page.get_by_role("link", name="Edit trust policy").click()
    page.get_by_label("Who").fill(f"arn:aws:iam::{ACCOUNT}:root")
    page.get_by_label("AssumeRole", exact=True).check()
    page.get_by_role("button", name="Add the statement").click()
    expect(page.get_by_text("The statement was added")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Check for new access").click()
    assert "New access: FAIL" in page.locator("#verdict").inner_text()
    page.get_by_role("button", name="Check for public access").click()
    assert "Public access: PASS" in page.locator("#verdict").inner_text()
    page.get_by_role("button", name="Save").click()
    assert "The trust policy of web was changed." in administrator.text
    trusted = root.iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [statement["Principal"] for statement in trusted] == [
        {"Service": "ec2.amazonaws.com"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    ]


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    arn = root.iam.create_policy(PolicyName="reader", PolicyDocument=policy(READ))["Policy"]["Arn"]
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go(f"policy-editor?policy-arn={quote(arn, safe='')}")
    assert "is not authorized to perform: iam:GetPolicy" in person.text
    # To try a policy needs no permission; what would change something is denied, and the text stays.
    write(person, policy({"Effect": "Allow", "Action": "s3:Nonsense", "Resource": "*"}))
    expect(page.get_by_text("1 Error", exact=True)).to_be_visible()
    write(person, policy(READ))
    page.get_by_role("button", name="Save").click()
    assert "is not authorized to perform: iam:CreatePolicyVersion" in person.text
    assert document(person)["Statement"] == [READ]
    page.get_by_role("button", name="Check for new access").click()
    assert "is not authorized to perform" in person.text
    assert violations(page) == []
    # Nor can another site have a text checked in this one's name.
    answer = person.context.request.post(f"{person.base}/ui/policy-editor/findings", form={"document": "{}"})
    assert answer.status == 403


def test_markup_in_a_policy_is_text(administrator: Person, root: Identity) -> None:
    evil = '</textarea><script>document.title = "run"</script><img src=x onerror=alert(1)>'
    text = policy({"Sid": evil, "Effect": evil, "Action": evil, "Resource": evil, evil: 1})
    page = administrator.go(f"policy-editor?document={quote(text)}")
    assert "comes from the link" in administrator.text
    assert json.loads(text) == document(administrator)
    write(administrator, text + " ")
    expect(page.locator("#finding-list .finding").first).to_be_visible()
    page.get_by_role("button", name="Check", exact=True).click()
    assert evil in page.get_by_label("Findings").inner_text()
    assert page.locator("main img, main script:not([src])").count() == 0
    assert page.title() == "Policy editor · Gatehouse"
