import CloudTrailAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Channels: making, showing, changing and deleting them.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-integration.html>

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
    static let channels = Quota("ChannelsPerRegion", 25)
}

/// The channel that a request names, by its ARN or by the end of it. It need not exist.
struct ChannelName: Sendable {
    static let prefix = "channel/"

    let id: String
    let account: String
    let region: String

    var arn: String { ARN.text("cloudtrail", region, account, Self.prefix, id) }

    /// - Throws: ChannelARNInvalidException.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard text.utf8.starts(with: "arn:".utf8) else {
            (id, account, region) = (text, call.accountID, call.region)
            return
        }
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix)
        else {
            throw CloudTrail.Failure.channelARNInvalidException("The specified value of ChannelARN is not valid.")
        }
        (id, account, region) = (String(arn.resource.dropFirst(Self.prefix.count)), arn.account, arn.region)
    }
}

extension ServiceError {
    fileprivate static var unknownChannel: ServiceError {
        CloudTrail.Failure.channelNotFoundException("CloudTrail cannot find the specified channel.")
    }
}

extension Call {
    /// A channel of the caller's account.
    /// - Parameter error: what is thrown where there is none; nil: ChannelNotFoundException.
    func channel(_ name: ChannelName, orElse error: ServiceError? = nil) throws(ServiceError) -> Channel {
        guard let channel = environment.lake.channel(name.id), channel.arn == name.arn, name.account == accountID,
            name.region == region
        else { throw error ?? .unknownChannel }
        return channel
    }
}

extension MutableRecords {
    /// The same, as it is now.
    func channel(
        _ name: ChannelName, _ call: Call, orElse error: ServiceError? = nil
    ) throws(ServiceError) -> Channel {
        let channel = try call.channel(name, orElse: error)
        guard let now = try get(Channel.self, channel.id) else { throw error ?? .unknownChannel }
        return now
    }
}

/// An operation on the one channel that it names.
protocol OnChannel: Operation {
    static func name(_ input: Input) -> String
}

extension OnChannel {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.needOfOwner(on: try ChannelName(name(input), call).arn))
    }
}

extension Structure {
    /// What answers say of a channel, whichever operation asks: as many members as its answer has.
    fileprivate mutating func show(_ channel: Channel) {
        self["ChannelArn"] = .string(channel.arn)
        self["Name"] = .string(channel.name)
        self["Source"] = .string(channel.source)
        self["Destinations"] =
            channel.destinations.map { arn in
                CloudTrail.Destination {
                    $0.type = ChannelRules.storeType
                    $0.location = arn
                }
            }.wireValue
        self["Tags"] = channel.tags.map(CloudTrail.Tag.init).wireValue
    }
}

/// What channels may be.
enum ChannelRules {
    static let storeType = "EVENT_DATA_STORE"
    /// Any source of events.
    static let custom = "Custom"
    /// Partners of AWS's, by the names of their sources; of each a Region has one channel.
    private static let partners: Set<String> = [
        "CloudStorageSecurityConsole", "Clumio", "CrowdStrike", "CyberArk", "GitHub", "Kong", "LaunchDarkly",
        "Netskope", "Nordcloud", "MontyCloud", "Okta", "OneIdentity", "Shoreline.io", "Snyk", "Wiz",
    ]

    /// - Throws: InvalidSourceException, ChannelAlreadyExistsException.
    static func check(source: String, _ records: MutableRecords) throws(ServiceError) {
        guard source == custom || partners.contains(source) else {
            throw CloudTrail.Failure.invalidSourceException(
                "The specified value of Source is not valid: it is Custom, or one of "
                    + partners.sorted().joined(separator: ", "))
        }
        guard source != custom else { return }
        guard try !records.list(Channel.self).contains(where: { $0.source == source }) else {
            throw CloudTrail.Failure.channelAlreadyExistsException("A channel of the source \(source) already exists.")
        }
    }

    /// - Throws: ChannelAlreadyExistsException.
    static func check(name: String, of id: String, _ records: MutableRecords) throws(ServiceError) {
        guard try !records.list(Channel.self).contains(where: { $0.name == name && $0.id != id }) else {
            throw CloudTrail.Failure.channelAlreadyExistsException("The channel \(name) already exists.")
        }
    }

