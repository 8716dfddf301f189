public import Catalogue
import Fetch
public import Logging
public import Mapping
public import Platform
import Synchronization
public import Wire

/// The endpoints behind Gatehouse: which services they answer, and the way to them.
///
/// It can be given other endpoints while it is used: a request goes on with those that it began with.
public final class Upstreams: OuterServices {
    /// What is set up at the moment. It never changes; another takes its place.
    private final class Setup: Sendable {
        let routes: [Route]
        let byService: [String: Route]
        let others: Route?
        let mapper: RequestMapper
        /// By signing name, and whether there are some of Gatehouse's own beside them; made when they are asked for. Those are
        /// kept that were used last, for each holds its model.
        let modules = Mutex(RecentlyUsed<[ServiceModule]>(mostCost: ServiceModels.mostText))

        init(_ file: UpstreamsFile, _ trust: ServerTrust) throws(UpstreamsProblem) {
            var (routes, byService): ([Route], [String: Route]) = ([], [:])
            var others: Route?
            for upstream in file.upstreams {
                let route = try Route(upstream, trust: trust)
                routes.append(route)
                for service in upstream.services { byService[service] = route }
                if upstream.services.isEmpty { others = route }
            }
            self.routes = routes
            self.byService = byService
            self.others = others
            mapper = RequestMapper(declared: file.declared)
        }
    }

    private let setup: Mutex<Setup>
    private let trust: ServerTrust
    private let models: ServiceModels
    private let log: Logger
    /// What stands in `Via`, by which a request is known that comes round again.
    let mark: String
    let questions: Questions
    /// The first labels of services' endpoints.
    private let endpointLabels: Set<String>

    /// - Parameters:
    ///   - file: which endpoints there are.
    ///   - trust: who vouches for them, where that is the system.
    ///   - log: for what happens to them.
    /// - Throws: ``UpstreamsProblem``.
    public init(_ file: UpstreamsFile, trust: ServerTrust, log: Logger) throws(UpstreamsProblem) {
        let setup = try Setup(file, trust)
        self.setup = Mutex(setup)
        self.trust = trust
        self.log = log
        models = .aws
        endpointLabels = Set(models.entries.map { entry in String(entry.endpointPrefix.prefix { $0 != "." }) })
        mark = "gatehouse-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        questions = Questions(mark: mark)
        warn(setup)
    }

    /// Takes other endpoints in the place of those that there are.
    /// - Throws: ``UpstreamsProblem``; then nothing has changed.
    public func replace(by file: UpstreamsFile) throws(UpstreamsProblem) {
        let made = try Setup(file, trust)
        setup.withLock { $0 = made }
        warn(made)
    }

    private var current: Setup { setup.withLock { $0 } }

    private func warn(_ setup: Setup) {
        for route in setup.routes {
            let address = route.upstream.address
            if !address.isSecure, !address.isLoopback {
                log.warning(
                    "what is passed on to \(address.url) is not encrypted, and others on the network can read it")
            }
            if route.upstream.verification == .none {
                log.warning("whoever answers at \(address.url) is believed: its certificate is not verified")
            }
        }
    }

    // MARK: Which service

    public func modules(signingAs name: String, beside own: [ServiceModule]) -> [ServiceModule] {
        let setup = current
        let key = own.isEmpty ? name : "\(name) beside Gatehouse's own"
        if let known = setup.modules.withLock({ $0.value(key) }) { return known }
        let builtIDs = Set(own.map(\.shape.id))
        var modules = own.filter { setup.byService[$0.shape.id] == nil }
        // The one that the name is of comes first: rds is docdb's and neptune's as well.
        let entries = models.entries(signingAs: name)
        var text = 0
        for entry in entries.filter({ $0.id == name }) + entries.filter({ $0.id != name }) {
            guard let route = setup.byService[entry.id] ?? (builtIDs.contains(entry.id) ? nil : setup.others) else {
                continue
            }
            modules.append(module(entry, route, setup.mapper))
            text += entry.length
        }
        return setup.modules.withLock { kept in
            // Two that ask at once get the same.
            if let earlier = kept.value(key) { return earlier }
            kept.insert(modules, key, cost: text)
            return modules
        }
    }

