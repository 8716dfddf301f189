"""The devices of a user: confirmed, listed, remembered, forgotten; and what that is to second factors and refresh tokens."""

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP, generate_hash_device

from harness import ACCOUNT, Server, allow, error_of
from harness.mfa import code_at
from harness.pool_tokens import unverified
from harness.user_pools import PASSWORD, UserPool, named

ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
ASKED = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, DeviceConfiguration=ASKED)
    pool.create("ann")
    return pool


def signed_in(pool: UserPool, username: str = "ann", **parameters: str) -> dict[str, Any]:
    return dict(
        pool.app.initiate_auth(
            ClientId=pool.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD} | parameters,
        )["AuthenticationResult"]
    )


def confirmed(pool: UserPool, username: str = "ann", **more: Any) -> tuple[dict[str, Any], str]:
    """Signs in on a new device and confirms it: the tokens, and the device's key."""
    tokens = signed_in(pool, username)
    new = tokens["NewDeviceMetadata"]
    _, verifier = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])
    pool.app.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=new["DeviceKey"], DeviceSecretVerifierConfig=verifier, **more
    )
    return tokens, str(new["DeviceKey"])


def refused(code: str, message: str, call: Any, /, **parameters: Any) -> None:
    error = error_of(call, **parameters)
    assert (error.code, error.message, error.status) == (code, message, 400)


MISSING = "us-east-1_00000000-0000-0000-0000-000000000000"


def test_a_device_is_confirmed_and_shown(pool: UserPool) -> None:
    tokens = signed_in(pool)
    new, access = tokens["NewDeviceMetadata"], tokens["AccessToken"]
    assert unverified(access)["device_key"] == new["DeviceKey"]
    assert "device_key" not in unverified(tokens["IdToken"])
    assert pool.app.list_devices(AccessToken=access)["Devices"] == []
    _, verifier = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])
    answer = pool.app.confirm_device(
        AccessToken=access, DeviceKey=new["DeviceKey"], DeviceName="phone", DeviceSecretVerifierConfig=verifier
    )
    assert answer["UserConfirmationNecessary"] is True
    device = pool.app.get_device(AccessToken=access, DeviceKey=new["DeviceKey"])["Device"]
    assert pool.app.list_devices(AccessToken=access)["Devices"] == [device]
    who = {"UserPoolId": pool.id, "Username": "ann"}
    assert pool.admin.admin_get_device(**who, DeviceKey=new["DeviceKey"])["Device"] == device
    assert pool.admin.admin_list_devices(**who)["Devices"] == [device]
    assert device.keys() == {
        "DeviceKey", "DeviceAttributes", "DeviceCreateDate", "DeviceLastModifiedDate", "DeviceLastAuthenticatedDate",
    }  # fmt: skip
    facts = named(device["DeviceAttributes"])
    assert facts.pop("dev:device_sdk").startswith("Boto3/")
    assert facts == {
        "device_status": "valid",
        "device_name": "phone",
        "dev:device_arn": f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:owner/ann/device/{new['DeviceKey']}",
        "dev:device_owner": "ann",
        "last_ip_used": "127.0.0.1",
        "dev:device_remembered_status": "not_remembered",
    }


def test_what_can_not_be_confirmed(cloud: Server, pool: UserPool) -> None:
    tokens = signed_in(pool)
    new = tokens["NewDeviceMetadata"]
    _, verifier = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])

    def confirm(**more: Any) -> Any:
        given = {"AccessToken": tokens["AccessToken"], "DeviceKey": new["DeviceKey"]}
        return pool.app.confirm_device(**given | {"DeviceSecretVerifierConfig": verifier} | more)

    refused("NotAuthorizedException", "Invalid device key given.", confirm, DeviceKey=MISSING)
    other = signed_in(pool)["NewDeviceMetadata"]["DeviceKey"]
    refused("NotAuthorizedException", "Invalid device key given.", confirm, DeviceKey=other)
    salt = verifier["Salt"]
    for bad in [{"PasswordVerifier": "AAAA", "Salt": salt}, {"PasswordVerifier": "?", "Salt": salt}, {"Salt": salt},
                {"PasswordVerifier": base64.b64encode(b"\1" * 400).decode(), "Salt": salt}]:  # fmt: skip
        assert error_of(confirm, DeviceSecretVerifierConfig=bad).code == "InvalidParameterException", bad
    confirm()
    assert error_of(confirm).code == "DeviceKeyExistsException"
    plain = UserPool(cloud)
    plain.create("ann")
    answer = signed_in(plain)
    assert "NewDeviceMetadata" not in answer and "device_key" not in unverified(answer["AccessToken"])
    error = error_of(
        plain.app.confirm_device, AccessToken=answer["AccessToken"], DeviceKey=MISSING, DeviceSecretVerifierConfig=verifier
    )
    assert error.code == "InvalidUserPoolConfigurationException"


