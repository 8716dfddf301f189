"""Revoked certificates of private authorities: lists in S3 and by HTTP, OCSP, audit reports; read by OpenSSL, GnuTLS and
Python."""

from __future__ import annotations

import base64
import csv
import io
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy
from harness.authorities import Authority, new_request, run, wait_until
from harness.patience import PATIENCE

SERVICE = {"Service": "acm-pca.amazonaws.com"}
ACTIONS = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]


@pytest.fixture
def bucket(root: Identity) -> str:
    """A bucket into which Private CA may write."""
    s3 = root.client("s3")
    s3.create_bucket(Bucket="lists")
    arns = ["arn:aws:s3:::lists", "arn:aws:s3:::lists/*"]
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    s3.put_bucket_policy(Bucket="lists", Policy=policy(allow(ACTIONS, arns, Principal=SERVICE, Condition=condition)))
    return "lists"


def settings(bucket: str, **more: Any) -> dict[str, Any]:
    crl = {"Enabled": True, "ExpirationInDays": 7, "S3BucketName": bucket, "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL"}
    return {"CrlConfiguration": crl | more, "OcspConfiguration": {"Enabled": True}}


def serial_of(arn: str) -> str:
    return arn.rsplit("/", 1)[1]


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def points(certificate: x509.Certificate) -> tuple[str, str]:
    """Where the list is, and who answers questions."""
    (point,) = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (access,) = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert point.full_name
    return point.full_name[0].value, access.access_location.value


def written(folder: Path, authority: Authority, arn: str) -> tuple[Path, Path]:
    """The files of a certificate and of its issuer."""
    own = authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"]
    (folder / "issuer.pem").write_text(own)
    (folder / f"{serial_of(arn)}.pem").write_text(authority.get(arn)[0])
    return folder / f"{serial_of(arn)}.pem", folder / "issuer.pem"


