"""Artifact: reports about this installation, their terms, addresses that are good for minutes, signatures that openssl verifies,
OSCAL by its schema, agreements of the operator's, and what is refused."""

import hashlib
import io
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.oscal import check_assessment

BUILD = "report-buildjson0000000"
BUILD_PDF = "report-buildpdf00000000"
CIS = "report-controlscisjson0"
CIS_PDF = "report-controlscispdf00"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def artifact(root: Identity) -> Any:
    return root.client("artifact")


def fetched(url: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers["content-type"]


def refused(url: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(url)
    return failed.value.code


def report(artifact: Any, report_id: str, version: int | None = None) -> str:
    """The address of a report, as everybody gets it: its terms first."""
    given = {"reportId": report_id} | ({"reportVersion": version} if version else {})
    terms = artifact.get_term_for_report(**given)
    return artifact.get_report(**given, termToken=terms["termToken"])["documentPresignedUrl"]


def test_reports_are_about_this_installation(artifact: Any, root: Identity) -> None:
    listed = root.aws("artifact", "list-reports")["reports"]
    assert len(listed) == 10
    assert {one["companyName"] for one in listed} == {"The operator of this Gatehouse"}
    assert {one["series"] for one in listed} == {"Build", "Controls"}
    assert {one["uploadState"] for one in listed} == {"PROCESSING"}
    report(artifact, BUILD)
    one = next(one for one in artifact.list_reports()["reports"] if one["id"] == BUILD)
    assert (one["uploadState"], one["version"]) == ("COMPLETE", 1)
    details = artifact.get_report_metadata(reportId=BUILD)["reportDetails"]
    assert details["arn"] == f"arn:aws:artifact:us-east-1::report/{BUILD}:1"
    assert details["acceptanceType"] == "PASSTHROUGH"
    assert "Not signed" in details["statusMessage"]
    first = artifact.list_reports(maxResults=4)
    rest = artifact.list_reports(nextToken=first["nextToken"])
    assert [len(first["reports"]), len(rest["reports"])] == [4, 6]


def test_terms_come_first(artifact: Any, new_user: Any) -> None:
    terms = artifact.get_term_for_report(reportId=BUILD)
    text, kind = fetched(terms["documentPresignedUrl"])
    assert kind.startswith("text/plain")
    assert b"no\n   certification" in text
    for wrong in ("x", terms["termToken"][:-1] + ("0" if terms["termToken"][-1] != "0" else "1")):
        error = error_of(artifact.get_report, reportId=BUILD, termToken=wrong)
        assert error.code == "ValidationException"
    # The terms of one report are none of another's, nor are somebody else's.
    artifact.get_term_for_report(reportId=CIS)
    assert error_of(artifact.get_report, reportId=CIS, termToken=terms["termToken"]).code == "ValidationException"
    other = new_user("auditor", allow("artifact:*")).client("artifact")
    assert error_of(other.get_report, reportId=BUILD, termToken=terms["termToken"]).code == "ValidationException"
    document, kind = fetched(artifact.get_report(reportId=BUILD, termToken=terms["termToken"])["documentPresignedUrl"])
    assert kind == "application/json"
    assert json.loads(document)["bomFormat"] == "CycloneDX"


def test_the_bill_of_materials_is_of_what_runs(artifact: Any) -> None:
    bill = json.loads(fetched(report(artifact, BUILD))[0])
    program = bill["metadata"]["component"]
    assert program["name"] == "gatehouse"
    found = {one["name"]: one for one in bill["components"]}
    pins = json.loads((REPOSITORY / "Package.resolved").read_text())["pins"]
    for pin in pins:
        state = pin["state"]
        assert found[pin["identity"]]["version"] == state.get("version", state["revision"])
    libraries = [one for one in bill["components"] if "hashes" in one]
    # What dpkg has installed is named with its version.
    crypto = next(one for one in libraries if one["name"].startswith("libcrypto.so"))
    if owner := shutil.which("dpkg-query"):
        known = subprocess.run(
            [owner, "--showformat=${Version}", "--show", "libssl3"], capture_output=True, text=True
        ).stdout
        if known:
            assert (crypto["version"], crypto["purl"]) == (known, f"pkg:deb/debian/libssl3@{known}")
    assert any(one["name"].startswith("libcrypto.so") for one in libraries)
    for one in libraries:
        path = next(value["value"] for value in one["properties"] if value["name"] == "gatehouse:path")
        assert one["hashes"][0]["content"] == hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_controls_as_oscal(artifact: Any) -> None:
    document = json.loads(fetched(report(artifact, CIS))[0])
    assert document["assessment-results"]["metadata"]["oscal-version"] == "1.1.2"
    (result,) = check_assessment(document)
    states = {one["target"]["target-id"]: one["target"]["status"]["state"] for one in result["findings"]}
    # The root user has an access key, by which the test asks.
    assert states["cis-1.4"] == "not-satisfied"
    assert result["observations"]


def test_controls_for_people(artifact: Any) -> None:
    document, kind = fetched(report(artifact, CIS_PDF))
    assert kind == "application/pdf"
    text = " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(document)).pages)
    assert "Controls by CIS AWS Foundations 3.0.0" in text
    assert ACCOUNT in text
    assert "Nothing here is said of AWS" in text


def test_openssl_verifies_what_a_key_has_signed(artifact: Any, root: Identity, tmp_path: Path) -> None:
    kms = root.client("kms")
    for spec, how in [("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256"), ("ECC_NIST_P256", "ECDSA_SHA_256")]:
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        if how.startswith("RSA"):
            kms.create_alias(AliasName="alias/artifact-reports", TargetKeyId=key["KeyId"])
        else:
            kms.update_alias(AliasName="alias/artifact-reports", TargetKeyId=key["KeyId"])
        # What a report of the hour before has not, the next report has.
        report_id = BUILD if how.startswith("RSA") else BUILD_PDF
        url = report(artifact, report_id)
        message = artifact.get_report_metadata(reportId=report_id)["reportDetails"]["statusMessage"]
        assert message.endswith(f"Signed with {key['Arn']} by {how}.")
        for ending in ("", ".sig", ".pem"):
            (tmp_path / f"report{ending}").write_bytes(fetched(url + ending)[0])
        verify = ["openssl", "dgst", "-sha256", "-verify", "report.pem", "-signature", "report.sig", "report"]
        done = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "Verified OK\n"), done.stderr
        changed = tmp_path / "report"
        changed.write_bytes(changed.read_bytes() + b" ")
        assert subprocess.run(verify, cwd=tmp_path, capture_output=True).returncode != 0


def test_whoever_may_not_sign_makes_no_report(artifact: Any, root: Identity, new_user: Any) -> None:
    kms = root.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/artifact-reports", TargetKeyId=key)
    auditor = new_user("auditor", allow("artifact:*")).client("artifact")
    assert "AccessDenied" in error_of(auditor.get_term_for_report, reportId=BUILD).code
    # One that was made can be read by those who may.
    report(artifact, BUILD)
    assert fetched(report(auditor, BUILD))[0].startswith(b"{")


def test_policies_tell_reports_apart(root: Identity, new_user: Any) -> None:
    condition = {"StringEquals": {"artifact:ReportSeries": "Build"}}
    reader = new_user("reader", allow("artifact:*", Condition=condition), allow("artifact:ListReports"))
    artifact = reader.client("artifact")
    assert len(artifact.list_reports()["reports"]) == 10
    report(artifact, BUILD)
    assert error_of(artifact.get_term_for_report, reportId=CIS).code == "AccessDeniedException"


def test_what_is_not_there(artifact: Any) -> None:
    for call in (artifact.get_report_metadata, artifact.get_term_for_report, artifact.list_report_versions):
        assert error_of(call, reportId="report-aaaaaaaaaaaaaaaa").code == "ResourceNotFoundException"
    assert error_of(artifact.get_term_for_report, reportId=BUILD, reportVersion=7).code == "ResourceNotFoundException"
    assert error_of(artifact.list_reports, nextToken="%%%").code == "ValidationException"


def test_settings(artifact: Any) -> None:
    assert artifact.get_account_settings()["accountSettings"]["notificationSubscriptionStatus"] == "NOT_SUBSCRIBED"
    artifact.put_account_settings(notificationSubscriptionStatus="SUBSCRIBED")
    assert artifact.get_account_settings()["accountSettings"]["notificationSubscriptionStatus"] == "SUBSCRIBED"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "agreements").mkdir()
    (folder / "terms.txt").write_text("Ours alone.")
    (folder / "agreements" / "Data processing.txt").write_text("We process.")
    (folder / "agreements" / "notes.odt").write_text("Not a paper")
    return folder


