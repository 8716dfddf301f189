import Directory
import GuardDutyAPI
import Ledger
import Platform
import Policy
import S3API
import Wire

// Where findings are written to.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreatePublishingDestination.html>

extension RecordReading {
    fileprivate func destination(
        _ id: String, of detector: String, _ call: Call
    ) throws(ServiceError) -> StoredDestination {
        _ = try self.detector(detector, call)
        guard let destination = try get(StoredDestination.self, id) else { throw .noSuchResource }
        return destination
    }
}

extension GuardDuty.DestinationProperties {
    fileprivate init(_ destination: StoredDestination) {
        self.init()
        destinationArn = destination.destinationARN
        kmsKeyArn = destination.keyARN
    }
}

/// A destination that is asked for: whether it can be written to is tried.
private enum DestinationCheck {
    static let refusal =
        "The request failed because the GuardDuty service principal does not have permission to the KMS key or the "
        + "resource specified by the destinationArn parameter."

    static func checked(_ properties: GuardDuty.DestinationProperties) throws(ServiceError) -> (
        bucket: String, key: String
    ) {
        guard let bucket = properties.destinationArn, bucket.hasPrefix("arn:aws:s3:::"),
            bucket.utf8.count > "arn:aws:s3:::".utf8.count, let key = properties.kmsKeyArn,
            let arn = ARN(parsing: key), arn.service == "kms", arn.resource.hasPrefix("key/")
        else { throw .invalidParameters }
        return (bucket, key)
    }

    /// Writes nothing that stays: the object is put aside and forgotten.
    static func tried(_ destination: StoredDestination, _ call: Call) async throws(ServiceError) {
        let writer = DestinationWriter(destination: destination, environment: call.environment)
        do throws(ServiceError) {
            try await writer.check()
            let file = try await writer.put(
                [], at: "\(destination.prefix)AWSLogs/\(destination.accountID)/GuardDuty/\(destination.region)/")
            await file.discard()
        } catch {
            guard error.status < 500 else { throw error }
            throw .badRequest(refusal)
        }
    }
}

extension GuardDuty.CreatePublishingDestination: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNew(call.guardDutyARN(input.detectorId, .destination, "*"), input.tags)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        let (bucket, key) = try DestinationCheck.checked(input.destinationProperties)
        guard call.environment.guardDuty.detector(call.guardDutyScope)?.id == input.detectorId else { throw .notOwned }
        let id = GuardDutyName.id([call.requestID, "destination"])
        try await DestinationCheck.tried(
            StoredDestination(
                id: id, accountID: call.accountID, region: call.region, detectorID: input.detectorId,
                destinationARN: bucket, keyARN: key, status: .pending), call)
        return id
    }

    public static func handle(
        _ input: Input, _ id: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let (bucket, key) = try DestinationCheck.checked(input.destinationProperties)
        guard try records.count(StoredDestination.self) == 0 else {
            throw .badRequest("The request is rejected because a publishing destination of type S3 already exists.")
        }
        try records.put(
            StoredDestination(
                id: id, accountID: call.accountID, region: call.region, detectorID: input.detectorId,
                destinationARN: bucket, keyARN: key, status: .publishing,
                tags: try TagRules.ofGuardDuty.merge(input.tags ?? [:], into: [])))
        return Output { $0.destinationId = id }
    }
}

extension GuardDuty.DescribePublishingDestination: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .destination, input.destinationId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let destination = try records.destination(input.destinationId, of: input.detectorId, call)
        return Output {
            $0.destinationId = destination.id
            $0.destinationType = "S3"
            $0.status = destination.status.rawValue
            $0.publishingFailureStartTimestamp = Int(destination.failingSince)
            $0.destinationProperties = GuardDuty.DestinationProperties(destination)
            $0.tags = Dictionary(destination.tags.map { ($0.key, $0.value) }) { $1 }
        }
    }
}

extension GuardDuty.ListPublishingDestinations: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let page = try records.page(StoredDestination.self, try Paging(guardDuty: input))
        return Output {
            $0.destinations = page.items.map { destination in
                GuardDuty.Destination {
                    $0.destinationId = destination.id
                    $0.destinationType = "S3"
                    $0.status = destination.status.rawValue
                }
            }
            $0.nextToken = page.marker
        }
    }
}

extension GuardDuty.UpdatePublishingDestination: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .destination, input.destinationId)))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [String] {
        let index = call.environment.guardDuty
        guard index.detector(call.guardDutyScope)?.id == input.detectorId else { throw .notOwned }
        guard var destination = index.destination(input.destinationId, call.guardDutyScope) else {
            throw .noSuchResource
        }
        var wanted = input.destinationProperties ?? GuardDuty.DestinationProperties()
        wanted.destinationArn = wanted.destinationArn ?? destination.destinationARN
        wanted.kmsKeyArn = wanted.kmsKeyArn ?? destination.keyARN
        (destination.destinationARN, destination.keyARN) = try DestinationCheck.checked(wanted)
        try await DestinationCheck.tried(destination, call)
        return [destination.destinationARN, destination.keyARN]
    }

    public static func handle(
        _ input: Input, _ made: [String], _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var destination = try records.destination(input.destinationId, of: input.detectorId, call)
        guard made.count == 2 else { throw .internalFailure }
        (destination.destinationARN, destination.keyARN) = (made[0], made[1])
        (destination.status, destination.failingSince) = (.publishing, 0)
        try records.put(destination)
        try records.scheduleExport(at: call.time)
        return Output()
    }
}

extension GuardDuty.DeletePublishingDestination: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(input.detectorId, .destination, input.destinationId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.destination(input.destinationId, of: input.detectorId, call))
        return Output()
    }
}
