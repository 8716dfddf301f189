"""GuardDuty: findings of what is really called, with the events that prove them; what is done with them; settings and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.configuration import until
from harness.documents import policy
from harness.guarded import Guarded, by_address, told

NOT_OWNED = "The request is rejected because the input detectorId is not owned by the current account."


@pytest.fixture
def admin(root: Identity, cloud: Server) -> Identity:
    root.iam.create_user(UserName="admin")
    root.iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*")))
    return Identity.of_key(cloud.url, root.iam.create_access_key(UserName="admin")["AccessKey"])


def test_a_detector(admin: Identity) -> None:
    api = admin.client("guardduty")
    assert api.list_detectors()["DetectorIds"] == []
    made = api.create_detector(
        Enable=True, FindingPublishingFrequency="ONE_HOUR", Tags={"Team": "blue"},
        Features=[
            {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"},
            {"Name": "RUNTIME_MONITORING", "Status": "ENABLED",
             "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]}])
    id_ = made["DetectorId"]
    assert len(id_) == 32 and api.list_detectors()["DetectorIds"] == [id_]
    refused = error_of(api.create_detector, Enable=True)
    assert refused.code == "BadRequestException"
    assert refused.message == "The request is rejected because a detector already exists for the current account."
    found = api.get_detector(DetectorId=id_)
    assert (found["Status"], found["FindingPublishingFrequency"]) == ("ENABLED", "ONE_HOUR")
    assert found["Tags"] == {"Team": "blue"}
    assert found["ServiceRole"].endswith(":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty")
    assert admin.iam.get_role(RoleName="AWSServiceRoleForAmazonGuardDuty")["Role"]["Arn"] == found["ServiceRole"]
    states = {one["Name"]: one["Status"] for one in found["Features"]}
    assert states["CLOUD_TRAIL"] == "ENABLED" and states["S3_DATA_EVENTS"] == "DISABLED"
    assert found["DataSources"]["S3Logs"]["Status"] == "DISABLED"
    (runtime,) = [one for one in found["Features"] if one["Name"] == "RUNTIME_MONITORING"]
    assert {one["Name"]: one["Status"] for one in runtime["AdditionalConfiguration"]}["EC2_AGENT_MANAGEMENT"] == "ENABLED"
    api.update_detector(
        DetectorId=id_, Enable=False, FindingPublishingFrequency="FIFTEEN_MINUTES",
        DataSources={"S3Logs": {"Enable": True}})
    found = api.get_detector(DetectorId=id_)
    assert (found["Status"], found["FindingPublishingFrequency"]) == ("DISABLED", "FIFTEEN_MINUTES")
    assert found["DataSources"]["S3Logs"]["Status"] == "ENABLED"
    assert error_of(api.get_detector, DetectorId="0" * 32).message == NOT_OWNED
    arn = f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{id_}"
    api.tag_resource(ResourceArn=arn, Tags={"Stage": "test"})
    api.untag_resource(ResourceArn=arn, TagKeys=["Team"])
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"Stage": "test"}
    assert admin.client("guardduty", region="eu-central-1").list_detectors()["DetectorIds"] == []
    api.delete_detector(DetectorId=id_)
    assert api.list_detectors()["DetectorIds"] == []


def test_who_may(admin: Identity, cloud: Server) -> None:
    id_ = admin.client("guardduty").create_detector(Enable=True, Tags={"Team": "blue"})["DetectorId"]
    admin.iam.create_user(UserName="guard")
    guard = Identity.of_key(cloud.url, admin.iam.create_access_key(UserName="guard")["AccessKey"]).client("guardduty")
    refused = error_of(guard.get_detector, DetectorId=id_)
    assert refused.code == "AccessDeniedException" or refused.code == "AccessDenied"
    arn = f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{id_}"
    assert f"guardduty:GetDetector on resource: {arn}" in refused.message
    tagged = {"StringEquals": {"aws:ResourceTag/Team": "blue"}}
    admin.iam.put_user_policy(
        UserName="guard", PolicyName="own",
        PolicyDocument=policy(allow("guardduty:GetDetector", arn, Condition=tagged)))
    assert guard.get_detector(DetectorId=id_)["Status"] == "ENABLED"
    assert "AccessDenied" in error_of(guard.update_detector, DetectorId=id_, Enable=False).code


def test_from_the_call_to_the_finding(admin: Identity, root: Identity) -> None:
    """The root user's call, a second one of it, the finding of both, and the events by their ids."""
    guarded = Guarded(admin)
    root.client("kms").list_aliases()
    finding = guarded.wait_for("Policy:IAMUser/RootCredentialUsage")
    assert (finding["Severity"], finding["AccountId"], finding["Region"]) == (2.0, ACCOUNT, "us-east-1")
    assert finding["Title"] == "The API ListAliases was invoked using root credentials."
    assert finding["Arn"] == f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{guarded.id}/finding/{finding['Id']}"
    assert finding["Resource"]["ResourceType"] == "AccessKey"
    assert finding["Resource"]["AccessKeyDetails"]["UserType"] == "Root"
    action = finding["Service"]["Action"]["AwsApiCallAction"]
    assert (action["Api"], action["ServiceName"]) == ("ListAliases", "kms.amazonaws.com")
    assert action["RemoteIpDetails"]["IpAddressV4"] == "127.0.0.1"
    root.client("kms").list_aliases()
    again = guarded.wait_for("Policy:IAMUser/RootCredentialUsage", count=2)
    assert again["Id"] == finding["Id"] and again["CreatedAt"] == finding["CreatedAt"]
    assert again["UpdatedAt"] > finding["UpdatedAt"]
    assert again["Service"]["EventFirstSeen"] <= again["Service"]["EventLastSeen"]
    proofs = told(again)["events"]
    assert len(proofs) == 2
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListAliases"}])["Events"]
    assert {one["EventId"] for one in events} == set(proofs)
    # What the administrator did is no finding.
    assert guarded.types() == {"Policy:IAMUser/RootCredentialUsage"}


