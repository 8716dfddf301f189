"""Whole answers, as AWS was recorded to give them: the members that are there, and none besides; whole messages.

What differs from one call to the next is matched by its kind. Where an answer has a member that is not here, or lacks
one that is, the comparison fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, AwsError, Identity, Trail, VirtualDevice, allow, error_of, policy, trust
from harness import saml
from harness.certificates import Certificate


class Like:
    """Equal to whatever passes a test."""

    def __init__(self, what: str, holds: Callable[[Any], bool]):
        self.what = what
        self.holds = holds

    def __eq__(self, other: object) -> bool:
        return self.holds(other)

    def __repr__(self) -> str:
        return f"<{self.what}>"


def text(pattern: str) -> Like:
    return Like(pattern, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def unique(prefix: str) -> Like:
    return text(prefix + "[A-Z0-9]{17}")


DATE = Like("date", lambda value: isinstance(value, datetime))
#: As CloudTrail writes dates in answers.
TRAIL_DATE = text(r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M")
EC2 = trust({"Service": "ec2.amazonaws.com"})
DOCUMENT = policy(allow("s3:ListAllMyBuckets"))
TAGS = [{"Key": "team", "Value": "red"}]
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}
OF_AWS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
GONE = "arn:aws:iam::aws:policy/NoSuchPolicy"
NONE = f"arn:aws:iam::{ACCOUNT}:policy/none"


def arn(rest: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{rest}"


def whole(answer: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}


def lower(members: dict[str, Any]) -> dict[str, Any]:
    """The members as CloudTrail names them, with its dates."""
    return {
        name[0].lower() + name[1:]: TRAIL_DATE if value is DATE else lower(value) if isinstance(value, dict) else value
        for name, value in members.items()
    }


# Users, groups


def test_users(root: Identity) -> None:
    user = {"Path": "/p/", "UserName": "u", "UserId": unique("AIDA"), "Arn": arn("user/p/u"), "CreateDate": DATE}
    bare = {**user, "Path": "/", "UserName": "bare", "Arn": arn("user/bare")}
    made = root.iam.create_user(UserName="u", Path="/p/", Tags=TAGS, PermissionsBoundary=READ_ONLY)
    assert whole(made) == {"User": {**user, "PermissionsBoundary": BOUNDARY, "Tags": TAGS}}
    assert whole(root.iam.create_user(UserName="bare")) == {"User": bare}
    assert whole(root.iam.get_user(UserName="u")) == {
        "User": {**user, "PermissionsBoundary": BOUNDARY, "Tags": TAGS}
    }
    assert whole(root.iam.get_user(UserName="bare")) == {"User": bare}
    assert whole(root.iam.list_users()) == {"Users": [bare, user], "IsTruncated": False}


def test_groups(root: Identity) -> None:
    group = {"Path": "/", "GroupName": "g", "GroupId": unique("AGPA"), "Arn": arn("group/g"), "CreateDate": DATE}
    assert whole(root.iam.create_group(GroupName="g")) == {"Group": group}
    assert whole(root.iam.get_group(GroupName="g")) == {"Group": group, "Users": [], "IsTruncated": False}
    assert whole(root.iam.list_groups()) == {"Groups": [group], "IsTruncated": False}


# Roles and instance profiles

ROLE = {
    "Path": "/",
    "RoleName": "r",
    "RoleId": unique("AROA"),
    "Arn": arn("role/r"),
    "CreateDate": DATE,
    "AssumeRolePolicyDocument": json.loads(EC2),
}


def make_role(root: Identity, **more: Any) -> dict[str, Any]:
    return root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Description="d", **more)


def test_roles(root: Identity) -> None:
    made = make_role(root, Tags=TAGS, PermissionsBoundary=READ_ONLY, MaxSessionDuration=7200)
    assert whole(made) == {"Role": {**ROLE, "PermissionsBoundary": BOUNDARY, "Tags": TAGS}}
    described = {"Description": "d", "MaxSessionDuration": 7200}
    got = {**ROLE, **described, "PermissionsBoundary": BOUNDARY, "Tags": TAGS, "RoleLastUsed": {}}
    assert whole(root.iam.get_role(RoleName="r")) == {"Role": got}
    assert whole(root.iam.list_roles()) == {"Roles": [{**ROLE, **described}], "IsTruncated": False}
    changed = root.iam.update_role_description(RoleName="r", Description="other")
    assert whole(changed) == {"Role": {**ROLE, "PermissionsBoundary": BOUNDARY, "Tags": TAGS}}
    assert whole(root.iam.update_role(RoleName="r", Description="another")) == {}


def test_a_role_with_as_little_as_possible(root: Identity) -> None:
    made = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    assert whole(made) == {"Role": ROLE}
    assert whole(root.iam.get_role(RoleName="r")) == {"Role": {**ROLE, "MaxSessionDuration": 3600, "RoleLastUsed": {}}}


@pytest.mark.parametrize(
    "service, description",
    [
        ("ecs", None),
        ("rds", "Allows Amazon RDS to manage AWS resources on your behalf"),
        ("ssm", "Provides access to AWS Resources managed or used by Amazon SSM."),
        (
            "sso",
            "Service-linked role used by AWS SSO to manage AWS resources, including IAM roles, policies and SAML IdP "
            "on your behalf.",
        ),
    ],
)
def test_service_linked_roles(root: Identity, service: str, description: str | None) -> None:
    principal = f"{service}.amazonaws.com"
    made = whole(root.iam.create_service_linked_role(AWSServiceName=principal))["Role"]
    role = {
        "Path": f"/aws-service-role/{principal}/",
        "RoleName": text("AWSServiceRoleFor[A-Za-z]+"),
        "RoleId": unique("AROA"),
        "Arn": arn(f"role/aws-service-role/{principal}/{made['RoleName']}"),
        "CreateDate": DATE,
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}],
        },
    }
    assert made == role
    described = {"Description": description} if description else {}
    got = whole(root.iam.get_role(RoleName=made["RoleName"]))
    assert got == {"Role": {**role, **described, "MaxSessionDuration": 3600, "RoleLastUsed": {}}}


def test_the_role_of_lex(root: Identity) -> None:
    root.iam.create_service_linked_role(AWSServiceName="lex.amazonaws.com")
    attached = root.iam.list_attached_role_policies(RoleName="AWSServiceRoleForLexBots")
    policy_arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonLexBotPolicy"
    assert whole(attached) == {
        "AttachedPolicies": [{"PolicyName": "AmazonLexBotPolicy", "PolicyArn": policy_arn}],
        "IsTruncated": False,
    }
    assert root.iam.get_policy(PolicyArn=policy_arn)["Policy"]["AttachmentCount"] == 1


def test_instance_profiles(root: Identity) -> None:
    profile = {
        "Path": "/",
        "InstanceProfileName": "i",
        "InstanceProfileId": unique("AIPA"),
        "Arn": arn("instance-profile/i"),
        "CreateDate": DATE,
    }
    assert whole(root.iam.create_instance_profile(InstanceProfileName="i")) == {
        "InstanceProfile": {**profile, "Roles": []}
    }
    make_role(root, Tags=TAGS, MaxSessionDuration=7200)
    assert whole(root.iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")) == {}
    filled = {**profile, "Roles": [ROLE]}
    assert whole(root.iam.get_instance_profile(InstanceProfileName="i")) == {"InstanceProfile": {**filled, "Tags": []}}
    listed = {"InstanceProfiles": [filled], "IsTruncated": False}
    assert whole(root.iam.list_instance_profiles()) == listed
    assert whole(root.iam.list_instance_profiles_for_role(RoleName="r")) == listed
    root.iam.tag_instance_profile(InstanceProfileName="i", Tags=TAGS)
    assert whole(root.iam.get_instance_profile(InstanceProfileName="i")) == {
        "InstanceProfile": {**filled, "Tags": TAGS}
    }
    made = root.iam.create_instance_profile(InstanceProfileName="j", Tags=TAGS)["InstanceProfile"]
    assert made == {
        **profile,
        "InstanceProfileName": "j",
        "Arn": arn("instance-profile/j"),
        "Roles": [],
        "Tags": TAGS,
    }


# Policies

POLICY = {
    "PolicyName": "p",
    "PolicyId": unique("ANPA"),
    "Arn": arn("policy/p"),
    "Path": "/",
    "DefaultVersionId": "v1",
    "AttachmentCount": 0,
    "PermissionsBoundaryUsageCount": 0,
    "IsAttachable": True,
    "CreateDate": DATE,
    "UpdateDate": DATE,
}


def test_policies(root: Identity) -> None:
    made = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT, Description="d")
    assert whole(made) == {"Policy": POLICY}
    assert whole(root.iam.get_policy(PolicyArn=arn("policy/p"))) == {
        "Policy": {**POLICY, "Description": "d", "Tags": []}
    }
    assert whole(root.iam.list_policies(Scope="Local")) == {"Policies": [POLICY], "IsTruncated": False}
    tagged = root.iam.create_policy(PolicyName="t", PolicyDocument=DOCUMENT, Tags=TAGS)["Policy"]
    assert tagged == {**POLICY, "PolicyName": "t", "Arn": arn("policy/t"), "Tags": TAGS}


def test_a_policy_of_awss_own(root: Identity) -> None:
    of_aws = {**POLICY, "PolicyName": "AmazonS3FullAccess", "Arn": OF_AWS, "DefaultVersionId": text(r"v\d+")}
    assert whole(root.iam.get_policy(PolicyArn=OF_AWS)) == {"Policy": {**of_aws, "Tags": []}}


def test_authorization_details(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    root.iam.create_group(GroupName="g")
    make_role(root)
    root.iam.create_instance_profile(InstanceProfileName="i")
    root.iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    details = whole(root.iam.get_account_authorization_details())
    user = {"Path": "/", "UserName": "u", "UserId": unique("AIDA"), "Arn": arn("user/u"), "CreateDate": DATE}
    group = {"Path": "/", "GroupName": "g", "GroupId": unique("AGPA"), "Arn": arn("group/g"), "CreateDate": DATE}
    profile = {
        "Path": "/",
        "InstanceProfileName": "i",
        "InstanceProfileId": unique("AIPA"),
        "Arn": arn("instance-profile/i"),
        "CreateDate": DATE,
        "Roles": [ROLE],
    }
    assert details == {
        "UserDetailList": [{**user, "GroupList": [], "AttachedManagedPolicies": [], "Tags": []}],
        "GroupDetailList": [{**group, "GroupPolicyList": [], "AttachedManagedPolicies": []}],
        "RoleDetailList": [
            {
                **ROLE,
                "InstanceProfileList": [profile],
                "RolePolicyList": [],
                "AttachedManagedPolicies": [],
                "Tags": [],
                "RoleLastUsed": {},
            }
        ],
        "Policies": [],
        "IsTruncated": False,
    }


# Providers, certificates, devices


def test_server_certificates(root: Identity, tmp_path: Path) -> None:
    one = Certificate.make(tmp_path, "one")
    metadata = {
        "Path": "/",
        "ServerCertificateName": "c",
        "ServerCertificateId": unique("ASCA"),
        "Arn": arn("server-certificate/c"),
        "UploadDate": DATE,
        "Expiration": DATE,
    }
    made = root.iam.upload_server_certificate(
        ServerCertificateName="c", CertificateBody=one.pem, PrivateKey=one.key
    )
    assert whole(made) == {"ServerCertificateMetadata": metadata}
    got = {"ServerCertificateMetadata": metadata, "CertificateBody": one.pem.strip(), "Tags": []}
    assert whole(root.iam.get_server_certificate(ServerCertificateName="c")) == {"ServerCertificate": got}
    assert whole(root.iam.list_server_certificates()) == {
        "ServerCertificateMetadataList": [metadata],
        "IsTruncated": False,
    }


def test_openid_connect_providers(root: Identity) -> None:
    provider = arn("oidc-provider/issuer.example")
    made = root.iam.create_open_id_connect_provider(Url="https://issuer.example", ThumbprintList=["ab" * 20])
    assert whole(made) == {"OpenIDConnectProviderArn": provider}
    got = {"Url": "issuer.example", "ClientIDList": [], "ThumbprintList": ["ab" * 20], "CreateDate": DATE, "Tags": []}
    assert whole(root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)) == got


def test_saml_providers(root: Identity) -> None:
    provider, document = arn("saml-provider/s"), saml.IdentityProvider().metadata()
    made = root.iam.create_saml_provider(Name="s", SAMLMetadataDocument=document)
    assert whole(made) == {"SAMLProviderArn": provider}
    assert whole(root.iam.get_saml_provider(SAMLProviderArn=provider)) == {
        "SAMLProviderUUID": text("[A-Z0-9]{10,}"),
        "SAMLMetadataDocument": document,
        "CreateDate": DATE,
        "ValidUntil": DATE,
        "Tags": [],
        "AssertionEncryptionMode": "Allowed",
        "PrivateKeyList": [],
    }


def test_federation_tokens(root: Identity, new_user) -> None:
    alice = new_user("alice", allow("sts:GetFederationToken"))
    credentials = {
        "AccessKeyId": text("ASIA[A-Z0-9]{16}"),
        "SecretAccessKey": text(".{40}"),
        "SessionToken": text(".{64,}"),
        "Expiration": DATE,
    }
    user = {"FederatedUserId": f"{ACCOUNT}:guest", "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest"}
    answer = alice.sts.get_federation_token(Name="guest")
    assert whole(answer) == {"Credentials": credentials, "FederatedUser": user, "PackedPolicySize": 0}
    record = Trail(root).of(answer, "GetFederationToken")
    assert record["requestParameters"] == {"name": "guest"}
    assert record["responseElements"] == {
        "credentials": {
            "accessKeyId": answer["Credentials"]["AccessKeyId"],
            "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration": TRAIL_DATE,
        },
        "federatedUser": lower(user),
        "packedPolicySize": 0,
    }


# Events


def test_events_of_what_was_made(root: Identity, trail: Trail) -> None:
    made = make_role(root, MaxSessionDuration=7200)
    encoded = text("%7B%22Version%22.*%7D")
    assert trail.of(made)["responseElements"] == {"role": {**lower(ROLE), "assumeRolePolicyDocument": encoded}}
    assert trail.of(made)["requestParameters"] == {
        "roleName": "r",
        "assumeRolePolicyDocument": EC2,
        "description": "d",
        "maxSessionDuration": 7200,
    }
    changed = root.iam.update_role_description(RoleName="r", Description="other")
    assert trail.of(changed)["responseElements"] == {"role": {**lower(ROLE), "assumeRolePolicyDocument": encoded}}
    policy_made = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT, Description="d")
    assert trail.of(policy_made)["responseElements"] == {"policy": lower(POLICY)}


def test_events_of_secrets(root: Identity, trail: Trail) -> None:
    """Secrets are not hidden in IAM's events: they are not there."""
    root.iam.create_user(UserName="u")
    key = root.iam.create_access_key(UserName="u")
    assert trail.of(key)["responseElements"] == {
        "accessKey": {
            "userName": "u",
            "accessKeyId": key["AccessKey"]["AccessKeyId"],
            "status": "Active",
            "createDate": TRAIL_DATE,
        }
    }
    profile = root.iam.create_login_profile(UserName="u", Password="Correct-Horse-7", PasswordResetRequired=False)
    assert trail.of(profile)["requestParameters"] == {"userName": "u", "passwordResetRequired": False}
    device = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="m")
    serial = device["VirtualMFADevice"]["SerialNumber"]
    assert trail.of(device)["responseElements"] == {"virtualMFADevice": {"serialNumber": serial}}
    codes = VirtualDevice(device["VirtualMFADevice"]["Base32StringSeed"])
    enabled = root.iam.enable_mfa_device(**enabling(device["VirtualMFADevice"], codes))
    assert trail.of(enabled)["requestParameters"] == {"userName": "u", "serialNumber": serial}


