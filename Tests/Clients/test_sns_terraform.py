"""Terraform and the aws_sns_* resources: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Identity, allow, policy
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "sns.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    sns, sqs = root.client("sns"), root.client("sqs")
    queue, dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders", f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    condition = {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:news"}}
    statement = allow("sqs:SendMessage", queue, Principal={"Service": "sns.amazonaws.com"}, Condition=condition)
    url = sqs.create_queue(QueueName="orders", Attributes={"Policy": policy(statement)})["QueueUrl"]
    (tmp_path / "terraform.tfvars").write_text(f'queue = "{queue}"\ndead = "{dead}"\n')
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    assert outputs["found"] == outputs["topic"]
    for text in ('{"store":"music","price":11}', '{"store":"books","price":11}'):
        sns.publish(TopicArn=outputs["topic"], Message=text)
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ['{"store":"books","price":11}']
    # The provider sets two settings of its own of a subscription that it imports, which no SNS has.
    terraform.reimport({"aws_sns_topic.news": outputs["topic"], "aws_sns_topic_policy.news": outputs["topic"]})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=display_name=Other")
    assert sns.get_topic_attributes(TopicArn=outputs["topic"])["Attributes"]["DisplayName"] == "Other"
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=display_name=Other")
    assert sns.list_topics()["Topics"] == [] and sns.list_subscriptions()["Subscriptions"] == []
