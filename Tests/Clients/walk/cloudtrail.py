"""CloudTrail."""

from harness import ACCOUNT, Identity, policy
from harness.trails import make_bucket
from walk import Samples

HOME = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:"
TRAIL = f"{HOME}trail/x-trail"
STORE = f"{HOME}eventdatastore/00000000-0000-4000-8000-000000000000"


def furnish(root: Identity) -> None:
    """A trail, and a bucket that takes in another; an event data store, a channel, a dashboard and an import, whose names are
    known only then."""
    make_bucket(root, "x-bucket")
    ct = root.cloudtrail
    ct.create_trail(Name="x-trail", S3BucketName="x-bucket")
    store = ct.create_event_data_store(Name="x-store", TerminationProtectionEnabled=False)["EventDataStoreArn"]
    kind = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]
    outside = ct.create_event_data_store(
        Name="x-outside", TerminationProtectionEnabled=False, AdvancedEventSelectors=kind)["EventDataStoreArn"]
    to = [{"Type": "EVENT_DATA_STORE", "Location": outside}]
    channel = ct.create_channel(Name="x-channel", Source="Custom", Destinations=to)["ChannelArn"]
    ct.create_dashboard(Name="x-dashboard")
    statement = f"SELECT eventID FROM {store.rpartition('/')[2]}"
    query = ct.start_query(QueryStatement=statement)["QueryId"]
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "cloudtrail:ListQueries"}
    SAMPLES.values |= {
        "EventDataStore": store, "StartQuery.QueryStatement": statement, "QueryId": query, "DescribeQuery.QueryId": query,
        "ResourceArn": store, "ResourcePolicy": policy(allowed | {"Resource": store}), "Channel": channel,
        "CreateChannel.Destinations": to, "EventDataStores": [store],
        "GetEventConfiguration.EventDataStore": store, "PutEventConfiguration.EventDataStore": store,
    }


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    Name="x-trail",
    ResourceArn=TRAIL,
    ResourceId=TRAIL,
    ResourceIdList=[TRAIL],
    S3BucketName="x-bucket",
    TagsList=[{"Key": "a", "Value": "b"}],
    TrailName="x-trail",
    MemberAccountId="444455556666",
    DelegatedAdminAccountId="444455556666",
    EventDataStore=STORE,
    QueryId="00000000-0000-4000-8000-000000000000",
    ImportId="00000000-0000-4000-8000-000000000000",
    ResourcePolicy="{}",
    Channel=f"{HOME}channel/00000000-0000-4000-8000-000000000000",
    DashboardId="x-dashboard",
    InsightSource=TRAIL,
    EventSource="iam.amazonaws.com",
    EventDataStores=[STORE],
    FederationRoleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
    SearchPhrase="root user",
    Prompt="What went wrong?",
)
SAMPLES.of("CreateTrail", Name="x-new")
SAMPLES.of("PutEventSelectors", EventSelectors=[{"ReadWriteType": "All"}])
SAMPLES.of("CreateEventDataStore", Name="x-new")
SAMPLES.of("StartQuery", QueryStatement=f"SELECT eventID FROM {STORE.rpartition('/')[2]}")
SAMPLES.of("DescribeQuery", QueryId="00000000-0000-4000-8000-000000000000")
SAMPLES.of("PutInsightSelectors", TrailName="x-trail", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
SAMPLES.of("GetInsightSelectors", TrailName="x-trail")
SAMPLES.of("PutEventConfiguration", EventDataStore=STORE, MaxEventSize="Standard")
SAMPLES.of("GetEventConfiguration", EventDataStore=STORE)
SAMPLES.of("CreateChannel", Name="x-new", Source="Custom", Destinations=[{"Type": "EVENT_DATA_STORE", "Location": STORE}])
SAMPLES.of("CreateDashboard", Name="x-new")
