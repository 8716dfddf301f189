"""Signing in to the console with a password and a second factor, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from harness import Identity, Trail
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.mfa import VirtualDevice
from harness.server import ACCOUNT

WRONG = "Your authentication information is incorrect. Please try again."


def test_a_user_signs_in_and_out(person: Person, root: Identity) -> None:
    signed_up(root, "ann")
    person.go("users")
    assert person.heading == "Sign in as IAM user"
    assert violations(person.page) == []
    person.sign_in(ACCOUNT, "ann", "wrong")
    assert person.page.get_by_role("alert").inner_text() == WRONG
    assert person.page.get_by_label("IAM user name").input_value() == "ann"
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    assert person.heading == "Home"
    cookies = {cookie["name"]: cookie for cookie in person.context.cookies()}
    session = cookies["gatehouse-session"]
    assert session["httpOnly"] and session["sameSite"] == "Strict"
    person.page.get_by_text("ann @").click()
    person.page.get_by_role("button", name="Sign out", exact=True).click()
    assert person.heading == "Sign in as IAM user"
    # A cookie that somebody has kept is good for nothing any more.
    person.context.add_cookies([session])
    person.go("home")
    assert person.heading == "Sign in as IAM user"


def test_the_record_of_signing_in(person: Person, root: Identity, trail: Trail) -> None:
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", "wrong")
    person.sign_in(ACCOUNT, "nobody", "wrong")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    events = [event for event in trail.all() if event["eventName"] == "ConsoleLogin"]
    told = [
        (event["userIdentity"].get("userName"), event["responseElements"]["ConsoleLogin"], event.get("errorMessage"))
        for event in sorted(events, key=lambda event: event["eventID"])
    ]
    assert told == [
        ("ann", "Failure", "Failed authentication"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", "Failure", "No username found in supplied account"),
        ("ann", "Success", None),
    ]
    assert events[0]["eventType"] == "AwsConsoleSignIn"
    assert events[0]["eventSource"] == "signin.amazonaws.com"


def test_the_second_factor(person: Person, root: Identity, trail: Trail) -> None:
    signed_up(root, "ann", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam = root.client("iam")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    one, two = device.two_codes()
    iam.enable_mfa_device(
        UserName="ann", SerialNumber=made["SerialNumber"], AuthenticationCode1=one, AuthenticationCode2=two
    )
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    assert person.heading == "Additional verification required"
    assert violations(person.page) == []
    # Nothing but the code is open.
    person.go("home")
    assert person.heading == "Sign in as IAM user"
    person.sign_in(ACCOUNT, "ann", PASSWORD, device.wrong_code())
    assert person.page.get_by_role("alert").inner_text() == WRONG
    person.page.get_by_label("MFA code").fill(device.code())
    person.page.get_by_role("button", name="Submit").click()
    assert person.heading == "Home"
    checks = [event for event in trail.all() if event["eventName"] == "CheckMfa"]
    assert [event["responseElements"]["CheckMfa"] for event in checks] == ["Success", "Failure"]
    login = next(event for event in trail.all() if event["eventName"] == "ConsoleLogin")
    assert login["additionalEventData"]["MFAUsed"] == "Yes"
    assert login["additionalEventData"]["MFAIdentifier"] == made["SerialNumber"]
    calls = [event for event in trail.all() if event["eventSource"] == "iam.amazonaws.com"]
    assert calls[0]["sessionCredentialFromConsole"] == "true"
    assert calls[0]["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"


def test_a_password_that_must_be_changed(new_person: Callable[..., Person], root: Identity, trail: Trail) -> None:
    signed_up(root, "ann", "arn:aws:iam::aws:policy/IAMUserChangePassword")
    signed_up(root, "bob")
    iam = root.client("iam")
    for name in ("ann", "bob"):
        iam.update_login_profile(UserName=name, PasswordResetRequired=True)

    def change(name: str, new: str) -> Person:
        person = new_person(script=False)
        person.sign_in(ACCOUNT, name, PASSWORD)
        assert person.heading == "Choose a new password"
        person.page.get_by_label("Old password").fill(PASSWORD)
        person.page.get_by_label("New password", exact=True).fill(new)
        person.page.get_by_label("Retype the new password").fill(new)
        person.page.get_by_role("button", name="Confirm password change").click()
        return person

    assert "minimum length" in change("ann", "short").page.get_by_role("alert").inner_text()
    # Whoever may not change the password stays outside.
    denied = change("bob", "Correct-horse-2")
    assert "iam:ChangePassword" in denied.page.get_by_role("alert").inner_text()
    denied.go("home")
    assert denied.heading == "Sign in as IAM user"
    assert change("ann", "Correct-horse-2").heading == "Home"
    assert any(event["eventName"] == "PasswordUpdated" for event in trail.all())


def test_by_keyboard_alone(person: Person, root: Identity) -> None:
    signed_up(root, "ann")
    keys = person.page.keyboard
    person.go("sign-in")
    for text in (ACCOUNT, "ann"):
        keys.type(text)
        keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    person.page.get_by_role("heading", name="Home").wait_for()
    # The first stop leads past the menu.
    keys.press("Tab")
    assert person.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    keys.press("Enter")
    assert person.page.evaluate("document.activeElement.id") == "main"
    person.page.locator("header summary").focus()
    keys.press("Enter")
    assert person.page.locator("header details").get_attribute("open") is not None
    keys.press("Escape")
    assert person.page.locator("header details").get_attribute("open") is None
    keys.press("Enter")
    person.page.get_by_role("button", name="Sign out", exact=True).focus()
    keys.press("Enter")
    person.page.get_by_role("heading", name="Sign in as IAM user").wait_for()
