import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is open until it is released.
final class OpenFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens a file; nil when there is none. A symbolic link is not followed.
    init?(_ path: String, _ flags: Int32) throws(BodyError) {
        descriptor = openDescriptor(path, flags)
        self.path = path
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw .system("open", path)
        }
    }

    /// Makes a file that only its owner can access.
    init(making path: String) throws(BodyError) {
        descriptor = openDescriptor(path, O_RDWR | O_CREAT | O_EXCL)
        self.path = path
        guard descriptor >= 0 else { throw .system("make", path) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Locks the file against everybody else who locks it, until it is closed.
    /// - Returns: false when somebody else has it locked.
    func lock() throws(BodyError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw .system("lock", path) }
        }
        return true
    }

    /// Whether the file was removed meanwhile.
    func isRemoved() throws(BodyError) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
        return status.st_nlink == 0
    }

    /// In bytes.
    func size() throws(BodyError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
        return Int(status.st_size)
    }

    /// Reads from a place; fewer bytes at the end of the file.
    func read(at offset: Int, count: Int) throws(BodyError) -> [UInt8] {
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        if let failure { throw .system("read", path, failure) }
        return bytes
    }

    /// Writes all of the bytes where the file ends.
    func append(_ bytes: [UInt8]) throws(BodyError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                writeBytes(descriptor, UnsafeRawBufferPointer(rebasing: bytes.dropFirst(written)))
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw .system("write", path)
            }
        }
    }

    /// Has the system begin to write to the disk what was appended, so that less is left for ``sync()``.
    func beginSync(from offset: Int, count: Int) {
        #if canImport(Glibc)
            // Linux begins to write what is not on the disk yet; only the rest is dropped from memory.
            _ = posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_DONTNEED)
        #endif
    }

    /// Returns when everything is on the disk: a file's bytes, or a folder's entries.
    func sync() throws(BodyError) {
        guard fsync(descriptor) == 0 else { throw .system("write", path) }
    }
}

// The system's functions, for a type whose own members have such names.
private func openDescriptor(_ path: String, _ flags: Int32) -> Int32 {
    open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
}

private func writeBytes(_ file: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(file, buffer.baseAddress, buffer.count)
}
