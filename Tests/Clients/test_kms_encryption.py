"""KMS: what is done with keys, against openssl and Python's cryptography where another implementation can judge."""

import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

from harness import ACCOUNT, Identity, allow, error_of

MANY = pytest.mark.parametrize


@pytest.fixture
def kms(root: Identity) -> Any:
    return root.client("kms")


def new_key(kms: Any, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT", **more: Any) -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage, **more)["KeyMetadata"]["KeyId"])


def public_key(kms: Any, key: str) -> Any:
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])


# Symmetric keys


def test_encrypting_and_decrypting(kms: Any, root: Identity, tmp_path: Path) -> None:
    key = new_key(kms)
    secret = os.urandom(4096)
    for context in ({}, {"a": "1"}, {"a": "1", "B": "zwei", "ä": ""}):
        blob = kms.encrypt(KeyId=key, Plaintext=secret, EncryptionContext=context)["CiphertextBlob"]
        assert len(blob) <= 6144 and secret not in blob
        opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items())))
        assert opened["Plaintext"] == secret
        assert opened["KeyId"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}"
        assert opened["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT" and len(opened["KeyMaterialId"]) == 64
    # By the command line, as the manual has it.
    (tmp_path / "in").write_bytes(b"hello")
    text = root.aws("kms", "encrypt", "--key-id", key, "--plaintext", f"fileb://{tmp_path / 'in'}")["CiphertextBlob"]
    (tmp_path / "out").write_bytes(base64.b64decode(text))
    opened = root.aws("kms", "decrypt", "--ciphertext-blob", f"fileb://{tmp_path / 'out'}")
    assert base64.b64decode(opened["Plaintext"]) == b"hello"


def test_what_will_not_open(kms: Any) -> None:
    key, other = new_key(kms), new_key(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext={"a": "1"})["CiphertextBlob"]

    def refused(**parameters: Any) -> str:
        error = error_of(kms.decrypt, **({"CiphertextBlob": blob, "EncryptionContext": {"a": "1"}} | parameters))
        # The reason is nobody's business.
        assert error.message == "" or error.code == "IncorrectKeyException", error
        return error.code

    for context in ({}, {"a": "2"}, {"A": "1"}, {"a": "1", "b": "2"}, {"b": "1"}):
        assert refused(EncryptionContext=context) == "InvalidCiphertextException"
    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        error = error_of(kms.decrypt, CiphertextBlob=changed, EncryptionContext={"a": "1"})
        # What is changed may be the name of the key.
        assert error.code in ("InvalidCiphertextException", "AccessDeniedException"), (place, error)
    for length in (1, 10, len(blob) - 1):
        assert refused(CiphertextBlob=blob[:length]) == "InvalidCiphertextException"
    assert refused(CiphertextBlob=blob + b"x") == "InvalidCiphertextException"
    assert refused(CiphertextBlob=os.urandom(200)) == "InvalidCiphertextException"
    assert refused(KeyId=other) == "IncorrectKeyException"
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"}, KeyId=key)["Plaintext"] == b"secret"


@MANY(
    "operation, parameters, message",
    [
        (
            "encrypt",
            {"Plaintext": b"x" * 4097},
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
            "Member must have length less than or equal to 4096",
        ),
        ("encrypt", {"Plaintext": b"x", "EncryptionContext": {"a": "1", "A": "2"}}, None),
        ("generate_data_key", {}, "Please specify either number of bytes or key spec."),
        (
            "generate_data_key",
            {"KeySpec": "AES_256", "NumberOfBytes": 32},
            "Please specify either number of bytes or key spec.",
        ),
    ],
)
def test_bad_requests(root: Identity, operation: str, parameters: dict[str, Any], message: str | None) -> None:
    kms = root.client("kms", parameter_validation=False)
    error = error_of(getattr(kms, operation), KeyId=new_key(kms), **parameters)
    assert error.code == "ValidationException" and message in (None, error.message), error


def test_data_keys(kms: Any) -> None:
    key = new_key(kms)
    for parameters, length in (({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 77}, 77)):
        made = kms.generate_data_key(KeyId=key, EncryptionContext={"p": "q"}, **parameters)
        assert len(made["Plaintext"]) == length
        opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"p": "q"})
        assert opened["Plaintext"] == made["Plaintext"]
        blind = kms.generate_data_key_without_plaintext(KeyId=key, **parameters)
        assert "Plaintext" not in blind
        assert len(kms.decrypt(CiphertextBlob=blind["CiphertextBlob"])["Plaintext"]) == length
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024
    assert error_of(kms.generate_random).message == "NumberOfBytes is required."


