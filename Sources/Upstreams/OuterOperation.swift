import Catalogue
import Mapping
import Platform
import Wire

/// What was found out about a request on the way to its accesses.
struct Findings: Sendable {
    /// The account that owns what it is about; nil: the caller's.
    let owner: String?
    /// What its event may hold of its input; nil: all but secrets.
    let parameters: JSONValue?
    /// All that it asks for.
    let accesses: [MappedAccess]
}

/// An operation of a service that an endpoint answers: what it asks for, and the way there.
struct OuterOperation: Sendable {
    let shape: OperationShape
    let service: ServiceModels.Entry
    let route: Route
    let mapper: RequestMapper
    let upstreams: Upstreams
    /// CloudTrail's `readOnly`.
    private let isReadOnly: Bool
    /// Whether its events are data events.
    private let isOnData: Bool
    /// What may be learnt of its resource; see ``KeptLesson``.
    private let lesson: KeptLesson?

    init(
        _ shape: OperationShape, of service: ServiceModels.Entry, at route: Route, _ mapper: RequestMapper,
        _ upstreams: Upstreams
    ) {
        self.shape = shape
        self.service = service
        self.route = route
        self.mapper = mapper
        self.upstreams = upstreams
        isOnData = DataEvents.contains(shape, of: service.id)
        lesson = KeptLesson.of(shape)
        // By the action's access level, or else by the name, for the model does not say it.
        if let action = ServiceCatalogue.aws.service(service.signingName)?.action(shape.name) {
            isReadOnly = action.accessLevel == .read || action.accessLevel == .list
        } else {
            isReadOnly = ["Get", "List", "Describe", "Lookup", "Search", "BatchGet", "Query", "Scan", "Head"].contains {
                shape.name.hasPrefix($0)
            }
        }
    }

    /// As the gate knows it.
    var erased: AnyOperation {
        AnyOperation(
            passingOn: shape, isReadOnly: isReadOnly, secretMembers: HiddenMembers.of(service.id, shape),
            bodyLimit: takesStream ? 5 << 40 : route.upstream.bodyLimit, takesStream: takesStream,
            access: { input, call async throws(ServiceError) in try await access(input, call) },
            begin: { input, call async throws(ServiceError) in .passed(try await passOn(input, call)) })
    }

    /// The account that owns what a request is about, in which the endpoint is to act; nil: the caller's own, as far as the
    /// request says.
    private static func owner(_ accesses: [MappedAccess], _ call: Call) -> String? {
        for access in accesses where !access.action.hasPrefix("iam:") {
            if let account = account(in: access.resource) { return account }
            // ARNs of buckets and objects have no account.
            guard access.resource.hasPrefix("arn:aws:s3:") else { continue }
            if let owner = call.environment.projection(KeptResources.self).ownerOfBucket(access.resource) {
                return owner
            }
        }
        return nil
    }

    /// The account that an ARN names; nil where it names none.
    private static func account(in arn: String) -> String? {
        var colons = 0
        var start = arn.startIndex
        for index in arn.utf8.indices where arn.utf8[index] == UInt8(ascii: ":") {
            colons += 1
            if colons == 4 { start = arn.utf8.index(after: index) }
            guard colons == 5 else { continue }
            let account = arn[start..<index]
            return account.utf8.count == 12 ? String(account) : nil
        }
        return nil
    }

    /// Whether the body is passed on as it comes.
    private var takesStream: Bool { shape.input?.streamsPayload ?? false }

    // MARK: What it asks for

    private func access(_ input: Structure, _ call: Call) async throws(ServiceError) -> Authorization {
        guard let request = call.source.request else {
            throw .notImplemented("Gatehouse's own services do not call \(service.id) behind it.")
        }
        if shape.takesEvents {
            // Each event is signed after the one before: it can't be signed anew.
            throw .notImplemented(
                "\(service.serviceID) \(shape.name) sends a stream of events, which Gatehouse does not pass on.")
        }
        try call.module.shape.requireSingleMeaning(of: request, as: shape)
        try upstreams.requireHost(call.source.host, of: service, in: call.region)
        // AWS asks no policy either: a token or a password within says who it is, such as for Cognito's sign-in.
        if shape.isUnsigned { return .notRequired(because: "the model says that it is called without a signature") }
        let place = Place(region: call.region, account: call.accountID)
        let (mapped, parameters) = try await mapped(input, in: place, call)
        switch mapped {
        case .accesses(var mapped, _):
            let gaps = Gaps(call: call, route: route, questions: upstreams.questions)
            for index in mapped.indices where mapped[index].gap != nil { try await gaps.fill(&mapped[index]) }
            var accesses = mapped.map { Access($0.action, on: $0.resource, context: $0.context) }
            if let first = accesses.indices.first {
                accesses[first].learnt = Findings(
                    owner: Self.owner(mapped, call), parameters: parameters, accesses: mapped)
            }
            return .required(accesses)
        case .unmapped(let reason):
            let action = mapper.ownAction(of: shape, of: service) ?? "\(service.signingName):\(shape.name)"
            call.environment.denials.note(action, on: "*", by: call.caller.principalARN)
            throw .accessDenied(
                "User: \(call.caller.arn) is not authorized to perform: \(action): Gatehouse can't work out what it asks for: "
                    + "\(reason). `gatehouse map \(service.id) \(shape.name)` says more.")
        }
    }

