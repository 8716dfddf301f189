"""Identity pools: logins by OpenID Connect and SAML providers, how identities are linked and merged by them, and what role and
tags the credentials get."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, LOOPBACK, AwsError, Identity, Server, Trail, allow, error_of
from harness.identity_pools import PROVIDER, anybody, claims_of, credentials, pool_trust
from harness.openid import Authority, OpenIDProvider
from harness.saml import IdentityProvider
from harness.trails import Delivered, make_bucket

CLIENT = "gatehouse-tests"
FACEBOOK = "graph.facebook.com"


@pytest.fixture(scope="module")
def facebook(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[OpenIDProvider]:
    """The issuer that the operator has put in Facebook's place."""
    provider = OpenIDProvider(tmp_path_factory.mktemp("facebook"), authority)
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, facebook: OpenIDProvider
) -> Iterator[Server]:
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--trail-delivery", "1"]
    options += ["--login-provider", f"{FACEBOOK}={facebook.url}"]
    with Server(*options, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture
def cloud(own_server: Server) -> Server:
    own_server.reset()
    return own_server


@pytest.fixture
def provider(tmp_path: Path, authority: Authority) -> Iterator[OpenIDProvider]:
    provider = OpenIDProvider(tmp_path, authority)
    yield provider
    provider.stop()


@pytest.fixture
def pools(root: Identity) -> Any:
    return root.client("cognito-identity")


@pytest.fixture
def openid(root: Identity, provider: OpenIDProvider) -> str:
    made = root.iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=[CLIENT, "second"])
    return str(made["OpenIDConnectProviderArn"])


@pytest.fixture
def pool(pools: Any, openid: str) -> str:
    """A pool for users of the provider, of Facebook, and guests."""
    made = pools.create_identity_pool(
        IdentityPoolName="users", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True,
        OpenIdConnectProviderARNs=[openid], SupportedLoginProviders={FACEBOOK: "app"},
    )  # fmt: skip
    return str(made["IdentityPoolId"])


@pytest.fixture
def roles(new_role: Callable[..., str], pools: Any, pool: str) -> dict[str, str]:
    made = {
        "unauthenticated": new_role("guest", pool_trust(pool, "unauthenticated"), allow("s3:ListAllMyBuckets")),
        "authenticated": new_role("user", pool_trust(pool, "authenticated"), allow("iam:ListUsers")),
    }
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=made)
    return made


def role_of(cloud: Server, answer: dict[str, Any]) -> str:
    """The name of the role whose credentials these are."""
    return str(credentials(cloud, answer).sts.get_caller_identity()["Arn"]).split("/")[1]


# Logins


def test_a_user_of_an_openid_provider(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider, openid: str
) -> None:
    nobody = anybody(cloud)
    logins = {provider.name: provider.token()}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    # The same user is the same identity, by the provider's ARN as well.
    assert nobody.get_id(IdentityPoolId=pool, Logins={openid: provider.token()})["IdentityId"] == identity
    assert nobody.get_id(IdentityPoolId=pool, Logins={provider.name: provider.token(sub="person-2")})["IdentityId"] != identity
    answer = nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    user = credentials(cloud, answer)
    assert role_of(cloud, answer) == "user"
    # No scope-down policy binds who has signed in.
    user.iam.list_users()
    described = pools.describe_identity(IdentityId=identity)
    assert described["Logins"] == [provider.name]
    token = nobody.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    assert claims_of(token)["amr"] == ["authenticated", provider.name, f"{openid}:OIDC:person-1"]


