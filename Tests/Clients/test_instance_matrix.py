"""Exactly what security groups and network ACLs let pass, passes: single packets between instances, compared with what an independent
reading of AWS's rules says of each."""

from __future__ import annotations

import ipaddress
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from harness import namespaces
from harness.namespaces import Machine, Machines, permission, vpc
from harness.probes import ECHO, ICMP, ICMPV6, OTHER, TCP, UDP, Packet, Wire

pytestmark = [
    pytest.mark.memory,
    pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}"),
]

SEED = int(os.environ.get("GATEHOUSE_MATRIX_SEED", "20"))
ROUNDS = int(os.environ.get("GATEHOUSE_MATRIX_ROUNDS", "200"))
SUBNETS = {"subnet-1": ["10.20.1.0/24", "fd00:20:0:1::/64"], "subnet-2": ["10.20.2.0/24", "fd00:20:0:2::/64"]}
WHERE = {"eni-a": "subnet-1", "eni-b": "subnet-1", "eni-c": "subnet-2", "eni-d": "subnet-2"}
ADDRESSES = {
    "eni-a": ["10.20.1.10", "fd00:20:0:1::10"], "eni-b": ["10.20.1.11", "fd00:20:0:1::11"],
    "eni-c": ["10.20.2.10", "fd00:20:0:2::10"], "eni-d": ["10.20.2.11", "10.20.2.12", "fd00:20:0:2::11"],
}  # fmt: skip
GROUPS = ["sg-1", "sg-2", "sg-3", "sg-4"]
LISTS = ["pl-1", "pl-2"]
PORTS = [21, 22, 80, 443, 444, 8080]
BLOCKS = [
    "0.0.0.0/0", "::/0", "10.20.0.0/16", "10.20.1.0/24", "10.20.2.0/24", "10.20.1.10/32", "10.20.2.10/31", "10.20.2.12/32",
    "10.20.1.8/29", "10.0.0.0/8", "192.0.2.0/24", "fd00:20::/32", "fd00:20:0:1::/64", "fd00:20:0:1::10/128", "fd00:20:0:2::11/128",
]  # fmt: skip
#: By it is seen that all that was sent before has come or never will.
END = 9


# MARK: What may be


def ports(random: random.Random) -> tuple[int, int]:
    low = random.choice(PORTS)
    return random.choice([(low, low), (low, low), (0, 65535), (low, random.choice([p for p in PORTS if p >= low])), (0, low), (low, 65535)])


def traffic(random: random.Random) -> tuple[str, int, int]:
    kind = random.choice(["tcp"] * 5 + ["udp"] * 3 + ["icmp", "icmpv6", "-1", "253", "47"])
    if kind in ("tcp", "udp"):
        return kind, *ports(random)
    if kind in ("icmp", "icmpv6"):
        type = random.choice([-1, -1, ECHO[ICMP if kind == "icmp" else ICMPV6][0], 3])
        return kind, type, -1 if type < 0 else random.choice([-1, 0, 1])
    return kind, -1, -1


def permissions(random: random.Random) -> list[dict[str, Any]]:
    found = [permission("udp", END, END, blocks=["0.0.0.0/0", "::/0"])]
    for _ in range(random.choice([0, 1, 2, 3, 4])):
        kind, low, high = traffic(random)
        peers: dict[str, list[str]] = {"blocks": [], "groups": [], "lists": []}
        for _ in range(random.choice([1, 1, 2, 3])):
            which, pool = random.choice([("blocks", BLOCKS)] * 3 + [("groups", GROUPS)] * 2 + [("lists", LISTS)])
            peers[which].append(random.choice(pool))
        found.append(permission(kind, low, high, **peers))
    return found


def entries(random: random.Random) -> list[dict[str, Any]]:
    numbers = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
    found: list[dict[str, Any]] = []
    for out in (False, True):
        for number, block in ((1, "0.0.0.0/0"), (2, "::/0")):
            found.append(entry(number, out, True, "17", END, END, block))
        for number in random.sample(range(10, 300), random.choice([1, 2, 3, 4, 6])):
            kind, low, high = random.choice([("-1", -1, -1), traffic(random)])
            block = random.choice(["0.0.0.0/0", "::/0", random.choice(BLOCKS)])
            found.append(entry(number, out, random.random() < 0.7, numbers.get(kind, kind), low, high, block))
        # Often all that is not said passes, as answers have to.
        if random.random() < 0.7:
            found += [entry(500, out, True, "-1", -1, -1, "0.0.0.0/0"), entry(501, out, True, "-1", -1, -1, "::/0")]
    return found


