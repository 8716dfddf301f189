import Mapping
import Policy
import Wire

/// Where the requests of these tests are made, as in the examples of AWS's pages.
let west = Place(region: "us-west-2", account: "123456789012")

/// The ARN of a table there.
func tableARN(_ name: String) -> String { "arn:aws:dynamodb:us-west-2:123456789012:table/\(name)" }

struct MissingOperation: Error {}

/// The operation of a name, of DynamoDB or of DynamoDB Streams.
func dynamoDB(_ operation: String) throws -> (operation: OperationShape, service: ServiceShape) {
    for id in ["dynamodb", "dynamodbstreams"] {
        if let service = ServiceModels.aws.service(id), let found = service.operation(named: operation) {
            return (found, service)
        }
    }
    throw MissingOperation()
}

/// A request as it comes in.
func dynamoDBInput(_ operation: String, _ json: String) throws -> Structure {
    let (shape, service) = try dynamoDB(operation)
    return try ProtocolName.json.wireProtocol.decode(WireRequest(body: Array(json.utf8)), as: shape, of: service)
}

func dynamoDBRequest(_ operation: String, _ json: String, in place: Place = west) throws -> DynamoDBRequest {
    guard
        let request = DynamoDBRequest(try dynamoDB(operation).operation, try dynamoDBInput(operation, json), in: place)
    else { throw MissingOperation() }
    return request
}

/// The tables that the tests know of.
let knownTables = [
    tableARN("GameScores"): TableKeys(
        partition: "UserId", sort: "GameTitle",
        indexes: [
            "TopScoreDateTimeIndex": TableKeys.Key(partition: ["UserId"], sort: ["TopScoreDateTime"]),
            "ByGame": TableKeys.Key(partition: ["GameTitle"], sort: ["TopScore"]),
            "ByPlace": TableKeys.Key(partition: ["Country", "City", "Street"], sort: ["TopScore"]),
        ]),
    tableARN("Music"): TableKeys(partition: "Artist", sort: "SongTitle"),
    tableARN("WatchList"): TableKeys(partition: "CustomerID", sort: "MovieID"),
    tableARN("CustomerData"): TableKeys(partition: "CustomerID"),
    tableARN("Orders"): TableKeys(partition: "OrderID"),
    "arn:aws:dynamodb:us-west-2:444455556666:table/Shared": TableKeys(partition: "Owner"),
]

/// What a request asks for; nil where it is unmapped.
func asked(_ operation: String, _ json: String, absent: Set<String> = []) throws -> [MappedAccess]? {
    guard
        case .accesses(let accesses, by: .exact) = try dynamoDBRequest(operation, json).map(
            keys: knownTables, absent: absent)
    else { return nil }
    return accesses
}

/// Why a request is unmapped; nil where it is not.
func refusal(_ operation: String, _ json: String) throws -> String? {
    guard case .unmapped(let reason) = try dynamoDBRequest(operation, json).map(keys: knownTables) else { return nil }
    return reason
}

/// The condition keys of a request that asks for one thing.
func context(_ operation: String, _ json: String) throws -> [String: ContextValue]? {
    guard let accesses = try asked(operation, json), accesses.count == 1 else { return nil }
    return accesses[0].context
}

/// The values of a key of several values, sorted; nil where it is not there.
func values(_ key: String, _ operation: String, _ json: String) throws -> [String]? {
    guard case .many(let values)? = try context(operation, json)?["dynamodb:\(key)"] else { return nil }
    return values.sorted()
}

func value(_ key: String, _ operation: String, _ json: String) throws -> String? {
    guard case .one(let value)? = try context(operation, json)?["dynamodb:\(key)"] else { return nil }
    return value
}

/// A policy of a user, and what it allows.
struct UserPolicy {
    let compiled: CompiledPolicy

    init(_ document: String) throws {
        compiled = CompiledPolicy(
            try PolicyDocument(parsing: document, as: .identity), source: PolicySource(type: .identity, name: "P"))
    }

    /// Whether all that a request asks for is allowed. What is unmapped is not.
    func allows(_ operation: String, _ json: String, _ context: [String: ContextValue] = [:]) throws -> Bool {
        guard let accesses = try asked(operation, json) else { return false }
        return accesses.allSatisfy { access in
            let request = AuthorizationRequest(
                principal: Principal(
                    kind: .user, arn: "arn:aws:iam::123456789012:user/alice", accountID: "123456789012",
                    uniqueID: "AIDAAAAAAAAAAAAAAAAA1"),
                action: access.action, resource: access.resource)
            return PolicyEvaluator.allows(
                request, PolicyInputs(identity: [compiled]),
                DictionaryContext(context.merging(access.context) { _, mapped in mapped }))
        }
    }
}

/// Random numbers that can be had again.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &self)]
    }
}
