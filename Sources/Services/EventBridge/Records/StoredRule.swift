import Directory
import EventBridgeAPI
import EventPatterns
import Ledger
import Platform
import Wire

/// A rule of an event bus, with its targets.
struct StoredRule: Record, Equatable {
    static let kind = "AWS::Events::Rule"

    /// Whether a rule is in effect. The raw values are the API's.
    enum State: String, Codable, Sendable {
        case enabled = "ENABLED"
        case disabled = "DISABLED"
        /// Also for the events of calls that only read.
        case withAllManagementEvents = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    }

    let name: String
    let bus: String
    let accountID: String
    let region: String
    /// The account that made it; its bus's, or one that the bus's policy lets.
    let createdBy: String
    /// The service that made it; nil: somebody did.
    var managedBy: String?
    var pattern: String?
    var schedule: String?
    var state = State.enabled
    var description: String?
    var roleARN: String?
    var tags: [Tag] = []
    /// In the order in which they were put.
    var targets: [StoredTarget] = []

    var id: String { Self.id(name, on: bus) }
    var reference: BusReference { BusReference(account: accountID, region: region, name: bus) }
    var arn: String { reference.rule(name) }

    static func id(_ name: String, on bus: String) -> String { "\(bus)/\(name)" }

    /// The id of the rule with an ARN; nil: it is no rule's.
    static func id(ofARN text: String) -> String? {
        guard let (type, rest) = ARN(parsing: text)?.typeAndRest, type == "rule" else { return nil }
        return rest.contains("/") ? String(rest) : id(String(rest), on: BusReference.defaultName)
    }

    func target(_ id: String) -> StoredTarget? { targets.first { $0.id == id } }

    var view: EventBridge.Rule {
        EventBridge.Rule {
            $0.name = name
            $0.arn = arn
            $0.eventPattern = pattern
            $0.state = state.rawValue
            $0.description = description
            $0.scheduleExpression = schedule
            $0.roleArn = roleARN
            $0.managedBy = managedBy
            $0.eventBusName = bus
        }
    }
}

/// A target of a rule.
struct StoredTarget: Codable, Sendable, Equatable {
    let id: String
    let arn: String
    /// The structure of the request, as JSON.
    let json: String

    init(_ target: EventBridge.Target) {
        id = target.id
        arn = target.arn
        json = target.structure.json
    }

    /// The target as it was put.
    func view() throws(ServiceError) -> EventBridge.Target {
        EventBridge.Target(try Structure(json: json, of: EventBridge.TargetFields.shape))
    }
}
