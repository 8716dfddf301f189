"""libmodsecurity with the Core Rule Set, as a second opinion on which rules match a request."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import Any

FOLDER = Path("/usr/share/modsecurity-crs/rules")
#: What the servers that use it are configured with; the rule has bodies in JSON read as such.
SETUP = """SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+[+])?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecAction "id:900990,phase:1,nolog,pass,t:none,setvar:tx.crs_setup_version=334,setvar:tx.paranoia_level={level}"
"""  # fmt: skip
ID = re.compile(rb'\[id "(\d+)"\]')


class ModSecurity:
    """The rules at one paranoia level."""

    def __init__(self, level: int):
        self.library = ctypes.CDLL("libmodsecurity.so.3")
        for name in ("msc_init", "msc_create_rules_set", "msc_new_transaction"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.lines: list[bytes] = []
        # Kept: the library calls it.
        self.log = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda _, line: self.lines.append(line))
        self.engine = ctypes.c_void_p(self.library.msc_init())
        self.library.msc_set_log_cb(self.engine, self.log)
        self.rules = ctypes.c_void_p(self.library.msc_create_rules_set())
        error = ctypes.c_char_p()
        setup = SETUP.replace("{level}", str(level)).encode()
        assert self.library.msc_rules_add(self.rules, setup, ctypes.byref(error)) >= 0, error.value
        for file in sorted(FOLDER.glob("REQUEST-*.conf")):
            added = self.library.msc_rules_add_file(self.rules, str(file).encode(), ctypes.byref(error))
            assert added >= 0, error.value

    def matches(self, request: dict[str, Any]) -> set[int]:
        """The numbers of the rules that match; each character of the request's texts is a byte."""
        self.lines.clear()
        call = self.library
        transaction = ctypes.c_void_p(call.msc_new_transaction(self.engine, self.rules, None))
        call.msc_process_connection(transaction, b"192.0.2.1", 1234, b"127.0.0.1", 80)
        call.msc_process_uri(
            transaction, request["uri"].encode("latin1"), request["method"].encode(),
            request.get("version", "1.1").encode(),
        )  # fmt: skip
        for name, value in request["headers"]:
            (name, value) = (name.encode("latin1"), value.encode("latin1"))
            call.msc_add_n_request_header(
                transaction, name, ctypes.c_size_t(len(name)), value, ctypes.c_size_t(len(value))
            )
        call.msc_process_request_headers(transaction)
        if body := request.get("body", "").encode("latin1"):
            call.msc_append_request_body(transaction, body, ctypes.c_size_t(len(body)))
        call.msc_process_request_body(transaction)
        call.msc_transaction_cleanup(transaction)
        return {int(number) for line in self.lines for number in ID.findall(line)}
