#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A keyring whose root key is in a file that only its owner can read.
///
/// ```swift
/// let keyring = try KeyFile(path: path + "/key")
/// ```
///
/// The file has the key's 32 bytes; while the one before it is still needed after a rotation, that as well (see
/// ``rotate(at:)``). It may have them as a ``KeyProtector`` has sealed them. Whoever has a file that is not sealed can open
/// everything that was sealed with it, and without it nothing can be opened: keep a copy in a safe place, apart from the
/// backups of the data.
///
/// Only one process at a time may change the file: the one that holds the data directory.
public struct KeyFile: Keyring {
    /// The file.
    public let path: String

    private let roots: RootKeySource
    /// What the file is sealed with; nil for one that is not.
    private let protector: (any KeyProtector)?

    /// Opens the key file, or makes it (mode 0600, and on disk before this returns) when there is none. It is made unsealed;
    /// see ``move(to:)``.
    ///
    /// Two processes that make the file at the same time end up with the same key.
    ///
    /// - Parameter protector: opens a file that is sealed; of no importance to one that is not.
    /// - Throws: ``KeyringError``: `insecure` when others than the owner may read or write the file, `malformed` when
    ///   it is not a key, `protected` when it is sealed and can't be opened, `io` when it can neither be read nor made. The
    ///   message says what to run.
    public init(path: String, protector: (any KeyProtector)? = nil) throws(KeyringError) {
        if try Self.read(path) == nil { try Self.make(path) }
        guard let content = try Self.read(path) else {
            throw KeyringError(.io, "The key file \(path) was removed while it was being made.")
        }
        try self.init(path, content, protector)
    }

    /// Opens a key file that is there.
    ///
    /// - Throws: ``KeyringError`` as ``init(path:protector:)``; `io` when there is none.
    public init(existing path: String, protector: (any KeyProtector)? = nil) throws(KeyringError) {
        guard let content = try Self.read(path) else {
            throw KeyringError(.io, "There is no key file \(path).")
        }
        try self.init(path, content, protector)
    }

    /// The name of the protector that a file is sealed with; nil for a file that is not sealed, or not there.
    ///
    /// - Throws: ``KeyringError`` as ``init(existing:protector:)``.
    public static func protectorName(of path: String) throws(KeyringError) -> String? {
        if case .protected(let name, _)? = try read(path) { name } else { nil }
    }

    private init(
        _ path: String, _ content: KeyFileContent, _ protector: (any KeyProtector)?
    ) throws(KeyringError) {
        self.path = path
        var bytes: [UInt8]
        switch content {
        case .plain(let plain):
            bytes = plain
            self.protector = nil
        case .protected(let name, let sealed):
            guard let protector else {
                throw KeyringError(
                    .protected,
                    "The root key in \(path) is sealed by the hardware token '\(name)'. Name it with --pkcs11-module and "
                        + "--pkcs11-token.")
            }
            guard protector.name == name else {
                throw KeyringError(
                    .protected,
                    "The root key in \(path) is sealed by the hardware token '\(name)', not by '\(protector.name)'.")
            }
            bytes = try protector.reveal(sealed)
            self.protector = protector
        }
        defer { for index in bytes.indices { bytes[index] = 0 } }
        guard let keys = RootKeys(bytes) else {
            throw KeyringError(
                .malformed,
                "The key file \(path) is not a key: it does not have \(RootKeys.size) bytes."
                    + " Put back the key file that belongs to this data directory.")
        }
        roots = RootKeySource(keys)
    }

    /// The key for one purpose; derived anew each time, at about a microsecond. Never throws: the file was read when it
    /// was opened.
    public func sealingKey(for purpose: String) throws(KeyringError) -> SealingKey {
        SealingKey(roots, purpose: purpose)
    }

    // MARK: Where the key is

    /// What the file is sealed with; nil for one that is not.
    public var protectorName: String? { protector?.name }

    /// Has another protector seal the file, or none. The key stays the same. Wherever the process ends, there is the old
    /// file or the new one.
    ///
    /// Copies of the file that were made before stay as they are: ``rotate(at:)`` makes them worthless.
    ///
    /// - Throws: ``KeyringError``: `protected` when the protector can't be reached, or can't open what it has sealed; then
    ///   the file is as before.
    public func move(to protector: (any KeyProtector)?) throws(KeyringError) -> KeyFile {
        try replace(with: roots.get().0, protector)
        return try KeyFile(existing: path, protector: protector)
    }

