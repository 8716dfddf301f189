import Crypto
import FoundationEssentials

/// By what it is seen that a file or folder has changed: names, sizes and times, not contents.
enum Fingerprint {
    /// Entries of a folder that are looked at. What lies beyond is not seen to change, until it is read anew each day.
    private static let most = 20_000

    /// Of a file, or of a folder with all that is in it.
    static func of(_ path: String) -> String {
        var hash = SHA256()
        var left = most
        add(path, to: &hash, &left, depth: 0)
        return InspectorName.hex(hash.finalize().prefix(16))
    }

    /// Of a root folder: of the databases of its packages, and of where packages of languages mostly are.
    static func of(root: String) -> String {
        let databases = [
            "etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "var/lib/dpkg/status.d",
            "lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/local/lib",
            "usr/local/lib64", "usr/lib/python3", "usr/lib/node_modules", "opt", "app", "srv",
        ]
        return of(databases, in: root)
    }

    /// Of files and folders in a root folder.
    static func of(_ places: [String], in root: String) -> String {
        var hash = SHA256()
        var left = most
        for place in places {
            let inside = place.split(separator: "/").filter { $0 != ".." }.joined(separator: "/")
            add("\(root)/\(inside)", to: &hash, &left, depth: 0)
        }
        return InspectorName.hex(hash.finalize().prefix(16))
    }

    private static func add(_ path: String, to hash: inout SHA256, _ left: inout Int, depth: Int) {
        guard left > 0, depth < 16 else { return }
        left -= 1
        // Symbolic links are not followed.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        let kind = attributes[.type] as? FileAttributeType
        let size = (attributes[.size] as? UInt64) ?? (attributes[.size] as? Int).map { UInt64($0.magnitude) } ?? 0
        let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let isFolder = kind == .typeDirectory
        hash.update(data: Array("\(path.utf8.count):\(path) \(isFolder ? 0 : size) \(time)\n".utf8))
        guard isFolder, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return }
        for name in names.sorted() { add("\(path)/\(name)", to: &hash, &left, depth: depth + 1) }
    }
}
