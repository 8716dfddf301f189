"""GuardDuty: an instance's credentials, used by the instance and elsewhere; and the lists of addresses that the operator has."""

from __future__ import annotations

from pathlib import Path

from botocore.credentials import InstanceMetadataProvider
from botocore.utils import InstanceMetadataFetcher

from harness import Identity, Server, allow
from harness.documents import policy
from harness.guarded import Guarded, by_address, told
from harness.instances import launch, profile, variables
from harness.server import gatehouse

OUTSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


def administrator(server: Server) -> Identity:
    iam = server.root.iam
    iam.create_user(UserName="admin")
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*")))
    return Identity.of_key(server.url, iam.create_access_key(UserName="admin")["AccessKey"])


def test_credentials_elsewhere(cloud: Server) -> None:
    admin = administrator(cloud)
    guarded = Guarded(admin)
    role = profile(admin, "app", policy(allow(["iam:ListUsers", "iam:ListGroups"])))
    options = {"HttpTokens": "optional", "HttpEndpoint": "enabled"}
    instance = launch(admin, IamInstanceProfile={"Arn": role}, MetadataOptions=options)
    place = variables(cloud, instance)["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    fetcher = InstanceMetadataFetcher(timeout=30, num_attempts=1, base_url=place)
    found = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
    assert found is not None
    keys = found.get_frozen_credentials()
    session = Identity(cloud.url, keys.access_key, keys.secret_key, keys.token)
    # From the machine that the instance runs on.
    session.iam.list_groups()
    # Whoever has taken them calls from somewhere else.
    by_address(session, "iam", "127.9.9.9").list_users()
    finding = guarded.wait_for(OUTSIDE)
    assert finding["Severity"] == 8.0
    assert finding["Resource"]["InstanceDetails"]["InstanceId"] == instance
    assert finding["Resource"]["AccessKeyDetails"]["UserName"] == "app"
    assert finding["Service"]["Action"]["AwsApiCallAction"]["Api"] == "ListUsers"
    (unusual,) = told(finding)["unusual"]
    assert unusual["seen"] == "127.9.9.9" and "the instance's own addresses" in unusual["usual"]
    assert finding["Service"]["Count"] == 1


def test_the_operators_lists(tmp_path: Path) -> None:
    bad, exits = tmp_path / "bad.txt", tmp_path / "exits.txt"
    bad.write_text("127.8.0.0/24\n")
    exits.write_text("127.8.1.1\n127.8.1.2\n")
    options = ("--threat-addresses", str(bad), "--tor-addresses", str(exits))
    with Server(*options, log=tmp_path / "log") as server:
        admin = administrator(server)
        guarded = Guarded(admin)
        by_address(admin, "iam", "127.8.0.7").list_users()
        by_address(admin, "iam", "127.8.1.2").create_user(UserName="made")
        finding = guarded.wait_for("Recon:IAMUser/MaliciousIPCaller")
        (known,) = finding["Service"]["Evidence"]["ThreatIntelligenceDetails"]
        assert known["ThreatListName"] == "bad.txt"
        guarded.wait_for("UnauthorizedAccess:IAMUser/TorIPCaller")
    bad.write_text("nonsense\n")
    failed = gatehouse("serve", "--in-memory", "--port", "0", "--threat-addresses", str(bad))
    assert failed.returncode == 1 and str(bad) in failed.stderr and "Line 1" in failed.stderr
