"""Fail closed: for every operation that is built,

- without a signature it is refused,
- a principal without permission gets AccessDenied, and CloudTrail says so,
- a principal with exactly the action on exactly the resource that the denial named is not denied.

The list comes from the server itself (`gatehouse operations`), the inputs from botocore's model.
"""

import functools
import json
import re
import subprocess
from datetime import datetime, UTC
from typing import Any

import botocore
import botocore.exceptions
import botocore.session
import pytest

from harness import ACCOUNT, ROOT_KEY_ID, AwsError, Identity, Server, Trail, policy, trust
from harness import saml
from harness.server import BINARY, gatehouse

DENIED = ("AccessDenied", "AccessDeniedException")

#: Operations that any valid signature may call, and why AWS lets it.
NO_PERMISSION_NEEDED = {
    "sts:GetCallerIdentity": "answers even under an explicit deny: whoever holds a key may know whose it is",
    "sts:GetSessionToken": "needs no permission: its session can do no more than the long-term key that asks",
}

#: Operations that prove who calls by something else than a signature.
NO_SIGNATURE_NEEDED = {
    "sts:AssumeRoleWithSAML": "the assertion proves it",
    "sts:AssumeRoleWithWebIdentity": "the token proves it",
}

#: Operations that only a management account may call, for a member: for anybody else no permission is enough.
ONLY_FOR_MEMBERS = {"account:AcceptPrimaryEmailUpdate", "account:GetPrimaryEmail", "account:StartPrimaryEmailUpdate"}

X_USER = f"arn:aws:iam::{ACCOUNT}:user/x"
TRUST = trust(ACCOUNT)
DOCUMENT = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})

#: Values for members by name: first "Operation.Member", then "Member".
VALUES: dict[str, Any] = {
    "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    "GetAccessKeyLastUsed.AccessKeyId": ROOT_KEY_ID,
    "AccountAlias": "an-alias",
    "AccountId": ACCOUNT,
    "CountryCode": "FR",
    "DelegationRequestId": "dr-00000000000000000000",
    "EntityArn": f"arn:aws:iam::{ACCOUNT}:delegation-request/dr-00000000000000000000",
    "NotificationChannel": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic",
    "Permissions": {"PolicyTemplateArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"},
    "EmailAddress": "x@example.com",
    "Otp": "abcdef",
    "PhoneNumber": "+1 555 0100",
    "PrimaryEmail": "x@example.com",
    "RegionName": "af-south-1",
    "AssumeRolePolicyDocument": TRUST,
    "AuthenticationCode1": "123456",
    "AuthenticationCode2": "654321",
    "UpdateAssumeRolePolicy.PolicyDocument": TRUST,
    "DecodeAuthorizationMessage.EncodedMessage": "AAAA",
    "CertificateBody": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "CertificateId": "A" * 24,
    "CreateSAMLProvider.Name": "y",
    "GetFederationToken.Name": "guest",
    "GenerateOrganizationsAccessReport.EntityPath": "o-aaaaaaaaaa/r-aaaa",
    "AssumeRoot.TargetPrincipal": "444455556666",
    "AssumeRoot.TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
    "GenerateServiceLastAccessedDetails.Arn": X_USER,
    "JobId": "0" * 36,
    "ListPoliciesGrantingServiceAccess.Arn": X_USER,
    "Name": "x",
    "NewPassword": "Correct-Horse-8",
    "OldPassword": "Correct-Horse-7",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com",
    "Password": "Correct-Horse-7",
    "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/x",
    "PolicyId": "p-12345678",
    "TargetId": "222233334444",
    "ListEffectivePolicyValidationErrors.AccountId": "222233334444",
    "RootId": "r-abcd",
    "CreatePolicy.Content": DOCUMENT,
    "UpdatePolicy.Content": DOCUMENT,
    "PutResourcePolicy.Content": policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "222233334444"},
            "Action": "organizations:ListPolicies",
            "Resource": "*",
        }
    ),
    "PolicyDocument": DOCUMENT,
    "PolicyInputList": [DOCUMENT],
    "PolicySourceArn": X_USER,
    "PrivateKey": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    "DeletionTaskId": "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/" + "0" * 36,
    "AWSServiceName": "ecs.amazonaws.com",
    "CreateServiceSpecificCredential.ServiceName": "codecommit.amazonaws.com",
    "ResourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail",
    "ResourceIdList": [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail"],
    "ResourceId": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x",
    "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/x",
    "SAMLMetadataDocument": saml.IdentityProvider().metadata(),
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/x",
    "GetMFADevice.SerialNumber": f"arn:aws:iam::{ACCOUNT}:u2f/user/x/key",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/x",
    "TagKeys": ["a"],
    "Tags": [{"Key": "a", "Value": "b"}],
    "TagsList": [{"Key": "a", "Value": "b"}],
    "Url": "https://example.com",
    "VersionId": "v1",
    "TrailName": "x-trail",
    "S3BucketName": "x-bucket",
    "AccountId": "222233334444",
    "ChildId": "222233334444",
    "CreateAccountRequestId": "car-12345678",
    "DestinationParentId": "ou-abcd-87654321",
    "Email": "x@example.com",
    "HandshakeId": "h-12345678",
    "DescribeResponsibilityTransfer.Id": "rt-12345678",
    "TerminateResponsibilityTransfer.Id": "rt-12345678",
    "UpdateResponsibilityTransfer.Id": "rt-12345678",
    "ListTagsForResource.ResourceId": "222233334444",
    "OrganizationalUnitId": "ou-abcd-12345678",
    "ParentId": "ou-abcd-12345678",
    "PolicyId": "p-12345678",
    "RootId": "r-abcd",
    "ServicePrincipal": "sso.amazonaws.com",
    "SourceParentId": "ou-abcd-12345678",
    "TagResource.ResourceId": "222233334444",
    "TargetId": "222233334444",
    "UntagResource.ResourceId": "222233334444",
}


