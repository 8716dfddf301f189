import Advisories
import FoundationEssentials
import Ledger
import Packages
public import Platform
import Synchronization
import Wire

/// What the operator has named to be scanned, and the advisories that it is compared with.
///
/// It follows no records: it is a projection so that there is one in each Gatehouse.
final class InspectedPlaces: Projection {
    static let kinds: Set<String> = []

    private struct State {
        /// The operator's file; nil: there is none.
        var path: String?
        /// Where indexes of advisories are kept; nil: they are not kept.
        var folder: String?
        var report: @Sendable (String) -> Void = { _ in }
        var fileFingerprint = ""
        var file: InspectedFile?
        var advisories: Advice?
        /// What was last found in files, by their places.
        var facts: [String: Facts] = [:]
    }

    /// What is known of a file, and by what it is known to be the same.
    struct Facts: Sendable {
        let fingerprint: String
        /// The images that are in it.
        var images: [ImageName] = []
        /// The hash of a function's archive, as Lambda tells it; nil for a folder, which has none.
        var codeHash: String?
    }

    /// Advisories, and by what they are known to be the same.
    struct Advice: Sendable {
        let fingerprint: String
        let index: AdvisoryIndex
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {}
    func replaceAll(with changes: [Change]) throws(LedgerError) {}

    func use(_ path: String, keptIn folder: String?, report: @escaping @Sendable (String) -> Void) {
        state.withLock {
            $0.path = path
            $0.folder = folder
            $0.report = report
        }
    }

    /// What is to be scanned, as the file says now. Where it can't be read, what it said before stays.
    func file() -> InspectedFile? {
        guard let path = state.withLock({ $0.path }) else { return nil }
        let now = Fingerprint.of(path)
        let (before, known, report) = state.withLock { ($0.fileFingerprint, $0.file, $0.report) }
        guard before != now else { return known }
        let read: InspectedFile?
        do throws(InspectedFileProblem) { read = try InspectedFile(path: path) } catch {
            report(error.description)
            read = known
        }
        state.withLock {
            $0.fileFingerprint = now
            $0.file = read
        }
        return read
    }

    /// What is in a file, read again only when it has changed.
    func facts(of path: String, _ read: (_ fingerprint: String) -> Facts) -> Facts {
        let fingerprint = Fingerprint.of(path)
        if let known = state.withLock({ $0.facts[path] }), known.fingerprint == fingerprint { return known }
        let facts = read(fingerprint)
        state.withLock { $0.facts[path] = facts }
        return facts
    }

    /// The advisories that the file names; nil: none. It takes long when they have changed.
    func advice() -> Advice? {
        guard let sources = file()?.advisories, !sources.isEmpty else { return nil }
        let fingerprint = sources.map { "\($0) \(Fingerprint.of($0))" }.joined(separator: "\n")
        let (known, folder, report) = state.withLock { ($0.advisories, $0.folder, $0.report) }
        let name = InspectorName.findingID(["advisories", fingerprint])
        if let known, known.fingerprint == name { return known }
        let base = folder ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let place = "\(base)/advisories-\(name)-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: place) }
        do throws(AdvisoryError) {
            for problem in try AdvisoryIndex.build(from: sources, to: place) { report(problem) }
            // It stays readable after the file's name is gone.
            let made = Advice(fingerprint: name, index: try AdvisoryIndex(path: place))
            state.withLock { $0.advisories = made }
            for origin in made.index.origins {
                let date = origin.newest.map { String(Timestamp(secondsSinceEpoch: $0).iso8601.prefix(10)) }
                report("\(origin.advisories) advisories in \(origin.path), as of \(date ?? "nobody knows when")")
            }
            return made
        } catch {
            report(error.description)
            // What was known before is better than nothing.
            return known
        }
    }

    /// The advisories that were last read, without looking whether they have changed.
    var lastAdvice: Advice? { state.withLock { $0.advisories } }
}

extension Environment {
    /// Has Amazon Inspector scan what a file names. Gatehouse calls it once, before it answers requests.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - folder: where the index of advisories is made; nil: where temporary files are.
    ///   - report: told what can't be read.
    /// - Throws: what is wrong with the file.
    public func inspect(
        _ path: String, keptIn folder: String?, report: @escaping @Sendable (String) -> Void
    ) throws(InspectedFileProblem) {
        _ = try InspectedFile(path: path)
        inspectedPlaces.use(path, keptIn: folder, report: report)
    }

    var inspectedPlaces: InspectedPlaces { projection(InspectedPlaces.self) }
}
