"""Identity pools: users that an application's own server has signed in."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.identity_pools import PROVIDER, anybody, claims_of, credentials, pool_trust

DEVELOPER = "login.mycompany.myapp"


@pytest.fixture
def pools(root: Identity) -> Any:
    return root.client("cognito-identity")


@pytest.fixture
def pool(pools: Any) -> str:
    made = pools.create_identity_pool(
        IdentityPoolName="users", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True, DeveloperProviderName=DEVELOPER
    )
    return str(made["IdentityPoolId"])


@pytest.fixture
def role(new_role: Callable[..., str], pools: Any, pool: str) -> str:
    role = new_role("user", pool_trust(pool, DEVELOPER, "sts:TagSession"), allow("iam:ListUsers"))
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    return role


def signed_in(pools: Any, pool: str, user: str, **more: Any) -> tuple[str, str]:
    """The identity and the token that the application's server gets for a user."""
    answer = pools.get_open_id_token_for_developer_identity(IdentityPoolId=pool, Logins={DEVELOPER: user}, **more)
    return answer["IdentityId"], answer["Token"]


def test_a_user_whom_the_application_vouches_for(cloud: Server, pools: Any, pool: str, role: str) -> None:
    identity, token = signed_in(pools, pool, "ann")
    claims = claims_of(token)
    assert (claims["sub"], claims["aud"]) == (identity, pool)
    assert claims["amr"] == ["authenticated", DEVELOPER, f"{DEVELOPER}:{pool}:ann"]
    assert claims["exp"] - claims["iat"] == 900
    assert signed_in(pools, pool, "ann", TokenDuration=60)[0] == identity
    assert signed_in(pools, pool, "bob")[0] != identity
    # The enhanced flow, with the pool's own token.
    nobody = anybody(cloud)
    answer = nobody.get_credentials_for_identity(IdentityId=identity, Logins={PROVIDER: token})
    user = credentials(cloud, answer)
    assert user.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/user/CognitoIdentityCredentials"
    user.iam.list_users()
    # The basic flow: the same token, shown to STS.
    assumed = Identity(cloud.url, "none", "none").sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="app", WebIdentityToken=token
    )
    assert assumed["SubjectFromWebIdentityToken"] == identity
    assert pools.describe_identity(IdentityId=identity)["Logins"] == [DEVELOPER]


def test_tokens_are_of_one_identity_and_one_pool(cloud: Server, pools: Any, pool: str, role: str) -> None:
    nobody = anybody(cloud)
    ann, token = signed_in(pools, pool, "ann")
    bob, _ = signed_in(pools, pool, "bob")
    other = pools.create_identity_pool(
        IdentityPoolName="other", AllowUnauthenticatedIdentities=False, DeveloperProviderName=DEVELOPER
    )["IdentityPoolId"]
    pools.set_identity_pool_roles(IdentityPoolId=other, Roles={"authenticated": role})
    eve, foreign = signed_in(pools, other, "ann")

    def refused(identity: str, logins: dict[str, str]) -> str:
        error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
        assert error.code == "NotAuthorizedException"
        return error.message

    assert refused(bob, {PROVIDER: token}).startswith("Logins don't match.")
    assert refused(ann, {PROVIDER: foreign}) == "Invalid login token. Incorrect token audience."
    assert refused(eve, {PROVIDER: token}) == "Invalid login token. Incorrect token audience."
    assert refused(ann, {PROVIDER: token[:-8] + "AAAAAAAA"}) == "Invalid login token. Couldn't verify signed token."
    # The user's name alone proves nothing: anybody could say it.
    assert refused(ann, {DEVELOPER: "ann"}) == "Token is not from a supported provider of this identity pool."
    error = error_of(nobody.get_id, IdentityPoolId=pool, Logins={DEVELOPER: "ann"})
    assert error.message == "Token is not from a supported provider of this identity pool."
    assert refused(ann, {}) == f"Access to Identity '{ann}' is forbidden."
    # The other pool's token is of no use for a role that trusts this one.
    sts = Identity(cloud.url, "none", "none").sts
    error = error_of(sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="app", WebIdentityToken=foreign)
    assert error.code == "AccessDenied"
    _, short = signed_in(pools, pool, "ann", TokenDuration=1)
    time.sleep(1.2)
    assert refused(ann, {PROVIDER: short}).startswith("Invalid login token. Token expired: ")
    error = error_of(sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="app", WebIdentityToken=short)
    assert error.code == "ExpiredTokenException"


def test_a_guests_token_vouches_for_nobody(
    cloud: Server, root: Identity, pools: Any, pool: str, role: str, new_role: Callable[..., str]
) -> None:
    guest_role = new_role("guest", pool_trust(pool, "unauthenticated"))
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role, "unauthenticated": guest_role})
    nobody = anybody(cloud)
    guest = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=guest)["Token"]
    assert claims_of(token)["amr"] == ["unauthenticated"]
    error = error_of(nobody.get_credentials_for_identity, IdentityId=guest, Logins={PROVIDER: token})
    assert (error.code, error.message) == (
        "NotAuthorizedException",
        "Token is not from a supported provider of this identity pool.",
    )
    # The same identity, once the application's server vouches for it.
    identity, token = signed_in(pools, pool, "ann", IdentityId=guest)
    assert identity == guest
    nobody.get_credentials_for_identity(IdentityId=guest, Logins={PROVIDER: token})