def enabling(made: dict[str, Any], device: VirtualDevice) -> dict[str, str]:
    first, second = device.two_codes()
    codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
    return {"UserName": "u", "SerialNumber": made["SerialNumber"], **codes}


def test_a_device_in_use(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    root.iam.enable_mfa_device(**enabling(made, device))
    refused = error_of(root.iam.enable_mfa_device, **enabling(made, device))
    assert (refused.status, refused.code, refused.message) == (409, "EntityAlreadyExists", "MFA device already exists.")


def test_events_of_what_is_not_built(root: Identity, trail: Trail) -> None:
    # One of S3 Control's batch operations.
    jobs = root.client("s3control", inject_host_prefix=False)
    refused = error_of(jobs.list_jobs, AccountId=ACCOUNT, JobStatuses=["Active"])
    assert refused.status == 501
    record = trail.of(refused, "ListJobs")
    assert record["requestParameters"]["jobStatuses"] == ["Active"]
    assert (record["errorCode"], record["responseElements"]) == ("NotImplemented", None)
    # What is not within the model's constraints is not kept: nothing else bounds it.
    refused = error_of(jobs.list_jobs, AccountId=ACCOUNT, JobStatuses=["x"])
    assert trail.of(refused, "ListJobs")["requestParameters"] is None


# Errors

NAME = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
LONG = "Member must have length less than or equal to"
SHORT = "Member must have length greater than or equal to"
TAG_KEY = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"


def invalid(member: str, constraint: str) -> tuple[int, str, str]:
    text = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
    return (400, "ValidationError", text)


def missing(message: str) -> tuple[int, str, str]:
    return (404, "NoSuchEntity", message)


ANY_MFA = arn("mfa/none")
#: The call, its parameters, and the whole error. There is one of each thing, named x; the role is in no profile.
ERRORS: list[tuple[str, dict[str, Any], tuple[int, str, str]]] = [
    # Values are not quoted.
    (
        "tag_user",
        {"UserName": "x", "Tags": [{"Key": "k" * 129, "Value": ""}]},
        invalid("tags.1.member.key", f"{LONG} 128"),
    ),
    (
        "tag_role",
        {"RoleName": "x", "Tags": [{"Key": "k", "Value": "v" * 257}]},
        invalid("tags.1.member.value", f"{LONG} 256"),
    ),
    (
        "untag_user",
        {"UserName": "x", "TagKeys": [""]},
        invalid(
            "tagKeys", f"Member must satisfy constraint: [{LONG} 128, {SHORT} 1, {TAG_KEY}, Member must not be null]"
        ),
    ),
    (
        "create_role",
        {"RoleName": "y", "AssumeRolePolicyDocument": EC2, "MaxSessionDuration": 1},
        invalid("maxSessionDuration", "Member must have value greater than or equal to 3600"),
    ),
    ("get_role", {}, invalid("roleName", "Member must not be null")),
    (
        "update_access_key",
        {"UserName": "x", "AccessKeyId": "A" * 20, "Status": "On"},
        invalid("status", "Member must satisfy enum value set"),
    ),
    ("get_user", {"UserName": "a b"}, (400, "ValidationError", f"The specified value for userName is invalid. {NAME}")),
    (
        "create_virtual_mfa_device",
        {"VirtualMFADeviceName": "m", "Path": "/test"},
        (400, "ValidationError", f"The specified value for path is invalid. {PATH}"),
    ),
    (
        "create_policy",
        {"PolicyName": "y", "Path": "x", "PolicyDocument": DOCUMENT},
        (400, "ValidationError", f"The specified value for path is invalid. {PATH}"),
    ),
    # Policies of AWS's own.
    (
        "delete_policy",
        {"PolicyArn": OF_AWS},
        (403, "AccessDenied", "Cannot delete policies outside your own account."),
    ),
    (
        "delete_policy_version",
        {"PolicyArn": OF_AWS, "VersionId": "v1"},
        (403, "AccessDenied", "Cannot delete policy versions for policies outside your own account."),
    ),
    (
        "set_default_policy_version",
        {"PolicyArn": OF_AWS, "VersionId": "v1"},
        (403, "AccessDenied", "Cannot update policies outside your own account."),
    ),
    (
        "create_policy_version",
        {"PolicyArn": OF_AWS, "PolicyDocument": DOCUMENT},
        (403, "AccessDenied", "Cannot create policy versions for policies outside your own account."),
    ),
    # Policies that are none.
    *(
        (call, {**who, member: value}, (400, "InvalidInput", f"ARN {value} is not valid."))
        for value in ("no-arn-but-long-enough", arn("role/x-and-something"))
        for call, who, member in (
            ("attach_user_policy", {"UserName": "x"}, "PolicyArn"),
            ("attach_group_policy", {"GroupName": "x"}, "PolicyArn"),
            ("attach_role_policy", {"RoleName": "x"}, "PolicyArn"),
            ("put_user_permissions_boundary", {"UserName": "x"}, "PermissionsBoundary"),
            ("put_role_permissions_boundary", {"RoleName": "x"}, "PermissionsBoundary"),
            ("create_user", {"UserName": "y"}, "PermissionsBoundary"),
            ("create_role", {"RoleName": "y", "AssumeRolePolicyDocument": EC2}, "PermissionsBoundary"),
        )
    ),
    *(
        (
            call,
            {**who, "PermissionsBoundary": value},
            missing(f"Scope ARN: {value} does not exist or is not attachable."),
        )
        for value in (NONE, GONE)
        for call, who in (
            ("put_user_permissions_boundary", {"UserName": "x"}),
            ("put_role_permissions_boundary", {"RoleName": "x"}),
            ("create_user", {"UserName": "y"}),
            ("create_role", {"RoleName": "y", "AssumeRolePolicyDocument": EC2}),
        )
    ),
    (
        "attach_user_policy",
        {"UserName": "x", "PolicyArn": "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"},
        (400, "ValidationError", "Invalid ARN partition"),
    ),
    *(
        (call, {"PolicyArn": value, **more}, missing(f"Policy {value} {version}does not exist or is not attachable."))
        for value in (NONE, GONE)
        for call, more, version in (
            ("list_entities_for_policy", {}, ""),
            ("get_policy_version", {"VersionId": "v1"}, "version v1 "),
        )
    ),
    (
        "set_default_policy_version",
        {"PolicyArn": NONE, "VersionId": "v1"},
        missing(f"Policy {NONE} version v1 does not exist or is not attachable."),
    ),
    (
        "set_default_policy_version",
        {"PolicyArn": arn("policy/x"), "VersionId": "v9"},
        missing(f"Policy {arn('policy/x')} version v9 does not exist or is not attachable."),
    ),
    # Providers.
    (
        "create_open_id_connect_provider",
        {"Url": "test", "ThumbprintList": ["ab" * 20]},
        (400, "ValidationError", "Invalid Open ID Connect Provider URL"),
    ),
    (
        "delete_open_id_connect_provider",
        {"OpenIDConnectProviderArn": arn("oidc-provider/none.example")},
        missing("OpenId connect Provider ARN cannot be found."),
    ),
    # Devices.
    (
        "create_virtual_mfa_device",
        {"VirtualMFADeviceName": "x"},
        (409, "EntityAlreadyExists", "MFA device already exists."),
    ),
    (
        "deactivate_mfa_device",
        {"UserName": "x", "SerialNumber": ANY_MFA},
        missing(f"MFA Device with serial number {ANY_MFA} does not exist."),
    ),
    (
        "delete_virtual_mfa_device",
        {"SerialNumber": ANY_MFA},
        missing(f"MFA Device with serial number {ANY_MFA} does not exist."),
    ),
    # The rest.
    ("delete_account_password_policy", {}, missing("The account policy with name PasswordPolicy cannot be found.")),
    (
        "get_account_password_policy",
        {},
        missing(f"The Password Policy with domain name {ACCOUNT} cannot be found."),
    ),
    (
        "remove_role_from_instance_profile",
        {"RoleName": "x", "InstanceProfileName": "x"},
        missing("Role x in Instance Profile x cannot be found."),
    ),
    (
        "get_access_key_last_used",
        {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"},
        (
            403,
            "AccessDenied",
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform iam:GetAccessKeyLastUsed",
        ),
    ),
    ("get_credential_report", {}, (410, "ReportNotPresent", "")),
    (
        "upload_signing_certificate",
        {"UserName": "x", "CertificateBody": "no"},
        (400, "MalformedCertificate", "Certificate BODY is malformed."),
    ),
    *(
        (call, {"GroupName": "none", "UserName": "none"}, missing("The user with name none cannot be found."))
        for call in ("add_user_to_group", "remove_user_from_group")
    ),
    # Where AWS alone keeps roles.
    *(
        (call, more, (400, "InvalidInput", "Path /aws-reserved/ is reserved for AWS."))
        for call, more in (
            (
                "create_role",
                {"RoleName": "y", "Path": "/aws-reserved/sso.amazonaws.com/", "AssumeRolePolicyDocument": EC2},
            ),
            ("create_user", {"UserName": "y", "Path": "/aws-reserved/"}),
            ("update_user", {"UserName": "x", "NewPath": "/aws-reserved/x/"}),
        )
    ),
]


def test_whole_errors(root: Identity) -> None:
    iam = root.client("iam", parameter_validation=False)
    iam.create_user(UserName="x")
    iam.create_group(GroupName="x")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=EC2)
    iam.create_policy(PolicyName="x", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="x")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="x")
    wrong = []
    for call, parameters, expected in ERRORS:
        refused: AwsError = error_of(getattr(iam, call), **parameters)
        if (refused.status, refused.code, refused.message) != expected:
            wrong.append((call, parameters, (refused.status, refused.code, refused.message), expected))
    assert not wrong


