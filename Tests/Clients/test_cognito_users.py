"""Users of user pools: signing up, confirming, recovering a password, and what administrators do with them."""

from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.user_pools import PASSWORD, UserPool, attributes

MAIL_VERIFIED: dict[str, Any] = {"AutoVerifiedAttributes": ["email"]}


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    return UserPool(cloud, **MAIL_VERIFIED)


def refused(code: str, message: str, call: Any, /, **parameters: Any) -> None:
    error = error_of(call, **parameters)
    assert (error.code, error.message, error.status) == (code, message, 400)


# Signing up


def test_a_user_signs_up_and_confirms(pool: UserPool) -> None:
    answer = pool.sign_up("ann", email="ann@example.com", name="Ann")
    assert answer["UserConfirmed"] is False
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert pool.status("ann") == "UNCONFIRMED"
    assert pool.attributes("ann") == {"sub": answer["UserSub"], "email": "ann@example.com", "name": "Ann"}
    message = pool.message()
    assert (message["to"], message["subject"]) == ("ann@example.com", "Your verification code")
    wrong = "000000" if pool.code() != "000000" else "000001"
    refused(
        "CodeMismatchException",
        "Invalid verification code provided, please try again.",
        pool.confirm,
        username="ann",
        code=wrong,
    )
    pool.confirm("ann")
    assert pool.status("ann") == "CONFIRMED"
    assert pool.attributes("ann")["email_verified"] == "true"
    refused(
        "NotAuthorizedException",
        "User cannot be confirmed. Current status is CONFIRMED",
        pool.confirm,
        username="ann",
    )


def test_a_code_is_used_once_and_for_a_day(pool: UserPool) -> None:
    pool.sign_up("ann", email="ann@example.com")
    first = pool.code()
    pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
    second = pool.code()
    if first != second:
        assert error_of(pool.confirm, username="ann", code=first).code == "CodeMismatchException"
    pool.cloud.advance(24 * 3600 + 1)
    refused(
        "ExpiredCodeException",
        "Invalid code provided, please request a code again.",
        pool.confirm,
        username="ann",
        code=second,
    )
    pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
    pool.confirm("ann")
    refused(
        "InvalidParameterException",
        "User is already confirmed.",
        pool.app.resend_confirmation_code,
        ClientId=pool.client,
        Username="ann",
    )


@pytest.mark.memory
def test_codes_can_be_guessed_only_so_often(pool: UserPool) -> None:
    pool.sign_up("ann", email="ann@example.com")
    right = pool.code()
    wrong = f"{(int(right) + 1) % 1000000:06}"
    for _ in range(15):
        assert error_of(pool.confirm, username="ann", code=wrong).code == "CodeMismatchException"
    limit = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    refused(*limit, pool.confirm, username="ann", code=right)
    for _ in range(5):
        pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
    refused(*limit, pool.app.resend_confirmation_code, ClientId=pool.client, Username="ann")
    pool.cloud.advance(3601)
    pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
    pool.confirm("ann")


def test_passwords_must_be_as_the_policy_says(cloud: Server) -> None:
    pool = UserPool(cloud)
    for password, reason in {
        "Ab1!": "Password not long enough",
        "abcdefg1!": "Password must have uppercase characters",
        "ABCDEFG1!": "Password must have lowercase characters",
        "Abcdefgh!": "Password must have numeric characters",
        "Abcdefgh1": "Password must have symbol characters",
    }.items():
        text = f"Password did not conform with policy: {reason}"
        refused("InvalidPasswordException", text, pool.sign_up, username="ann", password=password)
    refused(
        "InvalidPasswordException",
        "Password did not conform with policy: Password not long enough",
        pool.app.sign_up,
        ClientId=pool.client,
        Username="ann",
    )
    pool.create("bob")
    refused(
        "InvalidPasswordException",
        "Password does not conform to policy: Password not long enough",
        pool.admin.admin_set_user_password,
        UserPoolId=pool.id,
        Username="bob",
        Password="x",
    )


