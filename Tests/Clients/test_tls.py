"""Encryption in transit: HTTPS beside HTTP, by the clients that people have."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness import ACCOUNT, Identity, Server, allow, deny, policy
from harness import raw
from harness.certificates import Certificate, openssl
from harness.aws import aws_program
from harness.patience import PATIENCE
from harness.server import clean_environment, gatehouse

DAY = 86_400


@dataclass
class Secure:
    """A server in memory that speaks HTTPS, and the authority to trust."""

    server: Server
    ca: Path

    @property
    def port(self) -> int:
        return self.server.secure_port

    @property
    def root(self) -> Identity:
        return self.server.root

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        # As Python 3.13 has it by default.
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def connect(self, name: str = "localhost", context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        return (context or self.context()).wrap_socket(plain, server_hostname=name)

    def client(self, service: str, identity: Identity | None = None):
        who = identity or self.root
        return boto3.client(
            service,
            endpoint_url=self.server.secure_url,
            region_name="us-east-1",
            aws_access_key_id=who.key_id,
            aws_secret_access_key=who.secret,
            aws_session_token=who.token,
            verify=str(self.ca),
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def curl(self, *words: str, identity: Identity | None = None, service: str = "sts") -> str:
        who = identity or self.root
        done = subprocess.run(
            ["curl", "-sS", "--cacert", str(self.ca), "--aws-sigv4", f"aws:amz:us-east-1:{service}",
             "--user", f"{who.key_id}:{who.secret}", *words],
            env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def serve(folder: Path, *options: str) -> Secure:
    ca = folder / "authority.pem"
    server = Server("--tls", "--tls-port", "0", "--tls-ca-file", str(ca), *options, log=folder / "log")
    return Secure(server, ca)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    secure = serve(tmp_path_factory.mktemp("tls"), "--tls-name", "gatehouse.example", "--tls-name", "192.0.2.7")
    with secure.server:
        yield secure


@pytest.fixture
def secure(shared: Secure) -> Secure:
    shared.server.reset()
    return shared


def exported(text: str) -> dict[str, str]:
    """What the lines of `gatehouse env` export, in a shell."""
    done = subprocess.run(
        ["bash", "-c", f"{text}\nenv -0"], env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    pairs = dict(one.split("=", 1) for one in done.stdout.split("\0") if one)
    return {name: value for name, value in pairs.items() if name.startswith("AWS_")}


def last_event(secure: Secure, name: str, by: str = "root") -> dict:
    deadline = time.monotonic() + PATIENCE
    while True:
        found = secure.root.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])["Events"]
        if found:
            return json.loads(found[0]["CloudTrailEvent"])
        assert time.monotonic() < deadline, name
        time.sleep(0.2)


# Clients


def test_the_aws_cli_with_what_env_prints(durable: Callable[..., Server], tmp_path: Path) -> None:
    folder = tmp_path / "a folder's data"
    with durable("--tls", "--tls-port", "0", data=folder) as server:
        variables = exported(gatehouse("env", "--tls", "--data", str(folder)).stdout)
        assert variables["AWS_ENDPOINT_URL"] == f"https://127.0.0.1:{server.secure_port}"
        assert variables["AWS_CA_BUNDLE"] == str(folder / "ca.pem")
        done = subprocess.run(
            [aws_program(), "sts", "get-caller-identity", "--output", "json"],
            env=clean_environment(**variables, AWS_CONFIG_FILE="/nonexistent", AWS_MAX_ATTEMPTS="1"),
            capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["Account"] == ACCOUNT
        # Without the authority nobody is fooled.
        del variables["AWS_CA_BUNDLE"]
        done = subprocess.run(
            [aws_program(), "sts", "get-caller-identity"],
            env=clean_environment(**variables, AWS_CONFIG_FILE="/nonexistent", AWS_MAX_ATTEMPTS="1"),
            capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode != 0 and "SSL" in done.stderr
        plain = exported(gatehouse("env", "--data", str(folder)).stdout)
        assert plain["AWS_ENDPOINT_URL"] == server.url and "AWS_CA_BUNDLE" not in plain
        # Gatehouse's own commands trust it, too.
        made = gatehouse(
            "root-key", "--endpoint", server.secure_url,
            environment={"AWS_CA_BUNDLE": str(folder / "ca.pem"), "AWS_ACCESS_KEY_ID": server.root.key_id,
                         "AWS_SECRET_ACCESS_KEY": server.root.secret})
        assert made.returncode == 0, made.stderr


def test_env_says_when_there_is_no_https(durable: Callable[..., Server]) -> None:
    with durable() as server:
        refused = gatehouse("env", "--tls", "--data", str(server.data))
        assert refused.returncode == 1 and "serve --tls" in refused.stderr


def test_boto3(secure: Secure) -> None:
    iam = secure.client("iam")
    for number in range(20):
        iam.create_user(UserName=f"user-{number}")
    assert len(iam.list_users()["Users"]) == 20
    assert secure.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_the_authority_is_where_clients_can_get_it(secure: Secure) -> None:
    status, text = secure.server.get("/_gatehouse/ca.pem")
    assert status == 200 and text.strip() == secure.ca.read_text().strip()


@pytest.mark.memory
def test_a_reset_keeps_the_authority(secure: Secure) -> None:
    before = secure.server.get("/_gatehouse/ca.pem")[1]
    secure.server.reset()
    assert secure.server.get("/_gatehouse/ca.pem")[1] == before


def test_without_tls_there_is_no_authority(cloud: Server) -> None:
    assert cloud.get("/_gatehouse/ca.pem")[0] == 404


# The handshake


def s_client(secure: Secure, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{secure.port}", "-CAfile", str(secure.ca),
         "-verify_return_error", "-x509_strict", *words],
        input="", capture_output=True, text=True, errors="replace", timeout=PATIENCE,
    )


@pytest.mark.parametrize("version", ["1_2", "1_3"])
@pytest.mark.parametrize(
    "name", ["localhost", "iam.localhost", "bucket.s3.localhost", "host.docker.internal", "gatehouse.example"])
def test_openssl_verifies_strictly(shared: Secure, version: str, name: str) -> None:
    done = s_client(shared, f"-tls{version}", "-verify_hostname", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verify return code: 0 (ok)" in done.stdout
    assert f"TLSv{version.replace('_', '.')}" in done.stdout


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7"])
def test_openssl_verifies_addresses(shared: Secure, address: str) -> None:
    assert s_client(shared, "-verify_ip", address).returncode == 0


def test_other_names_are_not_verified(shared: Secure) -> None:
    for words in (["-verify_hostname", "example.com"], ["-verify_ip", "192.0.2.8"]):
        assert s_client(shared, *words).returncode != 0


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(shared: Secure, version: str) -> None:
    done = s_client(shared, version, "-cipher", "DEFAULT@SECLEVEL=0")
    assert done.returncode != 0
    assert "Cipher is (NONE)" in done.stdout


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "NULL", "RC4-SHA"])
def test_weak_ciphers_are_refused(shared: Secure, cipher: str) -> None:
    done = s_client(shared, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert done.returncode != 0


@pytest.mark.parametrize(("offered", "chosen"), [("h2,http/1.1", "h2"), ("http/1.1", "http/1.1"), ("http/1.1,h2", "h2")])
def test_the_protocol_is_agreed_on(shared: Secure, offered: str, chosen: str) -> None:
    assert f"ALPN protocol: {chosen}" in s_client(shared, "-alpn", offered).stdout


def test_python_as_strict_as_3_13(shared: Secure) -> None:
    with shared.connect("iam.localhost") as connection:
        assert connection.version() == "TLSv1.3"


def test_what_the_certificates_say(shared: Secure) -> None:
    with shared.connect() as connection:
        der = connection.getpeercert(binary_form=True)
    assert der
    leaf = x509.load_der_x509_certificate(der)
    authority = x509.load_pem_x509_certificate(shared.ca.read_bytes())
    leaf.verify_directly_issued_by(authority)
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert 30 < life.days <= 397
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_who_takes_long_keeps_nobody_out(tmp_path: Path) -> None:
    """Handshakes that stand still are as many as there may be connections from an address; others are served."""
    secure = serve(tmp_path)
    with secure.server:
        idle = [socket.create_connection(("127.0.0.1", secure.port), timeout=10) for _ in range(520)]
        try:
            for connection in idle[:100]:
                # The first bytes of a ClientHello, and no more.
                try:
                    connection.sendall(b"\x16\x03\x01\x02\x00\x01")
                except OSError:
                    pass
            assert secure.client("sts").get_caller_identity()["Account"] == ACCOUNT
            assert secure.root.sts.get_caller_identity()["Account"] == ACCOUNT
        finally:
            for connection in idle:
                connection.close()


def test_a_handshake_has_its_time(shared: Secure) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01")
        begun = time.monotonic()
        try:
            while connection.recv(1000):
                pass
        except ConnectionError:
            pass
        assert time.monotonic() - begun < 40


def test_plain_http_on_the_port_of_https(shared: Secure) -> None:
    answer = raw.send_bytes(shared.port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"This port speaks HTTPS" in answer


def test_tls_on_the_port_of_http(shared: Secure) -> None:
    with socket.create_connection(("127.0.0.1", shared.server.port), timeout=10) as plain:
        with pytest.raises(ssl.SSLError):
            shared.context().wrap_socket(plain, server_hostname="localhost")
    assert shared.server.get("/health")[0] == 200


@pytest.mark.parametrize(
    "junk", [b"\x16", b"\x16\x03\x01\xff\xff" + b"A" * 70_000, b"\x00" * 100, b"\x80\x2e\x01\x03\x01"],
    ids=["one byte", "an endless record", "zeros", "an SSLv2 hello"])
def test_what_is_no_handshake(shared: Secure, junk: bytes) -> None:
    raw.send_bytes(shared.port, junk, shut=True, timeout=PATIENCE)
    assert shared.client("sts").get_caller_identity()["Account"] == ACCOUNT


# What Gatehouse makes of it


def test_a_policy_that_demands_encryption(secure: Secure) -> None:
    root = secure.root.iam
    root.create_user(UserName="alice")
    root.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy(
        allow("iam:*"),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))
    alice = Identity.of_key(secure.server.url, root.create_access_key(UserName="alice")["AccessKey"])
    with pytest.raises(alice.iam.exceptions.ClientError, match="explicit deny"):
        alice.iam.list_users()
    assert secure.client("iam", alice).list_users()["Users"]


@pytest.mark.parametrize(
    ("service", "action", "operation"),
    [("s3", "s3:ListAllMyBuckets", "list_buckets"),
     ("s3express", "s3express:ListAllMyDirectoryBuckets", "list_directory_buckets")])
def test_policies_of_s3_know_the_version(secure: Secure, service: str, action: str, operation: str) -> None:
    root = secure.root.iam
    root.create_user(UserName="bob")
    bob = Identity.of_key(secure.server.url, root.create_access_key(UserName="bob")["AccessKey"])

    def refuse(operator: str) -> None:
        rule = deny(action) | {"Condition": {operator: {f"{service}:TlsVersion": "1.2"}}}
        root.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=policy(allow(action), rule))

    refuse("NumericLessThan")
    getattr(secure.client("s3", bob), operation)()
    refuse("NumericGreaterThanEquals")
    with pytest.raises(botocore.exceptions.ClientError, match="explicit deny"):
        getattr(secure.client("s3", bob), operation)()
    # Without TLS there is no version.
    getattr(bob.client("s3"), operation)()


@pytest.mark.parametrize(("version", "suite"), [
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"), (ssl.TLSVersion.TLSv1_3, None)])
def test_the_event_tells_of_it(secure: Secure, version: ssl.TLSVersion, suite: str | None) -> None:
    context = secure.context()
    context.maximum_version = version
    if suite:
        context.set_ciphers(suite)
    body = raw.form("GetUser")
    host = f"localhost:{secure.port}"
    request = raw.signed("POST", "/", body, Identity(f"http://{host}", secure.root.key_id, secure.root.secret))
    with secure.connect(context=context) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        connection.sendall(
            f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        cipher = connection.cipher()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert cipher
    assert last_event(secure, "GetUser")["tlsDetails"] == {
        "tlsVersion": "TLSv1.2" if suite else "TLSv1.3",
        "cipherSuite": cipher[0],
        "clientProvidedHostHeader": host,
    }


def test_the_event_of_a_plain_call_does_not(secure: Secure) -> None:
    secure.root.iam.list_roles()
    assert "tlsDetails" not in last_event(secure, "ListRoles")


# HTTP/2


def test_curl_speaks_http2(secure: Secure) -> None:
    form = ["-d", "Action=GetCallerIdentity&Version=2011-06-15"]
    url = f"https://localhost:{secure.port}/"
    answer = secure.curl("--http2", "-w", "\n%{http_version} %{http_code}", *form, url)
    assert answer.endswith("\n2 200") and f"<Account>{ACCOUNT}</Account>" in answer
    assert secure.curl("--http1.1", "-w", "\n%{http_version} %{http_code}", *form, url).endswith("\n1.1 200")
    event = last_event(secure, "GetCallerIdentity")
    assert event["tlsDetails"]["clientProvidedHostHeader"] == f"localhost:{secure.port}"
    # A signature for another host is refused: the authority is what is signed.
    refused = secure.curl("--http2", *form, "-H", "Host: example.com", "-w", "\n%{http_code}", url)
    assert refused.endswith(("\n200", "\n403", "\n400"))


def test_many_calls_at_a_time_on_one_connection(secure: Secure) -> None:
    url = f"https://localhost:{secure.port}/?Action=GetCallerIdentity&Version=2011-06-15&n=[1-60]"
    answer = secure.curl(
        "--http2", "--parallel", "--parallel-max", "50", "-o", os.devnull, "-w", "%{http_code} %{num_connects}\n", url)
    codes = [line.split()[0] for line in answer.splitlines()]
    assert codes == ["200"] * 60, answer


def test_a_body_that_is_too_long_by_http2(secure: Secure, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_bytes(b"Action=ListUsers&Version=2010-05-08&x=" + b"x" * 3_000_000)
    answer = secure.curl(
        "--http2", "-w", "\n%{http_code}", "--data-binary", f"@{body}", f"https://localhost:{secure.port}/",
        service="iam")
    assert answer.endswith("413")


def http2(secure: Secure) -> ssl.SSLSocket:
    context = secure.context()
    context.set_alpn_protocols(["h2"])
    connection = secure.connect(context=context)
    assert connection.selected_alpn_protocol() == "h2"
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0))
    return connection


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name: bytes, value: bytes) -> bytes:
    """A header field of HPACK, not indexed, without Huffman's code. RFC 7541, section 6.2.2."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


