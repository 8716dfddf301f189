import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file of the operator's that grows line by line.
enum AppendedFile {
    /// Adds to a file, which is made if it is not there: nobody but its owner may read it.
    /// - Returns: whether all is written.
    static func append(_ data: Data, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        return data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}

extension WebTraffic {
    /// Why a file can't be written to; nil: it can.
    static func problem(ofLog path: String) -> String? {
        guard AppendedFile.append(Data(), to: path) else { return String(cString: strerror(errno)) }
        return nil
    }
}
