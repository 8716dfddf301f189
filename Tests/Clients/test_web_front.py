"""The web front: a reverse proxy before servers of all kinds, by the clients that people have."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.server import gatehouse
from harness.upstream import Peer, Upstream, answer, answering, chunked_answer
from harness.web_front import WebFront, everything, status, until

ECHO = """
const http = require('http');
const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', piece => pieces.push(piece));
  request.on('end', () => response.end(JSON.stringify({
    server: NAME, method: request.method, url: request.url, headers: request.headersDistinct, length: Buffer.concat(pieces).length })));
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'];
  const accept = require('crypto').createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  socket.pipe(socket);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


class Node:
    """A server of Node's that says what it was asked."""

    def __init__(self, name: str):
        self.process = subprocess.Popen(
            ["node", "-e", ECHO.replace("NAME", json.dumps(name))], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Node]]:
    with Node("one") as one, Node("two") as two:
        yield [one, two]


@pytest.fixture(scope="module")
def front(nodes: list[Node], tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebFront]:
    text = f"""
# Two applications, one with two servers.
shop = {nodes[0].url}, {nodes[1].url}
    hosts = shop.example.com, *.shop.example.com
one = {nodes[0].url}
    hosts = one.example.com
dead = http://127.0.0.1:9
    hosts = dead.example.com
"""
    with WebFront(tmp_path_factory.mktemp("front"), text) as started:
        yield started