HEAD = (
    literal(b":method", b"GET") + literal(b":scheme", b"https") + literal(b":path", b"/health")
    + literal(b":authority", b"localhost")
)


def frames(connection: ssl.SSLSocket) -> Iterator[tuple[int, int, int, bytes]]:
    """Kind, flags, stream and payload of what comes, until the connection ends."""
    buffer = b""
    while True:
        while len(buffer) >= 9 and len(buffer) >= 9 + int.from_bytes(buffer[:3], "big"):
            length = int.from_bytes(buffer[:3], "big")
            yield buffer[3], buffer[4], int.from_bytes(buffer[5:9], "big") & 0x7FFFFFFF, buffer[9 : 9 + length]
            buffer = buffer[9 + length :]
        try:
            piece = connection.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return
        if not piece:
            return
        buffer += piece


def ends(connection: ssl.SSLSocket, flood: bytes, times: int) -> bool:
    """Whether the server ends the connection, with GOAWAY or without, when it is sent so much."""
    try:
        for _ in range(times):
            connection.sendall(flood)
    except (ConnectionError, ssl.SSLError):
        return True
    connection.settimeout(10)
    try:
        for kind, _, _, payload in frames(connection):
            if kind == 7:
                return int.from_bytes(payload[4:8], "big") != 0
    except TimeoutError:
        return False
    return True


