"""Keys of private authorities that a hardware token (SoftHSM) has sealed: nothing is signed without it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from harness import Server, error_of
from harness.authorities import Authority, new_request
from harness.ledger import Ledger
from harness.server import gatehouse
from harness.token import Token
from harness.patience import PATIENCE

CONFIGURATION: dict[str, Any] = {"RevocationConfiguration": {"OcspConfiguration": {"Enabled": True}}}


def asked(
    server: Server, issued: x509.Certificate, issuer: x509.Certificate, serial: int | None = None
) -> ocsp.OCSPResponseStatus:
    """What the responder says when it is asked for the state of a certificate, or of another serial number of the same issuer."""
    algorithm = hashes.SHA256()
    builder = ocsp.OCSPRequestBuilder().add_certificate(issued, issuer, algorithm)
    if serial is not None:
        one = builder.build()
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(one.issuer_name_hash, one.issuer_key_hash, serial, algorithm)
    question = builder.build()
    (access,) = issued.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    body = question.public_bytes(serialization.Encoding.DER)
    # The server has another port since it was started anew.
    url = server.url + urlsplit(access.access_location.value).path
    answer = requests.post(url, body, headers={"Content-Type": "application/ocsp-request"}, timeout=PATIENCE)
    return ocsp.load_der_ocsp_response(answer.content).response_status


@pytest.mark.parametrize("algorithm", ["EC_prime256v1", "RSA_2048"])
def test_no_signature_without_the_token(durable: Callable[..., Server], tmp_path: Path, algorithm: str) -> None:
    token = Token(tmp_path / "token")
    server = durable("--authority-keys-in-token", environment=token.environment).start()
    authority = Authority.root(server.root, algorithm=algorithm, **CONFIGURATION)
    own = authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"]
    issuer = x509.load_pem_x509_certificate(own.encode())
    issued = authority.certificate(new_request())
    issued.verify_directly_issued_by(issuer)
    token.take_out()
    # SoftHSM looks for its tokens when a session begins: so this one has to end.
    server.restart()
    client = server.root.client("acm-pca")
    away = Authority(client, authority.arn, authority.signing)
    refused = error_of(lambda: away.issue(new_request("late.example.com")))
    assert refused.code == "RequestFailedException"
    assert refused.message.startswith("The key of the certificate authority can't be used: There is no token 'house'")
    refused = error_of(lambda: Authority.create(server.root, "Other", algorithm=algorithm))
    assert refused.code == "RequestFailedException" and "can't be kept" in refused.message
    # What needs no signature is answered.
    assert away.description["Status"] == "ACTIVE" and away.get(away.description["Arn"] + f"/certificate/{issued.serial_number:032x}")
    assert asked(server, issued, issuer) == ocsp.OCSPResponseStatus.TRY_LATER
    # About what was never issued the token is not asked: there are more serial numbers than it can sign for.
    assert asked(server, issued, issuer, 1) == ocsp.OCSPResponseStatus.UNAUTHORIZED
    token.put_back()
    assert away.certificate(new_request("late.example.com")).issuer == issuer.subject
    assert asked(server, issued, issuer) == ocsp.OCSPResponseStatus.SUCCESSFUL
    # The ledger and the key file together don't have it.
    server.stop()
    assert server.data
    ledger = Ledger(server.data)
    record = ledger.json(ledger.only("AWS::ACMPCA::AuthorityKey"))
    assert record["isSealedByToken"] is True
    with pytest.raises(ValueError):
        serialization.load_der_private_key(base64.b64decode(record["secret"]), None)


def test_the_option_needs_a_token() -> None:
    refused = gatehouse("serve", "--in-memory", "--authority-keys-in-token")
    assert refused.returncode != 0 and "--authority-keys-in-token goes together with --pkcs11-module and --pkcs11-token." in refused.stderr
