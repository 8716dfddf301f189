"""The program itself: its commands, flags, files, start and stop."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from collections.abc import Callable, Iterator

import pytest

from harness import ACCOUNT, ROOT_KEY_ID, ROOT_SECRET, Identity, Server, Trail, allow, error_of, policy, trust
from harness import raw
from harness.aws import aws_program
from harness.gate import http_bytes
from harness.patience import PATIENCE
from harness.ports import free_port
from harness.server import BINARY, REPOSITORY, clean_environment, gatehouse

EXPORTS = (
    r"export AWS_ENDPOINT_URL=http://127\.0\.0\.1:(\d+) AWS_DEFAULT_REGION=(\S+)\n"
    r"\s*export AWS_ACCESS_KEY_ID=(AKIA\w{16}) AWS_SECRET_ACCESS_KEY=(\S{40})\n?"
)


# Small commands


def test_version() -> None:
    done = gatehouse("version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+", done.stdout)


def test_help_names_every_command() -> None:
    done = gatehouse("--help")
    assert done.returncode == 0
    for command in ("serve", "env", "root-key", "why", "simulate", "lint", "version", "operations"):
        assert re.search(rf"^\s+{command}\b", done.stdout, re.M), command
    assert "bench-" not in done.stdout


def test_operations() -> None:
    done = gatehouse("operations", "--format", "json")
    listed = {f"{one['service']}:{one['operation']}" for one in json.loads(done.stdout)}
    assert {"iam:CreateUser", "sts:AssumeRole", "sts:GetCallerIdentity", "cloudtrail:LookupEvents"} <= listed
    assert gatehouse("operations").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("serve", "--account-id", "123", "--in-memory", "--port", "0"),
        ("serve", "--account-id", "12345678901x", "--in-memory", "--port", "0"),
        ("serve", "--port", "70000", "--in-memory"),
        ("serve", "--port", "0", "--in-memory", "--log-level", "shouting"),
        ("serve", "--port", "0", "--in-memory", "--quota", "Users"),
        ("serve", "--port", "0", "--in-memory", "--quota", "Users=many"),
        ("serve", "--port", "0", "--in-memory", "--quota", "Unicorns=3"),
        ("serve", "--port", "0", "--in-memory", "--audit", "sometimes"),
        ("serve", "--port", "0", "--in-memory", "--colour", "blue"),
        ("serve", "--port", "0", "--in-memory", "yes"),
        ("serve", "--port", "0", "--in-memory=yes"),
        ("serve", "--in-memory", "--port"),
        ("serve", "--port", "0", "IN_MEMORY"),
        ("serve", "--in-memory", "--port", "0", "OBSERVE"),
        ("serve", "--in-memory", "--port", "0", "--=x"),
        ("serve", "--in-memory", "--port", "0", "--audit", "-"),
        ("serve", "--in-memory", "--port", "0", "--mail-password", "secret"),
        ("serve", "--in-memory", "--port", "0", "--pkcs11-pin=1234"),
        ("serve", "--port", "0", "--data", ""),
    ],
    ids=lambda words: " ".join(words),
)
def test_what_is_mistyped_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    done = gatehouse(*words, environment={"HOME": str(tmp_path)})
    assert done.returncode not in (0, -4, -5, -6, -11), done
    assert done.stderr.strip(), "it says why"
    assert "Fatal error" not in done.stderr


def test_each_option_of_serve_is_read_by_the_name_of_its_variable() -> None:
    """ArgumentParser's properties only declare the options: nothing but this tells that one is not read."""
    declared = json.loads(gatehouse("serve", "--experimental-dump-help").stdout)["command"]["arguments"]
    names = {name["name"] for option in declared for name in option.get("names", []) if name["kind"] == "long"}
    sources = "".join(file.read_text() for file in (REPOSITORY / "Sources" / "gatehouse").glob("*.swift"))
    read = set(re.findall(r'"([A-Z0-9_]+)"', sources))
    assert len(names) > 60
    assert {name for name in names - {"help", "version"} if name.upper().replace("-", "_") not in read} == set()
    # And nothing else is read from a command line: no secret, least of all.
    asked = set(re.findall(r'Settings\.(?:text|option|flag|number|list)\("([A-Z0-9_]+)"', sources))
    assert asked - {name.upper().replace("-", "_") for name in names} == set()


