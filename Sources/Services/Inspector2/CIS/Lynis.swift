import CProgram
import FoundationEssentials
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Lynis, by which a few of a system's settings are looked at: Debian's package lynis.
///
/// Its tests are not those of the Center for Internet Security: they keep Lynis' own names, and have no level. Most of them look at the
/// machine on which Lynis runs, whatever root folder it is given, and some run programs that are in that folder. So only those are
/// done that read one file each, and Lynis gets a copy of these files alone, with the rights of nobody.
/// <https://cisofy.com/documentation/lynis/>
struct Lynis: Sendable {
    /// A test, and the file in a root folder that it reads.
    struct Test: Sendable {
        let name: String
        let title: String
        let file: String
    }

    static let tests = [
        Test(name: "AUTH-9204", title: "Check users with an UID of zero", file: "etc/passwd"),
        Test(name: "AUTH-9208", title: "Check non-unique accounts in passwd file", file: "etc/passwd"),
        Test(name: "AUTH-9222", title: "Check unique groups (IDs)", file: "etc/group"),
        Test(name: "AUTH-9226", title: "Check unique group names", file: "etc/group"),
        Test(name: "AUTH-9230", title: "Check password hashing rounds", file: "etc/login.defs"),
        Test(name: "AUTH-9286", title: "Checking user password aging", file: "etc/login.defs"),
        Test(name: "BANN-7126", title: "Check issue banner file contents", file: "etc/issue"),
        Test(name: "BANN-7130", title: "Check issue.net banner file contents", file: "etc/issue.net"),
    ]

    private static let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
    /// How long it may take.
    private static let seconds: Int32 = 900
    /// The most that is read of a file.
    private static let most = 1 << 20
    /// Debian's `nobody`.
    private static let nobody: uid_t = 65_534

    private let path: String

    /// nil: it is not installed.
    init?() {
        guard let folder = Self.folders.first(where: { access("\($0)/lynis", X_OK) == 0 }) else { return nil }
        path = "\(folder)/lynis"
    }

    /// Looks at the files of a root folder; slow. nil: it could not be done.
    func results(root: String) -> [BenchmarkResult]? {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let place = "\(base)/gatehouse-lynis-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: place) }
        guard mkdir(place, 0o700) == 0, mkdir("\(place)/root", 0o700) == 0, mkdir("\(place)/root/etc", 0o700) == 0
        else {
            return nil
        }
        var present: Set<String> = []
        for file in Set(Self.tests.map(\.file)) where Self.copy(file, from: root, to: "\(place)/root") {
            present.insert(file)
        }
        let wanted = Self.tests.filter { present.contains($0.file) }
        guard !wanted.isEmpty else { return Self.results(of: "", done: []) }
        guard run(wanted, in: place), let report = FileManager.default.contents(atPath: "\(place)/report") else {
            return nil
        }
        return Self.results(of: String(decoding: report, as: UTF8.self), done: Set(wanted.map(\.name)))
    }

    /// Copies a plain file that no link leads to.
    private static func copy(_ file: String, from root: String, to place: String) -> Bool {
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let parts = file.split(separator: "/").map(String.init)
        for part in parts.dropLast() where folder >= 0 {
            let inner = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            folder = inner
        }
        guard folder >= 0, let name = parts.last else { return false }
        let source = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        close(folder)
        guard source >= 0 else { return false }
        defer { close(source) }
        var about = stat()
        guard fstat(source, &about) == 0, about.st_mode & S_IFMT == S_IFREG, about.st_size <= most else { return false }
        var content = [UInt8](repeating: 0, count: most)
        let count = pread(source, &content, most, 0)
        guard count >= 0 else { return false }
        let copy = "\(place)/\(file)"
        return FileManager.default.createFile(atPath: copy, contents: Data(content.prefix(count))) && handOver(copy)
    }

    /// Whoever runs Lynis gets a file or folder.
    private static func handOver(_ path: String) -> Bool { geteuid() != 0 || chown(path, nobody, nobody) == 0 }

    private func run(_ tests: [Test], in place: String) -> Bool {
        for folder in [place, "\(place)/root", "\(place)/root/etc"] where !Self.handOver(folder) { return false }
        var words = ["env"]
        if geteuid() == 0 {
            // In a network where nobody is, and with no right that it could lose.
            words += ["unshare", "-n", "-i", "setpriv", "--reuid=\(Self.nobody)", "--regid=\(Self.nobody)"]
            words += ["--clear-groups", "--bounding-set=-all", "--no-new-privs"]
        }
        words += ["prlimit", "--cpu=300", "--fsize=\(64 << 20)", "env", "HOME=\(place)", path, "audit", "system"]
        words += ["--rootdir", "\(place)/root/", "--tests", tests.map(\.name).joined(separator: " "), "--quick"]
        words += [
            "--quiet", "--no-colors", "--no-plugins", "--report-file", "\(place)/report", "--log-file", "/dev/null",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var output = [CChar](repeating: 0, count: 1 << 12)
        var errors = [CChar](repeating: 0, count: 1 << 12)
        let ended = program_run(
            "/usr/bin/env", &arguments, "", 0, Self.seconds, &output, output.count, &errors, errors.count)
        // It ends with another status where it warns of anything.
        return ended.error == 0 && ended.status >= 0
    }

    /// What a report says of each test: a warning or a suggestion is a failure. What was not done is skipped.
    static func results(of report: String, done: Set<String>) -> [BenchmarkResult] {
        var executed: Set<String> = []
        var complaints: [String: String] = [:]
        for line in report.unicodeScalars.split(whereSeparator: { $0 == "\n" }) {
            let parts = String(line).split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            let values = parts[1].split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "tests_executed": executed.formUnion(values)
            case "warning[]", "suggestion[]":
                if let name = values.first, values.count > 1, complaints[name] == nil { complaints[name] = values[1] }
            default: break
            }
        }
        return tests.map { test in
            let isDone = done.contains(test.name) && executed.contains(test.name)
            let complaint = complaints[test.name]
            return BenchmarkResult(
                rule: test.name, title: test.title, result: !isDone ? "notchecked" : complaint == nil ? "pass" : "fail",
                details: isDone ? complaint : "There is no file \(test.file).")
        }
    }
}