def entry(number: int, out: bool, allows: bool, protocol: str, low: int, high: int, block: str) -> dict[str, Any]:
    found: dict[str, Any] = {"RuleNumber": number, "Egress": out, "RuleAction": "allow" if allows else "deny", "Protocol": protocol}
    found["Ipv6CidrBlock" if ":" in block else "CidrBlock"] = block
    if protocol in ("6", "17"):
        found["PortRange"] = {"From": low, "To": high}
    if protocol in ("1", "58"):
        found["IcmpTypeCode"] = {"Type": low, "Code": high}
    return found


def configuration(random: random.Random) -> dict[str, Any]:
    acls = {subnet: entries(random) for subnet in SUBNETS if random.random() < 0.6}
    interfaces = {
        id: (WHERE[id], ADDRESSES[id], random.sample(GROUPS, random.choice([1, 1, 2, 3]))) for id in ADDRESSES
    }  # fmt: skip
    groups = {id: (permissions(random), namespaces.ANYWHERE if random.random() < 0.4 else permissions(random)) for id in GROUPS}
    lists = {id: random.sample([b for b in BLOCKS if not b.endswith("/0")], random.choice([1, 2, 3])) for id in LISTS}
    return vpc(SUBNETS, interfaces, groups, acls, lists)


# MARK: What AWS's pages say of a packet, read once more


class Oracle:
    """Says of single packets whether they pass. It knows nothing of what the product makes of a network."""

    def __init__(self, document: dict[str, Any]):
        self.interfaces: dict[str, tuple[str, set[str]]] = {}
        for interface in document["NetworkInterfaces"]:
            groups = {g["GroupId"] for g in interface["Groups"]}
            for a in interface["PrivateIpAddresses"]:
                self.interfaces[a["PrivateIpAddress"]] = (interface["SubnetId"], groups)
            for a in interface["Ipv6Addresses"]:
                self.interfaces[a["Ipv6Address"]] = (interface["SubnetId"], groups)
        self.groups = {g["GroupId"]: g for g in document["SecurityGroups"]}
        self.lists = {p["PrefixListId"]: p["Cidrs"] for p in document["PrefixLists"]}
        own = {a["Associations"][0]["SubnetId"]: a for a in document["NetworkAcls"] if "Associations" in a}
        default = next(a for a in document["NetworkAcls"] if a.get("IsDefault"))
        self.acls = {s["SubnetId"]: own.get(s["SubnetId"], default)["Entries"] for s in document["Subnets"]}

    @staticmethod
    def _in(address: str, block: str) -> bool:
        return ipaddress.ip_address(address) in ipaddress.ip_network(block, strict=False)

    @staticmethod
    def _says(protocol: str, low: int, high: int, packet: Packet) -> bool:
        if protocol == "-1":
            return True
        names = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6}
        if (names.get(protocol) or int(protocol)) != packet.protocol:
            return False
        if packet.protocol in (TCP, UDP):
            return low == -1 or low <= packet.port <= high
        if packet.protocol in ECHO:
            return low in (-1, ECHO[packet.protocol][packet.port]) and high in (-1, 0)
        return True

    def _groups(self, packet: Packet, out: bool) -> bool:
        own, peer = (packet.source, packet.destination) if out else (packet.destination, packet.source)
        for id in self.interfaces[own][1]:
            for p in self.groups[id]["IpPermissionsEgress" if out else "IpPermissions"]:
                if not self._says(p["IpProtocol"], p.get("FromPort", -1), p.get("ToPort", -1), packet):
                    continue
                blocks = [r.get("CidrIp") or r["CidrIpv6"] for r in [*p.get("IpRanges", []), *p.get("Ipv6Ranges", [])]]
                for list in p.get("PrefixListIds", []):
                    blocks += self.lists[list["PrefixListId"]]
                if any(self._in(peer, b) for b in blocks):
                    return True
                if any(pair["GroupId"] in self.interfaces[peer][1] for pair in p.get("UserIdGroupPairs", [])):
                    return True
        return False

    def _acl(self, packet: Packet, subnet: str, out: bool) -> bool:
        peer = packet.destination if out else packet.source
        for e in sorted(self.acls[subnet], key=lambda e: e["RuleNumber"]):
            block = e.get("CidrBlock") or e["Ipv6CidrBlock"]
            low, high = -1, -1
            if "PortRange" in e:
                low, high = e["PortRange"]["From"], e["PortRange"]["To"]
            if "IcmpTypeCode" in e:
                low, high = e["IcmpTypeCode"]["Type"], e["IcmpTypeCode"]["Code"]
            if e["Egress"] == out and self._in(peer, block) and self._says(e["Protocol"], low, high, packet):
                return e["RuleAction"] == "allow"
        return False

    def borders(self, packet: Packet) -> bool:
        """Whether ACLs let it pass: they look at each packet, and only at what leaves a subnet or comes into it."""
        source, destination = self.interfaces[packet.source][0], self.interfaces[packet.destination][0]
        return source == destination or self._acl(packet, source, True) and self._acl(packet, destination, False)

    def opens(self, packet: Packet) -> bool:
        """Whether it passes as the first of its kind."""
        return self._groups(packet, True) and self._groups(packet, False) and self.borders(packet)


