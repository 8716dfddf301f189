"""Terraform: an instance with its key pair, instance profile, volumes and image: apply, no drift, import, destroy."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness import Server
from harness.machines import register_image
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "ec2_instances.tf"


def test_an_instance_with_all_that_it_has(tmp_path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me@here", "-f", tmp_path / "key"], check=True)  # fmt: skip
    public = (tmp_path / "key.pub").read_text().strip()
    with Server(log=tmp_path / "log") as server:
        root = server.root
        ec2 = root.client("ec2")
        image = register_image(ec2, "plain")
        folder = tmp_path / "shop"
        folder.mkdir()
        terraform = Terraform(folder, root, SOURCE.read_text())
        terraform.environment |= {"TF_VAR_shop": "shop", "TF_VAR_public_key": public, "TF_VAR_image": image}
        terraform.apply()
        outputs = terraform.outputs()
        assert outputs["state"] == "running"
        [reservation] = ec2.describe_instances(InstanceIds=[outputs["instance"]])["Reservations"]
        [made] = reservation["Instances"]
        assert made["KeyName"] == "shop-web" and made["IamInstanceProfile"]["Arn"].endswith("/shop-web")
        assert made["MetadataOptions"]["HttpTokens"] == "required" and made["ImageId"] == image
        devices = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in made["BlockDeviceMappings"]}
        assert set(devices) == {"/dev/xvda", "/dev/sdf"} and devices["/dev/sdf"] == outputs["volume"]
        terraform.assert_no_drift()
        # What Terraform has forgotten, it takes in again as it is.
        terraform.reimport(
            {
                "aws_instance.web": outputs["instance"],
                "aws_ebs_volume.data": outputs["volume"],
                "aws_iam_instance_profile.web": "shop-web",
            }
        )
        terraform.destroy()
        assert [one["ImageId"] for one in ec2.describe_images(Owners=["self"])["Images"]] == [image]
        assert ec2.describe_volumes()["Volumes"] == [] and ec2.describe_key_pairs()["KeyPairs"] == []
        states = [one["State"]["Name"] for group in ec2.describe_instances()["Reservations"] for one in group["Instances"]]
        assert states == ["terminated"]
