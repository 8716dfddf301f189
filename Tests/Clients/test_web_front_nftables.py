"""`--nftables`: the kernel's table before the web front's ports. Each test is in a network of its own, or of this file's."""

from __future__ import annotations

import http.client
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ACCOUNT, Server, network
from harness.network import Network, begin, counter, elements, is_open, nft, tables
from harness.server import gatehouse
from harness.upstream import Upstream, answer, answering
from harness.web_front import until

pytestmark = [
    pytest.mark.memory,
    pytest.mark.skipif(bool(network.missing(nftables=True)), reason=f"no network of the test's own: {network.missing(nftables=True)}"),
]
SHOP = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/50dc6c495c0c9188"
PORT, TABLE = 8080, "gatehouse-8080"
MALFORMED = b"GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture(scope="module")
def inside() -> Iterator[Network]:
    found = Network()
    yield found
    found.close()


@pytest.fixture(scope="module")
def application(inside: Network) -> Iterator[Upstream]:
    with inside:
        started = Upstream(answering(answer(b"fine"))).__enter__()
    yield started
    started.__exit__(None, None, None)


def options(folder: Path, application: Upstream, *more: str) -> list[str]:
    file = folder / "web-front"
    file.write_text(f"shop = {application.url}\n    arn = {SHOP}\n    hosts = shop\n")
    return ["--web-front", str(file), "--web-front-port", str(PORT), "--nftables", *more]


