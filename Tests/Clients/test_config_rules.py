"""AWS Config's rules: AWS's own, custom policies and functions at endpoints, what they say, and who is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness import ACCOUNT, Server, error_of
from harness.configuration import Recording, until
from harness.functions import Function
from harness.organizations import NewOrganization

BUCKET = "AWS::S3::Bucket"
USER = "AWS::IAM::User"


def rule(name: str, identifier: str, **more: Any) -> dict[str, Any]:
    parameters = more.pop("parameters", None)
    made = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}, **more}
    if parameters:
        made["InputParameters"] = json.dumps(parameters)
    return made


def policy_rule(name: str, text: str, *types: str, **more: Any) -> dict[str, Any]:
    return {
        "ConfigRuleName": name, "Scope": {"ComplianceResourceTypes": list(types)},
        "Source": {
            "Owner": "CUSTOM_POLICY",
            "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}],
            "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": text}},
        **more}


def verdicts(api: Any, name: str) -> dict[str, str]:
    pages = api.get_paginator("get_compliance_details_by_config_rule").paginate(ConfigRuleName=name)
    return {
        one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: one["ComplianceType"]
        for page in pages for one in page["EvaluationResults"]}


def evaluated(api: Any, name: str) -> dict[str, Any]:
    def status() -> dict[str, Any] | None:
        found = api.describe_config_rule_evaluation_status(ConfigRuleNames=[name])["ConfigRulesEvaluationStatus"][0]
        return found if found["FirstEvaluationStarted"] else None

    return until(status)


def test_a_careless_change_is_found(cloud: Server) -> None:
    """A managed rule on buckets: the first evaluation, a change, a deletion, and all that tells of them."""
    recording = Recording(cloud.root)
    api = recording.api
    recording.s3.create_bucket(Bucket="good")
    recording.s3.put_bucket_versioning(Bucket="good", VersioningConfiguration={"Status": "Enabled"})
    api.put_config_rule(
        ConfigRule=rule("versioned", "S3_BUCKET_VERSIONING_ENABLED"), Tags=[{"Key": "team", "Value": "audit"}])
    until(lambda: verdicts(api, "versioned") == {"good": "COMPLIANT", recording.bucket: "NON_COMPLIANT"})
    found = api.describe_config_rules(ConfigRuleNames=["versioned"])["ConfigRules"][0]
    assert found["ConfigRuleArn"] == f"arn:aws:config:us-east-1:{ACCOUNT}:config-rule/{found['ConfigRuleId']}"
    assert found["ConfigRuleState"] == "ACTIVE" and found["ConfigRuleId"].startswith("config-rule-")
    assert api.list_tags_for_resource(ResourceArn=found["ConfigRuleArn"])["Tags"] == [{"Key": "team", "Value": "audit"}]
    recording.s3.put_bucket_versioning(Bucket="good", VersioningConfiguration={"Status": "Suspended"})
    until(lambda: verdicts(api, "versioned")["good"] == "NON_COMPLIANT")
    recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Enabled"})
    until(lambda: verdicts(api, "versioned") == {"good": "NON_COMPLIANT", recording.bucket: "COMPLIANT"})

    by_rule = api.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
    assert by_rule == [{"ConfigRuleName": "versioned", "Compliance": {
        "ComplianceType": "NON_COMPLIANT", "ComplianceContributorCount": {"CappedCount": 1, "CapExceeded": False}}}]
    assert api.describe_compliance_by_config_rule(ComplianceTypes=["COMPLIANT"])["ComplianceByConfigRules"] == []
    by_resource = api.describe_compliance_by_resource(ResourceType=BUCKET, ComplianceTypes=["NON_COMPLIANT"])
    assert [one["ResourceId"] for one in by_resource["ComplianceByResources"]] == ["good"]
    details = api.get_compliance_details_by_resource(ResourceType=BUCKET, ResourceId="good")["EvaluationResults"]
    assert [one["Annotation"] for one in details] == ["Versioning is not enabled."]
    only = api.get_compliance_details_by_config_rule(ConfigRuleName="versioned", ComplianceTypes=["NON_COMPLIANT"], Limit=1)
    assert len(only["EvaluationResults"]) == 1 and "NextToken" not in only
    summary = api.get_compliance_summary_by_config_rule()["ComplianceSummary"]
    assert summary["NonCompliantResourceCount"]["CappedCount"] == 1 and summary["CompliantResourceCount"]["CappedCount"] == 0
    types = api.get_compliance_summary_by_resource_type(ResourceTypes=[BUCKET])["ComplianceSummariesByResourceType"]
    assert types[0]["ComplianceSummary"]["CompliantResourceCount"]["CappedCount"] == 1

    api.put_configuration_aggregator(
        ConfigurationAggregatorName="all", AccountAggregationSources=[{"AccountIds": [ACCOUNT], "AllAwsRegions": True}])
    together = api.describe_aggregate_compliance_by_config_rules(ConfigurationAggregatorName="all")
    assert [(one["ConfigRuleName"], one["AccountId"], one["Compliance"]["ComplianceType"])
            for one in together["AggregateComplianceByConfigRules"]] == [("versioned", ACCOUNT, "NON_COMPLIANT")]
    counted = api.get_aggregate_config_rule_compliance_summary(ConfigurationAggregatorName="all", GroupByKey="ACCOUNT_ID")
    assert [(one["GroupName"], one["ComplianceSummary"]["NonCompliantResourceCount"]["CappedCount"])
            for one in counted["AggregateComplianceCounts"]] == [(ACCOUNT, 1)]
    where = {"ConfigurationAggregatorName": "all", "ConfigRuleName": "versioned", "AccountId": ACCOUNT, "AwsRegion": "us-east-1"}
    found = api.get_aggregate_compliance_details_by_config_rule(**where)["AggregateEvaluationResults"]
    assert {one["ComplianceType"] for one in found} == {"COMPLIANT", "NON_COMPLIANT"}
    assert api.get_aggregate_compliance_details_by_config_rule(
        **{**where, "AwsRegion": "eu-west-1"})["AggregateEvaluationResults"] == []

    recording.s3.delete_bucket(Bucket="good")
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "COMPLIANT"})
    assert api.describe_compliance_by_resource(ResourceType=BUCKET, ResourceId="good")["ComplianceByResources"] == []
    api.delete_evaluation_results(ConfigRuleName="versioned")
    assert verdicts(api, "versioned") == {}
    api.start_config_rules_evaluation(ConfigRuleNames=["versioned"])
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "COMPLIANT"})
    api.delete_config_rule(ConfigRuleName="versioned")
    until(lambda: api.describe_config_rules()["ConfigRules"] == [])
    assert error_of(api.describe_config_rules, ConfigRuleNames=["versioned"]).code == "NoSuchConfigRuleException"
    assert api.describe_compliance_by_resource()["ComplianceByResources"] == []


def test_who_is_told(cloud: Server) -> None:
    """A queue is told of what a rule finds, by the default event bus, and so is the delivery channel's topic."""
    root = cloud.root
    sqs, sns = root.client("sqs"), root.client("sns")
    queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    principals = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
    allowed = {"Effect": "Allow", "Principal": principals, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    events = root.client("events")
    events.put_rule(Name="findings", EventPattern=json.dumps({
        "source": ["aws.config"], "detail-type": ["Config Rules Compliance Change"],
        "detail": {"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}}}))
    events.put_targets(Rule="findings", Targets=[{"Id": "queue", "Arn": arn}])
    topic = sns.create_topic(Name="config")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    recording = Recording(root, snsTopicARN=topic)
    recording.api.put_config_rule(ConfigRule=rule("versioned", "S3_BUCKET_VERSIONING_ENABLED"))
    told: list[dict[str, Any]] = []

    def both() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            told.append(json.loads(message["Body"]))
        return {"event", "message"} <= {
            "event" if "detail-type" in one else "message" for one in told
            if one.get("messageType", one.get("detail", {}).get("messageType")) == "ComplianceChangeNotification"}

    until(both)
    event = next(one for one in told if "detail-type" in one)
    assert event["detail"]["resourceId"] == recording.bucket and event["detail"]["configRuleName"] == "versioned"
    assert event["detail"]["newEvaluationResult"]["annotation"] == "Versioning is not enabled."
    assert event["detail"]["oldEvaluationResult"] is None


def test_rules_about_the_account(cloud: Server) -> None:
    """Periodic rules, which ask services with AWS Config's role."""
    root = cloud.root
    recording = Recording(root)
    api = recording.api
    root.iam.create_user(UserName="alice")
    user = root.iam.get_user(UserName="alice")["User"]["UserId"]
    # The credential report quotes such a name.
    comma = root.iam.create_user(UserName="evil,name")["User"]["UserId"]
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    for name in (
        "IAM_PASSWORD_POLICY", "ROOT_ACCOUNT_MFA_ENABLED", "IAM_ROOT_ACCESS_KEY_CHECK", "IAM_USER_MFA_ENABLED",
        "ACCESS_KEYS_ROTATED", "CLOUD_TRAIL_ENABLED", "CMK_BACKING_KEY_ROTATION_ENABLED", "ACCOUNT_PART_OF_ORGANIZATIONS",
        "SECURITY_ACCOUNT_INFORMATION_PROVIDED", "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
        "KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "CLOUDWATCH_LOG_GROUP_ENCRYPTED", "SHIELD_ADVANCED_ENABLED_AUTORENEW",
        "GUARDDUTY_ENABLED_CENTRALIZED", "GUARDDUTY_NON_ARCHIVED_FINDINGS",
    ):
        api.put_config_rule(ConfigRule=rule(name, name))
    expected = {
        "IAM_PASSWORD_POLICY": {ACCOUNT: "NON_COMPLIANT"}, "ROOT_ACCOUNT_MFA_ENABLED": {ACCOUNT: "NON_COMPLIANT"},
        "IAM_USER_MFA_ENABLED": {user: "NON_COMPLIANT", comma: "NON_COMPLIANT"},
        "ACCESS_KEYS_ROTATED": {user: "COMPLIANT", comma: "COMPLIANT"},
        "CLOUD_TRAIL_ENABLED": {ACCOUNT: "NON_COMPLIANT"}, "CMK_BACKING_KEY_ROTATION_ENABLED": {key: "NON_COMPLIANT"},
        "ACCOUNT_PART_OF_ORGANIZATIONS": {ACCOUNT: "NON_COMPLIANT"},
        "SECURITY_ACCOUNT_INFORMATION_PROVIDED": {ACCOUNT: "NON_COMPLIANT"},
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC": {ACCOUNT: "NON_COMPLIANT"},
        "KMS_CMK_NOT_SCHEDULED_FOR_DELETION": {key: "COMPLIANT"},
        "SHIELD_ADVANCED_ENABLED_AUTORENEW": {ACCOUNT: "NON_COMPLIANT"},
        "GUARDDUTY_ENABLED_CENTRALIZED": {ACCOUNT: "NON_COMPLIANT"},
    }
    for name, verdict in expected.items():
        until(lambda name=name, verdict=verdict: verdicts(api, name) == verdict)
        assert "LastErrorCode" not in evaluated(api, name), name
    root.iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True, MaxPasswordAge=90, PasswordReusePrevention=24)
    root.client("kms").enable_key_rotation(KeyId=key)
    detector = root.client("guardduty").create_detector(Enable=True)["DetectorId"]
    root.client("guardduty").create_sample_findings(DetectorId=detector, FindingTypes=["Policy:IAMUser/RootCredentialUsage"])
    api.start_config_rules_evaluation(
        ConfigRuleNames=["IAM_PASSWORD_POLICY", "CMK_BACKING_KEY_ROTATION_ENABLED", "GUARDDUTY_ENABLED_CENTRALIZED",
                         "GUARDDUTY_NON_ARCHIVED_FINDINGS"])
    until(lambda: verdicts(api, "IAM_PASSWORD_POLICY") == {ACCOUNT: "COMPLIANT"})
    until(lambda: verdicts(api, "CMK_BACKING_KEY_ROTATION_ENABLED") == {key: "COMPLIANT"})
    # A finding of today is not late.
    for name in ("GUARDDUTY_ENABLED_CENTRALIZED", "GUARDDUTY_NON_ARCHIVED_FINDINGS"):
        until(lambda name=name: verdicts(api, name) == {ACCOUNT: "COMPLIANT"})
        assert "LastErrorCode" not in evaluated(api, name), name


def test_custom_policies(cloud: Server) -> None:
    recording = Recording(cloud.root)
    api = recording.api
    text = """
        rule tagged when resourceType == "AWS::S3::Bucket" {
            tags.owner exists << every bucket has an owner >>
            supplementaryConfiguration.BucketVersioningConfiguration.status in ["Enabled", "Off"]
        }
    """
    api.put_config_rule(ConfigRule=policy_rule("owned", text, BUCKET))
    until(lambda: verdicts(api, "owned") == {recording.bucket: "NON_COMPLIANT"})
    found = api.get_compliance_details_by_config_rule(ConfigRuleName="owned")["EvaluationResults"][0]
    assert found["Annotation"] == "every bucket has an owner"
    assert api.get_custom_rule_policy(ConfigRuleName="owned")["PolicyText"] == text
    recording.s3.put_bucket_tagging(Bucket=recording.bucket, Tagging={"TagSet": [{"Key": "owner", "Value": "me"}]})
    until(lambda: verdicts(api, "owned") == {recording.bucket: "COMPLIANT"})
    refused = error_of(api.put_config_rule, ConfigRule=policy_rule("bad", "rule x {", BUCKET))
    assert refused.code == "InvalidParameterValueException" and "The policy text is invalid" in refused.message


def test_what_is_refused(cloud: Server, new_user: Any) -> None:
    root = cloud.root
    api = root.client("config")
    put = api.put_config_rule
    early = error_of(put, ConfigRule=rule("r", "S3_BUCKET_VERSIONING_ENABLED"))
    assert early.code == "NoAvailableConfigurationRecorderException"
    Recording(root)
    for made, message in (
        (rule("r", "RDS_STORAGE_ENCRYPTED"), "The sourceIdentifier RDS_STORAGE_ENCRYPTED is invalid.  Please refer to the"
         " documentation for a list of valid sourceIdentifiers that can be used when AWS is the Owner."),
        (rule("r", "ACCESS_KEYS_ROTATED", parameters={"age": "1"}),
         'Unknown parameters provided in the inputParameters: {"age":"1"}.'),
        (rule("r", "IAM_ROLE_MANAGED_POLICY_CHECK"),
         "The required parameter [managedPolicyArns] is not present in the inputParameters."),
        (rule("r", "ACCESS_KEYS_ROTATED", parameters={"maxAccessKeyAge": " "}),
         "Blank spaces are not acceptable for input parameter: maxAccessKeyAge."),
        (rule("r", "ACCESS_KEYS_ROTATED", InputParameters="no"), "Invalid json no passed in the InputParameters field"),
        (rule("r", "S3_BUCKET_VERSIONING_ENABLED", MaximumExecutionFrequency="One_Hour"),
         "A maximum execution frequency is not allowed if MessageType is ConfigurationItemChangeNotification or"
         " OversizedConfigurationItemChangeNotification"),
        (rule("r", "REQUIRED_TAGS", Scope={"TagKey": "k", "ComplianceResourceTypes": [BUCKET]}),
         "Scope cannot be applied to both resource and tag."),
    ):
        refused = error_of(put, ConfigRule=made)
        assert (refused.code, refused.message) == ("InvalidParameterValueException", message)
    for call, code in (
        (lambda: api.delete_config_rule(ConfigRuleName="none"), "NoSuchConfigRuleException"),
        (lambda: api.start_config_rules_evaluation(ConfigRuleNames=["none"]), "NoSuchConfigRuleException"),
        (lambda: api.get_compliance_details_by_config_rule(ConfigRuleName="none"), "NoSuchConfigRuleException"),
        (lambda: api.put_evaluations(ResultToken="none", Evaluations=[{
            "ComplianceResourceType": BUCKET, "ComplianceResourceId": "b", "ComplianceType": "COMPLIANT",
            "OrderingTimestamp": 1}]), "InvalidResultTokenException"),
    ):
        assert error_of(call).code == code
    allowed = {"Effect": "Allow", "Action": "config:PutConfigRule", "Resource": "*",
               "Condition": {"StringEquals": {"aws:RequestTag/team": "audit"}}}
    user = new_user("auditor", allowed).client("config")
    assert error_of(user.put_config_rule, ConfigRule=rule("r", "REQUIRED_TAGS")).code == "AccessDeniedException"
    user.put_config_rule(ConfigRule=rule("r", "REQUIRED_TAGS"), Tags=[{"Key": "team", "Value": "audit"}])
    assert error_of(user.describe_config_rules).code == "AccessDeniedException"


def test_before_it_is_there(cloud: Server) -> None:
    """AWS: "Evaluation Mode and Trigger Types for AWS Config Rules": proactive evaluation."""
    recording = Recording(cloud.root)
    api = recording.api
    api.put_config_rule(ConfigRule=rule(
        "blocked", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
        EvaluationModes=[{"Mode": "DETECTIVE"}, {"Mode": "PROACTIVE"}]))

    def start(more: dict[str, str] | None = None, /, **properties: Any) -> str:
        return api.start_resource_evaluation(
            EvaluationMode="PROACTIVE", **(more or {}), ResourceDetails={
                "ResourceId": "planned", "ResourceType": BUCKET, "ResourceConfiguration": json.dumps(properties),
                "ResourceConfigurationSchemaType": "CFN_RESOURCE_SCHEMA"})["ResourceEvaluationId"]

    bad = start(BucketName="planned")
    token = {"ClientToken": "t" * 64}
    again = start(token, BucketName="planned")
    assert again not in ("", bad) and start(token, BucketName="planned") == again
    assert error_of(lambda: start(token, BucketName="other")).code == "IdempotentParameterMismatch"
    summary = api.get_resource_evaluation_summary(ResourceEvaluationId=bad)
    assert summary["Compliance"] == "NON_COMPLIANT" and summary["EvaluationStatus"]["Status"] == "SUCCEEDED"
    good = start(BucketName="planned", PublicAccessBlockConfiguration=dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True))
    assert api.get_resource_evaluation_summary(ResourceEvaluationId=good)["Compliance"] == "COMPLIANT"
    listed = api.list_resource_evaluations(Filters={"EvaluationMode": "PROACTIVE"})["ResourceEvaluations"]
    assert [one["ResourceEvaluationId"] for one in listed] == [good, again, bad]
    details = api.get_compliance_details_by_resource(ResourceEvaluationId=bad)["EvaluationResults"]
    assert [one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["EvaluationMode"] for one in details] == ["PROACTIVE"]
    assert error_of(
        api.put_config_rule, ConfigRule=rule("r", "IAM_GROUP_HAS_USERS_CHECK", EvaluationModes=[{"Mode": "PROACTIVE"}])
    ).code == "InvalidParameterValueException"
    # What is proactive alone says nothing of what is there, and no more what it said.
    until(lambda: recording.bucket in verdicts(api, "blocked"))
    api.put_config_rule(ConfigRule=rule(
        "blocked", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", EvaluationModes=[{"Mode": "PROACTIVE"}]))
    until(lambda: verdicts(api, "blocked") == {})
    api.put_config_rule(ConfigRule=rule("versioned", "S3_BUCKET_VERSIONING_ENABLED"))
    recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Enabled"})
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "COMPLIANT"})
    assert verdicts(api, "blocked") == {}


def test_one_policy_is_compared_with_another(cloud: Server) -> None:
    recording = Recording(cloud.root)
    api, bucket = recording.api, recording.bucket

    def policy(action: str, resource: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": action,
            "Resource": resource}]})

    def put(control: str) -> None:
        api.put_config_rule(ConfigRule=rule(
            "bounded", "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", parameters={"controlPolicy": control}))

    for bad in ("{}", "no policy", policy("sqs:SendMessage", "*")):
        error = error_of(put, control=bad)
        assert (error.code, error.message) == (
            "InvalidParameterValueException", "Value for controlPolicy parameter must be an Amazon S3 bucket policy.")
    recording.s3.put_bucket_policy(Bucket=bucket, Policy=policy("s3:PutObject", f"arn:aws:s3:::{bucket}/logs/*"))
    put(policy("s3:Put*", "arn:aws:s3:::*"))
    until(lambda: verdicts(api, "bounded") == {bucket: "COMPLIANT"})
    recording.s3.put_bucket_policy(Bucket=bucket, Policy=policy("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    until(lambda: verdicts(api, "bounded") == {bucket: "NON_COMPLIANT"})
    # What rules say has its history, too.
    kind, name = "AWS::Config::ResourceCompliance", f"{BUCKET}/{bucket}"


    def recorded() -> str | None:
        # That is recorded after the verdict itself.
        found = recording.current(kind, name)
        return json.loads(found["configuration"])["complianceType"] if found else None

    until(lambda: recorded() == "NON_COMPLIANT")
    found = recording.select(
        f"SELECT resourceId, configuration.complianceType WHERE resourceType = '{kind}'"
        " AND configuration.configRuleList.configRuleName = 'bounded'")
    assert found == [{"resourceId": name, "configuration": {"complianceType": "NON_COMPLIANT"}}]


CREATOR = "config-multiaccountsetup.amazonaws.com"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:check"


def test_functions(tmp_path: Path) -> None:
    """A custom rule whose function is a server of the operator's: it is told of changes, and answers with its token."""
    function = Function()
    foreign = FUNCTION.replace(ACCOUNT, "999988887777")
    options = [word for arn in (FUNCTION, foreign) for word in ("--event-destination", f"{arn}={function.url}")]
    with Server(*options, log=tmp_path / "log") as server:
        recording = Recording(server.root)
        api = recording.api
        asked: list[dict[str, Any]] = []

        def check(event: dict[str, Any]) -> Any:
            asked.append(event)
            if len(asked) == 1:
                return 503, {}, b""
            item = json.loads(event["invokingEvent"])["configurationItem"]
            state = item["supplementaryConfiguration"]["BucketVersioningConfiguration"]["status"]
            api.put_evaluations(ResultToken=event["resultToken"], Evaluations=[{
                "ComplianceResourceType": item["resourceType"], "ComplianceResourceId": item["resourceId"],
                "ComplianceType": "COMPLIANT" if state == "Enabled" else "NON_COMPLIANT",
                "Annotation": f"versioning is {state}", "OrderingTimestamp": item["configurationItemCaptureTime"]}])
            return {}

        function.behaviour = check
        api.put_config_rule(ConfigRule={
            "ConfigRuleName": "own", "Scope": {"ComplianceResourceTypes": [BUCKET]},
            "InputParameters": json.dumps({"wanted": "Enabled"}),
            "Source": {
                "Owner": "CUSTOM_LAMBDA", "SourceIdentifier": FUNCTION,
                "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}]}})
        until(lambda: verdicts(api, "own") == {recording.bucket: "NON_COMPLIANT"})
        assert asked[0]["configRuleName"] == "own" and asked[0]["accountId"] == ACCOUNT
        assert json.loads(asked[0]["ruleParameters"]) == {"wanted": "Enabled"}
        recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Enabled"})
        until(lambda: verdicts(api, "own") == {recording.bucket: "COMPLIANT"})
        # Only process checks are judged from outside.
        assert error_of(api.put_external_evaluation, ConfigRuleName="own", ExternalEvaluation={
            "ComplianceResourceType": BUCKET, "ComplianceResourceId": "outside", "ComplianceType": "NON_COMPLIANT",
            "OrderingTimestamp": 1}).code == "NoSuchConfigRuleException"
        assert verdicts(api, "own") == {recording.bucket: "COMPLIANT"}
        # A verdict of a time to come does not outlive the next one.
        last = {"ComplianceResourceType": BUCKET, "ComplianceResourceId": recording.bucket}
        for compliance, year in (("NON_COMPLIANT", 3000), ("COMPLIANT", 3000), ("NON_COMPLIANT", 2900)):
            api.put_evaluations(ResultToken=asked[-1]["resultToken"], Evaluations=[{
                **last, "ComplianceType": compliance, "OrderingTimestamp": f"{year}-01-01T00:00:00Z"}])
            assert verdicts(api, "own") == {recording.bucket: compliance}
        # What could not be recorded is not taken.
        assert error_of(api.put_evaluations, ResultToken=asked[-1]["resultToken"], Evaluations=[{
            **last, "ComplianceResourceId": "a\nb", "ComplianceType": "COMPLIANT", "OrderingTimestamp": 1}],
        ).code == "InvalidParameterValueException"
        for name, arn in (("lost", FUNCTION.replace("check", "missing")), ("foreign", foreign)):
            api.put_config_rule(ConfigRule={
                "ConfigRuleName": name, "Source": {
                    "Owner": "CUSTOM_LAMBDA", "SourceIdentifier": arn,
                    "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ScheduledNotification"}]}})
            status = evaluated(api, name)
            assert "no server stands for it" in status["LastErrorMessage"] and "LastFailedInvocationTime" in status
    function.server.shutdown()


def test_a_rule_is_put_by_the_identifiers_that_were_asked_about(cloud: Server, new_user: Any) -> None:
    api = Recording(cloud.root).api
    for name in ("mine", "guarded"):
        api.put_config_rule(ConfigRule=rule(name, "IAM_PASSWORD_POLICY"))
    rules = {one["ConfigRuleName"]: one for one in api.describe_config_rules()["ConfigRules"]}
    mine, guarded = rules["mine"], rules["guarded"]
    owner = new_user("owner", {"Effect": "Allow", "Action": "config:PutConfigRule", "Resource": mine["ConfigRuleArn"]})
    most = new_user(
        "most", {"Effect": "Allow", "Action": "config:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "config:PutConfigRule", "Resource": guarded["ConfigRuleArn"]})
    other = {"Source": {"Owner": "AWS", "SourceIdentifier": "IAM_ROOT_ACCESS_KEY_CHECK"}}
    denied = "AccessDeniedException"
    mixed = {**other, "ConfigRuleName": "guarded", "ConfigRuleArn": mine["ConfigRuleArn"]}
    assert error_of(owner.client("config").put_config_rule, ConfigRule=mixed).code == denied
    by_id = {**other, "ConfigRuleId": guarded["ConfigRuleId"]}
    assert error_of(most.client("config").put_config_rule, ConfigRule=by_id).code == denied
    for identifiers in (
        {"ConfigRuleName": "guarded", "ConfigRuleArn": mine["ConfigRuleArn"]},
        {"ConfigRuleName": "guarded", "ConfigRuleId": mine["ConfigRuleId"]},
        {"ConfigRuleName": "new", "ConfigRuleId": mine["ConfigRuleId"]},
        {"ConfigRuleArn": mine["ConfigRuleArn"], "ConfigRuleId": guarded["ConfigRuleId"]},
    ):
        assert error_of(api.put_config_rule, ConfigRule={**other, **identifiers}).code == "InvalidParameterValueException"
    owner.client("config").put_config_rule(ConfigRule={**other, "ConfigRuleArn": mine["ConfigRuleArn"]})
    found = {one["ConfigRuleName"]: one["Source"]["SourceIdentifier"] for one in api.describe_config_rules()["ConfigRules"]}
    assert found == {"mine": "IAM_ROOT_ACCESS_KEY_CHECK", "guarded": "IAM_PASSWORD_POLICY"}


def test_an_organization_has_rules_in_all_of_its_accounts(cloud: Server) -> None:
    organization = NewOrganization(cloud)
    member, bare = organization.member("sales"), organization.member("bare")
    own, theirs = Recording(organization.organizer), Recording(member.admin)
    api = own.api
    arn = api.put_organization_config_rule(
        OrganizationConfigRuleName="versioned", OrganizationManagedRuleMetadata={
            "RuleIdentifier": "S3_BUCKET_VERSIONING_ENABLED", "Description": "all of them"})["OrganizationConfigRuleArn"]
    name = f"OrgConfigRule-{arn.split('/')[-1]}"
    for recording in (own, theirs):
        until(lambda recording=recording: [one for one in recording.api.describe_config_rules()["ConfigRules"]])
        until(lambda recording=recording: verdicts(recording.api, name) == {recording.bucket: "NON_COMPLIANT"})
    assert error_of(theirs.api.delete_config_rule, ConfigRuleName=name).code == "ResourceInUseException"

    def statuses() -> dict[str, tuple[str, str | None]]:
        found = api.get_organization_config_rule_detailed_status(OrganizationConfigRuleName="versioned")
        return {
            one["AccountId"]: (one["MemberAccountRuleStatus"], one.get("ErrorCode"))
            for one in found["OrganizationConfigRuleDetailedStatus"]}

    until(lambda: statuses() == {
        ACCOUNT: ("CREATE_SUCCESSFUL", None), member.account: ("CREATE_SUCCESSFUL", None),
        bare.account: ("CREATE_FAILED", "NoAvailableConfigurationRecorderException")})
    until(lambda: api.describe_organization_config_rule_statuses()["OrganizationConfigRuleStatuses"][0][
        "OrganizationRuleStatus"] == "CREATE_FAILED")
    assert error_of(theirs.api.describe_organization_config_rules).code == "OrganizationAccessDeniedException"
    pack = "Resources: {R: {Type: 'AWS::Config::ConfigRule', Properties: {ConfigRuleName: r, Source: {Owner: AWS,"
    pack += " SourceIdentifier: IAM_PASSWORD_POLICY}}}}"
    api.put_organization_conformance_pack(
        OrganizationConformancePackName="basic", TemplateBody=pack, ExcludedAccounts=[bare.account])
    until(lambda: len(theirs.api.describe_conformance_packs()["ConformancePackDetails"]) == 1)
    until(lambda: api.describe_organization_conformance_pack_statuses()["OrganizationConformancePackStatuses"][0][
        "Status"] == "CREATE_SUCCESSFUL")
    detailed = api.get_organization_conformance_pack_detailed_status(OrganizationConformancePackName="basic")
    assert {one["AccountId"] for one in detailed["OrganizationConformancePackDetailedStatuses"]} == {ACCOUNT, member.account}
    api.delete_organization_conformance_pack(OrganizationConformancePackName="basic")
    api.delete_organization_config_rule(OrganizationConfigRuleName="versioned")
    for recording in (own, theirs):
        until(lambda recording=recording: recording.api.describe_config_rules()["ConfigRules"] == [])
    until(lambda: api.describe_organization_config_rules()["OrganizationConfigRules"] == [])
    # Who no longer speaks for the organization loses what it has in the others' accounts.
    organization.api.enable_aws_service_access(ServicePrincipal=CREATOR)
    organization.api.register_delegated_administrator(AccountId=member.account, ServicePrincipal=CREATOR)
    theirs.api.put_organization_config_rule(
        OrganizationConfigRuleName="delegated", OrganizationManagedRuleMetadata={"RuleIdentifier": "IAM_PASSWORD_POLICY"})

    def delegated() -> list[str]:
        return [
            one["ConfigRuleName"] for one in api.describe_config_rules()["ConfigRules"]
            if one["ConfigRuleName"].startswith("OrgConfigRule-delegated")]

    until(lambda: len(delegated()) == 1)
    organization.api.deregister_delegated_administrator(AccountId=member.account, ServicePrincipal=CREATOR)
    cloud.advance(3601)
    until(lambda: delegated() == [])