# Each with what it says of what is wrong, and of what to do about it.
MISTAKES: list[tuple[str, list[str], dict[str, str]]] = [
    ("serve --in-memory --port 0 --ca-bundle none.pem", ["none.pem", "No such file", "--ca-bundle"], {}),
    ("serve --in-memory --port 0 --ca-bundle empty", ["no certificate in empty", "--ca-bundle"], {}),
    ("serve --in-memory --data here", ["'here'", "leave out one"], {}),
    ("serve --in-memory --port 0 --address 192.0.2.1", ["192.0.2.1:0", "no such address", "--address"], {}),
    ("serve --in-memory --port 0 --address host.invalid", ["host.invalid", "is not known", "--address"], {}),
    ("serve --in-memory --quota Unicorns=3", ["no quota 'Unicorns'", "Users"], {}),
    ("serve --in-memory --quota Users=many", ["NAME=NUMBER", "'Users=many'"], {}),
    ("serve --port 0 --data empty", ["empty", "File exists", "--data"], {}),
    ("serve --port 0 --data empty/data", ["empty/data", "Not a directory", "--data"], {}),
    ("serve --in-memory", ["GATEHOUSE_PORT takes a number, not 'http'"], {"GATEHOUSE_PORT": "http"}),
    ("serve", ["GATEHOUSE_IN_MEMORY takes 1 or 0, not 'maybe'"], {"GATEHOUSE_IN_MEMORY": "maybe"}),
    ("env --account 12", ["twelve digits"], {}),
    ("env --data none", ["no Gatehouse in none", "`gatehouse serve`", "--data"], {}),
    ("why --last --data none", ["no Gatehouse in none", "`gatehouse serve`", "--data"], {}),
    ("outbox --data none", ["no Gatehouse in none", "`gatehouse serve`", "--data"], {}),
    ("root-key --data none", ["no Gatehouse in none", "`gatehouse serve`", "--data"], {}),
    ("root-key --endpoint localhost", ["scheme, host and port", "'localhost'"], {}),
    ("root-key --endpoint http://127.0.0.1:1", ["AWS_ACCESS_KEY_ID", "root user"], {}),
    (
        "root-key --endpoint http://127.0.0.1:1",
        ["Connection refused. Start Gatehouse there", "--endpoint"],
        {"AWS_ACCESS_KEY_ID": ROOT_KEY_ID, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET},
    ),
    ("simulate", ["--principal and --action", "--json-lines"], {}),
    ("simulate --principal bob --action s3:GetObject", ['"bob" is no principal', "the ARN of a user"], {}),
    ("simulate --principal * --action GetObject", ["service:Action", "s3:GetObject", "'GetObject'"], {}),
    ("simulate --principal * --action s3:GetObject --resource x", ["an ARN", "arn:aws:s3:::bucket/key", "'x'"], {}),
    ("simulate --principal * --action s3:GetObject --resource-account 1", ["twelve digits"], {}),
    ("simulate --principal * --action s3:GetObject --context a", ["key=value", "'a'"], {}),
    ("simulate --principal * --action s3:GetObject --identity none", ["none can't be read: No such file"], {}),
    ("simulate --principal * --action s3:GetObject --identity empty", ["empty:1:1: Syntax errors in policy."], {}),
    ("lint empty --resource-type AWS::Unicorn::Horn", ["AWS::Unicorn::Horn", "leave out --resource-type"], {}),
    ("lint .", ["can't be read: Is a directory"], {}),
]


@pytest.mark.parametrize(("words", "told", "environment"), MISTAKES, ids=lambda value: str(value)[:60])
def test_errors_say_what_is_wrong_and_what_to_do(
    words: str, told: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("")
    done = subprocess.run(
        [BINARY, *words.split()],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path)) | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode in (1, 2, 64), done
    for part in told:
        assert part in done.stderr, done.stderr
    # What Foundation and SwiftNIO call things is nothing to a reader, and no stack of errors is.
    assert not re.search(r"NSCocoaErrorDomain|NSPOSIX|errno|SocketAddressError|\bNIO|CancellationError", done.stderr)
    assert not done.stdout


# Health and metrics


def test_health(cloud: Server) -> None:
    status, text = cloud.get("/health")
    assert status == 200 and json.loads(text)