def test_attributes_must_be_as_the_schema_says(cloud: Server) -> None:
    schema = [
        {"Name": "name", "Required": True},
        {
            "Name": "team",
            "AttributeDataType": "String",
            "Mutable": False,
            "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "5"},
        },
        {"Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "18"}},
    ]
    pool = UserPool(cloud, Schema=schema)
    invalid = "InvalidParameterException"

    def refuses(message: str, **values: str) -> None:
        refused(invalid, message, pool.sign_up, username="ann", **values)

    start = "Attributes did not conform to the schema: "
    refuses(f"{start}name: The attribute is required\n")
    refuses(f"{start}custom:nothing: Attribute does not exist in the schema.\n", name="Ann", custom_nothing="x")
    refuses("Invalid email address format.", name="Ann", email="ann")
    refuses("Invalid phone number format.", name="Ann", phone_number="0123456")
    refuses(f"{start}custom:team: String is too long\n", name="Ann", custom_team="abcdef")
    refuses(f"{start}custom:age: Attribute value is out of range\n", name="Ann", custom_age="17")
    refuses(f"{start}custom:age: Attribute value is not a number\n", name="Ann", custom_age="old")
    refused(
        invalid,
        "user.sub: Attribute cannot be updated.",
        pool.admin.admin_create_user,
        UserPoolId=pool.id,
        Username="ann",
        UserAttributes=attributes(sub="x"),
    )
    pool.sign_up("ann", name="Ann", custom_team="red", custom_age="18")
    refused(
        invalid,
        "user.custom:team: Attribute cannot be updated.",
        pool.admin.admin_update_user_attributes,
        UserPoolId=pool.id,
        Username="ann",
        UserAttributes=attributes(custom_team="blue"),
    )
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="ann", UserAttributes=attributes(custom_age="", nickname="An")
    )
    assert {"nickname", "custom:team", "name", "sub"} == set(pool.attributes("ann"))
    error = error_of(
        pool.admin.admin_delete_user_attributes, UserPoolId=pool.id, Username="ann", UserAttributeNames=["name"]
    )
    assert error.code == invalid and "name: The attribute is required" in error.message


def test_an_app_client_sets_only_what_it_may(cloud: Server) -> None:
    pool = UserPool(cloud, client={"WriteAttributes": ["name"]})
    denied = ("NotAuthorizedException", "A client attempted to write unauthorized attribute")
    refused(*denied, pool.sign_up, username="ann", nickname="An")
    pool.sign_up("ann", name="Ann")
    other = UserPool(cloud)
    # Nobody verifies an address of their own by saying so.
    refused(*denied, other.sign_up, username="ann", email="ann@example.com", email_verified="true")


def test_a_name_is_taken_once(pool: UserPool) -> None:
    pool.sign_up("ann")
    refused("UsernameExistsException", "User already exists", pool.sign_up, username="ann")
    refused(
        "UsernameExistsException",
        "User account already exists",
        pool.admin.admin_create_user,
        UserPoolId=pool.id,
        Username="ann",
    )
    # Cases tell users apart, unless the pool says otherwise.
    pool.sign_up("Ann")
    other = UserPool(pool.cloud, UsernameConfiguration={"CaseSensitive": False})
    other.sign_up("Ann")
    assert error_of(other.sign_up, username="aNN").code == "UsernameExistsException"
    assert other.user("ANN")["Username"] == "Ann"


