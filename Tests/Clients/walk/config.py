"""AWS Config: a recorder with its channel, an aggregator and a stored query."""

import json

from harness import ACCOUNT, Identity
from walk import Samples

ROLE = f"arn:aws:iam::{ACCOUNT}:role/x"
RECORDER = f"arn:aws:config:us-east-1:{ACCOUNT}:configuration-recorder/x/00000000"
IDENTIFIER = {
    "SourceAccountId": ACCOUNT, "SourceRegion": "us-east-1", "ResourceId": "x", "ResourceType": "AWS::S3::Bucket"}
SOURCES = [{"AccountIds": [ACCOUNT], "AllAwsRegions": True}]


def furnish(root: Identity) -> None:
    trusting = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}
    root.iam.create_role(
        RoleName="x", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusting]}))
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    root.iam.put_role_policy(
        RoleName="x", PolicyName="x", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}))
    root.client("s3").create_bucket(Bucket="x-config")
    api = root.client("config")
    made = {"name": "x", "roleARN": ROLE, "recordingGroup": {"resourceTypes": ["AWS::S3::Bucket"]}}
    api.put_configuration_recorder(ConfigurationRecorder=made)
    api.put_delivery_channel(DeliveryChannel={"name": "x", "s3BucketName": "x-config"})
    api.put_configuration_aggregator(ConfigurationAggregatorName="x", AccountAggregationSources=SOURCES)
    api.put_stored_query(StoredQuery={"QueryName": "x"})
    api.put_retention_configuration(RetentionPeriodInDays=30)
    SAMPLES.values["ConfigurationRecorderArn"] = api.describe_configuration_recorders()["ConfigurationRecorders"][0]["arn"]
    SAMPLES.values["ResourceArn"] = SAMPLES.values["ConfigurationRecorderArn"]


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    ConfigurationRecorder={"name": "x", "roleARN": ROLE, "recordingGroup": {"resourceTypes": ["AWS::S3::Bucket"]}},
    ConfigurationRecorderName="x", ConfigurationRecorderArn=RECORDER, ResourceArn=RECORDER,
    DeliveryChannel={"name": "x", "s3BucketName": "x-config"}, deliveryChannelName="x", DeliveryChannelName="x",
    ServicePrincipal="observabilityadmin.amazonaws.com", ResourceTypes=["AWS::S3::Bucket"],
    ConfigurationAggregatorName="x", ResourceIdentifier=IDENTIFIER, ResourceIdentifiers=[IDENTIFIER],
    AuthorizedAccountId=ACCOUNT, AuthorizedAwsRegion="us-east-1", RequesterAccountId=ACCOUNT,
    RequesterAwsRegion="us-east-1", StoredQuery={"QueryName": "x"}, QueryName="x",
    RetentionPeriodInDays=30, RetentionConfigurationName="default", Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"],
    resourceKeys=[{"resourceType": "AWS::S3::Bucket", "resourceId": "x"}], Expression="SELECT resourceId",
)  # fmt: skip
SAMPLES.of("PutConfigurationAggregator", AccountAggregationSources=SOURCES)
SAMPLES.of("PutResourceConfig", ResourceType="Acme::Rack::Server", SchemaVersionId="1", Configuration="{}", Tags={"a": "b"})
SAMPLES.of("DeleteResourceConfig", ResourceType="Acme::Rack::Server")
SAMPLES.of("GetResourceConfigHistory", resourceType="AWS::S3::Bucket", resourceId="x")
SAMPLES.of("ListDiscoveredResources", resourceType="AWS::S3::Bucket")
SAMPLES.of("ListAggregateDiscoveredResources", ResourceType="AWS::S3::Bucket")