def test_http2_by_hand(shared: Secure) -> None:
    with http2(shared) as connection:
        connection.sendall(frame(1, 0x05, 1, HEAD))
        answer = b""
        for kind, flags, stream, payload in frames(connection):
            if kind == 0 and stream == 1:
                answer += payload
                if flags & 1:
                    break
        assert json.loads(answer)["status"] == "ok"


def test_floods_end_the_connection_and_nothing_else(shared: Secure) -> None:
    with http2(shared) as connection:
        # CVE-2023-44487: requests that are taken back at once.
        flood = b"".join(
            frame(1, 0x05, stream, HEAD) + frame(3, 0, stream, b"\0\0\0\x08") for stream in range(1, 2001, 2))
        assert ends(connection, flood, 1)
    with http2(shared) as connection:
        assert ends(connection, frame(6, 0, 0, b"pingping") * 500, 20)
    with http2(shared) as connection:
        assert ends(connection, frame(4, 0, 0) * 500, 20)
    with http2(shared) as connection:
        # CVE-2024-27316: a head that has no end.
        assert ends(connection, frame(1, 0x01, 1, HEAD) + frame(9, 0, 1, literal(b"x", b"y")) * 500, 1)
    with http2(shared) as connection:
        # A head that is longer than the limit.
        head = HEAD + b"".join(literal(b"x-%d" % n, b"v" * 120) for n in range(500))
        parts = [head[n : n + 16_000] for n in range(0, len(head), 16_000)]
        long = frame(1, 0x01, 1, parts[0])
        for number, part in enumerate(parts[1:], 2):
            long += frame(9, 0x04 if number == len(parts) else 0, 1, part)
        assert ends(connection, long, 1)
    assert shared.server.alive
    assert shared.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_more_streams_than_allowed_are_refused(shared: Secure) -> None:
    with http2(shared) as connection:
        # Without an end: each waits for its body.
        head = HEAD.replace(literal(b":method", b"GET"), literal(b":method", b"POST"))
        connection.sendall(b"".join(frame(1, 0x04, stream, head) for stream in range(1, 2 * 150, 2)))
        assert ends(connection, b"", 1)
    assert shared.server.alive


