// How many packages a second are looked up among 300,000 advisories, and what memory that takes: made-up records in OSV's form, as
// many of each ecosystem as there are about, read from one file.
//
//     AdvisoriesBench [ADVISORIES]

import Advisories
import Glibc
import Packages

@main
struct AdvisoriesBench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 3, arguments[0] == "--measure", let count = Int(arguments[2]) {
            return try measure(arguments[1], count)
        }
        let count = arguments.first.flatMap(Int.init) ?? 300_000
        let folder = "/tmp/advisories-bench.\(getpid())"
        mkdir(folder, 0o700)
        defer {
            for name in ["records.jsonl", "index"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try write(count, to: "\(folder)/records.jsonl")
        let clock = ContinuousClock()
        let building = try clock.measure {
            try AdvisoryIndex.build(from: ["\(folder)/records.jsonl"], to: "\(folder)/index")
        }
        print("| | |\n|---|---|")
        print("| records, MB | \(size("\(folder)/records.jsonl") >> 20) |")
        print("| making the index, s | \(shown(building)) |")
        print("| the index, MB | \(size("\(folder)/index") >> 20) |")
        print("| memory at most while it is made, MB | \(memory("VmHWM") >> 10) |")
        // What making it took is not what looking up takes: another process does that.
        fflush(nil)
        var child: pid_t = 0
        let program = "/proc/self/exe"
        let words = [program, "--measure", "\(folder)/index", "\(count)"].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        guard posix_spawn(&child, program, nil, nil, words, nil) == 0 else { throw AdvisoriesFailure() }
        var status: Int32 = 0
        waitpid(child, &status, 0)
    }

    private static func measure(_ path: String, _ advisories: Int) throws {
        let index = try AdvisoryIndex(path: path)
        let system = OperatingSystem(id: "debian", version: "12", codename: "bookworm")
        let packages = (0..<200_000).map { package($0, advisories) }
        let inventory = Inventory(system: system, packages: packages)
        let before = memory("RssAnon")
        let clock = ContinuousClock()
        var found = 0
        var best = Double.infinity
        for _ in 0..<5 {
            let time = clock.measure { found = index.matches(in: inventory).count }
            best = min(best, seconds(time))
        }
        print("| packages a second, with what is found put together | \(Int(Double(packages.count) / best)) |")
        print("| vulnerabilities found | \(found) |")
        let safe = Inventory(
            system: system,
            packages: packages.map {
                var package = $0
                package.version = package.type == .deb ? "999:1-1" : "99999.0.0"
                return package
            })
        best = .infinity
        for _ in 0..<5 { best = min(best, seconds(clock.measure { found = index.matches(in: safe).count })) }
        print("| packages a second that have none | \(Int(Double(packages.count) / best)) |")
        print("| memory of its own for looking up, MB | \(max(0, memory("RssAnon") - before) >> 10) |")
        print("| of the index's file in memory, MB | \(memory("RssFile") >> 10) |")
        let small = Inventory(system: system, packages: Array(packages.prefix(400)))
        best = .infinity
        for _ in 0..<50 { best = min(best, seconds(clock.measure { found = index.matches(in: small).count })) }
        print("| an image of 400 packages, ms | \(Double(Int(best * 100_000)) / 100) |")
    }

    private static let ecosystems = [
        "npm", "npm", "PyPI", "Maven", "Go", "crates.io", "Debian:12", "Debian:11", "Alpine:v3.18", "Red Hat",
    ]

    /// About a third of all names have advisories, some of them many.
    private static func name(_ number: Int, _ names: Int) -> Int {
        let spread = (number &* 7_919) % names
        return number.isMultiple(of: 5) ? spread % 500 : spread
    }

    private static func record(_ number: Int, _ count: Int) -> String {
        let ecosystem = ecosystems[number % ecosystems.count]
        let name = "\(ecosystem == "Maven" ? "org.example:" : "")library-\(name(number, count / 4))"
        let revision = ecosystem.hasPrefix("Debian") ? "-1" : ""
        let fixed = "\(number % 7 + 1).\(number % 40).\(number % 11)\(revision)"
        return #"""
            {"id":"CVE-2026-\#(number)","modified":"2026-01-02T03:04:05Z","published":"2026-01-01T00:00:00Z","summary":"Fault \#(number) in a library","details":"\#(String(repeating: "Something goes wrong where it should not. ", count: 10))","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],"references":[{"type":"WEB","url":"https://example.com/\#(number)"}],"affected":[{"package":{"ecosystem":"\#(ecosystem)","name":"\#(name)"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"\#(fixed)"}]}]}]}
            """#
    }

    private static func package(_ number: Int, _ count: Int) -> InstalledPackage {
        let name = "library-\(number % (count / 2))"
        let version = "\(number % 9).\(number % 30).\(number % 13)"
        return switch number % 5 {
        case 0: InstalledPackage(manager: .nodePackage, type: .npm, name: name, version: version)
        case 1: InstalledPackage(manager: .pythonPackage, type: .pypi, name: name, version: version)
        case 2: InstalledPackage(manager: .jar, type: .maven, namespace: "org.example", name: name, version: version)
        case 3: InstalledPackage(manager: .cargo, type: .cargo, name: name, version: version)
        default: InstalledPackage(manager: .os, type: .deb, name: name, version: "\(version)-1")
        }
    }

    private static func write(_ count: Int, to path: String) throws {
        guard let file = fopen(path, "w") else { throw AdvisoriesFailure() }
        defer { fclose(file) }
        for number in 0..<count { fputs(record(number, count) + "\n", file) }
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A line of `/proc/self/status`, in KiB.
    private static func memory(_ name: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name + ":") else { continue }
            return Int(text.split(whereSeparator: { !$0.isNumber }).first ?? "") ?? 0
        }
        return 0
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    private static func shown(_ duration: Duration) -> String { "\(Double(Int(seconds(duration) * 100)) / 100)" }
}

/// The disk is full.
private struct AdvisoriesFailure: Error {}
