"""EventBridge: buses, rules, what targets get, and who may do what."""

import http.server
import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

REGION = "us-east-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
OTHER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"
FOREIGN = f"arn:aws:lambda:{REGION}:999988887777:function:pay"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/"
ENTRY = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"id": 7, "state": "paid"})}


class Receiver:
    """A server that takes events, or refuses them for a while."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[str, dict[str, str], str]] = queue.Queue()
        self.status: list[int] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status = receiver.status.pop(0) if receiver.status else 200
                receiver.messages.put((self.path, dict(self.headers.items()), body))
                self.send_response(status)
                answer = b'{"access_token":"t0ken","expires_in":60}' if self.path == "/token" else b""
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> str:
        return self.messages.get(timeout=PATIENCE)[2]

    def event(self) -> Any:
        return json.loads(self.next())

    @property
    def is_quiet(self) -> bool:
        return self.messages.empty()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(scope="module")
def one_server(receiver: Receiver) -> Iterator[Server]:
    options = [
        *("--event-destination", f"{FUNCTION}={receiver.url}/orders"),
        *("--event-destination", f"{OTHER}={receiver.url}/other"),
        *("--event-destination", f"{FOREIGN}={receiver.url}/pay"),
        *("--subscriber-host", f"api.example.com={receiver.url}"),
    ]
    with Server(*options) as server:
        yield server


@pytest.fixture
def cloud(one_server: Server, receiver: Receiver) -> Server:
    one_server.reset()
    receiver.status = []
    while not receiver.is_quiet:
        receiver.messages.get()
    return one_server


@pytest.fixture
def events(cloud: Server) -> Any:
    return cloud.root.client("events")


def rule(events: Any, name: str = "orders", arn: str = FUNCTION, pattern: Any = None, **target: Any) -> None:
    more = {key: target.pop(key) for key in ("EventBusName", "State") if key in target}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern or {"source": ["shop"]}), **more)
    more.pop("State", None)
    answer = events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn} | target], **more)
    assert answer["FailedEntryCount"] == 0, answer


def put(events: Any, **more: Any) -> str:
    (entry,) = events.put_events(Entries=[ENTRY | more])["Entries"]
    assert "ErrorCode" not in entry, entry
    return str(entry["EventId"])


def test_a_rule_s_target_gets_the_events_that_match(events: Any, receiver: Receiver) -> None:
    rule(events, pattern={"source": ["shop"], "detail": {"id": [{"numeric": [">", 5]}]}})
    put(events, Detail='{"id":5}')
    put(events, Source="bank")
    id = put(events, Resources=["arn:aws:s3:::box"])
    event = receiver.event()
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0", "id": id, "detail-type": "order", "source": "shop", "account": ACCOUNT, "region": REGION,
        "resources": ["arn:aws:s3:::box"], "detail": {"id": 7, "state": "paid"},
    }  # fmt: skip
    assert receiver.is_quiet
    events.disable_rule(Name="orders")
    put(events)
    events.enable_rule(Name="orders")
    last = put(events)
    assert receiver.event()["id"] == last


def test_what_a_target_gets_can_be_chosen(events: Any, receiver: Receiver) -> None:
    for choice, expected in [
        ({"Input": '{"a":1}'}, '{"a":1}'),
        ({"InputPath": "$.detail.state"}, '"paid"'),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"id": "$.detail.id"},
                    "InputTemplate": '{"order":<id>,"rule":<aws.events.rule-arn>,"text":"no. <id>"}',
                }
            },
            '{"order":7,"rule":"' + RULE + 'orders","text":"no. 7"}',
        ),
    ]:
        rule(events, **choice)
        put(events)
        assert receiver.next() == expected
    answer = events.put_targets(
        Rule="orders",
        Targets=[
            {"Id": "1", "Arn": FUNCTION, "InputTransformer": {"InputTemplate": "<what>"}},
            {"Id": "2", "Arn": FUNCTION, "Input": "{}", "InputPath": "$.a"},
            {"Id": "3", "Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/x"},
            {"Id": "4", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:x.fifo"},
            {"Id": "5", "Arn": FUNCTION},
        ],
    )
    failed = {entry["TargetId"]: entry["ErrorCode"] for entry in answer["FailedEntries"]}
    invalid = "ValidationException"
    assert failed == {"1": invalid, "2": invalid, "3": "NotImplemented", "4": invalid}
    assert {target["Id"] for target in events.list_targets_by_rule(Rule="orders")["Targets"]} == {"1", "5"}


def test_entries_that_can_t_be_accepted_are_told_one_by_one(events: Any) -> None:
    answer = events.put_events(
        Entries=[
            ENTRY, ENTRY | {"Source": "aws.iam"}, ENTRY | {"Detail": "[]"}, {"Source": "a", "DetailType": "b"},
            {"DetailType": "b", "Detail": "{}"}, ENTRY | {"EventBusName": "none"},
        ]
    )  # fmt: skip
    assert answer["FailedEntryCount"] == 5
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [
        None, "NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument", "InvalidArgument",
        "ResourceNotFoundException",
    ]  # fmt: skip
    error = error_of(events.put_events, Entries=[ENTRY | {"Detail": json.dumps({"a": "x" * 262144})}])
    assert (error.code, error.message) == (
        "ValidationException", "Total size of the entries in the request is over the limit.",
    )  # fmt: skip


def test_patterns_that_are_none_are_refused_as_aws_does(events: Any) -> None:
    error = error_of(events.put_rule, Name="x", EventPattern='{"source":"aws.ec2"}')
    assert error.code == "InvalidEventPatternException"
    assert error.message == (
        'Event pattern is not valid. Reason: "source" must be an object or an array\n'
        ' at [Source: (String)"{"source":"aws.ec2"}"; line: 1, column: 12]'
    )
    error = error_of(events.put_rule, Name="x")
    assert error.message == "Parameter(s) EventPattern or ScheduleExpression must be specified."
    assert error_of(events.put_rule, Name="x", ScheduleExpression="rate(5 minute)").code == "ValidationException"
    event: dict[str, Any] = {"id": "1", "account": "2", "source": "shop", "time": "t", "region": "r"}
    event |= {"resources": [], "detail-type": "d"}
    for pattern, result in [({"source": ["shop"]}, True), ({"source": [{"prefix": "b"}]}, False)]:
        answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
        assert answer["Result"] is result


def test_rules_and_buses_are_described_listed_and_deleted(events: Any) -> None:
    events.create_event_bus(Name="own", Tags=[{"Key": "team", "Value": "a"}])
    assert error_of(events.create_event_bus, Name="own").code == "ResourceAlreadyExistsException"
    assert {bus["Name"] for bus in events.list_event_buses()["EventBuses"]} == {"default", "own"}
    for number in range(5):
        events.put_rule(Name=f"r{number}", EventPattern='{"a":["b"]}', EventBusName="own")
    pages = list(events.get_paginator("list_rules").paginate(EventBusName="own", PaginationConfig={"PageSize": 2}))
    assert [len(page["Rules"]) for page in pages] == [2, 2, 1]
    described = events.describe_rule(Name="r1", EventBusName=f"{BUS}own")
    assert (described["Arn"], described["State"], described["CreatedBy"]) == (f"{RULE}own/r1", "ENABLED", ACCOUNT)
    events.put_targets(Rule="r1", EventBusName="own", Targets=[{"Id": "1", "Arn": FUNCTION}])
    assert events.list_rule_names_by_target(TargetArn=FUNCTION, EventBusName="own")["RuleNames"] == ["r1"]
    assert error_of(events.delete_rule, Name="r1", EventBusName="own").message == (
        "Rule can't be deleted since it has targets."
    )
    assert error_of(events.delete_event_bus, Name="own").code == "ValidationException"
    assert error_of(events.delete_event_bus, Name="default").message == "Cannot delete event bus default."
    assert error_of(events.describe_rule, Name="no").message == "Rule no does not exist on EventBus default."
    assert error_of(events.describe_event_bus, Name="no").code == "ResourceNotFoundException"
    events.tag_resource(ResourceARN=f"{RULE}own/r1", Tags=[{"Key": "x", "Value": "y"}])
    assert events.list_tags_for_resource(ResourceARN=f"{RULE}own/r1")["Tags"] == [{"Key": "x", "Value": "y"}]
    events.untag_resource(ResourceARN=f"{BUS}own", TagKeys=["team"])
    assert events.list_tags_for_resource(ResourceARN=f"{BUS}own")["Tags"] == []
    assert events.remove_targets(Rule="r1", EventBusName="own", Ids=["1", "2"])["FailedEntryCount"] == 1
    for number in range(5):
        events.delete_rule(Name=f"r{number}", EventBusName="own")
    events.delete_event_bus(Name="own")
    assert {bus["Name"] for bus in events.list_event_buses()["EventBuses"]} == {"default"}


def undelivered(cloud: Server) -> int:
    """Of all tests that this server has seen."""
    lines = cloud.get("/metrics")[1].splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("gatehouse_undelivered_events_total "))


def test_what_is_refused_for_a_while_comes_later_and_else_is_given_up(
    cloud: Server, events: Any, receiver: Receiver
) -> None:
    before = undelivered(cloud)
    rule(events, RetryPolicy={"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600})
    receiver.status = [503, 429]
    put(events)
    receiver.next()
    for _ in range(2):
        cloud.advance(30)
        receiver.next()
    cloud.advance(3600)
    assert receiver.is_quiet
    receiver.status = [503, 503, 503]
    put(events)
    receiver.next()
    for _ in range(3):
        cloud.advance(900)
    assert (receiver.event(), receiver.event()) and receiver.is_quiet
    # What will never be taken is not tried again.
    receiver.status = [400]
    put(events)
    receiver.next()
    cloud.advance(3600)
    assert receiver.is_quiet
    assert undelivered(cloud) == before + 2


def test_schedules_run_by_the_clock(cloud: Server, events: Any, receiver: Receiver) -> None:
    events.put_rule(Name="often", ScheduleExpression="rate(5 minutes)")
    events.put_targets(Rule="often", Targets=[{"Id": "1", "Arn": FUNCTION}])
    cloud.advance(200)
    assert receiver.is_quiet
    cloud.advance(101)
    event = receiver.event()
    assert (event["source"], event["detail-type"], event["resources"]) == (
        "aws.events", "Scheduled Event", [f"{RULE}often"],
    )  # fmt: skip
    events.put_rule(Name="often", ScheduleExpression="cron(0 12 * * ? *)")
    cloud.advance(86400)
    assert receiver.event()["time"].endswith("T12:00:00Z")
    events.disable_rule(Name="often")
    # It may have been noon meanwhile once more.
    cloud.advance(0)
    while not receiver.is_quiet:
        receiver.next()
    cloud.advance(2 * 86400)
    assert receiver.is_quiet


def test_an_archive_is_replayed(cloud: Server, events: Any, receiver: Receiver) -> None:
    rule(events)
    rule(events, "other", OTHER)
    events.create_archive(
        ArchiveName="kept", EventSourceArn=f"{BUS}default", EventPattern='{"detail":{"id":[7]}}', RetentionDays=1
    )
    put(events, Detail='{"id":8}')
    id = put(events)
    for _ in range(4):
        receiver.next()
    archive = events.describe_archive(ArchiveName="kept")
    assert (archive["EventCount"], archive["State"]) == (1, "ENABLED") and archive["SizeBytes"] > 20
    start = archive["CreationTime"].timestamp() - 5
    more = {"EventSourceArn": archive["ArchiveArn"], "EventStartTime": start, "EventEndTime": start + 600}
    answer = events.start_replay(
        ReplayName="again", Destination={"Arn": f"{BUS}default", "FilterArns": [f"{RULE}other"]}, **more
    )
    assert answer["State"] == "STARTING"
    path, _, body = receiver.messages.get(timeout=PATIENCE)
    event = json.loads(body)
    assert (path, event["id"], event["replay-name"]) == ("/other", id, "again")
    cloud.advance(1)
    replay = events.describe_replay(ReplayName="again")
    assert replay["State"] == "COMPLETED" and receiver.is_quiet
    assert error_of(events.cancel_replay, ReplayName="again").code == "IllegalStatusException"
    # What was replayed is not kept once more; and after a day nothing is.
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 1
    cloud.advance(2 * 86400)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 0
    cloud.advance(89 * 86400)
    assert error_of(events.describe_replay, ReplayName="again").code == "ResourceNotFoundException"


def test_calls_become_events(cloud: Server, events: Any, receiver: Receiver) -> None:
    cloud.root.iam.create_user(UserName="before")
    pattern = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]}
    rule(events, pattern=pattern)
    rule(events, "all", OTHER, pattern=pattern, State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    cloud.root.iam.list_users()
    cloud.root.iam.create_user(UserName="ada")
    seen: dict[str, list[str]] = {"/orders": [], "/other": []}
    while len(seen["/orders"]) < 1 or len(seen["/other"]) < 2:
        path, _, body = receiver.messages.get(timeout=PATIENCE)
        event = json.loads(body)
        assert event["detail"]["eventSource"] == "iam.amazonaws.com" and event["account"] == ACCOUNT
        seen[path].append(event["detail"]["eventName"])
    assert {path: sorted(names) for path, names in seen.items()} == {
        "/orders": ["CreateUser"], "/other": ["CreateUser", "ListUsers"],
    }  # fmt: skip


def test_a_rule_that_is_enabled_again_gets_nothing_of_meanwhile(cloud: Server, events: Any, receiver: Receiver) -> None:
    rule(events, pattern={"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]})
    events.disable_rule(Name="orders")
    cloud.root.iam.create_user(UserName="meanwhile")
    events.enable_rule(Name="orders")
    cloud.root.iam.create_user(UserName="ada")
    assert receiver.event()["detail"]["requestParameters"]["userName"] == "ada"


def test_other_accounts_functions_and_log_groups_are_no_targets(events: Any) -> None:
    events.put_rule(Name="orders", EventPattern='{"source":["shop"]}')
    group = f"arn:aws:logs:{REGION}:999988887777:log-group:app"
    targets = [{"Id": str(id), "Arn": arn} for id, arn in enumerate([FOREIGN, group, FUNCTION])]
    failed = events.put_targets(Rule="orders", Targets=targets)["FailedEntries"]
    assert [(one["TargetId"], one["ErrorCode"]) for one in failed] == [
        ("0", "ValidationException"), ("1", "ValidationException"),
    ]  # fmt: skip


def test_who_may_put_events_and_targets(
    cloud: Server, events: Any, new_user: Callable[..., Identity], new_role: Callable[..., str]
) -> None:
    shop = allow("events:PutEvents", f"{BUS}default", Condition={"StringEquals": {"events:source": "shop"}})
    ada = new_user("ada", shop, allow("events:PutRule", f"{RULE}mine-*"), allow("events:PutTargets", f"{RULE}*"))
    own = ada.client("events")
    put(own)
    denied = error_of(own.put_events, Entries=[ENTRY | {"Source": "bank"}])
    assert denied.code == "AccessDeniedException" and "events:PutEvents" in denied.message
    own.put_rule(Name="mine-1", EventPattern='{"source":["shop"]}')
    assert error_of(own.put_rule, Name="theirs", EventPattern='{"source":["shop"]}').code == "AccessDeniedException"
    role = new_role("sender", trust({"Service": "events.amazonaws.com"}))
    target = {"Id": "1", "Arn": FUNCTION, "RoleArn": role}
    passing = error_of(own.put_targets, Rule="mine-1", Targets=[target])
    assert passing.code == "AccessDeniedException" and "iam:PassRole" in passing.message
    cloud.root.iam.put_user_policy(
        UserName="ada", PolicyName="pass", PolicyDocument=policy(allow("iam:PassRole", role))
    )
    own.put_targets(Rule="mine-1", Targets=[target])
    cloud.root.iam.put_user_policy(
        UserName="ada", PolicyName="targets",
        PolicyDocument=policy(
            {"Effect": "Deny", "Action": "events:PutTargets", "Resource": "*",
             "Condition": {"ForAnyValue:ArnEquals": {"events:TargetArn": OTHER}}}
        ),
    )  # fmt: skip
    assert error_of(own.put_targets, Rule="mine-1", Targets=[{"Id": "2", "Arn": OTHER}]).code == "AccessDeniedException"


def test_another_account_s_bus(cloud: Server, events: Any, receiver: Receiver) -> None:
    other = NewOrganization(cloud).member("other")
    theirs, id = other.admin.client("events"), other.account
    events.create_event_bus(Name="shared")
    rule(events, EventBusName="shared")
    there = {"EventBusName": f"{BUS}shared"}
    denied = error_of(theirs.put_events, Entries=[ENTRY | there])
    assert denied.code == "AccessDeniedException" and f"{BUS}shared" in denied.message
    events.put_permission(EventBusName="shared", StatementId="them", Action="events:PutEvents", Principal=id)
    put(theirs, **there)
    assert receiver.event()["account"] == id
    # Their own rule sends what they have to the shared bus, whose policy decides.
    service = trust({"Service": "events.amazonaws.com"})
    role = other.admin.iam.create_role(RoleName="on", AssumeRolePolicyDocument=service)["Role"]["Arn"]
    needed = policy(allow("events:PutEvents", f"{BUS}shared"))
    other.admin.iam.put_role_policy(RoleName="on", PolicyName="own", PolicyDocument=needed)
    rule(theirs, "on", f"{BUS}shared", RoleArn=role)
    put(theirs)
    event = receiver.event()
    assert (event["account"], event["detail"]) == (id, {"id": 7, "state": "paid"})
    events.remove_permission(EventBusName="shared", StatementId="them")
    assert error_of(theirs.put_events, Entries=[ENTRY | there]).code == "AccessDeniedException"
    put(theirs)
    cloud.advance(60)
    assert receiver.is_quiet
    assert error_of(theirs.put_rule, Name="x", EventPattern='{"a":[1]}', **there).code == "AccessDeniedException"
    own = {"StringEquals": {"events:creatorAccount": "${aws:PrincipalAccount}"}}
    actions = ["events:PutRule", "events:DescribeRule"]
    statement = allow(actions, f"{RULE}shared/*", Sid="rules", Principal={"AWS": id}, Condition=own)
    events.put_permission(EventBusName="shared", Policy=policy(statement))
    theirs.put_rule(Name="x", EventPattern='{"a":[1]}', **there)
    assert theirs.describe_rule(Name="x", **there)["CreatedBy"] == id
    assert error_of(theirs.describe_rule, Name="orders", **there).code == "AccessDeniedException"


def test_api_destinations_get_what_their_connections_say(
    events: Any, receiver: Receiver, new_role: Callable[..., str]
) -> None:
    header = {"Key": "X-Team", "Value": "a", "IsValueSecret": False}
    member = {"Key": "who", "Value": "me", "IsValueSecret": True}
    more = {"InvocationHttpParameters": {"HeaderParameters": [header], "BodyParameters": [member]}}
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}}
    connection = events.create_connection(Name="shop", AuthorizationType="API_KEY", AuthParameters=key | more)
    described = events.describe_connection(Name="shop")
    assert described["ConnectionState"] == "AUTHORIZED"
    assert "s3cret" not in str(described) and "'me'" not in str(described)
    arn = events.create_api_destination(
        Name="orders", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
        InvocationEndpoint="https://api.example.com/orders/*",
    )["ApiDestinationArn"]  # fmt: skip
    assert error_of(
        events.create_api_destination, Name="plain", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
        InvocationEndpoint="http://169.254.169.254/",
    ).code == "ValidationException"  # fmt: skip
    service = trust({"Service": "events.amazonaws.com"})
    role = new_role("caller", service, allow("events:InvokeApiDestination", arn))
    parameters = {"PathParameterValues": ["$.detail.state"], "QueryStringParameters": {"id": "$.detail.id"}}
    rule(events, arn=arn, RoleArn=role, HttpParameters=parameters)
    put(events)
    path, headers, body = receiver.messages.get(timeout=PATIENCE)
    assert path == "/orders/paid?id=7"
    assert (headers["X-Key"], headers["X-Team"]) == ("s3cret", "a")
    assert json.loads(body)["who"] == "me" and json.loads(body)["detail"]["id"] == 7
    # A client of an authorization server.
    oauth = {"OAuthParameters": {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "s3cret"}, "HttpMethod": "POST",
        "AuthorizationEndpoint": "https://api.example.com/token"}}  # fmt: skip
    events.update_connection(Name="shop", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=oauth)
    put(events)
    path, _, body = receiver.messages.get(timeout=PATIENCE)
    assert path == "/token" and "client_secret=s3cret" in body and "grant_type=client_credentials" in body
    assert receiver.messages.get(timeout=PATIENCE)[1]["Authorization"] == "Bearer t0ken"
    # A role that may not.
    rule(events, arn=arn, RoleArn=new_role("nobody", service), HttpParameters=parameters)
    put(events)
    rule(events, "after", OTHER)
    put(events)
    assert receiver.messages.get(timeout=PATIENCE)[0] == "/other" and receiver.is_quiet