@pytest.fixture(scope="module")
def running(inside: Network, application: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It listens on all addresses."""
    folder = tmp_path_factory.mktemp("front")
    words = options(folder, application, "--web-front-address", "::", "--shield-exempt", "127.3.0.0/16")
    server = Server(*words, log=folder / "log")
    with inside:
        server.start()
    yield server
    server.kill()


@pytest.fixture
def server(running: Server, inside: Network) -> Iterator[Server]:
    with inside:
        yield running


def status(source: str, host: str = "127.0.0.1") -> int:
    connection = http.client.HTTPConnection(host, PORT, source_address=(source, 0), timeout=20)
    try:
        connection.request("GET", "/", headers={"Host": "shop"})
        return connection.getresponse().status
    finally:
        connection.close()


def offend(source: str, host: str = "127.0.0.1") -> list[bool]:
    """Does what no honest client does, as often as Shield lets it; says each time whether it was answered."""
    answers = []
    for _ in range(6):
        with begin(source, PORT, host) as connection:
            assert is_open(connection)
            connection.setblocking(True)
            connection.settimeout(network.PATIENCE)
            connection.sendall(MALFORMED)
            answers.append(connection.recv(1000).startswith(b"HTTP/1.1 400"))
    return answers


def test_a_banned_address_gets_no_answer_for_a_while(server: Server) -> None:
    assert offend("127.4.0.1") == [True] * 6
    until(lambda: "127.4.0.1" in elements(TABLE, "banned4"))
    found = elements(TABLE, "banned4")["127.4.0.1"]
    # It ends by itself.
    assert 0 < found["timeout"] <= 10
    before = counter(TABLE, "banned")
    with begin("127.4.0.1", PORT) as connection:
        until(lambda: counter(TABLE, "banned") > before or is_open(connection, 0))
        assert not is_open(connection, 0)
    # Its neighbour is none of it, and nothing but the web front's ports is.
    assert status("127.4.0.2") == 200
    with begin("127.4.0.1", server.port) as connection:
        assert is_open(connection)


def test_of_ipv6_a_network_is_banned(server: Server) -> None:
    assert offend("2001:db8:0:1::5", "::1") == [True] * 6
    until(lambda: "2001:db8:0:1::" in elements(TABLE, "banned6"))
    before = counter(TABLE, "banned")
    with begin("2001:db8:0:1:ffff::6", PORT, "::1") as connection:
        until(lambda: counter(TABLE, "banned") > before or is_open(connection, 0))
        assert not is_open(connection, 0)
    with begin("2001:db8:0:2::5", PORT, "::1") as connection:
        assert is_open(connection)


def test_those_who_are_exempt_are_never_kept_out(server: Server, inside: Network) -> None:
    for _ in range(2):
        assert offend("127.3.0.1") == [True] * 6
    before = counter(TABLE, "too_many")
    for number in range(2000):
        inside.syn("127.3.0.1", PORT, number=number)
    assert counter(TABLE, "too_many") == before
    assert "127.3.0.1" not in elements(TABLE, "banned4") and "127.3.0.1" not in elements(TABLE, "rates4")
    assert status("127.3.0.1") == 200


def test_a_syn_flood_keeps_nobody_out_and_is_told_of(server: Server, inside: Network) -> None:
    server.advance(60)
    assert status("127.2.0.1") == 200
    for number in range(8000):
        inside.syn(f"198.18.{number % 250}.{number // 250 + 1}", PORT, number=number)
    # More have begun than the kernel remembers: without SYN cookies nobody else would get in.
    assert inside.has_sent_cookies()
    assert [status(f"127.2.{number}.7") for number in range(20)] == [200] * 20
    # One alone is kept out by its rate.
    before = counter(TABLE, "too_many")
    for number in range(3000):
        inside.syn("198.19.0.1", PORT, number=number)
    dropped = counter(TABLE, "too_many") - before
    assert dropped > 0

    server.advance(60)
    shield = server.root.client("shield")
    (attack,) = shield.list_attacks()["AttackSummaries"]
    assert attack["ResourceArn"] == SHOP and attack["AttackVectors"] == [{"VectorType": "SYN_FLOOD"}]
    detail = shield.describe_attack(AttackId=attack["AttackId"])["Attack"]
    (vector,) = detail["AttackCounters"]
    assert vector["Unit"] == "PPS" and 10_900 - dropped <= vector["Sum"] <= 11_100 - dropped
    assert {"MitigationName": "NETWORK_FILTER"} in detail["Mitigations"]
    lines = server.get("/metrics")[1].splitlines()
    packets = {line.split('"')[1]: int(line.split()[1]) for line in lines if line.startswith("gatehouse_shield_syn_packets{")}
    assert packets["all"] >= 11_000 and packets["too_many"] > 0


def test_a_table_that_somebody_removes_is_put_back(server: Server) -> None:
    nft("delete", "table", "inet", TABLE)
    server.advance(60)
    assert TABLE in tables()
    assert counter(TABLE, "asked") == 0 and status("127.2.0.9") == 200 and counter(TABLE, "asked") > 0


def test_the_table_goes_with_the_server(application: Upstream, tmp_path: Path) -> None:
    own = Network()
    name = "gatehouse-127.0.0.1-8080"
    with own:
        nft("add table inet filter; add chain inet filter input { type filter hook input priority 0; policy accept; }")
        nft("add rule inet filter input tcp dport 22 accept")
        before = nft("list", "ruleset")
        server = Server(*options(tmp_path, application), log=tmp_path / "log")
        with server:
            server.kill()
            # What is left is replaced at the next start.
            assert sorted(tables()) == ["filter", name]
            nft("add", "element", "inet", name, "banned4", "{ 192.0.2.1 timeout 1h }")
            for end in (signal.SIGINT, signal.SIGTERM):
                server.start()
                assert sorted(tables()) == ["filter", name] and elements(name, "banned4") == {}
                assert server.process
                server.process.send_signal(end)
                assert server.process.wait(20) == 0
                assert tables() == ["filter"]
            assert nft("list", "ruleset") == before
    own.close()


def test_it_says_what_it_lacks(application: Upstream, tmp_path: Path) -> None:
    words = ["serve", "--in-memory", "--port", "0", *options(tmp_path, application)]
    own = Network()
    with own:
        server = Server(*options(tmp_path, application))
        bare = ["setpriv", "--bounding-set", "-net_admin", *server.command()]
        done = subprocess.run(bare, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
        assert done.returncode == 1 and "CAP_NET_ADMIN" in done.stderr and "leave out --nftables" in done.stderr
        assert tables() == []
        # It needs no more than that.
        some = ["--reuid", "65534", "--clear-groups", "--inh-caps", "+net_admin,+dac_read_search"]
        server.command = lambda: ["setpriv", *some, "--ambient-caps", "+net_admin,+dac_read_search", *bare[3:]]  # type: ignore[method-assign]
        with server:
            assert tables() == ["gatehouse-127.0.0.1-8080"]
            server.stop()
        assert tables() == []
    own.close()
    alone = gatehouse("serve", "--in-memory", "--nftables")
    assert alone.returncode == 64 and "--web-front" in alone.stderr
    free = gatehouse(*words, "--web-front-tls-port", "0")
    assert free.returncode == 64 and "--web-front-tls-port" in free.stderr
