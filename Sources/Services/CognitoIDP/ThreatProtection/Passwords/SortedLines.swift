#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file of lines in ascending order of their bytes, in which one is found without the file being read: it may have many
/// gigabytes.
final class SortedLines: Sendable {
    enum Failure: Error, Equatable {
        /// There is no such file, or it may not be read.
        case missing
        case unreadable
        /// A line has more bytes than any password.
        case tooLong
        /// A line is less than one before it.
        case unordered
    }

    /// Where a line is, seen from what is looked for.
    enum Place {
        case before
        case same
        case after
    }

    /// In bytes.
    private static let longestLine = 65_536
    private static let newline = UInt8(ascii: "\n")

    private let descriptor: Int32
    /// In bytes, when the file was opened.
    let size: Int

    init(_ path: String) throws(Failure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            size = 0
            throw .missing
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            size = 0
            throw .unreadable
        }
        size = Int(status.st_size)
    }

    static func isFolder(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Looks for a line.
    /// - Parameter place: says of a line, without its end, where it is.
    /// - Returns: the line; nil: there is none.
    /// - Complexity: a read of half a kilobyte for each power of two in the file's size: 35 of 32 GB.
    func line(_ place: ([UInt8]) -> Place) throws(Failure) -> [UInt8]? {
        var (low, high) = (0, size)
        while low < high {
            let (start, line, next) = try line(around: low + (high - low) / 2, from: low)
            switch place(line) {
            case .same: return line
            case .before: low = next
            case .after: high = start
            }
        }
        return nil
    }

    /// Looks at some lines all over the file.
    /// - Parameter isOrdered: whether the second of two lines may come after the first.
    /// - Throws: `unordered`.
    func check(_ count: Int = 200, _ isOrdered: ([UInt8], [UInt8]) -> Bool) throws(Failure) {
        var last: (start: Int, line: [UInt8])?
        for number in 0..<count where size > 0 {
            let (start, line, _) = try line(around: min(size - 1, size * number / count), from: 0)
            if let last, last.start < start, !isOrdered(last.line, line) { throw .unordered }
            last = (start, line)
        }
    }

    /// The first line; nil of an empty file.
    func first() throws(Failure) -> [UInt8]? { size > 0 ? try line(around: 0, from: 0).bytes : nil }

    /// The line that the byte at a place is in.
    /// - Parameter low: where some line begins, not after the place.
    private func line(
        around place: Int, from low: Int
    ) throws(Failure) -> (start: Int, bytes: [UInt8], next: Int) {
        var reach = 256
        while true {
            let (begin, end) = (max(low, place - reach), min(size, place + reach))
            let bytes = try read(begin..<end)
            let offset = place - begin
            let start = bytes[..<offset].lastIndex(of: Self.newline).map { $0 + 1 } ?? (begin == low ? 0 : nil)
            let stop = bytes[offset...].firstIndex(of: Self.newline) ?? (end == size ? bytes.count : nil)
            if let start, let stop {
                var line = bytes[start..<stop]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return (begin + start, Array(line), begin + stop + 1)
            }
            guard reach < Self.longestLine else { throw .tooLong }
            reach *= 4
        }
    }

    private func read(_ range: Range<Int>) throws(Failure) -> [UInt8] {
        var isRead = true
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count, let base = buffer.baseAddress {
                let got = pread(descriptor, base + filled, range.count - filled, off_t(range.lowerBound + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 || errno != EINTR {
                    isRead = false
                    return
                }
            }
        }
        guard isRead else { throw .unreadable }
        return bytes
    }
}
