import Fetch
import NIOCore
import NIOSSL
import Platform
import Synchronization

/// A server of an application's.
final class Target: Sendable {
    enum Health: UInt8 { case initial, healthy, unhealthy }

    let address: WebAddress
    /// Where the host is an address, and need not be looked up.
    let socketAddress: SocketAddress?
    /// nil: it is plain HTTP.
    let tls: NIOSSLContext?
    /// Requests that are under way there.
    let outstanding = Atomic(0)
    private let state: Atomic<UInt8>

    init(_ address: WebAddress, tls: NIOSSLContext?, isChecked: Bool) {
        self.address = address
        self.tls = tls
        socketAddress = try? SocketAddress(ipAddress: address.host, port: address.port)
        state = Atomic((isChecked ? Health.initial : .healthy).rawValue)
    }

    var health: Health {
        get { Health(rawValue: state.load(ordering: .relaxed)) ?? .initial }
        set { state.store(newValue.rawValue, ordering: .relaxed) }
    }
}

/// An application with its servers.
final class Application: Sendable {
    let settings: ApplicationSettings
    let fronted: FrontedApplication
    let targets: [Target]
    /// Who vouches for its clients; nil: they need show no certificate.
    let trust: ClientTrust?
    private let turn = Atomic(0)

    init(_ settings: ApplicationSettings, _ fronted: FrontedApplication, _ targets: [Target], trust: ClientTrust?) {
        self.settings = settings
        self.fronted = fronted
        self.targets = targets
        self.trust = trust
    }

    /// The target whose turn it is. Unhealthy ones are left out, unless all are: then, as with an Application Load Balancer,
    /// each has its turn.
    /// - Parameter tried: which are left out, too.
    /// - Returns: nil: all were tried.
    func pick(besides tried: [Target]) -> Target? {
        if targets.count == 1 { return tried.isEmpty ? targets[0] : nil }
        var candidates = targets.filter { $0.health == .healthy }
        if candidates.isEmpty { candidates = targets }
        candidates.removeAll { one in tried.contains { $0 === one } }
        guard !candidates.isEmpty else { return nil }
        let (start, _) = turn.wrappingAdd(1, ordering: .relaxed)
        let first = candidates[Int(UInt(bitPattern: start) % UInt(candidates.count))]
        guard settings.algorithm == .leastOutstanding else { return first }
        var best = (first, first.outstanding.load(ordering: .relaxed))
        for target in candidates {
            let count = target.outstanding.load(ordering: .relaxed)
            if count < best.1 { best = (target, count) }
        }
        return best.0
    }
}

/// The applications by the hosts that they answer to. What a file says is read once into one of these.
final class ApplicationTable: Sendable {
    /// In the order of the file.
    let all: [Application]
    private let exact: [String: Application]
    /// By what follows the `*`, the longest first.
    private let wildcards: [(suffix: String, application: Application)]
    /// Which has all hosts that no other has.
    private let rest: Application?
    private let targets: Set<ObjectIdentifier>

    init(_ all: [Application]) {
        self.all = all
        var exact: [String: Application] = [:]
        var wildcards: [(suffix: String, application: Application)] = []
        for application in all {
            for host in application.settings.hosts {
                if host.hasPrefix("*") {
                    wildcards.append((String(host.dropFirst()), application))
                } else {
                    exact[host] = exact[host] ?? application
                }
            }
        }
        self.exact = exact
        self.wildcards = wildcards.sorted { $0.suffix.utf8.count > $1.suffix.utf8.count }
        rest = all.first { $0.settings.hosts.isEmpty }
        targets = Set(all.flatMap(\.targets).map { ObjectIdentifier($0) })
    }

    /// - Parameter host: in lower case, without a port.
    func application(host: String) -> Application? {
        if let application = exact[host] { return application }
        for wildcard in wildcards where host.hasSuffix(wildcard.suffix) && host.utf8.count > wildcard.suffix.utf8.count
        {
            return wildcard.application
        }
        return rest
    }

    func has(_ target: Target) -> Bool { targets.contains(ObjectIdentifier(target)) }
}