def test_devices_are_remembered_and_forgotten(pool: UserPool) -> None:
    tokens, key = confirmed(pool)
    access = tokens["AccessToken"]

    def status() -> str:
        device = pool.app.get_device(AccessToken=access, DeviceKey=key)["Device"]
        return named(device["DeviceAttributes"])["dev:device_remembered_status"]

    assert status() == "not_remembered"
    pool.app.update_device_status(AccessToken=access, DeviceKey=key, DeviceRememberedStatus="remembered")
    assert status() == "remembered"
    who = {"UserPoolId": pool.id, "Username": "ann", "DeviceKey": key}
    pool.admin.admin_update_device_status(**who, DeviceRememberedStatus="not_remembered")
    assert status() == "not_remembered"
    pool.app.forget_device(AccessToken=access, DeviceKey=key)
    gone = ("ResourceNotFoundException", "Device does not exist.")
    refused(*gone, pool.app.get_device, AccessToken=access, DeviceKey=key)
    refused(*gone, pool.app.forget_device, AccessToken=access, DeviceKey=key)
    refused(*gone, pool.app.update_device_status, AccessToken=access, DeviceKey=key, DeviceRememberedStatus="remembered")
    for call in [pool.admin.admin_get_device, pool.admin.admin_forget_device, pool.admin.admin_update_device_status]:
        refused(*gone, call, **who)
    _, second = confirmed(pool)
    pool.admin.admin_forget_device(UserPoolId=pool.id, Username="ann", DeviceKey=second)
    assert pool.app.list_devices(AccessToken=access)["Devices"] == []


def test_devices_are_their_owners(pool: UserPool) -> None:
    pool.create("bob")
    _, key = confirmed(pool)
    stranger = signed_in(pool, "bob")["AccessToken"]
    for call in [pool.app.get_device, pool.app.forget_device, pool.app.update_device_status]:
        assert error_of(call, AccessToken=stranger, DeviceKey=key).code == "ResourceNotFoundException"
    error = error_of(pool.admin.admin_get_device, UserPoolId=pool.id, Username="bob", DeviceKey=key)
    assert error.code == "ResourceNotFoundException"
    assert error_of(pool.app.get_device, DeviceKey=key).code == "NotAuthorizedException"
    # They go with their user.
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="ann")
    pool.create("ann")
    assert pool.admin.admin_list_devices(UserPoolId=pool.id, Username="ann")["Devices"] == []


def test_a_list_of_devices_has_pages(pool: UserPool) -> None:
    keys = sorted(confirmed(pool)[1] for _ in range(3))
    access = signed_in(pool)["AccessToken"]
    first = pool.app.list_devices(AccessToken=access, Limit=2)
    rest = pool.app.list_devices(AccessToken=access, Limit=2, PaginationToken=first["PaginationToken"])
    assert [one["DeviceKey"] for one in first["Devices"] + rest["Devices"]] == keys
    assert "PaginationToken" not in rest
    error = error_of(pool.app.list_devices, AccessToken=access, PaginationToken="?")
    assert error.code == "InvalidParameterException"


def test_a_user_has_a_hundred_devices_at_most(pool: UserPool) -> None:
    """Who confirms one more loses the one that was longest out of use."""
    pool.create("bob")
    with ThreadPoolExecutor(4) as threads:
        first = confirmed(pool)[1]
        others = {key for _, key in threads.map(lambda _: confirmed(pool), range(99))}
        kept = confirmed(pool, "bob")[1]
    assert devices(pool) == others | {first}
    last = confirmed(pool)[1]
    assert devices(pool) == others | {last} and devices(pool, "bob") == {kept}
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="ann")
    pool.create("ann")
    assert devices(pool) == set() and devices(pool, "bob") == {kept}


