"""ACM's ACME endpoints (RFC 8555): certbot and others get certificates there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from harness import Identity, Server
from harness.acme import Certbot, Endpoint, WebServer, free_port
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


def standalone(certbot: Certbot, *words: str, names: list[str], **more: bool) -> None:
    certbot.certonly(
        "--standalone", "--http-01-port", str(PORT), "--http-01-address", "127.0.0.1", *words, names=names, **more
    )


def test_certbot_renews(certbot: Certbot, endpoint: Endpoint) -> None:
    certbot.register(endpoint.bind())
    standalone(certbot, names=["www.example.com"])
    before = certbot.chain("www.example.com")[0]
    assert "not yet due" in certbot.run("renew", "--no-random-sleep-on-renew")
    certbot.run("renew", "--no-random-sleep-on-renew", "--force-renewal")
    after = certbot.chain("www.example.com")[0]
    assert before.serial_number != after.serial_number and before.subject == after.subject
    acm = endpoint.identity.client("acm")
    listed = acm.list_certificates(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})
    assert len(listed["CertificateSummaryList"]) == 2, "ACM has each: clients renew, not ACM"


def test_certbot_revokes(certbot: Certbot, endpoint: Endpoint) -> None:
    certbot.register(endpoint.bind())
    for number, words in enumerate(([], ["--key-path", str(certbot.file("www.example.com", "privkey.pem"))])):
        standalone(certbot, "--force-renewal", names=["www.example.com"])
        path = str(certbot.file("www.example.com", "cert.pem"))
        shown = ["revoke", "--server", endpoint.url, "--cert-path", path, "--no-delete-after-revoke", "--reason", "superseded"]
        certbot.run(*shown, *words)
        assert "alreadyRevoked" in certbot.run(*shown, *words, succeeds=False) + certbot.log, number


def test_certbot_keeps_its_account(certbot: Certbot, endpoint: Endpoint) -> None:
    assert "externalAccountRequired" in certbot.run("register", "--server", certbot.url, "--email", "a@example.com", succeeds=False) + certbot.log
    certbot.register(endpoint.bind(), email="")
    certbot.run("update_account", "--server", endpoint.url, "--email", "grace@example.com")
    acm = endpoint.identity.client("acm")
    [account] = acm.list_acme_accounts(AcmeEndpointArn=endpoint.arn)["AcmeAccounts"]
    assert account["Contacts"] == ["mailto:grace@example.com"] and account["Status"] == "VALID"
    assert "grace" in certbot.run("show_account", "--server", endpoint.url)
    certbot.run("unregister", "--server", endpoint.url)
    assert acm.list_acme_accounts(AcmeEndpointArn=endpoint.arn)["AcmeAccounts"][0]["Status"] == "DEACTIVATED"


def test_certbot_with_keys_that_an_endpoint_allows(certbot: Certbot, endpoint: Endpoint) -> None:
    certbot.register(endpoint.bind())
    acm = endpoint.identity.client("acm")
    acm.update_acme_endpoint(
        AcmeEndpointArn=endpoint.arn, CertificateAuthority={"PublicCertificateAuthority": {"AllowedKeyAlgorithms": ["RSA_2048"]}}
    )
    standalone(certbot, names=["www.example.com"], succeeds=False)
    assert "badCSR" in certbot.output + certbot.log
    standalone(certbot, "--key-type", "rsa", "--rsa-key-size", "2048", names=["www.example.com"])


def test_dehydrated_gets_a_certificate(tmp_path: Path, endpoint: Endpoint) -> None:
    binding = endpoint.bind()
    known = tmp_path / "known"
    known.mkdir()
    config = tmp_path / "config"
    config.write_text(
        f"CA={endpoint.url}\nBASEDIR={tmp_path}\nWELLKNOWN={known}\nCONTACT_EMAIL=ada@example.com\n"
        f"EAB_KID={binding.key_id}\nEAB_HMAC_KEY={binding.mac_key}\n"
    )

    def dehydrated(*words: str) -> str:
        done = subprocess.run(["dehydrated", "--config", config, *words], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with WebServer(folder=known, port=PORT):
        dehydrated("--register", "--accept-terms")
        dehydrated("--cron", "--domain", "www.example.com example.com")
        chain = x509.load_pem_x509_certificates((tmp_path / "certs" / "www.example.com" / "fullchain.pem").read_bytes())
        chain[0].verify_directly_issued_by(chain[1])
        dehydrated("--revoke", str(tmp_path / "certs" / "www.example.com" / "cert.pem"))


def test_certbot_by_https(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    port = free_port()
    secure = free_port()
    options = (
        "--tls", "--tls-port", str(secure), "--tls-ca-file", str(authority), "--public-url", f"https://localhost:{secure}",
        "--acme-http", f"www.example.com=127.0.0.1:{port}",
    )  # fmt: skip
    with Server(*options, log=tmp_path / "log") as server:
        endpoint = Endpoint.create(server.root, Authority.root(server.root), challenges="http-01")
        assert endpoint.url.startswith(f"https://localhost:{secure}/")
        certbot = Certbot(tmp_path / "certbot", endpoint.url, authority)
        certbot.register(endpoint.bind())
        certbot.certonly("--standalone", "--http-01-port", str(port), "--http-01-address", "127.0.0.1", names=["www.example.com"])
