"""AWS Config's items of queues, topics, alarms, events and log destinations, and rules about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, trust
from harness.configuration import Recording, until

QUEUE, TOPIC, ALARM = "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::CloudWatch::Alarm"
BUS, RULE, ARCHIVE = "AWS::Events::EventBus", "AWS::Events::Rule", "AWS::Events::Archive"
CONNECTION, ENDPOINT = "AWS::Events::Connection", "AWS::Events::ApiDestination"
PLACE = f"us-east-1:{ACCOUNT}"


@pytest.fixture
def recording(root: Identity) -> Recording:
    return Recording(root)


def settings(item: dict[str, Any]) -> Any:
    return json.loads(item["configuration"])


def statement(principal: Any, action: str, resource: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}]})


def test_queues(recording: Recording) -> None:
    sqs = recording.owner.client("sqs")
    dead = f"arn:aws:sqs:{PLACE}:dead"
    sqs.create_queue(QueueName="dead")
    url = sqs.create_queue(QueueName="orders", tags={"team": "shop"}, Attributes={
        "VisibilityTimeout": "60", "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})})[
            "QueueUrl"]
    policy = statement({"AWS": "*"}, "sqs:SendMessage", f"arn:aws:sqs:{PLACE}:orders")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    first, second = recording.items(QUEUE, url, 2)
    assert (first["resourceName"], first["arn"]) == ("orders", f"arn:aws:sqs:{PLACE}:orders")
    assert first["tags"] == {"team": "shop"} and "resourceCreationTime" in first
    shown = settings(first)
    assert (shown["QueueUrl"], shown["QueueName"], shown["VisibilityTimeout"]) == (url, "orders", 60)
    assert shown["RedrivePolicy"] == {"deadLetterTargetArn": dead, "maxReceiveCount": 3}
    assert "FifoQueue" not in shown and "Policy" not in first["supplementaryConfiguration"]
    assert json.loads(json.loads(second["supplementaryConfiguration"]["Policy"])) == json.loads(policy)
    # What happens to messages is no change of the queue.
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    sqs.delete_queue(QueueUrl=url)
    assert [item["configurationItemStatus"] for item in recording.items(QUEUE, url, 3)] == [
        "ResourceDiscovered", "OK", "ResourceDeleted"]


def test_topics(recording: Recording) -> None:
    sns = recording.owner.client("sns")
    topic = sns.create_topic(Name="alerts", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Alerts")
    first, second = recording.items(TOPIC, topic, 2)
    assert (first["resourceName"], first["arn"], first["tags"]) == ("alerts", topic, {"a": "b"})
    assert settings(first) == {"TopicArn": topic, "Owner": ACCOUNT, "DisplayName": ""}
    assert settings(second)["DisplayName"] == "Alerts"
    policy = json.loads(json.loads(first["supplementaryConfiguration"]["Policy"]))
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}


def test_alarms(recording: Recording) -> None:
    watch = recording.owner.client("cloudwatch")
    topic = f"arn:aws:sns:{PLACE}:alerts"
    watch.put_metric_alarm(
        AlarmName="late", Namespace="shop", MetricName="delay", Dimensions=[{"Name": "queue", "Value": "orders"}],
        Statistic="Maximum", Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic])
    watch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(late)")
    shown = settings(recording.items(ALARM, "late", 1)[0])
    assert shown | {
        "alarmName": "late", "metricName": "delay", "namespace": "shop", "statistic": "Maximum", "period": 60,
        "extendedStatistic": None, "dimensions": [{"name": "queue", "value": "orders"}], "evaluationPeriods": 3,
        "datapointsToAlarm": 2, "threshold": 1.5, "comparisonOperator": "GreaterThanThreshold", "actionsEnabled": True,
        "alarmActions": [topic], "okactions": [], "insufficientDataActions": []} == shown
    watch.set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="tried")
    watch.disable_alarm_actions(AlarmNames=["late"])
    # The state is no part of the configuration.
    items = recording.items(ALARM, "late", 2)
    assert settings(items[1])["actionsEnabled"] is False
    assert recording.history(ALARM, "any") == []


def test_events(recording: Recording) -> None:
    events = recording.owner.client("events")
    bus = events.create_event_bus(Name="shop", Tags=[{"Key": "a", "Value": "b"}])["EventBusArn"]
    events.put_permission(
        EventBusName="shop", StatementId="friend", Action="events:PutEvents", Principal="444455556666")
    first, second = recording.items(BUS, "shop", 2)
    assert settings(first) == {"Arn": bus, "Name": "shop"} and first["tags"] == {"a": "b"}
    assert settings(second)["Policy"]["Statement"][0]["Sid"] == "friend"
    pattern = {"source": ["shop"]}
    rule = events.put_rule(Name="sold", EventBusName="shop", EventPattern=json.dumps(pattern))["RuleArn"]
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{PLACE}:orders"}
    events.put_targets(Rule="sold", EventBusName="shop", Targets=[target])
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="DISABLED")
    items = recording.items(RULE, "shop|sold", 2)
    assert settings(items[1]) == {
        "Arn": rule, "Id": "shop|sold", "Name": "sold", "EventBusName": "shop", "EventPattern": pattern,
        "State": "ENABLED", "Targets": [target]}
    shown = settings(recording.items(RULE, "hourly", 1)[0])
    assert (shown["EventBusName"], shown["ScheduleExpression"], shown["State"]) == (
        "default", "rate(1 hour)", "DISABLED")

    archive = events.create_archive(ArchiveName="past", EventSourceArn=bus, RetentionDays=7)["ArchiveArn"]
    assert settings(recording.items(ARCHIVE, "past", 1)[0]) == {
        "Arn": archive, "ArchiveName": "past", "RetentionDays": 7, "SourceArn": bus}
    connection = events.create_connection(
        Name="partner", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "hunter2"},
            "InvocationHttpParameters": {"HeaderParameters": [
                {"Key": "x-more", "Value": "hunter3", "IsValueSecret": True}]}})["ConnectionArn"]
    item = recording.items(CONNECTION, "partner", 1)[0]
    assert settings(item)["AuthParameters"] == {
        "ApiKeyAuthParameters": {"ApiKeyName": "x-key"},
        "InvocationHttpParameters": {"HeaderParameters": [{"Key": "x-more", "IsValueSecret": True}]}}
    assert "hunter" not in item["configuration"]
    endpoint = events.create_api_destination(
        Name="hook", ConnectionArn=connection, InvocationEndpoint="https://partner.example/hook", HttpMethod="POST")[
            "ApiDestinationArn"]
    shown = settings(recording.items(ENDPOINT, "hook", 1)[0])
    assert (shown["Arn"], shown["ConnectionArn"], shown["HttpMethod"]) == (endpoint, connection, "POST")


def test_destinations(recording: Recording, new_role: Callable[..., str]) -> None:
    logs, bucket = recording.owner.client("logs"), f"arn:aws:s3:::{recording.bucket}"
    role = new_role("sender", trust({"Service": "logs.amazonaws.com"}), allow("s3:PutObject", f"{bucket}/*"))
    arn = logs.put_destination(
        destinationName="central", targetArn=bucket, roleArn=role, tags={"a": "b"})["destination"]["arn"]
    policy = statement({"AWS": "444455556666"}, "logs:PutSubscriptionFilter", arn)
    logs.put_destination_policy(destinationName="central", accessPolicy=policy)
    first, second = recording.items("AWS::Logs::Destination", "central", 2)
    assert (first["arn"], first["tags"]) == (arn, {"a": "b"})
    assert settings(first) == {"Arn": arn, "DestinationName": "central", "TargetArn": bucket, "RoleArn": role}
    assert settings(second)["DestinationPolicy"] == json.loads(policy)


def test_rules(recording: Recording) -> None:
    """A careless queue, topic, alarm and bus, found by AWS's rules; and the queue once it is mended."""
    owner, api = recording.owner, recording.api
    sqs, sns = owner.client("sqs"), owner.client("sns")
    queue = sqs.create_queue(QueueName="orders", Attributes={
        "Policy": statement("*", "sqs:*", f"arn:aws:sqs:{PLACE}:orders")})["QueueUrl"]
    open_topic = sns.create_topic(Name="open", Attributes={
        "Policy": statement("*", "sns:Publish", f"arn:aws:sns:{PLACE}:open")})["TopicArn"]
    own_topic = sns.create_topic(Name="own")["TopicArn"]
    owner.client("events").create_event_bus(Name="shop")
    owner.client("cloudwatch").put_metric_alarm(
        AlarmName="late", Namespace="shop", MetricName="delay", Statistic="Maximum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", ActionsEnabled=False)

    def verdicts(name: str) -> dict[str, str]:
        found = api.get_compliance_details_by_config_rule(ConfigRuleName=name)["EvaluationResults"]
        return {
            one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: one["ComplianceType"]
            for one in found}

    good, bad = "COMPLIANT", "NON_COMPLIANT"
    expected = {
        "SQS_QUEUE_NO_PUBLIC_ACCESS": {queue: bad}, "SQS_QUEUE_POLICY_FULL_ACCESS_CHECK": {queue: bad},
        "SQS_QUEUE_DLQ_CHECK": {queue: bad}, "SNS_TOPIC_NO_PUBLIC_ACCESS": {open_topic: bad, own_topic: good},
        "SNS_ENCRYPTED_KMS": {open_topic: bad, own_topic: bad},
        "SNS_TOPIC_MESSAGE_DELIVERY_NOTIFICATION_ENABLED": {open_topic: bad, own_topic: bad},
        "CUSTOM_EVENTBUS_POLICY_ATTACHED": {"shop": bad}, "CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK": {"late": bad},
        "CLOUDWATCH_ALARM_ACTION_CHECK": {"late": bad}}
    for name in expected:
        api.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": name}})
    api.put_config_rule(ConfigRule={
        "ConfigRuleName": "settings", "InputParameters": json.dumps({"metricName": "delay", "period": "60"}),
        "Source": {"Owner": "AWS", "SourceIdentifier": "CLOUDWATCH_ALARM_SETTINGS_CHECK"}})
    expected["settings"] = {"late": good}
    for name, found in expected.items():
        until(lambda name=name, found=found: verdicts(name) == found)
    sqs.create_queue(QueueName="dead")
    dead = f"arn:aws:sqs:{PLACE}:dead"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={
        "Policy": statement({"AWS": "444455556666"}, "sqs:SendMessage", f"arn:aws:sqs:{PLACE}:orders"),
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})})
    for name in ("SQS_QUEUE_NO_PUBLIC_ACCESS", "SQS_QUEUE_POLICY_FULL_ACCESS_CHECK", "SQS_QUEUE_DLQ_CHECK"):
        until(lambda name=name: verdicts(name).get(queue) == good)
