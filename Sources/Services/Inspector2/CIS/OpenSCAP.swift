import CProgram
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a rule of a benchmark, or a test, has found.
struct BenchmarkResult: Equatable, Sendable {
    /// `xccdf_org.ssgproject.content_rule_accounts_umask_etc_login_defs`
    let rule: String
    let title: String
    /// XCCDF's word: `pass`, `fail`, `notapplicable`…
    let result: String
    /// What there is to say besides.
    var details: String?
}

/// OpenSCAP's scanner, by which a root folder is compared with a benchmark: Debian's package openscap-scanner.
/// <https://static.open-scap.org/openscap-1.3/oscap_user_manual.html>
struct OpenSCAP: Sendable {
    private static let folders = ["/usr/bin", "/usr/local/bin", "/bin"]
    /// How long a scan may take.
    private static let seconds: Int32 = 1800

    private let path: String

    /// nil: it is not installed.
    init?() {
        guard let folder = Self.folders.first(where: { access("\($0)/oscap", X_OK) == 0 }) else { return nil }
        path = "\(folder)/oscap"
    }

    /// Compares a root folder with a profile of a benchmark; slow. nil: it could not be done.
    /// - Parameters:
    ///   - content: an XCCDF checklist or a data stream.
    ///   - root: what the benchmark's paths begin at.
    func results(_ content: String, profile: String, root: String) -> [BenchmarkResult]? {
        let arguments = [
            "env", "OSCAP_PROBE_ROOT=\(root)", path, "xccdf", "eval", "--profile", profile, content,
        ]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var output = [CChar](repeating: 0, count: 4 << 20)
        var errors = [CChar](repeating: 0, count: 1 << 12)
        let ended = program_run(
            "/usr/bin/env", &words, "", 0, Self.seconds, &output, output.count, &errors, errors.count)
        // 2: some rule was not kept.
        guard ended.error == 0, ended.status == 0 || ended.status == 2 else { return nil }
        let text = String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Self.results(in: text)
    }

    /// What it prints of each rule: lines of `Title`, `Rule` and `Result`.
    static func results(in text: String) -> [BenchmarkResult] {
        var results: [BenchmarkResult] = []
        var (title, rule) = ("", "")
        for line in text.unicodeScalars.split(whereSeparator: { $0 == "\n" }) {
            let words = String(line.filter { $0 != "\r" }).split(separator: "\t", maxSplits: 1).map(String.init)
            guard words.count == 2 else { continue }
            switch words[0] {
            case "Title": title = words[1]
            case "Rule": rule = words[1]
            case "Result":
                if !rule.isEmpty { results.append(BenchmarkResult(rule: rule, title: title, result: words[1])) }
                (title, rule) = ("", "")
            default: break
            }
        }
        return results
    }
}
