"""Analyzers and archive rules: making, showing, changing and deleting them, and who may."""

from __future__ import annotations

import time
from collections.abc import Callable

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, Server, error_of, raw
from harness.documents import allow, deny
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

SERVICE = "access-analyzer.amazonaws.com"
ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/"
ROLE = "AWSServiceRoleForAccessAnalyzer"


@pytest.fixture
def api(root: Identity):
    return root.client("accessanalyzer")


def until_active(api, name: str) -> dict:
    """The analyzer, once it has looked at everything that was there."""
    deadline = time.monotonic() + PATIENCE
    while (shown := api.get_analyzer(analyzerName=name)["analyzer"])["status"] == "CREATING":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return shown


def test_the_life_of_an_analyzer(root: Identity, api) -> None:
    arn = api.create_analyzer(
        analyzerName="main", type="ACCOUNT", tags={"team": "security", "empty": ""},
        archiveRules=[{"ruleName": "trusted", "filter": {"principal.AWS": {"contains": ["444455556666"]}}}],
    )["arn"]
    assert arn == ARN + "main"
    role = root.iam.get_role(RoleName=ROLE)["Role"]
    assert role["Path"] == f"/aws-service-role/{SERVICE}/"

    shown = until_active(api, "main")
    created = shown.pop("createdAt")
    for member in ("lastResourceAnalyzed", "lastResourceAnalyzedAt"):
        shown.pop(member, None)
    assert shown == {
        "arn": arn, "name": "main", "type": "ACCOUNT", "tags": {"team": "security", "empty": ""}, "status": "ACTIVE"}
    (listed,) = api.list_analyzers()["analyzers"]
    assert (listed["arn"], listed["createdAt"]) == (arn, created)
    assert api.list_analyzers(type="ORGANIZATION")["analyzers"] == []

    api.delete_analyzer(analyzerName="main")
    error = error_of(api.get_analyzer, analyzerName="main")
    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert error_of(api.delete_analyzer, analyzerName="main").code == "ResourceNotFoundException"
    assert api.list_analyzers()["analyzers"] == []


def test_errors_name_the_resource(api) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        api.get_analyzer(analyzerName="none")
    answer = raised.value.response
    assert (answer["resourceId"], answer["resourceType"]) == (ARN + "none", "Analyzer")
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        api.list_analyzers(nextToken="x")
    assert raised.value.response["reason"] == "fieldValidationFailed"
    assert [field["name"] for field in raised.value.response["fieldList"]] == ["nextToken"]


def test_one_analyzer_of_each_type(api) -> None:
    api.create_analyzer(analyzerName="one", type="ACCOUNT")
    assert error_of(api.create_analyzer, analyzerName="one", type="ACCOUNT").code == "ConflictException"
    error = error_of(api.create_analyzer, analyzerName="two", type="ACCOUNT")
    assert (error.code, error.status) == ("ServiceQuotaExceededException", 402)
    api.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    api.create_analyzer(analyzerName="inside", type="ACCOUNT_INTERNAL_ACCESS")
    pages = api.get_paginator("list_analyzers").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["name"] for one in page["analyzers"]] for page in pages] == [["inside", "one"], ["unused"]]


def test_each_region_has_its_own(root: Identity, api) -> None:
    api.create_analyzer(analyzerName="one", type="ACCOUNT")
    there = root.client("accessanalyzer", region="eu-west-1")
    assert there.list_analyzers()["analyzers"] == []
    assert there.create_analyzer(analyzerName="one", type="ACCOUNT")["arn"] == ARN.replace("us-east-1", "eu-west-1") + "one"


