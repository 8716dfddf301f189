/// The names of files beneath a root: parts with slashes between them, without `.`, and never with `..`.
enum ArchivePath {
    /// A name as an archive writes it (`./usr/bin/`, `/etc/passwd`).
    /// - Returns: nil for a name that leads out, or has no parts.
    static func normal(_ name: String) -> String? {
        guard name.utf8.count <= 4096 else { return nil }
        var parts: [Substring.UTF8View] = []
        for part in name.utf8.split(separator: UInt8(ascii: "/")) {
            let text = Substring(part)
            if text == "." { continue }
            if text == ".." { return nil }
            parts.append(part)
        }
        guard !parts.isEmpty else { return nil }
        return parts.map { String(Substring($0)) }.joined(separator: "/")
    }

    /// What stands behind the last slash.
    static func last(_ path: String) -> Substring {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path[...] }
        return path[path.utf8.index(after: slash)...]
    }

    /// What stands before the last slash; nil for a name without one.
    static func folder(_ path: String) -> String? {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }

    /// The folders that a name is in, the innermost first.
    static func folders(_ path: String) -> some Sequence<String> {
        sequence(state: path) { path in
            guard let folder = folder(path) else { return nil }
            path = folder
            return folder
        }
    }
}
