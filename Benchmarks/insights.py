"""`make bench`: what queries of CloudWatch Logs Insights cost, and what data protection adds to a batch of log events.

    insights.py PATH-OF-GATEHOUSE [EVENTS]

A group is filled with EVENTS lines of JSON (200,000) that are spread over a day, and then with as many again, so that it is seen that
a query of one hour costs what that hour has, however much else there is. The server is held to one core. The reference is Python,
which reads the same hour's lines out of a list and does the same with them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bench
from bench import PinnedServer, can_pin, heading, machine, row

HOUR = 3_600_000
QUERIES = {
    "count(*)": "stats count(*) as n",
    "a filter, and a count by host and minute": "filter status >= 500 | stats count(*) as n by host, bin(1m)",
    "a regular expression, sorted, the first 20": "filter path like /^\\/item\\/1[0-9]*$/ | sort ms desc | limit 20",
    "a percentile by host": "stats pct(ms, 95) as p by host",
}


def line(number: int) -> str:
    return json.dumps({
        "status": 500 if number % 37 == 0 else 200, "host": f"web-{number % 16}", "path": f"/item/{number % 5000}",
        "ms": number * 7919 % 1000, "agent": "curl/8.5.0", "client": "203.0.113.7",
    })


def fill(logs: Any, group: str, start: int, count: int, first: int = 0) -> float:
    """Seconds it takes to put events that are spread over a day."""
    step = 24 * HOUR / count
    began, batch = time.perf_counter(), []
    for number in range(count):
        batch.append({"timestamp": start + int(number * step), "message": line(first + number)})
        # No batch may span more than a day, nor need it span two hours.
        if len(batch) == 5000 or number == count - 1:
            logs.put_log_events(logGroupName=group, logStreamName="web", logEvents=batch)
            batch = []
    return time.perf_counter() - began


def query(logs: Any, group: str, start: int, text: str) -> tuple[float, dict[str, Any]]:
    """Milliseconds that the server says it took, at best, and its results."""
    best, answer = float("inf"), {}
    for _ in range(3):
        given = {"logGroupName": group, "startTime": start // 1000, "endTime": start // 1000 + 3599, "queryString": text}
        asked = logs.start_query(**given)["queryId"]
        while (answer := logs.get_query_results(queryId=asked))["status"] in {"Scheduled", "Running"}:
            time.sleep(0.01)
        assert answer["status"] == "Complete", answer["status"]
        described = logs.describe_queries(logGroupName=group)["queries"]
        best = min(best, next(one["queryDuration"] for one in described if one["queryId"] == asked))
    return best, answer


def in_python(lines: list[str]) -> float:
    """Lines a second of a loop that counts failures by host."""
    began, counts = time.perf_counter(), dict[str, int]()
    for text in lines:
        event = json.loads(text)
        if event["status"] >= 500:
            counts[event["host"]] = counts.get(event["host"], 0) + 1
    return len(lines) / (time.perf_counter() - began)


def main() -> None:
    bench.BINARY = Path(sys.argv[1]).absolute()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    print(f"Insights on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with PinnedServer(data=folder / "logs") as server:
            logs = server.root.client("logs")
            for group in ("app", "masked"):
                logs.create_log_group(logGroupName=group)
                logs.create_log_stream(logGroupName=group, logStreamName="web")
            now = int(time.time() * 1000)
            start = (now - 30 * HOUR) // HOUR * HOUR
            lines = [line(number) for number in range(count // 24)]
            python = in_python(lines * 4)
            hour = start + 5 * HOUR
            times: list[dict[str, float]] = []
            for day in range(2):
                took = fill(logs, "app", start, count, day * count)
                heading(f"{(day + 1) * count:,} events of a day, put in {took:.1f} s ({count / took:,.0f} a second by boto3)")
                times.append({})
                for name, text in QUERIES.items():
                    spent, answer = query(logs, "app", hour, text)
                    scanned = answer["statistics"]["recordsScanned"]
                    rate = scanned / max(spent, 1) * 1000
                    times[-1][name] = spent
                    row(f"one hour: {name}", f"{spent:,.0f} ms", f"{rate:,.0f} events/s, Python's × {rate / python:.1f}")
                    assert scanned == about(count // 24 * (day + 1), scanned), scanned
            names = ["EmailAddress", "IpAddress", "CreditCardNumber", "Ssn-US", "AwsSecretKey", "PhoneNumber-US"]
            identifiers = [f"arn:aws:dataprotection::aws:data-identifier/{name}" for name in names]
            logs.put_data_protection_policy(logGroupIdentifier="masked", policyDocument=json.dumps({
                "Name": "p", "Version": "2021-06-01", "Statement": [
                    {"DataIdentifier": identifiers, "Operation": {"Audit": {"FindingsDestination": {}}}},
                    {"DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}}]}))
            plain, masked = fill(logs, "app", start, 50_000), fill(logs, "masked", start, 50_000)
            heading("data protection with six identifiers, one of which is in each event")
            row("50,000 events", f"{masked:.1f} s", f"without: {plain:.1f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def about(expected: int, found: float) -> float:
    """What was found where it is about what was expected: the first and the last event may be in the next hour."""
    return found if abs(found - expected) <= 4 else expected


if __name__ == "__main__":
    main()
