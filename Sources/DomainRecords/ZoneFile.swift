import CLDNS
import FoundationEssentials
import Synchronization

/// A zone file of the operator's (RFC 1035, section 5), without `$INCLUDE`. It is read again when it changes.
final class ZoneFile: Sendable {
    private let path: String
    private let state = Mutex(State())

    private struct State {
        var seen: FileState?
        var records: [Key: [DomainRecord]] = [:]
        /// That have records.
        var names: Set<String> = []
    }

    private struct Key: Hashable {
        let name: String
        let kind: DomainRecord.Kind
    }

    /// How the file looked when it was read.
    private struct FileState: Equatable {
        let modified: Date?
        let size: UInt64
        let number: UInt64
    }

    /// - Throws: ``DomainProblem`` for a file that can't be read.
    init(path: String) throws(DomainProblem) {
        self.path = path
        _ = try records(of: "", .alias)
    }

    /// - Throws: ``DomainProblem`` while the file can't be read.
    func records(of name: String, _ kind: DomainRecord.Kind) throws(DomainProblem) -> [DomainRecord] {
        try withState { $0.records[Key(name: plainName(name), kind: kind)] ?? [] }
    }

    /// Whether it has a name, or one above it.
    /// - Throws: ``DomainProblem`` while the file can't be read.
    func covers(_ name: String) throws(DomainProblem) -> Bool {
        try withState { state in
            var name = plainName(name)[...]
            while !name.isEmpty, !state.names.contains(String(name)) {
                name = name.firstIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
            }
            return !name.isEmpty
        }
    }

    private func withState<T>(_ body: (State) -> T) throws(DomainProblem) -> T {
        try state.withLock { (state) throws(DomainProblem) in
            let now = current
            if state.seen == nil || state.seen != now {
                state.records = try read()
                state.names = Set(state.records.keys.map(\.name))
                state.seen = now
            }
            return body(state)
        }
    }

    private var current: FileState? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        return FileState(
            modified: attributes[.modificationDate] as? Date, size: attributes[.size] as? UInt64 ?? 0,
            number: attributes[.systemFileNumber] as? UInt64 ?? 0)
    }

    private func read() throws(DomainProblem) -> [Key: [DomainRecord]] {
        let (found, reason) = ReadRecords.reason { dns_read_zone(path, $0, $1) }
        guard let found else { throw DomainProblem("The zone file \(path) can't be read: \(reason).") }
        return Dictionary(grouping: ReadRecords.taken(found)) { Key(name: $0.name, kind: $0.kind) }
    }
}
