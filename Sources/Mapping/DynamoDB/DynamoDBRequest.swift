public import Wire

/// What a request to DynamoDB or to DynamoDB Streams asks for: actions, resources and condition keys, exactly.
///
/// ```swift
/// guard let request = DynamoDBRequest(operation, input, in: place) else { … }
/// var keys: [String: TableKeys] = [:]
/// for table in request.tables { keys[table] = … }  // from a cache, or by DescribeTable
/// let asked = request.map(keys: keys)
/// ```
///
/// What the condition keys hold, and why, stands in `Mapping.docc/DynamoDB.md`. The request is read once, in time linear in its
/// length; what can't be understood with certainty is unmapped, which denies.
///
/// AWS: "Actions, resources, and condition keys for Amazon DynamoDB", `list_amazondynamodb.html`, and "Using IAM policy
/// conditions for fine-grained access control", `specifying-conditions.html`.
public struct DynamoDBRequest: Sendable {
    /// The ARNs of the tables whose keys ``map(keys:absent:)`` needs, each once.
    public let tables: [String]
    /// The ARNs of the tables whose keys are others when the operation has succeeded: a cache must forget them.
    public let changedTables: [String]
    /// What AWS asks for as well if the account does not have the service-linked role yet that the operation needs:
    /// iam:CreateServiceLinkedRole on the role. nil for all other operations.
    public let serviceLinkedRole: MappedAccess?

    private let plan: Result<[Step], Unmapped>

    /// DynamoDB takes up to 100 items in a batch or a transaction.
    private static let mostTables = 100

    /// One access, or one that still needs the keys of a table.
    enum Step: Sendable {
        case access(MappedAccess)
        case items(ItemAccess)
    }

    /// Reads a request.
    ///
    /// nil: the operation is of another service.
    /// - Parameters:
    ///   - operation: of the model `dynamodb` or `dynamodbstreams`.
    ///   - input: what the request carries. It needn't be valid.
    ///   - place: where it is made, and in whose account the tables are that are only named.
    public init?(_ operation: OperationShape, _ input: Structure, in place: Place) {
        guard Self.isDynamoDB(operation) else { return nil }
        let names = DynamoDBNames(place: place)
        do throws(Unmapped) {
            let steps: [Step]
            if let items = try DynamoDBItems(input, names).steps(of: operation.name) {
                steps = items
            } else if let accesses = try DynamoDBTables(input, names).accesses(of: operation.name) {
                steps = accesses.map(Step.access)
            } else {
                throw Unmapped("\(operation.name) is not an operation that is known of DynamoDB")
            }
            // No request asks for nothing: an empty batch is DynamoDB's to refuse, but can't be allowed either.
            guard !steps.isEmpty else { throw Unmapped("The request names no item") }
            let tables = Self.unique(
                steps.compactMap { if case .items(let items) = $0, items.needsKeys { items.table } else { nil } })
            // Each may be asked for at the endpoint.
            guard tables.count <= Self.mostTables else {
                throw Unmapped("The request names more than \(Self.mostTables) tables")
            }
            plan = .success(steps)
            self.tables = tables
        } catch {
            plan = .failure(error)
            tables = []
        }
        guard !DynamoDBEvents.dataOperations.contains(operation.name) else {
            // What is done with items changes no table.
            (changedTables, serviceLinkedRole) = ([], nil)
            return
        }
        changedTables = DynamoDBTables(input, names).changedTables(by: operation.name)
        serviceLinkedRole = DynamoDBTables(input, names).serviceLinkedRole(of: operation.name)
    }

    /// What has to be allowed, now that the keys of the tables are known.
    ///
    /// - Parameters:
    ///   - keys: by the ARNs of ``tables``. A request that needs the keys of a table that is not there is unmapped: without
    ///     `dynamodb:LeadingKeys`, `ForAllValues` would take it for one that is within its bounds.
    ///   - absent: the ARNs of tables that the endpoint has just said do not exist. What can be a key of theirs counts as one,
    ///     so that a caller with permission for any key gets the endpoint's own error.
    public func map(keys: [String: TableKeys], absent: Set<String> = []) -> MappedRequest {
        do throws(Unmapped) {
            var accesses: [MappedAccess] = []
            for step in try plan.get() {
                switch step {
                case .access(let access): accesses.append(access)
                case .items(let items): accesses += try items.accesses(keys: keys[items.table], absent: absent)
                }
            }
            return .accesses(accesses, by: .exact)
        } catch {
            return .unmapped(because: error.reason)
        }
    }

    /// Whether an operation is of one of DynamoDB's two models.
    static func isDynamoDB(_ operation: OperationShape) -> Bool {
        operation.serviceID == "DynamoDB" || operation.serviceID == "DynamoDB Streams"
    }

    private static func unique(_ texts: [String]) -> [String] {
        guard texts.count > 1 else { return texts }
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
