"""What rpm's databases have, in each of their forms, as rpm itself says it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.package_tool import inventory

pytestmark = pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="rpm is not installed")
#: Made by rpm 4.18's own code (`rpmpkgPut` and `rpmpkgDel` of lib/backend/ndb), which Debian's rpm is built without: three headers, of which
#: the second was deleted again.
NDB = Path(__file__).parent / "data/rpm-packages.ndb"
DATABASE = "var/lib/rpm"
RELEASE = 'ID="rocky"\nVERSION_ID="9.3"\n'

@pytest.fixture(scope="module")
def rpm_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with rpm's database, made by rpm itself."""
    top = tmp_path_factory.mktemp("rpm")
    root = top / "root"
    database = root / "var/lib/rpm"
    database.mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text('ID="rocky"\nVERSION_ID="9.3"\n')
    specs = [("one", "1.0", "2.el9", None), ("two-libs", "3.1~rc1", "1.el9", 4), ("python3-thing", "2^git1", "7", None)]
    for name, version, release, epoch in specs:
        spec = top / f"{name}.spec"
        spec.write_text(
            f"Name: {name}\nVersion: {version}\nRelease: {release}\n"
            + (f"Epoch: {epoch}\n" if epoch else "")
            + "Summary: s\nLicense: MIT\nBuildArch: noarch\n%description\nd\n"
            + f"%install\nmkdir -p %{{buildroot}}/usr/lib/python3.9/site-packages/{name}.dist-info\n"
            + f"echo 'Name: {name}' > %{{buildroot}}/usr/lib/python3.9/site-packages/{name}.dist-info/METADATA\n"
            + f"echo 'Version: 1' >> %{{buildroot}}/usr/lib/python3.9/site-packages/{name}.dist-info/METADATA\n"
            + "%files\n/usr/lib/python3.9/site-packages\n"
        )
        subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--nodeps", "--define", f"_topdir {top}/build", spec],
            check=True,
            capture_output=True,
        )
    made = sorted((top / "build/RPMS").rglob("*.rpm"))
    assert len(made) == 3
    subprocess.run(
        ["rpm", "--dbpath", database, "--define", "_db_backend sqlite", "-i", "--justdb", "--nodeps", *made],
        check=True,
        capture_output=True,
    )
    for name, *_ in specs:
        folder = root / f"usr/lib/python3.9/site-packages/{name}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1\n")
    return root


def test_rpm(rpm_root: Path) -> None:
    form = "%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n"
    said = subprocess.run(
        ["rpm", "--dbpath", rpm_root / "var/lib/rpm", "-qa", "--qf", form], capture_output=True, text=True, check=True
    ).stdout
    expected = {tuple(line.split("\t")[:3]) for line in said.splitlines()}
    assert len(expected) == 3
    found = inventory("root", rpm_root)
    own = [one for one in found["packages"] if one["manager"] == "OS"]
    assert {(one["name"], one["version"], one["architecture"]) for one in own} == expected
    sources = {line.split("\t")[3] for line in said.splitlines()}
    assert {
        f"{one['source']['name']}-{one['source']['version'].split(':')[-1]}.src.rpm" for one in own
    } == sources
    assert found["problems"] == []
    # What lies in their files is theirs.
    python = [one for one in found["packages"] if one["manager"] == "PYTHONPKG"]
    assert {one["owner"] for one in python} == {one["name"] for one in own}


def said_by_rpm(database: Path) -> set[tuple[str, ...]]:
    form = "%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\n"
    said = subprocess.run(
        ["rpm", "--dbpath", database, "-qa", "--qf", form], capture_output=True, text=True, check=True).stdout
    return {tuple(line.split("\t")) for line in said.splitlines()}


def found_in(root: Path, form: str = "root") -> set[tuple[str, ...]]:
    found = inventory(form, root)
    assert found["problems"] == []
    return {
        (one["name"], one["version"], one["architecture"]) for one in found["packages"] if one["manager"] == "OS"}


def headers(database: Path) -> list[bytes]:
    """As rpm keeps them: without the eight bytes that begin each one elsewhere."""
    said = subprocess.run(["rpmdb", "--dbpath", database, "--exportdb"], capture_output=True, check=True).stdout
    found = []
    while said:
        entries, data = int.from_bytes(said[8:12], "big"), int.from_bytes(said[12:16], "big")
        end = 16 + 16 * entries + data
        found.append(said[8:end])
        said = said[end:]
    return found


