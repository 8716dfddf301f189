"""kill -9 at random moments while clients send, receive and delete, in a FIFO queue and in a standard one.

What was acknowledged is there after each start, once; what was deleted is not; and no group's order is ever another than that
in which its one sender had sent: what comes to its consumers, whoever they are, goes on where it was.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from harness import ACCOUNT, Server
from harness.patience import PATIENCE
from harness.server import gatehouse

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "12"))
CONSUMERS = 3
#: Seconds for which a message that was received is hidden.
VISIBLE_AFTER = 1


@dataclass
class Group:
    """What the one sender of a group knows, and what all consumers have seen of it."""

    name: str
    next: int = 0
    #: The number that was sent and not answered: it may be there.
    doubt: int | None = None
    acknowledged: list[int] = field(default_factory=list)
    #: In the order of the first receives.
    seen: list[int] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)


class Worker(threading.Thread):
    def __init__(self, work: Callable[[], None]):
        super().__init__(daemon=True)
        self.work, self.stopping = work, threading.Event()
        self.problem: BaseException | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.work()
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.HTTPClientError):
                return
            except BaseException as problem:
                self.problem = problem
                return


def test_nothing_is_lost_or_out_of_order(lasting: Callable[..., Server]) -> None:
    dice = random.Random(int(os.environ.get("GATEHOUSE_TEST_SEED", "1")))
    server = lasting().start()
    root = server.root.client("sqs")
    #: A receive that nobody heard of is over soon.
    attributes = {"VisibilityTimeout": str(VISIBLE_AFTER)}
    root.create_queue(QueueName="a.fifo", Attributes=attributes | {"FifoQueue": "true"})
    root.create_queue(QueueName="a", Attributes=attributes)
    groups, lock = [Group("a"), Group("b")], threading.Lock()
    sent: set[str] = set()
    doubts: set[str] = set()
    #: What somebody has received from the standard queue, and what is known to be deleted.
    taken: set[str] = set()
    gone: set[str] = set()

    def client() -> tuple[Any, str, str]:
        """With the URLs of both queues: each start has another port."""
        sqs = server.root.client("sqs", retries={"total_max_attempts": 1})
        return sqs, f"{server.url}/{ACCOUNT}/a.fifo", f"{server.url}/{ACCOUNT}/a"

    def sender(group: Group) -> Callable[[], None]:
        sqs, fifo, plain = client()

        def send() -> None:
            number = group.doubt if group.doubt is not None else group.next
            group.doubt, group.next = number, max(group.next, number + 1)
            sqs.send_message(
                QueueUrl=fifo, MessageBody=str(number), MessageGroupId=group.name, MessageDeduplicationId=f"{group.name}{number}"
            )
            group.acknowledged.append(number)
            group.doubt = None
            body = f"{group.name}{number}"
            doubts.add(body)
            sqs.send_message(QueueUrl=plain, MessageBody=body)
            sent.add(body)

        return send

    def consumer() -> Callable[[], None]:
        sqs, fifo, plain = client()

        def consume() -> None:
            # What was gone before somebody asked may not come.
            with lock:
                ended, over = {group.name: set(group.deleted) for group in groups}, set(gone)
            for message in sqs.receive_message(
                QueueUrl=fifo, MaxNumberOfMessages=3, MessageSystemAttributeNames=["All"]
            ).get("Messages", []):
                number = int(message["Body"])
                group = next(one for one in groups if one.name == message["Attributes"]["MessageGroupId"])
                with lock:
                    assert number not in ended[group.name], f"{group.name}{number} came again"
                    if number not in group.seen:
                        assert number == len(group.seen), f"{number} of {group.name} came after {group.seen[-3:]}"
                        group.seen.append(number)
                try:
                    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])
                except botocore.exceptions.ClientError as error:
                    assert "expired" in str(error), error
                    continue
                with lock:
                    group.deleted.add(number)
            begun = time.monotonic()
            for message in sqs.receive_message(QueueUrl=plain, MaxNumberOfMessages=2).get("Messages", []):
                assert message["Body"] not in over, f"{message['Body']} came again"
                taken.add(message["Body"])
                sqs.delete_message(QueueUrl=plain, ReceiptHandle=message["ReceiptHandle"])
                # Later, somebody else may have received it meanwhile, and this handle deletes nothing.
                if time.monotonic() - begun < VISIBLE_AFTER:
                    with lock:
                        gone.add(message["Body"])

        return consume

    for _ in range(ROUNDS):
        workers = [Worker(sender(group)) for group in groups] + [Worker(consumer()) for _ in range(CONSUMERS)]
        for worker in workers:
            worker.start()
        # Until something has happened, and then some more of it.
        before, patience = len(sent), time.monotonic() + PATIENCE
        while len(sent) < before + 2 and time.monotonic() < patience:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.3))
        server.kill()
        for worker in workers:
            worker.stopping.set()
            worker.join()
            if worker.problem:
                raise worker.problem
        server.start()
    # All that was acknowledged is or was there, each message once, and nothing else but what may be.
    deadline = time.monotonic() + 4 * PATIENCE
    finish = consumer()
    while time.monotonic() < deadline:
        finish()
        if all(set(group.acknowledged) <= set(group.seen) for group in groups) and sent <= taken:
            break
    for group in groups:
        assert set(group.acknowledged) <= set(group.seen), group
        assert set(group.seen) <= set(group.acknowledged) | {group.doubt}, group
    assert sent <= taken <= doubts
    assert len(sent) > ROUNDS
    # What is counted is what there is.
    server.stop()
    done = gatehouse("verify", *server.place, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
