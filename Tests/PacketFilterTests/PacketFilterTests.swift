import CProgram
import FoundationEssentials
import Logging
import Shield
import Synchronization
import Testing
import WAF

@testable import PacketFilter

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct PacketFilterTests {
    /// A program in the place of `nft`: it keeps what it is told, and says what the file `problem` has.
    private final class Program {
        let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "nft-\(UInt64.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let text = """
                #!/bin/sh
                cd '\(folder.path)'
                input=$(cat)
                case $input in
                *chain*) ;;
                *) if [ -e problem ]; then cat problem >&2; exit 1; fi ;;
                esac
                printf '%s\\n' "$input" >> told
                """
            // It is not this process that writes it: a child that another test starts at that moment would hold the file open for
            // writing, and no such file can be run.
            let path = folder.appending(path: "nft").path
            try #require(PacketFilterTests.run("cat > '\(path)' && chmod 700 '\(path)'", text, 600).0.status == 0)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func fail(_ problem: String) throws { try Data(problem.utf8).write(to: folder.appending(path: "problem")) }

        /// How often the table was put in place.
        var creations: Int {
            get throws {
                let told = try String(decoding: Data(contentsOf: folder.appending(path: "told")), as: UTF8.self)
                return told.split(separator: "\n").count { $0.contains("chain input") }
            }
        }
    }

    /// Counts what is said.
    private struct Counting: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.message)") } }
    }

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private final class Time: Sendable {
        let seconds = Mutex(0.0)
    }

    private let lines = Lines()
    /// Seconds since the test began: not those of the machine, which may be busy with other tests.
    private let time = Time()
    private let start = ContinuousClock.now

    private func filter(_ program: Program) async throws -> PacketFilter {
        let (lines, time, start) = (lines, time, start)
        let log = Logger(label: "test") { _ in Counting(lines: lines) }
        let filter = PacketFilter(
            NFTProgram(path: program.folder.appending(path: "nft").path, seconds: 600),
            now: { start + .seconds(time.seconds.withLock { $0 }) }, log: log)
        let table = FilterTable(
            address: "::", ports: [8080], exempt: [], rate: Budget(perSecond: 50, burst: 500))
        try await filter.install(try #require(table))
        return filter
    }

    private func ban(_ filter: PacketFilter, times: Int) async throws {
        let client = try #require(IPAddress("192.0.2.1"))
        for _ in 0..<times {
            filter.ban(.client(client), for: 10)
            await filter.flush()
        }
    }

    /// A set that is full is so at each ban, five times a second.
    @Test func whatGoesWrongIsSaidOnce() async throws {
        let program = try Program()
        let filter = try await filter(program)
        try await ban(filter, times: 2)
        #expect(lines.all.withLock { $0.isEmpty })
        try program.fail("Error: Could not process rule: No space left on device")
        try await ban(filter, times: 5)
        #expect(await filter.counts() == nil)
        #expect(lines.all.withLock { $0.count } == 1)
        time.seconds.withLock { $0 = 59 }
        try await ban(filter, times: 1)
        #expect(lines.all.withLock { $0.count } == 1)
        time.seconds.withLock { $0 = 60 }
        try await ban(filter, times: 2)
        #expect(lines.all.withLock { $0.count } == 2)
        #expect(try program.creations == 1)
    }

    /// Where that does not help, it takes away all bans each time.
    @Test func aTableIsNotPutBackTimeAndAgain() async throws {
        let program = try Program()
        let filter = try await filter(program)
        try program.fail("Error: No such file or directory")
        try await ban(filter, times: 3)
        #expect(await filter.counts() == nil)
        #expect(try program.creations == 2)
        #expect(lines.all.withLock { $0.count } == 1)
        time.seconds.withLock { $0 = 19 }
        try await ban(filter, times: 1)
        #expect(try program.creations == 2)
        time.seconds.withLock { $0 = 20 }
        try await ban(filter, times: 2)
        #expect(try program.creations == 3)
    }

    private static func run(_ command: String, _ input: String, _ seconds: Int32) -> (program_result, String) {
        let texts = ["/bin/sh", "-c", command]
        var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var (output, errors) = ([CChar](repeating: 1, count: 100), [CChar](repeating: 1, count: 100))
        let result = program_run(
            "/bin/sh", &words, input, input.utf8.count, seconds, &output, output.count, &errors, errors.count)
        return (result, String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    @Test func aProgramIsWaitedForAndNoLongerThanItMay() {
        let (ended, said) = Self.run("cat; exit 3", "in", 600)
        #expect(ended.status == 3 && ended.error == 0 && said == "in")
        #expect(Self.run("exec sleep 600", "", 0).0.error == ETIMEDOUT)
    }
}
