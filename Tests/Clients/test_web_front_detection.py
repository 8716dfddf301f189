"""Managed rule groups find most attacks of the corpus, and take little for an attack that is none. What exactly, and at which
paranoia level, is in Documentation/performance.md, by Benchmarks/web_front_detection.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import corpus
from harness.corpus import Application, measure
from harness.protected import GROUPS, protected


def test_the_corpus_is_what_it_is_said_to_be() -> None:
    attacks, benign = corpus.read("attacks"), corpus.read("benign")
    assert len(attacks) >= 500 and len(benign) >= 500
    requests = attacks + benign
    assert len({one.id for one in attacks}) == len(attacks) and len({one.id for one in benign}) == len(benign)
    assert len({one.data for one in requests}) == len(requests), "a request is there twice"
    assert all(one.source for one in attacks) and not any(one.source for one in benign)
    assert all(one.target.isascii() and " " not in one.target for one in requests)
    kinds = {one.kind for one in attacks}
    assert len(kinds) >= 20, kinds
    # In all parts of a request.
    assert any("?" not in one.target and one.target != "/" for one in attacks)
    for name in ("cookie", "user-agent", "referer"):
        assert any(name in (header.lower() for header, _ in one.headers) for one in attacks)
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data", "xml"):
        assert any(kind in (value or "") for one in attacks for header, value in one.headers if header == "Content-Type")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/usr/share/modsecurity-crs/rules").exists(), reason="modsecurity-crs is not installed")
def test_what_managed_groups_find(tmp_path: Path) -> None:
    with Application() as application, protected(tmp_path, application.url, *(("AWS", group) for group in GROUPS)) as front:
        found = measure(front.port, corpus.read("attacks"))
        alarms = measure(front.port, corpus.read("benign"))
    assert found.share >= FLOOR, found.passed
    assert alarms.share <= CEILING, alarms.stopped
    # None of the large classes is left out.
    for kind in ("sql-injection", "xss", "path-traversal", "command-injection", "jndi-lookup", "scanner", "shellshock"):
        assert len(found.stopped[kind]) >= 0.6 * found.count[kind], (kind, found.passed[kind])


#: Of attacks, at level 1.
FLOOR = 0.75
#: Of what is none.
CEILING = 0.2
