/// Databases of rpm that are SQLite's, and their logs: each is two files, of which a layer may bring either.
struct LoggedDatabases {
    /// The content of databases and logs, by their paths.
    private var files: [String: [UInt8]] = [:]
    /// The paths of databases that the current layer has changed.
    private var changed: Set<String> = []

    private static func database(of path: String) -> String {
        path.hasSuffix(RPMDatabase.logSuffix) ? String(path.dropLast(RPMDatabase.logSuffix.utf8.count)) : path
    }

    mutating func see(_ path: String, _ bytes: [UInt8]) {
        files[path] = bytes
        changed.insert(Self.database(of: path))
    }

    /// A layer has a file no longer.
    mutating func remove(_ path: String) {
        guard files.removeValue(forKey: path) != nil else { return }
        changed.insert(Self.database(of: path))
    }

    /// What is to be read anew at the end of a layer.
    mutating func takeChanged() -> [(path: String, database: (bytes: [UInt8], log: [UInt8]))] {
        defer { changed = [] }
        return changed.sorted().compactMap { path in
            files[path].map { (path, ($0, files[path + RPMDatabase.logSuffix] ?? [])) }
        }
    }
}
