"""ACM's ACME endpoints (RFC 8555): certbot and others get certificates there."""

from __future__ import annotations

from pathlib import Path
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from harness import Identity, Server
from harness.acme import Certbot, Endpoint, free_port
from harness.authorities import Authority

#: Where clients that bring their own server for challenges listen.
PORT = free_port()
NAMES = ["www.example.com", "example.com"]


@pytest.fixture(scope="module")
def acme_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that asks the names of this file at a port of this machine."""
    options = [word for name in NAMES for word in ("--acme-http", f"{name}=127.0.0.1:{PORT}")]
    with Server(*options, log=tmp_path_factory.mktemp("acme") / "log") as server:
        yield server


@pytest.fixture
def admin(acme_server: Server) -> Identity:
    acme_server.reset()
    return acme_server.root


@pytest.fixture
def endpoint(admin: Identity) -> Endpoint:
    return Endpoint.create(admin, Authority.root(admin), challenges="http-01 dns-01")


@pytest.fixture
def certbot(tmp_path: Path, endpoint: Endpoint) -> Certbot:
    return Certbot(tmp_path / "certbot", endpoint.url)


def test_certbot_gets_a_certificate_by_http(certbot: Certbot, endpoint: Endpoint) -> None:
    certbot.register(endpoint.bind())
    certbot.certonly("--standalone", "--http-01-port", str(PORT), "--http-01-address", "127.0.0.1", names=NAMES)
    leaf, above = certbot.chain(NAMES[0])[:2]
    leaf.verify_directly_issued_by(above)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert sorted(names) == sorted(NAMES)
    acm = endpoint.identity.client("acm")
    assert acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"] == []
    [found] = acm.list_certificates(
        CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1", "RSA_2048"]}
    )["CertificateSummaryList"]
    assert found["CertificateKeyPairOrigin"] == "ACME"
    shown = acm.get_certificate(CertificateArn=found["CertificateArn"])["Certificate"]
    assert x509.load_pem_x509_certificate(shown.encode()).fingerprint(hashes.SHA256()) == leaf.fingerprint(hashes.SHA256())