def test_a_token_lasts_no_longer_than_its_user(cloud: Server, pools: Any, pool: str, role: str) -> None:
    nobody = anybody(cloud)

    def refused(identity: str, token: str) -> tuple[str, str]:
        error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins={PROVIDER: token})
        return error.code, error.message

    ann, token = signed_in(pools, pool, "ann")
    nobody.get_credentials_for_identity(IdentityId=ann, Logins={PROVIDER: token})
    # Another user of the same identity's does not keep it.
    signed_in(pools, pool, "ann@example.com", IdentityId=ann)
    pools.unlink_developer_identity(
        IdentityPoolId=pool, IdentityId=ann, DeveloperProviderName=DEVELOPER, DeveloperUserIdentifier="ann"
    )
    code, message = refused(ann, token)
    assert code == "NotAuthorizedException" and message.startswith("Logins don't match.")
    bob, token = signed_in(pools, pool, "bob")
    eve, _ = signed_in(pools, pool, "eve")
    pools.merge_developer_identities(
        IdentityPoolId=pool, DeveloperProviderName=DEVELOPER, SourceUserIdentifier="bob", DestinationUserIdentifier="eve"
    )
    assert refused(bob, token) == ("NotAuthorizedException", f"Access to Identity '{bob}' is forbidden.")
    _, token = signed_in(pools, pool, "eve")
    pools.delete_identities(IdentityIdsToDelete=[eve])
    assert refused(eve, token) == ("ResourceNotFoundException", f"Identity '{eve}' not found.")


def test_what_was_given_out_lasts_at_sts(cloud: Server, pools: Any, pool: str, role: str) -> None:
    """A token is good for as long as it says, whatever becomes of its user: as AWS warns those who ask for one."""
    sts = Identity(cloud.url, "none", "none").sts

    def assume(token: str) -> Any:
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="app", WebIdentityToken=token)

    ann, token = signed_in(pools, pool, "ann", TokenDuration=120)
    pools.unlink_developer_identity(
        IdentityPoolId=pool, IdentityId=ann, DeveloperProviderName=DEVELOPER, DeveloperUserIdentifier="ann"
    )
    pools.delete_identities(IdentityIdsToDelete=[ann])
    assert assume(token)["SubjectFromWebIdentityToken"] == ann
    cloud.advance(121)
    assert error_of(assume, token).code == "ExpiredTokenException"
    # Who wants to have it end before deletes the pool, or changes the role's trust.
    _, token = signed_in(pools, pool, "bob")
    pools.delete_identity_pool(IdentityPoolId=pool)
    assert error_of(assume, token).code == "InvalidIdentityToken"


def test_identities_that_are_not_shown_do_not_fill_pages(cloud: Server, pools: Any, pool: str) -> None:
    bob, _ = signed_in(pools, pool, "bob")
    request = {"IdentityPoolId": pool, "DeveloperProviderName": DEVELOPER}
    for number in range(40):
        signed_in(pools, pool, f"user-{number}")
        pools.merge_developer_identities(
            **request, SourceUserIdentifier=f"user-{number}", DestinationUserIdentifier="bob"
        )
        pools.unlink_developer_identity(**request, IdentityId=bob, DeveloperUserIdentifier=f"user-{number}")
    found, pages = [], 0
    more: dict[str, str] = {}
    while True:
        page = pools.list_identities(IdentityPoolId=pool, MaxResults=1, HideDisabled=True, **more)
        found += [one["IdentityId"] for one in page["Identities"]]
        pages += 1
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert found == [bob] and pages > 1


def test_the_application_gives_tags(cloud: Server, root: Identity, pools: Any, pool: str, role: str) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/Plan": "gold"}}
    statement = {"Version": "2012-10-17", "Statement": [allow("iam:ListRoles", Condition=condition)]}
    root.iam.put_role_policy(RoleName="user", PolicyName="own", PolicyDocument=json.dumps(statement))
    nobody = anybody(cloud)
    for plan, may in (("gold", True), ("free", False)):
        identity, token = signed_in(pools, pool, "ann", PrincipalTags={"Plan": plan})
        user = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins={PROVIDER: token}))
        if may:
            user.iam.list_roles()
        else:
            assert error_of(user.iam.list_roles).code == "AccessDenied"


