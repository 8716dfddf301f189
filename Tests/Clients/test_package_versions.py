"""The order of versions, and the scores of CVSS, as other programs have them: dpkg, rpm, packaging, npm and Maven."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

from harness.bills import base_scores
from harness.package_tool import lines

SEMVER = Path("/usr/lib/node_modules/npm/node_modules/semver")
MAVEN = Path("/usr/share/java/maven3-artifact.jar")

Pairs = list[tuple[str, str]]


def compared(scheme: str, pairs: Pairs) -> list[str]:
    return lines(("\t".join(pair) for pair in pairs), "compare", scheme)


def pairs_of(pieces: list[str], count: int, seed: int, starts: tuple[str, ...], most: int = 7) -> Pairs:
    """Random texts of some pieces, in pairs of which many have to do with each other."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        parts = [rng.choice(starts), *(rng.choice(pieces) for _ in range(rng.randint(0, most)))]
        other = list(parts)
        for _ in range(rng.randint(0, 2)):
            place = rng.randrange(len(other))
            change = rng.randrange(3)
            if change == 0:
                other[place] = rng.choice(pieces)
            elif change == 1:
                other.insert(place + 1, rng.choice(pieces))
            else:
                other = other[:place]
                break
        pairs.append(("".join(parts), "".join(other)))
    return pairs


def test_dpkg() -> None:
    pieces = ["0", "1", "9", "10", "00", ".", "-", "~", "~~", "+", "a", "B", "rc", "deb12u", ":", "1:", " "]
    pairs = pairs_of(pieces, 700, 1, starts=("0", "1", "2:", "1.0-"))
    assert len({answer for answer in compared("debian", pairs)}) == 4
    for (one, other), answer in zip(pairs, compared("debian", pairs), strict=True):
        codes = {}
        for relation in ("lt", "eq"):
            # dpkg takes nothing for a version, too, and orders it.
            run = subprocess.run(["dpkg", "--compare-versions", one, relation, other], capture_output=True)
            codes[relation] = run.returncode
        if 2 in codes.values() or not one.strip() or not other.strip():
            assert answer == "?", (one, other)
        else:
            expected = "-1" if codes["lt"] == 0 else "0" if codes["eq"] == 0 else "1"
            assert answer == expected, (one, other)


@pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm is not installed")
def test_rpm() -> None:
    pieces = ["0", "1", "9", "10", "00", ".", "-", "~", "^", "+", "_", "a", "B", "rc", "el9", "git"]
    pairs = [
        (one, other) for one, other in pairs_of(pieces, 4_000, 2, starts=("1", "2.0", "a", ".")) if one and other and "-" not in one + other
    ]
    said: list[str] = []
    # A word of a command has no more than 128 KiB.
    for first in range(0, len(pairs), 1_000):
        script = "".join(f"print(rpm.vercmp('{one}', '{other}') .. '\\n')\n" for one, other in pairs[first:first + 1_000])
        run = subprocess.run(
            ["rpm", "--eval", "%{lua: " + script + "}"], capture_output=True, text=True, check=True)
        said += run.stdout.split()
    assert compared("rpm", pairs) == said


def test_python() -> None:
    pieces = [
        "0", "1", "10", "00", ".", "-", "_", "a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "post", "rev", "r",
        "dev", "+", "+abc", "!", ".dev1", ".post2", "RC1",
    ]  # fmt: skip
    pairs = pairs_of(pieces, 20_000, 3, starts=("1", "1.0", "v2", "1!1", "0"), most=4)

    def version(text: str) -> Version | None:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    expected = []
    for one, other in pairs:
        left, right = version(one), version(other)
        if left is None or right is None:
            expected.append("?")
        else:
            expected.append("-1" if left < right else "0" if left == right else "1")
    assert expected.count("?") < 16_000
    for pair, answer, right in zip(pairs, compared("python", pairs), expected, strict=True):
        assert answer == right, pair