def devices(pool: UserPool, username: str = "ann") -> set[str]:
    found: set[str] = set()
    more: dict[str, str] = {}
    while True:
        answer = pool.admin.admin_list_devices(UserPoolId=pool.id, Username=username, Limit=60, **more)
        found |= {device["DeviceKey"] for device in answer["Devices"]}
        if "PaginationToken" not in answer:
            return found
        more = {"PaginationToken": answer["PaginationToken"]}


def test_administrators_need_permission(pool: UserPool, new_user: Callable[..., Any]) -> None:
    _, key = confirmed(pool)
    arn = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    who = {"UserPoolId": pool.id, "Username": "ann"}
    reader = new_user("reader", allow(["cognito-idp:AdminGetDevice", "cognito-idp:AdminListDevices"], arn))
    cognito = reader.client("cognito-idp")
    assert cognito.admin_get_device(**who, DeviceKey=key) and cognito.admin_list_devices(**who)["Devices"]
    for call in [cognito.admin_forget_device, cognito.admin_update_device_status]:
        assert error_of(call, **who, DeviceKey=key).code == "AccessDeniedException"


def test_refresh_tokens_are_bound_to_their_device(pool: UserPool) -> None:
    tokens, key = confirmed(pool)
    other = confirmed(pool)[1]

    def refresh(**parameters: str) -> Any:
        parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]} | parameters
        return pool.app.initiate_auth(ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)

    invalid = ("NotAuthorizedException", "Invalid Refresh Token")
    refused(*invalid, refresh)
    refused(*invalid, refresh, DEVICE_KEY=other)
    again = refresh(DEVICE_KEY=key)["AuthenticationResult"]
    assert unverified(again["AccessToken"])["device_key"] == key
    get, given = pool.app.get_tokens_from_refresh_token, {"RefreshToken": tokens["RefreshToken"], "ClientId": pool.client}
    refused(*invalid, get, **given)
    assert get(**given, DeviceKey=key)["AuthenticationResult"]
    # Of a stolen device they are of no use, once it has been forgotten.
    pool.admin.admin_forget_device(UserPoolId=pool.id, Username="ann", DeviceKey=key)
    refused(*invalid, refresh, DEVICE_KEY=key)
    # One that was never confirmed can't be forgotten.
    fresh = signed_in(pool)
    key = fresh["NewDeviceMetadata"]["DeviceKey"]
    tokens = fresh
    assert refresh(DEVICE_KEY=key)["AuthenticationResult"]


def test_a_remembered_device_stands_for_the_second_factor(cloud: Server) -> None:
    pool = UserPool(cloud, DeviceConfiguration=ALWAYS)
    totp = {"Enabled": True}
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration=totp, MfaConfiguration="OPTIONAL"
    )
    pool.create("ann")
    tokens = signed_in(pool)
    secret = pool.app.associate_software_token(AccessToken=tokens["AccessToken"])["SecretCode"]
    code = code_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(time.time() // 30))
    pool.app.verify_software_token(AccessToken=tokens["AccessToken"], UserCode=code)
    pool.app.set_user_mfa_preference(AccessToken=tokens["AccessToken"], SoftwareTokenMfaSettings=totp)
    new = tokens["NewDeviceMetadata"]
    password, verifier = generate_hash_device(new["DeviceGroupKey"], new["DeviceKey"])
    answer = pool.app.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=new["DeviceKey"], DeviceSecretVerifierConfig=verifier
    )
    assert answer["UserConfirmationNecessary"] is False

    def device(password: str) -> AWSSRP:
        return AWSSRP(
            "ann", PASSWORD, pool.id, pool.client, client=pool.app, device_key=new["DeviceKey"],
            device_group_key=new["DeviceGroupKey"], device_password=password,
        )  # fmt: skip

    result = device(password).authenticate_user()["AuthenticationResult"]
    assert unverified(result["AccessToken"])["device_key"] == new["DeviceKey"] and "NewDeviceMetadata" not in result
    assert error_of(device(base64.b64encode(b"x" * 40).decode()).authenticate_user).code == "NotAuthorizedException"
    # Elsewhere, and where it is not remembered any more, the factor is asked for.
    pool.app.update_device_status(
        AccessToken=result["AccessToken"], DeviceKey=new["DeviceKey"], DeviceRememberedStatus="not_remembered"
    )
    for parameters in [{}, {"DEVICE_KEY": new["DeviceKey"]}]:
        challenge = pool.app.initiate_auth(
            ClientId=pool.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD} | parameters,
        )
        assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
