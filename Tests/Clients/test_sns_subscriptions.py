"""Subscriptions of SNS: how they are confirmed and ended, what subscribers get, and how they know that it is genuine."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sns_message_validator import SNSMessageValidator
from sns_message_validator.exceptions import SignatureVerificationFailureException

from harness import ACCOUNT, Server, error_of, raw
from harness.organizations import NewOrganization
from harness.patience import PATIENCE
from harness.subscriber import Subscriber

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
HOST = "https://sns.us-east-1.amazonaws.com/"


@pytest.fixture(scope="module")
def listener() -> Iterator[Subscriber]:
    subscriber = Subscriber()
    yield subscriber
    subscriber.close()


@pytest.fixture(scope="module")
def listened(listener: Subscriber) -> Iterator[Server]:
    with Server(*listener.options) as server:
        yield server


@pytest.fixture
def cloud(listened: Server) -> Server:
    listened.reset()
    return listened


@pytest.fixture
def subscriber(listener: Subscriber) -> Subscriber:
    while not listener.deliveries.empty():
        listener.deliveries.get()
    while not listener.refused.empty():
        listener.refused.get()
    listener.status = lambda path: 200
    return listener


@pytest.fixture
def sns(cloud: Server) -> Any:
    client = cloud.root.client("sns")
    client.create_topic(Name="news")
    return client


@pytest.fixture
def certificates(cloud: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that ask AWS's host for a certificate reach Gatehouse, as they do where its name leads there."""
    send = requests.adapters.HTTPAdapter.send

    def at_gatehouse(adapter: Any, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        assert request.url and request.url.startswith(HOST)
        request.url = f"{cloud.url}/{request.url.removeprefix(HOST)}"
        return send(adapter, request, **more)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", at_gatehouse)


def outbox(server: Server) -> list[dict[str, str]]:
    request = raw.signed("GET", "/_gatehouse/outbox", b"", server.root, service="gatehouse")
    return list(json.loads(raw.send(server.port, request).body))


def visit(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def attributes(sns: Any, subscription: str) -> dict[str, str]:
    return dict(sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"])


def test_an_endpoint_confirms_and_gets_messages(sns: Any, subscriber: Subscriber, certificates: None) -> None:
    answer = sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url("inbox?from=sns"))
    assert answer["SubscriptionArn"] == "pending confirmation"
    sns.publish(TopicArn=TOPIC, Message="before")
    asked = subscriber.next()
    assert asked.path == "/inbox?from=sns" and asked.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert asked.headers["Content-Type"] == "text/plain; charset=UTF-8"
    SNSMessageValidator().validate_message(asked.message)
    (pending,) = sns.list_subscriptions()["Subscriptions"]
    assert pending["SubscriptionArn"] == "PendingConfirmation" and pending["Owner"] == ACCOUNT
    token = asked.message["Token"]
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert error_of(sns.confirm_subscription, TopicArn=TOPIC, Token=wrong).message == "Invalid parameter: Token"
    arn = sns.confirm_subscription(TopicArn=TOPIC, Token=token)["SubscriptionArn"]
    assert arn.startswith(TOPIC + ":") and sns.confirm_subscription(TopicArn=TOPIC, Token=token)["SubscriptionArn"] == arn
    found = attributes(sns, arn)
    assert found["PendingConfirmation"] == "false" and found["ConfirmationWasAuthenticated"] == "true"
    assert json.loads(found["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 3

    published = sns.publish(
        TopicArn=TOPIC, Message='"quoted" ü', Subject="Hello",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "a"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )  # fmt: skip
    delivery = subscriber.next()
    message = delivery.message
    SNSMessageValidator().validate_message(message)
    assert delivery.headers["x-amz-sns-message-type"] == message["Type"] == "Notification"
    assert delivery.headers["x-amz-sns-message-id"] == message["MessageId"] == published["MessageId"]
    assert delivery.headers["x-amz-sns-topic-arn"] == message["TopicArn"] == TOPIC
    assert delivery.headers["x-amz-sns-subscription-arn"] == arn
    assert (message["Message"], message["Subject"], message["SignatureVersion"]) == ('"quoted" ü', "Hello", "1")
    assert message["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "a"}, "raw": {"Type": "Binary", "Value": "AP8="},
    }  # fmt: skip
    message["Message"] += "!"
    with pytest.raises(SignatureVerificationFailureException):
        SNSMessageValidator().validate_message(message)


def test_the_second_version_signs_by_sha_256(cloud: Server, sns: Any, subscriber: Subscriber) -> None:
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="SignatureVersion", AttributeValue="2")
    subscriber.subscribe(sns, TOPIC)
    sns.publish(TopicArn=TOPIC, Message="x")
    message = subscriber.next().message
    assert message["SignatureVersion"] == "2" and message["SigningCertURL"].startswith(HOST)
    status, pem = cloud.get("/" + message["SigningCertURL"].removeprefix(HOST))
    assert status == 200
    certificate = x509.load_pem_x509_certificate(pem.encode())
    key = certificate.public_key()
    signed = "".join(f"{name}\n{message[name]}\n" for name in ("Message", "MessageId", "Timestamp", "TopicArn", "Type"))
    signature = base64.b64decode(message["Signature"])
    key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"!" + signed.encode(), PKCS1v15(), SHA256())
    assert cloud.get("/SimpleNotificationService-" + "0" * 32 + ".pem")[0] == 404


def test_raw_delivery_and_texts_of_transports(sns: Any, subscriber: Subscriber) -> None:
    arn = subscriber.subscribe(sns, TOPIC)
    sns.publish(TopicArn=TOPIC, MessageStructure="json", Message=json.dumps({"default": "a", "http": "b", "email": "c", "sms": 1}))
    assert subscriber.next().message["Message"] == "b"
    for name, value in (
        ("RawMessageDelivery", "true"), ("DeliveryPolicy", '{"requestPolicy":{"headerContentType":"application/json"}}'),
    ):  # fmt: skip
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
    sns.publish(TopicArn=TOPIC, Message='{"a":1}')
    delivery = subscriber.next()
    assert delivery.text == '{"a":1}' and delivery.headers["x-amz-sns-rawdelivery"] == "true"
    assert delivery.headers["Content-Type"] == "application/json"


def test_filter_policies(sns: Any, subscriber: Subscriber) -> None:
    arn = subscriber.subscribe(sns, TOPIC, Attributes={"FilterPolicy": '{"store":["books"],"price":[{"numeric":[">",10]}]}'})

    def publish(text: str, **values: str) -> None:
        sns.publish(
            TopicArn=TOPIC, Message=text,
            MessageAttributes={
                name: {"DataType": "Number" if name == "price" else "String", "StringValue": value} for name, value in values.items()
            },
        )  # fmt: skip

    publish("none")
    publish("cheap", store="books", price="10")
    publish("wanted", store="books", price="10.5")
    assert subscriber.next().message["Message"] == "wanted"
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicyScope", AttributeValue="MessageBody")
    publish('{"store":"music","price":11}')
    publish('{"store":"books","price":11}')
    assert subscriber.next().message["Message"] == '{"store":"books","price":11}'
    assert attributes(sns, arn)["FilterPolicyScope"] == "MessageBody"
    error = error_of(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a":1}')
    assert error.code == "InvalidParameter" and error.message.startswith("Invalid parameter: FilterPolicy: ")
    nested = '{"a":{"b":["c"]}}'
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=nested)
    error = error_of(
        sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="FilterPolicyScope", AttributeValue="MessageAttributes"
    )
    assert error.code == "InvalidParameter"


def test_who_ends_a_subscription(cloud: Server, sns: Any, subscriber: Subscriber, certificates: None) -> None:
    arn = subscriber.subscribe(sns, TOPIC)
    assert attributes(sns, arn)["ConfirmationWasAuthenticated"] == "false"
    sns.publish(TopicArn=TOPIC, Message="x")
    # Whoever has a message has the address.
    assert visit(subscriber.next().message["UnsubscribeURL"]) == 200
    farewell = subscriber.next()
    assert farewell.headers["x-amz-sns-message-type"] == "UnsubscribeConfirmation"
    SNSMessageValidator().validate_message(farewell.message)
    (ended,) = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert ended["SubscriptionArn"] == "Deleted"
    sns.publish(TopicArn=TOPIC, Message="nobody")
    # The endpoint takes it back.
    assert visit(farewell.message["SubscribeURL"]) == 200
    sns.publish(TopicArn=TOPIC, Message="again")
    assert subscriber.next().message["Message"] == "again"
    # Its owner ends it for good.
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []
    assert error_of(sns.get_subscription_attributes, SubscriptionArn=arn).code == "NotFound"
    assert visit(farewell.message["SubscribeURL"]) == 400


def test_a_subscription_that_asks_for_a_signature(sns: Any, subscriber: Subscriber) -> None:
    sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url())
    message = subscriber.next().message
    unsigned = message["SubscribeURL"] + "&AuthenticateOnUnsubscribe=true"
    assert visit(unsigned) == 403
    arn = sns.confirm_subscription(TopicArn=TOPIC, Token=message["Token"], AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    sns.publish(TopicArn=TOPIC, Message="x")
    assert visit(subscriber.next().message["UnsubscribeURL"]) == 403
    assert attributes(sns, arn)["PendingConfirmation"] == "false"


def test_tokens_and_pending_subscriptions_end(cloud: Server, sns: Any, subscriber: Subscriber) -> None:
    sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url())
    first = subscriber.next().message["Token"]
    # Who asks again gets another token, and the first is worth nothing any more.
    sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url())
    second = subscriber.next().message["Token"]
    assert error_of(sns.confirm_subscription, TopicArn=TOPIC, Token=first).code == "InvalidParameter"
    assert sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["SubscriptionsPending"] == "1"
    cloud.advance(2 * 86_400 + 10)
    assert error_of(sns.confirm_subscription, TopicArn=TOPIC, Token=second).code == "InvalidParameter"
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_failed_deliveries_are_tried_again(cloud: Server, sns: Any, subscriber: Subscriber) -> None:
    subscriber.subscribe(sns, TOPIC, "good")
    subscriber.subscribe(sns, TOPIC, "bad")
    subscriber.status = lambda path: 503 if path == "/bad" else 200
    sns.publish(TopicArn=TOPIC, Message="one")
    assert subscriber.next().path == "/good" and subscriber.refused.get(timeout=PATIENCE) == "/bad"
    # What comes later waits behind it, and nobody else does.
    sns.publish(TopicArn=TOPIC, Message="two")
    assert subscriber.next().message["Message"] == "two"
    subscriber.status = lambda path: 200
    cloud.advance(21)
    late = [subscriber.next() for _ in range(2)]
    assert {one.path for one in late} == {"/bad"} and {one.message["Message"] for one in late} == {"one", "two"}
    # On a slow machine it may have been tried once more meanwhile.
    while not subscriber.refused.empty():
        subscriber.refused.get()
    # After three retries it is given up.
    subscriber.status = lambda path: 500
    sns.publish(TopicArn=TOPIC, Message="lost")
    for _ in range(5):
        cloud.advance(21)
    subscriber.status = lambda path: 200
    sns.publish(TopicArn=TOPIC, Message="next")
    assert {subscriber.next().message["Message"] for _ in range(2)} == {"next"}
    assert subscriber.refused.qsize() == 8


