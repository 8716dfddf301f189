"""Identity pools: users of user pools, and the roles that their groups have."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.identity_pools import anybody, claims_of, credentials, pool_trust

PASSWORD = "Correct-Horse-7"
UNSUPPORTED = "Token is not from a supported provider of this identity pool."


class UserPool:
    """A user pool with a client and a user, ann."""

    def __init__(self, root: Identity, name: str):
        self.api = root.client("cognito-idp")
        self.id = self.api.create_user_pool(PoolName=name)["UserPool"]["Id"]
        self.client = self.new_client("app")
        self.provider = f"cognito-idp.us-east-1.amazonaws.com/{self.id}"
        self.new_user("ann")

    def new_client(self, name: str) -> str:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self.api.create_user_pool_client(UserPoolId=self.id, ClientName=name, ExplicitAuthFlows=flows)
        return str(made["UserPoolClient"]["ClientId"])

    def new_user(self, name: str, **attributes: str) -> None:
        given = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.api.admin_create_user(
            UserPoolId=self.id, Username=name, MessageAction="SUPPRESS", UserAttributes=given
        )
        self.api.admin_set_user_password(UserPoolId=self.id, Username=name, Password=PASSWORD, Permanent=True)

    def tokens(self, user: str = "ann", client: str | None = None) -> dict[str, str]:
        answer = self.api.initiate_auth(
            ClientId=client or self.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": PASSWORD},
        )  # fmt: skip
        return dict(answer["AuthenticationResult"])

    def logins(self, user: str = "ann", client: str | None = None) -> dict[str, str]:
        return {self.provider: self.tokens(user, client)["IdToken"]}


@pytest.fixture
def users(root: Identity) -> UserPool:
    return UserPool(root, "users")


@pytest.fixture
def pools(root: Identity) -> Any:
    return root.client("cognito-identity")


@pytest.fixture
def pool(pools: Any, users: UserPool) -> str:
    made = pools.create_identity_pool(
        IdentityPoolName="users", AllowUnauthenticatedIdentities=False, AllowClassicFlow=True,
        CognitoIdentityProviders=[{"ProviderName": users.provider, "ClientId": users.client, "ServerSideTokenCheck": True}],
    )  # fmt: skip
    return str(made["IdentityPoolId"])


@pytest.fixture
def role(new_role: Callable[..., str], pools: Any, pool: str) -> str:
    role = new_role("user", pool_trust(pool, "authenticated", "sts:TagSession"), allow("iam:ListUsers"))
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    return role


def role_of(cloud: Server, answer: dict[str, Any]) -> str:
    return str(credentials(cloud, answer).sts.get_caller_identity()["Arn"]).split("/")[1]


def test_a_user_gets_credentials(cloud: Server, pool: str, role: str, users: UserPool, pools: Any) -> None:
    nobody = anybody(cloud)
    logins = users.logins()
    sub = claims_of(logins[users.provider])["sub"]
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    assert nobody.get_id(IdentityPoolId=pool, Logins=users.logins())["IdentityId"] == identity
    answer = nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    user = credentials(cloud, answer)
    assert user.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/user/CognitoIdentityCredentials"
    user.iam.list_users()
    token = nobody.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    assert claims_of(token)["amr"] == ["authenticated", users.provider, f"{users.provider}:CognitoSignIn:{sub}"]
    assumed = Identity(cloud.url, "none", "none").sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="app", WebIdentityToken=token
    )
    assert assumed["SubjectFromWebIdentityToken"] == identity
    assert pools.describe_identity(IdentityId=identity)["Logins"] == [users.provider]


def test_boto_and_the_cli_get_along_without_credentials(
    cloud: Server, root: Identity, pool: str, role: str, users: UserPool
) -> None:
    """The CLI sends such requests without a signature, whatever credentials it has."""
    token = users.logins()[users.provider]
    identity = root.aws("cognito-identity", "get-id", "--identity-pool-id", pool, "--logins", f"{users.provider}={token}")
    answer = root.aws(
        "cognito-identity", "get-credentials-for-identity", "--identity-id", identity["IdentityId"],
        "--logins", f"{users.provider}={token}",
    )  # fmt: skip
    assert set(answer["Credentials"]) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}


def test_tokens_of_other_uses_clients_and_pools(
    cloud: Server, root: Identity, pool: str, role: str, users: UserPool
) -> None:
    nobody = anybody(cloud)
    tokens = users.tokens()
    other = UserPool(root, "other")
    identity = nobody.get_id(IdentityPoolId=pool, Logins={users.provider: tokens["IdToken"]})["IdentityId"]

    def refused(token: str, provider: str | None = None) -> str:
        logins = {provider or users.provider: token}
        messages = set()
        for call, parameters in (
            (nobody.get_id, {"IdentityPoolId": pool}),
            (nobody.get_credentials_for_identity, {"IdentityId": identity}),
        ):
            error = error_of(call, Logins=logins, **parameters)
            assert error.code == "NotAuthorizedException"
            messages.add(error.message)
        assert len(messages) == 1
        return messages.pop()

    assert refused(tokens["AccessToken"]) == "Invalid login token. Couldn't verify signed token."
    assert refused(tokens["RefreshToken"]).startswith("Invalid login token.")
    assert refused(users.tokens(client=users.new_client("second"))["IdToken"]) == UNSUPPORTED
    foreign = other.tokens()["IdToken"]
    assert refused(foreign) == "Invalid login token. Issuer doesn't match providerName"
    assert refused(foreign, other.provider) == UNSUPPORTED
    # The Region is part of the name.
    assert refused(tokens["IdToken"], users.provider.replace("us-east-1.", "eu-west-1.")) == UNSUPPORTED
    head, body, signature = tokens["IdToken"].split(".")
    _, other_body, _ = foreign.split(".")
    assert refused(f"{head}.{body}.{signature[:-6]}AAAAAA") == "Invalid login token. Couldn't verify signed token."
    assert refused(f"{head}.{other_body}.{signature}") == "Invalid login token. Issuer doesn't match providerName"
    # Nor does STS know user pools without a provider of IAM's.
    sts = Identity(cloud.url, "none", "none").sts
    error = error_of(
        sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="app", WebIdentityToken=tokens["IdToken"]
    )
    assert error.code == "InvalidIdentityToken"


@pytest.mark.parametrize("end", ["signed out", "revoked", "disabled", "deleted"])
@pytest.mark.parametrize("asks", [True, False], ids=["asks", "trusts"])
def test_a_user_who_is_gone(
    cloud: Server, pools: Any, pool: str, role: str, users: UserPool, end: str, asks: bool
) -> None:
    provider = {"ProviderName": users.provider, "ClientId": users.client, "ServerSideTokenCheck": asks}
    pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=False, CognitoIdentityProviders=[provider]
    )
    nobody = anybody(cloud)
    tokens = users.tokens()
    request = {"Logins": {users.provider: tokens["IdToken"]}}
    request["IdentityId"] = nobody.get_id(IdentityPoolId=pool, **request)["IdentityId"]
    nobody.get_credentials_for_identity(**request)
    whom = {"UserPoolId": users.id, "Username": "ann"}
    if end == "signed out":
        users.api.admin_user_global_sign_out(**whom)
    elif end == "revoked":
        users.api.revoke_token(Token=tokens["RefreshToken"], ClientId=users.client)
    elif end == "disabled":
        users.api.admin_disable_user(**whom)
    else:
        users.api.admin_delete_user(**whom)
    if asks:
        error = error_of(nobody.get_credentials_for_identity, **request)
        assert (error.code, error.status) == ("NotAuthorizedException", 400)
        assert error.message.startswith("Invalid login token.")
    else:
        nobody.get_credentials_for_identity(**request)


def test_groups_roles(
    cloud: Server, pools: Any, pool: str, role: str, users: UserPool, new_role: Callable[..., str]
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html"""
    made = {name: new_role(name, pool_trust(pool, "authenticated")) for name in ("readers", "writers", "elsewhere")}
    groups = {"readers": 10, "writers": 10}
    for name, precedence in groups.items():
        users.api.create_group(UserPoolId=users.id, GroupName=name, RoleArn=made[name], Precedence=precedence)
    mapping_name = f"{users.provider}:{users.client}"
    nobody = anybody(cloud)

    def mapped(resolution: str) -> None:
        mapping = {mapping_name: {"Type": "Token", "AmbiguousRoleResolution": resolution}}
        pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role}, RoleMappings=mapping)

    def request(custom: str | None = None) -> dict[str, Any]:
        logins = users.logins()
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        return {"IdentityId": identity, "Logins": logins} | ({"CustomRoleArn": made[custom]} if custom else {})

    def chosen(custom: str | None = None) -> str:
        return role_of(cloud, nobody.get_credentials_for_identity(**request(custom)))

    mapped("AuthenticatedRole")
    assert chosen() == "user"
    member = {"UserPoolId": users.id, "Username": "ann"}
    users.api.admin_add_user_to_group(**member, GroupName="readers")
    assert chosen() == "readers"
    users.api.admin_add_user_to_group(**member, GroupName="writers")
    # Two of the same precedence: none is preferred, and one can be asked for.
    assert chosen() == "user"
    assert chosen("writers") == "writers"
    error = error_of(nobody.get_credentials_for_identity, **request("elsewhere"))
    assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Role '{made['elsewhere']}' is forbidden.")
    mapped("Deny")
    error = error_of(nobody.get_credentials_for_identity, **request())
    assert (error.code, error.message) == (
        "NotAuthorizedException", f"The ambiguous role mapping rules for: '{mapping_name}' denied this request.",
    )  # fmt: skip
    users.api.update_group(UserPoolId=users.id, GroupName="writers", Precedence=1)
    assert chosen() == "writers"
    # Without the mapping, what the token says of roles does not count.
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    assert chosen() == "user"
    assert error_of(nobody.get_credentials_for_identity, **request("writers")).code == "NotAuthorizedException"


