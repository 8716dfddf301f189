"""Settings of the account and its summary; who may change MFA devices; roles that come back under their old name."""

import pytest

from harness import ACCOUNT, Identity, Server, VirtualDevice, allow, deny, error_of, trust
from harness.certificates import Certificate
from harness.organizations import NewOrganization


def device_for(root: Identity, user: str, name: str, by: Identity | None = None) -> VirtualDevice:
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    device.serial = made["SerialNumber"]
    (by or root).iam.enable_mfa_device(**enabling(user, device))
    return device


def enabling(user: str, device: VirtualDevice) -> dict[str, str]:
    first, second = device.two_codes()
    return {
        "UserName": user,
        "SerialNumber": device.serial,
        "AuthenticationCode1": first,
        "AuthenticationCode2": second,
    }


def summary(root: Identity) -> dict[str, int]:
    return root.iam.get_account_summary()["SummaryMap"]


# MFA devices


def test_a_stolen_key_does_not_do_away_with_the_second_factor(root: Identity, new_user) -> None:
    alice = new_user("alice", allow("iam:*"))
    # The first device needs no other.
    first = device_for(root, "alice", "first", by=alice)
    # The key alone is no longer enough, neither for another device nor to take the first away.
    with pytest.raises(alice.iam.exceptions.ClientError) as refused:
        device_for(root, "alice", "second", by=alice)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    refused = error_of(alice.iam.deactivate_mfa_device, UserName="alice", SerialNumber=first.serial)
    assert (refused.status, refused.code) == (403, "AccessDenied")
    assert len(root.iam.list_mfa_devices(UserName="alice")["MFADevices"]) == 1
    # With a session that proved it, it is.
    session = alice.sts.get_session_token(SerialNumber=first.serial, TokenCode=first.code())["Credentials"]
    proven = Identity.of_session(root.url, session)
    device_for(root, "alice", "third", by=proven)
    proven.iam.deactivate_mfa_device(UserName="alice", SerialNumber=first.serial)
    # Who may manage others' devices needs none; nor does the user whose device is not the one.
    admin = new_user("admin", managed="AdministratorAccess")
    for device in root.iam.list_mfa_devices(UserName="alice")["MFADevices"]:
        admin.iam.deactivate_mfa_device(UserName="alice", SerialNumber=device["SerialNumber"])
    assert root.iam.list_mfa_devices(UserName="alice")["MFADevices"] == []


def test_get_mfa_device_knows_security_keys_only(root: Identity, new_user) -> None:
    root.iam.create_user(UserName="alice")
    device = device_for(root, "alice", "phone")
    refused = error_of(root.iam.get_mfa_device, UserName="alice", SerialNumber=device.serial)
    assert (refused.status, refused.code) == (400, "ValidationError")
    key = f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/key"
    refused = error_of(root.iam.get_mfa_device, UserName="alice", SerialNumber=key)
    assert (refused.status, refused.code) == (404, "NoSuchEntity")
    # Hardware devices and security keys are not known by their serial number alone.
    for serial in ("GAHT12345678", key):
        refused = error_of(
            root.iam.enable_mfa_device,
            UserName="alice",
            SerialNumber=serial,
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )
        assert (refused.status, refused.code) == (404, "NoSuchEntity")


# Settings


def test_version_of_global_endpoint_tokens(root: Identity, new_user) -> None:
    assert summary(root)["GlobalEndpointTokenVersion"] == 1
    root.aws("iam set-security-token-service-preferences --global-endpoint-token-version v2Token")
    assert summary(root)["GlobalEndpointTokenVersion"] == 2
    assert new_user("alice").sts.get_session_token()["Credentials"]["SessionToken"]
    root.iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v1Token")
    assert summary(root)["GlobalEndpointTokenVersion"] == 1
    user = new_user("u", allow("iam:*"), deny("iam:SetSecurityTokenServicePreferences"))
    refused = error_of(user.iam.set_security_token_service_preferences, GlobalEndpointTokenVersion="v2Token")
    assert refused.code == "AccessDenied"


