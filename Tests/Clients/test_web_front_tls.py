"""The web front's HTTPS: certificates by name, renewed while connections are open, HTTP/2, and clients that show theirs."""

from __future__ import annotations

import datetime
import json
import shutil
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from harness.certificates import openssl
from harness.upstream import Peer, Upstream, answer
from harness.patience import PATIENCE
from harness.web_front import WebFront, until


def make(folder: Path, name: str, *words: str, issuer: str | None = None) -> None:
    """A key and a certificate as NAME.key and NAME.pem."""
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    signer = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else []
    openssl("req", "-x509", "-new", "-key", key, "-days", "30", "-out", pem, *words, *signer)


def revoke(folder: Path, authority: str, *names: str) -> None:
    """Writes the authority's list of revoked certificates to revoked.pem."""
    issuer = x509.load_pem_x509_certificate((folder / f"{authority}.pem").read_bytes())
    key = load_pem_private_key((folder / f"{authority}.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(now)
    made = made.next_update(now + datetime.timedelta(days=7))
    for name in names:
        serial = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()).serial_number
        made = made.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build())
    (folder / "new.crl").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "new.crl").rename(folder / "revoked.pem")


def said(peer: Peer) -> None:
    """Answers with what was asked."""
    seen = peer.read()
    peer.send(answer(json.dumps({"target": seen.target, "headers": seen.headers, "body": seen.body.decode("latin-1")}).encode()))


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(said) as started:
        yield started


@pytest.fixture(scope="module")
def front(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebFront]:
    folder = tmp_path_factory.mktemp("front")
    for name, names in (("shop", "DNS:shop.example.com,DNS:*.shop.example.com"), ("bank", "DNS:bank.example.com")):
        make(folder, name, "-subj", f"/CN={name}.example.com", "-addext", f"subjectAltName={names}")
    make(folder, "authority", "-subj", "/O=Example/CN=Clients", "-addext", "basicConstraints=critical,CA:TRUE")
    make(folder, "other", "-subj", "/O=Example/CN=Others", "-addext", "basicConstraints=critical,CA:TRUE")
    for name, issuer in (("alice", "authority"), ("eve", "authority"), ("mallory", "other")):
        leaf = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=clientAuth")
        make(folder, name, "-subj", f"/C=US/ST=Washington/O=Example/CN={name}", *leaf, issuer=issuer)
    text = ""
    for name, hosts in (("shop", "shop.example.com, *.shop.example.com"), ("bank", "bank.example.com")):
        text += f"{name} = {upstream.url}\n    hosts = {hosts}\n    certificate-file = {folder}/{name}.pem\n    key-file = {folder}/{name}.key\n"
    make(folder, "inner", "-subj", "/CN=inner", "-addext", "subjectAltName=IP:127.0.0.1")
    revoke(folder, "authority", "eve")
    text += f"    trust = {folder}/authority.pem\n    revocations = {folder}/revoked.pem\n"
    with Upstream(said, certificate=(folder / "inner.pem", folder / "inner.key")) as sealed:
        text += f"doubting = {sealed.url}\n    hosts = doubting.example.com\n"
        text += f"trusting = {sealed.url}\n    hosts = trusting.example.com\n    tls = verify {folder}/inner.pem\n"
        with WebFront(folder, text) as started:
            yield started


@pytest.fixture
def folder(front: WebFront) -> Path:
    return front.file.parent


def context(folder: Path, authority: str, *protocols: str, client: str | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(folder / f"{authority}.pem"))
    made.set_alpn_protocols(list(protocols or ("http/1.1",)))
    if client:
        made.load_cert_chain(folder / f"{client}.pem", folder / f"{client}.key")
    return made


def ask(connection: socket.socket, host: str, path: str = "/") -> dict:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data or not data.endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, data
        data += piece
    return json.loads(data.split(b"\r\n\r\n", 1)[1])


