import Directory
import Platform
import S3API
import Wire

// Telling others of what happens to objects: in the transaction in which it happens a message is put on the schedule, so that
// neither is there without the other.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html>

/// In whose course an event happens.
struct EventCause: Sendable {
    let environment: Environment
    /// Seconds since 1970.
    let time: Double
    let requestID: String
    /// `AWS:AIDA…`
    let principalID: String
    /// The caller's account, or the service that did it by itself.
    let requester: String
    /// nil: nobody asked over the network.
    let address: String?

    /// A request.
    init(_ call: Call) {
        environment = call.environment
        time = call.time
        requestID = call.requestID
        principalID = call.caller.isAnonymous ? "Anonymous" : "AWS:\(call.caller.userID)"
        requester = call.caller.isAnonymous ? "Anonymous" : call.accountID
        address = call.source.address
    }

    /// Nobody's request: S3 does it by itself.
    init(ownIn environment: Environment, at time: Double) {
        self.environment = environment
        self.time = time
        requestID = RequestIDs.make(time: time)
        principalID = "s3.amazonaws.com"
        requester = "s3.amazonaws.com"
        address = nil
    }
}

extension MutableRecords {
    /// Tells of an object that was made or changed.
    func tell(
        _ event: ObjectEvent, _ version: ObjectVersion, in bucket: Bucket, _ cause: EventCause,
        details: EventDetails? = nil
    ) throws(ServiceError) {
        try tell(event, version.key, version, version.versionID, version.sequence, in: bucket, cause, details)
    }

    /// Tells of what has become of a key that was to be deleted; of nothing where nothing was there.
    func tell(
        _ deleted: DeletedVersion, of key: String, in bucket: Bucket, _ cause: EventCause, isByLifecycle: Bool = false
    ) throws(ServiceError) {
        let sequence = Int64(exactly: (cause.time * 1_000_000).rounded()) ?? 0
        if deleted.asked == nil, deleted.isMarker {
            try tell(
                isByLifecycle ? .expirationDeleteMarkerCreated : .deleteMarkerCreated, key, nil, deleted.marker,
                sequence,
                in: bucket, cause)
        } else if let gone = deleted.gone {
            try tell(
                isByLifecycle ? .expirationDelete : .delete, key, nil, deleted.asked ?? gone.versionID, sequence,
                in: bucket, cause)
        }
    }

    private func tell(
        _ event: ObjectEvent, _ key: String, _ version: ObjectVersion?, _ id: String?, _ sequence: Int64,
        in bucket: Bucket, _ cause: EventCause, _ details: EventDetails? = nil
    ) throws(ServiceError) {
        for rule in cause.environment.projection(BucketIndex.self).notifications(of: bucket.name)
        where rule.wants(event, of: key) {
            guard rule.destination != NotificationRule.eventBus else {
                let object = ObjectAnnouncement(
                    happened: event, bucket: bucket, key: key, version: version, versionID: id,
                    sequencer: EventMessage.sequencer(sequence), cause: cause)
                if let announced = object.event { try announce(announced, to: bucket.accountID, in: bucket.region) }
                continue
            }
            let record = EventMessage(
                event: event, rule: rule, bucket: bucket, key: key, version: version, versionID: id,
                sequence: sequence, cause: cause, details: details)
            try send(record.json, to: rule.destination, about: bucket, at: cause.time)
        }
    }

    /// Puts a message on the schedule.
    func send(
        _ body: String, to destination: String, about bucket: Bucket, at time: Double
    ) throws(ServiceError) {
        try shared.schedule(
            DeliverNotification(
                destination: destination, body: body, bucket: bucket.name, account: bucket.accountID),
            id: Identifiers.randomBytes(16).hexadecimal, at: time)
    }
}

/// What messages of some events say besides.
enum EventDetails: Sendable {
    /// Until when an archived object's copy is there, in seconds since 1970.
    case restoration(expires: Double, storageClass: String)
    /// Where a lifecycle rule has moved an object.
    case transition(storageClass: String)
    /// Why a version did not get to a bucket: one of AWS's reasons.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html>
    case replicationFailure(ruleID: String, destination: String, operation: String, requested: Double, reason: String)

    fileprivate func write(_ writer: inout JSONWriter) {
        func time(_ seconds: Double) -> String { Timestamp(secondsSinceEpoch: seconds).iso8601WithMilliseconds }
        switch self {
        case .restoration(let expires, let storageClass):
            writer.key("glacierEventData")
            writer.beginObject()
            writer.key("restoreEventData")
            writer.beginObject()
            writer.member("lifecycleRestorationExpiryTime", time(expires))
            writer.member("lifecycleRestoreStorageClass", storageClass)
            writer.endObject()
            writer.endObject()
        case .transition(let storageClass):
            writer.key("lifecycleEventData")
            writer.beginObject()
            writer.key("transitionEventData")
            writer.beginObject()
            writer.member("destinationStorageClass", storageClass)
            writer.endObject()
            writer.endObject()
        case .replicationFailure(let rule, let destination, let operation, let requested, let reason):
            writer.key("replicationEventData")
            writer.beginObject()
            writer.member("replicationRuleId", rule)
            writer.member("destinationBucket", destination)
            writer.member("s3Operation", operation)
            writer.member("requestTime", time(requested))
            writer.member("failureReason", reason)
            writer.endObject()
        }
    }
}

