"""SQS as boto3, the CLI and older SDKs use it: queues, their attributes, and what becomes of messages."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness import raw
from harness.configuration import until
from harness.patience import PATIENCE

VERSION = "2012-11-05"
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


@pytest.fixture
def sqs(root: Identity) -> Any:
    return root.client("sqs")


def make(sqs: Any, name: str = "orders", **attributes: str) -> str:
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def counts(sqs: Any, url: str) -> tuple[int, ...]:
    """How many are visible, in flight, and delayed."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))["Attributes"]
    return tuple(int(found[name]) for name in COUNTS)


def receive(sqs: Any, url: str, most: int = 10, **more: Any) -> list[dict[str, Any]]:
    return list(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, **more).get("Messages", []))


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]


def test_a_queue_with_its_attributes(sqs: Any, cloud: Server) -> None:
    url = make(sqs, VisibilityTimeout="10", DelaySeconds="2")
    assert url == f"{cloud.url}/{ACCOUNT}/orders"
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert shown.pop("CreatedTimestamp") == shown.pop("LastModifiedTimestamp")
    assert shown == {
        "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders",
        "VisibilityTimeout": "10",
        "DelaySeconds": "2",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        **dict.fromkeys(COUNTS, "0"),
    }
    # The same again is no other; with another value it is refused.
    assert make(sqs, VisibilityTimeout="10") == url
    error = error_of(sqs.create_queue, QueueName="orders", Attributes={"VisibilityTimeout": "11"})
    assert (error.code, error.status) == ("QueueAlreadyExists", 400)
    assert error.message.endswith("a different value for attribute VisibilityTimeout")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "11", "MaximumMessageSize": "1024"})
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {
        "VisibilityTimeout": "11"
    }
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    assert error_of(sqs.send_message, QueueUrl=url, MessageBody="x" * 1025).code == "InvalidParameterValue"
    for name, value, code in [
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("DelaySeconds", "x", "InvalidAttributeValue"),
        ("Unheard", "1", "InvalidAttributeName"),
        ("QueueArn", "x", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ("Policy", "{}", "InvalidAttributeValue"),
        ("RedrivePolicy", '{"maxReceiveCount":1}', "InvalidParameterValue"),
    ]:
        assert error_of(sqs.set_queue_attributes, QueueUrl=url, Attributes={name: value}).code == code, name
    assert error_of(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Unheard"]).code == "InvalidAttributeName"


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "a.fifo", ".fifo", "a/b"])
def test_a_name_that_no_queue_can_have(sqs: Any, name: str) -> None:
    assert error_of(sqs.create_queue, QueueName=name).code in ("InvalidParameterValue", "MissingParameter")


