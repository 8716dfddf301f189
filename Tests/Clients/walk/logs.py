"""CloudWatch Logs: a log group with a stream, and one of each thing that belongs to it."""

import time

from harness import ACCOUNT, Identity
from walk import Samples

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x"
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},'
    '"Action":"logs:PutLogEvents","Resource":"*"}]}'
)
TRANSFORMATION = {"metricName": "x", "metricNamespace": "x", "metricValue": "1"}


def furnish(root: Identity) -> None:
    logs = root.client("logs")
    logs.create_log_group(logGroupName="x")
    logs.create_log_stream(logGroupName="x", logStreamName="x")
    logs.put_metric_filter(
        logGroupName="x", filterName="x", filterPattern="", metricTransformations=[TRANSFORMATION])
    logs.put_resource_policy(policyName="x", policyDocument=POLICY)


SAMPLES = Samples(furnish=furnish, event_source="logs.amazonaws.com", data_events={"PutLogEvents"})
SAMPLES.members(
    logGroupName="x", logStreamName="x", logGroupIdentifier="x", resourceArn=GROUP, filterName="x", filterPattern="x",
    logEvents=[{"timestamp": int(time.time() * 1000), "message": "x"}], logEventMessages=["x"], retentionInDays=1,
    tags={"a": "b"}, tagKeys=["a"], metricTransformations=[TRANSFORMATION], deletionProtectionEnabled=False,
    kmsKeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000001",
)  # fmt: skip
for operation in ("AssociateKmsKey", "DisassociateKmsKey", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents"):
    SAMPLES.of(operation, logGroupName="x")
SAMPLES.of("UntagLogGroup", tags=["a"])
SAMPLES.of("PutResourcePolicy", policyName="x", policyDocument=POLICY)
SAMPLES.of("DeleteResourcePolicy", policyName="x")