    public func module(forUnsigned request: WireRequest) -> ServiceModule? {
        let host = request.header("host")?.prefix { $0 != ":" }.split(separator: ".").map { $0.lowercased() } ?? []
        let target = request.header("x-amz-target")?.split(separator: ".").dropLast().joined(separator: ".")
        for entry in models.entries {
            let isNamed =
                target.map { entry.targetPrefix == $0 }
                ?? (host.count > 1
                    && entry.endpointPrefix.split(separator: ".").allSatisfy { host.contains(String($0)) }
                    || Self.isQueue(request) && entry.id == "sqs")
            guard isNamed else { continue }
            let modules = modules(signingAs: entry.signingName, beside: [])
            if let module = modules.first(where: { $0.isPassedOn && $0.shape.id == entry.id }) { return module }
        }
        // Any other path may be an object's.
        guard current.byService["s3"] != nil else { return nil }
        return modules(signingAs: "s3", beside: []).first { $0.isPassedOn && $0.shape.id == "s3" }
    }

    /// Refuses a host that names the endpoint of another service, or another region: a server that goes by it would do
    /// something else, or elsewhere.
    func requireHost(_ host: String?, of service: ServiceModels.Entry, in region: String) throws(ServiceError) {
        // An address names nothing.
        guard let host, let first = host.utf8.first, !(0x30...0x39).contains(first), first != UInt8(ascii: "[") else {
            return
        }
        let labels = host.prefix { $0 != ":" }.lowercased().split(separator: ".").map(String.init)
        guard labels.count > 1 else { return }
        if let other = labels.first(where: { $0 != region && Regions.needsOptIn($0) != nil }) {
            throw ServiceError(
                "ValidationError",
                "The request is not passed on, since it can be read in two ways: it is signed for the region \(region), "
                    + "and its host names \(other).")
        }
        let own = Set(
            service.endpointPrefix.split(separator: ".").map(String.init) + [service.id, service.signingName])
        for label in labels where endpointLabels.contains(label) && !own.contains(label) {
            throw ServiceError(
                "ValidationError",
                "The request is not passed on, since it can be read in two ways: its host names the endpoint of another "
                    + "service, \(label).")
        }
    }

    /// Whether a request is for a queue of SQS's, by its path: anybody may be allowed to send to one.
    private static func isQueue(_ request: WireRequest) -> Bool {
        let parts = request.path.split(separator: "/")
        return parts.count == 2 && parts[0].utf8.count == 12 && parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private func module(
        _ entry: ServiceModels.Entry, _ route: Route, _ mapper: RequestMapper
    ) -> ServiceModule {
        ServiceModule(
            passingOn: entry.signingName, actionPrefix: entry.signingName, events: .ofOuterService(entry),
            signing: .rules(forService: entry.signingName), hasVirtualHosts: entry.id == "s3",
            admitsAnonymous: ["s3", "sqs", "sns"].contains(entry.id), usualBodyLimit: route.upstream.bodyLimit,
            // Once, for each request asks for it several times.
            shape: models.service(entry.id) ?? ServiceShape(schema: "service id=damaged protocol=json json=1.1")
        ) { [self] shape in
            shape.operationNames.compactMap { shape.operation(named: $0) }.map { operation in
                OuterOperation(operation, of: entry, at: route, mapper, self).erased
            }
        }
    }

    // MARK: Health

    /// Looks at the endpoints that have a path for that, again and again, until the task is cancelled.
    public func watchHealth() async {
        repeat {
            let log = log
            // One that hangs must not keep the others waiting.
            await withTaskGroup(of: Void.self) { group in
                for route in current.routes {
                    group.addTask {
                        guard await route.checkHealth() else { return }
                        if let problem = route.problem {
                            log.warning(
                                "the endpoint for \(route.name), \(route.upstream.address.url), is not well: \(problem)"
                            )
                        } else {
                            log.notice("the endpoint for \(route.name), \(route.upstream.address.url), is well")
                        }
                    }
                }
            }
        } while (try? await Task.sleep(for: .seconds(5))) != nil
    }

    public var resourceTypes: [ResourceType] { KeptResources.resourceTypes }

    public var analyzedResources: [AnalyzedResourceType] { KeptResources.analyzedTypes }

    public var metrics: [Metric] {
        [
            .upstreamRequests, .upstreamMicroseconds,
            .gauge(
                "gatehouse_upstream_up", "Whether an endpoint answers its health check; 1 where nobody looks.",
                label: "upstream"
            ) { [self] _ in
                current.routes.map { (label: $0.name, value: $0.problem == nil ? 1 : 0) }
            },
        ]
    }
}

extension Metric {
    static let upstreamRequests = Metric(
        "gatehouse_upstream_requests_total", "Requests that were passed on, by endpoint and status; 0 is no answer.",
        label: "upstream_status")
    static let upstreamMicroseconds = Metric(
        "gatehouse_upstream_microseconds_total", "How long endpoints took to begin their answers, together.",
        label: "upstream")
}

extension WebAddress {
    /// Whether it is this machine.
    fileprivate var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
