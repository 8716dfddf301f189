"""`gatehouse simulate`: the policy engine on files and streams, without a server."""

import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path
from typing import Any
from collections.abc import Callable, Iterator

import pytest

from harness import ACCOUNT, allow, deny, policy, trust
from harness.server import BINARY, clean_environment, gatehouse
from harness.patience import PATIENCE

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
OBJECT = "arn:aws:s3:::home/alice/notes"
Simulate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], str]:
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def simulate(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """alice asks for an object."""
    return gatehouse(
        "simulate", "--principal", ALICE, "--action", "s3:GetObject", "--resource", OBJECT, *words,
        environment=environment,
    )  # fmt: skip


# One request


def test_allowed(write: Any) -> None:
    path = write("own.json", policy(allow("s3:*", "arn:aws:s3:::home/${aws:username}/*", Sid="Own")))
    done = simulate("--identity", path, "--context", "aws:username=alice")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'Allowed by identity-based policy {path}, statement 1 "Own"\n')
    assert simulate("--identity", path, "--context", "aws:username=bob").returncode == 1


def test_a_denial_says_which_condition_failed_with_which_values(write: Any) -> None:
    document = json.dumps(
        json.loads(policy(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "${x:Team}"}}))), indent=2
    )
    path = write("team.json", document)
    done = simulate("--identity", path, "--context", "aws:PrincipalTag/team=red", "--context", "x:Team=blue")
    assert done.returncode == 1
    assert "Denied implicitly: no identity-based policy allows it" in done.stdout
    assert (
        f"User: {ALICE} is not authorized to perform: s3:GetObject on resource: {OBJECT} because no identity-based "
        "policy allows the s3:GetObject action"
    ) in done.stdout
    assert f"{path}:4:5" in done.stdout
    assert 'StringEquals aws:PrincipalTag/team ["${x:Team}" = "blue"] fails: the request has "red"' in done.stdout
    missing = simulate("--identity", path)
    assert '"${x:Team}" (the variable has no value)] fails: the request has no such key' in missing.stdout


def test_every_type_of_policy_can_deny(write: Any) -> None:
    everything = write("all.json", policy(allow("*")))
    nothing = write("none.json", policy(allow("iam:*")))
    no_one = write("deny.json", policy(deny("s3:*", Principal="*")))
    expected = {
        ("--boundary", nothing): "no permissions boundary allows",
        ("--session", nothing): "no session policy allows",
        ("--scp", nothing): "no service control policy allows",
        ("--rcp", no_one): "explicit deny in a resource control policy",
        ("--resource-policy", no_one): "explicit deny in a resource-based policy",
        ("--endpoint", no_one): "explicit deny in a VPC endpoint policy",
    }
    for words, reason in expected.items():
        done = simulate("--identity", everything, *words)
        assert done.returncode == 1, words
        assert reason in done.stdout, words
    # An RCP that is about something else takes nothing away: RCPFullAWSAccess is always there.
    other = write("other.json", policy(deny("kms:*", Principal="*")))
    assert simulate("--identity", everything, "--rcp", other).returncode == 0


def test_levels_and_several_files(write: Any) -> None:
    everything = write("all.json", policy(allow("*")))
    reading = write("read.json", policy(allow("s3:Get*")))
    iam = write("iam.json", policy(allow("iam:*")))
    # A level is the union of its files; every level must allow.
    assert simulate("--identity", iam, reading, "--scp", everything, "--scp", f"{iam},{reading}").returncode == 0
    denied = simulate("--identity", reading, "--scp", everything, "--scp", iam)
    assert denied.returncode == 1 and " at level 2 of 2 (root first)\n" in denied.stdout


