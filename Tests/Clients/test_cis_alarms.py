"""`gatehouse cis-alarms`: what it prints makes filters and alarms, and each offending act brings its alarm to ALARM."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, Server, allow, policy, trust
from harness.browser import PASSWORD, Person, signed_up
from harness.server import gatehouse

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail"


@pytest.fixture(scope="module")
def watched_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # EC2 lies elsewhere, and nobody answers there: what is asked is recorded all the same.
    with Server("--upstream", "ec2=http://127.0.0.1:9", log=tmp_path_factory.mktemp("cis") / "log") as server:
        yield server


@pytest.fixture
def cloud(watched_server: Server) -> Server:
    watched_server.reset()
    return watched_server


@pytest.fixture
def trail_group(root: Identity, new_role: Any) -> None:
    """A trail of all Regions that writes to a log group, once it is started."""
    root.client("logs").create_log_group(logGroupName="trail")
    s3 = root.client("s3")
    s3.create_bucket(Bucket="logs")
    service = {"Service": "cloudtrail.amazonaws.com"}
    s3.put_bucket_policy(
        Bucket="logs",
        Policy=policy(
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"},
        ),
    )
    role = new_role("delivery", trust(service), allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{GROUP}:*"))
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="logs", IsMultiRegionTrail=True, CloudWatchLogsLogGroupArn=f"{GROUP}:*",
        CloudWatchLogsRoleArn=role)


def printed(*options: str) -> list[list[str]]:
    """The commands that it prints, in words."""
    text = gatehouse("cis-alarms", "--log-group", "trail", *options).stdout.replace("\\\n", " ")
    return [shlex.split(line) for line in text.splitlines() if not line.startswith("#")]


def attempt(call: Callable[..., Any], **given: Any) -> None:
    try:
        call(**given)
    except botocore.exceptions.ClientError:
        pass


@pytest.mark.memory
def test_each_offending_act_brings_its_alarm(
    cloud: Server, root: Identity, trail_group: None, person: Person, new_user: Callable[..., Identity]
) -> None:
    topic = root.client("sns").create_topic(Name="alarms")["TopicArn"]
    commands = printed("--topic", topic)
    assert len(commands) == 30
    for words in commands:
        assert words[0] == "aws"
        root.aws(*words[1:])
    cloudwatch = root.client("cloudwatch")
    cloud.advance(60)
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert len(states) == 15 and set(states.values()) == {"OK"}, states

    # Not before: what the commands above have done would be delivered, too, if they took five minutes.
    root.cloudtrail.start_logging(Name="main")
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", "wrong")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    attempt(new_user("bob").iam.list_users)
    root.iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    root.cloudtrail.update_trail(Name="main", IncludeGlobalServiceEvents=True)
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    root.client("kms").schedule_key_deletion(KeyId=key)
    root.client("s3").put_bucket_cors(
        Bucket="logs", CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    attempt(root.client("config").stop_configuration_recorder, ConfigurationRecorderName="default")
    ec2 = root.client("ec2")
    attempt(ec2.create_security_group, GroupName="g", Description="d", VpcId="vpc-1")
    attempt(ec2.create_network_acl, VpcId="vpc-1")
    attempt(ec2.create_internet_gateway)
    attempt(ec2.create_route_table, VpcId="vpc-1")
    attempt(ec2.create_vpc, CidrBlock="10.0.0.0/16")
    attempt(root.client("organizations").leave_organization)

    # The trail delivers after five minutes, and the alarms look each minute.
    cloud.advance(301)
    cloud.advance(60)
    # What was delivered early may be over again.
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(HistoryItemType="StateUpdate")
    rung = {
        item["AlarmName"] for page in pages for item in page["AlarmHistoryItems"]
        if item["HistorySummary"] == "Alarm updated from OK to ALARM"}
    assert set(states) - rung == set()
    actions = cloudwatch.describe_alarm_history(
        AlarmName="CIS-4.3-RootAccountUsage", HistoryItemType="Action")["AlarmHistoryItems"]
    assert {item["HistorySummary"] for item in actions} == {f"Successfully executed action {topic}"}


def test_versions_of_the_benchmark_and_words_for_a_shell() -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
    commands = printed("--topic", topic, "--benchmark", "1.2", "--namespace", "it's mine")
    assert len(commands) == 28
    alarms = [words for words in commands if words[2] == "put-metric-alarm"]
    assert [words[words.index("--alarm-name") + 1] for words in alarms][0] == "CIS-3.1-UnauthorizedAPICalls"
    assert {words[words.index("--namespace") + 1] for words in alarms} == {"it's mine"}
    of_arn = gatehouse("cis-alarms", "--log-group", f"{GROUP}:*", "--topic", topic).stdout
    assert "--log-group-name trail " in of_arn
    assert gatehouse("cis-alarms", "--log-group", "trail", "--topic", "mail").returncode == 64
