"""Private certificate authorities: from the request to the end, and what is refused on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from harness import ACCOUNT, Identity, Server, Trail, error_of
from harness.authorities import SIGNING, Authority, days, new_request, run, years


def test_a_root_signs_itself_and_becomes_active(root: Identity, trail: Trail) -> None:
    authority = Authority.create(root, Tags=[{"Key": "team", "Value": "blue"}])
    waiting = authority.description
    assert waiting["Status"] == "PENDING_CERTIFICATE" and waiting["OwnerAccount"] == ACCOUNT
    assert waiting["RevocationConfiguration"] == {
        "CrlConfiguration": {"Enabled": False},
        "OcspConfiguration": {"Enabled": False},
    }
    assert waiting["CertificateAuthorityConfiguration"]["Subject"]["CommonName"] == "Root"
    error = error_of(authority.client.get_certificate_authority_certificate, CertificateAuthorityArn=authority.arn)
    assert error.code == "InvalidStateException"
    request = x509.load_pem_x509_csr(authority.request.encode())
    assert request.is_signature_valid
    assert request.extensions.get_extension_for_class(x509.BasicConstraints).value.ca

    certificate = authority.get(authority.issue(authority.request, "RootCACertificate/V1", validity=years(10)))
    assert certificate[1] == ""
    authority.client.import_certificate_authority_certificate(
        CertificateAuthorityArn=authority.arn, Certificate=certificate[0].encode()
    )
    active = authority.description
    assert active["Status"] == "ACTIVE" and active["NotAfter"] > active["NotBefore"]
    parsed = x509.load_pem_x509_certificate(certificate[0].encode())
    assert int(active["Serial"].replace(":", ""), 16) == parsed.serial_number
    answer = authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)
    assert answer["Certificate"] == certificate[0] and "CertificateChain" not in answer
    record = trail.of(answer)
    assert record["eventSource"] == "acm-pca.amazonaws.com" and record["responseElements"] is None
    issued = trail.named("IssueCertificate")
    assert "/certificate/" in issued["responseElements"]["certificateArn"]


@pytest.mark.parametrize("algorithm", SIGNING)
def test_chains_hold_for_three_verifiers(root: Identity, tmp_path: Path, algorithm: str) -> None:
    top = Authority.root(root, algorithm=algorithm)
    middle = Authority.below(top, root, "Middle", 1, algorithm=algorithm)
    low = Authority.below(middle, root, "Low", 0, algorithm=algorithm)
    leaf, chain = low.get(low.issue(new_request("www.example.com", "www.example.com"), "EndEntityServerAuthCertificate/V1"))
    certificates = x509.load_pem_x509_certificates(chain.encode())
    assert [one.subject.rfc4514_string().split(",")[0] for one in certificates] == ["CN=Low", "CN=Middle", "CN=Root"]
    (tmp_path / "leaf.pem").write_text(leaf)
    (tmp_path / "chain.pem").write_text(chain)
    (tmp_path / "root.pem").write_text(top.client.get_certificate_authority_certificate(CertificateAuthorityArn=top.arn)["Certificate"])
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", tmp_path / "root.pem"]
    assert "OK" in run(*verify, "-untrusted", tmp_path / "chain.pem", tmp_path / "leaf.pem")
    # Without those between it does not hold: nothing is trusted by chance.
    run(*verify, tmp_path / "leaf.pem", ok=False)
    (tmp_path / "all.pem").write_text(leaf + "\n" + chain)
    words = ["certtool", "--verify", "--load-ca-certificate", tmp_path / "root.pem", "--infile", tmp_path / "all.pem"]
    assert "Verified. The certificate is trusted" in run(*words, "--verify-hostname", "www.example.com")
    run(*words, "--verify-hostname", "www.example.org", ok=False)
    verifier = (
        x509.verification.PolicyBuilder()
        .store(x509.verification.Store([certificates[-1]]))
        .build_server_verifier(x509.DNSName("www.example.com"))
    )
    found = verifier.verify(x509.load_pem_x509_certificate(leaf.encode()), certificates[:-1])
    assert len(found) == 4


def test_what_cannot_be_imported(root: Identity) -> None:
    first, second = Authority.root(root, "First"), Authority.create(root, "Second")
    foreign = first.client.get_certificate_authority_certificate(CertificateAuthorityArn=first.arn)["Certificate"].encode()
    put = second.client.import_certificate_authority_certificate
    assert error_of(put, CertificateAuthorityArn=second.arn, Certificate=foreign).code == "CertificateMismatchException"
    assert error_of(put, CertificateAuthorityArn=second.arn, Certificate=b"nothing").code == "MalformedCertificateException"
    below = Authority.create(root, "Below", kind="SUBORDINATE")
    good = first.get(first.issue(below.request, "SubordinateCACertificate_PathLen0/V1"))[0].encode()
    error = error_of(put, CertificateAuthorityArn=below.arn, Certificate=good)
    assert error.code == "InvalidRequestException", "there is no chain"
    other = Authority.root(root, "First")
    chain = other.client.get_certificate_authority_certificate(CertificateAuthorityArn=other.arn)["Certificate"].encode()
    error = error_of(put, CertificateAuthorityArn=below.arn, Certificate=good, CertificateChain=chain)
    assert error.code == "CertificateMismatchException", "another authority of the same name vouches for nothing"
    end = first.get(first.issue(below.request))[0].encode()
    error = error_of(put, CertificateAuthorityArn=below.arn, Certificate=end, CertificateChain=foreign)
    assert error.code == "MalformedCertificateException", "it is no authority's"
    assert below.description["Status"] == "PENDING_CERTIFICATE"


def test_states(root: Identity) -> None:
    authority = Authority.root(root)
    client, arn = authority.client, authority.arn
    assert error_of(client.delete_certificate_authority, CertificateAuthorityArn=arn).code == "InvalidStateException"
    client.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
    assert authority.description["Status"] == "DISABLED"
    assert error_of(authority.issue, request=new_request()).code == "InvalidStateException"
    client.delete_certificate_authority(CertificateAuthorityArn=arn, PermanentDeletionTimeInDays=7)
    gone = authority.description
    assert gone["Status"] == "DELETED"
    assert 6.9 < (gone["RestorableUntil"] - gone["LastStateChangeAt"]).total_seconds() / 86_400 < 7.1
    for operation in ("get_certificate_authority_csr", "get_certificate_authority_certificate", "list_permissions", "list_tags"):
        assert error_of(getattr(client, operation), CertificateAuthorityArn=arn).code == "InvalidStateException"
    client.restore_certificate_authority(CertificateAuthorityArn=arn)
    assert authority.description["Status"] == "DISABLED" and "RestorableUntil" not in authority.description
    assert error_of(client.restore_certificate_authority, CertificateAuthorityArn=arn).code == "InvalidStateException"
    client.update_certificate_authority(CertificateAuthorityArn=arn, Status="ACTIVE")
    authority.issue(new_request())
    waiting = Authority.create(root, "Waiting")
    error = error_of(client.update_certificate_authority, CertificateAuthorityArn=waiting.arn, Status="DISABLED")
    assert error.code == "InvalidStateException"


@pytest.mark.memory
def test_it_is_gone_after_its_time_and_expires_in_it(cloud: Server, root: Identity) -> None:
    authority = Authority.root(root)
    authority.client.update_certificate_authority(CertificateAuthorityArn=authority.arn, Status="DISABLED")
    authority.client.delete_certificate_authority(CertificateAuthorityArn=authority.arn, PermanentDeletionTimeInDays=7)
    short = Authority.create(root, "Short")
    certificate = short.get(short.issue(short.request, "RootCACertificate/V1", validity=days(3)))[0]
    short.client.import_certificate_authority_certificate(CertificateAuthorityArn=short.arn, Certificate=certificate.encode())
    cloud.advance(8 * 86_400)
    error = error_of(authority.client.describe_certificate_authority, CertificateAuthorityArn=authority.arn)
    assert error.code == "ResourceNotFoundException"
    assert short.description["Status"] == "EXPIRED"
    assert error_of(short.issue, request=new_request()).code == "InvalidStateException"


def test_lists_tokens_and_tags(root: Identity) -> None:
    client = root.client("acm-pca")
    made = {Authority.create(root, f"CA {number}").arn for number in range(3)}
    pages = client.get_paginator("list_certificate_authorities").paginate(PaginationConfig={"PageSize": 2})
    assert {one["Arn"] for page in pages for one in page["CertificateAuthorities"]} == made
    assert error_of(client.list_certificate_authorities, NextToken="!").code == "InvalidNextTokenException"
    again = [Authority.create(root, IdempotencyToken="once").arn for _ in range(2)]
    assert again[0] == again[1] and again[0] not in made
    arn = again[0]
    client.tag_certificate_authority(CertificateAuthorityArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    client.untag_certificate_authority(CertificateAuthorityArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b"}])
    assert client.list_tags(CertificateAuthorityArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    error = error_of(client.tag_certificate_authority, CertificateAuthorityArn=arn, Tags=tags)
    assert error.code == "TooManyTagsException"
    error = error_of(client.tag_certificate_authority, CertificateAuthorityArn=arn, Tags=[{"Key": "aws:x", "Value": ""}])
    assert error.code == "InvalidTagException"


def test_kinds_that_are_refused(root: Identity) -> None:
    client = root.client("acm-pca")

    def create(key: str, signing: str, **subject: Any) -> Any:
        configuration = {"KeyAlgorithm": key, "SigningAlgorithm": signing, "Subject": subject or {"CommonName": "x"}}
        return error_of(
            client.create_certificate_authority,
            CertificateAuthorityConfiguration=configuration,
            CertificateAuthorityType="ROOT",
        )

    assert create("RSA_2048", "SHA256WITHECDSA").code == "InvalidArgsException"
    assert create("ML_DSA_65", "ML_DSA_65").code == "NotImplemented"
    both = {"CommonName": "x", "CustomAttributes": [{"ObjectIdentifier": "1.2.3.4", "Value": "y"}]}
    assert create("EC_prime256v1", "SHA256WITHECDSA", **both).code == "InvalidArgsException"
    unknown = f"arn:aws:acm-pca:us-east-1:{ACCOUNT}:certificate-authority/00000000-0000-0000-0000-000000000000"
    error = error_of(client.describe_certificate_authority, CertificateAuthorityArn=unknown)
    assert error.code == "ResourceNotFoundException"
    error = error_of(client.describe_certificate_authority, CertificateAuthorityArn=unknown.replace("certificate-authority", "x"))
    assert error.code == "InvalidArnException"


def test_keys_stay(durable: Any, tmp_path: Path) -> None:
    server = durable()
    with server:
        authority = Authority.root(server.root)
        leaf = authority.issue(new_request())
        server.kill()
        server.start()
        again = Authority(server.root.client("acm-pca"), authority.arn, authority.signing)
        assert again.get(leaf)[0].startswith("-----BEGIN CERTIFICATE-----")
        fresh = again.certificate(new_request())
        own = x509.load_pem_x509_certificate(
            again.client.get_certificate_authority_certificate(CertificateAuthorityArn=again.arn)["Certificate"].encode()
        )
        fresh.verify_directly_issued_by(own)
    # Nothing on disk has the key's bits: it is sealed.
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert b"PRIVATE KEY" not in file.read_bytes()


def test_a_subject_of_every_kind(root: Identity) -> None:
    client = root.client("acm-pca")
    subject = {
        "Country": "CH", "Organization": "O", "OrganizationalUnit": "OU", "DistinguishedNameQualifier": "q",
        "State": "ST", "CommonName": "Zürich", "SerialNumber": "7", "Locality": "L", "Title": "T", "Surname": "S",
        "GivenName": "G", "Initials": "I", "Pseudonym": "P", "GenerationQualifier": "III",
    }  # fmt: skip
    arn = client.create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": subject,
            "CsrExtensions": {
                "KeyUsage": {"KeyCertSign": True, "CRLSign": True},
                "SubjectInformationAccess": [
                    {
                        "AccessMethod": {"AccessMethodType": "CA_REPOSITORY"},
                        "AccessLocation": {"UniformResourceIdentifier": "https://ca.example.com/"},
                    }
                ],
            },
        },
        CertificateAuthorityType="SUBORDINATE",
    )["CertificateAuthorityArn"]
    request = x509.load_pem_x509_csr(client.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"].encode())
    assert [str(one.value) for one in request.subject] == list(subject.values())
    usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign and usage.crl_sign and not usage.digital_signature
    access = request.extensions.get_extension_for_class(x509.SubjectInformationAccess).value
    assert [one.access_location.value for one in access] == ["https://ca.example.com/"]
    described = client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
    assert described["CertificateAuthorityConfiguration"]["Subject"] == subject
    assert json.dumps(described["CertificateAuthorityConfiguration"]["CsrExtensions"]["KeyUsage"]["KeyCertSign"]) == "true"