# MARK: The machines


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Machines, dict[str, Machine], dict[str, Wire]]]:
    with Machines() as all:
        all.network(configuration(random.Random(0)))
        started = {id: all.run(f"i-{id}", [id]) for id in ADDRESSES}
        wires = {}
        for id, machine in started.items():
            with machine:
                wires[id] = Wire()
        yield all, started, wires
        for wire in wires.values():
            wire.close()


def probes(number: int) -> Iterator[tuple[str, str, Packet]]:
    """From which interface to which; each round has identifiers of its own, since the kernel remembers those before."""
    for one in ADDRESSES:
        for other in ADDRESSES:
            if one == other:
                continue
            for source in ADDRESSES[one]:
                for destination in ADDRESSES[other]:
                    if (":" in source) != (":" in destination):
                        continue
                    for port in PORTS:
                        yield one, other, Packet(source, destination, TCP, 20000 + number, port)
                    for port in (21, 443, 8080):
                        yield one, other, Packet(source, destination, UDP, 20000 + number, port)
                    yield one, other, Packet(source, destination, ICMPV6 if ":" in source else ICMP, 20000 + number, 0)
                    # Without ports, what goes back belongs to what went there: one direction is asked.
                    if one < other:
                        yield one, other, Packet(source, destination, OTHER)


def test_what_groups_and_acls_let_pass_is_what_passes(
    running: tuple[Machines, dict[str, Machine], dict[str, Wire]],
) -> None:
    all, _, wires = running
    print(f"seed {SEED}")
    source = random.Random(SEED)
    passed, refused, answered = 0, 0, 0
    cpus = os.sched_getaffinity(0)
    # On one processor packets are handled in the order in which they were sent.
    os.sched_setaffinity(0, {min(cpus)})
    try:
        for number in range(ROUNDS):
            document = configuration(source)
            all.network(document)
            oracle = Oracle(document)
            sent = list(probes(number))
            for one, _, packet in sent:
                wires[one].send(packet)
            seen: dict[str, set[Packet]] = {id: set() for id in ADDRESSES}
            # What was answered goes back before the end comes from there.
            for turn in (1, 2):
                for one in ADDRESSES:
                    for other in ADDRESSES:
                        if one != other:
                            end = Packet(ADDRESSES[one][0], ADDRESSES[other][0], UDP, 40000 + 2 * number + turn, END)
                            wires[one].send(end)
                            seen[other] |= wires[other].wait(end)
            wrong = []
            for one, other, packet in sent:
                may = oracle.opens(packet)
                if may != (packet in seen[other]):
                    wrong.append((packet, "should pass" if may else "should not pass"))
                passed, refused = passed + may, refused + (not may)
                if packet.protocol in (TCP, *ECHO):
                    back = may and oracle.borders(packet.answer)
                    if back != (packet.answer in seen[one]):
                        wrong.append((packet.answer, "should come back" if back else "should not come back"))
                    answered += back
            assert not wrong, (SEED, number, len(wrong), wrong[:5], document)
    finally:
        os.sched_setaffinity(0, cpus)
    print(f"{passed} packets passed, {refused} did not, {answered} were answered")
    # It is no test if nothing passes, or everything does.
    assert passed > ROUNDS * 10 and refused > ROUNDS * 10 and answered > ROUNDS * 5