def test_a_variable_without_a_value_is_named(write: Any) -> None:
    own = write("own.json", policy(allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}")))
    note = '"arn:aws:s3:::b/${aws:username}"]: ${aws:username} has no value; give it with --context\n'
    assert note in simulate("--identity", own).stdout
    assert "has no value" not in simulate("--identity", own, "--context", "AWS:UserName=bob").stdout


@pytest.mark.parametrize(
    "command", [f"simulate --principal {ALICE} --action s3:GetObject --identity", "lint"], ids=["simulate", "lint"]
)
def test_pipes_are_read(write: Any, command: str) -> None:
    path = write("pipe.json", policy(allow("s3:GetObject")))
    done = subprocess.run(
        ["bash", "-c", f"{BINARY} {command} <(cat {path})"], capture_output=True, text=True, env=clean_environment()
    )
    assert done.returncode == 0 and not done.stderr, done
    # A folder is none, and neither is what never ends.
    for other, reason in ((str(Path(path).parent), "Is a directory"), ("/dev/zero", "is longer than 16 MB")):
        refused = gatehouse(*command.split(), other)
        assert refused.returncode == 2 and other in refused.stderr and reason in refused.stderr


def test_roles_are_assumed_by_their_trust(write: Any) -> None:
    trusts = write("trust.json", trust(ALICE))
    words = ["simulate", "--principal", ALICE, "--action", "sts:AssumeRole",
             "--resource", f"arn:aws:iam::{ACCOUNT}:role/r"]  # fmt: skip
    assert gatehouse(*words, "--trust", trusts).returncode == 0
    bob = write("bob.json", trust(f"arn:aws:iam::{ACCOUNT}:user/bob"))
    denied = gatehouse(*words, "--trust", bob)
    assert denied.returncode == 1
    assert "no role trust policy allows" in denied.stdout and "is not covered by Principal" in denied.stdout


def test_multivalued_context(write: Any) -> None:
    path = write("tags.json", policy(allow("s3:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})))
    pair = ["--context", "aws:TagKeys=a", "--context"]
    assert simulate("--identity", path, *pair, "aws:TagKeys=b").returncode == 0
    assert simulate("--identity", path, *pair, "aws:TagKeys=c").returncode == 1


def test_bad_input_is_status_2_and_placed(write: Any) -> None:
    bad = write("bad.json", '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow", "Action": "*", "Resource": "*"}]}')
    good = write("good.json", policy(allow("*")))
    done = simulate("--identity", good, bad)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.startswith(f"{bad}:2:27: Syntax errors in policy.")
    for words in (
        ["--identity", "/nonexistent/p.json"],
        ["--context", "no-value"],
        ["--identity", write("half.json", '{"Version":')],
    ):
        refused = simulate(*words)
        assert (refused.returncode, refused.stdout) == (2, ""), words
        assert refused.stderr.strip(), words
    assert gatehouse("simulate", "--action", "s3:GetObject").returncode == 2
    assert gatehouse("simulate", "--principal", "alice", "--action", "s3:GetObject").returncode == 2


def test_colors(write: Any) -> None:
    path = write("p.json", policy(allow("*")))
    assert "\x1b[" not in simulate("--identity", path).stdout
    assert "\x1b[32mAllowed" in simulate("--identity", path, "--color", "always").stdout
    words = [str(BINARY), "simulate", "--principal", ALICE, "--action", "s3:GetObject", "--identity", path]
    assert "\x1b[32mAllowed" in on_a_terminal(words)
    assert "\x1b[" not in on_a_terminal(words, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal([*words, "--color", "never"])
    # What a document holds does not steer the terminal.
    steering = write("s.json", policy(allow("*", Condition={"StringEquals": {"x:y": "\x1b[31m"}})))
    assert "\x1b" not in simulate("--identity", steering).stdout


def on_a_terminal(words: list[str], **environment: str) -> str:
    master, slave = pty.openpty()
    try:
        environment = clean_environment(TERM="xterm", **environment)
        if "NO_COLOR" in os.environ and "NO_COLOR" not in environment:
            del environment["NO_COLOR"]
        subprocess.run(words, env=environment, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, timeout=PATIENCE)
        return os.read(master, 1 << 16).decode()
    finally:
        os.close(master)
        os.close(slave)


# A stream


def case(number: Any, **more: Any) -> dict[str, Any]:
    request = {"principal": ALICE, "action": "s3:GetObject", "resource": f"arn:aws:s3:::b/{number}", "context": {}}
    return {"id": number, "request": request} | more


def answers(text: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(BINARY), "simulate", "--json-lines"],
        input=text, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(*cases: Any) -> str:
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in cases)


DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def test_answers_in_order_and_errors_in_between() -> None:
    found = answers(
        lines(
            case("a", identityPolicies=[DOCUMENT]),
            "{nonsense",
            case({"any": ["json"]}),
            case(None, identityPolicies=[DOCUMENT], scps=[[DOCUMENT], [DENY]]),
            case(5, identityPolicies=[{"Version": "2012-10-17"}]),
            case(6, identityPolicies=[DOCUMENT]),
        ).rstrip("\n")
    )
    assert [one["id"] for one in found] == ["a", None, {"any": ["json"]}, None, 5, 6]
    assert [one.get("decision") for one in found] == [
        "Allowed", None, "ImplicitlyDenied", "ExplicitlyDenied", None, "Allowed",
    ]  # fmt: skip
    assert [bool(one.get("error")) for one in found] == [False, True, False, False, True, False]
    assert found[0]["reason"]["policyType"] == "identity"
    assert found[0]["reason"]["statement"] == {"policy": "identityPolicies[0]", "index": 0, "sid": "Read"}
    assert found[3]["reason"]["policyType"] == "serviceControl"
    assert found[3]["reason"]["statement"]["policy"] == "scps[1][0]"
    assert "with an explicit deny in a service control policy" in found[3]["reason"]["message"]


def test_every_kind_of_principal() -> None:
    bucket = {"Statement": {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "*", "Resource": "*"}}
    public = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    expected: list[tuple[Any, dict[str, Any], str]] = [
        ({"service": "logs.amazonaws.com"}, {"resourcePolicy": bucket}, "Allowed"),
        ({"service": "ec2.amazonaws.com"}, {"resourcePolicy": bucket}, "ImplicitlyDenied"),
        ("*", {"resourcePolicy": public}, "Allowed"),
        ("*", {}, "ImplicitlyDenied"),
        (f"arn:aws:iam::{ACCOUNT}:root", {}, "Allowed"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", {"identityPolicies": [DOCUMENT]}, "Allowed"),
        (f"arn:aws:iam::{ACCOUNT}:role/r", {"identityPolicies": [DOCUMENT]}, "Allowed"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/f", {"identityPolicies": [DOCUMENT], "sessionPolicies": [DOCUMENT]}, "Allowed"),
    ]
    cases = []
    for number, (principal, policies, _) in enumerate(expected):
        one = case(number, **policies)
        one["request"]["principal"] = principal
        cases.append(one)
    assert [one.get("decision") for one in answers(lines(*cases))] == [decision for _, _, decision in expected]


def test_other_accounts_resources_need_both_sides() -> None:
    one = case(1, identityPolicies=[DOCUMENT])
    one["request"]["resourceAccount"] = "444455556666"
    grants = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "*", "Resource": "*"}}
    found = answers(lines(one, one | {"resourcePolicy": grants}))
    assert [answer["decision"] for answer in found] == ["ImplicitlyDenied", "Allowed"]
    assert found[0]["reason"]["policyType"] == "resource"


def test_an_allow_with_not_principal_is_not_for_whom_it_names() -> None:
    def bucket(*names: str) -> dict[str, Any]:
        return {"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": list(names)}, "Action": "*", "Resource": "*"}}

    named = [bucket(ALICE), bucket(ACCOUNT), bucket(f"arn:aws:iam::{ACCOUNT}:root"), bucket("444455556666", ALICE)]
    found = answers(lines(*(case(number, resourcePolicy=policy) for number, policy in enumerate(named))))
    assert [one["decision"] for one in found] == ["ImplicitlyDenied"] * len(named)
    others = bucket("444455556666", f"arn:aws:iam::{ACCOUNT}:user/bob")
    assert answers(lines(case(1, resourcePolicy=others)))[0]["decision"] == "Allowed"


# Documents that Organizations does not store, and where they are wrong.
NOT_STORED = [
    ("scp", {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3"}}, "1:61"),
    ("scp", {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b", "Principal": "*"}}, "1:79"),
    (
        "rcp",
        {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:*"}},
        "1:82",
    ),
    ("rcp", {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}, "1:15"),
]


@pytest.mark.parametrize(("member", "document", "place"), NOT_STORED)
def test_control_policies_that_organizations_does_not_store(
    write, member: str, document: dict[str, Any], place: str
) -> None:
    text = "The provided policy document does not meet the requirements of the specified policy type."
    found = answers(lines(case(1, identityPolicies=[DOCUMENT], **{f"{member}s": [[DENY | document]]})))[0]
    assert found["error"].startswith(f"{member}s[0][0]: 1:") and text in found["error"], found
    path = write("control.json", json.dumps(document))
    done = simulate("--identity", write("own.json", json.dumps(DOCUMENT)), f"--{member}", path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}:{place}: {text}"), done.stderr


def test_a_conversation() -> None:
    """Each answer comes before the next case is sent."""
    with subprocess.Popen(
        [str(BINARY), "simulate", "--json-lines"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment(), text=True, bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        for number in range(3):
            process.stdin.write(json.dumps(case(number, identityPolicies=[DOCUMENT])) + "\n")
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(10) == 0


def stream(count: int) -> Iterator[bytes]:
    """Cases whose documents repeat, but for a new one every thousand."""
    for start in range(0, count, 1000):
        own = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::b/{start}"}}
        text = json.dumps(case("#", identityPolicies=[own, DENY | {"Id": str(start)}]))
        yield "".join(text.replace('"#"', str(number)) + "\n" for number in range(start, start + 1000)).encode()


def peak_memory(process_id: int) -> int:
    """Bytes. Not ru_maxrss: that counts what the process was before it became Gatehouse."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    return int(found[1]) * 1024 if found else 0


@pytest.mark.slow
def test_a_long_stream_in_constant_memory(tmp_path: Path) -> None:
    count = 200_000
    source, target = tmp_path / "cases", tmp_path / "answers"
    with source.open("wb") as file:
        file.writelines(stream(count))
    with source.open("rb") as cases, target.open("wb") as output:
        process = subprocess.Popen(
            [str(BINARY), "simulate", "--json-lines"], stdin=cases, stdout=output, env=clean_environment()
        )
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        time.sleep(0.02)
    assert process.returncode == 0
    assert 0 < peak < 64 << 20, f"{peak} bytes"
    assert source.stat().st_size > 64 << 20
    with target.open() as file:
        number = -1
        for number, line in enumerate(file):
            assert line.startswith(f'{{"id":{number},"decision":"ExplicitlyDenied"')
    assert number == count - 1


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    source = tmp_path / "cases"
    with source.open("wb") as file:
        file.writelines(stream(5_000))
    with source.open("rb") as cases:
        process = subprocess.Popen(
            [str(BINARY), "simulate", "--json-lines"],
            stdin=cases, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
        )  # fmt: skip
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


# Resources that can't be without a policy


@pytest.mark.parametrize("action, resource", [
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/a"),
    ("kms:Decrypt", "*"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/r"),
])  # fmt: skip
def test_a_key_and_a_role_are_nobodys_without_their_policy(write: Any, action: str, resource: str) -> None:
    everything = write("all.json", policy(allow("*")))
    request = ("simulate", "--principal", ALICE, "--action", action, "--resource", resource, "--identity", everything)
    done = gatehouse(*request)
    assert done.returncode == 1, done.stdout
    assert "Denied implicitly" in done.stdout and "and one would have to allow" in done.stdout
    # Its account's own policies count where the resource's policy says so.
    delegating = write(
        "delegating.json", trust(ACCOUNT) if "role/" in resource
        else policy(allow("kms:*", Principal={"AWS": ACCOUNT})))  # fmt: skip
    option = "--trust" if "role/" in resource else "--resource-policy"
    done = gatehouse(*request, option, delegating)
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_what_kms_does_without_a_key_needs_no_key_policy(write: Any) -> None:
    everything = write("all.json", policy(allow("*")))
    done = gatehouse(
        "simulate", "--principal", ALICE, "--action", "kms:ListKeys", "--resource", "*", "--identity", everything)  # fmt: skip
    assert done.returncode == 0, done.stdout
