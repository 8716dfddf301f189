import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that the command line names. It may be a pipe, such as a shell's `<(…)`, which has no size and can be read
/// only once.
enum InputFile {
    struct Unreadable: Error {
        let reason: String
    }

    /// Far more than any policy document has, so that an endless input is not read forever.
    private static let largest = 16 << 20

    /// - Parameter path: `-` is standard input.
    static func text(of path: String) throws(Unreadable) -> String {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Unreadable(reason: "can't be read: \(String(cString: strerror(errno)))") }
        defer { if file != STDIN_FILENO { close(file) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Unreadable(reason: "can't be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += buffer.prefix(count)
            guard bytes.count <= largest else {
                throw Unreadable(reason: "is longer than \(largest >> 20) MB: name a policy document")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(reason: "is not UTF-8 text: save it as UTF-8")
        }
        return text
    }
}