def test_configurations(api) -> None:
    api.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
    assert api.get_analyzer(analyzerName="unused")["analyzer"]["configuration"] == {
        "unusedAccess": {"unusedAccessAge": 90}}
    wanted = {"unusedAccess": {"unusedAccessAge": 30, "analysisRule": {"exclusions": [{"resourceTags": [{"keep": ""}]}]}}}
    assert api.update_analyzer(analyzerName="unused", configuration=wanted)["configuration"] == wanted
    assert api.get_analyzer(analyzerName="unused")["analyzer"]["configuration"] == wanted
    (listed,) = api.list_analyzers()["analyzers"]
    assert "configuration" not in listed

    rules = {"internalAccess": {"analysisRule": {"inclusions": [{"resourceTypes": ["AWS::S3::Bucket"]}]}}}
    api.create_analyzer(analyzerName="inside", type="ACCOUNT_INTERNAL_ACCESS", configuration=rules)
    assert api.get_analyzer(analyzerName="inside")["analyzer"]["configuration"] == rules

    api.create_analyzer(analyzerName="outside", type="ACCOUNT")
    assert error_of(api.update_analyzer, analyzerName="outside", configuration=wanted).code == "ValidationException"


@pytest.mark.parametrize("type_, configuration", [
    ("ACCOUNT", {"unusedAccess": {"unusedAccessAge": 30}}),
    ("ACCOUNT_UNUSED_ACCESS", {"internalAccess": {}}),
    ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"unusedAccessAge": 0}}),
    ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"unusedAccessAge": 366}}),
    ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"analysisRule": {"exclusions": [{"accountIds": ["444455556666"]}]}}}),
    ("ACCOUNT_INTERNAL_ACCESS", {
        "internalAccess": {"analysisRule": {"inclusions": [{"resourceTypes": ["AWS::IAM::Role"]}]}}}),
])
def test_configurations_that_will_not_do(api, type_: str, configuration: dict) -> None:
    error = error_of(api.create_analyzer, analyzerName="x", type=type_, configuration=configuration)
    assert (error.code, error.status) == ("ValidationException", 400)
    assert api.list_analyzers()["analyzers"] == []


@pytest.mark.parametrize("name", ["1st", "a b", "x" * 256])
def test_names(api, name: str) -> None:
    assert error_of(api.create_analyzer, analyzerName=name, type="ACCOUNT").code == "ValidationException"


def test_archive_rules(api) -> None:
    api.create_analyzer(analyzerName="main", type="ACCOUNT")
    wanted = {"resourceType": {"eq": ["AWS::S3::Bucket"]}, "isPublic": {"neq": ["true"]}}
    api.create_archive_rule(analyzerName="main", ruleName="buckets", filter=wanted)
    rule = api.get_archive_rule(analyzerName="main", ruleName="buckets")["archiveRule"]
    assert (rule["ruleName"], rule["filter"]) == ("buckets", wanted)
    assert rule["createdAt"] == rule["updatedAt"]
    again = error_of(api.create_archive_rule, analyzerName="main", ruleName="buckets", filter=wanted)
    assert again.code == "ConflictException"

    api.update_archive_rule(analyzerName="main", ruleName="buckets", filter={"error": {"exists": True}})
    assert api.get_archive_rule(analyzerName="main", ruleName="buckets")["archiveRule"]["filter"] == {
        "error": {"exists": True}}
    api.create_archive_rule(analyzerName="main", ruleName="another", filter=wanted)
    pages = api.get_paginator("list_archive_rules").paginate(analyzerName="main", PaginationConfig={"PageSize": 1})
    assert [rule["ruleName"] for page in pages for rule in page["archiveRules"]] == ["another", "buckets"]
    api.delete_archive_rule(analyzerName="main", ruleName="another")
    for call in (api.get_archive_rule, api.delete_archive_rule):
        assert error_of(call, analyzerName="main", ruleName="another").code == "ResourceNotFoundException"
    for filter_ in ({}, {"resourceType": {}}, {"nothing": {"exists": True}}):
        refused = error_of(api.create_archive_rule, analyzerName="main", ruleName="x", filter=filter_)
        assert refused.code == "ValidationException"
    assert error_of(api.list_archive_rules, analyzerName="none").code == "ResourceNotFoundException"


