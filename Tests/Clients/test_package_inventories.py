"""What is installed in folders, images and archives, as dpkg, Python and zip files themselves say it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import re
import shutil
import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.package_tool import fails, inventory, tool

STATUS = """Package: {name}
Status: install ok installed
Architecture: amd64
Version: {version}

"""


def names(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [("/".join(filter(None, [one.get("namespace"), one["name"]])), one["version"]) for one in found["packages"]]


def test_dpkg_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    shutil.copy("/var/lib/dpkg/status", tmp_path / "var/lib/dpkg/status")
    shutil.copy("/etc/os-release", tmp_path / "etc/os-release")
    form = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    expected = {
        tuple(line.split("\t")[1:]) for line in said.splitlines() if line.startswith("installed\t")
    }
    found = inventory("root", tmp_path)
    packages = {
        (
            one["name"],
            one["version"],
            one["architecture"],
            one.get("source", one)["name"],
            one.get("source", one)["version"],
        )
        for one in found["packages"]
    }
    assert packages == expected
    assert len(packages) > 100
    assert found["system"]["id"] == "debian"


def test_python_of_this_environment() -> None:
    folder = Path(sysconfig.get_path("purelib"))
    expected = {
        (one.metadata["Name"], one.version) for one in importlib.metadata.distributions(path=[str(folder)])
    }
    found = inventory("root", folder)
    packages = {
        (one["name"], one["version"])
        for one in found["packages"]
        # Beside each other, not in one of them.
        if one["manager"] == "PYTHONPKG" and one["path"].count("/") == 1
    }
    assert packages == expected
    assert len(packages) > 30


NPM = Path("/usr/lib/node_modules/npm")


@pytest.mark.skipif(not NPM.is_dir(), reason="npm is not installed")
def test_node() -> None:
    expected = set()
    for file in NPM.rglob("package.json"):
        parts = file.relative_to(NPM).parts
        place = max((number for number, part in enumerate(parts) if part == "node_modules"), default=None)
        if place is None:
            continue
        behind = parts[place + 1 :]
        if len(behind) == 2 or (len(behind) == 3 and behind[0].startswith("@")):
            document = json.loads(file.read_text())
            if "name" in document and "version" in document:
                expected.add((document["name"], document["version"]))
    assert set(names(inventory("root", NPM))) == expected
    assert len(expected) > 100


JAVA = Path("/usr/share/java")


@pytest.mark.skipif(not JAVA.is_dir(), reason="no Java is installed")
def test_java(tmp_path: Path) -> None:
    expected = set()
    for jar in sorted(JAVA.glob("maven*.jar")) + sorted(JAVA.glob("plexus*.jar")):
        shutil.copy(jar, tmp_path / jar.name)
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.startswith("META-INF/maven/") and name.endswith("/pom.properties"):
                    fields = dict(re.findall(r"^(\w+)=(.*?)\s*$", archive.read(name).decode(), re.MULTILINE))
                    expected.add((f"{fields['groupId']}/{fields['artifactId']}", fields["version"]))
    found = inventory("root", tmp_path)
    assert expected and expected <= set(names(found))
    # In an archive in an archive.
    outer = tmp_path / "outer" / "app.war"
    outer.parent.mkdir()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for jar in sorted(tmp_path.glob("*.jar")):
            archive.write(jar, f"WEB-INF/lib/{jar.name}")
    inner = inventory("root", outer.parent)
    assert expected <= set(names(inner))
    assert all(one["path"].startswith("app.war/WEB-INF/lib/") for one in inner["packages"])


@pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")
def test_the_go_of_a_program(tmp_path: Path) -> None:
    """Debian builds without modules, but with some version of Go."""
    program = shutil.which("rclone")
    assert program is not None
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"go/version: go([0-9.]+)", said)
    assert version is not None
    shutil.copy(program, tmp_path / "rclone")
    packages = dict(names(inventory("root", tmp_path)))
    assert packages["stdlib"] == (version[1] if version[1].count(".") == 2 else f"{version[1]}.0")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_the_modules_of_a_program(tmp_path: Path) -> None:
    """As they stand in it in plain text."""
    program = shutil.which("terraform")
    assert program is not None
    content = Path(program).read_bytes()
    expected: list[tuple[str, str]] = []
    for kind, module, version in re.findall(rb"^(dep|=>)\t(\S+)\t(\S+)", content, re.MULTILINE):
        if kind == b"=>":
            expected.pop()
        # What is replaced by a folder has no version.
        if version.startswith(b"v"):
            expected.append((module.decode(), version.decode()))
    assert len(expected) > 100
    (tmp_path / "bin").mkdir()
    shutil.copy(program, tmp_path / "bin/terraform")
    places = [("root", tmp_path / "bin"), ("archive", _zip(tmp_path / "f.zip", tmp_path / "bin/terraform"))]
    for kind, place in places:
        found = inventory(kind, place)
        assert {one["manager"] for one in found["packages"]} == {"GOBINARY"}
        assert set(names(found)) - set(expected) <= {
            ("stdlib", next(text for name, text in names(found) if name == "stdlib"))
        }
        assert set(expected) <= set(names(found))


def _zip(place: Path, file: Path) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", file.read_bytes())
    return place


# Images.


def layer(files: dict[str, str | None], **links: str) -> bytes:
    """A tar archive: files, whiteouts (None), symbolic links."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            if text is None:
                folder, _, last = name.rpartition("/")
                entry.name = f"{folder}/.wh.{last}" if folder else f".wh.{last}"
                text = ""
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return out.getvalue()