def test_attributes_become_principal_tags(
    cloud: Server, root: Identity, pools: Any, pool: str, role: str, users: UserPool
) -> None:
    pools.set_principal_tag_attribute_map(
        IdentityPoolId=pool, IdentityProviderName=users.provider, UseDefaults=False,
        PrincipalTags={"department": "family_name", "user": "cognito:username"},
    )  # fmt: skip
    users.new_user("bob", family_name="legal")
    users.new_user("eve", family_name="sales")
    root.client("s3").create_bucket(Bucket="tagged-papers")
    condition = {"StringEquals": {"aws:PrincipalTag/department": "legal"}}
    document = {"Version": "2012-10-17", "Statement": [
        allow("s3:ListBucket", "arn:aws:s3:::tagged-papers", Condition=condition),
        allow("iam:GetUser", "arn:aws:iam::*:user/${aws:PrincipalTag/user}"),
    ]}  # fmt: skip
    root.iam.put_role_policy(RoleName="user", PolicyName="own", PolicyDocument=json.dumps(document))
    for name in ("bob", "eve"):
        root.iam.create_user(UserName=name)
    nobody = anybody(cloud)
    for name, may in (("bob", True), ("eve", False)):
        logins = users.logins(name)
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        user = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins))
        if may:
            user.client("s3").list_objects_v2(Bucket="tagged-papers")
        else:
            assert error_of(user.client("s3").list_objects_v2, Bucket="tagged-papers").code == "AccessDenied"
        user.iam.get_user(UserName=name)
        other = "eve" if name == "bob" else "bob"
        assert error_of(user.iam.get_user, UserName=other).code == "AccessDenied"


def test_a_role_for_the_users_of_a_pool(
    cloud: Server, root: Identity, pools: Any, pool: str, role: str, users: UserPool
) -> None:
    """By `amr`, which has the providers."""
    nobody = anybody(cloud)
    logins = users.logins()
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    for kind, may in ((users.provider, True), (f"{users.provider}:CognitoSignIn:*", True), ("graph.facebook.com", False)):
        root.iam.update_assume_role_policy(RoleName="user", PolicyDocument=pool_trust(pool, kind))
        if may:
            nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        else:
            error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
            assert error.code == "InvalidIdentityPoolConfigurationException"