def test_nobody_uses_an_identity_of_somebody_else(
    cloud: Server, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    first = nobody.get_id(IdentityPoolId=pool, Logins={provider.name: provider.token()})["IdentityId"]
    second = {provider.name: provider.token(sub="person-2")}
    for call in (nobody.get_credentials_for_identity, nobody.get_open_id_token):
        error = error_of(call, IdentityId=first)
        assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Identity '{first}' is forbidden.")
        error = error_of(call, IdentityId=first, Logins=second)
        assert error.code == "NotAuthorizedException"
        assert error.message == "Logins don't match. Please include at least one valid login for this identity or identity pool."


def test_tokens_that_prove_nothing(
    cloud: Server, pool: str, provider: OpenIDProvider, facebook: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    now = int(time.time())

    def refused(logins: dict[str, str]) -> str:
        error = error_of(nobody.get_id, IdentityPoolId=pool, Logins=logins)
        assert (error.code, error.status) == ("NotAuthorizedException", 400)
        return error.message

    name = provider.name
    unsupported = "Token is not from a supported provider of this identity pool."
    assert refused({"login.example": provider.token()}) == unsupported
    assert refused({"accounts.google.com": provider.token()}) == unsupported
    assert refused({PROVIDER: provider.token()}) == unsupported
    assert refused({name: "x"}) == "Invalid login token. Not a valid OpenId Connect identity token."
    assert refused({name: provider.token(aud="other")}) == "Invalid login token. Incorrect token audience."
    assert refused({name: provider.token(aud=[CLIENT], azp="other")}) == "Invalid login token. Incorrect token audience."
    message = refused({name: provider.token(exp=now - 301)})
    assert message.startswith("Invalid login token. Token expired: ") and message.endswith(f" >= {now - 301}")
    assert refused({name: provider.token(iss="https://login.example")}) == "Invalid login token. Issuer doesn't match providerName"
    # Of another provider of the same pool.
    assert refused({name: facebook.token(aud="app")}) == "Invalid login token. Issuer doesn't match providerName"
    token = provider.token()
    assert refused({name: token[:-8] + "AAAAAAAA"}) == "Invalid login token. Couldn't verify signed token."
    # One that proves nothing spoils those that do.
    assert "Incorrect token audience" in refused({name: token, FACEBOOK: facebook.token(aud="x")})


def test_a_provider_that_can_not_be_asked(cloud: Server, pool: str, provider: OpenIDProvider) -> None:
    token = provider.token()
    provider.stop()
    error = error_of(anybody(cloud).get_id, IdentityPoolId=pool, Logins={provider.name: token})
    assert error.code == "ExternalServiceException"


def test_a_provider_that_the_pool_has_no_more(
    cloud: Server, pools: Any, root: Identity, pool: str, roles: dict[str, str], provider: OpenIDProvider, openid: str
) -> None:
    nobody = anybody(cloud)
    logins = {provider.name: provider.token()}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    root.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=openid)
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
    assert error.message == "Token is not from a supported provider of this identity pool."
    root.iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=[CLIENT])
    nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    pools.update_identity_pool(IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True)
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
    assert error.message == "Token is not from a supported provider of this identity pool."


def test_providers_that_everybody_knows(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], facebook: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    for issuer in (facebook.url, f"https://{FACEBOOK}"):
        logins = {FACEBOOK: facebook.token(iss=issuer, aud="app", sub="7")}
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        token = nobody.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
        assert claims_of(token)["amr"] == ["authenticated", FACEBOOK, f"{FACEBOOK}:app:7"]
    # What has no issuer of ID tokens, and none in its place.
    pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={"www.amazon.com": "app"},
    )  # fmt: skip
    error = error_of(nobody.get_id, IdentityPoolId=pool, Logins={"www.amazon.com": facebook.token(aud="app")})
    assert error.code == "NotImplemented" and "--login-provider www.amazon.com=URL" in error.message


