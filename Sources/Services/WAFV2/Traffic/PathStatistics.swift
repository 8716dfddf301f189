import Synchronization
import WAF

/// Which paths requests were for, and which bots made them, of the last three hours.
final class PathStatistics: Sendable {
    /// What is known of a bot by the labels of AWS's Bot Control. Nothing here gives those labels yet.
    struct Bot: Hashable, Sendable {
        let name: String
        let category: String?
        let organization: String?

        /// nil: it is none.
        init?(_ labels: [String]) {
            let prefix = "awswaf:managed:aws:bot-control:bot:"
            func value(_ kind: String) -> String? {
                labels.first { $0.hasPrefix(prefix + kind) }.map { String($0.dropFirst(prefix.count + kind.count)) }
            }
            guard let name = value("name:") else { return nil }
            self.name = name
            category = value("category:")
            organization = value("organization:")
        }
    }

    /// The counts of one path.
    struct Counts: Sendable {
        var requests = 0
        var bots: [Bot: Int] = [:]

        mutating func add(_ other: Counts) {
            requests += other.requests
            bots.merge(other.bots) { $0 + $1 }
        }
    }

    /// The counts of some minutes.
    private struct Window {
        var total = 0
        var paths: [String: Counts] = [:]
        /// About what the paths take.
        var bytes = 0

        mutating func count(_ path: String, _ bot: Bot?, hasRoom: Bool) {
            total += 1
            if paths[path] == nil {
                guard hasRoom, paths.count < PathStatistics.mostPaths else { return }
                bytes += PathStatistics.bytes(of: path)
            }
            paths[path, default: Counts()].requests += 1
            guard let bot, let bots = paths[path]?.bots, bots[bot] != nil || bots.count < PathStatistics.mostBots
            else { return }
            paths[path]?.bots[bot, default: 0] += 1
        }
    }

    /// Seconds that are counted together.
    private static let seconds = 300
    /// How many windows are kept.
    private static let mostWindows = 36
    /// How many paths of a window are told apart. Clients make them up; what is beyond counts for the total alone.
    private static let mostPaths = 1000
    private static let mostBots = 20
    /// Characters of a path.
    private static let longestPath = 512
    private static let mostWebACLs = 500
    /// The bytes of all paths together.
    private static let mostBytes = 64 << 20

    /// About what is kept of a path, with its counts.
    private static func bytes(of path: String) -> Int { path.utf8.count + 128 }

    private struct State {
        var webACLs: [String: [Int: Window]] = [:]
        /// Of all windows.
        var bytes = 0
        /// The last window at whose beginning old ones were forgotten.
        var purged = 0

        /// Forgets what is too old, once in each window.
        mutating func purge(at number: Int) {
            guard number > purged else { return }
            purged = number
            webACLs = webACLs.mapValues { $0.filter { $0.key > number - PathStatistics.mostWindows } }
                .filter { !$0.value.isEmpty }
            bytes = webACLs.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.bytes } }
        }
    }

    private let windows = Mutex(State())

    func count(_ request: WebRequest, labels: [String], webACL: String, at time: Double) {
        let number = Int(max(0, min(time, 1e12))) / Self.seconds
        let bot = labels.isEmpty ? nil : Bot(labels)
        let path = String(decoding: request.path.prefix(Self.longestPath), as: UTF8.self)
        windows.withLock { state in
            state.purge(at: number)
            if state.webACLs[webACL] == nil, state.webACLs.count >= Self.mostWebACLs { return }
            let before = state.webACLs[webACL]?[number]?.bytes ?? 0
            state.webACLs[webACL, default: [:]][number, default: Window()]
                .count(path, bot, hasRoom: state.bytes + Self.bytes(of: path) <= Self.mostBytes)
            state.bytes += (state.webACLs[webACL]?[number]?.bytes ?? before) - before
        }
    }

    func forget() { windows.withLock { $0 = State() } }

    /// The counts by paths between two moments, to five minutes, and how many requests there were in all.
    func counts(webACL: String, from start: Double, to end: Double) -> (paths: [String: Counts], total: Int) {
        windows.withLock { state in
            var (paths, total): ([String: Counts], Int) = ([:], 0)
            for (number, window) in state.webACLs[webACL] ?? [:] {
                let begin = Double(number * Self.seconds)
                guard begin < end, begin + Double(Self.seconds) > start else { continue }
                total += window.total
                for (path, counts) in window.paths { paths[path, default: Counts()].add(counts) }
            }
            return (paths, total)
        }
    }
}