def test_changes_that_weaken(admin: Identity) -> None:
    guarded = Guarded(admin)
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="weakened")
    s3.put_public_access_block(
        Bucket="weakened",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False})
    s3.put_bucket_policy(
        Bucket="weakened",
        Policy=policy(allow("s3:GetObject", "arn:aws:s3:::weakened/*", Principal="*")))
    s3.put_bucket_logging(Bucket="weakened", BucketLoggingStatus={})
    admin.client("s3control").delete_public_access_block(AccountId=ACCOUNT)
    admin.iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)
    admin.iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90)
    s3.create_bucket(Bucket="trail-logs")
    s3.put_bucket_policy(
        Bucket="trail-logs",
        Policy=policy(
            allow(["s3:GetBucketAcl", "s3:PutObject"], ["arn:aws:s3:::trail-logs", "arn:aws:s3:::trail-logs/*"],
                  Principal={"Service": "cloudtrail.amazonaws.com"})))
    admin.cloudtrail.create_trail(Name="main", S3BucketName="trail-logs")
    admin.cloudtrail.start_logging(Name="main")
    admin.cloudtrail.stop_logging(Name="main")
    wanted = {
        "Policy:S3/BucketBlockPublicAccessDisabled", "Policy:S3/BucketAnonymousAccessGranted",
        "Policy:S3/AccountBlockPublicAccessDisabled", "Stealth:S3/ServerAccessLoggingDisabled",
        "Stealth:IAMUser/PasswordPolicyChange", "Stealth:IAMUser/CloudTrailLoggingDisabled",
    }  # fmt: skip
    until(lambda: guarded.types() >= wanted)
    assert guarded.types() == wanted
    (opened,) = guarded.of_type("Policy:S3/BucketAnonymousAccessGranted")
    assert opened["Severity"] == 8.0
    assert opened["Resource"]["S3BucketDetails"][0]["Arn"] == "arn:aws:s3:::weakened"
    (password,) = guarded.of_type("Stealth:IAMUser/PasswordPolicyChange")
    assert told(password)["unusual"][0]["seen"] == "at least 12 characters instead of 14"


