"""Tokens of user pools: their claims, their keys, how long they last, and how they are revoked."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from harness import Identity, Server, Trail, allow, error_of, raw
from harness.patience import PATIENCE
from harness.pool_tokens import document, header, tampered, unverified, verified
from harness.user_pools import UserPool, named

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
REVOKED = "Access Token has been revoked"


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    return UserPool(cloud)


def tokens(pool: UserPool, username: str = "ann") -> dict[str, Any]:
    return dict(pool.sign_in(username)["AuthenticationResult"])


def refresh(pool: UserPool, token: str, **parameters: str) -> Any:
    return pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token} | parameters
    )["AuthenticationResult"]


def refused(code: str, message: str, call: Any, /, **parameters: Any) -> None:
    error = error_of(call, **parameters)
    assert (error.code, error.message, error.status) == (code, message, 400)


def unauthorized(message: str, call: Any, /, **parameters: Any) -> None:
    refused("NotAuthorizedException", message, call, **parameters)


# Claims


def test_what_the_tokens_say(cloud: Server) -> None:
    pool = UserPool(
        cloud, Schema=[{"Name": "team", "AttributeDataType": "String"}, {"Name": "rank", "AttributeDataType": "Number"}]
    )
    pool.create("ann", email="ann@example.com", email_verified="true", phone_number="+12065550100", name="Ann",
                custom_team="red", custom_rank="7")  # fmt: skip
    before = time.time()
    answer = tokens(pool)
    after = time.time()
    assert answer.keys() == {"AccessToken", "ExpiresIn", "TokenType", "RefreshToken", "IdToken"}
    assert (answer["ExpiresIn"], answer["TokenType"]) == (3600, "Bearer")
    sub = pool.attributes("ann")["sub"]

    identity = verified(cloud, pool.id, answer["IdToken"], "id", pool.client)
    times = {name: identity.pop(name) for name in ("auth_time", "iat", "exp")}
    ids = {name: identity.pop(name) for name in ("jti", "origin_jti", "event_id")}
    assert all(UUID.match(value) for value in ids.values()) and len(set(ids.values())) == 3
    assert int(before) <= times["iat"] <= after and times["auth_time"] == times["iat"]
    assert times["exp"] == times["iat"] + 3600
    assert identity == {
        "sub": sub,
        "iss": f"{cloud.url}/{pool.id}",
        "cognito:username": "ann",
        "aud": pool.client,
        "token_use": "id",
        "email": "ann@example.com",
        "email_verified": True,
        "phone_number": "+12065550100",
        "name": "Ann",
        "custom:team": "red",
        "custom:rank": "7",
    }

    access = verified(cloud, pool.id, answer["AccessToken"], "access", pool.client)
    assert access.pop("jti") != ids["jti"]
    assert {name: access.pop(name) for name in ("auth_time", "iat", "exp")} == times
    assert access == {
        "sub": sub,
        "iss": f"{cloud.url}/{pool.id}",
        "version": 2,
        "client_id": pool.client,
        "origin_jti": ids["origin_jti"],
        "event_id": ids["event_id"],
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "username": "ann",
    }
    assert header(answer["IdToken"])["kid"] != header(answer["AccessToken"])["kid"]


def test_the_documents_of_a_pool(cloud: Server, pool: UserPool) -> None:
    keys = document(cloud, pool.id, "jwks.json")["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"alg", "e", "kid", "kty", "n", "use"}
        assert (key["alg"], key["e"], key["kty"], key["use"]) == ("RS256", "AQAB", "RSA", "sig")
        assert len(key["n"]) == 342
    about = document(cloud, pool.id, "openid-configuration")
    assert about["issuer"] == f"{cloud.url}/{pool.id}"
    assert about["jwks_uri"] == f"{cloud.url}/{pool.id}/.well-known/jwks.json"
    assert about["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document(cloud, UserPool(cloud).id, "jwks.json")["keys"] != keys
    for path in ["us-east-1_missing00/.well-known/jwks.json", "us-east-1_missing00/.well-known/openid-configuration"]:
        status, text = cloud.get(f"/{path}")
        assert (status, text) == (400, '{"message":"User pool us-east-1_missing00 does not exist."}')


def test_many_ask_for_the_first_keys_at_once(cloud: Server) -> None:
    pool = UserPool(cloud)
    address = f"{cloud.url}/{pool.id}/.well-known/jwks.json"
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: requests.get(address), range(16)))
    assert len({answer.text for answer in answers}) == 1 and answers[0].status_code == 200
    assert len(answers[0].json()["keys"]) == 2
    # A new key signs at once.
    assert answers[0].headers["Cache-Control"] == "public, max-age=300"


def test_groups_and_their_roles(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    role = "arn:aws:iam::111122223333:role/"
    for name, precedence, own in [("zoo", 1, "zoo"), ("app", 5, "app"), ("any", None, None), ("two", 5, "app")]:
        more: dict[str, Any] = {"RoleArn": role + own} if own else {}
        if precedence is not None:
            more["Precedence"] = precedence
        pool.admin.create_group(UserPoolId=pool.id, GroupName=name, **more)
        pool.admin.admin_add_user_to_group(UserPoolId=pool.id, Username="ann", GroupName=name)
    answer = tokens(pool)
    identity = verified(cloud, pool.id, answer["IdToken"], "id", pool.client)
    assert identity["cognito:groups"] == ["zoo", "app", "two", "any"]
    assert identity["cognito:roles"] == [role + "zoo", role + "app"]
    assert identity["cognito:preferred_role"] == role + "zoo"
    access = verified(cloud, pool.id, answer["AccessToken"], "access", pool.client)
    assert access["cognito:groups"] == identity["cognito:groups"]
    assert not {"cognito:roles", "cognito:preferred_role"} & access.keys()
    # Two groups of the same precedence with different roles prefer neither.
    pool.admin.update_group(UserPoolId=pool.id, GroupName="app", Precedence=1)
    identity = unverified(tokens(pool)["IdToken"])
    assert "cognito:preferred_role" not in identity and len(identity["cognito:roles"]) == 2


def test_a_client_sees_what_it_may_read(cloud: Server) -> None:
    pool = UserPool(cloud, client={"ReadAttributes": ["email"]})
    pool.create("ann", email="ann@example.com", email_verified="true", name="Ann")
    answer = tokens(pool)
    claims = unverified(answer["IdToken"])
    assert claims["email"] == "ann@example.com" and not {"name", "email_verified"} & claims.keys()
    user = pool.app.get_user(AccessToken=answer["AccessToken"])
    assert named(user["UserAttributes"]).keys() == {"sub", "email"}


def test_how_long_tokens_last(cloud: Server) -> None:
    units = {"AccessToken": "minutes", "IdToken": "seconds", "RefreshToken": "hours"}
    pool = UserPool(
        cloud,
        client={"AccessTokenValidity": 5, "IdTokenValidity": 600, "RefreshTokenValidity": 2, "TokenValidityUnits": units},
    )
    pool.create("ann")
    answer = tokens(pool)
    assert answer["ExpiresIn"] == 300
    assert [unverified(answer[name])["exp"] - unverified(answer[name])["iat"] for name in ("AccessToken", "IdToken")] == [
        300,
        600,
    ]
    cloud.advance(301)
    unauthorized("Access Token has expired", pool.app.get_user, AccessToken=answer["AccessToken"])
    again = refresh(pool, answer["RefreshToken"])
    assert pool.app.get_user(AccessToken=again["AccessToken"])["Username"] == "ann"
    cloud.advance(2 * 3600)
    unauthorized("Refresh Token has expired", refresh, pool=pool, token=answer["RefreshToken"])


# Refreshing


def test_a_refresh_token_brings_tokens_of_the_same_sign_in(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    first = tokens(pool)
    cloud.advance(60)
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="ann", UserAttributes=[{"Name": "name", "Value": "Ann"}]
    )
    again = refresh(pool, first["RefreshToken"])
    assert again.keys() == {"AccessToken", "ExpiresIn", "TokenType", "IdToken"}
    old, new = unverified(first["IdToken"]), unverified(again["IdToken"])
    assert (new["auth_time"], new["origin_jti"]) == (old["auth_time"], old["origin_jti"])
    assert new["iat"] >= old["iat"] + 60 and new["jti"] != old["jti"] and new["name"] == "Ann"
    same = pool.app.get_tokens_from_refresh_token(RefreshToken=first["RefreshToken"], ClientId=pool.client)
    assert "RefreshToken" not in same["AuthenticationResult"]


def test_a_refresh_token_is_of_use_to_its_client_alone(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    token = tokens(pool)["RefreshToken"]
    other, stranger = pool.new_client(ClientName="other")["ClientId"], UserPool(cloud)
    get = pool.app.get_tokens_from_refresh_token
    for client in [other, stranger.client]:
        unauthorized("Invalid Refresh Token", get, RefreshToken=token, ClientId=client)
    for bad in [token[:-1], token[:-8] + "AAAAAAAA", "eyJ", tokens(pool)["AccessToken"]]:
        unauthorized("Invalid Refresh Token", get, RefreshToken=bad, ClientId=pool.client)
    missing = "1" * 26
    refused("ResourceNotFoundException", f"User pool client {missing} does not exist.", get,
            RefreshToken=token, ClientId=missing)  # fmt: skip


def test_a_client_with_a_secret_proves_it(cloud: Server) -> None:
    pool = UserPool(cloud, client={"GenerateSecret": True})
    user = pool.create("ann")
    sub = named(user["Attributes"])["sub"]
    answer = pool.app.initiate_auth(
        ClientId=pool.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-Horse-7", "SECRET_HASH": pool.secret_hash("ann")},
    )["AuthenticationResult"]
    token = answer["RefreshToken"]
    assert error_of(refresh, pool=pool, token=token).code == "NotAuthorizedException"
    assert error_of(refresh, pool=pool, token=token, SECRET_HASH=pool.secret_hash("bob")).code == "NotAuthorizedException"
    assert refresh(pool, token, SECRET_HASH=pool.secret_hash("ann"))["AccessToken"]
    assert refresh(pool, token, SECRET_HASH=pool.secret_hash(sub))["AccessToken"]
    get = pool.app.get_tokens_from_refresh_token
    wrong = f"Unable to verify secret for client {pool.client}"
    unauthorized(wrong, get, RefreshToken=token, ClientId=pool.client)
    unauthorized(wrong, get, RefreshToken=token, ClientId=pool.client, ClientSecret="x" * 51)
    assert get(RefreshToken=token, ClientId=pool.client, ClientSecret=pool.secret)["AuthenticationResult"]
    assert error_of(pool.app.revoke_token, Token=token, ClientId=pool.client).code == "UnauthorizedException"
    pool.app.revoke_token(Token=token, ClientId=pool.client, ClientSecret=pool.secret)
    unauthorized("Refresh Token has been revoked", refresh, pool=pool, token=token,
                 SECRET_HASH=pool.secret_hash("ann"))  # fmt: skip


ROTATING: dict[str, Any] = {
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60},
}


def test_refresh_tokens_are_exchanged(cloud: Server) -> None:
    pool = UserPool(cloud, client=ROTATING)
    pool.create("ann")
    first = tokens(pool)
    assert error_of(refresh, pool=pool, token=first["RefreshToken"]).code == "InvalidParameterException"

    def exchange(token: str) -> dict[str, Any]:
        answer = pool.app.get_tokens_from_refresh_token(RefreshToken=token, ClientId=pool.client)
        return dict(answer["AuthenticationResult"])

    second = exchange(first["RefreshToken"])
    assert second["RefreshToken"] != first["RefreshToken"]
    assert unverified(second["AccessToken"])["origin_jti"] == unverified(first["AccessToken"])["origin_jti"]
    # Within the grace period the app may not have seen the answer.
    retried = exchange(first["RefreshToken"])
    third = exchange(retried["RefreshToken"])
    # By then the first one is two generations old, whatever the time.
    assert error_of(exchange, token=first["RefreshToken"]).code == "RefreshTokenReuseException"
    cloud.advance(61)
    for used in [first, second, retried]:
        assert error_of(exchange, token=used["RefreshToken"]).code == "RefreshTokenReuseException"
    fourth = exchange(third["RefreshToken"])
    # What is exchanged lasts no longer than the first one would have.
    cloud.advance(30 * 86_400 - 10)
    unauthorized("Refresh Token has expired", exchange, token=fourth["RefreshToken"])


def test_without_grace_a_refresh_token_is_used_once(cloud: Server) -> None:
    pool = UserPool(cloud, client=ROTATING | {"RefreshTokenRotation": {"Feature": "ENABLED"}})
    pool.create("ann")
    get, first = pool.app.get_tokens_from_refresh_token, tokens(pool)["RefreshToken"]
    second = get(RefreshToken=first, ClientId=pool.client)["AuthenticationResult"]["RefreshToken"]
    assert error_of(get, RefreshToken=first, ClientId=pool.client).code == "RefreshTokenReuseException"
    # The revocation of any one of a sign-in's revokes them all.
    pool.app.revoke_token(Token=first, ClientId=pool.client)
    unauthorized("Refresh Token has been revoked", get, RefreshToken=second, ClientId=pool.client)


# Revoking


def test_a_revoked_refresh_token_takes_its_tokens_with_it(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    first, other = tokens(pool), tokens(pool)
    again = refresh(pool, first["RefreshToken"])
    pool.app.revoke_token(Token=first["RefreshToken"], ClientId=pool.client)
    for token in [first["AccessToken"], again["AccessToken"]]:
        unauthorized(REVOKED, pool.app.get_user, AccessToken=token)
    unauthorized("Refresh Token has been revoked", refresh, pool=pool, token=first["RefreshToken"])
    # The same again is no error, and other sign-ins go on.
    pool.app.revoke_token(Token=first["RefreshToken"], ClientId=pool.client)
    assert pool.app.get_user(AccessToken=other["AccessToken"])["Username"] == "ann"
    assert refresh(pool, other["RefreshToken"])["AccessToken"]
    # To those who only verify signatures the token is what it was.
    assert verified(cloud, pool.id, first["AccessToken"], "access", pool.client)


def test_what_can_not_be_revoked(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    answer = tokens(pool)
    revoke = pool.app.revoke_token
    for name in ["AccessToken", "IdToken"]:
        assert error_of(revoke, Token=answer[name], ClientId=pool.client).code == "UnsupportedTokenTypeException"
    other = pool.new_client(ClientName="other")["ClientId"]
    assert error_of(revoke, Token=answer["RefreshToken"], ClientId=other).code == "UnauthorizedException"
    assert pool.app.get_user(AccessToken=answer["AccessToken"])
    plain = UserPool(cloud, client={"EnableTokenRevocation": False})
    plain.create("ann")
    answer = tokens(plain)
    assert not {"origin_jti", "jti"} & unverified(answer["IdToken"]).keys()
    assert "origin_jti" not in unverified(answer["AccessToken"])
    error = error_of(plain.app.revoke_token, Token=answer["RefreshToken"], ClientId=plain.client)
    assert error.code == "UnsupportedOperationException"
    # To sign out everywhere needs no such claim.
    plain.app.global_sign_out(AccessToken=answer["AccessToken"])
    unauthorized(REVOKED, plain.app.get_user, AccessToken=answer["AccessToken"])


def test_signing_out_everywhere(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    pool.create("bob")
    before, others = [tokens(pool), tokens(pool)], tokens(pool, "bob")
    pool.app.global_sign_out(AccessToken=before[0]["AccessToken"])
    for answer in before:
        unauthorized(REVOKED, pool.app.get_user, AccessToken=answer["AccessToken"])
        unauthorized("Refresh Token has been revoked", refresh, pool=pool, token=answer["RefreshToken"])
    unauthorized(REVOKED, pool.app.global_sign_out, AccessToken=before[0]["AccessToken"])
    # At once, in the same second: a new sign-in is another.
    after = tokens(pool)
    assert pool.app.get_user(AccessToken=after["AccessToken"])["Username"] == "ann"
    assert refresh(pool, after["RefreshToken"])
    assert pool.app.get_user(AccessToken=others["AccessToken"])["Username"] == "bob"
    pool.admin.admin_user_global_sign_out(UserPoolId=pool.id, Username="ann")
    unauthorized(REVOKED, pool.app.get_user, AccessToken=after["AccessToken"])
    refused("UserNotFoundException", "User does not exist.", pool.admin.admin_user_global_sign_out,
            UserPoolId=pool.id, Username="eve")  # fmt: skip


def test_users_who_are_gone_or_disabled(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    answer = tokens(pool)
    who = {"UserPoolId": pool.id, "Username": "ann"}
    pool.admin.admin_disable_user(**who)
    assert error_of(pool.app.get_user, AccessToken=answer["AccessToken"]).code == "NotAuthorizedException"
    assert error_of(refresh, pool=pool, token=answer["RefreshToken"]).code == "NotAuthorizedException"
    pool.admin.admin_enable_user(**who)
    unauthorized(REVOKED, pool.app.get_user, AccessToken=answer["AccessToken"])
    answer = tokens(pool)
    pool.admin.admin_delete_user(**who)
    # Somebody else who is called the same does not get in by what was the other's.
    for _ in range(2):
        refused("UserNotFoundException", "User does not exist.", pool.app.get_user, AccessToken=answer["AccessToken"])
        unauthorized("Invalid Refresh Token", refresh, pool=pool, token=answer["RefreshToken"])
        if pool.admin.list_users(UserPoolId=pool.id)["Users"]:
            break
        pool.create("ann")


def test_tokens_of_other_uses_pools_and_makers(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    answer, other = tokens(pool), UserPool(cloud)
    get = pool.app.get_user
    unauthorized("Invalid Access Token", get, AccessToken=answer["IdToken"])
    for bad in ["x", "a.b.c", answer["RefreshToken"]]:
        unauthorized("Invalid Access Token", get, AccessToken=bad)
    forged = "Could not verify signature for Access Token"
    access = answer["AccessToken"]
    unauthorized(forged, get, AccessToken=tampered(access, username="bob"))
    # Said to be of another pool, it is judged by that one's keys.
    unauthorized(forged, get, AccessToken=tampered(access, iss=f"{cloud.url}/{other.id}"))
    head, body, signature = access.split(".")
    for bad in [f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}AAAA", f"eyJhbGciOiJub25lIn0.{body}.",
                f"eyJhbGciOiJIUzI1NiJ9.{body}.{signature}"]:  # fmt: skip
        assert error_of(get, AccessToken=bad).code == "NotAuthorizedException"
    unauthorized("Invalid Access Token", get, AccessToken=tampered(access, iss=f"{cloud.url}/us-east-1_missing00"))
    # Signed with the key of ID tokens, it is none of access.
    assert header(answer["IdToken"])["kid"] != header(access)["kid"]
    pool.admin.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client)
    assert error_of(get, AccessToken=access).code == "ResourceNotFoundException"


def test_only_those_allowed_sign_others_out(cloud: Server, pool: UserPool, new_user: Any) -> None:
    pool.create("ann")
    arn = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    who = {"UserPoolId": pool.id, "Username": "ann"}
    nobody: Identity = new_user("nobody", allow("cognito-idp:AdminUserGlobalSignOut", arn + "x"))
    assert error_of(nobody.client("cognito-idp").admin_user_global_sign_out, **who).code == "AccessDeniedException"
    helper: Identity = new_user("helper", allow("cognito-idp:AdminUserGlobalSignOut", arn))
    helper.client("cognito-idp").admin_user_global_sign_out(**who)


def test_events_tell_who_and_no_tokens(pool: UserPool, trail: Trail) -> None:
    sub = named(pool.create("ann")["Attributes"])["sub"]
    answer = tokens(pool)
    pool.app.get_user(AccessToken=answer["AccessToken"])
    pool.app.get_tokens_from_refresh_token(RefreshToken=answer["RefreshToken"], ClientId=pool.client)
    pool.app.revoke_token(Token=answer["RefreshToken"], ClientId=pool.client)
    error_of(pool.app.global_sign_out, AccessToken=answer["AccessToken"])
    for name, failure in [("GetUser", None), ("GetTokensFromRefreshToken", None), ("RevokeToken", None),
                          ("GlobalSignOut", "NotAuthorizedException")]:  # fmt: skip
        event = trail.named(name)
        assert event["additionalEventData"]["sub"] == sub, event
        assert event.get("errorCode") == failure
        text = json.dumps(event)
        assert all(token[-40:] not in text for token in [answer["AccessToken"], answer["RefreshToken"]])


# Keys


@pytest.mark.memory
def published(cloud: Server, pool: UserPool, count: int) -> set[str]:
    """The ids of a pool's keys, once there are so many: the job that makes them takes its time."""
    deadline = time.monotonic() + PATIENCE
    while len(ids := {key["kid"] for key in document(cloud, pool.id, "jwks.json")["keys"]}) != count:
        assert time.monotonic() < deadline, ids
        time.sleep(0.1)
    return ids


