"""SSH public keys and service-specific credentials."""

import base64

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of
from harness.certificates import openssl, ssh_rsa

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


# SSH public keys


def test_ssh_public_keys(root: Identity, new_user) -> None:
    ssh, pem, fingerprint = ssh_rsa()
    alice = new_user("alice", allow("iam:*SSHPublicKey*", ALICE))
    made = alice.aws(
        "iam", "upload-ssh-public-key", "--user-name", "alice", "--ssh-public-key-body", f"{ssh} alice@laptop"
    )["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert (made["UserName"], made["Status"], made["Fingerprint"]) == ("alice", "Active", fingerprint)
    assert made["SSHPublicKeyBody"] == f"{ssh} alice@laptop"

    of_alice = {"UserName": "alice", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    bodies = {
        encoding: alice.iam.get_ssh_public_key(**of_alice, Encoding=encoding)["SSHPublicKey"]["SSHPublicKeyBody"]
        for encoding in ("SSH", "PEM")
    }
    assert bodies["SSH"] == f"{ssh} alice@laptop"
    assert bodies["PEM"].strip() == pem.strip()

    # The same key is the same key in either encoding.
    for body in (ssh, pem):
        again = error_of(alice.iam.upload_ssh_public_key, UserName="alice", SSHPublicKeyBody=body)
        assert (again.status, again.code) == (400, "DuplicateSSHPublicKey")

    alice.iam.update_ssh_public_key(**of_alice, Status="Inactive")
    listed = alice.iam.list_ssh_public_keys()["SSHPublicKeys"]
    assert [(one["SSHPublicKeyId"], one["Status"]) for one in listed] == [(made["SSHPublicKeyId"], "Inactive")]
    assert error_of(alice.iam.update_ssh_public_key, **of_alice, Status="Expired").code == "InvalidInput"
    assert error_of(alice.iam.list_ssh_public_keys, UserName="bob").code == "AccessDenied"

    alice.iam.delete_ssh_public_key(**of_alice)
    for call in (alice.iam.delete_ssh_public_key,):
        gone = error_of(call, **of_alice)
        assert (gone.status, gone.code) == (404, "NoSuchEntity")


def blob_of(*parts: bytes) -> str:
    packed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return "ssh-rsa " + base64.b64encode(packed).decode()


def test_an_ssh_public_key_in_pem(root: Identity) -> None:
    ssh, pem, fingerprint = ssh_rsa()
    root.iam.create_user(UserName="alice")
    made = root.iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=pem)["SSHPublicKey"]
    assert made["Fingerprint"] == fingerprint
    got = root.iam.get_ssh_public_key(UserName="alice", SSHPublicKeyId=made["SSHPublicKeyId"], Encoding="SSH")
    assert got["SSHPublicKey"]["SSHPublicKeyBody"] == ssh


def test_what_is_no_ssh_public_key(root: Identity) -> None:
    root.iam.create_user(UserName="alice")
    good, _, _ = ssh_rsa()
    short, short_pem, _ = ssh_rsa(1024)
    elliptic = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    blob = base64.b64decode(good.split()[1])
    cases = {
        "nonsense": "UnrecognizedPublicKeyEncoding",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ": "UnrecognizedPublicKeyEncoding",
        "ssh-rsa": "InvalidPublicKey",
        "ssh-rsa nonsense!": "InvalidPublicKey",
        "ssh-rsa " + base64.b64encode(blob[:-1]).decode(): "InvalidPublicKey",
        "ssh-rsa " + base64.b64encode(blob + b"x").decode(): "InvalidPublicKey",
        "ssh-rsa " + base64.b64encode(b"\xff\xff\xff\xff").decode(): "InvalidPublicKey",
        blob_of(b"ssh-rsa", b"", b""): "InvalidPublicKey",
        blob_of(b"ssh-rsa", b"\0", b"\0" * 400): "InvalidPublicKey",
        blob_of(b"ssh-rsa", b"\3", b"\xff" * 12000): "InvalidPublicKey",
        blob_of(b"ssh-rsa", b"\xff" * 300, b"\xff" * 256): "InvalidPublicKey",
        blob_of(b"ssh-dss", b"\3", b"\xff" * 256): "InvalidPublicKey",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----": "InvalidPublicKey",
        short: "InvalidPublicKey",
        short_pem: "InvalidPublicKey",
        openssl("pkey", "-pubout", stdin=elliptic): "InvalidPublicKey",
    }
    for body, code in cases.items():
        refused = error_of(root.iam.upload_ssh_public_key, UserName="alice", SSHPublicKeyBody=body)
        assert (refused.status, refused.code) == (400, code), (body[:80], refused)
    missing = error_of(root.iam.upload_ssh_public_key, UserName="none", SSHPublicKeyBody=good)
    assert missing.message == "The user with name none cannot be found."


def test_five_ssh_public_keys_and_no_more(root: Identity) -> None:
    root.iam.create_user(UserName="alice")
    for _ in range(5):
        root.iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh_rsa()[0])
    refused = error_of(root.iam.upload_ssh_public_key, UserName="alice", SSHPublicKeyBody=ssh_rsa()[0])
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert error_of(root.iam.delete_user, UserName="alice").code == "DeleteConflict"
    pages = root.iam.get_paginator("list_ssh_public_keys").paginate(
        UserName="alice", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["SSHPublicKeys"]) for page in pages] == [2, 2, 1]


