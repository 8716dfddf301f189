"""The console's event history: who did what, looked up and downloaded as whoever is signed in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

from harness import Identity
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.server import ACCOUNT

MARKUP = "<script>document.title='stolen'</script>"


def saved(person: Person, link: str) -> str:
    with person.page.expect_download() as waiting:
        person.page.get_by_role("link", name=link, exact=True).click()
    return Path(waiting.value.path()).read_text()


def test_the_event_history(administrator: Person, root: Identity, new_user: Callable[..., Identity]) -> None:
    ann = new_user("ann")
    denied(ann)
    # What a caller chooses: the agent's name, which also begins like a spreadsheet's formula.
    root.client("iam", user_agent=f"=cmd|{MARKUP}").create_group(GroupName="builders")
    page = administrator.go("events")
    assert administrator.heading == "Event history"
    assert violations(page) == []
    rows = page.locator("tbody tr")
    assert "CreateGroup" in rows.first.inner_text() or "LookupEvents" in rows.first.inner_text()

    page.get_by_label("Look up by").select_option("Event name")
    page.get_by_label("Value").fill("CreateGroup")
    page.get_by_role("button", name="Look up").click()
    assert "attribute=EventName" in page.url
    assert rows.count() == 1
    assert "builders" in rows.first.inner_text()
    table = list(csv.DictReader(saved(administrator, "CSV").splitlines()))
    assert [row["Event name"] for row in table] == ["CreateGroup"]
    assert table[0]["User agent"].startswith("'=cmd|<script>")
    records = json.loads(saved(administrator, "JSON"))["Records"]
    assert [record["requestParameters"] for record in records] == [{"groupName": "builders"}]

    page.get_by_role("link", name="CreateGroup").click()
    assert administrator.heading == "CreateGroup succeeded"
    assert page.title() == "Event: CreateGroup succeeded · Gatehouse"
    shown = json.loads(page.locator("pre").first.inner_text())
    assert shown["userAgent"].startswith(f"=cmd|{MARKUP}")
    assert violations(page) == []

    administrator.go("events?denied=1&attribute=Username&value=ann")
    assert rows.count() == 1
    assert "AccessDenied" in rows.first.inner_text()
    page.get_by_role("link", name="Why?").click()
    assert administrator.heading == "ListUsers was denied"

    administrator.go("events?from=yesterday")
    assert "is no time" in page.get_by_role("alert").inner_text()
    administrator.go("events?from=2026-01-02T00:00&to=2026-01-01T00:00")
    assert "InvalidTimeRangeException" in page.get_by_role("alert").inner_text()


def test_pages_of_events(administrator: Person, root: Identity) -> None:
    iam = root.client("iam")
    for _ in range(60):
        iam.get_account_summary()
    page = administrator.go("events?attribute=EventName&value=GetAccountSummary")
    assert page.locator("tbody tr").count() == 50
    assert len(page.content()) < 100_000
    page.get_by_role("link", name="Older").click()
    # Those of the home page are among them.
    assert 10 <= page.locator("tbody tr").count() <= 12
    page.get_by_role("link", name="Newest").click()
    assert page.locator("tbody tr").count() == 50


def test_somebody_who_may_not_look_events_up(person: Person, root: Identity) -> None:
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go("events")
    assert "cloudtrail:LookupEvents" in page.get_by_role("alert").inner_text()
    assert violations(page) == []
    person.go("events/download?format=json")
    assert person.heading == "You may not do this"
    # Another's event can't be told from one that there is not.
    other = root.client("iam").list_users()["ResponseMetadata"]["RequestId"]
    person.go(f"why/{other}")
    first = person.page.get_by_role("alert").inner_text().split("\n")[0]
    person.go("why/019ad000-0000-7000-8000-000000000000")
    assert person.page.get_by_role("alert").inner_text().split("\n")[0] == first
    assert "cloudtrail:LookupEvents" in first


def denied(identity: Identity) -> str:
    """Has a call denied; the request's id."""
    iam = identity.client("iam")
    try:
        iam.list_users()
    except iam.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["RequestId"]
    raise AssertionError("it was allowed")
