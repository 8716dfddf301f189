"""The proxy of an external key store, by AWS's specification of its API, with a few keys of its own.

https://github.com/aws/aws-kms-xksproxy-api-spec/blob/main/xks_proxy_api_spec.md
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ACCESS_KEY = "TESTS234567TESTS234567"
SECRET = "xks/secret+of+the+tests0123456789abcdefghijklm"
HOST = "xks.example.com"
PATH = "/tests/kms/xks/v1"


class Refusal(Exception):
    def __init__(self, status: int, name: str):
        super().__init__(name)
        self.status, self.name = status, name


class ExternalKey:
    def __init__(self) -> None:
        self.secret = AESGCM(os.urandom(32))
        self.spec, self.usage, self.status = "AES_256", ["ENCRYPT", "DECRYPT", "WRAP"], "ENABLED"


class Proxy:
    """Answers on this machine, over HTTP, or over HTTPS with a certificate's file. A test can change everything."""

    def __init__(self, certificate: str | None = None):
        self.credentials = {ACCESS_KEY: SECRET}
        self.keys: dict[str, ExternalKey] = {"first": ExternalKey(), "second": ExternalKey()}
        self.health = ["ACTIVE", "UNAVAILABLE"]
        #: What is appended to ciphertexts, such as a version of the key.
        self.metadata = b"version=1"
        #: Instead of what is right: the status, and the body or what makes another body of it.
        self.answer: Any = None
        #: Cleared for as long as it does not answer.
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                proxy.goes_on.wait()
                try:
                    proxy.check_signature(self.path, self.headers, body)
                    status, answer = 200, json.dumps(proxy.handle(self.path, json.loads(body))).encode()
                except Refusal as refusal:
                    status, answer = refusal.status, json.dumps({"errorName": refusal.name}).encode()
                if proxy.answer is not None:
                    status, other = proxy.answer
                    answer = other(answer) if callable(other) else other
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.goes_on.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def options(self) -> list[str]:
        """What `gatehouse serve` has to know. A machine with much else to do is given more time than AWS gives."""
        return ["--xks-proxy", f"{HOST}={self.url}", "--quota", "KMSExternalKeyStoreTimeout=20000"]

    def parameters(self, **more: Any) -> dict[str, Any]:
        """Of CreateCustomKeyStore."""
        return {
            "CustomKeyStoreName": "abroad",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyUriEndpoint": f"https://{HOST}",
            "XksProxyUriPath": PATH,
            "XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": SECRET},
        } | more

    def check_signature(self, path: str, headers: Any, body: bytes) -> None:
        """By botocore, which takes the request apart as the specification says."""
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([A-Z2-7]+)/(\d{8})/([a-z0-9-]+)/kms-xks-proxy/aws4_request, ?"
            r"SignedHeaders=host;x-amz-date, ?Signature=([0-9a-f]{64})",
            headers.get("Authorization", ""),
        )
        if not found or found[1] not in self.credentials:
            raise Refusal(401, "AuthenticationFailedException")
        date = headers["X-Amz-Date"]
        sent = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        age = abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds())
        signer = SigV4Auth(Credentials(found[1], self.credentials[found[1]]), "kms-xks-proxy", found[3])
        request = AWSRequest("POST", f"https://{headers['Host']}{path}", headers={"X-Amz-Date": date}, data=body)
        request.context["timestamp"] = date
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if age > 300 or not date.startswith(found[2]) or not hmac.compare_digest(expected, found[4]):
            raise Refusal(401, "AuthenticationFailedException")

    def handle(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((path, body))
        found = re.fullmatch(re.escape(PATH) + r"/(health|keys/([A-Za-z0-9._-]+)/(metadata|encrypt|decrypt))", path)
        if not found:
            raise Refusal(404, "InvalidUriPathException")
        if found[1] == "health":
            return {
                "xksProxyFleetSize": 1,
                "xksProxyVendor": "tests",
                "xksProxyModel": "tests 1",
                "ekmVendor": "tests",
                "ekmFleetDetails": [
                    {"id": f"hsm-{n}", "model": "tests", "healthStatus": one} for n, one in enumerate(self.health)
                ],
            }
        if found[2] not in self.keys:
            raise Refusal(404, "KeyNotFoundException")
        key = self.keys[found[2]]
        if found[3] == "metadata":
            return {"keySpec": key.spec, "keyUsage": key.usage, "keyStatus": key.status}
        if key.status != "ENABLED":
            raise Refusal(400, "InvalidStateException")
        assert body["encryptionAlgorithm"] == "AES_GCM"
        return self.encrypt(key, body) if found[3] == "encrypt" else self.decrypt(key, body)

    def encrypt(self, key: ExternalKey, body: dict[str, Any]) -> dict[str, Any]:
        assert body["ciphertextDataIntegrityValueAlgorithm"] == "SHA_256"
        plaintext, given = data(body["plaintext"]), data(body["additionalAuthenticatedData"])
        assert len(plaintext) <= 4300 and len(given) <= 8192
        vector = os.urandom(12)
        sealed = key.secret.encrypt(vector, plaintext, authenticated(given, self.metadata))
        ciphertext, tag = sealed[:-16], sealed[-16:]
        answer = {
            "ciphertext": text(ciphertext),
            "initializationVector": text(vector),
            "authenticationTag": text(tag),
            "ciphertextDataIntegrityValue": text(
                hashlib.sha256(given + self.metadata + vector + ciphertext + tag).digest()
            ),
        }
        return answer | ({"ciphertextMetadata": text(self.metadata)} if self.metadata else {})

    def decrypt(self, key: ExternalKey, body: dict[str, Any]) -> dict[str, Any]:
        context = authenticated(data(body["additionalAuthenticatedData"]), data(body.get("ciphertextMetadata", "")))
        sealed = data(body["ciphertext"]) + data(body["authenticationTag"])
        try:
            return {"plaintext": text(key.secret.decrypt(data(body["initializationVector"]), sealed, context))}
        except InvalidTag:
            raise Refusal(400, "InvalidCiphertextException") from None


def authenticated(given: bytes, metadata: bytes) -> bytes:
    return len(given).to_bytes(2, "big") + given + len(metadata).to_bytes(1, "big") + metadata


def data(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()
