"""Metrics that services have of themselves in CloudWatch: what they have counted is there a minute later."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.user_pools import UserPool
from harness.web_acls import WebACL, header, rule
from test_acm_certificates import imported, self_signed
from test_kms_material import bring, external
from test_web_acl_user_pools import sign_in

pytestmark = pytest.mark.memory

DAY = 86_400


class Metrics:
    """What a namespace has since a test began."""

    def __init__(self, root: Identity, namespace: str) -> None:
        self.cloudwatch: Any = root.client("cloudwatch")
        self.namespace = namespace
        self.start = int(time.time()) // 60 * 60

    def values(self, metric: str, statistic: str, dimensions: dict[str, str]) -> list[float]:
        """Those of today and tomorrow, a day each."""
        start = self.start // DAY * DAY
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.namespace, MetricName=metric, Statistics=[statistic], Period=DAY,
            StartTime=datetime.datetime.fromtimestamp(start, datetime.UTC),
            EndTime=datetime.datetime.fromtimestamp(start + 3 * DAY, datetime.UTC),
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])["Datapoints"]
        return [point[statistic] for point in sorted(points, key=lambda point: point["Timestamp"])]

    def value(self, metric: str, statistic: str = "Sum", **dimensions: str) -> float | None:
        end = self.start + 3600
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.namespace, MetricName=metric, Statistics=[statistic], Period=3600,
            StartTime=datetime.datetime.fromtimestamp(self.start, datetime.UTC),
            EndTime=datetime.datetime.fromtimestamp(end, datetime.UTC),
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])["Datapoints"]
        return sum(point[statistic] for point in points) if points else None

    def last(self, metric: str, **dimensions: str) -> float | None:
        """What was seen in the last minute of which there is something: a minute may also have passed before."""
        points = self.cloudwatch.get_metric_statistics(
            Namespace=self.namespace, MetricName=metric, Statistics=["Maximum"], Period=60,
            StartTime=datetime.datetime.fromtimestamp(self.start, datetime.UTC),
            EndTime=datetime.datetime.fromtimestamp(self.start + 3600, datetime.UTC),
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])["Datapoints"]
        return max(points, key=lambda point: point["Timestamp"])["Maximum"] if points else None


def test_queues(cloud: Server, root: Identity) -> None:
    metrics, sqs = Metrics(root, "AWS/SQS"), root.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.create_queue(QueueName="idle")
    sqs.receive_message(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="12345")
    sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(number), "MessageBody": "123"} for number in range(3)]
        + [{"Id": "late", "MessageBody": "123", "DelaySeconds": 900}])  # fmt: skip
    [first, second] = [sqs.receive_message(QueueUrl=url, VisibilityTimeout=3600)["Messages"][0] for _ in range(2)]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    cloud.advance(120)
    counted = {name: metrics.value(name, QueueName="orders") for name in [
        "NumberOfMessagesSent", "SentMessageSize", "NumberOfMessagesReceived", "NumberOfMessagesDeleted",
        "NumberOfEmptyReceives"]}  # fmt: skip
    assert list(counted.values()) == [5, 17, 2, 1, 1], counted
    assert metrics.value("SentMessageSize", "Maximum", QueueName="orders") == 5
    seen = [metrics.last(f"ApproximateNumberOfMessages{name}", QueueName="orders")
            for name in ("Visible", "NotVisible", "Delayed")]  # fmt: skip
    assert seen == [2, 1, 1]
    assert 60 <= (metrics.last("ApproximateAgeOfOldestMessage", QueueName="orders") or 0) < 900
    assert second["Body"] and metrics.value("ApproximateNumberOfMessagesVisible", QueueName="idle") is None


def test_topics(cloud: Server, root: Identity) -> None:
    metrics, sns, sqs = Metrics(root, "AWS/SNS"), root.client("sns"), root.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    for name, allowed in [("open", True), ("shut", False)]:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        statement = allow("sqs:SendMessage", arn, Principal={"Service": "sns.amazonaws.com"})
        sqs.create_queue(QueueName=name, Attributes={"Policy": policy(statement)} if allowed else {})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    picky = sqs.create_queue(QueueName="picky") and f"arn:aws:sqs:us-east-1:{ACCOUNT}:picky"
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=picky, Attributes={"FilterPolicy": json.dumps({"kind": ["urgent"]})})
    sns.publish(TopicArn=topic, Message="1234567")
    sns.publish(TopicArn=topic, Message="123")
    cloud.advance(60)
    counted = {name: metrics.value(name, TopicName="news") for name in [
        "NumberOfMessagesPublished", "PublishSize", "NumberOfNotificationsDelivered", "NumberOfNotificationsFilteredOut",
        "NumberOfNotificationsFailed"]}  # fmt: skip
    assert list(counted.values()) == [2, 10, 2, 2, 2], counted


def test_rules_of_event_buses(cloud: Server, root: Identity) -> None:
    metrics, events, sqs = Metrics(root, "AWS/Events"), root.client("events"), root.client("sqs")
    events.create_event_bus(Name="shop")
    for name, bus, allowed in [("good", "default", True), ("bad", "shop", False)]:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        statement = allow("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"})
        sqs.create_queue(QueueName=name, Attributes={"Policy": policy(statement)} if allowed else {})
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["shop"]}))
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        for source in ("shop", "shop", "other"):
            entry = {"Source": source, "DetailType": "order", "Detail": "{}", "EventBusName": bus}
            assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    cloud.advance(1)
    cloud.advance(60)
    names = ["MatchedEvents", "TriggeredRules", "Invocations", "SuccessfulInvocationAttempts", "FailedInvocations"]
    assert [metrics.value(name, RuleName="good") for name in names] == [2, 2, 2, 2, None]
    assert [metrics.value(name, RuleName="bad", EventBusName="shop") for name in names] == [2, 2, 2, None, 2]
    assert metrics.value("Invocations") == 4


def test_imported_keys_expire(cloud: Server, root: Identity) -> None:
    metrics, kms = Metrics(root, "AWS/KMS"), root.client("kms")
    keys = [external(kms), external(kms)]
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    bring(kms, keys[0], bytes(32), ValidTo=end, ExpirationModel="KEY_MATERIAL_EXPIRES")
    bring(kms, keys[1], bytes(32))
    cloud.advance(120)
    least = metrics.value("SecondsUntilKeyMaterialExpiration", "Minimum", KeyId=keys[0])
    assert least is not None and 86_400 - 1500 < least <= 86_400 - 120
    assert metrics.value("SecondsUntilKeyMaterialExpiration", "Minimum", KeyId=keys[1]) is None
    kms.delete_imported_key_material(KeyId=keys[0])
    before = metrics.value("SecondsUntilKeyMaterialExpiration", "SampleCount", KeyId=keys[0])
    cloud.advance(120)
    assert metrics.value("SecondsUntilKeyMaterialExpiration", "SampleCount", KeyId=keys[0]) == before


def test_web_acls(cloud: Server, root: Identity) -> None:
    metrics, pool = Metrics(root, "AWS/WAFV2"), UserPool(cloud)
    labelled = rule("count", header("user-agent", "a"), Count={}) | {"RuleLabels": [{"Name": "seen:a"}]}
    WebACL(root, pool.id, labelled, rule("bots", header("user-agent", "b"), 1))
    for agent in ("a", "b", "ab", "c"):
        sign_in(pool, agent)
    cloud.advance(60)
    counted = {
        (name, where): metrics.value(name, Region="us-east-1", Rule=where, WebACL="pools")
        for name, where in [
            ("CountedRequests", "m-count"), ("BlockedRequests", "m-bots"), ("AllowedRequests", "Default_Action"),
            ("AllowedRequests", "ALL"), ("BlockedRequests", "ALL"), ("CaptchaRequests", "ALL")]
    }  # fmt: skip
    assert list(counted.values()) == [2, 2, 2, 2, 2, None], counted
    label = {"LabelNamespace": f"awswaf:{ACCOUNT}:webacl:pools:seen", "Label": "a", "WebACL": "pools"}
    assert [metrics.value(f"{what}Requests", Region="us-east-1", **label) for what in ("Allowed", "Blocked", "Counted")] == [
        1, 1, None]


def test_requests_to_buckets(cloud: Server, root: Identity) -> None:
    metrics, s3 = Metrics(root, "AWS/S3"), root.client("s3")
    for bucket in ("watched", "other"):
        s3.create_bucket(Bucket=bucket)
    for name, more in [("all", {}), ("logs", {"Filter": {"Prefix": "logs/"}})]:
        s3.put_bucket_metrics_configuration(
            Bucket="watched", Id=name, MetricsConfiguration={"Id": name} | more)
    for bucket in ("watched", "other"):
        s3.put_object(Bucket=bucket, Key="logs/1", Body=b"12345")
    s3.put_object(Bucket="watched", Key="top", Body=b"123")
    s3.get_object(Bucket="watched", Key="top")["Body"].read()
    s3.list_objects_v2(Bucket="watched")
    assert error_of(s3.get_object, Bucket="watched", Key="logs/none").status == 404
    s3.head_object(Bucket="watched", Key="logs/1")
    s3.delete_object(Bucket="watched", Key="logs/1")
    cloud.advance(60)
    names = ["PutRequests", "GetRequests", "ListRequests", "HeadRequests", "DeleteRequests", "4xxErrors", "5xxErrors"]
    for filter_id, expected in [("all", [2, 2, 1, 1, 1, 1, 0]), ("logs", [1, 1, None, 1, 1, 1, 0])]:
        counted = [metrics.value(name, BucketName="watched", FilterId=filter_id) for name in names]
        assert counted == expected, filter_id
    assert metrics.value("AllRequests", BucketName="watched", FilterId="logs") == 4
    assert metrics.value("BytesUploaded", BucketName="watched", FilterId="logs") == 5
    assert metrics.value("FirstByteLatency", "SampleCount", BucketName="watched", FilterId="logs") == 4
    assert metrics.value("AllRequests", BucketName="other", FilterId="all") is None


def test_what_buckets_have(cloud: Server, root: Identity) -> None:
    metrics, s3 = Metrics(root, "AWS/S3"), root.client("s3")
    for bucket in ("full", "empty"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="full", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"12345", b"1234567"):
        s3.put_object(Bucket="full", Key="a", Body=body)
    s3.delete_object(Bucket="full", Key="a")
    s3.put_object(Bucket="full", Key="b", Body=b"123", StorageClass="STANDARD_IA")
    upload = s3.create_multipart_upload(Bucket="full", Key="c", StorageClass="GLACIER")["UploadId"]
    s3.upload_part(Bucket="full", Key="c", UploadId=upload, PartNumber=1, Body=b"12345678901")
    cloud.advance(DAY)

    def last(metric: str, kind: str, bucket: str = "full") -> float | None:
        found = metrics.values(metric, "Average", {"BucketName": bucket, "StorageType": kind})
        return found[-1] if found else None

    sizes = [last("BucketSizeBytes", kind) for kind in (
        "StandardStorage", "StandardIAStorage", "GlacierStorage", "DeepArchiveStorage")]  # fmt: skip
    assert sizes == [12, 3, 11, None]
    # Two versions and a delete marker, an object, and a part.
    assert last("NumberOfObjects", "AllStorageTypes") == 5
    assert last("NumberOfObjects", "AllStorageTypes", "empty") == 0
    assert last("BucketSizeBytes", "StandardStorage", "empty") is None


def test_uses_of_keys(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    metrics, kms = Metrics(root, "AWS/KMS"), root.client("kms")
    [one, two] = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    blob = kms.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kms.generate_data_key(KeyId=one, KeySpec="AES_256")
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=two)
    # What does not succeed is no use, nor what is only tried.
    nobody = new_user("nobody").client("kms")
    assert error_of(nobody.encrypt, KeyId=one, Plaintext=b"x").code == "AccessDeniedException"
    assert error_of(kms.encrypt, KeyId=one, Plaintext=b"x", DryRun=True).code == "DryRunOperationException"
    assert error_of(kms.decrypt, CiphertextBlob=blob, KeyId=two).code == "IncorrectKeyException"
    cloud.advance(60)
    counted = [metrics.value("SuccessfulRequest", KeyArn=one, Operation=name) for name in (
        "Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey")]  # fmt: skip
    assert counted == [1, 1, 1, None]
    assert metrics.value("SuccessfulRequest", SourceKeyArn=one, DestinationKeyArn=two, Operation="ReEncrypt") == 1
    assert metrics.value("SuccessfulRequest", KeyArn=two, Operation="Decrypt") is None


def test_certificates_tell_of_their_end(cloud: Server, root: Identity) -> None:
    metrics, acm = Metrics(root, "AWS/CertificateManager"), root.client("acm")
    pem, key = self_signed(end=30)
    arn = imported(acm, pem, key)
    cloud.advance(DAY)
    assert metrics.values("DaysToExpiry", "Minimum", {"CertificateArn": arn})[-1] in (28, 29)
    # Of what has ended nothing is told.
    cloud.advance(40 * DAY)
    begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    points = root.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/CertificateManager", MetricName="DaysToExpiry", Statistics=["Minimum"], Period=DAY,
        StartTime=begun, EndTime=begun + datetime.timedelta(days=50),
        Dimensions=[{"Name": "CertificateArn", "Value": arn}])["Datapoints"]  # fmt: skip
    assert points and max(point["Timestamp"] for point in points) < begun + datetime.timedelta(days=31)
    assert min(point["Minimum"] for point in points) >= 0


def test_event_data_stores(cloud: Server, root: Identity) -> None:
    metrics, cloudtrail = Metrics(root, "AWS/CloudTrail"), root.cloudtrail

    def store(name: str, **more: Any) -> str:
        made = cloudtrail.create_event_data_store(Name=name, TerminationProtectionEnabled=False, **more)
        return str(made["EventDataStoreArn"]).rpartition("/")[2]

    def values(metric: str, group: str, statistic: str = "Sum") -> list[float]:
        return metrics.values(metric, statistic, {"Event data store ID": source, "Lake Metrics": group})

    source = store("main")
    insights = store("insights", AdvancedEventSelectors=[
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}])  # fmt: skip
    cloudtrail.put_insight_selectors(
        EventDataStore=source, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}], InsightsDestination=insights)
    for number in range(3):
        root.iam.create_user(UserName=f"user-{number}")
    cloud.advance(120)
    ingested = sum(values("HourlyDataIngested", "IngestionMetrics"))
    assert ingested > 3 * 500
    assert sum(values("HourlyEventsAnalyzed", "InsightsMetrics")) >= 3
    cloud.advance(DAY)
    retained = values("TotalDataRetained", "StorageMetrics", "Maximum")[-1]
    assert ingested <= retained <= sum(values("HourlyDataIngested", "IngestionMetrics"))