def test_tags(api) -> None:
    arn = api.create_analyzer(analyzerName="main", type="ACCOUNT", tags={"a": "1"})["arn"]
    api.tag_resource(resourceArn=arn, tags={"a": "2", "b": ""})
    assert api.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b": ""}
    api.untag_resource(resourceArn=arn, tagKeys=["a", "none"])
    assert api.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": ""}
    assert error_of(api.tag_resource, resourceArn=arn, tags={"aws:x": "1"}).code == "ValidationException"
    assert error_of(api.list_tags_for_resource, resourceArn="arn:aws:iam::1:x").code == "ValidationException"
    assert error_of(api.list_tags_for_resource, resourceArn=arn + "2").code == "ResourceNotFoundException"


def test_who_may(new_user: Callable[..., Identity], root: Identity, api) -> None:
    kept = {"StringEquals": {"aws:ResourceTag/keep": "yes"}}
    user = new_user(
        "analyst", allow("access-analyzer:*", ARN + "*"), deny("access-analyzer:DeleteAnalyzer", Condition=kept))
    theirs = user.client("accessanalyzer")
    # The role has to be made, too.
    error = error_of(theirs.create_analyzer, analyzerName="main", type="ACCOUNT")
    assert error.code == "AccessDeniedException"
    assert "iam:CreateServiceLinkedRole" in error.message
    root.iam.create_service_linked_role(AWSServiceName=SERVICE)
    theirs.create_analyzer(analyzerName="main", type="ACCOUNT", tags={"keep": "yes"})
    error = error_of(theirs.delete_analyzer, analyzerName="main")
    assert error.code == "AccessDeniedException"
    assert f"access-analyzer:DeleteAnalyzer on resource: {ARN}main with an explicit deny" in error.message
    # ListAnalyzers names no resource.
    assert error_of(theirs.list_analyzers).code == "AccessDeniedException"
    api.untag_resource(resourceArn=ARN + "main", tagKeys=["keep"])
    theirs.delete_analyzer(analyzerName="main")


def test_another_account_has_no_way_to_it(api, cloud: Server) -> None:
    other = ARN.replace(ACCOUNT, "444455556666") + "main"
    error = error_of(api.list_tags_for_resource, resourceArn=other)
    assert error.code in {"AccessDeniedException", "ResourceNotFoundException"}


def test_without_a_signature(cloud: Server) -> None:
    """Where the host does not name the service, the path is an object's of S3."""
    request = raw.Request("GET", "/analyzer/main", {"Host": f"access-analyzer.localhost:{cloud.port}"})
    answer = raw.send(cloud.port, request)
    assert (answer.status, answer.message) == (403, "Request is missing Authentication Token")


def test_the_record(api, trail) -> None:
    made = api.create_analyzer(analyzerName="main", type="ACCOUNT")
    event = trail.of(made)
    assert (event["eventSource"], event["eventName"], event["readOnly"]) == (SERVICE, "CreateAnalyzer", False)
    assert event["requestParameters"] == {"analyzerName": "main", "type": "ACCOUNT"} | (
        {"clientToken": event["requestParameters"]["clientToken"]} if "clientToken" in event["requestParameters"] else {})
    assert event["responseElements"] == {"arn": ARN + "main"}


def test_service_linked_analyzers(api) -> None:
    error = error_of(api.create_service_linked_analyzer, type="ACCOUNT_UNUSED_ACCESS")
    assert error.code == "AccessDeniedException"
    api.create_analyzer(analyzerName="main", type="ACCOUNT")
    assert error_of(api.delete_service_linked_analyzer, analyzerName="main").code == "ValidationException"
    assert error_of(api.delete_service_linked_analyzer, analyzerName="none").code == "ResourceNotFoundException"


@pytest.fixture(scope="module")
def org_server():
    with Server("--quota", "DaysBeforeLeaving=0") as server:
        yield server


@pytest.fixture
def org(org_server: Server) -> NewOrganization:
    org_server.reset()
    return NewOrganization(org_server)


