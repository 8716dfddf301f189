"""Access Analyzer writes policies from what was done: with which rights, of which Regions, and enough to do it again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy, trust
from harness.patience import PATIENCE
from harness.trails import make_bucket

SERVICE = "access-analyzer.amazonaws.com"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"
MONITOR = f"arn:aws:iam::{ACCOUNT}:role/service-role/AccessAnalyzerMonitorServiceRole"

#: What AWS has the service role be allowed, in "Permissions required to generate a policy".
ROLE_POLICY = policy(
    allow("cloudtrail:GetTrail"),
    allow(["iam:GetServiceLastAccessedDetails", "iam:GenerateServiceLastAccessedDetails"]),
    allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]),
)


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{name}"


def analyzer(identity: Identity, **config: Any) -> Any:
    return identity.client("accessanalyzer", **config)


def prepare(root: Identity, role_policy: str | None = ROLE_POLICY, trusted: str = SERVICE) -> None:
    """A trail, and the role by which Access Analyzer may look at it."""
    make_bucket(root, "logs", TRAIL + "main")
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True)
    root.iam.create_role(
        Path="/service-role/", RoleName="AccessAnalyzerMonitorServiceRole",
        AssumeRolePolicyDocument=trust({"Service": trusted}))
    if role_policy:
        root.iam.put_role_policy(
            RoleName="AccessAnalyzerMonitorServiceRole", PolicyName="monitor", PolicyDocument=role_policy)


def details(**more: Any) -> dict[str, Any]:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    trails = [{"cloudTrailArn": TRAIL + "main", "allRegions": True}]
    return {"trails": trails, "accessRole": MONITOR, "startTime": start, **more}


def start(api: Any, principal: str, **more: Any) -> str:
    return api.start_policy_generation(
        policyGenerationDetails={"principalArn": arn(principal)}, cloudTrailDetails=details(**more))["jobId"]


def done(api: Any, job: str, **options: Any) -> dict[str, Any]:
    """The answer, once the job is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = api.get_generated_policy(jobId=job, **options)
        if answer["jobDetails"]["status"] != "IN_PROGRESS":
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)


