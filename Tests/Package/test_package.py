"""The Debian package, installed in a clean Debian 12, started as its unit would, and removed.

`make test-package` runs it, as root. It fetches Debian with debootstrap.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import botocore.exceptions
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = Path(os.environ.get("GATEHOUSE_PACKAGES", REPOSITORY / ".build" / "package")).absolute()
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
UNIT = "/lib/systemd/system/gatehouse.service"
DATA = "/var/lib/gatehouse"


def only(pattern: str) -> Path:
    [found] = PACKAGES.glob(pattern)
    return found


class User(NamedTuple):
    uid: int
    gid: int
    home: str
    shell: str


class Root:
    """A Debian in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def run(self, *command: str, check: bool = True, user: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*command, user=user),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def command(self, *command: str, user: str | None = None) -> list[str]:
        identity = [f"--userspec={user}:{user}"] if user else []
        # With /proc, where Swift finds a program's arguments; in a mount namespace of the command's own, which ends with it.
        script = 'mount -t proc proc "$0/proc" && exec chroot "$@"'
        return ["unshare", "--mount", "sh", "-c", script, str(self.folder), *identity, str(self.folder), *command]

    def install(self, *packages: str) -> None:
        self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)

    def path(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")

    def user(self) -> User | None:
        for line in self.path("/etc/passwd").read_text().splitlines():
            name, _, uid, gid, _, home, shell = line.split(":")
            if name == "gatehouse":
                return User(int(uid), int(gid), home, shell)
        return None


@pytest.fixture(scope="module")
def root() -> Iterator[Root]:
    assert os.geteuid() == 0, "chroot and debootstrap need root: sudo make test-package"
    folder = PACKAGES / "root"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        ["debootstrap", "--variant=minbase", "bookworm", str(folder), MIRROR], check=True, stdout=subprocess.DEVNULL
    )
    root = Root(folder)
    try:
        # Packages that leave out their manuals can't be asked whether they have one; this one must not start.
        root.path("/usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        root.path("/usr/sbin/policy-rc.d").chmod(0o755)
        package = only("gatehouse_*.deb")
        shutil.copy(package, root.path("/root/"))
        root.run("apt-get", "update", "-qq")
        root.install(f"/root/{package.name}")
        yield root
    finally:
        shutil.rmtree(folder)


# The results, in the order of a package's life: each test relies on those before it.


def test_the_checksums_are_right() -> None:
    sums = dict(reversed(line.split()) for line in (PACKAGES / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {only("gatehouse_*.deb").name, only("gatehouse-*.tar.gz").name}
    for name, digest in sums.items():
        assert hashlib.sha256((PACKAGES / name).read_bytes()).hexdigest() == digest


def test_the_tarball_has_what_the_package_has(tmp_path: Path) -> None:
    with tarfile.open(only("gatehouse-*.tar.gz")) as archive:
        assert all(member.uid == member.gid == 0 for member in archive)
        archive.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "bin/gatehouse",
        "share/man/man1/gatehouse.1.gz",
        "share/bash-completion/completions/gatehouse",
        "share/zsh/site-functions/_gatehouse",
        "share/fish/vendor_completions.d/gatehouse.fish",
        "LICENSE",
        "NOTICE",
        "CHANGELOG.md",
    }
    program = folder / "bin" / "gatehouse"
    assert subprocess.run([program, "version"], check=True, capture_output=True).stdout.startswith(b"gatehouse ")
    sections = subprocess.run(["readelf", "--section-headers", program], check=True, capture_output=True, text=True)
    assert ".debug_info" not in sections.stdout and ".symtab" not in sections.stdout, "it is stripped"
    size = Path(program).stat().st_size
    assert size < 80_000_000, f"{size} bytes: does the toolchain's ICU have another version than Sources/NoICUData says?"


def test_the_user(root: Root) -> None:
    user = root.user()
    assert user and 100 <= user.uid < 1000 and user.home == DATA and user.shell == "/usr/sbin/nologin"
    assert re.search(rf"^gatehouse:x:{user.gid}:$", root.path("/etc/group").read_text(), re.M)


def test_the_program_runs_with_what_the_package_depends_on(root: Root) -> None:
    assert "not found" not in root.run("ldd", "/usr/bin/gatehouse").stdout
    root.path("/root/policy.json").write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
    )
    allowed = root.run(
        *"gatehouse simulate --principal arn:aws:iam::111122223333:user/alice --action s3:GetObject".split(),
        *"--resource arn:aws:s3:::b/x --identity /root/policy.json".split(),
    )
    assert allowed.stdout.startswith("Allowed by")


def unit(root: Root) -> dict[str, list[str]]:
    """The settings of the unit's [Service]."""
    text = root.path(UNIT).read_text()
    section = text.split("[Service]\n")[1].split("[Install]")[0]
    settings: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", section, re.M):
        settings.setdefault(name, []).append(value)
    return settings


def test_it_serves_as_the_unit_says(root: Root) -> None:
    service = unit(root)
    [user], [state], [start] = service["User"], service["StateDirectory"], service["ExecStart"]
    variables = dict(setting.split("=", 1) for setting in service["Environment"])
    assert (user, f"/var/lib/{state}", variables) == ("gatehouse", DATA, {"GATEHOUSE_DATA": DATA})
    # What systemd does for StateDirectory=.
    entry = root.user()
    assert entry
    data = root.path(DATA)
    data.mkdir(mode=int(service["StateDirectoryMode"][0], 8))
    os.chown(data, entry.uid, entry.gid)

    log = root.path("/root/log")
    with log.open("w") as output:
        process = subprocess.Popen(
            root.command(*shlex.split(start), user=user),
            # systemd says by JOURNAL_STREAM that the output goes to the journal.
            env=variables
            | {
                "GATEHOUSE_PORT": "0",
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": entry.home,
                "JOURNAL_STREAM": f"{os.fstat(output.fileno()).st_dev}:{os.fstat(output.fileno()).st_ino}",
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=int(service["UMask"][0], 8),
        )
    try:
        deadline = time.monotonic() + 20
        while not (found := re.search(r"^Gatehouse listens on (http://127\.0\.0\.1:\d+)$", log.read_text(), re.M)):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert Path(f"/proc/{process.pid}").stat().st_uid == entry.uid

        # As install.md says: root's key stands in the data directory, which is the user's alone.
        exports = root.run("gatehouse", "env", "--data", DATA, user=user).stdout
        given = dict(re.findall(r"(AWS_\w+)=(\S+)", exports))
        assert given["AWS_ENDPOINT_URL"] == found.group(1)
        assert given["AWS_SECRET_ACCESS_KEY"] not in log.read_text(), "the journal has no secrets"

        def sts(secret: str) -> Any:
            return boto3.client(
                "sts",
                endpoint_url=given["AWS_ENDPOINT_URL"],
                region_name=given["AWS_DEFAULT_REGION"],
                aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=secret,
            )

        assert re.fullmatch(
            r"arn:aws:iam::\d{12}:root", sts(given["AWS_SECRET_ACCESS_KEY"]).get_caller_identity()["Arn"]
        )
        with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
            sts("guessed").get_caller_identity()
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=int(service["TimeoutStopSec"][0]))
    assert code == 0, log.read_text()
    for file in [data, *data.rglob("*")]:
        assert (file.stat().st_uid, file.stat().st_mode & 0o077) == (entry.uid, 0), file


def test_the_unit_is_sound(root: Root) -> None:
    root.install("systemd")
    done = root.run("systemd-analyze", "verify", "--man=no", UNIT)
    assert "gatehouse" not in done.stdout + done.stderr, done.stdout + done.stderr
    # The scale goes from 100, unprotected, to 0. What remains is that it uses the network.
    score = root.run("systemd-analyze", "security", "--offline=true", "--threshold=15", UNIT, check=False)
    assert score.returncode == 0, score.stdout[-400:] + score.stderr


def test_the_manual(root: Root) -> None:
    root.install("mandoc")
    manual = "/usr/share/man/man1/gatehouse.1.gz"
    faults = root.run("mandoc", "-T", "lint", "-W", "warning", manual, check=False)
    assert faults.stdout + faults.stderr == ""
    text = root.run("mandoc", "-T", "ascii", "-O", "width=100", manual).stdout
    text = re.sub(".\b", "", text)
    for command in ("serve", "env", "root-key", "why", "outbox", "simulate", "lint", "operations", "version"):
        assert re.search(rf"^   gatehouse {command}$", text, re.M), command
        for option in set(re.findall(r"(?<!\S)--[a-z][a-z-]+", root.run("gatehouse", command, "--help").stdout)):
            assert option in {"--help", "--version"} or option in text, (command, option)
    assert "bench" not in text


def test_the_completions(root: Root) -> None:
    root.install("zsh", "fish")
    bash = root.run(
        "bash",
        "-c",
        "set -e; . /usr/share/bash-completion/completions/gatehouse; "
        "COMP_WORDS=(gatehouse si); COMP_CWORD=1; COMP_LINE='gatehouse si'; COMP_POINT=12; COMP_TYPE=9; "
        '_gatehouse gatehouse si gatehouse; echo "${COMPREPLY[*]}"',
    )
    assert bash.stdout.split() == ["simulate"]
    root.run("zsh", "-n", "/usr/share/zsh/vendor-completions/_gatehouse")
    zsh = root.run("zsh", "-c", "autoload -Uz compinit && compinit -D -u && print -r -- $_comps[gatehouse]")
    assert zsh.stdout.strip() == "_gatehouse"
    fish = root.run("fish", "-c", "complete --do-complete 'gatehouse si'")
    assert [line.split("\t")[0] for line in fish.stdout.splitlines()] == ["simulate"]


@pytest.mark.skipif(not (PACKAGES / "image").exists(), reason="there is no image: make image")
def test_the_image(tmp_path: Path) -> None:
    """What a container would run is run in its root file system."""
    [version] = re.findall(r"gatehouse_(.*)-1_", only("gatehouse_*.deb").name)
    bundle = PACKAGES / "unpacked"
    shutil.rmtree(bundle, ignore_errors=True)
    try:
        subprocess.run(["umoci", "unpack", "--image", f"{PACKAGES}/image:{version}", bundle], check=True)
        process = json.loads((bundle / "config.json").read_text())["process"]
        assert process["args"] == ["/usr/bin/gatehouse", "serve"] and process["user"]["uid"] >= 100
        image = Root(bundle / "rootfs")
        command = image.command(*process["args"], user="gatehouse")
        log = tmp_path / "log"
        with log.open("w") as output:
            server = subprocess.Popen(
                command,
                # The port is published by the container, here by nobody.
                env=dict(entry.split("=", 1) for entry in process["env"])
                | {"GATEHOUSE_PORT": "0", "GATEHOUSE_ADDRESS": "127.0.0.1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            deadline = time.monotonic() + 20
            while not (found := re.search(r"^Gatehouse listens on (\S+)$", log.read_text(), re.M)):
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            with urllib.request.urlopen(f"{found.group(1)}/health") as answer:
                assert json.load(answer)["version"] == version
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0
    finally:
        shutil.rmtree(bundle, ignore_errors=True)


def test_removal_keeps_the_data(root: Root) -> None:
    root.run("apt-get", "remove", "-y", "-qq", "gatehouse")
    assert not root.path("/usr/bin/gatehouse").exists() and not root.path(UNIT).exists()
    assert root.path(f"{DATA}/key").exists() and root.path("/etc/default/gatehouse").exists()


def test_purging_leaves_the_user_alone(root: Root) -> None:
    """The user stays, so that its number is never another's."""
    root.run("apt-get", "purge", "-y", "-qq", "gatehouse")
    left = root.run("find", "/etc", "/lib/systemd", "/usr", "/var", "-xdev", "-name", "*gatehouse*").stdout.split()
    assert set(left) <= {f"/var/cache/apt/archives/{only('gatehouse_*.deb').name}"}
    assert root.user() and "gatehouse" not in root.run("dpkg", "-l").stdout