@MANY("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"])
def test_data_key_pairs(kms: Any, spec: str) -> None:
    key = new_key(kms)
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec)
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert private.public_key().public_bytes(serialization.Encoding.DER, spki) == pair["PublicKey"]
    assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]
    blind = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in blind and blind["PublicKey"] != pair["PublicKey"]


def test_reencrypting(kms: Any, new_user, root: Identity) -> None:
    old, new = new_key(kms), new_key(kms)
    arn = "arn:aws:kms:us-east-1:{}:key/{}".format
    blob = kms.encrypt(KeyId=old, Plaintext=b"secret", EncryptionContext={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=new,
        DestinationEncryptionContext={"b": "2"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (arn(ACCOUNT, old), arn(ACCOUNT, new))
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})["Plaintext"] == b"secret"
    error = error_of(
        kms.re_encrypt,
        CiphertextBlob=blob,
        SourceKeyId=new,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=new,
    )
    assert error.code == "IncorrectKeyException"
    # Two permissions, one on each key.
    half = new_user("half", allow("kms:ReEncryptFrom", arn(ACCOUNT, old)), allow("kms:ReEncryptTo", arn(ACCOUNT, old)))
    request = {"CiphertextBlob": blob, "SourceEncryptionContext": {"a": "1"}}
    denied = error_of(half.client("kms").re_encrypt, DestinationKeyId=new, **request)
    assert f"kms:ReEncryptTo on resource: {arn(ACCOUNT, new)}" in denied.message
    assert half.client("kms").re_encrypt(DestinationKeyId=old, **request)
    same = allow("kms:ReEncrypt*", "*") | {"Condition": {"Bool": {"kms:ReEncryptOnSameKey": "true"}}}
    only = new_user("only", same).client("kms")
    assert only.re_encrypt(DestinationKeyId=old, **request)
    assert error_of(only.re_encrypt, DestinationKeyId=new, **request).code == "AccessDeniedException"


def test_a_policy_on_the_encryption_context(kms: Any, new_user) -> None:
    key = new_key(kms)
    condition = {"StringEquals": {"kms:EncryptionContext:stage": "test"}}
    tester = new_user("tester", allow("kms:*", "*") | {"Condition": condition}).client("kms")
    assert tester.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"stage": "test", "other": "1"})
    for context in ({}, {"stage": "live"}, {"other": "test"}):
        error = error_of(tester.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=context)
        assert error.code == "AccessDeniedException"
    keys = {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}}
    other = new_user("other", allow("kms:Encrypt", "*") | {"Condition": keys}).client("kms")
    assert other.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "1"})
    error = error_of(other.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext={"c": "1"})
    assert error.code == "AccessDeniedException"


# Asymmetric keys


@MANY("spec, size", [("RSA_2048", 2048), ("RSA_3072", 3072)])
@MANY("algorithm, digest", [("RSAES_OAEP_SHA_1", hashes.SHA1), ("RSAES_OAEP_SHA_256", hashes.SHA256)])
def test_rsa_encryption(kms: Any, spec: str, size: int, algorithm: str, digest: Any) -> None:
    key = new_key(kms, spec)
    most = size // 8 - 2 * digest.digest_size - 2
    secret = os.urandom(most)
    outside = public_key(kms, key).encrypt(secret, padding.OAEP(padding.MGF1(digest()), digest(), None))
    inside = kms.encrypt(KeyId=key, Plaintext=secret, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    for blob in (outside, inside):
        opened = kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
        assert opened["Plaintext"] == secret and "KeyMaterialId" not in opened
        tampered = bytes([blob[0] ^ 1]) + blob[1:]
        error = error_of(kms.decrypt, KeyId=key, CiphertextBlob=tampered, EncryptionAlgorithm=algorithm)
        assert (error.code, error.message) == ("InvalidCiphertextException", "")
    error = error_of(kms.encrypt, KeyId=key, Plaintext=secret + b"x", EncryptionAlgorithm=algorithm)
    assert error.message == (
        f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} bytes."
    )
    assert error_of(kms.encrypt, KeyId=key, Plaintext=b"x").code == "InvalidKeyUsageException"
    error = error_of(
        kms.encrypt, KeyId=key, Plaintext=b"x", EncryptionAlgorithm=algorithm, EncryptionContext={"a": "b"}
    )
    assert error.code == "ValidationException"


DIGESTS = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


@MANY("bits", list(DIGESTS))
@MANY("scheme", ["PKCS1_V1_5", "PSS"])
def test_rsa_signatures(kms: Any, scheme: str, bits: str) -> None:
    key = new_key(kms, "RSA_2048", "SIGN_VERIFY")
    digest = DIGESTS[bits]()
    pad = padding.PKCS1v15() if scheme != "PSS" else padding.PSS(padding.MGF1(digest), digest.digest_size)
    check(kms, key, f"RSASSA_{scheme}_SHA_{bits}", digest, lambda public, *rest: public.verify(*rest[:2], pad, rest[2]))


