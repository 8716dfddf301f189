import Fetch
import Platform
import Signature
import Synchronization

/// One endpoint, with the way there.
final class Route: Sendable {
    let upstream: Upstream
    let client: EndpointClient
    let outwards: AccountMapping
    let inwards: AccountMapping
    /// Asks how the endpoint is.
    private let healthClient: EndpointClient
    /// Why the endpoint is not asked at the moment; nil: it is well.
    private let sickness = Mutex<String?>(nil)
    /// What metrics and messages call it: `dynamodb`, `sqs,sns`, `*`.
    let name: String
    /// Where the endpoint is, as it is written: `http://127.0.0.1:8000`.
    let url: String
    /// What requests to it are signed with.
    let signingKeys = SigningKeyCache(capacity: 1024)
    private let counts = Mutex(Counts())

    /// Where its exchanges are counted.
    private struct Counts {
        /// Whose the counters are.
        var metrics: Metrics?
        /// By status, of which an endpoint has a few.
        var exchanges: [(status: Int, counter: Metrics.Counter)] = []
        var microseconds: Metrics.Counter?
    }

    /// - Throws: ``UpstreamsProblem`` for authorities that can't be read.
    init(_ upstream: Upstream, trust: ServerTrust) throws(UpstreamsProblem) {
        self.upstream = upstream
        url = upstream.address.url
        name = upstream.services.isEmpty ? "*" : upstream.services.joined(separator: ",")
        var limits = EndpointClient.Limits()
        limits.connection = upstream.connectTimeout
        limits.silence = upstream.timeout
        let accepted: ServerTrust?
        switch upstream.verification {
        case .system: accepted = trust
        case .none: accepted = nil
        case .authorities(let file): accepted = ServerTrust(authorities: try AuthoritiesFile.read(file))
        }
        do throws(FetchError) {
            client = try EndpointClient(upstream.address, trust: accepted, limits: limits)
            limits.connection = min(limits.connection, .seconds(5))
            limits.silence = min(limits.silence, .seconds(5))
            healthClient = try EndpointClient(upstream.address, trust: accepted, limits: limits)
        } catch {
            throw UpstreamsProblem("TLS can't be set up for \(upstream.address.url): \(error)")
        }
        outwards = .outwards(upstream.accounts)
        inwards = .inwards(upstream.accounts)
    }

    /// Why the endpoint is not asked at the moment; nil: it is well, or nobody looks.
    var problem: String? { sickness.withLock { $0 } }

    /// Counts an exchange.
    /// - Parameters:
    ///   - status: of the answer; 0: there was none.
    ///   - microseconds: until it began.
    func count(_ status: Int, microseconds: Int, in metrics: Metrics) {
        counts.withLock { counts in
            if counts.metrics !== metrics { counts = Counts(metrics: metrics) }
            let exchanges: Metrics.Counter
            if let known = counts.exchanges.first(where: { $0.status == status }) {
                exchanges = known.counter
            } else {
                exchanges = metrics.counter(.upstreamRequests, "\(name) \(status)")
                counts.exchanges.append((status, exchanges))
            }
            exchanges.add(1)
            let all = counts.microseconds ?? metrics.counter(.upstreamMicroseconds, name)
            counts.microseconds = all
            all.add(microseconds)
        }
    }

    /// Looks whether the endpoint is well.
    /// - Returns: whether that has changed.
    func checkHealth() async -> Bool {
        guard let path = upstream.healthPath else { return false }
        let request = EndpointClient.Request(
            "GET", path, headers: [(name: "Host", value: upstream.address.authority)], body: .bytes([]))
        var found: String?
        do throws(EndpointError) {
            let answer = try await healthClient.send(request)
            if case .stream(let body) = answer.body { body.stop() }
            if answer.status >= 400 { found = "\(path) answers with status \(answer.status)" }
        } catch {
            found = "\(error)"
        }
        return sickness.withLock { sickness in
            defer { sickness = found }
            return (sickness == nil) != (found == nil)
        }
    }
}

/// Why the endpoints can't be used as they are described; for the operator.
public struct UpstreamsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension WebAddress {
    /// As it is written: `http://127.0.0.1:8000`.
    var url: String { (isSecure ? "https://" : "http://") + authority }
}
