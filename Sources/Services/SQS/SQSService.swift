public import Platform
import SQSAPI
import Wire

extension ServiceModule {
    /// Amazon Simple Queue Service: queues and messages.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>
    public static let sqs = ServiceModule(
        SQS.self, admitsAnonymous: true, operations: queueOperations + messageOperations,
        events: EventParticulars(
            source: "sqs.amazonaws.com", listsResources: true, dataEvents: dataEvents,
            hiddenMembers: ["MessageBody", "MessageAttributes"],
            found: { _, accesses, _, _ in
                accesses.compactMap { access in
                    QueueReference(arn: access.access.resource).map {
                        EventParticulars.Resource($0.arn, "AWS::SQS::Queue")
                    }
                }
            }),
        validation: .ofSQS,
        records: [Queue.self, DeletedQueue.self, MoveTask.self],
        tables: [
            StoredMessage.self, StoredBody.self, MessageGroup.self, QueueCounter.self, SentMessageID.self,
            ReceiveAttempt.self,
        ], projections: [QueueIndex.self, QueueSignals.self, MessageKeys.self, QueueMetrics.self],
        resourceTypes: [.queue], configuredResources: [.queue],
        jobs: [EmptyQueue.self, ForgetMessages.self, MoveMessages.self, KeepQueueMetrics.self], samples: queueSamples,
        usualBodyLimit: MessageRequest.bodyLimit)

    private static let queueOperations: [any Platform.Operation.Type] = [
        SQS.CreateQueue.self, SQS.GetQueueUrl.self, SQS.ListQueues.self, SQS.DeleteQueue.self, SQS.PurgeQueue.self,
        SQS.GetQueueAttributes.self, SQS.SetQueueAttributes.self, SQS.AddPermission.self, SQS.RemovePermission.self,
        SQS.TagQueue.self, SQS.UntagQueue.self, SQS.ListQueueTags.self, SQS.ListDeadLetterSourceQueues.self,
        SQS.StartMessageMoveTask.self, SQS.CancelMessageMoveTask.self, SQS.ListMessageMoveTasks.self,
    ]

    private static let messageOperations: [any Platform.Operation.Type] = [
        SQS.SendMessage.self, SQS.SendMessageBatch.self, SQS.ReceiveMessage.self, SQS.DeleteMessage.self,
        SQS.DeleteMessageBatch.self, SQS.ChangeMessageVisibility.self, SQS.ChangeMessageVisibilityBatch.self,
    ]

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html>
    private static let dataEvents: Set<String> = [
        "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
        "ChangeMessageVisibility", "ChangeMessageVisibilityBatch",
    ]
}
