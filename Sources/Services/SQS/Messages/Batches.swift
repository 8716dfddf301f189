import SQSAPI
import Wire

/// The batches of requests: what each entry has comes to, one by one.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html>
enum Batch {
    static let most = 10

    /// - Parameter name: of the entries' type.
    /// - Throws: EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct.
    static func check(_ ids: [String], _ name: String) throws(ServiceError) {
        guard !ids.isEmpty else {
            throw SQS.Failure.emptyBatchRequest("There should be at least one \(name) in the request.")
        }
        guard ids.count <= most else {
            throw SQS.Failure.tooManyEntriesInBatchRequest(
                "Maximum number of entries per request are \(most). You have sent \(ids.count).")
        }
        var seen: Set<String> = []
        for id in ids {
            guard (1...80).contains(id.utf8.count), id.utf8.allSatisfy(\.isNameByte) else {
                throw SQS.Failure.invalidBatchEntryId(
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
                )
            }
            guard seen.insert(id).inserted else { throw SQS.Failure.batchEntryIdsNotDistinct("Id \(id) repeated.") }
        }
    }

    static func failure(_ id: String, _ error: ServiceError) -> SQS.BatchResultErrorEntry {
        SQS.BatchResultErrorEntry {
            $0.id = id
            $0.senderFault = error.fault == .sender
            $0.code = error.code
            $0.message = error.message
        }
    }
}
