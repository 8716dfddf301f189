import Crypto
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that either exist completely and durably or not at all: they are written under another name, synced and
/// renamed.
enum DurableFiles {
    /// A file's size in bytes, and the SHA-256 of its content in hexadecimal digits.
    struct Sum: Equatable {
        var bytes: Int
        var sha256: String
    }

    /// Whether the path exists; a dangling symbolic link counts.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether the path is an empty folder.
    static func isEmptyDirectory(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return false }
        defer { closedir(folder) }
        var names = 0
        while readdir(folder) != nil { names += 1 }
        // "." and "..".
        return names <= 2
    }

    /// Whether a folder is a mount point, so that it can't be replaced.
    static func isMountPoint(_ path: String) -> Bool {
        var (status, above) = (stat(), stat())
        return stat(path, &status) == 0 && stat(parent(of: path), &above) == 0 && status.st_dev != above.st_dev
    }

    /// Makes a folder that only its owner can access.
    static func makeDirectory(_ path: String) throws(StartError) {
        guard mkdir(path, 0o700) == 0 else { throw failure("make", path) }
    }

    /// Makes a folder next to a path, with a random name that begins like the path and ends in `state`.
    static func makeDirectory(beside path: String, _ state: String) throws(StartError) -> String {
        let aside = trimmed(path) + ".\(UInt32.random(in: .min ... .max)).\(state)"
        try makeDirectory(aside)
        return aside
    }

    /// Copies a file, and syncs the copy, which only its owner can access.
    /// - Returns: size and checksum of what was copied.
    @discardableResult
    static func copy(
        _ source: String, to target: String, progress: (Int) -> Void = { _ in }
    ) throws(StartError) -> Sum {
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make", target) }
        defer { close(file) }
        let sum = try read(source) { (bytes) throws(StartError) in
            try write(bytes, to: file, target)
            progress(bytes.count)
        }
        guard fsync(file) == 0 else { throw failure("write", target) }
        return sum
    }

    /// Writes a new file that only its owner can access, and syncs it.
    static func write(_ bytes: [UInt8], to path: String) throws(StartError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make", path) }
        defer { close(file) }
        try write(bytes[...], to: file, path)
        guard fsync(file) == 0 else { throw failure("write", path) }
    }

    static func sum(of path: String) throws(StartError) -> Sum {
        try read(path) { (_) throws(StartError) in }
    }

    /// Syncs the content of a file, or the entries of a folder.
    static func sync(_ path: String) throws(StartError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("write", path) }
    }

    /// Renames a folder or a file, durably. A folder replaces the target only if that is an empty folder.
    /// - Returns: false when the target is a mount point, which can't be replaced.
    static func move(_ source: String, to target: String) throws(StartError) -> Bool {
        guard rename(source, trimmed(target)) == 0 else {
            if errno == EBUSY || errno == EXDEV { return false }
            throw failure("make", target)
        }
        try sync(parent(of: target))
        return true
    }

    /// Removes a folder and these files in it. Errors are ignored, since it is only a leftover.
    static func remove(_ path: String, _ files: [String]) {
        for file in files { unlink(path + "/" + file) }
        rmdir(path)
    }

    /// Removes a folder and all that is in it. Errors are ignored, since it is only a leftover.
    static func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// The path without trailing slashes.
    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func parent(of path: String) -> String {
        let path = trimmed(path)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func read(
        _ path: String, _ body: (ArraySlice<UInt8>) throws(StartError) -> Void
    ) throws(StartError) -> Sum {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var hash = SHA256()
        var total = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { readBytes(file, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if count == 0 { break }
            buffer[..<count].withUnsafeBytes { hash.update(bufferPointer: $0) }
            total += count
            try body(buffer[..<count])
        }
        let digits = hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return Sum(bytes: total, sha256: digits.joined())
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to file: Int32, _ path: String) throws(StartError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(file, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write", path)
            }
            rest = rest.dropFirst(count)
        }
    }

    static func failure(_ verb: String, _ path: String) -> StartError {
        StartError("can't \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}

// The system's functions, for a type whose own members are called `read` and `write`.
private func readBytes(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(file, buffer.baseAddress, buffer.count)
}

private func writeBytes(_ file: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    write(file, buffer.baseAddress, buffer.count)
}
