import Catalogue
import Synchronization
public import Wire

/// Says what a request to any AWS service asks to be allowed.
///
/// ```swift
/// let mapper = RequestMapper()
/// guard let sqs = ServiceModels.aws.entry("sqs"),
///     let send = ServiceModels.aws.service("sqs")?.operation(named: "SendMessageBatch"), let shape = send.input
/// else { return }
/// var input = Structure(shape)
/// input["QueueUrl"] = .string("https://sqs.eu-central-1.amazonaws.com/111122223333/orders")
/// let asked = mapper.map(send, of: sqs, input, in: Place(region: "eu-central-1", account: "111122223333"))
/// // sqs:SendMessage on arn:aws:sqs:eu-central-1:111122223333:orders
/// ```
///
/// What the operator declares counts most, then what was written by hand for the service, then the names of the operation
/// and of its members. What none of these can tell is unmapped, which denies. <doc:RequestsToAccesses> has the rules.
///
/// It may be used from any number of threads.
public struct RequestMapper: Sendable {
    private let catalogue: ServiceCatalogue
    private let declared: DeclaredMappings
    private let plans = Plans()

    /// Services whose operations are another's, on the same resources: the table of that one counts.
    private static let kin = ["docdb": "rds", "neptune": "rds"]

    private final class Plans: Sendable {
        /// By the operation: its service's id and its name.
        let known = Mutex(RecentlyUsed<Operations>(mostCost: most))
        /// How many operations have a plan at a time.
        private static let most = 2_000
    }

    /// The plans of one service's operations.
    private final class Operations: Sendable {
        let plans = Mutex<[String: OperationPlan]>([:])
    }

    /// - Parameters:
    ///   - models: the API models whose operations are mapped.
    ///   - catalogue: the actions that there are, and the resources that they are on.
    ///   - declared: what the operator says, which counts most.
    public init(
        models: ServiceModels = .aws, catalogue: ServiceCatalogue = .aws,
        declared: DeclaredMappings = DeclaredMappings()
    ) {
        _ = models
        self.catalogue = catalogue
        self.declared = declared
    }

    /// What a request asks to be allowed.
    /// - Parameters:
    ///   - operation: of the service's model.
    ///   - input: as it was decoded.
    ///   - place: the region and account of the request.
    /// - Complexity: linear in the size of the input.
    public func map(
        _ operation: OperationShape, of service: ServiceModels.Entry, _ input: Structure, in place: Place
    ) -> MappedRequest {
        let plan = plan(operation, of: service)
        do throws(MappingFailure) {
            var builder = try AccessBuilder(plan: plan, input: input, place: place)
            try builder.addAll()
            return .accesses(builder.accesses, by: plan.source)
        } catch {
            return .unmapped(because: error.reason)
        }
    }

    /// The action that an operation's own name is, with its prefix, which may be another than the service signs by:
    /// `cloudwatch:GetMetricData`. nil: there is none of that name.
    public func ownAction(of operation: OperationShape, of service: ServiceModels.Entry) -> String? {
        plan(operation, of: service).action
    }

    /// Which of the sources says what an operation asks for, and whether any does: what a request of it asks depends on
    /// the request as well.
    public func source(of operation: OperationShape, of service: ServiceModels.Entry) -> MappingSource? {
        let plan = plan(operation, of: service)
        if plan.source != .declared, DynamoDBRequest.description(of: operation) != nil { return .exact }
        let isKnown = plan.rule.allSatisfy { rule in
            // What is always refused is not mapped.
            rule.refusal != nil ? !rule.conditions.isEmpty : rule.action != nil || plan.action != nil
        }
        return isKnown ? plan.source : nil
    }

    func plan(_ operation: OperationShape, of service: ServiceModels.Entry) -> OperationPlan {
        let operations = plans.known.withLock { known in
            if let operations = known.value(service.id) { return operations }
            let operations = Operations()
            known.insert(operations, service.id, cost: 0)
            return operations
        }
        if let plan = operations.plans.withLock({ $0[operation.name] }) { return plan }
        var layers: [(source: MappingSource, mappings: ServiceMappings)] = []
        if let mappings = declared.service(service.id) { layers.append((.declared, mappings)) }
        // What was gone through by hand needs no table.
        if let mappings = ShippedMappings.exact.service(Self.kin[service.id] ?? service.id) {
            layers.append((.exact, mappings))
        } else if let mappings = ShippedMappings.generated.service(service.id) {
            layers.append((.table, mappings))
        }
        let plan = OperationPlan(operation, of: service, catalogue: catalogue, layers: layers)
        let count = operations.plans.withLock { plans in
            plans[operation.name] = plan
            return plans.count
        }
        plans.known.withLock { $0.setCost(count, of: service.id) }
        return plan
    }
}