@MANY(
    "spec, bits",
    [("ECC_NIST_P256", "256"), ("ECC_NIST_P384", "384"), ("ECC_NIST_P521", "512"), ("ECC_SECG_P256K1", "256")],
)
def test_ecdsa_signatures(kms: Any, spec: str, bits: str) -> None:
    key = new_key(kms, spec, "SIGN_VERIFY")
    check(
        kms,
        key,
        f"ECDSA_SHA_{bits}",
        DIGESTS[bits](),
        lambda public, signature, message, digest: public.verify(signature, message, ec.ECDSA(digest)),
    )


def check(kms: Any, key: str, algorithm: str, digest: Any, verify: Any) -> None:
    """Signs a message and its digest, has another library verify both, and changes what must not be changed."""
    message = os.urandom(4096)
    hashed = hashes.Hash(digest)
    hashed.update(message)
    short = hashed.finalize()
    public = public_key(kms, key)
    whole = kms.sign(KeyId=key, Message=message, SigningAlgorithm=algorithm)
    assert whole["SigningAlgorithm"] == algorithm
    verify(public, whole["Signature"], message, digest)
    of_digest = kms.sign(KeyId=key, Message=short, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]
    verify(public, of_digest, short, utils.Prehashed(digest))
    request = {"KeyId": key, "Message": message, "SigningAlgorithm": algorithm}
    assert kms.verify(Signature=of_digest, **request)["SignatureValid"] is True
    for changed in (request | {"Message": message[:-1]}, request):
        signature = whole["Signature"]
        if changed is request:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
            with pytest.raises(InvalidSignature):
                verify(public, signature, message, digest)
        error = error_of(kms.verify, Signature=signature, **changed)
        assert (error.code, error.message) == ("KMSInvalidSignatureException", "")
    error = error_of(kms.sign, KeyId=key, Message=short + b"x", MessageType="DIGEST", SigningAlgorithm=algorithm)
    assert error.message == f"Digest is invalid length for algorithm {algorithm}."
    wrong = "ECDSA_SHA_384" if algorithm != "ECDSA_SHA_384" else "ECDSA_SHA_256"
    error = error_of(kms.sign, KeyId=key, Message=b"x", SigningAlgorithm=wrong)
    assert error.code == "InvalidKeyUsageException"


def test_edwards_signatures(kms: Any) -> None:
    key = new_key(kms, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    signature = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ED25519_SHA_512")["Signature"]
    public = public_key(kms, key)
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signature, b"m")


def test_lattice_signatures(kms: Any) -> None:
    for spec in ("ML_DSA_65", "ML_DSA_87"):
        key = new_key(kms, spec, "SIGN_VERIFY")
        request = {"KeyId": key, "Message": b"m", "SigningAlgorithm": "ML_DSA_SHAKE_256"}
        signature = kms.sign(**request)["Signature"]
        assert kms.verify(Signature=signature, **request)["SignatureValid"] is True
        error = error_of(kms.verify, **(request | {"Message": b"n", "Signature": signature}))
        assert error.code == "KMSInvalidSignatureException"


def test_openssl_verifies_a_signature(kms: Any, tmp_path: Path) -> None:
    key = new_key(kms, "ECC_NIST_P256", "SIGN_VERIFY")
    (tmp_path / "message").write_bytes(b"to whom it may concern")
    signature = kms.sign(KeyId=key, Message=b"to whom it may concern", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "public.der").write_bytes(kms.get_public_key(KeyId=key)["PublicKey"])
    command = "openssl dgst -sha256 -verify public.der -keyform DER -signature signature message"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "Verified OK\n", done.stderr


@MANY("bits", [224, 256, 384, 512])
def test_macs(kms: Any, bits: int) -> None:
    key = new_key(kms, f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
    algorithm = f"HMAC_SHA_{bits}"
    message = os.urandom(4096)
    mac = kms.generate_mac(KeyId=key, Message=message, MacAlgorithm=algorithm)["Mac"]
    assert len(mac) == bits // 8
    assert kms.verify_mac(KeyId=key, Message=message, MacAlgorithm=algorithm, Mac=mac)["MacValid"] is True
    for wrong in (mac[:-1], mac[:-1] + bytes([mac[-1] ^ 1]), mac + b"x"):
        error = error_of(kms.verify_mac, KeyId=key, Message=message, MacAlgorithm=algorithm, Mac=wrong)
        assert (error.code, error.message) == ("KMSInvalidMacException", "")
    other = f"HMAC_SHA_{256 if bits == 224 else 224}"
    error = error_of(kms.generate_mac, KeyId=key, Message=b"x", MacAlgorithm=other)
    assert error.message == f"Algorithm {other} is incompatible with key spec HMAC_{bits}."


@MANY(
    "spec, curve",
    [("ECC_NIST_P256", ec.SECP256R1), ("ECC_NIST_P384", ec.SECP384R1), ("ECC_NIST_P521", ec.SECP521R1)],
)
def test_shared_secrets(kms: Any, spec: str, curve: Any) -> None:
    key = new_key(kms, spec, "KEY_AGREEMENT")
    peer = ec.generate_private_key(curve())
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    theirs = peer.public_key().public_bytes(serialization.Encoding.DER, spki)
    derived = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=theirs)
    assert derived["SharedSecret"] == peer.exchange(ec.ECDH(), public_key(kms, key))
    foreign = ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(serialization.Encoding.DER, spki)
    for wrong in (b"x", foreign, theirs[:-1]):
        error = error_of(kms.derive_shared_secret, KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=wrong)
        assert (error.code, error.message) == ("ValidationException", "")