def test_attack_tools_and_lists(admin: Identity) -> None:
    guarded = Guarded(admin)
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="lists")
    s3.put_object(Bucket="lists", Key="bad.txt", Body=b"127.9.9.0/24\n2001:db8::/32\n")
    s3.put_object(Bucket="lists", Key="mine.txt", Body=b"127.9.9.77\n")
    api = guarded.api
    bad = api.create_threat_intel_set(
        DetectorId=guarded.id, Name="bad", Format="TXT", Location="https://s3.amazonaws.com/lists/bad.txt",
        Activate=True)["ThreatIntelSetId"]
    assert api.get_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=bad)["Status"] == "ACTIVE"
    by_address(admin, "iam", "127.9.9.5", user_agent="Boto3/1.40 Linux/6.6.9-kali1-amd64").list_users()
    by_address(admin, "s3", "127.9.9.6").put_object(Bucket="lists", Key="x", Body=b"x")
    pen = guarded.wait_for("PenTest:IAMUser/KaliLinux")
    assert pen["Severity"] == 5.0
    assert "kali" in pen["Service"]["Action"]["AwsApiCallAction"]["UserAgent"]
    listed = guarded.wait_for("Recon:IAMUser/MaliciousIPCaller.Custom")
    assert listed["Service"]["Evidence"]["ThreatIntelligenceDetails"][0]["ThreatListName"] == "bad"
    taken = guarded.wait_for("UnauthorizedAccess:S3/MaliciousIPCaller.Custom")
    assert taken["Resource"]["S3BucketDetails"][0]["Name"] == "lists"
    assert guarded.ids(**{"service.additionalInfo.threatListName": {"Equals": ["bad"]}}) != []
    # Whoever is trusted makes no findings.
    api.create_ip_set(
        DetectorId=guarded.id, Name="mine", Format="TXT", Location="s3://lists/mine.txt", Activate=True)
    by_address(admin, "iam", "127.9.9.77").list_groups()
    by_address(admin, "iam", "127.9.9.78").list_roles()
    until(lambda: [one for one in guarded.of_type("Recon:IAMUser/MaliciousIPCaller.Custom")
                   if one["Service"]["Action"]["AwsApiCallAction"]["Api"] == "ListRoles"])
    # All of it together is an attack sequence, which has no call of its own.
    sequence = guarded.wait_for("AttackSequence:S3/CompromisedData")["Service"]["Detection"]["Sequence"]
    assert {one["Name"] for one in sequence["Signals"]} >= {"PenTest:IAMUser/KaliLinux"}
    actions = [one["Service"].get("Action") for one in guarded.findings()]
    assert "ListGroups" not in {one["AwsApiCallAction"]["Api"] for one in actions if one}
    # What is not active finds nothing.
    api.update_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=bad, Activate=False)
    assert api.get_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=bad)["Status"] == "INACTIVE"
    api.delete_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=bad)
    assert api.list_threat_intel_sets(DetectorId=guarded.id)["ThreatIntelSetIds"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no IP address"), (b"nonsense\n", "Line 1"), (b"192.0.2.1\n\x00\n", "not a text"), (b"0.0.0.0/0\n", "Line 1"),
        (b"\xff\xfe1\n", "UTF-8"), (b"1" * 70_000, "longer"), (b"PK\x03\x04\x00", "not a text"),
        (b"\n".join(b"10.0.%d.%d" % (n >> 8, n & 255) for n in range(2001)), "more than 2000"),
    ],
)  # fmt: skip
def test_lists_that_are_none(admin: Identity, body: bytes, said: str) -> None:
    guarded = Guarded(admin)
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="hostile")
    s3.put_object(Bucket="hostile", Key="list", Body=body)
    refused = error_of(
        guarded.api.create_ip_set, DetectorId=guarded.id, Name="x", Format="TXT", Location="s3://hostile/list",
        Activate=True)
    assert refused.code == "BadRequestException" and said in refused.message
    assert guarded.api.list_ip_sets(DetectorId=guarded.id)["IpSetIds"] == []
    missing = error_of(
        guarded.api.create_ip_set, DetectorId=guarded.id, Name="x", Format="TXT", Location="s3://hostile/nothing",
        Activate=True)
    assert missing.code == "BadRequestException"
    # One that is not activated is not read.
    made = guarded.api.create_ip_set(
        DetectorId=guarded.id, Name="x", Format="TXT", Location="s3://hostile/list", Activate=False)["IpSetId"]
    assert guarded.api.get_ip_set(DetectorId=guarded.id, IpSetId=made)["Status"] == "INACTIVE"
    assert "(1)" in error_of(
        guarded.api.create_ip_set, DetectorId=guarded.id, Name="y", Format="TXT", Location="s3://hostile/list",
        Activate=False).message


