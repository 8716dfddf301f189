import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredFlowLog: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidFlowLogId.NotFound", "These flow log ids in the input list are not found: [TotalCount: 1] \(id)")
    }

    static let filters = Filters<StoredFlowLog>([
        "flow-log-id": { log, _ in [log.id] }, "resource-id": { log, _ in [log.resourceID] },
        "traffic-type": { log, _ in [log.trafficType] }, "log-destination-type": { log, _ in [log.destinationType] },
        "log-group-name": { log, _ in log.logGroupName.map { [$0] } ?? [] },
        "deliver-log-status": { log, _ in [log.deliverStatus] },
    ])

    fileprivate var deliverStatus: String { deliveryError == nil ? "SUCCESS" : "FAILED" }

    /// Fields that records can have.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>
    fileprivate static let fields: Set<String> = [
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status", "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type",
        "pkt-srcaddr", "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service",
        "pkt-dst-aws-service", "flow-direction", "traffic-path", "reject-reason",
    ]

    /// The format of those who name none.
    static let usualFormat = """
        ${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} \
        ${bytes} ${start} ${end} ${action} ${log-status}
        """

    var shown: EC2.FlowLog {
        EC2.FlowLog {
            $0.flowLogId = id
            $0.resourceId = resourceID
            $0.trafficType = trafficType
            $0.logDestinationType = destinationType
            $0.logDestination = destination
            $0.logGroupName = logGroupName
            $0.deliverLogsPermissionArn = roleARN
            $0.deliverLogsStatus = deliverStatus
            $0.deliverLogsErrorMessage = deliveryError
            $0.flowLogStatus = "ACTIVE"
            $0.logFormat = format
            $0.maxAggregationInterval = aggregationInterval
            $0.creationTime = Timestamp(secondsSinceEpoch: head.created)
            if destinationType == "s3" {
                $0.destinationOptions = EC2.DestinationOptionsResponse {
                    $0.fileFormat = fileFormat
                    $0.hiveCompatiblePartitions = isHiveCompatible
                    $0.perHourPartition = isPerHour
                }
            }
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateFlowLogs: PreparedWriteOperation {
    private static func resource(_ id: String, _ type: String, _ call: Call) throws(ServiceError) -> Access {
        switch type {
        case "VPC": return call.access(to: StoredVPC.self, id)
        case "Subnet": return call.access(to: StoredSubnet.self, id)
        case "NetworkInterface": return call.access(to: StoredNetworkInterface.self, id)
        default: throw .notBuiltInEC2("flow logs of transit gateways")
        }
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = try call.creation(of: StoredFlowLog.self, input.tagSpecifications)
        for id in input.resourceIds { all.append(try resource(id, input.resourceType, call)) }
        if let role = input.deliverLogsPermissionArn {
            all.append(
                Access(
                    "iam:PassRole", on: role, resourceAccount: call.accountID,
                    context: ["iam:passedtoservice": .one(FlowLogDelivery.service)]))
        }
        if input.logDestinationType == "s3" {
            all.append(Access("logs:CreateLogDelivery", on: "*"))
        }
        return .required(all)
    }

    /// Where records go, checked.
    public struct Plan: Sendable {
        let destination: String
        let groupName: String?
        let format: String
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Plan {
        guard !input.resourceIds.isEmpty else { throw .missingParameter("resourceIds") }
        guard input.deliverCrossAccountRole == nil else { throw .notBuiltInEC2("flow logs of other accounts") }
        guard input.trafficType != nil else { throw .missingParameter("trafficType") }
        let interval = input.maxAggregationInterval ?? 600
        guard interval == 60 || interval == 600 else {
            throw .invalidValue("\(interval)", of: "maxAggregationInterval")
        }
        let format = try format(input.logFormat)
        switch input.logDestinationType ?? "cloud-watch-logs" {
        case "cloud-watch-logs":
            guard input.deliverLogsPermissionArn != nil else {
                throw .ec2(
                    "MissingParameter",
                    "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs")
            }
            let (name, arn) = try group(input, call)
            return Plan(destination: arn, groupName: name, format: format)
        case "s3":
            guard input.deliverLogsPermissionArn == nil else {
                throw .ec2(
                    "InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery")
            }
            guard let text = input.logDestination, let arn = ARN(parsing: text), arn.service == "s3" else {
                throw .ec2(
                    "InvalidParameter", "LogDestination: \(input.logDestination ?? "") is not a valid S3 bucket ARN")
            }
            if let format = input.destinationOptions?.fileFormat, format != "plain-text" {
                throw .notBuiltInEC2("flow logs in Parquet")
            }
            try await FlowLogDelivery.checkBucket(arn, call)
            return Plan(destination: text, groupName: nil, format: format)
        default: throw .notBuiltInEC2("flow logs to Amazon Data Firehose")
        }
    }

    private static func format(_ text: String?) throws(ServiceError) -> String {
        guard let text, !text.isEmpty else { return StoredFlowLog.usualFormat }
        let words = text.split(separator: " ")
        for word in words {
            guard word.hasPrefix("${"), word.hasSuffix("}"),
                StoredFlowLog.fields.contains(String(word.dropFirst(2).dropLast()))
            else { throw .ec2("InvalidParameter", "Unknown fields provided: \(word)") }
        }
        guard Set(words).count == words.count else {
            throw .ec2("InvalidParameter", "A field is named more than once in the log format")
        }
        return words.joined(separator: " ")
    }

    /// The group by its name or its ARN; it need not exist.
    private static func group(_ input: Input, _ call: Call) throws(ServiceError) -> (String, String) {
        if let text = input.logDestination {
            guard input.logGroupName == nil else {
                throw .ec2(
                    "InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
            }
            let parsed = ARN(parsing: text)
            let parts = (parsed?.resource ?? "").split(separator: ":")
            guard let arn = parsed, arn.service == "logs", arn.account == call.accountID, arn.region == call.region,
                parts.count >= 2, parts[0] == "log-group"
            else { throw .ec2("InvalidParameter", "LogDestination: \(text) is not a valid log group ARN") }
            return (String(parts[1]), ARN.text("logs", call.region, call.accountID, "log-group:", String(parts[1])))
        }
        guard let name = input.logGroupName, !name.isEmpty else {
            throw .ec2(
                "MissingParameter", "Either LogGroupName or LogDestination must be provided for cloud-watch-logs")
        }
        return (name, ARN.text("logs", call.region, call.accountID, "log-group:", name))
    }

    public static func handle(
        _ input: Input, _ plan: Plan, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let tags = try TagSpecifications.tags(of: StoredFlowLog.arnType, input.tagSpecifications)
        var (made, failed): ([String], [EC2.UnsuccessfulItem]) = ([], [])
        for id in input.resourceIds {
            do throws(ServiceError) {
                try check(id, input.resourceType, records)
                let others: [StoredFlowLog] = try records.referrers(StoredFlowLog.self, "logged", to: id)
                let isThere = others.contains {
                    $0.destination == plan.destination && $0.trafficType == input.trafficType
                }
                guard !isThere else {
                    throw .ec2(
                        "FlowLogAlreadyExists",
                        "Error. There is an existing Flow Log with the same configuration and log destination.")
                }
            } catch {
                failed.append(.failure(id, error))
                continue
            }
            let log = StoredFlowLog(
                head: call.head(of: StoredFlowLog.self, tags: tags), resourceID: id,
                trafficType: input.trafficType ?? "ALL",
                destinationType: input.logDestinationType ?? "cloud-watch-logs", destination: plan.destination,
                logGroupName: plan.groupName, roleARN: input.deliverLogsPermissionArn, format: plan.format,
                aggregationInterval: input.maxAggregationInterval ?? 600,
                isHiveCompatible: input.destinationOptions?.hiveCompatiblePartitions ?? false,
                isPerHour: input.destinationOptions?.perHourPartition ?? false, fileFormat: "plain-text")
            try records.put(log)
            made.append(log.id)
        }
        return Output {
            $0.flowLogIds = made
            $0.unsuccessful = failed
            $0.clientToken = input.clientToken
        }
    }

    private static func check(_ id: String, _ type: String, _ records: MutableRecords) throws(ServiceError) {
        switch type {
        case "VPC": _ = try records.existing(StoredVPC.self, id)
        case "Subnet": _ = try records.existing(StoredSubnet.self, id)
        default: _ = try records.existing(StoredNetworkInterface.self, id)
        }
    }
}

extension EC2.DescribeFlowLogs: Describing {
    static let idsName = "flowLogIds"
    static func ids(_ input: Input) -> [String]? { input.flowLogIds }
    static func show(_ log: StoredFlowLog, _ estate: EC2Estate) -> EC2.FlowLog { log.shown }
}

extension EC2.DeleteFlowLogs: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.flowLogIds.isEmpty else { throw .missingParameter("flowLogId") }
        return .required(input.flowLogIds.map { call.access(to: StoredFlowLog.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var failed: [EC2.UnsuccessfulItem] = []
        for id in input.flowLogIds {
            guard let log = try records.get(StoredFlowLog.self, id) else {
                failed.append(.failure(id, StoredFlowLog.missing(id)))
                continue
            }
            try records.delete(log)
        }
        return Output { $0.unsuccessful = failed }
    }
}
