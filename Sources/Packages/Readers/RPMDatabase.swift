import CSQLiteSetup
import GRDBSQLite

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// rpm's database, which has a header for each package, in any of its three forms.
///
/// The file is a stranger's. Those of BerkeleyDB (Amazon Linux 2, Red Hat's until 8) and ndb (SUSE's) are read page by page by
/// ``BerkeleyHash`` and ``NDBFile``; that of today, SQLite's, is opened by a connection that trusts nothing in it.
enum RPMDatabase {
    typealias Content = (packages: [InstalledPackage], ownership: Ownership)

    /// What the name of the file of SQLite's log has besides the database's.
    static let logSuffix = "-wal"

    /// - Parameter log: SQLite's write-ahead log, which has what was installed last.
    static func read(_ bytes: [UInt8], log: [UInt8] = [], path: String, most: Int) throws(InventoryError) -> Content {
        var headers = RPMHeaders(path: path, most: most)
        if isSQLite(bytes) {
            try SQLiteImage(bytes, log: log).headers(into: &headers)
        } else if let hash = BerkeleyHash(RandomAccess(bytes)) {
            try hash.values(into: &headers)
        } else if let file = NDBFile(RandomAccess(bytes)) {
            try file.values(into: &headers)
        } else {
            throw InventoryError("it is no database of rpm's: neither SQLite's, BerkeleyDB's nor ndb's")
        }
        return (headers.packages, headers.ownership)
    }

    static func isSQLite(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 100 && bytes.starts(with: Array("SQLite format 3\0".utf8))
    }
}

/// The packages that headers describe, as they are gathered.
struct RPMHeaders {
    private(set) var packages: [InstalledPackage] = []
    private(set) var ownership = Ownership()
    private let path: String
    private let most: Int

    init(path: String, most: Int) {
        self.path = path
        self.most = most
    }

    mutating func add(_ blob: [UInt8]) throws(InventoryError) {
        guard packages.count < most else { throw InventoryError("it has more than \(most) packages") }
        guard let header = RPMHeader(blob[...]) else { throw InventoryError("a header of it is damaged") }
        guard let package = header.package(path: path) else { return }
        packages.append(package)
        ownership.add(header.files(), of: package.name)
    }
}

/// A database of SQLite, with its log.
private final class SQLiteImage {
    private let database: OpaquePointer
    /// Where the database and its log lie for SQLite to put them together; nil: it is in memory.
    private let folder: String?

    init(_ bytes: [UInt8], log: [UInt8]) throws(InventoryError) {
        // Without a log that says anything, no file is needed.
        let folder = log.count > 32 ? try Self.write(bytes, log: log) : nil
        do {
            database =
                if let folder { try Self.connection("\(folder)/db", SQLITE_OPEN_READWRITE) } else {
                    try Self.connection(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY)
                }
        } catch {
            if let folder { Self.remove(folder) }
            throw error
        }
        self.folder = folder
        if folder == nil { try load(bytes) }
    }

    deinit {
        sqlite3_close(database)
        if let folder { Self.remove(folder) }
    }

    private static func connection(_ path: String, _ flags: Int32) throws(InventoryError) -> OpaquePointer {
        var database: OpaquePointer?
        guard sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK, let database else {
            sqlite3_close(database)
            throw InventoryError("SQLite can't be used")
        }
        _ = sqlite3_make_defensive(database)
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 1 << 28)
        // Nobody else has the file: no memory is shared with anybody.
        sqlite3_exec(database, "PRAGMA locking_mode=EXCLUSIVE", nil, nil, nil)
        return database
    }

    private func load(_ original: [UInt8]) throws(InventoryError) {
        var bytes = original
        // The file says that it has a log, which what is in memory can't have: it is read as one without.
        bytes[18] = 1
        bytes[19] = 1
        let count = Int64(bytes.count)
        // SQLite takes it, and frees it.
        guard let copy = sqlite3_malloc64(UInt64(bytes.count)) else { throw InventoryError("there is no memory") }
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
        let isOpen = sqlite3_deserialize(
            database, "main", copy.assumingMemoryBound(to: UInt8.self), count, count,
            UInt32(SQLITE_DESERIALIZE_READONLY | SQLITE_DESERIALIZE_FREEONCLOSE))
        guard isOpen == SQLITE_OK else { throw InventoryError("SQLite can't read it") }
    }

    func headers(into headers: inout RPMHeaders) throws(InventoryError) {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, "SELECT blob FROM Packages", -1, &statement, nil) == SQLITE_OK else {
            throw InventoryError("it has no table of packages: \(String(cString: sqlite3_errmsg(database)))")
        }
        defer { sqlite3_finalize(statement) }
        while true {
            let status = sqlite3_step(statement)
            if status == SQLITE_DONE { return }
            guard status == SQLITE_ROW else {
                throw InventoryError("it is damaged: \(String(cString: sqlite3_errmsg(database)))")
            }
            let size = Int(sqlite3_column_bytes(statement, 0))
            guard size > 0, let start = sqlite3_column_blob(statement, 0) else { continue }
            try headers.add(Array(UnsafeRawBufferPointer(start: start, count: size)))
        }
    }

    // MARK: Files

    private static func write(_ bytes: [UInt8], log: [UInt8]) throws(InventoryError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/gatehouse-rpm.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw InventoryError("there is no place for temporary files") }
        let folder = template.withUnsafeBufferPointer {
            String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        for (name, content) in [("db", bytes), ("db" + RPMDatabase.logSuffix, log)]
        where !write(content, "\(folder)/\(name)") {
            remove(folder)
            throw InventoryError("there is no room for temporary files")
        }
        return folder
    }

    private static func write(_ bytes: [UInt8], _ path: String) -> Bool {
        guard let file = fopen(path, "wx") else { return false }
        let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        return fclose(file) == 0 && written == bytes.count
    }

    private static func remove(_ folder: String) {
        for name in ["db", "db-wal", "db-shm", "db-journal"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
