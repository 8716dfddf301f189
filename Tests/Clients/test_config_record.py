"""AWS Config's record: what was recorded of a resource and when, what is delivered, queries, and who may."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.certificates import Certificate
from harness.configuration import Recording, until
from harness.saml import IdentityProvider

BUCKET, USER, GROUP, POLICY = "AWS::S3::Bucket", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Policy"
RECORDER = "AWS::Config::ConfigurationRecorder"


@pytest.fixture
def recording(root: Identity) -> Recording:
    return Recording(root)


def statuses(items: list[dict[str, Any]]) -> list[str]:
    return [item["configurationItemStatus"] for item in items]


def supplement(item: dict[str, Any], name: str) -> Any:
    return json.loads(item["supplementaryConfiguration"][name])


def test_the_life_of_a_bucket(recording: Recording) -> None:
    """AWS: "Components of a Configuration Item", "Viewing Configuration Details"."""
    s3 = recording.s3
    s3.create_bucket(Bucket="shop")
    first = recording.items(BUCKET, "shop", 1)[0]
    assert first["version"] == "1.3" and first["accountId"] == ACCOUNT and first["awsRegion"] == "us-east-1"
    assert first["arn"] == "arn:aws:s3:::shop" and first["availabilityZone"] == "Regional"
    assert first["configurationStateId"] == str(round(first["configurationItemCaptureTime"].timestamp() * 1000))
    assert json.loads(first["configuration"])["name"] == "shop"
    assert supplement(first, "BucketVersioningConfiguration") == {"status": "Off", "isMfaDeleteEnabled": None}
    assert supplement(first, "PublicAccessBlockConfiguration")["blockPublicAcls"] is True
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="shop", Tagging={"TagSet": [{"Key": "team", "Value": "audit"}]})
    # What changes nothing makes no item.
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::shop/*"}]}
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps(document))
    s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]})
    s3.delete_bucket(Bucket="shop")
    items = recording.items(BUCKET, "shop", 6)
    assert statuses(items) == ["ResourceDiscovered", "OK", "OK", "OK", "OK", "ResourceDeleted"]
    assert items[2]["tags"] == {"team": "audit"} and items[1]["tags"] == {}
    assert json.loads(supplement(items[3], "BucketPolicy")["policyText"]) == document
    assert supplement(items[3], "ServerSideEncryptionConfiguration")["rules"][0]["bucketKeyEnabled"] is False
    rule = supplement(items[4], "ServerSideEncryptionConfiguration")["rules"][0]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms" and rule["bucketKeyEnabled"]
    gone = items[5]
    assert "configuration" not in gone and "resourceCreationTime" not in gone and gone["tags"] == {}
    times = [item["configurationItemCaptureTime"] for item in items]
    assert times == sorted(times)

    api = recording.api
    asked = {"resourceType": BUCKET, "resourceId": "shop"}
    pages = api.get_paginator("get_resource_config_history").paginate(**asked, PaginationConfig={"PageSize": 4})
    newest = [item for page in pages for item in page["configurationItems"]]
    assert newest == items[::-1], "the latest first, by default"
    # Clients send whole seconds.
    second = timedelta(seconds=1)
    assert recording.history(BUCKET, "shop", earlierTime=times[0], laterTime=times[5] + second) == items
    assert recording.history(BUCKET, "shop", earlierTime=times[5] + second) == []
    assert recording.history(BUCKET, "shop", laterTime=times[0] - second) == []
    error = error_of(
        api.get_resource_config_history, **asked, laterTime=times[0] - timedelta(1), earlierTime=times[0])
    assert (error.code, error.message) == ("InvalidTimeRangeException", "")
    error = error_of(api.get_resource_config_history, resourceType=BUCKET, resourceId="nobody")
    assert (error.code, error.message) == (
        "ResourceNotDiscoveredException",
        "Resource nobody of resourceType:AWS::S3::Bucket is unknown or has not been discovered.")
    # Of another owner's bucket of the name there is another life.
    assert api.batch_get_resource_config(resourceKeys=[asked])["baseConfigurationItems"] == []
    # The recorder's own bucket was there before: it is discovered when the recorder comes to it.
    recording.items(BUCKET, recording.bucket, 1)
    found = api.list_discovered_resources(resourceType=BUCKET, includeDeletedResources=True)["resourceIdentifiers"]
    assert {one["resourceId"]: "resourceDeletionTime" in one for one in found} == {"shop": True, recording.bucket: False}


def test_what_else_a_bucket_was_told(recording: Recording) -> None:
    """By the names of an older SDK, as AWS Config has them."""
    s3 = recording.s3
    s3.create_bucket(Bucket="shop")
    s3.put_bucket_lifecycle_configuration(Bucket="shop", LifecycleConfiguration={"Rules": [{
        "ID": "old", "Status": "Enabled", "Expiration": {"Days": 365},
        "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "keep", "Value": "no"}]}},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}]})
    s3.put_bucket_cors(Bucket="shop", CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["ETag"]}]})
    s3.put_bucket_website(Bucket="shop", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_request_payment(Bucket="shop", RequestPaymentConfiguration={"Payer": "Requester"})
    item = recording.items(BUCKET, "shop", 5)[-1]
    rule = supplement(item, "BucketLifecycleConfiguration")["rules"][0]
    assert rule["expirationInDays"] == 365 and rule["transitions"] == [
        {"days": 30, "date": None, "storageClass": "GLACIER"}]
    assert rule["filter"]["predicate"] == {"type": "LifecycleAndOperator", "operands": [
        {"type": "LifecyclePrefixPredicate", "prefix": "logs/"},
        {"type": "LifecycleTagPredicate", "tag": {"key": "keep", "value": "no"}}]}
    rule = supplement(item, "BucketCrossOriginConfiguration")["rules"][0]
    assert (rule["allowedMethods"], rule["allowedOrigins"], rule["exposedHeaders"]) == (["GET"], ["*"], ["ETag"])
    assert supplement(item, "BucketWebsiteConfiguration")["indexDocumentSuffix"] == "index.html"
    assert supplement(item, "IsRequesterPaysEnabled") is True
    access = json.loads(supplement(item, "AccessControlList"))
    assert [grant["permission"] for grant in access["grantList"]] == ["FullControl"]


def test_identities_and_what_they_have_to_do_with_each_other(recording: Recording) -> None:
    iam = recording.owner.iam
    user = iam.create_user(UserName="Alice", Path="/staff/", Tags=[{"Key": "a", "Value": "b"}])["User"]
    group = iam.create_group(GroupName="devs")["Group"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    policy = iam.create_policy(PolicyName="all", PolicyDocument=document)["Policy"]
    iam.attach_user_policy(UserName="Alice", PolicyArn=policy["Arn"])
    iam.add_user_to_group(UserName="Alice", GroupName="devs")
    items = recording.items(USER, user["UserId"], 3)
    assert items[0]["awsRegion"] == "global" and items[0]["resourceName"] == "Alice"
    last = json.loads(items[2]["configuration"])
    assert last["groupList"] == ["devs"] and last["attachedManagedPolicies"] == [
        {"policyName": "all", "policyArn": policy["Arn"]}]
    assert {(one["relationshipName"], one["resourceId"]) for one in items[2]["relationships"]} == {
        ("Is attached to CustomerManagedPolicy", policy["PolicyId"]), ("Is attached to Group", group["GroupId"])}
    until(lambda: [one["resourceName"] for one in recording.history(GROUP, group["GroupId"])[-1]["relationships"]] == [
        "Alice"])
    until(lambda: json.loads(recording.current(POLICY, policy["PolicyId"])["configuration"])["attachmentCount"] == 1)
    # A new name is a change, not an end.
    iam.update_user(UserName="Alice", NewUserName="Bob")
    items = recording.items(USER, user["UserId"], 4)
    assert statuses(items) == ["ResourceDiscovered", "OK", "OK", "OK"] and items[3]["resourceName"] == "Bob"


def test_what_has_the_properties_of_cloudformation(recording: Recording, tmp_path: Path) -> None:
    """Types whose items AWS Config makes by CloudFormation's properties."""
    owner, api = recording.owner, recording.api
    iam, control = owner.iam, owner.client("s3control")
    role = iam.get_role(RoleName="recorder")["Role"]
    profile = iam.create_instance_profile(InstanceProfileName="web", Path="/app/")["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="recorder")
    provider = iam.create_open_id_connect_provider(
        Url="https://issuer.example.com/a", ClientIDList=["app"], ThumbprintList=["0" * 40],
        Tags=[{"Key": "team", "Value": "web"}])["OpenIDConnectProviderArn"]
    saml = iam.create_saml_provider(
        Name="Example", SAMLMetadataDocument=IdentityProvider().metadata())["SAMLProviderArn"]
    certificate = Certificate.make(tmp_path, "lone", algorithm="RSA")
    iam.upload_server_certificate(
        ServerCertificateName="web", CertificateBody=certificate.pem, PrivateKey=certificate.key)
    organizations = owner.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    parent = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=parent, Name="apps")["OrganizationalUnit"]
    store = owner.client("cloudtrail").create_event_data_store(Name="kept", RetentionPeriod=90)["EventDataStoreArn"]
    control.create_access_point(AccountId=ACCOUNT, Name="readers", Bucket=recording.bucket)
    instance = control.create_access_grants_instance(AccountId=ACCOUNT)["AccessGrantsInstanceArn"]
    location = control.create_access_grants_location(
        AccountId=ACCOUNT, LocationScope="s3://", IAMRoleArn=role["Arn"])["AccessGrantsLocationId"]
    grant = control.create_access_grant(
        AccountId=ACCOUNT, AccessGrantsLocationId=location,
        AccessGrantsLocationConfiguration={"S3SubPrefix": f"{recording.bucket}/logs/*"}, Permission="READ",
        Grantee={"GranteeType": "IAM", "GranteeIdentifier": role["Arn"]})["AccessGrantId"]
    cognito = owner.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    for name in ("staff", "gone"):
        cognito.create_group(UserPoolId=pool, GroupName=name, Precedence=1)
    api.put_stored_query(StoredQuery={"QueryName": "buckets", "Expression": "SELECT arn"})
    api.put_aggregation_authorization(AuthorizedAccountId="999988887777", AuthorizedAwsRegion="eu-west-1")

    def configuration(kind: str, name: str) -> dict[str, Any]:
        found = until(lambda: recording.current(kind, name))
        assert found["resourceType"] == kind and found["accountId"] == ACCOUNT
        return json.loads(found["configuration"])

    until(lambda: len(recording.history("AWS::IAM::InstanceProfile", "web")) == 2)
    assert configuration("AWS::IAM::InstanceProfile", "web") == {
        "InstanceProfileName": "web", "Path": "/app/", "Arn": profile["Arn"], "Roles": ["recorder"]}
    assert configuration("AWS::IAM::OIDCProvider", provider) == {
        "Arn": provider, "Url": "issuer.example.com/a", "ClientIdList": ["app"], "ThumbprintList": ["0" * 40]}
    assert recording.current("AWS::IAM::OIDCProvider", provider)["awsRegion"] == "global"
    known = configuration("AWS::IAM::SAMLProvider", saml)
    assert (known["Name"], known["Arn"]) == ("Example", saml) and "EntityDescriptor" in known["SamlMetadataDocument"]
    kept = configuration("AWS::IAM::ServerCertificate", "web")
    assert (kept["ServerCertificateName"], kept["Path"]) == ("web", "/") and "PrivateKey" not in kept
    assert configuration("AWS::Organizations::OrganizationalUnit", unit["Id"]) == {
        "Id": unit["Id"], "Arn": unit["Arn"], "Name": "apps", "ParentId": parent}
    kept = configuration("AWS::CloudTrail::EventDataStore", store)
    assert (kept["Name"], kept["RetentionPeriod"], kept["TerminationProtectionEnabled"]) == ("kept", 90, True)
    assert kept["AdvancedEventSelectors"][0]["FieldSelectors"] == [
        {"Field": "eventCategory", "Equals": ["Management"]}]
    point = configuration("AWS::S3::AccessPoint", "readers")
    assert (point["Bucket"], point["NetworkOrigin"]) == (recording.bucket, "Internet")
    assert point["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    assert configuration("AWS::S3::AccessGrantsInstance", instance)["AccessGrantsInstanceArn"] == instance
    assert configuration("AWS::S3::AccessGrantsLocation", location)["IamRoleArn"] == role["Arn"]
    granted = configuration("AWS::S3::AccessGrant", grant)
    assert (granted["GrantScope"], granted["Permission"]) == (f"s3://{recording.bucket}/logs/*", "READ")
    assert configuration("AWS::Config::StoredQuery", "buckets")["QueryExpression"] == "SELECT arn"
    authorized = configuration("AWS::Config::AggregationAuthorization", "999988887777|eu-west-1")
    assert authorized["AuthorizedAwsRegion"] == "eu-west-1"
    # Groups of pools: each change, and their end, also with the pool.
    group = "AWS::Cognito::UserPoolGroup"
    assert configuration(group, f"{pool}|staff") == {"GroupName": "staff", "UserPoolId": pool, "Precedence": 1}
    cognito.update_group(UserPoolId=pool, GroupName="staff", Description="all")
    cognito.delete_group(UserPoolId=pool, GroupName="gone")
    assert statuses(recording.items(group, f"{pool}|gone", 2)) == ["ResourceDiscovered", "ResourceDeleted"]
    cognito.delete_user_pool(UserPoolId=pool)
    items = recording.items(group, f"{pool}|staff", 3)
    assert statuses(items) == ["ResourceDiscovered", "OK", "ResourceDeleted"]
    assert json.loads(items[1]["configuration"])["Description"] == "all"


def test_an_alias_is_part_of_its_key(recording: Recording) -> None:
    kms = recording.owner.client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    # Without its alias: what comes in quick succession can be one item.
    recording.items("AWS::KMS::Key", key, 1)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)

    def aliases(name: str) -> list[str]:
        return [one["aliasName"] for one in supplement(recording.current("AWS::KMS::Key", name), "Aliases")]

    recording.items("AWS::KMS::Key", other, 1)
    recording.items("AWS::KMS::Key", key, 2)
    assert (aliases(key), aliases(other)) == (["alias/app"], [])
    kms.update_alias(AliasName="alias/app", TargetKeyId=other)
    recording.items("AWS::KMS::Key", key, 3)
    recording.items("AWS::KMS::Key", other, 2)
    assert (aliases(key), aliases(other)) == ([], ["alias/app"])