def test_keys_rotate_and_stay_as_long_as_their_tokens(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    before = {key["kid"] for key in document(cloud, pool.id, "jwks.json")["keys"]}
    cloud.advance(90 * 86_400 - 600)
    old = tokens(pool)
    assert {header(old[name])["kid"] for name in ("AccessToken", "IdToken")} == before
    cloud.advance(3600)
    now = time.time() + 90 * 86_400 + 3000
    both = published(cloud, pool, 4)
    assert before < both
    assert verified(cloud, pool.id, old["IdToken"], "id", pool.client, now=now - 600)
    new = tokens(pool)
    assert {header(new[name])["kid"] for name in ("AccessToken", "IdToken")} == both - before
    assert pool.app.get_user(AccessToken=new["AccessToken"])
    assert refresh(pool, old["RefreshToken"])["IdToken"]
    cloud.advance(2 * 86_400)
    assert published(cloud, pool, 2) == both - before


# Crashes


def test_what_was_revoked_stays_revoked(durable: Any) -> None:
    server: Server = durable()
    with server:
        pool = UserPool(server)
        pool.create("ann")
        revoked, out, kept = tokens(pool), tokens(pool), tokens(pool)
        pool.app.revoke_token(Token=revoked["RefreshToken"], ClientId=pool.client)
        server.kill()
        server.start()
        pool = reconnected(pool, server)
        unauthorized(REVOKED, pool.app.get_user, AccessToken=revoked["AccessToken"])
        unauthorized("Refresh Token has been revoked", refresh, pool=pool, token=revoked["RefreshToken"])
        # The keys are the same, too.
        assert pool.app.get_user(AccessToken=kept["AccessToken"])
        assert refresh(pool, kept["RefreshToken"])
        pool.app.global_sign_out(AccessToken=out["AccessToken"])
        server.kill()
        server.start()
        pool = reconnected(pool, server)
        for answer in [out, kept]:
            unauthorized(REVOKED, pool.app.get_user, AccessToken=answer["AccessToken"])
            unauthorized("Refresh Token has been revoked", refresh, pool=pool, token=answer["RefreshToken"])


def test_what_was_exchanged_stays_exchanged(durable: Any) -> None:
    server: Server = durable()
    with server:
        pool = UserPool(server, client=ROTATING | {"RefreshTokenRotation": {"Feature": "ENABLED"}})
        pool.create("ann")
        first = tokens(pool)["RefreshToken"]
        pool.app.get_tokens_from_refresh_token(RefreshToken=first, ClientId=pool.client)
        server.kill()
        server.start()
        pool = reconnected(pool, server)
        get = pool.app.get_tokens_from_refresh_token
        assert error_of(get, RefreshToken=first, ClientId=pool.client).code == "RefreshTokenReuseException"


def reconnected(pool: UserPool, server: Server) -> UserPool:
    """The same pool, at the port that the server has by now."""
    again = object.__new__(UserPool)
    again.__dict__ = dict(pool.__dict__)
    from botocore import UNSIGNED

    again.admin = server.root.client("cognito-idp")
    again.app = server.root.client("cognito-idp", signature_version=UNSIGNED)
    return again


def test_keys_that_the_operator_rotates(cloud: Server, pool: UserPool) -> None:
    pool.create("ann")
    before = tokens(pool)["AccessToken"]
    old = {key["kid"] for key in document(cloud, pool.id, "jwks.json")["keys"]}

    def rotate(pool_id: str, *, signed: bool = True) -> int:
        path = f"/_gatehouse/user-pool-keys/rotate?pool={pool_id}"
        if not signed:
            return raw.send(cloud.port, raw.Request("POST", path, {"Host": f"127.0.0.1:{cloud.port}"})).status
        return raw.send(cloud.port, raw.signed("POST", path, b"", cloud.root, service="gatehouse")).status

    assert rotate(pool.id, signed=False) == 403 and rotate("us-east-1_unknown00") == 400
    assert rotate(pool.id) == 204
    new = {key["kid"] for key in document(cloud, pool.id, "jwks.json")["keys"]}
    assert old < new and len(new) == 4
    assert header(tokens(pool)["AccessToken"])["kid"] in new - old
    # What is there stays valid.
    assert pool.app.get_user(AccessToken=before)["Username"] == "ann"
