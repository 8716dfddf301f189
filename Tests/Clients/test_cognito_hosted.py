"""The OAuth 2.0 and OpenID Connect endpoints of a user pool's domain, with authlib as relying party."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from harness import Identity, Server, allow, policy
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, discovery, make_pool, relying_party
from harness.patience import PATIENCE

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
BYE = "http://localhost:8909/bye"


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


def test_a_code_with_pkce_and_a_nonce(pool: Pool) -> None:
    sub = pool.user(email="ann@example.com", email_verified="true")
    found = discovery(pool)
    assert found["issuer"] == pool.issuer
    # The endpoints are where any client reaches them.
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"):
        assert found[name].startswith(pool.base), found
    app = relying_party(pool, scope="openid email", code_challenge_method="S256")
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    address, state = app.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    browser = FormBrowser(pool).open(address)
    assert browser.path.endswith("/login") and browser.heading == "Sign in"
    browser.submit(username="ann", password=PASSWORD)
    assert browser.returned["state"] == state
    tokens = app.fetch_token(
        found["token_endpoint"], authorization_response=browser.answer.headers["Location"], code_verifier=verifier
    )
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    claims = pool.claims(tokens["id_token"])
    assert claims["sub"] == sub and claims["aud"] == pool.client_id and claims["nonce"] == nonce
    assert claims["token_use"] == "id" and claims["email"] == "ann@example.com"
    access = pool.claims(tokens["access_token"])
    assert access["scope"] == "openid email" and access["client_id"] == pool.client_id and access["sub"] == sub
    answer = app.get(found["userinfo_endpoint"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told == {"sub": sub, "email": "ann@example.com", "email_verified": "true", "username": "ann"}


def tokens_of(pool: Pool, browser: FormBrowser | None = None, **parameters: str | None) -> dict[str, Any]:
    """The tokens of a sign-in."""
    code = (browser or FormBrowser(pool)).sign_in(**parameters).code
    auth = (pool.client_id, pool.secret) if pool.secret else None
    fields = {} if auth else {"client_id": pool.client_id}
    answer = pool.token(auth=auth, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def user_info(pool: Pool, token: str) -> requests.Response:
    return requests.get(f"{pool.base}/oauth2/userInfo", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)


def test_a_client_proves_itself_by_its_secret(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, secret=True)
    pool.user()
    assert pool.secret
    good = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    by_header = pool.token(auth=(pool.client_id, pool.secret), code=FormBrowser(pool).sign_in().code, **good)
    assert by_header.status_code == 200 and set(by_header.json()) == {
        "id_token", "access_token", "refresh_token", "expires_in", "token_type",
    }  # fmt: skip
    assert by_header.headers["Access-Control-Allow-Origin"] == "*" and "no-store" in by_header.headers["Cache-Control"]
    code = FormBrowser(pool).sign_in().code
    for auth, fields in (
        (None, {"client_id": pool.client_id}),
        (None, {"client_id": pool.client_id, "client_secret": "wrong"}),
        ((pool.client_id, "wrong"), {}),
        (("nobody", pool.secret), {}),
    ):
        answer = pool.token(auth=auth, code=code, **good, **fields)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    answer = pool.token(auth=(pool.client_id, pool.secret), client_id="another", code=code, **good)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert pool.token(client_id=pool.client_id, client_secret=pool.secret, code=code, **good).status_code == 200


def test_malformed_requests_to_the_token_endpoint(pool: Pool) -> None:
    for fields, wanted in (
        ({}, "invalid_request"),
        ({"grant_type": "password", "client_id": pool.client_id}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "client_id": pool.client_id}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}, "invalid_request"),
        ({"grant_type": "refresh_token", "client_id": pool.client_id}, "invalid_request"),
        ({"grant_type": "refresh_token", "client_id": pool.client_id, "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_id": pool.client_id}, "unauthorized_client"),
    ):
        answer = pool.token(**fields)
        assert (answer.status_code, answer.json()["error"]) == (400, wanted), fields
    twice = requests.post(f"{pool.base}/oauth2/token", data=[("grant_type", "refresh_token")] * 2, timeout=PATIENCE)
    assert (twice.status_code, twice.json()) == (400, {"error": "invalid_request"})
    assert requests.get(f"{pool.base}/oauth2/token", timeout=PATIENCE).status_code == 405
    allowed = requests.options(f"{pool.base}/oauth2/token", timeout=PATIENCE)
    assert allowed.status_code == 204 and "authorization" in allowed.headers["Access-Control-Allow-Headers"]


def test_refreshing_and_revoking(pool: Pool) -> None:
    pool.user()
    app = relying_party(pool)
    tokens = tokens_of(pool)
    app.token = tokens
    found = discovery(pool)
    fresh = app.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
    first, second = pool.claims(tokens["access_token"]), pool.claims(fresh["access_token"])
    assert second["origin_jti"] == first["origin_jti"] and second["jti"] != first["jti"]
    assert second["auth_time"] == first["auth_time"] and second["scope"] == "openid email"
    assert user_info(pool, fresh["access_token"]).status_code == 200
    revoke = found["revocation_endpoint"]
    refused = requests.post(revoke, data={"client_id": pool.client_id, "token": tokens["access_token"]}, timeout=PATIENCE)
    assert (refused.status_code, refused.json()) == (400, {"error": "unsupported_token_type"})
    assert requests.post(revoke, data={"client_id": pool.client_id}, timeout=PATIENCE).json() == {"error": "invalid_request"}
    unknown = requests.post(revoke, data={"client_id": "nobody", "token": tokens["refresh_token"]}, timeout=PATIENCE)
    assert (unknown.status_code, unknown.json()) == (401, {"error": "invalid_client"})
    assert user_info(pool, fresh["access_token"]).status_code == 200
    for _ in range(2):
        done = requests.post(
            revoke, data={"client_id": pool.client_id, "token": tokens["refresh_token"]}, timeout=30
        )
        assert (done.status_code, done.text) == (200, "")
    assert user_info(pool, fresh["access_token"]).status_code == 401
    answer = pool.token(grant_type="refresh_token", client_id=pool.client_id, refresh_token=tokens["refresh_token"])
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_refresh_tokens_that_are_exchanged(cloud: Server, root: Identity) -> None:
    pool = make_pool(
        cloud, root,
        client={
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
        },
    )  # fmt: skip
    pool.user()
    old = tokens_of(pool)["refresh_token"]
    fresh = pool.token(grant_type="refresh_token", client_id=pool.client_id, refresh_token=old).json()
    assert fresh["refresh_token"] != old
    again = pool.token(grant_type="refresh_token", client_id=pool.client_id, refresh_token=old)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.memory
def test_keys_that_rotate(cloud: Server, pool: Pool) -> None:
    """Tokens of before verify with what is published, and so do those of afterwards."""
    pool.user()
    old = tokens_of(pool)["id_token"]
    cloud.advance(91 * 86_400)
    new = tokens_of(pool)["id_token"]
    kids = [base64.urlsafe_b64decode(token.split(".")[0] + "==") for token in (old, new)]
    assert kids[0] != kids[1]
    assert pool.claims(old)["sub"] == pool.claims(new)["sub"]


def test_tokens_in_the_address(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, client={"AllowedOAuthFlows": ["implicit"]})
    pool.user()
    browser = FormBrowser(pool).sign_in(response_type="token", nonce="number used once")
    location = urlsplit(browser.answer.headers["Location"])
    assert not location.query
    told = browser.returned
    assert told["token_type"] == "bearer" and told["expires_in"] == "3600" and told["state"] == "of the application"
    assert "refresh_token" not in told
    assert pool.claims(told["id_token"])["nonce"] == "number used once"
    assert pool.claims(told["access_token"])["scope"] == "openid email"
    # Without `openid` there is no ID token; and what the client may not have it does not get.
    browser = FormBrowser(pool).sign_in(response_type="token", scope="aws.cognito.signin.user.admin")
    assert "id_token" not in browser.returned and "access_token" in browser.returned
    assert FormBrowser(pool).open(pool.address()).returned["error"] == "unauthorized_client"


def test_what_scopes_tell(pool: Pool) -> None:
    sub = pool.user(email="ann@example.com", email_verified="true", name="Ann", phone_number="+12065550100")
    told = {
        scope: user_info(pool, tokens_of(pool, scope=scope)["access_token"]).json()
        for scope in ("openid", "openid email", "openid profile")
    }
    assert set(told["openid"]) == {"sub", "email", "email_verified", "name", "phone_number", "username"}
    assert told["openid email"] == {
        "sub": sub, "email": "ann@example.com", "email_verified": "true", "username": "ann",
    }  # fmt: skip
    assert told["openid profile"] == {"sub": sub, "name": "Ann", "username": "ann"}
    # All that the client may have, where it asks for nothing; what exists and is not for it is left out.
    assert pool.claims(tokens_of(pool, scope=None)["access_token"])["scope"].split() == [
        "openid", "email", "profile", "aws.cognito.signin.user.admin",
    ]  # fmt: skip
    assert pool.claims(tokens_of(pool, scope="openid phone")["access_token"])["scope"] == "openid"
    for scope in ("openid nonsense", "email", "phone openid/x"):
        assert FormBrowser(pool).open(pool.address(scope=scope)).returned["error"] == "invalid_scope", scope
    # Neither an ID token nor a token without `openid` is for this endpoint.
    tokens = tokens_of(pool, scope="aws.cognito.signin.user.admin")
    assert "id_token" not in tokens and user_info(pool, tokens["access_token"]).status_code == 401
    assert user_info(pool, tokens_of(pool)["id_token"]).status_code == 401
    assert requests.get(f"{pool.base}/oauth2/userInfo", timeout=PATIENCE).status_code == 400
    # The operations of users ask for a scope, too.
    assert pool.idp.get_user(AccessToken=tokens["access_token"])["Username"] == "ann"


def test_an_application_in_its_own_name(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, secret=True)
    pool.idp.create_resource_server(
        UserPoolId=pool.id, Identifier="https://photos.example", Name="photos",
        Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write", "delete")],
    )  # fmt: skip
    scopes = ["https://photos.example/read", "https://photos.example/write"]
    app = pool.client(
        ClientName="machine", GenerateSecret=True, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=scopes
    )
    auth = (app["ClientId"], app["ClientSecret"])
    answer = pool.token(auth=auth, grant_type="client_credentials")
    assert set(answer.json()) == {"access_token", "expires_in", "token_type"}
    claims = pool.claims(answer.json()["access_token"])
    assert claims["sub"] == claims["client_id"] == app["ClientId"] and claims["token_use"] == "access"
    assert claims["scope"].split() == scopes and "username" not in claims
    one = pool.token(auth=auth, grant_type="client_credentials", scope=scopes[1]).json()["access_token"]
    assert pool.claims(one)["scope"] == scopes[1]
    for scope in ("https://photos.example/delete", "https://photos.example/none", "openid"):
        refused = pool.token(auth=auth, grant_type="client_credentials", scope=scope)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    # It is no user's token.
    assert user_info(pool, one).status_code == 401
    refused = pool.token(auth=(pool.client_id, str(pool.secret)), grant_type="client_credentials")
    assert refused.json() == {"error": "unauthorized_client"}


def test_one_sign_in_for_all_applications_of_an_hour(cloud: Server, pool: Pool) -> None:
    pool.user()
    browser = FormBrowser(pool).sign_in()
    first = browser.code
    other = pool.client(ClientName="other")["ClientId"]
    assert browser.open(pool.address(client_id=other)).code != first
    # Its own pages lead on as well.
    assert browser.open(pool.address("/login")).code
    # A client that the pool's own users may not sign in to does not know them.
    closed = pool.client(ClientName="closed", SupportedIdentityProviders=[])["ClientId"]
    assert browser.open(pool.address(client_id=closed)).path.endswith("/error")


@pytest.mark.memory
def test_a_session_ends_after_an_hour(cloud: Server, pool: Pool) -> None:
    pool.user()
    browser = FormBrowser(pool).sign_in()
    cloud.advance(3500)
    assert browser.open(pool.address()).code
    # To use it does not lengthen it.
    cloud.advance(200)
    assert browser.open(pool.address()).heading == "Sign in"


def test_prompts(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, managed=True)
    pool.user()
    browser = FormBrowser(pool)
    told = browser.open(pool.address(prompt="none")).returned
    assert told == {"error": "login_required", "state": "of the application"}
    browser.sign_in()
    kept = browser.session.cookies["cognito"]
    assert browser.open(pool.address(prompt="none")).code
    browser.open(pool.address(prompt="login"))
    assert browser.heading == "Sign in" and "prompt=login" in browser.answer.url
    browser.submit(username="ann", password=PASSWORD)
    assert browser.code and browser.session.cookies["cognito"] != kept
    assert browser.open(pool.address(prompt="none login")).returned["error"] == "invalid_request"


def test_managed_login_wants_a_branding(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, managed=True)
    bare = pool.client(ClientName="bare")["ClientId"]
    assert "Login pages unavailable" in FormBrowser(pool).open(pool.address(client_id=bare)).answer.text


def test_signing_out(pool: Pool) -> None:
    pool.user()
    browser = FormBrowser(pool).sign_in()
    kept = browser.session.cookies["cognito"]
    browser.open(f"{pool.base}/logout?client_id={pool.client_id}&logout_uri={BYE}")
    assert browser.answer.headers["Location"] == BYE and "cognito" not in browser.session.cookies
    assert browser.open(pool.address()).heading == "Sign in"
    # A copy of the cookie is good for nothing.
    browser.session.cookies.set("cognito", kept, path="/_cognito/myapp/", domain="127.0.0.1")
    assert browser.open(pool.address()).heading == "Sign in"
    # Back to the sign-in page, with what the application asks for.
    browser.sign_in()
    browser.open(pool.address("/logout"))
    assert browser.path.endswith("/login") and browser.heading == "Sign in"
    assert parse_qs(urlsplit(browser.answer.url).query)["state"] == ["of the application"]
    browser.submit(username="ann", password=PASSWORD)
    assert browser.code


@pytest.fixture(scope="module")
def named() -> Iterator[Server]:
    """A server whose operator has named custom domains."""
    with Server("--custom-domain", "auth.example.com", "--custom-domain", "login.example.com=999999999999") as server:
        yield server


@pytest.fixture(scope="module")
def named_pool(named: Server) -> Pool:
    return make_pool(named, named.root)


def custom_domain(pool: Pool, name: str) -> None:
    pool.idp.create_user_pool_domain(Domain=name, UserPoolId=pool.id, CustomDomainConfig={"CertificateArn": CERTIFICATE})


def test_by_the_domain_s_name(named: Server, named_pool: Pool) -> None:
    """AWS's name, `localhost`'s, and a name that the operator has named: the `Host` tells the pool."""
    cloud, pool = named, named_pool
    pool.user()
    custom_domain(pool, "auth.example.com")
    path = pool.address().removeprefix(pool.base)
    for host in ("myapp.auth.us-east-1.amazoncognito.com", f"myapp.auth.localhost:{cloud.port}", "auth.example.com", "AUTH.example.com:443"):
        answer = requests.get(cloud.url + path, headers={"Host": host}, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/login?"), host
        page = requests.get(cloud.url + answer.headers["Location"], headers={"Host": host}, timeout=PATIENCE)
        assert "<h1>Sign in</h1>" in page.text and 'action="/login?' in page.text
        assert f"http://{host}/static/" in page.headers["Content-Security-Policy"]
    for host in ("myapp.auth.eu-west-1.amazoncognito.com", "other.auth.localhost", "auth.example.org"):
        answer = requests.get(cloud.url + path, headers={"Host": host}, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code in (400, 403, 404), host
    # The rest of Gatehouse is not there, and nowhere else do names of others count.
    assert requests.get(cloud.url + "/ui/sign-in", headers={"Host": "auth.example.com"}, timeout=PATIENCE).status_code == 404
    assert requests.get(f"{cloud.url}/_cognito/nobody/login", timeout=PATIENCE).status_code == 404


def test_a_bucket_that_is_called_like_a_domain_s_host(cloud: Server, root: Identity, pool: Pool) -> None:
    """`myapp.auth.localhost` is the domain's, and not that of the bucket `myapp.auth`, which has others."""
    name = f"{pool.prefix}.auth"
    s3 = root.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="login", Body=b"an object")
    document = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"})
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicPolicy": False})
    s3.put_bucket_policy(Bucket=name, Policy=document)

    def seen(host: str, path: str) -> str:
        return requests.get(cloud.url + path, headers={"Host": host}, timeout=PATIENCE).text

    page = seen(f"{name}.localhost", pool.address().removeprefix(pool.base))
    assert "<h1>Sign in</h1>" in page
    assert seen(f"{name}.s3.localhost", "/login") == seen("localhost", f"/{name}/login") == "an object"
    other = name.replace(pool.prefix, "another")
    s3.create_bucket(Bucket=other)
    assert "<Code>AccessDenied</Code>" in seen(f"{other}.localhost", "/login")


