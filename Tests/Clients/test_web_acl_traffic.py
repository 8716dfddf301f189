"""Web ACLs before the applications of the web front: what curl and browsers get, and what applications see."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness import ACCOUNT, Server
from harness.browser import violations
from harness.certificates import openssl
from harness.patience import PATIENCE
from harness.web_acls import NONE, WebACL, body, header, path, rule, solution

LISTENS = re.compile(r"The web front listens on (https?)://\S+:(\d+)")
ARN = (
    f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/"
    + hashlib.sha256(f"{ACCOUNT}/us-east-1/shop".encode()).hexdigest()[:16]
)


class Shop:
    """A web application that tells what it got."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked.append({"path": self.path, "headers": dict(self.headers.items()), "body": data})
                page = b"<!doctype html><html lang=en><title>Shop</title><h1>The shop</h1>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(page)

            do_POST = do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Front:
    """A shop behind the web front."""

    def __init__(self, folder: Path, settings: str = "", **more: Any):
        self.shop = Shop()
        self.said = folder / "log"
        self.log = folder / "waf.log"
        file = folder / "web-front"
        file.write_text(f"shop = http://127.0.0.1:{self.shop.server.server_port}\n    hosts = localhost, 127.0.0.1, *.shop.example\n{settings}")
        self.server = Server(
            "--web-front", str(file), "--web-front-port", "0", "--web-front-tls-port", "0", "--web-acl-log", str(self.log),
            log=self.said, **more,
        )  # fmt: skip
        self.server.start()
        found = [match for line in self.server.output if (match := LISTENS.search(line))]
        ports = {match.group(1): int(match.group(2)) for match in found}
        (self.port, self.tls_port) = (ports["http"], ports.get("https", 0))

    def close(self) -> None:
        self.server.kill()
        self.shop.close()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def acl(self, *rules: dict[str, Any], **more: Any) -> WebACL:
        return WebACL(self.server.root, ARN, *rules, **more)

    def curl(self, place: str = "/", *options: str, data: bytes | None = None) -> tuple[int, str]:
        """The status, and the body."""
        given = ["--data-binary", "@-"] if data is not None else []
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--max-time", "20", "-w", "\n%{http_code}", *given, *options, self.url + place],
            input=data, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (text, _, status) = done.stdout.decode().rpartition("\n")
        return int(status), text

    def lines(self, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE
        while not self.log.exists() or len(self.log.read_text().splitlines()) < count:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    front = Front(tmp_path)
    yield front
    front.close()


def test_what_passes_and_what_does_not(front: Front) -> None:
    assert front.curl("/admin")[0] == 200
    inserted = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "Seen", "Value": "yes"}]}}
    acl = front.acl(rule("admin", path("/admin")), rule("mark", path("/", "STARTS_WITH"), 1, Count=inserted))
    front.shop.asked.clear()
    (status, text) = front.curl("/admin")
    assert status == 403 and "<h1>403 Forbidden</h1>" in text
    assert front.curl("/admin", "--head")[0] == 403 and front.shop.asked == []
    assert front.curl("/", "-H", "x-amzn-waf-seen: no")[0] == 200
    (asked,) = front.shop.asked
    sent = [value for name, value in asked["headers"].items() if name.lower() == "x-amzn-waf-seen"]
    assert sent == ["yes"]
    response = {"ResponseCode": 418, "CustomResponseBodyKey": "tea", "ResponseHeaders": [{"Name": "x-why", "Value": "tea"}]}
    acl.update(
        rule("admin", path("/admin"), Block={"CustomResponse": response}),
        CustomResponseBodies={"tea": {"ContentType": "TEXT_PLAIN", "Content": "no coffee"}},
    )
    (status, text) = front.curl("/admin", "-i")
    assert status == 418 and text.endswith("no coffee") and "x-why: tea" in text.lower()
    assert "content-type: text/plain" in text.lower()


def test_load_balancers_that_are_not_there_are_not_protected(front: Front) -> None:
    acl = front.acl(rule("admin", path("/admin")))
    with pytest.raises(acl.waf.exceptions.WAFNonexistentItemException):
        acl.waf.associate_web_acl(WebACLArn=acl.arn, ResourceArn=ARN.replace("/shop/", "/none/"))
    assert acl.waf.list_resources_for_web_acl(WebACLArn=acl.arn)["ResourceArns"] == [ARN]


def test_a_change_holds_on_open_connections(front: Front) -> None:
    acl = front.acl()
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=PATIENCE)
    statuses = []
    for rules in ([], [rule("all", path("/", "STARTS_WITH"))], []):
        acl.update(*rules)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    assert statuses == [200, 403, 200]
    acl.waf.disassociate_web_acl(ResourceArn=ARN)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200