def curl(front: WebFront, host: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    place = f"{host}:{front.secure_port}:127.0.0.1"
    return subprocess.run(
        ["curl", "-sS", "--max-time", "20", "--resolve", place, f"https://{host}:{front.secure_port}/", *words], capture_output=True
    )


# Certificates


def test_each_application_shows_its_own_certificate(front: WebFront, folder: Path) -> None:
    for name in ("shop.example.com", "a.shop.example.com"):
        with front.connect(name, context(folder, "shop")) as connection:
            headers = dict(ask(connection, name)["headers"])
            assert headers["X-Forwarded-Proto"] == "https" and headers["X-Forwarded-Port"] == str(front.secure_port)
            assert not [one for one in headers if "Mtls" in one]
    # Who names nobody, or somebody who is not here, gets the first.
    unnamed = context(folder, "shop")
    unnamed.check_hostname = False
    with front.connect(None, unnamed) as connection:
        assert ask(connection, "shop.example.com")


def test_tls_is_new_enough(front: WebFront, folder: Path) -> None:
    for version, works in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_1, False)):
        fixed = context(folder, "shop")
        fixed.set_ciphers("DEFAULT@SECLEVEL=0")
        fixed.minimum_version = fixed.maximum_version = version
        try:
            with front.connect("shop.example.com", fixed) as connection:
                ask(connection, "shop.example.com")
            assert works, version
        except ssl.SSLError:
            assert not works, version


def test_a_renewed_certificate_is_shown_while_connections_go_on(front: WebFront, folder: Path) -> None:
    def serial() -> int:
        # Which of the two is shown is to be seen, and not whether it is trusted.
        unverified = context(folder, "shop")
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        with front.connect("shop.example.com", unverified) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"").serial_number

    before = serial()
    with front.connect("shop.example.com", context(folder, "shop")) as connection:
        ask(connection, "shop.example.com")
        make(folder, "new", "-subj", "/CN=shop.example.com", "-addext", "subjectAltName=DNS:shop.example.com,DNS:*.shop.example.com")
        shutil.move(folder / "new.key", folder / "shop.key")
        shutil.move(folder / "new.pem", folder / "shop.pem")
        until(lambda: serial() != before, within=10)
        ask(connection, "shop.example.com")
    # What can't be used leaves the last in place.
    key = (folder / "shop.key").read_text()
    (folder / "shop.key").write_text("none")
    until(lambda: "can't be shown" in front.log.read_text())
    assert serial() != before
    (folder / "shop.key").write_text(key)


# Clients that show theirs


def test_a_client_that_is_vouched_for_is_told_of(front: WebFront, folder: Path) -> None:
    with front.connect("bank.example.com", context(folder, "bank", client="alice")) as connection:
        headers = dict(ask(connection, "bank.example.com")["headers"])
    leaf = x509.load_pem_x509_certificate((folder / "alice.pem").read_bytes())
    assert headers["X-Amzn-Mtls-Clientcert-Subject"] == "CN=alice,O=Example,ST=Washington,C=US"
    assert headers["X-Amzn-Mtls-Clientcert-Issuer"] == "CN=Clients,O=Example"
    assert int(headers["X-Amzn-Mtls-Clientcert-Serial-Number"], 16) == leaf.serial_number
    form = "%Y-%m-%dT%H:%M:%SZ"
    assert headers["X-Amzn-Mtls-Clientcert-Validity"] == (
        f"NotBefore={leaf.not_valid_before_utc.strftime(form)};NotAfter={leaf.not_valid_after_utc.strftime(form)}"
    )
    pem = urllib.parse.unquote(headers["X-Amzn-Mtls-Clientcert-Leaf"])
    assert pem == leaf.public_bytes(Encoding.PEM).decode()
    assert urllib.parse.quote(pem, safe="+=/") == headers["X-Amzn-Mtls-Clientcert-Leaf"]


@pytest.mark.parametrize("client", [None, "mallory"])
def test_a_client_that_nobody_vouches_for_gets_no_connection(front: WebFront, folder: Path, client: str | None) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        with front.connect("bank.example.com", context(folder, "bank", client=client)) as connection:
            ask(connection, "bank.example.com")


