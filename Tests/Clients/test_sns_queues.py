"""SNS and queues: deliveries within the publisher's transaction, dead letters, order, encryption, and no word that is lost."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, raw
from harness.configuration import until
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
FIFO = f"{TOPIC}.fifo"


class Queues:
    def __init__(self, root: Identity) -> None:
        self.sqs = root.client("sqs")
        self.account = root.sts.get_caller_identity()["Account"]

    def arn(self, name: str) -> str:
        return f"arn:aws:sqs:us-east-1:{self.account}:{name}"

    def make(self, name: str, topic: str | None = TOPIC, **attributes: str) -> str:
        """A queue that takes what a topic sends."""
        if topic:
            condition = {"ArnEquals": {"aws:SourceArn": topic}}
            statement = allow("sqs:SendMessage", self.arn(name), Principal={"Service": "sns.amazonaws.com"}, Condition=condition)
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def take(self, url: str, wait: int = 0) -> list[dict[str, Any]]:
        """All that is there, taken out."""
        taken: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, MessageAttributeNames=["All"], AttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(message)
            if not answer.get("Messages"):
                return taken

    def texts(self, url: str) -> list[str]:
        return [json.loads(message["Body"])["Message"] for message in self.take(url)]


@pytest.fixture
def queues(root: Identity) -> Queues:
    return Queues(root)


@pytest.fixture
def sns(root: Identity) -> Any:
    client = root.client("sns")
    client.create_topic(Name="news")
    return client


def subscribe(sns: Any, queue: str, topic: str = TOPIC, **attributes: str) -> str:
    return str(sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)["SubscriptionArn"])


def test_what_is_published_is_there(sns: Any, queues: Queues) -> None:
    url = queues.make("orders")
    arn = subscribe(sns, queues.arn("orders"))
    assert arn.startswith(TOPIC)
    published = sns.publish(
        TopicArn=TOPIC, Message="text", Subject="Hello", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}}
    )
    # In the publisher's own transaction: nothing is waited for.
    (message,) = queues.take(url)
    body = json.loads(message["Body"])
    assert (body["Type"], body["MessageId"], body["Message"]) == ("Notification", published["MessageId"], "text")
    assert body["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}} and "MessageAttributes" not in message
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    attributes = {"s": {"DataType": "String", "StringValue": "a"}, "b": {"DataType": "Binary", "BinaryValue": b"\0"}}
    sns.publish(TopicArn=TOPIC, Message="raw", MessageAttributes=attributes)
    (message,) = queues.take(url)
    assert message["Body"] == "raw" and message["MessageAttributes"] == attributes
    # More attributes than a queue takes: nobody gets it.
    many = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
    sns.publish(TopicArn=TOPIC, Message="lost", MessageAttributes=many)
    assert queues.take(url) == []
    batch = [{"Id": str(number), "Message": str(number)} for number in range(10)]
    sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=batch)
    assert sorted(message["Body"] for message in queues.take(url)) == sorted(map(str, range(10)))


def test_subscribing_twice(sns: Any, queues: Queues) -> None:
    arn = subscribe(sns, queues.arn("orders"))
    assert subscribe(sns, queues.arn("orders")) == arn
    error = error_of(sns.subscribe, TopicArn=TOPIC, Protocol="sqs", Endpoint=queues.arn("orders"), Attributes={"RawMessageDelivery": "true"})
    assert error.message == "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"


def test_the_queue_decides(sns: Any, queues: Queues) -> None:
    closed = queues.make("closed", topic=None)
    other = queues.make("other", topic=TOPIC + "s")
    dead = queues.make("dead")
    for name in ("closed", "other", "none"):
        subscribe(sns, queues.arn(name), RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn("dead")}))
    sns.publish(TopicArn=TOPIC, Message="text")
    assert queues.take(closed) == queues.take(other) == []
    assert queues.texts(dead) == ["text"] * 3


def test_dead_letters_have_to_fit(sns: Any, queues: Queues) -> None:
    arn = subscribe(sns, queues.arn("orders"))
    for policy in ("{", "{}", '{"deadLetterTargetArn":"orders"}', json.dumps({"deadLetterTargetArn": queues.arn("dead.fifo")})):
        error = error_of(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="RedrivePolicy", AttributeValue=policy)
        assert error.code == "InvalidParameter" and "RedrivePolicy" in error.message


def test_an_endpoint_that_is_gone_leaves_dead_letters(cloud: Server, sns: Any, queues: Queues) -> None:
    dead = queues.make("dead")
    # No server of this project's tests is there.
    sns.subscribe(TopicArn=TOPIC, Protocol="https", Endpoint="https://127.0.0.1:1/x", ReturnSubscriptionArn=True)
    # Who never confirms gets nothing, and leaves nothing.
    sns.publish(TopicArn=TOPIC, Message="text")
    cloud.advance(3600)
    assert queues.take(dead) == []


def test_order_and_deduplication(cloud: Server, sns: Any, queues: Queues) -> None:
    # Else the queue, too, takes a text once in all groups.
    by_group = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    url, standard = queues.make("orders.fifo", FIFO, **by_group), queues.make("orders", FIFO)
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true"})
    for name in ("orders.fifo", "orders"):
        subscribe(sns, queues.arn(name), FIFO)
    error = error_of(sns.publish, TopicArn=FIFO, Message="x", MessageDeduplicationId="a")
    assert error.message == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    error = error_of(sns.publish, TopicArn=FIFO, Message="x", MessageGroupId="g")
    assert "ContentBasedDeduplication" in error.message
    error = error_of(sns.subscribe, TopicArn=FIFO, Protocol="email", Endpoint="a@example.com")
    assert error.message == "Invalid parameter: Invalid protocol type: email"

    answers = [
        sns.publish(TopicArn=FIFO, Message=str(number), MessageGroupId="g", MessageDeduplicationId=str(number)) for number in range(20)
    ]
    numbers = [answer["SequenceNumber"] for answer in answers]
    assert numbers == sorted(numbers) and len(set(numbers)) == 20 and {len(number) for number in numbers} == {20}
    again = sns.publish(TopicArn=FIFO, Message="again", MessageGroupId="g", MessageDeduplicationId="7")
    assert (again["MessageId"], again["SequenceNumber"]) == (answers[7]["MessageId"], numbers[7])
    cloud.advance(1)
    taken = [json.loads(message["Body"]) for message in queues.take(url)]
    assert [one["Message"] for one in taken] == [str(number) for number in range(20)]
    assert [one["SequenceNumber"] for one in taken] == numbers
    assert sorted(queues.texts(standard)) == sorted(str(number) for number in range(20))
    cloud.advance(301)
    sns.publish(TopicArn=FIFO, Message="later", MessageGroupId="g", MessageDeduplicationId="7")
    sns.set_topic_attributes(TopicArn=FIFO, AttributeName="ContentBasedDeduplication", AttributeValue="true")
    for group in ("g", "h"):
        sns.publish(TopicArn=FIFO, Message="same", MessageGroupId=group)
    sns.set_topic_attributes(TopicArn=FIFO, AttributeName="FifoThroughputScope", AttributeValue="MessageGroup")
    for group in ("i", "i", "j"):
        sns.publish(TopicArn=FIFO, Message="grouped", MessageGroupId=group)
    cloud.advance(1)
    messages = queues.take(url)
    assert [json.loads(message["Body"])["Message"] for message in messages].count("same") == 1
    groups = [message["Attributes"]["MessageGroupId"] for message in messages if "grouped" in message["Body"]]
    assert sorted(groups) == ["i", "j"]


def test_a_queue_of_another_account(cloud: Server, sns: Any, queues: Queues) -> None:
    member = NewOrganization(cloud).member("partner")
    theirs = Queues(member.admin)
    url = theirs.make("orders")
    # The topic's account asks, and the queue's has to confirm.
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=theirs.arn("orders"))
    cloud.advance(1)
    (message,) = theirs.take(url)
    asked = json.loads(message["Body"])
    assert asked["Type"] == "SubscriptionConfirmation"
    member.admin.client("sns").confirm_subscription(TopicArn=TOPIC, Token=asked["Token"])
    sns.publish(TopicArn=TOPIC, Message="text")
    assert theirs.texts(url) == ["text"]
    # Where the queue's own account asks, nobody has to.
    sns.add_permission(TopicArn=TOPIC, Label="partner", AWSAccountId=[member.account], ActionName=["Subscribe"])
    own = theirs.make("own")
    assert subscribe(member.admin.client("sns"), theirs.arn("own")).startswith(TOPIC)
    sns.publish(TopicArn=TOPIC, Message="both")
    assert theirs.texts(url) == theirs.texts(own) == ["both"]


def test_a_topic_with_a_key(cloud: Server, root: Identity, sns: Any, queues: Queues, new_user: Callable[..., Identity]) -> None:
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]
    url = queues.make("orders")
    subscribe(sns, queues.arn("orders"))
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key["KeyId"])
    context = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC, "kms:ViaService": "sns.us-east-1.amazonaws.com"}}
    for actions in ([], ["kms:GenerateDataKey"], ["kms:Decrypt"]):
        statements = [allow("sns:Publish", TOPIC)] + ([allow(actions, key["Arn"])] if actions else [])
        user = new_user(f"user-{'-'.join(actions).replace(':', '')}", *statements).client("sns")
        assert error_of(user.publish, TopicArn=TOPIC, Message="x").code == "KMSAccessDenied"
    may = new_user("may", allow("sns:Publish", TOPIC), allow(["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"], Condition=context))
    may.client("sns").publish(TopicArn=TOPIC, Message="text")
    assert queues.texts(url) == ["text"]
    kms.disable_key(KeyId=key["KeyId"])
    assert error_of(sns.publish, TopicArn=TOPIC, Message="x").code == "KMSDisabled"
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="alias/none")
    assert error_of(sns.publish, TopicArn=TOPIC, Message="x").code == "KMSNotFound"
    # The key that AWS has for it, and what lies encrypted until a job delivers it.
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    sns.publish(TopicArn=TOPIC, Message="by AWS's key")
    assert queues.texts(url) == ["by AWS's key"]
    fifo = queues.make("orders.fifo", FIFO)
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "KmsMasterKeyId": "alias/aws/sns"})
    subscribe(sns, queues.arn("orders.fifo"), FIFO)
    sns.publish(TopicArn=FIFO, Message="sealed", MessageGroupId="g", MessageDeduplicationId="a")
    cloud.advance(1)
    assert queues.texts(fifo) == ["sealed"]


def test_order_holds_while_a_message_can_not_be_decrypted(
    cloud: Server, root: Identity, sns: Any, queues: Queues, new_user: Callable[..., Identity]
) -> None:
    owner = f"arn:aws:iam::{ACCOUNT}:root"
    everybody = allow("kms:*", Principal={"AWS": owner})
    not_sns = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalArn": owner}},
    }
    kms = root.client("kms")
    key = kms.create_key(Policy=policy(everybody, not_sns))["KeyMetadata"]
    url = queues.make("orders.fifo", FIFO)
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "KmsMasterKeyId": key["KeyId"]})
    subscribe(sns, queues.arn("orders.fifo"), FIFO)
    publisher = new_user("publisher", allow("sns:Publish", FIFO), allow("kms:*", key["Arn"])).client("sns")
    publisher.publish(TopicArn=FIFO, Message="first", MessageGroupId="g", MessageDeduplicationId="a")
    sns.set_topic_attributes(TopicArn=FIFO, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    sns.publish(TopicArn=FIFO, Message="second", MessageGroupId="g", MessageDeduplicationId="b")
    cloud.advance(10)
    assert queues.texts(url) == []
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy(everybody))
    cloud.advance(60)
    assert queues.texts(url) == ["first", "second"]


def test_data_protection(sns: Any, queues: Queues, root: Identity, new_user: Callable[..., Identity]) -> None:
    url, other = queues.make("orders"), queues.make("other")
    subscribe(sns, queues.arn("orders"), RawMessageDelivery="true")
    alice = new_user("alice", allow(["sns:Subscribe", "sns:Publish"], TOPIC))
    subscribe(alice.client("sns"), queues.arn("other"), RawMessageDelivery="true")
    user = f"arn:aws:iam::{ACCOUNT}:user/alice"

    def statement(direction: str, operation: dict[str, Any], kind: str, *principals: str) -> dict[str, Any]:
        data = [f"arn:aws:dataprotection::aws:data-identifier/{kind}"]
        return {"DataDirection": direction, "Principal": list(principals), "DataIdentifier": data, "Operation": operation}

    def put(*statements: dict[str, Any]) -> None:
        document = {"Name": "p", "Version": "2021-06-01", "Statement": list(statements)}
        sns.put_data_protection_policy(ResourceArn=TOPIC, DataProtectionPolicy=json.dumps(document))

    mask = {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}}
    put(statement("Outbound", mask, "EmailAddress", user))
    sns.publish(TopicArn=TOPIC, Message="to a@example.com now")
    assert [one["Body"] for one in queues.take(url)] == ["to a@example.com now"]
    assert [one["Body"] for one in queues.take(other)] == ["to ############# now"]
    put(statement("Outbound", {"Deny": {}}, "EmailAddress", user), statement("Inbound", {"Deidentify": {"RedactConfig": {}}}, "IpAddress", "*"))
    sns.publish(TopicArn=TOPIC, Message="from 192.0.2.1 to a@example.com")
    assert [one["Body"] for one in queues.take(url)] == ["from  to a@example.com"] and queues.take(other) == []
    put(statement("Inbound", {"Deny": {}}, "EmailAddress", user))
    assert error_of(alice.client("sns").publish, TopicArn=TOPIC, Message="a@example.com").code == "AuthorizationError"
    assert alice.client("sns").publish(TopicArn=TOPIC, Message="nothing")["MessageId"]
    assert '"Deny"' in sns.get_data_protection_policy(ResourceArn=TOPIC)["DataProtectionPolicy"]
    error = error_of(sns.put_data_protection_policy, ResourceArn=TOPIC, DataProtectionPolicy="{")
    assert error.code == "InvalidParameter" and error.message.startswith("Invalid parameter: DataProtectionPolicy")
    audit = statement("Inbound", {"Audit": {"SampleRate": "99", "FindingsDestination": {}}}, "EmailAddress", "*")
    document = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [audit]})
    assert error_of(sns.put_data_protection_policy, ResourceArn=TOPIC, DataProtectionPolicy=document).code == "NotImplemented"


def test_nothing_acknowledged_is_lost(lasting: Callable[..., Server]) -> None:
    """A server that is killed under load: each answered message is in both queues, once, and those of a group in their order."""
    server = lasting().start()
    root = server.root
    queues, sns = Queues(root), root.client("sns")
    sns.create_topic(Name="news")
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    direct, ordered = queues.make("orders"), queues.make("orders.fifo", FIFO)
    subscribe(sns, queues.arn("orders"))
    subscribe(sns, queues.arn("orders.fifo"), FIFO)
    answered: dict[str, list[str]] = {TOPIC: [], FIFO: []}

    def publish(topic: str, more: dict[str, str]) -> None:
        client = root.client("sns", retries={"max_attempts": 0}, connect_timeout=PATIENCE, read_timeout=PATIENCE)
        for number in range(100_000):
            try:
                client.publish(TopicArn=topic, Message=f"{number:06}", **more)
            except Exception:  # noqa: BLE001: the server is gone
                return
            answered[topic].append(f"{number:06}")
            if len(answered[topic]) == 60:
                enough.set()

    enough = threading.Event()
    publishers = [threading.Thread(target=publish, args=one) for one in ((TOPIC, {}), (FIFO, {"MessageGroupId": "g"}))]
    for one in publishers:
        one.start()
    assert enough.wait(PATIENCE)
    server.kill()
    for one in publishers:
        one.join()
    server.start()
    queues = Queues(server.root)
    found = queues.texts(direct)
    assert set(answered[TOPIC]) <= set(found) and len(found) == len(set(found)) <= len(answered[TOPIC]) + 1
    in_order: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while len(in_order) < len(answered[FIFO]) and time.monotonic() < deadline:
        taken = [json.loads(message["Body"])["Message"] for message in queues.take(ordered, wait=1)]
        in_order += taken
    assert in_order == sorted(set(in_order)) and set(answered[FIFO]) <= set(in_order)


def many(sns: Any, queues: Queues, topic: str, count: int = 70) -> list[str]:
    """More subscribers than one transaction takes, and than a job sees to at once."""
    suffix = ".fifo" if topic == FIFO else ""
    urls = [queues.make(f"many{number}{suffix}", topic) for number in range(count)]
    for number in range(count):
        subscribe(sns, queues.arn(f"many{number}{suffix}"), topic)
    return urls


@pytest.mark.memory
def test_very_many_subscribers(cloud: Server, sns: Any, queues: Queues, root: Identity) -> None:
    urls = many(sns, queues, TOPIC)
    last = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"][0]["SubscriptionArn"]
    filter = json.dumps({"kind": ["other"]})
    sns.set_subscription_attributes(SubscriptionArn=last, AttributeName="FilterPolicy", AttributeValue=filter)
    key = root.client("kms").create_key()["KeyMetadata"]
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key["KeyId"])
    sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="me@example.com")
    mail = raw.signed("GET", "/_gatehouse/outbox", b"", cloud.root, service="gatehouse")
    (confirmation,) = json.loads(raw.send(cloud.port, mail).body)
    with urllib.request.urlopen(confirmation["text"].split()[-1], timeout=PATIENCE) as answer:
        assert answer.status == 200
    sns.publish(TopicArn=TOPIC, Message="text", MessageAttributes={"kind": {"DataType": "String", "StringValue": "this"}})
    cloud.advance(5)
    assert sorted(queues.texts(url) for url in urls) == [[]] + [["text"]] * 69
    assert json.loads(raw.send(cloud.port, mail).body)[-1]["text"].startswith("text\n")
    # Nobody gets anything twice.
    cloud.advance(60)
    assert [queues.texts(url) for url in urls] == [[]] * 70


@pytest.mark.memory
def test_order_holds_with_very_many_subscribers(cloud: Server, sns: Any, queues: Queues) -> None:
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    urls = many(sns, queues, FIFO, 65)
    entries = [{"Id": str(number), "Message": str(number), "MessageGroupId": "g"} for number in range(10)]
    one = sns.list_subscriptions_by_topic(TopicArn=FIFO)["Subscriptions"][0]["SubscriptionArn"]
    sns.publish_batch(TopicArn=FIFO, PublishBatchRequestEntries=entries)
    # There are no more now than one transaction takes.
    sns.unsubscribe(SubscriptionArn=one)
    sns.publish(TopicArn=FIFO, Message="10", MessageGroupId="g")
    cloud.advance(5)
    texts = [queues.texts(url) for url in urls]
    assert texts.count([str(number) for number in range(11)]) == 64


def test_what_very_many_are_to_get_survives_kill_9(lasting: Callable[..., Server]) -> None:
    server = lasting().start()
    queues, sns = Queues(server.root), server.root.client("sns")
    sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    urls = many(sns, queues, FIFO)
    for number in range(3):
        sns.publish(TopicArn=FIFO, Message=str(number), MessageGroupId="g")
    server.kill()
    server.start()
    queues = Queues(server.root)
    for url in urls:
        found: list[str] = []
        until(lambda found=found, url=url: found.extend(queues.texts(url)) or len(found) >= 3)
        assert found == ["0", "1", "2"]
