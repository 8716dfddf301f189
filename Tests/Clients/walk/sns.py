"""SNS: a topic with a subscription."""

from harness import ACCOUNT, Identity
from walk import Samples

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:x"


def furnish(root: Identity) -> None:
    sns = root.client("sns")
    sns.create_topic(Name="x")
    arn = sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="x@example.com", ReturnSubscriptionArn=True)
    SAMPLES.values["SubscriptionArn"] = arn["SubscriptionArn"]
    sns.add_permission(TopicArn=TOPIC, Label="RemovePermission", AWSAccountId=["444455556666"], ActionName=["Publish"])


SAMPLES = Samples(
    furnish=furnish,
    admits_anonymous=True,
    open_to_anybody={
        "ConfirmSubscription": "a token that only the endpoint was sent",
        "Unsubscribe": "the subscription's ARN, unless it asks for a signature",
    },
    data_events={"Publish", "PublishBatch"},
)
SAMPLES.members(TopicArn=TOPIC, ResourceArn=TOPIC, Name="y", SubscriptionArn=f"{TOPIC}:00000000-0000-0000-0000-000000000001")
SAMPLES.members(Protocol="email", Label="x", AttributeName="DisplayName", Token="x")
SAMPLES.of("AddPermission", **{"AWSAccountId[]": "444455556666", "ActionName[]": "Publish"})
SAMPLES.of("Subscribe", Endpoint="y@example.com")
SAMPLES.of("RemovePermission", Label="RemovePermission")
SAMPLES.of("SetSubscriptionAttributes", AttributeName="RawMessageDelivery", AttributeValue="false")
SAMPLES.of("Publish", TopicArn=TOPIC)
