"""Inspector: what is scanned, settings, keys, delegated administration, CIS scans; and what AWS refuses."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, trust
from harness.configuration import until
from harness.inspected import CRITICAL, INSTANCE, Inspected, Inspector
from harness.organizations import NewOrganization

DAY = 86400
SERVICE = "inspector2.amazonaws.com"
OFF = {"status": "DISABLED"}
ON = {"status": "ENABLED"}
#: Lynis looks through all programs of the machine first, which takes a busy one minutes.
LYNIS_PATIENCE = 600
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    return Inspected(tmp_path_factory.mktemp("inspected"))


@pytest.fixture(scope="module")
def inspecting_server(inspected: Inspected, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("inspector") / "log"
    with Server(*inspected.options, "--quota", "DaysBeforeLeaving=0", log=log) as server:
        yield server


@pytest.fixture
def cloud(inspecting_server: Server, inspected: Inspected) -> Server:
    inspected.clear()
    inspecting_server.reset()
    return inspecting_server


def test_what_is_scanned(root: Identity) -> None:
    api = root.client("inspector2")
    (account,) = api.batch_get_account_status()["accounts"]
    assert account == {
        "accountId": ACCOUNT, "state": OFF,
        "resourceState": {"ec2": OFF, "ecr": OFF, "lambda": OFF, "lambdaCode": OFF, "codeRepository": OFF},
    }  # fmt: skip
    (enabled,) = api.enable(resourceTypes=["EC2", "LAMBDA"])["accounts"]
    assert (enabled["accountId"], enabled["status"]) == (ACCOUNT, "ENABLED")
    assert enabled["resourceStatus"] == {
        "ec2": "ENABLED", "ecr": "DISABLED", "lambda": "ENABLED", "lambdaCode": "DISABLED",
        "codeRepository": "DISABLED",
    }  # fmt: skip
    for role in ("AWSServiceRoleForAmazonInspector2", "AWSServiceRoleForAmazonInspector2Agentless"):
        assert root.iam.get_role(RoleName=role)["Role"]["Path"].startswith("/aws-service-role/")
    (account,) = api.batch_get_account_status(accountIds=[ACCOUNT])["accounts"]
    assert (account["state"], account["resourceState"]["ec2"], account["resourceState"]["ecr"]) == (ON, ON, OFF)
    # Code is not scanned, and whoever asks for it is told so.
    refused = error_of(api.enable, resourceTypes=["LAMBDA_CODE"])
    assert refused.code == "ValidationException" and "LAMBDA_CODE" in refused.message
    assert error_of(api.enable, resourceTypes=["S3"]).code == "ValidationException"
    (failed,) = api.enable(resourceTypes=["EC2"], accountIds=["999999999999"])["failedAccounts"]
    assert (failed["accountId"], failed["errorCode"]) == ("999999999999", "ACCESS_DENIED")
    assert failed["errorMessage"] == "Invoking account does not have access to this account"
    (trial,) = api.batch_get_free_trial_info(accountIds=[ACCOUNT])["accounts"]
    assert {(one["type"], one["status"]) for one in trial["freeTrialInfo"]} == {("EC2", "ACTIVE"), ("LAMBDA", "ACTIVE")}
    permissions = api.list_account_permissions(service="ECR")["permissions"]
    assert {one["operation"] for one in permissions} == {
        "ENABLE_SCANNING", "DISABLE_SCANNING", "ENABLE_REPOSITORY", "DISABLE_REPOSITORY",
    }  # fmt: skip
    (disabled,) = api.disable(resourceTypes=["EC2"])["accounts"]
    assert (disabled["status"], disabled["resourceStatus"]["ec2"]) == ("ENABLED", "DISABLED")
    (disabled,) = api.disable()["accounts"]
    assert disabled["status"] == "DISABLED"


def test_settings(root: Identity) -> None:
    api = root.client("inspector2")
    found = api.get_configuration()
    assert found["ec2Configuration"]["scanModeState"] == {"scanMode": "EC2_HYBRID", "scanModeStatus": "SUCCESS"}
    api.update_configuration(
        ec2Configuration={"scanMode": "EC2_SSM_AGENT_BASED"},
        ecrConfiguration={"rescanDuration": "DAYS_30", "pullDateRescanDuration": "DAYS_90"})
    found = api.get_configuration()
    assert found["ec2Configuration"]["scanModeState"]["scanMode"] == "EC2_SSM_AGENT_BASED"
    state = found["ecrConfiguration"]["rescanDurationState"]
    assert (state["rescanDuration"], state["pullDateRescanDuration"], state["status"]) == ("DAYS_30", "DAYS_90", "SUCCESS")
    assert error_of(api.update_configuration).code == "ValidationException"


def test_images_are_scanned_for_as_long_as_one_says(cloud: Server, root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    inspected.image("web", {"acme": "1.0"})
    inspector = Inspector(root)
    inspector.wait(1)
    cloud.advance(14 * DAY + 120)

    def expired() -> bool:
        (covered,) = inspector.api.list_coverage()["coveredResources"]
        return bool(covered["scanStatus"] == {"statusCode": "INACTIVE", "reason": "SCAN_ELIGIBILITY_EXPIRED"})

    until(expired)
    inspector.api.update_configuration(ecrConfiguration={"rescanDuration": "LIFETIME"})
    until(lambda: not expired())


def test_encryption_keys(root: Identity) -> None:
    api, kms = root.client("inspector2"), root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    place = {"scanType": "CODE", "resourceType": "AWS_LAMBDA_FUNCTION"}
    assert error_of(api.get_encryption_key, **place).code == "ResourceNotFoundException"
    api.update_encryption_key(kmsKeyId=key, **place)
    assert api.get_encryption_key(**place)["kmsKeyId"] == key
    api.reset_encryption_key(**place)
    assert error_of(api.reset_encryption_key, **place).code == "ResourceNotFoundException"
    unknown = key[:-12] + "000000000000"
    assert error_of(api.update_encryption_key, kmsKeyId=unknown, **place).code == "ResourceNotFoundException"
    other = {"scanType": "PACKAGE", "resourceType": "AWS_EC2_INSTANCE"}
    assert error_of(api.update_encryption_key, kmsKeyId=key, **other).code == "ValidationException"


@pytest.fixture
def org(cloud: Server) -> NewOrganization:
    return NewOrganization(cloud)


def test_delegated_administration(cloud: Server, org: NewOrganization, inspected: Inspected) -> None:
    admin, member, late = org.member("security"), org.member("dev"), None
    api = org.management.client("inspector2")
    assert error_of(api.get_delegated_admin_account).code == "ResourceNotFoundException"
    assert error_of(api.enable_delegated_admin_account, delegatedAdminAccountId=ACCOUNT).code == "ValidationException"
    theirs = member.admin.client("inspector2")
    assert error_of(theirs.enable_delegated_admin_account, delegatedAdminAccountId=admin.account).code == (
        "AccessDeniedException")
    api.enable_delegated_admin_account(delegatedAdminAccountId=admin.account)
    (named,) = org.api.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"]
    assert named["Id"] == admin.account
    again = error_of(api.enable_delegated_admin_account, delegatedAdminAccountId=member.account)
    assert again.code == "ConflictException"
    shown = {"accountId": admin.account, "status": "ENABLED"}
    assert api.list_delegated_admin_accounts()["delegatedAdminAccounts"] == [shown]
    shown = {"accountId": admin.account, "relationshipStatus": "ENABLED"}
    assert theirs.get_delegated_admin_account()["delegatedAdmin"] == shown

    # Members are looked after, scanned, and seen through.
    ours = admin.admin.client("inspector2")
    for call in (theirs.list_members, api.list_members, theirs.describe_organization_configuration):
        assert error_of(call).code == "AccessDeniedException"
    # What Terraform looks for.
    assert error_of(theirs.describe_organization_configuration).message == (
        "Invoking account does not have access to describe the organization configuration")
    assert error_of(theirs.get_member, accountId=member.account).message == (
        "Invoking account does not have access to get member account")
    assert ours.list_members()["members"] == []
    assert error_of(ours.associate_member, accountId="999999999999").code == "ValidationException"
    ours.associate_member(accountId=member.account)
    (found,) = ours.list_members()["members"]
    assert (found["accountId"], found["relationshipStatus"], found["delegatedAdminAccountId"]) == (
        member.account, "ENABLED", admin.account)
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    inspected.instance({"acme": "1.0"}, account=member.account)
    ours.enable(resourceTypes=["EC2"], accountIds=[member.account, admin.account])
    seen = Inspector(admin.admin, ())
    (finding,) = seen.wait(1)
    assert finding["awsAccountId"] == member.account
    assert Inspector(member.admin, ()).findings() == [finding]
    until(lambda: [one["accountId"] for one in ours.list_coverage()["coveredResources"]] == [member.account])
    statuses = ours.batch_get_account_status(accountIds=[member.account, admin.account])["accounts"]
    assert [one["state"]["status"] for one in statuses] == ["ENABLED", "ENABLED"]
    # What members are scanned for, their administrator says.
    (failed,) = theirs.disable()["failedAccounts"]
    assert failed["errorCode"] == "ACCESS_DENIED"
    low = {"severity": [{"comparison": "EQUALS", "value": "CRITICAL"}]}
    denied = error_of(theirs.create_filter, name="x", action="SUPPRESS", filterCriteria=low)
    assert denied.code == "AccessDeniedException"
    ours.create_filter(name="x", action="SUPPRESS", filterCriteria=low)
    seen.wait(1, findingStatus="SUPPRESSED")
    (failed,) = ours.disable()["failedAccounts"]
    assert failed["errorCode"] == "DISASSOCIATE_ALL_MEMBERS"
    deep = ours.batch_update_member_ec2_deep_inspection_status(
        accountIds=[{"accountId": member.account, "activateDeepInspection": False}])
    assert deep["accountIds"] == [{"accountId": member.account, "status": "DEACTIVATED"}]
    ours.update_org_ec2_deep_inspection_configuration(orgPackagePaths=["/opt/all"])
    assert theirs.get_ec2_deep_inspection_configuration()["orgPackagePaths"] == ["/opt/all"]

    # Whoever joins later is scanned of itself.
    on = {"ec2": True, "ecr": False, "lambda": True, "lambdaCode": False, "codeRepository": False}
    assert ours.update_organization_configuration(autoEnable={"ec2": True, "ecr": False, "lambda": True})[
        "autoEnable"] == on
    assert ours.describe_organization_configuration() | {"ResponseMetadata": 0} == {
        "autoEnable": on, "maxAccountLimitReached": False, "ResponseMetadata": 0}
    late = org.member("late")
    cloud.advance(60)
    until(lambda: len(ours.list_members()["members"]) == 2)
    (state,) = late.admin.client("inspector2").batch_get_account_status()["accounts"]
    assert (state["resourceState"]["ec2"], state["resourceState"]["ecr"]) == (ON, OFF)
    pages = list(ours.get_paginator("list_members").paginate(PaginationConfig={"PageSize": 1}))
    assert len([one for page in pages for one in page["members"]]) == 2

    ours.disassociate_member(accountId=late.account)
    assert ours.get_member(accountId=late.account)["member"]["relationshipStatus"] == "REMOVED"
    assert len(ours.list_members(onlyAssociated=True)["members"]) == 1
    assert len(ours.list_members(onlyAssociated=False)["members"]) == 2
    assert error_of(ours.get_member, accountId=ACCOUNT).code == "ResourceNotFoundException"
    api.disable_delegated_admin_account(delegatedAdminAccountId=admin.account)
    assert error_of(ours.list_members).code == "AccessDeniedException"
    assert org.api.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"] == []
    gone = error_of(api.disable_delegated_admin_account, delegatedAdminAccountId=admin.account)
    assert gone.code == "ResourceNotFoundException"


def test_cis_scans(
    cloud: Server, root: Identity, inspected: Inspected, new_role: Callable[..., str],
    new_user: Callable[..., Identity],
) -> None:
    """Configurations by schedule, and what an agent in an instance reports."""
    inspected.instance({}, tags={"team": "red"})
    api = root.client("inspector2")
    api.enable(resourceTypes=["EC2"])
    targets = {"accountIds": ["SELF"], "targetResourceTags": {"team": ["red", "blue"]}}
    daily = {"daily": {"startTime": {"timeOfDay": "03:30", "timezone": "UTC"}}}
    arn = api.create_cis_scan_configuration(
        scanName="nightly", securityLevel="LEVEL_1", schedule=daily, targets=targets, tags={"a": "b"}
    )["scanConfigurationArn"]
    assert re.fullmatch(
        rf"arn:aws:inspector2:us-east-1:{ACCOUNT}:owner/{ACCOUNT}/cis-configuration/{UUID}", arn)
    (found,) = api.list_cis_scan_configurations()["scanConfigurations"]
    assert found == {
        "scanConfigurationArn": arn, "ownerId": ACCOUNT, "scanName": "nightly", "securityLevel": "LEVEL_1",
        "schedule": daily, "targets": targets, "tags": {"a": "b"},
    }  # fmt: skip
    zone = {"daily": {"startTime": {"timeOfDay": "03:30", "timezone": "Europe/Berlin"}}}
    assert error_of(
        api.create_cis_scan_configuration, scanName="x", securityLevel="LEVEL_1", schedule=zone, targets=targets,
    ).code == "ValidationException"  # fmt: skip
    everyone = {"accountIds": ["ALL_ACCOUNTS"], "targetResourceTags": {}}
    assert error_of(
        api.create_cis_scan_configuration, scanName="x", securityLevel="LEVEL_1", schedule=daily, targets=everyone,
    ).code == "ValidationException"  # fmt: skip
    weekly = {"weekly": {"startTime": {"timeOfDay": "00:00", "timezone": "UTC"}, "days": ["MON", "FRI"]}}
    api.update_cis_scan_configuration(scanConfigurationArn=arn, scanName="weekly", schedule=weekly)
    (found,) = api.list_cis_scan_configurations(sortBy="SCAN_NAME")["scanConfigurations"]
    assert (found["scanName"], found["schedule"]) == ("weekly", weekly)
    assert api.list_cis_scans()["scans"] == []
    cloud.advance(7 * DAY)
    until(lambda: len(api.list_cis_scans()["scans"]) == 2)
    api.delete_cis_scan_configuration(scanConfigurationArn=arn)
    gone = error_of(api.delete_cis_scan_configuration, scanConfigurationArn=arn)
    assert gone.code == "ResourceNotFoundException"

    once = api.create_cis_scan_configuration(
        scanName="now", securityLevel="LEVEL_2", schedule={"oneTime": {}}, targets=targets)["scanConfigurationArn"]
    named = {"scanNameFilters": [{"comparison": "EQUALS", "value": "now"}]}
    (scan,) = until(lambda: api.list_cis_scans(filterCriteria=named)["scans"])
    assert (scan["scanConfigurationArn"], scan["status"], scan["securityLevel"]) == (once, "IN_PROGRESS", "LEVEL_2")
    job = scan["scanArn"].rpartition("/")[2]
    token = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    assert error_of(api.start_cis_session, scanJobId=job, message={"sessionToken": token}).code == (
        "AccessDeniedException")
    agent = new_role("agent", trust(ACCOUNT), allow("inspector2:*"))
    runner = new_user("runner", allow("sts:AssumeRole"))

    def assumed(session: str) -> Any:
        credentials = runner.client("sts").assume_role(RoleArn=agent, RoleSessionName=session)["Credentials"]
        return Identity.of_session(cloud.url, credentials).client("inspector2")

    foreign = error_of(
        assumed("i-0123456789abcdeff").start_cis_session, scanJobId=job, message={"sessionToken": token})
    assert foreign.code == "ValidationException"
    own = assumed(INSTANCE)
    session = {"scanJobId": job, "sessionToken": token}
    messages = [
        {"ruleId": rule, "status": status, "cisRuleDetails": b"seen"}
        for rule, status in (("1.1.1", "PASSED"), ("1.1.2", "FAILED"), ("1.1.3", "NOT_APPLICABLE"))
    ]
    early = error_of(own.send_cis_session_telemetry, messages=messages, **session)
    assert early.code == "ConflictException"
    own.start_cis_session(scanJobId=job, message={"sessionToken": token})
    own.send_cis_session_health(**session)
    own.send_cis_session_telemetry(messages=messages, **session)
    own.send_cis_session_telemetry(messages=messages, **session)
    own.stop_cis_session(
        message={
            "status": "SUCCESS", "progress": {"totalChecks": 3},
            "computePlatform": {"vendor": "debian", "product": "linux", "version": "12"},
        }, **session)  # fmt: skip
    (scan,) = api.list_cis_scans(filterCriteria=named)["scans"]
    assert (scan["status"], scan["totalChecks"], scan["failedChecks"]) == ("COMPLETED", 3, 1)
    ask = {"scanArn": scan["scanArn"]}
    checks = api.list_cis_scan_results_aggregated_by_checks(sortBy="CHECK_ID", **ask)["checkAggregations"]
    assert [one["checkId"] for one in checks] == ["1.1.1", "1.1.2", "1.1.3"]
    assert checks[1]["statusCounts"] == {"failed": 1, "passed": 0, "skipped": 0}
    (target,) = api.list_cis_scan_results_aggregated_by_target_resource(**ask)["targetResourceAggregations"]
    assert (target["targetResourceId"], target["targetStatus"], target["platform"]) == (
        INSTANCE, "COMPLETED", "DEBIAN_LINUX_12")
    details = {"targetResourceId": INSTANCE, "accountId": ACCOUNT, **ask}
    failed = api.get_cis_scan_result_details(
        filterCriteria={"findingStatusFilters": [{"comparison": "EQUALS", "value": "FAILED"}]}, **details)
    (result,) = failed["scanResultDetails"]
    assert (result["checkId"], result["status"], result["statusReason"]) == ("1.1.2", "FAILED", "seen")
    pages = list(api.get_paginator("get_cis_scan_result_details").paginate(PaginationConfig={"PageSize": 1}, **details))
    assert len([one for page in pages for one in page["scanResultDetails"]]) == 3
    assert error_of(api.get_cis_scan_report, reportFormat="PDF", **ask).code == "ValidationException"
    report = api.get_cis_scan_report(reportFormat="CSV", **ask)
    assert report["status"] == "SUCCEEDED"
    path = report["url"].removeprefix(cloud.url)
    rows = list(csv.DictReader(io.StringIO(cloud.get(path)[1])))
    assert [(row["Check Id"], row["Status"]) for row in rows] == [
        ("1.1.1", "PASSED"), ("1.1.2", "FAILED"), ("1.1.3", "SKIPPED")]
    assert cloud.get(path[:-1] + ("0" if path[-1] != "0" else "1"))[0] == 404
    cloud.advance(900)
    assert cloud.get(path)[0] == 404
    assert error_of(own.stop_cis_session, message={"status": "SUCCESS", "progress": {}}, **session).code == (
        "ConflictException")
    # Those of before: nobody has reported anything.
    cloud.advance(6 * 3600)
    until(lambda: all(one["status"] != "IN_PROGRESS" for one in api.list_cis_scans()["scans"]))
    assert {one["status"] for one in api.list_cis_scans()["scans"]} == {"COMPLETED", "FAILED"}


#: A benchmark of two rules: one about passwords, one about files.
CHECK = "http://oval.mitre.org/XMLSchema/oval-definitions-5"
OVAL = """<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
  xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"
  xmlns:ind="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent">
 <generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
 <definitions>DEFINITIONS</definitions><tests>TESTS</tests><objects>OBJECTS</objects>