def curl(*words: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run(["curl", "-sS", "--max-time", "20", *words], input=stdin, capture_output=True, check=True).stdout


def echoed(front: WebFront, path: str = "/", *words: str, host: str = "one.example.com") -> dict:
    return json.loads(curl(f"{front.url}{path}", "-H", f"Host: {host}", *words))


# What goes on


def test_an_application_gets_what_a_load_balancer_says_of_the_client(front: WebFront) -> None:
    headers = echoed(front, "/a/../b?c=%20d", "--path-as-is")["headers"]
    assert headers["host"] == ["one.example.com"]
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["http"]
    assert headers["x-forwarded-port"] == [str(front.port)]
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"][0])
    assert echoed(front, "/a/../b?c=%20d", "--path-as-is")["url"] == "/a/../b?c=%20d"


def test_what_clients_say_of_themselves_is_added_to_or_replaced(front: WebFront) -> None:
    claims = ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1"]
    claims += ["X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;CalledFrom=app"]
    claims += ["X-Amzn-Mtls-Clientcert-Subject: CN=admin", "X_Forwarded_For: 192.0.2.9", "X_Amzn_Mtls_Clientcert_Subject: CN=admin"]
    headers = echoed(front, "/", *(word for claim in claims for word in ("-H", claim)))["headers"]
    assert headers["x-forwarded-for"] == ["192.0.2.1, 192.0.2.2, 127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["http"] and headers["x-forwarded-port"] == [str(front.port)]
    assert re.fullmatch(
        r"Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app", headers["x-amzn-trace-id"][0]
    )
    assert not [name for name in headers if "mtls" in name or "_" in name]


def test_fields_of_the_connection_stay_there(front: WebFront) -> None:
    sent = ["Connection: keep-alive, X-Mine", "X-Mine: 1", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "X-Other: 2"]
    headers = echoed(front, "/", *(word for one in sent for word in ("-H", one)))["headers"]
    assert headers["x-other"] == ["2"]
    assert not {"x-mine", "keep-alive", "proxy-connection", "te"} & set(headers)


def test_applications_are_found_by_host(front: WebFront) -> None:
    assert echoed(front, host="ONE.example.com:8080")["server"] == "one"
    servers = {echoed(front, host="a.shop.example.com")["server"] for _ in range(4)}
    assert servers == {"one", "two"}, "the servers have their turns"
    assert status(curl("-i", front.url, "-H", "Host: other.example.com")) == 404


def test_bodies_pass_in_every_form(front: WebFront) -> None:
    for words in (("-d", "hello"), ("-d", "hello", "-H", "Transfer-Encoding: chunked"), ("-X", "PUT", "-d", "hello", "-H", "Expect: 100-continue")):
        assert echoed(front, "/", *words)["length"] == 5
    assert echoed(front, "/", "-X", "POST")["length"] == 0
    body = b"x" * 3_000_000
    for words in (("--data-binary", "@-"), ("-T", "-")):
        assert json.loads(curl(front.url, "-H", "Host: one.example.com", *words, stdin=body))["length"] == len(body)


def test_a_head_alone_is_answered_with_one(tmp_path: Path) -> None:
    with Upstream(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        with front.connect() as connection:
            for _ in range(2):
                connection.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                head = connection.recv(4096)
                assert head.endswith(b"\r\n\r\n") and b"Content-Length: 7" in head
        assert len(upstream.bytes) == 1, "the connection is used again"


def test_answers_pass_in_every_form(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        form = peer.read().target
        if form == "/chunked":
            peer.send(chunked_answer([b"one", b"two"]))
        elif form == "/close":
            peer.send(b"HTTP/1.1 200 OK\r\n\r\nonetwo")
            peer.close()
        elif form == "/old":
            peer.send(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nonetwo")
            peer.close()
        elif form == "/interim":
            peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer(b"onetwo"))
        else:
            peer.send(b"HTTP/1.1 204 No Content\r\n\r\n" if form == "/none" else answer(b"onetwo"))

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        for form in ("chunked", "close", "old", "interim", "length"):
            assert curl(f"{front.url}/{form}") == b"onetwo", form
            assert curl("--http1.0", f"{front.url}/{form}") == b"onetwo", form
        assert status(curl("-i", f"{front.url}/none")) == 204


def test_requests_that_are_sent_at_once_are_answered_in_their_order(front: WebFront) -> None:
    requests = [f"GET /{n} HTTP/1.1\r\nHost: one.example.com\r\n\r\n" for n in range(20)]
    requests.append("GET /end HTTP/1.1\r\nHost: one.example.com\r\nConnection: close\r\n\r\n")
    answers = front.ask("".join(requests).encode()).decode()
    assert re.findall(r'"url":"/(\w+)"', answers) == [str(n) for n in range(20)] + ["end"]


# What does not


def test_errors_are_answered_as_a_load_balancer_does(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        match peer.read().target:
            case "/nothing": peer.close()
            case "/garbage": peer.send(b"what?\r\n\r\n")
            case "/twice": peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
            case "/switch": peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            case "/silence": peer.wait_for_end()

    text = "dead = http://127.0.0.1:9\n    hosts = dead\n"
    with Upstream(script) as upstream, WebFront(tmp_path, text + f"a = {upstream.url}\n    timeout = 1s\n") as front:
        for path in ("nothing", "garbage", "twice", "switch"):
            shown = curl("-i", f"{front.url}/{path}")
            assert status(shown) == 502, path
            assert shown.endswith(
                b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
            )
            assert b"\r\nServer: awselb/2.0\r\n" in shown and b"\r\nContent-Type: text/html\r\n" in shown
        assert status(curl("-i", f"{front.url}/silence")) == 504
        assert status(curl("-i", front.url, "-H", "Host: dead")) == 502
        assert status(curl("-i", front.url, "-X", "TRACE")) == 405
        many = ", ".join(["192.0.2.1"] * 30)
        assert status(curl("-i", front.url, "-H", f"X-Forwarded-For: {many}, 192.0.2.1")) == 463
        assert front.metric("gatehouse_web_front_answers_total") == 8


def test_an_answer_that_breaks_off_is_not_taken_for_whole(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        time.sleep(0.2)
        peer.close()

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        assert not front.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"0\r\n\r\n")


def test_an_idle_connection_that_the_server_closes_costs_no_request(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        if peer.seen.connection == 0 and len(upstream.requests) > 1:
            return peer.close()
        peer.send(answer(b"fine"))

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        with front.connect() as connection:
            for _ in range(2):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert connection.recv(4096).endswith(b"fine")
        assert [seen.connection for seen in upstream.wait(3)] == [0, 0, 1]


def test_a_request_with_a_body_that_none_is_looked_for_has_a_connection_of_its_own(tmp_path: Path) -> None:
    """CL.0: what a server does not read is the next request, to it."""
    with Upstream(lambda peer: (peer.read(), peer.send(answer(b"fine")))) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        for _ in range(2):
            assert curl(front.url, "-X", "GET", "-d", "GET /admin HTTP/1.1") == b"fine"
        assert [seen.connection for seen in upstream.wait(2)] == [0, 1]
        assert [seen.header("connection") for seen in upstream.requests] == ["close", "close"]


# Back-pressure


def test_what_nobody_takes_is_not_made(tmp_path: Path) -> None:
    sent = 0

    def script(peer: Peer) -> None:
        nonlocal sent
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(4000):
            peer.send(piece)
            sent += 65536

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        with front.connect() as connection:
            before = front.server.resident_memory()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(1)
            # The sockets' own buffers hold some megabytes.
            assert sent < 40_000_000
            assert front.server.resident_memory() - before < 30_000_000


def test_what_the_server_does_not_read_is_not_taken(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        time.sleep(1)
        peer.read(keep=False)
        peer.send(answer(peer.seen.sha256.encode()))

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        body = bytes(range(256)) * 300_000
        before = front.server.resident_memory()
        with front.connect() as connection:
            connection.sendall(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            thread = threading.Thread(target=lambda: connection.sendall(body))
            thread.start()
            time.sleep(0.8)
            assert front.server.resident_memory() - before < 30_000_000
            thread.join(20)
            assert connection.recv(4096).endswith(hashlib.sha256(body).hexdigest().encode())


# Other protocols


def test_a_websocket_is_a_tunnel(front: WebFront) -> None:
    with front.connect() as connection:
        connection.sendall(
            b"GET /chat HTTP/1.1\r\nHost: one.example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        head = connection.recv(4096)
        assert status(head) == 101 and b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        for data in (b"\x81\x05hello", b"GET /admin HTTP/1.1\r\n\r\n", b"\x00" * 100_000):
            connection.sendall(data)
            back = b""
            while len(back) < len(data):
                back += connection.recv(1 << 16)
            assert back == data
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection) == b""


def test_there_is_no_tunnel_before_the_server_agrees(tmp_path: Path) -> None:
    with Upstream(lambda peer: (peer.read(), peer.send(answer(b"no", "426 Upgrade Required")))) as upstream:
        with WebFront(tmp_path, f"a = {upstream.url}") as front:
            ask = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            smuggled = b"GET /admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            answers = front.ask(ask + smuggled)
            assert answers.count(b"426 Upgrade Required") == 2
            assert [(seen.target, bool(seen.header("upgrade"))) for seen in upstream.requests] == [("/", True), ("/admin", False)]


@pytest.mark.parametrize("protocol", ["h2c", "HTTP/2.0", "TLS/1.2"])
def test_no_protocol_is_passed_on_that_carries_requests_past_the_proxy(front: WebFront, protocol: str) -> None:
    headers = echoed(front, "/", "-H", "Connection: Upgrade, HTTP2-Settings", "-H", f"Upgrade: {protocol}", "-H", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")["headers"]
    assert not {"upgrade", "http2-settings"} & set(headers)


# The operator


def test_the_file_is_read_again(tmp_path: Path, nodes: list[Node]) -> None:
    with WebFront(tmp_path, f"a = {nodes[0].url}\n") as front, front.connect() as connection:
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        connection.sendall(request)
        assert b'"server":"one"' in connection.recv(4096)
        front.reload(f"a = {nodes[1].url}\n", "read anew")
        connection.sendall(request)
        assert b'"server":"two"' in connection.recv(4096), "an open connection goes on, with the new server"
        front.reload("a = ftp://nowhere\n", "stay as they are")
        connection.sendall(request)
        assert b'"server":"two"' in connection.recv(4096)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("    hosts = a\n", "line 1: a setting belongs to an application"),
        ("a = ftp://b\n", "line 1: 'ftp://b' is not the URL of a server"),
        ("a = http://b\n\n    host = c\n", "line 3: there is no setting 'host'"),
        ("a = http://b\n# twice\na = http://c\n", "line 3: there is an application a already"),
        ("a = http://b\nc = http://d\n", "line 2: a has all hosts that no other application has already"),
        ("a = http://b\n    health = healthz\n", "line 2: health begins with a path"),
        ("a = http://b\n    health = / every day\n", "line 2: 'day' is not a time"),
        ("a = http://b\n    hosts = a b\n", "line 2: 'a b' is no host"),
        ("a = http://b\n    trust = c\n", "line 1: trust is for clients that come by HTTPS"),
        ("# nothing\n", "line 1: there is no application"),
    ],
)
def test_a_file_with_mistakes_is_refused_by_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "front"
    file.write_text(text)
    ended = gatehouse("serve", "--in-memory", "--port", "0", "--web-front", str(file))
    assert ended.returncode != 0 and problem in ended.stderr, ended.stderr


def test_unhealthy_servers_are_left_out_unless_all_are(tmp_path: Path) -> None:
    state = {"one": 200, "two": 200}

    def script(name: str):
        def run(peer: Peer) -> None:
            path = peer.read().target
            peer.send(answer(name.encode(), f"{state[name]} Said" if path == "/health" else "200 OK"))

        return run

    def drip(peer: Peer) -> None:
        """Its word that it is well does not come to its end."""
        if peer.read().target != "/health":
            return peer.send(answer(b"three"))
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while True:
            peer.send(b"x")
            time.sleep(0.1)

    with Upstream(script("one")) as one, Upstream(script("two")) as two, Upstream(drip) as never:
        text = f"a = {one.url}, {two.url}, {never.url}\n    health = /health every 200ms timeout 1s healthy 2 unhealthy 2\n"
        with WebFront(tmp_path, text) as front:
            def answers() -> set[bytes]:
                return {curl(front.url) for _ in range(6)}

            until(lambda: front.metric("gatehouse_web_front_target_up") == 2)
            until(lambda: never.url.removeprefix("http://") + " is unhealthy" in front.log.read_text())
            assert answers() == {b"one", b"two"}
            state["two"] = 500
            until(lambda: front.metric("gatehouse_web_front_target_up") == 1)
            assert answers() == {b"one"}
            state["one"] = 500
            until(lambda: front.metric("gatehouse_web_front_target_up") == 0)
            assert answers() == {b"one", b"two", b"three"}, "when all are unhealthy, each is tried"
            state["two"] = 200
            until(lambda: front.metric("gatehouse_web_front_target_up") == 1)
            assert answers() == {b"two"}
            probe = next(seen for seen in one.requests if seen.target == "/health")
            assert probe.header("user-agent") == "ELB-HealthChecker/2.0"


def test_a_server_that_is_not_there_costs_no_request_while_another_is(tmp_path: Path, nodes: list[Node]) -> None:
    with WebFront(tmp_path, f"a = http://127.0.0.1:9, {nodes[0].url}") as front:
        assert {json.loads(curl(front.url))["server"] for _ in range(4)} == {"one"}


def test_what_is_under_way_is_answered_when_it_stops(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        time.sleep(1)
        peer.send(answer(b"late"))

    with Upstream(script) as upstream, WebFront(tmp_path, f"a = {upstream.url}") as front:
        with front.connect() as connection, front.connect() as idle:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream.wait_for_head()
            assert front.server.process
            front.server.process.send_signal(signal.SIGTERM)
            assert idle.recv(10) == b"", "an idle connection is closed at once"
            answered = everything(connection)
            assert answered.endswith(b"late") and b"Connection: close" in answered
        assert front.server.process.wait(10) == 0


def test_python_and_nginx_servers_are_understood(tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from Python")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "index.html").write_text("from nginx")
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; user root; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f;"
        f" uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s; server {{ listen 127.0.0.1:{port}; root {tmp_path}; }} }}\n"
    )
    tmp_path.chmod(0o755)
    nginx = subprocess.Popen(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        text = f"py = http://127.0.0.1:{server.server_port}\n    hosts = py.example.com\nngx = http://127.0.0.1:{port}\n"
        with WebFront(tmp_path, text) as front:
            for _ in range(2):
                assert curl(front.url, "-H", "Host: py.example.com") == b"from Python"
            until(lambda: curl(front.url + "/index.html") == b"from nginx")
            assert curl(front.url + "/index.html", "-H", "Range: bytes=5-") == b"nginx"
    finally:
        nginx.terminate()
        nginx.wait()
        server.shutdown()
