"""Passkeys in the console, with the browser's own virtual authenticator."""

from __future__ import annotations

from collections.abc import Callable

from harness import Identity, Trail, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


def authenticator(person: Person) -> None:
    """A security key in software, which is touched at once whenever it is asked for."""
    session = person.context.new_cdp_session(person.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_registered_and_used(
    person: Person, new_person: Callable[..., Person], root: Identity, trail: Trail
) -> None:
    signed_up(root, "ann")
    root.iam.put_user_policy(
        UserName="ann",
        PolicyName="own",
        PolicyDocument=policy(allow(["iam:EnableMFADevice", "iam:ListMFADevices"], "arn:aws:iam::*:user/ann")),
    )
    authenticator(person)
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go("security-credentials/passkey")
    assert violations(page) == []
    page.get_by_label("Device name").fill("laptop")
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/ui/security-credentials")
    (device,) = root.iam.list_mfa_devices(UserName="ann")["MFADevices"]
    serial = device["SerialNumber"]
    assert serial.startswith(f"arn:aws:iam::{ACCOUNT}:u2f/user/ann/laptop-")
    enabled = trail.named("EnableMFADevice")
    assert enabled["requestParameters"]["serialNumber"] == serial
    # The same browser has the key; another has not.
    person.context.clear_cookies()
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    assert person.heading == "Additional verification required"
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url("**/ui/")
    assert person.heading == "Home"
    login = trail.named("ConsoleLogin", responseElements={"ConsoleLogin": "Success"})
    assert login["additionalEventData"]["MFAIdentifier"] == serial
    assert trail.named("CheckMfa")["additionalEventData"]["MfaType"] == "U2F MFA"
    assert trail.named("GetAccountSummary")["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"
    stranger = new_person()
    authenticator(stranger)
    stranger.sign_in(ACCOUNT, "ann", PASSWORD)
    stranger.page.get_by_role("button", name="Use a passkey or security key").click()
    stranger.page.get_by_text("That did not work").wait_for()
    stranger.go("home")
    assert stranger.heading == "Sign in as IAM user"


def test_a_passkey_without_permission(person: Person, root: Identity) -> None:
    signed_up(root, "bob")
    authenticator(person)
    person.sign_in(ACCOUNT, "bob", PASSWORD)
    page = person.go("security-credentials/passkey")
    page.get_by_label("Device name").fill("laptop")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("is not authorized to perform: iam:EnableMFADevice").wait_for()
    assert root.iam.list_mfa_devices(UserName="bob")["MFADevices"] == []
