"""Messages through SNS into queues: how many are published in a second, one by one and in batches of ten, to topics with one
queue, with one that filters half of them away, and with ten, and that as many are in the queues.

    topics.py PATH-OF-GATEHOUSE [SECONDS]

Clients are processes of their own, which sign each request anew; everything happens on the loopback interface and in a folder
beside the build.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0

from harness import ACCOUNT, Identity, allow, policy  # noqa: E402
from harness import raw  # noqa: E402
from harness.server import Server  # noqa: E402

CLIENTS = 8
BODY = "x" * 1000


def attributes(prefix: str, number: int) -> dict[str, str]:
    kind = "odd" if number % 2 else "even"
    start = f"{prefix}MessageAttributes.entry.1."
    return {f"{start}Name": "kind", f"{start}Value.DataType": "String", f"{start}Value.StringValue": kind}


def publish(identity: Identity, topic: str, batch: int, end: float) -> int:
    """Publishes until a time has come."""
    connection, count = http.client.HTTPConnection(identity.url.removeprefix("http://"), timeout=60), 0
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    while time.time() < end:
        fields = {"Version": "2010-03-31", "TopicArn": topic}
        if batch == 1:
            fields |= {"Action": "Publish", "Message": BODY} | attributes("", count)
        else:
            fields["Action"] = "PublishBatch"
            for place in range(batch):
                entry = f"PublishBatchRequestEntries.member.{place + 1}."
                fields |= {f"{entry}Id": str(place), f"{entry}Message": BODY} | attributes(entry, place)
        request = raw.signed("POST", "/", urlencode(fields).encode(), identity, service="sns", headers=headers)
        connection.request(request.method, request.target, request.body, request.headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200 and b"<Code>" not in text, text
        count += batch
    return count


def rate(identity: Identity, topic: str, batch: int) -> tuple[float, int]:
    """In a second, and in all, by all clients together."""
    bare = Identity(identity.url, identity.key_id, identity.secret)
    with multiprocessing.Pool(CLIENTS) as pool:
        # The time begins when the clients are there.
        pool.map(abs, range(CLIENTS), chunksize=1)
        begun = time.time()
        count = sum(pool.starmap(publish, [(bare, topic, batch, begun + SECONDS)] * CLIENTS, chunksize=1))
    return count / (time.time() - begun), count


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as place, Server(data=Path(place) / "data") as server:
        sns, sqs = server.root.client("sns"), server.root.client("sqs")
        half: dict[str, Any] = {"FilterPolicy": json.dumps({"kind": ["even"]})}
        for name, queues, settings in (("one", 1, {}), ("half", 1, half), ("ten", 10, {})):
            topic = sns.create_topic(Name=name)["TopicArn"]
            urls = []
            for number in range(queues):
                arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}-{number}"
                statement = allow("sqs:SendMessage", arn, Principal={"Service": "sns.amazonaws.com"})
                urls.append(sqs.create_queue(QueueName=f"{name}-{number}", Attributes={"Policy": policy(statement)})["QueueUrl"])
                sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=settings)
            for batch in (1, 10):
                published, count = rate(server.root, topic, batch)
                there = 0
                for url in urls:
                    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
                    there += int(found["Attributes"]["ApproximateNumberOfMessages"])
                    sqs.purge_queue(QueueUrl=url) if batch == 1 else None
                print(f"{name:>4}, {batch:2} at a time: {published:,.0f}/s published, {count:,} in all; {there:,} in the queues")


if __name__ == "__main__":
    main()
