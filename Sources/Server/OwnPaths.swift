import Edge
import Gate
import Ledger
import Platform
import Wire

extension Gatehouse {
    /// What Gatehouse answers besides AWS's API. In memory it can be reset.
    static func ownPaths(_ environment: Environment, _ metrics: Metrics, isInMemory: Bool) -> [OwnPath] {
        var paths = [
            OwnPath("GET", "/health", for: .everybody) { _ in
                .json(200, #"{"status":"ok","version":"\#(Version.text)"}"#)
            },
            OwnPath("GET", "/metrics", for: .everybody) { _ in
                WireResponse(
                    status: 200,
                    headers: [(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")],
                    body: Array(metrics.text.utf8))
            },
            // The mail of all accounts is there.
            OwnPath("GET", "/_gatehouse/outbox", for: .operator) { (_) throws(ServiceError) in
                do throws(LedgerError) {
                    return .json(200, Outbox.json(try await Outbox.mail(in: environment.ledger)))
                } catch {
                    throw ServiceError(error)
                }
            },
            OwnPath("POST", "/_gatehouse/root-key", for: .operator) { (request) throws(ServiceError) in
                let account = request.query.split(separator: "&").first { $0.hasPrefix("account=") }
                let key = try await RootKey.make(account.map { String($0.dropFirst(8)) }, environment)
                return .json(200, key.json)
            },
        ]
        if isInMemory {
            paths.append(
                OwnPath("POST", "/_gatehouse/reset", for: .operator) { (_) throws(ServiceError) in
                    do throws(LedgerError) { try await reset(environment) } catch { throw ServiceError(error) }
                    return WireResponse(status: 204, headers: [], body: [])
                })
        }
        return paths
    }
}
