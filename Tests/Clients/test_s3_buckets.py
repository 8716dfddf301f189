"""S3's buckets: who makes them, what they are told, and whose policies decide."""

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from harness import ACCOUNT, AwsError, Identity, Trail, allow, deny, error_of, policy, raw

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    return root.client("s3")


@pytest.fixture
def box(s3: Any) -> str:
    s3.create_bucket(Bucket="box")
    return "box"


def bucket_policy(*statements: dict[str, Any]) -> str:
    return policy(*({"Principal": "*", **statement} for statement in statements))


# Buckets


def test_a_bucket_from_the_beginning_to_the_end(s3: Any, root: Identity) -> None:
    made = s3.create_bucket(Bucket="box")
    assert (made["Location"], made["BucketArn"]) == ("/box", "arn:aws:s3:::box")
    assert s3.head_bucket(Bucket="box")["BucketRegion"] == "us-east-1"
    assert "LocationConstraint" not in s3.get_bucket_location(Bucket="box") or not s3.get_bucket_location(Bucket="box")[
        "LocationConstraint"
    ]
    listed = s3.list_buckets()
    assert [bucket["Name"] for bucket in listed["Buckets"]] == ["box"]
    assert len(listed["Owner"]["ID"]) == 64
    assert root.aws("s3api", "list-buckets")["Buckets"][0]["Name"] == "box"
    s3.delete_bucket(Bucket="box")
    assert error_of(s3.head_bucket, Bucket="box").status == 404
    assert error_of(s3.delete_bucket, Bucket="box").code == "NoSuchBucket"


@MANY(
    "name",
    ["ab", "Box", "box_1", "-box", "box-", "a..b", "192.168.5.4", "xn--box", "sthree-box", "box-s3alias", "box--ol-s3"],
)
def test_names_that_no_bucket_has(root: Identity, name: str) -> None:
    s3 = root.client("s3", s3={"addressing_style": "path"}, parameter_validation=False)
    assert error_of(s3.create_bucket, Bucket=name).code == "InvalidBucketName"


def test_names_are_everybodys(s3: Any, root: Identity) -> None:
    s3.create_bucket(Bucket="box")
    # In the oldest region a bucket of one's own may be created again; elsewhere not.
    s3.create_bucket(Bucket="box")
    europe = root.client("s3", region="eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    assert error_of(europe.create_bucket, Bucket="box", CreateBucketConfiguration=where).code == (
        "BucketAlreadyOwnedByYou"
    )
    europe.create_bucket(Bucket="casket", CreateBucketConfiguration=where)
    assert error_of(europe.create_bucket, Bucket="casket", CreateBucketConfiguration=where).code == (
        "BucketAlreadyOwnedByYou"
    )


def test_regions(s3: Any, root: Identity) -> None:
    europe = root.client("s3", region="eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    assert error_of(s3.create_bucket, Bucket="box", CreateBucketConfiguration=where).message == (
        "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    assert error_of(europe.create_bucket, Bucket="box").message == (
        "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    wrong = {"LocationConstraint": "mars-1"}
    assert error_of(s3.create_bucket, Bucket="box", CreateBucketConfiguration=wrong).code == "InvalidLocationConstraint"
    europe.create_bucket(Bucket="box", CreateBucketConfiguration=where)
    # Whoever asks in another region is sent to the right one, and boto3 goes.
    assert s3.get_bucket_location(Bucket="box")["LocationConstraint"] == "eu-west-1"


def test_whoever_is_refused_learns_the_region(box: str, new_user: Callable[..., Identity], cloud: Any) -> None:
    error = None
    try:
        new_user("nobody").client("s3").head_bucket(Bucket=box)
    except botocore.exceptions.ClientError as caught:
        error = caught.response["ResponseMetadata"]
    assert error and error["HTTPStatusCode"] == 403 and error["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    answer = raw.send(cloud.port, raw.Request("HEAD", f"/{box}", {"Host": f"127.0.0.1:{cloud.port}"}))
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (403, "us-east-1")


def test_a_bucket_with_something_in_it_stays(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"1")
    error = error_of(s3.delete_bucket, Bucket=box)
    assert (error.code, error.message) == ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket=box, Key="a")
    assert error_of(s3.delete_bucket, Bucket=box).message.endswith("You must delete all versions in the bucket.")


def test_an_expected_owner(s3: Any, box: str) -> None:
    s3.head_bucket(Bucket=box, ExpectedBucketOwner=ACCOUNT)
    assert error_of(s3.get_bucket_policy, Bucket=box, ExpectedBucketOwner="111111111111").code == "AccessDenied"
    assert error_of(s3.get_bucket_policy, Bucket=box, ExpectedBucketOwner="abcd").code == (
        "InvalidBucketOwnerAWSAccountID"
    )


# Policies


def test_a_bucket_policy_decides(s3: Any, box: str, new_user: Callable[..., Identity]) -> None:
    analyst = new_user("analyst")
    theirs = analyst.client("s3")
    s3.put_object(Bucket=box, Key="in/a", Body=b"1")
    error = error_of(theirs.get_object, Bucket=box, Key="in/a")
    assert error.code == "AccessDenied"
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/analyst is not authorized to perform: s3:GetObject on resource: "
        '"arn:aws:s3:::box/in/a" because no identity-based policy allows the s3:GetObject action'
    ) or "no identity-based policy allows" in error.message
    own = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/analyst"}
    s3.put_bucket_policy(
        Bucket=box, Policy=policy({**allow("s3:GetObject", "arn:aws:s3:::box/in/*"), "Principal": own})
    )
    assert theirs.get_object(Bucket=box, Key="in/a")["Body"].read() == b"1"
    assert error_of(theirs.get_object, Bucket=box, Key="out/a").code == "AccessDenied"
    # It binds the owner's root user as well, but for the policy itself.
    s3.put_bucket_policy(Bucket=box, Policy=bucket_policy(deny("s3:*", ["arn:aws:s3:::box", "arn:aws:s3:::box/*"])))
    error = error_of(s3.get_object, Bucket=box, Key="in/a")
    assert error.code == "AccessDenied" and "with an explicit deny in a resource-based policy" in error.message


