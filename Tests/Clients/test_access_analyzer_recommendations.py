"""What Access Analyzer recommends for unused permissions: policies that are enough for what is used, and no more.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.patience import PATIENCE

pytestmark = pytest.mark.memory

DAY = 86_400


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{name}"


class Analyzer:
    def __init__(self, identity: Identity):
        self.api = identity.client("accessanalyzer")
        self.arn = self.api.create_analyzer(
            analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS", configuration={"unusedAccess": {"unusedAccessAge": 30}}
        )["arn"]

    def finding(self, resource: str, kind: str = "UnusedPermission") -> str:
        filters = {"resource": {"eq": [arn(resource)]}, "findingType": {"eq": [kind]}}
        (found,) = self.api.list_findings_v2(analyzerArn=self.arn, filter=filters)["findings"]
        return str(found["id"])

    def recommendation(self, id: str) -> dict[str, Any]:
        self.api.generate_finding_recommendation(analyzerArn=self.arn, id=id)
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.api.get_finding_recommendation(analyzerArn=self.arn, id=id)
            if answer["status"] != "IN_PROGRESS":
                del answer["ResponseMetadata"]
                return answer
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def steps(self, id: str) -> list[dict[str, Any]]:
        answer = self.recommendation(id)
        assert answer["status"] == "SUCCEEDED" and "error" not in answer, answer
        return [step["unusedPermissionsRecommendedStep"] for step in answer["recommendedSteps"]]


def used(cloud: Server, user: Identity, work: Callable[[], object]) -> None:
    """Used now, and not within the month before."""
    cloud.advance(31 * DAY)
    work()
    cloud.advance(DAY)


def test_policies_are_replaced_or_detached(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    """The steps of AWS's example: a policy is created in the place of another, which is detached; one of which nothing is used is
    only detached."""
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    broad = policy(
        allow(["s3:*", "kms:List*", "sqs:*"]), deny("s3:DeleteBucket"),
        allow("iam:Get*", arn("user/*"), Condition={"Bool": {"aws:SecureTransport": "false"}}))
    managed = root.iam.create_policy(PolicyName="broad", PolicyDocument=broad)["Policy"]
    worker = new_user("worker", allow("iam:ListUsers"), managed="AmazonSNSFullAccess")
    root.iam.attach_user_policy(UserName="worker", PolicyArn=managed["Arn"])
    analyzer = Analyzer(root)

    def work() -> None:
        box = worker.client("s3")
        box.put_object(Bucket="box", Key="a", Body=b"x")
        box.get_object(Bucket="box", Key="a")["Body"].read()
        box.list_objects_v2(Bucket="box")
        box.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a"}]})
        worker.client("kms").list_keys()
        worker.iam.list_users()
        worker.iam.get_user(UserName="worker")

    used(cloud, worker, work)
    id = analyzer.finding("user/worker")
    answer = analyzer.recommendation(id)
    assert answer["resourceArn"] == arn("user/worker")
    assert answer["recommendationType"] == "UnusedPermissionRecommendation"
    assert answer["startedAt"] <= answer["completedAt"]
    steps = [step["unusedPermissionsRecommendedStep"] for step in answer["recommendedSteps"]]
    sns = "arn:aws:iam::aws:policy/AmazonSNSFullAccess"
    assert [(step["recommendedAction"], step["existingPolicyId"]) for step in steps] == [
        ("DETACH_POLICY", sns), ("CREATE_POLICY", managed["Arn"]), ("DETACH_POLICY", managed["Arn"])]
    # Every action that was used, those of data among them, and no other; what is denied stays.
    recommended = json.loads(steps[1]["recommendedPolicy"])
    assert recommended == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Resource": "*",
                "Action": ["kms:ListKeys", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            },
            deny("s3:DeleteBucket"),
            allow("iam:GetUser", arn("user/*"), Condition={"Bool": {"aws:SecureTransport": "false"}}),
        ],
    }
    assert "recommendedPolicy" not in steps[0] and "recommendedPolicy" not in steps[2]
    assert abs((steps[1]["policyUpdatedAt"] - managed["UpdateDate"]).total_seconds()) < 1
    # Done as recommended, all that was done can be done again, and the finding resolves.
    for step in steps:
        if step["recommendedAction"] == "CREATE_POLICY":
            made = root.iam.create_policy(PolicyName="narrow", PolicyDocument=step["recommendedPolicy"])
            root.iam.attach_user_policy(UserName="worker", PolicyArn=made["Policy"]["Arn"])
        else:
            root.iam.detach_user_policy(UserName="worker", PolicyArn=step["existingPolicyId"])
    work()
    assert error_of(worker.client("s3").put_object_tagging, Bucket="box", Key="a", Tagging={"TagSet": []}).code == "AccessDenied"
    deadline = time.monotonic() + PATIENCE
    while analyzer.api.get_finding_v2(analyzerArn=analyzer.arn, id=id)["status"] != "RESOLVED":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_inline_policies_of_roles(cloud: Server, root: Identity, new_role: Callable[..., str]) -> None:
    new_role("app", trust({"AWS": arn("root")}), allow(["iam:GetRole", "iam:ListRoles"], "*"))
    root.iam.create_user(UserName="alice")
    root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
    alice = Identity.of_key(cloud.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
    analyzer = Analyzer(root)

    def work() -> None:
        session = alice.sts.assume_role(RoleArn=arn("role/app"), RoleSessionName="shift")["Credentials"]
        Identity.of_session(cloud.url, session).iam.list_roles()

    used(cloud, alice, work)
    create, detach = analyzer.steps(analyzer.finding("role/app"))
    assert create == {
        "recommendedAction": "CREATE_POLICY", "existingPolicyId": "own",
        "recommendedPolicy": json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]},
            separators=(",", ":")),
    }
    assert detach == {"recommendedAction": "DETACH_POLICY", "existingPolicyId": "own"}
    pages = list(analyzer.api.get_paginator("get_finding_recommendation").paginate(
        analyzerArn=analyzer.arn, id=analyzer.finding("role/app"), PaginationConfig={"PageSize": 1}))
    assert [len(page["recommendedSteps"]) for page in pages] == [1, 1]


def test_what_is_needed_besides_the_operations_own_action_stays(
    cloud: Server, root: Identity, new_user: Callable[..., Identity]
) -> None:
    """CreateUser with tags needs iam:TagUser, which no operation was called for."""
    worker = new_user("worker", allow("iam:*"))
    analyzer = Analyzer(root)
    used(cloud, worker, lambda: worker.iam.create_user(UserName="new", Tags=[{"Key": "a", "Value": "b"}]))
    (details,) = analyzer.api.get_finding_v2(
        analyzerArn=analyzer.arn, id=analyzer.finding("user/worker"))["findingDetails"]
    actions = [one["action"] for one in details["unusedPermissionDetails"]["actions"]]
    assert "iam:DeleteUser" in actions and "iam:TagUser" not in actions and "iam:CreateUser" not in actions
    create, _ = analyzer.steps(analyzer.finding("user/worker"))
    (statement,) = json.loads(create["recommendedPolicy"])["Statement"]
    assert statement["Action"] == ["iam:CreateUser", "iam:TagUser"]


def test_where_nothing_can_be_recommended(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    grouped = new_user("grouped", allow("iam:*"))
    root.iam.create_group(GroupName="all")
    root.iam.add_user_to_group(GroupName="all", UserName="grouped")
    negated = new_user("negated", {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})
    analyzer = Analyzer(root)

    def work() -> None:
        grouped.iam.list_users()
        negated.iam.list_users()

    used(cloud, grouped, work)
    for name, reason in [("grouped", "user group"), ("negated", "NotAction")]:
        answer = analyzer.recommendation(analyzer.finding(f"user/{name}"))
        assert answer["status"] == "FAILED" and answer.get("recommendedSteps", []) == []
        assert answer["error"]["code"] and reason in answer["error"]["message"]


def test_who_may_ask_for_what(
    cloud: Server, root: Identity, trail: Trail, new_user: Callable[..., Identity], new_role: Callable[..., str]
) -> None:
    worker = new_user("worker", allow("iam:*"))
    new_role("idle", trust({"AWS": arn("root")}))
    analyzer = Analyzer(root)
    used(cloud, worker, worker.iam.list_users)
    id = analyzer.finding("user/worker")
    error = error_of(analyzer.api.get_finding_recommendation, analyzerArn=analyzer.arn, id=id)
    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    for wanted in ("x", "!", analyzer.finding("role/idle", "UnusedIAMRole")):
        error = error_of(analyzer.api.generate_finding_recommendation, analyzerArn=analyzer.arn, id=wanted)
        assert (error.code, error.status) == ("ValidationException", 400)
    error = error_of(analyzer.api.generate_finding_recommendation, analyzerArn=analyzer.arn + "2", id=id)
    assert (error.code, error.status) == ("ValidationException", 400)
    error = error_of(analyzer.api.get_finding_recommendation, analyzerArn=analyzer.arn + "2", id=id)
    assert error.code == "ResourceNotFoundException"

    alice = new_user("alice", allow("access-analyzer:Get*", analyzer.arn))
    api = alice.client("accessanalyzer")
    error = error_of(api.generate_finding_recommendation, analyzerArn=analyzer.arn, id=id)
    assert (error.code, error.status) == ("AccessDeniedException", 403)
    assert f"access-analyzer:GenerateFindingRecommendation on resource: {analyzer.arn}" in error.message
    analyzer.recommendation(id)
    assert api.get_finding_recommendation(analyzerArn=analyzer.arn, id=id)["status"] == "SUCCEEDED"
    root.iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy(deny("*")))
    assert error_of(api.get_finding_recommendation, analyzerArn=analyzer.arn, id=id).code == "AccessDeniedException"
    event = trail.named("GenerateFindingRecommendation", readOnly=False)
    assert event["requestParameters"] == {"analyzerArn": analyzer.arn, "id": id}