@pytest.mark.parametrize("name", ["console.example.com", "auth.example.com"])
def test_a_custom_domain_takes_no_host_that_the_operator_has_not_named(cloud: Server, pool: Pool, name: str) -> None:
    """Whoever may create a domain does not get what is sent to other names of the server; its path leads to it."""
    custom_domain(pool, name)
    path = pool.address().removeprefix(pool.base)
    assert requests.get(cloud.url + "/ui/sign-in", headers={"Host": name}, timeout=PATIENCE).status_code == 200
    answer = requests.get(cloud.url + path, headers={"Host": name}, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code in (400, 403, 404), answer.text
    answer = requests.get(f"{cloud.url}/_cognito/{name}{path}", allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(f"/_cognito/{name}/login?")


def test_addresses_are_no_domains_and_names_of_others_are_not_to_be_had(named_pool: Pool) -> None:
    for name, told in (
        ("127.0.0.1", "not a valid subdomain"), ("10.1.2.3", "not a valid subdomain"), ("a.example.7", "not a valid subdomain"),
        ("a.b.0x7f", "not a valid subdomain"), ("login.example.com", "of another account"),
    ):  # fmt: skip
        with pytest.raises(named_pool.idp.exceptions.InvalidParameterException, match=told):
            custom_domain(named_pool, name)


def test_nobody_s_domain_takes_gatehouse_s_place(cloud: Server, root: Identity, pool: Pool) -> None:
    custom_domain(pool, "s3.us-east-1.amazonaws.com")
    answer = requests.get(cloud.url + "/login", headers={"Host": "s3.us-east-1.amazonaws.com"}, timeout=PATIENCE)
    assert "<Error>" in answer.text


def test_no_address_has_thousands_of_parameters(cloud: Server, pool: Pool) -> None:
    assert requests.get(pool.address() + "&x=1" * 190, allow_redirects=False, timeout=PATIENCE).status_code == 302
    assert requests.get(pool.address() + "&x=1" * 200, allow_redirects=False, timeout=PATIENCE).status_code == 400
    many = {f"x{number}": "" for number in range(201)}
    assert requests.post(f"{pool.base}/oauth2/token", data=many, timeout=PATIENCE).status_code == 400


def test_a_branding_is_seen_as_soon_as_it_is_changed(cloud: Server, root: Identity) -> None:
    """What pages need of it is kept, and not longer than it holds."""
    pool = make_pool(cloud, root)
    pool.idp.update_user_pool_domain(UserPoolId=pool.id, Domain=pool.prefix, ManagedLoginVersion=2)
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
    login = pool.base + "/login?" + urlsplit(pool.address()).query

    def page() -> tuple[str, str]:
        """The page, and its style sheet."""
        found = requests.get(login, timeout=PATIENCE)
        style = requests.get(f"{pool.base}/static/look/{pool.client_id}/style.css", timeout=PATIENCE)
        return found.text, style.text

    def settings(color: str) -> dict[str, Any]:
        return {"components": {"pageBackground": {"lightMode": {"color": color}}}}

    names = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    assert requests.get(login, timeout=PATIENCE, allow_redirects=False).status_code == 302
    branding = pool.idp.create_managed_login_branding(**names, Settings=settings("112233ff"))["ManagedLoginBranding"]
    for _ in range(2):
        text, style = page()
        assert "--ground:#112233ff" in style and "logo.png" not in text
    names = {"UserPoolId": pool.id, "ManagedLoginBrandingId": branding["ManagedLoginBrandingId"]}
    logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": picture}
    pool.idp.update_managed_login_branding(**names, Settings=settings("445566ff"), Assets=[logo])
    for _ in range(2):
        text, style = page()
        assert "--ground:#445566ff" in style and "logo.png" in text
    assert requests.get(f"{pool.base}/static/look/{pool.client_id}/logo.png", timeout=PATIENCE).content == picture
    pool.idp.update_managed_login_branding(**names, UseCognitoProvidedValues=True)
    text, style = page()
    assert style == "" and "logo.png" not in text
    pool.idp.delete_managed_login_branding(**names)
    assert requests.get(login, timeout=PATIENCE, allow_redirects=False).status_code == 302


def test_a_token_for_one_api(cloud: Server, root: Identity) -> None:
    """RFC 8707: the audience of the access token, which refreshing keeps."""
    pool = make_pool(cloud, root)
    pool.user()
    tokens = tokens_of(pool, resource="https://api.example.com/v1")
    assert pool.claims(tokens["access_token"])["aud"] == "https://api.example.com/v1"
    assert pool.claims(tokens["id_token"])["aud"] == pool.client_id
    fresh = pool.token(
        grant_type="refresh_token", client_id=pool.client_id, refresh_token=tokens["refresh_token"]
    ).json()
    assert pool.claims(fresh["access_token"])["aud"] == "https://api.example.com/v1"
    assert "aud" not in pool.claims(tokens_of(pool)["access_token"])
    told = FormBrowser(pool).open(pool.address(resource="http://api.example.com")).returned
    assert told["error"] == "invalid_target"


def test_identity_providers_to_choose_from(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root)
    pool.idp.create_identity_provider(
        UserPoolId=pool.id, ProviderName="Corp", ProviderType="OIDC", IdpIdentifiers=["corp.example.com"],
        ProviderDetails={
            "client_id": "x", "client_secret": "y", "attributes_request_method": "GET", "authorize_scopes": "openid",
            "oidc_issuer": "https://127.0.0.1:9", "authorize_url": "https://127.0.0.1:9/a", "token_url": "https://127.0.0.1:9/t",
            "attributes_url": "https://127.0.0.1:9/u", "jwks_uri": "https://127.0.0.1:9/j",
        },
    )  # fmt: skip
    both = pool.client(ClientName="both", SupportedIdentityProviders=["COGNITO", "Corp"])["ClientId"]
    page = FormBrowser(pool).open(pool.address(client_id=both))
    assert "Continue with Corp" in page.answer.text and "identity_provider=Corp" in page.answer.text
    assert "Continue with Corp" not in FormBrowser(pool).open(pool.address()).answer.text
    # A client that takes nobody from there is not talked into it.
    for named in ({"identity_provider": "Corp"}, {"idp_identifier": "corp.example.com"}, {"identity_provider": "None"}):
        browser = FormBrowser(pool).open(pool.address(**named))
        assert browser.path.endswith("/error") and "Login option is not available" in browser.answer.text
    assert FormBrowser(pool).open(pool.address(identity_provider="COGNITO")).heading == "Sign in"


def test_codes_by_text_message(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root)
    role = root.iam.create_role(
        RoleName="sms", AssumeRolePolicyDocument=policy(
            {"Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ),
    )["Role"]["Arn"]  # fmt: skip
    root.iam.put_role_policy(RoleName="sms", PolicyName="send", PolicyDocument=policy(allow("sns:Publish", "*")))
    pool.idp.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="ON",
        SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": role}},
    )  # fmt: skip
    pool.user(phone_number="+12065550100", phone_number_verified="true")
    browser = FormBrowser(pool).sign_in()
    assert browser.heading == "Enter the verification code" and "+*******0100" in browser.answer.text
    # The form of another browser does not go on with it, nor does one without the challenge.
    other = FormBrowser(pool).open(pool.address())
    stolen = {"progress": browser.forms[0]["fields"]["progress"], "code": pool.sent_code()}
    for fields in (stolen, {"code": stolen["code"]}, stolen | {"progress": "x"}):
        answer = other.session.post(
            pool.address("/challenge"), data=fields | {"_csrf": other.forms[0]["fields"]["_csrf"]}, timeout=30,
            allow_redirects=False,
        )  # fmt: skip
        assert answer.status_code == 403 and "The page had been open for too long" in answer.text
    form = browser.forms[0]["fields"]
    browser.submit(code="000000" if pool.sent_code() != "000000" else "000001")
    assert browser.problem and browser.heading == "Enter the verification code"
    browser.submit(code=pool.sent_code())
    assert browser.code
    # A challenge is answered once.
    again = browser.session.post(
        pool.address("/challenge"), data=form | {"code": pool.sent_code()}, timeout=30, allow_redirects=False
    )
    assert again.status_code == 400 and "Location" not in again.headers
