import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import S3API
import Wire

// Delivery channels: one in each account and Region.
// <https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html>

extension AWSConfig.PutDeliveryChannel: PreparedWriteOperation, OnAllOfConfig {
    /// The bucket has to take a file.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<S3.PutObject> {
        let channel = try DeliveryChannel(input.deliveryChannel, call)
        let recorder = try await call.environment.read(call.scope) { (records) throws(ServiceError) in
            try records.ownRecorder()
        }
        guard let recorder else { throw noRecorder }
        let access = ChannelAccess(call.environment, channel, recorder.roleARN)
        do throws(ServiceError) {
            return try await access.put([], at: access.checkKey)
        } catch {
            switch error.code {
            case "NoSuchBucket":
                throw AWSConfig.Failure.noSuchBucketException(
                    "Cannot find a S3 bucket with name '\(channel.bucket)'.")
            case _ where error.status < 500:
                throw AWSConfig.Failure.insufficientDeliveryPolicyException(
                    "Insufficient delivery policy to s3 bucket: \(channel.bucket), unable to write to bucket, provided s3"
                        + " key prefix is '\(channel.prefix ?? "null")', provided kms key is"
                        + " '\(channel.kmsKeyARN ?? "null")'.")
            default: throw error
            }
        }
    }

    private static var noRecorder: ServiceError {
        AWSConfig.Failure.noAvailableConfigurationRecorderException(
            "Configuration recorder is not available to put delivery channel.")
    }

    public static func handle(
        _ input: Input, _ check: PreparedCall<S3.PutObject>, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let channel = try DeliveryChannel(input.deliveryChannel, call)
        guard try records.ownRecorder() != nil else { throw noRecorder }
        let old = try records.list(DeliveryChannel.self).first
        guard old == nil || old?.name == channel.name else {
            throw AWSConfig.Failure.maxNumberOfDeliveryChannelsExceededException(
                "Failed to put delivery channel '\(channel.name)' because the maximum number of delivery channels: 1 is"
                    + " reached.")
        }
        _ = try check.complete(in: records)
        try records.put(channel)
        if let frequency = channel.snapshotFrequency, frequency != old?.snapshotFrequency {
            try records.schedule(
                DeliverSnapshot(), id: DeliverSnapshot.recurring,
                at: call.environment.now() + DeliverSnapshot.interval(frequency))
        } else if channel.snapshotFrequency == nil {
            try records.cancel(DeliverSnapshot.self, id: DeliverSnapshot.recurring)
        }
        return Output()
    }
}

extension DeliveryChannel {
    /// - Throws: what is wrong with it.
    fileprivate init(_ view: AWSConfig.DeliveryChannel, _ call: Call) throws(ServiceError) {
        let name = view.name ?? "default"
        guard (1...256).contains(name.utf8.count) else {
            throw AWSConfig.Failure.invalidDeliveryChannelNameException(
                "The delivery channel name '\(name)' is not valid.")
        }
        guard let bucket = view.s3BucketName, !bucket.isEmpty else {
            throw AWSConfig.Failure.noSuchBucketException("Cannot find a S3 bucket with an empty bucket name.")
        }
        if let prefix = view.s3KeyPrefix, prefix.hasPrefix("/") || prefix.hasSuffix("/") || prefix.utf8.count > 900 {
            throw AWSConfig.Failure.invalidS3KeyPrefixException(
                "The s3 key prefix '\(prefix)' is not valid, empty s3 key prefix.")
        }
        if let topic = view.snsTopicARN {
            guard let arn = ARN(parsing: topic), arn.service == "sns", !arn.resource.isEmpty else {
                throw AWSConfig.Failure.invalidSNSTopicARNException("The sns topic arn '\(topic)' is not valid.")
            }
        }
        if let key = view.s3KmsKeyArn {
            guard let arn = ARN(parsing: key), arn.service == "kms" else {
                throw AWSConfig.Failure.invalidS3KmsKeyArnException("The s3 kms key arn '\(key)' is not valid.")
            }
        }
        self.init(
            name: name, accountID: call.accountID, region: call.region, bucket: bucket,
            prefix: view.s3KeyPrefix.flatMap { $0.isEmpty ? nil : $0 }, kmsKeyARN: view.s3KmsKeyArn,
            topicARN: view.snsTopicARN, snapshotFrequency: view.configSnapshotDeliveryProperties?.deliveryFrequency)
    }

    fileprivate var view: AWSConfig.DeliveryChannel {
        AWSConfig.DeliveryChannel {
            $0.name = name
            $0.s3BucketName = bucket
            $0.s3KeyPrefix = prefix
            $0.s3KmsKeyArn = kmsKeyARN
            $0.snsTopicARN = topicARN
            $0.configSnapshotDeliveryProperties = snapshotFrequency.map { frequency in
                AWSConfig.ConfigSnapshotDeliveryProperties { $0.deliveryFrequency = frequency }
            }
        }
    }
}