@pytest.mark.memory
def test_a_name_is_free_a_minute_after_its_queue_was_deleted(sqs: Any, cloud: Server) -> None:
    url = make(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.delete_queue(QueueUrl=url)
    error = error_of(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert (error.code, error.status) == ("AWS.SimpleQueueService.NonExistentQueue", 400)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="orders")
    assert error_of(sqs.create_queue, QueueName="orders").code == "AWS.SimpleQueueService.QueueDeletedRecently"
    cloud.advance(60)
    assert counts(sqs, make(sqs)) == (0, 0, 0)


def test_lists_of_queues(sqs: Any) -> None:
    for number in range(5):
        make(sqs, f"a{number}")
    make(sqs, "a")
    make(sqs, "b")

    def names(**more: Any) -> list[str]:
        pages = sqs.get_paginator("list_queues").paginate(**more)
        return [url.rsplit("/", 1)[1] for page in pages for url in page.get("QueueUrls", [])]

    assert names() == ["a", "a0", "a1", "a2", "a3", "a4", "b"]
    assert names(QueueNamePrefix="a", PaginationConfig={"PageSize": 2}) == ["a", "a0", "a1", "a2", "a3", "a4"]
    assert names(QueueNamePrefix="c") == []
    assert error_of(sqs.list_queues, MaxResults=1001).code == "InvalidParameterValue"


@pytest.mark.memory
def test_a_message_from_its_sender_to_its_end(sqs: Any, cloud: Server) -> None:
    url = make(sqs)
    attributes = {
        "Kind": {"DataType": "String", "StringValue": "book"},
        "Kind.Size": {"DataType": "Number.cm", "StringValue": "21.5"},
        "Cover": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = sqs.send_message(
        QueueUrl=url, MessageBody="Grüße ☕", MessageAttributes=attributes, MessageSystemAttributes=trace
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5("Grüße ☕".encode()).hexdigest()
    assert counts(sqs, url) == (1, 0, 0)
    [message] = receive(sqs, url, MessageAttributeNames=["Kind.*"], MessageSystemAttributeNames=["All"])
    assert (message["Body"], message["MessageId"]) == ("Grüße ☕", sent["MessageId"])
    assert set(message["MessageAttributes"]) == {"Kind", "Kind.Size"}
    assert message["Attributes"]["SenderId"] == ACCOUNT
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=")
    assert counts(sqs, url) == (0, 1, 0)
    assert receive(sqs, url) == []
    # Hidden for longer, and then visible again, with another handle.
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=100)
    cloud.advance(31)
    assert receive(sqs, url) == []
    cloud.advance(70)
    assert counts(sqs, url) == (1, 0, 0)
    error = error_of(
        sqs.change_message_visibility, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1
    )
    assert error.code == "AWS.SimpleQueueService.MessageNotInflight"
    [again] = receive(sqs, url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert again["MessageAttributes"]["Cover"]["BinaryValue"] == b"\0\xff"
    assert again["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    # The old handle does nothing, the new one ends it.
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, url) == (0, 1, 0)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert counts(sqs, url) == (0, 0, 0)
    for handle in ("x", again["ReceiptHandle"][:-8] + "AAAAAAA="):
        assert error_of(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle).code == "ReceiptHandleIsInvalid"
    # What nobody takes is gone in the end.
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=900)
    assert counts(sqs, url) == (0, 0, 1)
    cloud.advance(345_600)
    assert counts(sqs, url) == (0, 0, 0)


def test_nothing_is_hidden_for_more_than_twelve_hours(sqs: Any) -> None:
    url = make(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [message] = receive(sqs, url, VisibilityTimeout=43_200)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    time.sleep(0.01)
    error = error_of(sqs.change_message_visibility, **change, VisibilityTimeout=43_200)
    assert "beyond the limit [43200 seconds]" in error.message
    assert error_of(sqs.change_message_visibility, **change, VisibilityTimeout=43_201).code == "InvalidParameterValue"


def test_what_is_no_message(sqs: Any) -> None:
    url, fifo = make(sqs), make(sqs, "a.fifo")

    def refusal(url: str = url, **more: Any) -> str:
        return str(error_of(sqs.send_message, **({"QueueUrl": url, "MessageBody": "x"} | more)).code)

    assert refusal(MessageBody="") == "MissingParameter"
    assert refusal(MessageBody="\0") == "InvalidMessageContents"
    assert refusal(MessageBody="x" * (1 << 20) + "y") == "InvalidParameterValue"
    assert refusal(DelaySeconds=901) == "InvalidParameterValue"
    assert refusal(MessageDeduplicationId="x") == "InvalidParameterValue"
    assert refusal(MessageAttributes={"AWS.x": {"DataType": "String", "StringValue": "x"}}) == "InvalidParameterValue"
    assert refusal(MessageAttributes={"x": {"DataType": "Thing", "StringValue": "x"}}) == "InvalidParameterValue"
    assert refusal(MessageAttributes={"x": {"DataType": "Number", "StringValue": "x"}}) == "InvalidParameterValue"
    assert refusal(MessageAttributes={"x": {"DataType": "String", "StringValue": ""}}) == "InvalidParameterValue"
    many = {f"x{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
    assert refusal(MessageAttributes=many) == "InvalidParameterValue"
    assert refusal(fifo) == "MissingParameter"
    assert refusal(fifo, MessageGroupId="a") == "InvalidParameterValue"
    assert refusal(fifo, MessageGroupId="ü", MessageDeduplicationId="x") == "InvalidParameterValue"
    assert refusal(fifo, MessageGroupId="a", MessageDeduplicationId="x", DelaySeconds=1) == "InvalidParameterValue"
    assert refusal("http://localhost/nothing") == "InvalidAddress"
    # A megabyte is a message.
    sqs.send_message(QueueUrl=url, MessageBody="é" * (1 << 19))
    assert bodies(receive(sqs, url)) == ["é" * (1 << 19)]
    for name, value in [("MaxNumberOfMessages", 11), ("WaitTimeSeconds", 21), ("VisibilityTimeout", 43_201)]:
        assert error_of(sqs.receive_message, QueueUrl=url, **{name: value}).code == "InvalidParameterValue"


def test_batches(sqs: Any) -> None:
    url = make(sqs)
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(10)]
    entries[3]["MessageBody"] = "\1"
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in sent["Failed"]] == ["3"] and len(sent["Successful"]) == 9
    assert sent["Failed"][0]["SenderFault"] and sent["Failed"][0]["Code"] == "InvalidMessageContents"
    messages = receive(sqs, url)
    assert bodies(messages) == [f"m{number}" for number in range(10) if number != 3]
    handles = [{"Id": f"d{place}", "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(messages)]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[one | {"VisibilityTimeout": 0} for one in handles[:2]] + [handles[2]]
    )
    assert [one["Id"] for one in changed["Successful"]] == ["d0", "d1"]
    assert [one["Code"] for one in changed["Failed"]] == ["MissingParameter"]
    assert counts(sqs, url) == (2, 7, 0)
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles[2:] + [{"Id": "bad", "ReceiptHandle": "x"}])
    assert len(deleted["Successful"]) == 7
    assert [(one["Id"], one["Code"]) for one in deleted["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    assert counts(sqs, url) == (2, 0, 0)
    prefix = "AWS.SimpleQueueService."
    for wrong, code in [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(number), "MessageBody": "x"} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(number), "MessageBody": "x" * 600_000} for number in range(2)], "BatchRequestTooLong"),
    ]:
        assert error_of(sqs.send_message_batch, QueueUrl=url, Entries=wrong).code == prefix + code


