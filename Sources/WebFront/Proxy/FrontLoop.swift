import FoundationEssentials
import Logging
import NIOCore
import Platform
import Synchronization

/// Who looks once a second whether something takes too long.
protocol Ticking: AnyObject {
    func tick(_ now: NIODeadline)
}

/// What all event loops share.
final class FrontShared: Sendable {
    let screener: (any Screener)?
    let guardian: (any TrafficGuard)?
    let limits: WebFrontLimits
    let counters: FrontCounters
    let log: Logger
    /// When something was said of a server last, in seconds since 1970, by its address.
    private let told = Mutex<[String: Double]>([:])

    init(
        screener: (any Screener)?, guardian: (any TrafficGuard)?, limits: WebFrontLimits, counters: FrontCounters,
        log: Logger
    ) {
        self.screener = screener
        self.guardian = guardian
        self.limits = limits
        self.counters = counters
        self.log = log
    }

    /// Tells the operator why TLS with a server failed, once a minute.
    func complain(of target: Target, _ error: any Error, at time: Double) {
        let address = target.address.authority
        let isDue = told.withLock { told in
            if let last = told[address], time - last < 60 { return false }
            told[address] = time
            return true
        }
        guard isDue else { return }
        log.warning("TLS with an application's server failed: \(error)", metadata: ["server": "\(address)"])
    }

    /// Takes note that there was no room for a stream.
    /// - Returns: whether its client may have more refused; else its connection is closed.
    func admitsRefusal(of client: ClientInfo) -> Bool {
        guard admitsStray(from: client) else { return false }
        if let guardian, let ip = client.ip { guardian.saw(.refused, from: ip, for: nil) }
        return true
    }

    /// Whether a request is answered that is for no application, or that is none.
    func admitsStray(from client: ClientInfo) -> Bool {
        guard let guardian, let ip = client.ip, !guardian.admitsStray(from: ip) else { return true }
        guardian.saw(.refused, from: ip, for: nil)
        return false
    }
}

/// The proxy's part on one event loop: everything of one request happens on one.
final class FrontLoop {
    let loop: any EventLoop
    let shared: FrontShared
    /// The applications as the operator's file has them now.
    @exclusivity(unchecked) var applications: ApplicationTable
    /// As of the last tick.
    @exclusivity(unchecked) private(set) var now = NIODeadline.now()
    /// In seconds since 1970, as of the last tick.
    @exclusivity(unchecked) private(set) var time = Date().timeIntervalSince1970
    @exclusivity(unchecked) private var ticking: [ObjectIdentifier: any Ticking] = [:]
    /// Connections to applications on which nothing is under way; the last is the one that was used last.
    @exclusivity(unchecked) private var idle: [ObjectIdentifier: [UpstreamConnection]] = [:]
    @exclusivity(unchecked) private var random: [UInt8] = []
    @exclusivity(unchecked) private var tick: RepeatedTask?

    /// The most idle connections to one target that a loop keeps.
    private static let mostIdle = 128

    init(_ loop: any EventLoop, _ shared: FrontShared, _ applications: ApplicationTable) {
        self.loop = loop
        self.shared = shared
        self.applications = applications
    }

    func start() {
        let own = NIOLoopBound(self, eventLoop: loop)
        tick = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in own.value.tickAll() }
    }

    func stop() {
        tick?.cancel()
        tick = nil
        for connection in idle.values.joined() { connection.close() }
        idle = [:]
    }

    /// How many requests and connections are looked after.
    var isQuiet: Bool { ticking.isEmpty }

    func add(_ one: any Ticking) { ticking[ObjectIdentifier(one)] = one }

    func remove(_ one: any Ticking) { ticking[ObjectIdentifier(one)] = nil }

    private func tickAll() {
        now = .now()
        time = Date().timeIntervalSince1970
        for one in Array(ticking.values) { one.tick(now) }
        for connection in idle.values.joined()
        where connection.since + .seconds(shared.limits.idleTargetSeconds) < now { connection.close() }
    }

    // MARK: Idle connections

    /// A connection to a target that is open already.
    func takeIdle(_ target: Target) -> UpstreamConnection? { idle[ObjectIdentifier(target)]?.popLast() }

    /// Keeps a connection for the next request.
    func keep(_ connection: UpstreamConnection) {
        let id = ObjectIdentifier(connection.target)
        guard idle[id, default: []].count < Self.mostIdle, applications.has(connection.target), tick != nil else {
            return connection.close()
        }
        idle[id, default: []].append(connection)
    }

    /// Forgets a connection that has come to its end.
    func forget(_ connection: UpstreamConnection) {
        idle[ObjectIdentifier(connection.target)]?.removeAll { $0 === connection }
    }

    // MARK: Trace IDs

    /// A trace ID as an Application Load Balancer makes them: `1-67891233-abcdef012345678912345678`.
    func makeTraceID() -> String {
        if random.count < 12 { random = (0..<510).flatMap { _ in Self.bytes(.random(in: .min ... .max)) } }
        var text: [UInt8] = [0x31, 0x2D]
        text.reserveCapacity(35)
        let seconds = UInt32(truncatingIfNeeded: Int64(time))
        for shift in [24, 16, 8, 0] { Self.append(UInt8(truncatingIfNeeded: seconds >> UInt32(shift)), &text) }
        text.append(0x2D)
        for byte in random.suffix(12) { Self.append(byte, &text) }
        random.removeLast(12)
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
    }

    private static func append(_ byte: UInt8, _ text: inout [UInt8]) {
        for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
}
