"""What users of user pools do with themselves, by their access tokens: passwords, attributes, addresses."""

import json

import pytest

from harness import Server, Trail, error_of
from harness.user_pools import PASSWORD, UserPool, attributes, named

NEXT = "Another-Horse-8"


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, AutoVerifiedAttributes=["email"], AliasAttributes=["email"])
    pool.create("ann", email="ann@example.com", email_verified="true")
    return pool


def own_attributes(pool: UserPool, token: str) -> dict[str, str]:
    return named(pool.app.get_user(AccessToken=token)["UserAttributes"])


def test_a_password_is_changed_by_who_knows_it(pool: UserPool) -> None:
    token = pool.access_token("ann")
    change = {"AccessToken": token, "ProposedPassword": NEXT}
    error = error_of(pool.app.change_password, **change, PreviousPassword="Wrong-Horse-9")
    assert (error.code, error.message) == ("NotAuthorizedException", "Incorrect username or password.")
    assert error_of(pool.app.change_password, **change).code == "NotAuthorizedException"
    error = error_of(pool.app.change_password, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="short")
    assert error.message == "Password does not conform to policy: Password not long enough"
    pool.app.change_password(**change, PreviousPassword=PASSWORD)
    assert pool.access_token("ann", NEXT)
    assert error_of(pool.sign_in, username="ann").code == "NotAuthorizedException"
    pool.app.change_password(AccessToken=token, PreviousPassword=NEXT, ProposedPassword=PASSWORD)
    # Five in an hour, whatever comes of them.
    error = error_of(pool.app.change_password, **change, PreviousPassword=NEXT)
    assert (error.code, error.message) == (
        "LimitExceededException",
        "Attempt limit exceeded, please try after some time.",
    )


def test_a_token_is_needed(pool: UserPool) -> None:
    for token in ("a.b.c", "nonsense", pool.access_token("ann")[:-3] + "AAA"):
        error = error_of(pool.app.delete_user, AccessToken=token)
        assert error.code == "NotAuthorizedException", error
    other = UserPool(pool.cloud)
    other.create("ann")
    # Another pool's Ann is another.
    pool.app.delete_user(AccessToken=other.access_token("ann"))
    assert pool.user("ann") and error_of(other.user, username="ann").code == "UserNotFoundException"


def test_attributes_of_ones_own(pool: UserPool) -> None:
    token = pool.access_token("ann")
    pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(name="Ann", nickname="An"))
    pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(nickname=""))
    assert own_attributes(pool, token)["name"] == "Ann" and "nickname" not in own_attributes(pool, token)
    for values in ({"email_verified": "true"}, {"sub": "x"}):
        error = error_of(pool.app.update_user_attributes, AccessToken=token, UserAttributes=attributes(**values))
        assert (error.code, error.message) == (
            "NotAuthorizedException",
            "A client attempted to write unauthorized attribute",
        )
    pool.app.delete_user_attributes(AccessToken=token, UserAttributeNames=["name", "email"])
    assert set(own_attributes(pool, token)) == {"sub"}
    assert error_of(pool.user, username="ann@example.com").code == "UserNotFoundException"