def test_only_while_it_runs_and_only_what_it_is_told_to(root: Identity) -> None:
    """AWS: "Recording AWS Resources", "Stopping Recording"."""
    root.iam.create_user(UserName="before")
    s3 = root.client("s3")
    recording = Recording(root, start=False, group={"allSupported": True, "includeGlobalResourceTypes": False})
    s3.create_bucket(Bucket="before")
    s3.put_bucket_tagging(Bucket="before", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    api = recording.api
    assert recording.history(BUCKET, "before") == []
    api.start_configuration_recorder(ConfigurationRecorderName="default")
    # As it is by then, and nothing of what was before.
    assert recording.items(BUCKET, "before", 1)[0]["tags"] == {"a": "1"}
    until(lambda: len(api.list_discovered_resources(resourceType=BUCKET)["resourceIdentifiers"]) == 2)
    assert api.list_discovered_resources(resourceType=USER)["resourceIdentifiers"] == []
    api.stop_configuration_recorder(ConfigurationRecorderName="default")
    s3.put_bucket_tagging(Bucket="before", Tagging={"TagSet": [{"Key": "a", "Value": "2"}]})
    s3.create_bucket(Bucket="meanwhile")
    s3.delete_bucket(Bucket="meanwhile")
    s3.delete_bucket(Bucket="before")
    s3.create_bucket(Bucket="later")
    api.start_configuration_recorder(ConfigurationRecorderName="default")
    recording.items(BUCKET, "later", 1)
    items = recording.items(BUCKET, "before", 2)
    assert statuses(items) == ["ResourceDiscovered", "ResourceDeleted"]
    assert recording.history(BUCKET, "meanwhile") == []
    # Another group: identities from now on, and buckets no more.
    recording.put({"recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}, "resourceTypes": [USER]})
    until(lambda: len(api.list_discovered_resources(resourceType=USER)["resourceIdentifiers"]) == 1)
    assert statuses(recording.items(BUCKET, "later", 2)) == ["ResourceDiscovered", "ResourceNotRecorded"]
    counts = api.get_discovered_resource_counts()
    assert counts["totalDiscoveredResources"] == 1 and counts["resourceCounts"] == [{"resourceType": USER, "count": 1}]


def test_recorders_and_channels(root: Identity) -> None:
    api = root.client("config")
    assert api.describe_configuration_recorders()["ConfigurationRecorders"] == []
    error = error_of(api.get_resource_config_history, resourceType=BUCKET, resourceId="x")
    assert error.code == "NoAvailableConfigurationRecorderException"
    error = error_of(api.put_delivery_channel, DeliveryChannel={"name": "default", "s3BucketName": "nobody"})
    assert error.code == "NoAvailableConfigurationRecorderException"
    recording = Recording(root, start=False)
    shown = api.describe_configuration_recorders(ConfigurationRecorderNames=["default"])["ConfigurationRecorders"][0]
    assert shown["recordingGroup"] == {
        "allSupported": True, "includeGlobalResourceTypes": True, "resourceTypes": [],
        "exclusionByResourceTypes": {"resourceTypes": []},
        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}
    assert shown["recordingMode"] == {"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": []}
    assert shown["arn"].startswith(f"arn:aws:config:us-east-1:{ACCOUNT}:configuration-recorder/default/")
    role = recording.role
    other = {"name": "other", "roleARN": role, "recordingGroup": {"allSupported": True}}
    assert error_of(api.put_configuration_recorder, ConfigurationRecorder=other).code == (
        "MaxNumberOfConfigurationRecordersExceededException")
    for group in (
        {"allSupported": True, "resourceTypes": [BUCKET]}, {"allSupported": False}, {"recordingStrategy": {
            "useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}}, {"resourceTypes": [BUCKET], "includeGlobalResourceTypes": True},
    ):
        error = error_of(api.put_configuration_recorder, ConfigurationRecorder={
            "name": "default", "roleARN": role, "recordingGroup": group})
        assert (error.code, error.message) == (
            "InvalidRecordingGroupException", "The recording group provided is not valid"), group
    error = error_of(api.put_configuration_recorder, ConfigurationRecorder={
        "name": "default", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/nobody"})
    assert error.code == "InvalidRoleException"
    assert recording.s3.get_object(Bucket=recording.bucket, Key=f"AWSLogs/{ACCOUNT}/Config/ConfigWritabilityCheckFile")
    for name, wanted in (("nobody", "NoSuchBucketException"), (recording.bucket, "InsufficientDeliveryPolicyException")):
        root.iam.put_role_policy(RoleName="recorder", PolicyName="deliver", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::nobody/*"}]}))
        error = error_of(api.put_delivery_channel, DeliveryChannel={"name": "default", "s3BucketName": name})
        assert error.code == wanted
    error = error_of(api.put_delivery_channel, DeliveryChannel={"name": "second", "s3BucketName": recording.bucket})
    assert error.code in ("MaxNumberOfDeliveryChannelsExceededException", "InsufficientDeliveryPolicyException")
    api.start_configuration_recorder(ConfigurationRecorderName="default")
    status = api.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]
    assert status["recording"] and status["lastStatus"] == "SUCCESS" and "lastStartTime" in status
    error = error_of(api.delete_delivery_channel, DeliveryChannelName="default")
    assert (error.code, error.message) == (
        "LastDeliveryChannelDeleteFailedException",
        "Failed to delete last specified delivery channel with name 'default', because there is a running configuration"
        " recorder.")
    api.stop_configuration_recorder(ConfigurationRecorderName="default")
    api.delete_delivery_channel(DeliveryChannelName="default")
    error = error_of(api.start_configuration_recorder, ConfigurationRecorderName="default")
    assert (error.code, error.message) == (
        "NoAvailableDeliveryChannelException", "Delivery channel is not available to start configuration recorder.")
    api.delete_configuration_recorder(ConfigurationRecorderName="default")
    assert error_of(api.delete_configuration_recorder, ConfigurationRecorderName="default").code == (
        "NoSuchConfigurationRecorderException")


def delivered(recording: Recording, part: str) -> list[tuple[str, dict[str, Any]]]:
    found = recording.s3.list_objects_v2(Bucket=recording.bucket).get("Contents", [])
    return [
        (one["Key"], json.loads(gzip.decompress(
            recording.s3.get_object(Bucket=recording.bucket, Key=one["Key"])["Body"].read())))
        for one in found if f"/{part}/" in one["Key"]]


def test_snapshots_and_history_files(cloud: Server, recording: Recording) -> None:
    """AWS: "Example Configuration Snapshot from AWS Config", in the layout of keys."""
    recording.items(BUCKET, recording.bucket, 1)
    # The role and the recorder are in it, too.
    until(lambda: recording.api.get_discovered_resource_counts()["totalDiscoveredResources"] == 3)
    snapshot = recording.api.deliver_config_snapshot(deliveryChannelName="default")["configSnapshotId"]
    key, file = until(lambda: delivered(recording, "ConfigSnapshot"))[0]
    assert file["fileVersion"] == "1.0" and file["configSnapshotId"] == snapshot
    assert {item["resourceType"] for item in file["configurationItems"]} == {BUCKET, "AWS::IAM::Role", RECORDER}
    item = next(item for item in file["configurationItems"] if item["resourceType"] == BUCKET)
    assert item["configuration"]["name"] == recording.bucket and item["ARN"] == f"arn:aws:s3:::{recording.bucket}"
    assert isinstance(item["configurationStateId"], int) and item["awsAccountId"] == ACCOUNT
    folder, kind, name = key.rsplit("/", 2)
    year, month, day = folder.split("/")[-3:]
    assert folder == f"AWSLogs/{ACCOUNT}/Config/us-east-1/{year}/{month}/{day}"
    assert len(year) == 4 and month == str(int(month)) and day == str(int(day))
    assert name.startswith(f"{ACCOUNT}_Config_us-east-1_ConfigSnapshot_") and name.endswith(f"Z_{snapshot}.json.gz")
    cloud.advance(timedelta(hours=6, minutes=1).total_seconds())
    files = dict(until(lambda: len(found := delivered(recording, "ConfigHistory")) >= 3 and found))
    assert {name.rsplit("_ConfigHistory_", 1)[1].split("_")[0] for name in files} == {BUCKET, "AWS::IAM::Role", RECORDER}
    status = recording.api.describe_delivery_channel_status()["DeliveryChannelsStatus"][0]
    assert status["configHistoryDeliveryInfo"]["lastStatus"] == "SUCCESS"
    assert status["configSnapshotDeliveryInfo"]["lastStatus"] == "SUCCESS"


def test_a_topic_hears_of_every_change(root: Identity) -> None:
    topic = root.client("sns").create_topic(Name="changes")["TopicArn"]
    sqs = root.client("sqs")
    queue = sqs.create_queue(QueueName="changes")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    root.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    recording = Recording(root, snsTopicARN=topic, group={
        "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}, "resourceTypes": [BUCKET]})
    recording.items(BUCKET, recording.bucket, 1)
    recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Enabled"})
    heard: list[dict[str, Any]] = []

    def listen() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(heard) >= 2

    until(listen)
    messages = sorted((json.loads(one["Message"]) for one in heard), key=lambda one: one["configurationItem"][
        "configurationStateId"])
    assert {one["messageType"] for one in messages} == {"ConfigurationItemChangeNotification"}
    assert messages[1]["configurationItemDiff"] == {
        "changeType": "UPDATE", "changedProperties": {
            "SupplementaryConfiguration.BucketVersioningConfiguration.Status": {
                "previousValue": "Off", "updatedValue": "Enabled", "changeType": "UPDATE"}}}
    assert f"[AWS Config:us-east-1] {BUCKET} {recording.bucket} Updated in Account {ACCOUNT}" in [
        one["Subject"] for one in heard]


def test_queries(recording: Recording) -> None:
    s3 = recording.s3
    recording.items(BUCKET, recording.bucket, 1)
    for number in range(5):
        s3.create_bucket(Bucket=f"box-{number}")
        s3.put_bucket_tagging(Bucket=f"box-{number}", Tagging={"TagSet": [{"Key": "n", "Value": str(number)}]})
    until(lambda: len(recording.select("SELECT resourceId WHERE tags.key = 'n'")) == 5)
    found = recording.select(
        "SELECT resourceId, tags.value WHERE resourceType = 'AWS::S3::Bucket' AND tags.value >= '3' ORDER BY resourceId DESC")
    assert found == [
        {"resourceId": "box-4", "tags": [{"value": "4"}]}, {"resourceId": "box-3", "tags": [{"value": "3"}]}]
    assert recording.select(
        "SELECT resourceType, COUNT(*) WHERE resourceType IN ('AWS::S3::Bucket') GROUP BY resourceType") == [
            {"resourceType": BUCKET, "COUNT(*)": 6}]
    assert recording.select(
        "SELECT resourceId WHERE supplementaryConfiguration.BucketVersioningConfiguration.status = 'Off'"
        " AND resourceId LIKE 'box-_' LIMIT 2") == [{"resourceId": "box-0"}, {"resourceId": "box-1"}]
    pages = recording.api.get_paginator("select_resource_config").paginate(
        Expression="SELECT * WHERE resourceId LIKE 'box-%'", PaginationConfig={"PageSize": 2})
    results = [json.loads(text) for page in pages for text in page["Results"]]
    assert [one["resourceId"] for one in results] == [f"box-{number}" for number in range(5)]
    assert set(results[0]) == {
        "accountId", "awsRegion", "arn", "availabilityZone", "configurationItemCaptureTime", "resourceCreationTime",
        "resourceId", "resourceName", "resourceType", "version"}
    # A token that nobody was given does not decide how much is kept in memory.
    forged = base64.b64encode(json.dumps({"count": 2**31 - 1}).encode()).decode()
    assert error_of(
        recording.api.select_resource_config, Expression="SELECT resourceId ORDER BY resourceId", NextToken=forged
    ).code == "InvalidNextTokenException"
    error = error_of(recording.api.select_resource_config, Expression="SELECT resourceId WHERE a = 'x' b = 'y'")
    assert (error.code, error.message) == ("InvalidExpressionException", "syntax error at line 1, column 33")
    api = recording.api
    stored = {"QueryName": "boxes", "Expression": "SELECT resourceId", "Description": "all"}
    arn = api.put_stored_query(StoredQuery=stored, Tags=[{"Key": "a", "Value": "b"}])["QueryArn"]
    assert api.get_stored_query(QueryName="boxes")["StoredQuery"]["QueryArn"] == arn
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    api.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert [one["QueryName"] for one in api.list_stored_queries()["StoredQueryMetadata"]] == ["boxes"]
    api.delete_stored_query(QueryName="boxes")
    assert error_of(api.list_tags_for_resource, ResourceArn=arn).code == "ResourceNotFoundException"


def test_resources_that_lie_outside(cloud: Server, recording: Recording) -> None:
    api = recording.api
    server = {"ResourceType": "Acme::Rack::Server", "ResourceId": "r1"}
    api.put_resource_config(
        **server, SchemaVersionId="00000001", Configuration=json.dumps({"Height": 2}), Tags={"room": "b"})
    api.put_resource_config(**server, SchemaVersionId="00000001", Configuration=json.dumps({"Height": 3}))
    api.delete_resource_config(**server)
    items = recording.items("Acme::Rack::Server", "r1", 3)
    assert statuses(items) == ["ResourceDiscovered", "OK", "ResourceDeleted"]
    assert json.loads(items[1]["configuration"]) == {"Height": 3} and items[0]["tags"] == {"room": "b"}
    error = error_of(
        api.put_resource_config, ResourceType="AWS::S3::Bucket", ResourceId="x", SchemaVersionId="1", Configuration="{}")
    assert error.code == "ValidationException"
    # And what is older than the retention is forgotten.
    assert api.put_retention_configuration(RetentionPeriodInDays=30)["RetentionConfiguration"] == {
        "Name": "default", "RetentionPeriodInDays": 30}
    cloud.advance(timedelta(days=32).total_seconds())
    until(lambda: recording.history("Acme::Rack::Server", "r1") == [])
    assert recording.history(BUCKET, recording.bucket), "what is still there is kept"


def test_daily_recording(cloud: Server, recording: Recording) -> None:
    recording.items(BUCKET, recording.bucket, 1)
    recording.put(recordingMode={"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": [
        {"recordingFrequency": "DAILY", "resourceTypes": [BUCKET]}]})
    for value in ("Enabled", "Suspended"):
        recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": value})
    user = recording.owner.iam.create_user(UserName="alice")["User"]["UserId"]
    recording.items(USER, user, 1)
    assert len(recording.history(BUCKET, recording.bucket)) == 1
    cloud.advance(timedelta(hours=25).total_seconds())
    items = recording.items(BUCKET, recording.bucket, 2)
    assert supplement(items[1], "BucketVersioningConfiguration")["status"] == "Suspended"
    assert items[1]["recordingFrequency"] == "DAILY"


def test_who_may(recording: Recording, new_user: Any) -> None:
    nobody = new_user("nobody").client("config")
    recorder = recording.api.describe_configuration_recorders()["ConfigurationRecorders"][0]["arn"]
    for call, given, action, resource in [
        (nobody.stop_configuration_recorder, {"ConfigurationRecorderName": "default"}, "StopConfigurationRecorder", recorder),
        (nobody.select_resource_config, {"Expression": "SELECT resourceId"}, "SelectResourceConfig", None),
        (nobody.delete_delivery_channel, {"DeliveryChannelName": "default"}, "DeleteDeliveryChannel", None),
    ]:
        error = error_of(call, **given)
        named = f"config:{action}" + (f" on resource: {resource}" if resource else " because")
        assert error.code == "AccessDeniedException" and named in error.message
    reader = new_user("reader", allow("config:Describe*", "*"), allow("config:PutConfigurationRecorder", "*"))
    assert reader.client("config").describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    error = error_of(reader.client("config").put_configuration_recorder, ConfigurationRecorder={
        "name": "default", "roleARN": recording.role})
    assert error.code == "AccessDeniedException" and "iam:PassRole" in error.message