def test_several_failures_are_all_told(root: Identity) -> None:
    """In which order AWS tells of them was not found out."""
    iam = root.client("iam", parameter_validation=False)
    refused = error_of(iam.tag_user, UserName="x", Tags=[{"Key": "k" * 129, "Value": "v" * 257}])
    start, _, rest = refused.message.partition(" validation errors detected: ")
    assert (refused.code, start) == ("ValidationError", "2")
    assert sorted(rest.split("; ")) == [
        f"Value at 'tags.1.member.key' failed to satisfy constraint: {LONG} 128",
        f"Value at 'tags.1.member.value' failed to satisfy constraint: {LONG} 256",
    ]


def test_sts_quotes_values(root: Identity) -> None:
    sts = root.client("sts", parameter_validation=False)
    refused = error_of(sts.assume_role, RoleArn=arn("role/r"), RoleSessionName="a b")
    assert refused.message == (
        "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )


def test_organizations(root: Identity) -> None:
    organizations = root.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for call, parameters in (
        (organizations.describe_policy, {"PolicyId": "p-nosuchpolicy"}),
        (organizations.list_targets_for_policy, {"PolicyId": "p-nosuchpolicy"}),
    ):
        refused = error_of(call, **parameters)
        assert (refused.code, refused.message) == (
            "PolicyNotFoundException",
            "You specified a policy that doesn't exist.",
        )
    for call in (organizations.enable_policy_type, organizations.disable_policy_type):
        refused = error_of(call, RootId="r-nope", PolicyType="SERVICE_CONTROL_POLICY")
        assert (refused.code, refused.message) == ("RootNotFoundException", "You specified a root that doesn't exist.")
