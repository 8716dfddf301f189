"""A new account, from the root user's first sign-in to a user who is denied, sees why, and is helped: all by browser."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from harness import Server, Trail, raw
from harness.browser import Person
from harness.mfa import VirtualDevice
from harness.server import ACCOUNT


def scanned(person: Person, folder: Path) -> VirtualDevice:
    """The device that has scanned the picture on the page, as a phone does."""
    picture = folder / "qr.png"
    person.page.locator("img.qr").screenshot(path=picture)
    done = subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True, check=True)
    return VirtualDevice(parse_qs(urlsplit(done.stdout.strip()).query)["secret"][0].encode())


def set_root_password(person: Person, cloud: Server, password: str) -> None:
    person.go("forgot-password")
    person.page.get_by_label("Root user email address").fill(f"root@{ACCOUNT}.invalid")
    person.page.get_by_role("button", name="Send the mail").click()
    answer = raw.send(cloud.port, raw.signed("GET", "/_gatehouse/outbox", b"", cloud.root, service="gatehouse"))
    found = re.search(r"http\S+", json.loads(answer.body)[0]["text"])
    assert found
    person.page.goto(found[0].replace("127.0.0.1", "localhost"))
    person.page.get_by_label("New password", exact=True).fill(password)
    person.page.get_by_label("Retype the new password").fill(password)
    person.page.get_by_role("button", name="Reset password").click()


def sign_out(person: Person) -> None:
    person.page.locator("header summary").click()
    person.page.get_by_role("button", name="Sign out", exact=True).click()
    assert person.heading == "Sign in as IAM user"


def create_user(person: Person, name: str, password: str, group: str, *, must_change: bool) -> None:
    page = person.go("create-user")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Custom password").check()
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The user must choose another").set_checked(must_change)
    page.get_by_label(group, exact=True).check()
    page.get_by_role("button", name="Create user").click()
    assert person.heading == name


def create_group(person: Person, name: str, policy: str) -> None:
    page = person.go("create-group")
    page.get_by_label("Group name").fill(name)
    page.get_by_label("Policies, by name or ARN").fill(policy)
    page.get_by_role("button", name="Create group").click()
    assert page.get_by_role("alert").count() == 0, person.text


def test_from_a_new_account_to_a_denial_explained(
    new_person: Callable[..., Person], cloud: Server, trail: Trail, tmp_path: Path
) -> None:
    # The root user gets a password, signs in, and makes an administrator with a second factor.
    root = new_person()
    set_root_password(root, cloud, "Correct-horse-0")
    root.go("sign-in?as=root")
    root.page.get_by_label("Root user email address").fill(f"root@{ACCOUNT}.invalid")
    root.page.get_by_label("Password", exact=True).fill("Correct-horse-0")
    root.page.get_by_role("button", name="Sign in").click()
    assert root.heading == "Secure your root user"
    create_group(root, "administrators", "AdministratorAccess")
    create_user(root, "admin", "Correct-horse-1", "administrators", must_change=False)
    root.go("users/admin/security-credentials/assign-mfa")
    root.page.get_by_label("Device name").fill("admin-phone")
    root.page.get_by_role("button", name="Go on").click()
    phone = scanned(root, tmp_path)
    for label in ("MFA code 1", "MFA code 2"):
        root.page.get_by_label(label).fill(phone.code())
    root.page.get_by_role("button", name="Add MFA").click()
    root.page.get_by_text("admin-phone").first.wait_for()
    sign_out(root)

    # The administrator signs in with it, and makes a group and a user.
    admin = new_person()
    admin.sign_in(ACCOUNT, "admin", "Correct-horse-1", phone.code())
    assert admin.heading == "Home"
    create_group(admin, "readers", "IAMReadOnlyAccess")
    create_user(admin, "ann", "Correct-horse-2", "readers", must_change=True)

    # The user must change the password, and is denied what nobody has allowed.
    ann = new_person()
    ann.sign_in(ACCOUNT, "ann", "Correct-horse-2")
    assert ann.heading == "Choose a new password"
    ann.page.get_by_label("Old password").fill("Correct-horse-2")
    ann.page.get_by_label("New password", exact=True).fill("Correct-horse-3")
    ann.page.get_by_label("Retype the new password").fill("Correct-horse-3")
    ann.page.get_by_role("button", name="Confirm password change").click()
    assert ann.heading == "Home"
    page = ann.go("create-group")
    page.get_by_label("Group name").fill("mine")
    page.get_by_role("button", name="Create group").click()
    assert "is not authorized to perform: iam:CreateGroup" in ann.text
    page.get_by_role("link", name="Why, and what would change it").first.click()
    assert "no identity-based policy allows" in ann.text

    # What was done at the console is in the record, by whoever did it, with the second factor where there was one.
    made = trail.named("CreateUser", userIdentity=trail.named("CreateUser")["userIdentity"])
    assert made["userIdentity"]["userName"] == "admin"
    assert made["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"
    assert trail.named("CreateGroup", errorCode="AccessDenied")["userIdentity"]["userName"] == "ann"
    # The account's own lists tell of it too.
    iam = cloud.root.iam
    assert "PasswordLastUsed" in iam.get_user(UserName="ann")["User"]
    while iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(0.1)
    report = csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines())
    rows = {row["user"]: row for row in report}
    assert rows["admin"]["mfa_active"] == "true"
    assert all(rows[name]["password_last_used"].startswith("20") for name in ("<root_account>", "admin"))
