import Bodies
import FoundationEssentials

/// The list of the bodies in a backup, with their checksums: a text as `sha256sum` writes and checks it.
struct BodySums {
    private var text: [UInt8] = []
    private(set) var count = 0
    /// Of all bodies, in bytes, with their seals.
    private(set) var bytes = 0

    static func path(_ id: BodyID) -> String { "\(BackupManifest.bodies)/\(id.description.prefix(2))/\(id)" }

    mutating func add(_ id: BodyID, _ sum: BodyStore.Sum) {
        text += Array("\(sum.sha256)  \(Self.path(id))\n".utf8)
        count += 1
        bytes += sum.bytes
    }

    func write(to path: String) throws(StartError) { try DurableFiles.write(text, to: path) }

    /// Reads a list.
    /// - Throws: `StartError` for what is none.
    static func each(in path: String, _ body: (BodyID, _ sha256: String) throws -> Void) throws {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw StartError("\(path) can't be read: take another backup")
        }
        for line in content.split(separator: 0x0a) {
            let text = String(decoding: line, as: UTF8.self)
            guard text.utf8.count > 66 + BodyID.length, let id = BodyID(String(text.suffix(BodyID.length))),
                text.hasSuffix("  " + Self.path(id))
            else { throw StartError("\(path) is damaged: take another backup") }
            try body(id, String(text.prefix(64)))
        }
    }
}
