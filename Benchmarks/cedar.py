"""`make bench`: Cedar on policies equivalent to those of PolicyBench, as a peer from outside.

Cedar is AWS's open-source policy engine, written in Rust, with a language of its own; it is measured through its Python
wheel (cedarpy). Each policy allows one user one action in its own bucket, and one more forbids something else; one policy
matches. Policies and entities are parsed beforehand.

A call from Python costs far more than the decision: the request is made into JSON, parsed again, and so is the answer.
Therefore a call without any policy is measured beside, and `is_authorized_batch`, which crosses the boundary once for a
thousand requests but still converts each. What is left of a batch's request without the policy-free one's is the nearest
that one gets to Cedar itself from here; a program in Rust would see less.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib.metadata import version

import cedarpy

BATCH = 1_000
ENTITIES = cedarpy.Entities.from_json_str(
    json.dumps([
        {"uid": {"type": "User", "id": "alice"}, "attrs": {}, "parents": []},
        {"uid": {"type": "Bucket", "id": "wanted"}, "attrs": {}, "parents": []},
        {
            "uid": {"type": "Object", "id": "reports/2026.csv"},
            "attrs": {},
            "parents": [{"type": "Bucket", "id": "wanted"}],
        },
    ])
)  # fmt: skip
REQUEST = {
    "principal": 'User::"alice"',
    "action": 'Action::"s3:GetObject"',
    "resource": 'Object::"reports/2026.csv"',
    "context": {},
}


def policies(count: int) -> cedarpy.PolicySet:
    if not count:
        return cedarpy.PolicySet.from_str("")
    buckets = [f"bucket-{number}" for number in range(count)]
    buckets[count // 2] = "wanted"
    return cedarpy.PolicySet.from_str(
        "\n".join(
            f'permit(principal == User::"alice", action == Action::"s3:GetObject", resource in Bucket::"{bucket}");'
            for bucket in buckets
        )
        + '\nforbid(principal, action == Action::"iam:DeleteUser", resource);'
    )


def microseconds(call: Callable[[], object], requests: int = 1) -> float:
    """Of one request: the best of several rounds of at least 50 ms."""
    best = float("inf")
    for _ in range(5):
        calls, started = 0, time.perf_counter()
        while (took := time.perf_counter() - started) < 0.05:
            call()
            calls += 1
        best = min(best, took / calls / requests)
    return best * 1e6


def main() -> None:
    print(f"\n| Cedar (cedarpy {version('cedarpy')}) | one call | of a batch of {BATCH:,}, each | less the same without policies |")
    print("|---|---|---|---|")
    without = None
    for count in (0, 10, 100, 1_000, 10_000):
        parsed = policies(count)
        if cedarpy.is_authorized(REQUEST, parsed, ENTITIES).allowed != bool(count):
            raise SystemExit("Cedar does not decide as expected")
        one = microseconds(lambda: cedarpy.is_authorized(REQUEST, parsed, ENTITIES))
        # Fewer where one takes long.
        size = BATCH if count <= 1_000 else BATCH // 10
        requests = [dict(REQUEST) for _ in range(size)]
        each = microseconds(lambda: cedarpy.is_authorized_batch(requests, parsed, ENTITIES), size)
        without = each if without is None else without
        name = f"{count:,} policies" if count else "no policy: the way there and back"
        print(f"| {name} | {one:,.1f} µs | {each:,.1f} µs | {max(each - without, 0):,.1f} µs |", flush=True)


if __name__ == "__main__":
    main()