@pytest.fixture
def own(papers: Path) -> Iterator[Server]:
    with Server("--papers", str(papers)) as server:
        yield server


def test_addresses_and_tokens_run_out(cloud: Server, artifact: Any) -> None:
    terms = artifact.get_term_for_report(reportId=BUILD)
    url = artifact.get_report(reportId=BUILD, termToken=terms["termToken"])["documentPresignedUrl"]
    assert refused(url + ".sig") == 404
    assert refused(url[:-1] + ("0" if url[-1] != "0" else "1")) == 404
    cloud.advance(301)
    assert refused(url) == 404
    # The token is good for an hour.
    artifact.get_report(reportId=BUILD, termToken=terms["termToken"])
    cloud.advance(3600)
    assert error_of(artifact.get_report, reportId=BUILD, termToken=terms["termToken"]).code == "ValidationException"
    # An hour later the report is made anew, and the former one stays.
    artifact.get_term_for_report(reportId=BUILD)
    assert [one["version"] for one in artifact.list_report_versions(reportId=BUILD)["reports"]] == [2, 1]
    assert json.loads(fetched(report(artifact, BUILD, 1))[0])["bomFormat"] == "CycloneDX"


def test_the_operators_papers(own: Server) -> None:
    artifact = own.root.client("artifact")
    [agreement] = artifact.list_customer_agreements()["customerAgreements"]
    assert (agreement["name"], agreement["state"], agreement["awsAccountId"]) == ("Data processing", "ACTIVE", ACCOUNT)
    assert hashlib.sha256(b"We process.").hexdigest() in agreement["description"]
    terms = artifact.get_term_for_report(reportId=BUILD)
    assert fetched(terms["documentPresignedUrl"])[0] == b"Ours alone."
