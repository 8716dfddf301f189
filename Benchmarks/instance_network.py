"""`make bench`: what it takes until the kernel's tables say what 1,000 security groups say, after one rule changes and after all do.

    instance_network.py PATH-OF-GATEHOUSE

As root on Linux. GATEHOUSE_BENCH_INSTANCES instances (200) of one VPC run, each in five groups of its own; a group has ten rules each way:
blocks of addresses, other groups, a prefix list. What changes is told as `gatehouse instance run --json-lines` takes it, so that times
have reading the network's description in them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

INSTANCES = int(os.environ.get("GATEHOUSE_BENCH_INSTANCES", "200"))
PER_INSTANCE = 5


def rules(number: int, turn: int, groups: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index in range(10):
        port = 1000 + (number * 7 + index * 13 + turn) % 60000
        rule: dict[str, Any] = {"IpProtocol": "tcp" if index % 3 else "udp", "FromPort": port, "ToPort": port + index}
        if index < 5:
            rule["IpRanges"] = [{"CidrIp": f"10.{(number + index) % 256}.{index}.0/24"}]
        elif index < 9:
            rule["UserIdGroupPairs"] = [{"GroupId": f"sg-{(number * 31 + index) % groups:05}"}]
        else:
            rule["PrefixListIds"] = [{"PrefixListId": "pl-1"}]
        found.append(rule)
    return found


def network(turns: dict[int, int], turn: int = 0) -> dict[str, Any]:
    groups = INSTANCES * PER_INSTANCE
    everything = [
        {"RuleNumber": 100, "Egress": out, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"} for out in (False, True)
    ]
    return {
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/8"}],
        "Subnets": [{"SubnetId": f"subnet-{s}", "VpcId": "vpc-1", "CidrBlock": f"10.{s}.0.0/16"} for s in range(4)],
        "NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": True, "Entries": everything}],
        "PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": [f"192.0.{n}.0/25" for n in range(100)]}],
        "SecurityGroups": [
            {
                "GroupId": f"sg-{number:05}", "VpcId": "vpc-1", "IpPermissions": rules(number, turns.get(number, turn), groups),
                "IpPermissionsEgress": rules(number + 1, turn, groups),
            }
            for number in range(groups)
        ],
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": f"eni-{n:05}", "SubnetId": f"subnet-{n % 4}", "PrivateIpAddress": f"10.{n % 4}.1.{n // 4 + 10}",
                "Groups": [{"GroupId": f"sg-{n * PER_INSTANCE + g:05}"} for g in range(PER_INSTANCE)],
            }
            for n in range(INSTANCES)
        ],
    }  # fmt: skip


def main() -> None:
    process = subprocess.Popen(
        [sys.argv[1], "instance", "run", "--json-lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout

    def ask(**order: Any) -> float:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert "error" not in answer, answer
        return float(answer["milliseconds"])

    ask(network=network({}))
    begin = time.monotonic()
    starts = [ask(run=f"i-{n:05}", interfaces=[f"eni-{n:05}"], command=["/bin/sleep", "infinity"]) for n in range(INSTANCES)]
    print(f"{INSTANCES} instances started in {time.monotonic() - begin:.1f} s: the first {starts[0]:.0f} ms, the last {starts[-1]:.0f} ms")
    none = statistics.median(ask(network=network({})) for _ in range(5))
    one = [ask(network=network({n: n + 1})) for n in range(1, 8)]
    every = [ask(network=network({}, turn)) for turn in range(100, 103)]
    groups = INSTANCES * PER_INSTANCE
    print(f"{groups} groups of 20 rules: nothing changed {none:.0f} ms, one rule {statistics.median(one):.0f} ms, all of them {statistics.median(every):.0f} ms")
    process.stdin.close()
    begin = time.monotonic()
    process.wait()
    print(f"all ended in {time.monotonic() - begin:.1f} s")


if __name__ == "__main__":
    main()
