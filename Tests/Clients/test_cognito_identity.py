"""Identity pools: the pools themselves, and guests, whose credentials a role's trust policy decides on."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.organizations import NewOrganization
from harness.server import gatehouse
from harness.identity_pools import PROVIDER, anybody, claims_of, credentials, pool_trust

ISSUER = f"https://{PROVIDER}"
ID = re.compile(r"us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def pools(root: Identity) -> Any:
    return root.client("cognito-identity")


@pytest.fixture
def pool(pools: Any) -> str:
    made = pools.create_identity_pool(
        IdentityPoolName="guests", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True
    )
    return str(made["IdentityPoolId"])


@pytest.fixture
def guest_role(new_role: Callable[..., str], pools: Any, pool: str) -> str:
    """What guests of the pool get: more than the scope-down policy leaves of it."""
    role = new_role("guest", pool_trust(pool, "unauthenticated"), allow(["s3:*", "iam:*", "kms:*", "sts:*"]))
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
    return role


# Pools


def test_a_pool_from_the_cli(root: Identity) -> None:
    made = root.aws(
        "cognito-identity", "create-identity-pool", "--identity-pool-name", "first pool", "--no-allow-unauthenticated-identities",
        "--supported-login-providers", "graph.facebook.com=7346241598935552", "--developer-provider-name", "login.example",
        "--identity-pool-tags", "Team=blue",
    )  # fmt: skip
    assert ID.fullmatch(made["IdentityPoolId"])
    assert made == {
        "IdentityPoolId": made["IdentityPoolId"],
        "IdentityPoolName": "first pool",
        "AllowUnauthenticatedIdentities": False,
        "AllowClassicFlow": False,
        "SupportedLoginProviders": {"graph.facebook.com": "7346241598935552"},
        "DeveloperProviderName": "login.example",
        "IdentityPoolTags": {"Team": "blue"},
    }
    described = root.aws("cognito-identity", "describe-identity-pool", "--identity-pool-id", made["IdentityPoolId"])
    assert described == made
    listed = root.aws("cognito-identity list-identity-pools --max-results 5")
    assert listed["IdentityPools"] == [{"IdentityPoolId": made["IdentityPoolId"], "IdentityPoolName": "first pool"}]


def test_an_update_replaces_the_settings(pools: Any) -> None:
    made = pools.create_identity_pool(
        IdentityPoolName="one", AllowUnauthenticatedIdentities=True, SupportedLoginProviders={"accounts.google.com": "x"}
    )
    made.pop("ResponseMetadata")
    user_pool = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI", "ClientId": "client"}
    changed = pools.update_identity_pool(
        IdentityPoolId=made["IdentityPoolId"], IdentityPoolName="two", AllowUnauthenticatedIdentities=False,
        DeveloperProviderName="login.example", CognitoIdentityProviders=[user_pool],
    )  # fmt: skip
    assert "SupportedLoginProviders" not in changed
    assert changed["CognitoIdentityProviders"] == [user_pool | {"ServerSideTokenCheck": False}]
    # Identities are linked by the developer provider's name: it stays.
    error = error_of(
        pools.update_identity_pool, IdentityPoolId=made["IdentityPoolId"], IdentityPoolName="two",
        AllowUnauthenticatedIdentities=False, DeveloperProviderName="login.other",
    )  # fmt: skip
    assert error.code == "InvalidParameterException"


@pytest.mark.parametrize(
    "settings",
    [
        {"SupportedLoginProviders": {"login.example": "x"}},
        {"OpenIdConnectProviderARNs": ["arn:aws:iam::111122223333:saml-provider/x"]},
        {"SamlProviderARNs": ["arn:aws:iam::111122223333:oidc-provider/x.example"]},
        {"CognitoIdentityProviders": [{"ProviderName": "us-east-1_AbCdEfGhI", "ClientId": "client"}]},
        {"DeveloperProviderName": "accounts.google.com"},
        {"DeveloperProviderName": "x.example", "OpenIdConnectProviderARNs": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/x.example"]},
        {
            "OpenIdConnectProviderARNs": [
                f"arn:aws:iam::{ACCOUNT}:oidc-provider/x.example",
                "arn:aws:iam::999988887777:oidc-provider/x.example",
            ]
        },
        {
            "OpenIdConnectProviderARNs": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/accounts.google.com"],
            "SupportedLoginProviders": {"accounts.google.com": "app"},
        },
        {"IdentityPoolTags": {"aws:team": "blue"}},
    ],
    ids=lambda settings: "+".join(settings),
)
def test_settings_that_no_pool_can_have(pools: Any, settings: dict[str, Any]) -> None:
    error = error_of(
        pools.create_identity_pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True, **settings
    )
    assert (error.code, error.status) == ("InvalidParameterException", 400)
    assert pools.list_identity_pools(MaxResults=1)["IdentityPools"] == []


def test_there_are_as_many_pools_as_the_quota_says(tmp_path: Any) -> None:
    with Server("--quota", "IdentityPools=2") as server:
        pools = server.root.client("cognito-identity")
        for name in ("a", "b"):
            pools.create_identity_pool(IdentityPoolName=name, AllowUnauthenticatedIdentities=True)
        error = error_of(pools.create_identity_pool, IdentityPoolName="c", AllowUnauthenticatedIdentities=True)
        assert error.code == "LimitExceededException"


def test_pools_are_of_a_region(root: Identity, pools: Any, pool: str) -> None:
    elsewhere = root.client("cognito-identity", region="eu-west-1")
    assert elsewhere.list_identity_pools(MaxResults=5)["IdentityPools"] == []
    error = error_of(elsewhere.describe_identity_pool, IdentityPoolId=pool)
    assert (error.code, error.message) == ("ResourceNotFoundException", f"IdentityPool '{pool}' not found.")
    made = elsewhere.create_identity_pool(IdentityPoolName="x", AllowUnauthenticatedIdentities=True)
    assert made["IdentityPoolId"].startswith("eu-west-1:")


def test_tags(root: Identity, pools: Any, pool: str, new_user: Callable[..., Identity]) -> None:
    arn = f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"
    pools.tag_resource(ResourceArn=arn, Tags={"Team": "blue", "Cost": "7"})
    pools.untag_resource(ResourceArn=arn, TagKeys=["Cost"])
    assert pools.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"Team": "blue"}
    assert pools.describe_identity_pool(IdentityPoolId=pool)["IdentityPoolTags"] == {"Team": "blue"}
    of_team = allow("cognito-identity:DescribeIdentityPool", arn, Condition={"StringEquals": {"aws:ResourceTag/Team": "blue"}})
    alice = new_user("alice", of_team).client("cognito-identity")
    alice.describe_identity_pool(IdentityPoolId=pool)
    pools.tag_resource(ResourceArn=arn, Tags={"Team": "red"})
    assert error_of(alice.describe_identity_pool, IdentityPoolId=pool).code == "AccessDeniedException"
    error = error_of(pools.tag_resource, ResourceArn=arn, Tags={f"k{n}": "v" for n in range(51)})
    assert error.code == "InvalidParameterException"


def test_a_pool_that_is_deleted_takes_its_identities_along(cloud: Server, pools: Any, pool: str, guest_role: str) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    pools.delete_identity_pool(IdentityPoolId=pool)
    assert error_of(nobody.get_id, IdentityPoolId=pool).code == "ResourceNotFoundException"
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity)
    assert (error.code, error.message) == ("ResourceNotFoundException", f"Identity '{identity}' not found.")
    # Nor does a token count that it has issued.
    sts = Identity(cloud.url, "none", "none").sts
    error = error_of(
        sts.assume_role_with_web_identity, RoleArn=guest_role, RoleSessionName="app", WebIdentityToken=token
    )
    assert error.code == "InvalidIdentityToken"


# Roles


def test_roles_are_set_by_who_may_pass_them_on(
    root: Identity, pools: Any, pool: str, new_role: Callable[..., str], new_user: Callable[..., Identity]
) -> None:
    role = new_role("guest", pool_trust(pool, "unauthenticated"))
    other = new_role("other", pool_trust(pool, "unauthenticated"))
    only = {"StringEquals": {"iam:PassedToService": PROVIDER}}
    alice = new_user("alice", allow("cognito-identity:*"), allow("iam:PassRole", role, Condition=only)).client("cognito-identity")
    alice.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
    error = error_of(alice.set_identity_pool_roles, IdentityPoolId=pool, Roles={"unauthenticated": other})
    assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Role '{other}' is forbidden.")
    roles = pools.get_identity_pool_roles(IdentityPoolId=pool)
    assert roles["Roles"] == {"unauthenticated": role} and "RoleMappings" not in roles
    # A role that rules lead to is passed on, too.
    pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={"accounts.google.com": "app"},
    )  # fmt: skip
    rule = {"Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": other}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    request = {"IdentityPoolId": pool, "Roles": {}, "RoleMappings": {"accounts.google.com": mapping}}
    assert error_of(alice.set_identity_pool_roles, **request).code == "NotAuthorizedException"
    pools.set_identity_pool_roles(**request)
    assert pools.get_identity_pool_roles(IdentityPoolId=pool)["RoleMappings"] == request["RoleMappings"]


def test_mappings_that_can_not_be(pools: Any, pool: str, new_role: Callable[..., str]) -> None:
    role = new_role("mapped", pool_trust(pool, "authenticated"))
    pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={"accounts.google.com": "app"},
    )  # fmt: skip
    rule = {"Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": role}

    def refused(name: str, **mapping: Any) -> str:
        error = error_of(pools.set_identity_pool_roles, IdentityPoolId=pool, Roles={}, RoleMappings={name: mapping})
        assert error.code == "InvalidParameterException", error
        return error.message

    rules = {"Rules": [rule]}
    message = refused("graph.facebook.com", Type="Rules", AmbiguousRoleResolution="Deny", RulesConfiguration=rules)
    assert message == "graph.facebook.com is not a valid RoleMapping ProviderName or is not a configured provider."
    refused("accounts.google.com", Type="Rules", RulesConfiguration=rules)
    refused("accounts.google.com", Type="Rules", AmbiguousRoleResolution="Deny")
    refused("accounts.google.com", Type="Rules", AmbiguousRoleResolution="Deny", RulesConfiguration={"Rules": [rule] * 26})
    assert "RoleMappings" not in pools.get_identity_pool_roles(IdentityPoolId=pool)


# Guests


def test_a_guest_gets_credentials(
    cloud: Server, root: Identity, pool: str, guest_role: str, trail: Trail
) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    assert ID.fullmatch(identity)
    answer = nobody.get_credentials_for_identity(IdentityId=identity)
    assert answer["IdentityId"] == identity
    guest = credentials(cloud, answer)
    arn = guest.sts.get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/guest/CognitoIdentityCredentials"
    assert 3500 <= answer["Credentials"]["Expiration"].timestamp() - time.time() <= 3601
    # What stands in the history is STS's: the pool has asked for the role with its own token.
    record = trail.named("AssumeRoleWithWebIdentity")
    assert record["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{PROVIDER}:{pool}:{identity}",
        "userName": identity,
        "identityProvider": PROVIDER,
    }
    assert record["sourceIPAddress"] == PROVIDER
    assert answer["Credentials"]["SecretKey"] not in json.dumps(record)
    # Two guests are two.
    assert nobody.get_id(IdentityPoolId=pool)["IdentityId"] != identity


def test_the_scope_down_policy_binds_guests(
    cloud: Server, root: Identity, pool: str, guest_role: str
) -> None:
    root.client("s3").create_bucket(Bucket="guests-of-mine")
    root.client("s3").put_object(Bucket="guests-of-mine", Key="hello", Body=b"hello")
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    guest = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity))
    # Of the role's permissions those are left that AWS lets guests have: S3's by the inline policy, some of KMS's by the managed.
    assert guest.client("s3").get_object(Bucket="guests-of-mine", Key="hello")["Body"].read() == b"hello"
    guest.client("kms").encrypt(KeyId=key, Plaintext=b"x")
    for call in (guest.iam.list_users, guest.client("kms").list_keys, guest.sts.get_session_token):
        error = error_of(call)
        assert error.code in ("AccessDenied", "AccessDeniedException"), error
    assert error_of(guest.iam.list_users).message.endswith(
        "because no session policy allows the iam:ListUsers action"
    )
    # The basic flow leaves it to the application: there nothing narrows the role.
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    basic = Identity.of_session(cloud.url, assume(cloud, guest_role, token)["Credentials"])
    basic.iam.list_users()


def assume(cloud: Server, role: str, token: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = Identity(cloud.url, "none", "none").sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="app", WebIdentityToken=token, **more
    )
    return answer


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "us-east-1:00000000-0000-4000-8000-000000000000"},
        {"kind": "authenticated"},
        {"sub": "us-east-1:00000000-0000-4000-8000-000000000000"},
    ],
    ids=["aud", "amr", "sub"],
)
def test_the_trust_policy_decides(
    cloud: Server, root: Identity, pool: str, guest_role: str, wrong: dict[str, str]
) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    document = pool_trust(wrong.pop("aud", pool), wrong.pop("kind", "unauthenticated"), **wrong)
    root.iam.update_assume_role_policy(RoleName="guest", PolicyDocument=document)
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity)
    assert error.code == "InvalidIdentityPoolConfigurationException"
    assert error.message == "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    error = error_of(assume, cloud=cloud, role=guest_role, token=token)
    assert (error.code, error.message) == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    root.iam.update_assume_role_policy(RoleName="guest", PolicyDocument=pool_trust(pool, "unauthenticated", sub=identity))
    nobody.get_credentials_for_identity(IdentityId=identity)
    assume(cloud, guest_role, token)


def test_a_pool_without_guests_or_roles(cloud: Server, pools: Any, pool: str, guest_role: str) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={})
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity)
    assert error.code == "InvalidIdentityPoolConfigurationException"
    # A guest can't ask for a role.
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, CustomRoleArn=guest_role)
    assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Role '{guest_role}' is forbidden.")
    pools.update_identity_pool(IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=False)
    for call, parameters in (
        (nobody.get_id, {"IdentityPoolId": pool}),
        (nobody.get_credentials_for_identity, {"IdentityId": identity}),
    ):
        error = error_of(call, **parameters)
        assert error.code == "NotAuthorizedException"
        assert error.message == "Unauthenticated access is not supported for this identity pool."


def test_a_pool_has_no_role_of_another_account(pools: Any, pool: str, guest_role: str) -> None:
    other = guest_role.replace(ACCOUNT, "444455556666")
    error = error_of(pools.set_identity_pool_roles, IdentityPoolId=pool, Roles={"unauthenticated": other})
    assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Role '{other}' is forbidden.")


def test_who_is_unknown(cloud: Server, pool: str, guest_role: str) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    # Of the same pool by its beginning, but nobody's.
    for unknown in (identity[:-1] + ("0" if identity[-1] != "0" else "1"), "us-east-1:0", "x:-"):
        error = error_of(nobody.get_credentials_for_identity, IdentityId=unknown)
        assert (error.code, error.message) == ("ResourceNotFoundException", f"Identity '{unknown}' not found.")


# Tokens


def test_a_token_is_verified_by_the_keys_that_are_published(cloud: Server, pool: str, guest_role: str) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    answer = nobody.get_open_id_token(IdentityId=identity)
    assert answer["IdentityId"] == identity
    token = answer["Token"]
    status, text = cloud.get("/.well-known/openid-configuration")
    discovery = json.loads(text)
    assert status == 200 and discovery["issuer"] == ISSUER
    assert discovery["jwks_uri"] == f"{cloud.url}/.well-known/jwks_uri"
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key.key, algorithms=["RS256"], audience=pool, issuer=ISSUER)
    arn = f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"
    assert claims == {
        "iss": ISSUER, "aud": pool, "sub": identity, "amr": ["unauthenticated"], "iat": claims["iat"],
        "exp": claims["iat"] + 600, f"{ISSUER}/identity-pool-arn": arn,
    }  # fmt: skip
    session = assume(cloud, guest_role, token, DurationSeconds=900)
    assert session["Provider"] == PROVIDER
    assert session["Audience"] == pool
    assert session["SubjectFromWebIdentityToken"] == identity
    assert "/.well-known/" not in json.dumps(cloud.get("/.well-known/jwks_uri.json")[1])


def test_a_token_that_is_not_ours(cloud: Server, pool: str, guest_role: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    claims, header = claims_of(token), jwt.get_unverified_header(token)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        jwt.encode(claims, other, algorithm="RS256", headers={"kid": header["kid"]}),
        jwt.encode(claims, "secret" * 8, algorithm="HS256", headers={"kid": header["kid"]}),
        jwt.encode(claims, None, algorithm="none"),
        ".".join([*token.split(".")[:2], "AAAA"]),
    ]
    for text in forged:
        error = error_of(assume, cloud=cloud, role=guest_role, token=text)
        assert error.code == "InvalidIdentityToken", (text, error)


def test_the_basic_flow_is_for_pools_that_allow_it(cloud: Server, pools: Any, pool: str, guest_role: str) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    pools.update_identity_pool(IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True)
    error = error_of(nobody.get_open_id_token, IdentityId=identity)
    assert error.code == "InvalidParameterException"
    assert error.message == "Basic (classic) flow is not enabled, please use enhanced flow."


# Identities


def test_identities_are_listed_described_and_deleted(
    cloud: Server, root: Identity, pools: Any, pool: str, guest_role: str, new_user: Callable[..., Identity]
) -> None:
    nobody = anybody(cloud)
    made = sorted(nobody.get_id(IdentityPoolId=pool)["IdentityId"] for _ in range(5))
    found: list[str] = []
    request: dict[str, Any] = {"IdentityPoolId": pool, "MaxResults": 2}
    while True:
        page = pools.list_identities(**request)
        assert len(page["Identities"]) <= 2 and page["IdentityPoolId"] == pool
        found += [one["IdentityId"] for one in page["Identities"]]
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert found == made
    described = pools.describe_identity(IdentityId=made[0])
    assert described["IdentityId"] == made[0] and "Logins" not in described
    assert described["CreationDate"] == described["LastModifiedDate"]
    foreign = "us-east-1:ffffffff-0000-4000-8000-000000000000"
    gone = pools.delete_identities(IdentityIdsToDelete=[*made[:2], foreign])
    assert gone["UnprocessedIdentityIds"] == [{"IdentityId": foreign, "ErrorCode": "AccessDenied"}]
    assert error_of(nobody.get_credentials_for_identity, IdentityId=made[0]).code == "ResourceNotFoundException"
    assert error_of(pools.describe_identity, IdentityId=made[1]).code == "ResourceNotFoundException"
    # The policy names the pool by a condition key: the action has no resources.
    arn = f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"
    condition = {"ArnEquals": {"cognito-identity:IdentityPoolArn": arn}}
    alice = new_user("alice", allow("cognito-identity:DescribeIdentity", Condition=condition)).client("cognito-identity")
    alice.describe_identity(IdentityId=made[2])
    assert error_of(alice.describe_identity, IdentityId=foreign).code == "AccessDeniedException"


# Who may


def test_resource_control_policies_bind_guests(cloud: Server, root: Identity) -> None:
    """https://github.com/aws-samples/resource-control-policy-examples has such a policy."""
    organization = NewOrganization(cloud)
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="RESOURCE_CONTROL_POLICY")
    member = organization.member("m")
    pools = member.user("admin", allow("*")).client("cognito-identity")
    pool = pools.create_identity_pool(IdentityPoolName="m", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
    nobody = anybody(cloud)
    nobody.get_id(IdentityPoolId=pool)
    statement = deny(
        ["cognito-identity:GetId", "cognito-identity:GetCredentialsForIdentity"],
        Principal="*", Condition={"StringLike": {"cognito-identity-unauth:IdentityPoolArn": "*"}},
    )  # fmt: skip
    organization.attach(organization.policy(policy(statement), "RESOURCE_CONTROL_POLICY"), member.account)
    error = error_of(nobody.get_id, IdentityPoolId=pool)
    assert error.code in ("AccessDenied", "AccessDeniedException")
    assert "explicit deny in a resource control policy" in error.message


def test_credentials_of_a_pool_are_of_no_use_for_pools(
    cloud: Server, root: Identity, pool: str, guest_role: str
) -> None:
    root.iam.put_role_policy(RoleName="guest", PolicyName="more", PolicyDocument=policy(allow("cognito-identity:*")))
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    guest = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity)).client("cognito-identity")
    for call, parameters in ((guest.list_identity_pools, {"MaxResults": 1}), (guest.delete_identity_pool, {"IdentityPoolId": pool})):
        assert error_of(call, **parameters).code == "AccessDeniedException"
    # Those that need no signature ask nobody for one.
    guest.get_id(IdentityPoolId=pool)