def test_what_stands_in_the_events(
    cloud: Server, root: Identity, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    """They are data events, which a trail has to ask for."""
    make_bucket(root, "logs-of-pools")
    root.cloudtrail.create_trail(Name="pools", S3BucketName="logs-of-pools")
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::Cognito::IdentityPool"]},
    ]
    selectors = [{"Name": "pools", "FieldSelectors": fields}]
    root.cloudtrail.put_event_selectors(TrailName="pools", AdvancedEventSelectors=selectors)
    root.cloudtrail.start_logging(Name="pools")
    token = provider.token()
    nobody = anybody(cloud)
    identity = nobody.get_id(IdentityPoolId=pool, Logins={provider.name: token})["IdentityId"]
    answer = nobody.get_credentials_for_identity(IdentityId=identity, Logins={provider.name: token})
    record = Delivered(root, "logs-of-pools").wait_for_request(answer)
    assert record["eventName"] == "GetCredentialsForIdentity"
    assert record["userIdentity"]["type"] == "Unknown"
    assert record["requestParameters"] == {
        "identityId": identity,
        "logins": {provider.name: "HIDDEN_DUE_TO_SECURITY_REASONS"},
    }
    assert record["responseElements"]["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert record["resources"] == [
        {
            "accountId": ACCOUNT,
            "type": "AWS::Cognito::IdentityPool",
            "ARN": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}",
        }
    ]
    assert (record["readOnly"], record["managementEvent"], record["eventCategory"]) == (False, False, "Data")
    text = json.dumps(record)
    for secret in (token, answer["Credentials"]["SecretKey"], answer["Credentials"]["SessionToken"]):
        assert secret not in text


# Linking and merging