def test_a_key_is_for_one_thing(kms: Any) -> None:
    signer = new_key(kms, "RSA_2048", "SIGN_VERIFY")
    cipher = new_key(kms)
    arn = "arn:aws:kms:us-east-1:{}:key/{}".format
    error = error_of(kms.encrypt, KeyId=signer, Plaintext=b"x")
    assert (error.code, error.message) == (
        "InvalidKeyUsageException",
        f"{arn(ACCOUNT, signer)} key usage is SIGN_VERIFY which is not valid for Encrypt.",
    )
    error = error_of(kms.verify, KeyId=cipher, Message=b"x", Signature=b"x", SigningAlgorithm="ECDSA_SHA_256")
    assert error.message == f"{arn(ACCOUNT, cipher)} key usage is ENCRYPT_DECRYPT which is not valid for Verify."
    assert error_of(kms.get_public_key, KeyId=cipher).code == "UnsupportedOperationException"
    # That the key is disabled is said first.
    kms.disable_key(KeyId=signer)
    error = error_of(kms.encrypt, KeyId=signer, Plaintext=b"x")
    assert (error.code, error.message) == ("DisabledException", f"{arn(ACCOUNT, signer)} is disabled.")


def test_dry_runs(kms: Any, new_user) -> None:
    cipher, signer = new_key(kms), new_key(kms, "ECC_NIST_P256", "SIGN_VERIFY")
    mac = new_key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    blob = kms.encrypt(KeyId=cipher, Plaintext=b"x")["CiphertextBlob"]
    nobody = new_user("nobody").client("kms")
    tried: list[tuple[str, dict[str, Any]]] = [
        ("encrypt", {"KeyId": cipher, "Plaintext": b"x"}),
        ("decrypt", {"CiphertextBlob": blob}),
        ("re_encrypt", {"CiphertextBlob": blob, "DestinationKeyId": cipher}),
        ("generate_data_key", {"KeyId": cipher, "KeySpec": "AES_256"}),
        ("generate_data_key_without_plaintext", {"KeyId": cipher, "KeySpec": "AES_256"}),
        ("generate_data_key_pair", {"KeyId": cipher, "KeyPairSpec": "RSA_2048"}),
        ("generate_data_key_pair_without_plaintext", {"KeyId": cipher, "KeyPairSpec": "ECC_NIST_P256"}),
        ("sign", {"KeyId": signer, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}),
        ("generate_mac", {"KeyId": mac, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}),
        ("create_grant", {"KeyId": cipher, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]}),
    ]
    for operation, parameters in tried:
        error = error_of(getattr(kms, operation), DryRun=True, **parameters)
        assert error.code == "DryRunOperationException", (operation, error)
        assert error.message == "The request would have succeeded, but the DryRun option is set."
        error = error_of(getattr(nobody, operation), DryRun=True, **parameters)
        assert error.code == "AccessDeniedException", (operation, error)
    assert error_of(kms.decrypt, CiphertextBlob=blob[:-1], DryRun=True).code == "InvalidCiphertextException"
    ignoring = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"], "KeyId": cipher}
    assert error_of(kms.decrypt, **ignoring).code == "DryRunOperationException"
    assert not kms.list_grants(KeyId=cipher)["Grants"]


def test_secrets_stay_out_of_cloudtrail(kms: Any, trail) -> None:
    key = new_key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    answer = kms.generate_mac(KeyId=key, Message=b"the message", MacAlgorithm="HMAC_SHA_256")
    assert trail.of(answer)["requestParameters"] == {"keyId": key, "macAlgorithm": "HMAC_SHA_256"}
    secret = kms.generate_data_key(KeyId=new_key(kms), NumberOfBytes=40)
    record = str(trail.of(secret))
    for value in (secret["Plaintext"], secret["CiphertextBlob"]):
        assert base64.b64encode(value).decode() not in record
