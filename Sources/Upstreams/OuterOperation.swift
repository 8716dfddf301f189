import Catalogue
import Mapping
import Platform
import Wire

/// An operation of a service that an endpoint answers: what it asks for, and the way there.
struct OuterOperation: Sendable {
    let shape: OperationShape
    let service: ServiceModels.Entry
    let route: Route
    let mapper: RequestMapper
    let upstreams: Upstreams

    init(
        _ shape: OperationShape, of service: ServiceModels.Entry, at route: Route, _ mapper: RequestMapper,
        _ upstreams: Upstreams
    ) {
        self.shape = shape
        self.service = service
        self.route = route
        self.mapper = mapper
        self.upstreams = upstreams
    }

    /// As the gate knows it.
    var erased: AnyOperation {
        AnyOperation(
            passingOn: shape, isReadOnly: isReadOnly, secretMembers: HiddenMembers.of(service.id, shape),
            bodyLimit: takesStream ? 5 << 40 : route.upstream.bodyLimit, takesStream: takesStream,
            access: { input, call async throws(ServiceError) in .required(try await accesses(input, call)) },
            begin: { input, call async throws(ServiceError) in .passed(try await passOn(input, call)) })
    }

    /// CloudTrail's `readOnly`: by the action's access level, or else by the name, for the model does not say it.
    private var isReadOnly: Bool {
        if let action = ServiceCatalogue.aws.service(service.signingName)?.action(shape.name) {
            return action.accessLevel == .read || action.accessLevel == .list
        }
        return ["Get", "List", "Describe", "Lookup", "Search", "BatchGet", "Query", "Scan", "Head"].contains {
            shape.name.hasPrefix($0)
        }
    }

    /// The account that owns what a request is about, in which the endpoint is to act.
    private struct Owner: Sendable {
        let account: String

        /// nil: the caller's own, as far as the request says.
        init?(_ accesses: [MappedAccess]) {
            for access in accesses {
                let parts = access.resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
                guard parts.count == 6, parts[4].utf8.count == 12, !access.action.hasPrefix("iam:") else { continue }
                account = String(parts[4])
                return
            }
            return nil
        }
    }

    /// Whether the body is passed on as it comes.
    private var takesStream: Bool { shape.input?.streamsPayload ?? false }

    // MARK: What it asks for

    private func accesses(_ input: Structure, _ call: Call) async throws(ServiceError) -> [Access] {
        guard let request = call.source.request else {
            throw .notImplemented("Gatehouse's own services do not call \(service.id) behind it.")
        }
        if shape.takesEvents {
            // Each event is signed after the one before: it can't be signed anew.
            throw .notImplemented("\(service.serviceID) \(shape.name) sends a stream of events, which Gatehouse does not pass on.")
        }
        try call.module.shape.requireSingleMeaning(of: request, as: shape)
        let place = Place(region: call.region, account: call.accountID)
        switch try await mapped(input, in: place, call) {
        case .accesses(let mapped, _):
            var accesses = mapped.map { Access($0.action, on: $0.resource, context: $0.context) }
            if let first = accesses.indices.first, let owner = Owner(mapped) { accesses[first].learnt = owner }
            return accesses
        case .unmapped(let reason):
            let action = "\(service.signingName):\(shape.name)"
            call.environment.denials.note(action, on: "*", by: call.caller.principalARN)
            throw .accessDenied(
                "User: \(call.caller.arn) is not authorized to perform: \(action): Gatehouse can't work out what it asks for: "
                    + "\(reason). `gatehouse map \(service.id) \(shape.name)` says more.")
        }
    }

    private func mapped(
        _ input: Structure, in place: Place, _ call: Call
    ) async throws(ServiceError) -> MappedRequest {
        guard let request = DynamoDBRequest(shape, input, in: place) else {
            return mapper.map(shape, of: service, input, in: place)
        }
        var keys: [String: TableKeys] = [:]
        for table in request.tables {
            keys[table] = try await upstreams.tableKeys.keys(ofTable: table, call, route)
        }
        return request.map(keys: keys)
    }

    // MARK: Passing it on

    private func passOn(_ input: Structure, _ call: Call) async throws(ServiceError) -> PassedAnswer {
        guard let request = call.source.request else { throw .internalFailure }
        let passage = Passage(
            request, shape, of: call.module.shape, by: route, mark: upstreams.mark, call,
            account: call.learnt(Owner.self)?.account ?? call.accountID)
        let answer = try await passage.send()
        let isWanted = !isReadOnly || KeptResources.wants(shape, of: service.id)
        let read = try await passage.read(answer, keeping: isWanted)
        var change: (@Sendable (MutableRecords) throws(ServiceError) -> Void)?
        if case .success(let output) = read.result {
            upstreams.tableKeys.learn(shape, input, output, call)
            change = KeptResources.learn(from: shape, of: service.id, input, output, call)
        }
        return PassedAnswer(read.response, read.result, change: change)
    }
}