def assert_soon(seconds: Callable[[int], float]) -> None:
    """That something takes less than the 20 seconds for which a receive waits at most. A busy machine has some more tries."""
    assert any(seconds(number) < 15 for number in range(4))


def test_who_waits_is_woken_by_what_is_sent(sqs: Any) -> None:
    def seconds(attempt: int) -> float:
        url = make(sqs, f"orders-{attempt}", ReceiveMessageWaitTimeSeconds="20")
        found: list[str] = []
        threads = [threading.Thread(target=lambda: found.extend(bodies(receive(sqs, url, 1)))) for _ in range(3)]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        for number in range(3):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        for thread in threads:
            thread.join()
        assert sorted(found) == ["0", "1", "2"]
        # Whoever waits sleeps until what is hidden is visible again, and not for longer.
        sqs.send_message(QueueUrl=url, MessageBody="hidden", DelaySeconds=1)
        assert bodies(receive(sqs, url)) == ["hidden"]
        return time.monotonic() - start

    assert_soon(seconds)


def test_a_purge_leaves_nothing(sqs: Any, cloud: Server) -> None:
    url = make(sqs)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    [held] = receive(sqs, url, 1)
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0, 0) and receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    error = error_of(sqs.purge_queue, QueueUrl=url)
    assert (error.code, error.status) == ("AWS.SimpleQueueService.PurgeQueueInProgress", 403)
    sqs.send_message(QueueUrl=url, MessageBody="after")
    assert bodies(receive(sqs, url)) == ["after"]


