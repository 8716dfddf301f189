"""`make bench`: what those who behave get of an application during floods, as ratios measured in one run.

    floods.py PATH-OF-GATEHOUSE [KIND…]

20 clients ask twice a second each and wait 3 s for an answer, while 200 other addresses flood. The application does 200 requests
a second, 4 at a time. It stands alone, behind nginx with its usual settings, and behind Gatehouse, one after the other. All of it
is in a network namespace of its own, which takes root.

Whoever floods is held to a stated rate: what is measured is how the others are defended, and not how much the processor can do,
which the flood shares with all.

The end says whether Gatehouse's clients got 0.9 of what they get when all is quiet, as the flood goes on (its first 3 s, in which
budgets shrink, are told beside it), whether memory stayed within 150 MB of what it was, and whether all was well within a minute
after the flood. It exits with 1 where that is not so.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import cpu_seconds, heading, machine

from harness import flood
from harness.certificates import Certificate
from harness.network import HERE, Network, missing
from harness.nginx import HAS_NGINX, nginx
from harness.server import Server

#: How many connections each address has, how many seconds lie between one and the next, and what that is.
KINDS = {
    "syn": (1, 0.0, f"a SYN flood: {flood.SYN_RATE:,} packets a second from 131,072 addresses that are nobody's"),
    "slow-heads": (5, 2.0, "slow heads: 1,000 connections, a line each second on each"),
    "slow-bodies": (5, 2.0, "slow bodies: 1,000 connections, a byte each second on each"),
    "slow-reads": (5, 2.0, "slow reading: 1,000 connections that want 2 MB, and take 64 bytes a second"),
    "resets": (1, 2.0, "a reset storm: 100 connections of HTTP/2 a second, 1,000 streams a second on each, reset at once"),
    "continuations": (1, 2.0, "endless heads: 100 connections of HTTP/2 a second, 100 CONTINUATION frames a second on each"),
    "requests": (1, 0.5, "a flood of requests: 200 connections, 10 a second on each"),
}
OF_HTTP2 = ("resets", "continuations")
#: Seconds.
QUIET, FIRST, DURING = 4, 3, 5
MINUTE, LONGEST_OF_OTHERS = 60, 8
AIM, MEMORY, WELL = 0.9, 150, 0.95
PORT, SECURE_PORT = 8080, 8443


class Good:
    """Those who behave: they go on all the time."""

    def __init__(self, port: int, scheme: str):
        self.answers: list[tuple[float, int]] = []
        self.process = flood.start("steady", port, scheme)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            words = line.split()
            if len(words) == 2:  # it is killed at any time
                self.answers.append((float(words[0]), int(words[1])))

    def __enter__(self) -> Good:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def wait_for_all(self) -> None:
        """Until each has asked once."""
        end = time.monotonic() + 30
        while len(self.answers) < len(flood.GOOD) and time.monotonic() < end:
            time.sleep(0.1)

    def share(self, begin: float, end: float) -> float:
        """Of what was asked from one moment to another, how much was answered. Waits until that is known."""
        while time.monotonic() < end + flood.PATIENCE + 0.2 and self._known(begin, end)[1] > 0:
            time.sleep(0.1)
        answered, missing = self._known(begin, end)
        return answered / (answered + missing)

    def _known(self, begin: float, end: float) -> tuple[int, int]:
        """How many were answered, and how many were not, or are not known yet."""
        asked = [status for since, status in list(self.answers) if begin <= since < end]
        # A second has 40. Those that were not even asked count as well.
        return asked.count(200), max(len(asked), round(len(flood.GOOD) * flood.RATE * (end - begin))) - asked.count(200)

    def well_after(self, moment: float, longest: float) -> float | None:
        """Seconds until a second in which all is well; None: it took longer."""
        begin = moment
        while begin - moment <= longest:
            time.sleep(max(0, begin + 1.1 - time.monotonic()))
            if self.share(begin, begin + 1) >= WELL:
                return begin - moment
            begin += 0.5
        return None


@dataclass
class Result:
    quiet: float
    first: float
    during: float
    #: Of a core, during the flood.
    busy: float
    megabytes: float
    after: float | None
    longest: float

    @property
    def ratio(self) -> float:
        return self.during / self.quiet if self.quiet else 0

    def complaints(self) -> list[str]:
        found = [f"{self.ratio:.2f} of the quiet rate"] if self.ratio < AIM else []
        found += [f"{self.megabytes:,.0f} MB more memory"] if self.megabytes > MEMORY else []
        return found + (["not well after a minute"] if self.after is None or self.after > MINUTE else [])

    def line(self, name: str) -> str:
        after = f"{self.after:.1f} s" if self.after is not None else f"> {self.longest:.0f} s"
        shares = f"{self.quiet:.2f} {self.first:.2f} {self.during:.2f}"
        return f"{name:<20} {shares}   {self.ratio:.2f} of quiet, {self.busy:.0%} of a core, at most {self.megabytes:+,.0f} MB, well after {after}"


@contextmanager
def application(address: str) -> Iterator[tuple[int, int]]:
    with flood.start("application", 20, 4, address) as process:
        assert process.stdout
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def subject(name: str, kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its process id and port."""
    folder.mkdir()
    everywhere = "0.0.0.0" if kind == "syn" else "127.0.0.1"
    with application(everywhere if name == "application alone" else "127.0.0.1") as (pid, port):
        url = f"http://127.0.0.1:{port}"
        if name == "application alone":
            yield pid, port
            return
        certificate = Certificate.make(folder, flood.HOST)
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_text(certificate.pem)
        key.write_text(certificate.key)
        if name == "nginx":
            secure = (chain, key) if kind in OF_HTTP2 else None
            # As many connections as Debian's package allows for.
            with nginx(folder / "nginx", url, address=everywhere, connections=768, certificate=secure, http2=bool(secure)) as other:
                yield other
            return
        file = folder / "web-front"
        settings = f"    certificate-file = {chain}\n    key-file = {key}\n" if kind in OF_HTTP2 else ""
        file.write_text(f"shop = {url}\n    hosts = {flood.HOST}\n{settings}")
        words = ["--web-front", str(file), "--web-front-address", everywhere]
        words += ["--web-front-port", str(PORT), "--web-front-tls-port", str(SECURE_PORT)]
        with Server(*words, *(["--nftables"] if kind == "syn" else [])) as server:
            assert server.process
            yield server.process.pid, SECURE_PORT if settings else PORT


