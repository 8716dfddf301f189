"""The console's page of account settings, and the credential report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from harness import Identity, error_of
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT


def button(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def test_settings(administrator: Person, root: Identity) -> None:
    iam = root.client("iam")
    page = administrator.go("account-settings")
    assert violations(page) == []
    assert "AWS's default policy is in force" in administrator.text
    page.get_by_label("Minimum length").fill("14")
    page.get_by_label("a symbol").check()
    page.get_by_label("Passwords expire").check()
    page.get_by_label("Days until they do").fill("30")
    page.get_by_label("Passwords can't be used again").check()
    page.get_by_label("How many earlier ones").fill("3")
    page.get_by_label("Users may change").check()
    button(administrator, "Save password policy")
    assert page.locator(".notice").inner_text() == "The password policy was saved."
    told = iam.get_account_password_policy()["PasswordPolicy"]
    assert told["MinimumPasswordLength"] == 14 and told["RequireSymbols"] and not told["RequireNumbers"]
    assert told["MaxPasswordAge"] == 30 and told["PasswordReusePrevention"] == 3
    assert told["AllowUsersToChangePassword"] and not told["HardExpiry"]
    assert page.get_by_label("Days until they do").input_value() == "30"
    assert page.get_by_label("a symbol").is_checked()
    button(administrator, "Back to AWS's default")
    assert error_of(iam.get_account_password_policy).code == "NoSuchEntity"

    page.get_by_label("Alias").fill("Not an alias")
    button(administrator, "Save alias")
    assert "ValidationError" in page.locator(".problem").inner_text()
    page.get_by_label("Alias").fill("blue-castle")
    button(administrator, "Save alias")
    assert iam.list_account_aliases()["AccountAliases"] == ["blue-castle"]
    assert "sign-in?account=blue-castle" in administrator.text
    button(administrator, "Delete alias")
    assert iam.list_account_aliases()["AccountAliases"] == []

    page.get_by_label("all regions (v2Token)").check()
    page.locator("form[action$=tokens]").get_by_role("button").click()
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
    assert page.get_by_label("all regions (v2Token)").is_checked()

    button(administrator, "Turn on af-south-1")
    states = root.client("account").get_region_opt_status(RegionName="af-south-1")
    assert states["RegionOptStatus"] in ("ENABLING", "ENABLED")


def test_the_credential_report(new_person: Callable[..., Person], root: Identity) -> None:
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    root.iam.create_user(UserName="a,b", Path='/"<script>"/')
    person = new_person()
    person.sign_in(ACCOUNT, "admin", PASSWORD)
    page = person.go("credential-report")
    button(person, "Generate report")
    page.get_by_role("link", name="Download CSV").wait_for()
    assert violations(page) == []
    rows = page.locator("tbody th").all_inner_texts()
    assert rows == ["<root_account>", "a,b", "admin"]
    assert f'arn:aws:iam::{ACCOUNT}:user/"<script>"/a,b' in person.text
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    text = download.value.path().read_text()
    assert text.encode() == root.client("iam").get_credential_report()["Content"]
    assert [row["user"] for row in csv.DictReader(io.StringIO(text))] == rows
    assert download.value.suggested_filename == f"credential-report-{ACCOUNT}.csv"


def test_who_may_nothing_is_told_so(new_person: Callable[..., Person], root: Identity) -> None:
    signed_up(root, "nobody")
    nobody = new_person()
    nobody.sign_in(ACCOUNT, "nobody", PASSWORD)
    page = nobody.go("account-settings")
    for action in (
        "iam:GetAccountPasswordPolicy",
        "iam:ListAccountAliases",
        "iam:GetAccountSummary",
        "account:ListRegions",
    ):
        assert f"not authorized to perform: {action}" in nobody.text
    assert violations(page) == []
    page.get_by_label("Alias").fill("blue-castle")
    button(nobody, "Save alias")
    assert "iam:CreateAccountAlias" in page.locator(".problem").first.inner_text()
    page = nobody.go("credential-report")
    assert "iam:GetCredentialReport" in nobody.text
    assert violations(page) == []
    button(nobody, "Generate report")
    assert nobody.heading == "You may not do this"
