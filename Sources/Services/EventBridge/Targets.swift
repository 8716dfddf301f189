import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html>

/// EventBridge as a principal.
let eventsPrincipal = "events.amazonaws.com"

/// An event bus as requests name it: by its name, or by its ARN.
struct BusReference: Hashable, Sendable {
    let account: String
    let region: String
    let name: String

    /// The bus that every account has in every Region.
    static let defaultName = "default"

    init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// - Parameter text: nil: the default bus.
    /// - Throws: ValidationException for an ARN that is none of a bus in the Region of the call.
    init(_ text: String?, _ call: Call) throws(ServiceError) {
        guard let text, text.hasPrefix("arn:") else {
            self.init(account: call.accountID, region: call.region, name: text ?? Self.defaultName)
            return
        }
        guard let bus = BusReference(arn: text), bus.region == call.region else {
            throw .invalidEvents("Parameter EventBusName is not valid. Reason: \(text) is no event bus of this Region.")
        }
        self = bus
    }

    /// nil: it is no bus's.
    init?(arn text: String) {
        guard let arn = ARN(parsing: text), arn.service == "events", let (type, rest) = arn.typeAndRest,
            type == "event-bus", !rest.isEmpty, arn.account.utf8.count == 12, !arn.region.isEmpty
        else { return nil }
        self.init(account: arn.account, region: arn.region, name: String(rest))
    }

    var arn: String { ARN.text("events", region, account, "event-bus/", name) }
    var isDefault: Bool { name == Self.defaultName }
    /// Where its records and those of its rules are.
    var scope: Scope { Scope(account: account, region: region) }

    /// The ARN of a rule of it.
    func rule(_ rule: String) -> String {
        ARN.text("events", region, account, "rule/", isDefault ? rule : "\(name)/\(rule)")
    }
}

extension Call {
    /// The ARN of something in the caller's account: `connection/` and a name.
    func eventsARN(_ kind: String, _ name: String) -> String { ARN.text("events", region, accountID, kind, name) }

    func eventsAccess(_ arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("events:\(operation)", on: arn, context: context)
    }

    /// An access to a rule, which belongs to its bus's account.
    func ruleAccess(_ bus: BusReference, _ rule: String, _ context: [String: ContextValue] = [:]) -> Access {
        var context = context
        let known = environment.projection(BusIndex.self).rule(bus.rule(rule))
        context["events:creatoraccount"] = .one(known?.createdBy ?? accountID)
        if let manager = known?.managedBy { context["events:managedby"] = .one(manager) }
        return Access("events:\(operation)", on: bus.rule(rule), resourceAccount: bus.account, context: context)
    }

    /// What giving EventBridge a role asks for.
    func passing(_ role: String) throws(ServiceError) -> Access {
        guard let arn = ARN(parsing: role), arn.service == "iam", arn.typeAndRest?.type == "role" else {
            throw .invalidEvents("Parameter RoleArn is not valid. Reason: Provided Arn is not in correct format.")
        }
        return Access(
            "iam:PassRole", on: role, resourceAccount: arn.account,
            context: ["iam:passedtoservice": .one(eventsPrincipal)])
    }

    /// The service that has made this call in its own name; nil: none did.
    var callingService: String? {
        if case .service(let principal) = caller.identity { return principal.name }
        return source.principal?.name
    }
}

/// An operation whose action has no resources.
protocol OnAllEvents: Platform.Operation {}

extension OnAllEvents {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess("*"))
    }
}

extension ResourceType {
    /// All that EventBridge has: tags, and the policies of buses, which hold for their rules, too.
    static let ofEvents = ResourceType("events", "", hasOwnTagKey: false) { access, _, call in
        call.environment.projection(BusIndex.self).resource(access.resource)
    }
}

/// The pages of lists.
enum EventsPage {
    /// How many items there are if a request does not say.
    static let usualLimit = 100

    /// - Throws: ValidationException for a token that is not one of ours.
    static func paging(_ token: String?, _ limit: Int?) throws(ServiceError) -> Paging {
        do throws(ServiceError) { return try Paging(marker: token, maxItems: limit ?? usualLimit) } catch {
            throw .invalidEvents("Parameter NextToken is not valid.")
        }
    }
}
