"""GuardDuty: lists with as many entries as may be and one more, and of more than 35 MB; and what the server needs for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Identity, Server, allow, error_of
from harness.documents import policy
from harness.guarded import Guarded, by_address

MOST = 250_000
#: What a server may need besides what it had: the file comes in parts, and what is kept of it is its addresses.
MEMORY = 400 << 20


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(log=tmp_path_factory.mktemp("lists") / "log") as server:
        yield server


def most_memory(server: Server) -> int:
    """The most that its process has held, in bytes."""
    assert server.process
    (line,) = [one for one in Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) << 10


def addresses(count: int) -> bytes:
    return b"".join(b"198.%d.%d.%d\n" % (n >> 16, n >> 8 & 255, n & 255) for n in range(count))


def test_the_largest_lists(own_server: Server) -> None:
    iam = own_server.root.iam
    iam.create_user(UserName="admin")
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*")))
    admin = Identity.of_key(own_server.url, iam.create_access_key(UserName="admin")["AccessKey"])
    guarded = Guarded(admin)
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="lists")
    whole = addresses(MOST)
    s3.put_object(Bucket="lists", Key="most", Body=whole)
    s3.put_object(Bucket="lists", Key="large", Body=whole.ljust((35 << 20) + 1, b"\n"))
    s3.put_object(Bucket="lists", Key="many", Body=whole + b"203.0.113.1\n")
    before = most_memory(own_server)

    def create(key: str) -> dict[str, object]:
        return {
            "DetectorId": guarded.id, "Name": key, "Format": "TXT", "Location": f"s3://lists/{key}", "Activate": True}

    made = guarded.api.create_threat_intel_set(**create("most"))["ThreatIntelSetId"]
    assert guarded.api.get_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=made)["Status"] == "ACTIVE"
    for key, said in (("large", "larger than 35 MB"), ("many", "more than 250000 entries")):
        refused = error_of(guarded.api.create_threat_intel_set, **create(key))
        assert refused.code == "BadRequestException" and said in refused.message, refused.message
    assert guarded.api.list_threat_intel_sets(DetectorId=guarded.id)["ThreatIntelSetIds"] == [made]
    s3.put_object(Bucket="lists", Key="most", Body=b"127.9.9.0/24\n")
    guarded.api.update_threat_intel_set(DetectorId=guarded.id, ThreatIntelSetId=made, Activate=True)
    by_address(admin, "iam", "127.9.9.9").list_roles()
    found = guarded.wait_for("Recon:IAMUser/MaliciousIPCaller.Custom")
    assert found["Service"]["Action"]["AwsApiCallAction"]["Api"] == "ListRoles"
    assert most_memory(own_server) - before < MEMORY
