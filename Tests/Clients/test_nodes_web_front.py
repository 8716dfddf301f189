"""The web fronts of two nodes that share a database: what is set at one holds at both."""

from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path

from harness import ACCOUNT, Server, postgres, raw
from harness.upstream import Upstream, answer, answering
from harness.web_acls import WebACL, path, rule
from harness.web_front import LISTENS, status

SHOP = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/50dc6c495c0c9188"


class Node(Server):
    """A node with a web front."""

    front = 0

    def start(self, *, within: float = 20) -> Server:
        super().start(within=within)
        self.front = next(int(found.group(2)) for line in self.output if (found := LISTENS.search(line)))
        return self

    def asks(self, target: str = "/", *headers: str, body: bytes = b"") -> bytes:
        """What the front answers that knows what every node has answered: so `/ready` promises."""
        assert self.get("/ready")[0] == 200
        lines = [f"{'POST' if body else 'GET'} {target} HTTP/1.1", "Host: shop", "Connection: close", *headers]
        return raw.send_bytes(self.front, "\r\n".join([*lines, "", ""]).encode() + body)


def work(page: bytes) -> bytes:
    """The answer to a challenge's page."""
    text = page.decode()
    seed, bits = re.search(r'data-seed="(\w+)"', text), re.search(r'data-bits="(\d+)"', text)
    task = re.search(r'name="task" value="([^"]*)"', text)
    assert seed and bits and task, text
    for number in itertools.count():
        digest = hashlib.sha256(f"{seed[1]}:{number}".encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - int(bits[1])) == 0:
            return f"task={task[1]}&number={number}".encode()
    raise AssertionError


def test_what_is_set_at_one_node_holds_at_both_fronts(tmp_path: Path) -> None:
    file = tmp_path / "web-front"
    database = postgres.shared().new_database()
    with Upstream(answering(answer(b"fine"))) as upstream:
        file.write_text(f"shop = {upstream.url}\n    arn = {SHOP}\n    hosts = shop\n")
        options = ("--web-front", str(file), "--web-front-port", "0")
        nodes = [Node(*options, database=database, key=tmp_path / "key", log=tmp_path / f"log{n}") for n in range(2)]
        try:
            one, two = (node.start() for node in nodes)
            assert isinstance(one, Node) and isinstance(two, Node)
            assert status(two.asks()) == 200
            waf, other = one.root.client("wafv2"), two.root.client("wafv2")
            set_ = {"Name": "bad", "Scope": "REGIONAL"}
            made = waf.create_ip_set(**set_, IPAddressVersion="IPV4", Addresses=["127.0.0.0/8"])["Summary"]
            from_there = {"IPSetReferenceStatement": {"ARN": made["ARN"]}}
            acl = WebACL(one.root, SHOP, rule("bad", from_there))
            assert status(two.asks()) == 403
            lock = other.get_ip_set(**set_, Id=made["Id"])["LockToken"]
            other.update_ip_set(**set_, Id=made["Id"], Addresses=["192.0.2.1/32"], LockToken=lock)
            assert status(one.asks()) == 200
            # A token is good at all of them, whichever has given it.
            acl.update(rule("prove", path("/secret"), Challenge={}))
            page = two.asks("/secret", "Accept: text/html")
            assert status(page) == 202
            done = work(page)
            form = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(done)}")
            passed = one.asks("/_gatehouse/waf", *form, body=done)
            cookie = re.search(rb"aws-waf-token=[^;]*", passed)
            assert status(passed) == 303 and cookie
            assert status(two.asks("/secret", f"Cookie: {cookie[0].decode()}")) == 200
            assert status(two.asks("/secret")) == 202
            other.disassociate_web_acl(ResourceArn=SHOP)
            assert status(one.asks("/secret")) == 200
            # So does a rule group of Shield's, which is put there once, whichever node is asked.
            other.associate_web_acl(WebACLArn=acl.arn, ResourceArn=SHOP)
            one.root.client("shield").create_subscription()
            shield = two.root.client("shield")
            shield.create_protection(Name="shop", ResourceArn=SHOP)
            shield.enable_application_layer_automatic_response(ResourceArn=SHOP, Action={"Count": {}})
            update = one.root.client("shield").update_application_layer_automatic_response
            update(ResourceArn=SHOP, Action={"Block": {}})
            assert len(waf.get_web_acl(ARN=acl.arn)["WebACL"]["Rules"]) == 2
            assert status(two.asks("/secret")) == 202 and status(two.asks()) == 200
        finally:
            for node in nodes:
                node.kill()
