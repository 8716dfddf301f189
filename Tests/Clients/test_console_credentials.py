"""Passwords, access keys and MFA devices in the console: a user's, and one's own."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from harness import Identity, Server, Trail, VirtualDevice, allow, error_of, policy, trust
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT
from test_console_root import EMAIL, ask_for_mail, choose, outbox

OWN = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
#: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html>
SELF_SERVICE = policy(
    allow(["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"]),
    allow(["iam:ChangePassword", "iam:GetUser"], OWN),
    allow(
        ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys", "iam:UpdateAccessKey"]
        + ["iam:GetAccessKeyLastUsed"],
        OWN,
    ),
    allow(["iam:CreateVirtualMFADevice"], "arn:aws:iam::*:mfa/*"),
    allow(
        ["iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"], OWN
    ),
)


def button(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def agree(person: Person, name: str) -> None:
    person.page.once("dialog", lambda dialog: dialog.accept())
    button(person, name)


def enrol(person: Person) -> VirtualDevice:
    """Goes through the two steps of a virtual device, with a wrong code between them."""
    page = person.page
    page.get_by_role("link", name="Assign MFA device").click()
    assert violations(page) == []
    button(person, "Go on")
    assert violations(page) == []
    picture = page.locator("img.qr").get_attribute("src") or ""
    assert base64.b64decode(picture.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 100
    seed = page.locator("input[name=seed]").get_attribute("value") or ""
    device = VirtualDevice(seed.encode())

    def type_codes(first: str, second: str) -> None:
        page.get_by_label("MFA code 1").fill(first)
        page.get_by_label("MFA code 2").fill(second)
        button(person, "Add MFA")

    type_codes(device.wrong_code(), device.wrong_code())
    assert "InvalidAuthenticationCode" in page.locator(".problem").inner_text()
    # The same picture is there for another try.
    assert page.locator("img.qr").get_attribute("src") == picture
    type_codes(*device.two_codes())
    assert "was assigned" in page.locator(".notice").inner_text()
    return device


def test_a_users_credentials(administrator: Person, new_person: Callable[..., Person], root: Identity) -> None:
    iam = root.client("iam")
    iam.create_user(UserName="ann")
    page = administrator.go("users/ann/security-credentials")
    assert "no console password" in administrator.text
    page.get_by_text("Set a console password").click()
    assert violations(page) == []
    page.get_by_label("Custom password").check()
    page.get_by_label("Password", exact=True).fill("short")
    button(administrator, "Set password")
    assert "PasswordPolicyViolation" in page.locator(".problem").inner_text()
    page.get_by_text("Set a console password").click()
    page.get_by_label("Custom password").check()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The user must choose another").uncheck()
    button(administrator, "Set password")
    ann = new_person()
    ann.sign_in(ACCOUNT, "ann", PASSWORD)
    assert ann.heading == "Home"
    page.get_by_text("Reset the password").click()
    button(administrator, "Reset password")
    assert administrator.heading == "Console password of ann"
    assert iam.get_login_profile(UserName="ann")["LoginProfile"]["PasswordResetRequired"]

    device = (administrator.go("users/ann/security-credentials"), enrol(administrator))[1]
    (assigned,) = iam.list_mfa_devices(UserName="ann")["MFADevices"]
    page.get_by_text("Resync").first.click()
    page.get_by_label("First code").fill(device.code())
    page.get_by_label("Second code").fill(device.code())
    button(administrator, "Resync device")
    assert "in step again" in page.locator(".notice").inner_text()
    agree(administrator, f"Remove {assigned['SerialNumber']}")
    assert iam.list_mfa_devices(UserName="ann")["MFADevices"] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []

    button(administrator, "Create access key")
    key_id, secret = page.locator("main dd code").all_inner_texts()
    key = Identity(root.url, key_id, secret)
    assert key.client("sts").get_caller_identity()["Arn"].endswith(":user/ann")
    page.get_by_role("link", name="Done").click()
    assert secret not in page.content()
    assert "sts in us-east-1" in administrator.text
    button(administrator, f"Deactivate {key_id}")
    assert error_of(key.client("sts").get_caller_identity).code == "InvalidClientTokenId"
    button(administrator, f"Delete {key_id}")
    assert iam.list_access_keys(UserName="ann")["AccessKeyMetadata"] == []
    page.get_by_text("Reset the password").click()
    agree(administrator, "Disable console access")
    assert error_of(iam.get_login_profile, UserName="ann").code == "NoSuchEntity"


def test_looking_after_oneself(new_person: Callable[..., Person], root: Identity) -> None:
    signed_up(root, "ann")
    root.iam.put_user_policy(UserName="ann", PolicyName="self", PolicyDocument=SELF_SERVICE)
    ann = new_person()
    page = ann.sign_in(ACCOUNT, "ann", PASSWORD)
    page.locator("summary", has_text="ann").click()
    page.locator(".panel").get_by_role("link", name="Security credentials").click()
    assert ann.heading == "My security credentials"
    assert violations(page) == []
    # The rules are ticked off as one types; the server decides.
    new = page.get_by_label("New password", exact=True)
    length, classes = page.locator("li[data-rule=length]"), page.locator("li[data-rule=classes]")
    new.fill("Correct1")
    assert [rule.get_attribute("data-met") for rule in (length, classes)] == ["yes", "yes"]
    new.fill("correct")
    assert [rule.get_attribute("data-met") for rule in (length, classes)] == ["no", "no"]

    def change(old: str, to: str) -> None:
        page.get_by_label("Current password").fill(old)
        new.fill(to)
        page.get_by_label("Retype the new password").fill(to)
        button(ann, "Change password")

    change("wrong", "Correct-horse-2")
    assert "old password was incorrect" in page.locator(".problem").inner_text()
    change(PASSWORD, "short")
    assert "PasswordPolicyViolation" in page.locator(".problem").inner_text()
    change(PASSWORD, "Correct-horse-2")
    assert page.locator(".notice").inner_text() == "Your password was changed."

    button(ann, "Create access key")
    key_id, secret = page.locator("main dd code").all_inner_texts()
    assert Identity(root.url, key_id, secret).client("sts").get_caller_identity()["Account"] == ACCOUNT
    page.get_by_role("link", name="Done").click()
    device = enrol(ann)

    # Whoever has a device must have signed in with it to take it away: AWS's policy does not say so, AWS does.
    agree(ann, "Remove " + page.locator("dd code", has_text=":mfa/").inner_text())
    assert ann.heading == "You may not do this"

    # All sessions end, and the next sign-in asks for the device.
    other = new_person()
    other.sign_in(ACCOUNT, "ann", "Correct-horse-2", device.code())
    assert other.heading == "Home"
    other.go("security-credentials")
    agree(other, "Remove " + other.page.locator("dd code", has_text=":mfa/").inner_text())
    assert "was removed. The virtual device" in other.page.locator(".notice").inner_text()
    assert "iam:DeleteVirtualMFADevice" in other.page.locator(".notice").inner_text()
    ann.go("security-credentials")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("main").get_by_role("button", name="Sign out everywhere").click()
    assert ann.heading == "Sign in as IAM user"
    other.go("home")
    assert other.heading == "Sign in as IAM user"


def test_the_root_users_credentials(person: Person, cloud: Server, root: Identity, trail: Trail) -> None:
    ask_for_mail(person, EMAIL)
    link = re.search(r"http\S+", outbox(cloud)[0]["text"])
    assert link
    choose(person, link[0].replace("127.0.0.1", "localhost"), PASSWORD)

    def sign_in(password: str) -> None:
        person.go("sign-in?as=root")
        person.page.get_by_label("Root user email address").fill(EMAIL)
        person.page.get_by_label("Password", exact=True).fill(password)
        button(person, "Sign in")

    sign_in(PASSWORD)
    page = person.go("security-credentials")
    assert "Don't create access keys for the root user" in person.text
    assert violations(page) == []
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("Correct-horse-3")
    page.get_by_label("Retype the new password").fill("Correct-horse-3")
    button(person, "Change password")
    assert page.locator(".notice").inner_text() == "Your password was changed."
    assert trail.named("PasswordUpdated")["userIdentity"]["type"] == "Root"
    device = enrol(person)
    assert root.client("iam").get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    sign_in("Correct-horse-3")
    page.get_by_label("MFA code").fill(device.code())
    button(person, "Submit")
    assert person.heading == "Home"


def test_a_role_has_no_credentials_of_its_own(person: Person, root: Identity) -> None:
    signed_up(root, "ann")
    root.iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=policy(allow("sts:AssumeRole")))
    root.iam.create_role(RoleName="Guard", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    page = person.sign_in(ACCOUNT, "ann", PASSWORD)
    person.go("switch-role?roleName=Guard&account=" + ACCOUNT)
    button(person, "Switch role")
    person.go("security-credentials")
    assert "assumed-role/Guard/ann" in person.text and "has no password" in person.text
    assert violations(page) == []
    person.go("security-credentials/assign-mfa")
    assert person.heading == "This did not work"


def test_who_may_nothing_is_told_so(new_person: Callable[..., Person], root: Identity) -> None:
    signed_up(root, "nobody")
    nobody = new_person(script=False)
    nobody.sign_in(ACCOUNT, "nobody", PASSWORD)
    nobody.go("security-credentials")
    for action in ("iam:GetAccountPasswordPolicy", "iam:ListMFADevices", "iam:ListAccessKeys", "s3:ListAllMyBuckets"):
        assert f"not authorized to perform: {action}" in nobody.text
    button(nobody, "Create access key")
    assert nobody.heading == "You may not do this"
    nobody.go("security-credentials/assign-mfa")
    button(nobody, "Go on")
    assert "iam:CreateVirtualMFADevice" in nobody.page.locator(".problem").inner_text()
    nobody.go("security-credentials")
    nobody.page.get_by_label("Current password").fill(PASSWORD)
    nobody.page.get_by_label("New password", exact=True).fill("Correct-horse-2")
    nobody.page.get_by_label("Retype the new password").fill("Correct-horse-2")
    button(nobody, "Change password")
    assert "iam:ChangePassword" in nobody.page.locator(".problem").first.inner_text()
