import Foundation
import Ledger
public import Platform
import Synchronization

/// The operator's own papers: the terms under which reports are given, and agreements.
///
/// They are files of a folder: `terms.pdf` or `terms.txt`, and what is in `agreements`. It follows no records: it is a projection
/// so that there is one in each Gatehouse.
final class OperatorPapers: Projection {
    static let kinds: Set<String> = []

    private let folder = Mutex<String?>(nil)
    private let version = Mutex("")

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {}
    func replaceAll(with changes: [Change]) throws(LedgerError) {}

    func use(_ path: String?, version: String) {
        folder.withLock { $0 = path }
        self.version.withLock { $0 = version }
    }

    /// The version of the program.
    var programVersion: String { version.withLock { $0 } }

    /// A paper, as it is now.
    struct Paper: Sendable {
        let name: String
        let bytes: [UInt8]
        let isPDF: Bool
        /// Seconds since 1970.
        let modified: Double
    }

    /// What has to be fetched before a report; nil: the operator has none.
    var terms: Paper? {
        guard let folder = folder.withLock({ $0 }) else { return nil }
        return Self.read("\(folder)/terms.pdf") ?? Self.read("\(folder)/terms.txt")
    }

    /// The agreements, in the order of their names.
    var agreements: [Paper] {
        guard let folder = folder.withLock({ $0 }) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/agreements")) ?? []
        return names.sorted().compactMap { name in
            name.hasSuffix(".pdf") || name.hasSuffix(".txt") ? Self.read("\(folder)/agreements/\(name)") : nil
        }
    }

    /// A paper has no more bytes.
    private static let longest = 32 << 20

    private static func read(_ path: String) -> Paper? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? Int, size <= longest,
            let data = FileManager.default.contents(atPath: path)
        else { return nil }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return Paper(
            name: String(file.dropLast(4)), bytes: Array(data), isPDF: file.hasSuffix(".pdf"), modified: modified)
    }
}

extension Environment {
    /// Takes the operator's terms and agreements from a folder, and says which version of the program this is.
    public func useOperatorPapers(in folder: String?, programVersion: String) {
        projection(OperatorPapers.self).use(folder, version: programVersion)
    }

    /// The version of the program, as reports tell it.
    var programVersion: String { projection(OperatorPapers.self).programVersion }
}
