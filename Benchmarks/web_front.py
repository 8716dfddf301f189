"""`make bench`: what the web front costs beside nginx, as ratios measured in one run.

    web_front.py PATH-OF-GATEHOUSE

1. Proxying without rules, against nginx. The aim is half of its requests a second.
2. With a web ACL of 50 rules, of which none matches, against none, and against nginx with libmodsecurity and the same rules.
3. With the whole Core Rule Set, against nginx with libmodsecurity and the same rules, where Debian's
   libnginx-mod-http-modsecurity is installed. The aim is twice its requests a second.
4. TLS: how many handshakes a second, against nginx with the same certificate.

What is measured is held to one core, one after the other in the same minutes; the load and the application, an nginx that
answers at once, to another. The load's connections come from many addresses (addresses.c). Each row by turns; the median
counts. What a request costs of the core's time is beside it: that holds when others use the machine, too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bench
from bench import LOAD_CORE, ROUND, ROUNDS, SERVER_CORE, can_pin, cpu_seconds, heading, machine, pin, row, write_requests

from harness.certificates import Certificate
from harness.nginx import HAS_MODSECURITY, HAS_NGINX, nginx
from harness.protected import ARN, protected
from harness.web_acls import WebACL, header, path, rule
from harness.web_front import WebFront

CLIENTS = 128
QUIET = ("--log-level", "warning")
Subject = tuple[int, int]  # process id and port


def addresses(folder: Path) -> Path:
    """See addresses.c."""
    made = folder / "addresses.so"
    source = Path(__file__).with_name("addresses.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def requests(*, close: bool = False) -> list[bytes]:
    """What a browser sends to a shop."""
    usual = [
        "Host: shop.example.com", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language: en-US,en;q=0.5",
        "Accept-Encoding: gzip, deflate, br", "Referer: https://shop.example.com/products?page=3",
        "Cookie: _ga=GA1.2.1234567890.1700000000; session=0f1e2d3c4b5a69788796a5b4c3d2e1f0; theme=dark", "Sec-Fetch-Mode: navigate",
    ]  # fmt: skip
    made = []
    for number in range(60):
        lines, body = [f"GET /products/{number}?page={number % 7}&sort=price&q=red+shoes HTTP/1.1", *usual], ""
        if number % 6 == 0:
            body = f"name=Ann+Example&street=Main+Street+{number}&city=Springfield&note=Please+ring+twice"
            kind = "Content-Type: application/x-www-form-urlencoded"
            lines = [f"POST /orders/{number} HTTP/1.1", *usual, kind, f"Content-Length: {len(body)}"]
        lines += ["Connection: close"] if close else []
        made.append(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    return made


def fifty() -> list[dict[str, Any]]:
    """Rules that look at paths and headers, and find nothing there."""
    return [
        rule(f"r{number}", header("user-agent", f"robot-{number}") if number % 2 else path(f"/nowhere/{number}", "STARTS_WITH"), number)
        for number in range(50)
    ]


def fifty_elsewhere() -> list[str]:
    """The same, as libmodsecurity reads them."""
    return [
        f'SecRule REQUEST_HEADERS:User-Agent "@contains robot-{number}" "id:{number + 1},phase:1,deny,status:403,nolog"'
        if number % 2
        else f'SecRule REQUEST_FILENAME "@beginsWith /nowhere/{number}" "id:{number + 1},phase:1,deny,status:403,nolog"'
        for number in range(50)
    ]


class Rows:
    """Compares by turns."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.preload = str(addresses(folder))

    def measure(self, subjects: dict[str, Subject], sent: list[bytes], scheme: str = "http") -> dict[str, float]:
        """Answers a second of each, the median of rounds; prints a row for each."""
        file = write_requests(self.folder, f"requests-{scheme}", sent)
        rates: dict[str, list[float]] = {name: [] for name in subjects}
        costs: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(ROUNDS):
            for name, (pid, port) in subjects.items():
                before = cpu_seconds(pid)
                count, took = bench.answers(port, file, ROUND, CLIENTS, scheme, LD_PRELOAD=self.preload)
                rates[name].append(count / took)
                costs[name].append((cpu_seconds(pid) - before) / max(1, count) * 1e6)
        medians = {name: statistics.median(values) for name, values in rates.items()}
        for name, rate in medians.items():
            row(name, f"{rate:,.0f}/s", f"{min(costs[name]):,.0f} µs of the core for each")
        return medians