@pytest.mark.parametrize("algorithm", ["EC_prime256v1", "RSA_2048", "EC_secp384r1"])
def test_lists_and_answers(root: Identity, trail: Trail, bucket: str, tmp_path: Path, algorithm: str) -> None:
    authority = Authority.root(root, algorithm=algorithm, RevocationConfiguration=settings(bucket))
    name = authority.arn.rsplit("/", 1)[1]
    good, bad = authority.issue(new_request("good")), authority.issue(new_request("bad"))
    address, responder = points(x509.load_pem_x509_certificate(authority.get(good)[0].encode()))
    empty = x509.load_der_x509_crl(wait_for_list(address))
    assert len(empty) == 0
    revoke = authority.client.revoke_certificate
    shown = ":".join(serial_of(bad)[place : place + 2] for place in range(0, 32, 2))
    revoke(CertificateAuthorityArn=authority.arn, CertificateSerial=shown, RevocationReason="KEY_COMPROMISE")
    listed = wait_until(lambda: [one for one in [x509.load_der_x509_crl(fetched(address))] if len(one)])[0]
    (entry,) = listed
    assert entry.serial_number == int(serial_of(bad), 16)
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    number = listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number > empty.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert (listed.next_update_utc - listed.last_update_utc).days == 7
    file, issuer = written(tmp_path, authority, bad)
    good_file, _ = written(tmp_path, authority, good)
    own = x509.load_pem_x509_certificate(issuer.read_bytes())
    assert listed.is_signature_valid(own.public_key())
    # The same in the bucket.
    key = f"crl/{name}.crl"
    body = wait_until(lambda: latest(root, bucket, key, number))
    assert body == listed.public_bytes(serialization.Encoding.DER)
    # OpenSSL and GnuTLS with the list.
    (tmp_path / "crl.der").write_bytes(body)
    run("openssl", "crl", "-inform", "DER", "-in", tmp_path / "crl.der", "-out", tmp_path / "crl.pem")
    check = ["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", issuer, "-CRLfile", tmp_path / "crl.pem"]
    assert "OK" in run(*check, good_file)
    assert "certificate revoked" in run(*check, file, ok=False)
    judge = ["certtool", "--verify", "--load-ca-certificate", issuer, "--load-crl", tmp_path / "crl.pem", "--infile"]
    assert "The certificate is trusted" in run(*judge, good_file)
    assert "revoked" in run(*judge, file, ok=False)
    # And by asking.
    ask = ["openssl", "ocsp", "-issuer", issuer, "-CAfile", issuer, "-url", responder]
    said = run(*ask, "-cert", good_file, "-cert", file)
    assert "Response verify OK" in said and f"{good_file}: good" in said and f"{file}: revoked" in said
    assert "Reason: keyCompromise" in said and "WARNING: no nonce" not in said
    assert "Response verify OK" in run(*ask, "-sha256", "-no_nonce", "-cert", file)
    assert f"{'0x1'}: unknown" in run(*ask, "-serial", "0x1")
    event = trail.named("GenerateCRL")
    assert event["resources"][0]["ARN"] == authority.arn and event["userIdentity"]["invokedBy"] == "acm-pca.amazonaws.com"
    asked = trail.named("GenerateOCSPResponse")
    assert asked["resources"][0]["ARN"] in (good, bad) and asked["eventType"] == "AwsServiceEvent"
    for reason, code in (("SUPERSEDED", "RequestAlreadyProcessedException"),):
        error = error_of(revoke, CertificateAuthorityArn=authority.arn, CertificateSerial=shown, RevocationReason=reason)
        assert error.code == code
    own_serial = f"{own.serial_number:032x}"
    error = error_of(revoke, CertificateAuthorityArn=authority.arn, CertificateSerial=own_serial, RevocationReason="SUPERSEDED")
    assert (error.code, error.message) == ("InvalidRequestException", "Self-signed certificate can not be revoked")
    error = error_of(revoke, CertificateAuthorityArn=authority.arn, CertificateSerial="00ff", RevocationReason="SUPERSEDED")
    assert error.code == "ResourceNotFoundException"
    error = error_of(revoke, CertificateAuthorityArn=authority.arn, CertificateSerial="xyz", RevocationReason="SUPERSEDED")
    assert error.code == "InvalidRequestException"


def wait_for_list(address: str) -> bytes:
    def ask() -> bytes | None:
        try:
            return fetched(address)
        except OSError:
            return None

    return bytes(wait_until(ask))


