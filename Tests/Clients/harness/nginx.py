"""nginx before an application, to compare the web front with; with libmodsecurity and the Core Rule Set, where it is wanted."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .patience import PATIENCE
from .ports import free_port

MODULE = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
CRS = Path("/usr/share/modsecurity-crs/rules")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
HAS_NGINX = bool(shutil.which("nginx"))
#: Debian's libnginx-mod-http-modsecurity and modsecurity-crs.
HAS_MODSECURITY = HAS_NGINX and all(map(Path.exists, (MODULE, CRS, SETUP)))


def _rules(level: int, folder: Path) -> Path:
    """What Debian's package recommends, and the Core Rule Set at a paranoia level, set to refuse."""
    file = folder / "rules.conf"
    xml, json = '"^(?:application(?:/soap\\+|/)|text/)xml"', '"^application/(?:[a-z0-9.+-]*\\+)?json"'
    kind = "SecRule REQUEST_HEADERS:Content-Type"
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
{kind} {xml} "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
{kind} {json} "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400"
Include {SETUP}
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level={level}"
Include {CRS}/*.conf
"""
    )
    return file


@contextmanager
def nginx(
    folder: Path, location: str, *, level: int | None = None, certificate: tuple[Path, Path] | None = None, core: int | None = None,
    address: str = "127.0.0.1", connections: int = 2048, http2: bool = False, rules: list[str] | None = None,
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """nginx with one worker. `location` is what it does: `proxy_pass` to an `upstream application` at an address, or anything
    else in nginx's words. With `level` libmodsecurity asks the Core Rule Set, with `rules` those. Yields its process id and its
    port."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    upstream, inside = "", f"{location};"
    if location.startswith("http://"):
        upstream = f"upstream application {{ server {location.removeprefix('http://')}; keepalive 256; keepalive_requests 100000000; }}"
        inside = 'proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;'
    secure = f"ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};" if certificate else ""
    asked = f"modsecurity on; modsecurity_rules_file {_rules(level, folder)};" if level else ""
    if rules is not None:
        own = ["SecRuleEngine On", "SecRequestBodyAccess On", "SecAuditEngine Off", *rules]
        (folder / "own.conf").write_text("\n".join(own) + "\n")
        asked = f"modsecurity on; modsecurity_rules_file {folder / 'own.conf'};"
    (folder / "nginx.conf").write_text(
        f"""{f"load_module {MODULE};" if asked else ""}
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log crit;
worker_rlimit_nofile 4096;
events {{ worker_connections {connections}; }}
http {{
access_log off;
keepalive_requests 100000000;
large_client_header_buffers 8 32k;
{paths}
{upstream}
server {{ listen {address}:{port} {"ssl" if certificate else ""}{" http2" if http2 else ""} default_server; {secure} {asked} location / {{ {inside} }} }}
}}
"""
    )
    command = ["nginx", "-c", str(folder / "nginx.conf")]
    if core is not None and shutil.which("taskset"):
        command = ["taskset", "-c", str(core), *command]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                problem = (folder / "error.log").read_text() if (folder / "error.log").exists() else ""
                assert process.poll() is None and time.monotonic() < deadline, f"nginx does not listen: {problem}"
                time.sleep(0.05)
        yield process.pid, port
    finally:
        process.kill()
        process.wait()
