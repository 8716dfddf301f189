"""The real Terraform, with the AWS provider of a mirror on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import Any

import pytest

from .identity import Identity
from .server import clean_environment

MIRROR = Path(os.environ.get("GATEHOUSE_TERRAFORM_MIRROR", "/opt/tf-plugins"))
PROVIDER = MIRROR / "registry.terraform.io" / "hashicorp" / "aws"

VERSION = "5.100.0"

PROVIDER_BLOCK = f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "{VERSION}" }}
  }}
}}
provider "aws" {{ region = "us-east-1" }}
"""

# `pytestmark = needs_terraform` in a module whose tests run it.
needs_terraform = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
    pytest.mark.skipif(
        not PROVIDER.is_dir(),
        reason=f"no mirror of hashicorp/aws at {PROVIDER} (another place: GATEHOUSE_TERRAFORM_MIRROR)",
    ),
]


class Provider:
    """The AWS provider, started once for all commands of a configuration, in the way that is meant for debuggers.

    Terraform would start it several times for each command, and hash its 700 MB before: more than half of the processor's time
    that a test takes. It is configured anew by each command all the same. It ends with this object, or with this process.
    """

    def __init__(self, environment: dict[str, str]):
        # Its socket lies there: a path that is short.
        folder = tempfile.mkdtemp(prefix="terraform-")
        program = next(PROVIDER.glob(f"{VERSION}/*/terraform-provider-aws*"))
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", program, "-debug"],
            env=environment | {"TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._end = weakref.finalize(self, _end, self.process, folder)
        assert self.process.stdout
        told = (line.strip().partition("TF_REATTACH_PROVIDERS=")[2] for line in self.process.stdout)
        #: What Terraform finds it by.
        self.address = next((text.strip("'") for text in told if text), None)
        assert self.address, f"{program} did not say where it listens"


def _end(process: subprocess.Popen[str], folder: str) -> None:
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


class Terraform:
    """A folder with a configuration, initialised; applied as an identity."""

    def __init__(self, folder: Path, identity: Identity, source: str | None = None):
        """`source`: becomes the folder's configuration, behind the provider's block. Without one, everything is done as a user
        does it: the provider is installed from the mirror, and started by Terraform."""
        self.folder = folder
        if source is not None:
            (folder / "main.tf").write_text(PROVIDER_BLOCK + source)
        # Its own home: no plugin cache, no CLI configuration of this machine's user.
        self.environment = clean_environment(**identity.environment) | {
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            # They read the provider's whole schema each time, and end a second later: hardly to collect garbage saves a third
            # of their time.
            "GOGC": "off",
            "GOMEMLIMIT": "800MiB",
        }
        # One process can't have two configurations.
        if source is not None and 'provider "aws"' not in source:
            self.provider = Provider(self.environment)
            self.environment["TF_REATTACH_PROVIDERS"] = str(self.provider.address)
        else:
            self.run("init", f"-plugin-dir={MIRROR}", "-no-color")

    def run(self, *words: str, expected: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in expected, f"terraform {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done

    def outputs(self) -> dict[str, Any]:
        """As `terraform output -json` has them, which takes half a second to read the same file."""
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return {name: one["value"] for name, one in state["outputs"].items()}

    def apply(self) -> str:
        return self.run("apply", "-auto-approve", "-no-color").stdout

    def assert_no_drift(self) -> None:
        """A plan finds nothing to do: everything reads back as it was written."""
        plan = self.run("plan", "-detailed-exitcode", "-no-color", expected=(0, 2))
        assert plan.returncode == 0, plan.stdout

    def reimport(self, identifiers: dict[str, str]) -> None:
        """Forgets resources and takes them in again from what the server says of them, at once, because each start of the
        provider takes seconds. Nothing differs from the configuration then, neither of these nor of the others: what
        `assert_no_drift` would find before, this finds as well."""
        self.run("state", "rm", "-no-color", *identifiers)
        self.take_in(identifiers)

    def take_in(self, identifiers: dict[str, str]) -> None:
        """Takes in resources that are there, and finds that they are as the configuration says."""
        imports = self.folder / "imports.tf"
        imports.write_text(
            "".join(f'import {{\n  to = {to}\n  id = "{identifier}"\n}}\n' for to, identifier in identifiers.items())
        )
        applied = self.apply()
        assert f"{len(identifiers)} imported, 0 added, 0 changed, 0 destroyed" in applied, applied[-2000:]
        imports.unlink()

    def destroy(self) -> str:
        return self.run("destroy", "-auto-approve", "-no-color").stdout
