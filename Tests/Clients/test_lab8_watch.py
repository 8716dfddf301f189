"""Lab 8. Is it as it should be, and who is told? A careless change is seen, told, mended, and can be read of later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


from harness import ACCOUNT, Identity, Server, allow, policy, postgres, trust
from harness.clock import server_with_clock
from harness.configuration import Recording, until
from harness.server import gatehouse

REGION = f"us-east-1:{ACCOUNT}"
QUEUE = f"arn:aws:sqs:{REGION}:inbox"
GROUP = f"arn:aws:logs:{REGION}:log-group:trail"

# Three of AWS's rules on IAM, as a conformance pack.
PACK = """
Resources:
  Users:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: iam-user-no-policies-check
      Scope: {ComplianceResourceTypes: [AWS::IAM::User]}
      Source: {Owner: AWS, SourceIdentifier: IAM_USER_NO_POLICIES_CHECK}
  Administrators:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: iam-policy-no-statements-with-admin-access
      Scope: {ComplianceResourceTypes: [AWS::IAM::Policy]}
      Source: {Owner: AWS, SourceIdentifier: IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS}
  Groups:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: iam-group-has-users-check
      Scope: {ComplianceResourceTypes: [AWS::IAM::Group]}
      Source: {Owner: AWS, SourceIdentifier: IAM_GROUP_HAS_USERS_CHECK}