def packed(content: bytes, how: str) -> bytes:
    if how == "":
        return content
    return subprocess.run([how, "-c"], input=content, capture_output=True, check=True).stdout


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


LAYERS = [
    layer(
        {
            "etc/os-release": "ID=debian\nVERSION_ID=12\n",
            "var/lib/dpkg/status": STATUS.format(name="base", version="1.0-1"),
            "app/requirements.txt": "kept==1.0\n",
            "app/old/requirements.txt": "whited==1.0\n",
            "app/opaque/requirements.txt": "hidden==1.0\n",
            "app/file/requirements.txt": "replaced==1.0\n",
        }
    ),
    layer(
        {
            "var/lib/dpkg/status": STATUS.format(name="base", version="1.0-1") + STATUS.format(name="more", version="2:3"),
            "app/old": None,
            "app/opaque/.wh..wh..opq": "",
            "app/opaque/new/requirements.txt": "shown==1.0\n",
            "../../escape/requirements.txt": "outside==1.0\n",
        }
    ),
    layer({"app/last/requirements.txt": "last==1.0\n"}, **{"app/file": "/etc"}),
]
EXPECTED = {("base", "1.0-1"), ("more", "2:3"), ("kept", "1.0"), ("shown", "1.0"), ("last", "1.0")}