def documents(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["jobDetails"]["status"] == "SUCCEEDED", answer
    return [json.loads(one["policy"]) for one in answer["generatedPolicyResult"]["generatedPolicies"]]


def statements(answer: dict[str, Any]) -> dict[str, Any]:
    """Which action is allowed on what."""
    found: dict[str, Any] = {}
    for document in documents(answer):
        for statement in document["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                found[action] = statement["Resource"]
    return found


def workload(client: Identity, key: str) -> None:
    s3, kms = client.client("s3"), client.client("kms")
    client.iam.list_users()
    client.iam.get_user(UserName="worker")
    s3.put_object(Bucket="box", Key="a", Body=b"x")
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"x"
    assert s3.head_object(Bucket="box", Key="a")["ContentLength"] == 1
    s3.list_objects_v2(Bucket="box")
    s3.put_object_tagging(Bucket="box", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.put_object(Bucket="box", Key="sealed", Body=b"y", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    s3.get_object(Bucket="box", Key="sealed")["Body"].read()
    kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=b"z")["CiphertextBlob"])
    client.client("kms", region="eu-west-1").list_keys()
    s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a"}, {"Key": "sealed"}]})
    client.sts.get_caller_identity()


def test_what_was_done_can_be_done_again(
    root: Identity, cloud: Server, new_user: Callable[..., Identity], new_role: Callable[..., str]
) -> None:
    prepare(root)
    api = analyzer(root)
    root.client("s3").create_bucket(Bucket="box")
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    new_role("app", trust({"AWS": arn("root")}), allow("*"))
    worker = new_user("worker", allow("sts:AssumeRole"))
    session = worker.sts.assume_role(RoleArn=arn("role/app"), RoleSessionName="shift")["Credentials"]
    workload(Identity.of_session(cloud.url, session), key)
    # What is denied is not to be allowed, nor is what others do.
    root.client("kms").list_aliases()
    root.iam.put_role_policy(
        RoleName="app", PolicyName="own", PolicyDocument=policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    error_of(Identity.of_session(cloud.url, session).iam.list_roles)

    answer = done(api, start(api, "role/app"))
    assert answer["generatedPolicyResult"]["properties"]["isComplete"] is True
    found = statements(answer)
    assert found == {
        "iam:ListUsers": found["iam:ListUsers"],
        "iam:GetUser": arn("user/worker"),
        "kms:Encrypt": key, "kms:Decrypt": key, "kms:GenerateDataKey": key,
        "kms:ListKeys": "*",
        "s3:GetObject": ["arn:aws:s3:::box/a", "arn:aws:s3:::box/sealed"],
        "s3:PutObject": ["arn:aws:s3:::box/a", "arn:aws:s3:::box/sealed"],
        "s3:PutObjectTagging": "arn:aws:s3:::box/a",
        "s3:DeleteObject": ["arn:aws:s3:::box/a", "arn:aws:s3:::box/sealed"],
        "s3:ListBucket": "arn:aws:s3:::box",
    }
    (document,) = documents(answer)
    assert [one["Sid"] for one in document["Statement"]] == [
        f"SupportedServiceSid{index}" for index in range(len(document["Statement"]))]

    # In the place of what the role had, it is enough for the same work, and for no more.
    created = root.iam.create_policy(PolicyName="generated", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    root.iam.delete_role_policy(RoleName="app", PolicyName="own")
    root.iam.attach_role_policy(RoleName="app", PolicyArn=created)
    workload(Identity.of_session(cloud.url, session), key)
    again = Identity.of_session(cloud.url, session)
    assert error_of(again.client("s3").put_object, Bucket="box", Key="b", Body=b"").code == "AccessDenied"
    assert error_of(again.iam.list_roles).code == "AccessDenied"


def test_the_answers_of_awss_examples(root: Identity, new_user: Callable[..., Identity]) -> None:
    """As start-policy-generation, get-generated-policy and list-policy-generations show them in the CLI's reference."""
    prepare(root)
    worker = new_user("worker", allow("iam:*"))
    worker.iam.list_roles()
    begin = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)).replace(microsecond=0)
    cloud_trail = {
        "accessRole": MONITOR, "startTime": begin.isoformat(),
        "trails": [{"allRegions": True, "cloudTrailArn": TRAIL + "main"}],
    }
    job = root.aws(
        "accessanalyzer", "start-policy-generation",
        "--policy-generation-details", json.dumps({"principalArn": arn("user/worker")}),
        "--cloud-trail-details", json.dumps(cloud_trail))["jobId"]
    done(analyzer(root), job)
    answer = root.aws("accessanalyzer", "get-generated-policy", "--job-id", job)
    assert set(answer["jobDetails"]) == {"jobId", "status", "startedOn", "completedOn"}
    properties = answer["generatedPolicyResult"]["properties"]
    assert properties["principalArn"] == arn("user/worker")
    assert properties["cloudTrailProperties"]["trailProperties"] == [
        {"allRegions": True, "cloudTrailArn": TRAIL + "main", "regions": []}]
    assert datetime.datetime.fromisoformat(properties["cloudTrailProperties"]["startTime"]) == begin
    text = answer["generatedPolicyResult"]["generatedPolicies"][0]["policy"]
    assert text.startswith('{"Version":"2012-10-17","Statement":[{"Sid":"SupportedServiceSid0","Effect":"Allow",')

    (listed,) = root.aws("accessanalyzer", "list-policy-generations")["policyGenerations"]
    assert (listed["jobId"], listed["principalArn"], listed["status"]) == (job, arn("user/worker"), "SUCCEEDED")
    assert set(listed) == {"jobId", "principalArn", "status", "startedOn", "completedOn"}


def test_placeholders_stand_for_resources(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    root.client("s3").create_bucket(Bucket="box")
    worker = new_user("worker", allow("*"))
    worker.client("s3").list_objects_v2(Bucket="box")
    worker.client("kms").list_keys()
    worker.iam.get_user(UserName="worker")
    api = analyzer(root)
    job = start(api, "user/worker")
    (document,) = documents(done(api, job, includeResourcePlaceholders=True))
    assert document["Statement"] == [
        {"Sid": "SupportedServiceSid0", "Effect": "Allow", "Action": ["kms:ListKeys"], "Resource": "*"},
        {
            "Sid": "SupportedServiceSid1", "Effect": "Allow", "Action": ["iam:GetUser"],
            "Resource": ["arn:aws:iam::${Account}:user/${UserNameWithPath}"],
        },
        {
            "Sid": "SupportedServiceSid2", "Effect": "Allow", "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::${BucketName}"],
        },
    ]


def test_services_of_whose_actions_nothing_is_known(root: Identity, new_user: Callable[..., Identity]) -> None:
    """Without a trail there is only last accessed information, from which the service-level template comes."""
    worker = new_user("worker", allow("iam:*"))
    worker.iam.list_roles()
    worker.sts.get_caller_identity()
    api = analyzer(root)
    job = api.start_policy_generation(policyGenerationDetails={"principalArn": arn("user/worker")})["jobId"]
    answer = done(api, job)
    assert documents(answer) == []
    properties = answer["generatedPolicyResult"]["properties"]
    assert properties["isComplete"] is False and "cloudTrailProperties" not in properties
    (template,) = documents(done(api, job, includeServiceLevelTemplate=True))
    (statement,) = template["Statement"]
    assert "iam:*" in statement["Action"] and statement["Resource"] == "*"


def test_only_the_regions_and_the_time_that_were_asked_for(
    root: Identity, new_user: Callable[..., Identity]
) -> None:
    prepare(root)
    worker = new_user("worker", allow("*"))
    worker.client("kms", region="eu-west-1").list_keys()
    worker.client("kms", region="us-east-1").list_aliases()
    api = analyzer(root)
    europe = [{"cloudTrailArn": TRAIL + "main", "regions": ["eu-west-1"]}]
    assert set(statements(done(api, start(api, "user/worker", trails=europe)))) == {"kms:ListKeys"}
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    assert statements(done(api, start(api, "user/worker", endTime=past))) == {}


def test_the_role_is_passed_on(root: Identity, new_user: Callable[..., Identity]) -> None:
    """StartPolicyGeneration depends on iam:PassRole."""
    prepare(root)
    target = {"policyGenerationDetails": {"principalArn": arn("user/alice")}, "cloudTrailDetails": details()}
    alice = new_user("alice", allow("access-analyzer:StartPolicyGeneration"))
    error = error_of(analyzer(alice).start_policy_generation, **target)
    assert (error.code, error.status) == ("AccessDeniedException", 403)
    assert f"iam:PassRole on resource: {MONITOR}" in error.message
    condition = {"StringEquals": {"iam:PassedToService": SERVICE}}
    root.iam.put_user_policy(
        UserName="alice", PolicyName="pass",
        PolicyDocument=policy(allow("iam:PassRole", MONITOR, Condition=condition)))
    job = analyzer(alice).start_policy_generation(**target)["jobId"]
    for call, name in [
        (analyzer(alice).get_generated_policy, "GetGeneratedPolicy"),
        (analyzer(alice).cancel_policy_generation, "CancelPolicyGeneration"),
    ]:
        error = error_of(call, jobId=job)
        assert error.code == "AccessDeniedException" and f"access-analyzer:{name}" in error.message
    assert error_of(analyzer(alice).list_policy_generations).code == "AccessDeniedException"
    assert done(analyzer(root), job)["jobDetails"]["status"] == "SUCCEEDED"


def failure(api: Any, principal: str = "user/worker", **more: Any) -> dict[str, Any]:
    answer = done(api, start(api, principal, **more))
    assert answer["jobDetails"]["status"] == "FAILED", answer
    assert answer["generatedPolicyResult"].get("generatedPolicies", []) == []
    return answer["jobDetails"]["jobError"]


def test_the_role_must_trust_access_analyzer(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root, trusted="ec2.amazonaws.com")
    new_user("worker")
    error = failure(analyzer(root))
    assert error["code"] == "AUTHORIZATION_ERROR" and SERVICE in error["message"]


@pytest.mark.parametrize(
    "lacking", ["cloudtrail:GetTrail", "s3:ListBucket", "s3:GetObject", "iam:GenerateServiceLastAccessedDetails"])
def test_what_the_role_must_be_allowed(root: Identity, new_user: Callable[..., Identity], lacking: str) -> None:
    document = json.loads(ROLE_POLICY)
    document["Statement"].append({"Effect": "Deny", "Action": lacking, "Resource": "*"})
    prepare(root, json.dumps(document))
    new_user("worker")
    error = failure(analyzer(root))
    assert error["code"] == "AUTHORIZATION_ERROR"
    if lacking.startswith("s3"):
        assert error["message"] == (
            "Incorrect permissions assigned to access CloudTrail S3 bucket. Please fix before trying again.")


def test_what_is_not_there(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    none = [{"cloudTrailArn": TRAIL + "none", "allRegions": True}]
    error = failure(api, trails=none)
    assert error["code"] == "RESOURCE_NOT_FOUND_ERROR" and "none" in error["message"]
    assert failure(api, "user/nobody")["code"] == "RESOURCE_NOT_FOUND_ERROR"


def test_bad_input(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root, parameter_validation=False)
    now = datetime.datetime.now(datetime.UTC)

    def refused(field: str, principal: str = arn("user/worker"), **more: Any) -> None:
        error = error_of(
            api.start_policy_generation, policyGenerationDetails={"principalArn": principal},
            cloudTrailDetails=details(**more))
        assert (error.code, error.status) == ("ValidationException", 400), error
        assert field in error.message or field, error

    refused("principalArn", "arn:aws:iam::444455556666:role/app")
    refused("principalArn", arn("group/all"))
    refused("accessRole", accessRole="arn:aws:iam::444455556666:role/app")
    refused("trails", trails=[])
    refused("trails", trails=[{"cloudTrailArn": TRAIL + "main"}])
    refused("trails", trails=[{"cloudTrailArn": "main", "allRegions": True}])
    refused("startTime", startTime=now + datetime.timedelta(hours=1))
    refused("startTime", startTime=now - datetime.timedelta(days=91))
    refused("startTime", endTime=now - datetime.timedelta(days=2))
    for call in (api.get_generated_policy, api.cancel_policy_generation):
        error = error_of(call, jobId="923a56b0-ebb8-4e80-8a3c-a11ccfbcd6f2")
        assert (error.code, error.status) == ("ValidationException", 400)
    assert error_of(api.list_policy_generations, nextToken="?").code == "ValidationException"
    assert error_of(api.list_policy_generations, maxResults=0).code == "ValidationException"


def test_a_client_token_starts_one_job(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    one = {"policyGenerationDetails": {"principalArn": arn("user/worker")}, "clientToken": "token"}
    cloud_trail = details()
    job = api.start_policy_generation(cloudTrailDetails=cloud_trail, **one)["jobId"]
    done(api, job)
    assert api.start_policy_generation(cloudTrailDetails=cloud_trail, **one)["jobId"] == job
    error = error_of(api.start_policy_generation, **one)
    assert (error.code, error.status) == ("ConflictException", 409)
    assert len(api.list_policy_generations()["policyGenerations"]) == 1


def test_one_at_a_time(root: Identity, new_user: Callable[..., Identity]) -> None:
    """Concurrent policy generations: 1. A job may be over before the next request comes, so it is tried a few times."""
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    for _ in range(20):
        first = start(api, "user/worker")
        try:
            done(api, start(api, "user/worker"))
        except botocore.exceptions.ClientError as refused:
            error = refused.response
            break
        done(api, first)
    else:
        raise AssertionError("two were never in progress at once")
    assert error["Error"]["Code"] == "ServiceQuotaExceededException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 402
    assert (error["resourceId"], error["resourceType"]) == (first, "PolicyGeneration")
    done(api, first)
    done(api, start(api, "user/worker"))


def test_a_job_can_be_canceled(root: Identity, new_user: Callable[..., Identity]) -> None:
    """As cancel-policy-generation shows it in the CLI's reference. What is over can't be canceled any more."""
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    for _ in range(20):
        job = start(api, "user/worker")
        try:
            api.cancel_policy_generation(jobId=job)
        except botocore.exceptions.ClientError:
            done(api, job)
            continue
        break
    else:
        raise AssertionError("none was ever canceled in time")
    answer = api.get_generated_policy(jobId=job)
    assert answer["jobDetails"]["status"] == "CANCELED" and "completedOn" in answer["jobDetails"]
    assert answer["generatedPolicyResult"].get("generatedPolicies", []) == []
    listed = {one["jobId"]: one["status"] for one in api.list_policy_generations()["policyGenerations"]}
    assert listed[job] == "CANCELED"
    error = error_of(api.cancel_policy_generation, jobId=job)
    assert (error.code, error.status) == ("ValidationException", 400)
    done(api, start(api, "user/worker"))


@pytest.mark.memory
def test_fifty_a_day(root: Identity, cloud: Server, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    for _ in range(50):
        job = start(api, "user/nobody")
        while api.get_generated_policy(jobId=job)["jobDetails"]["status"] == "IN_PROGRESS":
            time.sleep(0.01)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        start(api, "user/worker")
    assert refused.value.response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert "50" in refused.value.response["Error"]["Message"]
    cloud.advance(86_400)
    done(api, start(api, "user/worker"))


def test_lists_have_pages_and_a_filter(root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    for name in ("worker", "other"):
        new_user(name)
    api = analyzer(root)
    jobs = []
    for name in ("worker", "other", "worker"):
        jobs.append(start(api, f"user/{name}"))
        done(api, jobs[-1])
    pages = list(api.get_paginator("list_policy_generations").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["policyGenerations"]) for page in pages] == [2, 1]
    assert [one["jobId"] for page in pages for one in page["policyGenerations"]] == jobs[::-1]
    (one,) = api.list_policy_generations(principalArn=arn("user/other"))["policyGenerations"]
    assert one["jobId"] == jobs[1]


@pytest.mark.memory
def test_generations_pass_away(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    job = start(api, "user/worker")
    done(api, job)
    cloud.advance(8 * 86_400)
    assert api.list_policy_generations()["policyGenerations"] == []
    assert error_of(api.get_generated_policy, jobId=job).code == "ValidationException"


def test_calls_are_recorded(root: Identity, trail: Trail, new_user: Callable[..., Identity]) -> None:
    prepare(root)
    new_user("worker")
    api = analyzer(root)
    job = start(api, "user/worker")
    done(api, job)
    event = trail.named("StartPolicyGeneration")
    assert event["eventSource"] == SERVICE and event["readOnly"] is False
    assert event["requestParameters"]["policyGenerationDetails"] == {"principalArn": arn("user/worker")}
    assert event["responseElements"] == {"jobId": job}
    # Access Analyzer looks at the trail as the role that it was given.
    looked = trail.named("GetTrail")
    assert looked["userIdentity"]["invokedBy"] == SERVICE
    assert looked["userIdentity"]["arn"].startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AccessAnalyzerMonitorServiceRole/")


def test_jobs_outlive_the_server(durable: Callable[..., Server]) -> None:
    server = durable("--audit", "strict").start()
    prepare(server.root)
    server.root.iam.create_user(UserName="worker")
    server.root.iam.put_user_policy(UserName="worker", PolicyName="p", PolicyDocument=policy(allow("iam:*")))
    worker = Identity.of_key(server.url, server.root.iam.create_access_key(UserName="worker")["AccessKey"])
    worker.iam.list_roles()
    job = start(analyzer(server.root), "user/worker")
    server.kill()
    server.start()
    answer = done(analyzer(server.root), job)
    assert set(statements(answer)) == {"iam:ListRoles"}
    server.restart()
    assert done(analyzer(server.root), job)["generatedPolicyResult"] == answer["generatedPolicyResult"]
