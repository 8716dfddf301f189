import Intake
public import Logging
import NIOCore
import NIOPosix
public import Platform
public import ServiceLifecycle
import Synchronization
import WAF

/// A reverse proxy before the operator's own web applications: what an Application Load Balancer is, as far as security needs
/// one.
///
/// Each request is read without forbearance, screened, and passed on to one of the application's servers; the answer comes
/// back as it is made. Everything of one request happens on one event loop, and nothing but what is on its way is in memory.
public final class WebFront: Service {
    /// Where it listens, and for whom.
    public struct Place: Sendable {
        /// The address to listen on.
        public var address: String
        /// For HTTP; 0 picks a free one.
        public var port: Int
        /// For HTTPS, which is spoken where an application has a certificate.
        public var securePort: Int
        /// Reads the operator's file.
        public var read: @Sendable () throws(WebFrontProblem) -> WebFrontFile

        /// - Parameters: see the properties.
        public init(
            address: String, port: Int, securePort: Int,
            read: @escaping @Sendable () throws(WebFrontProblem) -> WebFrontFile
        ) {
            self.address = address
            self.port = port
            self.securePort = securePort
            self.read = read
        }
    }

    /// The ports that are listened on.
    public struct Ports: Sendable {
        /// The address that it is listened on there, in numbers; nil: the system does not tell.
        public let address: String?
        /// For HTTP.
        public let http: Int
        /// nil: HTTPS is not spoken.
        public let https: Int?
    }

    /// Where a certificate of ACM's comes from, by its ARN: the chain and the key in PEM; nil: there is none to show.
    public typealias Certificates = @Sendable (_ arn: String) async throws -> (chain: String, key: String)?

    private struct State {
        var table: ApplicationTable
        var doors: [Door] = []
        /// Who wants to know of a port that is listened on later.
        var told: (@Sendable (Ports) async -> Void)?
    }

    let place: Place
    let environment: Environment
    let shared: FrontShared
    let log: Logger
    private let account: String
    private let loops: [ObjectIdentifier: NIOLoopBound<FrontLoop>]
    let connections: Connections
    let certificates: ShownCertificates
    let source: Certificates
    private let state: Mutex<State>
    private let (tables, newTables): (AsyncStream<ApplicationTable>, AsyncStream<ApplicationTable>.Continuation)