def test_analyzers_of_an_organization(org: NewOrganization) -> None:
    member, other = org.member("security"), org.member("dev")
    api = org.management.client("accessanalyzer")
    theirs = member.admin.client("accessanalyzer")
    wanted = {"analyzerName": "all", "type": "ORGANIZATION"}
    error = error_of(api.create_analyzer, **wanted)
    assert (error.code, error.message) == ("ValidationException", "Service not enabled for AWS Organizations")
    org.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    error = error_of(theirs.create_analyzer, **wanted)
    assert (error.code, error.message) == (
        "AccessDeniedException", f"Account {member.account} is not a delegated administrator")
    api.create_analyzer(**wanted)
    for identity in (org.management, member.admin, other.admin):
        assert identity.iam.get_role(RoleName=ROLE)

    org.api.register_delegated_administrator(AccountId=member.account, ServicePrincipal=SERVICE)
    for number in range(5):
        theirs.create_analyzer(analyzerName=f"all{number}", type="ORGANIZATION")
    assert error_of(theirs.create_analyzer, **wanted).code == "ServiceQuotaExceededException"
    theirs.create_analyzer(
        analyzerName="unused", type="ORGANIZATION_UNUSED_ACCESS",
        configuration={"unusedAccess": {"analysisRule": {"exclusions": [{"accountIds": [other.account]}]}}})
    own = {"unusedAccess": {"analysisRule": {"exclusions": [{"accountIds": [member.account]}]}}}
    assert error_of(theirs.update_analyzer, analyzerName="unused", configuration=own).code == "ValidationException"

    org.api.deregister_delegated_administrator(AccountId=member.account, ServicePrincipal=SERVICE)
    shown = theirs.get_analyzer(analyzerName="all0")["analyzer"]
    assert (shown["status"], shown["statusReason"]) == (
        "DISABLED", {"code": "DELEGATED_ADMINISTRATOR_DEREGISTERED"})
    assert until_active(api, "all")["status"] == "ACTIVE"
    org.api.disable_aws_service_access(ServicePrincipal=SERVICE)
    shown = api.get_analyzer(analyzerName="all")["analyzer"]
    assert (shown["status"], shown["statusReason"]) == ("DISABLED", {"code": "AWS_SERVICE_ACCESS_DISABLED"})


def test_no_organization(api) -> None:
    assert error_of(api.create_analyzer, analyzerName="all", type="ORGANIZATION").code == "ValidationException"


def test_the_command_line(root: Identity) -> None:
    made = root.aws(
        "accessanalyzer", "create-analyzer", "--analyzer-name", "main", "--type", "ACCOUNT", "--tags", "team=security")
    assert made == {"arn": ARN + "main"}
    root.aws("accessanalyzer", "create-archive-rule", "--analyzer-name", "main", "--rule-name", "r",
             "--filter", '{"isPublic": {"eq": ["false"]}}')
    shown = root.aws("accessanalyzer", "list-archive-rules", "--analyzer-name", "main")
    assert [rule["ruleName"] for rule in shown["archiveRules"]] == ["r"]
    refused = root.aws_refused("accessanalyzer", "get-analyzer", "--analyzer-name", "none")
    assert refused.code == "ResourceNotFoundException"


def test_restart(durable: Callable[..., Server]) -> None:
    with durable() as server:
        api = server.root.client("accessanalyzer")
        api.create_analyzer(analyzerName="main", type="ACCOUNT", tags={"a": "1"})
        api.create_archive_rule(analyzerName="main", ruleName="r", filter={"isPublic": {"eq": ["false"]}})
        server.kill()
    with durable() as server:
        api = server.root.client("accessanalyzer")
        assert api.get_analyzer(analyzerName="main")["analyzer"]["tags"] == {"a": "1"}
        assert [rule["ruleName"] for rule in api.list_archive_rules(analyzerName="main")["archiveRules"]] == ["r"]
