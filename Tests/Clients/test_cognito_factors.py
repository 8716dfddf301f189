"""What signed-in users do about their second factors and passkeys, and what administrators do for them."""

import base64
import re
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from harness import Server, allow, error_of
from harness.mfa import code_at
from harness.passkeys import Passkey
from harness.user_pools import UserPool

TOTP = {"Enabled": True}


def with_factors(cloud: Server, mode: str = "OPTIONAL", **settings: Any) -> UserPool:
    pool = UserPool(cloud, **settings)
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration=TOTP, MfaConfiguration=mode
    )
    return pool


def refused(code: str, message: str, call: Any, /, **parameters: Any) -> None:
    error = error_of(call, **parameters)
    assert (error.code, error.message, error.status) == (code, message, 400)


def code(secret: str, *, steps: int = 0) -> str:
    padded = secret + "=" * (-len(secret) % 8)
    return code_at(base64.b32decode(padded), int(time.time() // 30) + steps)


def wrong(secret: str) -> str:
    near = {code(secret, steps=step) for step in range(-3, 4)}
    return next(text for text in (f"{number:06}" for number in range(10)) if text not in near)


# Authenticator apps


def test_an_authenticator_app_is_set_up(cloud: Server) -> None:
    pool = with_factors(cloud)
    pool.create("ann")
    token = pool.access_token("ann")
    verify = pool.app.verify_software_token
    refused("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.", verify,
            AccessToken=token, UserCode="123456")  # fmt: skip
    first = pool.app.associate_software_token(AccessToken=token)
    assert first.keys() - {"ResponseMetadata"} == {"SecretCode"}
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    assert secret != first["SecretCode"] and re.match(r"[A-Z2-7]{52}\Z", secret)
    # The one before is of no use any more.
    for text in [wrong(secret), code(first["SecretCode"])]:
        if text != code(secret):
            refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA", verify,
                    AccessToken=token, UserCode=text)  # fmt: skip
    answer = verify(AccessToken=token, UserCode=code(secret), FriendlyDeviceName="phone")
    assert answer["Status"] == "SUCCESS" and "Session" not in answer
    # It is not asked for until the user says so.
    assert "UserMFASettingList" not in pool.app.get_user(AccessToken=token)
    assert pool.sign_in("ann")["AuthenticationResult"]
    pool.app.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    user = pool.app.get_user(AccessToken=token)
    assert (user["PreferredMfaSetting"], user["UserMFASettingList"]) == ("SOFTWARE_TOKEN_MFA", ["SOFTWARE_TOKEN_MFA"])
    assert pool.sign_in("ann")["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    # A new app does not take the place of the old one before it has shown a code.
    pool.app.associate_software_token(AccessToken=token)
    challenge = pool.sign_in("ann")
    done = pool.app.respond_to_auth_challenge(
        ClientId=pool.client,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code(secret, steps=1)},
    )
    assert done["AuthenticationResult"]["AccessToken"]


def test_an_authenticator_app_is_set_up_while_signing_in(cloud: Server) -> None:
    pool = with_factors(cloud, "ON")
    pool.create("ann")
    challenge = pool.sign_in("ann")
    assert challenge["ChallengeName"] == "MFA_SETUP"
    begun = challenge["Session"]
    associated = pool.app.associate_software_token(Session=begun)
    refused("NotAuthorizedException", "Invalid session for the user, session can only be used once.",
            pool.app.associate_software_token, Session=begun)  # fmt: skip
    secret, session = associated["SecretCode"], associated["Session"]

    def respond(session: str) -> Any:
        return pool.app.respond_to_auth_challenge(
            ClientId=pool.client,
            ChallengeName="MFA_SETUP",
            Session=session,
            ChallengeResponses={"USERNAME": "ann"},
        )

    # Nothing is proved yet.
    assert error_of(respond, session=session).code == "NotAuthorizedException"
    error = error_of(pool.app.verify_software_token, Session=session, UserCode=wrong(secret))
    assert error.code == "EnableSoftwareTokenMFAException"
    verified = pool.app.verify_software_token(Session=session, UserCode=code(secret))
    assert verified["Status"] == "SUCCESS"
    assert error_of(pool.app.verify_software_token, Session=session, UserCode=code(secret)).code == "NotAuthorizedException"
    answer = respond(verified["Session"])["AuthenticationResult"]
    assert pool.app.get_user(AccessToken=answer["AccessToken"])["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool.sign_in("ann")["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_sessions_of_other_challenges_set_nothing_up(cloud: Server) -> None:
    pool = with_factors(cloud, "ON")
    pool.create("ann", password=None)
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username="ann", Password="Temporary-Horse-7", Permanent=False)
    challenge = pool.sign_in("ann", "Temporary-Horse-7")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    associate = pool.app.associate_software_token
    assert error_of(associate, Session=challenge["Session"]).code == "NotAuthorizedException"
    assert error_of(associate, Session="x" * 40).code == "NotAuthorizedException"
    assert error_of(associate).code == "InvalidParameterException"


def test_a_pool_without_authenticator_apps(cloud: Server) -> None:
    pool = UserPool(cloud)
    pool.create("ann")
    refused("SoftwareTokenMFANotFoundException", "Software Token MFA is not enabled for the userPool.",
            pool.app.associate_software_token, AccessToken=pool.access_token("ann"))  # fmt: skip


# Preferences


def test_what_can_not_be_preferred(cloud: Server) -> None:
    pool = with_factors(cloud)
    pool.create("ann", email="ann@example.com")
    token, on = pool.access_token("ann"), {"Enabled": True, "PreferredMfa": True}
    prefer = pool.app.set_user_mfa_preference
    no_app = "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
    refused("InvalidParameterException", no_app, prefer, AccessToken=token, SoftwareTokenMfaSettings=on)
    refused("InvalidParameterException", no_app, pool.admin.admin_set_user_mfa_preference,
            UserPoolId=pool.id, Username="ann", SoftwareTokenMfaSettings=on)  # fmt: skip
    for more in [{"SMSMfaSettings": on}, {"EmailMfaSettings": on}, {"WebAuthnMfaSettings": {"Enabled": True}},
                 {"SMSMfaSettings": on, "EmailMfaSettings": on},
                 {"SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": True}}]:  # fmt: skip
        assert error_of(prefer, AccessToken=token, **more).code == "InvalidParameterException", more
    assert "UserMFASettingList" not in pool.app.get_user(AccessToken=token)
    refused("UserNotFoundException", "User does not exist.", pool.admin.admin_set_user_mfa_preference,
            UserPoolId=pool.id, Username="eve", SoftwareTokenMfaSettings=on)  # fmt: skip


