#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The directory of a ledger, and the right to be the only process that changes it, held for as long as this object
/// lives.
///
/// The kernel releases the lock when the process ends, however it ends, so there is never a stale lock to remove.
final class LedgerDirectory: Sendable {
    private let lock: Int32

    /// Makes the directory (mode 0700) and the database's file (mode 0600) when they are not there, and takes the lock.
    ///
    /// - Throws: ``LedgerError``: `busy` when another process holds the lock, `io`.
    init(_ path: String) throws(LedgerError) {
        if mkdir(path, 0o700) == 0 {
            try Self.sync(Self.parent(of: path))
        } else if errno != EEXIST {
            throw Self.failure("make", path)
        }

        let lockPath = path + "/lock"
        let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Self.failure("open", lockPath) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error = Self.failure("lock", lockPath)
            close(lock)
            throw isHeld
                ? LedgerError(
                    .busy,
                    "Another Gatehouse uses the data directory \(path). Stop it, or choose another directory.")
                : error
        }
        self.lock = lock

        _ = try Self.makeDatabaseFile(in: path)
        try Self.sync(path)
    }

    deinit {
        // A child process that another thread has just made holds the descriptor, too, until it runs its own program.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// Makes the database's file when it is not there. SQLite gives its other files the mode of this one.
    ///
    /// - Returns: its path.
    static func makeDatabaseFile(in directory: String) throws(LedgerError) -> String {
        let path = databasePath(in: directory)
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open", path) }
        close(file)
        return path
    }

    static func databasePath(in directory: String) -> String { directory + "/ledger.sqlite" }

    /// Makes the entries of a directory durable.
    private static func sync(_ directory: String) throws(LedgerError) {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", directory) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("write", directory) }
    }

    private static func parent(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        let parent = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
        return parent.isEmpty ? "." : parent
    }

    private static func failure(_ verb: String, _ path: String) -> LedgerError {
        LedgerError(.io, "Cannot \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
