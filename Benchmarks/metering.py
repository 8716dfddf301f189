"""What it costs to meter a call, and to make a bill of what was metered.

    metering.py PATH-OF-GATEHOUSE [CALLS] [LINES]

It makes CALLS calls (100,000) with nobody looking, and then asks Cost Explorer once: the processor's time of the server for that
question, divided by the calls, is what one call costs. It asks again, which makes the bill without metering; and once more for a bill
of LINES lines (100,000; each principal's hour of an operation is one), with a report in a bucket. The rest that metering does by itself, once a
minute, is part of these numbers if a minute begins meanwhile. Everything happens on the loopback interface and in a folder beside the build.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
CALLS = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
LINES = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000

from bench import as_botocore_sends, read_answer  # noqa: E402
from harness import ACCOUNT, Identity, allow, policy  # noqa: E402
from harness.costs import month  # noqa: E402
from harness.server import Server  # noqa: E402

THREADS = 4
SERVICE = {"Service": "billingreports.amazonaws.com"}


def processor_time(server: Server) -> float:
    """Seconds, of all its threads."""
    assert server.process
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def send(server: Server, identity: Identity, operation: str, numbers: range, **parameters: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for number in numbers:
            connection.sendall(as_botocore_sends(operation, "iam", identity, number, **parameters))
            answer = read_answer(connection)
            assert answer.startswith(b"HTTP/1.1 200"), answer


def make_calls(server: Server, identity: Identity, count: int) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(
            lambda first: send(server, identity, "GetUser", range(first, count, THREADS), UserName="spender"), range(THREADS)))


def ask(server: Server) -> tuple[float, float]:
    """Seconds of the processor, and of the clock."""
    ce = server.root.client("ce")
    before, begun = processor_time(server), time.monotonic()
    ce.get_cost_and_usage(TimePeriod=month(), Granularity="MONTHLY", Metrics=["UnblendedCost", "UsageQuantity"])
    return processor_time(server) - before, time.monotonic() - begun


def make_lines(server: Server) -> None:
    """Each call is about another user, which is a line of its own."""
    with ThreadPoolExecutor(THREADS) as threads:

        def some(first: int) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                for number in range(first, LINES, THREADS):
                    connection.sendall(
                        as_botocore_sends("CreateUser", "iam", server.root, number, UserName=f"user-{number}"))
                    assert read_answer(connection).startswith(b"HTTP/1.1 200")

        list(threads.map(some, range(THREADS)))


def report(server: Server) -> None:
    root = server.root
    s3 = root.client("s3")
    s3.create_bucket(Bucket="bills")
    look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], "arn:aws:s3:::bills", Principal=SERVICE)
    put = allow("s3:PutObject", "arn:aws:s3:::bills/*", Principal=SERVICE)
    s3.put_bucket_policy(Bucket="bills", Policy=policy(look, put))
    before, begun = processor_time(server), time.monotonic()
    root.client("cur").put_report_definition(
        ReportDefinition={
            "ReportName": "all", "TimeUnit": "HOURLY", "Format": "textORcsv", "Compression": "GZIP",
            "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": "bills", "S3Prefix": "", "S3Region": "us-east-1",
        })  # fmt: skip
    while not any(one["Key"].endswith(".json") for one in s3.list_objects_v2(Bucket="bills").get("Contents", [])):
        time.sleep(0.05)
    used = processor_time(server) - before
    print(f"a report of it: {time.monotonic() - begun:.2f} s, {used:.2f} s of the processor, {server.resident_memory() >> 20} MiB in memory")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as folder, Server(
        "--quota", f"Users={LINES + 10}", "--quota", "UserCreationPerSecond=1000000", data=Path(folder) / "data"
    ) as server:
        root = server.root
        root.iam.create_user(UserName="spender")
        ask(server)
        begun = time.monotonic()
        make_calls(server, root, CALLS)
        print(f"{CALLS:,} calls of account {ACCOUNT} in {time.monotonic() - begun:.1f} s")
        metered, _ = ask(server)
        again, _ = ask(server)
        print(f"to meter one: {(metered - again) / CALLS * 1e6:.2f} µs of the processor (aim: at most 2)")
        make_lines(server)
        ask(server)
        used, seconds = ask(server)
        print(f"a bill of {LINES:,} lines and more: {seconds:.2f} s, {used:.2f} s of the processor")
        report(server)


main()