ODD_KEYS = ["in/a b", "in/\u00e4", "in/a\u0308", "in/\u0301x", "in/\u4f60", "in/\x7f", "in/\U0001f600", "in/a\tb", "in/\x01"]


@MANY("key", ODD_KEYS, ids=[key.encode("unicode_escape").decode() for key in ODD_KEYS])
def test_a_bucket_policy_decides_about_keys_of_any_letters(
    s3: Any, box: str, new_user: Callable[..., Identity], key: str
) -> None:
    s3.put_object(Bucket=box, Key=key, Body=b"1")
    own = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/analyst"}
    theirs = new_user("analyst").client("s3")
    allowed = {**allow("s3:GetObject", "arn:aws:s3:::box/in/*"), "Principal": own}
    s3.put_bucket_policy(Bucket=box, Policy=policy(allowed))
    assert theirs.get_object(Bucket=box, Key=key)["Body"].read() == b"1"
    s3.put_bucket_policy(Bucket=box, Policy=bucket_policy(deny("s3:GetObject", "arn:aws:s3:::box/in/*")))
    assert "explicit deny in a resource-based policy" in error_of(s3.get_object, Bucket=box, Key=key).message
    copy = {"Bucket": box, "Key": key}
    assert error_of(s3.copy_object, Bucket=box, Key="out", CopySource=copy).code == "AccessDenied"


