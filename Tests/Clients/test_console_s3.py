"""S3 buckets in the console."""

from __future__ import annotations

import json

from harness import Identity, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT

MARKUP = "<script>document.title='stolen'</script>"


def test_buckets_and_their_objects(administrator: Person, root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="reports")
    root.client("s3", region="eu-west-1").create_bucket(
        Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for number in range(103):
        s3.put_object(Bucket="reports", Key=f"2026/{number:03}.txt", Body=b"x" * 1536)
    odd = f"odd {MARKUP}/a+b&c?.txt"
    s3.put_object(Bucket="reports", Key=odd, Body=b"", Metadata={"note": MARKUP}, Tagging="team=blue")
    page = administrator.go("buckets")
    assert violations(page) == []
    page.get_by_role("link", name="reports", exact=True).click()
    assert administrator.heading == "reports"
    assert violations(page) == []
    page.get_by_role("link", name="2026/", exact=True).click()
    rows = page.locator("tbody tr")
    assert rows.count() == 100
    assert "1.5 KB" in rows.first.inner_text()
    page.get_by_role("link", name="More", exact=True).click()
    assert rows.count() == 3

    administrator.go("buckets/reports")
    page.get_by_role("link", name="odd <script>").click()
    page.get_by_role("link").filter(has_text="script>/").first.wait_for()
    assert page.title() == "Bucket reports · Gatehouse"
    administrator.go("buckets/reports")
    page.get_by_label("Keys that begin with").fill(odd[:-9])
    page.get_by_role("button", name="Show").click()
    page.locator("tbody a").first.click()
    while "object?" not in page.url:
        page.locator("tbody a").first.click()
    assert odd in administrator.text and "team" in administrator.text
    assert MARKUP in page.locator("dl", has_text="note").last.inner_text()
    assert page.title() == f"Object {odd} · Gatehouse"
    assert violations(page) == []

    # In another Region than the one that is chosen.
    administrator.go("buckets/far-away/properties")
    assert "eu-west-1" in page.locator("dl", has_text="ARN").last.inner_text()
    assert page.get_by_role("alert").count() == 0


def test_who_can_reach_a_bucket(administrator: Person, root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="reports")
    page = administrator.go("buckets/reports/permissions")
    assert "There is no bucket policy." in administrator.text
    assert "No analyzer watches" in administrator.text
    assert violations(page) == []
    # Buckets that are new block public access.
    field = page.get_by_label("Bucket policy")
    public = policy(allow("s3:GetObject", "arn:aws:s3:::reports/*", Principal="*", Sid="Everybody"))
    field.fill(public)
    page.get_by_role("button", name="Save changes").last.click()
    assert "s3:PutBucketPolicy" in page.get_by_role("alert").inner_text()
    assert json.loads(field.input_value()) == json.loads(public)
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Save changes").first.click()
    assert "Not all public access is blocked" in administrator.text
    page.get_by_label("Bucket policy").fill(public)
    page.get_by_role("button", name="Save changes").last.click()
    assert "Public." in administrator.text
    assert s3.get_bucket_policy_status(Bucket="reports")["PolicyStatus"]["IsPublic"]
    assert violations(page) == []
    page.get_by_role("button", name="Delete the policy").click()
    assert "There is no bucket policy." in administrator.text

    # Garbage is refused with what lint says of it.
    page.get_by_label("Bucket policy").fill('{"Version": "2012-10-17", "Statement": [{"Effect": "Alow"}]}')
    page.get_by_role("button", name="Save changes").last.click()
    assert "MalformedPolicy" in page.get_by_role("alert").inner_text()
    assert "INVALID_EFFECT" in page.locator(".findings").inner_text()

    page = administrator.go("buckets")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Save changes").click()
    assert "All public access is blocked" in administrator.text
    block = root.client("s3control").get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    assert all(block.values())


def test_properties_of_a_bucket(administrator: Person, root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="reports")
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    page = administrator.go("buckets/reports/properties")
    assert violations(page) == []
    page.get_by_role("button", name="Enable versioning").click()
    page.get_by_text("Versions are kept.").wait_for()
    assert s3.get_bucket_versioning(Bucket="reports")["Status"] == "Enabled"
    page.get_by_label("New objects are encrypted with").select_option("aws:kms")
    page.get_by_label("KMS key").fill(key)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("New objects are encrypted with aws:kms.").wait_for()
    rule = s3.get_bucket_encryption(Bucket="reports")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert page.get_by_label("KMS key").input_value() == key
    for name in ("team", "stage"):
        page.get_by_label("Tag key").fill(name)
        page.get_by_label("Tag value").fill("blue")
        page.get_by_role("button", name="Add tag").click()
    page.get_by_role("button", name="Remove tag team").click()
    assert s3.get_bucket_tagging(Bucket="reports")["TagSet"] == [{"Key": "stage", "Value": "blue"}]


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="reports")
    s3.put_object(Bucket="reports", Key="plan.txt", Body=b"x")
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    for path, actions in {
        "buckets": ["s3:ListAllMyBuckets", "s3:GetAccountPublicAccessBlock"],
        "buckets/reports": ["s3:ListBucket"],
        "buckets/reports/object?key=plan.txt": ["s3:GetObjectTagging"],
        "buckets/reports/permissions": [
            "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketOwnershipControls", "access-analyzer:ListAnalyzers",
        ],
        "buckets/reports/properties": [
            "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetBucketTagging",
        ],
    }.items():  # fmt: skip
        page = person.go(path)
        for action in actions:
            assert action in person.text, (path, action)
        assert violations(page) == []
    # From the denial of a data event to its cause.
    page = person.go("buckets/reports")
    page.get_by_role("link", name="Why, and what would change it").click()
    assert person.heading.endswith("was denied")
    assert "because no identity-based policy allows the s3:ListBucket action" in person.text
