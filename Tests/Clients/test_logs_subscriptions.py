"""Subscriptions: to servers in the place of functions and streams, to buckets, log groups, and other accounts' destinations."""

import base64
import gzip
import http.server
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, AwsError, Identity, Server, allow, error_of, policy, trust
from harness.patience import PATIENCE

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:reader"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/lines"


class Receiver:
    """A server that takes messages, or answers otherwise for a while."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.refusals: list[int] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.refusals.pop(0) if receiver.refusals else 200
                if status == 200:
                    receiver.messages.put((dict(self.headers.items()), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def message(self) -> Any:
        """The next message, as a function or the reader of a stream unpacks it."""
        headers, body = self.messages.get(timeout=PATIENCE)
        if headers["X-Gatehouse-Destination"] == FUNCTION:
            body = base64.b64decode(json.loads(body)["awslogs"]["data"])
        return json.loads(gzip.decompress(body))

    def lines(self) -> list[str]:
        return [event["message"] for event in self.message()["logEvents"]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(scope="module")
def worker_server(receiver: Receiver) -> Iterator[Server]:
    options = [f"{arn}={receiver.url}" for arn in (FUNCTION, STREAM)]
    with Server(*(word for option in options for word in ("--event-destination", option))) as server:
        yield server


@pytest.fixture
def logs(root: Identity, receiver: Receiver) -> Any:
    while not receiver.messages.empty():
        receiver.messages.get()
    client = root.client("logs")
    client.create_log_group(logGroupName="app")
    client.create_log_stream(logGroupName="app", logStreamName="web")
    return client


def put(logs: Any, *messages: str, group: str = "app") -> None:
    groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    now = int(groups[0]["creationTime"])
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName="web", logEvents=events)


def subscribe(logs: Any, destination: str, pattern: str = "", name: str = "all", **more: Any) -> None:
    logs.put_subscription_filter(
        logGroupName="app", filterName=name, filterPattern=pattern, destinationArn=destination, **more)


def refused(logs: Any, destination: str, pattern: str = "", **more: Any) -> AwsError:
    return error_of(subscribe, logs=logs, destination=destination, pattern=pattern, **more)


def test_a_function_gets_what_fits(logs: Any, receiver: Receiver) -> None:
    subscribe(logs, FUNCTION, "[ip, ..., status = 4*, bytes]")
    put(logs, "::1 - 200 7", "::1 - 404 9", "other", "::2 - 403 1")
    message = receiver.message()
    events = message.pop("logEvents")
    assert message == {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "app", "logStream": "web",
        "subscriptionFilters": ["all"]}  # fmt: skip
    kept = logs.filter_log_events(logGroupName="app")["events"]
    assert events == [
        {"id": kept[place]["eventId"], "timestamp": kept[place]["timestamp"], "message": kept[place]["message"],
         "extractedFields": fields}
        for place, fields in (
            (1, {"ip": "::1", "2": "-", "status": "404", "bytes": "9"}),
            (3, {"ip": "::2", "2": "-", "status": "403", "bytes": "1"}))]  # fmt: skip


def test_filters_are_listed_changed_and_deleted(logs: Any) -> None:
    subscribe(logs, FUNCTION, "ERROR")
    subscribe(logs, FUNCTION, "%4\\d\\d%", name="denials")
    error = refused(logs, FUNCTION, name="third")
    assert (error.code, error.message) == ("LimitExceededException", "Resource limit exceeded.")
    subscribe(logs, FUNCTION, "WARN")
    found = logs.describe_subscription_filters(logGroupName="app")["subscriptionFilters"]
    assert [(one["filterName"], one["filterPattern"], one["distribution"]) for one in found] == [
        ("all", "WARN", "ByLogStream"), ("denials", "%4\\d\\d%", "ByLogStream")]  # fmt: skip
    assert found[0]["destinationArn"] == FUNCTION and found[0]["logGroupName"] == "app"
    logs.delete_subscription_filter(logGroupName="app", filterName="all")
    assert error_of(logs.delete_subscription_filter, logGroupName="app", filterName="all").code == (
        "ResourceNotFoundException")  # fmt: skip
    assert refused(logs, FUNCTION, "{").message == "Invalid filter pattern"


def test_what_nothing_can_be_sent_to(logs: Any) -> None:
    other = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:none"
    assert refused(logs, other).message == (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your "
        "function.")  # fmt: skip
    role = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert refused(logs, FUNCTION, roleArn=role).message == (
        "destinationArn for vendor lambda cannot be used with roleArn")  # fmt: skip
    assert refused(logs, STREAM, roleArn=role).message == (
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE "
        "state.")  # fmt: skip
    for arn in [f"{ARN}:log-group:app", "arn:aws:sns:us-east-1:111122223333:x", "arn:aws:s3:::none", STREAM]:
        assert refused(logs, arn).code == "InvalidParameterException", arn
    assert refused(logs, f"{ARN}:destination:none").code == "ResourceNotFoundException"


def test_a_stream_is_reached_by_a_role(root: Identity, logs: Any, receiver: Receiver, new_role: Callable[..., str]) -> None:
    idle = new_role("idle", trust({"Service": "logs.amazonaws.com"}), allow("kinesis:PutRecord", f"{STREAM}-other"))
    assert "Could not deliver test message" in refused(logs, STREAM, roleArn=idle).message
    role = new_role("sender", trust({"Service": "logs.amazonaws.com"}), allow("kinesis:PutRecord", STREAM))
    subscribe(logs, STREAM, roleArn=role)
    control = receiver.message()
    assert (control["messageType"], control["logEvents"][0]["message"]) == (
        "CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.")  # fmt: skip
    put(logs, "one")
    assert receiver.lines() == ["one"]


@pytest.mark.memory
def test_a_server_that_is_away_gets_it_later(cloud: Server, logs: Any, receiver: Receiver) -> None:
    subscribe(logs, FUNCTION)
    receiver.refusals = [503, 429]
    put(logs, "one")
    put(logs, "two")
    cloud.advance(10)
    assert [receiver.lines(), receiver.lines()] == [["one"], ["two"]]
    # What will never be taken does not keep back what follows.
    receiver.refusals = [400]
    put(logs, "poison")
    put(logs, "three")
    assert receiver.lines() == ["three"]


def bucket_policy(*conditions: dict[str, Any]) -> str:
    return policy(*(
        {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::box/AWSLogs/*", "Condition": condition} for condition in conditions))  # fmt: skip


@pytest.mark.memory
def test_a_bucket_gets_events_together(cloud: Server, root: Identity, logs: Any) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    assert "the bucket box" in refused(logs, "arn:aws:s3:::box").message
    s3.put_bucket_policy(
        Bucket="box", Policy=bucket_policy({"ArnLike": {"aws:SourceArn": f"{ARN}:log-group:app:*"}}))
    # Nobody passes on a role of another account, whatever it trusts.
    assert "the bucket box" in refused(logs, "arn:aws:s3:::box", roleArn="arn:aws:iam::999988887777:role/sender").message
    subscribe(logs, "arn:aws:s3:::box", "-DEBUG")
    begun = time.monotonic()
    put(logs, "one", "DEBUG x")
    put(logs, "two")
    cloud.advance(61)
    made = [one["Key"] for one in s3.list_objects_v2(Bucket="box")["Contents"]]
    assert all(key.startswith(f"AWSLogs/{ACCOUNT}/CloudWatchLogs/us-east-1/app/") for key in made)
    # One object, unless a minute has passed meanwhile.
    assert len(made) == 1 or time.monotonic() - begun > 30
    lines = [
        line for key in made
        for line in gzip.decompress(s3.get_object(Bucket="box", Key=key)["Body"].read()).splitlines()]  # fmt: skip
    assert [[event["message"] for event in json.loads(line)["logEvents"]] for line in lines] == [["one"], ["two"]]


def refused_deliveries(cloud: Server) -> int:
    """Of all tests that this server has seen."""
    lines = cloud.get("/metrics")[1].splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("gatehouse_logs_refused_deliveries_total "))


@pytest.mark.memory
def test_another_group_gets_events_once_and_never_round(cloud: Server, logs: Any) -> None:
    for name in ("all", "back"):
        logs.create_log_group(logGroupName=name)
    target = f"{ARN}:log-group:all"
    assert "the log group all" in refused(logs, target).message
    logs.put_resource_policy(policyName="own", policyDocument=policy({
        "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": [f"{target}:*", f"{ARN}:log-group:app:*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}))  # fmt: skip
    subscribe(logs, target)
    # Each to the other: what came by a subscription stays where it is.
    logs.put_subscription_filter(
        logGroupName="all", filterName="back", filterPattern="", destinationArn=f"{ARN}:log-group:app")
    put(logs, "one")
    put(logs, "two")
    cloud.advance(5)
    found = logs.filter_log_events(logGroupName="all")["events"]
    assert [(one["logStreamName"], one["message"]) for one in found] == [
        (f"{ACCOUNT}_app/web", "one"), (f"{ACCOUNT}_app/web", "two")]  # fmt: skip
    assert [one["message"] for one in logs.filter_log_events(logGroupName="app")["events"]] == ["one", "two"]
    # What that group does not keep as long, it does not take: nobody is told, but it is counted.
    logs.put_retention_policy(logGroupName="all", retentionInDays=1)
    old, before = found[0]["timestamp"] - 2 * 86_400_000, refused_deliveries(cloud)
    logs.put_log_events(logGroupName="app", logStreamName="web", logEvents=[{"timestamp": old, "message": "old"}])
    cloud.advance(5)
    assert refused_deliveries(cloud) == before + 1


def test_an_account_policy_is_for_all_groups_but_some(logs: Any, receiver: Receiver) -> None:
    for name in ("other", "quiet"):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="web")
    document = json.dumps({"DestinationArn": FUNCTION, "FilterPattern": "ERROR", "Distribution": "Random"})
    given = {"policyName": "errors", "policyType": "SUBSCRIPTION_FILTER_POLICY", "scope": "ALL"}
    made = logs.put_account_policy(
        policyDocument=document, selectionCriteria='LogGroupName NOT IN ["quiet"]', **given)["accountPolicy"]
    kind = {"policyType": given["policyType"]}
    assert logs.describe_account_policies(**kind)["accountPolicies"] == [made]
    put(logs, "ERROR quiet", group="quiet")
    put(logs, "ERROR other", "fine", group="other")
    message = receiver.message()
    assert (message["logGroup"], message["subscriptionFilters"], message["policyLevel"]) == (
        "other", ["errors"], "ACCOUNT_LEVEL_POLICY")  # fmt: skip
    assert [event["message"] for event in message["logEvents"]] == ["ERROR other"]
    error = error_of(logs.put_account_policy, policyDocument=document, **(given | {"policyName": "second"}))
    assert error.code == "LimitExceededException"
    assert error_of(logs.put_account_policy, policyDocument="{}", **given).code == "InvalidParameterException"
    assert error_of(
        logs.put_account_policy, policyDocument=document, selectionCriteria="LogGroupName = a", **given
    ).code == "InvalidParameterException"  # fmt: skip
    assert error_of(
        logs.put_account_policy, policyName="x", policyType="FIELD_INDEX_POLICY", policyDocument="{}"
    ).code == "NotImplemented"  # fmt: skip
    logs.delete_account_policy(policyName="errors", **kind)
    assert error_of(logs.delete_account_policy, policyName="errors", **kind).code == "ResourceNotFoundException"
    assert logs.describe_account_policies(**kind)["accountPolicies"] == []


def test_a_destination_lets_other_accounts_in(
    root: Identity, logs: Any, receiver: Receiver, new_role: Callable[..., str], new_user: Callable[..., Identity]
) -> None:
    role = new_role("sender", trust({"Service": "logs.amazonaws.com"}), allow("kinesis:PutRecord", STREAM))
    made = logs.put_destination(destinationName="central", targetArn=STREAM, roleArn=role)["destination"]
    assert receiver.message()["messageType"] == "CONTROL_MESSAGE"
    arn = f"{ARN}:destination:central"
    assert (made["arn"], made["targetArn"], made["roleArn"]) == (arn, STREAM, role)
    # Who may subscribe to a log group may not send to the destination for that.
    user = new_user("amy", allow("logs:PutSubscriptionFilter", f"{ARN}:log-group:*")).client("logs")
    assert f"on resource: {arn}" in refused(user, arn).message
    assert error_of(logs.put_destination_policy, destinationName="central", accessPolicy="{}").code == (
        "InvalidParameterException")  # fmt: skip
    document = policy({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/amy"},
        "Action": "logs:PutSubscriptionFilter", "Resource": arn})  # fmt: skip
    logs.put_destination_policy(destinationName="central", accessPolicy=document)
    subscribe(user, arn)
    assert receiver.message()["messageType"] == "CONTROL_MESSAGE"
    put(logs, "one")
    assert receiver.lines() == ["one"]
    (kept,) = logs.describe_destinations(DestinationNamePrefix="cen")["destinations"]
    assert json.loads(kept["accessPolicy"]) == json.loads(document)
    logs.delete_destination(destinationName="central")
    assert error_of(logs.delete_destination, destinationName="central").code == "ResourceNotFoundException"


def test_whoever_passes_a_role_has_to_be_allowed_to(
    logs: Any, new_role: Callable[..., str], new_user: Callable[..., Identity]
) -> None:
    role = new_role("sender", trust({"Service": "logs.amazonaws.com"}), allow("kinesis:PutRecord", STREAM))
    user = new_user("amy", allow(["logs:*"], "*")).client("logs")
    error = refused(user, STREAM, roleArn=role)
    assert error.code == "AccessDeniedException" and f"iam:PassRole on resource: {role}" in error.message
