"""What it costs to make a report of many lines: time, and memory.

    cost_report.py PATH-OF-GATEHOUSE [LINES] [FORMATS]

LINES (10,000,000) of calls are metered, FORMATS (`csv,parquet`) say in which forms the report is delivered, by hours and with resources:
each row that was metered is a line of it. Nobody makes ten million calls for that: once the server has made its folder and is stopped, this
program writes the rows into its database as the server would (`MeteredRow`, sealed with the folder's key), evenly over all hours of the month, of
six services, four Regions, a thousand users and as many resources as there are lines in an hour. The server then starts anew, and a report
definition has it deliver. All files are read by DuckDB: lines and costs have to be those that were written, to the last digit in CSV and to the
cent in Parquet.

Memory is the most that the server, and the program that writes Parquet, have had resident meanwhile. Everything happens on the loopback
interface and in a folder beside the build, which takes 500 bytes a line.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
LINES = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
FORMATS = sys.argv[3].split(",") if len(sys.argv) > 3 else ["csv", "parquet"]
WRITER = REPOSITORY / ".build" / "parquet" / "gatehouse-parquet"

from harness import ACCOUNT, allow, policy  # noqa: E402
from harness.server import Server  # noqa: E402

SERVICE = {"Service": "billingreports.amazonaws.com"}
KIND = "Gatehouse::MeteredUse"
#: Service, operation, price of one call.
CALLS = [
    ("kms", "Decrypt", "0.000003"), ("sqs", "SendMessage", "0.0000004"), ("s3", "PutBucketTagging", "0.000005"),
    ("sns", "Publish", "0.0000005"), ("secretsmanager", "GetSecretValue", "0.000005"), ("dynamodb", "GetItem", "0.00000025"),
]  # fmt: skip
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1", "ap-south-1"]
#: Calls of a row.
COUNT = 7


def number(value: int) -> bytes:
    """Seven bits in each byte, the lowest first."""
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def counted(value: bytes) -> bytes:
    return struct.pack("<q", len(value)) + value


def rows(root_key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and sealed bodies: see RowBody, MeteredRow and SealingKey."""
    ledger = HKDF(hashes.SHA256(), 32, b"gatehouse keyring 1", b"ledger").derive(root_key)
    place = b"".join(counted(part.encode()) for part in ("table_row", ACCOUNT, "", KIND, ""))
    head = bytes([1, 0, 0]) + b"\0" + struct.pack(">I", 1 << 31 | 1)
    month = datetime.datetime.now(datetime.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    hours = ((month + datetime.timedelta(days=32)).replace(day=1) - month).days * 24
    first = int(month.timestamp()) // 3600
    calls = [(service.encode(), operation.encode()) for service, operation, _ in CALLS]
    regions = [region.encode() for region in REGIONS]
    principals = [f"arn:aws:iam::{ACCOUNT}:user/team-{one % 10}/user-{one}".encode() for one in range(1000)]
    written = 0
    for number_of_hour in range(hours):
        hour = first + number_of_hour
        begin, end = (LINES * place // hours for place in (number_of_hour, number_of_hour + 1))
        found = []
        for line in range(begin, end):
            resource = f"arn:aws:kms:{REGIONS[line % 4]}:{ACCOUNT}:key/{line - begin:08x}-0000-4000-8000-{line % 50_000:012x}".encode()
            parts = (*calls[line % 6], regions[line % 4], principals[line % 1000], resource)
            digest = hashlib.sha256(b"".join(map(counted, parts))).digest()[:16]
            found.append((digest.replace(b"\0", b"\0\xff") + b"\0\1", b"".join(number(len(part)) + part for part in parts)))
        for digest, members in sorted(found):
            if written % 65_536 == 0:
                salt = os.urandom(16)
                cipher = AESGCM(HKDFExpand(hashes.SHA256(), 32, b"gatehouse message 1" + salt).derive(ledger))
            written += 1
            key = struct.pack(">Q", hour ^ 1 << 63) + digest
            nonce = struct.pack(">Q", written).rjust(12, b"\0")
            body = head + number(hour << 1) + number(COUNT << 1) + members + b"\0"
            yield key, b"\1" + salt + nonce + cipher.encrypt(nonce, body, place + counted(key))


def write_rows(data: Path) -> None:
    """In the order of the keys, which is how the server meters."""
    with sqlite3.connect(data / "ledger.sqlite") as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO table_row (account, region, kind, partition, key, body) VALUES (?1, '', ?2, '', ?3, ?4)",
            ((ACCOUNT, KIND, key, body) for key, body in rows((data / "key").read_bytes())))
        connection.execute(
            "INSERT INTO counter VALUES (?, '', ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (ACCOUNT, f"{KIND}\x1f\x1f", LINES))


def times(server: Server) -> tuple[float, float]:
    """Seconds of the processor: of the server, and of programs that it has run."""
    assert server.process
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / tick, (int(fields[13]) + int(fields[14])) / tick


def resident(process: int) -> int:
    """Bytes."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def children(server: Server) -> list[int]:
    assert server.process
    found: list[int] = []
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        try:
            found += [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def report(server: Server, form: str) -> None:
    root = server.root
    cur, s3 = root.client("cur"), root.client("s3")
    before, begun = times(server), time.monotonic()
    assert server.process
    idle = resident(server.process.pid)
    is_parquet = form == "parquet"
    cur.put_report_definition(
        ReportDefinition={
            "ReportName": form, "TimeUnit": "HOURLY", "Format": "Parquet" if is_parquet else "textORcsv",
            "Compression": "Parquet" if is_parquet else "GZIP", "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": "bills",
            "S3Prefix": "", "S3Region": "us-east-1",
        })  # fmt: skip
    most = other = 0
    while True:
        (one,) = [one for one in cur.describe_report_definitions()["ReportDefinitions"] if one["ReportName"] == form]
        most = max(most, resident(server.process.pid))
        other = max([other, *map(resident, children(server))])
        if status := one["ReportStatus"].get("lastStatus"):
            assert status == "SUCCESS", status
            break
        time.sleep(0.2)
    seconds = time.monotonic() - begun
    used = [after - first for after, first in zip(times(server), before, strict=True)]
    keys = [key for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bills", Prefix=f"/{form}/") for key in page.get("Contents", [])]
    keys = keys or [key for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bills", Prefix=f"{form}/") for key in page["Contents"]]
    place = min((key["Key"] for key in keys if key["Key"].endswith("Manifest.json")), key=len)
    manifest = json.loads(s3.get_object(Bucket="bills", Key=place)["Body"].read())
    size = sum(key["Size"] for key in keys)
    print(
        f"{form}: {LINES:,} lines in {seconds:.1f} s: {used[0]:.1f} s of the server's processor, {used[1]:.1f} s of the other program's; "
        f"{len(manifest['reportKeys'])} files, {size >> 20} MiB; memory: {idle >> 20} MiB before, {most >> 20} MiB at most"
        + (f", {other >> 20} MiB the other program" if is_parquet else ""),
        flush=True)
    check(s3, manifest, is_parquet)


def check(s3: object, manifest: dict[str, list[str]], is_parquet: bool) -> None:
    count, cost = 0, Decimal(0)
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as folder:
        for key in manifest["reportKeys"]:
            file = Path(folder) / key.rsplit("/", 1)[-1]
            file.write_bytes(s3.get_object(Bucket="bills", Key=key)["Body"].read())  # type: ignore[attr-defined]
            source = "read_parquet(?)" if is_parquet else "read_csv(?, all_varchar = true, header = true)"
            names = ("line_item_resource_id", "line_item_unblended_cost") if is_parquet else ("lineItem/ResourceId", "lineItem/UnblendedCost")
            type_ = "DOUBLE" if is_parquet else "DECIMAL(38, 18)"
            found = duckdb.connect().execute(
                f'SELECT count(*), sum(CAST("{names[1]}" AS {type_})) FROM {source} WHERE "{names[0]}" LIKE \'%:key/%\'', [str(file)]
            ).fetchone()
            assert found
            count += found[0]
            cost += Decimal(found[1] or 0)
            file.unlink()
    expected = sum(Decimal(price) * COUNT * (LINES // 6 + (place < LINES % 6)) for place, (_, _, price) in enumerate(CALLS))
    assert count == LINES, (count, LINES)
    assert round(cost, 2) == round(expected, 2) if is_parquet else cost == expected, (cost, expected)
    print(f"  read by DuckDB: {count:,} lines, {cost:f} USD, as were written", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as folder:
        prices = Path(folder) / "prices"
        prices.write_text("".join(f"price {service} * Requests Requests {price} {operation}\n" for service, operation, price in CALLS))
        options = ("--prices", str(prices), "--parquet-writer", str(WRITER))
        with Server(*options, data=Path(folder) / "data") as server:
            s3 = server.root.client("s3")
            s3.create_bucket(Bucket="bills")
            look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], "arn:aws:s3:::bills", Principal=SERVICE)
            put = allow("s3:PutObject", "arn:aws:s3:::bills/*", Principal=SERVICE)
            s3.put_bucket_policy(Bucket="bills", Policy=policy(look, put))
            server.stop()
            begun = time.monotonic()
            write_rows(Path(folder) / "data")
            print(f"{LINES:,} rows were written in {time.monotonic() - begun:.0f} s", flush=True)
            server.start()
            for form in FORMATS:
                report(server, form)


main()
