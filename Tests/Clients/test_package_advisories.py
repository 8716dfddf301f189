"""Which packages have which vulnerabilities, by records in OSV's form and Debian's tracker's; bills of materials before their judges."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.bills import cyclonedx_faults, spdx_faults
from harness.package_tool import fails, tool

# Made up for these tests: no package and no vulnerability of these names exists.


def record(
    id: str, ecosystem: str, name: str, *events: dict[str, str], versions: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    if versions:
        affected["versions"] = list(versions)
    return {"id": id, "modified": "2026-11-01T00:00:00Z", "affected": [affected]} | more


BEGINNING = {"introduced": "0"}
RECORDS = [
    record("GHSA-0001-0001-0001", "PyPI", "Made-Up", BEGINNING, {"fixed": "2.0"}, aliases=["CVE-2026-90001"],
           severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]),
    record("GHSA-0001-0001-0002", "npm", "@made/up", BEGINNING, {"fixed": "1.0.0-rc.2"}),
    record("GHSA-0001-0001-0003", "Maven", "org.made:up", BEGINNING, {"last_affected": "1.5"}),
    record("GO-2026-90004", "Go", "made.example/up/v2", {"introduced": "2.0.0"}, {"fixed": "2.1.0"}),
    record("RUSTSEC-2026-0005", "crates.io", "made-up", versions=("0.1.1", "0.1.2")),
    record("ALPINE-CVE-2026-90006", "Alpine:v3.18", "made-up", BEGINNING, {"fixed": "1.0-r3"}),
    record("RLSA-2026:0007", "Rocky Linux:9", "made-up", BEGINNING, {"fixed": "2:1.0-3.el9"}, related=["CVE-2026-90007"]),
    record("UBUNTU-CVE-2026-90008", "Ubuntu:22.04:LTS", "made-up", BEGINNING, {"fixed": "1.0-0ubuntu1.2"},
           severity=[{"type": "Ubuntu", "score": "medium"}]),
]  # fmt: skip
TRACKER = {
    "made-up": {
        "CVE-2026-90009": {
            "description": "A fault",
            "releases": {"bookworm": {"status": "resolved", "fixed_version": "1.0-1+deb12u2", "urgency": "high"}},
        }
    }
}
STATUS = "Package: lib{0}\nStatus: install ok installed\nArchitecture: amd64\nSource: made-up\nVersion: {1}\n\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of every form in which records come."""
    folder = tmp_path_factory.mktemp("advisories")
    (folder / "osv" / "deep").mkdir(parents=True)
    (folder / "osv" / "deep" / "1.json").write_text(json.dumps(RECORDS[0]))
    (folder / "osv" / "2.json").write_text(json.dumps(RECORDS[1:3]))
    (folder / "osv" / "README").write_text("Not a record.")
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{RECORDS[3]['id']}.json", json.dumps(RECORDS[3]))
        archive.writestr(f"{RECORDS[4]['id']}.json", json.dumps(RECORDS[4], indent=2))
    (folder / "lines.jsonl.gz").write_bytes(
        gzip.compress("".join(json.dumps(one) + "\n" for one in RECORDS[5:]).encode())
    )
    (folder / "tracker.json").write_text(json.dumps(TRACKER))
    place = folder / "index"
    sources = [folder / name for name in ("osv", "all.zip", "lines.jsonl.gz", "tracker.json")]
    assert tool("index", place, *sources) == ""
    assert (place.stat().st_mode & 0o777) == 0o600
    return place