def built() -> list[str]:
    """What the server says it can do; nothing when it is not there, so that collecting does not fail."""
    if not BINARY.exists():
        return []
    try:
        listed = json.loads(gatehouse("operations", "--format", "json").stdout)
    except (ValueError, OSError, subprocess.SubprocessError):
        return []
    return sorted(f"{one['service']}:{one['operation']}" for one in listed)


OPERATIONS = built()


@functools.cache
def service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def sample(shape: Any, path: str) -> Any:
    """The least value that the model takes."""
    operation, _, member = path.partition(".")
    for name in (path, member):
        if name in VALUES:
            return VALUES[name]
    if shape.type_name == "structure":
        return {name: sample(shape.members[name], f"{operation}.{name}") for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member, path + "[]") for _ in range(max(1, int(shape.metadata.get("min", 1))))]
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        if shape.enum:
            return shape.enum[0]
        return "x" * max(1, int(shape.metadata.get("min", 1)))
    if shape.type_name in ("integer", "long"):
        return int(shape.metadata.get("min", 1))
    if shape.type_name == "boolean":
        return False
    if shape.type_name == "timestamp":
        return datetime(2024, 1, 1, tzinfo=UTC)
    if shape.type_name == "blob":
        return b"x"
    raise AssertionError(f"no sample for {shape.type_name} at {path}")


def arguments(service: str, operation: str) -> dict[str, Any]:
    model = service_model(service).operation_model(operation)
    return sample(model.input_shape, operation) if model.input_shape else {}


def call(identity: Identity, service: str, operation: str, **config: Any) -> AwsError | dict[str, Any]:
    """Makes one request and returns its answer or its error."""
    client = identity.client(service, parameter_validation=False, **config)
    method = getattr(client, botocore.xform_name(operation))
    try:
        return dict(method(**arguments(service, operation)))
    except botocore.exceptions.ClientError as error:
        return AwsError.of(error)


@pytest.fixture
def furnished(root: Identity) -> Identity:
    """An account with one of each, named x."""
    iam = root.iam
    iam.create_user(UserName="x")
    iam.create_group(GroupName="x")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="x", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="x")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="x")
    iam.create_saml_provider(Name="x", SAMLMetadataDocument=VALUES["SAMLMetadataDocument"])
    return root


