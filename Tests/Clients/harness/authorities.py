"""Private certificate authorities as tests need them, and the programs that judge what they issue."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from .identity import Identity
from .patience import PATIENCE

TEMPLATES = "arn:aws:acm-pca:::template/"

SIGNING = {"RSA_2048": "SHA256WITHRSA", "EC_prime256v1": "SHA256WITHECDSA", "EC_secp384r1": "SHA384WITHECDSA"}


def years(value: int) -> dict[str, Any]:
    return {"Value": value, "Type": "YEARS"}


def days(value: int) -> dict[str, Any]:
    return {"Value": value, "Type": "DAYS"}


@dataclass
class Authority:
    """A private certificate authority, used by an identity."""

    client: Any
    arn: str
    signing: str

    @classmethod
    def create(cls, identity: Identity, name: str = "Root", *, kind: str = "ROOT", algorithm: str = "EC_prime256v1", **more: Any) -> Authority:
        """One that waits for its certificate."""
        client = identity.client("acm-pca")
        arn = client.create_certificate_authority(
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": algorithm,
                "SigningAlgorithm": SIGNING[algorithm],
                "Subject": {"Country": "CH", "Organization": "Analytical Engines", "CommonName": name},
            },
            CertificateAuthorityType=kind,
            **more,
        )["CertificateAuthorityArn"]
        return cls(client, arn, SIGNING[algorithm])

    @classmethod
    def root(cls, identity: Identity, name: str = "Root", **more: Any) -> Authority:
        """One that has signed its own certificate."""
        authority = cls.create(identity, name, **more)
        certificate = authority.issue(authority.request, "RootCACertificate/V1", validity=years(10))
        authority.client.import_certificate_authority_certificate(
            CertificateAuthorityArn=authority.arn, Certificate=authority.get(certificate)[0].encode()
        )
        return authority

    @classmethod
    def below(cls, issuer: Authority, identity: Identity, name: str = "Issuing", length: int = 0, **more: Any) -> Authority:
        """One whose certificate another has signed."""
        authority = cls.create(identity, name, kind="SUBORDINATE", **more)
        template = f"SubordinateCACertificate_PathLen{length}/V1"
        own, chain = issuer.get(issuer.issue(authority.request, template, validity=years(5 + length)))
        authority.client.import_certificate_authority_certificate(
            CertificateAuthorityArn=authority.arn, Certificate=own.encode(), CertificateChain=chain.encode()
        )
        return authority

    @property
    def request(self) -> str:
        return str(self.client.get_certificate_authority_csr(CertificateAuthorityArn=self.arn)["Csr"])

    @property
    def description(self) -> dict[str, Any]:
        return dict(self.client.describe_certificate_authority(CertificateAuthorityArn=self.arn)["CertificateAuthority"])

    def issue(self, request: str, template: str | None = None, *, validity: dict[str, Any] | None = None, **more: Any) -> str:
        """The ARN of a new certificate."""
        if template:
            more["TemplateArn"] = TEMPLATES + template
        more.setdefault("SigningAlgorithm", self.signing)
        answer = self.client.issue_certificate(
            CertificateAuthorityArn=self.arn, Csr=request.encode(), Validity=validity or days(30), **more
        )
        return str(answer["CertificateArn"])

    def get(self, arn: str) -> tuple[str, str]:
        """A certificate and its chain, in PEM."""
        answer = self.client.get_certificate(CertificateAuthorityArn=self.arn, CertificateArn=arn)
        return answer["Certificate"], answer.get("CertificateChain", "")

    def certificate(self, request: str, template: str | None = None, **more: Any) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.get(self.issue(request, template, **more))[0].encode())


def new_key(kind: str = "EC") -> Any:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(65537, 2048)


def key_pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def new_request(name: str = "www.example.com", *names: str, key: Any = None, extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()) -> str:
    """A certificate signing request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    request = builder.sign(key or new_key(), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def run(*words: str | Path, ok: bool = True, stdin: str | None = None) -> str:
    """What a program says, on both its outputs."""
    done = subprocess.run([*map(str, words)], input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def wait_until(what: Any, patience: float = PATIENCE) -> Any:
    """The first value that counts as true."""
    deadline = time.monotonic() + patience
    while not (value := what()):
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.1)
    return value