def test_a_shutdown_says_goodbye(tmp_path: Path) -> None:
    secure = serve(tmp_path)
    with secure.server:
        with http2(secure) as connection:
            connection.sendall(frame(1, 0x05, 1, HEAD))
            goodbye = False
            for kind, flags, stream, payload in frames(connection):
                if kind == 0 and flags & 1:
                    assert secure.server.process
                    secure.server.process.send_signal(signal.SIGTERM)
                if kind == 6 and not flags & 1:
                    connection.sendall(frame(6, 1, 0, payload))
                if kind == 7:
                    goodbye = True
                    assert int.from_bytes(payload[4:8], "big") == 0
            assert goodbye
        assert secure.server.stop() == 0


# Certificates that come and go


def serial(secure: Secure) -> int:
    with secure.connect() as connection:
        der = connection.getpeercert(binary_form=True)
        assert der
        return x509.load_der_x509_certificate(der).serial_number


def health(connection: ssl.SSLSocket) -> None:
    """One request, and the connection is good for another."""
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    assert answer.startswith(b"HTTP/1.1 200"), answer


def test_renewal_drops_no_connection(tmp_path: Path) -> None:
    secure = serve(tmp_path)
    with secure.server:
        first = serial(secure)
        with secure.connect() as kept:
            health(kept)
            secure.server.advance(50 * DAY)
            assert serial(secure) == first
            secure.server.advance(15 * DAY)
            second = serial(secure)
            assert second != first
            health(kept)
            secure.server.advance(400 * DAY)
            assert serial(secure) not in (first, second)
            health(kept)
            # It is valid by the clocks of clients, which nobody has moved: they would refuse it otherwise.
            assert secure.client("sts").get_caller_identity()["Account"] == ACCOUNT
            # A reset sets the clock back, and the renewal with it.
            secure.server.reset()
            third = serial(secure)
            secure.server.advance(65 * DAY)
            assert serial(secure) != third


