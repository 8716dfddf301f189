"""EC2's key pairs: what leaves is a key that OpenSSH takes, once; fingerprints are those that the tools compute."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from harness import ACCOUNT, Identity, Trail, allow, error_of
from harness.identity import AwsError

ARN = f"arn:aws:ec2:us-east-1:{ACCOUNT}:key-pair"


def run(*words: object, input: bytes | None = None) -> bytes:
    return subprocess.run([str(word) for word in words], input=input, check=True, capture_output=True).stdout


def colons(digest: bytes) -> str:
    return digest.hex(":")


def test_an_rsa_key_is_pkcs1_and_has_awss_fingerprint(root: Identity, tmp_path: Path) -> None:
    ec2 = root.client("ec2")
    made = ec2.create_key_pair(KeyName="rsa", TagSpecifications=[tags("key-pair", team="a")])
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert made["KeyPairId"].startswith("key-0") or len(made["KeyPairId"]) == 21
    file = tmp_path / "key.pem"
    file.write_text(made["KeyMaterial"])
    file.chmod(0o600)
    # As the user guide computes it.
    der = run("openssl", "pkcs8", "-in", file, "-inform", "PEM", "-outform", "DER", "-topk8", "-nocrypt")
    assert made["KeyFingerprint"] == colons(hashlib.sha1(der).digest())
    public = run("ssh-keygen", "-y", "-f", file).decode().split()[:2]
    [shown] = ec2.describe_key_pairs(KeyNames=["rsa"], IncludePublicKey=True)["KeyPairs"]
    assert shown["PublicKey"].split() == [*public, "rsa"]
    assert shown["KeyType"] == "rsa" and shown["Tags"] == [{"Key": "team", "Value": "a"}]
    assert "KeyMaterial" not in shown
    [again] = ec2.describe_key_pairs(KeyPairIds=[made["KeyPairId"]])["KeyPairs"]
    assert "PublicKey" not in again and again["KeyFingerprint"] == made["KeyFingerprint"]


def test_an_ed25519_key_is_openssh(root: Identity, tmp_path: Path) -> None:
    ec2 = root.client("ec2")
    made = ec2.create_key_pair(KeyName="curve", KeyType="ed25519")
    file = tmp_path / "key"
    file.write_text(made["KeyMaterial"])
    file.chmod(0o600)
    public = run("ssh-keygen", "-y", "-f", file).decode()
    blob = base64.b64decode(public.split()[1])
    assert made["KeyFingerprint"] == base64.b64encode(hashlib.sha256(blob).digest()).decode()
    # ssh-keygen leaves out the padding.
    told = run("ssh-keygen", "-l", "-f", file).decode()
    assert made["KeyFingerprint"].rstrip("=") in told
    signed = run("ssh-keygen", "-Y", "sign", "-n", "test", "-f", file, input=b"hello")
    (tmp_path / "signature").write_bytes(signed)
    (tmp_path / "signers").write_text(f"me {public}")
    run("ssh-keygen", "-Y", "verify", "-f", tmp_path / "signers", "-I", "me", "-n", "test", "-s",
        tmp_path / "signature", input=b"hello")  # fmt: skip


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_an_imported_key_has_awss_fingerprint(root: Identity, tmp_path: Path, kind: str) -> None:
    ec2 = root.client("ec2")
    file = tmp_path / "key"
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "me@here", "-f", file, *(["-b", "2048"] if kind == "rsa" else []))
    public = file.with_suffix(".pub")
    made = ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=public.read_bytes())
    if kind == "rsa":
        pem = run("ssh-keygen", "-e", "-m", "PKCS8", "-f", public)
        der = run("openssl", "pkey", "-pubin", "-outform", "DER", input=pem)
        assert made["KeyFingerprint"] == colons(hashlib.md5(der).digest())
        # The other forms that EC2 takes are of the same key.
        rfc4716 = run("ssh-keygen", "-e", "-f", public)
        for name, material in {"rfc": rfc4716, "pem": pem, "der": base64.b64encode(der)}.items():
            other = ec2.import_key_pair(KeyName=name, PublicKeyMaterial=material)
            assert other["KeyFingerprint"] == made["KeyFingerprint"], name
    else:
        blob = base64.b64decode(public.read_text().split()[1])
        assert made["KeyFingerprint"] == base64.b64encode(hashlib.sha256(blob).digest()).decode()
    [shown] = ec2.describe_key_pairs(KeyNames=["mine"], IncludePublicKey=True)["KeyPairs"]
    assert shown["PublicKey"].split()[:2] == public.read_text().split()[:2] and shown["KeyType"] == kind


def test_what_is_refused(root: Identity) -> None:
    ec2 = root.client("ec2")
    ec2.create_key_pair(KeyName="a", KeyType="ed25519")
    refused = {
        "InvalidKeyPair.Duplicate": lambda: error_of(ec2.create_key_pair, KeyName="a"),
        "InvalidKeyPair.NotFound": lambda: error_of(ec2.describe_key_pairs, KeyNames=["b"]),
        "InvalidKey.Format": lambda: error_of(ec2.import_key_pair, KeyName="c", PublicKeyMaterial=b"ssh-rsa nothing"),
        "InvalidParameterValue": lambda: error_of(ec2.create_key_pair, KeyName=" a"),
        "UnsupportedOperation": lambda: error_of(ec2.create_key_pair, KeyName="p", KeyFormat="ppk"),
        "DryRunOperation": lambda: error_of(ec2.create_key_pair, KeyName="d", DryRun=True),
    }
    for code, call in refused.items():
        assert call().code == code
    assert error_of(ec2.describe_key_pairs, Filters=[{"Name": "colour", "Values": ["x"]}]).message == (
        "The filter 'colour' is invalid"
    )
    assert error_of(ec2.describe_key_pairs, KeyNames=["b"]).message == "The key pair 'b' does not exist"
    # What is not there is deleted already.
    assert ec2.delete_key_pair(KeyName="none")["Return"] is True
    assert ec2.delete_key_pair(KeyName="a")["Return"] is True
    assert ec2.describe_key_pairs()["KeyPairs"] == []


def test_the_private_key_is_in_no_event(root: Identity, trail: Trail) -> None:
    made = root.client("ec2").create_key_pair(KeyName="a", KeyType="ed25519")
    event = trail.of(made, "CreateKeyPair")
    assert event["requestParameters"]["keyName"] == "a"
    assert "BEGIN" not in str(event) and "PRIVATE" not in str(event)


def test_names_and_tags_decide(new_user, root: Identity) -> None:  # noqa: ANN001
    tagged = {"StringEquals": {"aws:RequestTag/team": "a"}}
    user = new_user(
        "alice",
        allow("ec2:CreateKeyPair", f"{ARN}/a-*", Condition=tagged | {"StringEqualsIfExists": {"ec2:KeyPairType": "ed25519"}}),
        allow("ec2:CreateTags", f"{ARN}/*", Condition={"StringEquals": {"ec2:CreateAction": "CreateKeyPair"}}),
        allow("ec2:DeleteKeyPair", "*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
    )
    ec2 = user.client("ec2")
    ours = [tags("key-pair", team="a")]
    ec2.create_key_pair(KeyName="a-1", KeyType="ed25519", TagSpecifications=ours)
    denied: list[AwsError] = [
        error_of(ec2.create_key_pair, KeyName="a-2", KeyType="ed25519"),
        error_of(ec2.create_key_pair, KeyName="b-1", KeyType="ed25519", TagSpecifications=ours),
        error_of(ec2.create_key_pair, KeyName="a-3", KeyType="rsa", TagSpecifications=ours),
    ]
    root.client("ec2").create_key_pair(KeyName="other", KeyType="ed25519")
    denied.append(error_of(ec2.delete_key_pair, KeyName="other"))
    for error in denied:
        assert error.code == "UnauthorizedOperation" and error.status == 403
        assert "Encoded authorization failure message: " in error.message
    ec2.delete_key_pair(KeyName="a-1")


def tags(type: str, **pairs: str) -> dict:
    return {"ResourceType": type, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}