def test_bodies_are_looked_at_up_to_a_limit(front: Front) -> None:
    """A load balancer's is 8 KB, and nothing changes that."""
    acl = front.acl(rule("evil", body("evil")))
    for place, status in ((0, 403), (8188, 403), (8189, 200), (20_000, 200)):
        data = b"x" * place + b"evil" + b"x" * 5000
        assert front.curl("/", data=data)[0] == status, place
        assert front.curl("/", "-H", "Transfer-Encoding: chunked", data=data)[0] == status, place
    # What was let through is whole.
    assert [len(one["body"]) for one in front.shop.asked if one["headers"].get("Content-Length")][-1] == 25_004
    handling = rule("evil", body("evil"))
    handling["Statement"]["ByteMatchStatement"]["FieldToMatch"]["Body"]["OversizeHandling"] = "MATCH"
    acl.update(handling)
    assert front.curl("/", data=b"x" * 8192)[0] == 200 and front.curl("/", data=b"x" * 8193)[0] == 403
    line = front.lines(10)[-1]
    assert line["oversizeFields"] == ["REQUEST_BODY"] and line["action"] == "BLOCK"
    assert line["requestBodySizeInspectedByWAF"] == 8192 and line["requestBodySize"] == 8193


def test_attacks_and_json(front: Front) -> None:
    arguments = {"FieldToMatch": {"AllQueryArguments": {}}, "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}]}
    pattern = {
        "MatchPattern": {"IncludedPaths": ["/user/role"]}, "MatchScope": "VALUE",
        "InvalidFallbackBehavior": "MATCH", "OversizeHandling": "MATCH",
    }  # fmt: skip
    role = {
        "ByteMatchStatement": {
            "SearchString": b"admin", "FieldToMatch": {"JsonBody": pattern}, "TextTransformations": NONE,
            "PositionalConstraint": "EXACTLY",
        }
    }  # fmt: skip
    front.acl(
        rule("sql", {"SqliMatchStatement": arguments}), rule("script", {"XssMatchStatement": arguments}, 1),
        rule("role", {"AndStatement": {"Statements": [header("content-type", "json"), role]}}, 2),
    )  # fmt: skip
    for place, status in (
        ("/?id=1", 200), ("/?id=1%27%20OR%20%271%27%3D%271", 403), ("/?q=%3Cscript%3Ealert(1)%3C/script%3E", 403),
        ("/?q=select%20a%20shirt", 200),
    ):  # fmt: skip
        assert front.curl(place)[0] == status, place
    for text, status in (
        (b'{"user": {"role": "admin"}}', 403), (b'{"user": {"role": "guest"}, "role": "admin"}', 200), (b"{", 403),
    ):  # fmt: skip
        assert front.curl("/", "-H", "Content-Type: application/json", data=text)[0] == status, text
    details = [line["terminatingRuleMatchDetails"] for line in front.lines(4)]
    assert details[1][0]["conditionType"] == "SQL_INJECTION" and details[1][0]["location"] == "ALL_QUERY_ARGS"
    assert details[1][0]["matchedData"] == ["1", "OR", "1", "=", "1"]
    assert details[2][0]["conditionType"] == "XSS" and details[2][0]["matchedData"] == ["<", "script"]


def numbers(data: bytes) -> list[int]:
    """Without those that are made up (RFC 8701)."""
    found = [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
    return [one for one in found if one & 0x0F0F != 0x0A0A]


def fingerprints(record: bytes) -> tuple[str, str]:
    """JA3 and JA4 of the ClientHello in a TLS record, by their descriptions."""
    rest = record[5 + 4 :]
    version = int.from_bytes(rest[:2])
    rest = rest[34:]
    rest = rest[1 + rest[0] :]
    size = int.from_bytes(rest[:2])
    ciphers, rest = numbers(rest[2 : 2 + size]), rest[2 + size :]
    rest = rest[1 + rest[0] :][2:]
    given: dict[int, bytes] = {}
    while rest:
        size = int.from_bytes(rest[2:4])
        given[int.from_bytes(rest[:2])] = rest[4 : 4 + size]
        rest = rest[4 + size :]
    groups, formats = numbers(given.get(10, b"")[2:]), list(given.get(11, b"")[1:])
    lists = (ciphers, list(given), groups, formats)
    ja3 = ",".join([str(version), *("-".join(map(str, one)) for one in lists)])
    highest = max(numbers(given[43][1:])) if 43 in given else version
    alpn = given[16][3 : 3 + given[16][2]].decode() if 16 in given else "00"
    start = f"t{ {0x303: '12', 0x304: '13'}[highest]}{'d' if 0 in given else 'i'}{len(ciphers):02}{len(given):02}{alpn[0]}{alpn[-1]}"
    offered = ",".join(f"{one:04x}" for one in sorted(given) if one not in (0, 16))
    offered += "_" + ",".join(f"{one:04x}" for one in numbers(given[13][2:]))
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:12] for text in (",".join(f"{one:04x}" for one in sorted(ciphers)), offered)]
    return hashlib.md5(ja3.encode()).hexdigest(), "_".join([start, *hashed])