</oval_definitions>
"""
RULES = {"days": ("Passwords end after 90 days", "^PASS_MAX_DAYS 90$"), "umask": ("Files are private", "^UMASK 027$")}


def benchmark(folder: Path) -> str:
    definitions = tests = objects = rules = ""
    for number, (name, (title, pattern)) in enumerate(RULES.items(), 1):
        definitions += (
            f'<definition class="compliance" id="oval:test:def:{number}" version="1"><metadata><title>t</title>'
            f'<description>d</description></metadata><criteria><criterion test_ref="oval:test:tst:{number}"/></criteria>'
            "</definition>")
        tests += (
            f'<ind:textfilecontent54_test check="all" check_existence="at_least_one_exists" comment="x" '
            f'id="oval:test:tst:{number}" version="1"><ind:object object_ref="oval:test:obj:{number}"/>'
            "</ind:textfilecontent54_test>")
        objects += (
            f'<ind:textfilecontent54_object id="oval:test:obj:{number}" version="1"><ind:filepath>/etc/login.defs'
            f'</ind:filepath><ind:pattern operation="pattern match">{pattern}</ind:pattern>'
            '<ind:instance datatype="int">1</ind:instance></ind:textfilecontent54_object>')
        rules += (
            f'<Rule id="xccdf_test_rule_{name}" selected="true"><title>{title}</title><check system="{CHECK}">'
            f'<check-content-ref href="rules.oval.xml" name="oval:test:def:{number}"/></check></Rule>')
    oval = OVAL.replace("DEFINITIONS", definitions).replace("TESTS", tests).replace("OBJECTS", objects)
    (folder / "rules.oval.xml").write_text(oval)
    checklist = folder / "benchmark.xml"
    checklist.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" '
        'id="xccdf_test_benchmark_one" resolved="1" xml:lang="en"><status>accepted</status><title>B</title>'
        '<version>1</version><Profile id="xccdf_test_profile_one"><title>P</title></Profile>'
        f"{rules}</Benchmark>")
    return str(checklist)


@pytest.mark.skipif(shutil.which("oscap") is None, reason="OpenSCAP is not installed")
def test_cis_scans_by_openscap(root: Identity, inspected: Inspected, tmp_path: Path) -> None:
    folder = inspected.instance({}, tags={"team": "red"})
    (folder / "etc/login.defs").write_text("PASS_MAX_DAYS 90\nUMASK 022\n")
    inspected.content["benchmarks"] = [
        {"platform": "DEBIAN_12", "content": benchmark(tmp_path), "profiles": {"LEVEL_1": "xccdf_test_profile_one"}}]
    inspected.save()
    api = root.client("inspector2")
    api.create_cis_scan_configuration(
        scanName="now", securityLevel="LEVEL_1", schedule={"oneTime": {}},
        targets={"accountIds": ["SELF"], "targetResourceTags": {"team": ["red"]}})
    (scan,) = until(lambda: [one for one in api.list_cis_scans()["scans"] if one["status"] != "IN_PROGRESS"])
    assert (scan["status"], scan["totalChecks"], scan["failedChecks"]) == ("COMPLETED", 2, 1)
    details = api.get_cis_scan_result_details(
        scanArn=scan["scanArn"], targetResourceId=INSTANCE, accountId=ACCOUNT)["scanResultDetails"]
    assert {one["checkId"]: (one["title"], one["status"], one["platform"]) for one in details} == {
        "xccdf_test_rule_days": ("Passwords end after 90 days", "PASSED", "DEBIAN_12"),
        "xccdf_test_rule_umask": ("Files are private", "FAILED", "DEBIAN_12"),
    }  # fmt: skip


@pytest.mark.skipif(shutil.which("lynis") is None, reason="Lynis is not installed")
def test_cis_scans_by_lynis(root: Identity, inspected: Inspected) -> None:
    """Where no benchmark is for a system, and the operator wants it: a few tests of Lynis, under its own names."""
    folder = inspected.instance({}, tags={"team": "red"})
    (folder / "etc/login.defs").write_text("PASS_MAX_DAYS 90\nPASS_MIN_DAYS 1\n")
    (folder / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nother:x:0:0::/root:/bin/sh\n")
    # Links lead nowhere: what this machine has in them is nothing of the system's.
    (folder / "etc/group").symlink_to("/etc/group")
    inspected.content["lynis"] = True  # type: ignore[assignment]
    inspected.save()
    api = root.client("inspector2")
    api.create_cis_scan_configuration(
        scanName="now", securityLevel="LEVEL_1", schedule={"oneTime": {}},
        targets={"accountIds": ["SELF"], "targetResourceTags": {"team": ["red"]}})
    (scan,) = until(
        lambda: [one for one in api.list_cis_scans()["scans"] if one["status"] != "IN_PROGRESS"], LYNIS_PATIENCE)
    assert (scan["status"], scan["totalChecks"], scan["failedChecks"]) == ("COMPLETED", 8, 3)
    details = api.get_cis_scan_result_details(
        scanArn=scan["scanArn"], targetResourceId=INSTANCE, accountId=ACCOUNT)["scanResultDetails"]
    assert {one["checkId"]: one["status"] for one in details} == {
        "AUTH-9204": "FAILED", "AUTH-9208": "FAILED", "AUTH-9222": "SKIPPED", "AUTH-9226": "SKIPPED",
        "AUTH-9230": "FAILED", "AUTH-9286": "PASSED", "BANN-7126": "SKIPPED", "BANN-7130": "SKIPPED",
    }  # fmt: skip
    (found,) = [one for one in details if one["checkId"] == "AUTH-9204"]
    assert (found["title"], found["statusReason"]) == (
        "Check users with an UID of zero", "Multiple users with UID 0 found in passwd file")