    /// The event data stores as requests name them; those of an organization can't be.
    /// - Returns: their ARNs.
    static func destinations(
        _ destinations: [CloudTrail.Destination], _ call: Call
    ) throws(ServiceError) -> [String] {
        var arns: [String] = []
        for destination in destinations {
            guard destination.type == storeType else {
                throw .parameter("The Type of a destination is EVENT_DATA_STORE, not \(destination.type).")
            }
            let store = try call.seenStore(destination.location)
            guard store.accountID == call.accountID else { throw .invalidStoreARN }
            guard store.category == EventCategory.activity else {
                throw CloudTrail.Failure.invalidEventDataStoreCategoryException(
                    "The event data store \(store.arn) does not log events from outside AWS: its advanced event selector"
                        + " has to be eventCategory Equals ActivityAuditLog.")
            }
            guard store.status != .pendingDeletion else { throw .inactiveStore }
            guard !arns.contains(store.arn) else { throw .parameter("A destination is there more than once.") }
            arns.append(store.arn)
        }
        return arns
    }
}

extension CloudTrail.CreateChannel: WriteOperation {
    /// It is asked about the event data stores, too.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags((input.tags ?? []).map { Directory.Tag($0) })
        var needs = [call.needOfOwner(on: try ChannelName("*", call).arn, tags)]
        for destination in input.destinations where destination.type == ChannelRules.storeType {
            needs.append(call.need(on: try EventDataStoreName(destination.location, call), tags))
        }
        return .required(needs)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let quota = call.quotas[.channels]
        guard try records.count(Channel.self) < quota else {
            throw CloudTrail.Failure.channelMaxLimitExceededException(
                "The maximum number of channels, \(quota), has been reached.")
        }
        var channel = Channel(
            id: UUID().uuidString.lowercased(), name: input.name, source: input.source, accountID: call.accountID,
            region: call.region, destinations: try ChannelRules.destinations(input.destinations, call))
        try ChannelRules.check(source: input.source, records)
        try ChannelRules.check(name: input.name, of: channel.id, records)
        channel.tags = try TagRules.ofTrails.merge((input.tags ?? []).map { Directory.Tag($0) }, into: [])
        try records.put(channel)
        return Output { $0.structure.show(channel) }
    }
}

extension CloudTrail.GetChannel: ReadOperation, OnChannel {
    static func name(_ input: Input) -> String { input.channel }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let channel = try call.channel(ChannelName(input.channel, call))
        let status = try records.get(ChannelStatus.self, channel.id)
        func date(_ time: Double?) -> Timestamp? { time.map { Timestamp(secondsSinceEpoch: $0) } }
        return Output {
            $0.structure.show(channel)
            $0.sourceConfig = CloudTrail.SourceConfig { $0.applyToAllRegions = false }
            guard let status else { return }
            $0.ingestionStatus = CloudTrail.IngestionStatus {
                $0.latestIngestionAttemptTime = date(status.attempted)
                $0.latestIngestionAttemptEventID = status.attemptedEvent
                $0.latestIngestionSuccessTime = date(status.succeeded)
                $0.latestIngestionSuccessEventID = status.succeededEvent
                $0.latestIngestionErrorCode = status.errorCode
            }
        }
    }
}

extension CloudTrail.ListChannels: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListChannels", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(Channel.self, try Paging(lake: input.nextToken, input.maxResults))
        return Output(page) { channel in
            CloudTrail.Channel {
                $0.channelArn = channel.arn
                $0.name = channel.name
            }
        }
    }
}

extension CloudTrail.UpdateChannel: WriteOperation, OnChannel {
    static func name(_ input: Input) -> String { input.channel }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var channel = try records.channel(ChannelName(input.channel, call), call)
        if let name = input.name {
            try ChannelRules.check(name: name, of: channel.id, records)
            channel.name = name
        }
        if let destinations = input.destinations {
            channel.destinations = try ChannelRules.destinations(destinations, call)
        }
        try records.put(channel)
        return Output { $0.structure.show(channel) }
    }
}

extension CloudTrail.DeleteChannel: WriteOperation, OnChannel {
    static func name(_ input: Input) -> String { input.channel }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let channel = try records.channel(ChannelName(input.channel, call), call)
        if let status = try records.get(ChannelStatus.self, channel.id) { try records.delete(status) }
        try records.delete(channel)
        return Output()
    }
}