def test_users_are_linked_to_an_identity(cloud: Server, pools: Any, pool: str, role: str) -> None:
    guest = anybody(cloud).get_id(IdentityPoolId=pool)["IdentityId"]
    assert signed_in(pools, pool, "ann", IdentityId=guest)[0] == guest
    assert signed_in(pools, pool, "ann")[0] == guest
    # A second name of the same user's.
    assert signed_in(pools, pool, "ann@example.com", IdentityId=guest)[0] == guest
    other, _ = signed_in(pools, pool, "bob")
    error = error_of(
        pools.get_open_id_token_for_developer_identity, IdentityPoolId=pool, IdentityId=guest, Logins={DEVELOPER: "bob"}
    )
    assert error.code == "DeveloperUserAlreadyRegisteredException"
    error = error_of(pools.get_open_id_token_for_developer_identity, IdentityPoolId=pool, Logins={"login.other": "ann"})
    assert error.code == "InvalidParameterException"

    lookup = pools.lookup_developer_identity
    found = lookup(IdentityPoolId=pool, IdentityId=guest)
    assert found["DeveloperUserIdentifierList"] == ["ann", "ann@example.com"]
    page = lookup(IdentityPoolId=pool, IdentityId=guest, MaxResults=1)
    assert page["DeveloperUserIdentifierList"] == ["ann"]
    page = lookup(IdentityPoolId=pool, IdentityId=guest, MaxResults=1, NextToken=page["NextToken"])
    assert page["DeveloperUserIdentifierList"] == ["ann@example.com"] and "NextToken" not in page
    found = lookup(IdentityPoolId=pool, DeveloperUserIdentifier="ann@example.com")
    assert (found["IdentityId"], found["DeveloperUserIdentifierList"]) == (guest, ["ann@example.com"])
    error = error_of(lookup, IdentityPoolId=pool, IdentityId=other, DeveloperUserIdentifier="ann")
    assert error.code == "ResourceConflictException"
    assert error_of(lookup, IdentityPoolId=pool).code == "InvalidParameterException"
    assert error_of(lookup, IdentityPoolId=pool, DeveloperUserIdentifier="eve").code == "ResourceNotFoundException"

    request = {"IdentityPoolId": pool, "IdentityId": guest, "DeveloperProviderName": DEVELOPER}
    pools.unlink_developer_identity(**request, DeveloperUserIdentifier="ann")
    assert error_of(pools.unlink_developer_identity, **request, DeveloperUserIdentifier="ann").code == "ResourceConflictException"
    assert lookup(IdentityPoolId=pool, IdentityId=guest)["DeveloperUserIdentifierList"] == ["ann@example.com"]
    assert signed_in(pools, pool, "ann")[0] != guest


def test_two_users_are_merged(cloud: Server, pools: Any, pool: str, role: str) -> None:
    ann, token = signed_in(pools, pool, "ann")
    bob, _ = signed_in(pools, pool, "bob")
    request = {"IdentityPoolId": pool, "DeveloperProviderName": DEVELOPER}
    merged = pools.merge_developer_identities(**request, SourceUserIdentifier="ann", DestinationUserIdentifier="bob")
    assert merged["IdentityId"] == bob
    assert signed_in(pools, pool, "ann")[0] == bob == signed_in(pools, pool, "bob")[0]
    enabled = pools.list_identities(IdentityPoolId=pool, MaxResults=10, HideDisabled=True)["Identities"]
    assert [one["IdentityId"] for one in enabled] == [bob]
    # Merged once, they are one; and there is nothing more to merge.
    again = pools.merge_developer_identities(**request, SourceUserIdentifier="ann", DestinationUserIdentifier="bob")
    assert again["IdentityId"] == bob
    error = error_of(
        pools.merge_developer_identities, **request, SourceUserIdentifier="eve", DestinationUserIdentifier="bob"
    )
    assert error.code == "ResourceNotFoundException"
    error = error_of(
        pools.merge_developer_identities, IdentityPoolId=pool, DeveloperProviderName="login.other",
        SourceUserIdentifier="ann", DestinationUserIdentifier="bob",
    )  # fmt: skip
    assert error.code == "InvalidParameterException"


def test_an_identity_has_twenty_logins_at_most(pools: Any, pool: str) -> None:
    identity, _ = signed_in(pools, pool, "user-0")
    for number in range(1, 20):
        signed_in(pools, pool, f"user-{number}", IdentityId=identity)
    error = error_of(
        pools.get_open_id_token_for_developer_identity, IdentityPoolId=pool, IdentityId=identity,
        Logins={DEVELOPER: "user-20"},
    )  # fmt: skip
    assert error.code == "ResourceConflictException"
    found = pools.lookup_developer_identity(IdentityPoolId=pool, IdentityId=identity, MaxResults=60)
    assert len(found["DeveloperUserIdentifierList"]) == 20


def test_it_is_the_applications_server_alone_that_may(
    pools: Any, pool: str, new_user: Callable[..., Identity]
) -> None:
    arn = f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"
    backend = new_user("backend", allow("cognito-identity:GetOpenIdTokenForDeveloperIdentity", arn)).client("cognito-identity")
    signed_in(backend, pool, "ann")
    other = pools.create_identity_pool(
        IdentityPoolName="other", AllowUnauthenticatedIdentities=False, DeveloperProviderName=DEVELOPER
    )["IdentityPoolId"]
    error = error_of(
        backend.get_open_id_token_for_developer_identity, IdentityPoolId=other, Logins={DEVELOPER: "ann"}
    )
    assert error.code == "AccessDeniedException"
