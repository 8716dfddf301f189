import FoundationEssentials
import Ledger
import Platform
import Synchronization
import Wire

/// Lines that wait to be written: to the ledger, from where the scheduler delivers them, and to the operator's file.
///
/// As on AWS, a request does not wait for its line, and those of the last moment are lost in a crash. Lines that come while some
/// are written are written together.
final class WebACLLogQueue: Projection {
    static let kinds: Set<String> = []
    /// Lines that wait at most; more are dropped, so that a ledger that is away takes no more memory.
    private static let most = 20_000
    /// The bytes of lines that wait at most.
    private static let mostBytes = 64 << 20
    /// Lines in one row of the ledger, and their bytes, unless one line has more.
    private static let mostInPart = 500
    private static let mostBytesInPart = 1 << 20

    private struct Line {
        let webACL: String
        let text: String
        let isDelivered: Bool
    }

    private struct State {
        var lines: [Line] = []
        /// Of all lines, those that are being written as well.
        var bytes = 0
        var isWriting = false
    }

    private let state = Mutex(State())

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {
        state.withLock { state in
            state.bytes -= state.lines.reduce(0) { $0 + $1.text.utf8.count }
            state.lines = []
        }
    }

    /// - Parameter isDelivered: whether the web ACL's owner wants it; the operator gets all.
    func add(_ text: String, of webACL: String, isDelivered: Bool, _ environment: Environment) {
        let begins = state.withLock { state in
            guard state.lines.count < Self.most, state.bytes + text.utf8.count <= Self.mostBytes else {
                environment.metrics.add(1, to: .droppedLogLines)
                return false
            }
            state.bytes += text.utf8.count
            state.lines.append(Line(webACL: webACL, text: text, isDelivered: isDelivered))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { Task.detached { await self.write(environment) } }
    }

    /// Writes until nothing is left.
    private func write(_ environment: Environment) async {
        while true {
            let lines = state.withLock { state in
                defer { state.lines = [] }
                state.isWriting = !state.lines.isEmpty
                return state.lines
            }
            guard !lines.isEmpty else { return }
            let bytes = lines.reduce(0) { $0 + $1.text.utf8.count }
            defer { state.withLock { $0.bytes -= bytes } }
            if let path = environment.projection(WebTraffic.self).pathOfLog {
                if !Self.append(lines.map(\.text), to: path) {
                    environment.metrics.add(lines.count, to: .droppedLogLines)
                }
            }
            let delivered = Dictionary(grouping: lines.filter(\.isDelivered), by: \.webACL)
                .mapValues { $0.map(\.text) }
            guard !delivered.isEmpty else { continue }
            // What can't be written is lost: nobody waits for it.
            do throws(ServiceError) { try await keep(delivered, environment) } catch {
                environment.metrics.add(delivered.values.reduce(0) { $0 + $1.count }, to: .droppedLogLines)
            }
        }
    }

    private func keep(_ lines: [String: [String]], _ environment: Environment) async throws(ServiceError) {
        let now = environment.now()
        try await environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
            for (webACL, lines) in lines {
                for part in Self.parts(of: lines) {
                    try records.put(
                        WebACLLogPart(webACL: webACL, id: RequestIDs.make(time: now), lines: part))
                }
                guard try records.scheduledTime(of: DeliverWebACLLogs.self, id: webACL) == nil else { continue }
                try records.schedule(
                    DeliverWebACLLogs(webACL: webACL), id: webACL, at: now + DeliverWebACLLogs.delay)
            }
        }
    }

    /// Lines as rows have them.
    private static func parts(of lines: [String]) -> [[String]] {
        var (parts, bytes): ([[String]], Int) = ([], 0)
        for line in lines {
            if let count = parts.last?.count, count < mostInPart, bytes + line.utf8.count <= mostBytesInPart {
                parts[parts.count - 1].append(line)
                bytes += line.utf8.count
            } else {
                parts.append([line])
                bytes = line.utf8.count
            }
        }
        return parts
    }

    /// The file is opened each time, so that it may be moved away.
    private static func append(_ lines: [String], to path: String) -> Bool {
        let data = Data(lines.joined(separator: "\n").utf8 + [UInt8(ascii: "\n")])
        return AppendedFile.append(data, to: path)
    }
}

/// Lines of a web ACL's log that are yet to be delivered.
struct WebACLLogPart: TableRow, Equatable {
    static let kind = "AWS::WAFv2::LogPart"

    /// The web ACL's ARN.
    let webACL: String
    /// A UUID of version 7, so that the parts come in their order.
    let id: String
    let lines: [String]

    var partition: String { webACL }
    var key: RowKey { RowKey(.text(id)) }
}
