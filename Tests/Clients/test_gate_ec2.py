"""EC2 behind the gate: what a launch template brings, and which security groups names are of, moto_server is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, trust
from harness.moto import Moto

PLACE = f"arn:aws:ec2:us-east-1:{ACCOUNT}"


@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), log=folder / "log") as server:
        yield server


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)


@pytest.fixture
def image(root: Identity) -> str:
    return root.client("ec2").describe_images()["Images"][0]["ImageId"]


def network(root: Identity, name: str) -> tuple[str, str]:
    """A subnet, and a security group of that name."""
    ec2 = root.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    return subnet, ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]


def denied(call: Callable[..., Any], **parameters: Any) -> str:
    error = error_of(call, MinCount=1, MaxCount=1, **parameters)
    assert error.code == "UnauthorizedOperation", error
    return error.message


def test_a_launch_template(
    root: Identity, new_user: Callable[..., Identity], new_role: Callable[..., str], moto: Moto, unique: str, image: str
) -> None:
    subnet, group = network(root, unique)
    role = new_role("web", trust({"Service": "ec2.amazonaws.com"}))
    root.iam.create_instance_profile(InstanceProfileName="web")
    root.iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    data = {"ImageId": image, "InstanceType": "t3.micro", "SecurityGroupIds": [group], "IamInstanceProfile": {"Name": "web"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}]}  # fmt: skip
    template = root.client("ec2").create_launch_template(LaunchTemplateName=unique, LaunchTemplateData=data)["LaunchTemplate"]
    arn = f"{PLACE}:launch-template/{template['LaunchTemplateId']}"
    template = {"LaunchTemplateName": unique}

    # The developer guide's example: only by that template, and with nothing else of one's own.
    of_template = {"ArnLike": {"ec2:LaunchTemplate": arn}, "Bool": {"ec2:IsLaunchTemplateResource": "true"}}
    launches = allow("ec2:RunInstances", "*", Condition=of_template)
    tags = allow("ec2:CreateTags", f"{PLACE}:instance/*", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}})
    passes = allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    launcher = new_user("launcher", launches, tags, passes).client("ec2")
    [made] = launcher.run_instances(LaunchTemplate=template, MinCount=1, MaxCount=1)["Instances"]
    assert (made["ImageId"], made["InstanceType"]) == (image, "t3.micro")

    before = moto.requests()
    for more, resource in (
        ({"ImageId": image}, f"image/{image}"), ({"InstanceType": "m5.large"}, "instance/*"), ({"SubnetId": subnet}, f"subnet/{subnet}"),
        ({"SecurityGroupIds": [group]}, f"security-group/{group}"), ({"KeyName": "k"}, "key-pair/k"),
    ):  # fmt: skip
        assert f"ec2:RunInstances on resource: arn:aws:ec2:us-east-1" in (message := denied(launcher.run_instances, LaunchTemplate=template, **more))
        assert f"/{resource.split('/', 1)[1]} because" in message and resource.split("/")[0] in message, message
    # Without the template there is none to be of.
    denied(launcher.run_instances, ImageId=image)
    asked = moto.requests() - before

    # The role within the template is passed by whoever launches.
    other = new_user("other", launches, tags).client("ec2")
    assert f"iam:PassRole on resource: {role}" in denied(other.run_instances, LaunchTemplate=template)
    untagged = new_user("untagged", launches, passes).client("ec2")
    assert f"ec2:CreateTags on resource: {PLACE}:instance/*" in denied(untagged.run_instances, LaunchTemplate=template)
    elsewhere = new_user("elsewhere", allow(["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"], f"{PLACE}:launch-template/lt-0")).client("ec2")
    denied(elsewhere.run_instances, LaunchTemplate=template)
    assert asked == 5, "of what was denied, moto has got the questions alone"

    # A version says something else.
    root.client("ec2").create_launch_template_version(LaunchTemplateName=unique, LaunchTemplateData={"ImageId": image, "KeyName": "k"})
    assert launcher.run_instances(LaunchTemplate=template | {"Version": "1"}, MinCount=1, MaxCount=1)["Instances"]
    assert launcher.run_instances(LaunchTemplate=template | {"Version": "$Latest"}, MinCount=1, MaxCount=1)["Instances"][0]["KeyName"] == "k"
    plain = new_user("plain", allow("ec2:RunInstances", [arn] + [f"{PLACE}:{kind}/*" for kind in ("instance", "network-interface", "security-group", "subnet", "volume")]), allow("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/*")).client("ec2")
    assert f"{PLACE}:key-pair/k" in denied(plain.run_instances, LaunchTemplate=template | {"Version": "2"})


def test_a_launch_template_that_is_not_there(root: Identity, unique: str) -> None:
    message = denied(root.client("ec2").run_instances, LaunchTemplate={"LaunchTemplateName": unique})
    assert "EC2 does not tell what the launch template says (InvalidLaunchTemplateName.NotFoundException)" in message


def test_security_groups_by_name(root: Identity, new_user: Callable[..., Identity], unique: str, image: str) -> None:
    ec2 = root.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    ids = {name: ec2.create_security_group(GroupName=f"{unique}-{name}", Description=name, VpcId=vpc)["GroupId"] for name in ("web", "db")}
    others = [f"{PLACE}:{kind}/*" for kind in ("instance", "network-interface", "subnet", "volume")] + ["arn:aws:ec2:us-east-1::image/*"]
    launcher = new_user("launcher", allow("ec2:RunInstances", [*others, f"{PLACE}:security-group/{ids['web']}"])).client("ec2")
    [made] = launcher.run_instances(ImageId=image, SecurityGroups=[f"{unique}-web"], MinCount=1, MaxCount=1)["Instances"]
    assert [group["GroupId"] for group in made["SecurityGroups"]] == [ids["web"]]
    message = denied(launcher.run_instances, ImageId=image, SecurityGroups=[f"{unique}-web", f"{unique}-db"])
    assert f"on resource: {PLACE}:security-group/{ids['db']}" in message
    message = denied(root.client("ec2").run_instances, ImageId=image, SecurityGroups=["no-such-group"])
    assert "EC2" in message and "security group" in message