def root(folder: Path, system: str, version: str, files: dict[str, str]) -> Path:
    for name, text in {"etc/os-release": f'ID={system}\nVERSION_ID="{version}"\n', **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


CASES = [
    ("debian", "12", {"var/lib/dpkg/status": STATUS.format("a", "1.0-1")}, "CVE-2026-90009"),
    ("debian", "12", {"var/lib/dpkg/status": STATUS.format("a", "1.0-1+deb12u2")}, None),
    ("debian", "11", {"var/lib/dpkg/status": STATUS.format("a", "1.0-1")}, None),
    ("ubuntu", "22.04", {"var/lib/dpkg/status": STATUS.format("a", "1.0-0ubuntu1.1")}, "CVE-2026-90008"),
    ("alpine", "3.18.4", {"lib/apk/db/installed": "P:made-up-libs\nV:1.0-r2\no:made-up\n\n"}, "CVE-2026-90006"),
    ("alpine", "3.18.4", {"lib/apk/db/installed": "P:made-up-libs\nV:1.0-r3\no:made-up\n\n"}, None),
    ("x", "1", {"srv/requirements.txt": "made_up==1.9\n"}, "CVE-2026-90001"),
    ("x", "1", {"srv/requirements.txt": "made_up==2.0.post1\n"}, None),
    ("x", "1", {"node_modules/@made/up/package.json": '{"name":"@made/up","version":"1.0.0-rc.1"}'}, "GHSA-0001-0001-0002"),
    ("x", "1", {"node_modules/@made/up/package.json": '{"name":"@made/up","version":"1.0.0"}'}, None),
    ("x", "1", {"go.mod": "module a\nrequire made.example/up/v2 v2.0.0-20260101000000-abcdefabcdef\n"}, None),
    ("x", "1", {"go.mod": "module a\nrequire made.example/up/v2 v2.0.1\n"}, "GO-2026-90004"),
    ("x", "1", {"Cargo.lock": '[[package]]\nname = "made-up"\nversion = "0.1.2"\nsource = "registry+x"\n'}, "RUSTSEC-2026-0005"),
    ("x", "1", {"Cargo.lock": '[[package]]\nname = "made-up"\nversion = "0.1.3"\nsource = "registry+x"\n'}, None),
]  # fmt: skip


@pytest.mark.parametrize(("system", "version", "files", "expected"), CASES)
def test_matches(
    index: Path, tmp_path: Path, system: str, version: str, files: dict[str, str], expected: str | None
) -> None:
    found = json.loads(tool("match", index, "root", root(tmp_path, system, version, files)))
    assert [one["id"] for one in found] == ([expected] if expected else [])


def test_a_java_archive(index: Path, tmp_path: Path) -> None:
    for version, expected in (("1.5", ["GHSA-0001-0001-0003"]), ("1.5.1", [])):
        with zipfile.ZipFile(tmp_path / f"{version}.jar", "w") as archive:
            archive.writestr(
                "META-INF/maven/org.made/up/pom.properties", f"groupId=org.made\nartifactId=up\nversion={version}\n"
            )
        with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
            archive.write(tmp_path / f"{version}.jar", "lib/up.jar")
        found = json.loads(tool("match", index, "archive", tmp_path / "function.zip"))
        assert [one["id"] for one in found] == expected
        assert all(one["packages"][0]["package"]["path"] == "lib/up.jar" for one in found)


def test_bills(index: Path, tmp_path: Path) -> None:
    files = {
        "var/lib/dpkg/status": STATUS.format("stdc++6", "1:1.0~rc1-1+b1") + STATUS.format("a", "1.0-1"),
        "srv/a b/requirements.txt": "made_up==1.9\n",
        "node_modules/@made/up/package.json": '{"name":"@made/up","version":"1.0.0-rc.1"}',
        "go.mod": "module a\nrequire made.example/up/v2 v2.0.1\n",
    }
    folder = root(tmp_path, "debian", "12", files)
    plain = tool("bill", "CYCLONEDX_1_4", "-", "root", folder)
    assert cyclonedx_faults(plain) is None
    assert "vulnerabilities" not in json.loads(plain)
    text = tool("bill", "CYCLONEDX_1_4", index, "root", folder)
    assert cyclonedx_faults(text) is None
    bill = json.loads(text)
    references = {one["bom-ref"]: one for one in bill["components"]}
    assert len(references) == len(bill["components"]) == 5
    vulnerable = {
        one["id"]: {references[affected["ref"]]["name"] for affected in one["affects"]} for one in bill["vulnerabilities"]
    }
    assert vulnerable == {
        "CVE-2026-90001": {"made_up"},
        "CVE-2026-90009": {"liba"},
        "GHSA-0001-0001-0002": {"@made/up"},
        "GO-2026-90004": {"made.example/up/v2"},
    }
    names = {one["name"]: one["value"] for one in bill["metadata"]["properties"]}
    assert names["accountId"] == "111122223333"
    assert names["resourceType"] == "AWS_EC2_INSTANCE"
    # The judge knows a wrong one.
    assert cyclonedx_faults(text.replace('"application"', '"thing"')) is not None


def test_spdx_bills(index: Path, tmp_path: Path) -> None:
    files = {
        "var/lib/dpkg/status": STATUS.format("stdc++6", "1:1.0~rc1-1+b1") + STATUS.format("a", "1.0-1"),
        "srv/requirements.txt": "made_up==1.9\n",
    }
    folder = root(tmp_path, "debian", "12", files)
    bill = json.loads(tool("bill", "SPDX_2_3", "-", "root", folder))
    # Inspector's leave out the licence of the document itself, which SPDX wants.
    assert "dataLicense" not in bill
    assert spdx_faults(json.dumps(bill | {"dataLicense": "CC0-1.0"})) == []
    assert bill["documentNamespace"] == "EC2://i-022fba820db137c64/DEBIAN_12/null/x86_64"
    with_vulnerabilities = json.loads(tool("bill", "SPDX_2_3", index, "root", folder))
    references = {
        one["name"]: [
            reference["referenceLocator"]
            for reference in one["externalRefs"]
            if reference["referenceCategory"] == "SECURITY"
        ]
        for one in with_vulnerabilities["packages"]
    }
    assert references == {"libstdc++6": [], "liba": ["CVE-2026-90009"], "made_up": ["CVE-2026-90001"]}
    # The type that Inspector has for them is none of SPDX's: nothing else is wrong.
    faults = spdx_faults(json.dumps(with_vulnerabilities | {"dataLicense": "CC0-1.0"}))
    assert faults and all("SECURITY" in fault for fault in faults)


def test_what_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"GHADVIS1" + bytes(200))
    (tmp_path / "r").mkdir()
    assert "no index" in fails("match", tmp_path / "x", "root", tmp_path / "r")
    assert "can't be opened" in fails("match", tmp_path / "y", "root", tmp_path / "r")
    assert "can't be opened" in fails("index", tmp_path / "z", tmp_path / "nowhere")
    assert not (tmp_path / "z").exists()
    (tmp_path / "bad.json").write_text('{"a":')
    assert "bad.json" in tool("index", tmp_path / "z", tmp_path / "bad.json")
