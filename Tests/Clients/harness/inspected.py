"""What Amazon Inspector looks at: root folders, images and functions made for a test, and advisories of its own about them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from .identity import Identity
from .patience import PATIENCE
from .configuration import until

#: 9.8, 7.5 and 4.3 by FIRST's calculator.
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
MEDIUM = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L"
#: 8.8: the first from the same network alone.
ADJACENT = 8.8
INSTANCE = "i-0123456789abcdef0"
OTHER = "i-0123456789abcdef1"


class Inspected:
    """The operator's file, and the folder with everything that it names."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "inspected.json"
        self.advisories = folder / "advisories"
        folder.mkdir(exist_ok=True)
        self.clear()

    def clear(self) -> None:
        self.content: dict[str, list[Any]] = {
            "advisories": [str(self.advisories)], "images": [], "functions": [], "instances": []}
        # Nothing of a test is left for the next one: it may have ended, or been skipped, in the middle.
        for place in self.folder.iterdir():
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        self.advisories.mkdir()
        self.save()

    def save(self) -> None:
        self.file.write_text(json.dumps(self.content))

    @property
    def options(self) -> tuple[str, str]:
        return ("--inspected-resources", str(self.file))

    def advisory(
        self, id: str, package: str, fixed: str | None, vector: str = CRITICAL, ecosystem: str = "Debian:12", **more: Any
    ) -> None:
        """An advisory in OSV's form: all versions before the fixed one have the vulnerability."""
        events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
        record = {
            "schema_version": "1.6.0", "id": id, "modified": "2026-01-02T00:00:00Z", "published": "2026-01-01T00:00:00Z",
            "summary": f"A hole in {package}", "details": f"Whoever sends {package} a long name may do what they like.",
            "severity": [{"type": "CVSS_V3", "score": vector}],
            "references": [{"type": "WEB", "url": f"https://advisories.example/{id}"}],
            "database_specific": {"cwe_ids": ["CWE-787"]},
            "affected": [
                {
                    "package": {"ecosystem": ecosystem, "name": package},
                    "ranges": [{"type": "ECOSYSTEM", "events": events}],
                }
            ],
            **more,
        }  # fmt: skip
        (self.advisories / f"{id}.json").write_text(json.dumps(record))

    def debian(self, name: str, packages: dict[str, str]) -> Path:
        """A root folder of Debian 12 with some packages."""
        root = self.folder / name
        files = debian_files(packages)
        for place, text in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_text(text)
        return root

    def instance(self, packages: dict[str, str], id: str = INSTANCE, **more: Any) -> Path:
        """A root folder that is looked at as an instance."""
        root = self.debian(id, packages)
        self.content["instances"] = [one for one in self.content["instances"] if one["id"] != id]
        self.content["instances"].append({"id": id, "folder": str(root), **more})
        self.save()
        return root

    def image(self, repository: str, packages: dict[str, str], tag: str = "latest", **more: Any) -> str:
        """An archive as `docker save` writes it, with one layer; the digest of its configuration."""
        path = self.folder / f"{repository.replace('/', '-')}-{tag}.tar"
        layer = archive({place: text.encode() for place, text in debian_files(packages).items()})
        config = json.dumps(
            {
                "architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z", "config": {},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
            }
        ).encode()  # fmt: skip
        name = hashlib.sha256(config).hexdigest()
        manifest = [{"Config": f"{name}.json", "RepoTags": [f"{repository}:{tag}"], "Layers": ["layer/layer.tar"]}]
        path.write_bytes(
            archive({f"{name}.json": config, "layer/layer.tar": layer, "manifest.json": json.dumps(manifest).encode()}))
        self.content["images"].append({"repository": repository, "path": str(path), **more})
        self.save()
        return f"sha256:{name}"

    def function(self, name: str, requirements: str, **more: Any) -> Path:
        """A function's zip archive."""
        path = self.folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as zip:
            zip.writestr("app.py", "def handler(event, context):\n    return event\n")
            zip.writestr("requirements.txt", requirements)
        self.content["functions"].append({"name": name, "path": str(path), "runtime": "PYTHON_3_11", **more})
        self.save()
        return path


def debian_files(packages: dict[str, str]) -> dict[str, str]:
    status = "".join(
        f"Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: Nobody "
        f"<nobody@example.com>\nArchitecture: amd64\nVersion: {version}\nDescription: {name}\n\n"
        for name, version in packages.items()
    )
    release = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
    return {"etc/os-release": release, "var/lib/dpkg/status": status}


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


class Inspector:
    """Somebody who asks Amazon Inspector, and waits for what it finds."""

    def __init__(self, identity: Identity, types: tuple[str, ...] = ("EC2", "ECR", "LAMBDA")):
        self.api = identity.client("inspector2")
        if types:
            self.api.enable(resourceTypes=list(types))

    def findings(self, **criteria: Any) -> list[dict[str, Any]]:
        """All that some criteria, given as plain texts, look for."""
        filters = {
            name: [{"comparison": "EQUALS", "value": value}] if isinstance(value, str) else value
            for name, value in criteria.items()
        }
        pages = self.api.get_paginator("list_findings").paginate(filterCriteria=filters)
        return [finding for page in pages for finding in page["findings"]]

    def wait(self, count: int, **criteria: Any) -> list[dict[str, Any]]:
        """The findings, once there are so many."""
        found: list[dict[str, Any]] = []

        def are_there() -> bool:
            found[:] = self.findings(**criteria)
            return len(found) == count

        until(are_there, PATIENCE)
        return found

    def scanned(self, resource: str, type: str = "PACKAGE") -> dict[str, Any]:
        """A resource, once it has been scanned."""

        def found() -> dict[str, Any] | None:
            for one in self.api.list_coverage()["coveredResources"]:
                if one["resourceId"] == resource and one["scanType"] == type and "lastScannedAt" in one:
                    return dict(one)
            return None

        return dict(until(found))