@pytest.mark.skipif(not SEMVER.is_dir() or shutil.which("node") is None, reason="npm is not installed")
def test_npm() -> None:
    pieces = ["0", "1", "10", ".", "-", "+", "a", "B", "alpha", "rc", "-0", ".1", "-x.7"]
    pairs = pairs_of(pieces, 6_000, 4, starts=("1.0.0", "0.1.10", "v2.0.0", "1.0.0-alpha", "1.0.0-1"), most=4)
    script = """
        const semver = require(process.argv[1]);
        const lines = require("fs").readFileSync(0, "utf8").split("\\n").slice(0, -1);
        for (const line of lines) {
            const [a, b] = line.split("\\t");
            console.log(semver.valid(a) && semver.valid(b) ? String(semver.compare(a, b)) : "?");
        }"""
    text = "".join(f"{one}\t{other}\n" for one, other in pairs)
    run = subprocess.run(["node", "-e", script, SEMVER], input=text, capture_output=True, text=True, check=True)
    expected = run.stdout.splitlines()
    assert expected.count("?") < 4_000
    for pair, answer, right in zip(pairs, compared("semantic", pairs), expected, strict=True):
        # Go takes versions without all three numbers, and numbers that npm's are too small for: of those npm says nothing.
        if right != "?":
            assert answer == right, pair


@pytest.mark.skipif(not MAVEN.exists() or shutil.which("java") is None, reason="Maven is not installed")
def test_maven() -> None:
    pieces = [
        "0", "1", "10", "00", ".", "-", ".0", "-0", "a", "b1", "m2", "rc", "cr1", "alpha", "beta", "milestone", "snapshot",
        "final", "ga", "sp", "RELEASE", "x", "foo",
    ]  # fmt: skip
    pairs = pairs_of(pieces, 3_000, 5, starts=("1", "1.0", "2.0.1", "a"), most=5)
    expected = []
    for start in range(0, len(pairs), 1_000):
        words = [word for pair in pairs[start : start + 1_000] for word in pair]
        run = subprocess.run(["java", "-jar", MAVEN, *words], capture_output=True, text=True, check=True)
        # `   1 < 2`, between the lines that tell how each is understood: those between the two of a pair count.
        lines = [line.split() for line in run.stdout.splitlines() if line.startswith("   ")]
        expected += [{"<": "-1", "==": "0", ">": "1"}[line[1]] for line in lines[::2]]
    for pair, answer, right in zip(pairs, compared("maven", pairs), expected, strict=True):
        assert answer == right, pair


def test_scores() -> None:
    """Every vector of CVSS 2 and 3.1, and many of 3.0 and 4.0, against another program."""
    rng = random.Random(6)
    two = {"AV": "LAN", "AC": "HML", "Au": "MSN", "C": "NPC", "I": "NPC", "A": "NPC"}
    three = {"AV": "NALP", "AC": "LH", "PR": "NLH", "UI": "NR", "S": "UC", "C": "HLN", "I": "HLN", "A": "HLN"}
    four = {"AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA"}
    four |= dict.fromkeys(["VC", "VI", "VA", "SC", "SI", "SA"], "HLN")

    def vectors(prefix: str, metrics: dict[str, str]) -> list[str]:
        every = itertools.product(*metrics.values())
        return [prefix + "/".join(f"{name}:{value}" for name, value in zip(metrics, one, strict=True)) for one in every]

    wanted = vectors("", two) + vectors("CVSS:3.1/", three)
    wanted += rng.sample(vectors("CVSS:3.0/", three), 500) + rng.sample(vectors("CVSS:4.0/", four), 5_000)
    for vector, answer, right in zip(wanted, lines(wanted, "scores"), base_scores(wanted), strict=True):
        assert float(answer) == right, vector
    wrong = [
        "CVSS:3.1/AV:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X", "CVSS:9.9/AV:N", "", "7.5", wanted[0] + "/AV:L",
    ]  # fmt: skip
    assert lines(wrong, "scores") == ["?"] * len(wrong)
