import CProgram
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The program `nft`, by which the kernel's tables are changed. Each run is one transaction: all of it holds, or nothing.
struct NFTProgram: Sendable {
    let path: String

    /// What keeps it from being done, in words for the operator.
    struct Failure: Error, CustomStringConvertible {
        let description: String
        /// Whether a table or a set is not there.
        var isMissing = false
    }

    private static let folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"]
    /// How long it may take.
    private let seconds: Int32

    init(path: String, seconds: Int32 = 10) { (self.path, self.seconds) = (path, seconds) }

    /// - Throws: ``Failure`` where there is no such program.
    init() throws(Failure) {
        guard let folder = Self.folders.first(where: { access("\($0)/nft", X_OK) == 0 }) else {
            throw Failure(
                description: "the program nft is not in \(Self.folders.joined(separator: ", ")). Install it (Debian's "
                    + "package nftables), or leave out --nftables")
        }
        self.init(path: "\(folder)/nft")
    }

    /// Runs commands in nft's words.
    func run(_ text: String) async throws(Failure) { _ = try await run(["-f", "-"], input: text) }

    /// What a table has counted.
    func counters(of table: String) async throws(Failure) -> FilterCounters {
        let text = try await run(["-j", "list", "counters", "table", "inet", table], input: "")
        guard let counters = FilterCounters(json: text) else {
            throw Failure(description: "nft's counters can't be understood: \(text.prefix(200))")
        }
        return counters
    }

    private func run(_ arguments: [String], input: String) async throws(Failure) -> String {
        let result: Result<String, Failure>
        do {
            // A thread waits for it.
            result = try await NIOThreadPool.singleton.runIfActive { wait(for: arguments, input) }
        } catch {
            throw Failure(description: "\(error)")
        }
        return try result.get()
    }

    private func wait(for arguments: [String], _ input: String) -> Result<String, Failure> {
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var output = [CChar](repeating: 0, count: 1 << 16)
        var errors = [CChar](repeating: 0, count: 1 << 12)
        let ended = program_run(
            path, &words, input, input.utf8.count, seconds, &output, output.count, &errors, errors.count)
        let (said, complained) = (Self.text(output), Self.text(errors))
        guard ended.status != 0 else { return .success(said) }
        if ended.error == ETIMEDOUT {
            return .failure(Failure(description: "\(path) did not end within \(seconds) seconds"))
        }
        guard ended.error == 0 else {
            return .failure(Failure(description: "\(path) can't be run: \(String(cString: strerror(ended.error)))"))
        }
        return .failure(Self.failure(path, complained))
    }

    /// What to do about what nft says.
    static func failure(_ path: String, _ complaint: String) -> Failure {
        let first = complaint.split(separator: "\n").first.map(String.init) ?? "it says nothing"
        if complaint.contains("Operation not permitted") {
            return Failure(
                description: "changing the kernel's tables is for root, and for processes with CAP_NET_ADMIN "
                    + "(AmbientCapabilities=CAP_NET_ADMIN in a systemd unit). Give it one of them, or leave out --nftables"
            )
        }
        if complaint.contains("No such file or directory") {
            return Failure(description: "\(path): \(first)", isMissing: true)
        }
        let lacks = ["not supported", "Invalid argument", "Unable to initialize Netlink"].contains {
            complaint.contains($0)
        }
        return Failure(
            description: "\(path): \(first)"
                + (lacks ? ". The kernel needs nf_tables with the family inet; without it, leave out --nftables" : ""))
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