def test_what_an_endpoint_rejects_is_not_repeated(cloud: Server, sns: Any, subscriber: Subscriber) -> None:
    subscriber.subscribe(sns, TOPIC)
    subscriber.status = lambda path: 400
    sns.publish(TopicArn=TOPIC, Message="rejected")
    assert subscriber.refused.get(timeout=PATIENCE) == "/"
    subscriber.status = lambda path: 200
    cloud.advance(3600)
    sns.publish(TopicArn=TOPIC, Message="next")
    assert subscriber.next().message["Message"] == "next"


def test_mail_lies_in_the_outbox(cloud: Server, sns: Any, certificates: None) -> None:
    for protocol in ("email", "email-json"):
        sns.subscribe(TopicArn=TOPIC, Protocol=protocol, Endpoint=f"{protocol}@example.com")
    plain, document = outbox(cloud)
    assert (plain["to"], plain["subject"]) == ("email@example.com", "AWS Notification - Subscription Confirmation")
    assert visit(plain["text"].split()[-1]) == 200
    SNSMessageValidator().validate_message(json.loads(document["text"]))
    assert visit(json.loads(document["text"])["SubscribeURL"]) == 200
    sns.publish(TopicArn=TOPIC, Message="The text.", Subject="Hello")
    plain, document = sorted(outbox(cloud)[2:], key=lambda mail: mail["to"])[::-1]
    if plain["to"] != "email@example.com":
        plain, document = document, plain
    assert plain["subject"] == "Hello" and plain["text"].startswith("The text.\n")
    message = json.loads(document["text"])
    SNSMessageValidator().validate_message(message)
    assert visit(plain["text"].split()[-1]) == 200
    assert "Unsubscribe" in outbox(cloud)[-1]["subject"]
    sns.publish(TopicArn=TOPIC, Message="Another.")
    assert len(outbox(cloud)) == 6