def test_the_basic_flow_reaches_another_account(cloud: Server, root: Identity, pool: str) -> None:
    """Where its role trusts the pool; the pool itself asks for its own account's roles alone."""
    organization = NewOrganization(cloud)
    member = organization.member("m")
    document = pool_trust(pool, "unauthenticated")
    role = member.admin.iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    session = Identity.of_session(cloud.url, assume(cloud, role, token)["Credentials"])
    assert session.sts.get_caller_identity()["Account"] == member.account
    member.admin.iam.update_assume_role_policy(
        RoleName="visitor", PolicyDocument=pool_trust("us-east-1:00000000-0000-4000-8000-000000000000", "unauthenticated")
    )
    assert error_of(assume, cloud=cloud, role=role, token=token).code == "AccessDenied"
    # Who lets everybody in does not mean everybody's pools; those of the own account are let in.
    everybody = trust("*", "sts:AssumeRoleWithWebIdentity")
    member.admin.iam.update_assume_role_policy(RoleName="visitor", PolicyDocument=everybody)
    assert error_of(assume, cloud=cloud, role=role, token=token).code == "AccessDenied"
    # Nor by a statement about the audience that does not bind whom the first lets in.
    aud = f"{PROVIDER}:aud"
    first = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}
    for other in (
        {"Effect": "Deny", "Condition": {"StringEquals": {aud: "x"}}},
        {"Condition": {"StringEquals": {aud: pool}}},
        {"Action": "sts:AssumeRole", "Condition": {"StringEquals": {aud: pool}}},
    ):
        member.admin.iam.update_assume_role_policy(RoleName="visitor", PolicyDocument=policy(first, first | other))
        assert error_of(assume, cloud=cloud, role=role, token=token).code == "AccessDenied"
    for condition, may in (
        ({"StringEqualsIfExists": {aud: pool}}, False),
        ({"StringNotEquals": {aud: "x"}}, False),
        ({"StringLike": {aud: "*"}}, False),
        ({"ForAnyValue:StringLike": {aud: pool}}, True),
    ):
        binding = trust("*", "sts:AssumeRoleWithWebIdentity", Condition=condition)
        member.admin.iam.update_assume_role_policy(RoleName="visitor", PolicyDocument=binding)
        if may:
            assume(cloud, role, token)
        else:
            assert error_of(assume, cloud=cloud, role=role, token=token).code == "AccessDenied"
    root.iam.create_role(RoleName="open", AssumeRolePolicyDocument=everybody)
    assume(cloud, f"arn:aws:iam::{ACCOUNT}:role/open", token)