def layout(folder: Path, how: str, tag: str = "web:1") -> list[str]:
    """An OCI layout; the digests of its layers."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(content: bytes) -> dict[str, Any]:
        (blobs / digest(content)[7:]).write_bytes(content)
        return {"digest": digest(content), "size": len(content)}

    media = {"": "tar", "gzip": "tar+gzip", "zstd": "tar+zstd"}[how]
    layers = [
        {"mediaType": f"application/vnd.oci.image.layer.v1.{media}"} | put(packed(one, how)) for one in LAYERS
    ]
    configuration = {
        "os": "linux",
        "architecture": "amd64",
        "created": "2026-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in LAYERS]},
    }
    manifest = {
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json"} | put(json.dumps(configuration).encode()),
        "layers": layers,
    }
    entry = put(json.dumps(manifest).encode()) | {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return [one["digest"] for one in layers]


def archived(folder: Path, place: Path, mode: str) -> Path:
    with tarfile.open(place, mode) as archive:
        archive.add(folder, arcname=".")
    return place


@pytest.mark.parametrize("how", ["", "gzip", "zstd"])
def test_oci_layouts(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "layout"
    digests = layout(folder, how)
    places = [folder, archived(folder, tmp_path / "a.tar", "w"), archived(folder, tmp_path / "a.tgz", "w:gz")]
    for place in places:
        found = inventory("image", place)
        assert set(names(found)) == EXPECTED, place
        assert found["problems"] == []
        assert found["layers"] == digests
        by = {one["name"]: one["layer"] for one in found["packages"]}
        # Each is of the layer that brought it, though a later one wrote the whole database anew.
        assert by == dict(
            base=digests[0], kept=digests[0], more=digests[1], shown=digests[1], last=digests[2]
        )
        images = json.loads(tool("images", place))
        assert [image["tags"] for image in images] == [["web:1"]]
        assert images[0]["platform"] == "linux/amd64"
        assert set(names(inventory("image", place, "web:1"))) == EXPECTED
        assert set(names(inventory("image", place, images[0]["digest"]))) == EXPECTED
        assert "no image web:2" in fails("inventory", "image", place, "web:2")


def docker_archive(folder: Path) -> list[str]:
    """What `docker save` wrote until it took OCI's form; one layer is a link to another's file."""
    configuration = json.dumps(
        {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [digest(one) for one in LAYERS]}}
    ).encode()
    name = digest(configuration)[7:]
    folder.mkdir()
    (folder / f"{name}.json").write_bytes(configuration)
    for number, content in enumerate(LAYERS):
        (folder / f"l{number}").mkdir()
        (folder / f"l{number}/layer.tar").write_bytes(content)
    (folder / "l2/layer.tar").rename(folder / "elsewhere.tar")
    (folder / "l2/layer.tar").symlink_to("../elsewhere.tar")
    manifest = [
        {"Config": f"{name}.json", "RepoTags": ["web:1"], "Layers": [f"l{number}/layer.tar" for number in range(3)]}
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return [digest(one) for one in LAYERS]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_docker_save(tmp_path: Path, mode: str) -> None:
    digests = docker_archive(tmp_path / "saved")
    place = archived(tmp_path / "saved", tmp_path / "saved.tar", mode)
    found = inventory("image", place, "web:1")
    assert set(names(found)) == EXPECTED
    assert found["layers"] == digests
    assert json.loads(tool("images", place))[0]["tags"] == ["web:1"]


def test_images_that_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    digests = layout(folder, "gzip")
    (folder / "blobs/sha256" / digests[1][7:]).unlink()
    assert digests[1] in fails("inventory", "image", folder)
    index = json.loads((folder / "index.json").read_text())
    index["manifests"][0]["digest"] = "sha256:../../../../etc/passwd"
    (folder / "index.json").write_text(json.dumps(index))
    assert "without a digest" in fails("inventory", "image", folder)
    (folder / "index.json").unlink()
    assert "neither" in fails("inventory", "image", folder)
    # A layer that is a link out of the layout.
    other = tmp_path / "other"
    digests = layout(other, "")
    blob = other / "blobs/sha256" / digests[0][7:]
    blob.rename(tmp_path / "outside")
    blob.symlink_to(tmp_path / "outside")
    assert digests[0] in fails("inventory", "image", other)


def test_bombs(tmp_path: Path) -> None:
    """What is small and unpacks to much is given up, and said."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=1\n")
        archive.writestr("zeros", bytes(300 << 20))
    content = inner.getvalue()
    for depth in range(8):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(3):
                archive.writestr(f"level{depth}x{number}.jar", content)
        content = outer.getvalue()
    (tmp_path / "a").mkdir()
    (tmp_path / "a/bomb.jar").write_bytes(content)
    found = inventory("root", tmp_path / "a")
    assert found["packages"] == []
    # Requirements that never end.
    with zipfile.ZipFile(tmp_path / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("requirements.txt", b"a==1\n" * (60 << 20))
        archive.writestr("b/requirements.txt", "b==1\n")
    found = inventory("archive", tmp_path / "f.zip")
    assert names(found) == [("b", "1")]
    assert "larger than" in found["problems"][0]