@pytest.mark.memory
def test_a_fifo_queue(sqs: Any, cloud: Server) -> None:
    url = make(sqs, "orders.fifo", ContentBasedDeduplication="true")
    numbers = []
    for number in range(4):
        for group in "ab":
            sent = sqs.send_message(QueueUrl=url, MessageBody=f"{group}{number}", MessageGroupId=group)
            numbers.append(sent["SequenceNumber"])
            # Sent again since the answer was lost.
            again = sqs.send_message(QueueUrl=url, MessageBody=f"{group}{number}", MessageGroupId=group)
            assert (again["MessageId"], again["SequenceNumber"]) == (sent["MessageId"], sent["SequenceNumber"])
    assert numbers == sorted(set(numbers)) and {len(number) for number in numbers} == {20}
    attempt = {"ReceiveRequestAttemptId": "first", "MessageSystemAttributeNames": ["All"]}
    first = receive(sqs, url, 3, **attempt)
    assert bodies(first) == ["a0", "a1", "a2"]
    assert first[0]["Attributes"]["MessageGroupId"] == "a"
    assert first[0]["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"a0").hexdigest()
    # Asked again, it is the same; everybody else gets of another group.
    handles = [one["ReceiptHandle"] for one in first]
    assert [one["ReceiptHandle"] for one in receive(sqs, url, 3, **attempt)] == handles
    assert bodies(receive(sqs, url, 10)) == ["b0", "b1", "b2", "b3"]
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles[1], VisibilityTimeout=0)
    assert receive(sqs, url) == []
    cloud.advance(30)
    error = error_of(sqs.delete_message, QueueUrl=url, ReceiptHandle=handles[2])
    assert error.code == "InvalidParameterValue" and error.message.endswith("The receipt handle has expired.")
    rest = receive(sqs, url)
    assert [one for one in bodies(rest) if one[0] == "a"] == ["a1", "a2", "a3"]
    assert counts(sqs, url) == (0, 7, 0)
    cloud.advance(300)
    sqs.send_message(QueueUrl=url, MessageBody="a0", MessageGroupId="a")
    assert counts(sqs, url) == (8, 0, 0)


