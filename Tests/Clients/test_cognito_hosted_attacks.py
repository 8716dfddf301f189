"""What attackers try at a user pool's domain: addresses to return to, PKCE, codes, states, forms of other sites."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest
import requests

from harness import Identity, Server, Trail
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, make_pool
from harness.patience import PATIENCE


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    made = make_pool(cloud, root)
    made.user(email="ann@example.com", email_verified="true")
    return made


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def error(pool: Pool, code: str, **fields: str) -> tuple[int, str]:
    """What the token endpoint says of a code."""
    answer = pool.token(
        **({"grant_type": "authorization_code", "client_id": pool.client_id, "code": code, "redirect_uri": CALLBACK} | fields)
    )
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback",
        CALLBACK + "/",
        CALLBACK + "/../evil",
        CALLBACK + "?next=https://evil.example",
        CALLBACK + "#fragment",
        CALLBACK.upper(),
        CALLBACK.replace("localhost", "localhost."),
        CALLBACK.replace("localhost", "localhost@evil.example"),
        CALLBACK.replace("http://localhost", "http://localhost.evil.example"),
        CALLBACK.replace("http:", "https:"),
        CALLBACK.replace(":8909", ":8910"),
        CALLBACK + "\r\nSet-Cookie: a=b",
        CALLBACK + "%0d%0aSet-Cookie:%20a=b",
        "//localhost:8909/callback",
        "javascript:alert(1)",
        " " + CALLBACK,
        CALLBACK + "\u0301",
        "myapp://callback.evil",
    ],
)
def test_an_address_to_return_to_that_is_not_the_application_s(pool: Pool, address: str) -> None:
    """Neither before anybody has signed in nor with a session is the browser led there."""
    browser = FormBrowser(pool).open(pool.address(redirect_uri=address))
    assert browser.path.endswith("/error"), browser.answer.headers
    assert browser.answer.status_code == 400
    assert "redirect_mismatch" in browser.answer.text
    assert "evil" not in browser.answer.text
    assert FormBrowser(pool).sign_in().open(pool.address(redirect_uri=address)).path.endswith("/error")
    # The form of the page posts to the same address with everything in it.
    page = FormBrowser(pool).open(pool.address())
    target = pool.address("/login", redirect_uri=address)
    answer = page.session.post(
        target, data=page.forms[0]["fields"] | {"username": "ann", "password": PASSWORD}, allow_redirects=False, timeout=30
    )
    assert urlsplit(answer.headers["Location"]).path.endswith("/error")
    assert "cognito" not in answer.cookies


def test_a_parameter_that_is_there_twice(pool: Pool) -> None:
    """Who reads the first and who the last would not mean the same."""
    for name, value in [("redirect_uri", "https://evil.example"), ("client_id", "x"), ("state", "other"), ("scope", "openid")]:
        for address in (pool.address() + f"&{name}={value}", pool.address("/login") + f"&{name}={value}"):
            assert FormBrowser(pool).open(address).path.endswith("/error")


def test_another_pool_s_client(cloud: Server, root: Identity, pool: Pool) -> None:
    other = make_pool(cloud, root, "other")
    assert "Client does not exist." in FormBrowser(pool).open(pool.address(client_id=other.client_id)).answer.text
    code = FormBrowser(pool).sign_in().code
    answer = requests.post(
        f"{other.base}/oauth2/token", timeout=30,
        data={
            "grant_type": "authorization_code", "client_id": pool.client_id, "code": code, "redirect_uri": CALLBACK,
        },
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_the_error_page_says_nothing_that_an_address_tells_it_to(pool: Pool) -> None:
    browser = FormBrowser(pool).open(f"{pool.base}/error?error=Call+our+hotline&client_id=<script>alert(1)</script>")
    assert "hotline" not in browser.answer.text and "<script>alert" not in browser.answer.text


def test_pkce_is_not_to_be_talked_down(pool: Pool) -> None:
    verifier = secrets.token_urlsafe(48)
    asked = {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    browser = FormBrowser(pool).sign_in(**asked)
    # Without the secret, with another, and with the challenge itself (the method `plain`).
    code = browser.code
    assert error(pool, code) == (400, "invalid_grant")
    assert error(pool, code, code_verifier=secrets.token_urlsafe(48)) == (400, "invalid_grant")
    assert error(pool, code, code_verifier=asked["code_challenge"]) == (400, "invalid_grant")
    assert error(pool, code, code_verifier="short") == (400, "invalid_grant")
    assert error(pool, code, code_verifier=verifier) == (200, "")
    # Somebody took the challenge away on the way: then the application's secret is one too many.
    assert error(pool, FormBrowser(pool).sign_in().code, code_verifier=verifier) == (400, "invalid_grant")
    for change in (
        {"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": None},
        {"code_challenge": "x"}, {"code_challenge": asked["code_challenge"] + "="}, {"code_challenge_method": "s256"},
    ):  # fmt: skip
        told = FormBrowser(pool).open(pool.address(**(asked | change))).returned
        assert told["error"] == "invalid_request" and told["state"] == "of the application", change


def test_a_code_is_good_once_and_its_replay_costs_the_tokens(cloud: Server, pool: Pool) -> None:
    code = FormBrowser(pool).sign_in(scope="openid aws.cognito.signin.user.admin").code
    fields = {
        "grant_type": "authorization_code", "client_id": pool.client_id, "code": code, "redirect_uri": CALLBACK,
    }  # fmt: skip
    tokens = pool.token(**fields).json()
    header = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{pool.base}/oauth2/userInfo", headers=header, timeout=PATIENCE).status_code == 200
    again = pool.token(**fields)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    # Nobody knows which of the two is the application.
    answer = requests.get(f"{pool.base}/oauth2/userInfo", headers=header, timeout=PATIENCE)
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    refreshed = pool.token(grant_type="refresh_token", client_id=pool.client_id, refresh_token=tokens["refresh_token"])
    assert (refreshed.status_code, refreshed.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.memory
def test_a_code_of_five_minutes(cloud: Server, pool: Pool) -> None:
    (early, late) = (FormBrowser(pool).sign_in().code for _ in range(2))
    cloud.advance(240)
    assert error(pool, early) == (200, "")
    cloud.advance(61)
    assert error(pool, late) == (400, "invalid_grant")


def test_a_code_belongs_to_its_client_and_its_address(pool: Pool) -> None:
    other = pool.client(ClientName="other", AllowedOAuthFlows=["code", "implicit"])["ClientId"]
    code = FormBrowser(pool).sign_in().code
    assert error(pool, code, client_id=other) == (400, "invalid_grant")
    assert error(pool, code, redirect_uri="myapp://callback") == (400, "invalid_grant")
    assert error(pool, code, redirect_uri="") == (400, "invalid_request")
    assert error(pool, code[:-1]) == (400, "invalid_grant")
    # Whoever has not got it has not used it up either.
    assert error(pool, code) == (200, "")


def test_a_user_who_is_gone_or_disabled_meanwhile(pool: Pool) -> None:
    code = FormBrowser(pool).sign_in().code
    browser = FormBrowser(pool).sign_in()
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="ann")
    assert error(pool, code) == (400, "invalid_grant")
    assert browser.open(pool.address()).heading == "Sign in"
    pool.idp.admin_enable_user(UserPoolId=pool.id, Username="ann")
    code = FormBrowser(pool).sign_in().code
    pool.idp.admin_delete_user(UserPoolId=pool.id, Username="ann")
    pool.user()
    assert error(pool, code) == (400, "invalid_grant")
    assert browser.open(pool.address()).heading == "Sign in"


def test_a_form_of_another_site_s(pool: Pool) -> None:
    """Whoever is led to send a form from elsewhere is neither signed in nor signed up by it."""
    page = FormBrowser(pool).open(pool.address())
    target = pool.address("/login")
    fields = page.forms[0]["fields"] | {"username": "ann", "password": PASSWORD}

    def refused(session: requests.Session, data: dict[str, str], **headers: str) -> None:
        answer = session.post(target, data=data, headers=headers, allow_redirects=False, timeout=30)
        assert answer.status_code == 403 and "Location" not in answer.headers
        assert "cognito" not in answer.cookies

    refused(page.session, {key: value for key, value in fields.items() if key != "_csrf"})
    refused(page.session, fields | {"_csrf": "x" * 43})
    # The attacker's own key, without the attacker's cookie.
    refused(requests.Session(), fields)
    refused(page.session, fields, Origin="https://evil.example")
    refused(page.session, fields, **{"Sec-Fetch-Site": "cross-site"})
    # And as it is.
    assert page.session.post(target, data=fields, allow_redirects=False, timeout=30).status_code == 302


def test_what_a_browser_keeps(pool: Pool, cloud: Server, root: Identity) -> None:
    other = make_pool(cloud, root, "other")
    browser = FormBrowser(pool).sign_in()
    kept = {cookie.name: cookie for cookie in browser.session.cookies}
    assert set(kept) == {"XSRF-TOKEN", "cognito"}
    for cookie in kept.values():
        assert cookie.path == "/_cognito/myapp/" and cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    # One pool's session is none of another's.
    session = requests.Session()
    answer = session.get(
        other.address(), headers={"Cookie": f"cognito={kept['cognito'].value}"}, allow_redirects=False, timeout=30
    )
    assert urlsplit(answer.headers["Location"]).path.endswith("/login")


def test_pages_can_not_be_framed_nor_told_on(pool: Pool) -> None:
    headers = FormBrowser(pool).open(pool.address()).answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://localhost:8909" in policy and "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"


def test_markup_is_text(pool: Pool) -> None:
    evil = '"><script>alert(1)</script>'
    for address, shown in (
        (pool.address("/login", login_hint=evil), "&lt;script&gt;"),
        (pool.address("/login", state=evil), "%3Cscript"),
        (pool.address("/signup", nonce=evil), "%3Cscript"),
        (pool.address("/confirmUser") + "&username=" + quote(evil), "&lt;script&gt;"),
        (pool.address("/forgotPassword", login_hint=evil), "&lt;script&gt;"),
    ):
        text = FormBrowser(pool).open(address).answer.text
        assert "<script>alert" not in text and shown in text, address
    page = FormBrowser(pool).open(pool.address()).submit(username=evil, password=evil)
    assert page.problem and "<script>alert" not in page.answer.text and "&lt;script&gt;" in page.answer.text


def test_an_open_redirect_by_signing_out(pool: Pool) -> None:
    for address in ("https://evil.example", CALLBACK, "http://localhost:8909/bye/", "http://localhost:8909/bye?x", "//localhost:8909/bye"):
        browser = FormBrowser(pool).open(f"{pool.base}/logout?client_id={pool.client_id}&logout_uri=" + quote(address, safe=""))
        assert browser.path.endswith("/error") and browser.answer.status_code == 400
    assert FormBrowser(pool).open(f"{pool.base}/logout?client_id={pool.client_id}").path.endswith("/error")
    assert FormBrowser(pool).open(f"{pool.base}/logout").path.endswith("/error")


def test_nobody_learns_who_there_is(pool: Pool) -> None:
    known = FormBrowser(pool).sign_in("ann", "Wrong-horse-1")
    unknown = FormBrowser(pool).sign_in("nobody", "Wrong-horse-1")
    assert known.problem == unknown.problem == "Incorrect username or password."
    assert known.answer.status_code == unknown.answer.status_code == 400
    pages = [re.sub(r'value="[^"]*"', "", browser.answer.text) for browser in (known, unknown)]
    assert pages[0] == pages[1]


def test_guessing_passwords_ends_in_a_lock_out(pool: Pool) -> None:
    problems = [FormBrowser(pool).sign_in("ann", f"Wrong-horse-{attempt}").problem for attempt in range(6)]
    assert problems[:5] == ["Incorrect username or password."] * 5
    assert problems[5] == "Password attempts exceeded"


def test_secrets_are_in_no_event(pool: Pool, trail: Trail) -> None:
    browser = FormBrowser(pool).sign_in()
    code = browser.code
    tokens = pool.token(
        grant_type="authorization_code", client_id=pool.client_id, code=code, redirect_uri=CALLBACK
    ).json()
    events = [event for event in trail.all() if event["eventType"] == "AwsServiceEvent"]
    told = str(events)
    for secret in (PASSWORD, code, browser.session.cookies["cognito"], *[str(tokens[key]) for key in tokens if key.endswith("_token")]):
        assert secret not in told
    token = next(event for event in events if event["eventName"] == "Token_POST")
    assert token["additionalEventData"]["requestParameters"] == {
        "grant_type": ["authorization_code"], "client_id": [pool.client_id],
        "code": ["HIDDEN_DUE_TO_SECURITY_REASONS"], "redirect_uri": [CALLBACK],
    }  # fmt: skip
    assert token["additionalEventData"]["userPoolId"] == pool.id and token["readOnly"] is False
    assert token["additionalEventData"]["responseParameters"] == {"status": 200}
    assert {event["eventName"] for event in events} >= {"OAuth2_Authorize_GET", "Login_GET", "CognitoAuthentication", "Token_POST"}


def test_a_code_that_many_show_at_once(pool: Pool) -> None:
    """One of them gets tokens at the most; nobody else does."""
    fields = {
        "grant_type": "authorization_code", "client_id": pool.client_id, "code": FormBrowser(pool).sign_in().code,
        "redirect_uri": CALLBACK,
    }  # fmt: skip
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: pool.token(**fields), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


@pytest.mark.parametrize("query", ["%zz", "%ff=1", "client_id=%00", "a" * 7000, "&" * 3000, "client_id=" + "x" * 5000])
def test_addresses_that_are_none(cloud: Server, pool: Pool, query: str) -> None:
    for path in ("/oauth2/authorize", "/login", "/logout", "/signup", "/error", "/passkeys/add", "/nothing", "", "//", "/%2e%2e/x"):
        request = f"GET /_cognito/myapp{path}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as connection:
            connection.sendall(request.encode())
            status = int(connection.makefile("rb").readline().split()[1])
        assert status < 500, path
    assert requests.post(f"{pool.base}/oauth2/token", data=query, timeout=PATIENCE).status_code in (400, 413)
    assert cloud.alive
