"""Instances as processes of this machine: `gatehouse instance run --json-lines`, and networks as EC2 describes them.

    with Machines() as machines:
        machines.network(document)
        web = machines.run("i-web", ["eni-web"], "sleep", "infinity")
        with web: …      the thread, and what it starts or opens, is in the instance's network
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import queue
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

from . import network
from .network import NEW_NETWORK
from .patience import PATIENCE
from .server import BINARY, clean_environment

_libc = ctypes.CDLL(None, use_errno=True)
SLEEP = ("/bin/sleep", "infinity")
ANYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]


@functools.cache
def missing() -> str | None:
    """Why instances can't be in namespaces here; None: they can."""
    if os.geteuid() != 0:
        return "namespaces are for root"
    return network.missing(nftables=True)


class Machine:
    """An instance that runs. Whoever enters it is in its network."""

    def __init__(self, machines: Machines, id: str, process: int):
        self.machines, self.id, self.process = machines, id, process
        self._network: int | None = None
        # One that has ended already has none.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            self._network = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._outside: list[int] = []

    def __enter__(self) -> Machine:
        self._outside.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        assert self._network is not None, f"{self.id} has ended"
        assert _libc.setns(self._network, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        return self

    def __exit__(self, *_: object) -> None:
        outside = self._outside.pop()
        assert _libc.setns(outside, NEW_NETWORK) == 0
        os.close(outside)

    def close(self) -> None:
        """An open file would keep the network."""
        if self._network is not None:
            os.close(self._network)

    @property
    def console(self) -> str:
        return str(self.machines.ask(console=self.id).get("output", ""))

    @property
    def runs(self) -> bool:
        return os.path.exists(f"/proc/{self.process}")


class Machines:
    """The program that runs instances."""

    def __init__(self, *before: str):
        self.before = before
        self.answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.ended: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.machines: list[Machine] = []

    def __enter__(self) -> Machines:
        self.process = subprocess.Popen(
            [*self.before, str(BINARY), "instance", "run", "--json-lines"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self.machines:
            machine.close()
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            answer = json.loads(line)
            (self.ended if "ended" in answer else self.answers).put(answer)

    def try_to(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=PATIENCE)

    def ask(self, **order: Any) -> dict[str, Any]:
        answer = self.try_to(**order)
        assert "error" not in answer, answer["error"]
        return answer

    def network(self, document: dict[str, Any]) -> dict[str, Any]:
        return self.ask(network=document)

    def run(self, id: str, interfaces: list[str], *command: str, **more: Any) -> Machine:
        answer = self.ask(run=id, interfaces=interfaces, command=list(command or SLEEP), **more)
        machine = Machine(self, id, answer["process"])
        self.machines.append(machine)
        return machine


def vpc(
    subnets: dict[str, list[str]], interfaces: dict[str, tuple[str, list[str], list[str]]], groups: dict[str, tuple[Any, Any]],
    acls: dict[str, list[dict[str, Any]]] | None = None, lists: dict[str, list[str]] | None = None, vpc: str = "vpc-1",
) -> dict[str, Any]:  # fmt: skip
    """A network, as EC2's answers describe it.

    subnets: blocks by id; interfaces: subnet, addresses and groups by id; groups: permissions in and out by id; acls: entries by the
    subnet's id, everything is let through without; lists: blocks of prefix lists by id.
    """
    def addresses(all: list[str]) -> dict[str, Any]:
        return {
            "PrivateIpAddresses": [{"PrivateIpAddress": a} for a in all if ":" not in a],
            "Ipv6Addresses": [{"Ipv6Address": a} for a in all if ":" in a],
        }

    def blocks(all: list[str]) -> dict[str, Any]:
        return {
            "CidrBlock": next(b for b in all if ":" not in b),
            "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": b} for b in all if ":" in b],
        }

    everything = [
        {"RuleNumber": 100 + version, "Egress": out, "RuleAction": "allow", "Protocol": "-1"}
        | ({"Ipv6CidrBlock": "::/0"} if version else {"CidrBlock": "0.0.0.0/0"})
        for version in (0, 1) for out in (False, True)
    ]  # fmt: skip
    return {
        "Vpcs": [{"VpcId": vpc, "CidrBlock": "10.20.0.0/16"}],
        "Subnets": [{"SubnetId": id, "VpcId": vpc, **blocks(all)} for id, all in subnets.items()],
        "NetworkAcls": [
            {"NetworkAclId": "acl-default", "VpcId": vpc, "IsDefault": True, "Entries": everything},
            *(
                {"NetworkAclId": f"acl-{id}", "VpcId": vpc, "Associations": [{"SubnetId": id}], "Entries": entries}
                for id, entries in (acls or {}).items()
            ),
        ],
        "SecurityGroups": [
            {"GroupId": id, "VpcId": vpc, "IpPermissions": into, "IpPermissionsEgress": out}
            for id, (into, out) in groups.items()
        ],
        "PrefixLists": [{"PrefixListId": id, "Cidrs": all} for id, all in (lists or {}).items()],
        "NetworkInterfaces": [
            {"NetworkInterfaceId": id, "SubnetId": subnet, "Groups": [{"GroupId": g} for g in own], **addresses(all)}
            for id, (subnet, all, own) in interfaces.items()
        ],
    }  # fmt: skip


def permission(protocol: str, low: int = -1, high: int = -1, **peers: Any) -> dict[str, Any]:
    """permission("tcp", 80, 80, blocks=["10.0.0.0/8"], groups=["sg-1"], lists=["pl-1"])"""
    blocks = peers.get("blocks", [])
    found: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": b} for b in blocks if ":" not in b],
        "Ipv6Ranges": [{"CidrIpv6": b} for b in blocks if ":" in b],
        "UserIdGroupPairs": [{"GroupId": g} for g in peers.get("groups", [])],
        "PrefixListIds": [{"PrefixListId": p} for p in peers.get("lists", [])],
    }
    return found | ({} if protocol == "-1" else {"FromPort": low, "ToPort": high})


def descendants(process: int) -> set[int]:
    """All processes that have come of one."""
    found: dict[int, int] = {}
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            found[int(name)] = int(Path(f"/proc/{int(name)}/stat").read_text().rpartition(")")[2].split()[1])
    all = {process}
    while more := {child for child, parent in found.items() if parent in all} - all:
        all |= more
    return all - {process}


def copy_program(program: str, root: Path) -> None:
    """A program with its libraries, into a root folder."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    for file in [program, *re.findall(r"(/\S+)", listed)]:
        target = root / file[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_bytes(Path(file).read_bytes())
            target.chmod(0o755)
