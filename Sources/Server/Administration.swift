import Ledger
import Platform
import Wire

/// The paths of Gatehouse's own: its health, its metrics, and the reset of a Gatehouse in memory.
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
        WireResponse(
            status: status, headers: [(name: "content-type", value: "application/json")], body: Array(text.utf8))
    }
}
