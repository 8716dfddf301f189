"""Bodies that are streams: proved as they pass, in constant memory, and undone when they turn out worthless.

The service is the tests' own (Tests/Probe/Depot): PutParcel takes a stream and keeps its length and hash, GetParcel
answers one.
"""

import base64
import hashlib
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import zlib
from types import SimpleNamespace

import pytest

from harness.chunks import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, chunked, spoilt
from harness.probe import KEY, Probe
from harness.raw import Request, send, signed

MIB = 1 << 20


@pytest.fixture(scope="module")
def depot():
    with Probe() as probe:
        yield probe


@pytest.fixture
def root(depot):
    return SimpleNamespace(url=depot.url, key_id=KEY[0], secret=KEY[1], token=None)


@pytest.fixture
def port(depot):
    return int(depot.url.rsplit(":", 1)[1])


def put(root, body, *, name="parcel", query="", payload_hash=None, headers=None):
    """A PutParcel whose hash is signed with its head."""
    return signed("PUT", f"/parcels/{name}{query}", body, root, service="depot",
                  headers={"Content-Type": "application/octet-stream"} | (headers or {}),
                  payload_hash=payload_hash or hashlib.sha256(body).hexdigest())


def uploads(depot):
    return {step: int(count) for step, count in re.findall(r'depot_uploads_total\{step="(\w+)"\} (\d+)', depot.metrics())}


def wait_for_discarded(depot, before):
    """Waits until the upload that was begun since is undone."""
    expected = {**before, "begun": before["begun"] + 1, "discarded": before["discarded"] + 1}
    for _ in range(200):
        if uploads(depot) == expected:
            return
        time.sleep(0.05)
    assert uploads(depot) == expected


def code(answer):
    return answer.headers.get("x-amzn-errortype", "")