def test_tags(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", tags={"team": "books"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"team": "maps", "level": "1"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["level", "none"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "maps"}
    assert error_of(sqs.tag_queue, QueueUrl=url, Tags={"aws:x": "1"}).code == "InvalidParameterValue"


def test_older_sdks_send_forms_to_the_queue(sqs: Any, cloud: Server, root: Identity) -> None:
    path = urlsplit(make(sqs)).path

    def ask(action: str, target: str = path, **parameters: str) -> raw.Answer:
        body = raw.form(action, VERSION, **parameters)
        return raw.send(cloud.port, raw.signed("POST", target, body, root, service="sqs"))

    # In the order in which forms have attributes.
    sent = ask(
        "SendMessage",
        MessageBody="x",
        **{"MessageAttribute.1.Name": "a", "MessageAttribute.1.Value.DataType": "String"},
        **{"MessageAttribute.1.Value.StringValue": "b"},
    )
    assert "<MD5OfMessageBody>9dd4e461268c8034f5c8564e155c67a6</MD5OfMessageBody>" in sent.text, sent.text
    got = ask("ReceiveMessage", **{"AttributeName.1": "All", "MessageAttributeName.1": "All"})
    assert "<Body>x</Body>" in got.text and "<Name>SentTimestamp</Name>" in got.text, got.text
    assert "<StringValue>b</StringValue>" in got.text
    handle = got.text.split("<ReceiptHandle>")[1].split("</ReceiptHandle>")[0]
    assert ask("DeleteMessage", ReceiptHandle=handle).status == 200
    shown = ask("GetQueueAttributes", **{"AttributeName.1": "VisibilityTimeout"})
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>" in shown.text, shown.text
    made = ask(
        "CreateQueue", "/", QueueName="b", **{"Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "1", "Tag.1.Key": "a"},
        **{"Tag.1.Value": "b"},
    )  # fmt: skip
    assert f"<QueueUrl>{cloud.url}/{ACCOUNT}/b</QueueUrl>" in made.text
    error = ask("SendMessage", f"/{ACCOUNT}/none", MessageBody="x")
    assert (error.status, error.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert ask("ReceiveMessage", MaxNumberOfMessages="0").code == "InvalidParameterValue"


def test_the_cli(root: Identity) -> None:
    # For SQS alone, version 1 of the CLI does not care for AWS_ENDPOINT_URL.
    at = ("--endpoint-url", root.url)
    url = root.aws("sqs", "create-queue", "--queue-name", "orders", *at)["QueueUrl"]
    root.aws("sqs", "send-message", "--queue-url", url, "--message-body", "x", *at)
    [message] = root.aws("sqs", "receive-message", "--queue-url", url, "--attribute-names", "All", *at)["Messages"]
    assert message["Body"] == "x"
    root.aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"], *at)
    assert root.aws_refused("sqs", "get-queue-url", "--queue-name", "none", *at).code in (
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )


def redrive(name: str, most: int) -> str:
    return json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}", "maxReceiveCount": most})


def moved(sqs: Any, arn: str) -> tuple[str, int, str | None]:
    """How the last task of a dead-letter queue has ended."""
    end = time.monotonic() + PATIENCE
    while True:
        [task] = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
        if task["Status"] != "RUNNING":
            return task["Status"], task["ApproximateNumberOfMessagesMoved"], task.get("FailureReason")
        assert time.monotonic() < end


@pytest.mark.memory
@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_dead_letters_and_their_way_back(sqs: Any, cloud: Server, suffix: str) -> None:
    dead = make(sqs, f"dead{suffix}")
    url = make(sqs, f"orders{suffix}", RedrivePolicy=redrive(f"dead{suffix}", 1))
    more = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if suffix else {}
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison", **more)
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    assert len(receive(sqs, url)) == 1
    cloud.advance(30)
    assert receive(sqs, url) == []
    [message] = receive(sqs, dead, MessageSystemAttributeNames=["All"], VisibilityTimeout=0)
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(f":orders{suffix}")
    # The rule of who may send dead letters.
    error = error_of(sqs.set_queue_attributes, QueueUrl=dead, Attributes={"RedrivePolicy": redrive("none", 1)})
    assert error.code == "InvalidParameterValue" and "does not exist" in error.message
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'})
    other = {"QueueName": f"other{suffix}", "Attributes": {"RedrivePolicy": redrive(f"dead{suffix}", 1)}}
    if suffix:
        other["Attributes"]["FifoQueue"] = "true"
    assert error_of(sqs.create_queue, **other).code == "InvalidParameterValue"
    # Back to where it came from, as a new one.
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead{suffix}"
    task = sqs.start_message_move_task(SourceArn=arn)
    cloud.advance(1)
    [shown] = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (shown["Status"], shown["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert error_of(sqs.cancel_message_move_task, TaskHandle=task["TaskHandle"]).code.endswith("UnsupportedOperation")
    [back] = receive(sqs, url, MessageSystemAttributeNames=["All"])
    assert back["Attributes"]["ApproximateReceiveCount"] == "1" and back["MessageId"] != sent["MessageId"]
    assert counts(sqs, dead) == (0, 0, 0)


@pytest.mark.memory
def test_a_slow_move_can_be_cancelled(sqs: Any, cloud: Server) -> None:
    dead, url = make(sqs, "dead"), make(sqs, "orders", RedrivePolicy=redrive("dead", 1))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    # Enough for as many seconds as a busy machine may take until they are told to stay.
    for _ in range(30):
        sqs.send_message_batch(QueueUrl=dead, Entries=[{"Id": str(number), "MessageBody": "x"} for number in range(10)])
    move = {"SourceArn": arn, "DestinationArn": arn.replace("dead", "orders"), "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**move)["TaskHandle"]
    assert error_of(sqs.start_message_move_task, **move).code.endswith("UnsupportedOperation")
    cloud.advance(1)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    cloud.advance(10)
    assert counts(sqs, url)[0] == moved and counts(sqs, dead)[0] == 300 - moved and 0 < moved < 300
    assert sqs.list_message_move_tasks(SourceArn=arn, MaxResults=10)["Results"][0]["Status"] == "CANCELLED"
    # Without a source, nobody knows where to.
    sqs.start_message_move_task(SourceArn=arn)
    cloud.advance(1)
    [shown] = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (shown["Status"], shown["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    for source in (arn.replace("dead", "none"), arn.replace("dead", "orders")):
        assert error_of(sqs.start_message_move_task, SourceArn=source).code in (
            "ResourceNotFoundException",
            "InvalidParameterValue",
        )


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_queue_that_is_its_own_dead_letter_queue_keeps_its_messages(sqs: Any, suffix: str) -> None:
    name = f"orders{suffix}"
    url = make(sqs, name)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive(name, 1)})
    more = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if suffix else {}
    sqs.send_message(QueueUrl=url, MessageBody="poison", **more)
    for count in range(1, 4):
        [message] = receive(sqs, url, VisibilityTimeout=0, MessageSystemAttributeNames=["All"])
        assert message["Attributes"]["ApproximateReceiveCount"] == str(count)


@pytest.mark.memory
def test_a_move_goes_on_behind_what_has_expired(sqs: Any, cloud: Server) -> None:
    dead, url = make(sqs, "dead", MessageRetentionPeriod="60"), make(sqs, "orders", RedrivePolicy=redrive("dead", 1))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"

    def send(text: str) -> None:
        for _ in range(11):
            entries = [{"Id": str(number), "MessageBody": text} for number in range(10)]
            assert len(sqs.send_message_batch(QueueUrl=dead, Entries=entries)["Successful"]) == 10

    send("old")
    cloud.advance(61)
    send("good")
    sqs.start_message_move_task(SourceArn=arn, DestinationArn=arn.replace("dead", "orders"))
    cloud.advance(1)
    assert moved(sqs, arn) == ("COMPLETED", 110, None)
    assert (counts(sqs, url)[0], counts(sqs, dead)[0]) == (110, 0)


@pytest.mark.memory
def test_a_move_goes_only_where_it_was_allowed_to(sqs: Any, cloud: Server) -> None:
    dead, url = make(sqs, "dead"), make(sqs, "orders", RedrivePolicy=redrive("dead", 1))
    make(sqs, "others", RedrivePolicy=redrive("dead", 1))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert len(receive(sqs, url, VisibilityTimeout=0)) == 1 and receive(sqs, url) == []
    assert counts(sqs, dead)[0] == 1
    # Whoever starts a task is asked for the queues that send their dead letters here; this one no longer does.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    sqs.start_message_move_task(SourceArn=arn)
    cloud.advance(1)
    assert moved(sqs, arn) == ("FAILED", 0, "CouldNotDetermineMessageSource")
    assert (counts(sqs, url)[0], counts(sqs, dead)[0]) == (0, 1)


def test_a_server_that_stops_lets_nobody_wait(tmp_path: Path) -> None:
    def seconds(_: int) -> float:
        with Server(log=tmp_path / "log") as server:
            sqs = server.root.client("sqs")
            dead, url, answers = make(sqs, "dead"), make(sqs, RedrivePolicy=redrive("dead", 1)), []
            sqs.send_message(QueueUrl=url, MessageBody="poison")
            assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
            waiter = threading.Thread(target=lambda: answers.append(receive(sqs, url, WaitTimeSeconds=20)))
            waiter.start()
            # A request that has not begun by then would be refused. This one has when it has put the message aside.
            until(lambda: counts(sqs, dead)[0])
            start = time.monotonic()
            assert server.stop() == 0
            waiter.join()
            assert answers == [[]]
            return time.monotonic() - start

    assert_soon(seconds)