    /// What the request asks for, and what its event may hold of it, where that is less than all.
    private func mapped(
        _ input: Structure, in place: Place, _ call: Call
    ) async throws(ServiceError) -> (MappedRequest, parameters: JSONValue?) {
        if let launch = EC2Launch(shape, input), mapper.source(of: shape, of: service) != .declared {
            return (try await mapped(launch, in: place, call), nil)
        }
        if let copy = S3Copy(shape, input), copy.copiesTags, mapper.source(of: shape, of: service) != .declared {
            return (try await mapped(copy, input, in: place, call), nil)
        }
        guard let request = DynamoDBRequest(shape, input, in: place) else {
            return (mapper.map(shape, of: service, input, in: place), nil)
        }
        var keys: [String: TableKeys] = [:]
        var absent: Set<String> = []
        for table in request.tables {
            switch try await upstreams.questions.keys(ofTable: table, call, route) {
            case .known(let known): keys[table] = known
            case .noTable: absent.insert(table)
            case .unknown: break
            }
        }
        return (
            request.map(keys: keys, absent: absent),
            DynamoDBEvents.requestParameters(of: shape, input, in: place, keys: keys)
        )
    }

    /// What a request asks for that EC2 has to explain.
    private func mapped(_ launch: EC2Launch, in place: Place, _ call: Call) async throws(ServiceError) -> MappedRequest
    {
        var launch = launch
        if let template = launch.template {
            switch try await upstreams.questions.version(of: template, call, route) {
            case .success(let answer):
                if let reason = launch.take(template: answer) { return .unmapped(because: reason) }
            case .failure(let error):
                return .unmapped(because: "EC2 does not tell what the launch template says (\(error.code))")
            }
        }
        if !launch.groupNames.isEmpty {
            switch try await upstreams.questions.securityGroups(named: launch.groupNames, call, route) {
            case .success(let answer):
                if let reason = launch.take(groups: answer) { return .unmapped(because: reason) }
            case .failure(let error):
                return .unmapped(because: "EC2 does not tell which security groups the names are of (\(error.code))")
            }
        }
        return launch.map(by: mapper, of: service, shape, in: place)
    }

    /// What a copy asks for that takes the source's tags along, if there are any.
    private func mapped(
        _ copy: S3Copy, _ input: Structure, in place: Place, _ call: Call
    ) async throws(ServiceError) -> MappedRequest {
        let mapped = mapper.map(shape, of: service, input, in: place)
        guard case .accesses = mapped else { return mapped }
        switch try await upstreams.questions.tags(ofSourceOf: copy, call, route) {
        case .success(let tags): return copy.addingTags(tags, to: mapped, in: place)
        case .failure(let error):
            return .unmapped(because: "S3 does not tell whether the source of the copy has tags (\(error.code))")
        }
    }

    // MARK: Passing it on

    private func passOn(_ input: Structure, _ call: Call) async throws(ServiceError) -> PassedAnswer {
        guard var request = call.source.request else { throw .internalFailure }
        if let body = request.stream { request.stream = TrailingChecksum.verified(body) }
        let findings = call.learnt(Findings.self)
        let passage = Passage(
            request, shape, of: call.module.shape, by: route, mark: upstreams.mark, call,
            account: findings?.owner ?? call.accountID)
        let answer = try await upstreams.questions.passing(shape, input, call) { () throws(ServiceError) in
            try await passage.send()
        }
        let readsAnswer = lesson?.readsAnswer ?? false
        let isWanted = !isReadOnly && !isOnData || readsAnswer
        let read = try await passage.read(answer, keeping: isWanted)
        if case .success = read.result {
            // What has changed out there must not have happened unrecorded.
            if !isReadOnly, !isOnData { call.recordDurably() }
        }
        // What an answer does not say because it can't be read is nothing to learn: no policy would seem to be there.
        guard lesson != nil, read.isWhole || !readsAnswer, let findings
        else {
            return PassedAnswer(read.response, read.result)
        }
        let change = call.environment.projection(KeptResources.self).learn(
            from: shape, input, read.result, allowed: findings.accesses,
            in: Place(region: call.region, account: call.accountID))
        return PassedAnswer(read.response, read.result, change: change)
    }
}
