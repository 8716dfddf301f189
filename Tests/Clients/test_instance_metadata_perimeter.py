"""The lab of a role for EC2, whole: an instance whose programs have credentials and no key on the disk; a role that narrows; and
credentials that are worth nothing to whoever carries them away, by AWS's own policies for that, as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, namespaces, policy
from harness.guarded import Guarded
from harness.inside import METADATA, Inside
from harness.instances import profile
from harness.machines import emptied, launch, until, until_state
from test_cloudtrail_lake import ask, make

pytestmark = [
    pytest.mark.memory,
    pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}"),
]
ROLE = "app"
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-ec2instancesourceprivateip
PERIMETER = json.dumps({
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {
                "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"},
                "Null": {"ec2:SourceInstanceARN": "false"},
                "BoolIfExists": {"aws:ViaAWSService": "false"},
            },
        },
        {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {
                "StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "${aws:VpcSourceIp}"},
                "Null": {"ec2:SourceInstanceARN": "false"},
                "BoolIfExists": {"aws:ViaAWSService": "false"},
            },
        },
    ],
})  # fmt: skip


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("images")
    file = folder / "images.json"
    file.write_text(json.dumps({"images": [{"name": "sleeper", "command": ["/bin/sleep", "infinity"]}]}))
    with Server("--instance-images", str(file), log=folder / "log") as server:
        yield server


@pytest.fixture
def cloud(one_server: Server) -> Iterator[Server]:
    yield from emptied(one_server)


class Place:
    """A VPC with a subnet whose instances have public addresses, and a route to the internet."""

    def __init__(self, ec2: Any):
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
        ec2.modify_subnet_attribute(SubnetId=self.subnet, MapPublicIpOnLaunch={"Value": True})
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        self.table = table["RouteTableId"]
        ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)

    def launch(self, **parameters: Any) -> str:
        (image,) = self.ec2.describe_images(Filters=[{"Name": "name", "Values": ["sleeper"]}])["Images"]
        made = launch(self.ec2, image["ImageId"], SubnetId=self.subnet, **parameters)["InstanceId"]
        until_state(self.ec2, made, "running")
        return str(made)

    def endpoint(self, service: str, **parameters: Any) -> str:
        made = self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=f"com.amazonaws.us-east-1.{service}", **parameters)
        return str(made["VpcEndpoint"]["VpcEndpointId"])


def carried(cloud: Server, found: dict[str, str]) -> Identity:
    """Whoever uses an instance's credentials outside of it."""
    return Identity(cloud.url, found["AccessKeyId"], found["SecretAccessKey"], found["Token"])


def in_variables(found: dict[str, str]) -> dict[str, str]:
    names = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY", "Token": "AWS_SESSION_TOKEN"}
    return {variable: found[name] for name, variable in names.items()}


