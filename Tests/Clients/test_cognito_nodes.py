"""User pools on several nodes that share a database."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

from botocore import UNSIGNED
from test_nodes import Nodes, database, nodes  # noqa: F401 (fixtures)

from harness.sign_in import EXCEEDED, WRONG, refusal
from harness.user_pools import PASSWORD, UserPool


def test_guesses_at_all_nodes_count_together(nodes: Nodes) -> None:  # noqa: F811
    pool = UserPool(nodes.servers[0])
    pool.create("alice")
    apps = [server.root.client("cognito-idp", signature_version=UNSIGNED) for server in nodes.servers]

    def sign_in(app: Any, password: str) -> Any:
        return app.initiate_auth(
            ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": password},
        )  # fmt: skip

    outcomes: list[str] = []
    numbers = itertools.count()

    def guess(app: Any) -> None:
        for _ in range(6):
            outcomes.append(refusal(lambda: sign_in(app, f"wrong-{next(numbers)}"))[1])

    start = time.monotonic()
    threads = [threading.Thread(target=guess, args=(app,)) for app in apps for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - start
    # One more for each lock-out that has ended meanwhile: of one second, two, four, …
    ended = sum(seconds >= 2**power - 1 for power in range(1, 10))
    assert 5 <= outcomes.count(WRONG[1]) <= 5 + ended, outcomes
    assert set(outcomes) <= {WRONG[1], EXCEEDED[1], "Rate exceeded"} and len(outcomes) == 108
    assert all(refusal(lambda: sign_in(app, PASSWORD)) == EXCEEDED for app in apps)
    # No node keeps the others from trying for longer than that.
    end = time.monotonic() + 120
    while True:
        try:
            assert sign_in(apps[1], PASSWORD)["AuthenticationResult"]
            break
        except pool.app.exceptions.NotAuthorizedException:
            assert time.monotonic() < end
            time.sleep(0.5)
    # All is forgotten, at every node.
    for app in apps:
        assert refusal(lambda: sign_in(app, "wrong")) == WRONG
        assert sign_in(app, PASSWORD)["AuthenticationResult"]
