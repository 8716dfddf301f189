"""Who may use private certificate authorities: policies of identities, of authorities, permissions of services."""

from __future__ import annotations

import json
from typing import Any

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy
from harness.authorities import TEMPLATES, Authority, new_request
from harness.organizations import NewOrganization


def as_user(identity: Identity, authority: Authority) -> Authority:
    return Authority(identity.client("acm-pca"), authority.arn, authority.signing)


def test_templates_decide(root: Identity, new_user: Any) -> None:
    authority = Authority.root(root)
    condition = {"StringEquals": {"acm-pca:TemplateArn": TEMPLATES + "EndEntityClientAuthCertificate/V1"}}
    alice = as_user(
        new_user(
            "alice",
            allow("acm-pca:IssueCertificate", authority.arn, Condition=condition),
            allow("acm-pca:GetCertificate", authority.arn),
        ),
        authority,
    )
    assert alice.certificate(new_request(), "EndEntityClientAuthCertificate/V1")
    for template in (None, "SubordinateCACertificate_PathLen0/V1", "EndEntityClientAuthCertificate_APIPassthrough/V1"):
        error = error_of(alice.issue, request=new_request(), template=template)
        assert error.code == "AccessDeniedException"
        assert f"is not authorized to perform: acm-pca:IssueCertificate on resource: {authority.arn}" in error.message
    for operation in ("describe_certificate_authority", "get_certificate_authority_csr", "list_permissions"):
        error = error_of(getattr(alice.client, operation), CertificateAuthorityArn=authority.arn)
        assert error.code == "AccessDeniedException"