@pytest.mark.parametrize("condition", [{}, {"ForAnyValue:StringLike": {f"{PROVIDER}:amr": "authenticated"}}])
def test_who_trusts_identity_pools_says_which(root: Identity, condition: dict[str, Any]) -> None:
    document = trust({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    error = error_of(root.iam.create_role, RoleName="all", AssumeRolePolicyDocument=document)
    assert error.code == "MalformedPolicyDocument" and f"{PROVIDER}:aud" in error.message


def test_events_tell_whose_credentials_they_were(
    cloud: Server, root: Identity, pool: str, guest_role: str, trail: Trail
) -> None:
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    guest = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity))
    record = trail.of(error_of(guest.iam.list_users))
    assert record["userIdentity"]["sessionContext"]["webIdFederationData"] == {
        "federatedProvider": PROVIDER,
        "attributes": {
            f"{PROVIDER}:amr": '["unauthenticated"]',
            f"{PROVIDER}:aud": pool,
            f"{PROVIDER}:sub": identity,
        },
    }


def test_what_is_kept_outlives_a_restart(durable: Callable[..., Server]) -> None:
    server = durable().start()
    pools = server.root.client("cognito-identity")
    pool = pools.create_identity_pool(
        IdentityPoolName="x", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True
    )["IdentityPoolId"]
    document = pool_trust(pool, "unauthenticated")
    role = server.root.iam.create_role(RoleName="guest", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
    nobody = anybody(server)
    identity = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    token = nobody.get_open_id_token(IdentityId=identity)["Token"]
    server.restart()
    nobody = anybody(server)
    nobody.get_credentials_for_identity(IdentityId=identity)
    # The keys are the same as well.
    assume(server, role, token)
    server.stop()
    done = gatehouse("verify", "--data", str(server.data))
    assert done.returncode == 0, done.stdout + done.stderr