def test_there_is_something_to_walk_over() -> None:
    assert len(OPERATIONS) > 80, OPERATIONS
    assert "iam:CreateUser" in OPERATIONS and "cloudtrail:LookupEvents" in OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(cloud: Server, furnished: Identity, new_user, name: str) -> None:
    service, operation = name.split(":")
    trail = Trail(furnished)
    if service == "organizations":
        furnished.client(service).create_organization()

    # No signature.
    if name not in NO_SIGNATURE_NEEDED:
        unsigned = call(furnished, service, operation, signature_version=botocore.UNSIGNED)
        assert isinstance(unsigned, AwsError), unsigned
        assert unsigned.status in (400, 403), unsigned
        assert unsigned.code in ("MissingAuthenticationToken", "MissingAuthenticationTokenException"), unsigned

    # No permission.
    walker = new_user("walker")
    outcome = call(walker, service, operation)
    if name in NO_PERMISSION_NEEDED or name in NO_SIGNATURE_NEEDED:
        assert not (isinstance(outcome, AwsError) and outcome.code in DENIED), outcome
        record = trail.of(outcome, operation)
        assert record["eventName"] == operation
        return
    assert isinstance(outcome, AwsError) and outcome.code in DENIED, outcome
    record = trail.of(outcome, operation)
    assert record["eventSource"] == f"{service}.amazonaws.com"
    assert record["errorCode"] in DENIED
    assert record["errorMessage"] == outcome.message
    assert record["userIdentity"]["userName"] == "walker"
    assert not record.get("responseElements")

    if name in ONLY_FOR_MEMBERS:
        refused = f"User: arn:aws:iam::{ACCOUNT}:user/walker is not authorized to perform: {name}"
        furnished.iam.attach_user_policy(
            UserName="walker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )
        for message in (outcome.message, getattr(call(walker, service, operation), "message", None)):
            assert message == refused
        return

    # Exactly what each denial names, no more; some operations ask for several (a role passed on, tags set).
    given: list[dict[str, Any]] = []
    while isinstance(outcome, AwsError) and outcome.code in DENIED:
        if name == "sts:AssumeRoot" and given and "the account is not in an organization" in outcome.message:
            return
        found = re.match(
            rf"User: arn:aws:iam::{ACCOUNT}:user/walker is not authorized to perform: (\S+)"
            r"(?: on resource: (\S+|access key \S+))? because no (identity-based policy|role trust policy) allows the (\S+) action$",
            outcome.message,
        )
        assert found, outcome.message
        action, resource = found.group(1), found.group(2) or "*"
        assert action == found.group(4)
        # IAM names the key; the permission is on its user, here root.
        if resource.startswith("access key "):
            resource = f"arn:aws:iam::{ACCOUNT}:root"
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        assert statement not in given, f"{action} on {resource} was given and still: {outcome.message}"
        given.append(statement)
        furnished.iam.put_user_policy(UserName="walker", PolicyName="own", PolicyDocument=policy(*given))
        outcome = call(walker, service, operation)
    assert 1 <= len(given) <= 4
    if isinstance(outcome, AwsError):
        assert outcome.status and outcome.status < 500, outcome
    record = trail.of(outcome, operation)
    assert record.get("errorCode") not in DENIED


@pytest.mark.parametrize("name", ["iam:CreateUser", "iam:ListUsers", "sts:AssumeRole", "cloudtrail:LookupEvents"])
def test_an_explicit_deny_beats_administrator_access(cloud: Server, furnished: Identity, new_user, name: str) -> None:
    service, operation = name.split(":")
    walker = new_user("walker", {"Effect": "Deny", "Action": name, "Resource": "*"}, managed="AdministratorAccess")
    outcome = call(walker, service, operation)
    assert isinstance(outcome, AwsError) and outcome.code in DENIED
    assert "with an explicit deny in an identity-based policy" in outcome.message


def test_get_caller_identity_cannot_be_denied(root: Identity, new_user) -> None:
    user = new_user("alice", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert user.sts.get_caller_identity()["Arn"].endswith(":user/alice")


@pytest.mark.parametrize("service", ["iam", "sts", "cloudtrail", "organizations"])
def test_what_is_not_built_succeeds_for_nobody(root: Identity, service: str) -> None:
    """Operations of the model that the server does not list: an error of its own, never an empty success."""
    listed = {name.split(":")[1] for name in OPERATIONS if name.startswith(service + ":")}
    missing = [name for name in service_model(service).operation_names if name not in listed]
    for operation in missing:
        model = service_model(service).operation_model(operation)
        if model.auth_type == "none":
            continue
        outcome = call(root, service, operation)
        assert isinstance(outcome, AwsError), operation
        assert outcome.status in (400, 403, 404, 501), (operation, outcome)
        assert outcome.code != "AccessDenied", (operation, outcome)
