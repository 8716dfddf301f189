#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file that is mapped into memory, for reading.
///
/// It must not be written to meanwhile: a new one takes its place under the same name.
final class MappedFile: @unchecked Sendable {
    // Nobody writes to what it points to.
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(AdvisoryError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw AdvisoryError("\(path) can't be opened: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0 else { throw AdvisoryError("\(path) is empty") }
        let count = Int(status.st_size)
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
            throw AdvisoryError("\(path) can't be mapped: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}

/// A file that is being written: it gets its name when it is whole.
final class NewFile {
    private let descriptor: Int32
    private let path: String
    private let temporary: String
    private var buffer: [UInt8] = []
    /// How many bytes there are.
    private(set) var count: UInt64 = 0
    private var isFinished = false

    init(path: String) throws(AdvisoryError) {
        self.path = path
        temporary = "\(path).\(getpid()).new"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw AdvisoryError("\(temporary) can't be written: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporary) }
    }

    func write(_ bytes: [UInt8]) throws(AdvisoryError) {
        buffer += bytes
        count += UInt64(bytes.count)
        if buffer.count >= 1 << 20 { try flush() }
    }

    private func flush() throws(AdvisoryError) {
        try write(buffer, at: nil)
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: [UInt8], at offset: Int?) throws(AdvisoryError) {
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return if let offset {
                    pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
                } else {
                    systemWrite(descriptor, rest.baseAddress, rest.count)
                }
            }
            guard result > 0 else {
                throw AdvisoryError("\(temporary) can't be written: \(String(cString: strerror(errno)))")
            }
            written += result
        }
    }

    /// Writes its head, and gives it its name.
    func finish(head: [UInt8]) throws(AdvisoryError) {
        try flush()
        try write(head, at: 0)
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw AdvisoryError("\(path) can't be written: \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }
}

/// The system's function, whose name the file's own has, too.
private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}
