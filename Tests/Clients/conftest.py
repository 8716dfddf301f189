"""Fixtures. The pieces they are made of lie in harness/."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from collections.abc import Callable, Iterator

import pytest

from harness import Identity, Server, Trail, policy
from harness import postgres
from harness.server import BINARY


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        raise pytest.UsageError(
            f"{BINARY} is not there: build it first (swift build), or name another by GATEHOUSE_BIN"
        )


#: What the names of files and tests have that take a minute, though there are few of them: they wait for other programs.
LONG = ("terraform", "Terraform")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Files that take long come first, so that the last worker has not much to do when the others are done.
    weights: dict[Path, float] = {}
    for item in items:
        is_long = any(word in item.nodeid for word in LONG) or item.get_closest_marker("slow")
        weights[item.path] = weights.get(item.path, 0) + (40 if is_long else 0.5)
    items.sort(key=lambda item: (-weights[item.path], str(item.path)))
    if postgres.IS_USED:
        for item in items:
            if item.get_closest_marker("memory"):
                item.add_marker(pytest.mark.skip(reason="only a server in memory can do that"))


@pytest.fixture(scope="session")
def worker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for each worker, in memory or on a database. Tests use `cloud`, which is this one, emptied."""
    server = Server(log=tmp_path_factory.mktemp("server") / "log")
    with server:
        yield server


@pytest.fixture
def cloud(worker_server: Server) -> Server:
    """An empty account. A server that the test before has killed is started again."""
    if not worker_server.alive:
        worker_server.start()
    worker_server.reset()
    return worker_server


@pytest.fixture
def root(cloud: Server) -> Identity:
    """The account's root user."""
    return cloud.root


@pytest.fixture
def trail(root: Identity) -> Trail:
    return Trail(root)


@pytest.fixture
def new_user(cloud: Server, root: Identity) -> Callable[..., Identity]:
    """new_user("alice", statement, …) makes a user with that inline policy and an access key, and returns it."""

    def make(name: str, *statements: dict[str, Any], managed: str | None = None, **parameters: Any) -> Identity:
        root.iam.create_user(UserName=name, **parameters)
        if statements:
            root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        if managed:
            root.iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::aws:policy/{managed}")
        return Identity.of_key(cloud.url, root.iam.create_access_key(UserName=name)["AccessKey"])

    return make


@pytest.fixture
def new_role(root: Identity) -> Callable[..., str]:
    """new_role("reader", trust_policy, statement, …) makes a role with that inline policy and returns its ARN."""

    def make(
        name: str, trust_policy: str, *statements: dict[str, Any], managed: str | None = None, **parameters: Any
    ) -> str:
        role = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, **parameters)["Role"]
        if statements:
            root.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        if managed:
            root.iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{managed}")
        return str(role["Arn"])

    return make


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """durable("--audit", "strict") is a server with a data directory; started by the test, ended here."""
    started: list[Server] = []

    def make(*options: str, **more: Any) -> Server:
        more.setdefault("data", tmp_path / "data")
        more.setdefault("log", tmp_path / "log")
        server = Server(*options, **more)
        started.append(server)
        return server

    yield make
    for server in started:
        server.kill()
