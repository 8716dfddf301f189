"""Managed policies and their versions."""

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from harness import ACCOUNT, Identity, allow, error_of, policy


def document(action: str) -> str:
    return policy(allow(action))


def test_versions(root: Identity, new_user) -> None:
    iam = root.iam
    made = iam.create_policy(
        PolicyName="p", PolicyDocument=document("iam:ListUsers"), Description="d", Tags=[{"Key": "a", "Value": "b"}]
    )["Policy"]
    arn = made["Arn"]
    assert re.fullmatch(r"ANPA[A-Z0-9]{17}", made["PolicyId"])
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/p"
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Description"] == "d"
    user = new_user("alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert user.iam.list_users()["Users"]

    # A new version binds only once it is the default one, and then at once.
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("iam:ListGroups"))["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", False)
    assert user.iam.list_users()["Users"]
    assert error_of(user.iam.list_groups).code == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert user.iam.list_groups()["Groups"] == []
    assert error_of(user.iam.list_users).code == "AccessDenied"
    third = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("iam:ListRoles"), SetAsDefault=True)
    assert third["PolicyVersion"]["IsDefaultVersion"]
    assert user.iam.list_roles()["Roles"] == []

    # Five, and no number twice.
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("iam:ListRoles"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("iam:ListRoles"))
    refused = error_of(iam.create_policy_version, PolicyArn=arn, PolicyDocument=document("iam:ListRoles"))
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == (
        "A managed policy can have up to 5 versions. "
        "Before you create a new version, you must delete an existing version."
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    sixth = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("iam:ListRoles"))["PolicyVersion"]
    assert sixth["VersionId"] == "v6"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [one["VersionId"] for one in versions] == ["v6", "v4", "v3", "v2", "v1"]
    assert [one["VersionId"] for one in versions if one["IsDefaultVersion"]] == ["v3"]
    got = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert got["Document"] == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iam:ListGroups", "Resource": "*"}],
    }

    # The default version goes only with the policy; the policy only without the others.
    refused = error_of(iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    assert refused.message == "Cannot delete the default version of a policy."
    iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    refused = error_of(iam.delete_policy, PolicyArn=arn)
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    assert refused.message == (
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy."
    )
    for version in ("v1", "v2", "v4", "v6"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)
    assert error_of(iam.get_policy, PolicyArn=arn).code == "NoSuchEntity"


GOOD = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
NEWER = {"Version": "2012-10-17"}
TOO_OLD = "Policy document must be version 2012-10-17 or greater."
LEGACY = "The policy failed legacy parsing"

# What AWS says of documents that have a fault, or several.
REFUSED: dict[str, tuple[Any, str]] = {
    "no version": ({"Statement": GOOD}, TOO_OLD),
    "older version": ({"Version": "2008-10-17", "Statement": GOOD}, TOO_OLD),
    "no version, and faults inside": ({"Statement": [{"Effect": "aLLow"}, {"Effect": "Deny"}]}, TOO_OLD),
    "no version, and syntax": ({"Statement": [7]}, "Syntax errors in policy."),
    "effect in another case": (GOOD | {"Effect": "DENY"}, LEGACY),
    "effect in another case, no action": ({"Effect": "deny", "Resource": "*"}, LEGACY),
    "a date that is none": (GOOD | {"Condition": {"DateEquals": {"a": "2026-13-01"}}}, LEGACY),
    "five parts": (GOOD | {"Resource": "arn:aws:s3::photos"}, LEGACY),
    "no service": (GOOD | {"Resource": "arn:aws::::photos"}, LEGACY),
    "five parts, no action": ({"Effect": "Allow", "NotResource": "arn:aws:s3::photos"}, LEGACY),
    "two parts": (
        GOOD | {"Resource": "arn:aws"},
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    "a bucket with a region": (
        GOOD | {"Resource": "arn:aws:s3:eu-west-1::photos"},
        "Resource arn:aws:s3:eu-west-1::photos can not contain region information.",
    ),
    "no partition": (
        GOOD | {"Resource": "x:y:z"},
        'Partition "y" is not valid for resource "arn:y:z:*:*:*".',
    ),
    "a Sid twice, and no action": (
        [GOOD | {"Sid": "s"}, {"Sid": "s", "Effect": "Allow"}],
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    "a bad resource, and a bad action": (
        GOOD | {"Action": "s3:a:b", "Resource": "photos"},
        'Resource photos must be in ARN format or "*".',
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_wrong_with_a_document(root: Identity, fault: str) -> None:
    document, message = REFUSED[fault]
    if "Statement" not in document:
        document = NEWER | {"Statement": document}
    refused = error_of(root.iam.create_policy, PolicyName="p", PolicyDocument=json.dumps(document))
    assert (refused.status, refused.code, refused.message) == (400, "MalformedPolicyDocument", message)
    arn = root.iam.create_policy(PolicyName="good", PolicyDocument=policy(GOOD))["Policy"]["Arn"]
    refused = error_of(root.iam.create_policy_version, PolicyArn=arn, PolicyDocument=json.dumps(document))
    assert (refused.status, refused.code, refused.message) == (400, "MalformedPolicyDocument", message)


def test_what_is_only_odd_is_stored(root: Identity) -> None:
    for number, condition in enumerate(({"StringEquals": {"a": "x"}}, {"a": {}}, {"DateLessThan": {"a": "01T"}})):
        root.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=policy(GOOD | {"Condition": condition}))


def test_inline_and_trust_policies_may_be_of_the_older_version(root: Identity) -> None:
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    for version in ({}, {"Version": "2008-10-17"}):
        document = json.dumps(version | {"Statement": GOOD})
        root.iam.create_role(
            RoleName=f"r{len(version)}", AssumeRolePolicyDocument=json.dumps(version | {"Statement": trusted})
        )
        root.iam.put_role_policy(RoleName=f"r{len(version)}", PolicyName="p", PolicyDocument=document)
        root.iam.create_group(GroupName=f"g{len(version)}")
        root.iam.put_group_policy(GroupName=f"g{len(version)}", PolicyName="p", PolicyDocument=document)
    refused = error_of(root.iam.create_role, RoleName="x", AssumeRolePolicyDocument='  {"Statement": [')
    assert (refused.code, refused.message) == ("MalformedPolicyDocument", "This policy contains invalid Json")


def test_documents_come_back_as_they_went_in(root: Identity) -> None:
    """White space and order too: the document is percent-encoded on the wire and otherwise untouched."""
    text = '{\n\t"Version" : "2012-10-17",\n  "Id": "é ÿ",\r\n "Statement":{"Resource":["*"],"Action":["s3:Get*" ],"Effect":"Allow"}}'
    raw_documents: list[str] = []
    root.iam.create_policy(PolicyName="p", PolicyDocument=text)
    client = root.client("iam")
    client.meta.events.register_first(
        "before-parse.iam.GetPolicyVersion",
        lambda response_dict, **_: raw_documents.append(response_dict["body"].decode()),
    )
    parsed = client.get_policy_version(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/p", VersionId="v1")["PolicyVersion"]
    assert parsed["Document"]["Statement"] == {"Resource": ["*"], "Action": ["s3:Get*"], "Effect": "Allow"}
    assert parsed["Document"]["Id"] == "é ÿ"
    if raw_documents:
        encoded = re.search(r"<Document>(.*?)</Document>", raw_documents[0], re.S).group(1)  # type: ignore[union-attr]
        assert unquote(encoded) == text


def test_aws_managed_policies_cannot_be_changed(root: Identity) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for call, more in (
        (root.iam.delete_policy, {}),
        (root.iam.create_policy_version, {"PolicyDocument": document("*")}),
        (root.iam.set_default_policy_version, {"VersionId": "v1"}),
        (root.iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        refused = error_of(call, PolicyArn=arn, **more)
        # Which of these AWS answers is not documented; that it refuses, even root, is what counts.
        assert refused.code in ("AccessDenied", "ValidationError", "InvalidInput", "NoSuchEntity"), refused


def test_attaching_twice_is_once(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for _ in range(2):
        root.iam.attach_user_policy(UserName="u", PolicyArn=arn)
    assert len(root.iam.list_attached_user_policies(UserName="u")["AttachedPolicies"]) == 1
    root.iam.detach_user_policy(UserName="u", PolicyArn=arn)
    assert error_of(root.iam.detach_user_policy, UserName="u", PolicyArn=arn).code == "NoSuchEntity"


def test_who_has_a_policy(root: Identity) -> None:
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    root.iam.create_user(UserName="u")
    root.iam.create_group(GroupName="g")
    root.iam.attach_user_policy(UserName="u", PolicyArn=arn)
    root.iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    found = root.iam.list_entities_for_policy(PolicyArn=arn)
    assert [one["UserName"] for one in found["PolicyUsers"]] == ["u"]
    assert [one["GroupName"] for one in found["PolicyGroups"]] == ["g"]
    assert found["PolicyUsers"][0]["UserId"].startswith("AIDA")
    assert found["PolicyRoles"] == []
    only = root.iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Group")
    assert only["PolicyUsers"] == [] and len(only["PolicyGroups"]) == 1
