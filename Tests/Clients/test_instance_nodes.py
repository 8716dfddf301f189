"""Instances where several nodes share a database: one node runs all of them, every node answers for them, and when the node is gone
another runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Server, namespaces
from harness.machines import instance, launch, until, until_state
from harness.namespaces import descendants
from harness.postgres import Postgres

pytestmark = pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Server]]:
    images = tmp_path / "images.json"
    command = ["/bin/sh", "-c", "echo I am $(hostname); exec sleep infinity"]
    images.write_text(json.dumps({"images": [{"name": "sleeper", "command": command}]}))
    with Postgres() as database:
        url = database.new_database()
        options = ("--instance-images", str(images), "--bodies", str(tmp_path / "bodies"))
        made = [Server(*options, database=url, key=tmp_path / "key", log=tmp_path / f"log{n}") for n in range(2)]
        try:
            yield [server.start() for server in made]
        finally:
            for server in made:
                if server.alive:
                    server.kill()


def runs(server: Server) -> bool:
    """Whether anything of instances runs at a node."""
    return server.alive and server.process is not None and bool(descendants(server.process.pid))


def test_one_node_runs_them_and_every_node_answers(nodes: list[Server]) -> None:
    clients = [server.root.client("ec2") for server in nodes]
    (image,) = clients[0].describe_images(Filters=[{"Name": "name", "Values": ["sleeper"]}])["Images"]
    # By each node one, whichever runs them.
    ids = [launch(ec2, image["ImageId"])["InstanceId"] for ec2 in clients]
    for id in ids:
        for ec2 in clients:
            until_state(ec2, id, "running")
    (host,) = until(lambda: [server for server in nodes if runs(server)], lambda found: len(found) == 1)
    other = next(server for server in nodes if server is not host)
    there = other.root.client("ec2")
    # What one has printed, the other can tell.
    for id in ids:
        name = instance(there, id)["PrivateDnsName"].split(".")[0]
        until(lambda: str(there.get_console_output(InstanceId=id).get("Output", "")), lambda text: f"I am {name}" in text)
    # What the other is asked for is done.
    assert host.process
    pid, before = host.process.pid, len(descendants(host.process.pid))
    there.stop_instances(InstanceIds=ids[:1])
    for ec2 in clients:
        until_state(ec2, ids[0], "stopped")
    assert 0 < len(descendants(pid)) < before
    there.start_instances(InstanceIds=ids[:1])
    until_state(there, ids[0], "running")
    there.reboot_instances(InstanceIds=ids[:1])
    there.terminate_instances(InstanceIds=ids[:1])
    for ec2 in clients:
        until_state(ec2, ids[0], "terminated")
    third = launch(there, image["ImageId"])["InstanceId"]
    until_state(there, third, "running")
    there.stop_instances(InstanceIds=[third])
    until_state(there, third, "stopped")

    # A node that is gone takes its processes with it; the other starts what was running, and nothing else.
    gone = descendants(pid)
    host.kill()
    until(lambda: {process for process in gone if os.path.exists(f"/proc/{process}")}, lambda left: not left)
    until(lambda: runs(other), bool)
    assert until_state(there, ids[1], "running")["InstanceId"] == ids[1]
    assert instance(there, third)["State"]["Name"] == "stopped"
    until(lambda: str(there.get_console_output(InstanceId=ids[1]).get("Output", "")), lambda text: text.startswith("I am "))
    # The first comes back, and leaves it to the other.
    host.start()
    back = host.root.client("ec2")
    back.start_instances(InstanceIds=[third])
    until_state(back, third, "running")
    assert not runs(host) and runs(other)
    # Who ends in order hands over at once.
    other.stop()
    until(lambda: runs(host), bool)
    for id in (ids[1], third):
        until_state(back, id, "running")
    back.terminate_instances(InstanceIds=[ids[1], third])
    for id in (ids[1], third):
        until_state(back, id, "terminated")
    until(lambda: runs(host), lambda found: not found)
