"""What a trail costs: a million events, recorded and then delivered, and what `aws cloudtrail validate-logs` says of them.

    trails.py PATH-OF-GATEHOUSE [EVENTS]

The events are those of GetCallerIdentity, as fast as wrk asks for them, while the bucket has no policy that lets
CloudTrail in; then it gets one, and the time runs until all are in the bucket. Everything happens on the
loopback interface and in a folder beside the build.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
EVENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000

from bench import as_botocore_sends, write_requests  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.trails import bucket_policy, make_bucket, validate  # noqa: E402


def memory(pid: int) -> int:
    """Resident, in MiB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def ask(server: Server, requests: Path, wanted: int) -> int:
    """Has wrk ask, a few seconds at a time, until there were as many as wanted."""
    begun, count = time.monotonic(), 0
    while count < wanted:
        script = REPOSITORY / "Benchmarks" / "requests.lua"
        done = subprocess.run(
            ["wrk", "-t1", "-c64", "-d5s", "--timeout", "30s", "-s", str(script), f"http://127.0.0.1:{server.port}/"],
            env=os.environ | {"BENCH_REQUESTS": str(requests)}, capture_output=True, text=True, check=True)
        found = re.search(r"BENCH requests=(\d+) refused=(\d+) socket=(\d+)", done.stdout)
        assert found and found[2] == "0", done.stdout
        count += int(found[1])
    print(f"{count:,} calls in {time.monotonic() - begun:.0f} s")
    return count


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as place:
        folder = Path(place)
        with Server("--trail-delivery", "5", data=folder / "data") as server:
            root, pid = server.root, server.process.pid
            make_bucket(root, "logs")
            root.cloudtrail.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
            root.cloudtrail.start_logging(Name="main")
            s3 = root.client("s3")
            s3.delete_bucket_policy(Bucket="logs")
            calls = [as_botocore_sends("GetCallerIdentity", "sts", root, number) for number in range(500)]
            print(f"memory before: {memory(pid)} MiB")
            count = ask(server, write_requests(folder, "calls", calls), EVENTS)
            print(f"memory with {count:,} events recorded: {memory(pid)} MiB")
            s3.put_bucket_policy(Bucket="logs", Policy=bucket_policy("logs"))
            start, most, delivered, seen, size = time.monotonic(), 0, 0, set[str](), 0
            while delivered < count:
                most = max(most, memory(pid))
                for page in s3.get_paginator("list_objects_v2").paginate(Bucket="logs", Prefix="AWSLogs/"):
                    for entry in page.get("Contents", []):
                        if "/CloudTrail/" not in entry["Key"] or entry["Key"] in seen:
                            continue
                        seen.add(entry["Key"])
                        size += entry["Size"]
                        text = gzip.decompress(s3.get_object(Bucket="logs", Key=entry["Key"])["Body"].read())
                        delivered += text.count(b'"eventName":"GetCallerIdentity"')
                if time.monotonic() - start > 1800:
                    sys.exit(f"only {delivered:,} of {count:,} events after half an hour")
                time.sleep(1)
            print(f"delivered {delivered:,} events in {time.monotonic() - start:.0f} s, in {len(seen)} files of "
                  f"{size / 2**20:.1f} MiB; memory at most {most} MiB")
            root.cloudtrail.stop_logging(Name="main")
            start = time.monotonic()
            code, report = validate(root)
            print("\n".join(report.strip().splitlines()[-4:]))
            print(f"validate-logs ended with {code} in {time.monotonic() - start:.0f} s; memory at the end {memory(pid)} MiB")


if __name__ == "__main__":
    main()
