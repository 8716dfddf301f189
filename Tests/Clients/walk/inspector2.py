"""Inspector: everything switched on, a filter, a CIS scan configuration and its scan."""

import time

from harness import ACCOUNT, Identity
from harness.patience import PATIENCE
from walk import Samples

UUID = "00000000-0000-4000-8000-000000000001"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{UUID}"
CRITERIA = {"severity": [{"comparison": "EQUALS", "value": "LOW"}]}
TARGETS = {"accountIds": ["SELF"], "targetResourceTags": {"team": ["red"]}}
DESTINATION = {"bucketName": "reports", "kmsKeyArn": KEY}


def furnish(root: Identity) -> None:
    api = root.client("inspector2")
    api.enable(resourceTypes=["ECR"])
    made = api.create_filter(name="walked", action="NONE", filterCriteria=CRITERIA)["arn"]
    SAMPLES.values["filterArn"] = SAMPLES.values["arn"] = SAMPLES.values["resourceArn"] = made
    SAMPLES.values["scanConfigurationArn"] = api.create_cis_scan_configuration(
        scanName="walked", securityLevel="LEVEL_1", schedule={"oneTime": {}}, targets=TARGETS
    )["scanConfigurationArn"]
    deadline = time.monotonic() + PATIENCE
    while not (scans := api.list_cis_scans()["scans"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    SAMPLES.values["scanArn"] = scans[0]["scanArn"]


ADMINISTRATORS = "Invoking account does not have access to"
MANAGEMENT = "not a member of an organization"
SAMPLES = Samples(
    furnish=furnish,
    denied_in_the_end={
        "AssociateMember": ADMINISTRATORS, "DisassociateMember": ADMINISTRATORS, "GetMember": ADMINISTRATORS,
        "ListMembers": ADMINISTRATORS, "DescribeOrganizationConfiguration": ADMINISTRATORS,
        "UpdateOrganizationConfiguration": ADMINISTRATORS, "UpdateOrgEc2DeepInspectionConfiguration": ADMINISTRATORS,
        "BatchGetMemberEc2DeepInspectionStatus": ADMINISTRATORS,
        "BatchUpdateMemberEc2DeepInspectionStatus": ADMINISTRATORS,
        "EnableDelegatedAdminAccount": MANAGEMENT, "DisableDelegatedAdminAccount": MANAGEMENT,
        "GetDelegatedAdminAccount": MANAGEMENT, "ListDelegatedAdminAccounts": MANAGEMENT,
        "StartCisSession": "Only instances", "SendCisSessionHealth": "Only instances",
        "SendCisSessionTelemetry": "Only instances", "StopCisSession": "Only instances",
    },
)  # fmt: skip
SAMPLES.members(
    filterArn="", arn="", scanConfigurationArn="", scanArn="", resourceArn="",
    accountId=ACCOUNT, accountIds=[ACCOUNT], delegatedAdminAccountId="444455556666", filterCriteria=CRITERIA,
    s3Destination=DESTINATION, reportId=UUID, scanJobId=UUID, sessionToken=UUID, kmsKeyId=KEY, scanType="CODE",
    resourceType="AWS_LAMBDA_FUNCTION", targets=TARGETS, schedule={"oneTime": {}}, tags={"a": "b"}, tagKeys=["a"],
    autoEnable={"ec2": True, "ecr": False}, targetResourceId="i-0123456789abcdef0",
    findingArns=[f"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/0123456789abcdef0123456789abcdef"],
    orgPackagePaths=["/opt/x"],
)  # fmt: skip
SAMPLES.of("SearchVulnerabilities", filterCriteria={"vulnerabilityIds": ["CVE-2026-0001"]})
SAMPLES.of("Enable", resourceTypes=["ECR"])
SAMPLES.of("Disable", accountIds=[ACCOUNT], resourceTypes=["ECR"])
SAMPLES.of("UpdateConfiguration", ec2Configuration={"scanMode": "EC2_HYBRID"})
SAMPLES.of(
    "BatchUpdateMemberEc2DeepInspectionStatus", accountIds=[{"accountId": ACCOUNT, "activateDeepInspection": True}])
SAMPLES.of("GetCisScanReport", reportFormat="CSV")