/// AWS's event of one thing that happened to one object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
private struct EventMessage {
    let event: ObjectEvent
    let rule: NotificationRule
    let bucket: Bucket
    let key: String
    /// nil: it is gone.
    let version: ObjectVersion?
    let versionID: String?
    let sequence: Int64
    let cause: EventCause
    let details: EventDetails?

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("Records")
        writer.beginArray()
        writer.beginObject()
        writer.member("eventVersion", event.structureVersion)
        writer.member("eventSource", "aws:s3")
        writer.member("awsRegion", bucket.region)
        writer.member("eventTime", Timestamp(secondsSinceEpoch: cause.time).iso8601WithMilliseconds)
        writer.member("eventName", event.rawValue)
        writer.key("userIdentity")
        writer.beginObject()
        writer.member("principalId", cause.principalID)
        writer.endObject()
        writer.key("requestParameters")
        writer.beginObject()
        writer.member("sourceIPAddress", cause.address ?? "s3.amazonaws.com")
        writer.endObject()
        writer.key("responseElements")
        writer.beginObject()
        writer.member("x-amz-request-id", cause.requestID)
        writer.member("x-amz-id-2", cause.requestID)
        writer.endObject()
        writer.key("s3")
        writer.beginObject()
        writer.member("s3SchemaVersion", "1.0")
        writer.member("configurationId", rule.id)
        writer.key("bucket")
        writer.beginObject()
        writer.member("name", bucket.name)
        writer.key("ownerIdentity")
        writer.beginObject()
        writer.member("principalId", CanonicalUser.id(ofAccount: bucket.accountID))
        writer.endObject()
        writer.member("arn", bucket.arn)
        writer.endObject()
        writeObject(&writer)
        writer.endObject()
        details?.write(&writer)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func writeObject(_ writer: inout JSONWriter) {
        writer.key("object")
        writer.beginObject()
        writer.member("key", URLEncoding.encode(key))
        if let version {
            writer.key("size")
            writer.integer(Int(version.size))
            writer.member("eTag", version.etag)
        }
        if let versionID { writer.member("versionId", versionID) }
        writer.member("sequencer", Self.sequencer(sequence))
        writer.endObject()
    }

    /// As long for all, so that they compare as texts.
    static func sequencer(_ sequence: Int64) -> String {
        let digits = String(UInt64(bitPattern: sequence), radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
    }
}

extension S3.PutBucketNotificationConfiguration {
    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let configuration = input.notificationConfiguration
        let rules = NotificationRule.all(configuration)
        try check(configuration.topicConfigurations?.map(\.topicArn), are: "sns")
        try check(configuration.queueConfigurations?.map(\.queueArn), are: "sqs")
        try check(configuration.lambdaFunctionConfigurations?.map(\.lambdaFunctionArn), are: "lambda")
        for (place, rule) in rules.enumerated() {
            guard !rules[..<place].contains(where: { $0.overlaps(rule) }) else {
                throw .invalidArgument(
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
                    "NotificationConfiguration")
            }
        }
        guard input.skipDestinationValidation != true else { return }
        let servers = call.environment.outsideServers
        for rule in rules where servers.eventDestination(rule.destination, for: bucket.accountID) == nil {
            let service = NotifiedService(
                rule.destination, bucket: bucket.name, account: bucket.accountID, call.environment)
            if try service?.takesMessages(at: call.time) == true { continue }
            throw .s3(
                "InvalidArgument", "Unable to validate the following destination configurations",
                [
                    "ArgumentName1": rule.destination,
                    "ArgumentValue1": service == nil
                        ? "No server stands for this destination of the bucket's account: the operator names it with "
                            + "--event-destination ARN=URL."
                        : "Permissions on the destination \(rule.destination.hasPrefix("arn:aws:sns:") ? "topic" : "queue")"
                            + " do not allow S3 to publish notifications from this bucket",
                ])
        }
        for destination in Set(rules.map(\.destination)) {
            try records.send(testMessage(bucket, call), to: destination, about: bucket, at: call.time)
        }
    }

    private static func check(_ arns: [String]?, are service: String) throws(ServiceError) {
        for text in arns ?? [] {
            guard let arn = ARN(parsing: text), arn.service == service, !arn.region.isEmpty, !arn.resource.isEmpty
            else {
                throw .invalidArgument("The ARN is not well formed", "\(service) destination", text)
            }
        }
    }

    /// What destinations get first, to see that they work.
    private static func testMessage(_ bucket: Bucket, _ call: Call) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("Service", "Amazon S3")
        writer.member("Event", "s3:TestEvent")
        writer.member("Time", call.timestamp.iso8601WithMilliseconds)
        writer.member("Bucket", bucket.name)
        writer.member("RequestId", call.requestID)
        writer.member("HostId", call.requestID)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Rules without an id get one, by which messages name them.
    static func kept(_ structure: Structure, _ input: Input) -> Structure {
        var configuration = S3.NotificationConfiguration(structure)
        configuration.topicConfigurations = configuration.topicConfigurations?.map { rule in
            var rule = rule
            rule.id = rule.id ?? VersionID.make(0)
            return rule
        }
        configuration.queueConfigurations = configuration.queueConfigurations?.map { rule in
            var rule = rule
            rule.id = rule.id ?? VersionID.make(0)
            return rule
        }
        configuration.lambdaFunctionConfigurations = configuration.lambdaFunctionConfigurations?.map { rule in
            var rule = rule
            rule.id = rule.id ?? VersionID.make(0)
            return rule
        }
        return configuration.structure
    }
}