@MANY(
    ("document", "message"),
    [
        ("nothing", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        (bucket_policy(deny("s3:GetObject", "arn:aws:s3:::other/*")), "Policy has invalid resource"),
        (
            bucket_policy(deny("s3:GetObject", "arn:aws:s3:::box")),
            "Action does not apply to any resource(s) in statement",
        ),
        (bucket_policy(deny("iam:GetUser", "arn:aws:s3:::box")), "Policy has invalid action"),
        (
            policy(
                {**deny("s3:ListBucket", "arn:aws:s3:::box"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/no"}}
            ),
            "Invalid principal in policy",
        ),
    ],
)
def test_policies_that_are_refused(s3: Any, box: str, document: str, message: str) -> None:
    error = error_of(s3.put_bucket_policy, Bucket=box, Policy=document)
    assert (error.code, error.message) == ("MalformedPolicy", message)
    assert error_of(s3.get_bucket_policy, Bucket=box).code == "NoSuchBucketPolicy"


def test_public_access_is_blocked_until_somebody_says_otherwise(s3: Any, box: str, cloud: Any) -> None:
    everybody = bucket_policy(allow("s3:GetObject", "arn:aws:s3:::box/*"))
    s3.put_object(Bucket=box, Key="a", Body=b"1")
    error = error_of(s3.put_bucket_policy, Bucket=box, Policy=everybody)
    assert error.code == "AccessDenied" and "BlockPublicPolicy" in error.message
    nobody_blocks = dict.fromkeys(
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False
    )
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration=nobody_blocks)
    s3.put_bucket_policy(Bucket=box, Policy=everybody)
    assert s3.get_bucket_policy_status(Bucket=box)["PolicyStatus"]["IsPublic"] is True
    assert anonymous(cloud).get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    assert error_of(anonymous(cloud).list_objects_v2, Bucket=box).code == "AccessDenied"
    # Restricting takes from outsiders what the policy gives.
    s3.put_public_access_block(
        Bucket=box, PublicAccessBlockConfiguration={**nobody_blocks, "RestrictPublicBuckets": True}
    )
    assert error_of(anonymous(cloud).get_object, Bucket=box, Key="a").code == "AccessDenied"


def anonymous(cloud: Any) -> Any:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    return boto3.client(
        "s3", endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )


# Configurations

CONFIGURATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("cors", "CORSConfiguration", {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://x.test"]}]}),
    ("website", "WebsiteConfiguration", {"IndexDocument": {"Suffix": "index.html"}}),
    ("request_payment", "RequestPaymentConfiguration", {"Payer": "Requester"}),
    ("accelerate_configuration", "AccelerateConfiguration", {"Status": "Enabled"}),
]


@MANY(("name", "member", "configuration"), CONFIGURATIONS, ids=[each[0] for each in CONFIGURATIONS])
def test_what_a_bucket_is_told_it_tells(
    s3: Any, box: str, name: str, member: str, configuration: dict[str, Any]
) -> None:
    getattr(s3, f"put_bucket_{name}")(Bucket=box, **{member: configuration})
    told = getattr(s3, f"get_bucket_{name}")(Bucket=box)
    assert {key: told[key] for key in configuration} == configuration


WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("cors", "CORSConfiguration", {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]},
     "InvalidRequest"),
    ("cors", "CORSConfiguration", {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*x*"]}]},
     "InvalidRequest"),
    ("encryption", "ServerSideEncryptionConfiguration", {"Rules": [{"ApplyServerSideEncryptionByDefault": {
        "SSEAlgorithm": "AES256", "KMSMasterKeyID": "a"}}]}, "InvalidArgument"),
    ("encryption", "ServerSideEncryptionConfiguration", {"Rules": [{"ApplyServerSideEncryptionByDefault": {
        "SSEAlgorithm": "rot13"}}]}, "MalformedXML"),
    ("website", "WebsiteConfiguration", {"RedirectAllRequestsTo": {"HostName": "a", "Protocol": "ftp"}},
     "MalformedXML"),
]  # fmt: skip


@MANY(("name", "member", "configuration", "code"), WRONG)
def test_what_a_bucket_is_not_told(
    s3: Any, box: str, name: str, member: str, configuration: dict[str, Any], code: str
) -> None:
    assert error_of(getattr(s3, f"put_bucket_{name}"), Bucket=box, **{member: configuration}).code == code


NONE: list[tuple[str, str]] = [
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_bucket_policy", "NoSuchBucketPolicy"),
    ("get_bucket_tagging", "NoSuchTagSet"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
]


@MANY(("operation", "code"), NONE)
def test_what_a_bucket_was_never_told(s3: Any, box: str, operation: str, code: str) -> None:
    error = error_of(getattr(s3, operation), Bucket=box)
    assert (error.code, error.status) == (code, 404)


def test_several_of_a_kind(s3: Any, box: str) -> None:
    for name in ("b", "a"):
        s3.put_bucket_metrics_configuration(Bucket=box, Id=name, MetricsConfiguration={"Id": name})
    assert [each["Id"] for each in s3.list_bucket_metrics_configurations(Bucket=box)["MetricsConfigurationList"]] == [
        "a",
        "b",
    ]
    error = error_of(s3.put_bucket_metrics_configuration, Bucket=box, Id="c", MetricsConfiguration={"Id": "d"})
    assert error.code == "IdMismatch"
    s3.delete_bucket_metrics_configuration(Bucket=box, Id="a")
    assert error_of(s3.get_bucket_metrics_configuration, Bucket=box, Id="a").code == "NoSuchConfiguration"


def test_tags(s3: Any, box: str) -> None:
    tags = [{"Key": "Team", "Value": "audit"}, {"Key": "team", "Value": "other"}]
    s3.put_bucket_tagging(Bucket=box, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=box)["TagSet"] == tags
    twice: AwsError = error_of(s3.put_bucket_tagging, Bucket=box, Tagging={"TagSet": [tags[0], tags[0]]})
    assert (twice.code, twice.message) == ("InvalidTag", "Cannot provide multiple Tags with the same key")
    s3.delete_bucket_tagging(Bucket=box)
    assert error_of(s3.get_bucket_tagging, Bucket=box).code == "NoSuchTagSet"


def test_everything_is_there_after_a_restart(durable: Callable[..., Any]) -> None:
    server = durable()
    server.start()
    s3 = server.root.client("s3")
    s3.create_bucket(Bucket="box")
    s3.put_bucket_policy(Bucket="box", Policy=bucket_policy(deny("s3:PutBucketTagging", "arn:aws:s3:::box")))
    s3.put_object(Bucket="box", Key="small", Body=b"1")
    s3.put_object(Bucket="box", Key="large", Body=bytes(1_000_000))
    server.kill()
    server.start()
    s3 = server.root.client("s3")
    assert json.loads(s3.get_bucket_policy(Bucket="box")["Policy"])["Statement"][0]["Effect"] == "Deny"
    assert s3.get_object(Bucket="box", Key="small")["Body"].read() == b"1"
    assert s3.get_object(Bucket="box", Key="large")["Body"].read() == bytes(1_000_000)


def test_events_have_the_names_that_detections_look_for(root: Identity, trail: Trail) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    answer = s3.put_public_access_block(Bucket="box", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert trail.of(answer, "PutPublicAccessBlock")["eventName"] == "PutBucketPublicAccessBlock"
    rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    answer = s3.put_bucket_lifecycle_configuration(Bucket="box", LifecycleConfiguration={"Rules": [rule]})
    assert trail.of(answer, "PutBucketLifecycleConfiguration")["eventName"] == "PutBucketLifecycle"
