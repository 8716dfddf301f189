"""KMS: custom key stores. Of type AWS_CLOUDHSM, which stand for a hardware token (SoftHSM), and of type EXTERNAL_KEY_STORE,
whose proxy is one of the tests' own, which verifies each request's signature by itself.
"""

from __future__ import annotations

import base64
import datetime
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy
from harness.ledger import Ledger
from harness.openid import Authority, make_certificate
from harness.patience import PATIENCE
from harness.terraform import Terraform, needs_terraform
from harness.token import Token
from harness.xks import ACCESS_KEY, HOST, PATH, SECRET, Proxy, data, text

MANY = pytest.mark.parametrize
CLUSTER = "cluster-2a23b4cdefg"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = serialization.Encoding.PEM
ANCHOR = make_certificate("anchor", KEY, "anchor", KEY, authority=True).public_bytes(PEM).decode()


@pytest.fixture
def token(tmp_path: Path) -> Token:
    return Token(tmp_path / "token")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        yield proxy


@pytest.fixture
def server(durable: Callable[..., Server], proxy: Proxy) -> Server:
    """Without a token, and with the proxy."""
    return durable(*proxy.options).start()


@pytest.fixture
def house(durable: Callable[..., Server], token: Token) -> Server:
    """With a token."""
    return durable(environment=token.environment).start()


@pytest.fixture
def kms(server: Server) -> Any:
    return server.root.client("kms")


def of_token(token: Token, **more: Any) -> dict[str, Any]:
    return {
        "CustomKeyStoreName": "house",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": ANCHOR,
        "KeyStorePassword": token.pin,
    } | more


def described(kms: Any, store: str) -> dict[str, Any]:
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
    return dict(entry)