# Service-specific credentials


@pytest.mark.parametrize("service", ["codecommit.amazonaws.com", "cassandra.amazonaws.com"])
def test_user_names_and_passwords(root: Identity, trail: Trail, service: str) -> None:
    root.iam.create_user(UserName="alice")
    asked = {"UserName": "alice", "ServiceName": service}
    first = root.iam.create_service_specific_credential(**asked)
    made = first["ServiceSpecificCredential"]
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    assert (made["ServiceName"], made["UserName"], made["Status"]) == (service, "alice", "Active")
    assert made["ServiceUserName"] == f"alice-at-{ACCOUNT}"
    assert len(base64.b64decode(made["ServicePassword"])) == 32
    assert made["ServicePassword"] not in str(trail.of(first, "CreateServiceSpecificCredential"))

    second = root.iam.create_service_specific_credential(**asked)["ServiceSpecificCredential"]
    assert second["ServiceUserName"] == f"alice+1-at-{ACCOUNT}"
    full = error_of(root.iam.create_service_specific_credential, **asked)
    assert (full.status, full.code) == (409, "LimitExceeded")

    one = {"UserName": "alice", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    answer = root.iam.reset_service_specific_credential(**one)
    reset = answer["ServiceSpecificCredential"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    assert reset["ServiceUserName"] == made["ServiceUserName"]
    assert reset["ServicePassword"] not in str(trail.of(answer, "ResetServiceSpecificCredential"))
    root.iam.update_service_specific_credential(**one, Status="Inactive")
    listed = root.aws("iam list-service-specific-credentials --user-name alice")["ServiceSpecificCredentials"]
    assert {item["ServiceUserName"]: item["Status"] for item in listed} == {
        f"alice-at-{ACCOUNT}": "Inactive",
        f"alice+1-at-{ACCOUNT}": "Active",
    }
    assert all("ServicePassword" not in item for item in listed)

    refused = error_of(root.iam.delete_user, UserName="alice")
    assert (refused.code, refused.message) == (
        "DeleteConflict",
        "Cannot delete entity, must remove referenced objects first.",
    )
    for item in listed:
        root.iam.delete_service_specific_credential(
            UserName="alice", ServiceSpecificCredentialId=item["ServiceSpecificCredentialId"]
        )
    root.iam.delete_user(UserName="alice")


def test_api_keys_and_their_age(cloud: Server, root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="alice")
    made = iam.create_service_specific_credential(
        UserName="alice", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=30
    )["ServiceSpecificCredential"]
    assert "ServicePassword" not in made and "ServiceUserName" not in made
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert made["ServiceCredentialAlias"].endswith(f"-at-{ACCOUNT}")
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    logs = iam.create_service_specific_credential(UserName="alice", ServiceName="logs.amazonaws.com")
    assert "ExpirationDate" not in logs["ServiceSpecificCredential"]
    refused = error_of(
        iam.create_service_specific_credential,
        UserName="alice",
        ServiceName="codecommit.amazonaws.com",
        CredentialAgeDays=1,
    )
    assert (refused.status, refused.code) == (400, "ValidationError")

    def statuses() -> list[str]:
        listed = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
        return sorted(credential["Status"] for credential in listed)

    assert statuses() == ["Active", "Active"]
    cloud.advance(31 * 86400)
    assert statuses() == ["Active", "Expired"]


def test_recorded_errors_of_service_specific_credentials(root: Identity) -> None:
    root.iam.create_user(UserName="alice")
    create = root.iam.create_service_specific_credential
    for service in ("nonexistentservice.amazonaws.com", "o3on3n3onosneo", "lambda.amazonaws.com"):
        refused = error_of(create, UserName="alice", ServiceName=service)
        assert (refused.status, refused.code) == (404, "NoSuchEntity")
        assert refused.message == f"No such service {service} is supported for Service Specific Credentials"
    refused = error_of(create, UserName="none", ServiceName="codecommit.amazonaws.com")
    assert refused.message == "The user with name none cannot be found."

    iam = root.client("iam", parameter_validation=False)
    calls = {
        iam.update_service_specific_credential: {"Status": "Active"},
        iam.reset_service_specific_credential: {},
        iam.delete_service_specific_credential: {},
    }
    for call, more in calls.items():
        refused = error_of(call, UserName="alice", ServiceSpecificCredentialId="not-a-valid-id-with-hyphens", **more)
        assert (refused.status, refused.code, refused.message) == (
            400,
            "ValidationError",
            "1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w]+",
        )
        unknown = "satisfiesregexbutstillinvalid"
        refused = error_of(call, UserName="alice", ServiceSpecificCredentialId=unknown, **more)
        assert (refused.status, refused.code, refused.message) == (
            404,
            "NoSuchEntity",
            f"No such credential {unknown} exists",
        )
        refused = error_of(call, UserName="none", ServiceSpecificCredentialId=unknown, **more)
        assert refused.message == "The user with name none cannot be found."
    refused = error_of(
        iam.update_service_specific_credential,
        UserName="alice",
        ServiceSpecificCredentialId="x" * 20,
        Status="Invalid",
    )
    assert (refused.code, refused.message.split(": Member")[0]) == (
        "ValidationError",
        "1 validation error detected: Value at 'status' failed to satisfy constraint",
    )


def test_lists_of_all_users(root: Identity, new_user) -> None:
    for name in ("alice", "bob"):
        root.iam.create_user(UserName=name)
        for service in ("codecommit.amazonaws.com", "bedrock.amazonaws.com"):
            root.iam.create_service_specific_credential(UserName=name, ServiceName=service)
    listed = root.iam.list_service_specific_credentials(AllUsers=True, ServiceName="bedrock.amazonaws.com")
    assert {one["UserName"] for one in listed["ServiceSpecificCredentials"]} == {"alice", "bob"}
    assert all(one["ServiceCredentialAlias"] for one in listed["ServiceSpecificCredentials"])
    first = root.iam.list_service_specific_credentials(AllUsers=True, MaxItems=3)
    rest = root.iam.list_service_specific_credentials(AllUsers=True, Marker=first["Marker"])
    assert (len(first["ServiceSpecificCredentials"]), len(rest["ServiceSpecificCredentials"])) == (3, 1)
    both = error_of(root.iam.list_service_specific_credentials, AllUsers=True, UserName="alice")
    assert both.code == "ValidationError"

    reader = new_user("reader", allow("iam:ListServiceSpecificCredentials", ALICE))
    reader.iam.list_service_specific_credentials(UserName="alice")
    assert error_of(reader.iam.list_service_specific_credentials, AllUsers=True).code == "AccessDenied"


def test_a_policy_limits_services_and_age(root: Identity, new_user) -> None:
    root.iam.create_user(UserName="alice")
    key = "iam:ServiceSpecificCredentialServiceName"
    manager = new_user(
        "manager",
        allow(
            "iam:*ServiceSpecificCredential",
            Condition={
                "StringEquals": {key: "bedrock.amazonaws.com"},
                "NumericLessThanEqualsIfExists": {"iam:ServiceSpecificCredentialAgeDays": "30"},
            },
        ),
    )
    create = manager.iam.create_service_specific_credential
    asked = {"UserName": "alice", "ServiceName": "bedrock.amazonaws.com"}
    made = create(**asked, CredentialAgeDays=30)["ServiceSpecificCredential"]
    assert error_of(create, **asked, CredentialAgeDays=31).code == "AccessDenied"
    assert error_of(create, UserName="alice", ServiceName="codecommit.amazonaws.com").code == "AccessDenied"
    other = root.iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
    for one, allowed in ((made, True), (other["ServiceSpecificCredential"], False)):
        target = {"UserName": "alice", "ServiceSpecificCredentialId": one["ServiceSpecificCredentialId"]}
        if allowed:
            manager.iam.reset_service_specific_credential(**target)
            manager.iam.delete_service_specific_credential(**target)
        else:
            assert error_of(manager.iam.delete_service_specific_credential, **target).code == "AccessDenied"
