"""A hardware token: SoftHSM, which keeps it in a folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .server import clean_environment

MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]


class Token:
    """SoftHSM, with one token."""

    def __init__(self, folder: Path, pin: str = "12345678"):
        self.pin = pin
        module = next((path for path in MODULES if os.path.exists(path)), None)
        if module is None or shutil.which("softhsm2-util") is None:
            pytest.skip("SoftHSM is not installed")
        self.folder = folder
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {self.tokens}\nlog.level = ERROR\n")
        (folder / "pin").write_text(pin + "\n")
        self.loader = {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
        self.environment = self.loader | {
            "GATEHOUSE_PKCS11_MODULE": module,
            "GATEHOUSE_PKCS11_TOKEN": "house",
            "GATEHOUSE_PKCS11_PIN_FILE": str(folder / "pin"),
        }
        self.options = ["--pkcs11-module", module, "--pkcs11-token", "house", "--pkcs11-pin-file", str(folder / "pin")]
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", "house", "--so-pin", "4321", "--pin", pin],
            env=clean_environment(**self.loader), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def take_out(self) -> None:
        self.tokens.rename(self.folder / "away")
        self.tokens.mkdir()

    def put_back(self) -> None:
        self.tokens.rmdir()
        (self.folder / "away").rename(self.tokens)
