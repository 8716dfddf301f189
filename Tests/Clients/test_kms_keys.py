"""KMS: keys, their policies, aliases and tags; who may use them, and what is said to those who may not."""

import json
from typing import Any

import pytest

from harness import ACCOUNT, AwsError, Identity, Server, Trail, allow, deny, error_of, policy

MANY = pytest.mark.parametrize


@pytest.fixture
def kms(root: Identity) -> Any:
    return root.client("kms")


def new_key(kms: Any, **parameters: Any) -> dict[str, Any]:
    return dict(kms.create_key(**parameters)["KeyMetadata"])


def key_policy(*statements: dict[str, Any]) -> str:
    return policy(*({"Resource": "*"} | statement for statement in statements))


def allows(principal: str, *actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions)} | more


def aliases(kms: Any) -> list[dict[str, Any]]:
    """All aliases but those of AWS's own keys, which are there from the beginning."""
    pages = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 7})
    every = [alias for page in pages for alias in page["Aliases"]]
    assert "alias/aws/s3" in [alias["AliasName"] for alias in every]
    return [alias for alias in every if not alias["AliasName"].startswith("alias/aws/")]


ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVERYTHING = allows(ROOT, "kms:*")


def test_a_key_by_the_command_line(root: Identity) -> None:
    made = root.aws("kms create-key --description mine --tags TagKey=team,TagValue=blue")["KeyMetadata"]
    assert made["Arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{made['KeyId']}"
    expected = {
        "AWSAccountId": ACCOUNT,
        "Description": "mine",
        "Enabled": True,
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    assert made | expected == made
    assert len(made["CurrentKeyMaterialId"]) == 64
    assert root.aws("kms", "describe-key", "--key-id", made["KeyId"])["KeyMetadata"] == made
    root.aws("kms", "create-alias", "--alias-name", "alias/mine", "--target-key-id", made["KeyId"])
    for name in ("alias/mine", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine", made["Arn"]):
        assert root.aws("kms", "describe-key", "--key-id", name)["KeyMetadata"] == made
    assert root.aws("kms list-keys")["Keys"] == [{"KeyId": made["KeyId"], "KeyArn": made["Arn"]}]
    (alias,) = root.aws("kms", "list-aliases", "--key-id", made["KeyId"])["Aliases"]
    assert (alias["AliasName"], alias["TargetKeyId"]) == ("alias/mine", made["KeyId"])
    tags = root.aws("kms", "list-resource-tags", "--key-id", made["KeyId"])["Tags"]
    assert tags == [{"TagKey": "team", "TagValue": "blue"}]


def test_the_life_of_a_key(kms: Any) -> None:
    key = new_key(kms)["KeyId"]
    kms.update_key_description(KeyId=key, Description="other")
    kms.disable_key(KeyId=key)
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (seen["Description"], seen["KeyState"], seen["Enabled"]) == ("other", "Disabled", False)
    kms.enable_key(KeyId=key)
    gone = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert (gone["KeyState"], gone["PendingWindowInDays"]) == ("PendingDeletion", 7)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"] == gone["DeletionDate"]
    kms.cancel_key_deletion(KeyId=key)
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert seen["KeyState"] == "Disabled" and "DeletionDate" not in seen


def test_a_key_is_deleted_when_its_time_has_come(cloud: Server, kms: Any, trail: Trail) -> None:
    key = new_key(kms)
    kms.create_alias(AliasName="alias/gone", TargetKeyId=key["KeyId"])
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"secret")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    cloud.advance(7 * 86_400 - 60)
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    cloud.advance(120)
    refused = error_of(kms.describe_key, KeyId=key["KeyId"])
    assert (refused.code, refused.status) == ("NotFoundException", 400)
    assert refused.message == f"Key '{key['Arn']}' does not exist"
    assert not aliases(kms)
    assert "does not exist in this Region" in error_of(kms.decrypt, CiphertextBlob=blob).message
    (event,) = trail.all(EventName="DeleteKey")
    assert event["eventType"] == "AwsServiceEvent"
    assert event["serviceEventDetails"]["keyId"] == key["KeyId"]


@MANY(
    "parameters, code, message",
    [
        (
            {"KeySpec": "HMAC_256"},
            "ValidationException",
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        ),
        (
            {"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"},
            "ValidationException",
            "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
        ),
        ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException", None),
        ({"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException", None),
        (
            {"Tags": [{"TagKey": "AWS:x", "TagValue": ""}]},
            "TagException",
            "Tags beginning with aws: are reserved",
        ),
        ({"Tags": [{"TagKey": "a", "TagValue": ""}] * 2}, "TagException", "Duplicate tag keys"),
        ({"Tags": [{"TagKey": f"k{n}", "TagValue": ""} for n in range(51)]}, "TagException", "Too many tags"),
        (
            {"Policy": key_policy(allows(f"arn:aws:iam::{ACCOUNT}:user/nobody", "kms:*"))},
            "MalformedPolicyDocumentException",
            "Policy contains a statement with one or more invalid principals.",
        ),
        (
            {"Policy": key_policy(allows("222233334444", "kms:*"))},
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        ),
        ({"Policy": "{}"}, "MalformedPolicyDocumentException", None),
        ({"Policy": key_policy(EVERYTHING | {"Sid": "x" * 33_000})}, "LimitExceededException", None),
        ({"Origin": "AWS_CLOUDHSM"}, "ValidationException", None),
    ],
)
def test_a_key_that_cannot_be(kms: Any, parameters: dict[str, Any], code: str, message: str | None) -> None:
    refused = error_of(kms.create_key, **parameters)
    assert refused.code == code, refused
    assert message in (None, refused.message)
    assert not kms.list_keys()["Keys"]


@MANY(
    "name, message",
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        ("134f2428cec14b25a1ae9048164dba47", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"),
        ("mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"),
        (
            "134f2428-cec1-4b25-a1ae-9048164dba47",
            f"Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
        ),
        (
            f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/134f2428-cec1-4b25-a1ae-9048164dba47",
            "Invalid arn eu-west-1",
        ),
        ("alias/none", f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/none is not found."),
    ],
)
def test_a_name_of_no_key(kms: Any, name: str, message: str) -> None:
    refused = error_of(kms.describe_key, KeyId=name)
    assert (refused.code, refused.status, refused.message) == ("NotFoundException", 400, message)


def test_operations_that_take_no_alias(kms: Any) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=new_key(kms)["KeyId"])
    for operation in (kms.disable_key, kms.get_key_policy, kms.list_grants, kms.schedule_key_deletion):
        assert error_of(operation, KeyId="alias/mine").code == "NotFoundException"


# Key policies


def test_the_policy_of_a_key(kms: Any, root: Identity, new_role, new_user) -> None:
    key = new_key(kms)["KeyId"]
    standard = kms.get_key_policy(KeyId=key)
    assert standard["PolicyName"] == "default"
    (statement,) = json.loads(standard["Policy"])["Statement"]
    assert statement == {"Sid": "Enable IAM User Permissions", "Resource": "*"} | allows(ROOT, "kms:*") | {
        "Action": "kms:*"
    }
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    new_user("alice")
    text = key_policy(EVERYTHING, allows(f"arn:aws:iam::{ACCOUNT}:user/alice", "kms:DescribeKey"))
    kms.put_key_policy(KeyId=key, Policy=text)
    assert json.loads(kms.get_key_policy(KeyId=key)["Policy"]) == json.loads(text)
    # Whom a policy names is the user of today, not one who comes to have that name.
    root.iam.delete_access_key(
        UserName="alice", AccessKeyId=root.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"]
    )
    root.iam.delete_user(UserName="alice")
    shown = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"][1]["Principal"]["AWS"]
    assert shown.startswith("AIDA")
    alice = new_user("alice")
    assert error_of(alice.client("kms").describe_key, KeyId=key).code == "AccessDeniedException"
    assert error_of(kms.get_key_policy, KeyId=key, PolicyName="other").code == "NotFoundException"


def test_nobody_locks_himself_out_by_mistake(kms: Any, new_user) -> None:
    key = new_key(kms)["KeyId"]
    new_user("alice")
    closed = key_policy(allows(f"arn:aws:iam::{ACCOUNT}:user/alice", "kms:*"))
    refused = error_of(kms.put_key_policy, KeyId=key, Policy=closed)
    assert refused.code == "MalformedPolicyDocumentException"
    assert refused.message == "The new key policy will not allow you to update the key policy in the future."
    kms.put_key_policy(KeyId=key, Policy=closed, BypassPolicyLockoutSafetyCheck=True)
    # Not even root has a key that its policy does not give it.
    denied = error_of(kms.describe_key, KeyId=key)
    assert denied.code == "AccessDeniedException" and denied.status == 400
    assert denied.message == (
        f"User: {ROOT} is not authorized to perform: kms:DescribeKey on resource: "
        f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key} because no resource-based policy allows the kms:DescribeKey action"
    )


def test_iam_counts_where_the_key_policy_says_so(kms: Any, new_user) -> None:
    key = new_key(kms)
    bob = new_user("bob", allow("kms:DescribeKey", key["Arn"]), allow("kms:PutKeyPolicy", "*")).client("kms")
    carol = new_user("carol").client("kms")
    assert bob.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyId"] == key["KeyId"]
    denied = error_of(carol.describe_key, KeyId=key["KeyId"])
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/carol is not authorized to perform: kms:DescribeKey on resource: "
        f"{key['Arn']} because no identity-based policy allows the kms:DescribeKey action"
    )
    # Named by the key policy, carol needs nothing of IAM; and bob's IAM policy counts no more.
    text = key_policy(
        allows(f"arn:aws:iam::{ACCOUNT}:user/carol", "kms:DescribeKey"),
        allows(f"arn:aws:iam::{ACCOUNT}:root", "kms:PutKeyPolicy"),
    )
    kms.put_key_policy(KeyId=key["KeyId"], Policy=text)
    assert carol.describe_key(KeyId=key["KeyId"])
    assert "no resource-based policy allows" in error_of(bob.describe_key, KeyId=key["KeyId"]).message
    bob.put_key_policy(KeyId=key["KeyId"], Policy=text)
    kms.put_key_policy(
        KeyId=key["KeyId"],
        Policy=key_policy(
            EVERYTHING,
            deny("kms:DescribeKey", "*") | {"Principal": "*"},
        ),
    )
    denied = error_of(carol.describe_key, KeyId=key["KeyId"])
    assert "with an explicit deny in a resource-based policy" in denied.message


def test_the_condition_keys_of_a_key(kms: Any, new_user) -> None:
    plain, tagged = new_key(kms), new_key(kms, Tags=[{"TagKey": "team", "TagValue": "blue"}])
    kms.create_alias(AliasName="alias/blue", TargetKeyId=tagged["KeyId"])

    def seen(number: int, condition: dict[str, Any], key: dict[str, Any], name: str | None = None) -> bool:
        user = new_user(f"user{number}", allow("kms:DescribeKey", "*") | {"Condition": condition}).client("kms")
        try:
            user.describe_key(KeyId=name or key["KeyId"])
        except user.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return False
        return True

    conditions: list[tuple[dict[str, Any], bool, bool]] = [
        ({"StringEquals": {"aws:ResourceTag/team": "blue"}}, False, True),
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/blue"}}, False, True),
        ({"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT"}}, True, True),
        ({"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}}, False, False),
        ({"Bool": {"kms:MultiRegion": "false"}, "StringEquals": {"kms:CallerAccount": ACCOUNT}}, True, True),
        ({"StringEquals": {"kms:RequestAlias": "alias/blue"}}, False, False),
    ]
    number = 0
    for condition, of_plain, of_tagged in conditions:
        for key, expected in ((plain, of_plain), (tagged, of_tagged)):
            number += 1
            assert seen(number, condition, key) == expected, (condition, key["KeyId"])
    assert seen(number + 1, {"StringEquals": {"kms:RequestAlias": "alias/blue"}}, tagged, "alias/blue")


def test_condition_keys_of_making_a_key(new_user) -> None:
    maker = new_user(
        "maker",
        allow("kms:CreateKey", "*") | {"Condition": {"StringEquals": {"kms:KeySpec": "RSA_2048"}}},
    ).client("kms")
    assert error_of(maker.create_key).code == "AccessDeniedException"
    assert maker.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    # Tags need a permission of their own.
    tags = [{"TagKey": "a", "TagValue": "b"}]
    denied = error_of(maker.create_key, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Tags=tags)
    assert "kms:TagResource" in denied.message


# Other accounts


@pytest.fixture
def other(cloud: Server, root: Identity) -> Identity:
    """An administrator of another account of the same organization."""
    organizations = root.client("organizations")
    organizations.create_organization()
    made = organizations.create_account(Email="other@example.com", AccountName="other")["CreateAccountStatus"]
    for _ in range(100):
        state = organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
        if state["State"] == "SUCCEEDED":
            break
    assert state["State"] == "SUCCEEDED"
    role = f"arn:aws:iam::{state['AccountId']}:role/OrganizationAccountAccessRole"
    root.iam.create_user(UserName="boss")
    root.iam.attach_user_policy(UserName="boss", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    boss = Identity.of_key(cloud.url, root.iam.create_access_key(UserName="boss")["AccessKey"])
    session = boss.sts.assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    there = Identity.of_session(cloud.url, session, name=state["AccountId"])
    return there


def test_a_key_of_another_account(kms: Any, root: Identity, other: Identity) -> None:
    key = new_key(kms)
    there = other.client("kms")
    refused = (
        f"User: arn:aws:sts::{other.name}:assumed-role/OrganizationAccountAccessRole/s1 is not authorized to perform: "
        "kms:Encrypt on resource: {} because the resource does not exist in this Region, no resource-based policies "
        "allow access, or a resource-based policy explicitly denies access"
    )
    # Whether it is there, it does not learn.
    nowhere = key["Arn"][:-4] + "0000"
    for arn in (key["Arn"], nowhere):
        denied = error_of(there.encrypt, KeyId=arn, Plaintext=b"x")
        assert (denied.code, denied.message) == ("AccessDeniedException", refused.format(arn))
    # Its id alone is an id of one's own account.
    assert error_of(there.encrypt, KeyId=key["KeyId"], Plaintext=b"x").code == "NotFoundException"
    shared = key_policy(EVERYTHING, allows(other.name, "kms:Encrypt", "kms:Decrypt"))
    kms.put_key_policy(KeyId=key["KeyId"], Policy=shared)
    blob = there.encrypt(KeyId=key["Arn"], Plaintext=b"across")
    assert there.decrypt(CiphertextBlob=blob["CiphertextBlob"])["Plaintext"] == b"across"
    # Managing is for the account's own principals, whatever the policy says.
    kms.put_key_policy(KeyId=key["KeyId"], Policy=key_policy(EVERYTHING, allows(other.name, "kms:*")))
    assert error_of(there.disable_key, KeyId=key["Arn"]).code == "AccessDeniedException"
    mine = Trail(other).of(blob)
    theirs = next(
        record
        for record in Trail(root).all(EventName="Encrypt")
        if record.get("sharedEventID") == mine["sharedEventID"]
    )
    assert theirs["recipientAccountId"] == ACCOUNT and mine["recipientAccountId"] == other.name
    assert theirs["userIdentity"]["type"] == "AWSAccount"
    for record in (mine, theirs):
        assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key["Arn"]}]
        assert record["readOnly"] is True and record["responseElements"] is None



# Aliases and tags


def test_aliases(kms: Any) -> None:
    first, second = new_key(kms)["KeyId"], new_key(kms)["KeyId"]
    kms.create_alias(AliasName="alias/app/one", TargetKeyId=first)
    taken = error_of(kms.create_alias, AliasName="alias/app/one", TargetKeyId=second)
    assert taken.code == "AlreadyExistsException"
    assert taken.message == f"An alias with the name arn:aws:kms:us-east-1:{ACCOUNT}:alias/app/one already exists"
    kms.update_alias(AliasName="alias/app/one", TargetKeyId=second)
    assert kms.describe_key(KeyId="alias/app/one")["KeyMetadata"]["KeyId"] == second
    assert not kms.list_aliases(KeyId=first)["Aliases"]
    assert len(kms.list_aliases(KeyId=second)["Aliases"]) == 1
    rsa = new_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyId"]
    assert error_of(kms.update_alias, AliasName="alias/app/one", TargetKeyId=rsa).code == "ValidationException"
    kms.delete_alias(AliasName="alias/app/one")
    assert error_of(kms.delete_alias, AliasName="alias/app/one").code == "NotFoundException"


@MANY(
    "name, code",
    [
        ("mine", "ValidationException"),
        ("alias/aws/mine", "NotAuthorizedException"),
        ("alias/", "InvalidAliasNameException"),
        ("alias/a:b", "InvalidAliasNameException"),
    ],
)
def test_a_name_that_no_alias_may_have(kms: Any, name: str, code: str) -> None:
    key = new_key(kms)["KeyId"]
    assert error_of(kms.create_alias, AliasName=name, TargetKeyId=key).code == code


def test_a_key_has_fifty_aliases_at_most(kms: Any) -> None:
    key = new_key(kms)["KeyId"]
    for number in range(50):
        kms.create_alias(AliasName=f"alias/n{number:02}", TargetKeyId=key)
    assert error_of(kms.create_alias, AliasName="alias/more", TargetKeyId=key).code == "LimitExceededException"
    assert [alias["AliasName"] for alias in aliases(kms)] == [f"alias/n{n:02}" for n in range(50)]
    assert error_of(kms.list_aliases, Marker="x").code == "InvalidMarkerException"


def test_tags(kms: Any) -> None:
    key = new_key(kms)["KeyId"]
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "1"}, {"TagKey": "B", "TagValue": "2"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "3"}])
    tags = kms.list_resource_tags(KeyId=key)
    assert tags["Tags"] == [{"TagKey": "B", "TagValue": "2"}, {"TagKey": "b", "TagValue": "3"}]
    assert tags["Truncated"] is False
    kms.untag_resource(KeyId=key, TagKeys=["b", "none"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "B", "TagValue": "2"}]


