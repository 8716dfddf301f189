"""What the tests in this folder are written with.

server     a Gatehouse process: start, stop, kill, restart, reset
identity   someone who calls: the `aws` CLI, boto3, and the errors they get
aws        how the `aws` CLI is started, quickly
raw        requests made by hand, byte by byte
documents  policy documents
mfa        a virtual MFA device's codes
saml       a SAML identity provider
trail      CloudTrail's event history, waited for
trails     what CloudTrail's trails have delivered into a bucket
terraform  the real Terraform, in a folder
patience   how long tests wait for what has to come
clock      a server whose clock the test can move
postgres   PostgreSQL servers of the tests' own
ledger     the ledger on disk, opened by hand
token      a hardware token, SoftHSM
xks        the proxy of an external key store
moto       an endpoint of AWS's services without authorization, to stand behind the gate
upstream   an endpoint behind Gatehouse that does what a test tells it
gate       Gatehouse before such an endpoint
recorder   a web application that keeps exactly the bytes it got
front      the web front before such an application, and raw connections to it
smuggling  what requests are to meet with that several could read differently
http2      a client of HTTP/2 that sends what it is told, right or wrong
corpus     attacks and harmless requests, and what becomes of them
protected  the web front with a web ACL of managed rule groups
nginx      nginx, to compare the web front with
answers    whole answers, to be kept and compared
inside     what processes of an instance of EC2 do that runs here
instances  instances of EC2, their metadata, and applications that let strangers reach it
pages      the pages of the documentation, and a shell that does what they say
"""

from .documents import allow, deny, policy, trust
from .identity import AwsError, Identity, error_of
from .mfa import VirtualDevice
from .server import ACCOUNT, LOOPBACK, ROOT_KEY_ID, ROOT_SECRET, Server
from .trail import Trail

__all__ = [
    "ACCOUNT",
    "LOOPBACK",
    "ROOT_KEY_ID",
    "ROOT_SECRET",
    "AwsError",
    "Identity",
    "Server",
    "Trail",
    "VirtualDevice",
    "allow",
    "deny",
    "error_of",
    "policy",
    "trust",
]
