"""SQS: a queue with a message that somebody has received, and one for its dead letters."""

import json
from base64 import b64encode

from harness import ACCOUNT, Identity
from walk import Samples

ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}"


def furnish(root: Identity) -> None:
    sqs = root.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"{ARN}:dead", "maxReceiveCount": 3}
    url = sqs.create_queue(QueueName="x", Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.add_permission(QueueUrl=url, Label="label", AWSAccountIds=[ACCOUNT], Actions=["SendMessage"])
    sqs.send_message(QueueUrl=dead, MessageBody="x")
    task = sqs.start_message_move_task(SourceArn=f"{ARN}:dead", DestinationArn=f"{ARN}:x", MaxNumberOfMessagesPerSecond=1)
    SAMPLES.values |= {"QueueUrl": url, "ReceiptHandle": handle, "TaskHandle": task["TaskHandle"]}
    SAMPLES.values["DeleteMessageBatch.Entries"] = [{"Id": "a", "ReceiptHandle": handle}]
    SAMPLES.values["ChangeMessageVisibilityBatch.Entries"] = [
        {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 10}
    ]


SAMPLES = Samples(
    furnish=furnish,
    admits_anonymous=True,
    data_events={
        "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
        "ChangeMessageVisibility", "ChangeMessageVisibilityBatch",
    },
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    most_permissions={"StartMessageMoveTask": 5},
)  # fmt: skip
SAMPLES.members(
    QueueUrl=f"http://localhost/{ACCOUNT}/x", QueueName="x", ReceiptHandle="x", Label="other", Actions=["SendMessage"],
    AWSAccountIds=[ACCOUNT], SourceArn=f"{ARN}:dead", MessageBody="x", Attributes={"DelaySeconds": "0"},
    Tags={"a": "b"}, TagKeys=["a"], VisibilityTimeout=10,
    TaskHandle=b64encode(json.dumps({"taskId": "x", "sourceArn": f"{ARN}:dead"}).encode()).decode(),
)  # fmt: skip
SAMPLES.of("RemovePermission", Label="label")
SAMPLES.of("SendMessageBatch", Entries=[{"Id": "a", "MessageBody": "x"}])
SAMPLES.of("DeleteMessageBatch", Entries=[{"Id": "a", "ReceiptHandle": "x"}])
SAMPLES.of("ChangeMessageVisibilityBatch", Entries=[{"Id": "a", "ReceiptHandle": "x", "VisibilityTimeout": 10}])