def test_archives_and_filters(admin: Identity, root: Identity) -> None:
    guarded = Guarded(admin)
    api = guarded.api
    root.client("kms").list_keys()
    finding = guarded.wait_for("Policy:IAMUser/RootCredentialUsage")
    api.archive_findings(DetectorId=guarded.id, FindingIds=[finding["Id"]])
    active = {"service.archived": {"Equals": ["false"]}}
    assert guarded.ids(**active) == []
    api.update_findings_feedback(DetectorId=guarded.id, FindingIds=[finding["Id"]], Feedback="NOT_USEFUL")
    # What happens after that is another finding.
    root.client("kms").list_keys()
    (second,) = until(lambda: guarded.findings(**active))
    assert second["Id"] != finding["Id"] and second["Service"]["Count"] == 1
    (first,) = guarded.findings(id={"Equals": [finding["Id"]]})
    assert first["Service"]["Archived"] and first["Service"]["UserFeedback"] == "NOT_USEFUL"
    criteria: dict[str, Any] = {"Criterion": {"type": {"Equals": ["Policy:IAMUser/RootCredentialUsage"]}}}
    api.create_filter(
        DetectorId=guarded.id, Name="quiet", Action="ARCHIVE", Rank=1, FindingCriteria=criteria, Tags={"a": "b"})
    # It holds for what there is already.
    until(lambda: guarded.ids(**active) == [])
    root.client("kms").list_keys()
    until(lambda: guarded.findings(id={"Equals": [second["Id"]]})[0]["Service"]["Count"] == 2)
    root.client("kms").list_aliases()
    until(lambda: len(guarded.ids()) == 3)
    assert guarded.ids(**active) == []
    api.create_filter(DetectorId=guarded.id, Name="first", Rank=1, FindingCriteria=criteria)
    assert api.get_filter(DetectorId=guarded.id, FilterName="quiet")["Rank"] == 2
    api.update_filter(DetectorId=guarded.id, FilterName="quiet", Action="NOOP", Description="over")
    found = api.get_filter(DetectorId=guarded.id, FilterName="quiet")
    assert (found["Action"], found["Description"], found["Tags"]) == ("NOOP", "over", {"a": "b"})
    assert found["FindingCriteria"] == criteria
    assert api.list_filters(DetectorId=guarded.id)["FilterNames"] == ["first", "quiet"]
    bad = {"Criterion": {"nonsense": {"Equals": ["x"]}}}
    assert "nonsense" in error_of(api.create_filter, DetectorId=guarded.id, Name="bad", FindingCriteria=bad).message
    api.delete_filter(DetectorId=guarded.id, FilterName="first")
    gone = error_of(api.get_filter, DetectorId=guarded.id, FilterName="first")
    assert gone.message == "The request is rejected since no such resource found."
    api.unarchive_findings(DetectorId=guarded.id, FindingIds=[second["Id"]])
    assert guarded.ids(**active) == [second["Id"]]


