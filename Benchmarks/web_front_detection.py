"""What managed rule groups find, and what they take for an attack that is none: tables for Documentation/performance.md.

    web_front_detection.py PATH-OF-GATEHOUSE [LEVEL…]

The requests of Tests/Corpora/web, each on a connection of its own, through a web front whose web ACL asks AWS's managed groups
for web applications; through one that asks the whole Core Rule Set as one group; and, where nginx and libmodsecurity's module
for it are installed, through nginx with libmodsecurity and the same rules. At each paranoia level (1 2 3 4, or those that are
given). What does not reach the application was stopped, by a rule or because HTTP does not allow it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute()) if len(sys.argv) > 1 else ""

from harness import corpus  # noqa: E402
from harness.corpus import Application, Result, measure  # noqa: E402
from harness.protected import GROUPS, protected  # noqa: E402

LEVELS = [int(word) for word in sys.argv[2:]] or [1, 2, 3, 4]
MODULE = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
CRS = Path("/usr/share/modsecurity-crs/rules")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
HAS_NGINX = bool(shutil.which("nginx")) and all(map(Path.exists, (MODULE, CRS, SETUP)))


def modsecurity(level: int, folder: Path) -> Path:
    """The rules for libmodsecurity: Debian's, set to decide at a paranoia level."""
    file = folder / "rules.conf"
    file.write_text(
        f"""SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecResponseBodyAccess Off
SecAuditEngine Off
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecUnicodeMapFile /etc/nginx/unicode.mapping 20127
SecTmpDir {folder}
SecDataDir {folder}
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.+-]*\\+)?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400"
Include {SETUP}
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level={level}"
Include {CRS}/*.conf
"""
    )
    return file


@contextmanager
def nginx(folder: Path, url: str, inside: str) -> Iterator[int]:
    """nginx before an application, in one process; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"""load_module {MODULE};
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
access_log off;
large_client_header_buffers 8 32k;
{paths}
server {{ listen 127.0.0.1:{port} default_server; {inside} location / {{ proxy_pass {url}; proxy_http_version 1.1; proxy_set_header Host $http_host; }} }}
}}
"""
    )
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"nginx does not listen: {(folder / 'error.log').read_text()}") from None
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def subject(name: str, level: int, url: str) -> Iterator[int]:
    """One of those that are compared; yields its port."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if name == "nginx":
            with nginx(folder, url, f"modsecurity on; modsecurity_rules_file {modsecurity(level, folder)};") as port:
                yield port
            return
        groups = [("AWS", group) for group in GROUPS] if name == "groups" else [("OWASP", "CoreRuleSet")]
        with protected(folder, url, *groups, level=level) as front:
            yield front.port


def table(title: str, results: dict[tuple[str, int], Result]) -> None:
    columns = list(results)
    print(f"\n| {title} | requests | " + " | ".join(f"{name} {level}" for name, level in columns) + " |")
    print("| --- | --- |" + " --- |" * len(columns))
    first = results[columns[0]]
    for kind, count in first.count.items():
        print(f"| {kind} | {count} | " + " | ".join(str(len(results[one].stopped[kind])) for one in columns) + " |")
    total = sum(first.count.values())
    print(f"| all | {total} | " + " | ".join(f"{100 * results[one].share:.1f} %" for one in columns) + " |")


def main() -> None:
    attacks, benign = corpus.read("attacks"), corpus.read("benign")
    subjects = ["groups", "whole", *(["nginx"] if HAS_NGINX else [])]
    found: dict[tuple[str, int], Result] = {}
    alarms: dict[tuple[str, int], Result] = {}
    with Application() as application:
        for name in subjects:
            for level in LEVELS:
                with subject(name, level, application.url) as port:
                    found[name, level], alarms[name, level] = measure(port, attacks), measure(port, benign)
                one, other = found[name, level], alarms[name, level]
                print(f"{name} at level {level}: {100 * one.share:.1f} % found, {100 * other.share:.1f} % false alarms", file=sys.stderr)
    print("groups: AWS's managed groups; whole: the Core Rule Set as one group; nginx: nginx with libmodsecurity and the same rules;")
    print("the number is the paranoia level.")
    table("attacks", found)
    table("false alarms", alarms)
    for (name, level), result in found.items():
        missed = [one for ids in result.passed.values() for one in ids]
        print(f"\nMissed by {name} {level}: {' '.join(missed)}")
    for (name, level), result in alarms.items():
        print(f"\nFalse alarms of {name} {level}: {' '.join(one for ids in result.stopped.values() for one in ids)}")


if __name__ == "__main__":
    main()