def test_fingerprints_of_clients(tmp_path: Path) -> None:
    """What the log says of curl's and OpenSSL's TLS is what they are seen to send, and rules match it."""
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", tmp_path / "key")
    openssl("req", "-x509", "-new", "-key", tmp_path / "key", "-subj", "/CN=localhost", "-out", tmp_path / "pem")
    front = Front(tmp_path, f"    certificate-file = {tmp_path}/pem\n    key-file = {tmp_path}/key\n")
    curl = ["curl", "-sk", "--noproxy", "*", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}"]
    plain = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    clients = (
        lambda port: [*curl, f"https://localhost:{port}/"],
        lambda port: [*curl, "--http1.1", "--tls-max", "1.2", f"https://localhost:{port}/"],
        lambda port: ["openssl", "s_client", "-quiet", "-noservername", "-connect", f"127.0.0.1:{port}"],
    )
    try:
        acl = front.acl()
        seen = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE)
            for client in clients:
                with subprocess.Popen(
                    client(listener.getsockname()[1]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                ) as process:
                    (connection, _) = listener.accept()
                    with connection:
                        record = connection.recv(5, socket.MSG_WAITALL)
                        record += connection.recv(int.from_bytes(record[3:]), socket.MSG_WAITALL)
                    process.kill()
                seen.append(fingerprints(record))
        assert len(set(seen)) == 3
        for client in clients:
            subprocess.run(client(front.tls_port), input=plain, capture_output=True, check=False, timeout=PATIENCE)
        lines = front.lines(3)
        assert [(line["ja3Fingerprint"], line["ja4Fingerprint"]) for line in lines] == seen
        for field, value, status in (
            ("JA3Fingerprint", seen[0][0], "403"), ("JA4Fingerprint", seen[0][1], "403"), ("JA4Fingerprint", seen[1][1], "200"),
        ):  # fmt: skip
            match = {
                "SearchString": value.encode(), "FieldToMatch": {field: {"FallbackBehavior": "NO_MATCH"}},
                "TextTransformations": NONE, "PositionalConstraint": "EXACTLY",
            }  # fmt: skip
            acl.update(rule("print", {"ByteMatchStatement": match}))
            answer = subprocess.run(clients[0](front.tls_port), capture_output=True, text=True, check=True, timeout=PATIENCE)
            assert answer.stdout == status, field
        # Without TLS there is none.
        assert front.curl()[0] == 200 and "ja3Fingerprint" not in front.lines(7)[-1]
    finally:
        front.close()


def test_signing_in(front: Front) -> None:
    """AWS's group against account takeover: before it, a rule that asks for a token, as its documentation has it."""
    fields = {"PayloadType": "FORM_ENCODED", "UsernameField": {"Identifier": "user"}, "PasswordField": {"Identifier": "pass"}}
    config = {"AWSManagedRulesATPRuleSet": {"LoginPath": "/login", "RequestInspection": fields}}
    group = {"VendorName": "AWS", "Name": "AWSManagedRulesATPRuleSet", "ManagedRuleGroupConfigs": [config]}
    takeover = rule("atp", {"ManagedRuleGroupStatement": group}) | {"OverrideAction": {"None": {}}}
    del takeover["Action"]
    acl = front.acl(takeover)
    assert front.curl("/login", data=b"user=ann&pass=x")[0] == 200
    assert front.curl("/login", data=b"user=ann&pass=")[0] == 403 and front.curl("/search", data=b"q=x")[0] == 200
    assert front.curl("/login", "-H", "Cookie: aws-waf-token=made-up", data=b"user=ann&pass=x")[0] == 403
    lines = front.lines(4)
    labels = [{label["name"].removeprefix("awswaf:managed:") for label in line["labels"]} for line in lines]
    assert labels[0] == {"token:absent", "captcha:absent"} and "aws:atp:SignalMissingCredential" in labels[1]
    assert labels[3] >= {"token:rejected", "token:rejected:invalid"}
    statuses = [front.curl("/login", data=b"user=ann&pass=x")[0] for _ in range(19)]
    assert statuses == [200] * 17 + [403] * 2  # three were before
    (sample, *_) = acl.samples("m-atp")
    assert sample["RuleNameWithinRuleGroup"] == "VolumetricIpHigh"


def test_logs_name_the_load_balancer_and_the_trace(front: Front) -> None:
    front.acl()
    assert front.curl("/a/b?c=d", "-A", "me", "-H", "Host: x.shop.example")[0] == 200
    (line,) = front.lines(1)
    assert line["httpSourceName"] == "ALB" and line["httpSourceId"] == f"{ACCOUNT}-app/shop/{ARN.rpartition('/')[2]}"
    asked = line["httpRequest"]
    headers = {one["name"].lower(): one["value"] for one in asked["headers"]}
    assert headers["user-agent"] == "me"
    told = {name.lower(): value for name, value in front.shop.asked[-1]["headers"].items()}
    assert told["x-amzn-trace-id"] == asked["requestId"]
    assert (asked["uri"], asked["args"], asked["host"], asked["scheme"]) == ("/a/b", "c=d", "x.shop.example", "http")
    assert asked["clientIp"] == "127.0.0.1" and asked["httpVersion"] == "HTTP/1.1" and asked["httpMethod"] == "GET"


def test_who_comes_too_often(front: Front) -> None:
    limit = {
        "RateBasedStatement": {
            "Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "CUSTOM_KEYS",
            "CustomKeys": [{"Header": {"Name": "x-key", "TextTransformations": NONE}}],
        }
    }  # fmt: skip
    front.acl(rule("rate", limit))
    assert [front.curl("/", "-H", "x-key: a")[0] for _ in range(12)] == [200] * 10 + [403] * 2
    assert front.curl("/", "-H", "x-key: b")[0] == 200 and front.curl("/")[0] == 200
    line = front.lines(12)[-1 - 2]
    assert line["terminatingRuleType"] == "RATE_BASED"
    (rate,) = line["rateBasedRuleList"]
    assert rate["rateBasedRuleName"] == "rate" and rate["limitKey"] == "CUSTOMKEYS" and rate["maxRateAllowed"] == 10


def test_another_protocol_is_asked_about_as_well(front: Front) -> None:
    front.acl(rule("socket", path("/socket")))
    upgrade = ("-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13")
    assert front.curl("/socket", *upgrade, "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")[0] == 403


@pytest.mark.parametrize("action", ["Challenge", "Captcha"])
def test_a_browser_gets_to_the_shop(front: Front, browser: Browser, action: str) -> None:
    front.acl(rule("all", path("/", "STARTS_WITH"), **{action: {}}))
    assert front.curl("/")[0] == (202 if action == "Challenge" else 405) and front.shop.asked == []
    context = browser.new_context()
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(front.url + "/goods?page=2")
        if action == "Captcha":
            assert violations(page) == []
            answer = solution(page.locator("#question").inner_text(), page.locator("li").all_inner_texts())
            page.get_by_role("textbox").fill(answer)
            page.get_by_role("button").click()
        page.get_by_role("heading", name="The shop").wait_for()
        assert page.url == front.url + "/goods?page=2" and complaints == []
        assert front.shop.asked[0]["path"] == "/goods?page=2"
    finally:
        context.close()
    key = f"{action.lower()}Response"
    lines = front.lines(3)
    assert lines[0][key]["failureReason"] == "TOKEN_MISSING" and lines[0]["responseCodeSent"] in (202, 405)
    passed = next(line for line in lines if line["action"] == "ALLOW")
    (match,) = passed["nonTerminatingMatchingRules"]
    assert match["action"] == action.upper() and match[key]["responseCode"] == 0
    assert abs(match[key]["solveTimestamp"] - time.time()) < 60 and passed[key] == match[key]


def test_the_log_says_why_nothing_passes(tmp_path: Path) -> None:
    # In the place of the library that finds injection.
    (tmp_path / "libmodsecurity.so.3").write_bytes(b"")
    front = Front(tmp_path, environment={"LD_LIBRARY_PATH": str(tmp_path)})
    try:
        query = {"FieldToMatch": {"QueryString": {}}, "TextTransformations": NONE}
        acl = front.acl()
        acl.update(rule("injection", {"SqliMatchStatement": query}, Count={}))
        assert [front.curl("/")[0] for _ in range(3)] == [500] * 3 and front.shop.asked == []
        told = [line for line in front.said.read_text().splitlines() if "web ACL can't be asked" in line]
        assert len(told) == 1 and "libmodsecurity" in told[0]
    finally:
        front.close()
