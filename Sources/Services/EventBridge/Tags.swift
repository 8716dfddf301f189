import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

// Tags of buses and rules. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-tagging.html>

/// What can have tags.
private enum TaggedInEvents {
    case bus(BusReference)
    case rule(BusReference, String)

    /// - Throws: ValidationException for what can have none; ResourceNotFoundException for what is another account's.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.service == "events", arn.region == call.region,
            let (type, rest) = arn.typeAndRest, !rest.isEmpty
        else { throw .invalidEvents("Parameter ResourceARN is not valid.") }
        guard arn.account == call.accountID else { throw .notFound("The resource \(text) does not exist.") }
        switch type {
        case "event-bus": self = .bus(BusReference(account: arn.account, region: arn.region, name: String(rest)))
        case "rule":
            let parts = rest.split(separator: "/")
            let bus = parts.dropLast().joined(separator: "/")
            self = .rule(
                BusReference(
                    account: arn.account, region: arn.region, name: bus.isEmpty ? BusReference.defaultName : bus),
                String(parts.last ?? ""))
        default: throw .invalidEvents("Parameter ResourceARN is not valid.")
        }
    }
}

/// An operation on the tags of the resource whose ARN its request has.
protocol OnTaggedInEvents: Platform.Operation where InputFields: EventBridge.WithResourceARN {
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTaggedInEvents {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        if case .rule(let bus, let rule) = try TaggedInEvents(input.resourceARN, call) {
            return .required(call.ruleAccess(bus, rule, keys(input)))
        }
        return .required(call.eventsAccess(input.resourceARN, keys(input)))
    }

    fileprivate static func change(
        _ input: Input, _ call: Call, _ records: MutableRecords, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        switch try TaggedInEvents(input.resourceARN, call) {
        case .bus(let reference):
            var bus = try records.bus(reference)
            bus.tags = try body(bus.tags)
            try records.put(bus)
        case .rule(let bus, let name):
            var rule = try records.rule(name, on: bus)
            try rule.checkManaged(call)
            rule.tags = try body(rule.tags)
            try records.put(rule)
        }
    }
}

extension EventBridge.TagResource: WriteOperation, OnTaggedInEvents {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { (tags) throws(ServiceError) in
            try TagRules.ofEvents.merge(input.tags, into: tags)
        }
        return Output()
    }
}

extension EventBridge.UntagResource: WriteOperation, OnTaggedInEvents {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { TagRules.ofEvents.remove(input.tagKeys, from: $0) }
        return Output()
    }
}

extension EventBridge.ListTagsForResource: ReadOperation, OnTaggedInEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags =
            switch try TaggedInEvents(input.resourceARN, call) {
            case .bus(let bus): try records.bus(bus).tags
            case .rule(let bus, let name): try records.rule(name, on: bus).tags
            }
        return Output(tags: tags.map { EventBridge.Tag($0) })
    }
}
