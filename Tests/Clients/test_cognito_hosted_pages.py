"""The managed login pages of a user pool, in a real browser: with a script and without, by what axe-core finds, and by their forms."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from harness.browser import Person
from harness.hosted import PASSWORD, Pool
from harness.mfa import VirtualDevice
from harness.visitor import Somebody

NEW_PASSWORD = "Another-horse-2"


@pytest.mark.parametrize("script", [True, False])
def test_signing_in(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], script: bool) -> None:
    pool = new_pool()
    sub = pool.user()
    ann = somebody(pool, script=script)
    page = ann.go(login_hint="ann")
    assert ann.heading == "Sign in"
    ann.has_no_barrier()
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
    ann.go("/logout")
    assert ann.heading == "Sign in"


def test_by_keyboard_alone(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    pool = new_pool()
    pool.user()
    ann = somebody(pool, viewport={"width": 320, "height": 600}, color_scheme="dark")
    ann.go()
    ann.has_no_barrier()
    keys = ann.page.keyboard
    keys.press("Tab")
    keys.type("ann")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    ann.page.get_by_role("heading", name="The application").wait_for()
    assert ann.has_tokens()["cognito:username"] == "ann"


@pytest.mark.parametrize("script", [True, False])
def test_a_temporary_password(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], script: bool) -> None:
    pool = new_pool()
    pool.idp.admin_create_user(
        UserPoolId=pool.id, Username="ann", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Choose a new password"
    ann.has_no_barrier()
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
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], script: bool
) -> None:
    pool = new_pool()
    pool.idp.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    pool.user()
    ann = somebody(pool, script=script)
    page = ann.sign_in()
    assert ann.heading == "Set up a second factor", ann.page.locator("main").inner_text()
    ann.has_no_barrier()
    if script:
        assert page.locator("img[src^='data:image/png']").evaluate("image => image.naturalWidth") > 100
    seed = page.locator("dd code").inner_text()
    device = VirtualDevice((seed + "=" * (-len(seed) % 8)).encode())
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
    other.has_no_barrier()
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
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]
) -> None:
    pool = new_pool(
        managed=True,
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
    ann.has_no_barrier()
    page.get_by_label("Password").fill(PASSWORD)
    ann.press("Sign in")
    ann.has_tokens()
    ann.go("/passkeys/add")
    assert ann.heading == "Set up a passkey"
    ann.has_no_barrier()
    ann.press("Create a passkey")
    page.get_by_role("heading", name="The application").wait_for()
    # The next time no password is typed.
    ann.person.context.clear_cookies()
    ann.go()
    page.get_by_label("Username").fill("ann")
    ann.press("Next")
    assert ann.heading == "Choose how to sign in"
    ann.has_no_barrier()
    ann.press("Use a passkey")
    assert ann.heading == "Sign in with a passkey"
    ann.has_no_barrier()
    ann.press("Use a passkey")
    page.get_by_role("heading", name="The application").wait_for()
    assert ann.has_tokens()["sub"] == sub
    # Whoever is not signed in is asked to first.
    ann.person.context.clear_cookies()
    ann.go("/passkeys/add")
    assert ann.heading == "Sign in"


@pytest.mark.parametrize("script", [True, False])
def test_signing_up(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], script: bool) -> None:
    pool = new_pool(pool={"Schema": [{"Name": "given_name", "Required": True, "Mutable": True}]})
    ann = somebody(pool, script=script)
    page = ann.go()
    page.get_by_role("link", name="Create an account").click()
    assert ann.heading == "Sign up"
    ann.has_no_barrier()
    for label, wanted in (("Given name", "given-name"), ("Email address (optional)", "email"), ("New password", "new-password")):
        assert page.get_by_label(label, exact=True).get_attribute("autocomplete") == wanted
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Given name").fill("<b>Ann</b>")
    page.get_by_label("Email address").fill("ann@example.com")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill("toosimple")
    ann.press("Sign up")
    assert "Password did not conform" in ann.problem
    assert page.get_by_label("Given name").input_value() == "<b>Ann</b>"
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    ann.press("Sign up")
    assert ann.heading == "Confirm your account"
    ann.has_no_barrier()
    assert "a***@e***" in ann.text
    first = pool.sent_code()
    ann.press("Send a new code")
    assert pool.sent_code() != first
    page.get_by_label("Verification code").fill("1")
    ann.press("Confirm account")
    assert ann.problem
    page.get_by_label("Verification code").fill(pool.sent_code())
    ann.press("Confirm account")
    assert "Your account is confirmed" in ann.text and ann.heading == "Sign in"
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    ann.press("Sign in")
    claims = ann.has_tokens()
    assert claims["email"] == "ann@example.com" and claims["email_verified"] is True


def test_signing_in_before_the_sign_up_is_confirmed(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]
) -> None:
    pool = new_pool()
    pool.idp.sign_up(
        ClientId=pool.client_id, Username="ann", Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
    )  # fmt: skip
    ann = somebody(pool, script=False)
    page = ann.sign_in()
    assert ann.heading == "Confirm your account" and len(pool.messages()) == 2
    page.get_by_label("Verification code").fill(pool.sent_code())
    ann.press("Confirm account")
    ann.sign_in()
    ann.has_tokens()


def test_where_administrators_alone_make_users(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]
) -> None:
    pool = new_pool(pool={"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}})
    ann = somebody(pool, script=False)
    page = ann.go()
    assert page.get_by_role("link", name="Create an account").count() == 0
    ann.go("/signup")
    assert ann.problem == "SignUp is not permitted for this user pool"


@pytest.mark.parametrize("script", [True, False])
def test_a_forgotten_password(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], script: bool) -> None:
    pool = new_pool()
    pool.user(email="ann@example.com", email_verified="true")
    ann = somebody(pool, script=script)
    page = ann.go()
    page.get_by_role("link", name="Forgot your password?").click()
    assert ann.heading == "Forgot your password?"
    ann.has_no_barrier()
    page.get_by_label("Username").fill("ann")
    ann.press("Reset my password")
    assert ann.heading == "Choose a new password" and "a***@e***" in ann.text
    ann.has_no_barrier()
    page.get_by_label("Verification code").fill(pool.sent_code())
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    ann.press("Change password")
    assert "Your password was changed" in ann.text
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    ann.press("Sign in")
    ann.has_tokens()


def test_codes_by_mail_as_second_factor_and_as_first(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]
) -> None:
    pool = new_pool(
        managed=True, pool={"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}},
        client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    )  # fmt: skip
    pool.user(email="ann@example.com", email_verified="true")
    ann = somebody(pool, script=False)
    page = ann.go()
    page.get_by_label("Username").fill("ann")
    ann.press("Next")
    assert ann.heading == "Choose how to sign in"
    ann.press("Get a code by email")
    assert ann.heading == "Enter the verification code" and "a***@e***" in ann.text
    page.get_by_label("Verification code").fill("12345678")
    ann.press("Verify")
    assert ann.problem
    page.get_by_label("Verification code").fill(pool.sent_code())
    ann.press("Verify")
    ann.has_tokens()


def test_an_owner_s_look(new_pool: Callable[..., Pool], somebody: Callable[..., Somebody]) -> None:
    pool = new_pool()
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
    pool.idp.set_ui_customization(
        UserPoolId=pool.id, ImageFile=picture,
        CSS=".submitButton-customizable { background-color: #123456; } .banner-customizable { padding: 10px; }",
    )  # fmt: skip
    ann = somebody(pool)
    page = ann.go()
    button = page.get_by_role("button", name="Sign in")
    assert button.evaluate("item => getComputedStyle(item).backgroundColor") == "rgb(18, 52, 86)"
    assert page.locator("img.logo-customizable").evaluate("image => image.naturalWidth") == 1
    ann.has_no_barrier()