    /// Reads the operator's file.
    /// - Parameters:
    ///   - account: in whose name the applications' ARNs are.
    ///   - certificates: where certificates of ACM's come from.
    ///   - screener: what stands between clients and applications; nil: nothing.
    ///   - guardian: who is told of the traffic; nil: nobody.
    ///   - limits: on what clients can use up.
    /// - Throws: ``WebFrontProblem``, in words for the operator.
    public init(
        _ place: Place, _ environment: Environment, account: String, certificates: @escaping Certificates,
        screener: (any Screener)? = nil, guardian: (any TrafficGuard)? = nil, limits: WebFrontLimits = WebFrontLimits(),
        log: Logger
    ) async throws(WebFrontProblem) {
        self.place = place
        self.environment = environment
        self.account = account
        self.log = log
        shared = FrontShared(
            screener: screener, guardian: guardian, limits: limits, counters: FrontCounters(environment.metrics),
            log: log)
        connections = Connections(limits.ofConnections, log: log)
        let table = try ApplicationTable(try place.read(), account: account, region: environment.region, before: nil)
        state = Mutex(State(table: table))
        self.certificates = ShownCertificates(table, log: log)
        source = certificates
        (tables, newTables) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        var loops: [ObjectIdentifier: NIOLoopBound<FrontLoop>] = [:]
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
            let made = try? await loop.submit { [shared] in
                let front = FrontLoop(loop, shared, table)
                front.start()
                return NIOLoopBound(front, eventLoop: loop)
            }.get()
            loops[ObjectIdentifier(loop)] = made
        }
        self.loops = loops
        newTables.yield(table)
        announce(table)
        await refreshCertificates()
    }

    /// The applications as they are now.
    var table: ApplicationTable { state.withLock { $0.table } }

    private func announce(_ table: ApplicationTable) {
        environment.applications.replace(with: table.all.map(\.fronted))
        for application in table.all {
            log.info(
                "the web front stands before \(application.fronted.name)",
                metadata: ["arn": "\(application.fronted.arn)"])
        }
    }

    /// Begins to listen. Requests are answered from then on.
    /// - Throws: ``ListenProblem`` when a port can't be listened on.
    public func listen() async throws(ListenProblem) -> Ports {
        environment.applications.show(metrics)
        let http = try await open(place.port, isSecure: false) { [self] channel, port in try setUp(channel, port: port)
        }
        do throws(ListenProblem) {
            _ = try await openSecure()
            return ports(http)
        } catch {
            http.channel.close(promise: nil)
            throw error
        }
    }

    /// Tells of the ports when another one is listened on. One at a time can be told.
    public func whenPortsChange(_ tell: @escaping @Sendable (Ports) async -> Void) {
        state.withLock { $0.told = tell }
    }

    private func ports(_ http: Door) -> Ports {
        let secure = state.withLock { $0.doors.first(where: \.isSecure) }
        return Ports(address: http.address, http: http.port, https: secure?.port)
    }

    /// Listens for HTTPS, if an application has a certificate, and nobody does yet.
    private func openSecure() async throws(ListenProblem) -> Door? {
        guard table.all.contains(where: \.settings.hasCertificate) else { return nil }
        if let door = state.withLock({ $0.doors.first(where: \.isSecure) }) { return door }
        return try await open(place.securePort, isSecure: true) { [self] channel, port in
            try setUpSecure(channel, port: port)
        }
    }

    private func open(
        _ port: Int, isSecure: Bool, setUp: @escaping @Sendable (_ channel: any Channel, _ port: Int) throws -> Void
    ) async throws(ListenProblem) -> Door {
        let door = try await Door.open(place.address, port, isSecure: isSecure, setUp)
        state.withLock { $0.doors.append(door) }
        return door
    }

    /// Serves until it is told to stop; then it lets the requests that have begun finish, if they do so in time.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown { [self] in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.watchHealth() }
                    group.addTask { await self.reloadOnSignal() }
                    group.addTask { await self.watchCertificates() }
                }
            }
        } onGracefulShutdown: {
        }
        await stop()
    }

    /// Takes no more connections, and ends when those that are open have ended, or their time is over.
    func stop() async {
        newTables.finish()
        let doors = state.withLock { $0.doors }
        for door in doors { door.close() }
        let end = ContinuousClock.now + .seconds(shared.limits.stopSeconds)
        while ContinuousClock.now < end, await !isQuiet { try? await Task.sleep(for: .milliseconds(50)) }
        for own in loops.values { try? await own.onLoop { $0.stop() } }
    }

    private var isQuiet: Bool {
        get async {
            for own in loops.values where (try? await own.onLoop { $0.isQuiet }) == false { return false }
            return true
        }
    }

    // MARK: The operator's file

    /// Takes in what the file says now. Requests that are under way are not affected.
    func reload() async {
        do throws(WebFrontProblem) {
            let before = table
            let table = try ApplicationTable(
                try place.read(), account: account, region: environment.region, before: before)
            state.withLock { $0.table = table }
            for own in loops.values { try? await own.onLoop { $0.applications = table } }
            announce(table)
            await refreshCertificates()
            newTables.yield(table)
            log.notice("the web front's applications are read anew", metadata: ["count": "\(table.all.count)"])
            await openSecureLate()
        } catch {
            log.error("the web front's applications stay as they are: \(error)")
        }
    }

    /// The first application that has a certificate may have it from now on.
    private func openSecureLate() async {
        let isOpen = state.withLock { $0.doors.contains(where: \.isSecure) }
        do throws(ListenProblem) {
            guard !isOpen, let door = try await openSecure() else { return }
            log.notice("the web front listens for HTTPS, too", metadata: ["port": "\(door.port)"])
            let (http, tell) = state.withLock { ($0.doors.first { !$0.isSecure }, $0.told) }
            if let http { await tell?(ports(http)) }
        } catch {
            log.error("the web front can't listen for HTTPS at port \(error.port): \(error.cause)")
        }
    }

    /// Tells of the applications, each time that they have changed.
    func forEachTable(_ work: @escaping @Sendable (ApplicationTable) async -> Void) async {
        var task: Task<Void, Never>?
        for await table in tables {
            task?.cancel()
            task = Task { await work(table) }
        }
        task?.cancel()
    }

    // MARK: A connection

    /// - Throws: when there is no room for another connection, so that it is closed.
    private func setUp(_ channel: any Channel, port: Int) throws {
        let (connection, front) = try admit(channel)
        let info = ClientInfo(address: connection.address, isSecure: false, port: port)
        try channel.pipeline.syncOperations.addHandler(HTTP1Handler(front, info, connection))
    }

    func admit(_ channel: any Channel) throws -> (Connection, FrontLoop) {
        guard let address = clientAddress(of: channel), let front = loops[ObjectIdentifier(channel.eventLoop)]?.value
        else {
            throw ChannelError.ioOnClosedChannel
        }
        if let guardian = shared.guardian, let ip = IPAddress(address) {
            guard guardian.admitsConnection(from: ip) else { throw ChannelError.ioOnClosedChannel }
            guardian.saw(.connection, from: ip, for: nil)
        }
        guard let connection = connections.admit(channel, from: address) else {
            if let ip = IPAddress(address) { shared.guardian?.saw(.refused, from: ip, for: nil) }
            throw ChannelError.ioOnClosedChannel
        }
        return (connection, front)
    }
}

extension NIOLoopBound where Value == FrontLoop {
    /// Does something on the loop.
    fileprivate func onLoop<Result: Sendable>(_ work: @escaping @Sendable (FrontLoop) -> Result) async throws -> Result
    {
        try await eventLoop.submit { work(self.value) }.get()
    }
}