def test_only_administrators_create_users_where_the_pool_says_so(cloud: Server) -> None:
    pool = UserPool(cloud, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    refused(
        "NotAuthorizedException", "SignUp is not permitted for this user pool", pool.sign_up, username="ann"
    )


def test_an_app_client_with_a_secret_proves_itself(cloud: Server) -> None:
    pool = UserPool(cloud, client={"GenerateSecret": True})
    call = {"ClientId": pool.client, "Username": "ann", "Password": PASSWORD}
    code = "NotAuthorizedException"
    text = f"Client {pool.client} is configured for secret but secret was not received"
    refused(code, text, pool.app.sign_up, **call)
    text = f"Unable to verify secret hash for client {pool.client}"
    refused(code, text, pool.app.sign_up, **call, SecretHash=pool.secret_hash("bob"))
    pool.app.sign_up(**call, SecretHash=pool.secret_hash("ann"))
    text = f"Client {pool.client} is configured for secret but secret was not received"
    refused(code, text, pool.app.forgot_password, ClientId=pool.client, Username="ann")
    refused(
        "ResourceNotFoundException",
        "User pool client 1234567890abcdefghijklmnop does not exist.",
        pool.app.sign_up,
        **(call | {"ClientId": "1234567890abcdefghijklmnop"}),
    )


# Names


def test_addresses_as_user_names(cloud: Server) -> None:
    pool = UserPool(cloud, UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    refused("InvalidParameterException", "Username should be an email.", pool.sign_up, username="ann")
    sub = pool.sign_up("ann@example.com")["UserSub"]
    user = pool.user("ann@example.com")
    assert user["Username"] == sub and pool.attributes(sub)["email"] == "ann@example.com"
    refused(
        "UsernameExistsException",
        "An account with the given email already exists.",
        pool.sign_up,
        username="ann@example.com",
    )
    pool.confirm("ann@example.com")
    # The name follows the attribute.
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=sub, UserAttributes=attributes(email="anna@example.com", email_verified="true")
    )
    assert pool.user("anna@example.com")["Username"] == sub
    assert error_of(pool.user, username="ann@example.com").code == "UserNotFoundException"
    pool.sign_up("ann@example.com")
    refused(
        "AliasExistsException",
        "An account with the email already exists.",
        pool.admin.admin_update_user_attributes,
        UserPoolId=pool.id,
        Username="ann@example.com",
        UserAttributes=attributes(email="anna@example.com", email_verified="true"),
    )


def test_aliases_are_those_of_who_proves_them(cloud: Server) -> None:
    pool = UserPool(cloud, AliasAttributes=["email", "preferred_username"], AutoVerifiedAttributes=["email"])
    refused(
        "InvalidParameterException",
        "Username cannot be of email format, since user pool is configured for email alias.",
        pool.sign_up,
        username="ann@example.com",
    )
    pool.sign_up("ann", email="a@example.com")
    assert error_of(pool.user, username="a@example.com").code == "UserNotFoundException"
    pool.confirm("ann")
    assert pool.user("a@example.com")["Username"] == "ann"
    # Signing up with another's address tells nothing; confirming does.
    pool.sign_up("eve", email="a@example.com")
    code = pool.code()
    refused(
        "AliasExistsException",
        "An account with the email already exists.",
        pool.confirm,
        username="eve",
        code=code,
    )
    assert pool.status("eve") == "UNCONFIRMED"
    pool.confirm("eve", code, ForceAliasCreation=True)
    assert pool.user("a@example.com")["Username"] == "eve"
    assert pool.attributes("ann")["email_verified"] == "false"
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="ann", UserAttributes=attributes(preferred_username="queen")
    )
    assert pool.user("queen")["Username"] == "ann"
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="queen")
    assert error_of(pool.user, username="queen").code == "UserNotFoundException"
    pool.create("bob", preferred_username="queen")
    assert pool.user("queen")["Username"] == "bob"


# A forgotten password