"""


def a_trail_into_a_log_group(root: Identity, new_role: Any) -> None:
    root.client("logs").create_log_group(logGroupName="trail")
    s3 = root.client("s3")
    s3.create_bucket(Bucket="trails")
    service = {"Service": "cloudtrail.amazonaws.com"}
    s3.put_bucket_policy(
        Bucket="trails",
        Policy=policy(
            allow("s3:GetBucketAcl", "arn:aws:s3:::trails", Principal=service),
            allow("s3:PutObject", "arn:aws:s3:::trails/*", Principal=service),
        ),
    )
    role = new_role("trail", trust(service), allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{GROUP}:*"))
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="trails", IsMultiRegionTrail=True, CloudWatchLogsLogGroupArn=f"{GROUP}:*",
        CloudWatchLogsRoleArn=role)
    root.cloudtrail.start_logging(Name="main")


def an_inbox(root: Identity, topic: str) -> Any:
    """A queue that the alarms' topic and a rule of EventBridge may send to, and nobody else."""
    queue = root.client("sqs").create_queue(QueueName="inbox")["QueueUrl"]

    def may(service: str, source: str) -> dict[str, object]:
        return allow(
            "sqs:SendMessage", QUEUE, Principal={"Service": f"{service}.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": source}})

    root.client("sqs").set_queue_attributes(
        QueueUrl=queue,
        Attributes={"Policy": policy(may("sns", topic), may("events", f"arn:aws:events:{REGION}:rule/careless"))})
    root.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    events = root.client("events")
    pattern = {
        "source": ["aws.config"], "detail-type": ["Config Rules Compliance Change"],
        "detail": {"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}}}
    events.put_rule(Name="careless", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="careless", Targets=[{"Id": "inbox", "Arn": QUEUE}])
    return queue


def received(root: Identity, queue: str) -> list[dict[str, Any]]:
    """What has come, which is then gone."""
    sqs = root.client("sqs")
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in found]


def test_a_careless_change_is_seen_told_and_mended(tmp_path: Path) -> None:
    server, clock = server_with_clock(tmp_path, data=None if postgres.IS_USED else tmp_path / "data")
    with server:
        root = server.root

        def new_role(name: str, trusted: str, *statements: Any) -> str:
            arn: str = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
            root.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
            return arn

        root.iam.create_user(UserName="hasty")
        hasty = Identity.of_key(server.url, root.iam.create_access_key(UserName="hasty")["AccessKey"])
        root.iam.create_group(GroupName="administrators")
        root.iam.attach_group_policy(
            GroupName="administrators", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        root.iam.add_user_to_group(GroupName="administrators", UserName="hasty")
        guest = root.iam.create_user(UserName="guest")["User"]

        topic = root.client("sns").create_topic(Name="alarms")["TopicArn"]
        queue = an_inbox(root, topic)
        a_trail_into_a_log_group(root, new_role)
        words = gatehouse("cis-alarms", "--log-group", "trail", "--topic", topic).stdout
        assert "CIS-4.4-IAMPolicyChanges" in words
        logs, cloudwatch = root.client("logs"), root.client("cloudwatch")
        logs.put_metric_filter(
            logGroupName="trail", filterName="policies", filterPattern="{ $.eventName = PutUserPolicy }",
            metricTransformations=[{"metricName": "Policies", "metricNamespace": "Lab", "metricValue": "1"}])
        cloudwatch.put_metric_alarm(
            AlarmName="policies", Namespace="Lab", MetricName="Policies", Statistic="Sum", Period=300, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching",
            AlarmActions=[topic])
        recording = Recording(root)
        config = recording.api
        config.put_conformance_pack(ConformancePackName="identity", TemplateBody=PACK)

        def verdict() -> str:
            found = config.get_compliance_details_by_resource(
                ResourceType="AWS::IAM::User", ResourceId=guest["UserId"])["EvaluationResults"]
            kinds = {
                one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ConfigRuleName"].rsplit("-conformance", 1)[0]:
                one["ComplianceType"] for one in found}
            return str(kinds.get("iam-user-no-policies-check"))

        until(lambda: verdict() == "COMPLIANT")

        # The careless change.
        hasty.iam.put_user_policy(UserName="guest", PolicyName="all", PolicyDocument=policy(allow("*")))
        until(lambda: verdict() == "NON_COMPLIANT")
        mail: list[dict[str, Any]] = []
        until(lambda: mail.extend(received(root, queue)) or mail)
        told = [one for one in mail if one.get("source") == "aws.config"]
        assert [one["detail"]["resourceId"] for one in told] == [guest["UserId"]]
        assert told[0]["detail"]["newEvaluationResult"]["complianceType"] == "NON_COMPLIANT"

        # Nothing of that is lost with the power; and the trail delivers when it comes to it.
        server.kill()
        clock.advance(301)
        server.start()
        root = server.root
        cloudwatch, config = root.client("cloudwatch"), root.client("config")
        recording.api = config
        assert verdict() == "NON_COMPLIANT"
        # The trail has delivered before the alarm looks again, which it does each minute.
        until(lambda: root.client("logs").filter_log_events(
            logGroupName="trail", filterPattern="{ $.eventName = PutUserPolicy }")["events"])
        server.kill()
        clock.advance(61)
        server.start()
        root = server.root
        cloudwatch, config = root.client("cloudwatch"), root.client("config")
        until(lambda: cloudwatch.describe_alarms(AlarmNames=["policies"], StateValue="ALARM")["MetricAlarms"])
        mail.clear()
        until(lambda: mail.extend(received(root, queue)) or mail)
        alarms = [json.loads(one["Message"]) for one in mail if one.get("TopicArn") == topic]
        assert [(one["AlarmName"], one["NewStateValue"]) for one in alarms] == [("policies", "ALARM")]

        # Mended, with the rights of a role that has no others.
        mender = new_role(
            "mender", trust({"Service": "ssm.amazonaws.com"}),
            allow(["iam:ListUserPolicies", "iam:DeleteUserPolicy", "iam:ListAttachedUserPolicies", "iam:ListUsers"], "*"))
        rule = next(
            one["ConfigRuleName"] for one in config.describe_config_rules()["ConfigRules"]
            if one["Source"]["SourceIdentifier"] == "IAM_USER_NO_POLICIES_CHECK")
        config.put_remediation_configurations(
            RemediationConfigurations=[{
                "ConfigRuleName": rule, "TargetType": "SSM_DOCUMENT", "TargetId": "AWSConfigRemediation-RemoveUserPolicies",
                "Parameters": {
                    "AutomationAssumeRole": {"StaticValue": {"Values": [mender]}},
                    "IAMUserID": {"ResourceValue": {"Value": "RESOURCE_ID"}}}}])
        config.start_remediation_execution(
            ConfigRuleName=rule, ResourceKeys=[{"resourceType": "AWS::IAM::User", "resourceId": guest["UserId"]}])
        until(lambda: verdict() == "COMPLIANT")
        assert root.iam.list_user_policies(UserName="guest")["PolicyNames"] == []

    # The life of the resource, with names.
    told_of = gatehouse("history", guest["Arn"], *server.place).stdout
    assert "PutUserPolicy" in told_of and "user/hasty" in told_of and "AdministratorAccess" in told_of
    assert "DeleteUserPolicy" in told_of and "assumed-role/mender" in told_of
