"""What managed rule groups find, and what they take for an attack that is none: tables for Documentation/performance.md.

    web_front_detection.py PATH-OF-GATEHOUSE [LEVEL…]

The requests of Tests/Corpora/web, each on a connection of its own, through a web front whose web ACL asks AWS's managed groups
for web applications; through one that asks the whole Core Rule Set as one group; and, where nginx and libmodsecurity's module
for it are installed, through nginx with libmodsecurity and the same rules. At each paranoia level (1 2 3 4, or those that are
given). What does not reach the application was stopped, by a rule or because HTTP does not allow it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute()) if len(sys.argv) > 1 else ""

from harness import corpus  # noqa: E402
from harness.corpus import Application, Result, measure  # noqa: E402
from harness.nginx import HAS_MODSECURITY, nginx  # noqa: E402
from harness.protected import GROUPS, protected  # noqa: E402

LEVELS = [int(word) for word in sys.argv[2:]] or [1, 2, 3, 4]


@contextmanager
def subject(name: str, level: int, url: str) -> Iterator[int]:
    """One of those that are compared; yields its port."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if name == "nginx":
            with nginx(folder, url, level=level) as (_, port):
                yield port
            return
        groups = [("AWS", group) for group in GROUPS] if name == "groups" else [("OWASP", "CoreRuleSet")]
        with protected(folder, url, *groups, level=level) as front:
            yield front.port


def table(title: str, results: dict[tuple[str, int], Result]) -> None:
    columns = list(results)
    print(f"\n| {title} | requests | " + " | ".join(f"{name} {level}" for name, level in columns) + " |")
    print("| --- | --- |" + " --- |" * len(columns))
    first = results[columns[0]]
    for kind, count in first.count.items():
        print(f"| {kind} | {count} | " + " | ".join(str(len(results[one].stopped[kind])) for one in columns) + " |")
    total = sum(first.count.values())
    print(f"| all | {total} | " + " | ".join(f"{100 * results[one].share:.1f} %" for one in columns) + " |")


def main() -> None:
    attacks, benign = corpus.read("attacks"), corpus.read("benign")
    subjects = ["groups", "whole", *(["nginx"] if HAS_MODSECURITY else [])]
    found: dict[tuple[str, int], Result] = {}
    alarms: dict[tuple[str, int], Result] = {}
    with Application() as application:
        for name in subjects:
            for level in LEVELS:
                with subject(name, level, application.url) as port:
                    found[name, level], alarms[name, level] = measure(port, attacks), measure(port, benign)
                one, other = found[name, level], alarms[name, level]
                print(f"{name} at level {level}: {100 * one.share:.1f} % found, {100 * other.share:.1f} % false alarms", file=sys.stderr)
    print("groups: AWS's managed groups; whole: the Core Rule Set as one group; nginx: nginx with libmodsecurity and the same rules;")
    print("the number is the paranoia level.")
    table("attacks", found)
    table("false alarms", alarms)
    for (name, level), result in found.items():
        missed = [one for ids in result.passed.values() for one in ids]
        print(f"\nMissed by {name} {level}: {' '.join(missed)}")
    for (name, level), result in alarms.items():
        print(f"\nFalse alarms of {name} {level}: {' '.join(one for ids in result.stopped.values() for one in ids)}")


if __name__ == "__main__":
    main()