def test_a_forgotten_password_is_set_anew(pool: UserPool) -> None:
    pool.create("ann", email="ann@example.com", email_verified="true")
    details = pool.app.forgot_password(ClientId=pool.client, Username="ann")["CodeDeliveryDetails"]
    assert details == {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    assert pool.message()["text"].startswith("Your password reset code is ")
    reset = {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": pool.code()}
    wrong = reset | {"ConfirmationCode": f"{(int(pool.code()) + 1) % 1000000:06}"}
    again = {"Password": "Another-Horse-8"}
    assert error_of(pool.app.confirm_forgot_password, **wrong, **again).code == "CodeMismatchException"
    error = error_of(pool.app.confirm_forgot_password, **reset, Password="short")
    assert error.message == "Password does not conform to policy: Password not long enough"
    pool.app.confirm_forgot_password(**reset, **again)
    assert error_of(pool.app.confirm_forgot_password, **reset, **again).code == "ExpiredCodeException"
    assert pool.status("ann") == "CONFIRMED"


@pytest.mark.memory
def test_a_code_for_a_new_password_holds_for_an_hour(pool: UserPool) -> None:
    pool.create("ann", email="ann@example.com", email_verified="true")
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    reset = {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": pool.code(), "Password": PASSWORD}
    pool.cloud.advance(3601)
    assert error_of(pool.app.confirm_forgot_password, **reset).code == "ExpiredCodeException"


def test_a_code_proves_the_address_that_it_was_sent_to(pool: UserPool) -> None:
    pool.sign_up("ann", email="ann@example.com")
    code = pool.code()
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="ann", UserAttributes=attributes(email="other@example.com", email_verified="false")
    )
    assert error_of(pool.confirm, username="ann", code=code).code == "ExpiredCodeException"


def test_who_cannot_recover_a_password(pool: UserPool) -> None:
    forgot = pool.app.forgot_password
    refused(
        "UserNotFoundException",
        "Username/client id combination not found.",
        forgot,
        ClientId=pool.client,
        Username="nobody",
    )
    pool.create("ann")
    refused(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
        forgot,
        ClientId=pool.client,
        Username="ann",
    )
    pool.create("bob", None, email="bob@example.com", email_verified="true")
    refused(
        "NotAuthorizedException",
        "User password cannot be reset in the current state.",
        forgot,
        ClientId=pool.client,
        Username="bob",
    )
    only = UserPool(
        pool.cloud, AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    )
    only.create("ann", email="ann@example.com", email_verified="true")
    refused(
        "NotAuthorizedException",
        "Contact administrator to reset password.",
        only.app.forgot_password,
        ClientId=only.client,
        Username="ann",
    )


# Administrators


def test_a_user_of_an_administrator_gets_an_invitation(pool: UserPool) -> None:
    created = pool.admin.admin_create_user(
        UserPoolId=pool.id,
        Username="ann",
        UserAttributes=attributes(email="ann@example.com", email_verified="true"),
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    assert (created["UserStatus"], created["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    message = pool.message()
    assert (message["to"], message["subject"]) == ("ann@example.com", "Your temporary password")
    assert message["text"].startswith("Your username is ann and temporary password is ")
    first = message["text"]
    again = {"UserPoolId": pool.id, "Username": "ann", "MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"]}
    pool.admin.admin_create_user(**again)
    assert pool.message()["text"] != first and len(pool.outbox()) == 2
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username="ann", Password=PASSWORD, Permanent=True)
    refused(
        "UnsupportedUserStateException",
        "Resend not possible. ann status is not FORCE_CHANGE_PASSWORD",
        pool.admin.admin_create_user,
        **again,
    )
    refused("UserNotFoundException", "User does not exist.", pool.admin.admin_create_user, **(again | {"Username": "x"}))
    error = error_of(
        pool.admin.admin_create_user, UserPoolId=pool.id, Username="bob", TemporaryPassword="password"
    )
    assert error.message == "Password did not conform with password policy: Password must have uppercase characters"
    error = error_of(
        pool.admin.admin_create_user, UserPoolId=pool.id, Username="bob", DesiredDeliveryMediums=["SMS"]
    )
    assert error.code == "InvalidParameterException"
    assert error_of(pool.user, username="bob").code == "UserNotFoundException"


def test_states_of_a_user(pool: UserPool) -> None:
    on = {"UserPoolId": pool.id, "Username": "ann"}
    pool.sign_up("ann", email="ann@example.com")
    pool.admin.admin_confirm_sign_up(**on)
    assert pool.status("ann") == "CONFIRMED" and "email_verified" not in pool.attributes("ann")
    refused(
        "NotAuthorizedException",
        "User cannot be confirmed. Current status is CONFIRMED",
        pool.admin.admin_confirm_sign_up,
        **on,
    )
    refused(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
        pool.admin.admin_reset_user_password,
        **on,
    )
    pool.admin.admin_update_user_attributes(**on, UserAttributes=attributes(email_verified="true"))
    pool.admin.admin_reset_user_password(**on)
    assert pool.status("ann") == "RESET_REQUIRED"
    pool.app.confirm_forgot_password(
        ClientId=pool.client, Username="ann", ConfirmationCode=pool.code(), Password="Another-Horse-8"
    )
    assert pool.status("ann") == "CONFIRMED"
    pool.admin.admin_set_user_password(**on, Password=PASSWORD)
    assert pool.status("ann") == "FORCE_CHANGE_PASSWORD"
    pool.admin.admin_disable_user(**on)
    assert pool.user("ann")["Enabled"] is False
    pool.admin.admin_enable_user(**on)
    assert pool.user("ann")["Enabled"] is True
    pool.admin.admin_delete_user(**on)
    refused("UserNotFoundException", "User does not exist.", pool.admin.admin_delete_user, **on)


def test_earlier_passwords_cannot_be_used_again(cloud: Server) -> None:
    pool = UserPool(cloud, Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    on = {"UserPoolId": pool.id, "Username": "ann", "Permanent": True}
    pool.create("ann", "password-1")
    pool.admin.admin_set_user_password(**on, Password="password-2")
    for password in ("password-1", "password-2"):
        error = error_of(pool.admin.admin_set_user_password, **on, Password=password)
        assert error.code == "PasswordHistoryPolicyViolationException"
    pool.admin.admin_set_user_password(**on, Password="password-3")
    pool.admin.admin_set_user_password(**on, Password="password-1")


def test_the_operations_by_the_cli(pool: UserPool, root: Identity) -> None:
    root.aws(
        "cognito-idp", "admin-create-user", "--user-pool-id", pool.id, "--username", "ann", "--user-attributes",
        "Name=email,Value=ann@example.com", "--message-action", "SUPPRESS",
    )  # fmt: skip
    user = root.aws("cognito-idp", "admin-get-user", "--user-pool-id", pool.id, "--username", "ann")
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    listed = root.aws("cognito-idp", "list-users", "--user-pool-id", pool.id, "--filter", 'email = "ann@example.com"')
    assert [one["Username"] for one in listed["Users"]] == ["ann"]


def test_policies_decide_on_administrators(pool: UserPool, new_user: Any) -> None:
    arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.id}"
    clerk = new_user("clerk", allow("cognito-idp:AdminGetUser", arn)).client("cognito-idp")
    pool.create("ann")
    assert clerk.admin_get_user(UserPoolId=pool.id, Username="ann")["Username"] == "ann"
    for call, more in {
        clerk.admin_delete_user: {"Username": "ann"},
        clerk.admin_create_user: {"Username": "bob"},
        clerk.admin_set_user_password: {"Username": "ann", "Password": PASSWORD},
        clerk.list_users: {},
        clerk.admin_add_user_to_group: {"Username": "ann", "GroupName": "x"},
    }.items():
        error = error_of(call, UserPoolId=pool.id, **more)
        assert error.code == "AccessDeniedException", error
    other = UserPool(pool.cloud)
    assert error_of(clerk.admin_get_user, UserPoolId=other.id, Username="ann").code == "AccessDeniedException"
    # Without a signature, nobody is an administrator.
    error = error_of(pool.app.admin_get_user, UserPoolId=pool.id, Username="ann")
    assert error.code == "MissingAuthenticationTokenException", error