def test_a_guest_signs_in_and_stays_the_same(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    guest = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    assert role_of(cloud, nobody.get_credentials_for_identity(IdentityId=guest)) == "guest"
    logins = {provider.name: provider.token()}
    answer = nobody.get_credentials_for_identity(IdentityId=guest, Logins=logins)
    assert answer["IdentityId"] == guest and role_of(cloud, answer) == "user"
    assert nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"] == guest
    # From now on the identity alone is not enough.
    error = error_of(nobody.get_credentials_for_identity, IdentityId=guest)
    assert error.message == f"Access to Identity '{guest}' is forbidden."


def test_a_guest_who_is_known_becomes_who_they_were(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    logins = {provider.name: provider.token()}
    known = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    guest = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    assert nobody.get_open_id_token(IdentityId=guest, Logins=logins)["IdentityId"] == known
    # The guest is disabled; its id leads on with the login alone.
    error = error_of(nobody.get_credentials_for_identity, IdentityId=guest)
    assert error.message == f"Access to Identity '{guest}' is forbidden."
    assert nobody.get_credentials_for_identity(IdentityId=guest, Logins=logins)["IdentityId"] == known
    other = {provider.name: provider.token(sub="person-2")}
    assert error_of(nobody.get_credentials_for_identity, IdentityId=guest, Logins=other).code == "NotAuthorizedException"
    listed = {one["IdentityId"] for one in pools.list_identities(IdentityPoolId=pool, MaxResults=60)["Identities"]}
    assert listed == {known, guest}
    enabled = pools.list_identities(IdentityPoolId=pool, MaxResults=60, HideDisabled=True)["Identities"]
    assert [one["IdentityId"] for one in enabled] == [known]


def test_logins_are_linked_and_merged(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider, facebook: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    a, b = {provider.name: provider.token()}, {FACEBOOK: facebook.token(aud="app", sub="7")}
    first = nobody.get_id(IdentityPoolId=pool, Logins=a)["IdentityId"]
    second = nobody.get_id(IdentityPoolId=pool, Logins=b)["IdentityId"]
    assert first != second
    # Who shows both is both: one identity has both logins, the other none.
    assert nobody.get_credentials_for_identity(IdentityId=first, Logins=a | b)["IdentityId"] == first
    assert set(pools.describe_identity(IdentityId=first)["Logins"]) == {provider.name, FACEBOOK}
    assert "Logins" not in pools.describe_identity(IdentityId=second)
    for logins in (a, b, a | b):
        assert nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"] == first
    # One of each provider's users is enough.
    c = {FACEBOOK: facebook.token(aud="app", sub="8")}
    error = error_of(nobody.get_credentials_for_identity, IdentityId=first, Logins=a | c)
    assert (error.code, error.message) == ("ResourceConflictException", "Logins are already linked to another account.")
    assert set(pools.describe_identity(IdentityId=first)["Logins"]) == {provider.name, FACEBOOK}


def test_a_login_is_unlinked(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider, facebook: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    a, b = {provider.name: provider.token()}, {FACEBOOK: facebook.token(aud="app", sub="7")}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=a | b)["IdentityId"]
    other = {provider.name: provider.token(sub="person-2")}
    error = error_of(nobody.unlink_identity, IdentityId=identity, Logins=other, LoginsToRemove=[FACEBOOK])
    assert error.code == "NotAuthorizedException"
    nobody.unlink_identity(IdentityId=identity, Logins=a, LoginsToRemove=[FACEBOOK])
    assert pools.describe_identity(IdentityId=identity)["Logins"] == [provider.name]
    assert nobody.get_id(IdentityPoolId=pool, Logins=b)["IdentityId"] != identity
    # Without its last login nobody can use it, not even as a guest's.
    nobody.unlink_identity(IdentityId=identity, Logins=a, LoginsToRemove=[provider.name])
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity)
    assert error.message == f"Access to Identity '{identity}' is forbidden."
    assert error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=a).code == "NotAuthorizedException"


# Roles


def test_rules_choose_the_role(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], new_role: Callable[..., str],
    provider: OpenIDProvider, openid: str,
) -> None:  # fmt: skip
    nobody = anybody(cloud)
    names = ("equal", "begins", "has", "differs")
    made = {name: new_role(name, pool_trust(pool, "authenticated")) for name in names}

    def rule(claim: str, match: str, value: str, role: str) -> dict[str, str]:
        return {"Claim": claim, "MatchType": match, "Value": value, "RoleARN": made[role]}

    rules = [
        rule("department", "Equals", "sales", "equal"),
        rule("department", "StartsWith", "eng", "begins"),
        rule("groups", "Contains", "adm", "has"),
        rule("country", "NotEqual", "FR", "differs"),
    ]

    def mapped(resolution: str) -> None:
        mapping = {"Type": "Rules", "AmbiguousRoleResolution": resolution, "RulesConfiguration": {"Rules": rules}}
        pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles, RoleMappings={openid: mapping})

    def chosen(custom: str | None = None, **claims: Any) -> str | AwsError:
        logins = {provider.name: provider.token(**claims)}
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        more = {"CustomRoleArn": made[custom]} if custom else {}
        try:
            return role_of(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins, **more))
        except nobody.exceptions.NotAuthorizedException as error:
            return AwsError.of(error)

    mapped("AuthenticatedRole")
    assert chosen(department="sales") == "equal"
    assert chosen(department="engineering") == "begins"
    assert chosen(groups=["users", "admins"]) == "has"
    assert chosen(country="DE") == "differs"
    # The first that matches counts, unless the request asks for another that does.
    assert chosen(department="sales", country="DE") == "equal"
    assert chosen("differs", department="sales", country="DE") == "differs"
    refused = chosen("begins", department="sales")
    assert isinstance(refused, AwsError) and refused.message == f"Access to Role '{made['begins']}' is forbidden."
    # What the token doesn't say is not unequal either.
    assert chosen() == "user"
    assert chosen(department="other", country="FR") == "user"
    mapped("Deny")
    refused = chosen()
    assert isinstance(refused, AwsError)
    assert refused.message == f"The ambiguous role mapping rules for: '{openid}' denied this request."
    # Guests are not meant.
    guest = nobody.get_id(IdentityPoolId=pool)["IdentityId"]
    assert role_of(cloud, nobody.get_credentials_for_identity(IdentityId=guest)) == "guest"
    # The basic flow would go around the rules.
    error = error_of(nobody.get_open_id_token, IdentityId=guest)
    assert error.message == "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."