def test_a_client_whose_certificate_is_revoked_gets_no_connection(front: WebFront, folder: Path) -> None:
    def is_let_in(name: str) -> bool:
        try:
            with front.connect("bank.example.com", context(folder, "bank", client=name)) as connection:
                return bool(ask(connection, "bank.example.com"))
        except (ssl.SSLError, ConnectionError, AssertionError):
            return False

    assert [is_let_in("alice"), is_let_in("eve")] == [True, False]
    text = front.file.read_text()
    # Signed by somebody else: what there is stays in use.
    revoke(folder, "other", "alice")
    front.reload(text, "the lists of revoked certificates stay as they are")
    assert [is_let_in("alice"), is_let_in("eve")] == [True, False]
    revoke(folder, "authority", "alice")
    front.reload(text, "the lists of revoked certificates are read again")
    assert [is_let_in("alice"), is_let_in("eve")] == [False, True]
    revoke(folder, "authority", "eve")
    front.reload(text, "the lists of revoked certificates are read again")
    assert [is_let_in("alice"), is_let_in("eve")] == [True, False]


def test_the_first_certificate_may_come_later(upstream: Upstream, front: WebFront, folder: Path, tmp_path: Path) -> None:
    text = f"shop = {upstream.url}\n    hosts = shop.example.com\n"
    with WebFront(tmp_path, text) as late:
        assert late.secure_port == 0
        words = "the web front listens for HTTPS, too"
        late.reload(f"{text}    certificate-file = {folder}/shop.pem\n    key-file = {folder}/shop.key\n", words)
        [line] = [line for line in late.log.read_text().splitlines() if words in line]
        late.secure_port = int(line.split("port=")[1].split()[0])
        with late.connect("shop.example.com", context(folder, "shop")) as connection:
            assert ask(connection, "shop.example.com")


def test_the_name_in_host_gets_nobody_past_the_certificate(front: WebFront, folder: Path) -> None:
    words = ["-i", "--cacert", str(folder / "shop.pem"), "-H", "Host: bank.example.com"]
    for version in ("--http1.1", "--http2"):
        assert curl(front, "shop.example.com", version, *words).stdout.split()[1] == b"421"
    plain = subprocess.run(["curl", "-si", front.url, "-H", "Host: bank.example.com"], capture_output=True)
    assert plain.stdout.split()[1] == b"421"


def test_why_tls_with_a_server_failed_is_told(front: WebFront) -> None:
    def asked(host: str) -> bytes:
        return subprocess.run(["curl", "-si", "--max-time", "20", front.url, "-H", f"Host: {host}"], capture_output=True).stdout.split()[1]

    assert asked("trusting.example.com") == b"200"
    assert "TLS with an application's server failed" not in front.log.read_text()
    assert [asked("doubting.example.com") for _ in range(3)] == [b"502"] * 3
    [line] = [line for line in front.log.read_text().splitlines() if "TLS with an application's server failed" in line]
    assert "CERTIFICATE_VERIFY_FAILED" in line, line


def test_plain_http_on_the_port_for_https_is_told_so(front: WebFront) -> None:
    shown = subprocess.run(["curl", "-si", f"http://127.0.0.1:{front.secure_port}/"], capture_output=True).stdout
    assert shown.split()[1] == b"400" and b"HTTPS" in shown


# HTTP/2


def test_http2_becomes_http1(front: WebFront, folder: Path) -> None:
    words = ["--http2", "--cacert", str(folder / "shop.pem"), "-w", "\n%{http_version} %{http_code}"]
    shown = curl(front, "shop.example.com", "-d", "hello", "-H", "Cookie: a=1; b=2", *words).stdout.decode()
    body, last = shown.rsplit("\n", 1)
    assert last == "2 200"
    said = json.loads(body)
    headers = {name.lower(): value for name, value in said["headers"]}
    assert said["body"] == "hello" and headers["content-length"] == "5"
    assert headers["host"] == f"shop.example.com:{front.secure_port}" and headers["cookie"] == "a=1; b=2"


