"""CloudWatch Logs: a log group with a stream, and one of each thing that belongs to it."""

import base64
import json
import time

from harness import ACCOUNT, Identity
from walk import Samples

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x"
OTHER_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:y"
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},'
    '"Action":"logs:PutLogEvents","Resource":"*"}]}'
)
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
EMAIL = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
PROTECTION = json.dumps({"Name": "x", "Version": "2021-06-01", "Statement": [
    {"DataIdentifier": EMAIL, "Operation": {"Audit": {"FindingsDestination": {}}}},
    {"DataIdentifier": EMAIL, "Operation": {"Deidentify": {"MaskConfig": {}}}}]})
POINTER = base64.urlsafe_b64encode(f"{ACCOUNT} x 3{'0' * 55}".encode()).decode().rstrip("=")
TRANSFORMATION = {"metricName": "x", "metricNamespace": "x", "metricValue": "1"}


def furnish(root: Identity) -> None:
    logs = root.client("logs")
    logs.create_log_group(logGroupName="x")
    logs.create_log_stream(logGroupName="x", logStreamName="x")
    logs.put_metric_filter(
        logGroupName="x", filterName="x", filterPattern="", metricTransformations=[TRANSFORMATION])
    logs.put_resource_policy(policyName="x", policyDocument=POLICY)
    logs.create_log_group(logGroupName="y")
    logs.put_subscription_filter(logGroupName="x", filterName="x", filterPattern="", destinationArn=OTHER_GROUP)
    root.iam.create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    root.iam.put_role_policy(RoleName="x", PolicyName="x", PolicyDocument=POLICY.replace(
        '"Principal":{"Service":"logs.amazonaws.com"},', ""))  # fmt: skip
    logs.put_destination(destinationName="x", targetArn=OTHER_GROUP, roleArn=f"arn:aws:iam::{ACCOUNT}:role/x")


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
SAMPLES.of("GetLogGroupFields", logGroupName="x")
SAMPLES.of("StartQuery", logGroupName="x", queryString="fields @message", startTime=1, endTime=2)
SAMPLES.of("PutQueryDefinition", name="x", queryString="fields @message")
SAMPLES.of("PutDataProtectionPolicy", logGroupIdentifier="x", policyDocument=PROTECTION)
SAMPLES.of("GetLogRecord", logRecordPointer=POINTER)
SAMPLES.of("PutResourcePolicy", policyName="x", policyDocument=POLICY)
SAMPLES.of("DeleteResourcePolicy", policyName="x")
SAMPLES.members(
    destinationArn=OTHER_GROUP, targetArn=OTHER_GROUP, roleArn=f"arn:aws:iam::{ACCOUNT}:role/x", destinationName="x",
    accessPolicy=POLICY, destination="xyz", taskId="x", policyType="SUBSCRIPTION_FILTER_POLICY", to=1,
)  # fmt: skip
SAMPLES.of("PutAccountPolicy", policyName="x", policyDocument=f'{{"DestinationArn":"{OTHER_GROUP}"}}')
SAMPLES.of("DeleteAccountPolicy", policyName="x")
