"""Domains, resource servers and identity providers of Cognito user pools."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, LOOPBACK, Identity, Server, Trail, error_of
from harness.openid import Authority, OpenIDProvider
from harness.saml import IdentityProvider

CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def cognito(root: Identity) -> Any:
    return root.client("cognito-idp", parameter_validation=False)


def new_pool(cognito: Any, **settings: Any) -> str:
    return str(cognito.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"])


def test_domains(cognito: Any) -> None:
    pool, other = new_pool(cognito), new_pool(cognito)

    def refused(message: str, **parameters: Any) -> None:
        error = error_of(cognito.create_user_pool_domain, **({"UserPoolId": pool} | parameters))
        assert error.code == "InvalidParameterException" and message in error.message, error

    refused("invalid character", Domain="Upper")
    refused("invalid character", Domain="auth.example.com")
    refused("Domain cannot contain reserved word: cognito", Domain="my-cognito")
    refused("not a valid subdomain", Domain="example", CustomDomainConfig={"CertificateArn": CERTIFICATE})
    elsewhere = {"CertificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1")}
    refused("us-east-1", Domain="auth.example.com", CustomDomainConfig=elsewhere)
    refused("ManagedLoginVersion", Domain="pages", ManagedLoginVersion=3)
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="pages", ManagedLoginVersion=2)
    refused("already has a domain", Domain="others")
    refused("Domain already associated with another user pool.", UserPoolId=other, Domain="pages")
    custom = cognito.create_user_pool_domain(
        UserPoolId=pool, Domain="auth.example.com", CustomDomainConfig={"CertificateArn": CERTIFICATE}
    )
    assert custom["CloudFrontDomain"].endswith(".cloudfront.net")
    told = cognito.describe_user_pool_domain(Domain="pages")["DomainDescription"]
    assert (told["UserPoolId"], told["Status"], told["ManagedLoginVersion"]) == (pool, "ACTIVE", 2)
    assert told["AWSAccountId"] == ACCOUNT and told["CustomDomainConfig"] == {}
    described = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert (described["Domain"], described["CustomDomain"]) == ("pages", "auth.example.com")
    assert cognito.describe_user_pool_domain(Domain="none")["DomainDescription"] == {}
    cognito.update_user_pool_domain(UserPoolId=pool, Domain="pages", ManagedLoginVersion=1)
    assert cognito.describe_user_pool_domain(Domain="pages")["DomainDescription"]["ManagedLoginVersion"] == 1
    kept = error_of(cognito.delete_user_pool, UserPoolId=pool)
    assert kept.message == "User pool cannot be deleted. It has a domain configured that should be deleted first."
    wrong = error_of(cognito.delete_user_pool_domain, UserPoolId=other, Domain="pages")
    assert wrong.code == "ResourceNotFoundException"
    for domain in ("pages", "auth.example.com"):
        cognito.delete_user_pool_domain(UserPoolId=pool, Domain=domain)
    cognito.delete_user_pool(UserPoolId=pool)
    cognito.create_user_pool_domain(UserPoolId=other, Domain="pages")


def test_managed_login_needs_a_plan(cognito: Any) -> None:
    pool = new_pool(cognito, UserPoolTier="LITE")
    error = error_of(cognito.create_user_pool_domain, UserPoolId=pool, Domain="lite", ManagedLoginVersion=2)
    assert error.code == "FeatureUnavailableInTierException"


SCOPES = [{"ScopeName": "sun.read", "ScopeDescription": "How far it is"}]


def test_resource_servers(cognito: Any) -> None:
    pool = new_pool(cognito)
    server = {"UserPoolId": pool, "Identifier": "solar", "Name": "Solar system", "Scopes": SCOPES}
    assert cognito.create_resource_server(**server)["ResourceServer"] == server
    assert cognito.describe_resource_server(UserPoolId=pool, Identifier="solar")["ResourceServer"] == server
    again = error_of(cognito.create_resource_server, **server)
    assert (again.code, again.message) == (
        "InvalidParameterException",
        f"solar already exists in user pool {pool}.",
    )
    assert error_of(cognito.create_resource_server, **(server | {"Identifier": "b", "Scopes": SCOPES * 2})).code == (
        "InvalidParameterException"
    )
    oauth = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": ["solar/sun.read"],
        "GenerateSecret": True,
    }
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="robot", **oauth)["UserPoolClient"]
    assert client["AllowedOAuthScopes"] == ["solar/sun.read"]
    cognito.update_resource_server(UserPoolId=pool, Identifier="solar", Name="Solar")
    error = error_of(cognito.create_user_pool_client, UserPoolId=pool, ClientName="robot", **oauth)
    assert error.code == "ScopeDoesNotExistException"
    for number in range(24):
        cognito.create_resource_server(UserPoolId=pool, Identifier=f"https://api-{number}.example.com", Name="x")
    full = error_of(cognito.create_resource_server, UserPoolId=pool, Identifier="one-more", Name="x")
    assert full.code == "LimitExceededException"
    pages = list(
        cognito.get_paginator("list_resource_servers").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 10})
    )
    assert [len(page["ResourceServers"]) for page in pages] == [10, 10, 5]
    cognito.delete_resource_server(UserPoolId=pool, Identifier="solar")
    assert error_of(cognito.describe_resource_server, UserPoolId=pool, Identifier="solar").code == (
        "ResourceNotFoundException"
    )


GOOGLE = {"client_id": "id.apps.googleusercontent.com", "client_secret": "hush", "authorize_scopes": "openid email"}
OIDC = {
    "client_id": "id",
    "client_secret": "hush",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://login.example.com",
    "authorize_scopes": "openid email",
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "attributes_url": "https://login.example.com/userinfo",
    "jwks_uri": "https://login.example.com/keys",
}


def test_identity_providers(cognito: Any) -> None:
    pool = new_pool(cognito, Schema=[{"Name": "fixed", "AttributeDataType": "String", "Mutable": False}])

    def refused(message: str, **parameters: Any) -> None:
        google = {"ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": GOOGLE}
        error = error_of(cognito.create_identity_provider, UserPoolId=pool, **(google | parameters))
        assert error.code == "InvalidParameterException" and message in error.message, error

    refused("client_secret", ProviderDetails={"client_id": "x", "authorize_scopes": "openid"})
    refused("its name must be Google", ProviderName="Other")
    refused("reserved", ProviderName="Google", ProviderType="OIDC", ProviderDetails=OIDC)
    refused("not an attribute", AttributeMapping={"custom:none": "x"})
    refused("not mutable", AttributeMapping={"custom:fixed": "x"})
    refused("Invalid member", ProviderDetails=GOOGLE | {"nonsense": "x"})
    refused("https URL", ProviderName="Corp", ProviderType="OIDC", ProviderDetails=OIDC | {"jwks_uri": "http://x"})
    refused("openid", ProviderName="Corp", ProviderType="OIDC", ProviderDetails=OIDC | {"authorize_scopes": "email"})
    provider = cognito.create_identity_provider(
        UserPoolId=pool,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails=GOOGLE,
        AttributeMapping={"email": "email"},
        IdpIdentifiers=["gmail.com"],
    )["IdentityProvider"]
    assert provider["ProviderDetails"] == GOOGLE | {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    }
    assert provider["AttributeMapping"] == {"email": "email", "username": "sub"}
    assert cognito.describe_identity_provider(UserPoolId=pool, ProviderName="Google")["IdentityProvider"] == provider
    found = cognito.get_identity_provider_by_identifier(UserPoolId=pool, IdpIdentifier="gmail.com")
    assert found["IdentityProvider"] == provider
    again = {"ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": GOOGLE}
    assert error_of(cognito.create_identity_provider, UserPoolId=pool, **again).code == "DuplicateProviderException"
    taken = {"ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": OIDC, "IdpIdentifiers": ["gmail.com"]}
    assert error_of(cognito.create_identity_provider, UserPoolId=pool, **taken).code == "DuplicateProviderException"
    cognito.create_identity_provider(UserPoolId=pool, **(taken | {"IdpIdentifiers": []}))
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", SupportedIdentityProviders=["COGNITO", "Google", "Corp"]
    )
    assert client["UserPoolClient"]["SupportedIdentityProviders"] == ["COGNITO", "Google", "Corp"]
    # What Cognito tells may come back in an update.
    updated = cognito.update_identity_provider(
        UserPoolId=pool,
        ProviderName="Google",
        ProviderDetails=provider["ProviderDetails"] | {"client_id": "other"},
        IdpIdentifiers=["other"],
    )["IdentityProvider"]
    assert updated["ProviderDetails"]["client_id"] == "other" and updated["AttributeMapping"]["email"] == "email"
    gone = error_of(cognito.get_identity_provider_by_identifier, UserPoolId=pool, IdpIdentifier="gmail.com")
    assert gone.code == "ResourceNotFoundException"
    listed = cognito.list_identity_providers(UserPoolId=pool)["Providers"]
    assert {(one["ProviderName"], one["ProviderType"]) for one in listed} == {("Google", "Google"), ("Corp", "OIDC")}
    cognito.delete_identity_provider(UserPoolId=pool, ProviderName="Google")
    missing = error_of(cognito.describe_identity_provider, UserPoolId=pool, ProviderName="Google")
    assert missing.code == "ResourceNotFoundException"


def test_a_saml_provider_with_its_metadata(cognito: Any) -> None:
    pool = new_pool(cognito)
    metadata = IdentityProvider().metadata()
    saml = {"UserPoolId": pool, "ProviderName": "Corp", "ProviderType": "SAML"}
    error = error_of(cognito.create_identity_provider, **saml, ProviderDetails={"MetadataFile": "<nothing/>"})
    assert error.code == "InvalidParameterException" and "metadata" in error.message
    both = {"MetadataFile": metadata, "MetadataURL": "https://login.example.com/metadata"}
    assert "either" in error_of(cognito.create_identity_provider, **saml, ProviderDetails=both).message
    flag = {"MetadataFile": metadata, "IDPSignout": "perhaps"}
    assert "IDPSignout" in error_of(cognito.create_identity_provider, **saml, ProviderDetails=flag).message
    details = cognito.create_identity_provider(
        **saml, ProviderDetails={"MetadataFile": metadata, "IDPInit": "true"}, AttributeMapping={"email": "mail"}
    )["IdentityProvider"]["ProviderDetails"]
    assert details["MetadataFile"] == metadata and details["IDPSignout"] == "false"
    assert details["SSORedirectBindingURI"].startswith("https://")
    # No such server is on loopback.
    away = {"MetadataURL": "https://127.0.0.1:9/metadata"}
    error = error_of(cognito.update_identity_provider, UserPoolId=pool, ProviderName="Corp", ProviderDetails=away)
    assert error.message == "Error retrieving metadata from https://127.0.0.1:9/metadata"


def test_documents_are_fetched(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    provider = OpenIDProvider(tmp_path, authority)
    metadata = IdentityProvider().metadata()
    endpoints = {
        "authorization_endpoint": f"{provider.url}/authorize",
        "token_endpoint": f"{provider.url}/token",
        "userinfo_endpoint": f"{provider.url}/me",
        "jwks_uri": f"{provider.url}/keys",
    }
    provider.answers["/metadata"] = (200, metadata.encode())
    try:
        with Server("--ca-bundle", str(authority.file), *LOOPBACK, log=tmp_path / "log") as server:
            cognito = server.root.client("cognito-idp", parameter_validation=False)
            pool = new_pool(cognito)
            saml = cognito.create_identity_provider(
                UserPoolId=pool,
                ProviderName="Corp",
                ProviderType="SAML",
                ProviderDetails={"MetadataURL": f"{provider.url}/metadata"},
            )["IdentityProvider"]["ProviderDetails"]
            assert saml["SSORedirectBindingURI"] == "https://idp.example/sso" and "MetadataFile" not in saml
            details = {name: OIDC[name] for name in ("client_id", "attributes_request_method", "authorize_scopes")}
            oidc = {
                "UserPoolId": pool,
                "ProviderName": "Login",
                "ProviderType": "OIDC",
                "ProviderDetails": details | {"oidc_issuer": provider.url},
            }
            # The document lacks what is needed, then it is another issuer's, then it is whole.
            assert error_of(cognito.create_identity_provider, **oidc).code == "InvalidParameterException"
            document = endpoints | {"issuer": "https://other.example.com"}
            provider.answers["/.well-known/openid-configuration"] = (200, json.dumps(document).encode())
            assert "Invalid document" in error_of(cognito.create_identity_provider, **oidc).message
            document["issuer"] = provider.url
            provider.answers["/.well-known/openid-configuration"] = (200, json.dumps(document).encode())
            found = cognito.create_identity_provider(**oidc)["IdentityProvider"]["ProviderDetails"]
            assert found["token_url"] == f"{provider.url}/token" and found["attributes_url"] == f"{provider.url}/me"
    finally:
        provider.stop()


def test_secrets_of_providers_are_in_no_event(cognito: Any, trail: Trail) -> None:
    pool = new_pool(cognito)
    answer = cognito.create_identity_provider(
        UserPoolId=pool,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails=GOOGLE | {"client_secret": "Sesame-open-1"},
    )
    event = trail.of(answer)
    assert "Sesame" not in str(event) and event["requestParameters"]["providerName"] == "Google"