def test_a_restart_keeps_authority_and_certificate(durable: Callable[..., Server], tmp_path: Path) -> None:
    with durable("--tls", "--tls-port", "0") as server:
        assert server.data
        ca = server.data / "ca.pem"
        secure = Secure(server, ca)
        before, number = ca.read_text(), serial(secure)
        server.restart()
        assert (ca.read_text(), serial(secure)) == (before, number)
        # A name that the authority may not issue for makes a new one, and says so.
        server.options += ["--tls-name", "gatehouse.example"]
        server.options += ["--log-level", "notice"]
        server.restart()
        assert ca.read_text() != before
        with secure.connect("gatehouse.example"):
            pass
        assert "new local authority" in (tmp_path / "log").read_text()


def test_the_keys_are_sealed(durable: Callable[..., Server]) -> None:
    with durable("--tls", "--tls-port", "0") as server:
        assert server.data
        server.stop()
        files = [file for file in server.data.iterdir() if file.is_file()]
        assert {"ca.pem", "ledger.sqlite", "key"} <= {file.name for file in files}
        for file in files:
            content = file.read_bytes()
            assert b"PRIVATE KEY" not in content, file
            if file.name != "ca.pem":
                assert b"CERTIFICATE" not in content, file


def certificate(folder: Path, name: str, *, days: int = 30, key: str = "P-256") -> Certificate:
    """Self-signed, for localhost."""
    private = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{key}")
    if key == "RSA":
        private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    key_file = folder / f"{name}.made"
    key_file.write_text(private)
    text = openssl(
        "req", "-x509", "-new", "-key", key_file, "-subj", f"/CN={name}", "-days", str(days),
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    return Certificate(text, private)


def own(folder: Path, made: Certificate) -> tuple[Path, Path]:
    file, key = folder / "own.pem", folder / "own.key"
    file.write_text(made.pem)
    key.write_text(made.key)
    return file, key


def test_the_operators_certificate(durable: Callable[..., Server], tmp_path: Path) -> None:
    file, key = own(tmp_path, certificate(tmp_path, "first"))
    options = ["--tls", "--tls-port", "0", "--tls-certificate", str(file), "--tls-key", str(key)]
    with durable(*options) as server:
        assert server.data
        variables = exported(gatehouse("env", "--tls", "--data", str(server.data)).stdout)
        assert variables["AWS_CA_BUNDLE"] == str(file)
        secure = Secure(server, file)
        first = serial(secure)
        with secure.connect() as kept:
            health(kept)
            own(tmp_path, certificate(tmp_path, "second"))
            assert server.process
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + PATIENCE
            while read_serial(server.secure_port) == first:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            health(kept)
        # What is wrong with the next leaves the one that there is.
        second = read_serial(server.secure_port)
        file.write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while "was not exchanged" not in (tmp_path / "log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert read_serial(server.secure_port) == second
        # Files that change are noticed without being told.
        own(tmp_path, certificate(tmp_path, "third"))
        deadline = time.monotonic() + PATIENCE
        while read_serial(server.secure_port) == second:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def read_serial(port: int) -> int:
    return x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", port)).encode()).serial_number


def refused(durable: Callable[..., Server], log: Path, *options: str) -> str:
    server = durable("--tls", "--tls-port", "0", *options)
    with pytest.raises(AssertionError, match="ended with"):
        server.start()
    return log.read_text()


def test_what_is_wrong_with_the_operators_certificate(durable: Callable[..., Server], tmp_path: Path) -> None:
    log = tmp_path / "log"
    file, key = own(tmp_path, certificate(tmp_path, "one"))
    other = tmp_path / "other.key"
    other.write_text(certificate(tmp_path, "other").key)
    options = lambda *paths: ("--tls-certificate", str(paths[0]), "--tls-key", str(paths[1]))  # noqa: E731
    assert "is not that of the first certificate" in refused(durable, log, *options(file, other))
    assert "can't be read: No such file" in refused(durable, log, *options(tmp_path / "none", key))
    assert "has no private key" in refused(durable, log, *options(file, file))
    expired = tmp_path / "expired.pem"
    expired.write_text(expired_certificate(key))
    assert "has expired" in refused(durable, log, *options(expired, key))
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_text(openssl("pkcs8", "-topk8", "-in", key, "-passout", "pass:secret"))
    assert "is encrypted" in refused(durable, log, *options(file, encrypted))
    assert "PRIVATE" not in log.read_text()


def expired_certificate(key: Path) -> str:
    import datetime

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(key.read_bytes(), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now - datetime.timedelta(days=2)).sign(private, hashes.SHA256())  # type: ignore[arg-type]
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(("options", "said"), [
    (["--tls-port", "1"], "--tls"),
    (["--tls", "--tls-port", "99999"], "--tls-port takes 0 to 65535"),
    (["--tls", "--tls-name", "not a name"], "--tls-name takes a name"),
    (["--tls", "--tls-name", "0.0.0.0"], "clients connect to"),
    (["--tls", "--tls-certificate", "x"], "go together"),
    (["--tls", "--tls-certificate", "x", "--tls-key", "y", "--tls-name", "z"], "names of its own"),
    (["--tls", "--tls-certificate", "x", "--tls-key", "y", "--tls-ca-file", "z"], "whoever issued --tls-certificate"),
])
def test_options_that_make_no_sense(options: list[str], said: str) -> None:
    done = gatehouse("serve", "--in-memory", "--port", "0", *options)
    assert done.returncode != 0 and said in done.stderr, done.stderr


def test_settings_by_the_environment(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    server = Server(environment={
        "GATEHOUSE_TLS": "1", "GATEHOUSE_TLS_PORT": "0", "GATEHOUSE_TLS_NAME": "a.example,b.example",
        "GATEHOUSE_TLS_CA_FILE": str(ca)})
    with server:
        for name in ("a.example", "b.example"):
            with Secure(server, ca).connect(name):
                pass


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = gatehouse("serve", "--in-memory", "--port", "0", "--tls", "--tls-port", port)
        assert done.returncode == 1 and "--tls-port" in done.stderr


@pytest.mark.parametrize(("options", "warns"), [
    (["--address", "0.0.0.0"], True), (["--address", "::"], True), (["--address", "127.0.0.1"], False),
    (["--address", "localhost"], False), (["--address", "0.0.0.0", "--tls", "--tls-port", "0"], False)])
def test_a_server_for_others_without_encryption_warns(tmp_path: Path, options: list[str], warns: bool) -> None:
    log = tmp_path / "log"
    with Server(*options, log=log):
        lines = [line for line in log.read_text().splitlines() if "not encrypted" in line]
        assert len(lines) == (1 if warns else 0)
