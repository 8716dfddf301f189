"""The managed login pages for second factors that there are several of, links in mails, terms, and what owners choose, in a real
browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from harness.hosted import PASSWORD, Pool
from harness.sign_in import totp
from harness.visitor import Somebody

MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/example.com"}


@pytest.fixture
def two_factors(new_pool: Callable[..., Pool]) -> Callable[[str], Pool]:
    """A pool with authenticator apps and codes by e-mail."""

    def make(mode: str) -> Pool:
        pool = new_pool(pool={"EmailConfiguration": MAIL})
        pool.idp.set_user_pool_mfa_config(
            UserPoolId=pool.id, MfaConfiguration=mode, SoftwareTokenMfaConfiguration={"Enabled": True},
            EmailMfaConfiguration={},
        )  # fmt: skip
        return pool

    return make


def set_up_app(pool: Pool) -> str:
    """Ann's authenticator app, by an application of another kind: its secret."""
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["ClientId"]
    given = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    tokens = pool.idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    token = tokens["AuthenticationResult"]["AccessToken"]
    secret = str(pool.idp.associate_software_token(AccessToken=token)["SecretCode"])
    pool.idp.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    return secret


@pytest.mark.parametrize("script", [True, False])
def test_a_choice_of_second_factors(
    two_factors: Callable[[str], Pool], somebody: Callable[..., Somebody], script: bool
) -> None:
    pool = two_factors("OPTIONAL")
    pool.user(email="ann@example.com", email_verified="true")
    secret = set_up_app(pool)
    enabled = {"Enabled": True}
    pool.idp.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username="ann", SoftwareTokenMfaSettings=enabled, EmailMfaSettings=enabled
    )
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Choose how to verify" and "ann" in ann.text
    ann.has_no_barrier()
    ann.press("Get a code by email")
    assert ann.heading == "Enter the verification code" and "a***@e***" in ann.text
    page.get_by_label("Verification code").fill("12")
    ann.press("Verify")
    assert ann.problem and ann.heading == "Enter the verification code"
    # Another factor takes another sign-in.
    page.get_by_role("link", name="Back to sign-in").click()
    assert ann.heading == "Sign in"
    ann.sign_in()
    ann.press("Use an authenticator app")
    assert ann.heading == "Enter the verification code" and "authenticator app" in ann.text
    page.get_by_label("Verification code").fill(totp(secret))
    ann.press("Verify")
    assert ann.has_tokens()["cognito:username"] == "ann"


@pytest.mark.parametrize("script", [True, False])
def test_setting_up_codes_by_mail(
    two_factors: Callable[[str], Pool], somebody: Callable[..., Somebody], script: bool
) -> None:
    pool = two_factors("ON")
    pool.user()
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Set up a second factor"
    ann.has_no_barrier()
    # There are two ways, and this is the other one.
    assert page.get_by_label("Code from the app").is_visible()
    page.get_by_label("Email address").fill("ann@example.com")
    ann.press("Send a code")
    assert ann.heading == "Enter the verification code" and "a***@e***" in ann.text
    assert pool.messages()[-1]["to"] == "ann@example.com"
    ann.has_no_barrier()
    code = pool.sent_code()
    page.get_by_label("Verification code").fill(f"{(int(code) + 1) % 1_000_000:06}")
    ann.press("Verify")
    assert ann.problem
    page.get_by_label("Verification code").fill(code)
    ann.press("Verify")
    claims = ann.has_tokens()
    assert (claims["email"], claims["email_verified"]) == ("ann@example.com", True)
    # From then on it is asked for.
    other = somebody(pool, script=script)
    page = other.sign_in()
    assert other.heading == "Enter the verification code"
    page.get_by_label("Verification code").fill(pool.sent_code())
    other.press("Verify")
    other.has_tokens()


