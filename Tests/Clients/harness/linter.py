"""pkilint, a linter of certificates, lists of revoked ones and OCSP's answers, in a process of its own: it needs other versions of
what the tests use."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from .patience import PATIENCE

FOLDER = Path(__file__).resolve().parents[3] / ".venv" / "pkilint"

#: Reads cases as JSON, and writes what is found in each.
PROGRAM = """
import contextlib, importlib, io, json, sys
found = []
for program, words in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        importlib.import_module("pkilint.bin." + program).main(["lint", "-s", "NOTICE", *words])
    assert out.getvalue(), f"{program} {words} could not be read"
    found.append(out.getvalue())
json.dump(found, sys.stdout)
"""


def certificate(file: Path) -> tuple[str, list[str]]:
    """As RFC 5280 has it."""
    return "lint_pkix_cert", [str(file)]


def public_certificate(kind: str, file: Path) -> tuple[str, list[str]]:
    """As the CA/Browser Forum's Baseline Requirements have it."""
    return "lint_cabf_serverauth_cert", ["-t", kind, str(file)]


def chain(issuer: Path, subject: Path) -> tuple[str, list[str]]:
    return "lint_pkix_signer_signee_cert_chain", [str(issuer), str(subject)]


def revocations(file: Path, *, of_authorities: bool, is_public: bool) -> tuple[str, list[str]]:
    return "lint_crl", ["-t", "ARL" if of_authorities else "CRL", "-p", "BR" if is_public else "PKIX", str(file)]


def answer(file: Path) -> tuple[str, list[str]]:
    """An answer of OCSP's."""
    return "lint_ocsp_response", [str(file)]


def findings(*cases: tuple[str, list[str]]) -> list[set[str]]:
    """What is found in each case: `pkix.invalid_domain_name_syntax`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(cases), capture_output=True, text=True, timeout=PATIENCE,
        env=os.environ | {"PYTHONPATH": str(FOLDER)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    texts = json.loads(done.stdout)
    assert len(texts) == len(cases)
    return [set(re.findall(r"^ +([a-z0-9_.]+) \((?:FATAL|ERROR|WARNING|NOTICE)\)", text, re.M)) for text in texts]