def test_samples_and_statistics(admin: Identity) -> None:
    guarded = Guarded(admin)
    api = guarded.api
    api.create_sample_findings(
        DetectorId=guarded.id,
        FindingTypes=["AttackSequence:IAM/CompromisedCredentials", "PenTest:S3/KaliLinux", "Policy:S3/BucketPublicAccessGranted"])
    findings = guarded.findings()
    assert {one["Title"].split(" ")[0] for one in findings} == {"[SAMPLE]"} and len(findings) == 3
    assert all(told(one)["sample"] for one in findings)
    api.create_sample_findings(DetectorId=guarded.id, FindingTypes=["PenTest:S3/KaliLinux"])
    assert guarded.of_type("PenTest:S3/KaliLinux")[0]["Service"]["Count"] == 2
    counts = api.get_findings_statistics(DetectorId=guarded.id, FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    assert counts["FindingStatistics"]["CountBySeverity"] == {"9.0": 1, "8.0": 1, "5.0": 1}
    groups = api.get_findings_statistics(DetectorId=guarded.id, GroupBy="FINDING_TYPE")["FindingStatistics"]
    assert [one["TotalFindings"] for one in groups["GroupedByFindingType"]] == [1, 1, 1]
    severe = guarded.ids(severity={"GreaterThanOrEqual": 8})
    assert len(severe) == 2
    ordered = api.list_findings(
        DetectorId=guarded.id, SortCriteria={"AttributeName": "severity", "OrderBy": "DESC"})["FindingIds"]
    assert set(ordered[:2]) == set(severe)
    assert "Backdoor" in error_of(
        api.create_sample_findings, DetectorId=guarded.id, FindingTypes=["Backdoor:EC2/Spambot"]).message
    api.create_sample_findings(DetectorId=guarded.id)
    assert len(guarded.ids()) > 40


def test_the_event_bus(admin: Identity, root: Identity) -> None:
    events, sqs = admin.client("events"), admin.client("sqs")
    queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:findings"
    sqs.set_queue_attributes(
        QueueUrl=queue,
        Attributes={"Policy": policy(allow("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"}))})
    rule = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", 2]}]}}
    events.put_rule(Name="findings", EventPattern=json.dumps(rule))
    events.put_targets(Rule="findings", Targets=[{"Id": "q", "Arn": arn}])
    guarded = Guarded(admin)
    root.client("kms").list_keys()
    message = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]
    event = json.loads(message["Body"])
    finding = guarded.wait_for("Policy:IAMUser/RootCredentialUsage")
    assert event["detail"]["id"] == finding["Id"] and event["account"] == ACCOUNT
    assert event["detail"]["service"]["detectorId"] == guarded.id
    assert event["detail"]["schemaVersion"] == "2.0"


def test_occurrences_are_told_of_in_time(admin: Identity, root: Identity, cloud: Server) -> None:
    events, sqs = admin.client("events"), admin.client("sqs")
    queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:findings"
    sqs.set_queue_attributes(
        QueueUrl=queue,
        Attributes={"Policy": policy(allow("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"}))})
    events.put_rule(Name="findings", EventPattern=json.dumps({"detail-type": ["GuardDuty Finding"]}))
    events.put_targets(Rule="findings", Targets=[{"Id": "q", "Arn": arn}])
    guarded = Guarded(admin, FindingPublishingFrequency="FIFTEEN_MINUTES")

    def counts() -> list[int]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for one in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"])["detail"]["service"]["count"] for one in messages]

    for _ in range(3):
        root.client("kms").list_keys()
    guarded.wait_for("Policy:IAMUser/RootCredentialUsage", count=3)
    assert until(counts) == [1]
    cloud.advance(901)
    assert until(counts) == [3]


def test_malware_is_nobodys(admin: Identity) -> None:
    guarded = Guarded(admin)
    assert guarded.api.describe_malware_scans(DetectorId=guarded.id)["Scans"] == []
    refused = error_of(
        guarded.api.start_malware_scan, ResourceArn=f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0")
    assert refused.code == "BadRequestException" and "malware" in refused.message
    usage = guarded.api.get_usage_statistics(
        DetectorId=guarded.id, UsageStatisticType="SUM_BY_FEATURES", UsageCriteria={})["UsageStatistics"]
    assert {one["Total"]["Amount"] for one in usage["SumByFeature"]} == {"0.00"}
    (trial,) = guarded.api.get_remaining_free_trial_days(DetectorId=guarded.id, AccountIds=[ACCOUNT])["Accounts"]
    assert trial["DataSources"]["CloudTrail"]["FreeTrialDaysRemaining"] == 30
