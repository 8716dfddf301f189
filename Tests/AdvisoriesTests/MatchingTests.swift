import Foundation
import PackageVersions
import Packages
import SBOM
import Testing
import Wire

@testable import Advisories

/// An index of some records, which is removed with its folder.
private func withIndex(_ files: [String: String], _ body: (AdvisoryIndex, [String]) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("advisories-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    let place = folder.appendingPathComponent("index").path
    let problems = try AdvisoryIndex.build(
        from: files.keys.sorted().map { folder.appendingPathComponent($0).path }, to: place)
    try body(try AdvisoryIndex(path: place), problems)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.count == files.count + 1)
}

private let debian = OperatingSystem(id: "debian", version: "12", codename: "bookworm")

private func deb(_ name: String, _ version: String, source: String? = nil) -> InstalledPackage {
    InstalledPackage(
        manager: .os, type: .deb, name: name, version: version, architecture: "amd64",
        source: source.map { SourcePackage(name: $0, version: version) })
}

private func pypi(_ name: String, _ version: String) -> InstalledPackage {
    InstalledPackage(manager: .pythonPackage, type: .pypi, name: name, version: version)
}

/// Made up, in the form of OSV.
private let osv = #"""
    [{"id":"GHSA-aaaa-bbbb-cccc","modified":"2026-01-02T03:04:05Z","published":"2026-01-01T00:00:00Z",
      "aliases":["CVE-2026-10001"],"summary":"Overflow in sample-lib","details":"It overflows.",
      "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
      "database_specific":{"severity":"CRITICAL","cwe_ids":["CWE-120"]},
      "references":[{"type":"WEB","url":"https://example.com/a"},{"type":"WEB","url":"javascript:alert(1)"}],
      "affected":[{"package":{"ecosystem":"PyPI","name":"Sample.Lib"},
        "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1.0"},{"fixed":"1.4"}]},{"type":"GIT","events":[{"introduced":"abc"}]}],
        "versions":["1.0","1.1","0.9.post1"]}]},
     {"id":"PYSEC-2026-1","modified":"2026-02-02T03:04:05Z","aliases":["GHSA-aaaa-bbbb-cccc"],"details":"The same.",
      "affected":[{"package":{"ecosystem":"PyPI","name":"sample-lib"},
        "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.4.1"}]}]}]},
     {"id":"PYSEC-2026-2","modified":"2026-02-02T03:04:05Z","withdrawn":"2026-02-03T00:00:00Z",
      "affected":[{"package":{"ecosystem":"PyPI","name":"sample-lib"},"versions":["1.2"]}]},
     {"id":"DSA-9999-1","modified":"2026-03-01T00:00:00Z","related":["CVE-2026-10001","CVE-2026-10002"],
      "affected":[{"package":{"ecosystem":"Debian:12","name":"samplelib"},
        "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.0-1+deb12u1"}]}]}]},
     {"id":"CVE-2026-10002","modified":"2026-03-01T00:00:00Z",
      "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"}],"affected":[]}]
    """#

private let tracker = #"""
    {"samplelib":{"CVE-2026-10002":{"description":"A leak","scope":"local","releases":{
       "bookworm":{"status":"resolved","repositories":{"bookworm":"2.0-1"},"fixed_version":"2.0-1+deb12u1","urgency":"low"},
       "trixie":{"status":"resolved","fixed_version":"0","urgency":"unimportant"},"sid":{"status":"open","urgency":"not yet assigned"}}},
      "CVE-2026-10003":{"releases":{"bookworm":{"status":"open","urgency":"high"}}},
      "TEMP-0000000-ABCDEF":{"releases":{"bookworm":{"status":"undetermined","urgency":"low"}}}},
     "other":{"CVE-2026-10004":{"releases":{"bookworm":{"status":"open","urgency":"low"}}}}}
    """#

@Suite struct MatchingTests {
    @Test func sourcesSayItTogether() throws {
        let files = [
            "osv.json": osv, "tracker.json": tracker,
            "epss.csv":
                "#model_version:v2026.01.01,score_date:2026-03-02T00:00:00+0000\ncve,epss,percentile\nCVE-2026-10001,0.25000,0.9\n",
            "kev.json":
                #"{"catalogVersion":"1","dateReleased":"2026-03-03T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-10003"}]}"#,
        ]
        try withIndex(files) { index, problems in
            #expect(problems == [])
            #expect(index.origins.map(\.advisories) == [1, 1, 4, 3])
            #expect(index.origins.map { $0.newest == nil } == [false, false, false, true])
            let inventory = Inventory(
                system: debian,
                packages: [
                    deb("libsample1", "2.0-1", source: "samplelib"), pypi("sample_lib", "1.2"), pypi("fine", "1.0"),
                ])
            let matches = index.matches(in: inventory)
            #expect(matches.map(\.id) == ["CVE-2026-10001", "CVE-2026-10002", "CVE-2026-10003"])
            let first = try #require(matches.first)
            #expect(first.advisories.map(\.id) == ["DSA-9999-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1"])
            #expect(first.related == ["DSA-9999-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1"])
            #expect(first.packages.map(\.fixedIn) == ["2.0-1+deb12u1", "1.4.1"])
            #expect(first.severity == .critical)
            #expect(first.fixAvailable == .yes)
            #expect(first.vectors.map(\.baseScore) == [9.8])
            #expect(first.advisories.map(\.exploitProbability) == [0.25, 0.25, 0.25])
            #expect(first.advisories[1].references == ["https://example.com/a"])
            #expect(first.advisories[1].weaknesses == ["CWE-120"])
            // Of the second, Debian says a word and another source the score.
            #expect(matches[1].severity == .low)
            #expect(matches[1].vendorSeverity == "low")
            #expect(matches[1].vectors.map(\.baseScore) == [3.3])
            #expect(matches[2].fixAvailable == .no)
            #expect(matches[2].severity == .high)
            #expect(matches[2].advisories.map(\.isExploited) == [true])
            #expect(index.advisories(named: "CVE-2026-10001").map(\.id) == ["GHSA-aaaa-bbbb-cccc", "DSA-9999-1"])
            #expect(index.advisories(named: "CVE-1999-1") == [])
        }
    }

    @Test(arguments: [
        ("1.3.9", true), ("1.4", true), ("1.4.1", false), ("0.9.post1", true), ("2.0", false), ("no version", false),
    ])
    func versions(_ version: String, _ isAffected: Bool) throws {
        try withIndex(["osv.json": osv]) { index, _ in
            let matches = index.matches(in: Inventory(packages: [pypi("SAMPLE--lib", version)]))
            #expect(matches.isEmpty != isAffected)
        }
    }

    @Test func whatBelongsToTheSystemIsLookedAfter() throws {
        try withIndex(["osv.json": osv]) { index, _ in
            var package = pypi("sample-lib", "1.2")
            package.owner = "python3-sample-lib"
            #expect(index.matches(in: Inventory(system: debian, packages: [package])) == [])
            // Another release.
            let other = OperatingSystem(id: "debian", version: "11")
            #expect(index.matches(in: Inventory(system: other, packages: [deb("samplelib", "1.0")])) == [])
            #expect(index.matches(in: Inventory(packages: [deb("samplelib", "1.0")])) == [])
        }
    }

    @Test func linesAndOddFiles() throws {
        let line =
            #"{"id":"GO-2026-0001","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"example.com/m/v2"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.1.0"}]}]}]}"#
        let other = line.replacing("0001", with: "0002").replacing("2.1.0", with: "2.0.0-20260101000000-abcdefabcdef")
        try withIndex(["a.jsonl": "\(line)\n\(other)\n", "b.json": "{", "c.json": "[1,{}]", "d.txt": "hello"]) {
            index, problems in
            #expect(index.count == 2)
            #expect(problems.count == 4)
            let package = InstalledPackage(
                manager: .goBinary, type: .golang, namespace: "example.com/m", name: "v2",
                version: "v2.0.0-20250101000000-000000000000")
            #expect(index.matches(in: Inventory(packages: [package])).map(\.id) == ["GO-2026-0001", "GO-2026-0002"])
        }
    }

    @Test func damagedIndexesTrapNobody() throws {
        try withIndex(["osv.json": osv, "tracker.json": tracker]) { index, _ in
            let path = try #require(index.origins.first).path
            let place = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("index")
            let bytes = Array(try Data(contentsOf: place))
            let inventory = Inventory(
                system: debian, packages: [deb("samplelib", "2.0-1"), pypi("sample-lib", "1.2"), deb("other", "1")])
            for number in 0..<3_000 {
                var damaged = bytes
                if number.isMultiple(of: 3) { damaged.removeLast(.random(in: 1..<damaged.count)) }
                for _ in 0..<Int.random(in: 1...6) { damaged[.random(in: damaged.indices)] = .random(in: 0...255) }
                let other = place.path + ".damaged"
                try Data(damaged).write(to: URL(fileURLWithPath: other))
                defer { unlink(other) }
                guard let index = try? AdvisoryIndex(path: other) else { continue }
                _ = index.matches(in: inventory)
                _ = index.advisories(named: "CVE-2026-10001")
            }
        }
    }

    @Test(arguments: [
        ("Debian:12", "debian:12"), ("Ubuntu:22.04:LTS", "ubuntu:22.04"), ("Ubuntu:Pro:18.04:LTS", "ubuntu:pro:18.04"),
        ("Alpine:v3.18", "alpine:3.18"), ("Red Hat:enterprise_linux:9::baseos", "red hat:9"), ("PyPI", "pypi"),
        ("Maven:https://repo.example", "maven"), ("Rocky Linux:9", "rocky linux:9"),
    ])
    func ecosystems(_ name: String, _ key: String) {
        #expect(Ecosystem.key(name) == key)
        #expect(Ecosystem.scheme(key) != nil)
    }

    @Test(arguments: [
        (0.0, Severity.informational), (0.1, .low), (3.9, .low), (4.0, .medium), (6.9, .medium), (7.0, .high),
        (8.9, .high),
        (9.0, .critical), (10.0, .critical),
    ])
    func bands(_ score: Double, _ severity: Severity) {
        #expect(Severity(score: score) == severity)
    }

    @Test func vectors() throws {
        // The examples of FIRST's own documents.
        for (vector, score) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", 5.5),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5), ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:N", 0),
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8), ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 7.5),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0),
        ] {
            #expect(CVSSVector(vector)?.baseScore == score, "\(vector)")
        }
        let vector = try #require(CVSSVector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
        #expect(vector.replacing("AV", "L")?.baseScore == 8.4)
        #expect(vector.replacing("AV", "X") == nil)
        #expect(vector.replacing("E", "P") == nil)
        #expect(vector["AC"] == "L")
    }

    @Test func bills() throws {
        let inventory = Inventory(system: debian, packages: [deb("libstdc++6", "1:12.2.0-14"), pypi("a/b", "1")])
        let subject = SBOMSubject(
            accountID: "111122223333", resource: "i-1", type: "AWS_EC2_INSTANCE", image: "ami-1", system: debian,
            architecture: "x86_64", time: 1_700_000_000.7)
        for format in SBOMFormat.allCases {
            let document = format.document(
                of: inventory, subject,
                vulnerabilities: ["CVE-1": [inventory.packages[0]], "CVE-2": inventory.packages])
            let json = try JSONValue(parsing: document)
            let text = String(decoding: document, as: UTF8.self)
            #expect(
                text.contains(
                    "pkg:dpkg/libstdc++6@12.2.0-14?arch=X86_64&epoch=1&upstream=libstdc++6-12.2.0-14.src.dpkg"))
            #expect(text.contains("2023-11-14T22:13:20Z"))
            if format == .cycloneDX, case .array(let vulnerabilities)? = json["vulnerabilities"] {
                #expect(vulnerabilities.count == 2)
            }
            if format == .spdx {
                #expect(json["documentNamespace"] == .string("EC2://i-1/DEBIAN_12/null/x86_64"))
                #expect(json["name"] == .string("111122223333/EC2/i-1/ami-1"))
            }
        }
    }
}