def latest(root: Identity, bucket: str, key: str, number: int) -> bytes | None:
    """The list in the bucket, once it has this number."""
    try:
        body = bytes(root.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    except root.client("s3").exceptions.NoSuchKey:
        return None
    found = x509.load_der_x509_crl(body).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    return body if found == number else None


def test_questions_by_get_and_wrong_ones(root: Identity, bucket: str) -> None:
    authority = Authority.root(root, RevocationConfiguration=settings(bucket))
    leaf = authority.certificate(new_request())
    own = x509.load_pem_x509_certificate(
        authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"].encode()
    )
    responder = points(leaf)[1]
    question = ocsp.OCSPRequestBuilder().add_certificate(leaf, own, hashes.SHA256()).build()
    der = question.public_bytes(serialization.Encoding.DER)
    first = fetched(responder + "/" + urllib.request.quote(base64.b64encode(der).decode(), safe=""))
    answer = ocsp.load_der_ocsp_response(first)
    assert answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.certificate_status == ocsp.OCSPCertStatus.GOOD and answer.serial_number == leaf.serial_number
    own.public_key().verify(answer.signature, answer.tbs_response_bytes, x509_ecdsa())
    assert fetched(responder + "/" + urllib.request.quote(base64.b64encode(der).decode(), safe="")) == first, "signed once"
    serial = f"{leaf.serial_number:032x}"
    authority.client.revoke_certificate(
        CertificateAuthorityArn=authority.arn, CertificateSerial=serial, RevocationReason="UNSPECIFIED"
    )
    # At once, and not when the former answer is an hour old.
    answer = ocsp.load_der_ocsp_response(posted(responder, der))
    assert answer.certificate_status == ocsp.OCSPCertStatus.REVOKED and answer.revocation_reason is None
    assert ocsp.load_der_ocsp_response(posted(responder, b"nothing")).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    for size, status in ((1, "SUCCESSFUL"), (32, "SUCCESSFUL"), (128, "SUCCESSFUL"), (129, "MALFORMED_REQUEST"), (8000, "MALFORMED_REQUEST")):
        nonce = x509.OCSPNonce(bytes(size))
        asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, own, hashes.SHA256()).add_extension(nonce, False).build()
        answer = ocsp.load_der_ocsp_response(posted(responder, asked.public_bytes(serialization.Encoding.DER)))
        assert answer.response_status == ocsp.OCSPResponseStatus[status]
        if status == "SUCCESSFUL":
            assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value == nonce
    other = Authority.root(root, "Other", RevocationConfiguration=settings(bucket))
    foreign = points(other.certificate(new_request()))[1]
    unauthorized = ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert ocsp.load_der_ocsp_response(posted(foreign, der)).response_status == unauthorized
    assert ocsp.load_der_ocsp_response(posted(responder[:-4] + "0000", der)).response_status == unauthorized
    authority.client.update_certificate_authority(
        CertificateAuthorityArn=authority.arn, RevocationConfiguration={"OcspConfiguration": {"Enabled": False}}
    )
    assert ocsp.load_der_ocsp_response(posted(responder, der)).response_status == unauthorized
    kept = authority.description["RevocationConfiguration"]
    assert kept["CrlConfiguration"]["Enabled"] and not kept["OcspConfiguration"]["Enabled"]


def x509_ecdsa() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.ECDSA(hashes.SHA256())


def posted(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": "application/ocsp-request"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.headers["Content-Type"] == "application/ocsp-response"
        return bytes(answer.read())


def test_names_of_ones_own(root: Identity, bucket: str) -> None:
    config = settings(bucket, CustomCname="crl.example.com")
    config["OcspConfiguration"]["OcspCustomCname"] = "ocsp.example.com"
    authority = Authority.root(root, RevocationConfiguration=config)
    name = authority.arn.rsplit("/", 1)[1]
    assert points(authority.certificate(new_request())) == (f"http://crl.example.com/crl/{name}.crl", "http://ocsp.example.com")
    config["CrlConfiguration"]["CrlDistributionPointExtensionConfiguration"] = {"OmitExtension": True}
    authority.client.update_certificate_authority(CertificateAuthorityArn=authority.arn, RevocationConfiguration=config)
    with pytest.raises(x509.ExtensionNotFound):
        points(authority.certificate(new_request()))


def test_buckets_that_do_not_take_it(root: Identity, bucket: str) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="closed")
    error = error_of(Authority.create, identity=root, RevocationConfiguration=settings("closed"))
    assert error.code == "InvalidPolicyException"
    assert error.message == "The ACM Private CA Service Principal 'acm-pca.amazonaws.com' requires 's3:GetBucketAcl' permissions"
    s3.put_bucket_policy(Bucket="closed", Policy=policy(allow("s3:GetBucketAcl", "arn:aws:s3:::closed", Principal=SERVICE)))
    error = error_of(Authority.create, identity=root, RevocationConfiguration=settings("closed"))
    assert "'s3:PutObject'" in error.message
    error = error_of(Authority.create, identity=root, RevocationConfiguration=settings("not-there"))
    assert error.code == "InvalidArgsException"
    error = error_of(Authority.create, identity=root, RevocationConfiguration=settings(bucket, S3ObjectAcl="PUBLIC_READ"))
    assert error.code == "InvalidArgsException", "the bucket has no access control lists"
    for wrong in ({"CustomCname": "http://x"}, {"ExpirationInDays": None}):
        config = settings(bucket)
        config["CrlConfiguration"] = {k: v for k, v in (config["CrlConfiguration"] | wrong).items() if v is not None}
        error = error_of(Authority.create, identity=root, RevocationConfiguration=config)
        assert error.code == "InvalidArgsException"
    assert root.client("acm-pca").list_certificate_authorities()["CertificateAuthorities"] == []