def test_the_link_of_a_mail(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    words = {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "Press {##here##}.", "EmailSubjectByLink": "Hello"}
    pool = new_pool(pool={"VerificationMessageTemplate": words})
    name = "ann&bob+ü"

    def sign_up(name: str) -> str:
        """Where the mail leads."""
        attributes = [{"Name": "email", "Value": "ann@example.com"}]
        pool.idp.sign_up(ClientId=pool.client_id, Username=name, Password=PASSWORD, UserAttributes=attributes)
        found = re.search(r'href="?\'?([^"\'> ]+)', pool.messages()[-1]["text"])
        assert found, pool.messages()[-1]
        return found[1].replace("&amp;", "&").replace("127.0.0.1", "localhost")

    def status(name: str) -> str:
        return str(pool.idp.admin_get_user(UserPoolId=pool.id, Username=name)["UserStatus"])

    link = sign_up(name)
    ann = somebody(pool)
    # Somebody else's code does not do, nor one that is made up.
    other = sign_up("eve")
    code = link.rpartition("=")[2]
    ann.page.goto(other.rpartition("=")[0] + "=" + f"{(int(code) + 1) % 1_000_000:06}")
    assert ann.heading == "This did not work" and status("eve") == "UNCONFIRMED"
    ann.has_no_barrier()
    ann.page.goto(link)
    assert ann.heading == "Your account is confirmed" and status(name) == "CONFIRMED"
    ann.has_no_barrier()
    ann.page.goto(link)
    assert ann.heading == "This did not work"
    ann.sign_in(name)
    claims = ann.has_tokens()
    assert (claims["cognito:username"], claims["email_verified"]) == (name, True)


def test_terms(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    pool = new_pool(managed=True)

    def add(name: str, **links: str) -> None:
        pool.idp.create_terms(
            UserPoolId=pool.id, ClientId=pool.client_id, TermsName=name, TermsSource="LINK", Enforcement="NONE",
            Links={f"cognito:{language}": f"https://example.com/{link}" for language, link in links.items()},
        )  # fmt: skip

    ann = somebody(pool)
    page = ann.go("/signup")
    assert ann.heading == "Sign up" and "By signing up" not in ann.text
    add("terms-of-use", default="terms", german="agb")
    # Both are to be there.
    ann.go("/signup")
    assert "By signing up" not in ann.text
    add("privacy-policy", default="datenschutz", english="privacy")
    ann.go("/signup")
    assert "By signing up, you agree to our Terms of use and Privacy policy." in ann.text
    ann.has_no_barrier()
    links = {name: page.get_by_role("link", name=name).get_attribute("href") for name in ("Terms of use", "Privacy policy")}
    assert links == {"Terms of use": "https://example.com/terms", "Privacy policy": "https://example.com/privacy"}
    # In another language, what there is in it.
    ann.go("/signup", lang="de")
    assert page.get_by_role("link", name="Terms of use").get_attribute("href") == "https://example.com/agb"
    assert page.get_by_role("link", name="Privacy policy").get_attribute("href") == "https://example.com/datenschutz"


def test_a_branding(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    """Its colours, in light and in dark, as the browser shows them."""
    pool = new_pool(managed=True)

    def mode(ground: str, button: str) -> dict[str, Any]:
        return {"ground": ground, "button": button}

    modes = {"lightMode": mode("ffeeddff", "113355ff"), "darkMode": mode("221100ff", "eeccaaff")}
    settings = {
        "categories": {"global": {"colorSchemeMode": "DYNAMIC"}},
        "components": {
            "pageBackground": {name: {"color": colours["ground"]} for name, colours in modes.items()},
            "primaryButton": {
                name: {"defaults": {"backgroundColor": colours["button"], "textColor": "ffffffff" if name == "lightMode" else "000000ff"}}
                for name, colours in modes.items()
            },
        },
        "componentClasses": {"buttons": {"borderRadius": 20.0}},
    }  # fmt: skip
    branding = pool.idp.describe_managed_login_branding_by_client(UserPoolId=pool.id, ClientId=pool.client_id)
    pool.idp.update_managed_login_branding(
        UserPoolId=pool.id, ManagedLoginBrandingId=branding["ManagedLoginBranding"]["ManagedLoginBrandingId"],
        UseCognitoProvidedValues=False, Settings=settings,
    )  # fmt: skip
    for scheme, ground, button in (("light", (255, 238, 221), (17, 51, 85)), ("dark", (34, 17, 0), (238, 204, 170))):
        ann = somebody(pool, color_scheme=scheme)
        page = ann.go()
        style = "(item, name) => getComputedStyle(item)[name]"
        assert page.locator("body").evaluate(style, "backgroundColor") == f"rgb{ground}"
        found = page.get_by_role("button", name="Sign in")
        assert found.evaluate(style, "backgroundColor") == f"rgb{button}"
        assert found.evaluate(style, "borderRadius") == "20px"
        ann.has_no_barrier()


def test_an_application_that_leads_on(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    """The address that it waits at may send the browser to another site, as servers behind web sites do."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_first = self.path.startswith("/callback")
            body = b"" if is_first else b"<!doctype html><html lang=en><title>App</title><h1>The web site</h1>"
            self.send_response(302 if is_first else 200)
            if is_first:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/home")
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        pool = new_pool(client={"CallbackURLs": [f"http://localhost:{server.server_port}/callback"]})
        pool.user()
        ann = somebody(pool)
        ann.sign_in()
        ann.page.get_by_role("heading", name="The web site").wait_for()
    finally:
        server.shutdown()
        server.server_close()
