"""CloudTrail."""

from harness import ACCOUNT, Identity
from harness.trails import make_bucket
from walk import Samples

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail"


STORE = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/00000000-0000-4000-8000-000000000000"


def furnish(root: Identity) -> None:
    """A trail, and a bucket that takes in another; an event data store, which gets its name only then."""
    make_bucket(root, "x-bucket")
    ct = root.cloudtrail
    ct.create_trail(Name="x-trail", S3BucketName="x-bucket")
    store = ct.create_event_data_store(Name="x-store", TerminationProtectionEnabled=False)["EventDataStoreArn"]
    statement = f"SELECT eventID FROM {store.partition('/')[2]}"
    query = ct.start_query(QueryStatement=statement)["QueryId"]
    SAMPLES.values |= {"EventDataStore": store, "StartQuery.QueryStatement": statement, "QueryId": query, "DescribeQuery.QueryId": query}


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
)
SAMPLES.of("CreateTrail", Name="x-new")
SAMPLES.of("PutEventSelectors", EventSelectors=[{"ReadWriteType": "All"}])
SAMPLES.of("CreateEventDataStore", Name="x-new")
SAMPLES.of("StartQuery", QueryStatement=f"SELECT eventID FROM {STORE.partition('/')[2]}")
SAMPLES.of("DescribeQuery", QueryId="00000000-0000-4000-8000-000000000000")
