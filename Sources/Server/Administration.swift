import Ledger
import OIDC
import Platform
import Wire

/// The paths of Gatehouse's own: its health, its metrics, the documents of its token issuers, and the reset of a
/// Gatehouse in memory.
public struct Administration: Sendable {
    /// Wipes everything but the root user's credentials; nil outside memory mode, where the path does not exist.
    private let reset: (@Sendable () async throws(LedgerError) -> Void)?

    public init(reset: (@Sendable () async throws(LedgerError) -> Void)?) {
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
            return await outbox(arrival, pipeline)
        case ("POST", "/_gatehouse/reset"):
            guard let reset else { return nil }
            return await self.reset(reset, arrival, pipeline)
        case ("GET", let path) where path.hasPrefix(PublicAddress.issuersPath):
            return Self.issuer(path, pipeline.environment)
        default:
            return nil
        }
    }

    /// For the root user of this Gatehouse's own account, who is its operator: the mail of all accounts is there.
    private func outbox(_ arrival: Arrival, _ pipeline: Pipeline) async -> WireResponse {
        let routed = pipeline.route(arrival)
        do throws(ServiceError) {
            let caller = try pipeline.caller(of: routed)
            let environment = pipeline.environment
            guard case .root = caller.identity, caller.accountID == environment.directory.firstAccount?.id else {
                throw .accessDenied(
                    "Only the root user of this Gatehouse's own account may read its outbox; this is \(caller.arn).")
            }
            do throws(LedgerError) {
                return Self.json(200, Outbox.json(try await Outbox.mail(in: environment.ledger)))
            } catch {
                throw ServiceError(error)
            }
        } catch {
            return pipeline.encode(error, for: routed)
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

    /// For the root user alone, with a signature like any other request's.
    private func reset(
        _ reset: @Sendable () async throws(LedgerError) -> Void, _ arrival: Arrival, _ pipeline: Pipeline
    ) async -> WireResponse {
        let routed = pipeline.route(arrival)
        do throws(ServiceError) {
            let caller = try pipeline.caller(of: routed)
            guard case .root = caller.identity else {
                throw .accessDenied("Only the root user may reset Gatehouse; this is \(caller.arn).")
            }
            do throws(LedgerError) { try await reset() } catch { throw ServiceError(error) }
            return WireResponse(status: 204, headers: [], body: [])
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
