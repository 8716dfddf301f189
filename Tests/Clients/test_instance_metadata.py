"""The metadata service of instances, as SDKs, the `aws` CLI, curl and scripts find it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.credentials import ContainerProvider, InstanceMetadataProvider
from botocore.exceptions import CredentialRetrievalError
from botocore.utils import InstanceMetadataFetcher

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness import raw
from harness.aws import run_aws
from harness.instances import Metadata, launch, profile, variables
from harness.server import gatehouse

#: The variables of a program that has no credentials but those that it finds.
BARE = {
    "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PAGER": "",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1", "AWS_METADATA_SERVICE_TIMEOUT": "30",
}  # fmt: skip
ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
LISTS_USERS = policy(allow("iam:ListUsers"))
OPTIONAL = {"HttpTokens": "optional", "HttpEndpoint": "enabled"}


@pytest.fixture
def instance(root: Identity) -> str:
    """An instance whose role may list users; version 1 works, too."""
    arn = profile(root, "app", LISTS_USERS)
    return launch(root, IamInstanceProfile={"Arn": arn}, MetadataOptions=OPTIONAL)


def metadata(server: Server, instance: str) -> Metadata:
    return Metadata(variables(server, instance)[ENDPOINT])


def session_of(server: Server, instance: str) -> Identity:
    """As whom boto3's own provider has a program act."""
    fetcher = InstanceMetadataFetcher(timeout=30, num_attempts=1, base_url=variables(server, instance)[ENDPOINT])
    found = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
    assert found is not None and found.method == "iam-role"
    keys = found.get_frozen_credentials()
    return Identity(server.url, keys.access_key, keys.secret_key, keys.token)


def test_the_chain_of_the_cli(cloud: Server, instance: str) -> None:
    environment = BARE | variables(cloud, instance)
    assert environment["AWS_ENDPOINT_URL"] == cloud.url
    done = run_aws(["sts", "get-caller-identity", "--query", "Arn", "--output", "text"], environment)
    assert done.stdout.strip() == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{instance}", done.stderr
    done = run_aws(["iam", "list-users", "--query", "Users", "--output", "json"], environment)
    assert json.loads(done.stdout) == [], done.stderr
    refused = run_aws(["iam", "create-user", "--user-name", "x"], environment)
    assert "AccessDenied" in refused.stderr


def test_the_form_for_containers(cloud: Server, instance: str) -> None:
    environment = variables(cloud, instance, "&form=container")
    found = ContainerProvider(environ=environment).load()
    assert found is not None and found.method == "container-role"
    keys = found.get_frozen_credentials()
    caller = Identity(cloud.url, keys.access_key, keys.secret_key, keys.token)
    assert caller.sts.get_caller_identity()["Arn"].endswith(f":assumed-role/app/{instance}")
    done = run_aws(["sts", "get-caller-identity", "--query", "Account", "--output", "text"], BARE | environment)
    assert done.stdout.strip() == ACCOUNT, done.stderr
    # They did not come by the metadata service, in neither version.
    root = cloud.root
    root.iam.put_role_policy(
        RoleName="app", PolicyName="v2",
        PolicyDocument=policy(deny("iam:ListUsers", Condition={"Null": {"ec2:RoleDelivery": "true"}})),
    )  # fmt: skip
    assert error_of(caller.iam.list_users).code == "AccessDenied"
    session_of(cloud, instance).iam.list_users()


