import Crypto

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A keyring whose root key is a file of 32 random bytes that only its owner can read.
///
/// ```swift
/// let keyring = try KeyFile(path: path + "/key")
/// ```
///
/// Whoever has the file can open everything that was sealed with it, and without it nothing can be opened: keep a copy
/// in a safe place, apart from the backups of the data.
public struct KeyFile: Keyring {
    private static let size = 32

    private let root: SymmetricKey

    /// Opens the key file, or makes it (mode 0600, and on disk before this returns) when there is none.
    ///
    /// Two processes that make the file at the same time end up with the same key.
    ///
    /// - Throws: ``KeyringError``: `insecure` when others than the owner may read or write the file, `malformed` when
    ///   it is not a key, `io` when it can neither be read nor made. The message says what to run.
    public init(path: String) throws(KeyringError) {
        if let root = try Self.read(path) {
            self.root = root
            return
        }
        try Self.make(path)
        guard let root = try Self.read(path) else {
            throw KeyringError(.io, "The key file \(path) was removed while it was being made.")
        }
        self.root = root
    }

    /// Opens a key file that is there.
    ///
    /// - Throws: ``KeyringError`` as ``init(path:)``; `io` when there is none.
    public init(existing path: String) throws(KeyringError) {
        guard let root = try Self.read(path) else {
            throw KeyringError(.io, "There is no key file \(path).")
        }
        self.root = root
    }

    /// The key for one purpose; derived anew each time, at about a microsecond. Never throws: the file was read when it
    /// was opened.
    public func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey {
        SealingKey(root: root, purpose: purpose)
    }

    /// The key in the file; nil when there is no file.
    private static func read(_ path: String) throws(KeyringError) -> SymmetricKey? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(file) }

        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyringError(.malformed, "The key file \(path) is not a regular file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw KeyringError(
                .insecure,
                "The key file \(path) can be read by others than its owner (mode \(octal(UInt32(status.st_mode & 0o777))))."
                    + " If nobody has read it, run: chmod 600 '\(path)'")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw KeyringError(
                .insecure,
                "The key file \(path) belongs to another user (uid \(status.st_uid))."
                    + " Run: chown \(geteuid()) '\(path)'")
        }

        // One byte more than a key has, to notice a longer file.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Self.readBytes(file, UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if got == 0 { break }
            count += got
        }
        guard count == size else {
            throw KeyringError(
                .malformed,
                "The key file \(path) is not a key: it does not have \(size) bytes."
                    + " Put back the key file that belongs to this data directory.")
        }
        return SymmetricKey(data: bytes.prefix(size))
    }

    /// Makes the file unless somebody else made it first.
    ///
    /// It is written aside and linked into place: a crash leaves the whole key or none, and `link` never replaces
    /// a file that is there.
    private static func make(_ path: String) throws(KeyringError) {
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make", path) }
        defer { unlink(temporary) }

        let written = SymmetricKey(size: .bits256).withUnsafeBytes { key in
            write(file, key.baseAddress, key.count) == key.count && fsync(file) == 0
        }
        guard close(file) == 0, written else { throw failure("make", path) }
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure("make", path) }

        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = open(
            slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("make", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("make", path) }
    }

    private static func readBytes(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(file, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.read(file, buffer.baseAddress, buffer.count)
        #elseif canImport(Darwin)
            Darwin.read(file, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func failure(_ verb: String, _ path: String) -> KeyringError {
        KeyringError(.io, "Cannot \(verb) the key file \(path): \(String(cString: strerror(errno))).")
    }

    private static func octal(_ mode: UInt32) -> String {
        "0" + String(mode, radix: 8)
    }
}