def test_a_new_address_is_proved(pool: UserPool) -> None:
    token = pool.access_token("ann")
    answer = pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(email="new@example.com"))
    assert answer["CodeDeliveryDetailsList"] == [
        {"Destination": "n***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    ]
    assert own_attributes(pool, token)["email_verified"] == "false"
    # Neither the old nor the new one is a name to sign in by.
    for name in ("ann@example.com", "new@example.com"):
        assert error_of(pool.user, username=name).code == "UserNotFoundException"
    verify = {"AccessToken": token, "AttributeName": "email"}
    wrong = f"{(int(pool.code()) + 1) % 1000000:06}"
    assert error_of(pool.app.verify_user_attribute, **verify, Code=wrong).code == "CodeMismatchException"
    first = pool.code()
    details = pool.app.get_user_attribute_verification_code(**verify)["CodeDeliveryDetails"]
    assert details["AttributeName"] == "email"
    second = pool.code()
    if first != second:
        assert error_of(pool.app.verify_user_attribute, **verify, Code=first).code == "CodeMismatchException"
    pool.app.verify_user_attribute(**verify, Code=second)
    assert pool.user("new@example.com")["Username"] == "ann"
    assert error_of(pool.app.verify_user_attribute, **verify, Code=second).code == "ExpiredCodeException"
    for name in ("name", "custom:x"):
        error = error_of(pool.app.get_user_attribute_verification_code, AccessToken=token, AttributeName=name)
        assert error.code == "InvalidParameterException"
    error = error_of(
        pool.app.get_user_attribute_verification_code, AccessToken=token, AttributeName="phone_number"
    )
    assert error.message == "User has no attribute phone_number"


def test_an_address_is_kept_until_the_new_one_is_proved(cloud: Server) -> None:
    pool = UserPool(
        cloud,
        AutoVerifiedAttributes=["email"],
        UsernameAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )
    pool.create("ann@example.com", email_verified="true")
    pool.create("taken@example.com")
    token = pool.access_token("ann@example.com")
    pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(email="new@example.com"))
    assert own_attributes(pool, token)["email"] == "ann@example.com" and pool.access_token("ann@example.com")
    assert pool.message()["to"] == "new@example.com"
    pool.app.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code())
    assert own_attributes(pool, token)["email"] == "new@example.com" and pool.access_token("new@example.com")
    error = error_of(
        pool.app.update_user_attributes, AccessToken=token, UserAttributes=attributes(email="taken@example.com")
    )
    assert error.code == "AliasExistsException"
    error = error_of(pool.app.delete_user_attributes, AccessToken=token, UserAttributeNames=["email"])
    assert error.code == "InvalidParameterException"


def test_who_is_disabled_or_gone_does_nothing_more(pool: UserPool) -> None:
    token = pool.access_token("ann")
    on = {"UserPoolId": pool.id, "Username": "ann"}
    pool.admin.admin_disable_user(**on)
    assert error_of(pool.app.get_user, AccessToken=token).code == "NotAuthorizedException"
    assert error_of(pool.sign_in, username="ann").code == "NotAuthorizedException"
    pool.admin.admin_enable_user(**on)
    # What was issued before stays void.
    assert error_of(pool.app.get_user, AccessToken=token).code == "NotAuthorizedException"
    token = pool.access_token("ann")
    pool.app.delete_user(AccessToken=token)
    error = error_of(pool.app.change_password, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEXT)
    assert error.code in ("UserNotFoundException", "NotAuthorizedException")
    # Somebody else by the same name is not who the token is of.
    pool.create("ann")
    error = error_of(pool.app.update_user_attributes, AccessToken=token, UserAttributes=attributes(name="Eve"))
    assert error.code in ("UserNotFoundException", "NotAuthorizedException")


def test_the_way_of_an_invited_user(pool: UserPool) -> None:
    pool.admin.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        UserAttributes=attributes(email="bob@example.com", email_verified="true"),
        DesiredDeliveryMediums=["EMAIL"],
    )
    temporary = pool.message()["text"].removeprefix("Your username is bob and temporary password is ").strip()
    temporary = temporary.removesuffix(".")
    answer = pool.sign_in("bob", temporary)
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    pool.app.respond_to_auth_challenge(
        ClientId=pool.client,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=answer["Session"],
        ChallengeResponses={"USERNAME": "bob", "NEW_PASSWORD": NEXT},
    )
    assert pool.status("bob") == "CONFIRMED" and pool.access_token("bob@example.com", NEXT)
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username="bob")
    assert error_of(pool.sign_in, username="bob", password=NEXT).code == "PasswordResetRequiredException"


