"""`gatehouse instance run`: processes that are apart from the machine, behind security groups, and gone with Gatehouse."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import namespaces
from harness.namespaces import ANYWHERE, Machine, Machines, copy_program, descendants, permission, vpc
from harness.probes import ICMP, TCP, UDP, Packet, Wire
from harness.server import BINARY, clean_environment, gatehouse
from harness.web_front import until

apart = pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}")
pytestmark = pytest.mark.memory

A, B, C = "10.20.1.10", "10.20.1.11", "10.20.2.10"
SUBNETS = {"subnet-1": ["10.20.1.0/24"], "subnet-2": ["10.20.2.0/24"]}
INTERFACES = {"eni-a": ("subnet-1", [A], ["sg-a"]), "eni-b": ("subnet-1", [B], ["sg-b"]), "eni-c": ("subnet-2", [C], ["sg-b"])}
END = permission("udp", 9, 9, blocks=["0.0.0.0/0"])


def network(*into: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What may come to b and c; a may send to all."""
    groups = {"sg-a": ([END], ANYWHERE), "sg-b": ([END, *into], ANYWHERE)}
    return vpc(SUBNETS, more.pop("interfaces", INTERFACES), groups, **more)


@pytest.fixture
def all() -> Iterator[Machines]:
    with Machines() as found:
        yield found


@contextlib.contextmanager
def wire(machine: Machine) -> Iterator[Wire]:
    with machine:
        found = Wire()
    yield found
    found.close()


