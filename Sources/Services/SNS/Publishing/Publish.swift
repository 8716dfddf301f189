import Directory
import Ledger
import Platform
import Policy
import SNSAPI
import Wire

// What is answered is on disk, with all that is to come of it: the message and its deliveries are one transaction.

/// What is said to subscribers is not for whoever reads events.
private let secrets: Set<String> = ["Message", "Subject", "MessageAttributes"]

extension SNS.Publish: PreparedWriteOperation {
    public static var secretMembers: Set<String> { secrets }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let arn = input.topicArn ?? input.targetArn else {
            // Phone numbers are no resource.
            guard input.phoneNumber != nil else {
                throw .invalidParameter("TopicArn or TargetArn Reason: no value for required parameter")
            }
            return call.accessToAll
        }
        return .required(
            call.access(on: try TopicName(arn, parameter: input.topicArn == nil ? "TargetArn" : "TopicArn"), "Publish"))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Publication {
        let named = [input.topicArn, input.targetArn, input.phoneNumber].count { $0 != nil }
        guard named == 1, let arn = input.topicArn ?? input.targetArn else {
            guard named == 1 else {
                throw .invalidParameter("TopicArn, TargetArn and PhoneNumber Reason: only one of them may be there")
            }
            throw .notBuilt("text messages (PhoneNumber)")
        }
        let message = try PublishedMessage(input)
        return try await Publication.prepared([message], to: try TopicName(arn), call)
    }

    public static func handle(
        _ input: Input, _ publication: Publication, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let accepted = try publication.complete(call, records).first else { throw .internalFailure }
        return Output {
            $0.messageId = accepted.id
            $0.sequenceNumber = accepted.sequence.map { SequenceNumber.text($0) }
        }
    }
}

extension SNS.PublishBatch: PreparedWriteOperation {
    public static var secretMembers: Set<String> { secrets }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.access(on: try TopicName(input.topicArn), "Publish"))
    }

    /// Entries that are right, and errors by the places of those that are not.
    public struct Prepared: Sendable {
        let publication: Publication?
        let places: [Int]
        let errors: [Int: ServiceError]
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Prepared {
        let entries = input.publishBatchRequestEntries
        try checkIDs(entries.map(\.id))
        let topic = try TopicName(input.topicArn)
        var (messages, places, errors): ([PublishedMessage], [Int], [Int: ServiceError]) = ([], [], [:])
        var size = 0
        for (place, entry) in entries.enumerated() {
            do throws(ServiceError) {
                let message = try PublishedMessage(entry)
                size += message.size
                if let topic = call.environment.projection(TopicIndex.self).entry(topic)?.topic {
                    try message.check(for: topic)
                }
                messages.append(message)
                places.append(place)
            } catch {
                errors[place] = error
            }
        }
        guard size <= PublishedMessage.longest else {
            throw .sns(
                .batchRequestTooLong, "The length of all the messages put together is more than the limit.")
        }
        let publication = messages.isEmpty ? nil : try await Publication.prepared(messages, to: topic, call)
        return Prepared(publication: publication, places: places, errors: errors)
    }

    private static func checkIDs(_ ids: [String]) throws(ServiceError) {
        guard !ids.isEmpty else {
            throw .sns(.emptyBatchRequest, "The batch request doesn't contain any entries.")
        }
        guard ids.count <= 10 else {
            throw .sns(
                .tooManyEntriesInBatchRequest,
                "The batch request contains more entries than permissible (more than 10).")
        }
        guard
            ids.allSatisfy({ id in
                (1...80).contains(id.utf8.count)
                    && id.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                            || byte == 0x2D || byte == 0x5F
                    }
            })
        else {
            throw .sns(
                .invalidBatchEntryId, "The Id of a batch entry in a batch request doesn't abide by the specification.")
        }
        guard Set(ids).count == ids.count else {
            throw .sns(.batchEntryIdsNotDistinct, "Two or more batch entries in the request have the same Id.")
        }
    }

    public static func handle(
        _ input: Input, _ prepared: Prepared, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let entries = input.publishBatchRequestEntries
        let accepted = try prepared.publication?.complete(call, records) ?? []
        let successful = zip(prepared.places, accepted).map { place, accepted in
            SNS.PublishBatchResultEntry {
                $0.id = entries.indices.contains(place) ? entries[place].id : nil
                $0.messageId = accepted.id
                $0.sequenceNumber = accepted.sequence.map { SequenceNumber.text($0) }
            }
        }
        let failed = prepared.errors.sorted { $0.key < $1.key }.map { place, error in
            SNS.BatchResultErrorEntry {
                $0.id = entries.indices.contains(place) ? entries[place].id : ""
                $0.code = error.code
                $0.message = error.message
                $0.senderFault = error.fault == .sender
            }
        }
        return Output(successful: successful, failed: failed)
    }
}

/// The numbers of a FIFO topic's messages, as they are shown: twenty digits.
enum SequenceNumber {
    static func text(_ number: Int64) -> String {
        let digits = String(number)
        return "1" + String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits
    }
}
