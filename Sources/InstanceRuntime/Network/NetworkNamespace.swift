import CProgram

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A network of its own: interfaces, routes, tables of nftables. It ends with the process that holds it, however that ends, so that
/// nothing of it can be left on the machine. That needs no name anywhere, either.
///
/// What is asked of it blocks: call it where that may be.
final class NetworkNamespace: Sendable {
    let descriptor: Int32

    init() throws(RuntimeProblem) {
        descriptor = network_make()
        guard descriptor >= 0 else { throw RuntimeProblem("a network namespace can't be made", errno: -descriptor) }
    }

    deinit { close(descriptor) }

    /// Writes to a switch of the kernel: `ipv4/ip_forward`.
    func set(_ path: String, to value: String) throws(RuntimeProblem) {
        let error = network_write(descriptor, "/proc/sys/net/\(path)", value)
        guard error == 0 else { throw RuntimeProblem("/proc/sys/net/\(path)", errno: error) }
    }

    /// A socket of TCP, or of UDP, that is bound and not listening yet. It is the caller's to close.
    /// - Parameter link: the interface by which its clients come; nil: any.
    func socket(
        _ address: String, port: Int32, link: String? = nil, isDatagram: Bool = false
    ) throws(RuntimeProblem) -> Int32 {
        let socket = network_socket(descriptor, isDatagram, link, address, port)
        guard socket >= 0 else { throw RuntimeProblem("a socket at \(address), port \(port)", errno: -socket) }
        return socket
    }

    /// Runs a program in it.
    /// - Parameters:
    ///   - passed: another network, which the program knows as `/proc/self/fd/3`.
    /// - Returns: what it has printed.
    @discardableResult
    func run(
        _ name: String, _ arguments: [String], input: String = "", passed: NetworkNamespace? = nil
    ) throws(RuntimeProblem) -> String {
        guard let path = Self.path(name) else {
            throw RuntimeProblem(
                "the program \(name) is not in \(Self.folders.joined(separator: ", ")). Install it (Debian's package "
                    + "\(name == "nft" ? "nftables" : "iproute2"))")
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var output: UnsafeMutablePointer<CChar>?
        var length = 0
        var errors = [CChar](repeating: 0, count: 1 << 12)
        let ended = program_run_in(
            descriptor, passed?.descriptor ?? -1, path, &words, input, input.utf8.count, Self.seconds, &output, &length,
            &errors, errors.count)
        defer { free(output) }
        guard ended.error != ETIMEDOUT else {
            throw RuntimeProblem("\(path) did not end within \(Self.seconds) seconds")
        }
        guard ended.error == 0 else { throw RuntimeProblem("\(path) can't be run", errno: ended.error) }
        guard ended.status == 0 else {
            let said = String(decoding: errors.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw RuntimeProblem("\(path): \(said.split(separator: "\n").first ?? "it says nothing")")
        }
        guard let output else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: output, count: length), as: UTF8.self)
    }

    private static let folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"]
    private static let seconds: Int32 = 60

    static func path(_ name: String) -> String? {
        folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
