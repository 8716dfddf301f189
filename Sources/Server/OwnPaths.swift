import ACMService
import CognitoIDPService
import Console
import Edge
import Gate
import Keyring
import Ledger
import Platform
import TransportSecurity
import Wire

extension Gatehouse {
    /// What Gatehouse answers besides AWS's API.
    /// - Parameter movable: the scheduler of a Gatehouse in memory, which can be reset and whose clock can be moved
    ///   forward.
    static func ownPaths(
        _ environment: Environment, _ movable: Scheduler?, _ rotation: KeyringRotation?, _ console: Console
    ) -> [OwnPath] {
        [
            OwnPath("GET", "/health", for: .everybody) { _ in
                .json(200, #"{"status":"ok","version":"\#(Version.text)"}"#)
            },
            // For a balancer: whether requests are to be sent here.
            OwnPath("GET", "/ready", for: .everybody) { _ in
                do throws(LedgerError) {
                    try await environment.ledger.catchUp(toleratingAbsence: environment.toleratedAbsence)
                } catch {
                    let reason =
                        switch error.kind {
                        case .newerFormat: "the database asks for a newer version of Gatehouse than \(Version.text)"
                        case .sealed:
                            "the root key was rotated: start this server again with a copy of the new key file"
                        default: "the database can't be reached"
                        }
                    return .json(503, #"{"status":"not ready","reason":"\#(reason)"}"#)
                }
                return .json(200, #"{"status":"ready","version":"\#(Version.text)"}"#)
            },
            OwnPath("GET", "/metrics", for: .everybody) { _ in
                let metrics = await environment.metrics.text(environment)
                return WireResponse(
                    status: 200,
                    headers: [(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")],
                    body: Array((metrics + nodeMetrics(environment.ledger.nodeStatus)).utf8))
            },
            // For whoever is to trust the server: what is in there every client is shown.
            OwnPath("GET", "/_gatehouse/ca.pem", for: .everybody) { (_) throws(ServiceError) in
                guard let certificate = try await environment.localAuthorityCertificate() else {
                    throw ServiceError("NotFound", "This Gatehouse has no local authority.", status: 404)
                }
                return WireResponse(
                    status: 200, headers: [(name: "content-type", value: "application/x-pem-file")],
                    body: Array(certificate.utf8))
            },
            // With its private key: for `gatehouse certificate export`.
            OwnPath("POST", "/_gatehouse/certificates/export", for: .operator) { (request) throws(ServiceError) in
                let name = request.query.split(separator: "&").first { $0.hasPrefix("arn=") }
                let arn = name.flatMap { String($0.dropFirst(4)).percentDecoded } ?? ""
                guard let certificate = try await exportedCertificate(arn, environment) else {
                    throw ServiceError("NotFound", "The certificate \(arn) is not there, or not issued.", status: 404)
                }
                return .json(200, ExportedCertificate(certificate).json)
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
            // For a command that reads the data directory beside the server, and wants what was answered just now.
            OwnPath("POST", "/_gatehouse/flush", for: .operator) { (_) throws(ServiceError) in
                do throws(LedgerError) {
                    try await environment.ledger.flushEvents()
                } catch {
                    throw ServiceError(error)
                }
                return WireResponse(status: 204, headers: [], body: [])
            },
            OwnPath("GET", "/_gatehouse/keyring", for: .operator) { (_) throws(ServiceError) in
                .json(200, try onDisk(rotation).json())
            },
            OwnPath("POST", "/_gatehouse/keyring/rotate", for: .operator) { (request) throws(ServiceError) in
                let rotation = try onDisk(rotation)
                let endsSessions = request.query.split(separator: "&").contains("sessions=end")
                let isNew: Bool
                do throws(KeyringError) {
                    isNew = try rotation.start(endingSessions: endsSessions)
                } catch {
                    throw ServiceError("KeyringUnavailable", "\(error)", status: 503)
                }
                if isNew { try record("RotateRootKey", environment) }
                return .json(200, rotation.json(isNew: isNew))
            },
            OwnPath("POST", "/_gatehouse/user-pool-keys/rotate", for: .operator) { (request) throws(ServiceError) in
                let pool = request.query.split(separator: "&").first { $0.hasPrefix("pool=") }
                try await environment.rotateUserPoolKeys(pool.map { String($0.dropFirst(5)) } ?? "")
                try record("RotateUserPoolKeys", environment)
                return WireResponse(status: 204, headers: [], body: [])
            },
            OwnPath("POST", "/_gatehouse/reset", for: .operator) { (_) throws(ServiceError) in
                let scheduler = try inMemory(movable)
                do throws(LedgerError) { try await reset(environment) } catch { throw ServiceError(error) }
                console.forgetAttempts()
                try await scheduler.reset()
                try await environment.ensureServerCertificate(for: nil)
                return WireResponse(status: 204, headers: [], body: [])
            },
            OwnPath("GET", "/_gatehouse/clock", for: .operator) { _ in .json(200, clock(environment.clock)) },
            OwnPath("POST", "/_gatehouse/clock", for: .operator) { (request) throws(ServiceError) in
                let scheduler = try inMemory(movable)
                let seconds = try seconds(request.body)
                guard environment.clock.moved + seconds <= longestWay else {
                    throw .validation("The clock can be a hundred years ahead at most.")
                }
                await scheduler.advance(by: seconds)
                return .json(200, clock(environment.clock))
            },
        ]
    }

    /// What there is to tell of a shared database, in Prometheus's text form; nothing where there is none.
    private static func nodeMetrics(_ status: NodeStatus?) -> String {
        guard let status else { return "" }
        let metrics: [(name: String, help: String, type: String, value: String)] = [
            (
                "reachable", "Whether the shared database answered when it was asked last.", "gauge",
                status.isReachable ? "1" : "0"
            ),
            (
                "journal_entry", "The last entry of the journal that this node has taken in.", "gauge",
                "\(status.journalEntry)"
            ),
            (
                "lag_seconds", "How old the last change of another node was when it was taken in.", "gauge",
                "\(status.lag)"
            ),
            ("commits_total", "Transactions that this node has written.", "counter", "\(status.writing.commits)"),
            (
                "commit_seconds_total", "The time that they took, waiting for other nodes included.", "counter",
                "\(status.writing.seconds)"
            ),
            (
                "retries_total", "Transactions that were run again, since the database was away or busy.", "counter",
                "\(status.writing.retries)"
            ),
        ]
        return metrics.map { metric in
            let name = "gatehouse_database_" + metric.name
            return "# HELP \(name) \(metric.help)\n# TYPE \(name) \(metric.type)\n\(name) \(metric.value)\n"
        }.joined()
    }

    /// - Throws: ValidationError when the data is on disk: a request must not be able to delete it.
    private static func inMemory(_ movable: Scheduler?) throws(ServiceError) -> Scheduler {
        guard let movable else {
            throw .validation("Only a Gatehouse started with --in-memory can be reset, or its clock be moved.")
        }
        return movable
    }

    /// - Throws: ValidationError when the root key is not that of a data directory.
    private static func onDisk(_ rotation: KeyringRotation?) throws(ServiceError) -> KeyringRotation {
        guard let rotation else {
            throw .validation(
                "Only the root key of a data directory can be rotated; this Gatehouse was started with --in-memory or"
                    + " --database.")
        }
        return rotation
    }

    /// Notes in the first account's event history what its operator has done.
    private static func record(_ event: String, _ environment: Environment) throws(ServiceError) {
        guard let account = environment.directory.firstAccount else { return }
        do throws(LedgerError) {
            try environment.ledger.record(
                ServiceEvent(event, source: "gatehouse", account: account.id, time: environment.now()) { _ in }.event)
        } catch {
            throw ServiceError(error)
        }
    }

    /// How far the clock can be moved forward at a time, in seconds: ten years.
    private static let longestAdvance = 10.0 * 366 * 24 * 3600

    /// How far the clock can be moved in total, in seconds: a hundred years.
    private static let longestWay = 100.0 * 366 * 24 * 3600

    /// - Throws: ValidationError for a body that does not say how far to move the clock forward.
    private static func seconds(_ body: [UInt8]) throws(ServiceError) -> Double {
        let value: Double? =
            switch (try? JSONValue(parsing: body))?["advance"] {
            case .integer(let seconds): Double(seconds)
            case .double(let seconds): seconds
            default: nil
            }
        guard let value, value >= 0, value <= longestAdvance else {
            throw .validation(
                "The body must be {\"advance\": SECONDS}, with a number of seconds from 0 to \(Int(longestAdvance)).")
        }
        return value
    }

    private static func clock(_ clock: Clock) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", Timestamp(secondsSinceEpoch: clock.now).iso8601)
        writer.key("advanced")
        if let seconds = Int(exactly: clock.moved) { writer.integer(seconds) } else { writer.double(clock.moved) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