@contextmanager
def front(folder: Path, url: str, *rules: dict[str, Any], settings: str = "") -> Iterator[Subject]:
    folder.mkdir()
    with WebFront(folder, f"shop = {url}\n    arn = {ARN}\n{settings}", *QUIET) as one:
        if rules:
            WebACL(one.server.root, ARN, *rules)
        assert one.server.process
        pin(one.server.process.pid)
        yield one.server.process.pid, one.secure_port if settings else one.port


def main() -> None:
    if not HAS_NGINX:
        raise SystemExit("nginx is not installed: there is nothing to compare with")
    print(machine())
    if not can_pin():
        print("There is one core alone: what is measured shares it with the load.")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        rows = Rows(folder)
        with nginx(folder / "application", 'return 200 "hello"', core=LOAD_CORE) as (_, port):
            url = f"http://127.0.0.1:{port}"
            measure(rows, folder, url)


def measure(rows: Rows, folder: Path, url: str) -> None:
    heading("The web front without rules, and with 50")
    with nginx(folder / "plain", url, core=SERVER_CORE) as plain, front(folder / "without", url) as without, \
            front(folder / "fifty", url, *fifty()) as with_fifty:  # fmt: skip
        rates = rows.measure({"nginx": plain, "Gatehouse": without, "Gatehouse, 50 rules": with_fifty}, requests())
    row("Gatehouse against nginx (the aim is 0.5)", "", f"{rates['Gatehouse'] / rates['nginx']:.2f}")
    row("50 rules against none", "", f"{rates['Gatehouse, 50 rules'] / rates['Gatehouse']:.2f}")

    if HAS_MODSECURITY:
        heading("50 rules, and the same in libmodsecurity")
        with nginx(folder / "own", url, rules=fifty_elsewhere(), core=SERVER_CORE) as other, \
                front(folder / "again", url, *fifty()) as one:  # fmt: skip
            rates = rows.measure({"nginx with libmodsecurity": other, "Gatehouse": one}, requests())
        row("Gatehouse against nginx (the aim is 2)", "", f"{rates['Gatehouse'] / rates['nginx with libmodsecurity']:.2f}")

    if HAS_MODSECURITY:
        heading("The whole Core Rule Set at paranoia level 1")
        groups = [("OWASP", "CoreRuleSet")]
        (folder / "rules").mkdir()
        with nginx(folder / "modsecurity", url, level=1, core=SERVER_CORE) as other, \
                protected(folder / "rules", url, *groups, options=QUIET) as one:  # fmt: skip
            assert one.server.process
            pin(one.server.process.pid)
            rates = rows.measure({"nginx with libmodsecurity": other, "Gatehouse": (one.server.process.pid, one.port)}, requests())
        row("Gatehouse against nginx (the aim is 2)", "", f"{rates['Gatehouse'] / rates['nginx with libmodsecurity']:.2f}")

    heading("TLS handshakes, with a request each")
    certificate = Certificate.make(folder, "shop.example.com")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text(certificate.pem)
    key.write_text(certificate.key)
    settings = f"    certificate-file = {chain}\n    key-file = {key}\n"
    with nginx(folder / "secure", url, certificate=(chain, key), core=SERVER_CORE) as other, \
            front(folder / "tls", url, settings=settings) as one:  # fmt: skip
        rates = rows.measure({"nginx": other, "Gatehouse": one}, requests(close=True), "https")
    row("Gatehouse against nginx", "", f"{rates['Gatehouse'] / rates['nginx']:.2f}")


if __name__ == "__main__":
    main()