def memory(pid: int, what: str) -> float:
    """In megabytes: VmRSS is now, VmHWM the most since the start."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(what))


def measure(name: str, kind: str, folder: Path, longest: float) -> Result:
    each, pace, _ = KINDS[kind]
    with subject(name, kind, folder) as (pid, port), Good(port, "https" if kind in OF_HTTP2 else "http") as good:
        good.wait_for_all()
        begin = time.monotonic()
        time.sleep(QUIET)
        before = memory(pid, "VmRSS:")
        with flood.start(kind, port, FIRST + DURING, each, pace) as attack:
            assert attack.stdout
            started, used = float(attack.stdout.readline()), cpu_seconds(pid)
            attack.wait()
            used = (cpu_seconds(pid) - used) / (FIRST + DURING)
            ended = time.monotonic()
        after = good.well_after(ended, longest)
        quiet = good.share(begin, begin + QUIET)
        first, during = good.share(started, started + FIRST), good.share(started + FIRST, started + FIRST + DURING)
        return Result(quiet, first, during, used, memory(pid, "VmHWM:") - before, after, longest)


def main() -> None:
    if why := missing(nftables=True):
        raise SystemExit(f"There can be no network namespace with nftables here: {why}")
    print(machine())
    print(f"Answered within {flood.PATIENCE:.0f} s: when all is quiet, in the first {FIRST} s of the flood, and then.")
    kinds = sys.argv[2:] or list(KINDS)
    complaints: list[str] = []
    network = Network()
    with tempfile.TemporaryDirectory() as folder, network:
        for kind in kinds:
            heading(KINDS[kind][2][0].upper() + KINDS[kind][2][1:])
            names = [*([] if kind in OF_HTTP2 else ["application alone"]), *(["nginx"] if HAS_NGINX else []), "Gatehouse"]
            for name in names:
                is_own = name == "Gatehouse"
                result = measure(name, kind, Path(folder) / f"{kind}-{name.replace(' ', '-')}", MINUTE if is_own else LONGEST_OF_OTHERS)
                print(result.line(name), flush=True)
                complaints += [f"{kind}: {text}" for text in result.complaints()] if is_own else []
    network.close()
    print()
    if complaints:
        raise SystemExit(f"Gatehouse misses its aims. {'; '.join(complaints)}")
    print(f"Gatehouse keeps its aims in all {len(kinds)} floods: {AIM} of the quiet rate, {MEMORY} MB, a minute.")


if __name__ == "__main__":
    main()
