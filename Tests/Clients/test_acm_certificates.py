"""AWS Certificate Manager: imported certificates, and private ones that it keeps and renews."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of
from harness.authorities import Authority, key_pem, new_key, new_request, run, wait_until


def self_signed(name: str = "www.example.com", *, kind: str = "EC", start: int = -1, end: int = 30, key: Any = None) -> tuple[str, Any]:
    """A certificate in PEM, and its key."""
    key = key or new_key(kind)
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=start))
        .not_valid_after(now + datetime.timedelta(days=end))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("alt." + name)]), False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), key


def imported(client: Any, pem: str, key: Any, **more: Any) -> str:
    return str(client.import_certificate(Certificate=pem.encode(), PrivateKey=key_pem(key).encode(), **more)["CertificateArn"])


@pytest.mark.parametrize(("kind", "name", "signature"), [("EC", "EC-prime256v1", "SHA256WITHECDSA"), ("RSA", "RSA-2048", "SHA256WITHRSA")])
def test_import(root: Identity, trail: Trail, kind: str, name: str, signature: str) -> None:
    acm = root.client("acm")
    pem, key = self_signed(kind=kind)
    arn = imported(acm, pem, key, Tags=[{"Key": "team", "Value": "blue"}])
    assert arn.startswith(f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/")
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    parsed = x509.load_pem_x509_certificate(pem.encode())
    assert found["Type"] == "IMPORTED" and found["Status"] == "ISSUED" and found["RenewalEligibility"] == "INELIGIBLE"
    assert int(found["Serial"].replace(":", ""), 16) == parsed.serial_number
    assert found["KeyAlgorithm"] == name and found["SignatureAlgorithm"] == signature
    assert found["SubjectAlternativeNames"] == ["www.example.com", "alt.www.example.com"]
    assert found["NotAfter"] == parsed.not_valid_after_utc and found["Subject"] == "CN=www.example.com"
    answer = acm.get_certificate(CertificateArn=arn)
    assert answer["Certificate"].strip() == pem.strip() and "CertificateChain" not in answer
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert "PRIVATE KEY" not in str(trail.named("ImportCertificate"))
    # The same ARN, another certificate.
    other, other_key = self_signed("new.example.com", kind=kind)
    assert imported(acm, other, other_key, CertificateArn=arn) == arn
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"] == "new.example.com"
    error = error_of(acm.export_certificate, CertificateArn=arn, Passphrase=b"secret")
    assert error.code == "ValidationException"
    acm.delete_certificate(CertificateArn=arn)
    assert error_of(acm.describe_certificate, CertificateArn=arn).code == "ResourceNotFoundException"
    assert error_of(acm.describe_certificate, CertificateArn=arn + "/x").code == "InvalidArnException"


def test_what_is_not_imported(root: Identity, tmp_path: Path) -> None:
    acm = root.client("acm")
    pem, key = self_signed()

    def refused(pem: str, key: Any, **more: Any) -> str:
        error = error_of(imported, client=acm, pem=pem, key=key, **more)
        assert error.code == "ValidationException"
        return error.message

    assert "does not match" in refused(pem, new_key())
    assert "more than one certificate" in refused(pem + pem, key)
    assert "expired" in refused(*self_signed(start=-30, end=-1))
    assert "not valid yet" in refused(*self_signed(start=1, end=5))
    other, _ = self_signed("other.example.com")
    chain = refused(pem, key, CertificateChain=other.encode())
    assert chain.startswith("Unable to validate certificate chain.") and chain.endswith("is: 0")
    sealed = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    error = error_of(acm.import_certificate, Certificate=pem.encode(), PrivateKey=sealed)
    assert error.code == "ValidationException" and "private key" in error.message
    assert acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"] == []


def test_keys_in_older_forms(root: Identity) -> None:
    acm = root.client("acm")
    for kind in ("EC", "RSA"):
        pem, key = self_signed(kind=kind)
        old = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        acm.import_certificate(Certificate=pem.encode(), PrivateKey=old)


def test_a_leaf_of_a_private_authority_with_its_chain(root: Identity) -> None:
    authority = Authority.root(root)
    key = new_key()
    leaf, chain = authority.get(authority.issue(new_request("leaf.example.com", "leaf.example.com", key=key)))
    acm = root.client("acm")
    arn = imported(acm, leaf, key, CertificateChain=chain.encode())
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert found["Issuer"] == "Analytical Engines"
    assert {one["Name"] for one in found["ExtendedKeyUsages"]} == {"TLS_WEB_SERVER_AUTHENTICATION", "TLS_WEB_CLIENT_AUTHENTICATION"}
    assert [one["Name"] for one in found["KeyUsages"]] == ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"]
    assert "self signed" in error_of(imported, client=acm, pem=leaf, key=key).message


def test_lists(root: Identity) -> None:
    acm = root.client("acm")
    small = [imported(acm, *self_signed(f"{number}.example.com")) for number in range(3)]
    large = imported(acm, *self_signed("rsa.example.com", kind="RSA"))

    def arns(**more: Any) -> list[str]:
        pages = acm.get_paginator("list_certificates").paginate(**more, PaginationConfig={"PageSize": 2})
        return [one["CertificateArn"] for page in pages for one in page["CertificateSummaryList"]]

    assert arns() == [large], "unless they are asked for, only the oldest kinds of keys"
    assert set(arns(Includes={"keyTypes": ["EC_prime256v1"]})) == set(small)
    both = {"keyTypes": ["EC_prime256v1", "RSA_2048"]}
    assert arns(Includes=both, SortBy="CREATED_AT", SortOrder="DESCENDING") == [large, *reversed(small)]
    assert arns(Includes=both, CertificateStatuses=["EXPIRED"]) == []


def test_access(root: Identity, new_user: Any) -> None:
    acm = root.client("acm")
    blue = imported(acm, *self_signed(), Tags=[{"Key": "team", "Value": "blue"}])
    red = imported(acm, *self_signed(), Tags=[{"Key": "team", "Value": "red"}])
    alice = new_user(
        "alice",
        allow(["acm:DescribeCertificate", "acm:RequestCertificate"], Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        allow("acm:RequestCertificate", Condition={"ForAllValues:StringLike": {"acm:DomainNames": "*.example.com"}}),
    ).client("acm")
    alice.describe_certificate(CertificateArn=blue)
    assert error_of(alice.describe_certificate, CertificateArn=red).code == "AccessDeniedException"
    assert error_of(alice.get_certificate, CertificateArn=blue).code == "AccessDeniedException"
    alice.request_certificate(DomainName="a.example.com")
    assert error_of(alice.request_certificate, DomainName="a.example.org").code == "AccessDeniedException"
    authority = Authority.root(root)
    ask = {"CertificateAuthorityArn": authority.arn, "KeyAlgorithm": "EC_prime256v1"}
    mine, yours = (acm.request_certificate(DomainName=name, **ask)["CertificateArn"] for name in ("a.example.com", "a.example.org"))
    condition = {"ForAllValues:StringLike": {"acm:DomainNames": "*.example.com"}}
    bob = new_user("bob", allow("acm:ExportCertificate", Condition=condition)).client("acm")
    assert bob.export_certificate(CertificateArn=mine, Passphrase=b"secret")["PrivateKey"]
    assert error_of(bob.export_certificate, CertificateArn=yours, Passphrase=b"secret").code == "AccessDeniedException"
    acm.remove_tags_from_certificate(CertificateArn=blue, Tags=[{"Key": "team"}])
    assert error_of(alice.describe_certificate, CertificateArn=blue).code == "AccessDeniedException"
    acm.add_tags_to_certificate(CertificateArn=blue, Tags=[{"Key": "team", "Value": "blue"}])
    alice.describe_certificate(CertificateArn=blue)


def test_who_tags_has_to_be_allowed_to(root: Identity, new_user: Any) -> None:
    acm = new_user("alice", allow("acm:*"), deny(["acm:AddTagsToCertificate", "acm:TagResource"])).client("acm")
    tags = {"Tags": [{"Key": "team", "Value": "blue"}]}
    pem, key = self_signed()
    endpoint = {
        "AuthorizationBehavior": "PRE_APPROVED",
        "CertificateAuthority": {"PublicCertificateAuthority": {"AllowedKeyAlgorithms": ["EC_prime256v1"]}},
    }
    asks = [
        (acm.import_certificate, {"Certificate": pem.encode(), "PrivateKey": key_pem(key).encode()}),
        (acm.request_certificate, {"DomainName": "www.example.com"}),
        (acm.create_acme_endpoint, endpoint),
    ]
    for ask, parameters in asks:
        assert ask(**parameters)
        assert error_of(ask, **parameters, **tags).code == "AccessDeniedException"
    assert imported(root.client("acm"), pem, key, **tags)


def test_a_private_certificate(root: Identity, tmp_path: Path) -> None:
    authority = Authority.root(root)
    acm = root.client("acm")
    ask = {"DomainName": "www.example.com", "SubjectAlternativeNames": ["*.example.com"], "CertificateAuthorityArn": authority.arn}
    arn = acm.request_certificate(**ask, IdempotencyToken="one")["CertificateArn"]
    assert acm.request_certificate(**ask, IdempotencyToken="one")["CertificateArn"] == arn
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert found["Type"] == "PRIVATE" and found["Status"] == "ISSUED" and found["CertificateAuthorityArn"] == authority.arn
    assert found["KeyAlgorithm"] == "RSA-2048" and (found["NotAfter"] - found["IssuedAt"]).days in (394, 395)
    made = acm.export_certificate(CertificateArn=arn, Passphrase=b"correct horse")
    assert made["PrivateKey"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    key = serialization.load_pem_private_key(made["PrivateKey"].encode(), b"correct horse")
    leaf = x509.load_pem_x509_certificate(made["Certificate"].encode())
    assert key.public_key() == leaf.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.example.com", "*.example.com"]
    (tmp_path / "leaf.pem").write_text(made["Certificate"])
    (tmp_path / "root.pem").write_text(made["CertificateChain"])
    (tmp_path / "key.pem").write_text(made["PrivateKey"])
    assert "OK" in run("openssl", "verify", "-x509_strict", "-CAfile", tmp_path / "root.pem", tmp_path / "leaf.pem")
    run("openssl", "pkey", "-in", tmp_path / "key.pem", "-passin", "pass:correct horse", "-noout")
    run("openssl", "pkey", "-in", tmp_path / "key.pem", "-passin", "pass:wrong", "-noout", ok=False)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["RenewalEligibility"] == "ELIGIBLE"


def test_why_a_private_certificate_failed(root: Identity, new_user: Any) -> None:
    waiting = Authority.create(root)
    acm = root.client("acm")

    def outcome(client: Any, arn: str) -> tuple[str, str]:
        made = client.request_certificate(DomainName="www.example.com", CertificateAuthorityArn=arn)["CertificateArn"]
        found = acm.describe_certificate(CertificateArn=made)["Certificate"]
        assert error_of(acm.get_certificate, CertificateArn=made).code == "RequestInProgressException"
        return found["Status"], found["FailureReason"]

    assert outcome(acm, waiting.arn) == ("FAILED", "PCA_INVALID_STATE")
    assert outcome(acm, waiting.arn[:-4] + "0000") == ("FAILED", "PCA_RESOURCE_NOT_FOUND")
    alice = new_user("alice", allow("acm:*"))
    assert outcome(alice.client("acm"), Authority.root(root).arn) == ("FAILED", "PCA_ACCESS_DENIED")


@pytest.mark.memory
def test_renewal(cloud: Server, root: Identity) -> None:
    authority = Authority.root(root)
    acm = root.client("acm")
    # Each try makes a key, and one of RSA takes long.
    ask = {"DomainName": "www.example.com", "CertificateAuthorityArn": authority.arn, "KeyAlgorithm": "EC_prime256v1"}
    arn = acm.request_certificate(**ask)["CertificateArn"]
    assert error_of(acm.renew_certificate, CertificateArn=arn).code == "ValidationException", "nobody has exported it"
    acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    first = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    cloud.advance(340 * 86_400)
    # The authority does not permit it yet.
    failed = wait_until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"].get("RenewalSummary"))
    assert failed["RenewalStatus"] == "FAILED" and failed["RenewalStatusReason"] == "PCA_ACCESS_DENIED"
    authority.client.create_permission(
        CertificateAuthorityArn=authority.arn,
        Principal="acm.amazonaws.com",
        Actions=["IssueCertificate", "GetCertificate", "ListPermissions"],
    )
    acm.renew_certificate(CertificateArn=arn)

    def renewed() -> Any:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        return found if found["Serial"] != first["Serial"] else None

    second = wait_until(renewed)
    assert second["RenewalSummary"]["RenewalStatus"] == "SUCCESS" and second["NotAfter"] > first["NotAfter"]
    exported = acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    key = serialization.load_pem_private_key(exported["PrivateKey"].encode(), b"secret")
    assert key.public_key() == x509.load_pem_x509_certificate(exported["Certificate"].encode()).public_key()


def test_an_export_has_one_certificate_and_its_key(root: Identity) -> None:
    """Renewals change both, while an export still hashes the passphrase."""
    authority = Authority.root(root)
    authority.client.create_permission(
        CertificateAuthorityArn=authority.arn,
        Principal="acm.amazonaws.com",
        Actions=["IssueCertificate", "GetCertificate", "ListPermissions"],
    )
    acm = root.client("acm")
    ask = {"DomainName": "www.example.com", "CertificateAuthorityArn": authority.arn, "KeyAlgorithm": "EC_prime256v1"}
    arn = acm.request_certificate(**ask)["CertificateArn"]
    acm.export_certificate(CertificateArn=arn, Passphrase=b"secret")
    serials = set()
    with ThreadPoolExecutor() as pool:
        for _ in range(4):
            exports = [pool.submit(acm.export_certificate, CertificateArn=arn, Passphrase=b"secret") for _ in range(3)]
            acm.renew_certificate(CertificateArn=arn)
            for export in exports:
                made = export.result()
                leaf = x509.load_pem_x509_certificate(made["Certificate"].encode())
                key = serialization.load_pem_private_key(made["PrivateKey"].encode(), b"secret")
                assert key.public_key() == leaf.public_key()
                serials.add(leaf.serial_number)
    assert len(serials) > 1


def test_the_account(root: Identity) -> None:
    acm = root.client("acm")
    assert acm.get_account_configuration()["ExpiryEvents"] == {"DaysBeforeExpiry": 45}
    acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 7}, IdempotencyToken="x")
    assert acm.get_account_configuration()["ExpiryEvents"] == {"DaysBeforeExpiry": 7}
    error = error_of(acm.put_account_configuration, ExpiryEvents={"DaysBeforeExpiry": 46}, IdempotencyToken="y")
    assert error.code == "ValidationException"