def test_endpoints_that_are_none(sns: Any) -> None:
    for protocol, endpoint, reason in (
        ("https", "http://example.com", "Endpoint must match the specified protocol"),
        ("http", "http://localhost:80/", "--subscriber-host"),
        ("http", "http://169.254.169.254/latest", "--subscriber-host"),
        ("email", "nobody", "Email address"),
        ("email", "a@b\nBcc: c@d", "Email address"),
        ("sqs", "orders", "SQS endpoint ARN"),
        ("sqs", f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders.fifo", "FIFO SQS Queues can not be subscribed to standard SNS topics"),
        ("smoke", "x", "Amazon SNS does not support this protocol string: smoke"),
    ):
        error = error_of(sns.subscribe, TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint)
        assert error.code == "InvalidParameter" and reason in error.message, error
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_a_subscription_of_another_account(cloud: Server, sns: Any, subscriber: Subscriber) -> None:
    member = NewOrganization(cloud).member("partner")
    other = member.admin.client("sns")
    assert error_of(other.subscribe, TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url()).code == "AuthorizationError"
    sns.add_permission(TopicArn=TOPIC, Label="partner", AWSAccountId=[member.account], ActionName=["Subscribe", "Publish"])
    other.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=subscriber.url())
    # The token is enough for who has it, whatever the topic's policy says.
    arn = other.confirm_subscription(TopicArn=TOPIC, Token=subscriber.next().message["Token"])["SubscriptionArn"]
    assert [one["Owner"] for one in sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]] == [member.account]
    assert [one["SubscriptionArn"] for one in other.list_subscriptions()["Subscriptions"]] == [arn]
    assert sns.list_subscriptions()["Subscriptions"] == []
    other.publish(TopicArn=TOPIC, Message="from there")
    assert subscriber.next().message["Message"] == "from there"
    error = error_of(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    assert error.code == "AuthorizationError"
    assert attributes(sns, arn)["Owner"] == member.account
    sns.unsubscribe(SubscriptionArn=arn)
    assert other.list_subscriptions()["Subscriptions"] == []