def test_the_keys_that_aws_manages(kms: Any, new_user) -> None:
    assert error_of(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x").code == "NotFoundException"
    (alias,) = [one for one in kms.list_aliases(Limit=100)["Aliases"] if one["AliasName"] == "alias/aws/s3"]
    assert "TargetKeyId" not in alias
    made = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    (alias,) = [one for one in kms.list_aliases(Limit=100)["Aliases"] if one["AliasName"] == "alias/aws/s3"]
    assert alias["TargetKeyId"] == made["KeyId"]
    assert made["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"] == made
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"] is True
    # Its policy leaves it to the service, and so does Gatehouse, even for root.
    for operation in (kms.disable_key, kms.schedule_key_deletion, kms.get_public_key):
        if operation != kms.get_public_key:
            assert "no resource-based policy allows" in error_of(operation, KeyId=made["KeyId"]).message
    assert error_of(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x").code == "AccessDeniedException"
    assert error_of(kms.describe_key, KeyId="alias/aws/nothing").code == "NotFoundException"


def test_what_cloudtrail_has_of_it(kms: Any, trail: Trail) -> None:
    made = kms.create_key(Description="d")
    record = trail.of(made)
    arn = made["KeyMetadata"]["Arn"]
    assert record["eventSource"] == "kms.amazonaws.com" and record["readOnly"] is False
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    assert record["responseElements"]["keyMetadata"]["keyId"] == made["KeyMetadata"]["KeyId"]
    (event,) = trail.events(ResourceName=arn)
    assert event["EventName"] == "CreateKey"
    answer = kms.encrypt(KeyId=arn, Plaintext=b"secret", EncryptionContext={"stage": "test"})
    record = trail.of(answer)
    assert record["requestParameters"] == {"keyId": arn, "encryptionContext": {"stage": "test"}}
    assert record["responseElements"] is None
    answer = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"], EncryptionContext={"stage": "test"})
    assert trail.of(answer)["requestParameters"] == {"encryptionContext": {"stage": "test"}}