def test_an_alias_that_is_taken(root: Identity) -> None:
    root.iam.create_account_alias(AccountAlias="first-alias")
    again = error_of(root.iam.create_account_alias, AccountAlias="first-alias")
    assert (again.status, again.code, again.message) == (
        409,
        "EntityAlreadyExists",
        "The account alias first-alias already exists.",
    )
    # A new one frees the old.
    root.iam.create_account_alias(AccountAlias="second-alias")
    root.iam.create_account_alias(AccountAlias="first-alias")
    gone = error_of(root.iam.delete_account_alias, AccountAlias="second-alias")
    assert (gone.status, gone.code) == (404, "NoSuchEntity")
    root.iam.delete_account_alias(AccountAlias="first-alias")
    root.iam.create_account_alias(AccountAlias="first-alias")


def test_an_alias_is_unique_among_all_accounts(cloud: Server, root: Identity) -> None:
    member = NewOrganization(cloud).member("member")
    root.iam.create_account_alias(AccountAlias="the-alias")
    taken = error_of(member.admin.iam.create_account_alias, AccountAlias="the-alias")
    assert (taken.status, taken.code) == (409, "EntityAlreadyExists")
    member.admin.iam.create_account_alias(AccountAlias="another")
    assert error_of(root.iam.create_account_alias, AccountAlias="another").code == "EntityAlreadyExists"
    assert root.iam.list_account_aliases()["AccountAliases"] == ["the-alias"]
    # Nobody deletes another's; what its owner gives up is free.
    assert error_of(member.admin.iam.delete_account_alias, AccountAlias="the-alias").code == "NoSuchEntity"
    root.iam.delete_account_alias(AccountAlias="the-alias")
    member.admin.iam.create_account_alias(AccountAlias="the-alias")
    root.iam.create_account_alias(AccountAlias="another")


def test_the_summary_counts_what_there_is(root: Identity, tmp_path) -> None:
    before = summary(root)
    for name in ("AccountPasswordPresent", "AccountMFAEnabled", "AccountSigningCertificatesPresent"):
        assert before[name] == 0
    root.iam.create_user(UserName="alice")
    root.iam.create_login_profile(UserName="alice", Password="Correct-Horse-7")
    certificate = Certificate.make(tmp_path, "x")
    root.iam.upload_signing_certificate(UserName="alice", CertificateBody=certificate.pem)
    root.iam.upload_server_certificate(
        ServerCertificateName="x", CertificateBody=certificate.pem, PrivateKey=certificate.key
    )
    after = summary(root)
    assert {name for name in after if after[name] != before[name]} == {"Users", "ServerCertificates"}
    assert (after["ServerCertificatesQuota"], after["SigningCertificatesPerUserQuota"]) == (20, 2)


# Unique ids


def test_a_role_that_comes_back_under_its_name_is_another(root: Identity, new_role, new_user) -> None:
    admin = new_user("admin", managed="AdministratorAccess")
    inner = new_role("inner", trust(ACCOUNT), allow("sts:AssumeRole"))
    outer = new_role("outer", trust(ACCOUNT))
    root.iam.update_assume_role_policy(RoleName="outer", PolicyDocument=trust(inner))

    def session() -> Identity:
        answer = admin.sts.assume_role(RoleArn=inner, RoleSessionName="session")
        return Identity.of_session(root.url, answer["Credentials"])

    old = session()
    old.sts.assume_role(RoleArn=outer, RoleSessionName="session")
    trusted = root.iam.get_role(RoleName="outer")["Role"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Principal"]["AWS"] == inner
    unique = root.iam.get_role(RoleName="inner")["Role"]["RoleId"]

    root.iam.delete_role_policy(RoleName="inner", PolicyName="own")
    root.iam.delete_role(RoleName="inner")
    # What trusts it now names the role that is gone, by its id.
    trusted = root.iam.get_role(RoleName="outer")["Role"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Principal"]["AWS"] == unique
    new_role("inner", trust(ACCOUNT), allow("sts:AssumeRole"))
    refused = error_of(session().sts.assume_role, RoleArn=outer, RoleSessionName="session")
    assert refused.code == "AccessDenied"
    assert error_of(old.sts.get_caller_identity).code in ("InvalidClientTokenId", "ExpiredToken", "AccessDenied")
    # Saying it again means the new one.
    root.iam.update_assume_role_policy(RoleName="outer", PolicyDocument=trust(inner))
    session().sts.assume_role(RoleArn=outer, RoleSessionName="session")
