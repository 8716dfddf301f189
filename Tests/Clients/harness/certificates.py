"""Keys and certificates, made by OpenSSL."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .patience import PATIENCE


def openssl(*words: str | Path, stdin: str | None = None) -> str:
    done = subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Certificate:
    pem: str
    key: str

    @classmethod
    def make(
        cls, folder: Path, name: str, issuer: Certificate | None = None, *, algorithm: str = "P-256", days: int = 30
    ) -> Certificate:
        """A certificate for a name, signed by the issuer or by itself."""
        options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        if algorithm != "RSA":
            options = ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{algorithm}"]
        key = openssl("genpkey", *options)
        key_file = folder / f"{name}.key"
        key_file.write_text(key)
        words: list[str | Path] = ["req", "-x509", "-new", "-key", key_file, "-subj", f"/CN={name}"]
        words += ["-days", str(days), "-addext", "basicConstraints=critical,CA:TRUE"]
        if issuer:
            issuer_file, issuer_key = folder / f"{name}.issuer", folder / f"{name}.issuer.key"
            issuer_file.write_text(issuer.pem)
            issuer_key.write_text(issuer.key)
            words += ["-CA", issuer_file, "-CAkey", issuer_key]
        return cls(openssl(*words), key)


def ssh_rsa(bits: int = 2048) -> tuple[str, str, str]:
    """A new RSA public key: as `ssh-rsa …`, as PEM, and its MD5 fingerprint."""
    private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
    pem = openssl("pkey", "-pubout", stdin=private)
    modulus = int(openssl("rsa", "-noout", "-modulus", stdin=private).strip().removeprefix("Modulus="), 16)

    def packed(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    def number(value: int) -> bytes:
        return packed(value.to_bytes(value.bit_length() // 8 + 1, "big"))

    blob = packed(b"ssh-rsa") + number(65537) + number(modulus)
    return (
        "ssh-rsa " + base64.b64encode(blob).decode(),
        pem,
        hashlib.md5(blob, usedforsecurity=False).digest().hex(":"),
    )
