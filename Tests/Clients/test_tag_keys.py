"""When two tag keys are the same: without regard to case on users and roles, byte by byte on everything else of IAM.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, error_of, policy, trust
from harness.certificates import Certificate
from harness.saml import IdentityProvider

Made = tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any], dict[str, str]]


def pairs(tags: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(tag["Key"], tag["Value"]) for tag in tags}


def tags(*all: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in all]


@pytest.fixture(params=["policy", "instance_profile", "mfa_device", "open_id_connect_provider", "saml_provider",
                        "server_certificate"])
def resource(root: Identity, tmp_path: Path, request: pytest.FixtureRequest) -> Made:
    """A resource made with the tag Costcenter: how to tag it, to untag it, to list its tags, and what names it."""
    iam, given = root.iam, {"Tags": tags(("Costcenter", "1"))}
    match request.param:
        case "policy":
            made = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("*")), **given)
            names = {"PolicyArn": made["Policy"]["Arn"]}
        case "instance_profile":
            iam.create_instance_profile(InstanceProfileName="p", **given)
            names = {"InstanceProfileName": "p"}
        case "mfa_device":
            made = iam.create_virtual_mfa_device(VirtualMFADeviceName="d", **given)
            names = {"SerialNumber": made["VirtualMFADevice"]["SerialNumber"]}
        case "open_id_connect_provider":
            made = iam.create_open_id_connect_provider(
                Url="https://issuer.example", ThumbprintList=["ab" * 20], **given)
            names = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
        case "saml_provider":
            made = iam.create_saml_provider(
                Name="Example", SAMLMetadataDocument=IdentityProvider().metadata(), **given)
            names = {"SAMLProviderArn": made["SAMLProviderArn"]}
        case _:
            certificate = Certificate.make(tmp_path, "site")
            iam.upload_server_certificate(
                ServerCertificateName="site", CertificateBody=certificate.pem, PrivateKey=certificate.key, **given)
            names = {"ServerCertificateName": "site"}
    kind = request.param
    return getattr(iam, f"tag_{kind}"), getattr(iam, f"untag_{kind}"), getattr(iam, f"list_{kind}_tags"), names


def test_keys_that_differ_in_case_are_two_tags(resource: Made) -> None:
    tag, untag, listed, names = resource
    tag(**names, Tags=tags(("costcenter", "2"), ("COSTCENTER", "3")))
    assert pairs(listed(**names)["Tags"]) == {("Costcenter", "1"), ("costcenter", "2"), ("COSTCENTER", "3")}
    tag(**names, Tags=tags(("costcenter", "4")))
    untag(**names, TagKeys=["Costcenter", "costCenter"])
    assert pairs(listed(**names)["Tags"]) == {("costcenter", "4"), ("COSTCENTER", "3")}
    twice = error_of(tag, **names, Tags=tags(("a", "1"), ("a", "2")))
    assert (twice.code, twice.message) == ("InvalidInput", "Duplicate tag keys found.")
    reserved = error_of(tag, **names, Tags=tags(("AWS:x", "1")))
    assert reserved.code == "InvalidInput"


def test_users_and_roles_keep_the_first_case(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="u", Tags=tags(("Costcenter", "1")))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(ACCOUNT), Tags=tags(("Costcenter", "1")))
    for kind, names in (("user", {"UserName": "u"}), ("role", {"RoleName": "r"})):
        tag, listed = getattr(iam, f"tag_{kind}"), getattr(iam, f"list_{kind}_tags")
        tag(**names, Tags=tags(("costCENTER", "2")))
        assert pairs(listed(**names)["Tags"]) == {("Costcenter", "2")}
        twice = error_of(tag, **names, Tags=tags(("a", "1"), ("A", "2")))
        assert twice.message == "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        getattr(iam, f"untag_{kind}")(**names, TagKeys=["COSTCENTER"])
        assert listed(**names)["Tags"] == []