def test_metrics(cloud: Server, root: Identity, new_user) -> None:
    root.iam.list_users()
    error_of(root.iam.get_user, UserName="nobody")
    status, text = cloud.get("/metrics")
    assert status == 200
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            found = re.fullmatch(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? ([0-9.eE+-]+|NaN|[+-]Inf)( \d+)?", line)
            assert found, line
            samples[found.group(1) + (found.group(2) or "")] = float(found.group(3))
    assert samples['gatehouse_organizations_accounts{state="ACTIVE"}'] >= 1
    assert any("ListUsers" in name and value >= 1 for name, value in samples.items()), text
    before = sum(value for name, value in samples.items() if "ListUsers" in name and "bucket" not in name)
    root.iam.list_users()
    users = 'gatehouse_iam_identities{type="user"}'
    new_user("counted")
    again = cloud.get("/metrics")[1]
    assert f"{users} {int(samples[users]) + 1}\n" in again
    assert again != text and before >= 1
    assert ROOT_SECRET not in text and ROOT_KEY_ID not in text


def test_other_paths(cloud: Server) -> None:
    for path in ("/nothing", "/_gatehouse/nothing", "/health/more", "/../etc/passwd"):
        status, text = cloud.get(path)
        assert 400 <= status < 500, (path, status, text)


# First start, env, restart


def test_first_start_says_it_all_once(durable: Callable[..., Server], tmp_path: Path) -> None:
    server = durable(fixed_root=False).start()
    first = "\n".join(server.output)
    time.sleep(0.2)
    first = "\n".join(server.output) + "\n"
    found = re.search(EXPORTS, first)
    assert found, first
    account = re.search(r"\b\d{12}\b", first)
    assert account and int(found.group(1)) == server.port and found.group(2) == "us-east-1"
    root = Identity(server.url, found.group(3), found.group(4))
    assert root.sts.get_caller_identity()["Account"] == account.group()
    key_id, secret = found.group(3), found.group(4)

    # `gatehouse env` says the same, while the server runs and afterwards.
    for _ in range(2):
        printed = gatehouse("env", "--data", str(server.data))
        assert printed.returncode == 0, printed.stderr
        # And it takes away what else would speak for somebody else.
        again = re.fullmatch(EXPORTS + "unset AWS_PROFILE AWS_SESSION_TOKEN\n", printed.stdout)
        assert again and again.groups() == (str(server.port), "us-east-1", key_id, secret)
        server.stop()

    # A second start says where it listens, not the secret.
    server.start()
    time.sleep(0.2)
    second = "\n".join(server.output)
    assert secret not in second
    assert Identity(server.url, key_id, secret).sts.get_caller_identity()["Account"] == account.group()


def test_eval_env_in_a_shell(durable: Callable[..., Server]) -> None:
    server = durable(fixed_root=False).start()
    script = f'eval "$({BINARY} env --data {server.data})" && {aws_program()} sts get-caller-identity --output json'
    done = subprocess.run(
        ["sh", "-c", script],
        env=clean_environment(AWS_CONFIG_FILE="/nonexistent", AWS_SHARED_CREDENTIALS_FILE="/nonexistent"),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Arn"].endswith(":root")


def test_env_without_a_data_directory(tmp_path: Path) -> None:
    done = gatehouse("env", "--data", str(tmp_path / "nothing"))
    assert done.returncode != 0 and done.stderr.strip() and not done.stdout.strip()
    assert not (tmp_path / "nothing").exists(), "asking makes no directory"


def test_settings_from_the_environment(tmp_path: Path) -> None:
    environment = {
        "GATEHOUSE_IN_MEMORY": "1",
        "GATEHOUSE_PORT": "0",
        "GATEHOUSE_ACCOUNT_ID": "999988887777",
        "GATEHOUSE_REGION": "eu-central-1",
        "GATEHOUSE_ROOT_ACCESS_KEY_ID": "AKIAFROMENVIRONMENT0",
        "GATEHOUSE_ROOT_SECRET_ACCESS_KEY": "s" * 40,
        "GATEHOUSE_LOG_LEVEL": "error",
        "HOME": str(tmp_path),
    }
    process = subprocess.Popen(
        [str(BINARY), "serve"],
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        url = next(found.group(1) for line in process.stdout if (found := re.search(r"listens on (http://\S+)", line)))
        root = Identity(url, "AKIAFROMENVIRONMENT0", "s" * 40)
        assert root.sts.get_caller_identity()["Arn"] == "arn:aws:iam::999988887777:root"
    finally:
        process.kill()
        process.wait()
    assert list(tmp_path.iterdir()) == [], "in memory means in memory"


def test_a_restart_keeps_everything(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    iam.create_user(UserName="alice", Path="/p/", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="inline", PolicyDocument=policy(allow("iam:Get*")))
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("iam:List*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListRoles")), SetAsDefault=True)
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.create_login_profile(UserName="alice", Password="Correct-Horse-7")
    alice = Identity.of_key(server.url, iam.create_access_key(UserName="alice")["AccessKey"])
    iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:user/p/alice"), MaxSessionDuration=7200
    )
    iam.put_role_policy(RoleName="r", PolicyName="own", PolicyDocument=policy(allow("iam:ListUsers")))
    iam.create_virtual_mfa_device(VirtualMFADeviceName="d")
    iam.create_account_alias(AccountAlias="our-alias")
    iam.delete_group_policy(GroupName="g", PolicyName="inline")
    credentials = alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session")[
        "Credentials"
    ]
    Trail(server.root).named("AssumeRole")

    def everything() -> dict[str, Any]:
        # The values move, because the server gets a new port, but what they say must not.
        now = server.root.iam
        details = now.get_account_authorization_details()
        details.pop("ResponseMetadata")
        summary = now.get_account_summary()["SummaryMap"]
        aliases = now.list_account_aliases()["AccountAliases"]
        profile = now.get_login_profile(UserName="alice")["LoginProfile"]
        keys = now.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        return {"details": details, "summary": summary, "aliases": aliases, "profile": profile, "keys": keys}

    before = everything()
    events = {event["EventId"] for event in Trail(server.root).events() if event["ReadOnly"] == "false"}
    server.restart()
    assert everything() == before
    assert events <= {event["EventId"] for event in Trail(server.root).events()}
    again = Identity(server.url, alice.key_id, alice.secret)
    assert again.iam.list_roles()["Roles"]
    assert error_of(again.iam.get_user).code == "AccessDenied"
    session = Identity.of_session(server.url, credentials)
    assert session.iam.list_users()["Users"], "temporary credentials outlive a restart"


