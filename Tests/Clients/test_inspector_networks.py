"""Inspector: the ports of EC2's instances that the internet reaches, and what that means for other findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness import Identity, Server
from harness.configuration import until
from harness.inspected import ADJACENT, CRITICAL, Inspected, Inspector
from harness.machines import launch, until_state
from harness.namespaces import copy_program

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]


def port(number: int, last: int | None = None) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": number, "ToPort": last or number, "IpRanges": ANYWHERE}]


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    return Inspected(tmp_path_factory.mktemp("inspected"))


@pytest.fixture(scope="module")
def inspecting_server(inspected: Inspected, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    images = tmp_path_factory.mktemp("images") / "images.json"
    # Not among what is cleared before each test.
    folder = Inspected(tmp_path_factory.mktemp("machines")).debian("machine", {"acme": "1.0"})
    copy_program("/bin/sleep", folder)
    images.write_text(
        json.dumps({"images": [{"name": "web", "folder": str(folder), "command": ["/bin/sleep", "infinity"]}]})
    )
    log = tmp_path_factory.mktemp("inspector") / "log"
    with Server(*inspected.options, "--instance-images", str(images), log=log) as server:
        yield server


@pytest.fixture
def cloud(inspecting_server: Server, inspected: Inspected) -> Server:
    inspected.clear()
    inspecting_server.reset()
    return inspecting_server


def test_ports_that_the_internet_reaches(root: Identity, inspected: Inspected) -> None:
    inspected.advisory("CVE-2026-0001", "acme", "2.0", CRITICAL)
    ec2 = root.client("ec2")
    image = ec2.register_image(Name="own", ImageLocation="web")["ImageId"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    id = launch(ec2, image, SecurityGroupIds=[group])["InstanceId"]
    instance = until_state(ec2, id, "running")
    inspector = Inspector(root, ("EC2",))
    # Nobody reaches it: an attack over the network would have to come from its own.
    (package,) = inspector.wait(1)
    assert (package["resources"][0]["id"], package["severity"]) == (id, "CRITICAL")
    details = package["resources"][0]["details"]["awsEc2Instance"]
    assert (details["imageId"], details["vpcId"], details["platform"]) == (image, vpc, "DEBIAN_12")
    assert set(details["ipV4Addresses"]) == {instance["PrivateIpAddress"], instance["PublicIpAddress"]}
    adjusted = package["inspectorScoreDetails"]["adjustedCvss"]
    assert (package["inspectorScore"], adjusted["score"]) == (ADJACENT, ADJACENT)
    assert [one["metric"] for one in adjusted["adjustments"]] == ["AV"]

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=port(22))
    (finding,) = inspector.wait(1, findingType="NETWORK_REACHABILITY")
    assert (finding["title"], finding["severity"]) == ("Port 22 is reachable from an Internet Gateway - TCP", "MEDIUM")
    network = finding["networkReachabilityDetails"]
    assert (network["openPortRange"], network["protocol"]) == ({"begin": 22, "end": 22}, "TCP")
    gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    steps = [(step["componentType"], step["componentId"]) for step in network["networkPath"]["steps"]]
    assert steps[0] == ("AWS::EC2::InternetGateway", gateway) and steps[-1] == ("AWS::EC2::Instance", id)
    assert ("AWS::EC2::SecurityGroup", group) in steps
    assert inspector.findings(componentId=group) == [finding]
    assert inspector.findings(portRange=[{"beginInclusive": 20, "endInclusive": 30}]) == [finding]
    # Now it is reached.
    inspector.wait(1, inspectorScore=[{"lowerInclusive": 9.8}])
    (counts,) = inspector.api.list_finding_aggregations(aggregationType="AWS_EC2_INSTANCE")["responses"]
    assert counts["ec2InstanceAggregation"]["networkFindings"] == 1
    (counts,) = inspector.api.list_finding_aggregations(aggregationType="AMI")["responses"]
    assert (counts["amiAggregation"]["ami"], counts["amiAggregation"]["affectedInstances"]) == (image, 1)

    # A network ACL takes it away, and the group opens another.
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=port(8000, 8100))
    inspector.wait(2, findingType="NETWORK_REACHABILITY", findingStatus="ACTIVE")
    acl = ec2.describe_network_acls()["NetworkAcls"][0]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, Protocol="6", RuleAction="deny", Egress=False, CidrBlock="0.0.0.0/0",
        PortRange={"From": 22, "To": 22})
    (closed,) = inspector.wait(1, findingType="NETWORK_REACHABILITY", findingStatus="CLOSED")
    assert closed["findingArn"] == finding["findingArn"]
    covered = {(one["scanType"], one["scanStatus"]["reason"]) for one in inspector.api.list_coverage()["coveredResources"]}
    assert covered == {("PACKAGE", "SUCCESSFUL"), ("NETWORK", "SUCCESSFUL")}
    ec2.terminate_instances(InstanceIds=[id])
    inspector.wait(0, findingStatus="ACTIVE")


def test_instances_that_are_not_scanned(root: Identity, inspected: Inspected) -> None:
    ec2 = root.client("ec2")
    web = ec2.register_image(Name="own", ImageLocation="web")["ImageId"]
    excluded = launch(
        ec2, web, TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "InspectorEc2Exclusion", "Value": ""}]}])["InstanceId"]
    until_state(ec2, excluded, "running")
    inspector = Inspector(root, ("EC2",))

    def reasons() -> dict[str, str]:
        found = inspector.api.list_coverage(
            filterCriteria={"scanStatusCode": [{"comparison": "EQUALS", "value": "INACTIVE"}]})
        return {one["resourceId"]: one["scanStatus"]["reason"] for one in found["coveredResources"]}

    assert until(reasons) == {excluded: "EXCLUDED_BY_TAG"}
