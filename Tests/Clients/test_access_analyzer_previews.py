"""Access previews: what a proposed configuration would expose, beside what is exposed already."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, trust
from harness.patience import PATIENCE

OTHER = "444455556666"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
DAY = 24 * 3600


@pytest.fixture
def api(root: Identity) -> Any:
    return root.client("accessanalyzer")


@pytest.fixture
def analyzer(api: Any) -> str:
    return str(api.create_analyzer(analyzerName="main", type="ACCOUNT")["arn"])


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def to(principal: Any, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, Principal=principal, **more)


def preview(
    api: Any, analyzer: str, arn: str, configuration: dict[str, Any], status: str = "COMPLETED"
) -> dict[str, Any]:
    """Makes a preview and waits for its end."""
    made = api.create_access_preview(analyzerArn=analyzer, configurations={arn: configuration})["id"]
    return wait(api, analyzer, made, status)


def wait(api: Any, analyzer: str, id: str, status: str = "COMPLETED") -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        shown: dict[str, Any] = api.get_access_preview(analyzerArn=analyzer, accessPreviewId=id)["accessPreview"]
        if shown["status"] != "CREATING":
            assert shown["status"] == status, shown
            return shown
        assert time.monotonic() < deadline, "the preview is never done"
        time.sleep(0.05)


def findings(api: Any, analyzer: str, shown: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return list(
        api.list_access_preview_findings(analyzerArn=analyzer, accessPreviewId=shown["id"], **more)["findings"])


def proposed(api: Any, analyzer: str, arn: str, configuration: dict[str, Any]) -> list[dict[str, Any]]:
    return findings(api, analyzer, preview(api, analyzer, arn, configuration))


def wait_for_finding(api: Any, analyzer: str, resource: str) -> dict[str, Any]:
    """The analyzer's own finding of a resource."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = api.list_findings(analyzerArn=analyzer, filter={"resource": {"eq": [resource]}})["findings"]
        if found:
            return dict(found[0])
        assert time.monotonic() < deadline, f"nothing is found of {resource}"
        time.sleep(0.2)


