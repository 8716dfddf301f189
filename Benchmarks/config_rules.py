"""How soon AWS Config's rules say what a change means: 100 rules, 100,000 users, and one of these made careless at a time.

    config_rules.py PATH-OF-GATEHOUSE [USERS] [CHANGES] [RULES-ABOUT-USERS]

Where fewer rules than all are about users, the others are about roles, as in an account whose rules are about many types.
It prints how long the first evaluation of all took, and of the changes the median and the 99th percentile from the answer to the
change until the verdict is there, as somebody sees it who asks again and again. Everything happens on the loopback interface and in a
folder beside the build.
"""

from __future__ import annotations

import concurrent.futures
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
USERS = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
CHANGES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
ABOUT_USERS = int(sys.argv[4]) if len(sys.argv) > 4 else 100

from bench import as_botocore_sends, read_answer  # noqa: E402
from harness.configuration import Recording  # noqa: E402
from harness.server import Server  # noqa: E402

USER = "AWS::IAM::User"
RULES = 100
GUARD = 'rule named when resourceType == "AWS::IAM::User" {{ resourceName != "nobody-{0}" configuration.path == /^\\// }}'
MANAGED = ("IAM_USER_NO_POLICIES_CHECK", "IAM_NO_INLINE_POLICY_CHECK", "IAM_USER_GROUP_MEMBERSHIP_CHECK", "IAM_POLICY_BLACKLISTED_CHECK")


def make_some(server: Server, numbers: range) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for number in numbers:
            connection.sendall(as_botocore_sends("CreateUser", "iam", server.root, number, UserName=f"user-{number}"))
            answer = read_answer(connection)
            assert answer.startswith(b"HTTP/1.1 200"), answer


def make_users(server: Server) -> None:
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda first: make_some(server, range(first, USERS, 4)), range(4)))
    print(f"{USERS:,} users made in {time.monotonic() - begun:.0f} s")


def rules() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": name},
         "Scope": {"ComplianceResourceTypes": [USER]}} for name in MANAGED]
    details = [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}]
    for number in range(RULES - len(made)):
        policy = {"PolicyRuntime": "guard-2.x.x", "PolicyText": GUARD.format(number)}
        made.append({
            "ConfigRuleName": f"guard-{number}",
            "Scope": {"ComplianceResourceTypes": [USER if number + len(MANAGED) < ABOUT_USERS else "AWS::IAM::Role"]},
            "Source": {"Owner": "CUSTOM_POLICY", "SourceDetails": details, "CustomPolicyDetails": policy}})
    return made


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as place:
        options = ("--quota", "UserCreationPerSecond=1000000", "--quota", f"Users={USERS + 10}")
        with Server(*options, data=Path(place) / "data") as server:
            api = Recording(server.root).api
            make_users(server)
            begun = time.monotonic()
            for rule in rules():
                api.put_config_rule(ConfigRule=rule)
            while True:
                statuses = [
                    one for page in api.get_paginator("describe_config_rule_evaluation_status").paginate()
                    for one in page["ConfigRulesEvaluationStatus"]]
                if all(one["FirstEvaluationStarted"] for one in statuses):
                    break
                time.sleep(1)
            print(f"{RULES} rules, {ABOUT_USERS} of them about users, said something of {USERS:,} users after"
                  f" {time.monotonic() - begun:.0f} s", flush=True)
            waits = []
            for number in range(CHANGES):
                name = f"user-{number * (USERS // CHANGES)}"
                user = server.root.iam.get_user(UserName=name)["User"]["UserId"]
                server.root.iam.put_user_policy(
                    UserName=name, PolicyName="p",
                    PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}')
                changed = time.monotonic()
                while not api.get_compliance_details_by_resource(
                        ResourceType=USER, ResourceId=user, ComplianceTypes=["NON_COMPLIANT"])["EvaluationResults"]:
                    time.sleep(0.002)
                waits.append(1000 * (time.monotonic() - changed))
            waits.sort()
            print(f"change to verdict, {CHANGES} changes: median {statistics.median(waits):.0f} ms,"
                  f" p99 {waits[int(0.99 * (len(waits) - 1))]:.0f} ms, longest {waits[-1]:.0f} ms")


if __name__ == "__main__":
    main()