def test_tags_decide(root: Identity, new_user: Any) -> None:
    blue = Authority.root(root, "Blue", Tags=[{"Key": "team", "Value": "blue"}])
    red = Authority.root(root, "Red", Tags=[{"Key": "team", "Value": "red"}])
    making = ["acm-pca:CreateCertificateAuthority", "acm-pca:TagCertificateAuthority"]
    alice = new_user(
        "alice",
        allow("acm-pca:*", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        allow(making, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),
    )
    as_user(alice, blue).issue(new_request())
    assert error_of(as_user(alice, red).issue, request=new_request()).code == "AccessDeniedException"
    Authority.create(alice, "Own", Tags=[{"Key": "team", "Value": "blue"}])
    error = error_of(Authority.create, identity=alice, name="Other", Tags=[{"Key": "team", "Value": "red"}])
    assert error.code == "AccessDeniedException"


def test_who_tags_has_to_be_allowed_to(root: Identity, new_user: Any) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    bob = new_user("bob", allow("acm-pca:*"), deny("acm-pca:TagCertificateAuthority"))
    assert Authority.create(bob, "Plain")
    error = error_of(Authority.create, identity=bob, name="Tagged", Tags=tags)
    assert error.code == "AccessDeniedException" and "acm-pca:TagCertificateAuthority" in error.message


def test_policies_of_authorities(root: Identity, new_user: Any) -> None:
    authority = Authority.root(root)
    put, client = authority.client.put_policy, authority.client
    assert error_of(client.get_policy, ResourceArn=authority.arn).code == "ResourceNotFoundException"
    alice = new_user("alice")
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert error_of(as_user(alice, authority).issue, request=new_request()).code == "AccessDeniedException"
    document = policy(allow(["acm-pca:IssueCertificate", "acm-pca:GetCertificate"], authority.arn, Principal={"AWS": arn}))
    put(ResourceArn=authority.arn, Policy=document)
    assert as_user(alice, authority).certificate(new_request())
    assert json.loads(client.get_policy(ResourceArn=authority.arn)["Policy"]) == json.loads(document)
    nobody = policy(deny("acm-pca:PutPolicy", authority.arn, Principal="*"))
    bob = new_user("bob", allow("acm-pca:*"))
    error = error_of(bob.client("acm-pca").put_policy, ResourceArn=authority.arn, Policy=nobody)
    assert error.code == "LockoutPreventedException"
    assert error_of(put, ResourceArn=authority.arn, Policy="{}").code == "InvalidPolicyException"
    unknown = policy(allow("acm-pca:IssueCertificate", authority.arn, Principal={"AWS": arn + "x"}))
    assert error_of(put, ResourceArn=authority.arn, Policy=unknown).code == "InvalidPolicyException"
    client.delete_policy(ResourceArn=authority.arn)
    assert error_of(as_user(alice, authority).issue, request=new_request()).code == "AccessDeniedException"


def test_what_policies_of_authorities_can_give(root: Identity) -> None:
    authority = Authority.root(root)
    put = authority.client.put_policy
    someone = {"Principal": {"AWS": ACCOUNT}}
    for wrong in (
        allow("acm-pca:*", authority.arn, **someone),
        allow(["acm-pca:GetCertificate", "acm-pca:PutPolicy"], authority.arn, **someone),
        allow("acm-pca:Get*", authority.arn, **someone),
        allow("acm-pca:DeleteCertificateAuthority", authority.arn, **someone),
        allow("acm-pca:IssueCertificate", authority.arn[:-4] + "0000", **someone),
        {"Effect": "Allow", "NotAction": "acm-pca:PutPolicy", "Resource": authority.arn} | someone,
    ):
        assert error_of(put, ResourceArn=authority.arn, Policy=policy(wrong)).code == "InvalidPolicyException"
    uses = ["DescribeCertificateAuthority", "GetCertificate", "GetCertificateAuthorityCertificate", "IssueCertificate"]
    uses += ["ListPermissions", "ListTags", "RevokeCertificate"]
    put(ResourceArn=authority.arn, Policy=policy(allow([f"acm-pca:{use}" for use in uses], authority.arn, **someone)))


def test_other_accounts_make_no_authorities(cloud: Server, root: Identity) -> None:
    member = NewOrganization(cloud).member("member")
    authority = Authority.root(root)
    guest = as_user(member.user("all", allow("acm-pca:*")), authority)
    actions = ["acm-pca:IssueCertificate", "acm-pca:GetCertificate"]
    shared = allow(actions, authority.arn, Principal={"AWS": [member.account, ACCOUNT]})
    authority.client.put_policy(ResourceArn=authority.arn, Policy=policy(shared))
    for template in (None, "EndEntityServerAuthCertificate/V1", "EndEntityClientAuthCertificate/V1"):
        assert guest.certificate(new_request(), template)
    low = Authority.create(root, "Low", kind="SUBORDINATE").request
    subordinate = "SubordinateCACertificate_PathLen0/V1"
    for template in (subordinate, "CodeSigningCertificate/V1", "EndEntityCertificate_CSRPassthrough/V1"):
        assert error_of(guest.issue, request=low, template=template).code == "AccessDeniedException"
    assert authority.issue(low, subordinate), "its own account does as it likes"
    # Whoever says so gives that, too: as AWS's own permission for Resource Access Manager does.
    condition = {"StringEquals": {"acm-pca:TemplateArn": TEMPLATES + subordinate}}
    authority.client.put_policy(ResourceArn=authority.arn, Policy=policy(shared | {"Condition": condition}))
    assert guest.issue(low, subordinate)
    assert error_of(guest.issue, request=low).code == "AccessDeniedException"


def test_permissions_of_services(root: Identity) -> None:
    authority = Authority.root(root)
    client = authority.client
    give = {
        "CertificateAuthorityArn": authority.arn,
        "Principal": "acm.amazonaws.com",
        "Actions": ["IssueCertificate", "GetCertificate", "ListPermissions"],
    }
    client.create_permission(**give)
    assert error_of(client.create_permission, **give).code == "PermissionAlreadyExistsException"
    (permission,) = client.list_permissions(CertificateAuthorityArn=authority.arn)["Permissions"]
    assert permission["SourceAccount"] == ACCOUNT and permission["Actions"] == give["Actions"]
    (statement,) = json.loads(permission["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "acm.amazonaws.com"}
    error = error_of(client.create_permission, **give | {"Principal": "x.amazonaws.com"})
    assert error.code == "RequestFailedException"
    client.delete_permission(CertificateAuthorityArn=authority.arn, Principal="acm.amazonaws.com")
    assert client.list_permissions(CertificateAuthorityArn=authority.arn)["Permissions"] == []
    error = error_of(client.delete_permission, CertificateAuthorityArn=authority.arn, Principal="acm.amazonaws.com")
    assert error.code == "ResourceNotFoundException"


def test_other_accounts(cloud: Server, root: Identity, trail: Trail) -> None:
    """Both sides have to allow it; the certificate and its event are in the history of the authority's account, too."""
    member = NewOrganization(cloud).member("member")
    authority = Authority.root(root)
    everything = member.user("all", allow("acm-pca:*"))
    nothing = member.user("none")
    error = error_of(as_user(everything, authority).issue, request=new_request())
    assert error.code == "AccessDeniedException"
    assert everything.client("acm-pca").list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")["CertificateAuthorities"] == []
    condition = {"StringEquals": {"acm-pca:TemplateArn": TEMPLATES + "EndEntityCertificate/V1"}}
    reading = ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate", "acm-pca:ListTags"]
    shared = policy(
        allow(reading, authority.arn, Principal={"AWS": member.account}),
        allow("acm-pca:IssueCertificate", authority.arn, Principal={"AWS": member.account}, Condition=condition),
    )
    authority.client.put_policy(ResourceArn=authority.arn, Policy=shared)
    guest = as_user(everything, authority)
    arn = guest.issue(new_request())
    assert arn.startswith(authority.arn) and guest.get(arn) == authority.get(arn)
    error = error_of(guest.issue, request=new_request(), template="EndEntityServerAuthCertificate/V1")
    assert error.code == "AccessDeniedException"
    assert error_of(as_user(nothing, authority).issue, request=new_request()).code == "AccessDeniedException"
    listed = everything.client("acm-pca").list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")
    assert [one["Arn"] for one in listed["CertificateAuthorities"]] == [authority.arn]
    assert everything.client("acm-pca").list_certificate_authorities()["CertificateAuthorities"] == []
