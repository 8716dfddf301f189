"""`make bench`: what those who behave get of an application during floods, as ratios measured in one run.

    floods.py PATH-OF-GATEHOUSE

20 clients ask twice a second each, while 200 other addresses flood. The application does 200 requests a second, 4 at a time. It
stands alone, behind nginx and behind Gatehouse. The aim is 0.9 of what the clients get when all is quiet; memory stays bounded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import heading, machine, row

from harness import flood
from harness.nginx import HAS_NGINX, nginx
from harness.server import resident_memory
from harness.web_front import WebFront

KINDS = ["requests", "slow-heads", "slow-bodies", "slow-reads"]
#: Seconds. Budgets take a while until they have shrunk to what the application can do.
QUIET, BEFORE, DURING, AFTER = 6, 7, 8, 6


@contextmanager
def application() -> Iterator[tuple[int, int]]:
    with flood.start("application", 20, 4) as process:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())
        process.kill()


@contextmanager
def subject(name: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its process id and port."""
    folder.mkdir()
    with application() as (pid, port):
        if name == "application alone":
            yield pid, port
        elif name == "nginx":
            with nginx(folder / "nginx", f"http://127.0.0.1:{port}") as other:
                yield other
        else:
            text = f"shop = http://127.0.0.1:{port}\n    hosts = {flood.HOST}\n"
            with WebFront(folder, text, "--log-level", "warning") as front:
                assert front.server.process
                yield front.server.process.pid, front.port


def share(result: dict[str, int]) -> float:
    return result["answered"] / result["asked"]


def main() -> None:
    print(machine())
    names = ["application alone", *(["nginx"] if HAS_NGINX else []), "Gatehouse"]
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            heading(f"A flood of {kind.replace('-', ' ')}: answered within {flood.PATIENCE:.0f} s, quiet, during it and afterwards")
            for name in names:
                with subject(name, Path(folder) / f"{kind} {name}") as (pid, port):
                    quiet = share(flood.goodput(port, QUIET))
                    before = resident_memory(pid)
                    with flood.start(kind, port, BEFORE + DURING + 1) as attack:
                        flood.goodput(port, BEFORE)
                        during = share(flood.goodput(port, DURING))
                        grown = (resident_memory(pid) - before) / 1e6
                        attack.wait()
                    after = share(flood.goodput(port, AFTER))
                row(name, f"{quiet:.2f} {during:.2f} {after:.2f}", f"{during / quiet if quiet else 0:.2f} of quiet, {grown:+,.0f} MB")


if __name__ == "__main__":
    main()
