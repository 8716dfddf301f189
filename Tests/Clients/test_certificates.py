"""Server certificates and signing certificates."""

from pathlib import Path

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, raw
from harness.certificates import Certificate, openssl

ARN = f"arn:aws:iam::{ACCOUNT}:server-certificate"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificate, Certificate, Certificate]:
    """A leaf, what issued it, and what issued that."""
    folder = tmp_path_factory.mktemp("chain")
    top = Certificate.make(folder, "top", algorithm="RSA")
    middle = Certificate.make(folder, "middle", top, algorithm="P-384")
    return Certificate.make(folder, "leaf", middle), middle, top


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("lone"), "lone", algorithm="RSA")


def upload(identity: Identity, certificate: Certificate, name: str = "web", **more) -> dict:
    answer = identity.iam.upload_server_certificate(
        ServerCertificateName=name, CertificateBody=certificate.pem, PrivateKey=certificate.key, **more
    )
    return answer


# Server certificates


def test_a_server_certificate_by_cli(root: Identity, chain, tmp_path: Path, trail: Trail) -> None:
    leaf, middle, top = chain
    (tmp_path / "body").write_text(leaf.pem)
    (tmp_path / "key").write_text(leaf.key)
    (tmp_path / "chain").write_text(middle.pem + top.pem)
    uploaded = root.aws(
        "iam", "upload-server-certificate", "--server-certificate-name", "web", "--path", "/cloudfront/site/",
        "--certificate-body", f"file://{tmp_path}/body", "--private-key", f"file://{tmp_path}/key",
        "--certificate-chain", f"file://{tmp_path}/chain", "--tags", "Key=team,Value=web",
    )  # fmt: skip
    metadata = uploaded["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"{ARN}/cloudfront/site/web"
    assert metadata["ServerCertificateId"].startswith("ASCA") and metadata["Path"] == "/cloudfront/site/"
    assert uploaded["Tags"] == [{"Key": "team", "Value": "web"}]

    got = root.aws("iam get-server-certificate --server-certificate-name web")["ServerCertificate"]
    assert got["CertificateBody"].strip() == leaf.pem.strip()
    assert got["CertificateChain"].strip() == (middle.pem + top.pem).strip()
    assert got["ServerCertificateMetadata"] == metadata
    assert got["Tags"] == [{"Key": "team", "Value": "web"}]
    end = openssl("x509", "-noout", "-enddate", "-dateopt", "iso_8601", stdin=leaf.pem).strip()
    assert metadata["Expiration"].replace("T", " ").replace("+00:00", "Z") == end.removeprefix("notAfter=")

    # The private key is in no answer and in no record.
    secret = leaf.key.splitlines()[1]
    assert secret not in str(got)
    for record in trail.all():
        assert secret not in str(record)
    assert root.iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1


def test_paths_names_and_tags(root: Identity, lone: Certificate) -> None:
    upload(root, lone, "one", Path="/cloudfront/a/")
    upload(root, lone, "two")
    listed = root.iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"]
    assert [one["ServerCertificateName"] for one in listed] == ["one"]
    assert len(root.iam.list_server_certificates()["ServerCertificateMetadataList"]) == 2

    taken = error_of(upload, identity=root, certificate=lone, name="ONE")
    assert (taken.status, taken.code) == (409, "EntityAlreadyExists")
    assert taken.message == "The Server Certificate with name ONE already exists."
    rename = {"ServerCertificateName": "two", "NewServerCertificateName": "One"}
    assert error_of(root.iam.update_server_certificate, **rename).code == "EntityAlreadyExists"
    root.iam.update_server_certificate(
        ServerCertificateName="two", NewServerCertificateName="three", NewPath="/elsewhere/"
    )
    got = root.iam.get_server_certificate(ServerCertificateName="three")["ServerCertificate"]
    assert got["ServerCertificateMetadata"]["Arn"] == f"{ARN}/elsewhere/three"

    root.iam.tag_server_certificate(ServerCertificateName="one", Tags=[{"Key": "a", "Value": "1"}])
    root.iam.tag_server_certificate(ServerCertificateName="one", Tags=[{"Key": "b", "Value": "2"}])
    root.iam.untag_server_certificate(ServerCertificateName="one", TagKeys=["a", "B"])
    tags = root.iam.list_server_certificate_tags(ServerCertificateName="one")["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]

    root.iam.delete_server_certificate(ServerCertificateName="one")
    for call in (root.iam.get_server_certificate, root.iam.delete_server_certificate):
        gone = error_of(call, ServerCertificateName="one")
        assert (gone.status, gone.code) == (404, "NoSuchEntity")
        assert gone.message == "The Server Certificate with name one cannot be found."


def test_malformed_certificates(root: Identity, chain, lone: Certificate, tmp_path: Path) -> None:
    leaf, middle, top = chain
    unreadable = "Unable to parse certificate. Please ensure the certificate is in PEM format."
    broken = leaf.pem.splitlines()
    broken[2] = broken[2][::-1]
    for body in ("nonsense", leaf.key, "\n".join(broken), leaf.pem + middle.pem):
        refused = error_of(upload, identity=root, certificate=Certificate(body, leaf.key))
        assert (refused.status, refused.code, refused.message) == (400, "MalformedCertificate", unreadable), body
    encrypted = openssl("pkey", "-aes128", "-passout", "pass:secret", stdin=leaf.key)
    for key in ("nonsense", leaf.pem, encrypted):
        refused = error_of(upload, identity=root, certificate=Certificate(leaf.pem, key))
        assert (refused.status, refused.code, refused.message) == (400, "MalformedCertificate", "Invalid Private Key.")
    for key in (lone.key, middle.key):
        refused = error_of(upload, identity=root, certificate=Certificate(leaf.pem, key))
        assert (refused.status, refused.code) == (400, "KeyPairMismatch")
    for text, index in ((top.pem, 0), (middle.pem + leaf.pem, 1), ("nonsense", 0), (lone.pem, 0)):
        refused = error_of(upload, identity=root, certificate=leaf, CertificateChain=text)
        assert (refused.status, refused.code) == (400, "MalformedCertificate")
        assert refused.message.endswith(f"The index within the chain of the invalid certificate is: {index}")
    # An issuer of the right name with another key.
    forged = Certificate.make(tmp_path, "middle")
    refused = error_of(upload, identity=root, certificate=leaf, CertificateChain=forged.pem)
    assert refused.code == "MalformedCertificate"
    assert root.iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    upload(root, leaf, CertificateChain=middle.pem)


def test_a_certificate_must_be_of_this_day(lone: Certificate) -> None:
    with Server() as server:
        server.advance(31 * 86400)
        body = {"CertificateBody": lone.pem}
        whole = body | {"ServerCertificateName": "web", "PrivateKey": lone.key}
        refused = raw.call(server.port, server.root, "UploadServerCertificate", **whole)
        assert (refused.code, "no longer valid" in refused.message) == ("MalformedCertificate", True)
        refused = raw.call(server.port, server.root, "UploadSigningCertificate", **body)
        assert (refused.status, refused.code) == (400, "InvalidCertificate")


def test_server_certificates_have_a_quota(root: Identity, lone: Certificate) -> None:
    for number in range(20):
        upload(root, lone, f"c{number}")
    refused = error_of(upload, identity=root, certificate=lone, name="more")
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for ServerCertificatesPerAccount: 20"


def test_who_may_do_what_with_certificates(root: Identity, lone: Certificate, new_user) -> None:
    upload(root, lone, "mine", Path="/team/", Tags=[{"Key": "team", "Value": "a"}])
    upload(root, lone, "other")
    by_tag = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}
    user = new_user("u", allow("iam:GetServerCertificate", **by_tag), allow("iam:UploadServerCertificate", f"{ARN}/x/*"))
    user.iam.get_server_certificate(ServerCertificateName="mine")
    refused = error_of(user.iam.get_server_certificate, ServerCertificateName="other")
    assert refused.code == "AccessDenied"
    upload(user, lone, "new", Path="/x/")
    assert error_of(upload, identity=user, certificate=lone, name="new2").code == "AccessDenied"
    # Tags at creation need their own permission.
    refused = error_of(upload, identity=user, certificate=lone, name="new3", Path="/x/", Tags=[{"Key": "a", "Value": "b"}])
    assert "iam:TagServerCertificate" in refused.message
    # A denial tells nothing of what there is: the path is not named.
    there = error_of(user.iam.delete_server_certificate, ServerCertificateName="mine").message
    none = error_of(user.iam.delete_server_certificate, ServerCertificateName="none").message
    assert there.replace("/mine", "/none") == none
    # Renaming asks for both names.
    user = new_user("v", allow("iam:UpdateServerCertificate", f"{ARN}/other"))
    rename = {"ServerCertificateName": "other", "NewServerCertificateName": "mine2"}
    refused = error_of(user.iam.update_server_certificate, **rename)
    assert refused.code == "AccessDenied" and f"{ARN}/mine2" in refused.message


# Signing certificates


def test_signing_certificates(root: Identity, new_user, chain) -> None:
    leaf, middle, top = chain
    alice = new_user("alice", allow("iam:*SigningCertificate*", f"arn:aws:iam::{ACCOUNT}:user/alice"))
    made = alice.iam.upload_signing_certificate(CertificateBody=leaf.pem)["Certificate"]
    assert (made["UserName"], made["Status"]) == ("alice", "Active")
    assert made["CertificateBody"].strip() == leaf.pem.strip()
    assert 24 <= len(made["CertificateId"]) <= 128

    root.iam.create_user(UserName="bob")
    for user in ("alice", "bob"):
        again = error_of(root.iam.upload_signing_certificate, UserName=user, CertificateBody=leaf.pem)
        assert (again.status, again.code) == (409, "DuplicateCertificate")
    alice.iam.upload_signing_certificate(CertificateBody=middle.pem)
    full = error_of(alice.iam.upload_signing_certificate, CertificateBody=top.pem)
    assert (full.status, full.code) == (409, "LimitExceeded")
    assert full.message == "Cannot exceed quota for CertificatesPerUser: 2"
    malformed = error_of(root.iam.upload_signing_certificate, CertificateBody="no")
    assert (malformed.code, malformed.message) == ("MalformedCertificate", "Certificate BODY is malformed.")

    of_alice = {"UserName": "alice", "CertificateId": made["CertificateId"]}
    alice.aws("iam", "update-signing-certificate", "--certificate-id", made["CertificateId"], "--status", "Inactive")
    listed = {one["CertificateId"]: one["Status"] for one in alice.iam.list_signing_certificates()["Certificates"]}
    assert len(listed) == 2 and listed[made["CertificateId"]] == "Inactive"
    refused = error_of(root.iam.update_signing_certificate, **of_alice, Status="Expired")
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert error_of(root.iam.delete_signing_certificate, **(of_alice | {"UserName": "bob"})).code == "NoSuchEntity"
    assert error_of(alice.iam.list_signing_certificates, UserName="bob").code == "AccessDenied"

    for key in root.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        root.iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    root.iam.delete_user_policy(UserName="alice", PolicyName="own")
    assert error_of(root.iam.delete_user, UserName="alice").code == "DeleteConflict"
    for identifier in listed:
        root.iam.delete_signing_certificate(UserName="alice", CertificateId=identifier)
    root.iam.delete_user(UserName="alice")


def test_roots_signing_certificate(root: Identity, lone: Certificate) -> None:
    assert root.iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 0
    made = root.iam.upload_signing_certificate(CertificateBody=lone.pem)["Certificate"]
    assert root.iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 1
    root.iam.delete_signing_certificate(CertificateId=made["CertificateId"])
    assert root.iam.list_signing_certificates()["Certificates"] == []
