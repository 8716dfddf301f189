"""Judges of bills of materials (cyclonedx, spdx-tools) and of CVSS's vectors, in processes of their own: they need other versions of
what the tests use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / ".venv" / "bills"


def _run(program: str, text: str, *arguments: str) -> Any:
    environment = os.environ | {"PYTHONPATH": str(FOLDER)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *arguments],
        input=text,
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def cyclonedx_faults(document: str) -> str | None:
    """What the schema of CycloneDX 1.4 has against a document; None: nothing."""
    return _run(
        """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_4).validate_str(sys.stdin.read())
json.dump(None if fault is None else repr(fault), sys.stdout)
""",
        document,
    )


def spdx_faults(document: str) -> list[str]:
    """What SPDX's own tools have against a document of version 2.3."""
    with tempfile.NamedTemporaryFile("w", suffix=".spdx.json") as file:
        file.write(document)
        file.flush()
        return _run(
            """
import json, sys
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
try:
    document = parse_file(sys.argv[1])
    faults = [message.validation_message for message in validate_full_spdx_document(document, "SPDX-2.3")]
except SPDXParsingError as error:
    faults = error.get_messages()
json.dump(faults, sys.stdout)
""",
            "",
            file.name,
        )


def base_scores(vectors: list[str]) -> list[float]:
    """Another program's scores."""
    return _run(
        """
import json, sys
from cvss import CVSS2, CVSS3, CVSS4
def score(vector):
    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    return float(kind(vector).base_score)
json.dump([score(vector) for vector in json.load(sys.stdin)], sys.stdout)
""",
        json.dumps(vectors),
    )