def test_stopping_right_after_reads_loses_no_event(durable: Callable[..., Server]) -> None:
    server = durable().start()
    ids = [server.root.iam.list_users()["ResponseMetadata"]["RequestId"] for _ in range(20)]
    assert server.stop() == 0
    server.start()
    recorded = {record["requestID"] for record in Trail(server.root).all(EventName="ListUsers")}
    assert set(ids) <= recorded


def test_strict_audit(durable: Callable[..., Server]) -> None:
    with durable("--audit", "strict") as server:
        for _ in range(10):
            answer = server.root.iam.list_users()["ResponseMetadata"]["RequestId"]
            newest = server.root.cloudtrail.lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListUsers"}], MaxResults=1
            )["Events"]
            assert [json.loads(event["CloudTrailEvent"])["requestID"] for event in newest] == [answer]
        # Not even kill -9 loses the event of a read that was answered.
        answer = server.root.iam.list_users()["ResponseMetadata"]["RequestId"]
        server.kill()
        server.start()
        assert answer in {record["requestID"] for record in Trail(server.root).all(EventName="ListUsers")}


# Files


def test_what_lies_in_the_data_directory_is_for_its_owner_alone(durable: Callable[..., Server]) -> None:
    server = durable().start()
    server.root.iam.create_user(UserName="alice")
    files = [path for path in server.data.rglob("*") if path.is_file()]
    keys = [path for path in files if "key" in path.name.lower()]
    assert keys, files
    for path in keys:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(server.data.stat().st_mode) & 0o077 == 0


def test_a_second_server_on_the_same_data_is_refused(durable: Callable[..., Server]) -> None:
    server = durable().start()
    done = gatehouse("serve", "--port", "0", "--data", str(server.data))
    assert done.returncode not in (0, -4, -5, -6, -11)
    assert str(server.data) in done.stderr or "already" in done.stderr, done.stderr
    assert server.root.sts.get_caller_identity()
    # One that was killed does not lock the directory for ever.
    server.kill()
    server.start()
    assert server.root.sts.get_caller_identity()


