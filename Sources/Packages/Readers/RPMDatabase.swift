import CSQLiteSetup
import GRDBSQLite

/// rpm's database in its form of today, a file of SQLite with a header for each package.
///
/// The file is a stranger's: it is opened in memory, by a connection that trusts nothing in it.
enum RPMDatabase {
    static func read(_ bytes: [UInt8], path: String, most: Int) throws(InventoryError) -> (
        packages: [InstalledPackage], ownership: Ownership
    ) {
        var bytes = bytes
        guard bytes.count >= 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw InventoryError("it is no database of SQLite")
        }
        // rpm writes to a journal of its own, which what is in memory has not. The file says so, and is then read as one without.
        bytes[18] = 1
        bytes[19] = 1
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(":memory:", &database, flags, nil) == SQLITE_OK, let database else {
            sqlite3_close(database)
            throw InventoryError("SQLite can't be used")
        }
        defer { sqlite3_close(database) }
        _ = sqlite3_make_defensive(database)
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 1 << 28)
        let count = Int64(bytes.count)
        // SQLite takes it, and frees it.
        guard let copy = sqlite3_malloc64(UInt64(bytes.count)) else { throw InventoryError("there is no memory") }
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
        let isOpen = sqlite3_deserialize(
            database, "main", copy.assumingMemoryBound(to: UInt8.self), count, count,
            UInt32(SQLITE_DESERIALIZE_READONLY | SQLITE_DESERIALIZE_FREEONCLOSE))
        guard isOpen == SQLITE_OK else { throw InventoryError("SQLite can't read it") }
        return try packages(in: database, path: path, most: most)
    }

    private static func packages(in database: OpaquePointer, path: String, most: Int) throws(InventoryError) -> (
        packages: [InstalledPackage], ownership: Ownership
    ) {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, "SELECT blob FROM Packages", -1, &statement, nil) == SQLITE_OK else {
            throw InventoryError("it has no table of packages: \(String(cString: sqlite3_errmsg(database)))")
        }
        defer { sqlite3_finalize(statement) }
        var packages: [InstalledPackage] = []
        var ownership = Ownership()
        while true {
            let status = sqlite3_step(statement)
            if status == SQLITE_DONE { return (packages, ownership) }
            guard status == SQLITE_ROW else {
                throw InventoryError("it is damaged: \(String(cString: sqlite3_errmsg(database)))")
            }
            guard packages.count < most else { throw InventoryError("it has more than \(most) packages") }
            let size = Int(sqlite3_column_bytes(statement, 0))
            guard size > 0, let start = sqlite3_column_blob(statement, 0) else { continue }
            let blob = Array(UnsafeRawBufferPointer(start: start, count: size))
            guard let header = RPMHeader(blob[...]) else { throw InventoryError("a header of it is damaged") }
            guard let package = header.package(path: path) else { continue }
            packages.append(package)
            ownership.add(header.files(), of: package.name)
        }
    }
}
