"""KMS keys in the console."""

from __future__ import annotations

import json

from harness import Identity, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT

MARKUP = "<script>document.title='stolen'</script>"


def test_a_key_from_its_making_to_its_end(administrator: Person, root: Identity) -> None:
    kms = root.client("kms")
    page = administrator.go("keys/create")
    assert violations(page) == []
    page.get_by_label("Alias (optional)").fill("payments")
    page.get_by_label("Description (optional)").fill(MARKUP)
    page.get_by_label("Rotate the key every year").check()
    page.get_by_role("button", name="Create key").click()
    assert administrator.heading == "alias/payments"
    key = kms.describe_key(KeyId="alias/payments")["KeyMetadata"]
    assert key["Description"] == MARKUP
    assert page.title() == "KMS key alias/payments · Gatehouse"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    assert violations(page) == []

    # Tags, with markup in them.
    page.get_by_label("Tag key").fill("team")
    page.get_by_label("Tag value").fill(MARKUP.replace("<", "+"))
    page.get_by_role("button", name="Add tag").click()
    assert kms.list_resource_tags(KeyId=key["KeyId"])["Tags"][0]["TagKey"] == "team"
    page.get_by_role("button", name="Remove tag team").click()
    assert kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] == []

    # A policy that locks its author out is refused, with what lint says, and stays as it was typed.
    field = page.get_by_label("Key policy")
    mine = json.loads(field.input_value())
    field.fill(policy(allow("kms:Decript", Principal={"AWS": key["AWSAccountId"]}, Sid=MARKUP)))
    page.get_by_role("button", name="Save changes").click()
    assert "MalformedPolicyDocumentException" in page.get_by_role("alert").inner_text()
    assert "INVALID_ACTION" in page.locator(".findings").inner_text()
    assert MARKUP in field.input_value()
    assert page.title() == "KMS key alias/payments · Gatehouse"
    assert violations(page) == []
    mine["Statement"].append(
        {"Sid": "Markup </textarea>" + MARKUP, "Effect": "Allow", "Principal": "*", "Action": "kms:ListGrants",
         "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}
    )  # fmt: skip
    field.fill(json.dumps(mine))
    page.get_by_role("button", name="Save changes").click()
    assert "The key policy was changed." in administrator.text
    stored = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    assert len(json.loads(stored)["Statement"]) == 2
    assert MARKUP in page.get_by_label("Key policy").input_value()
    assert page.title() == "KMS key alias/payments · Gatehouse"

    # Grants.
    root.iam.create_user(UserName="ann")
    grant = kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/ann",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"app": MARKUP}},
    )["GrantId"]
    page = administrator.go(f"keys/{key['KeyId']}")
    assert f"EncryptionContextSubset: app={MARKUP}" in administrator.text
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"Revoke grant {grant}").click()
    page.get_by_text("The grant was revoked.").wait_for()
    assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []

    page.get_by_role("button", name="Rotate now").click()
    page.get_by_text("The key was rotated.").wait_for()
    assert len(kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]) == 1
    page.get_by_role("button", name="Disable", exact=True).click()
    page.get_by_text("The key is disabled.").wait_for()
    page.get_by_label("Waiting period in days").fill("7")
    page.get_by_role("button", name="Schedule deletion").click()
    page.get_by_text("The key will be deleted at").first.wait_for()
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert violations(page) == []
    page.get_by_role("button", name="Cancel deletion").click()
    page.get_by_text("The key will not be deleted").wait_for()
    page.get_by_role("button", name="Enable", exact=True).click()
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"

    page = administrator.go("keys")
    row = page.locator("#keys tbody tr").filter(has_text="alias/payments")
    assert "Enabled" in row.inner_text() and "SYMMETRIC_DEFAULT" in row.inner_text() and "On" in row.inner_text()
    assert violations(page) == []


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go("keys")
    assert "kms:ListKeys" in person.text and "kms:ListAliases" in person.text
    page = person.go(f"keys/{key}")
    for action in ("DescribeKey", "GetKeyPolicy", "ListAliases", "ListGrants", "ListResourceTags"):
        assert f"kms:{action}" in person.text
    assert violations(page) == []
    page = person.go("keys/create")
    page.get_by_role("button", name="Create key").click()
    assert "kms:CreateKey" in page.get_by_role("alert").inner_text()
    page.get_by_role("link", name="Why, and what would change it").click()
    assert person.heading == "CreateKey was denied"
