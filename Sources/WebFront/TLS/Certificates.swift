import Logging
import NIOSSL
import Platform
import Synchronization
import TransportSecurity

/// A certificate that an application shows, and whom it asks for theirs.
final class ShownCertificate: Sendable {
    let certificate: PresentedCertificate
    let trust: ClientTrust?

    init(_ certificate: PresentedCertificate, trust: ClientTrust?) {
        self.certificate = certificate
        self.trust = trust
    }
}

/// The certificates for new connections, by the name that a client says it wants to reach. They are replaced when they are
/// renewed; connections that are open are not affected.
final class ShownCertificates: Sendable {
    private struct State {
        var table: ApplicationTable
        /// By the name of the application, in the order of its settings.
        var shown: [String: [ShownCertificate]] = [:]
        /// What each certificate was made from, by application and origin.
        var sources: [String: Source] = [:]
        /// What was said of certificates that can't be shown.
        var complaints: [String: String] = [:]
    }

    private struct Source {
        var chain: String
        var key: String
        let trust: ClientTrust?
        let shown: ShownCertificate
    }

    private let state: Mutex<State>
    private let log: Logger

    init(_ table: ApplicationTable, log: Logger) {
        state = Mutex(State(table: table))
        self.log = log
    }

    /// The certificate for a connection.
    /// - Parameter name: of the server, as the client's first message has it; nil: it has none.
    /// - Returns: nil: there is none to show.
    func shown(for name: String?) -> ShownCertificate? {
        state.withLock { state in
            let served = name.flatMap { ServedName($0) }
            func covers(_ one: ShownCertificate) -> Bool {
                served.map { name in one.certificate.names.contains { $0.covers(name) } } ?? false
            }
            // Its clients have to be who it trusts: no other application's certificate will do.
            if let name, let own = state.table.application(host: name.lowercased()),
                let shown = state.shown[own.settings.name], !shown.isEmpty
            {
                return shown.first(where: covers) ?? shown.first
            }
            let all = state.table.all.flatMap { state.shown[$0.settings.name] ?? [] }
            return all.first(where: covers) ?? all.first
        }
    }

    /// Looks whether there are new certificates, and takes them in. What can't be shown leaves the one before in use, and is
    /// said once.
    /// - Parameter time: seconds since 1970.
    func refresh(_ table: ApplicationTable, _ certificates: WebFront.Certificates, at time: Double) async {
        let before = state.withLock { $0.sources }
        var (shown, sources): ([String: [ShownCertificate]], [String: Source]) = ([:], [:])
        for application in table.all {
            let settings = application.settings
            var origins = settings.certificates.map { Origin.acm($0) }
            if let file = settings.certificateFile, let key = settings.keyFile { origins.append(.files(file, key)) }
            for origin in origins {
                let id = "\(settings.name) \(origin.name)"
                var source = before[id]
                if source?.trust != application.trust { source = nil }
                do throws(CertificateProblem) {
                    let (chain, key) = try await origin.read(certificates)
                    if source?.chain != chain || source?.key != key {
                        let certificate = try PresentedCertificate(
                            certificates: chain, from: origin.name, key: key, from: origin.keyName, at: time,
                            clientAuthorities: application.trust?.authorities ?? [])
                        let isNew = source == nil
                        source = Source(
                            chain: chain, key: key, trust: application.trust,
                            shown: ShownCertificate(certificate, trust: application.trust))
                        if !isNew {
                            log.notice("\(settings.name) shows a new certificate", metadata: ["from": "\(origin.name)"])
                        }
                    }
                    complain(id, nil)
                } catch {
                    complain(id, "\(error)")
                }
                guard let source else { continue }
                sources[id] = source
                shown[settings.name, default: []].append(source.shown)
            }
        }
        state.withLock { state in
            (state.table, state.shown, state.sources) = (table, shown, sources)
        }
    }

    private func complain(_ id: String, _ problem: String?) {
        let isNew = state.withLock { state in
            defer { state.complaints[id] = problem }
            return problem != nil && state.complaints[id] != problem
        }
        if isNew, let problem { log.error("a certificate can't be shown: \(problem)", metadata: ["for": "\(id)"]) }
    }
}

/// Where a certificate comes from.
private enum Origin {
    case acm(String)
    case files(String, String)

    var name: String {
        switch self {
        case .acm(let arn): arn
        case .files(let certificate, _): certificate
        }
    }

    var keyName: String {
        switch self {
        case .acm(let arn): arn
        case .files(_, let key): key
        }
    }

    func read(_ certificates: WebFront.Certificates) async throws(CertificateProblem) -> (chain: String, key: String) {
        switch self {
        case .files(let certificate, let key):
            return try (CertificateFiles.text(of: certificate), CertificateFiles.text(of: key))
        case .acm(let arn):
            do {
                if let found = try await certificates(arn) { return found }
            } catch { throw CertificateProblem("\(arn) can't be read: \(error)") }
            throw CertificateProblem("\(arn) is no certificate that is issued and has a key here")
        }
    }
}