def test_curl_as_in_every_tutorial(cloud: Server, instance: str) -> None:
    endpoint = variables(cloud, instance)[ENDPOINT]
    script = f"""
        set -e
        IMDS={endpoint}
        TOKEN=`curl -sf -X PUT "$IMDS/latest/api/token" -H "X-aws-ec2-metadata-token-ttl-seconds: 21600"`
        curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" $IMDS/latest/meta-data/instance-id; echo
        curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" $IMDS/latest/meta-data/iam/security-credentials/; echo
        ROLE=`curl -sf $IMDS/latest/meta-data/iam/security-credentials/`
        curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" $IMDS/latest/meta-data/iam/security-credentials/$ROLE | grep -c '"Code" : "Success"'
        curl -s -o /dev/null -w '%{{http_code}} %{{content_type}}\\n' $IMDS/latest/meta-data/iam/info
        curl -s -o /dev/null -w '%{{http_code}}\\n' -H "X-aws-ec2-metadata-token: x" $IMDS/latest/meta-data/
        curl -s -o /dev/null -w '%{{http_code}}\\n' -X PUT $IMDS/latest/api/token
        curl -sI $IMDS/latest/meta-data/ami-id | tr -d '\\r' | grep -i '^server'
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        instance, "app", "1", "200 text/plain", "401", "400", "Server: EC2ws"
    ], done.stderr  # fmt: skip


#: As `ec2-metadata` of Amazon Linux goes about it: a token, then one category after another.
SCRIPT = """
IMDS=$1
TOKEN=$(curl -s -X PUT "$IMDS/latest/api/token" -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')
for name in ami-id ami-launch-index ami-manifest-path ancestor-ami-ids instance-id instance-type local-hostname local-ipv4 \\
    kernel-id placement/availability-zone placement/region product-codes public-hostname public-ipv4 ramdisk-id reservation-id \\
    security-groups
do
    value=$(curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" "$IMDS/latest/meta-data/$name") || value='not available'
    echo "$name: $value"
done
echo 'block-device-mapping:'
for name in $(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" "$IMDS/latest/meta-data/block-device-mapping/")
do echo "  $name: $(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" "$IMDS/latest/meta-data/block-device-mapping/$name")"
done
"""


def test_a_script_like_ec2_metadata_says_what_the_api_says(cloud: Server, root: Identity, instance: str) -> None:
    endpoint = variables(cloud, instance)[ENDPOINT]
    done = subprocess.run(["bash", "-c", SCRIPT, "ec2-metadata", endpoint], capture_output=True, text=True, check=True)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    (reservation,) = root.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    (described,) = reservation["Instances"]
    placement = described["Placement"]["AvailabilityZone"]
    assert said["ami-id"] == described["ImageId"]
    assert said["instance-id"] == instance and said["instance-type"] == described["InstanceType"]
    assert said["local-ipv4"] == described["PrivateIpAddress"]
    assert said["local-hostname"] == described["PrivateDnsName"]
    assert said["placement/availability-zone"] == placement and said["placement/region"] == placement[:-1]
    assert said["reservation-id"] == reservation["ReservationId"] and said["ami-launch-index"] == "0"
    assert said["security-groups"] == described["SecurityGroups"][0]["GroupName"]
    assert said["kernel-id"] == "not available" and said["product-codes"] == "not available"
    assert said["public-ipv4"] == described.get("PublicIpAddress", "not available")
    assert said["  root"] == described["RootDeviceName"]


def test_the_network_as_the_api_describes_it(cloud: Server, root: Identity, instance: str) -> None:
    ec2 = root.client("ec2")
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    (interface,) = described["NetworkInterfaces"]
    seen = metadata(cloud, instance)
    assert seen.text("meta-data/mac") == interface["MacAddress"]
    assert seen.text("meta-data/network/interfaces/macs/") == interface["MacAddress"] + "/"

    def of(name: str) -> str:
        return seen.text(f"meta-data/network/interfaces/macs/{interface['MacAddress']}/{name}")

    subnet = ec2.describe_subnets(SubnetIds=[interface["SubnetId"]])["Subnets"][0]
    vpc = ec2.describe_vpcs(VpcIds=[interface["VpcId"]])["Vpcs"][0]
    assert of("interface-id") == interface["NetworkInterfaceId"] and of("device-number") == "0"
    assert of("subnet-id") == interface["SubnetId"] and of("vpc-id") == interface["VpcId"]
    assert of("subnet-ipv4-cidr-block") == subnet["CidrBlock"] and of("vpc-ipv4-cidr-block") == vpc["CidrBlock"]
    assert of("local-ipv4s") == interface["PrivateIpAddress"] and of("owner-id") == ACCOUNT
    assert of("security-group-ids") == interface["Groups"][0]["GroupId"]


def test_user_data_keys_and_tags(cloud: Server, root: Identity) -> None:
    key = root.client("ec2").create_key_pair(KeyName="mine", KeyType="ed25519")
    assert "PRIVATE KEY" in key["KeyMaterial"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    options = {"InstanceMetadataTags": "enabled"} | OPTIONAL
    instance = launch(
        root, UserData="#!/bin/sh\necho ü\n", KeyName="mine", TagSpecifications=tags, MetadataOptions=options
    )
    seen = metadata(cloud, instance)
    answer = seen.get("user-data")
    assert answer.content == "#!/bin/sh\necho ü\n".encode() and answer.headers["Content-Type"] == "application/octet-stream"
    assert seen.text("meta-data/public-keys/") == "0=mine"
    public = seen.text("meta-data/public-keys/0/openssh-key")
    assert public.startswith("ssh-ed25519 AAAA")
    # The instance keeps it, whatever becomes of the pair and of its name.
    root.client("ec2").delete_key_pair(KeyName="mine")
    assert seen.text("meta-data/public-keys/0/openssh-key") == public
    root.client("ec2").create_key_pair(KeyName="mine", KeyType="ed25519")
    assert seen.text("meta-data/public-keys/0/openssh-key") == public
    assert seen.text("meta-data/tags/instance") == "Name" and seen.text("meta-data/tags/instance/Name") == "web"
    root.client("ec2").create_tags(Resources=[instance], Tags=[{"Key": "stage", "Value": "test"}])
    assert seen.text("meta-data/tags/instance/stage") == "test"
    root.client("ec2").modify_instance_metadata_options(InstanceId=instance, InstanceMetadataTags="disabled")
    assert seen.get("meta-data/tags/").status_code == 404
    # There is no role.
    assert seen.get("meta-data/iam/info").status_code == 404


def test_the_options_hold_at_once(cloud: Server, root: Identity, instance: str) -> None:
    seen, ec2 = metadata(cloud, instance), root.client("ec2")
    token = seen.token().text
    assert seen.get("meta-data/").status_code == 200
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    assert seen.get("meta-data/").status_code == 401 and seen.get("meta-data/", token).status_code == 200
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpEndpoint="disabled")
    assert seen.get("meta-data/", token).status_code == 403 and seen.token().status_code == 403
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpEndpoint="enabled", HttpTokens="optional")
    assert seen.get("meta-data/").status_code == 200
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert seen.get("meta-data/").status_code == 404


def test_what_is_asked_wrongly(cloud: Server, instance: str) -> None:
    """As AWS's page has it: "Responses and error messages", "How Instance Metadata Service Version 2 works"."""
    seen = metadata(cloud, instance)
    for seconds in (1, 21600):
        given = seen.token(seconds)
        assert given.status_code == 200 and given.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == str(seconds)
        assert given.headers["Content-Type"] == "text/plain" and given.headers["Server"] == "EC2ws"
    for wrong in (0, 21601, -1, "", "1.5", "soon"):
        assert seen.token(wrong).status_code == 400, wrong
    assert seen.session.put(f"{seen.url}/latest/api/token").status_code == 400
    # A proxy says for whom it asks, even if it does not know.
    for value in ("203.0.113.7", ""):
        assert seen.token(**{"X-Forwarded-For": value}).status_code == 403
    wanted = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    assert seen.session.put(f"{seen.url}/2021-03-23/api/token", headers=wanted).status_code == 403
    for method in ("POST", "DELETE", "PATCH"):
        assert seen.session.request(method, f"{seen.url}/latest/meta-data/").status_code == 405
    token = seen.token(60).text
    for path in ("user-data", "meta-data/nothing", "meta-data/spot/instance-action", "meta-data/kernel-id", "dynamic/nothing"):
        assert seen.get(path, token).status_code == 404, path
    assert seen.session.get(f"{seen.url}/2999-01-01/meta-data/").status_code == 404
    assert seen.get("meta-data/", token + "x").status_code == seen.get("meta-data/", "x").status_code == 401
    found = seen.get("meta-data/instance-id", token)
    assert 0 < int(found.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"]) <= 60
    raw_headers = [name.lower() for name in found.raw.headers]
    assert raw_headers.count("date") == 1 and "x-gatehouse-hop-limit" not in raw_headers
    asked = seen.session.head(f"{seen.url}/latest/meta-data/instance-id")
    assert asked.status_code == 200 and not asked.content and asked.headers["Content-Length"] == str(len(instance))
    versions = seen.session.get(f"{seen.url}/").text.splitlines()
    assert versions[0] == "1.0" and versions[-1] == "latest" and versions[:-1] == sorted(versions[:-1])
    for version in versions:
        assert seen.session.get(f"{seen.url}/{version}/meta-data/instance-id").text == instance


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_each_key_of_an_instances_session(
    cloud: Server, root: Identity, instance: str, version: str, new_user: Callable[..., Identity]
) -> None:
    seen = metadata(cloud, instance)
    answer = seen.get("meta-data/iam/security-credentials/app", seen.token().text if version == "2.0" else None)
    said = answer.json()
    caller = Identity(cloud.url, said["AccessKeyId"], said["SecretAccessKey"], said["Token"])
    described = root.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"
    address, vpc = described["PrivateIpAddress"], described["VpcId"]
    # Operator, key, what is so, what is not.
    conditions = [
        ("NumericEquals", "ec2:RoleDelivery", version, "1.0" if version == "2.0" else "2.0"),
        ("ArnEquals", "ec2:SourceInstanceARN", arn, f"{arn}0"),
        ("ArnLike", "ec2:SourceInstanceARN", "arn:aws:ec2:*:*:instance/i-*", "arn:aws:ec2:eu-*:*:instance/i-*"),
        ("StringEquals", "aws:Ec2InstanceSourceVpc", vpc, "vpc-0123456789abcdef0"),
        ("IpAddress", "aws:Ec2InstanceSourcePrivateIPv4", f"{address}/32", "192.0.2.0/24"),
        ("StringEquals", "aws:Ec2InstanceSourcePrivateIPv4", address, "192.0.2.1"),
    ]
    for operator, key, own, other in conditions:
        for value, isAllowed in ((other, False), (own, True)):
            document = policy(allow("iam:ListUsers", Condition={operator: {key: value}}))
            root.iam.put_role_policy(RoleName="app", PolicyName="p0", PolicyDocument=document)
            if isAllowed:
                caller.iam.list_users()
            else:
                assert error_of(caller.iam.list_users).code == "AccessDenied", (operator, key, value)
    # Whoever may know why something was denied, is told them.
    encoded = error_of(caller.client("ec2").create_vpc, CidrBlock="10.0.0.0/16").message.rpartition(": ")[2]
    decoded = json.loads(root.sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    told = {one["key"]: one["values"]["items"][0]["value"] for one in decoded["context"]["conditions"]["items"]}
    assert told["ec2:RoleDelivery"] == version and told["ec2:SourceInstanceARN"] == arn
    assert told["aws:Ec2InstanceSourceVpc"] == vpc and told["aws:Ec2InstanceSourcePrivateIPv4"] == address
    # AWS's own example: whoever is no instance does not meet it.
    root.iam.put_role_policy(
        RoleName="app", PolicyName="p0",
        PolicyDocument=policy(
            allow("iam:ListUsers"), deny("*", Condition={"NumericLessThan": {"ec2:RoleDelivery": "2.0"}})
        ),
    )  # fmt: skip
    if version == "2.0":
        caller.iam.list_users()
    else:
        assert "with an explicit deny" in error_of(caller.iam.list_users).message
    none = {key: "true" for _, key, _, _ in conditions}
    new_user("alice", allow("iam:ListUsers", Condition={"Null": none})).iam.list_users()


def test_a_token_is_good_for_its_instance_alone(cloud: Server, root: Identity, instance: str) -> None:
    seen, other = metadata(cloud, instance), metadata(cloud, launch(root, MetadataOptions=OPTIONAL))
    token = other.token().text
    assert other.get("meta-data/", token).status_code == 200 and seen.get("meta-data/", token).status_code == 401
    assert seen.token("0").status_code == 400 and seen.token("21601").status_code == 400
    forwarded = seen.token(**{"X-Forwarded-For": "203.0.113.7"})
    assert forwarded.status_code == 403


def test_what_the_policies_and_the_record_see(cloud: Server, root: Identity, trail: Trail, instance: str) -> None:
    caller = session_of(cloud, instance)
    answer = caller.iam.list_users()
    record = trail.of(answer, "ListUsers")
    identity = record["userIdentity"]
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{instance}"
    assert identity["sessionContext"]["ec2RoleDelivery"] == "2.0"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "app"
    assumed = trail.named("AssumeRole")
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert assumed["sourceIPAddress"] == assumed["userAgent"] == "ec2.amazonaws.com"
    assert assumed["requestParameters"] == {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/app", "roleSessionName": instance}
    assert assumed["responseElements"]["credentials"]["accessKeyId"] == caller.key_id
    described = root.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    elsewhere = deny(
        "iam:ListUsers", Condition={"StringNotEquals": {"aws:Ec2InstanceSourceVpc": described["VpcId"]}}
    )
    other = deny("iam:ListUsers", Condition={"ArnLike": {"ec2:SourceInstanceARN": f"arn:aws:ec2:*:*:instance/{instance}"}})
    root.iam.put_role_policy(RoleName="app", PolicyName="vpc", PolicyDocument=policy(elsewhere))
    caller.iam.list_users()
    root.iam.put_role_policy(RoleName="app", PolicyName="vpc", PolicyDocument=policy(other))
    assert error_of(caller.iam.list_users).code == "AccessDenied"


def test_the_role_of_the_profile_and_its_end(cloud: Server, root: Identity, instance: str) -> None:
    seen, ec2 = metadata(cloud, instance), root.client("ec2")
    caller = session_of(cloud, instance)
    assert session_of(cloud, instance).key_id == caller.key_id
    root.iam.delete_role_policy(RoleName="app", PolicyName="p0")
    assert error_of(caller.iam.list_users).code == "AccessDenied"
    (association,) = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance]}]
    )["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    assert seen.get("meta-data/iam/security-credentials/app").status_code == 404
    # Those that were given stay valid until they end.
    caller.sts.get_caller_identity()
    other = profile(root, "other", LISTS_USERS)
    ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Arn": other})
    assert seen.text("meta-data/iam/security-credentials/") == "other"
    assert session_of(cloud, instance).sts.get_caller_identity()["Arn"].split("/")[1] == "other"


def test_a_role_that_ec2_may_not_assume(cloud: Server, root: Identity) -> None:
    arn = profile(root, "fn", LISTS_USERS, trusted=trust({"Service": "lambda.amazonaws.com"}))
    instance = launch(root, IamInstanceProfile={"Arn": arn})
    seen = metadata(cloud, instance)
    said = json.loads(seen.text("meta-data/iam/security-credentials/fn"))
    assert said["Code"] == "AssumeRoleUnauthorizedAccess" and "AccessKeyId" not in said
    endpoint = variables(cloud, instance)[ENDPOINT]
    fetcher = InstanceMetadataFetcher(timeout=30, num_attempts=1, base_url=endpoint)
    assert InstanceMetadataProvider(iam_role_fetcher=fetcher).load() is None
    root.iam.update_assume_role_policy(RoleName="fn", PolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    session_of(cloud, instance).iam.list_users()


@pytest.mark.memory
def test_credentials_rotate_before_they_end(cloud: Server, instance: str) -> None:
    old = session_of(cloud, instance)
    cloud.advance(4 * 3600)
    assert session_of(cloud, instance).key_id == old.key_id
    cloud.advance(3600)
    new = session_of(cloud, instance)
    assert new.key_id != old.key_id
    old.sts.get_caller_identity(), new.sts.get_caller_identity()
    cloud.advance(3600)
    assert error_of(old.sts.get_caller_identity).code == "ExpiredToken"
    new.sts.get_caller_identity()


def test_identity_documents_verify(cloud: Server, instance: str, tmp_path: Path) -> None:
    """The three ways of AWS's page, "Verify the instance identity document"."""
    seen = metadata(cloud, instance)
    status, certificate = cloud.get("/_gatehouse/instance-identity/us-east-1.pem")
    assert status == 200
    (tmp_path / "certificate").write_text(certificate)
    document = seen.text("dynamic/instance-identity/document")
    assert json.loads(document)["instanceId"] == instance and json.loads(document)["accountId"] == ACCOUNT
    for name in ("pkcs7", "rsa2048"):
        text = f"-----BEGIN PKCS7-----\n{seen.text(f'dynamic/instance-identity/{name}')}\n-----END PKCS7-----\n"
        (tmp_path / name).write_text(text)
        for program in (["smime"], ["cms"]):
            words = [*program, "-verify", "-in", name, "-inform", "PEM", "-certfile", "certificate", "-noverify"]
            done = subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0 and done.stdout.replace("\r", "") == document, done.stderr
    (tmp_path / "document").write_text(document)
    (tmp_path / "text").write_text(seen.text("dynamic/instance-identity/signature"))
    script = """
        base64 -d < text > signature && openssl x509 -pubkey -noout -in certificate > key
        openssl dgst -sha256 -verify key -signature signature document
    """
    done = subprocess.run(["bash", "-ec", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "Verified OK", done.stderr
    (tmp_path / "document").write_text(document.replace(instance, "i-00000000000000000"))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "Verification failure" in done.stdout + done.stderr


def test_the_command_and_a_restart(tmp_path: Path) -> None:
    with Server(data=tmp_path / "data") as server:
        arn = profile(server.root, "app", LISTS_USERS)
        instance = launch(server.root, IamInstanceProfile={"Arn": arn})
        words = ("instance", "metadata", instance, "--data", str(tmp_path / "data"))
        shown = gatehouse(*words)
        assert shown.returncode == 0, shown.stderr
        lines = dict(line.removeprefix("export ").split("=", 1) for line in shown.stdout.splitlines()[:-1])
        assert set(lines) == {ENDPOINT, "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"}
        port = gatehouse(*words, "--port", "0")
        door = dict(line.removeprefix("export ").split("=", 1) for line in port.stdout.splitlines()[:-1])[ENDPOINT]
        before = json.loads(Metadata(door.strip("'")).text("meta-data/iam/security-credentials/app"))
        # A container's token may lie in a file of its own, which SDKs read each time.
        token = tmp_path / "token"
        shown = gatehouse(*words, "--container", "--token-file", str(token))
        names = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        exported = dict(line.removeprefix("export ").split("=", 1) for line in shown.stdout.splitlines()[:-1])
        assert token.stat().st_mode & 0o777 == 0o600 and "AWS_CONTAINER_AUTHORIZATION_TOKEN" not in exported
        found = ContainerProvider(environ={name: exported[name].strip("'") for name in names}).load()
        assert found is not None and found.get_frozen_credentials().token
        token.write_text("x")
        with pytest.raises(CredentialRetrievalError):
            ContainerProvider(environ={name: exported[name].strip("'") for name in names}).load()
        assert gatehouse(*words, "--token-file", str(token)).returncode == 64
        assert gatehouse("instance", "metadata", "i-00000000000000000", *words[3:]).returncode == 1
        assert gatehouse("instance", "metadata", "web", *words[3:]).returncode == 64
        path = lines[ENDPOINT].strip("'").removeprefix(server.url)
        server.restart()
        after = json.loads(Metadata(server.url + path).text("meta-data/iam/security-credentials/app"))
        assert after == before


def test_an_edge_of_its_own(cloud: Server, instance: str) -> None:
    """By a port that belongs to an instance nothing but its metadata is reached."""
    door = variables(cloud, instance, "&port=0")[ENDPOINT]
    seen = Metadata(door)
    assert seen.get("meta-data/instance-id").text == instance
    for path in ("health", "metrics", "ui/", "_gatehouse/clock"):
        assert seen.session.get(f"{door}/{path}").status_code == 404
    request = raw.signed("POST", "/", raw.form("GetCallerIdentity", "2011-06-15"), cloud.root, service="sts")
    assert raw.send(cloud.port, request).status == 200
    assert raw.send(int(door.rsplit(":", 1)[1]), request).status == 405


def test_only_the_operator_gives_addresses_away(cloud: Server, instance: str, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("*"))
    target = f"/_gatehouse/instance-metadata?instance={instance}"
    for by in (alice, None):
        request = (
            raw.signed("POST", target, b"", by, service="gatehouse") if by else raw.Request("POST", target, {"host": "x"}, b"")
        )
        assert raw.send(cloud.port, request).status == 403