@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_h2load_gets_all_its_answers(front: WebFront, protocol: str) -> None:
    loaded = subprocess.run(
        ["h2load", "-n", "400", "-c", "8", "-m", "10", "--npn-list", protocol, f"--connect-to=127.0.0.1:{front.secure_port}",
         "https://shop.example.com/"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert f"Application protocol: {protocol}\n" in loaded.stdout
    assert "400 total, 400 started, 400 done, 400 succeeded, 0 failed, 0 errored, 0 timeout" in loaded.stdout, loaded.stdout
    assert "status codes: 400 2xx, 0 3xx, 0 4xx, 0 5xx" in loaded.stdout


def test_many_streams_of_a_connection_are_answered(front: WebFront, folder: Path) -> None:
    shown = subprocess.run(
        ["nghttp", "-nv", "-m", "100", f"https://127.0.0.1:{front.secure_port}/", "-H", ":authority: shop.example.com", "--no-dep"],
        capture_output=True, text=True,
    )
    assert shown.stdout.count(":status: 200") >= 100, shown.stdout


def test_an_answer_to_half_an_upload_is_read_over_http2(front: WebFront, folder: Path) -> None:
    """More addresses than a load balancer takes are refused, whatever of the body is still to come."""
    big = folder / "big"
    big.write_bytes(b"x" * 5_000_000)
    words = ["--http2", "--cacert", str(folder / "shop.pem"), "-w", " %{http_version} %{http_code}", "--data-binary", f"@{big}"]
    shown = curl(front, "shop.example.com", *words, "-H", "X-Forwarded-For: " + ", ".join(["192.0.2.1"] * 31))
    assert shown.returncode == 0 and shown.stdout.endswith(b" 2 463"), shown


class Client:
    """A client of HTTP/2 that sends what it is told."""

    def __init__(self, front: WebFront, folder: Path):
        self.socket = front.connect("shop.example.com", context(folder, "shop", "h2"))
        config = h2.config.H2Configuration(
            validate_outbound_headers=False, normalize_outbound_headers=False, validate_inbound_headers=False
        )
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.stream = 1
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.connection.data_to_send())

    def ask(self, headers: list[tuple[str, str]], *data: bytes, ends: bool = True) -> str:
        """The status of the answer, or how the stream, or the connection, ended."""
        stream, self.stream = self.stream, self.stream + 2
        self.connection.send_headers(stream, headers, end_stream=ends and not data)
        for index, piece in enumerate(data):
            self.connection.send_data(stream, piece, end_stream=ends and index == len(data) - 1)
        self.flush()
        self.socket.settimeout(PATIENCE)
        while True:
            data_in = self.socket.recv(65536)
            if not data_in:
                return "closed"
            for event in self.connection.receive_data(data_in):
                if isinstance(event, h2.events.ResponseReceived) and event.stream_id == stream:
                    return dict((n.decode() if isinstance(n, bytes) else n, v.decode() if isinstance(v, bytes) else v) for n, v in event.headers)[":status"]
                if isinstance(event, h2.events.StreamReset) and event.stream_id == stream:
                    return "reset"
                if isinstance(event, h2.events.ConnectionTerminated):
                    return "terminated"
            self.flush()


HEAD = [(":method", "POST"), (":scheme", "https"), (":authority", "shop.example.com"), (":path", "/")]


def changed(name: str, value: str | None) -> list[tuple[str, str]]:
    return [(n, value if n == name else v) for n, v in HEAD if not (n == name and value is None)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        (HEAD + [("x-a", "b\r\ntransfer-encoding: chunked")], [b"x"]),
        (HEAD + [("x-a", "b\nc: d")], []),
        (HEAD + [("x-a", "b\x00c")], []),
        (HEAD + [("x-a\r\nb", "c")], []),
        (HEAD + [("x-a: b", "c")], []),
        (HEAD + [("x a", "c")], []),
        (HEAD + [("X-A", "c")], []),
        (HEAD + [("", "c")], []),
        (HEAD + [("transfer-encoding", "chunked")], [b"0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n"]),
        (HEAD + [("connection", "close")], []),
        (HEAD + [("upgrade", "websocket")], []),
        (HEAD + [("te", "gzip")], []),
        (HEAD + [("content-length", "3")], [b"four"]),
        (HEAD + [("content-length", "5")], [b"four"]),
        (HEAD + [("content-length", "5")], []),
        (HEAD + [("content-length", "4"), ("content-length", "4")], [b"four"]),
        (HEAD + [("content-length", "+4")], [b"four"]),
        (HEAD + [("host", "bank.example.com")], []),
        (HEAD + [(":path", "/admin")], []),
        (HEAD + [("x-a", "b"), (":extra", "c")], []),
        ([("x-a", "b"), *HEAD], []),
        (changed(":path", None), []),
        (changed(":path", ""), []),
        (changed(":path", "admin"), []),
        (changed(":path", "/a b"), []),
        (changed(":path", "/ HTTP/1.1\r\nHost: a\r\n\r\nGET /admin"), []),
        (changed(":path", "/a#b"), []),
        (changed(":path", "*"), []),
        (changed(":method", "GET /admin HTTP/1.1\r\nX:"), []),
        (changed(":method", ""), []),
        (changed(":method", "CONNECT"), []),
        (changed(":scheme", "ftp"), []),
        (changed(":scheme", "https\r\nx: y"), []),
        (changed(":authority", "shop.example.com/"), []),
        (changed(":authority", "a@shop.example.com"), []),
        (changed(":authority", "shop.example.com\r\nx: y"), []),
        (changed(":authority", None), []),
    ],
)
def test_what_would_be_another_request_in_http1_is_refused(
    front: WebFront, folder: Path, upstream: Upstream, headers: list[tuple[str, str]], data: list[bytes]
) -> None:
    upstream.forget()
    ended = Client(front, folder).ask(headers, *data)
    assert ended in ("400", "reset", "terminated", "closed"), ended
    time.sleep(0.1)
    # A body that turns out to be none may be on its way already, but never with an end.
    assert not [seen for seen in upstream.requests if seen.is_whole], upstream.requests
    upstream.forget()


