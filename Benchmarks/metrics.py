"""CloudWatch: data points taken per second, a day read with metric math, and how long a minute's look at all alarms takes.

    metrics.py PATH-OF-GATEHOUSE [ALARMS [SECONDS]]

Everything happens on the loopback interface and in a temporary folder.
"""

from __future__ import annotations

import datetime
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
ALARMS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 10

from harness import Identity, Server  # noqa: E402


def at(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def puts(identity: Identity, seconds: float, clients: int, per_call: int) -> float:
    """Data points a second that are answered, and so on disk."""
    counts = [0] * clients
    # To make one takes longer than many calls.
    connections = [Identity(identity.url, identity.key_id, identity.secret).client("cloudwatch") for _ in range(clients)]

    def put(number: int) -> None:
        cloudwatch = connections[number]
        data = [{"MetricName": f"m{i}", "Value": i, "Dimensions": [{"Name": "Client", "Value": str(number)}]} for i in range(per_call)]
        while time.monotonic() < end:
            cloudwatch.put_metric_data(Namespace="Bench", MetricData=data)
            counts[number] += per_call

    end = time.monotonic() + seconds
    threads = [threading.Thread(target=put, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def median_of(times: int, call: Any) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        start = time.monotonic()
        call()
        taken.append((time.monotonic() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Server(data=Path(folder) / "data", log=Path(folder) / "log") as server:
            for clients, per_call in [(1, 1), (8, 1), (8, 100)]:
                rate = puts(server.root, SECONDS, clients, per_call)
                print(f"PutMetricData, {clients} clients, {per_call} data points a call, on disk: {rate:,.0f} data points/s")
            cloudwatch = server.root.client("cloudwatch")
            now = int(time.time()) // 60 * 60
            for hour in range(24):
                cloudwatch.put_metric_data(Namespace="Day", MetricData=[
                    {"MetricName": name, "Value": minute, "Timestamp": at(now - hour * 3600 - minute * 60)}
                    for minute in range(60) for name in ("a", "b")
                ])  # fmt: skip

            def metric(name: str) -> dict[str, Any]:
                stat = {"Metric": {"Namespace": "Day", "MetricName": name}, "Period": 60, "Stat": "p90"}
                return {"Id": name, "MetricStat": stat, "ReturnData": False}

            queries = [metric("a"), metric("b"), {"Id": "e", "Expression": "IF(a > 30, 100 * a / (a + b), 0)"}]
            day = {"StartTime": at(now - 86_400), "EndTime": at(now + 60)}
            taken = median_of(20, lambda: cloudwatch.get_metric_data(MetricDataQueries=queries, **day))
            print(f"GetMetricData, a day of two metrics by the minute in an expression: {taken:.1f} ms")
    with Server(log=Path(tempfile.mkdtemp()) / "log") as server:
        cloudwatch = server.root.client("cloudwatch")
        for number in range(ALARMS):
            cloudwatch.put_metric_alarm(
                AlarmName=f"alarm-{number}", Namespace="Bench", MetricName=f"m{number % 500}", Statistic="Sum", Period=60,
                EvaluationPeriods=3, Threshold=1e9, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
        cloudwatch.put_metric_data(Namespace="Bench", MetricData=[{"MetricName": f"m{i}", "Value": 1} for i in range(500)])
        server.advance(120)
        taken = median_of(5, lambda: server.advance(61))
        print(f"{ALARMS:,} alarms, three periods each, one look at all: {taken:.0f} ms")


if __name__ == "__main__":
    main()
