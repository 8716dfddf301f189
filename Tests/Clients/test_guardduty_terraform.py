"""Terraform and aws_guardduty_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

FOLDER = Path(__file__).with_name("terraform")


def test_detector_filters_and_lists(tmp_path: Path) -> None:
    with Server(log=tmp_path / "log") as server:
        folder = tmp_path / "terraform"
        folder.mkdir()
        terraform = Terraform(folder, server.root, (FOLDER / "guardduty.tf").read_text())
        terraform.apply()
        api = server.root.client("guardduty")
        (detector,) = api.list_detectors()["DetectorIds"]
        assert api.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
        found = api.get_filter(DetectorId=detector, FilterName="quiet")
        assert (found["Action"], found["Rank"], found["Tags"]) == ("ARCHIVE", 1, {"Team": "blue"})
        (mine,) = api.list_ip_sets(DetectorId=detector)["IpSetIds"]
        assert api.get_ip_set(DetectorId=detector, IpSetId=mine)["Status"] == "ACTIVE"
        terraform.reimport({
            "aws_guardduty_detector.main": detector, "aws_guardduty_filter.quiet": f"{detector}:quiet",
        })  # fmt: skip
        terraform.run("apply", "-auto-approve", "-no-color", "-var=action=NOOP")
        assert api.get_filter(DetectorId=detector, FilterName="quiet")["Action"] == "NOOP"
        terraform.run("destroy", "-auto-approve", "-no-color")
        assert api.list_detectors()["DetectorIds"] == []
