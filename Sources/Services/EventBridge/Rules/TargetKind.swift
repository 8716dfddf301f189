import Directory
import EventBridgeAPI
import Platform
import Wire

/// What EventBridge can deliver to.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html>
enum TargetKind: Equatable, Sendable {
    /// By its URL.
    case queue(account: String, region: String, name: String)
    case topic(region: String)
    case bus(BusReference)
    /// By its name.
    case logGroup(region: String, name: String)
    case apiDestination
    /// What the operator has named a server for: functions, and all else that is not here.
    case server

    /// - Parameter account: whose rule it is.
    /// - Returns: nil: nothing that the account's rules can deliver to.
    init?(_ text: String, for account: String, _ environment: Environment) {
        if environment.outsideServers.eventDestination(text, for: account) != nil {
            self = .server
            return
        }
        guard let arn = ARN(parsing: text), !arn.region.isEmpty, arn.account.utf8.count == 12 else { return nil }
        switch arn.service {
        case "sqs": self = .queue(account: arn.account, region: arn.region, name: arn.resource)
        case "sns" where !arn.resource.contains(":"): self = .topic(region: arn.region)
        case "logs":
            let prefix = "log-group:"
            // The calls that deliver name a group without its account, and are made in the rule's.
            guard arn.resource.hasPrefix(prefix), arn.account == account else { return nil }
            let name = arn.resource.dropFirst(prefix.count).prefix { $0 != ":" }
            guard !name.isEmpty else { return nil }
            self = .logGroup(region: arn.region, name: String(name))
        case "events":
            if let bus = BusReference(arn: text) {
                self = .bus(bus)
            } else if arn.typeAndRest?.type == "api-destination" {
                self = .apiDestination
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// Whether EventBridge needs a role for it: of other targets the resource's policy decides.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html>
    var needsRole: Bool {
        switch self {
        case .apiDestination, .bus: true
        default: false
        }
    }
}

extension EventBridge.Target {
    /// Members of targets that Gatehouse does not have.
    private var unusual: String? {
        let members: [(String, Bool)] = [
            ("KinesisParameters", kinesisParameters != nil), ("RunCommandParameters", runCommandParameters != nil),
            ("EcsParameters", ecsParameters != nil), ("BatchParameters", batchParameters != nil),
            ("RedshiftDataParameters", redshiftDataParameters != nil),
            ("SageMakerPipelineParameters", sageMakerPipelineParameters != nil),
            ("AppSyncParameters", appSyncParameters != nil),
        ]
        return members.first { $0.1 }?.0
    }

    /// What is wrong with a target by itself; nil: nothing.
    func fault(on bus: BusReference, _ environment: Environment) -> (code: String, message: String)? {
        func invalid(_ reason: String) -> (code: String, message: String) {
            ("ValidationException", "Parameter Targets is not valid. Reason: \(reason)")
        }
        if let unusual { return ("NotImplemented", "Gatehouse has no targets with \(unusual).") }
        guard let kind = TargetKind(arn, for: bus.account, environment) else {
            if let arn = ARN(parsing: arn), ["lambda", "logs"].contains(arn.service), arn.account != bus.account {
                return invalid("\(arn) is not in the account of the event bus.")
            }
            return (
                "NotImplemented",
                "Gatehouse delivers events to queues, topics, log groups, event buses, API destinations, and what the operator has "
                    + "named a server for with --event-destination in the account of the event bus; not to \(arn)."
            )
        }
        if [input, inputPath, inputTransformer.map { _ in "" }].count(where: { $0 != nil }) > 1 {
            return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target \(id).")
        }
        if case .queue(_, _, let name) = kind {
            let isFIFO = name.hasSuffix(".fifo")
            if isFIFO, sqsParameters?.messageGroupId == nil {
                return invalid("Parameter(s) SqsParameters must be specified for target: \(id).")
            }
            if !isFIFO, sqsParameters?.messageGroupId != nil {
                return invalid("Parameter(s) MessageGroupId is not supported for target \(id): its queue is not FIFO.")
            }
        }
        if kind.needsRole, roleArn == nil {
            return invalid("RoleArn is required for target \(arn).")
        }
        if case .bus(let target) = kind {
            guard target != bus else { return invalid("Event bus \(bus.name) can't be a target of its own rules.") }
        }
        do throws(ServiceError) { _ = try TargetInput(self) } catch { return (error.code, error.message) }
        return nil
    }
}