def test_a_custom_role_needs_something_that_offers_it(
    cloud: Server, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    nobody = anybody(cloud)
    logins = {provider.name: provider.token(**{"cognito:roles": [roles["unauthenticated"]]})}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    for role in roles.values():
        error = error_of(
            nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins, CustomRoleArn=role
        )
        assert (error.code, error.message) == ("NotAuthorizedException", f"Access to Role '{role}' is forbidden.")


# Tags


def test_claims_become_principal_tags(
    cloud: Server, root: Identity, pools: Any, pool: str, roles: dict[str, str], provider: OpenIDProvider, openid: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html"""
    nobody = anybody(cloud)
    s3 = root.client("s3")
    for name in ("papers-legal", "papers-sales"):
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="hello", Body=b"hello")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            allow("s3:GetObject", "arn:aws:s3:::papers-${aws:PrincipalTag/department}/*"),
            allow("iam:GetUser", Condition={"StringEquals": {"aws:PrincipalTag/department": "legal"}}),
        ],
    }
    root.iam.put_role_policy(RoleName="user", PolicyName="own", PolicyDocument=json.dumps(document))
    root.iam.create_user(UserName="somebody")
    request = {"IdentityPoolId": pool, "IdentityProviderName": openid}
    assert pools.get_principal_tag_attribute_map(**request)["PrincipalTags"] == {}
    pools.set_principal_tag_attribute_map(**request, UseDefaults=False, PrincipalTags={"department": "dept", "none": "none"})
    answer = pools.get_principal_tag_attribute_map(**request)
    assert (answer["UseDefaults"], answer["PrincipalTags"]) == (False, {"department": "dept", "none": "none"})

    def session(**claims: Any) -> Identity:
        logins = {provider.name: provider.token(**claims)}
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        return credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins))

    # The trust policy has to let the pool tag sessions.
    logins = {provider.name: provider.token(dept="legal")}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
    assert error.code == "InvalidIdentityPoolConfigurationException"
    root.iam.update_assume_role_policy(RoleName="user", PolicyDocument=pool_trust(pool, "authenticated", "sts:TagSession"))
    lawyer, seller = session(dept="legal"), session(dept="sales", sub="person-2")
    assert lawyer.client("s3").get_object(Bucket="papers-legal", Key="hello")["Body"].read() == b"hello"
    assert error_of(lawyer.client("s3").get_object, Bucket="papers-sales", Key="hello").code == "AccessDenied"
    seller.client("s3").get_object(Bucket="papers-sales", Key="hello")
    assert error_of(seller.client("s3").get_object, Bucket="papers-legal", Key="hello").code == "AccessDenied"
    lawyer.iam.get_user(UserName="somebody")
    assert error_of(seller.iam.get_user, UserName="somebody").code == "AccessDenied"
    # Without the claim there is no tag.
    assert error_of(session(sub="person-3").iam.get_user, UserName="somebody").code == "AccessDenied"
    # The default mapping: who, and for which client.
    pools.set_principal_tag_attribute_map(**request, UseDefaults=True)
    token = nobody.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    tags = claims_of(token)["https://aws.amazon.com/tags"]
    assert tags == {"principal_tags": {"username": ["person-1"], "client": [CLIENT]}}
    error = error_of(
        pools.set_principal_tag_attribute_map, IdentityPoolId=pool, IdentityProviderName="login.example", UseDefaults=True
    )
    assert error.code == "InvalidParameterException"


def test_the_identity_is_a_variable_of_policies(
    cloud: Server, root: Identity, pool: str, roles: dict[str, str], provider: OpenIDProvider
) -> None:
    root.client("s3").create_bucket(Bucket="homes-of-mine")
    home = "arn:aws:s3:::homes-of-mine/${cognito-identity.amazonaws.com:sub}/*"
    document = {"Version": "2012-10-17", "Statement": [allow(["s3:GetObject", "s3:PutObject"], home)]}
    root.iam.put_role_policy(RoleName="user", PolicyName="own", PolicyDocument=json.dumps(document))
    nobody = anybody(cloud)
    logins = {provider.name: provider.token()}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    s3 = credentials(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)).client("s3")
    s3.put_object(Bucket="homes-of-mine", Key=f"{identity}/notes", Body=b"x")
    other = identity[:-1] + ("0" if identity[-1] != "0" else "1")
    assert error_of(s3.put_object, Bucket="homes-of-mine", Key=f"{other}/notes", Body=b"x").code == "AccessDenied"


# SAML


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture
def saml(root: Identity, pools: Any, pool: str, idp: IdentityProvider) -> str:
    arn = root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    pools.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="x", AllowUnauthenticatedIdentities=False, AllowClassicFlow=True,
        SamlProviderARNs=[arn],
    )  # fmt: skip
    return str(arn)


def assertion(idp: IdentityProvider, number: list[int], **more: Any) -> str:
    """One that was never shown before."""
    number[0] += 1
    entity = IdentityProvider(idp.entity_id, idp.keys, f"_a{number[0]}")
    return entity.response(more.pop("attributes", {}), **more)


def test_an_assertion_offers_roles(
    cloud: Server, pools: Any, pool: str, roles: dict[str, str], new_role: Callable[..., str], saml: str,
    idp: IdentityProvider,
) -> None:  # fmt: skip
    nobody = anybody(cloud)
    number = [0]
    one, two = (new_role(name, pool_trust(pool, saml)) for name in ("one", "two"))

    def of(*offered: str) -> dict[str, str]:
        attributes = {"Role": [f"{role},{saml}" for role in offered]}
        return {saml: assertion(idp, number, attributes=attributes)}

    identity = nobody.get_id(IdentityPoolId=pool, Logins=of(one))["IdentityId"]
    assert role_of(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=of(one))) == "one"
    both = nobody.get_credentials_for_identity(IdentityId=identity, Logins=of(one, two), CustomRoleArn=two)
    assert role_of(cloud, both) == "two"
    error = error_of(nobody.get_credentials_for_identity, IdentityId=identity, Logins=of(one), CustomRoleArn=two)
    assert error.message == f"Access to Role '{two}' is forbidden."
    # Roles of other providers are not this one's to offer.
    foreign = {"Role": f"{two},{saml}x"}
    logins = {saml: assertion(idp, number, attributes=foreign)}
    assert role_of(cloud, nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)) == "user"
    assert pools.describe_identity(IdentityId=identity)["Logins"] == [saml]


def test_an_assertion_counts_once_for_each_operation(
    cloud: Server, pool: str, roles: dict[str, str], saml: str, idp: IdentityProvider
) -> None:
    nobody = anybody(cloud)
    logins = {saml: assertion(idp, [0])}
    identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    for call, parameters in (
        (nobody.get_id, {"IdentityPoolId": pool}),
        (nobody.get_credentials_for_identity, {"IdentityId": identity}),
    ):
        error = error_of(call, Logins=logins, **parameters)
        assert (error.code, error.message) == (
            "NotAuthorizedException", "Invalid login token. SAML assertion has been used before.",
        )  # fmt: skip
    for wrong in ({"audience": "https://other.example"}, {"issued": -400}, {"sign": ""}, {"issuer": "https://evil.example"}):
        error = error_of(nobody.get_id, IdentityPoolId=pool, Logins={saml: assertion(idp, [7], **wrong)})
        assert error.code == "NotAuthorizedException", wrong
    error = error_of(nobody.get_open_id_token, IdentityId=identity, Logins={saml: assertion(idp, [9])})
    assert error.code == "InvalidParameterException"