def arrive(sender: Wire, receiver: Wire, packets: list[Packet], number: int) -> set[Packet]:
    """Which of these packets come. By the last, which may always come, it is seen that none is still on its way."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        for packet in packets:
            sender.send(packet)
        end = Packet(A, packets[0].destination, UDP, number, 9)
        sender.send(end)
        return receiver.wait(end) & set(packets)
    finally:
        os.sched_setaffinity(0, cpus)


# MARK: Packets


@apart
def test_connections_that_are_open_stay_open_and_answers_need_no_rule(all: Machines) -> None:
    web = permission("tcp", 80, 80, groups=["sg-a"])
    all.network(network(web))
    a, b = all.run("i-a", ["eni-a"]), all.run("i-b", ["eni-b"])
    with b:
        listener = socket.create_server(("0.0.0.0", 80))
    with a:
        connection = socket.create_connection((B, 80), timeout=60)
        # What groups refuse is not answered: the one who asks waits.
        refused = socket.socket()
        refused.setblocking(False)
        refused.connect_ex((B, 81))
    served, (peer, _) = listener.accept()
    assert peer == A
    all.network(network())
    served.sendall(b"still here")
    assert connection.recv(20) == b"still here"
    with a:
        late = socket.socket()
        late.setblocking(False)
        late.connect_ex((B, 80))
    with wire(a) as sender, wire(b) as receiver:
        new = Packet(A, B, TCP, 5001, 80)
        assert arrive(sender, receiver, [new], 5000) == set()
        all.network(network(web))
        assert arrive(sender, receiver, [new], 5002) == {new}
    for one in (connection, served, listener, refused, late):
        one.close()


@apart
def test_acls_forget_and_hold_only_at_the_border_of_a_subnet(all: Machines) -> None:
    web = permission("tcp", 80, 80, blocks=["0.0.0.0/0"])

    def entries(answers: bool) -> list[dict[str, Any]]:
        found = []
        for out in (False, True):
            for number, protocol, low, high in ((1, "17", 9, 9), (2, "6", 80, 80)):
                found.append({
                    "RuleNumber": number, "Egress": out, "RuleAction": "allow", "Protocol": protocol, "CidrBlock": "0.0.0.0/0",
                    "PortRange": {"From": low, "To": high},
                })  # fmt: skip
        if answers:
            found.append({
                "RuleNumber": 3, "Egress": True, "RuleAction": "allow", "Protocol": "6", "CidrBlock": "0.0.0.0/0",
                "PortRange": {"From": 1024, "To": 65535},
            })  # fmt: skip
        return found

    all.network(network(web, acls={"subnet-2": entries(False)}))
    a, b, c = (all.run(f"i-{name}", [f"eni-{name}"]) for name in "abc")
    for machine in (b, c):
        with machine:
            listener = socket.create_server(("0.0.0.0", 80))
            machine.listener = listener  # type: ignore[attr-defined]
    with a:
        socket.create_connection((B, 80), timeout=60).close()
        stuck = socket.socket()
        stuck.setblocking(False)
        stuck.connect_ex((C, 80))
    with wire(a) as sender, wire(c) as receiver:
        first = Packet(A, C, TCP, 6001, 80)
        assert arrive(sender, receiver, [first], 6000) == {first}
        assert first.answer not in set(sender.arrived())
    # The one who asked asks again, and is answered once answers may pass.
    all.network(network(web, acls={"subnet-2": entries(True)}))
    with a:
        socket.create_connection((C, 80), timeout=60).close()
    stuck.close()
    for machine in (b, c):
        machine.listener.close()  # type: ignore[attr-defined]


@apart
def test_nobody_sends_in_anothers_name(all: Machines) -> None:
    document = network(permission("-1", blocks=["0.0.0.0/0"]))
    all.network(document)
    a, b, c = (all.run(f"i-{name}", [f"eni-{name}"]) for name in "abc")
    forged = [Packet(source, B, UDP, 7001, 53) for source in (C, "10.20.1.77", "192.0.2.1", "169.254.169.254", "127.0.0.1")]
    with wire(a) as sender, wire(b) as receiver, wire(c) as other:
        assert arrive(sender, receiver, forged, 7000) == set()
        # Who answers for others is not believed either: what is for c comes to c.
        with a:
            subprocess.run(["ip", "addr", "add", f"{C}/32", "dev", "eth0"], check=True)
        honest = Packet(B, C, UDP, 7002, 53)
        with b:
            receiver.send(honest)
        assert honest in other.wait(honest) and honest not in set(sender.arrived())
    # One that forwards for others may.
    all.ask(stop="i-a")
    for interface in document["NetworkInterfaces"]:
        interface["SourceDestCheck"] = interface["NetworkInterfaceId"] != "eni-a"
    all.network(document)
    with wire(all.run("i-a", ["eni-a"])) as sender, wire(b) as receiver:
        assert arrive(sender, receiver, forged, 7003) == {p for p in forged if p.source in (C, "10.20.1.77", "192.0.2.1")}


@apart
def test_vpcs_know_nothing_of_each_other(all: Machines) -> None:
    one, other = network(permission("-1", blocks=["0.0.0.0/0"])), vpc(
        {"subnet-x": ["10.20.1.0/24"]}, {"eni-x": ("subnet-x", [B], ["sg-x"])}, {"sg-x": (ANYWHERE, ANYWHERE)}, vpc="vpc-2"
    )
    for name in ("NetworkAcls", "PrefixLists"):
        other[name] = [{**acl, "NetworkAclId": "acl-x"} for acl in other[name]]
    all.network({name: one[name] + other[name] for name in one})
    a, b, x = all.run("i-a", ["eni-a"]), all.run("i-b", ["eni-b"]), all.run("i-x", ["eni-x"])
    with wire(a) as sender, wire(b) as receiver, wire(x) as stranger:
        packet = Packet(A, B, UDP, 7500, 53)
        assert arrive(sender, receiver, [packet], 7501) == {packet}
        assert packet not in set(stranger.arrived())


@apart
def test_flows_are_counted_by_the_kernel(all: Machines) -> None:
    all.network(network(permission("tcp", 80, 80, groups=["sg-a"])))
    a, b = all.run("i-a", ["eni-a"]), all.run("i-b", ["eni-b"])
    assert all.ask(log=["eni-a", "eni-b"]) and all.ask(flows="")["records"] == [
        f"2 000000000000 eni-{name} - - - - - - - {stamp} NODATA"
        for name in "ab" for stamp in [re.search(r"\d{9,} \d{9,} -", all.ask(flows="")["records"][0])[0]]  # type: ignore[index]
    ]  # fmt: skip
    with b:
        listener = socket.create_server(("0.0.0.0", 80))
    with a:
        connection = socket.create_connection((B, 80), timeout=60)
    served, (_, port) = listener.accept()
    connection.sendall(b"x" * 1000)
    assert len(served.recv(1000, socket.MSG_WAITALL)) == 1000
    with wire(a) as sender, wire(b) as receiver:
        refused = [Packet(A, B, TCP, 8001, 81), Packet(A, B, ICMP, 8002)]
        assert arrive(sender, receiver, refused * 2, 8000) == set()
    began = time.time()
    records = [line.split() for line in all.ask(flows="")["records"]]
    assert {r[0] for r in records} == {"2"} and {r[-1] for r in records} == {"OK"}
    assert {(len(r), r[1]) for r in records} == {(14, "000000000000")}
    for record in records:
        assert began - 600 < int(record[10]) <= int(record[11]) <= began + 1
    found = {(r[2], *r[3:8], r[12]): (int(r[8]), int(r[9])) for r in records}
    for interface in ("eni-a", "eni-b"):
        there = found[interface, A, B, str(port), "80", "6", "ACCEPT"]
        back = found[interface, B, A, "80", str(port), "6", "ACCEPT"]
        assert there[0] >= 3 and there[1] >= 1000 + there[0] * 40 and back[0] >= 1
    # a may send them, b may not get them.
    for ports, protocol, action, interface, size in (
        (("8001", "81"), "6", "ACCEPT", "eni-a", 40), (("8001", "81"), "6", "REJECT", "eni-b", 40),
        (("0", "0"), "1", "ACCEPT", "eni-a", 32), (("0", "0"), "1", "REJECT", "eni-b", 32),
    ):  # fmt: skip
        assert found[interface, A, B, *ports, protocol, action] == (2, 2 * size)
    # What was counted is not counted again, and rules that change take no counts away.
    all.network(network(permission("tcp", 80, 81, groups=["sg-a"])))
    connection.sendall(b"y" * 500)
    assert len(served.recv(500, socket.MSG_WAITALL)) == 500
    text = "${interface-id} ${vpc-id} ${subnet-id} ${flow-direction} ${type} ${dstport} ${bytes} ${action} ${version}"
    later = [line.split() for line in all.ask(flows=text)["records"]]
    (line,) = [r for r in later if r[0] == "eni-b" and r[5] == "80"]
    assert line[:5] == ["eni-b", "vpc-1", "subnet-1", "ingress", "IPv4"] and line[7:] == ["ACCEPT", "5"]
    assert 500 < int(line[6]) < 1000
    assert "error" in all.try_to(flows="${nothing}")
    for one in (connection, served, listener):
        one.close()


# MARK: Processes


@apart
def test_it_has_nothing_of_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o755)
    (secret / "key").write_text("s3cret")
    script = """
        echo user $(id -u) $(id -G)
        grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status
        echo descriptors $(ls /proc/self/fd | grep -v 3)
        echo processes $(ls /proc | grep -c '^[0-9]')
        echo host $(hostname) interfaces $(ls /proc/sys/net/ipv4/conf | tr '\\n' ' ')
        echo secret $(ls -A "$SECRET")
        echo shadow $(cat /etc/shadow 2>&1 | wc -c)
        for path in /etc/x /usr/x /proc/sys/net/ipv4/ip_forward /proc/sysrq-trigger; do (echo 1 > $path) 2>/dev/null && echo wrote $path; done
        mount -t tmpfs none /tmp 2>/dev/null && echo mounted
        ip link set eth0 down 2>/dev/null && echo changed
        mknod /tmp/disk b 254 0 2>/dev/null && echo device
        chroot / true 2>/dev/null && echo chrooted
        echo own > /tmp/file && cat /tmp/file
        env | sort | tr '\\n' ' '
        echo; echo to the console > /dev/stderr
        exit 7
    """
    done = gatehouse("instance", "run", "--hide", str(secret), "--env", f"SECRET={secret}", "--env", "A=b c", "/bin/sh", "-c", script)
    assert done.returncode == 7, done.stderr
    said = done.stdout
    assert "user 65534 65534\n" in said and said.count("0000000000000000") == 3 and "NoNewPrivs:\t1" in said
    assert "descriptors 0 1 2\n" in said and "own\n" in said and "to the console" in said
    assert int(re.search(r"processes (\d+)", said)[1]) < 12  # type: ignore[index]
    assert "host ip-172-31-0-10 interfaces all default eth0 lo" in said
    assert "secret\n" in said and "shadow 0\n" in said
    for word in ("wrote", "mounted", "changed", "device", "chrooted", "s3cret"):
        assert word not in said, word
    assert re.search(r"^A=b c HOME=/tmp PATH=\S+ PWD=\S+ SECRET=\S+( SHLVL=\d+)?( _=\S+)? $", said, re.M), said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("root")
    for program in ("/bin/sh", "/bin/ls", "/usr/bin/id", "/bin/mount", "/usr/bin/touch", "/bin/cat", "/usr/bin/mknod"):
        copy_program(program, found)
    (found / "tmp").mkdir(mode=0o1777)
    # What an instance writes must lead nowhere else.
    (found / "run").symlink_to("/var")
    return found


@apart
def test_a_root_folder_is_all_that_it_sees(root: Path) -> None:
    script = "id -u; echo $(ls /); touch /made && echo made; mount -t tmpfs none /tmp; mknod /tmp/d b 254 0; cat /proc/1/root/etc/passwd"
    done = gatehouse("instance", "run", "--root", str(root), "/bin/sh", "-c", script)
    assert done.stdout.split()[0] == "0" and "made" in done.stdout and (root / "made").exists(), done.stdout
    assert set(done.stdout.splitlines()[1].split()) <= {"bin", "dev", "lib", "lib64", "proc", "run", "tmp", "usr"}
    assert "root:" not in done.stdout and "permission denied" in done.stdout and "not permitted" in done.stdout
    (root / "made").unlink()
    done = gatehouse("instance", "run", "--root", str(root), "--read-only", "/bin/sh", "-c", "touch /made; touch /tmp/x && echo fine")
    assert "fine" in done.stdout and not (root / "made").exists() and not (root / "tmp" / "x").exists()
    done = gatehouse("instance", "run", "--root", "/nowhere", "/bin/sh")
    assert done.returncode == 1 and "the root folder" in done.stderr


@apart
def test_user_data_is_run_once_and_the_console_is_kept(all: Machines) -> None:
    all.network(network())
    data = "#!/bin/sh\necho first boot of $(hostname)\n"
    one = all.run("i-1", ["eni-a"], "/bin/sh", "-c", "echo begun; exec sleep infinity", userData=data)
    until(lambda: one.console == "first boot of ip-10-20-1-10\nbegun\n")
    two = all.ask(reboot="i-1")["process"]
    until(lambda: one.console == "begun\n")
    assert two != one.process and not one.runs and os.path.exists(f"/proc/{two}")
    all.ask(stop="i-1")
    assert not os.path.exists(f"/proc/{two}") and one.console == "begun\n"
    # What is no script is not run, and what fails is told of.
    other = all.run("i-2", ["eni-b"], "/bin/sh", "-c", "echo begun; exec sleep infinity", userData="#cloud-config\n")
    until(lambda: other.console == "begun\n")
    third = all.run("i-3", ["eni-c"], "/bin/sh", "-c", "echo begun; exec sleep infinity", userData="#!/bin/sh\nexit 3\n")
    until(lambda: third.console == "gatehouse: the user data's script ended with status 3\nbegun\n")
    # The last 64 KiB are.
    loud = all.run("i-4", [], "/bin/sh", "-c", "seq 100000; echo end; exec sleep infinity")
    until(lambda: loud.console.endswith("end\n"))
    assert len(loud.console) == 65536 and "\n99999\n100000\nend\n" in loud.console


@apart
def test_it_ends_as_it_is_told(all: Machines) -> None:
    all.network(network())
    # Its end is the instance's, whatever it has left behind.
    one = all.run("i-1", ["eni-a"], "/bin/sh", "-c", "setsid sleep infinity & exit 9")
    assert all.ended.get(timeout=60) | {"milliseconds": 0} == {"ended": "i-1", "status": 9, "milliseconds": 0}
    until(lambda: not one.runs)
    # Who is asked to end may do so.
    polite = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done"
    two = all.run("i-2", ["eni-a"], "/bin/sh", "-c", polite)
    until(lambda: two.console == "ready\n")
    all.ask(stop="i-2")
    assert "bye\n" in two.console and not two.runs
    # Who is not asked may not.
    two = all.run("i-2", ["eni-a"], "/bin/sh", "-c", polite)
    until(lambda: two.console == "ready\n")
    all.ask(kill="i-2")
    assert two.console == "ready\n" and not two.runs
    assert all.ended.empty()
    for order in ({"run": "i-5", "command": ["/no/such"]}, {"run": "i-5", "interfaces": ["eni-none"]}, {"reboot": "i-9"}):
        assert "error" in all.try_to(**order)
    # An interface is one instance's at a time, and free again after that.
    all.run("i-6", ["eni-a"])
    assert "in use" in all.try_to(run="i-7", interfaces=["eni-a"], command=["/bin/true"])["error"]
    all.ask(stop="i-6")
    all.run("i-7", ["eni-a"])


@apart
@pytest.mark.parametrize("whom", ["gatehouse", "supervisor"])
def test_nothing_outlives_it(all: Machines, whom: str) -> None:
    all.network(network())
    stubborn = "trap '' TERM INT HUP; (setsid sh -c 'trap \"\" TERM; sleep infinity; sleep infinity' &) ; echo ready; sleep infinity"
    a, b = all.run("i-a", ["eni-a"], "/bin/sh", "-c", stubborn), all.run("i-b", ["eni-b"], "/bin/sh", "-c", stubborn)
    until(lambda: a.console == b.console == "ready\n")
    before = os.listdir("/sys/class/net")
    networks = {os.fstat(machine._network).st_ino for machine in (a, b)}
    processes = descendants(all.process.pid)
    assert len(processes) >= 10
    if whom == "gatehouse":
        all.process.kill()
        all.process.wait()
    else:
        parents = {
            process: Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1] for process in processes
        }
        for process, parent in parents.items():
            if parent == str(all.process.pid):
                os.kill(process, signal.SIGKILL)
    gone = processes
    until(lambda: not any(os.path.exists(f"/proc/{process}") for process in gone))
    if whom == "supervisor":
        assert {all.ended.get(timeout=60)["ended"] for _ in range(2)} == {"i-a", "i-b"}
        return
    # No process is in their networks any more, so that nothing of them is left when the test has closed its own files.
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            assert os.stat(f"/proc/{name}/ns/net").st_ino not in networks if name.isdigit() else True
    assert os.listdir("/sys/class/net") == before


def test_without_root_it_is_a_plain_process_and_says_so(tmp_path: Path) -> None:
    bare = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    words = [*bare, str(BINARY), "instance", "run", "--env", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1/x"]
    script = "id -u; env | grep AWS; (setsid sleep 4321 &); exit 5"
    done = subprocess.run(
        [*words, "/bin/sh", "-c", script], capture_output=True, text=True, timeout=90, env=clean_environment(), cwd="/",
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 5 and "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1/x" in done.stdout, done.stderr
    assert "A plain process" in done.stderr and "no security group holds" in done.stderr
    assert subprocess.run(["pgrep", "-f", "^sleep 4321$"], stdout=subprocess.DEVNULL).returncode == 1


def test_what_it_cannot_run() -> None:
    assert gatehouse("instance", "run").returncode == 64
    done = gatehouse("instance", "run", "--network", "/no/such", "/bin/true")
    assert done.returncode == 1 and "/no/such" in done.stderr
    done = gatehouse("instance", "run", "--interface", "eni-none", "/bin/true")
    assert done.returncode == 1 and "eni-none" in done.stderr
