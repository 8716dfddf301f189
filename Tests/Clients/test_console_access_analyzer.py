"""Access Analyzer in the console."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness import Identity, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.patience import PATIENCE
from harness.server import ACCOUNT

MARKUP = "<script>document.title='stolen'</script>"


def until(person: Person, path: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        person.go(path)
        if ready():
            return
        assert time.monotonic() < deadline, person.text
        time.sleep(0.2)


def test_a_public_bucket_is_found(administrator: Person, root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="reports")
    s3.delete_public_access_block(Bucket="reports")
    s3.put_bucket_policy(
        Bucket="reports",
        Policy=policy(
            allow(
                "s3:GetObject", "arn:aws:s3:::reports/*", Principal="*", Sid=MARKUP,
                Condition={"StringEquals": {"aws:Referer": MARKUP}},
            )
        ),
    )  # fmt: skip
    page = administrator.go("access-analyzer")
    assert violations(page) == []
    page.get_by_label("Name").fill("outside")
    page.get_by_role("button", name="Create analyzer").click()
    assert administrator.heading == "outside"
    rows = page.locator("tbody tr")
    until(administrator, "access-analyzer/outside", lambda: page.get_by_text("arn:aws:s3:::reports").count() > 0)
    assert violations(page) == []
    page.get_by_role("link", name="ExternalAccess").click()
    assert "arn:aws:s3:::reports" in administrator.text and "s3:GetObject" in administrator.text
    assert "may do s3:GetObject on arn:aws:s3:::reports/" in administrator.text
    assert "aws:referer" in administrator.text and MARKUP in administrator.text
    assert page.title() == "Finding · Gatehouse"
    assert violations(page) == []
    finding = page.url
    page.get_by_role("button", name="Archive").click()
    page.get_by_text("The finding is archived.").wait_for()
    analyzer = root.client("accessanalyzer")
    arn = analyzer.get_analyzer(analyzerName="outside")["analyzer"]["arn"]
    assert analyzer.list_findings_v2(analyzerArn=arn)["findings"][0]["status"] == "ARCHIVED"
    page.get_by_role("link", name="Archived").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make the chosen active").click()
    page.get_by_text("The finding is active again.").wait_for()
    assert rows.count() >= 1

    # The bucket's page leads to it.
    administrator.go("buckets/reports/permissions")
    page.get_by_role("link", name="Finding of").click()
    assert page.url == finding

    page = administrator.go("access-analyzer/outside")
    page.get_by_label("New rule").fill("known")
    page.get_by_label("Values, with commas between").fill("arn:aws:s3:::reports, arn:aws:s3:::other")
    page.get_by_role("button", name="Create rule").click()
    rule = analyzer.list_archive_rules(analyzerName="outside")["archiveRules"][0]
    assert rule["filter"] == {"resource": {"eq": ["arn:aws:s3:::reports", "arn:aws:s3:::other"]}}
    page.get_by_role("button", name="Apply known").click()
    page.get_by_text("The findings that fit known are archived.").wait_for()
    page.get_by_role("button", name="Delete known").click()
    page.get_by_text("The archive rule known was deleted.").wait_for()
    administrator.go("access-analyzer")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete outside").click()
    page.get_by_text("The analyzer outside was deleted.").wait_for()
    assert analyzer.list_analyzers()["analyzers"] == []


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    root.client("accessanalyzer").create_analyzer(analyzerName="outside", type="ACCOUNT")
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    for path, actions in {
        "access-analyzer": ["access-analyzer:ListAnalyzers"],
        "access-analyzer/outside": [
            "access-analyzer:GetAnalyzer", "access-analyzer:ListFindings", "access-analyzer:ListArchiveRules",
        ],
        "access-analyzer/outside/findings/none": ["access-analyzer:GetFinding"],
    }.items():  # fmt: skip
        page = person.go(path)
        for action in actions:
            assert action in person.text, (path, action)
        assert violations(page) == []
