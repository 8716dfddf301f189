"""What an ACME endpoint has answered is still so after kill -9, at whatever moment."""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import threading
import urllib.error
from collections.abc import Callable
from typing import Any

from harness import Server
from harness.acme import Endpoint, WebServer, free_port
from harness.acme_client import AcmeClient, request_for
from harness.authorities import Authority
from harness.server import BINARY
from harness.patience import PATIENCE

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "8"))
GONE = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


def test_what_was_answered_survives(durable: Callable[..., Server]) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    with WebServer() as web:
        server = durable("--port", str(free_port()), "--acme-http", f"www.example.com=127.0.0.1:{web.port}")
        server.start()
        endpoint = Endpoint.create(server.root, Authority.root(server.root), challenges="http-01")
        client = AcmeClient.registered(endpoint)
        #: What each answer has said since, by the order's address.
        promised: dict[str, str] = {}
        requests: dict[str, bytes] = {}

        def work() -> None:
            while True:
                answer = client.order("www.example.com")
                assert answer.status == 201, answer.body
                promised[answer.location] = "pending"
                order = answer.json
                [challenge] = client.post(order["authorizations"][0]).json["challenges"]
                web.files[challenge["token"]] = f"{challenge['token']}.{client.key.thumbprint}".encode()
                client.post(challenge["url"], {})
                client.wait(order["authorizations"][0], "valid")
                promised[answer.location] = "ready"
                requests[answer.location] = request_for("www.example.com")
                assert client.finalize(order, requests[answer.location]).status == 200
                promised[answer.location] = "processing"
                found = client.wait(answer.location, "valid")
                promised[answer.location] = found["certificate"]

        for _ in range(ROUNDS):
            used = client.fresh_nonce()
            assert client.post(client.account, nonce=used).status == 200
            killer = threading.Timer(chance.uniform(0.05, 1.2), server.kill)
            killer.start()
            try:
                work()
            except GONE:
                pass
            killer.join()
            server.start()
            client.nonce = ""
            assert client.post(client.account, nonce=used).problem == "badNonce", "a nonce stays used"
            for address, state in promised.items():
                found: dict[str, Any] = client.post(address).json
                if state.startswith("http"):
                    assert found["certificate"] == state and client.post(state).status == 200
                elif state == "processing":
                    assert client.wait(address, "valid")["certificate"], "what was accepted is issued, by whoever is there next"
                elif state == "ready":
                    assert found["status"] in ("ready", "processing", "valid"), found
                    if found["status"] == "ready":
                        assert client.finalize(found, requests[address]).status == 200
                    promised[address] = client.wait(address, "valid")["certificate"]
                else:
                    assert found["status"] in ("pending", "ready"), found
        assert len(promised) >= ROUNDS / 2
        done = [state for state in promised.values() if state.startswith("http")]
        acm = server.root.client("acm")
        pages = acm.get_paginator("list_certificates").paginate(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})
        kept = [one for page in pages for one in page["CertificateSummaryList"]]
        finished = sum(client.post(address).json["status"] == "valid" for address in promised)
        assert len(kept) == finished >= len(done), "one certificate for each order, and no other"
        assert server.stop() == 0
        verified = subprocess.run([BINARY, "verify", "--data", server.data], capture_output=True, text=True, timeout=PATIENCE)
        assert verified.returncode == 0, verified.stdout + verified.stderr
