"""AWS Config's aggregators: what is recorded in other accounts, as far as these have allowed it."""

from __future__ import annotations

import json

from harness import ACCOUNT, Server, error_of
from harness.configuration import Recording, until
from harness.organizations import NewOrganization

BUCKET = "AWS::S3::Bucket"


def test_accounts_and_organizations(cloud: Server) -> None:
    """AWS: "Multi-Account Multi-Region Data Aggregation"."""
    organization = NewOrganization(cloud)
    member = organization.member("sales")
    own, theirs = Recording(organization.organizer), Recording(member.admin)
    for recording in (own, theirs):
        recording.items(BUCKET, recording.bucket, 1)
    api = own.api
    sources = [{"AccountIds": [ACCOUNT, member.account], "AwsRegions": ["us-east-1"]}]
    made = api.put_configuration_aggregator(
        ConfigurationAggregatorName="all", AccountAggregationSources=sources)["ConfigurationAggregator"]
    assert made["ConfigurationAggregatorArn"].startswith(f"arn:aws:config:us-east-1:{ACCOUNT}:config-aggregator/config-aggregator-")

    def select(name: str) -> list[str]:
        answer = api.select_aggregate_resource_config(
            Expression="SELECT resourceId WHERE resourceType = 'AWS::S3::Bucket'", ConfigurationAggregatorName=name)
        return sorted(json.loads(text)["resourceId"] for text in answer["Results"])

    assert select("all") == [own.bucket], "the other account has not allowed it"
    pending = theirs.api.describe_pending_aggregation_requests()["PendingAggregationRequests"]
    assert pending == [{"RequesterAccountId": ACCOUNT, "RequesterAwsRegion": "us-east-1"}]
    status = api.describe_configuration_aggregator_sources_status(ConfigurationAggregatorName="all")
    assert {(one["SourceId"], one["LastUpdateStatus"]) for one in status["AggregatedSourceStatusList"]} == {
        (ACCOUNT, "SUCCEEDED"), (member.account, "FAILED")}
    given = {"AuthorizedAccountId": ACCOUNT, "AuthorizedAwsRegion": "us-east-1"}
    allowed = theirs.api.put_aggregation_authorization(**given)["AggregationAuthorization"]
    assert allowed["AggregationAuthorizationArn"] == (
        f"arn:aws:config:us-east-1:{member.account}:aggregation-authorization/{ACCOUNT}/us-east-1")
    assert theirs.api.describe_pending_aggregation_requests()["PendingAggregationRequests"] == []
    assert select("all") == sorted([own.bucket, theirs.bucket])
    identifier = {
        "SourceAccountId": member.account, "SourceRegion": "us-east-1", "ResourceId": theirs.bucket, "ResourceType": BUCKET}
    item = api.get_aggregate_resource_config(
        ConfigurationAggregatorName="all", ResourceIdentifier=identifier)["ConfigurationItem"]
    assert item["accountId"] == member.account and json.loads(item["configuration"])["name"] == theirs.bucket
    unknown = {**identifier, "ResourceId": "nobody"}
    answer = api.batch_get_aggregate_resource_config(
        ConfigurationAggregatorName="all", ResourceIdentifiers=[identifier, unknown])
    assert len(answer["BaseConfigurationItems"]) == 1 and answer["UnprocessedResourceIdentifiers"] == [unknown]
    pages = api.get_paginator("list_aggregate_discovered_resources").paginate(
        ConfigurationAggregatorName="all", ResourceType=BUCKET, PaginationConfig={"PageSize": 1})
    assert sorted(one["ResourceId"] for page in pages for one in page["ResourceIdentifiers"]) == sorted(
        [own.bucket, theirs.bucket])
    counts = api.get_aggregate_discovered_resource_counts(
        ConfigurationAggregatorName="all", GroupByKey="ACCOUNT_ID", Filters={"ResourceType": BUCKET})
    assert counts["TotalDiscoveredResources"] == 2 and {
        one["GroupName"]: one["ResourceCount"] for one in counts["GroupedResourceCounts"]} == {ACCOUNT: 1, member.account: 1}
    theirs.api.delete_aggregation_authorization(**given)
    assert select("all") == [own.bucket]
    theirs.api.delete_pending_aggregation_request(RequesterAccountId=ACCOUNT, RequesterAwsRegion="us-east-1")
    assert theirs.api.describe_pending_aggregation_requests()["PendingAggregationRequests"] == []

    # Of an organization nobody has to allow it; but only its administrators may.
    source = {"RoleArn": own.role, "AllAwsRegions": True}
    api.put_configuration_aggregator(ConfigurationAggregatorName="organization", OrganizationAggregationSource=source)
    until(lambda: select("organization") == sorted([own.bucket, theirs.bucket]))
    error = error_of(
        theirs.api.put_configuration_aggregator, ConfigurationAggregatorName="mine",
        OrganizationAggregationSource={**source, "RoleArn": theirs.role})
    assert error.code == "OrganizationAccessDeniedException"
    api.delete_configuration_aggregator(ConfigurationAggregatorName="all")
    assert error_of(
        api.describe_configuration_aggregators, ConfigurationAggregatorNames=["all"]).code == (
            "NoSuchConfigurationAggregatorException")
