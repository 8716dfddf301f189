"""An ACME endpoint of ACM's, and the clients that get certificates there: certbot, dehydrated, and requests made by hand."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from .authorities import Authority
from .documents import allow, policy
from .identity import Identity
from .ports import free_port

FOLDER = Path(__file__).resolve().parents[3] / ".venv" / "certbot"
PRINCIPAL = "acm-acme.amazonaws.com"

#: As AWS documents it.
TRUST = policy(
    {
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringLike": {"sts:SourceIdentity": "acm-acme-*"}},
    }
)
#: What a role needs to have a private authority issue and revoke.
ISSUES = [
    "acm:RequestCertificate", "acm:RevokeCertificate", "acm-pca:DescribeCertificateAuthority", "acm-pca:IssueCertificate",
    "acm-pca:GetCertificate", "acm-pca:RevokeCertificate",
]  # fmt: skip


@dataclass
class Binding:
    arn: str
    key_id: str
    mac_key: str


@dataclass
class Endpoint:
    """An endpoint, used by an identity, with the role of its bindings."""

    identity: Identity
    arn: str
    url: str
    role: str

    @classmethod
    def create(
        cls, identity: Identity, authority: Authority | None = None, *, challenges: str = "", actions: list[str] | None = None,
        **more: Any,
    ) -> Endpoint:  # fmt: skip
        """One that issues from a private authority, if there is one."""
        tags = []
        if authority:
            tags.append({"Key": "gatehouse:certificate-authority", "Value": authority.arn})
        if challenges:
            tags.append({"Key": "gatehouse:challenges", "Value": challenges})
        if tags:
            more["Tags"] = more.get("Tags", []) + tags
        acm = identity.client("acm")
        arn = acm.create_acme_endpoint(
            AuthorizationBehavior="PRE_APPROVED", CertificateAuthority={"PublicCertificateAuthority": {}}, **more
        )["AcmeEndpointArn"]
        url = acm.describe_acme_endpoint(AcmeEndpointArn=arn)["AcmeEndpoint"]["EndpointUrl"]
        name = f"Acme{arn[-12:]}"
        role = identity.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        identity.iam.put_role_policy(
            RoleName=name, PolicyName="own", PolicyDocument=policy(allow(actions or ISSUES, "*"))
        )
        return cls(identity, arn, url, role)

    def bind(self, **more: Any) -> Binding:
        acm = self.identity.client("acm")
        made = acm.create_acme_external_account_binding(AcmeEndpointArn=self.arn, RoleArn=self.role, **more)
        arn = made["ExternalAccountBinding"]["AcmeExternalAccountBindingArn"]
        found = acm.get_acme_external_account_binding_credentials(AcmeExternalAccountBindingArn=arn)
        return Binding(arn, found["KeyId"], found["MacKey"])


@dataclass
class Certbot:
    """The real one, with a folder of its own."""

    folder: Path
    url: str
    #: For https.
    authority: Path | None = None
    output: str = ""

    def run(self, *words: str, succeeds: bool = True) -> str:
        settings = [f"--{name}-dir={self.folder / name}" for name in ("config", "work", "logs")]
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment |= {"PYTHONPATH": str(FOLDER)}
        if self.authority:
            environment["REQUESTS_CA_BUNDLE"] = str(self.authority)
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from certbot.main import main; sys.exit(main())", *words, *settings,
             "--non-interactive", "--agree-tos"],
            env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        self.output = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, self.output + self.log
        return self.output

    def register(self, binding: Binding, *, succeeds: bool = True, email: str = "ada@example.com") -> str:
        who = ["--email", email] if email else ["--register-unsafely-without-email"]
        return self.run(
            "register", "--server", self.url, "--eab-kid", binding.key_id, f"--eab-hmac-key={binding.mac_key}", *who,
            succeeds=succeeds,
        )  # fmt: skip

    def certonly(self, *words: str, names: list[str], succeeds: bool = True) -> str:
        domains = [word for name in names for word in ("--domain", name)]
        return self.run("certonly", "--server", self.url, "--issuance-timeout", "30", *words, *domains, succeeds=succeeds)

    @property
    def log(self) -> str:
        file = self.folder / "logs" / "letsencrypt.log"
        return file.read_text()[-6000:] if file.exists() else ""

    def chain(self, name: str) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates((self.folder / "config" / "live" / name / "fullchain.pem").read_bytes())

    def file(self, name: str, file: str) -> Path:
        return self.folder / "config" / "live" / name / file


@dataclass
class WebServer:
    """A server that shows files at `/.well-known/acme-challenge/`, and remembers who asked for what."""

    files: dict[str, bytes] = field(default_factory=dict)
    #: Where other files may be.
    folder: Path | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    port: int = 0

    def __enter__(self) -> WebServer:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.headers["Host"], self.path))
                name = self.path.rsplit("/", 1)[-1]
                content = outer.files.get(name)
                if content is None and outer.folder and (outer.folder / name).is_file():
                    content = (outer.folder / name).read_bytes()
                self.send_response(outer.status if content is not None else 404)
                if outer.status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *words: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
