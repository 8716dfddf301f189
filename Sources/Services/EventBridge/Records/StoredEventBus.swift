import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

/// An event bus. The default bus of an account and Region has a record once there is something to keep of it.
struct StoredEventBus: Record, Equatable {
    static let kind = "AWS::Events::EventBus"

    let name: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var modified: Double
    var description: String?
    /// The queue that gets what can't be delivered of the bus.
    var deadLetterQueue: String?
    /// As kept: see `PolicyDocument.kept`.
    var policy: String?
    /// JSON of the request's structure.
    var logging: String?
    var tags: [Tag] = []

    var id: String { name }
    var reference: BusReference { BusReference(account: accountID, region: region, name: name) }

    /// A bus with nothing but its name.
    init(_ bus: BusReference, at time: Double) {
        name = bus.name
        accountID = bus.account
        region = bus.region
        (created, modified) = (time, time)
    }

    /// The policy as it is asked. One that can't be read denies everything.
    var compiledPolicy: CompiledPolicy? {
        guard let policy else { return nil }
        let source = PolicySource(type: .resource, name: "event bus policy")
        guard let document = try? PolicyDocument(parsing: policy, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}

extension RecordReading {
    /// A bus of these records' scope.
    /// - Throws: ResourceNotFoundException.
    func bus(_ bus: BusReference) throws(ServiceError) -> StoredEventBus {
        let records = of(bus.scope)
        if let stored = try records.get(StoredEventBus.self, bus.name) { return stored }
        guard bus.isDefault else { throw .noBus(bus.name) }
        return StoredEventBus(bus, at: 0)
    }

    /// A rule of a bus.
    /// - Throws: ResourceNotFoundException for a bus or a rule that is not there.
    func rule(_ name: String, on bus: BusReference) throws(ServiceError) -> StoredRule {
        _ = try self.bus(bus)
        guard let rule = try of(bus.scope).get(StoredRule.self, StoredRule.id(name, on: bus.name)) else {
            throw .noRule(name, on: bus.name)
        }
        return rule
    }
}
