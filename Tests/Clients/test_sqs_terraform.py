"""Terraform and aws_sqs_*: apply, no drift, import, destroy."""

from pathlib import Path

from harness import Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "sqs.tf"


def test_queues_with_their_policies(tmp_path: Path) -> None:
    with Server(log=tmp_path / "log") as server:
        folder = tmp_path / "terraform"
        folder.mkdir()
        terraform = Terraform(folder, server.root, SOURCE.read_text())
        terraform.apply()
        sqs, outputs = server.root.client("sqs"), terraform.outputs()
        orders, dead = outputs["orders"], outputs["dead"]
        shown = sqs.get_queue_attributes(QueueUrl=orders, AttributeNames=["All"])["Attributes"]
        assert shown["FifoThroughputLimit"] == "perMessageGroupId" and "SecureTransport" in shown["Policy"]
        assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [orders]
        terraform.reimport(
            {
                "aws_sqs_queue.orders": orders,
                "aws_sqs_queue.dead": dead,
                "aws_sqs_queue_policy.orders": orders,
                "aws_sqs_queue_redrive_policy.orders": orders,
                "aws_sqs_queue_redrive_allow_policy.dead": dead,
            }
        )
        terraform.destroy()
        assert "QueueUrls" not in sqs.list_queues()
