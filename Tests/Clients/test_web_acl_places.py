"""Where addresses are, by a file of the operator's: geo and ASN rules, their labels, and what logs and samples tell."""

import json
import time
from pathlib import Path

import pytest
import requests
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from harness import Server
from harness.patience import PATIENCE
from harness.server import gatehouse
from harness.hosted import Pool, make_pool
from harness.web_acls import WebACL, rule

FORWARDED = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"}


def written(file: Path, networks: dict[str, dict[str, object]], version: int = 6) -> Path:
    # As MaxMind's own files have it: version 4 within version 6.
    writer = MMDBWriter(version, "Test", languages=["en"], ipv4_compatible=version == 6)
    for network, entry in networks.items():
        writer.insert_network(IPSet([network]), entry)
    writer.to_db_file(str(file))
    return file


def test_countries_and_systems(tmp_path: Path) -> None:
    bavaria = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BY"}]}
    places = written(
        tmp_path / "places.mmdb",
        {
            "127.0.0.0/8": bavaria, "192.0.2.0/24": {"country": {"iso_code": "FR"}},
            "2001:db8::/32": {"country": {"iso_code": "AT"}}, "198.51.100.0/24": {"continent": {"code": "EU"}},
        },
    )  # fmt: skip
    systems = written(tmp_path / "systems.mmdb", {"127.0.0.0/8": {"autonomous_system_number": 64500}}, version=4)
    log = tmp_path / "log.jsonl"
    options = ("--geo-database", str(places), "--geo-database", str(systems), "--web-acl-log", str(log))
    with Server(*options) as server:
        pool = make_pool(server, server.root)
        acl = WebACL(
            server.root, pool.id, rule("own", {"GeoMatchStatement": {"CountryCodes": ["DE"]}}, Count={}),
            rule("system", {"AsnMatchStatement": {"AsnList": [64500]}}, 1, Count={}),
            rule("french", {"GeoMatchStatement": {"CountryCodes": ["FR", "AT"], "ForwardedIPConfig": FORWARDED}}, 2),
        )  # fmt: skip
        asked = {
            "192.0.2.7": 403, "2001:db8::1": 403, "::ffff:192.0.2.7": 403, "198.51.100.1": 200, "203.0.113.1": 200,
            "nowhere": 200,
        }  # fmt: skip
        for address, status in asked.items():
            got = requests.get(pool.address("/login"), headers={"X-Forwarded-For": address}, timeout=PATIENCE)
            assert got.status_code == status, address
        assert {one["Request"]["Country"] for one in acl.samples("m-own")} == {"DE"}
        assert len(acl.samples("m-system")) == len(asked)
        lines = [json.loads(line) for line in written_lines(log, len(asked))]
        assert {line["httpRequest"]["country"] for line in lines} == {"DE"}
        labels = {label["name"] for line in lines for label in line["labels"]}
        assert {
            "awswaf:clientip:geo:country:DE", "awswaf:clientip:geo:region:DE-BY",
            "awswaf:forwardedip:geo:country:AT", "awswaf:forwardedip:geo:region:FR-XX",
            "awswaf:forwardedip:geo:country:XX",
        } <= labels  # fmt: skip


def written_lines(file: Path, count: int) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while not file.exists() or len(file.read_text().splitlines()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return file.read_text().splitlines()


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "places.mmdb"
    if content is not None:
        file.write_bytes(content)
    failed = gatehouse("serve", "--in-memory", "--port", "0", "--geo-database", str(file))
    assert failed.returncode == 1 and "--geo-database" in failed.stderr and str(file) in failed.stderr


def test_a_log_that_can_not_be_written(tmp_path: Path) -> None:
    failed = gatehouse("serve", "--in-memory", "--port", "0", "--web-acl-log", str(tmp_path / "none" / "log"))
    assert failed.returncode == 1 and "--web-acl-log" in failed.stderr and "No such file" in failed.stderr