def test_the_lab_of_a_role_for_ec2(cloud: Server) -> None:
    root, ec2, trail = cloud.root, cloud.root.client("ec2"), Trail(cloud.root)
    s3 = root.client("s3")
    s3.create_bucket(Bucket="papers")
    for key in ("public/one.txt", "secret/two.txt"):
        s3.put_object(Bucket="papers", Key=key, Body=key.encode())

    def may(*statements: dict[str, Any], name: str = "p0") -> None:
        root.iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=policy(*statements))

    guarded = Guarded(root)
    arn = profile(root, ROLE, policy(allow(["s3:GetObject", "s3:ListAllMyBuckets"], "*")))
    place = Place(ec2)
    id = place.launch(IamInstanceProfile={"Arn": arn}, MetadataOptions={"HttpTokens": "required"})
    inside = Inside(cloud, ec2, id)
    address = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]["PublicIpAddress"]

    # The application has credentials, and there is no key: neither on the disk nor in a variable.
    assert b"AWS_ACCESS_KEY_ID" not in inside.environment and b"AWS_SECRET" not in inside.environment
    assert inside.run("/bin/sh", "-c", "ls -d /tmp/.aws ~/.aws").stdout == ""
    copy = ["s3", "cp", "s3://papers/secret/two.txt", "-"]
    done = inside.aws(*copy)
    assert done.stdout == "secret/two.txt", done.stderr
    assert json.loads(inside.aws("sts", "get-caller-identity").stdout)["Arn"].endswith(f"assumed-role/{ROLE}/{id}")

    # The role's policy narrows, and the next request is refused; what is left goes on.
    may(allow("s3:GetObject", "arn:aws:s3:::papers/public/*"), allow("s3:ListAllMyBuckets", "*"))
    done = inside.aws(*copy)
    assert done.returncode and "403" in done.stderr
    copy[2] = "s3://papers/public/one.txt"
    assert inside.aws(*copy).stdout == "public/one.txt"

    # Carried away, they are as good as inside …
    stolen = inside.credentials(ROLE)
    thief = carried(cloud, stolen).client("s3")
    assert thief.get_object(Bucket="papers", Key="public/one.txt")["Body"].read() == b"public/one.txt"
    # (but GuardDuty says so, and of which instance they are) …
    told = guarded.wait_for("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS")
    assert told["Resource"]["InstanceDetails"]["InstanceId"] == id
    assert told["Service"]["Action"]["AwsApiCallAction"]["RemoteIpDetails"]["IpAddressV4"] == "127.0.0.1"

    # … until the role may be used from the application's own public address alone.
    own = deny("*", Condition={"NotIpAddress": {"aws:SourceIp": f"{address}/32"}, "Bool": {"aws:ViaAWSService": "false"}})
    may(own, name="perimeter")
    error = error_of(thief.list_buckets)
    assert error.code == "AccessDenied" and "with an explicit deny in an identity-based policy" in error.message
    assert trail.of(error)["sourceIPAddress"] == "127.0.0.1"
    assert inside.aws(*copy).stdout == "public/one.txt"
    assert json.loads(inside.aws("s3api", "list-buckets").stdout)["Buckets"][0]["Name"] == "papers"
    seen = trail.wait_for(lambda record: "errorCode" not in record, "ListBuckets", "what the application did")
    assert seen["sourceIPAddress"] == address and "vpcEndpointId" not in seen
    assert seen["userIdentity"]["sessionContext"]["ec2RoleDelivery"] == "2.0"

    # AWS's policy, which names neither networks nor instances, asks for an endpoint in the instance's VPC.
    root.iam.put_role_policy(RoleName=ROLE, PolicyName="perimeter", PolicyDocument=PERIMETER)
    assert "403" in inside.aws(*copy).stderr
    gateway = place.endpoint("s3", RouteTableIds=[place.table])
    assert inside.aws(*copy).stdout == "public/one.txt"
    assert error_of(thief.list_buckets).code == "AccessDenied"
    assert inside.aws("s3api", "list-buckets").returncode == 0
    seen = trail.wait_for(lambda record: record.get("vpcEndpointId") == gateway, "ListBuckets", "what came by the endpoint")
    assert seen["sourceIPAddress"] == inside.address and seen["vpcEndpointAccountId"] == ACCOUNT
    # Not even the neighbour has any use of them, though it comes by the same endpoint.
    neighbour = Inside(cloud, ec2, place.launch())
    done = neighbour.aws("s3api", "list-buckets", **in_variables(stolen))
    assert "AccessDenied" in done.stderr
    seen = trail.wait_for(lambda record: record["sourceIPAddress"] == neighbour.address, "ListBuckets", "what the neighbour did")
    assert seen["vpcEndpointId"] == gateway and seen["errorCode"] == "AccessDenied"
    # STS has no endpoint there: by the internet nothing is allowed. (Who one is, one may always ask.)
    may(allow("s3:GetObject", "arn:aws:s3:::papers/public/*"), allow(["s3:ListAllMyBuckets", "sts:GetSessionToken", "iam:ListUsers"], "*"))
    assert "AccessDenied" in inside.aws("iam", "list-users").stderr
    assert json.loads(inside.aws("sts", "get-caller-identity").stdout)["Account"] == ACCOUNT


