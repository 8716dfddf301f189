"""Messages through SQS: how many are sent, received and deleted in a second, one by one and in batches of ten, in a standard
queue and in a FIFO queue, against what the disk does of `dd` with a flush for each write of the same bytes.

    queues.py PATH-OF-GATEHOUSE [SECONDS]

Clients are processes of their own, which sign each request anew; everything happens on the loopback interface and in a folder
beside the build.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0

from harness import Identity  # noqa: E402
from harness import raw  # noqa: E402
from harness.server import Server  # noqa: E402

CLIENTS = 8
BODY = "x" * 1000


class Client:
    """Signs requests and sends them over one connection."""

    def __init__(self, identity: Identity):
        self.identity = identity
        self.connection = http.client.HTTPConnection(identity.url.removeprefix("http://"), timeout=60)

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        body = json.dumps(parameters).encode()
        headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        request = raw.signed("POST", "/", body, self.identity, service="sqs", headers=headers)
        self.connection.request(request.method, request.target, request.body, request.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text) if text else {}


def send(identity: Identity, url: str, batch: int, number: int, end: float) -> int:
    """Sends until a time has come. Each client has a group of its own."""
    client, count = Client(identity), 0
    fifo = {"MessageGroupId": str(number)} if url.endswith(".fifo") else {}
    while time.time() < end:
        entries = []
        for place in range(batch):
            unique = {"MessageDeduplicationId": f"{number}-{count + place}-{end}"} if fifo else {}
            entries.append({"Id": str(place), "MessageBody": BODY} | fifo | unique)
        if batch == 1:
            client.ask("SendMessage", QueueUrl=url, **{key: value for key, value in entries[0].items() if key != "Id"})
        else:
            assert not client.ask("SendMessageBatch", QueueUrl=url, Entries=entries)["Failed"]
        count += batch
    return count


def consume(identity: Identity, url: str, batch: int, number: int, end: float) -> int:
    """Receives and deletes until a time has come, or nothing is left."""
    client, count = Client(identity), 0
    while time.time() < end:
        # Groups that others have something of in flight are free again in a moment.
        answer = client.ask("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=batch, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        if not messages:
            break
        if batch == 1:
            client.ask("DeleteMessage", QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        else:
            entries = [{"Id": str(place), "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(messages)]
            assert not client.ask("DeleteMessageBatch", QueueUrl=url, Entries=entries)["Failed"]
        count += len(messages)
    return count


def rate(work: Any, identity: Identity, url: str, batch: int) -> tuple[float, int]:
    """In a second, and in all, by all clients together."""
    bare = Identity(identity.url, identity.key_id, identity.secret)
    with multiprocessing.Pool(CLIENTS) as pool:
        # The time begins when the clients are there.
        pool.map(abs, range(CLIENTS), chunksize=1)
        begun = time.time()
        jobs = [(bare, url, batch, number, begun + SECONDS) for number in range(CLIENTS)]
        count = sum(pool.starmap(work, jobs, chunksize=1))
    return count / (time.time() - begun), count


def flushes(folder: Path) -> float:
    """Writes of a message's bytes in a second, each on the disk before the next."""
    done = subprocess.run(
        ["dd", "if=/dev/zero", f"of={folder / 'dd'}", "bs=1000", "count=2000", "oflag=dsync"],
        capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"})
    found = re.search(r"copied, ([\d.e-]+) s", done.stderr)
    assert found, done.stderr
    return 2000 / float(found[1])


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as place:
        folder = Path(place)
        print(f"dd, 1,000 bytes and a flush: {flushes(folder):,.0f}/s; {CLIENTS} clients, {SECONDS:.0f} s each")
        with Server(data=folder / "data") as server:
            sqs = server.root.client("sqs")
            for name, attributes in [("plain", {}), ("ordered.fifo", {"FifoQueue": "true"})]:
                url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
                for batch in (1, 10):
                    sent, count = rate(send, server.root, url, batch)
                    done, _ = rate(consume, server.root, url, batch)
                    print(f"{name}, {batch:2} at a time: {sent:,.0f}/s sent, {done:,.0f}/s received and deleted, of {count:,}")
        print(f"dd again: {flushes(folder):,.0f}/s")


if __name__ == "__main__":
    main()