def settled(kms: Any, store: str) -> dict[str, Any]:
    """What a key store is once it is no longer on the way there."""
    deadline = time.monotonic() + PATIENCE
    while (entry := described(kms, store))["ConnectionState"] in ("CONNECTING", "DISCONNECTING"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return entry


def connect(kms: Any, store: str) -> dict[str, Any]:
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    return settled(kms, store)


def disconnect(kms: Any, store: str) -> dict[str, Any]:
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    return settled(kms, store)


def new_store(kms: Any, parameters: dict[str, Any]) -> str:
    """A connected one."""
    store: str = kms.create_custom_key_store(**parameters)["CustomKeyStoreId"]
    assert connect(kms, store)["ConnectionState"] == "CONNECTED"
    return store


def new_key(kms: Any, store: str, external: str | None = None) -> dict[str, Any]:
    parameters = {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": external} if external else {"Origin": "AWS_CLOUDHSM"}
    return dict(kms.create_key(CustomKeyStoreId=store, **parameters)["KeyMetadata"])


def state(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


# MARK: Type AWS_CLOUDHSM


def test_keys_of_a_token(house: Server, token: Token, tmp_path: Path) -> None:
    root = house.root
    kms, trail = root.client("kms"), Trail(root)
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(ANCHOR)
    made = root.aws(
        "kms", "create-custom-key-store", "--custom-key-store-name", "house", "--cloud-hsm-cluster-id", CLUSTER,
        "--trust-anchor-certificate", f"file://{anchor}", "--key-store-password", token.pin,
    )  # fmt: skip
    store = made["CustomKeyStoreId"]
    assert store.startswith("cks-") and len(store) == 21
    role = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
    assert root.iam.get_role(RoleName=role)["Role"]["Path"] == "/aws-service-role/cks.kms.amazonaws.com/"
    entry = described(kms, store)
    created = entry.pop("CreationDate")
    assert abs((datetime.datetime.now(datetime.timezone.utc) - created).total_seconds()) < 60
    assert entry == {
        "CustomKeyStoreId": store,
        "CustomKeyStoreName": "house",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": ANCHOR,
        "ConnectionState": "DISCONNECTED",
        "CustomKeyStoreType": "AWS_CLOUDHSM",
    }
    refused = error_of(kms.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    assert refused.code == "CustomKeyStoreInvalidStateException"
    assert connect(kms, store)["ConnectionState"] == "CONNECTED"

    key = new_key(kms, store)
    expected = {
        "Origin": "AWS_CLOUDHSM",
        "CustomKeyStoreId": store,
        "CloudHsmClusterId": CLUSTER,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "MultiRegion": False,
    }
    assert key | expected == key and "CurrentKeyMaterialId" not in key
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] == key
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"four lamps", EncryptionContext={"a": "b"})["CiphertextBlob"]
    answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert answer["Plaintext"] == b"four lamps" and "KeyMaterialId" not in answer
    assert error_of(kms.decrypt, CiphertextBlob=blob).code == "InvalidCiphertextException"
    assert len(kms.generate_random(NumberOfBytes=1024, CustomKeyStoreId=store)["Plaintext"]) == 1024
    pair = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=pair["CiphertextBlob"])["Plaintext"] == pair["Plaintext"]

    # The records, as AWS's pages show them.
    record = trail.named("CreateCustomKeyStore")
    assert record["requestParameters"] == {"customKeyStoreName": "house", "clusterId": CLUSTER}
    assert record["responseElements"] == {"customKeyStoreId": store}
    record = trail.named("ConnectCustomKeyStore")
    assert record["requestParameters"] == {"customKeyStoreId": store} and record["responseElements"] is None
    assert record["additionalEventData"] == {"customKeyStoreName": "house", "clusterId": CLUSTER}
    record = trail.of(answer, "Decrypt")
    assert record["additionalEventData"] == {"customKeyStoreId": store}

    # The material is in the ledger only as the token has sealed it.
    ledger = Ledger(house.data)
    house.stop()
    (sealed,) = [ledger.json(one) for one in ledger.keys("AWS::KMS::KeyMaterial")]
    assert sealed["isSealedByToken"] and len(base64.b64decode(sealed["secret"])) == 32 + 29
    house.start()
    kms = house.root.client("kms")
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"] == b"four lamps"


def test_the_token_is_away_for_a_while(house: Server, token: Token) -> None:
    kms = house.root.client("kms")
    store = new_store(kms, of_token(token))
    key = new_key(kms, store)["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    token.take_out()
    # SoftHSM looks for its tokens when a session begins: so this one has to end.
    house.restart()
    kms = house.root.client("kms")
    for call in (
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.encrypt(KeyId=key, Plaintext=b"x"),
        lambda: kms.generate_random(NumberOfBytes=1, CustomKeyStoreId=store),
    ):
        refused = error_of(call)
        assert refused.code == "KMSInvalidStateException"
        assert refused.message.startswith("KMS cannot communicate with your CloudHSM cluster: There is no token 'house'")
    refused = error_of(kms.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    assert refused.code == "CustomKeyStoreInvalidStateException" and "no token 'house'" in refused.message
    assert described(kms, store)["ConnectionState"] == "CONNECTED" and state(kms, key) == "Enabled"
    other = of_token(token, CustomKeyStoreName="other", CloudHsmClusterId="cluster-3a23b4cdefg")
    assert error_of(kms.create_custom_key_store, **other).code == "CloudHsmClusterNotActiveException"
    # It can't be connected again either, until the token is back.
    disconnect(kms, store)
    entry = connect(kms, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", "INSUFFICIENT_CLOUDHSM_HSMS")
    assert state(kms, key) == "Unavailable"
    token.put_back()
    assert error_of(kms.connect_custom_key_store, CustomKeyStoreId=store).code == "CustomKeyStoreInvalidStateException"
    assert "ConnectionErrorCode" not in disconnect(kms, store)
    assert connect(kms, store)["ConnectionState"] == "CONNECTED"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_wrong_password(house: Server, token: Token) -> None:
    kms = house.root.client("kms")
    store = kms.create_custom_key_store(**of_token(token, KeyStorePassword="not the PIN"))["CustomKeyStoreId"]
    entry = connect(kms, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", "INVALID_CREDENTIALS")
    refused = error_of(kms.update_custom_key_store, CustomKeyStoreId=store, KeyStorePassword=token.pin)
    assert refused.code == "CustomKeyStoreInvalidStateException"
    disconnect(kms, store)
    kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword=token.pin)
    assert connect(kms, store)["ConnectionState"] == "CONNECTED"
    house.stop()
    for file in (house.data or Path()).parent.rglob("*"):
        if file.is_file() and token.folder not in file.parents:
            assert token.pin.encode() not in file.read_bytes() and b"not the PIN" not in file.read_bytes(), file


def test_without_a_token(kms: Any) -> None:
    refused = error_of(
        kms.create_custom_key_store,
        CustomKeyStoreName="house", CloudHsmClusterId=CLUSTER, TrustAnchorCertificate=ANCHOR, KeyStorePassword="1234567",
    )  # fmt: skip
    assert refused.code == "CloudHsmClusterNotFoundException" and "--pkcs11-module" in refused.message


@MANY(
    "changed, code",
    [
        ({"TrustAnchorCertificate": "none"}, "IncorrectTrustAnchorException"),
        ({"TrustAnchorCertificate": None}, "ValidationException"),
        ({"CloudHsmClusterId": None}, "ValidationException"),
        ({"KeyStorePassword": None}, "ValidationException"),
        ({"CloudHsmClusterId": "cluster-0000000000000"}, "ValidationException"),
        ({"XksProxyUriPath": PATH}, "ValidationException"),
        ({"CustomKeyStoreName": "taken"}, "CustomKeyStoreNameInUseException"),
        ({}, "CloudHsmClusterInUseException"),
    ],
)
def test_key_stores_of_a_token_that_cannot_be(
    house: Server, token: Token, changed: dict[str, Any], code: str
) -> None:
    kms = house.root.client("kms", parameter_validation=False)
    kms.create_custom_key_store(**of_token(token, CustomKeyStoreName="taken"))
    wanted = of_token(token) | changed
    refused = error_of(
        kms.create_custom_key_store, **{name: value for name, value in wanted.items() if value is not None}
    )
    assert refused.code == code
    assert token.pin not in refused.message
    assert len(kms.describe_custom_key_stores()["CustomKeyStores"]) == 1


# MARK: Type EXTERNAL_KEY_STORE


def test_keys_of_somebody_else(server: Server, proxy: Proxy, tmp_path: Path) -> None:
    root = server.root
    kms, trail = root.client("kms"), Trail(root)
    # Version 1 of the CLI would fetch what is at a URL that is given as a parameter.
    made = root.aws("kms", "create-custom-key-store", "--cli-input-json", json.dumps(proxy.parameters()))
    store = made["CustomKeyStoreId"]
    (path, body) = proxy.calls.pop()
    assert path == f"{PATH}/health" and body["requestMetadata"]["kmsOperation"] == "CreateCustomKeyStore"
    assert connect(kms, store)["ConnectionState"] == "CONNECTED"
    assert proxy.calls.pop()[1]["requestMetadata"]["kmsOperation"] == "ConnectCustomKeyStore"
    entry = described(kms, store)
    assert entry["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT",
        "AccessKeyId": ACCESS_KEY,
        "UriEndpoint": f"https://{HOST}",
        "UriPath": PATH,
    }
    assert entry["CustomKeyStoreType"] == "EXTERNAL_KEY_STORE"

    key = new_key(kms, store, "first")
    assert key["Origin"] == "EXTERNAL_KEY_STORE" and key["XksKeyConfiguration"] == {"Id": "first"}
    assert key["CustomKeyStoreId"] == store and "CloudHsmClusterId" not in key
    (path, body) = proxy.calls.pop()
    assert path == f"{PATH}/keys/first/metadata" and "kmsKeyArn" not in body["requestMetadata"]

    answer = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x" * 4096, EncryptionContext={"a": "b"})
    (path, body) = proxy.calls.pop()
    assert path == f"{PATH}/keys/first/encrypt"
    assert body["requestMetadata"] == {
        "awsPrincipalArn": f"arn:aws:iam::{ACCOUNT}:root",
        "kmsKeyArn": key["Arn"],
        "kmsOperation": "Encrypt",
        "kmsRequestId": answer["ResponseMetadata"]["RequestId"],
    }
    # Twice encrypted: the proxy never sees what was given to KMS.
    assert b"xxxx" not in data(body["plaintext"])
    blob = answer["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == b"x" * 4096 and opened["KeyId"] == key["Arn"]
    assert proxy.calls.pop()[1]["requestMetadata"]["kmsOperation"] == "Decrypt"
    assert trail.of(opened, "Decrypt")["additionalEventData"] == {"customKeyStoreId": store, "xksKeyId": "first"}
    # What the external key has encrypted is of no use without it.
    inner = data(body["plaintext"])
    assert error_of(kms.decrypt, CiphertextBlob=inner, EncryptionContext={"a": "b"}).code == "InvalidCiphertextException"
    own = kms.create_key()["KeyMetadata"]
    foreign = b"\x02" + bytes([len(own["Arn"])]) + own["Arn"].encode() + blob[2 + len(key["Arn"]) :]
    assert error_of(kms.decrypt, CiphertextBlob=foreign).code == "InvalidCiphertextException"

    assert error_of(kms.decrypt, CiphertextBlob=blob).code == "InvalidCiphertextException"
    tampered = blob[:-1] + bytes([blob[-1] ^ 1])
    refused = error_of(kms.decrypt, CiphertextBlob=tampered, EncryptionContext={"a": "b"})
    assert refused.code == "KMSInvalidStateException" and "specified ciphertext or encryption context" in refused.message
    for cut in (0, 1, 2, 60, 90, 100, len(key["Arn"]) + 30, len(key["Arn"]) + 48):
        assert error_of(kms.decrypt, CiphertextBlob=blob[:cut] or b"\x02").code in (
            "InvalidCiphertextException", "KMSInvalidStateException", "AccessDeniedException",
        )  # fmt: skip

    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, DestinationKeyId=own["KeyId"])
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"x" * 4096
    back = kms.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == b"x" * 4096
    proxy.metadata = b""
    pair = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=pair["CiphertextBlob"])["Plaintext"] == pair["Plaintext"]

    # The credential is nowhere to be read.
    record = trail.named("CreateCustomKeyStore")
    assert SECRET not in json.dumps(record) and ACCESS_KEY not in json.dumps(record)
    assert record["requestParameters"]["xksProxyUriPath"] == PATH
    server.stop()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    server.start()
    assert server.root.client("kms").decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == b"x" * 4096


def test_the_credential_is_rotated_while_the_store_is_in_use(server: Server, kms: Any, proxy: Proxy) -> None:
    store = new_store(kms, proxy.parameters())
    key = new_key(kms, store, "first")["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    other = {"AccessKeyId": ACCESS_KEY[::-1], "RawSecretAccessKey": SECRET[::-1]}
    update = {"CustomKeyStoreId": store, "XksProxyAuthenticationCredential": other}
    # The new one is tried before it is taken.
    assert error_of(kms.update_custom_key_store, **update).code == "XksProxyIncorrectAuthenticationCredentialException"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    proxy.credentials = {other["AccessKeyId"]: other["RawSecretAccessKey"]}
    refused = error_of(kms.decrypt, CiphertextBlob=blob)
    assert refused.code == "KMSInvalidStateException" and "could not authenticate AWS KMS" in refused.message
    kms.update_custom_key_store(**update)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    # What needs it to be disconnected.
    for more in (
        {"XksProxyUriEndpoint": "https://other.example.com"},
        {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyUriEndpoint": f"https://{HOST}",
         "XksProxyVpcEndpointServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"},
    ):  # fmt: skip
        refused = error_of(kms.update_custom_key_store, CustomKeyStoreId=store, **more)
        assert refused.code == "CustomKeyStoreInvalidStateException", more


@MANY(
    "status, name, created, connected, key, used",
    [
        (400, "ValidationException", "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "CustomKeyStoreInvalidState", "cannot interpret"),
        (400, "InvalidStateException", "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "XksKeyInvalidConfiguration", "is not enabled in the external key manager"),
        (400, "InvalidKeyUsageException", "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "XksKeyInvalidConfiguration", "does not support the requested operation"),
        (401, "AuthenticationFailedException", "XksProxyIncorrectAuthenticationCredential", "INVALID_CREDENTIALS", "CustomKeyStoreInvalidState", "could not authenticate AWS KMS"),
        (403, "AccessDeniedException", "XksProxyInvalidConfiguration", "XKS_PROXY_ACCESS_DENIED", "KMSInvalidState", "denied access to the operation"),
        (404, "KeyNotFoundException", "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "XksKeyNotFound", "was not found in its external key manager"),
        (404, "InvalidUriPathException", "XksProxyInvalidConfiguration", "XKS_PROXY_INVALID_CONFIGURATION", "CustomKeyStoreInvalidState", "invalid URI path"),
        (429, "ThrottlingException", "XksProxyUriUnreachable", "XKS_PROXY_NOT_REACHABLE", "CustomKeyStoreInvalidState", "very high request rate"),
        (500, "InternalException", "XksProxyInvalidResponse", "XKS_PROXY_NOT_REACHABLE", "CustomKeyStoreInvalidState", "cannot communicate with the external key manager"),
        (501, "UnsupportedOperationException", "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "CustomKeyStoreInvalidState", "does not support the requested operation"),
        (503, "DependencyTimeoutException", "XksProxyUriUnreachable", "XKS_PROXY_TIMED_OUT", "CustomKeyStoreInvalidState", "in the time allotted"),
        (200, None, "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "CustomKeyStoreInvalidState", "cannot interpret the response"),
        (302, None, "XksProxyInvalidResponse", "XKS_PROXY_INVALID_RESPONSE", "CustomKeyStoreInvalidState", "cannot interpret the response"),
    ],
)  # fmt: skip
def test_what_a_proxy_may_say(
    kms: Any, proxy: Proxy, status: int, name: str | None, created: str, connected: str, key: str, used: str
) -> None:
    store = new_store(kms, proxy.parameters())
    mine = new_key(kms, store, "first")["KeyId"]
    blob = kms.encrypt(KeyId=mine, Plaintext=b"x")["CiphertextBlob"]
    proxy.answer = (status, json.dumps({"errorName": name, "errorMessage": "secret of the proxy"}).encode() if name else b"<html>")
    refused = error_of(kms.create_custom_key_store, **proxy.parameters(CustomKeyStoreName="b", XksProxyUriPath="/b/kms/xks/v1"))
    assert refused.code == created + "Exception"
    assert error_of(kms.create_key, Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="second").code == key + "Exception"
    for call in (lambda: kms.encrypt(KeyId=mine, Plaintext=b"x"), lambda: kms.decrypt(CiphertextBlob=blob)):
        refused = error_of(call)
        assert refused.code == "KMSInvalidStateException" and used in refused.message
        assert "secret of the proxy" not in refused.message
    disconnect(kms, store)
    entry = connect(kms, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", connected)
    proxy.answer = None
    disconnect(kms, store)
    connect(kms, store)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@MANY(
    "bend",
    [
        lambda answer: answer | {"ciphertextDataIntegrityValue": text(bytes(32))},
        lambda answer: {name: value for name, value in answer.items() if name != "ciphertextDataIntegrityValue"},
        lambda answer: answer | {"ciphertext": text(data(answer["ciphertext"])[1:])},
        lambda answer: answer | {"ciphertextMetadata": text(bytes(21))},
        lambda answer: answer | {"authenticationTag": text(bytes(15))},
        lambda answer: answer | {"initializationVector": text(bytes(13))},
        lambda answer: answer | {"ciphertext": "no Base64!"},
        lambda answer: [answer],
        lambda answer: answer | {"padding": "x" * 100_000},
    ],
)
def test_encrypted_badly(kms: Any, proxy: Proxy, bend: Callable[[Any], Any]) -> None:
    key = new_key(kms, new_store(kms, proxy.parameters()), "first")["KeyId"]
    proxy.answer = (200, lambda answer: json.dumps(bend(json.loads(answer))).encode())
    refused = error_of(kms.encrypt, KeyId=key, Plaintext=b"x")
    assert refused.code == "KMSInvalidStateException" and "cannot interpret the response" in refused.message


def test_decrypted_badly(kms: Any, proxy: Proxy) -> None:
    key = new_key(kms, new_store(kms, proxy.parameters()), "first")["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    other = kms.encrypt(KeyId=key, Plaintext=b"y")["CiphertextBlob"]
    length = len(data(proxy.calls[-1][1]["plaintext"]))
    proxy.answer = (200, json.dumps({"plaintext": text(bytes(length))}).encode())
    refused = error_of(kms.decrypt, CiphertextBlob=blob)
    assert refused.code == "KMSInvalidStateException" and "submitted for decryption" in refused.message
    proxy.answer = (200, json.dumps({"plaintext": text(b"short")}).encode())
    assert "cannot interpret" in error_of(kms.decrypt, CiphertextBlob=blob).message
    proxy.answer = None
    assert kms.decrypt(CiphertextBlob=other)["Plaintext"] == b"y"


def test_a_proxy_that_does_not_answer_in_time(durable: Callable[..., Server], proxy: Proxy) -> None:
    # The time that AWS gives.
    kms = durable("--xks-proxy", f"{HOST}={proxy.url}").start().root.client("kms")
    proxy.goes_on.clear()
    refused = error_of(kms.create_custom_key_store, **proxy.parameters())
    assert refused.code == "XksProxyUriUnreachableException" and "did not respond in time" in refused.message
    store = kms.create_custom_key_store(
        **proxy.parameters(
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyVpcEndpointServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        )
    )["CustomKeyStoreId"]
    assert connect(kms, store)["ConnectionErrorCode"] == "XKS_PROXY_TIMED_OUT"


def test_a_proxy_that_is_not_there(durable: Callable[..., Server], proxy: Proxy) -> None:
    kms = durable("--xks-proxy", f"{HOST}=http://localhost:1").start().root.client("kms")
    refused = error_of(kms.create_custom_key_store, **proxy.parameters())
    assert refused.code == "XksProxyUriUnreachableException" and "cannot communicate with" in refused.message


def test_no_key_manager_works(kms: Any, proxy: Proxy) -> None:
    proxy.health = ["UNAVAILABLE", "UNAVAILABLE"]
    assert error_of(kms.create_custom_key_store, **proxy.parameters()).code == "XksProxyUriUnreachableException"
    proxy.health = ["UNAVAILABLE", "DEGRADED"]
    store = new_store(kms, proxy.parameters())
    proxy.health = []
    disconnect(kms, store)
    assert connect(kms, store)["ConnectionErrorCode"] == "XKS_PROXY_INVALID_RESPONSE"


def test_tls(durable: Callable[..., Server], tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = make_certificate("proxy", KEY, authority.name, authority.key, authority=False, hosts=("localhost",))
    file = tmp_path / "proxy.pem"
    file.write_bytes(
        KEY.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(PEM)
    )
    with Proxy(str(file)) as proxy:
        server = durable(*proxy.options).start()
        refused = error_of(server.root.client("kms").create_custom_key_store, **proxy.parameters())
        assert refused.code == "XksProxyUriUnreachableException" and "cannot establish a TLS connection" in refused.message
        server.stop()
        server.options += ["--ca-bundle", str(authority.file)]
        kms = server.start().root.client("kms")
        key_id = new_key(kms, new_store(kms, proxy.parameters()), "first")["KeyId"]
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@MANY(
    "changed, code",
    [
        ({"XksProxyUriEndpoint": None}, "ValidationException"),
        ({"XksProxyAuthenticationCredential": None}, "ValidationException"),
        ({"XksProxyUriEndpoint": "http://xks.example.com"}, "ValidationException"),
        ({"XksProxyUriEndpoint": "https://xks.example.com:8443"}, "ValidationException"),
        ({"XksProxyUriPath": "/kms/xks/v2"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"}, "ValidationException"),
        ({"CloudHsmClusterId": CLUSTER}, "ValidationException"),
        ({"CustomKeyStoreName": "taken", "XksProxyUriPath": "/other/kms/xks/v1"}, "XksProxyInvalidConfigurationException"),
        ({}, "XksProxyUriInUseException"),
        ({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyUriPath": "/other/kms/xks/v1",
          "XksProxyVpcEndpointServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"},
         "XksProxyUriEndpointInUseException"),
    ],
)  # fmt: skip
def test_external_key_stores_that_cannot_be(
    server: Server, kms: Any, proxy: Proxy, changed: dict[str, Any], code: str
) -> None:
    kms.create_custom_key_store(**proxy.parameters(CustomKeyStoreName="taken"))
    wanted = {name: value for name, value in (proxy.parameters() | changed).items() if value is not None}
    refused = error_of(server.root.client("kms", parameter_validation=False).create_custom_key_store, **wanted)
    assert refused.code == code
    assert SECRET not in refused.message
    assert len(kms.describe_custom_key_stores()["CustomKeyStores"]) == 1


def test_external_keys_that_cannot_be(kms: Any, proxy: Proxy) -> None:
    store = new_store(kms, proxy.parameters())
    key = new_key(kms, store, "first")["KeyId"]
    wanted = {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store}
    assert error_of(kms.create_key, **wanted, XksKeyId="first").code == "XksKeyAlreadyInUseException"
    assert error_of(kms.create_key, **wanted, XksKeyId="third").code == "XksKeyNotFoundException"
    for name, value in (("spec", "RSA_2048"), ("usage", ["ENCRYPT"]), ("status", "DISABLED")):
        before = getattr(proxy.keys["second"], name)
        setattr(proxy.keys["second"], name, value)
        assert error_of(kms.create_key, **wanted, XksKeyId="second").code == "XksKeyInvalidConfigurationException"
        setattr(proxy.keys["second"], name, before)
    for parameters, code in (
        ({"Origin": "EXTERNAL_KEY_STORE"}, "ValidationException"),
        ({"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store}, "ValidationException"),
        ({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store}, "ValidationException"),
        ({"CustomKeyStoreId": store}, "ValidationException"),
        ({"XksKeyId": "second"}, "ValidationException"),
        (wanted | {"XksKeyId": "second", "KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "UnsupportedOperationException"),
        (wanted | {"XksKeyId": "second", "MultiRegion": True}, "UnsupportedOperationException"),
        (wanted | {"XksKeyId": "second", "CustomKeyStoreId": "cks-0"}, "CustomKeyStoreNotFoundException"),
    ):
        assert error_of(kms.create_key, **parameters).code == code, parameters
    assert [one["KeyId"] for one in kms.list_keys()["Keys"]] == [key]
    # An external key is free again once nothing of the KMS key is left of it.
    assert error_of(kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store).code == "UnsupportedOperationException"


# MARK: What both have in common

#: Operation × connection state of the store: what comes of it.
STORE_STATES = {
    "Describe": ("ok", "ok", "ok"),
    "Connect": ("ok", "ok", "no"),
    "Disconnect": ("ok", "no", "ok"),
    "Rename": ("ok", "ok", "no"),
    "Move": ("no", "ok", "no"),
    "Delete": ("no", "ok", "no"),
    "CreateKey": ("ok", "no", "no"),
}


@MANY("operation", STORE_STATES)
@MANY("place, wanted", list(enumerate(("CONNECTED", "DISCONNECTED", "FAILED"))))
def test_every_operation_in_every_connection_state(
    kms: Any, proxy: Proxy, operation: str, place: int, wanted: str
) -> None:
    store = kms.create_custom_key_store(**proxy.parameters())["CustomKeyStoreId"]
    if wanted == "FAILED":
        proxy.health = ["UNAVAILABLE"]
    if wanted != "DISCONNECTED":
        assert connect(kms, store)["ConnectionState"] == wanted
    proxy.health = ["ACTIVE"]
    call = {
        "Describe": lambda: described(kms, store),
        "Connect": lambda: connect(kms, store),
        "Disconnect": lambda: disconnect(kms, store),
        "Rename": lambda: kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="b"),
        "Move": lambda: kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyUriEndpoint=f"https://{HOST}"),
        "Delete": lambda: kms.delete_custom_key_store(CustomKeyStoreId=store),
        "CreateKey": lambda: new_key(kms, store, "first"),
    }[operation]
    if STORE_STATES[operation][place] == "ok":
        call()
    else:
        assert error_of(call).code == "CustomKeyStoreInvalidStateException"
        assert described(kms, store)["ConnectionState"] == wanted


def test_keys_in_a_store_that_is_not_connected(kms: Any, proxy: Proxy) -> None:
    store = new_store(kms, proxy.parameters())
    key = new_key(kms, store, "first")
    off, going = new_key(kms, store, "second")["KeyId"], key["KeyId"]
    kms.disable_key(KeyId=off)
    blob = kms.encrypt(KeyId=going, Plaintext=b"x")["CiphertextBlob"]
    disconnect(kms, store)
    shown = kms.describe_key(KeyId=going)["KeyMetadata"]
    assert (shown["KeyState"], shown["Enabled"]) == ("Unavailable", False)
    assert state(kms, off) == "Unavailable"
    for call in (
        lambda: kms.encrypt(KeyId=going, Plaintext=b"x"),
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.generate_data_key(KeyId=going, KeySpec="AES_256"),
        lambda: kms.generate_data_key_without_plaintext(KeyId=going, KeySpec="AES_256"),
        lambda: kms.generate_data_key_pair(KeyId=going, KeyPairSpec="ECC_NIST_P256"),
        lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=going),
    ):
        refused = error_of(call)
        assert refused.code == "KMSInvalidStateException" and "not connected to its external key store" in refused.message
    for call in (
        lambda: kms.enable_key_rotation(KeyId=going),
        lambda: kms.disable_key_rotation(KeyId=going),
        lambda: kms.get_key_rotation_status(KeyId=going),
        lambda: kms.rotate_key_on_demand(KeyId=going),
        lambda: kms.list_key_rotations(KeyId=going),
        lambda: kms.get_parameters_for_import(
            KeyId=going, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        ),
        lambda: kms.delete_imported_key_material(KeyId=going),
    ):
        refused = error_of(call)
        assert refused.code == "UnsupportedOperationException"
        assert refused.message == f"{key['Arn']} origin is EXTERNAL_KEY_STORE which is not valid for this operation."
    # What is not a use of them goes on, and what was switched meanwhile is so when they are back.
    kms.enable_key(KeyId=off)
    kms.create_alias(AliasName="alias/going", TargetKeyId=going)
    kms.tag_resource(KeyId=going, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.create_grant(KeyId=going, GranteePrincipal=ACCOUNT, Operations=["Decrypt"])
    refused = error_of(kms.cancel_key_deletion, KeyId=going)
    assert refused.code == "KMSInvalidStateException" and refused.message.endswith("is not pending deletion.")
    kms.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)
    assert state(kms, going) == "PendingDeletion"
    refused = error_of(kms.delete_custom_key_store, CustomKeyStoreId=store)
    assert refused.code == "CustomKeyStoreHasCMKsException"
    connect(kms, store)
    assert (state(kms, off), state(kms, going)) == ("Enabled", "PendingDeletion")
    kms.cancel_key_deletion(KeyId=going)
    kms.enable_key(KeyId=going)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    pair = error_of(kms.generate_data_key_pair, KeyId=going, KeyPairSpec="ECC_NIST_P256")
    assert pair.code == "UnsupportedOperationException"


@pytest.mark.memory
def test_a_store_can_go_when_its_keys_are_gone(proxy: Proxy) -> None:
    with Server(*proxy.options) as server:
        kms = server.root.client("kms")
        store = new_store(kms, proxy.parameters())
        key = new_key(kms, store, "first")["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        server.advance(8 * 86_400)
        assert error_of(kms.describe_key, KeyId=key).code == "NotFoundException"
        # The external key is nobody's now.
        other = new_key(kms, store, "first")["KeyId"]
        kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)
        server.advance(8 * 86_400)
        disconnect(kms, store)
        kms.delete_custom_key_store(CustomKeyStoreId=store)
        assert kms.describe_custom_key_stores()["CustomKeyStores"] == []


def test_lists_and_names(kms: Any, proxy: Proxy) -> None:
    stores = [
        kms.create_custom_key_store(**proxy.parameters(CustomKeyStoreName=f"n{n}", XksProxyUriPath=PATH if n == 0 else f"/{n}/kms/xks/v1",
            XksProxyConnectivity="PUBLIC_ENDPOINT" if n == 0 else "VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=f"https://{HOST}" if n == 0 else f"https://xks{n}.example.com",
            **({} if n == 0 else {"XksProxyVpcEndpointServiceName": f"com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcde{n:02}"})))["CustomKeyStoreId"]
        for n in range(10)
    ]  # fmt: skip
    pages = kms.get_paginator("describe_custom_key_stores").paginate(PaginationConfig={"PageSize": 3})
    found = [[one["CustomKeyStoreId"] for one in page["CustomKeyStores"]] for page in pages]
    assert [len(page) for page in found] == [3, 3, 3, 1] and sorted(sum(found, [])) == sorted(stores)
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreName="n7")["CustomKeyStores"]
    assert entry["CustomKeyStoreId"] == stores[7]
    for parameters in ({"CustomKeyStoreName": "none"}, {"CustomKeyStoreId": "cks-00000000000000000"}):
        assert error_of(kms.describe_custom_key_stores, **parameters).code == "CustomKeyStoreNotFoundException"
    both = error_of(kms.describe_custom_key_stores, CustomKeyStoreName="n1", CustomKeyStoreId=stores[1])
    assert both.code == "ValidationException"
    full = proxy.parameters(CustomKeyStoreName="more", XksProxyUriEndpoint="https://more.example.com",
        XksProxyConnectivity="VPC_ENDPOINT_SERVICE", XksProxyVpcEndpointServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdeff")  # fmt: skip
    assert error_of(kms.create_custom_key_store, **full).code == "LimitExceededException"
    kms.delete_custom_key_store(CustomKeyStoreId=stores[9])
    kms.create_custom_key_store(**full)
    taken = error_of(kms.update_custom_key_store, CustomKeyStoreId=stores[1], NewCustomKeyStoreName="n2")
    assert taken.code == "CustomKeyStoreNameInUseException"
    taken = error_of(
        kms.update_custom_key_store, CustomKeyStoreId=stores[1],
        XksProxyVpcEndpointServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcde02",
    )  # fmt: skip
    assert taken.code == "XksProxyVpcEndpointServiceInUseException"
    for operation in ("connect", "disconnect", "delete", "update"):
        refused = error_of(getattr(kms, f"{operation}_custom_key_store"), CustomKeyStoreId="cks-00000000000000000")
        assert refused.code == "CustomKeyStoreNotFoundException", operation


def test_who_may(house: Server, token: Token) -> None:
    """IAM policies decide; and whoever makes a key store of a cluster has KMS make its role."""
    root = house.root

    def user(name: str, *statements: dict[str, Any]) -> Any:
        root.iam.create_user(UserName=name)
        root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return Identity.of_key(house.url, root.iam.create_access_key(UserName=name)["AccessKey"]).client("kms")

    nobody = user("nobody", allow("kms:DescribeCustomKeyStores"))
    refused = error_of(nobody.create_custom_key_store, **of_token(token))
    assert refused.code == "AccessDeniedException" and "kms:CreateCustomKeyStore" in refused.message
    half = user("half", allow(["kms:CreateCustomKeyStore", "cloudhsm:DescribeClusters"]))
    refused = error_of(half.create_custom_key_store, **of_token(token))
    assert "iam:CreateServiceLinkedRole" in refused.message
    assert "cloudhsm:DescribeClusters" in error_of(
        user("other", allow("kms:CreateCustomKeyStore")).create_custom_key_store, **of_token(token)
    ).message
    whole = user("whole", allow(["kms:CreateCustomKeyStore", "cloudhsm:DescribeClusters", "iam:CreateServiceLinkedRole"]))
    store = whole.create_custom_key_store(**of_token(token))["CustomKeyStoreId"]
    # The role is there now.
    half.create_custom_key_store(**of_token(token, CustomKeyStoreName="b", CloudHsmClusterId="cluster-3a23b4cdefg"))
    for operation in ("connect", "disconnect", "delete", "update"):
        refused = error_of(getattr(nobody, f"{operation}_custom_key_store"), CustomKeyStoreId=store)
        assert refused.code == "AccessDeniedException", operation
    assert len(nobody.describe_custom_key_stores()["CustomKeyStores"]) == 2
    # A key's origin is a condition key.
    maker = user("maker", allow("kms:CreateKey", Condition={"StringEquals": {"kms:KeyOrigin": "AWS_CLOUDHSM"}}))
    connect(root.client("kms"), store)
    assert error_of(maker.create_key).code == "AccessDeniedException"
    parameters = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}]})}  # fmt: skip
    maker.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, BypassPolicyLockoutSafetyCheck=True, **parameters)


STORES_IN_TERRAFORM = """
resource "aws_kms_custom_key_store" "house" {
  custom_key_store_name    = "house"
  cloud_hsm_cluster_id     = "%s"
  key_store_password       = "%s"
  trust_anchor_certificate = <<-END
%sEND
}
resource "aws_kms_custom_key_store" "abroad" {
  custom_key_store_name  = "abroad"
  custom_key_store_type  = "EXTERNAL_KEY_STORE"
  xks_proxy_connectivity = "PUBLIC_ENDPOINT"
  xks_proxy_uri_endpoint = "https://%s"
  xks_proxy_uri_path     = "%s"
  xks_proxy_authentication_credential {
    access_key_id         = "%s"
    raw_secret_access_key = "%s"
  }
}
"""
KEYS_IN_TERRAFORM = """
data "aws_kms_custom_key_store" "house" { custom_key_store_name = aws_kms_custom_key_store.house.custom_key_store_name }
resource "aws_kms_key" "house" { custom_key_store_id = data.aws_kms_custom_key_store.house.id }
resource "aws_kms_key" "abroad" {
  custom_key_store_id = aws_kms_custom_key_store.abroad.id
  xks_key_id          = "first"
}
"""


@needs_terraform[0]
@needs_terraform[1]
@needs_terraform[2]
def test_terraform(durable: Callable[..., Server], token: Token, proxy: Proxy, tmp_path: Path) -> None:
    server = durable(*proxy.options, environment=token.environment).start()
    kms = server.root.client("kms")
    folder = tmp_path / "terraform"
    folder.mkdir()
    stores = STORES_IN_TERRAFORM % (CLUSTER, token.pin, ANCHOR, HOST, PATH, ACCESS_KEY, SECRET)
    terraform = Terraform(folder, server.root, stores)
    terraform.apply()
    terraform.assert_no_drift()
    entries = {one["CustomKeyStoreName"]: one for one in kms.describe_custom_key_stores()["CustomKeyStores"]}
    assert set(entries) == {"house", "abroad"}
    # Terraform connects nothing.
    for entry in entries.values():
        assert connect(kms, entry["CustomKeyStoreId"])["ConnectionState"] == "CONNECTED"
    (folder / "keys.tf").write_text(KEYS_IN_TERRAFORM)
    terraform.apply()
    terraform.assert_no_drift()
    origins = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Origin"] for key in kms.list_keys()["Keys"]]
    assert sorted(origins) == ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
