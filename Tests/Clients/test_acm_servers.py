"""Servers that show ACM's certificates: Gatehouse's own, and nginx, which gets files."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness import Server, error_of
from harness.authorities import run, wait_until
from harness.ports import free_port
from harness.server import BINARY, clean_environment, gatehouse
from harness.patience import PATIENCE
from test_acm_certificates import imported, self_signed
from test_acm_public import asked, described, issued


def shown(port: int, name: str = "www.example.com", anchor: Path | None = None) -> x509.Certificate:
    """The certificate that a server shows, checked if there is an anchor."""
    context = ssl.create_default_context(cafile=str(anchor) if anchor else None)
    if not anchor:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        der = secure.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der)


def serial(acm: Any, arn: str) -> int:
    return int(described(acm, arn)["Serial"].replace(":", ""), 16)


def root_file(server: Server, folder: Path) -> Path:
    path = folder / "public-root.pem"
    with urllib.request.urlopen(server.url + "/_gatehouse/certificates/public/root.pem", timeout=PATIENCE) as answer:
        path.write_bytes(answer.read())
    return path


def test_its_own_https(durable: Callable[..., Server], tmp_path: Path) -> None:
    with durable() as first:
        acm = first.root.client("acm")
        arn = asked(acm, "www.example.com", "localhost.example.com")
        issued(acm, arn)
        anchor = root_file(first, tmp_path)
        own = imported(acm, *self_signed("www.example.com"))
    with durable("--tls", "--tls-port", "0", "--tls-certificate-arn", arn) as server:
        acm = server.root.client("acm")
        assert shown(server.secure_port, anchor=anchor).serial_number == serial(acm, arn)
        found = described(acm, arn)
        (user,) = found["InUseBy"]
        assert re.fullmatch(r"arn:aws:elasticloadbalancing:us-east-1:\d{12}:loadbalancer/app/gatehouse/[0-9a-f]{16}", user)
        assert found["RenewalEligibility"] == "ELIGIBLE"
        error = error_of(acm.delete_certificate, CertificateArn=arn)
        assert (error.code, error.message) == ("ResourceInUseException", f"Certificate {arn} in account {user.split(':')[4]} is in use.")
    # One that is imported anew is shown without a restart.
    with durable("--tls", "--tls-port", "0", "--tls-certificate-arn", own) as server:
        acm = server.root.client("acm")
        before = shown(server.secure_port)
        pem, key = self_signed("www.example.com")
        imported(acm, pem, key, CertificateArn=own)
        after = x509.load_pem_x509_certificate(pem.encode())
        assert before != after
        wait_until(lambda: shown(server.secure_port) == after)
    unknown = arn[:-4] + "0000"
    done = gatehouse("serve", "--data", str(tmp_path / "data"), "--port", "0", "--tls", "--tls-port", "0", "--tls-certificate-arn", unknown)
    assert done.returncode != 0 and f"The certificate {unknown} is not there" in done.stderr
    for options in (["--tls-certificate-arn", arn], ["--tls", "--tls-certificate-arn", "x"], ["--tls", "--tls-certificate-arn", arn, "--tls-name", "a.example"]):
        assert gatehouse("serve", "--in-memory", "--port", "0", *options).returncode != 0


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on PATH")
def test_nginx(durable: Callable[..., Server], tmp_path: Path) -> None:
    port = free_port()
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    (tmp_path / "nginx.conf").write_text(f"""
        pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; daemon off;
        events {{}}
        http {{ access_log off;
          server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {chain}; ssl_certificate_key {key}; return 200 "hello\\n"; }} }}
        """)
    nginx = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    with durable() as server:
        acm = server.root.client("acm")
        pem, own_key = self_signed("www.example.com")
        arn = asked(acm, "www.example.com")
        issued(acm, arn)
        export = [str(BINARY), "certificate", "export", arn, "--data", str(server.data), "--chain", str(chain), "--key", str(key)]
        assert described(acm, arn)["RenewalEligibility"] == "INELIGIBLE"
        assert run(*export) == f"Wrote {chain} and {key}.\n"
        assert (chain.stat().st_mode & 0o777, key.stat().st_mode & 0o777) == (0o644, 0o600)
        assert run(*export) == "", "nothing has changed"
        assert described(acm, arn)["RenewalEligibility"] == "ELIGIBLE", "somebody has the key"
        assert sorted(path.name for path in tmp_path.glob("*.pem*")) == ["chain.pem", "key.pem"]
        own = imported(acm, pem, own_key)
        watching = [*export[:3], own, *export[4:], "--watch", "--interval", "1", "--run", " ".join([*nginx, "-s", "reload"])]
        program = subprocess.Popen(nginx, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        watcher = None
        try:
            wait_until(lambda: answers(port))
            assert shown(port, anchor=root_file(server, tmp_path)).serial_number == serial(acm, arn)
            watcher = subprocess.Popen(watching, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            wait_until(lambda: shown(port) == x509.load_pem_x509_certificate(pem.encode()))
            assert x509.load_pem_x509_certificate(chain.read_bytes()) == x509.load_pem_x509_certificate(pem.encode())
            other, other_key = self_signed("www.example.com")
            imported(acm, other, other_key, CertificateArn=own)
            wait_until(lambda: shown(port) == x509.load_pem_x509_certificate(other.encode()))
            loaded = serialization.load_pem_private_key(key.read_bytes(), None)
            assert loaded.public_key() == other_key.public_key() and key.stat().st_mode & 0o777 == 0o600
            # It bears a server that is away for a while.
            server.kill()
            time.sleep(2)
            assert watcher.poll() is None
            server.start()
            acm = server.root.client("acm")
            imported(acm, pem, own_key, CertificateArn=own)
            wait_until(lambda: shown(port) == x509.load_pem_x509_certificate(pem.encode()))
        finally:
            for one in (watcher, program):
                if one:
                    one.terminate()
                    one.wait(10)
        wrong = [*export[:3], arn[:-4] + "0000", *export[4:]]
        assert "is not there, or not issued" in run(*wrong, ok=False)
        assert "can't make" in run(*export[:-1], tmp_path / "none" / "key.pem", ok=False)


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