    // MARK: Rotation

    /// When the root key was rotated, in seconds since 1970, as long as the one before it is still kept; else nil.
    public var rotated: Int64? { roots.get().0.previous?.replaced }

    /// Makes a new root key, with which is sealed from now on, also by sealing keys that were given out before. The old one
    /// is kept, on disk too, and still opens, until ``forgetPreviousKey()``.
    ///
    /// - Parameter time: the time, in seconds since 1970.
    /// - Throws: ``KeyringError``: `rotating` when the one before is still kept, `io` or `protected` when the file can't be
    ///   written; then nothing has changed.
    public func rotate(at time: Int64) throws(KeyringError) {
        let (old, _) = roots.get()
        guard old.previous == nil else {
            throw KeyringError(.rotating, "The root key was rotated, and the one before it is still needed.")
        }
        let new = RootKeys(replacing: old, at: time)
        // First the file: what is sealed must be openable wherever the process ends.
        try replace(with: new, protector)
        roots.set(new)
    }

    /// Notes another time of the rotation, for whoever decides by it how long the key before is kept.
    public func setRotated(_ time: Int64) throws(KeyringError) {
        var (keys, _) = roots.get()
        guard keys.previous != nil else { return }
        keys.previous?.replaced = time
        try replace(with: keys, protector)
        roots.set(keys)
    }

    /// Forgets the root key before the current one. What is still sealed with it can't be opened any more.
    public func forgetPreviousKey() throws(KeyringError) {
        var (keys, _) = roots.get()
        guard keys.previous != nil else { return }
        keys.previous = nil
        try replace(with: keys, protector)
        roots.set(keys)
    }

    // MARK: The file

    /// Puts the keys in the place of the file.
    private func replace(with keys: RootKeys, _ protector: (any KeyProtector)?) throws(KeyringError) {
        // A file that another process has changed meanwhile may have keys that are needed.
        guard let there = try Self.read(path),
            try KeyFile(path, there, self.protector).roots.get().0.bytes == roots.get().0.bytes
        else {
            throw KeyringError(.io, "The key file \(path) was changed or removed by somebody else: start again.")
        }
        var bytes = keys.bytes
        defer { for index in bytes.indices { bytes[index] = 0 } }
        var content = KeyFileContent.plain(bytes)
        if let protector {
            let sealed = try protector.protect(bytes)
            guard try protector.reveal(sealed) == bytes else {
                throw KeyringError(
                    .protected, "The hardware token '\(protector.name)' does not open what it has sealed.")
            }
            content = .protected(by: protector.name, sealed)
        }
        let temporary = try Self.writeAside(content.bytes, path)
        guard rename(temporary, path) == 0 else {
            let failure = Self.failure("write", path)
            unlink(temporary)
            throw failure
        }
        try Self.syncFolder(of: path)
    }

    /// What is in the file; nil when there is no file.
    private static func read(_ path: String) throws(KeyringError) -> KeyFileContent? {
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

        // One byte more than it may have, to notice a longer file.
        var bytes = [UInt8](repeating: 0, count: KeyFileContent.longest + 1)
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
        guard count <= KeyFileContent.longest, let content = KeyFileContent(Array(bytes.prefix(count))) else {
            throw KeyringError(
                .malformed,
                "The key file \(path) is not a key."
                    + " Put back the key file that belongs to this data directory.")
        }
        return content
    }

    /// Makes the file unless somebody else made it first.
    ///
    /// It is written aside and linked into place: a crash leaves the whole key or none, and `link` never replaces
    /// a file that is there.
    static func make(_ path: String, _ keys: RootKeys = RootKeys()) throws(KeyringError) {
        var key = keys.bytes
        defer { for index in key.indices { key[index] = 0 } }
        let temporary = try writeAside(key, path)
        defer { unlink(temporary) }
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure("make", path) }
        try syncFolder(of: path)
    }

    /// Writes a file beside another, on disk before this returns.
    ///
    /// - Returns: its path.
    private static func writeAside(_ bytes: [UInt8], _ path: String) throws(KeyringError) -> String {
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make", path) }
        let isWritten = bytes.withUnsafeBytes { bytes in
            write(file, bytes.baseAddress, bytes.count) == bytes.count && fsync(file) == 0
        }
        guard close(file) == 0, isWritten else {
            let failure = failure("make", path)
            unlink(temporary)
            throw failure
        }
        return temporary
    }

    private static func syncFolder(of path: String) throws(KeyringError) {
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
