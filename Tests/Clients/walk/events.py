"""EventBridge: a rule, an archive, a replay, a connection and an API destination, all called x."""

from harness import ACCOUNT, Identity
from walk import Samples

REGION = "us-east-1"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
ARCHIVE = f"arn:aws:events:{REGION}:{ACCOUNT}:archive/x"
CONNECTION = f"arn:aws:events:{REGION}:{ACCOUNT}:connection/x/00000000-0000-4000-8000-000000000001"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:x"
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x", "ApiKeyValue": "x"}}


def furnish(root: Identity) -> None:
    events = root.client("events")
    events.put_rule(Name="x", EventPattern='{"source":["x"]}')
    events.create_event_bus(Name="x")
    events.create_archive(ArchiveName="x", EventSourceArn=BUS)
    events.put_permission(StatementId="x", Action="events:PutEvents", Principal=ACCOUNT)
    connection = events.create_connection(Name="x", AuthorizationType="API_KEY", AuthParameters=KEY)["ConnectionArn"]
    events.create_api_destination(
        Name="x", ConnectionArn=connection, InvocationEndpoint="https://example.com", HttpMethod="POST"
    )
    SAMPLES.values["ConnectionArn"] = connection


SAMPLES = Samples(furnish=furnish, data_events={"PutEvents"})
SAMPLES.members(
    ConnectionArn=CONNECTION, EventSourceArn=BUS, ResourceARN=BUS, TargetArn=QUEUE, AuthorizationType="API_KEY",
    AuthParameters=KEY, InvocationEndpoint="https://example.com", HttpMethod="POST", EventPattern='{"source":["x"]}',
    Targets=[{"Id": "x", "Arn": QUEUE}], Ids=["x"], Entries=[{"Source": "x", "DetailType": "x", "Detail": "{}"}],
    Destination={"Arn": BUS}, Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"], Rule="x", ArchiveName="x",
    ReplayName="x", EventStartTime=1, EventEndTime=2,
    Event='{"id":"x","account":"x","source":"x","time":"x","region":"x","resources":[],"detail-type":"x","detail":{}}',
)  # fmt: skip
SAMPLES.of("StartReplay", EventSourceArn=ARCHIVE)
SAMPLES.of("PutRule", EventPattern='{"source":["x"]}')
SAMPLES.of("PutPermission", StatementId="y", Action="events:PutEvents", Principal=ACCOUNT)
SAMPLES.of("RemovePermission", StatementId="x")
SAMPLES.of("CreateEventBus", Name="y")