def test_administrators_set_preferences(cloud: Server, new_user: Any) -> None:
    pool = with_factors(cloud)
    pool.create("ann", phone_number="+12065550100")
    token = pool.access_token("ann")
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=code(secret))
    arn = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    who = {"UserPoolId": pool.id, "Username": "ann"}
    helper = new_user("helper", allow("cognito-idp:AdminSetUserMFAPreference", arn)).client("cognito-idp")
    nobody = new_user("nobody").client("cognito-idp")
    on = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    assert error_of(nobody.admin_set_user_mfa_preference, **who, **on).code == "AccessDeniedException"
    helper.admin_set_user_mfa_preference(**who, **on)
    assert pool.user("ann")["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    helper.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": False})
    assert "PreferredMfaSetting" not in pool.user("ann")
    helper.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings={"Enabled": False})
    assert "UserMFASettingList" not in pool.user("ann")
    assert error_of(helper.admin_set_user_settings, **who, MFAOptions=[]).code == "AccessDeniedException"
    sms = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    pool.admin.admin_set_user_settings(**who, MFAOptions=sms)
    assert pool.app.get_user(AccessToken=token)["MFAOptions"] == sms
    pool.app.set_user_settings(AccessToken=token, MFAOptions=[])
    assert "MFAOptions" not in pool.app.get_user(AccessToken=token)
    mail = [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    assert error_of(pool.app.set_user_settings, AccessToken=token, MFAOptions=mail).code == "InvalidParameterException"


# Passkeys

ORIGIN = "https://login.example.com"
PASSKEYS = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN", "EMAIL_OTP"]}}}


def with_passkeys(cloud: Server, **configuration: str) -> UserPool:
    pool = UserPool(cloud, **PASSKEYS)
    settings = {"RelyingPartyId": "example.com", "UserVerification": "preferred"} | configuration
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, WebAuthnConfiguration=settings, MfaConfiguration="OFF")
    return pool