def test_the_examples_of_the_command_line(root: Identity, analyzer: str, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/accessanalyzer/create-access-preview.html and its siblings.

    There the analyzer finds that account 111122223333 may put objects; here the bucket is another account's than that
    which the policy names, so that it is one from outside.
    """
    bucket = "arn:aws:s3:::amzn-s3-demo-bucket"
    configuration = {
        "s3Bucket": {
            "bucketPolicy": document(
                to({"AWS": [f"arn:aws:iam::{OTHER}:root"]}, ["s3:PutObject", "s3:PutObjectAcl"], f"{bucket}/*")),
            "bucketPublicAccessBlock": {"ignorePublicAcls": True, "restrictPublicBuckets": True},
            "bucketAclGrants": [{
                "grantee": {"id": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
                "permission": "READ",
            }],
        },
    }
    file = tmp_path / "myfile.json"
    file.write_text(json.dumps({bucket: configuration}))
    made = root.aws(
        "accessanalyzer", "create-access-preview", "--analyzer-arn", analyzer, "--configurations", f"file://{file}",
    )["id"]
    shown = wait(root.client("accessanalyzer"), analyzer, made)
    asked = ("--analyzer-arn", analyzer)
    answer = root.aws("accessanalyzer", "get-access-preview", "--access-preview-id", made, *asked)["accessPreview"]
    assert answer.pop("createdAt")
    assert answer == {
        "id": made, "analyzerArn": analyzer, "configurations": {bucket: configuration}, "status": "COMPLETED"}
    (listed,) = root.aws("accessanalyzer", "list-access-previews", *asked)["accessPreviews"]
    assert listed.pop("createdAt")
    assert listed == {"id": made, "analyzerArn": analyzer, "status": "COMPLETED"}

    found = root.aws("accessanalyzer", "list-access-preview-findings", "--access-preview-id", made, *asked)["findings"]
    by_policy = next(one for one in found if one["sources"] == [{"type": "POLICY"}])
    assert by_policy.pop("id") != made and by_policy.pop("createdAt")
    assert by_policy == {
        "principal": {"AWS": OTHER}, "action": ["s3:PutObject", "s3:PutObjectAcl"], "condition": {}, "resource": bucket,
        "isPublic": False, "resourceType": "AWS::S3::Bucket", "changeType": "NEW", "status": "ACTIVE",
        "resourceOwnerAccount": ACCOUNT, "sources": [{"type": "POLICY"}],
        "resourceControlPolicyRestriction": "NOT_APPLICABLE",
    }
    by_list = next(one for one in found if one["sources"] == [{"type": "BUCKET_ACL"}])
    assert by_list["principal"] == {
        "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}
    assert "s3:ListBucket" in by_list["action"] and not by_list["isPublic"]
    assert len(found) == 2
    assert shown["id"] == made


NAMES = f"us-east-1:{ACCOUNT}:"

# For each type: its ARN, and configurations that let in the other account, everybody, and nobody.
TYPES: dict[str, tuple[str, Any, Any, Any]] = {
    "AWS::SQS::Queue": (
        f"arn:aws:sqs:{NAMES}new",
        {"sqsQueue": {"queuePolicy": document(to({"AWS": OTHER}, "sqs:SendMessage"))}},
        {"sqsQueue": {"queuePolicy": document(to("*", "sqs:SendMessage"))}}, {"sqsQueue": {}}),
    "AWS::SNS::Topic": (
        f"arn:aws:sns:{NAMES}new",
        {"snsTopic": {"topicPolicy": document(to({"AWS": OTHER}, "sns:Publish"))}},
        {"snsTopic": {"topicPolicy": document(to("*", "sns:Publish"))}}, {"snsTopic": {"topicPolicy": ""}}),
    "AWS::SecretsManager::Secret": (
        f"arn:aws:secretsmanager:{NAMES}secret:new-a1b2c3",
        {"secretsManagerSecret": {"secretPolicy": document(to({"AWS": OTHER}, "secretsmanager:GetSecretValue"))}},
        {"secretsManagerSecret": {"secretPolicy": document(to("*", "secretsmanager:GetSecretValue")), "kmsKeyId": ""}},
        {"secretsManagerSecret": {"kmsKeyId": "alias/x"}}),
    "AWS::EFS::FileSystem": (
        f"arn:aws:elasticfilesystem:{NAMES}file-system/fs-01234567",
        {"efsFileSystem": {"fileSystemPolicy": document(to({"AWS": OTHER}, "elasticfilesystem:ClientMount"))}},
        {"efsFileSystem": {"fileSystemPolicy": document(to("*", "elasticfilesystem:ClientMount"))}},
        {"efsFileSystem": {}}),
    "AWS::ECR::Repository": (
        f"arn:aws:ecr:{NAMES}repository/new",
        # Policies of repositories have no Resource.
        {"ecrRepository": {"repositoryPolicy": document(
            {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:BatchGetImage"})}},
        {"ecrRepository": {"repositoryPolicy": document(
            {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"})}},
        {"ecrRepository": {}}),
    "AWS::DynamoDB::Table": (
        f"arn:aws:dynamodb:{NAMES}table/new",
        {"dynamodbTable": {"tablePolicy": document(to({"AWS": OTHER}, "dynamodb:GetItem"))}},
        {"dynamodbTable": {"tablePolicy": document(to("*", "dynamodb:GetItem"))}}, {"dynamodbTable": {}}),
    "AWS::DynamoDB::Stream": (
        f"arn:aws:dynamodb:{NAMES}table/new/stream/2026-11-29T00:00:00.000",
        {"dynamodbStream": {"streamPolicy": document(to({"AWS": OTHER}, "dynamodb:GetRecords"))}},
        {"dynamodbStream": {"streamPolicy": document(to("*", "dynamodb:GetRecords"))}}, {"dynamodbStream": {}}),
    "AWS::S3Express::DirectoryBucket": (
        f"arn:aws:s3express:{NAMES}bucket/new--use1-az4--x-s3",
        {"s3ExpressDirectoryBucket": {"bucketPolicy": document(to({"AWS": OTHER}, "s3express:CreateSession"))}},
        {"s3ExpressDirectoryBucket": {"bucketPolicy": document(to("*", "s3express:CreateSession"))}},
        {"s3ExpressDirectoryBucket": {}}),
    "AWS::EC2::Snapshot": (
        "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0",
        {"ebsSnapshot": {"userIds": [OTHER, ACCOUNT]}}, {"ebsSnapshot": {"groups": ["all"]}},
        {"ebsSnapshot": {"userIds": [ACCOUNT], "groups": []}}),
    "AWS::RDS::DBSnapshot": (
        f"arn:aws:rds:{NAMES}snapshot:new",
        {"rdsDbSnapshot": {"attributes": {"restore": {"accountIds": [OTHER]}}, "kmsKeyId": "alias/x"}},
        {"rdsDbSnapshot": {"attributes": {"restore": {"accountIds": ["all"]}}}}, {"rdsDbSnapshot": {"attributes": {}}}),
    "AWS::RDS::DBClusterSnapshot": (
        f"arn:aws:rds:{NAMES}cluster-snapshot:new",
        {"rdsDbClusterSnapshot": {"attributes": {"restore": {"accountIds": [OTHER]}}}},
        {"rdsDbClusterSnapshot": {"attributes": {"restore": {"accountIds": ["all"]}}}},
        {"rdsDbClusterSnapshot": {"attributes": {"restore": {"accountIds": []}}}}),
    "AWS::KMS::Key": (
        f"arn:aws:kms:{NAMES}key/1234abcd-12ab-34cd-56ef-1234567890ab",
        {"kmsKey": {"keyPolicies": {"default": document(to({"AWS": OTHER}, "kms:Decrypt"))}}},
        {"kmsKey": {"keyPolicies": {"default": document(to("*", "kms:Decrypt"))}}},
        # Without a policy it is the default one, which is for the account alone.
        {"kmsKey": {}}),
    "AWS::IAM::Role": (
        f"arn:aws:iam::{ACCOUNT}:role/new", {"iamRole": {"trustPolicy": trust(OTHER)}},
        {"iamRole": {"trustPolicy": trust("*")}}, {"iamRole": {"trustPolicy": trust(ACCOUNT)}}),
    "AWS::S3::Bucket": (
        "arn:aws:s3:::new-bucket",
        {"s3Bucket": {"bucketPolicy": document(to({"AWS": OTHER}, "s3:GetObject", "arn:aws:s3:::new-bucket/*"))}},
        {"s3Bucket": {"bucketPolicy": document(to("*", "s3:GetObject", "arn:aws:s3:::new-bucket/*"))}},
        {"s3Bucket": {}}),
}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_a_new_resource(api: Any, analyzer: str, name: str) -> None:
    arn, to_account, to_everybody, to_nobody = TYPES[name]
    (found,) = proposed(api, analyzer, arn, to_account)
    assert (found["principal"], found["isPublic"]) == ({"AWS": OTHER}, False)
    assert found["action"] and all(":" in action for action in found["action"])
    assert (found["resource"], found["resourceType"]) == (arn, name)
    assert (found["changeType"], found["status"], found["resourceOwnerAccount"]) == ("NEW", "ACTIVE", ACCOUNT)
    assert "existingFindingId" not in found and "existingFindingStatus" not in found
    (found,) = proposed(api, analyzer, arn, to_everybody)
    assert (found["principal"], found["isPublic"]) == ({"AWS": "*"}, True)
    assert proposed(api, analyzer, arn, to_nobody) == []


def test_every_type_of_the_model_is_tried(api: Any) -> None:
    members = set(api.meta.service_model.shape_for("Configuration").members)
    assert {next(iter(configuration)) for _, configuration, _, _ in TYPES.values()} == members


def test_block_public_access_and_access_control_lists(api: Any, analyzer: str) -> None:
    bucket = "arn:aws:s3:::new-bucket"
    policy = document(to("*", "s3:GetObject", f"{bucket}/*"))
    for restricts, count in ((False, 1), (True, 0)):
        block = {"ignorePublicAcls": False, "restrictPublicBuckets": restricts}
        found = proposed(
            api, analyzer, bucket, {"s3Bucket": {"bucketPolicy": policy, "bucketPublicAccessBlock": block}})
        assert len(found) == count, restricts
    grants = [{"grantee": {"uri": EVERYBODY}, "permission": "READ"}]
    for ignores, count in ((False, 1), (True, 0)):
        block = {"ignorePublicAcls": ignores, "restrictPublicBuckets": False}
        found = proposed(
            api, analyzer, bucket, {"s3Bucket": {"bucketAclGrants": grants, "bucketPublicAccessBlock": block}})
        assert [one["sources"] for one in found] == [[{"type": "BUCKET_ACL"}]] * count, ignores


def test_access_points(api: Any, analyzer: str) -> None:
    bucket, point = "arn:aws:s3:::new-bucket", f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/way"
    delegating = document(to(
        "*", "s3:GetObject", f"{bucket}/*", Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}))
    open_point = document(to({"AWS": OTHER}, "s3:GetObject", f"{point}/object/*"))
    found = proposed(api, analyzer, bucket, {"s3Bucket": {
        "bucketPolicy": delegating, "accessPoints": {point: {"accessPointPolicy": open_point}}}})
    assert [(one["principal"], one["sources"]) for one in found if one["sources"][0]["type"] == "S3_ACCESS_POINT"] == [
        ({"AWS": OTHER}, [{"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": point}}])]
    found = proposed(api, analyzer, bucket, {"s3Bucket": {
        "bucketPolicy": delegating, "accessPoints": {point: {"accessPointPolicy": ""}}}})
    assert [one for one in found if one["sources"][0]["type"] == "S3_ACCESS_POINT"] == []


def test_grants_of_keys(api: Any, analyzer: str) -> None:
    arn, *_ = TYPES["AWS::KMS::Key"]
    grant = {
        "operations": ["Decrypt", "Encrypt"], "granteePrincipal": f"arn:aws:iam::{OTHER}:role/x",
        "issuingAccount": ACCOUNT,
    }
    (found,) = proposed(api, analyzer, arn, {"kmsKey": {"grants": [grant]}})
    assert found["principal"] == {"AWS": f"arn:aws:iam::{OTHER}:role/x"}
    assert found["action"] == ["kms:Decrypt", "kms:Encrypt"]
    inside = grant | {"granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/x"}
    assert proposed(api, analyzer, arn, {"kmsKey": {"grants": [inside]}}) == []
    both = {"encryptionContextEquals": {"a": "b"}, "encryptionContextSubset": {"a": "b"}}
    preview(api, analyzer, arn, {"kmsKey": {"grants": [grant | {"constraints": both}]}}, "FAILED")


def test_an_existing_role_is_compared_with_what_is_found(root: Identity, api: Any, analyzer: str, new_role) -> None:
    arn = new_role("visited", trust(OTHER))
    existing = wait_for_finding(api, analyzer, arn)
    # Nothing is proposed: everything stays as it is.
    (found,) = proposed(api, analyzer, arn, {"iamRole": {}})
    assert (found["changeType"], found["status"]) == ("UNCHANGED", "ACTIVE")
    assert (found["existingFindingId"], found["existingFindingStatus"]) == (existing["id"], "ACTIVE")
    # Another account besides.
    both = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [OTHER, "777788889999"]}, "Action": "sts:AssumeRole"}]})
    found = proposed(api, analyzer, arn, {"iamRole": {"trustPolicy": both}})
    assert {one["principal"]["AWS"]: one["changeType"] for one in found} == {OTHER: "UNCHANGED", "777788889999": "NEW"}
    # Nobody from outside any more.
    (found,) = proposed(api, analyzer, arn, {"iamRole": {"trustPolicy": trust(ACCOUNT)}})
    assert (found["changeType"], found["status"]) == ("CHANGED", "RESOLVED")
    assert (found["existingFindingId"], found["existingFindingStatus"]) == (existing["id"], "ACTIVE")
    # What is archived stays archived.
    api.update_findings(analyzerArn=analyzer, ids=[existing["id"]], status="ARCHIVED")
    (found,) = proposed(api, analyzer, arn, {"iamRole": {}})
    assert (found["changeType"], found["status"]) == ("UNCHANGED", "ARCHIVED")
    assert found["existingFindingStatus"] == "ARCHIVED"
    # The preview has changed nothing.
    assert root.iam.get_role(RoleName="visited")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust(OTHER))


def test_an_existing_bucket(root: Identity, api: Any, analyzer: str) -> None:
    s3, bucket = root.client("s3"), "arn:aws:s3:::existing-bucket"
    s3.create_bucket(Bucket="existing-bucket")
    policy = document(to({"AWS": OTHER}, "s3:GetObject", f"{bucket}/*"))
    s3.put_bucket_policy(Bucket="existing-bucket", Policy=policy)
    existing = wait_for_finding(api, analyzer, bucket)
    (found,) = proposed(api, analyzer, bucket, {"s3Bucket": {}})
    assert (found["changeType"], found["existingFindingId"]) == ("UNCHANGED", existing["id"])
    # An empty text proposes that the policy be deleted.
    (found,) = proposed(api, analyzer, bucket, {"s3Bucket": {"bucketPolicy": ""}})
    assert (found["changeType"], found["status"]) == ("CHANGED", "RESOLVED")
    # The same account gets more: the finding would say something else.
    more = document(to({"AWS": OTHER}, ["s3:GetObject", "s3:PutObject"], f"{bucket}/*"))
    (found,) = proposed(api, analyzer, bucket, {"s3Bucket": {"bucketPolicy": more}})
    assert (found["changeType"], found["status"]) == ("CHANGED", "ACTIVE")
    assert found["action"] == ["s3:GetObject", "s3:PutObject"]
    # Block Public Access of new buckets is on, and stays on.
    public = document(to("*", "s3:GetObject", f"{bucket}/*"))
    found = proposed(api, analyzer, bucket, {"s3Bucket": {"bucketPolicy": public}})
    assert [one["status"] for one in found] == ["RESOLVED"]


def test_archive_rules_apply_to_what_is_new(api: Any, analyzer: str) -> None:
    api.create_archive_rule(analyzerName="main", ruleName="known", filter={"principal.AWS": {"contains": [OTHER]}})
    arn, to_account, to_everybody, _ = TYPES["AWS::SQS::Queue"]
    assert [one["status"] for one in proposed(api, analyzer, arn, to_account)] == ["ARCHIVED"]
    assert [one["status"] for one in proposed(api, analyzer, arn, to_everybody)] == ["ACTIVE"]


def test_filters_and_pages(api: Any, analyzer: str) -> None:
    arn = TYPES["AWS::SQS::Queue"][0]
    accounts = [f"{place:012}" for place in range(100000000001, 100000000026)]
    policy = document(to({"AWS": accounts}, "sqs:SendMessage"))
    shown = preview(api, analyzer, arn, {"sqsQueue": {"queuePolicy": policy}})
    pages = api.get_paginator("list_access_preview_findings").paginate(
        analyzerArn=analyzer, accessPreviewId=shown["id"], PaginationConfig={"PageSize": 10})
    found = [[one["principal"]["AWS"] for one in page["findings"]] for page in pages]
    assert [len(page) for page in found] == [10, 10, 5]
    assert sorted(sum(found, [])) == accounts

    def count(**criteria: Any) -> int:
        return len(findings(api, analyzer, shown, filter=criteria))

    assert count(changeType={"eq": ["NEW"]}) == 25
    assert count(changeType={"neq": ["NEW"]}) == 0
    assert count(existingFindingId={"exists": False}) == 25
    assert count(resource={"eq": [arn]}, isPublic={"eq": ["false"]}) == 25
    assert count(status={"eq": ["ARCHIVED"]}) == 0
    error = error_of(
        api.list_access_preview_findings, analyzerArn=analyzer, accessPreviewId=shown["id"],
        filter={"x": {"eq": ["y"]}})
    assert error.code == "ValidationException"
    assert count(**{"principal.AWS": {"eq": accounts[:3]}}) == 3


def test_what_can_not_be_fails(api: Any, analyzer: str) -> None:
    def arn(name: str) -> str:
        return TYPES[name][0]

    good, nobody = document(to({"AWS": OTHER}, "kms:Decrypt")), f"arn:aws:iam::{ACCOUNT}:user/none"
    group = {"grantee": {"uri": "http://x"}, "permission": "READ"}
    cases: list[tuple[str, dict[str, Any]]] = [
        (arn("AWS::SQS::Queue"), {"sqsQueue": {"queuePolicy": "{"}}),
        (arn("AWS::SQS::Queue"), {"sqsQueue": {"queuePolicy": document(allow("sqs:SendMessage", "*"))}}),
        (arn("AWS::SQS::Queue"), {"sqsQueue": {"queuePolicy": document(to({"AWS": nobody}, "sqs:*"))}}),
        # A new role must have a trust policy, and none may be empty.
        (arn("AWS::IAM::Role"), {"iamRole": {}}),
        (arn("AWS::IAM::Role"), {"iamRole": {"trustPolicy": ""}}),
        (arn("AWS::IAM::Role"), {"iamRole": {"trustPolicy": document(to({"AWS": OTHER}, "sts:AssumeRole"))}}),
        # A key policy must not be empty, and is called default.
        (arn("AWS::KMS::Key"), {"kmsKey": {"keyPolicies": {"default": ""}}}),
        (arn("AWS::KMS::Key"), {"kmsKey": {"keyPolicies": {"other": good}}}),
        (arn("AWS::S3::Bucket"), {"s3Bucket": {"bucketAclGrants": [group]}}),
        (arn("AWS::S3::Bucket"), {"s3Bucket": {"accessPoints": {
            f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/p{place}": {} for place in range(11)}}}),
        (arn("AWS::EC2::Snapshot"), {"ebsSnapshot": {"userIds": ["x"]}}),
        # What is encrypted can't be public.
        (arn("AWS::EC2::Snapshot"), {"ebsSnapshot": {"groups": ["all"], "kmsKeyId": "alias/x"}}),
        (arn("AWS::RDS::DBSnapshot"), {"rdsDbSnapshot": {"attributes": {"other": {"accountIds": [OTHER]}}}}),
    ]
    for resource, configuration in cases:
        shown = preview(api, analyzer, resource, configuration, "FAILED")
        assert shown["statusReason"] == {"code": "INVALID_CONFIGURATION"}, configuration
        error = error_of(api.list_access_preview_findings, analyzerArn=analyzer, accessPreviewId=shown["id"])
        assert (error.code, error.status) == ("ConflictException", 409)
    (page,) = api.get_paginator("list_access_previews").paginate(analyzerArn=analyzer)
    assert [one["statusReason"]["code"] for one in page["accessPreviews"]] == ["INVALID_CONFIGURATION"] * len(cases)


def test_bad_input(api: Any, analyzer: str) -> None:
    queue, configuration = f"arn:aws:sqs:{NAMES}new", {"sqsQueue": {}}

    def refused(configurations: dict[str, Any], arn: str = analyzer) -> tuple[str, int | None]:
        error = error_of(api.create_access_preview, analyzerArn=arn, configurations=configurations)
        return error.code, error.status

    bad = ("ValidationException", 400)
    assert refused({}) == bad
    assert refused({queue: configuration, queue + "2": configuration}) == bad
    for arn in (
        "queue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:new", f"arn:aws:sqs:us-east-1:{OTHER}:new",
        f"arn:aws:sns:{NAMES}new", "arn:aws:s3:::new-bucket",
    ):
        assert refused({arn: configuration}) == bad, arn
    assert refused({queue: configuration}, "arn:aws:access-analyzer:us-east-1:111122223333:archive/x") == bad
    assert refused({queue: configuration}, analyzer + "x") == ("ResourceNotFoundException", 404)
    for operation in ("get_access_preview", "list_access_preview_findings"):
        call = getattr(api, operation)
        unknown = "3c65eb13-6ef9-4629-8919-a32043619e6b"
        error = error_of(call, analyzerArn=analyzer, accessPreviewId=unknown)
        assert (error.code, error.status) == ("ResourceNotFoundException", 404)
        assert error_of(call, analyzerArn=analyzer, accessPreviewId="x").code == "ValidationException"
        assert error_of(call, analyzerArn=analyzer + "x", accessPreviewId=unknown).code == "ResourceNotFoundException"
    assert error_of(api.list_access_previews, analyzerArn=analyzer, nextToken="x").code == "ValidationException"


def test_only_for_analyzers_of_external_access_of_the_account(api: Any) -> None:
    for name, kind in (("unused", "ACCOUNT_UNUSED_ACCESS"), ("inside", "ACCOUNT_INTERNAL_ACCESS")):
        arn = api.create_analyzer(analyzerName=name, type=kind)["arn"]
        error = error_of(
            api.create_access_preview, analyzerArn=arn, configurations={f"arn:aws:sqs:{NAMES}new": {"sqsQueue": {}}})
        assert (error.code, error.status) == ("ValidationException", 400), kind


def test_a_repeated_request_is_known_by_its_token(api: Any, analyzer: str) -> None:
    arn, configuration, other, _ = TYPES["AWS::SQS::Queue"]
    asked = dict(analyzerArn=analyzer, clientToken="once", configurations={arn: configuration})
    made = api.create_access_preview(**asked)["id"]
    assert api.create_access_preview(**asked)["id"] == made
    assert api.create_access_preview(**asked | {"clientToken": "twice"})["id"] != made
    error = error_of(api.create_access_preview, **asked | {"configurations": {arn: other}})
    assert (error.code, error.status) == ("ConflictException", 409)
    assert len(api.list_access_previews(analyzerArn=analyzer)["accessPreviews"]) == 2


def test_previews_are_kept_for_a_day(cloud: Server, api: Any, analyzer: str) -> None:
    arn, configuration, *_ = TYPES["AWS::SQS::Queue"]
    ids = [preview(api, analyzer, arn, configuration)["id"] for _ in range(3)]
    pages = api.get_paginator("list_access_previews").paginate(analyzerArn=analyzer, PaginationConfig={"PageSize": 2})
    assert [one["id"] for page in pages for one in page["accessPreviews"]] == ids[::-1], "the newest first"
    cloud.advance(DAY - 60)
    assert wait(api, analyzer, ids[0])["status"] == "COMPLETED"
    cloud.advance(120)
    assert api.list_access_previews(analyzerArn=analyzer)["accessPreviews"] == []
    error = error_of(api.get_access_preview, analyzerArn=analyzer, accessPreviewId=ids[0])
    assert error.code == "ResourceNotFoundException"


def test_a_later_analyzer_of_the_name_has_none_of_its_previews(api: Any, analyzer: str) -> None:
    arn, configuration, *_ = TYPES["AWS::SQS::Queue"]
    shown = preview(api, analyzer, arn, configuration)
    api.delete_analyzer(analyzerName="main")
    error = error_of(api.get_access_preview, analyzerArn=analyzer, accessPreviewId=shown["id"])
    assert error.code == "ResourceNotFoundException"
    again = api.create_analyzer(analyzerName="main", type="ACCOUNT")["arn"]
    assert again == analyzer
    assert api.list_access_previews(analyzerArn=analyzer)["accessPreviews"] == []


def test_denials(api: Any, analyzer: str, new_user: Callable[..., Identity]) -> None:
    arn, configuration, *_ = TYPES["AWS::SQS::Queue"]
    made = preview(api, analyzer, arn, configuration)["id"]
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "CreateAccessPreview": ("create_access_preview", {"configurations": {arn: configuration}}),
        "GetAccessPreview": ("get_access_preview", {"accessPreviewId": made}),
        "ListAccessPreviews": ("list_access_previews", {}),
        "ListAccessPreviewFindings": ("list_access_preview_findings", {"accessPreviewId": made}),
    }
    nobody = new_user("nobody").client("accessanalyzer")
    for place, (action, (operation, asked)) in enumerate(calls.items()):
        name = f"access-analyzer:{action}"
        error = error_of(getattr(nobody, operation), analyzerArn=analyzer, **asked)
        assert (error.code, error.status) == ("AccessDeniedException", 403), action
        assert f"is not authorized to perform: {name} on resource: {analyzer}" in error.message
        # Who may not, does not learn whether there is such an analyzer.
        hidden = error_of(getattr(nobody, operation), analyzerArn=analyzer + "x", **asked)
        assert hidden.code == "AccessDeniedException", action
        may = new_user(f"may{place}", allow(name, analyzer)).client("accessanalyzer")
        getattr(may, operation)(analyzerArn=analyzer, **asked)
        other = new_user(f"other{place}", allow(name, analyzer + "x")).client("accessanalyzer")
        error = error_of(getattr(other, operation), analyzerArn=analyzer, **asked)
        assert error.code == "AccessDeniedException", action