@pytest.mark.skipif(shutil.which("db5.3_load") is None, reason="BerkeleyDB's tools are not installed")
@pytest.mark.parametrize("page, order", [(512, 1234), (4096, 1234), (65536, 1234), (4096, 4321)])
def test_berkeley_db(rpm_root: Path, tmp_path: Path, page: int, order: int) -> None:
    """As it was until Red Hat's 8: what BerkeleyDB itself has written, with pages of any size and in either order of bytes."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID="amzn"\nVERSION_ID="2"\n')
    database = tmp_path / DATABASE
    database.mkdir(parents=True)
    byteorder = "little" if order == 1234 else "big"
    blobs = headers(rpm_root / DATABASE)
    # So many that buckets have several pages.
    pairs = [(0, (len(blobs) + 300).to_bytes(4, byteorder)), *enumerate(blobs, 1)]
    lines = ["VERSION=3", "format=bytevalue", "type=hash", f"db_pagesize={page}", f"db_lorder={order}", "HEADER=END"]
    for number, blob in pairs:
        lines += [" " + number.to_bytes(4, byteorder).hex(), " " + blob.hex()]
    text = "\n".join([*lines, "DATA=END", ""])
    subprocess.run(["db5.3_load", str(database / "Packages")], input=text, text=True, check=True)
    expected = said_by_rpm(rpm_root / DATABASE)
    assert said_by_rpm(database) == expected and len(expected) == 3
    assert found_in(tmp_path) == expected
    # Something was in it and was deleted again, and something came anew.
    subprocess.run(["db5.3_load", str(database / "Packages")], input=text, text=True, check=True)
    assert found_in(tmp_path) == expected
    damaged = bytearray((database / "Packages").read_bytes())
    damaged[page:] = bytes(len(damaged) - page - 26) + b"\xff" * 26
    (database / "Packages").write_bytes(damaged)
    assert found_in(tmp_path) == set()
    (database / "Packages").write_bytes(b"nothing of the sort" * 100)
    (problem,) = inventory("root", tmp_path)["problems"]
    assert "it is no database of rpm's" in problem


def test_ndb(tmp_path: Path) -> None:
    """As SUSE's is."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID="sles"\nVERSION_ID="15.5"\n')
    database = tmp_path / "usr/lib/sysimage/rpm"
    database.mkdir(parents=True)
    shutil.copy(NDB, database / "Packages.db")
    assert found_in(tmp_path) == {("one", "1.0-2.sl15", "noarch"), ("two-libs", "4:3.1~rc1-1.sl15", "noarch")}
    bytes = NDB.read_bytes()
    for cut in (4096, len(bytes) - 16):
        (database / "Packages.db").write_bytes(bytes[:cut])
        (problem,) = inventory("root", tmp_path)["problems"]
        assert "it is damaged" in problem


def test_what_was_installed_last_is_in_the_log(rpm_root: Path, tmp_path: Path) -> None:
    """SQLite puts its log into the database only when nobody reads it any more."""
    root = tmp_path / "root"
    shutil.copytree(rpm_root, root)
    database = root / DATABASE
    log = database / "rpmdb.sqlite-wal"
    one = next((rpm_root.parent / "build/RPMS").rglob("one-*.rpm"))
    subprocess.run(
        ["rpm", "--dbpath", database, "-e", "--justdb", "--nodeps", "one"], check=True, capture_output=True)
    before = (database / "rpmdb.sqlite").read_bytes()
    without = said_by_rpm(database)
    assert len(without) == 2
    with contextlib.closing(sqlite3.connect(database / "rpmdb.sqlite")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM Packages").fetchone() == (2,)
        subprocess.run(
            ["rpm", "--dbpath", database, "-i", "--justdb", "--nodeps", one], check=True, capture_output=True)
        content = log.read_bytes()
        assert content and (database / "rpmdb.sqlite").read_bytes() == before
        expected = said_by_rpm(database)
        assert len(expected) == 3 and found_in(root) == expected
    # In an image, either may come in a layer of its own.
    (root / "etc/os-release").write_text(RELEASE)
    (database / "rpmdb.sqlite").write_bytes(before)
    log.write_bytes(b"")
    assert found_in(root) == without
    # A log that is of another database, or none at all, is left alone, as SQLite does.
    log.write_bytes(b"no log at all" * 1000)
    assert found_in(root) == without
    log.write_bytes(content)
    assert found_in(root) == expected
    archive = tmp_path / "root.tar"
    for names in (("rpmdb.sqlite", "rpmdb.sqlite-wal"), ("rpmdb.sqlite-wal", "rpmdb.sqlite")):
        with tarfile.open(archive, "w") as tar:
            for name in names:
                tar.add(database / name, f"{DATABASE}/{name}")
        assert found_in(archive, "archive") == expected