def test_a_lost_key_file_is_not_papered_over(durable: Callable[..., Server]) -> None:
    server = durable().start()
    server.root.iam.create_user(UserName="alice")
    server.stop()
    key = server.data / "key"
    key.rename(key.with_name("moved-away"))
    for words in (["serve", "--port", "0"], ["env"], ["why", "--last"], ["outbox"], ["root-key"]):
        done = gatehouse(*words, "--data", str(server.data), within=10)
        assert done.returncode == 1 and not done.stdout, done
        assert f"{key} is missing" in done.stderr and "Put back your copy" in done.stderr, done.stderr
        assert not key.exists(), "none is made that could be taken for the lost one"


def test_a_damaged_ledger_is_refused(durable: Callable[..., Server]) -> None:
    server = durable().start()
    for number in range(20):
        server.root.iam.create_user(UserName=f"user{number}")
    server.stop()
    ledgers = [p for p in server.data.rglob("*") if p.is_file() and p.read_bytes()[:15] == b"SQLite format 3"]
    assert ledgers
    with sqlite3.connect(ledgers[0]) as database:  # Its pages may still lie in the write-ahead log.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = bytearray(ledgers[0].read_bytes())
    content[:4096] = os.urandom(4096)
    ledgers[0].write_bytes(content)
    done = gatehouse("serve", "--port", "0", "--data", str(server.data), within=10)
    assert done.returncode not in (0, -4, -5, -6, -11), done
    assert "damaged" in done.stderr and "`gatehouse restore` makes" in done.stderr, done.stderr