def test_an_honest_request_of_the_same_client_is_answered(front: WebFront, folder: Path) -> None:
    client = Client(front, folder)
    assert client.ask(HEAD + [("te", "trailers"), ("content-length", "4")], b"four") == "200"
    assert client.ask(HEAD, b"one", b"two") == "200"
    assert client.ask([(":method", "GET"), *HEAD[1:]]) == "200"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


#: :method GET, :scheme https, :path / and :authority
GET = b"\x82\x87\x84\x41\x10shop.example.com"


def storm(kind: str) -> bytes:
    match kind:
        case "resets":  # CVE-2023-44487
            return b"".join(frame(1, 5, stream, GET) + frame(3, 0, stream, b"\0\0\0\x08") for stream in range(1, 4000, 2))
        case "continuations":  # CVE-2024-27316
            return frame(1, 1, 1, GET) + frame(9, 0, 1, b"\0\1x\1y" * 200) * 2000
        case "pings":  # CVE-2019-9512
            return frame(6, 0, 0, b"12345678") * 4000
        case "settings":  # CVE-2019-9515
            return frame(4, 0, 0) * 4000
    raise AssertionError(kind)


def last_words(connection: socket.socket) -> list[int]:
    """The codes of the GOAWAY frames before the end of a connection."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except OSError:
        pass
    codes = []
    while len(data) >= 9:
        length, kind = int.from_bytes(data[:3], "big"), data[3]
        if kind == 7:
            codes.append(int.from_bytes(data[13:17], "big"))
        data = data[9 + length :]
    return codes


@pytest.mark.parametrize("kind", ["resets", "continuations", "pings", "settings"])
def test_a_storm_of_frames_ends_the_connection_and_nothing_else(front: WebFront, folder: Path, kind: str) -> None:
    good = Client(front, folder)
    assert good.ask([(":method", "GET"), *HEAD[1:]]) == "200"
    before = front.server.resident_memory()
    data = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + storm(kind)
    for _ in range(10):
        with front.connect("shop.example.com", context(folder, "shop", "h2")) as connection:
            connection.settimeout(PATIENCE)
            try:
                connection.sendall(data)
            except OSError:
                pass
            # ENHANCE_YOUR_CALM, unless the end came before it could be read.
            assert last_words(connection) in ([0xB], [])
        assert good.ask([(":method", "GET"), *HEAD[1:]]) == "200"
    assert front.server.resident_memory() - before < 64 << 20
    assert front.metric("gatehouse_web_front_requests_total") > 0


def test_a_storm_is_answered_with_its_reason(front: WebFront, folder: Path) -> None:
    """As far as it can be read: just what is too much is sent, and nothing after it."""
    begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
    for data in (frame(1, 1, 1, GET) + frame(9, 0, 1, b"\0\1x\1y") * 6, frame(6, 0, 0, b"12345678") * 201):
        with front.connect("shop.example.com", context(folder, "shop", "h2")) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(begin + data)
            assert last_words(connection) == [0xB]