def assert_kept(answer, content, **members):
    assert answer.status == 200, answer.text
    body = json.loads(answer.text)
    assert (body["Length"], body["Sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    for name, value in members.items():
        assert body[name] == value


class Upload:
    """A request whose bytes are sent by hand."""

    def __init__(self, port, request: Request, length, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        fields = request.headers | ({"Content-Length": str(length)} if length is not None else {})
        head = f"{request.method} {request.target} HTTP/1.1\r\n"
        self.send((head + "".join(f"{n}: {v}\r\n" for n, v in fields.items()) + "\r\n").encode())

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        return SimpleNamespace(
            status=answer.status, headers={n.lower(): v for n, v in answer.getheaders()}, text=answer.read().decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class TestRight:
    """What is as it should be is taken, in every form, however it is cut into packets."""

    @pytest.mark.parametrize("size", [0, 1, 65_536, 3 * MIB + 17])
    def test_hash_signed_with_the_head(self, root, port, size):
        content = os.urandom(size)
        assert_kept(send(port, put(root, content)), content)

    def test_unsigned_payload(self, root, port):
        content = os.urandom(100_000)
        assert_kept(send(port, put(root, content, payload_hash="UNSIGNED-PAYLOAD")), content)

    @pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
    @pytest.mark.parametrize("pieces", [[], [5], [8192, 8192, 1], [65_536] * 5 + [1024], [MIB, MIB, 3]])
    def test_chunks(self, root, port, form, pieces):
        pieces = [os.urandom(size) for size in pieces]
        trailers = {} if form == SIGNED else {"x-amz-checksum-crc32": "sOO8Zg==", "x-amz-meta": "a b"}
        request = chunked("PUT", "/parcels/parcel", pieces, root, form=form, trailers=trailers)
        content = b"".join(pieces)
        assert_kept(send(port, request.whole), content, Announced=len(content), Trailers=trailers)

    @pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
    def test_one_byte_at_a_time(self, root, port, form):
        pieces = [b"a" * 8192, b"b"]
        trailers = {} if form == SIGNED else {"x-amz-checksum-crc32": "sOO8Zg=="}
        request = chunked("PUT", "/parcels/parcel", pieces, root, form=form, trailers=trailers)
        body = request.body
        with Upload(port, request.request, len(body)) as upload:
            for start in range(0, 200):
                upload.send(body[start:start + 1])
            upload.send(body[200:8100])
            for start in range(8100, len(body)):
                upload.send(body[start:start + 1])
            assert_kept(upload.answer(), b"".join(pieces))

    def test_http_chunks_around_aws_chunks(self, root, port):
        request = chunked("PUT", "/parcels/parcel", [b"x" * 9000, b"y"], root)
        body = request.body
        head = request.request.with_header("Transfer-Encoding", "chunked")
        with Upload(port, head, None) as upload:
            for start in range(0, len(body), 1000):
                piece = body[start:start + 1000]
                upload.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            upload.send(b"0\r\n\r\n")
            assert_kept(upload.answer(), b"x" * 9000 + b"y")

    def test_chunks_of_an_operation_without_a_stream(self, root, port):
        send(port, put(root, b"twelve bytes", name="described"))
        body = json.dumps({"Name": "described", "Note": "n" * 1_500_000}).encode()
        request = chunked("POST", "/describe", [body[:65_536], body[65_536:]], root,
                          headers={"content-type": "application/json"})
        answer = send(port, request.whole)
        assert (answer.status, json.loads(answer.text)["NoteLength"]) == (200, 1_500_000), answer.text

    def test_the_connection_is_good_for_the_next_request(self, root, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for size in (0, 10, 500_000):
            content = os.urandom(size)
            request = put(root, content)
            connection.request(request.method, request.target, content, request.headers)
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["Length"]) == (200, size)
        assert connection.sock is not None
        connection.close()

    def test_boto3_puts_and_gets(self, depot):
        client = depot.client("depot")
        content = os.urandom(300_000)
        kept = client.put_parcel(Name="boto", Body=content)
        assert (kept["Length"], kept["Sha256"]) == (300_000, hashlib.sha256(content).hexdigest())
        answer = client.get_parcel(Name="boto", Size=200_000)
        assert answer["Sha256"] == kept["Sha256"]
        body = answer["Body"].read()
        assert body == bytes([0]) * 65_536 + bytes([1]) * 65_536 + bytes([2]) * 65_536 + bytes([3]) * 3_392


class TestSpoilt:
    """What is not as it was signed is refused, nothing of it stays, and what was put aside is discarded."""

    def test_chunks(self, depot, root, port):
        def fresh(pieces, **changes):
            return chunked("PUT", "/parcels/spoilt", pieces, root, **changes)

        for what, request, expected in spoilt(fresh, forged="InvalidSignatureException", checksum="sOO8Zg=="):
            before = uploads(depot)
            answer = send(port, request.whole)
            assert code(answer) == expected, (what, answer.status, answer.headers, answer.text)
            after = uploads(depot)
            assert after["begun"] - before["begun"] == after["discarded"] - before["discarded"] == 1, what
            assert after["finished"] == before["finished"], what
        gone = send(port, signed("POST", "/describe", b'{"Name": "spoilt"}', root, service="depot",
                                 headers={"Content-Type": "application/json"},
                                 payload_hash=hashlib.sha256(b'{"Name": "spoilt"}').hexdigest()))
        assert code(gone) == "NotFoundException", gone.text

    def test_another_hash_than_the_signed_one(self, depot, root, port):
        request = put(root, b"a" * 100_000)
        before = uploads(depot)
        answer = send(port, request.but(body=b"a" * 99_999 + b"b"))
        assert (answer.status, code(answer)) == (400, "XAmzContentSHA256Mismatch")
        assert uploads(depot)["discarded"] == before["discarded"] + 1
        assert uploads(depot)["finished"] == before["finished"]

    def test_truncated_and_the_client_gone(self, depot, root, port):
        before = uploads(depot)
        with Upload(port, put(root, b"a" * 100_000), 100_000) as upload:
            upload.send(b"a" * 70_000)
        wait_for_discarded(depot, before)

    def test_truncated_and_the_client_still_listening(self, depot, root, port):
        with Upload(port, put(root, b"a" * 100_000), 100_000) as upload:
            upload.send(b"a" * 70_000)
            upload.socket.shutdown(socket.SHUT_WR)
            answer = upload.answer()
        assert (answer.status, code(answer)) == (400, "IncompleteBody")

    def test_a_transaction_that_fails_is_undone(self, depot, root, port):
        before = uploads(depot)
        answer = send(port, put(root, b"content", name="undone", query="?conflict=true"))
        assert (answer.status, code(answer)) == (409, "ConflictException")
        after = uploads(depot)
        assert [after[step] - before[step] for step in ("begun", "finished", "discarded")] == [1, 1, 1]

    @pytest.mark.parametrize("words", ["STREAMING-AWS4-HMAC-SHA256", "streaming-unsigned-payload-trailer", "abc",
                                       "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
    def test_words_that_mean_nothing(self, depot, root, port, words):
        before = uploads(depot)
        answer = send(port, put(root, b"", payload_hash=words))
        assert answer.status in (400, 403), answer.text
        assert uploads(depot) == before

    def test_no_decoded_length(self, root, port):
        request = chunked("PUT", "/parcels/p", [b"a"], root)
        head = signed("PUT", "/parcels/p", b"", root, service="depot", payload_hash=SIGNED)
        answer = send(port, head.but(body=request.body))
        assert (answer.status, code(answer)) == (411, "MissingContentLength")

    def test_more_than_the_operation_takes(self, root, port):
        request = put(root, b"", payload_hash="UNSIGNED-PAYLOAD")
        with Upload(port, request, (5 << 30) + 1) as upload:
            answer = upload.answer()
        assert (answer.status, code(answer)) == (400, "EntityTooLarge")

    def test_operations_without_a_stream_keep_their_limits(self, root, port):
        request = signed("POST", "/describe", b"", root, service="depot", payload_hash="UNSIGNED-PAYLOAD")
        for length, status in (((2 << 20) + 1, 413), (2 << 20, 400)):
            with Upload(port, request, length) as upload:
                if status == 400:
                    upload.send(b"x" * length)
                assert upload.answer().status == status
        with Upload(port, signed("POST", "/", b"", root), (1 << 20) + 1) as upload:
            assert upload.answer().status == 413


class TestRefused:
    """A request that is refused by its head is answered before its body is asked for."""

    def test_denied_before_the_body_is_sent(self, depot, root, port):
        key = depot.user(f"nobody{time.time_ns()}")
        nobody = SimpleNamespace(url=depot.url, key_id=key[0], secret=key[1], token=None)
        before = uploads(depot)
        request = put(nobody, b"", payload_hash="UNSIGNED-PAYLOAD", headers={"Expect": "100-continue"})
        with Upload(port, request, 1 << 30) as upload:
            answer = upload.answer()
            assert (answer.status, code(answer)) == (403, "AccessDeniedException"), answer.text
            assert answer.headers["connection"] == "close"
        assert uploads(depot) == before

    def test_denied_while_the_body_is_being_sent(self, depot, root, port):
        key = depot.user(f"nobody{time.time_ns()}")
        nobody = SimpleNamespace(url=depot.url, key_id=key[0], secret=key[1], token=None)
        request = put(nobody, b"", payload_hash="UNSIGNED-PAYLOAD")
        with Upload(port, request, 64 * MIB) as upload:
            # The client sends all that it can, and reads only then: the answer is there nevertheless.
            upload.socket.settimeout(20)
            for _ in range(64):
                upload.send(b"x" * MIB)
            answer = upload.answer()
        assert (answer.status, code(answer)) == (403, "AccessDeniedException"), answer.text

    def test_a_short_body_costs_no_connection(self, depot, root, port):
        key = depot.user(f"nobody{time.time_ns()}")
        nobody = SimpleNamespace(url=depot.url, key_id=key[0], secret=key[1], token=None)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for who, status in ((nobody, 403), (root, 200), (nobody, 403)):
            request = put(who, b"a" * 5_000)
            connection.request(request.method, request.target, request.body, request.headers)
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, answer.getheader("connection")) == (status, None)
        connection.close()

    def test_continue_is_said_when_the_body_is_wanted(self, root, port):
        content = os.urandom(200_000)
        request = put(root, content, headers={"Expect": "100-continue"})
        with Upload(port, request, len(content)) as upload:
            assert upload.socket.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            upload.send(content)
            assert_kept(upload.answer(), content)

    def test_continue_where_the_body_is_no_stream(self, root, port):
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        request = signed("POST", "/", body, root, service="sts", headers={"Expect": "100-continue"})
        with Upload(port, request, len(body)) as upload:
            assert upload.socket.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            upload.send(body)
            assert upload.answer().status == 200

    def test_the_event_holds_no_body(self, depot, root, port):
        name = f"recorded{time.time_ns()}"
        send(port, put(root, b"very special content", name=name))
        event = [e for e in depot.events("PutParcel") if e["requestParameters"]["name"] == name][-1]
        assert event["requestParameters"] == {"name": name}
        assert "special" not in json.dumps(event)


class TestAnswers:
    def test_without_a_known_length(self, root, port):
        answer = send(port, signed("GET", "/parcels/p?size=150000&unmeasured=true", b"", root, service="depot",
                                   payload_hash="UNSIGNED-PAYLOAD"))
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.body == bytes([0]) * 65_536 + bytes([1]) * 65_536 + bytes([2]) * 18_928

    def test_an_answer_that_fails_midway_breaks_off(self, root, port):
        for query in ("size=1000000&break-at=300000", "size=1000000&break-at=300000&unmeasured=true"):
            request = signed("GET", f"/parcels/p?{query}", b"", root, service="depot", payload_hash="UNSIGNED-PAYLOAD")
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                send(port, request)

    def test_empty(self, root, port):
        answer = send(port, signed("GET", "/parcels/p?size=0", b"", root, service="depot",
                                   payload_hash="UNSIGNED-PAYLOAD"))
        assert (answer.status, answer.headers["content-length"], answer.body) == (200, "0", b"")


def memory(process):
    """What a process holds, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024


class TestConstantMemory:
    """Two GiB pass in as much memory as two MiB."""

    def test_in(self, depot, root, port):
        piece = os.urandom(MIB)
        digest = hashlib.sha256()
        with Upload(port, put(root, b"", payload_hash="UNSIGNED-PAYLOAD"), 2048 * MIB, timeout=120) as upload:
            start, most = memory(depot.process), 0
            for number in range(2048):
                upload.send(piece)
                digest.update(piece)
                if number % 64 == 0:
                    most = max(most, memory(depot.process))
            body = json.loads(upload.answer().text)
        assert (body["Length"], body["Sha256"]) == (2048 * MIB, digest.hexdigest())
        assert most < start + 32

    def test_in_to_a_slow_reader(self, depot, root, port):
        """The client is slowed down, instead of the server's memory filling up."""
        before = uploads(depot)
        with Upload(port, put(root, b"", query="?pause=100", payload_hash="UNSIGNED-PAYLOAD"), 512 * MIB) as upload:
            start = memory(depot.process)
            upload.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                for _ in range(512):
                    upload.send(b"x" * MIB)
            assert memory(depot.process) < start + 16
        wait_for_discarded(depot, before)

    def test_out(self, depot, root, port):
        request = signed("GET", f"/parcels/p?size={2048 * MIB}", b"", root, service="depot",
                         payload_hash="UNSIGNED-PAYLOAD")
        with Upload(port, request, None, timeout=120) as upload:
            start, most, count = memory(depot.process), 0, 0
            buffer = bytearray(MIB)
            while count < 2048 * MIB:
                received = upload.socket.recv_into(buffer)
                assert received
                if (count + received) // (64 * MIB) > count // (64 * MIB):
                    most = max(most, memory(depot.process))
                count += received
        assert most < start + 32

    def test_out_to_a_client_that_stops_reading(self, depot, root, port):
        request = signed("GET", f"/parcels/p?size={2048 * MIB}", b"", root, service="depot",
                         payload_hash="UNSIGNED-PAYLOAD")
        with Upload(port, request, None) as upload:
            start = memory(depot.process)
            time.sleep(2)
            assert memory(depot.process) < start + 16
            # Others are served meanwhile.
            assert send(port, put(root, b"meanwhile")).status == 200


class TestImpatient:
    """A server that waits 2 seconds for what is to come, where another waits 20 for bytes and 60 for a reader."""

    @pytest.fixture(scope="class")
    def depot(self):
        with Probe(patience=2) as probe:
            yield probe

    def test_a_client_that_stops_sending_is_told_so(self, depot, root, port):
        before = uploads(depot)
        with Upload(port, put(root, b"", payload_hash="UNSIGNED-PAYLOAD"), 100_000) as upload:
            upload.send(b"x" * 50_000)
            answer = upload.answer()
        assert (answer.status, code(answer)) == (400, "RequestTimeout"), answer.text
        assert uploads(depot)["discarded"] == before["discarded"] + 1

    def test_a_client_that_sends_slowly_has_all_the_time(self, root, port):
        with Upload(port, put(root, b"", payload_hash="UNSIGNED-PAYLOAD"), 8) as upload:
            for _ in range(8):
                time.sleep(0.5)
                upload.send(b"x")
            assert_kept(upload.answer(), b"x" * 8)

    def test_a_client_that_stops_reading_is_left(self, depot, root, port):
        request = signed("GET", f"/parcels/p?size={2048 * MIB}", b"", root, service="depot",
                         payload_hash="UNSIGNED-PAYLOAD")
        with Upload(port, request, None) as upload:
            time.sleep(5)
            count = 0
            with pytest.raises(ConnectionError):
                while received := len(upload.socket.recv(MIB)):
                    count += received
                raise ConnectionError("closed")
        assert count < 64 * MIB

    def test_a_slow_handler_is_not_the_clients_fault(self, root, port):
        content = b"x" * 10
        assert_kept(send(port, put(root, content, query="?pause=5000")), content)


class TestOverTLS:
    """What boto3 does of itself over HTTPS: an unsigned body in chunks, with its checksum in a trailer."""

    @pytest.fixture(scope="class")
    def depot(self, tmp_path_factory):
        with Probe(ca_file=tmp_path_factory.mktemp("ca") / "ca.pem") as probe:
            yield probe

    @pytest.mark.parametrize("size", [0, 1, 100_000, 3 * MIB + 5])
    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
    def test_checksums_in_trailers(self, depot, size, algorithm):
        content, sent = os.urandom(size), {}
        client = depot.client("depot")
        client.meta.events.register("before-send", lambda request, **_: sent.update(
            (name.lower(), value) for name, value in request.headers.items()))
        kept = client.put_parcel(Name="parcel", Body=content, ChecksumAlgorithm=algorithm)
        assert (kept["Length"], kept["Sha256"]) == (size, hashlib.sha256(content).hexdigest())
        assert sent["x-amz-content-sha256"] in (UNSIGNED_TRAILER, UNSIGNED_TRAILER.encode())
        expected = zlib.crc32(content).to_bytes(4) if algorithm == "CRC32" else hashlib.sha256(content).digest()
        assert kept["Trailers"] == {f"x-amz-checksum-{algorithm.lower()}": base64.b64encode(expected).decode()}

    def test_a_file(self, depot, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(os.urandom(2 * MIB))
        with open(path, "rb") as file:
            kept = depot.client("depot").put_parcel(Name="file", Body=file)
        assert kept["Sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_out(self, depot):
        body = depot.client("depot").get_parcel(Name="parcel", Size=5 * MIB)["Body"].read()
        assert len(body) == 5 * MIB and body[:65_536] == bytes(65_536) and body[-1] == 79

    def test_http2(self, depot, tmp_path):
        """curl signs, sends and receives over HTTP/2."""
        content = os.urandom(2 * MIB)
        (tmp_path / "content").write_bytes(content)

        def curl(*arguments):
            done = subprocess.run(
                ["curl", "--silent", "--show-error", "--http2", "--cacert", depot.environment["PROBE_CA_FILE"],
                 "--aws-sigv4", "aws:amz:us-east-1:depot", "--user", ":".join(KEY), "--write-out", "%{http_version}",
                 "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--output", str(tmp_path / "answer"), *arguments],
                capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stdout) == (0, "2"), done.stderr
            return (tmp_path / "answer").read_bytes()

        url = f"{depot.secure_url}/parcels/http2"
        kept = json.loads(curl("--upload-file", str(tmp_path / "content"), url))
        assert kept["Sha256"] == hashlib.sha256(content).hexdigest(), kept
        body = curl(f"{url}?size={3 * MIB}")
        assert len(body) == 3 * MIB and body[-1] == 47


def test_many_uploads_side_by_side(root, port):
    contents = [os.urandom(200_000 + number) for number in range(24)]
    answers = [None] * len(contents)

    def run(number):
        answers[number] = send(port, put(root, contents[number], name=f"side-{number}"))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(contents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer, content in zip(answers, contents):
        assert_kept(answer, content)
