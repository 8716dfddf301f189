import Ledger
import Logging
import Platform
import Policy
import Signature
public import Wire

/// The way of a request, from bytes to bytes:
///
/// ```
/// route → authenticate → decode → identify → authorise → handle → record → encode
/// ```
///
/// Each step is a file of its own, and gives a type that no other file can make: `Routed`, `Authenticated`, `Decoded`,
/// `Identified`, `Permit`, `Outcome`. So none can be left out.
public struct Pipeline: Sendable {
    let environment: Environment
    let audit: Audit
    let verifier: SignatureVerifier
    let metrics: Metrics
    let log: Logger

    /// When an answer that changes nothing may be sent.
    public enum Audit: String, Sendable, CaseIterable {
        /// Its event is taken, and written within a second.
        case batched
        /// Its event is on disk.
        case strict
    }

    public init(environment: Environment, audit: Audit, metrics: Metrics, log: Logger) {
        self.environment = environment
        self.audit = audit
        verifier = SignatureVerifier()
        self.metrics = metrics
        self.log = log
    }

    /// Answers a request to the AWS API.
    public func respond(to arrival: Arrival) async -> WireResponse {
        let routed = route(arrival)
        do throws(ServiceError) {
            let authenticated = try authenticate(routed)
            let attempt = await attempt(authenticated)
            let outcome = await record(attempt)
            return encode(outcome)
        } catch {
            // Nobody is known to have called, so there is nobody in whose history it could stand.
            return encode(error, for: routed)
        }
    }

    /// From the proof of who calls to what came of it; every way through here is recorded.
    private func attempt(_ authenticated: Authenticated) async -> Attempt {
        var attempt = Attempt(authenticated)
        do throws(ServiceError) {
            let decoded = try decode(authenticated)
            attempt.decoded = decoded
            attempt.noteUse(environment)
            let identified = try await identify(decoded)
            attempt.identified = identified
            let permit = try await authorise(identified, decisions: &attempt.decisions)
            await handle(permit, &attempt)
        } catch {
            if attempt.decoded == nil { attempt.noteUse(environment) }
            attempt.result = .failure(error)
        }
        return attempt
    }
}

/// A request as it came in from the network.
public struct Arrival: Sendable {
    public var request: WireRequest
    /// UUID version 7.
    public var requestID: String
    /// Seconds since 1970.
    public var time: Double
    public var sourceIP: String
    public var isSecureTransport: Bool

    public init(request: WireRequest, requestID: String, time: Double, sourceIP: String, isSecureTransport: Bool) {
        self.request = request
        self.requestID = requestID
        self.time = time
        self.sourceIP = sourceIP
        self.isSecureTransport = isSecureTransport
    }
}