def started(pool: UserPool, token: str) -> dict[str, Any]:
    return dict(pool.app.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"])


def test_a_passkey_is_registered_listed_and_deleted(cloud: Server) -> None:
    pool = with_passkeys(cloud)
    pool.create("ann", name="Ann", email="ann@example.com", email_verified="true")
    token = pool.access_token("ann")
    factors = pool.app.get_user_auth_factors(AccessToken=token)
    assert (factors["Username"], factors["ConfiguredUserAuthFactors"]) == ("ann", ["PASSWORD", "EMAIL_OTP"])
    options = started(pool, token)
    assert options["rp"] == {"id": "example.com", "name": "example.com"}
    assert (options["user"]["name"], options["user"]["displayName"]) == ("ann", "Ann")
    assert options["excludeCredentials"] == [] and options["authenticatorSelection"]["residentKey"] == "required"
    passkey = Passkey(options, origin=ORIGIN)
    pool.app.complete_web_authn_registration(AccessToken=token, Credential=passkey.registration())
    listed = pool.app.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert len(listed) == 1 and listed[0].pop("CreatedAt")
    key = listed[0].pop("CredentialId")
    assert listed[0] == {
        "FriendlyCredentialName": "Passkey",
        "RelyingPartyId": "example.com",
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal", "hybrid"],
    }
    factors = pool.app.get_user_auth_factors(AccessToken=token)["ConfiguredUserAuthFactors"]
    assert factors == ["PASSWORD", "WEB_AUTHN", "EMAIL_OTP"]
    assert [one["id"] for one in started(pool, token)["excludeCredentials"]] == [key]
    pool.create("bob")
    stranger = pool.access_token("bob")
    delete = pool.app.delete_web_authn_credential
    assert error_of(delete, AccessToken=stranger, CredentialId=key).code == "ResourceNotFoundException"
    delete(AccessToken=token, CredentialId=key)
    assert pool.app.list_web_authn_credentials(AccessToken=token)["Credentials"] == []


def test_a_list_of_passkeys_has_pages(cloud: Server) -> None:
    pool = with_passkeys(cloud)
    pool.create("ann")
    token = pool.access_token("ann")
    for _ in range(3):
        credential = Passkey(started(pool, token), origin=ORIGIN).registration()
        pool.app.complete_web_authn_registration(AccessToken=token, Credential=credential)
    first = pool.app.list_web_authn_credentials(AccessToken=token, MaxResults=2)
    rest = pool.app.list_web_authn_credentials(AccessToken=token, MaxResults=2, NextToken=first["NextToken"])
    assert len(first["Credentials"]) == 2 and len(rest["Credentials"]) == 1 and "NextToken" not in rest


def test_passkeys_that_are_refused(cloud: Server) -> None:
    pool = with_passkeys(cloud, UserVerification="required")
    pool.create("ann")
    pool.create("bob")
    token, other = pool.access_token("ann"), pool.access_token("bob")

    def refused(code: str, credential: dict[str, Any], access: str = token) -> None:
        complete = pool.app.complete_web_authn_registration
        assert error_of(complete, AccessToken=access, Credential=credential).code == code

    right = Passkey(started(pool, token), origin=ORIGIN).registration()
    refused("WebAuthnChallengeNotFoundException", right, other)
    started(pool, other)
    refused("WebAuthnChallengeNotFoundException", right, other)
    refused("WebAuthnOriginNotAllowedException", Passkey(started(pool, token), origin="https://example.org").registration())
    refused("WebAuthnOriginNotAllowedException",
            Passkey(started(pool, token), origin="https://evilexample.com").registration())  # fmt: skip
    refused("WebAuthnOriginNotAllowedException",
            Passkey(started(pool, token), origin="http://login.example.com").registration())  # fmt: skip
    mismatch = Passkey(started(pool, token), origin=ORIGIN, rp="login.example.com").registration()
    refused("WebAuthnRelyingPartyMismatchException", mismatch)
    refused("InvalidParameterException", Passkey(started(pool, token), origin=ORIGIN, verified=False).registration())
    refused("InvalidParameterException", {"id": "x"})
    # A challenge is of use once, and for five minutes.
    passkey = Passkey(started(pool, token), origin=ORIGIN).registration()
    pool.app.complete_web_authn_registration(AccessToken=token, Credential=passkey)
    refused("WebAuthnChallengeNotFoundException", passkey)
    late = Passkey(started(pool, token), origin=ORIGIN).registration()
    cloud.advance(301)
    refused("WebAuthnChallengeNotFoundException", late)
    # Started by one app client, it can't be completed by another.
    again = pool.new_client(ClientName="other")["ClientId"]
    mine = Passkey(started(pool, token), origin=ORIGIN).registration()
    signed_in = pool.app.initiate_auth(
        ClientId=again, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-Horse-7"}
    )["AuthenticationResult"]
    refused("WebAuthnClientMismatchException", mine, signed_in["AccessToken"])


def test_pools_without_passkeys(cloud: Server) -> None:
    plain = UserPool(cloud)
    plain.create("ann")
    start = plain.app.start_web_authn_registration
    assert error_of(start, AccessToken=plain.access_token("ann")).code == "WebAuthnNotEnabledException"
    bare = UserPool(cloud, **PASSKEYS)
    bare.create("ann")
    assert error_of(start, AccessToken=bare.access_token("ann")).code == "WebAuthnConfigurationMissingException"


def test_the_relying_party_is_the_pools_domain(cloud: Server) -> None:
    pool = UserPool(cloud, **PASSKEYS)
    pool.create("ann")
    token = pool.access_token("ann")
    pool.admin.create_user_pool_domain(UserPoolId=pool.id, Domain="people")
    assert started(pool, token)["rp"]["id"] == "people.auth.localhost"
    page = f"http://people.auth.localhost:{cloud.port}"
    credential = Passkey(started(pool, token), origin=page).registration()
    pool.app.complete_web_authn_registration(AccessToken=token, Credential=credential)
    # Where there are both, it is the custom domain.
    certificate = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
    pool.admin.create_user_pool_domain(
        UserPoolId=pool.id, Domain="login.example.com", CustomDomainConfig={"CertificateArn": certificate}
    )
    assert started(pool, token)["rp"]["id"] == "login.example.com"
    with Server("--public-url", "https://gatehouse.example.com") as server:
        pool = UserPool(server, **PASSKEYS)
        pool.create("ann")
        pool.admin.create_user_pool_domain(UserPoolId=pool.id, Domain="people")
        # There the pages lie below a path of it.
        assert started(pool, pool.access_token("ann"))["rp"]["id"] == "gatehouse.example.com"


# SAML


def test_the_certificate_of_saml_requests(cloud: Server) -> None:
    pool = UserPool(cloud)
    text = pool.admin.get_signing_certificate(UserPoolId=pool.id)["Certificate"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    assert pool.admin.get_signing_certificate(UserPoolId=pool.id)["Certificate"] == text
    assert certificate.issuer == certificate.subject
    certificate.verify_directly_issued_by(certificate)
    assert 3649 <= (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days <= 3650
    assert certificate.signature_algorithm_parameters.name == padding.PKCS1v15().name
    other = UserPool(cloud)
    assert other.admin.get_signing_certificate(UserPoolId=other.id)["Certificate"] != text
    missing = "us-east-1_missing00"
    refused("ResourceNotFoundException", f"User pool {missing} does not exist.", pool.admin.get_signing_certificate,
            UserPoolId=missing)  # fmt: skip


@pytest.fixture(autouse=True)
def not_at_the_end_of_a_step() -> None:
    """A code is of the step that it is sent in, or of the one before or after."""
    if time.time() % 30 > 28:
        time.sleep(2.5)
