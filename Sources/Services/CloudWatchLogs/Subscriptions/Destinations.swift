import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Destinations. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestination.html>

/// An operation on the destination that its request names.
protocol OnDestination: Platform.Operation where InputFields: CloudWatchLogs.WithDestinationName {}

extension OnDestination {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(LogDestinationName(input.destinationName, call).arn))
    }
}

extension ServiceError {
    static var noSuchDestination: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("The specified destination does not exist.")
    }
}

extension CloudWatchLogs.PutDestination: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        let put = call.logsAccess(LogDestinationName(input.destinationName, call).arn, tags)
        var needed = [put]
        if !tags.isEmpty {
            var tag = put
            tag.action = "logs:TagResource"
            needed.append(tag)
        }
        return .required(needed + call.passingRoleToLogs(input.roleArn))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedDestination {
        guard let target = SubscriptionTarget(input.targetArn) else {
            throw .invalidParameter("targetArn \(input.targetArn) is nothing that log events can be sent to.")
        }
        if case .destination = target {
            throw .invalidParameter("A destination's target can't be a destination.")
        }
        if case .endpoint(_, .function) = target {
            throw .invalidParameter("A destination's target can't be a function.")
        }
        let name = LogDestinationName(input.destinationName, call)
        if let place = target.place, place != (name.account, name.region) {
            throw .invalidParameter("targetArn is not in the destination's account and Region.")
        }
        let route = SubscriptionRoute(
            target: target,
            access: SubscriptionAccess(
                environment: call.environment, sourceARN: "arn:aws:logs:\(name.region):\(name.account):*",
                account: name.account, region: name.region, roleARN: input.roleArn, roleAccount: name.account))
        try await route.check()
        return PreparedDestination(
            destination: LogDestination(
                name: input.destinationName, targetARN: input.targetArn, roleARN: input.roleArn,
                created: Int(milliseconds(call.time)),
                tags: try TagRules.ofLogGroups.merge(Tag.list(input.tags), into: [])))
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedDestination, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let new = prepared.destination
        let old = try records.get(LogDestination.self, new.name)
        let destination = LogDestination(
            name: new.name, targetARN: new.targetARN, roleARN: new.roleARN, accessPolicy: old?.accessPolicy,
            created: old?.created ?? new.created, tags: input.tags == nil ? old?.tags ?? [] : new.tags)
        try records.put(destination)
        return Output { $0.destination = destination.view(call) }
    }
}

/// A destination whose target takes what is sent to it.
public struct PreparedDestination: Sendable {
    let destination: LogDestination
}

extension LogDestination {
    fileprivate func view(_ call: Call) -> CloudWatchLogs.Destination {
        CloudWatchLogs.Destination {
            $0.destinationName = name
            $0.targetArn = targetARN
            $0.roleArn = roleARN
            $0.accessPolicy = accessPolicy.map { PolicyDocument.shown($0, as: .resource, call.directory) }
            $0.arn = LogDestinationName(name, call).arn
            $0.creationTime = created
        }
    }
}

extension CloudWatchLogs.PutDestinationPolicy: WriteOperation, OnDestination {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard var destination = try records.get(LogDestination.self, input.destinationName) else {
            throw .noSuchDestination
        }
        guard input.accessPolicy.utf8.count <= StoredResourcePolicy.longest else {
            throw .invalidParameter("The access policy has more than \(StoredResourcePolicy.longest) bytes.")
        }
        destination.accessPolicy = try StoredResourcePolicy.read(input.accessPolicy, call).kept(call.directory)
        try records.put(destination)
        return Output()
    }
}

extension CloudWatchLogs.DescribeDestinations: ReadOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(LogDestination.self, try LogsPage.paging(input)) { destination in
            input.destinationNamePrefix.map { destination.name.utf8.starts(with: $0.utf8) } ?? true
        }
        return Output {
            $0.destinations = page.items.map { $0.view(call) }
            $0.nextToken = page.marker
        }
    }
}

extension CloudWatchLogs.DeleteDestination: WriteOperation, OnDestination {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let destination = try records.get(LogDestination.self, input.destinationName) else {
            throw .noSuchDestination
        }
        try records.delete(destination)
        return Output()
    }
}
