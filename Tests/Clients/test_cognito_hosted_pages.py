"""The managed login pages of a user pool, in a real browser: with a script and without, by what axe-core finds, and by their forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route

from harness import Identity, Server
from harness.browser import Person, violations
from harness.hosted import CALLBACK, PASSWORD, Pool, make_pool
from harness.mfa import VirtualDevice

NEW_PASSWORD = "Another-horse-2"


class Somebody:
    """A person at a browser, and the application to whose address the browser comes back."""

    def __init__(self, person: Person, pool: Pool):
        self.person, self.pool, self.page = person, pool, person.page
        self.told: list[dict[str, str]] = []
        self.page.route(re.compile("^" + re.escape(CALLBACK)), self._came_back)

    def _came_back(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        self.told.append({key: values[0] for key, values in parse_qs(parts.query).items()})
        route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>App</title><h1>The application</h1>")

    def go(self, path: str = "/oauth2/authorize", **parameters: str | None) -> Page:
        # Passkeys are for `localhost`, and no browser has them at 127.0.0.1.
        self.page.goto(self.pool.address(path, **parameters).replace("127.0.0.1", "localhost"))
        return self.page

    def sign_in(self, name: str = "ann", password: str = PASSWORD) -> Page:
        self.go()
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def problem(self) -> str:
        return self.page.get_by_role("alert").inner_text()

    def has_tokens(self) -> dict[str, Any]:
        """That the application got a code that is worth tokens; returns the claims of the ID token."""
        assert self.heading == "The application", self.page.locator("body").inner_text()
        answer = self.pool.token(
            grant_type="authorization_code", client_id=self.pool.client_id, code=self.told[-1]["code"],
            redirect_uri=CALLBACK,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return self.pool.claims(answer.json()["id_token"])


def mails(root: Identity, pool: Pool) -> list[str]:
    raise NotImplementedError


@pytest.fixture
def somebody(new_person: Callable[..., Person]) -> Callable[..., Somebody]:
    return lambda pool, **options: Somebody(new_person(**options), pool)


@pytest.mark.parametrize("script", [True, False])
def test_signing_in(cloud: Server, root: Identity, somebody: Callable[..., Somebody], script: bool) -> None:
    pool = make_pool(cloud, root)
    sub = pool.user()
    ann = somebody(pool, script=script)
    page = ann.go(login_hint="ann")
    assert ann.heading == "Sign in"
    if script:
        assert violations(page) == []
    assert page.get_by_label("Username").input_value() == "ann"
    for label, wanted in (("Username", "username webauthn"), ("Password", "current-password")):
        assert page.get_by_label(label, exact=True).get_attribute("autocomplete") == wanted
    page.get_by_label("Password", exact=True).fill("wrong")
    ann.press("Sign in")
    assert ann.problem == "Incorrect username or password."
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    ann.press("Sign in")
    assert ann.has_tokens()["sub"] == sub
    # For an hour nobody asks again.
    ann.go()
    assert ann.has_tokens()["sub"] == sub
    page.goto(f"{pool.base.replace('127.0.0.1', 'localhost')}/logout?client_id={pool.client_id}&logout_uri=http://localhost:8909/bye")


def test_by_keyboard_alone(cloud: Server, root: Identity, somebody: Callable[..., Somebody]) -> None:
    pool = make_pool(cloud, root)
    pool.user()
    ann = somebody(pool, viewport={"width": 320, "height": 600}, color_scheme="dark")
    ann.go()
    assert violations(ann.page) == []
    keys = ann.page.keyboard
    keys.press("Tab")
    keys.type("ann")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    ann.page.get_by_role("heading", name="The application").wait_for()
    assert ann.has_tokens()["cognito:username"] == "ann"


@pytest.mark.parametrize("script", [True, False])
def test_a_temporary_password(cloud: Server, root: Identity, somebody: Callable[..., Somebody], script: bool) -> None:
    pool = make_pool(cloud, root)
    pool.idp.admin_create_user(
        UserPoolId=pool.id, Username="ann", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Choose a new password"
    if script:
        assert violations(page) == []
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password again").fill("short")
    ann.press("Change password")
    assert "Password" in ann.problem
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password again").fill(NEW_PASSWORD)
    ann.press("Change password")
    ann.has_tokens()


@pytest.mark.parametrize("script", [True, False])
def test_setting_up_an_authenticator_app(
    cloud: Server, root: Identity, somebody: Callable[..., Somebody], script: bool
) -> None:
    pool = make_pool(cloud, root)
    pool.idp.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    pool.user()
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Set up a second factor", ann.page.locator("main").inner_text()
    if script:
        assert violations(page) == []
        assert page.locator("img[src^='data:image/png']").evaluate("image => image.naturalWidth") > 100
    device = VirtualDevice(page.locator("dd code").inner_text().encode())
    device.next += 2
    page.get_by_label("Code from the app").fill(device.wrong_code())
    ann.press("Set up and sign in")
    assert ann.heading == "Set up a second factor" and ann.problem
    page.get_by_label("Code from the app").fill(device.code())
    ann.press("Set up and sign in")
    ann.has_tokens()
    # From then on it is asked for.
    other = somebody(pool, script=script)
    page = other.sign_in()
    assert other.heading == "Enter the verification code"
    if script:
        assert violations(page) == []
    assert page.get_by_label("Verification code").get_attribute("autocomplete") == "one-time-code"
    page.get_by_label("Verification code").fill(device.wrong_code())
    other.press("Verify")
    assert other.heading == "Enter the verification code" and other.problem
    page.get_by_label("Verification code").fill(device.code())
    other.press("Verify")
    other.has_tokens()


def authenticator(person: Person) -> None:
    """A security key in software, which is touched at once whenever it is asked for."""
    session = person.context.new_cdp_session(person.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_registered_and_signs_in(
    cloud: Server, root: Identity, somebody: Callable[..., Somebody]
) -> None:
    pool = make_pool(
        cloud, root, managed=True,
        pool={"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}},
        client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    )  # fmt: skip
    pool.idp.set_user_pool_mfa_config(
        UserPoolId=pool.id, WebAuthnConfiguration={"RelyingPartyId": "localhost", "UserVerification": "preferred"}
    )
    sub = pool.user()
    ann = somebody(pool)
    authenticator(ann.person)
    page = ann.go()
    page.get_by_label("Username").fill("ann")
    ann.press("Next")
    assert violations(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    ann.press("Sign in")
    ann.has_tokens()
    ann.go("/passkeys/add")
    assert ann.heading == "Set up a passkey"
    assert violations(page) == []
    ann.press("Create a passkey")
    page.get_by_role("heading", name="The application").wait_for()
    # The next time no password is typed.
    ann.person.context.clear_cookies()
    ann.go()
    page.get_by_label("Username").fill("ann")
    ann.press("Next")
    assert ann.heading == "Choose how to sign in"
    assert violations(page) == []
    ann.press("Use a passkey")
    assert ann.heading == "Sign in with a passkey"
    assert violations(page) == []
    ann.press("Use a passkey")
    page.get_by_role("heading", name="The application").wait_for()
    assert ann.has_tokens()["sub"] == sub
    # Whoever is not signed in is asked to first.
    ann.person.context.clear_cookies()
    ann.go("/passkeys/add")
    assert ann.heading == "Sign in"