def test_nothing_secret_is_in_the_events(pool: UserPool, trail: Trail) -> None:
    pool.sign_up("eve", email="eve@example.com")
    code = pool.code()
    pool.confirm("eve")
    token = pool.access_token("eve")
    pool.app.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEXT)
    events = [trail.named(name) for name in ("SignUp", "ConfirmSignUp", "ChangePassword")]
    text = str(events)
    for secret in (code, PASSWORD, NEXT, token):
        assert secret not in text
    assert {event["userIdentity"]["type"] for event in events} == {"Unknown"}


def test_identities_of_providers_are_linked(pool: UserPool) -> None:
    link = {
        "UserPoolId": pool.id,
        "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "ann"},
        "SourceUser": {
            "ProviderName": "Corp",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "ann@corp",
        },
    }
    error = error_of(pool.admin.admin_link_provider_for_user, **link)
    assert (error.code, error.message) == ("ResourceNotFoundException", "Identity provider Corp does not exist.")
    pool.admin.create_identity_provider(
        UserPoolId=pool.id,
        ProviderName="Corp",
        ProviderType="OIDC",
        ProviderDetails={
            "client_id": "x",
            "client_secret": "y",
            "authorize_scopes": "openid",
            "attributes_request_method": "GET",
            "oidc_issuer": "https://corp.example.com",
            "authorize_url": "https://corp.example.com/a",
            "token_url": "https://corp.example.com/t",
            "attributes_url": "https://corp.example.com/u",
            "jwks_uri": "https://corp.example.com/j",
        },
        AttributeMapping={"email": "email"},
    )
    pool.admin.admin_link_provider_for_user(**link)
    (identity,) = json.loads(pool.attributes("ann")["identities"])
    assert identity.pop("dateCreated") > 1_700_000_000_000
    assert identity == {
        "userId": "ann@corp",
        "providerName": "Corp",
        "providerType": "OIDC",
        "issuer": None,
        "primary": False,
    }
    error = error_of(pool.admin.admin_link_provider_for_user, **link)
    assert error.message == "SourceUser is already linked to DestinationUser"
    pool.create("bob")
    other = link | {"DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "bob"}}
    error = error_of(pool.admin.admin_link_provider_for_user, **other)
    assert error.code == "InvalidParameterException" and error.message.startswith("Merging is not currently supported")
    for number in range(4):
        source = link["SourceUser"] | {"ProviderAttributeName": "email", "ProviderAttributeValue": f"{number}@corp"}
        pool.admin.admin_link_provider_for_user(**(link | {"SourceUser": source}))
    source = link["SourceUser"] | {"ProviderAttributeValue": "more"}
    error = error_of(pool.admin.admin_link_provider_for_user, **(link | {"SourceUser": source}))
    assert error.code == "LimitExceededException"
    pool.admin.admin_disable_provider_for_user(UserPoolId=pool.id, User=link["SourceUser"])
    assert len(json.loads(pool.attributes("ann")["identities"])) == 4
    error = error_of(pool.admin.admin_disable_provider_for_user, UserPoolId=pool.id, User=link["SourceUser"])
    assert error.code == "UserNotFoundException"
    pool.admin.admin_link_provider_for_user(**other)
    # Without a provider of their own, users can't sign in by a password any more.
    own = {"ProviderName": "Cognito", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "bob"}
    assert pool.access_token("bob")
    pool.admin.admin_disable_provider_for_user(UserPoolId=pool.id, User=own)
    assert error_of(pool.sign_in, username="bob").code == "NotAuthorizedException"


def test_who_has_just_confirmed_signs_in_at_once(cloud: Server) -> None:
    pool = UserPool(
        cloud,
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    )
    # Who signs in by codes needs no password.
    signed_up = pool.app.sign_up(
        ClientId=pool.client, Username="ann", UserAttributes=attributes(email="ann@example.com")
    )
    session = pool.confirm("ann", Session=signed_up["Session"])["Session"]
    answer = pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "ann"}, Session=session
    )
    assert answer["AuthenticationResult"]["AccessToken"]
    # Another's session is of no use.
    other = pool.sign_up("bob", email="bob@example.com")
    assert "Session" not in pool.confirm("bob", Session=signed_up["Session"]) and other["Session"]