def test_a_taken_port(cloud: Server, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = gatehouse("serve", "--data", str(data), "--port", str(cloud.port))
    assert done.returncode == 1
    assert f"127.0.0.1:{cloud.port}, which is in use. Stop what listens there" in done.stderr, done.stderr
    assert "error=" not in done.stderr, "work that the end interrupts has not failed"
    assert not data.exists()


def test_a_taken_port_for_tls(cloud: Server, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = gatehouse("serve", "--data", str(data), "--port", "0", "--tls", "--tls-port", str(cloud.port))
    assert done.returncode == 1
    assert f"127.0.0.1:{cloud.port}, which is in use" in done.stderr and "--tls-port" in done.stderr, done.stderr
    assert not data.exists()


def test_a_taken_port_of_the_web_front(cloud: Server, tmp_path: Path) -> None:
    """It is found when there is an account already, so that its key has to be told."""
    (data, front) = (tmp_path / "data", tmp_path / "front")
    front.write_text("shop = http://127.0.0.1:1\n")
    options = ("serve", "--data", str(data), "--port", "0", "--web-front", str(front))
    done = gatehouse(*options, "--web-front-port", str(cloud.port))
    assert done.returncode == 1
    assert f"127.0.0.1:{cloud.port}, which is in use" in done.stderr and "--web-front-port" in done.stderr, done.stderr
    key = re.search(r"export AWS_ACCESS_KEY_ID=(AKIA\w{16}) AWS_SECRET_ACCESS_KEY=(\S{40})\n", done.stdout)
    assert key, done.stdout
    with Server(data=data, fixed_root=False) as server:
        owner = Identity(server.url, key[1], key[2].strip("'"))
        assert owner.sts.get_caller_identity()["Arn"].endswith(":root")


@contextlib.contextmanager
def held_start(tmp_path: Path, *options: str, stderr: int | None = None) -> Iterator[tuple[int, Callable[[], object]]]:
    """A server that waits for a reader of its log before it is ready: its port, and what lets it go on."""
    (log, port) = (tmp_path / "log", free_port())
    os.mkfifo(log)
    root = ("--root-access-key-id", ROOT_KEY_ID, "--root-secret-access-key", ROOT_SECRET)
    process = subprocess.Popen(
        [str(BINARY), "serve", "--in-memory", "--port", str(port), "--web-acl-log", str(log), *root, *options],
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )
    with contextlib.ExitStack() as readers:
        try:
            yield port, lambda: readers.enter_context(open(log))
        finally:
            process.kill()
            process.wait()


def early_request(port: int, action: str, **parameters: str) -> bytes:
    request = raw.signed("POST", "/", raw.form(action, **parameters), Identity(f"http://127.0.0.1:{port}", ROOT_KEY_ID, ROOT_SECRET))
    return http_bytes(request)


def test_clients_who_come_early_wait(tmp_path: Path) -> None:
    """While a server is made ready, they are not refused; and when they are answered, it knows where it is. Its log is a pipe that is
    full, so that it stops at its first line: that it listens."""
    (reader, writer) = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"-" * 4096)
    os.set_blocking(writer, True)
    with open(reader, "rb"), open(writer, "wb"), held_start(tmp_path, stderr=writer) as (port, go):
        with eventually_connected(port) as early:
            early.sendall(early_request(port, "EnableOutboundWebIdentityFederation"))
            go()
            answer = early.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert f"<IssuerIdentifier>http://127.0.0.1:{port}/".encode() in answer, answer


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells how long a connection has waited")
def test_what_early_clients_have_given_up_is_not_done(tmp_path: Path) -> None:
    """A client that has left and asked again is answered once. One that waits is answered however long it takes, also when it
    half-closes its side, if that is not long ago."""
    with held_start(tmp_path) as (port, go):
        for name in ("twice", "never"):
            with eventually_connected(port) as early:
                early.sendall(early_request(port, "CreateUser", UserName=name))
        with eventually_connected(port) as waiting:
            waiting.sendall(early_request(port, "CreateUser", UserName="twice"))
            time.sleep(1.2)  # An SDK's patience ends after seconds.
            with eventually_connected(port) as half:
                half.sendall(early_request(port, "CreateUser", UserName="half"))
                half.shutdown(socket.SHUT_WR)
                go()
                assert half.recv(10_000).startswith(b"HTTP/1.1 200")
            assert waiting.recv(10_000).startswith(b"HTTP/1.1 200"), "it was done before"
        users = raw.call(port, Identity(f"http://127.0.0.1:{port}", ROOT_KEY_ID, ROOT_SECRET), "ListUsers").text
    assert set(re.findall("<UserName>(.*?)</UserName>", users)) == {"twice", "half"}


def eventually_connected(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nothing listens"
            time.sleep(0.01)


def test_logs_go_to_standard_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Server("--log-level", "debug", log=log) as server:
        server.root.iam.list_users()
        error_of(server.root.iam.get_user, UserName="nobody")
        server.stop()
    text = log.read_text()
    assert text.strip() and ROOT_SECRET not in text
    assert all("ListUsers" not in line for line in server.output)


# Stopping


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_graceful_stop(durable: Callable[..., Server], which: signal.Signals) -> None:
    """What was asked before the stop is answered; what was answered is there afterwards."""
    server = durable().start()
    answered: list[str] = []
    broken: list[object] = []

    def work(number: int) -> None:
        for turn in range(1000):
            name = f"user-{number}-{turn}"
            try:
                answer = raw.call(server.port, server.root, "CreateUser", UserName=name)
            except OSError:
                return  # Not listening any more.
            except Exception as error:  # An answer cut off in the middle.
                broken.append(error)
                return
            if answer.status == 200:
                answered.append(name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert server.process
    server.process.send_signal(which)
    assert server.process.wait(15) == 0
    for thread in threads:
        thread.join()
    server.start()
    kept = {
        user["UserName"] for page in server.root.iam.get_paginator("list_users").paginate() for user in page["Users"]
    }
    assert answered and set(answered) <= kept


def test_an_idle_connection_does_not_hold_the_stop(durable: Callable[..., Server]) -> None:
    server = durable().start()
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        server.root.sts.get_caller_identity()
        assert server.stop(within=15) == 0


# Reset


@pytest.mark.memory
def test_reset(cloud: Server, root: Identity, new_user, new_role) -> None:
    admin = new_user("admin", managed="AdministratorAccess")
    arn = new_role("r", trust(ACCOUNT), allow("*"))
    session = Identity.of_session(
        cloud.url, admin.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    )
    root.iam.create_account_alias(AccountAlias="mine")
    root.iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("*")))

    # Only root, only signed, only POST.
    for request in (
        raw.Request("POST", "/_gatehouse/reset"),
        raw.signed("POST", "/_gatehouse/reset", b"", admin, service="gatehouse"),
        raw.signed("POST", "/_gatehouse/reset", b"", session, service="gatehouse"),
        raw.signed("POST", "/_gatehouse/reset", b"", Identity(cloud.url, ROOT_KEY_ID, "wrong"), service="gatehouse"),
        raw.signed("GET", "/_gatehouse/reset", b"", root, service="gatehouse"),
    ):
        answer = raw.send(cloud.port, request)
        assert answer.status >= 400, answer
    assert [user["UserName"] for user in root.iam.list_users()["Users"]] == ["admin"]

    cloud.reset()
    for key, value in root.iam.get_account_authorization_details().items():
        assert value in ([], False) or key == "ResponseMetadata", (key, value)
    assert root.iam.list_account_aliases()["AccountAliases"] == []
    for gone in (admin, session):
        assert error_of(gone.sts.get_caller_identity).code == "InvalidClientTokenId"
    history = {event["EventName"] for event in Trail(root).events()}
    assert not history & {"CreateUser", "CreateRole", "AssumeRole"}
    assert root.sts.get_caller_identity()["Account"] == ACCOUNT
    assert len(root.iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]) == 1000


