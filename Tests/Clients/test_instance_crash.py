"""kill -9 of the server while clients launch, stop, start and terminate instances.

After each start what was acknowledged is so, records say what really runs, and nothing is left of what ran before: no process, no
network. GATEHOUSE_CRASH_ROUNDS (default 4) bounds it; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from harness import Server, namespaces
from harness.machines import launch, until
from harness.namespaces import descendants
from harness.patience import PATIENCE
from harness.server import gatehouse

pytestmark = pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}")
ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "4"))
MOST = 6


class Life:
    """What the one client of an instance was answered last."""

    def __init__(self) -> None:
        #: What was acknowledged, and what was asked for since and not answered.
        self.wanted = "running"
        self.doubt: str | None = None


class Client(threading.Thread):
    def __init__(self, server: Server, image: str, lives: dict[str, Life], dice: random.Random):
        super().__init__(daemon=True)
        self.ec2 = server.root.client("ec2", retries={"total_max_attempts": 1})
        self.image, self.lives, self.dice = image, lives, dice
        self.mine: list[str] = [id for id in list(lives) if lives[id].wanted != "terminated"]
        self.done, self.problem = 0, None

    def run(self) -> None:
        try:
            while True:
                self.step()
                self.done += 1
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.HTTPClientError):
            return
        except BaseException as problem:
            self.problem = problem

    def step(self) -> None:
        if len(self.mine) < MOST and self.dice.random() < 0.5:
            id = launch(self.ec2, self.image)["InstanceId"]
            self.lives[id] = Life()
            self.mine.append(id)
            return
        if not self.mine:
            return
        id = self.dice.choice(self.mine)
        wanted = self.dice.choice(["stopped", "running", "terminated"])
        call = {"stopped": self.ec2.stop_instances, "running": self.ec2.start_instances, "terminated": self.ec2.terminate_instances}
        self.lives[id].doubt = wanted
        try:
            call[wanted](InstanceIds=[id])
            self.lives[id].wanted = wanted
            if wanted == "terminated":
                self.mine.remove(id)
        except botocore.exceptions.ClientError as error:
            # It is still on its way to where it was sent before.
            assert error.response["Error"]["Code"] == "IncorrectInstanceState", error
        self.lives[id].doubt = None


def running(marker: str) -> dict[int, str]:
    """The host names of instances whose first process runs."""
    found = {}
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")[:2] == [b"sleep", marker.encode()]:
                said = subprocess.run(["nsenter", "-t", name, "-u", "hostname"], capture_output=True, text=True)
                if said.returncode == 0:
                    found[int(name)] = said.stdout.strip()
    return found


def networks(processes: set[int]) -> set[int]:
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            found.add(os.stat(f"/proc/{process}/ns/net").st_ino)
    return found


def test_nothing_survives_and_records_say_the_truth(lasting: Callable[..., Server], tmp_path: Path) -> None:
    dice = random.Random(int(os.environ.get("GATEHOUSE_TEST_SEED", "1")))
    marker = f"{random.SystemRandom().randrange(10**6, 10**7)}"
    images = tmp_path / "images.json"
    images.write_text(json.dumps({"images": [{"name": "sleeper", "command": ["/bin/sh", "-c", f"exec sleep {marker}"]}]}))
    server = lasting("--instance-images", str(images)).start()
    links, outside = sorted(os.listdir("/sys/class/net")), os.stat("/proc/self/ns/net").st_ino
    lives: dict[str, Life] = {}
    (image,) = server.root.client("ec2").describe_images(Filters=[{"Name": "name", "Values": ["sleeper"]}])["Images"]

    def instances() -> dict[str, dict[str, Any]]:
        found = server.root.client("ec2").describe_instances()["Reservations"]
        return {one["InstanceId"]: one for reservation in found for one in reservation["Instances"]}

    def settled() -> dict[str, dict[str, Any]]:
        return until(
            instances, lambda all: all is not None and {one["State"]["Name"] for one in all.values()} <= {"running", "stopped", "terminated"}
        )

    for turn in range(ROUNDS):
        client = Client(server, image["ImageId"], lives, dice)
        client.start()
        end = time.monotonic() + PATIENCE
        while client.done < 4 and client.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 1.5))
        assert server.process
        before = descendants(server.process.pid)
        inside = networks(before) - {outside}
        server.kill()
        client.join()
        if client.problem:
            raise client.problem
        # Nothing of it, and nobody in its networks.
        until(lambda: running(marker), lambda found: not found)
        until(lambda: {p for p in before if os.path.exists(f"/proc/{p}")}, lambda left: not left)
        everybody = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        assert not networks(everybody) & inside
        assert sorted(os.listdir("/sys/class/net")) == links
        server.start()
        all = settled()
        for id, life in lives.items():
            state = all[id]["State"]["Name"]
            assert state in {life.wanted, life.doubt}, (turn, id, state, life.wanted, life.doubt)
            life.wanted, life.doubt = state, None
        # What nobody was answered about may be there, too.
        for id in all.keys() - lives.keys():
            lives[id] = Life()
            lives[id].wanted = all[id]["State"]["Name"]
        names = {one["PrivateDnsName"].split(".")[0] for one in all.values() if one["State"]["Name"] == "running"}
        until(
            lambda: sorted(name.split(".")[0] for name in running(marker).values()), lambda found: found == sorted(names)
        )
    ids = [id for id, life in lives.items() if life.wanted != "terminated"]
    if ids:
        server.root.client("ec2").terminate_instances(InstanceIds=ids)
    assert {one["State"]["Name"] for one in settled().values()} == {"terminated"}
    assert not running(marker)
    assert server.process
    pid = server.process.pid
    until(lambda: descendants(pid), lambda found: not found)
    # No interface of theirs is taken, and no volume attached.
    ec2 = server.root.client("ec2")
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    server.stop()
    done = gatehouse("verify", *server.place, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