@pytest.mark.memory
def test_lists_are_renewed_and_forget_what_has_expired(cloud: Server, root: Identity, bucket: str) -> None:
    authority = Authority.root(root, RevocationConfiguration=settings(bucket))
    arn = authority.issue(new_request(), validity={"Value": 5, "Type": "DAYS"})
    address = points(x509.load_pem_x509_certificate(authority.get(arn)[0].encode()))[0]
    authority.client.revoke_certificate(
        CertificateAuthorityArn=authority.arn, CertificateSerial=serial_of(arn), RevocationReason="SUPERSEDED"
    )
    first = wait_until(lambda: [one for one in [x509.load_der_x509_crl(fetched(address))] if len(one)])[0]
    cloud.advance(3.6 * 86_400)
    second = x509.load_der_x509_crl(fetched(address))
    assert second.last_update_utc > first.last_update_utc and len(second) == 1
    # It has expired, and is on one more list: RFC 5280, section 3.3.
    cloud.advance(3.6 * 86_400)
    assert len(x509.load_der_x509_crl(fetched(address))) == 1
    cloud.advance(3.6 * 86_400)
    assert len(x509.load_der_x509_crl(fetched(address))) == 0


def test_audit_reports(root: Identity, bucket: str) -> None:
    authority = Authority.root(root)
    arns = [authority.issue(new_request(f"{number}, \"quoted\"")) for number in range(3)]
    authority.client.revoke_certificate(
        CertificateAuthorityArn=authority.arn, CertificateSerial=serial_of(arns[0]), RevocationReason="A_A_COMPROMISE"
    )
    reports = {}
    for format in ("JSON", "CSV"):
        made = authority.client.create_certificate_authority_audit_report(
            CertificateAuthorityArn=authority.arn, S3BucketName=bucket, AuditReportResponseFormat=format
        )
        name, report = authority.arn.rsplit("/", 1)[1], made["AuditReportId"]
        assert made["S3Key"] == f"audit-report/{name}/{report}.{format.lower()}"
        waiter = authority.client.get_waiter("audit_report_created")
        waiter.wait(CertificateAuthorityArn=authority.arn, AuditReportId=report, WaiterConfig={"Delay": 1})
        reports[format] = root.client("s3").get_object(Bucket=bucket, Key=made["S3Key"])["Body"].read().decode()
    rows = {row["certificateArn"]: row for row in json.loads(reports["JSON"])}
    assert set(arns) < set(rows) and len(rows) == 4, "the root's own is one of them"
    revoked = rows[arns[0]]
    assert revoked["revocationReason"] == "A_A_COMPROMISE" and revoked["awsAccountId"] == ACCOUNT
    assert revoked["serial"].replace(":", "") == serial_of(arns[0]) and revoked["revokedAt"].endswith("+0000")
    assert revoked["templateArn"] == "arn:aws:acm-pca:::template/EndEntityCertificate/V1"
    assert "revokedAt" not in rows[arns[1]]
    table = {row["certificateArn"]: row for row in csv.DictReader(io.StringIO(reports["CSV"]))}
    assert table.keys() == rows.keys() and table[arns[1]]["subject"] == rows[arns[1]]["subject"]
    get = authority.client.describe_certificate_authority_audit_report
    error = error_of(get, CertificateAuthorityArn=authority.arn, AuditReportId="00000000-0000-0000-0000-000000000000")
    assert error.code == "ResourceNotFoundException"