def test_what_has_no_way_to_a_service_does_not_come(cloud: Server) -> None:
    root, ec2, trail = cloud.root, cloud.root.client("ec2"), Trail(cloud.root)
    root.client("s3").create_bucket(Bucket="papers")
    arn = profile(root, ROLE, policy(allow(["s3:ListAllMyBuckets", "sns:*", "iam:ListUsers"], "*")))
    place = Place(ec2)
    gateway = place.endpoint("s3", RouteTableIds=[place.table])
    id = place.launch(IamInstanceProfile={"Arn": arn})
    inside = Inside(cloud, ec2, id)
    topics = ("sns", "list-topics")
    assert inside.aws(*topics).returncode == 0, inside.aws(*topics).stderr
    # A subnet without a way to the internet has but the endpoint for S3.
    ec2.delete_route(RouteTableId=place.table, DestinationCidrBlock="0.0.0.0/0")
    until(lambda: inside.aws(*topics).stderr, lambda said: "onnection" in said)
    assert inside.aws("s3api", "list-buckets").returncode == 0
    seen = trail.wait_for(lambda record: record.get("vpcEndpointId") == gateway, "ListBuckets", "what came by the endpoint")
    assert seen["sourceIPAddress"] == inside.address
    assert inside.run("curl", "-s", "-m", "5", f"http://198.18.0.1:{cloud.port}/").returncode in (0, 52)
    # An interface endpoint lets in whom its groups let in, by HTTPS as in AWS.
    group = ec2.create_security_group(GroupName="endpoint", Description="-", VpcId=place.vpc)["GroupId"]
    made = place.endpoint("sns", VpcEndpointType="Interface", SubnetIds=[place.subnet], SecurityGroupIds=[group])
    assert "onnection" in inside.aws(*topics).stderr
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert inside.aws(*topics).returncode == 0, inside.aws(*topics).stderr
    seen = trail.wait_for(lambda record: record.get("vpcEndpointId") == made, "ListTopics", "what came by the endpoint")
    assert seen["sourceIPAddress"] == inside.address
    # And its policy has a say; it is asked why.
    only = policy(allow("sns:ListTopics", "*", Principal="*"))
    ec2.modify_vpc_endpoint(VpcEndpointId=made, PolicyDocument=only)
    assert inside.aws(*topics).returncode == 0
    done = inside.aws("sns", "create-topic", "--name", "news")
    assert "because no VPC endpoint policy allows the SNS:CreateTopic action" in done.stderr
    # What is asked for in another Region is not for the endpoint.
    assert "onnection" in inside.aws(*topics, "--region", "eu-west-1").stderr
    # A NAT gateway leads there, and it is its address that is seen.
    outside = ec2.create_subnet(VpcId=place.vpc, CidrBlock="10.7.2.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=place.vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=outside)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=place.gateway)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=outside, AllocationId=address["AllocationId"])["NatGateway"]["NatGatewayId"]
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert "onnection" in inside.aws("iam", "list-users").stderr
    ec2.create_route(RouteTableId=place.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    done = inside.aws("iam", "list-users")
    assert done.returncode == 0, done.stderr
    assert inside.aws(*topics, "--region", "eu-west-1").returncode == 0
    seen = trail.wait_for(lambda record: "errorCode" not in record, "ListUsers", "what came by the NAT gateway")
    assert seen["sourceIPAddress"] == address["PublicIp"] and "vpcEndpointId" not in seen


#: Every category, as a script finds them: what ends with a slash has others below it.
WALK = f"""
token=$(curl -sf -X PUT {METADATA}/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')
get() {{ curl -sf -H "X-aws-ec2-metadata-token: $token" "{METADATA}/meta-data/$1"; }}
walk() {{
    get "$1" | while read -r name || [ -n "$name" ]
    do case $name in
        0=*) walk "${{1}}0/" ;;
        */) walk "$1$name" ;;
        *) get "$1$name" > /tmp/value && echo "$1$name: $(tr '\\n' ' ' < /tmp/value)" || echo "$1$name is not there" ;;
    esac; done
}}
walk ""
"""


def test_a_script_like_ec2_metadata_inside(cloud: Server) -> None:
    root, ec2 = cloud.root, cloud.root.client("ec2")
    arn = profile(root, ROLE, policy(allow("s3:ListAllMyBuckets", "*")))
    ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    options = {"HttpTokens": "required", "InstanceMetadataTags": "enabled"}
    place = Place(ec2)
    id = place.launch(IamInstanceProfile={"Arn": arn}, KeyName="mine", TagSpecifications=tags, MetadataOptions=options)
    inside = Inside(cloud, ec2, id)
    done = inside.run("/bin/sh", "-c", WALK)
    assert "is not there" not in done.stdout, done.stdout
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    described = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
    (interface,) = described["NetworkInterfaces"]
    macs = f"network/interfaces/macs/{interface['MacAddress']}"
    assert said["instance-id"] == id and said["ami-id"] == described["ImageId"]
    assert said["local-ipv4"] == inside.address and said["public-ipv4"] == described["PublicIpAddress"]
    assert said[f"{macs}/ipv4-associations/{described['PublicIpAddress']}"] == inside.address
    assert said[f"{macs}/vpc-id"] == place.vpc and said[f"{macs}/subnet-id"] == place.subnet
    assert said["tags/instance/Name"] == "web" and said["public-keys/0/openssh-key"].startswith("ssh-ed25519 ")
    assert json.loads(said["iam/info"])["InstanceProfileArn"] == arn
    assert json.loads(said[f"iam/security-credentials/{ROLE}"])["Code"] == "Success"
    assert said["placement/region"] == "us-east-1" and said["system"] == "nitro"
    assert inside.run("curl", "-s", f"{METADATA}/meta-data/").stdout.count("401 - Unauthorized") == 2


def test_the_owner_of_an_endpoint_is_told_what_comes_through_it(cloud: Server) -> None:
    """Network activity events: all of a service's, or those alone that the endpoint's policy has denied."""
    root, ec2 = cloud.root, cloud.root.client("ec2")

    def store(name: str, **fields: str) -> str:
        asked = {"eventCategory": "NetworkActivity", "eventSource": "sns.amazonaws.com"} | fields
        selectors = [{"FieldSelectors": [{"Field": field, "Equals": [value]} for field, value in asked.items()]}]
        return make(root, name, AdvancedEventSelectors=selectors).split("/")[-1]

    every, denied, usual = store("every"), store("denied", errorCode="VpceAccessDenied"), make(root, "usual").split("/")[-1]
    arn = profile(root, ROLE, policy(allow(["sns:*", "kms:*"], "*")))
    place = Place(ec2)
    group = ec2.create_security_group(GroupName="endpoint", Description="-", VpcId=place.vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    only = policy(allow("sns:ListTopics", "*", Principal="*"))
    made = place.endpoint(
        "sns", VpcEndpointType="Interface", SubnetIds=[place.subnet], SecurityGroupIds=[group], PolicyDocument=only)
    id = place.launch(IamInstanceProfile={"Arn": arn})
    inside = Inside(cloud, ec2, id)
    assert inside.aws("sns", "list-topics").returncode == 0, inside.aws("sns", "list-topics").stderr
    done = inside.aws("sns", "create-topic", "--name", "news")
    assert "because no VPC endpoint policy allows the SNS:CreateTopic action" in done.stderr
    # By the internet, and of another service.
    done = inside.aws("kms", "list-keys")
    assert done.returncode == 0, done.stderr

    def rows(of: str, what: str = "") -> list[dict[str, str]]:
        text = "SELECT eventName, eventType, errorCode, errorMessage, vpcEndpointId, vpcEndpointAccountId, sourceIPAddress,"
        text += f" recipientAccountId, userIdentity.arn AS who FROM {of} WHERE eventSource IN ('sns.amazonaws.com', 'kms.amazonaws.com')"
        return ask(root, text + what)

    found = until(lambda: rows(every), lambda seen: len(seen) >= 2)
    by_name = {row["eventName"]: row for row in found}
    assert set(by_name) == {"ListTopics", "CreateTopic"} and len(found) == 2
    for row in found:
        assert (row["eventType"], row["vpcEndpointId"], row["vpcEndpointAccountId"]) == ("AwsVpceEvent", made, ACCOUNT)
        assert (row["sourceIPAddress"], row["recipientAccountId"]) == (inside.address, ACCOUNT)
        assert row["who"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{id}"
    assert not by_name["ListTopics"].get("errorCode")
    refused = by_name["CreateTopic"]
    assert (refused["errorCode"], refused["errorMessage"]) == (
        "VpceAccessDenied", "The request was denied due to a VPC endpoint policy",
    )  # fmt: skip
    assert [row["eventName"] for row in until(lambda: rows(denied), bool)] == ["CreateTopic"]
    # Who wants management events gets each call once, and so does the history.
    management = until(lambda: rows(usual), lambda seen: len(seen) >= 3)
    assert sorted(row["eventName"] for row in management) == ["CreateTopic", "ListKeys", "ListTopics"]
    assert {row["eventType"] for row in management} == {"AwsApiCall"}
    history = root.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListTopics"}])["Events"]
    assert [json.loads(one["CloudTrailEvent"])["eventType"] for one in history] == ["AwsApiCall"]
