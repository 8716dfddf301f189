"""Inspector: what it finds in instances, images and functions, how that ends, filters, aggregations, reports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.configuration import until
from harness.inspected import ADJACENT, CRITICAL, HIGH, INSTANCE, MEDIUM, OTHER, Inspected, Inspector
from harness.reports import key_and_bucket

DAY = 86400
MINUTE = 60


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    return Inspected(tmp_path_factory.mktemp("inspected"))


@pytest.fixture(scope="module")
def inspecting_server(inspected: Inspected, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(*inspected.options, log=tmp_path_factory.mktemp("inspector") / "log") as server:
        yield server


@pytest.fixture
def cloud(inspecting_server: Server, inspected: Inspected) -> Server:
    inspected.clear()
    inspecting_server.reset()
    return inspecting_server


def test_a_vulnerable_package_from_found_to_forgotten(cloud: Server, root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "1:1.0-2", CRITICAL)
    inspected.advisory("CVE-2026-0002", "acme", None, HIGH)
    inspected.instance({"acme": "1:1.0-1", "other": "1.0"}, tags={"team": "red"})
    inspector = Inspector(root)
    first, second = sorted(inspector.wait(2), key=lambda finding: finding["title"])
    assert re.fullmatch(rf"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/[0-9a-f]{{32}}", first["findingArn"])
    assert (first["title"], first["severity"], first["status"]) == ("CVE-2026-0001 - acme", "CRITICAL", "ACTIVE")
    assert (first["type"], first["awsAccountId"]) == ("PACKAGE_VULNERABILITY", ACCOUNT)
    assert (first["fixAvailable"], second["fixAvailable"]) == ("YES", "NO")
    (resource,) = first["resources"]
    assert (resource["id"], resource["type"], resource["tags"]) == (INSTANCE, "AWS_EC2_INSTANCE", {"team": "red"})
    assert resource["details"]["awsEc2Instance"]["platform"] == "DEBIAN_12"
    details = first["packageVulnerabilityDetails"]
    (package,) = details["vulnerablePackages"]
    assert package == {
        "name": "acme", "version": "1.0", "release": "1", "epoch": 1, "arch": "X86_64", "packageManager": "OS",
        "fixedInVersion": "1:1.0-2", "remediation": "apt-get update && apt-get upgrade",
    }  # fmt: skip
    assert details["vulnerabilityId"] == "CVE-2026-0001"
    assert [(score["baseScore"], score["scoringVector"]) for score in details["cvss"]] == [(9.8, CRITICAL)]
    assert (first["inspectorScore"], second["severity"]) == (9.8, "HIGH")
    covered = inspector.scanned(INSTANCE)
    assert covered["scanStatus"] == {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}

    # What is repaired is closed, and what is repaired badly is open again: the same finding.
    inspected.debian(INSTANCE, {"acme": "1:1.0-2"})
    cloud.advance(MINUTE)
    (closed,) = inspector.wait(1, findingStatus="CLOSED")
    assert closed["findingArn"] == first["findingArn"] and closed["updatedAt"] > first["updatedAt"]
    # It was last seen when it was there.
    assert (closed["firstObservedAt"], closed["lastObservedAt"]) == (first["firstObservedAt"], first["lastObservedAt"])
    inspected.debian(INSTANCE, {"acme": "1:1.0-1+b1"})
    cloud.advance(MINUTE)
    again = inspector.wait(2, findingStatus="ACTIVE")
    (reopened,) = [one for one in again if one["findingArn"] == first["findingArn"]]
    assert reopened["firstObservedAt"] == first["firstObservedAt"] < reopened["lastObservedAt"]
    inspected.debian(INSTANCE, {"acme": "1:1.0-2"})
    cloud.advance(MINUTE)
    inspector.wait(1, findingStatus="CLOSED")
    cloud.advance(29 * DAY)
    inspector.wait(1, findingStatus="CLOSED")
    cloud.advance(DAY + 2 * 3600)
    inspector.wait(0, findingStatus="CLOSED")

    # Of what is gone nothing is open, and soon nothing is left.
    inspected.content["instances"] = []
    inspected.save()
    cloud.advance(MINUTE)
    inspector.wait(0, findingStatus="ACTIVE")
    assert inspector.api.list_coverage()["coveredResources"] == []
    cloud.advance(3 * DAY + 2 * 3600)
    inspector.wait(0)


def test_what_can_not_be_read_is_not_taken_for_repaired(cloud: Server, root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    folder = inspected.instance({"acme": "1.0"})
    inspector = Inspector(root)
    (finding,) = inspector.wait(1)
    status = folder / "var/lib/dpkg/status"
    text = status.read_text()
    status.unlink()
    log = folder / "var/lib/rpm/Packages"
    log.parent.mkdir()
    log.write_bytes(b"what nobody can read" * 100)
    cloud.advance(MINUTE)

    def reason() -> str:
        (covered,) = inspector.api.list_coverage()["coveredResources"]
        return str(covered["scanStatus"]["reason"])

    until(lambda: reason() == "NO_INVENTORY")
    assert inspector.findings() == [finding]
    log.unlink()
    status.write_text(text.replace("Version: 1.0", "Version: 2.0"))
    cloud.advance(MINUTE)
    until(lambda: reason() == "SUCCESSFUL")
    inspector.wait(1, findingStatus="CLOSED")


def test_new_advisories_find_what_was_there_before(cloud: Server, root: Identity, inspected: Inspected) -> None:
    inspected.instance({"acme": "1.0"})
    inspector = Inspector(root)
    inspector.scanned(INSTANCE)
    assert inspector.findings() == []
    inspected.advisory("CVE-2026-0003", "acme", "1.1", MEDIUM)
    cloud.advance(MINUTE)
    (finding,) = inspector.wait(1)
    assert finding["severity"] == "MEDIUM"
    # The log says as of when they are.
    assert f"1 advisories in {inspected.advisories}, as of 2026-01-02" in Path(str(cloud.log)).read_text()
    (found,) = inspector.api.search_vulnerabilities(filterCriteria={"vulnerabilityIds": ["CVE-2026-0003"]})[
        "vulnerabilities"
    ]
    assert (found["id"], found["cvss3"]["baseScore"], found["cwes"]) == ("CVE-2026-0003", 4.3, ["CWE-787"])
    nothing = inspector.api.search_vulnerabilities(filterCriteria={"vulnerabilityIds": ["CVE-2026-9999"]})
    assert nothing["vulnerabilities"] == []
    unknown = finding["findingArn"][:-4] + "0000"
    details = inspector.api.batch_get_finding_details(findingArns=[finding["findingArn"], unknown])
    assert [(one["findingArn"], one["errorCode"]) for one in details["errors"]] == [
        (unknown, "FINDING_DETAILS_NOT_FOUND")]
    assert details["findingDetails"][0]["referenceUrls"] == ["https://advisories.example/CVE-2026-0003"]
    # An advisory that is taken back closes its finding.
    (inspected.advisories / "CVE-2026-0003.json").unlink()
    inspected.advisory("CVE-2026-0004", "none", "1.1", MEDIUM)
    cloud.advance(MINUTE)
    (closed,) = inspector.wait(1, findingStatus="CLOSED")
    assert closed["findingArn"] == finding["findingArn"]
    assert closed["updatedAt"] > closed["lastObservedAt"] == finding["lastObservedAt"]
    # One that says something else changes the finding, which stays the same one.
    inspected.advisory("CVE-2026-0003", "acme", "1.1", HIGH)
    cloud.advance(MINUTE)
    (again,) = inspector.wait(1, findingStatus="ACTIVE")
    assert (again["findingArn"], again["severity"]) == (finding["findingArn"], "HIGH")
    assert again["firstObservedAt"] == finding["firstObservedAt"] < again["lastObservedAt"]


def test_images_and_functions(cloud: Server, root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "1.1", CRITICAL)
    inspected.advisory("CVE-2026-0005", "flask-acme", "2.0", HIGH, ecosystem="PyPI")
    digest = inspected.image("team/web", {"acme": "1.0"}, tag="v1")
    inspected.function("checkout", "flask-acme==1.5\n", tags={"team": "blue"})
    inspector = Inspector(root)
    inspector.wait(2)
    (image,) = inspector.findings(resourceType="AWS_ECR_CONTAINER_IMAGE")
    (resource,) = image["resources"]
    assert resource["id"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/web/{digest}"
    shown = resource["details"]["awsEcrContainerImage"]
    assert (shown["repositoryName"], shown["imageHash"], shown["imageTags"]) == ("team/web", digest, ["v1"])
    assert (shown["platform"], shown["registry"], shown["architecture"]) == ("DEBIAN_12", ACCOUNT, "amd64")
    (package,) = image["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert package["sourceLayerHash"].startswith("sha256:")
    (function,) = inspector.findings(resourceType="AWS_LAMBDA_FUNCTION")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:checkout:$LATEST"
    assert (function["resources"][0]["id"], function["severity"]) == (arn, "HIGH")
    (package,) = function["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package["name"], package["version"], package["fixedInVersion"]) == ("flask-acme", "1.5", "2.0")
    assert package["filePath"].endswith("requirements.txt")
    assert inspector.findings(ecrImageRepositoryName="team/web") == [image]
    assert inspector.findings(lambdaFunctionName="checkout") == [function]
    assert inspector.findings(lambdaFunctionName="other") == []

    # Coverage: what there is, counted and sought.
    api = inspector.api
    counts = api.list_coverage_statistics(groupBy="RESOURCE_TYPE")
    assert counts["totalCounts"] == 2
    assert {one["groupKey"]: one["count"] for one in counts["countsByGroup"]} == {
        "AWS_ECR_CONTAINER_IMAGE": 1, "AWS_LAMBDA_FUNCTION": 1,
    }  # fmt: skip
    (covered,) = api.list_coverage(
        filterCriteria={"ecrRepositoryName": [{"comparison": "EQUALS", "value": "team/web"}]}
    )["coveredResources"]
    assert covered["resourceMetadata"]["ecrImage"]["tags"] == ["v1"]
    (covered,) = api.list_coverage(
        filterCriteria={"lambdaFunctionTags": [{"comparison": "EQUALS", "key": "team", "value": "blue"}]}
    )["coveredResources"]
    assert covered["resourceMetadata"]["lambdaFunction"]["runtime"] == "PYTHON_3_11"
    first = api.list_coverage(maxResults=1)
    second = api.list_coverage(maxResults=1, nextToken=first["nextToken"])
    assert "nextToken" not in second and first["coveredResources"] != second["coveredResources"]
    (totals,) = api.list_usage_totals()["totals"]
    assert {one["type"] for one in totals["usage"]} >= {"ECR_INITIAL_SCAN", "LAMBDA_FUNCTION_HOURS"}

    # Only one of the types is scanned from now on.
    api.disable(resourceTypes=["ECR"])
    until(lambda: api.list_coverage_statistics()["totalCounts"] == 1)
    cloud.advance(DAY + MINUTE)
    inspector.wait(0, resourceType="AWS_ECR_CONTAINER_IMAGE")
    inspector.wait(1, resourceType="AWS_LAMBDA_FUNCTION")


def test_filters_sorts_and_pages(root: Identity, inspected: Inspected) -> None:
    for number, vector in enumerate((CRITICAL, HIGH, MEDIUM), 1):
        inspected.advisory(f"CVE-2026-100{number}", f"pack{number}", "2.0", vector)
    packages = {f"pack{number}": "1.0" for number in (1, 2, 3)}
    inspected.instance(packages, tags={"team": "red"})
    inspected.instance(packages, OTHER, tags={"team": "blue"})
    inspector = Inspector(root)
    inspector.wait(6)
    api = inspector.api

    def number(**criteria: Any) -> int:
        return len(api.list_findings(filterCriteria=criteria)["findings"])

    def text(value: str, comparison: str = "EQUALS") -> dict[str, str]:
        return {"comparison": comparison, "value": value}

    assert number(severity=[text("CRITICAL"), text("HIGH")]) == 4
    assert number(severity=[text("CRITICAL", "NOT_EQUALS"), text("HIGH", "NOT_EQUALS")]) == 2
    assert number(vulnerabilityId=[text("CVE-2026-100", "PREFIX")]) == 6
    assert number(resourceId=[text(INSTANCE)], severity=[text("HIGH")]) == 1
    assert number(resourceTags=[{"comparison": "EQUALS", "key": "team", "value": "blue"}]) == 3
    assert number(inspectorScore=[{"lowerInclusive": 7.0, "upperInclusive": 9.0}]) == 2
    assert number(vulnerablePackages=[{"name": text("pack2"), "version": text("1.0")}]) == 2
    assert number(vulnerablePackages=[{"name": text("pack2"), "version": text("2.0")}]) == 0
    assert number(findingType=[text("NETWORK_REACHABILITY")]) == 0
    assert number(codeVulnerabilityDetectorName=[text("x")]) == 0
    assert number(title=[text("CVE-2026-1001 - pack1")], findingStatus=[text("ACTIVE")]) == 2
    assert number(portRange=[{"beginInclusive": 1, "endInclusive": 2}]) == 0
    assert number(firstObservedAt=[{"endInclusive": 0}]) == 0
    # Of two ranges, either will do. boto3 leaves out the parts of seconds.
    (one, *_) = api.list_findings(filterCriteria={"vulnerabilityId": [text("CVE-2026-1002")]})["findings"]
    for field, time in (("firstObservedAt", one["firstObservedAt"]), ("updatedAt", one["updatedAt"])):
        later = time + timedelta(seconds=1)
        this = {"findingArn": [text(one["findingArn"])]}
        assert number(**{field: [{"startInclusive": time, "endInclusive": later}]}, **this) == 1
        assert number(**{field: [{"startInclusive": time + timedelta(days=1)}, {"endInclusive": later}]}, **this) == 1
        assert number(**{field: [{"startInclusive": time + timedelta(days=1)}]}) == 0
    assert number(inspectorScore=[{"lowerInclusive": 9.8}, {"upperInclusive": 4.3}]) == 4
    assert number(inspectorScore=[{"lowerInclusive": 9.81}, {"upperInclusive": 4.29}]) == 0
    assert number(epssScore=[{"lowerInclusive": 0}]) == 0
    # What it is and what it is not go together; a tag without a value will have any.
    assert number(vulnerabilityId=[text("CVE-2026-100", "PREFIX"), text("CVE-2026-1001", "NOT_EQUALS")]) == 4
    assert number(title=[text("CVE-2026-1001", "PREFIX"), text("CVE-2026-1003 - pack3")]) == 4
    assert number(resourceTags=[{"comparison": "EQUALS", "key": "team"}]) == 6
    assert number(resourceTags=[{"comparison": "EQUALS", "key": "Team", "value": "blue"}]) == 0
    assert number(vulnerablePackages=[{"name": text("pack2")}, {"name": text("pack3"), "architecture": text("X86_64")}]) == 4
    assert number(vulnerablePackages=[{"epoch": {"lowerInclusive": 1}}]) == 0
    assert number(awsAccountId=[text("999999999999")]) == 0

    for field in ("SEVERITY", "INSPECTOR_SCORE"):
        for order, expected in (("DESC", "CRITICAL"), ("ASC", "MEDIUM")):
            found = api.list_findings(sortCriteria={"field": field, "sortOrder": order})["findings"]
            assert [one["severity"] for one in found[:2]] == [expected, expected]
    for sort in ({}, {"sortCriteria": {"field": "VULNERABILITY_ID", "sortOrder": "ASC"}}):
        pages = list(api.get_paginator("list_findings").paginate(PaginationConfig={"PageSize": 2}, **sort))
        arns = [finding["findingArn"] for page in pages for finding in page["findings"]]
        assert len(pages) == 3 and len(set(arns)) == 6

    wrong = error_of(api.list_findings, filterCriteria={"inspectorScore": [{"lowerInclusive": 9, "upperInclusive": 1}]})
    assert wrong.code == "ValidationException"
    assert error_of(api.list_findings, nextToken="nothing like it").code == "ValidationException"
    loose = root.client("inspector2", parameter_validation=False)
    for most in (0, 101):
        assert error_of(loose.list_findings, maxResults=most).code == "ValidationException"


def test_aggregations(root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    inspected.advisory("CVE-2026-0002", "other", "2.0", MEDIUM)
    digest = inspected.image("web", {"acme": "1.0", "other": "1.0"})
    inspected.instance({"acme": "1.0"}, tags={"team": "red"})
    inspected.advisory("CVE-2026-0003", "flask-acme", "2.0", HIGH, ecosystem="PyPI")
    inspected.function("checkout", "flask-acme==1.0\n")
    inspector = Inspector(root)
    inspector.wait(4)

    def ask(type: str, **request: Any) -> list[dict[str, Any]]:
        answer = inspector.api.list_finding_aggregations(aggregationType=type, **request)
        assert answer["aggregationType"] == type
        return [next(iter(one.values())) for one in answer["responses"]]

    (account,) = ask("ACCOUNT")
    assert account["severityCounts"] == {"all": 4, "medium": 1, "high": 1, "critical": 2}
    assert (account["accountId"], account["fixAvailableCount"], account["exploitAvailableCount"]) == (ACCOUNT, 4, 0)
    (of_type,) = ask("FINDING_TYPE", aggregationRequest={"findingTypeAggregation": {"resourceType": "AWS_EC2_INSTANCE"}})
    assert of_type["severityCounts"]["all"] == 1
    assert [(one["packageName"], one["severityCounts"]["all"]) for one in ask("PACKAGE")] == [
        ("acme", 2), ("flask-acme", 1), ("other", 1),
    ]  # fmt: skip
    titles = ask("TITLE", aggregationRequest={"titleAggregation": {"sortBy": "ALL", "sortOrder": "ASC"}})
    assert [one["vulnerabilityId"] for one in titles] == ["CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0001"]
    (repository,) = ask("REPOSITORY")
    assert (repository["repository"], repository["affectedImages"]) == ("web", 1)
    (image,) = ask("AWS_ECR_CONTAINER")
    assert (image["imageSha"], image["severityCounts"]["all"]) == (digest, 2)
    (layer,) = ask("IMAGE_LAYER")
    assert layer["severityCounts"]["critical"] == 1
    (instance,) = ask("AWS_EC2_INSTANCE")
    assert (instance["instanceId"], instance["operatingSystem"], instance["networkFindings"]) == (INSTANCE, "DEBIAN_12", 0)
    tags = {"ec2InstanceAggregation": {"instanceTags": [{"comparison": "EQUALS", "key": "team", "value": "blue"}]}}
    assert ask("AWS_EC2_INSTANCE", aggregationRequest=tags) == []
    (function,) = ask("AWS_LAMBDA_FUNCTION")
    assert function["functionName"] == "checkout"
    for none in ("LAMBDA_LAYER", "CODE_REPOSITORY", "AMI"):
        assert ask(none) == []
    other = error_of(
        inspector.api.list_finding_aggregations, aggregationType="ACCOUNT",
        aggregationRequest={"packageAggregation": {}})
    assert other.code == "ValidationException"
    first = inspector.api.list_finding_aggregations(aggregationType="PACKAGE", maxResults=2)
    rest = inspector.api.list_finding_aggregations(
        aggregationType="PACKAGE", maxResults=2, nextToken=first["nextToken"])
    assert (len(first["responses"]), len(rest["responses"]), rest.get("nextToken")) == (2, 1, None)


def test_suppression_rules(root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    inspected.advisory("CVE-2026-0002", "other", "2.0", MEDIUM)
    inspected.instance({"acme": "1.0", "other": "1.0"})
    inspector = Inspector(root)
    inspector.wait(2, findingStatus="ACTIVE")
    api = inspector.api
    medium = {"severity": [{"comparison": "EQUALS", "value": "MEDIUM"}]}
    arn = api.create_filter(
        name="later", action="SUPPRESS", filterCriteria=medium, description="Not now", reason="Few can do it",
        tags={"team": "red"},
    )["arn"]
    assert re.fullmatch(rf"arn:aws:inspector2:us-east-1:{ACCOUNT}:owner/{ACCOUNT}/filter/[0-9a-f]{{16}}", arn)
    (suppressed,) = inspector.wait(1, findingStatus="SUPPRESSED")
    assert suppressed["severity"] == "MEDIUM"
    (shown,) = api.list_filters()["filters"]
    assert (shown["arn"], shown["name"], shown["action"], shown["criteria"]) == (arn, "later", "SUPPRESS", medium)
    assert (shown["ownerId"], shown["description"], shown["reason"]) == (ACCOUNT, "Not now", "Few can do it")
    assert api.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "red"}
    api.tag_resource(resourceArn=arn, tags={"cost": "1"})
    api.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert api.list_tags_for_resource(resourceArn=arn)["tags"] == {"cost": "1"}
    # Another action, and it is a filter to look through.
    api.update_filter(filterArn=arn, action="NONE")
    inspector.wait(2, findingStatus="ACTIVE")
    api.update_filter(filterArn=arn, action="SUPPRESS", name="critical", filterCriteria={
        "severity": [{"comparison": "EQUALS", "value": "CRITICAL"}]})
    (suppressed,) = inspector.wait(1, findingStatus="SUPPRESSED")
    assert suppressed["severity"] == "CRITICAL"
    assert api.list_filters(action="NONE")["filters"] == []
    assert api.list_filters(arns=[arn])["filters"][0]["name"] == "critical"
    # What is found later is suppressed at once.
    taken = error_of(api.create_filter, name="critical", action="NONE", filterCriteria=medium)
    assert taken.code == "BadRequestException"
    assert error_of(api.create_filter, name="all", action="SUPPRESS", filterCriteria={}).code == "ValidationException"
    api.delete_filter(arn=arn)
    inspector.wait(2, findingStatus="ACTIVE")
    for call, given in (
        (api.delete_filter, {"arn": arn}), (api.update_filter, {"filterArn": arn}),
        (api.list_tags_for_resource, {"resourceArn": arn}),
    ):  # fmt: skip
        assert error_of(call, **given).code == "ResourceNotFoundException"


def test_reports_of_findings(root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL, details='He said "=cmd", and more,\nin two lines')
    inspected.advisory("CVE-2026-0002", "other", "2.0", MEDIUM)
    inspected.instance({"acme": "1.0", "other": "1.0"})
    inspector = Inspector(root)
    inspector.wait(2)
    api = inspector.api
    key, s3 = key_and_bucket(root, "reports")

    def made(**more: Any) -> dict[str, Any]:
        destination = {"bucketName": "reports", "keyPrefix": "in/here", "kmsKeyArn": key, **more.pop("to", {})}
        id = api.create_findings_report(s3Destination=destination, **more)["reportId"]

        def ended() -> dict[str, Any] | None:
            answer = dict(api.get_findings_report_status(reportId=id))
            return None if answer["status"] == "IN_PROGRESS" else answer

        answer = dict(until(ended))
        assert answer["destination"] == destination
        return answer

    answer = made(reportFormat="JSON")
    assert answer["status"] == "SUCCEEDED", answer
    written = s3.get_object(Bucket="reports", Key=f"in/here/{answer['reportId']}.json")
    assert (written["ServerSideEncryption"], written["SSEKMSKeyId"]) == ("aws:kms", key)
    findings = json.loads(written["Body"].read())["findings"]
    assert {one["title"] for one in findings} == {"CVE-2026-0001 - acme", "CVE-2026-0002 - other"}
    critical = {"severity": [{"comparison": "EQUALS", "value": "CRITICAL"}]}
    answer = made(reportFormat="CSV", filterCriteria=critical)
    assert answer["filterCriteria"] == critical
    text = s3.get_object(Bucket="reports", Key=f"in/here/{answer['reportId']}.csv")["Body"].read().decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["Vulnerability Id"], row["Severity"], row["Resource ID"]) == ("CVE-2026-0001", "CRITICAL", INSTANCE)
    assert (row["Affected Packages"], row["Fixed in Version"], row["Platform"]) == ("acme", "0:2.0", "DEBIAN_12")
    assert row["Description"] == 'He said "=cmd", and more,\nin two lines'

    for given, code in (
        ({"to": {"bucketName": "nowhere"}}, "BUCKET_NOT_FOUND"),
        ({"filterCriteria": {"severity": [{"comparison": "EQUALS", "value": "LOW"}]}}, "NO_FINDINGS_FOUND"),
    ):  # fmt: skip
        answer = made(reportFormat="JSON", **given)
        assert (answer["status"], answer["errorCode"]) == ("FAILED", code)
    s3.delete_bucket_policy(Bucket="reports")
    assert made(reportFormat="JSON")["errorCode"] == "INVALID_PERMISSIONS"
    unknown = "00000000-0000-4000-8000-000000000001"
    assert error_of(api.get_findings_report_status, reportId=unknown).code == "ResourceNotFoundException"
    assert error_of(api.cancel_findings_report, reportId=unknown).code == "ResourceNotFoundException"
    assert error_of(api.cancel_findings_report, reportId=answer["reportId"]).code == "ValidationException"


def test_reports_that_can_not_be_written(root: Identity, inspected: Inspected) -> None:
    """What a bucket or a key forbids, and what is none: the report has failed, and says why in AWS's codes."""
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    inspected.instance({"acme": "1.0"})
    inspector = Inspector(root)
    inspector.wait(1)
    api, kms = inspector.api, root.client("kms")
    key, s3 = key_and_bucket(root, "guarded")
    closed = kms.create_key()["KeyMetadata"]["Arn"]
    disabled = kms.create_key(Policy=kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=disabled)
    far = root.client("s3", region_name="eu-west-1")
    far.create_bucket(Bucket="guarded-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    far.put_bucket_policy(
        Bucket="guarded-far",
        Policy=s3.get_bucket_policy(Bucket="guarded")["Policy"].replace(":::guarded/", ":::guarded-far/"))

    def code(kind: str, bucket: str, key: str) -> str | None:
        to = {"bucketName": bucket, "kmsKeyArn": key}
        if kind == "findings":
            id = api.create_findings_report(reportFormat="JSON", s3Destination=to)["reportId"]
            ask = api.get_findings_report_status
        else:
            id = api.create_sbom_export(reportFormat="SPDX_2_3", s3Destination=to)["reportId"]
            ask = api.get_sbom_export

        def ended() -> dict[str, Any] | None:
            answer = dict(ask(reportId=id))
            return None if answer["status"] == "IN_PROGRESS" else answer

        answer = dict(until(ended))
        assert (answer["status"] == "FAILED") == ("errorCode" in answer), answer
        return answer.get("errorCode")

    for kind in ("findings", "materials"):
        assert code(kind, "guarded", key) is None
        assert code(kind, "guarded", closed) == "INVALID_PERMISSIONS"
        assert code(kind, "guarded", key[:-12] + "000000000000") == "MALFORMED_KMS_KEY"
        assert code(kind, "guarded", disabled) == "MALFORMED_KMS_KEY"
        assert code(kind, "guarded-far", key) == "INCOMPATIBLE_BUCKET_REGION"
        assert code(kind, "guarded-nowhere", key) == "BUCKET_NOT_FOUND"
    # Whoever closes the bucket is obeyed.
    s3.put_bucket_policy(Bucket="guarded", Policy=policy(
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::guarded/*", "Principal": "*"}))
    assert code("findings", "guarded", key) == code("materials", "guarded", key) == "INVALID_PERMISSIONS"
    assert error_of(
        api.create_findings_report, reportFormat="CSV",
        s3Destination={"bucketName": "guarded", "kmsKeyArn": "arn:aws:kms:us-east-1:1:alias/x"},
    ).code == "ValidationException"  # fmt: skip
    # What nobody asks for any more is forgotten.
    listed = [one["Key"] for one in s3.list_objects_v2(Bucket="guarded")["Contents"]]
    assert len(listed) == 2


def test_bills_of_materials(root: Identity, inspected: Inspected) -> None:
    digest = inspected.image("team/web", {"acme": "1.0"})
    inspected.instance({"other": "2.0"})
    inspector = Inspector(root)
    image = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/web/{digest}"
    inspector.scanned(image)
    inspector.scanned(INSTANCE)
    key, s3 = key_and_bucket(root, "boms")

    def made(format: str, **more: Any) -> dict[str, Any]:
        id = inspector.api.create_sbom_export(
            reportFormat=format, s3Destination={"bucketName": "boms", "kmsKeyArn": key}, **more)["reportId"]

        def ended() -> dict[str, Any] | None:
            answer = dict(inspector.api.get_sbom_export(reportId=id))
            return None if answer["status"] == "IN_PROGRESS" else answer

        answer = dict(until(ended))
        assert (answer["status"], answer["format"]) == ("SUCCEEDED", format), answer
        folder = f"{format}_outputs_{id}/account={ACCOUNT}/"
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="boms", Prefix=folder)["Contents"]]
        return {
            key.removeprefix(folder): json.loads(s3.get_object(Bucket="boms", Key=key)["Body"].read()) for key in keys
        }

    documents = made("CYCLONEDX_1_4")
    name = f"resource=AWS_ECR_CONTAINER_IMAGE/{image.replace('/', '_')}_CYCLONEDX_1_4.json"
    assert set(documents) == {name, f"resource=AWS_EC2_INSTANCE/{INSTANCE}_CYCLONEDX_1_4.json"}
    assert (documents[name]["bomFormat"], documents[name]["specVersion"]) == ("CycloneDX", "1.4")
    assert "acme" in {part["name"] for part in documents[name]["components"]}
    one = {"resourceType": [{"comparison": "EQUALS", "value": "AWS_EC2_INSTANCE"}]}
    (document,) = made("SPDX_2_3", resourceFilterCriteria=one).values()
    assert document["spdxVersion"] == "SPDX-2.3" and "other" in {part["name"] for part in document["packages"]}


def test_events(cloud: Server, root: Identity, inspected: Inspected) -> None:
    """The default bus is told of findings and scans."""
    events, sqs = root.client("events"), root.client("sqs")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:told"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(
        allow("sqs:SendMessage", resource=arn, Principal={"Service": "events.amazonaws.com"}))})
    events.put_rule(Name="inspector", EventPattern=json.dumps({"source": ["aws.inspector2"]}))
    events.put_targets(Rule="inspector", Targets=[{"Id": "1", "Arn": arn}])
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    digest = inspected.image("web", {"acme": "1.0"}, tag="v1")
    Inspector(root).wait(1)
    told: dict[str, dict[str, Any]] = {}

    def all_told() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            told[event["detail-type"]] = event
        return {"Inspector2 Finding", "Inspector2 Scan", "Inspector2 Coverage"} <= set(told)

    until(all_told)
    finding = told["Inspector2 Finding"]
    repository = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/web"
    assert finding["resources"] == [f"{repository}/{digest}"]
    assert finding["detail"]["title"] == "CVE-2026-0001 - acme"
    assert re.fullmatch(
        r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3} UTC \d{4}", finding["detail"]["firstObservedAt"])
    scan = told["Inspector2 Scan"]
    assert scan["resources"] == [repository]
    assert scan["detail"] == {
        "scan-status": "INITIAL_SCAN_COMPLETE", "repository-name": repository,
        "finding-severity-counts": {"CRITICAL": 1, "HIGH": 0, "MEDIUM": 0, "TOTAL": 1},
        "image-digest": digest, "image-tags": ["v1"], "version": "1.0",
    }  # fmt: skip
    assert told["Inspector2 Coverage"]["detail"]["scanStatus"] == {"reason": "SUCCESSFUL", "statusCodeValue": "ACTIVE"}


def test_packages_of_languages_in_instances(cloud: Server, root: Identity, inspected: Inspected) -> None:
    """Deep inspection looks in the usual folders, and in those that it is told."""
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL, ecosystem="PyPI")
    folder = inspected.instance({})
    place = folder / "opt/app/acme-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    inspector = Inspector(root)
    inspector.scanned(INSTANCE)
    api = inspector.api
    assert api.get_ec2_deep_inspection_configuration()["status"] == "ACTIVATED"
    assert inspector.findings() == []
    answer = api.update_ec2_deep_inspection_configuration(activateDeepInspection=True, packagePaths=["/opt/app"])
    assert (answer["packagePaths"], answer["orgPackagePaths"], answer["status"]) == (["/opt/app"], [], "ACTIVATED")
    (finding,) = inspector.wait(1, findingStatus="ACTIVE")
    (package,) = finding["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package["packageManager"], package["filePath"]) == ("PYTHONPKG", "opt/app/acme-1.0.dist-info/METADATA")
    # What comes there is seen as soon as everything else.
    newer = folder / "opt/app/acme-2.0.dist-info"
    place.rename(newer)
    (newer / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 2.0\n")
    cloud.advance(MINUTE)
    inspector.wait(1, findingStatus="CLOSED")
    newer.rename(place)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    cloud.advance(MINUTE)
    inspector.wait(1, findingStatus="ACTIVE")
    api.update_ec2_deep_inspection_configuration(activateDeepInspection=False)
    inspector.wait(1, findingStatus="CLOSED")


def test_what_others_may_not(root: Identity, new_user: Callable[..., Identity], inspected: Inspected) -> None:
    inspector = Inspector(root)
    mine = inspector.api.create_filter(
        name="x", action="NONE", filterCriteria={"severity": [{"comparison": "EQUALS", "value": "LOW"}]},
        tags={"team": "red"})["arn"]
    user = new_user("auditor", allow("inspector2:ListFindings"), allow(
        "inspector2:*", resource=f"arn:aws:inspector2:us-east-1:{ACCOUNT}:owner/{ACCOUNT}/filter/*",
        Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}))
    api = user.client("inspector2")
    assert api.list_findings()["findings"] == []
    for call, given in (
        (api.list_coverage, {}), (api.enable, {"resourceTypes": ["EC2"]}), (api.delete_filter, {"arn": mine}),
        (api.tag_resource, {"resourceArn": mine, "tags": {"a": "b"}}), (api.disable, {}),
    ):  # fmt: skip
        assert error_of(call, **given).code == "AccessDeniedException"
    inspector.api.tag_resource(resourceArn=mine, tags={"team": "blue"})
    api.delete_filter(arn=mine)
