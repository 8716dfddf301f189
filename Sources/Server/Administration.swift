import Ledger
import OIDC
public import Platform
import Wire

/// The paths of Gatehouse's own: its health, its metrics, access keys for root users, the outbox, the documents of its
/// token issuers, and the reset of a Gatehouse in memory.
public struct Administration: Sendable {
    private let environment: Environment
    /// Wipes everything but the root user's credentials; nil outside memory mode, where the path does not exist.
    private let reset: (@Sendable () async throws(LedgerError) -> Void)?

    public init(_ environment: Environment, reset: (@Sendable () async throws(LedgerError) -> Void)?) {
        self.environment = environment
        self.reset = reset
    }

    /// nil when the path is none of these.
    func respond(to arrival: Arrival, _ pipeline: Pipeline) async -> WireResponse? {
        switch (arrival.request.method, arrival.request.path) {
        case ("GET", "/health"):
            return Self.json(200, #"{"status":"ok","version":"\#(Version.text)"}"#)
        case ("GET", "/metrics"):
            return WireResponse(
                status: 200, headers: [(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")],
                body: Array(pipeline.metrics.text.utf8))
        case ("GET", "/_gatehouse/outbox"):
            return await asOperator(arrival, pipeline) { () throws(ServiceError) in
                // The mail of all accounts is there.
                do throws(LedgerError) {
                    return Self.json(200, Outbox.json(try await Outbox.mail(in: environment.ledger)))
                } catch {
                    throw ServiceError(error)
                }
            }
        case ("POST", "/_gatehouse/reset"):
            guard let reset else { return nil }
            return await asOperator(arrival, pipeline) { () throws(ServiceError) in
                do throws(LedgerError) { try await reset() } catch { throw ServiceError(error) }
                return WireResponse(status: 204, headers: [], body: [])
            }
        case ("POST", "/_gatehouse/root-key"):
            return await asOperator(arrival, pipeline) { () throws(ServiceError) in
                let account = arrival.request.query.split(separator: "&").first { $0.hasPrefix("account=") }
                let key = try await RootKey.make(account.map { String($0.dropFirst(8)) }, environment)
                return Self.json(200, key.json)
            }
        case ("GET", let path) where path.hasPrefix(PublicAddress.issuersPath):
            return Self.issuer(path, environment)
        default:
            return nil
        }
    }

    /// The documents of the issuers of outbound tokens: for everybody, since who is shown a token verifies it by them.
    private static func issuer(_ path: String, _ environment: Environment) -> WireResponse {
        let parts = path.dropFirst(PublicAddress.issuersPath.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let notFound = json(404, #"{"error":"not_found"}"#)
        guard parts.count == 2, let federation = environment.directory.outboundFederation(issuerID: String(parts[0]))
        else { return notFound }
        do {
            switch parts[1] {
            case ".well-known/openid-configuration":
                let issuer = environment.publicAddress.issuer(id: federation.issuerID)
                return json(200, try TokenIssuer.discoveryDocument(issuer: issuer))
            case ".well-known/jwks.json":
                return json(200, try TokenIssuer(keys: federation.keys).keySet())
            default:
                return notFound
            }
        } catch {
            return json(500, #"{"error":"server_error"}"#)
        }
    }

    /// For the first account's root user alone, who owns Gatehouse, with a signature like any other request's.
    private func asOperator(
        _ arrival: Arrival, _ pipeline: Pipeline, _ body: () async throws(ServiceError) -> WireResponse
    ) async -> WireResponse {
        let routed = pipeline.route(arrival)
        do throws(ServiceError) {
            let caller = try pipeline.caller(of: routed)
            // With its own key: a session of AssumeRoot is of somebody else, for one task.
            guard case .root = caller.identity, caller.session == nil,
                caller.accountID == environment.directory.firstAccount?.id
            else {
                throw .accessDenied(
                    "Only the root user of Gatehouse's first account may do this; this is \(caller.arn).")
            }
            return try await body()
        } catch {
            return pipeline.encode(error, for: routed)
        }
    }

    private static func json(_ status: Int, _ text: String) -> WireResponse {
        json(status, Array(text.utf8))
    }

    private static func json(_ status: Int, _ body: [UInt8]) -> WireResponse {
        WireResponse(status: status, headers: [(name: "content-type", value: "application/json")], body: body)
    }
}