@pytest.mark.memory
def test_reset_is_quick(cloud: Server, root: Identity) -> None:
    for number in range(100):
        root.iam.create_user(UserName=f"user{number}")
    took = []
    for _ in range(20):
        started = time.monotonic()
        cloud.reset()
        took.append(time.monotonic() - started)
    # The quickest one: the others tell of what else runs on this machine.
    assert min(took) < 0.05, took


def test_reset_is_not_offered_with_a_data_directory(durable: Callable[..., Server]) -> None:
    with durable() as server:
        server.root.iam.create_user(UserName="alice")
        request = raw.signed("POST", "/_gatehouse/reset", b"", server.root, service="gatehouse")
        clock = raw.signed("POST", "/_gatehouse/clock", b'{"advance": 1}', server.root, service="gatehouse")
        for refused in (request, clock):
            answer = raw.send(server.port, refused)
            assert answer.status == 400 and b"--in-memory" in answer.body, answer
        assert len(server.root.iam.list_users()["Users"]) == 1
        look = raw.signed("GET", "/_gatehouse/clock", b"", server.root, service="gatehouse")
        answer = raw.send(server.port, look)
        assert answer.status == 200 and json.loads(answer.body)["advanced"] == 0, answer


# Why


def why(server: Server, request_id: str) -> str:
    done = gatehouse("why", request_id, "--data", str(server.data))
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def test_why(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="alice")
    iam.put_group_policy(
        GroupName="Developers",
        PolicyName="Reading",
        PolicyDocument=policy(allow("iam:List*", Sid="ListAll")),
    )
    iam.put_user_policy(
        UserName="alice",
        PolicyName="Elsewhere",
        PolicyDocument=policy(
            allow("iam:GetUser")
            | {"Sid": "FromOffice", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
            {"Sid": "Never", "Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*"},
        ),
    )
    alice = Identity.of_key(server.url, iam.create_access_key(UserName="alice")["AccessKey"])
    allowed = alice.iam.list_users()["ResponseMetadata"]["RequestId"]
    condition = error_of(alice.iam.get_user).request_id
    denied = error_of(alice.iam.delete_user, UserName="alice").request_id
    missing = error_of(alice.iam.create_user, UserName="x").request_id
    trail = Trail(server.root)
    for request_id in (allowed, condition, denied, missing):
        trail.of(request_id)

    for running in (True, False):
        if not running:
            server.stop()
        text = why(server, allowed)
        assert "iam:ListUsers" in text and "user/alice" in text
        assert "Reading" in text and "ListAll" in text and "Developers" in text
        assert re.search(r"\ballow", text, re.I)
        text = why(server, condition)
        assert "iam:GetUser" in text and "FromOffice" in text and "aws:SourceIp" in text
        assert re.search(r"\bden(y|ied)", text, re.I)
        text = why(server, denied)
        assert "iam:DeleteUser" in text and "Never" in text and "Elsewhere" in text
        text = why(server, missing)
        assert "iam:CreateUser" in text and "identity-based policy" in text
        unknown = gatehouse("why", "00000000-0000-0000-0000-000000000000", "--data", str(server.data))
        assert unknown.returncode != 0 and unknown.stderr.strip()


# The example for test suites


def test_the_example_suite_passes(tmp_path: Path) -> None:
    """What README and the third tutorial name is run as it stands, by a pytest of its own."""
    suite = tmp_path / "suite"
    shutil.copytree(Path(__file__).with_name("example_suite"), suite, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(suite)],
        env=clean_environment(PATH=f"{BINARY.parent}{os.pathsep}{os.environ.get('PATH', '')}"),
        cwd=suite,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