extension RecordReading {
    /// The channel of a name.
    /// - Throws: NoSuchDeliveryChannelException.
    fileprivate func channel(_ name: String) throws(ServiceError) -> DeliveryChannel {
        guard let channel = try get(DeliveryChannel.self, name) else {
            throw AWSConfig.Failure.noSuchDeliveryChannelException(
                "Cannot find delivery channel with specified name '\(name)'.")
        }
        return channel
    }

    fileprivate func channels(_ names: [String]?) throws(ServiceError) -> [DeliveryChannel] {
        guard let names, !names.isEmpty else { return try list(DeliveryChannel.self) }
        var found: [DeliveryChannel] = []
        for name in names { found.append(try channel(name)) }
        return found
    }
}

extension AWSConfig.DescribeDeliveryChannels: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.channels(input.deliveryChannelNames)
        return Output { $0.deliveryChannels = found.map(\.view) }
    }
}

extension AWSConfig.DescribeDeliveryChannelStatus: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var all: [AWSConfig.DeliveryChannelStatus] = []
        for channel in try records.channels(input.deliveryChannelNames) {
            let status = try records.get(ChannelStatus.self, channel.name)
            let nextSnapshot = try records.scheduledTime(of: DeliverSnapshot.self, id: DeliverSnapshot.recurring)
            let nextHistory = try records.scheduledTime(of: DeliverHistory.self, id: DeliverHistory.kind)
            all.append(
                AWSConfig.DeliveryChannelStatus {
                    $0.name = channel.name
                    $0.configSnapshotDeliveryInfo = exportInfo(status?.snapshot, nextSnapshot)
                    $0.configHistoryDeliveryInfo = exportInfo(status?.history, nextHistory)
                    $0.configStreamDeliveryInfo = AWSConfig.ConfigStreamDeliveryInfo {
                        let stream = status?.stream
                        $0.lastStatus =
                            channel.topicARN == nil ? "NOT_APPLICABLE" : stream.map { $0.status.uppercased() }
                        $0.lastErrorCode = stream?.errorCode
                        $0.lastErrorMessage = stream?.errorMessage
                        $0.lastStatusChangeTime = stream.map { Timestamp(secondsSinceEpoch: $0.attempted) }
                    }
                })
        }
        let found = all
        return Output { $0.deliveryChannelsStatus = found }
    }

    private static func exportInfo(
        _ delivery: ChannelStatus.Delivery?, _ next: Double?
    ) -> AWSConfig.ConfigExportDeliveryInfo {
        AWSConfig.ConfigExportDeliveryInfo {
            $0.lastStatus = delivery.map { $0.status.uppercased() }
            $0.lastErrorCode = delivery?.errorCode
            $0.lastErrorMessage = delivery?.errorMessage
            $0.lastAttemptTime = delivery.map { Timestamp(secondsSinceEpoch: $0.attempted) }
            $0.lastSuccessfulTime = delivery?.succeeded.map { Timestamp(secondsSinceEpoch: $0) }
            $0.nextDeliveryTime = next.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

extension AWSConfig.DeleteDeliveryChannel: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let channel = try records.channel(input.deliveryChannelName)
        guard try records.ownRecorder()?.isRecording != true else {
            throw AWSConfig.Failure.lastDeliveryChannelDeleteFailedException(
                "Failed to delete last specified delivery channel with name '\(channel.name)', because there"
                    + " is a running configuration recorder.")
        }
        try records.delete(channel)
        if let status = try records.get(ChannelStatus.self, channel.name) { try records.delete(status) }
        try records.cancel(DeliverSnapshot.self, id: DeliverSnapshot.recurring)
        return Output()
    }
}

extension AWSConfig.DeliverConfigSnapshot: WriteOperation, OnAllOfConfig {
    /// A read, by the Service Authorization Reference; here it schedules the delivery.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let channel = try records.channel(input.deliveryChannelName)
        guard let recorder = try records.ownRecorder() else {
            throw AWSConfig.Failure.noAvailableConfigurationRecorderException(
                "Configuration recorder is not available to deliver configuration snapshot.")
        }
        guard recorder.isRecording else {
            throw AWSConfig.Failure.noRunningConfigurationRecorderException(
                "There is no running configuration recorder to deliver configuration snapshot.")
        }
        let id = RequestIDs.make(time: call.time)
        try records.schedule(DeliverSnapshot(snapshotID: id), id: id, at: call.environment.now())
        try records.notify(
            "[AWS Config:\(channel.region)] Configuration Snapshot Delivery Started for Account \(channel.accountID)",
            .members([
                "configSnapshotId": .string(id), "notificationCreationTime": .time(call.time),
                "messageType": .string("ConfigurationSnapshotDeliveryStarted"), "recordVersion": .string("1.1"),
            ]), id: "snapshot \(id) started", call.environment)
        return Output { $0.configSnapshotId = id }
    }
}
