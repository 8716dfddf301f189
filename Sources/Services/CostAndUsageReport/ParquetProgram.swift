import CProgram
public import Ledger
import NIOPosix
public import Platform
import Synchronization
public import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The program that writes Parquet: `gatehouse-parquet`, by Apache Arrow's library. It is no part of this one, and need not be there.
struct ParquetProgram: Sendable {
    private let path: String
    /// How long it may not read, and how long it may take to end. It writes a row group within a second.
    private static let seconds: Int32 = 120

    init(path: String) { self.path = path }

    /// Sees whether it can be run.
    /// - Throws: NotImplemented, with what is to be done.
    func check() async throws(ServiceError) {
        let path = path
        let problem = try await Self.onThread { () -> String? in
            guard access(path, X_OK) == 0 else { return "\(path) is not installed" }
            var words: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("--version"), nil]
            defer { for word in words { free(word) } }
            var output = [CChar](repeating: 0, count: 256)
            var errors = [CChar](repeating: 0, count: 1024)
            let ended = program_run(path, &words, "", 0, Self.seconds, &output, output.count, &errors, errors.count)
            guard ended.error == 0, ended.status == 0, Self.text(output).hasPrefix("gatehouse-parquet 1,") else {
                return "\(path) can't be run: \(Self.reason(ended, errors))"
            }
            return nil
        }
        guard let problem else { return }
        throw .notImplemented(
            "Gatehouse writes Parquet by a program that is not part of it, and \(problem). Make it with "
                + "Tools/make-parquet-writer, as the guide on costs says, or ask for CSV with the compression GZIP.")
    }

    /// Starts it for one file.
    func start() async throws(ServiceError) -> Run {
        let path = path
        let run = try await Self.onThread { () -> Run? in
            var words: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
            defer { for word in words { free(word) } }
            var feed = program_feed()
            return program_feed_start(&feed, path, &words) == 0 ? Run(feed) : nil
        }
        guard let run else { throw Self.failure("\(path) can't be started") }
        return run
    }

    /// It while it writes a file. One that is dropped is killed.
    final class Run: Sendable {
        private let feed: Mutex<program_feed?>

        init(_ feed: program_feed) { self.feed = Mutex(feed) }

        deinit {
            guard var feed = feed.withLock({ $0.take() }) else { return }
            var errors: [CChar] = [0]
            _ = program_feed_end(&feed, 0, &errors, errors.count)
            close(feed.output)
        }

        /// Has it read some bytes.
        func write(_ bytes: [UInt8]) async throws(ServiceError) {
            guard let feed = feed.withLock({ $0 }) else { throw .internalFailure }
            let error = try await ParquetProgram.onThread {
                bytes.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return Int32(0) }
                    return withUnsafePointer(to: feed) {
                        program_feed_write($0, start, bytes.count, ParquetProgram.seconds)
                    }
                }
            }
            // Why it reads no more, it says when it ends.
            guard error == 0 || error == EPIPE || error == ECONNRESET else {
                throw ParquetProgram.failure(String(cString: strerror(error)))
            }
        }

        /// Waits for its end.
        /// - Returns: what it has written.
        /// - Throws: InternalFailure for a program that did not end well.
        func end() async throws(ServiceError) -> BodyStream {
            guard let feed = feed.withLock({ $0.take() }) else { throw .internalFailure }
            let (file, length, problem) = try await ParquetProgram.onThread { () -> (WrittenFile, Int, String?) in
                var feed = feed
                var errors = [CChar](repeating: 0, count: 1024)
                let ended = program_feed_end(&feed, ParquetProgram.seconds, &errors, errors.count)
                let file = WrittenFile(feed.output)
                guard ended.error == 0, ended.status == 0 else {
                    return (file, 0, ParquetProgram.reason(ended, errors))
                }
                return (file, Int(lseek(feed.output, 0, SEEK_END)), nil)
            }
            if let problem { throw ParquetProgram.failure(problem) }
            guard length > 0 else { throw ParquetProgram.failure("it has written nothing") }
            let place = Atomic<Int>(0)
            return BodyStream(length: length) { () throws(ServiceError) in
                let bytes = file.bytes(at: place.load(ordering: .relaxed))
                place.add(bytes.count, ordering: .relaxed)
                return bytes.isEmpty ? nil : bytes
            }
        }
    }

    /// A file in memory.
    private final class WrittenFile: Sendable {
        private let file: Int32

        init(_ file: Int32) { self.file = file }

        deinit { close(file) }

        func bytes(at place: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                count = max(0, pread(file, buffer.baseAddress, buffer.count, off_t(place)))
            }
        }
    }

    private static func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async throws(ServiceError) -> T {
        do { return try await NIOThreadPool.singleton.runIfActive(body) } catch { throw .internalFailure }
    }

    private static func failure(_ reason: String) -> ServiceError {
        ServiceError("InternalFailure", "Parquet could not be written: \(reason)", status: 500)
    }

    private static func reason(_ ended: program_result, _ errors: [CChar]) -> String {
        if ended.error != 0 { return String(cString: strerror(ended.error)) }
        let first = text(errors).split(separator: "\n").first.map(String.init)
        return first ?? (ended.status < 0 ? "it was killed" : "it ended with \(ended.status)")
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Where the program is that writes Parquet: a setting of the server's.
public final class ParquetPlace: Projection {
    /// It is made from no records.
    public static let kinds: Set<String> = []

    /// Where packages put it.
    private static let usual = "/usr/lib/gatehouse/gatehouse-parquet"
    private let path = Mutex(ParquetPlace.usual)

    public init() {}

    /// Takes the operator's.
    public func use(_ path: String) { self.path.withLock { $0 = path } }

    var program: ParquetProgram { ParquetProgram(path: path.withLock { $0 }) }

    public func apply(_ changes: [Change]) throws(LedgerError) {}
    public func replaceAll(with changes: [Change]) throws(LedgerError) {}
}

extension Environment {
    var parquetProgram: ParquetProgram { projection(ParquetPlace.self).program }
}
