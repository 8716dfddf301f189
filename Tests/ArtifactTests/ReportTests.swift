import Testing
import Wire

@testable import ArtifactService

@Suite struct ReportTests {
    private func isOfModel(_ text: String) -> Bool {
        (1...256).contains(text.unicodeScalars.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ")
            }
    }

    @Test func reportsAreNamedAsTheModelWants() {
        #expect(ReportKind.all.count == 10)
        #expect(Set(ReportKind.all.map(\.id)).count == 10)
        for kind in ReportKind.all {
            #expect(kind.id.hasPrefix("report-"))
            #expect(kind.id.utf8.count == 23)
            #expect(isOfModel(kind.id))
            #expect(isOfModel(kind.name), "\(kind.name)")
            #expect(isOfModel(kind.series))
            #expect(isOfModel(kind.category))
            #expect(!kind.description.contains("<"))
            #expect(kind.description.unicodeScalars.count <= 1024)
            #expect(ReportKind.named(kind.id) == kind)
        }
        #expect(ReportKind.named("report-0000000000000000") == nil)
    }

    @Test func theBuildHasPinnedItsPackages() throws {
        let packages = BuildContents.pinnedPackages()
        #expect(packages.contains { $0.name == "swift-nio" && $0.version != nil })
        #expect(packages.allSatisfy { $0.revision.utf8.count == 40 })
    }

    @Test func theBillOfMaterialsNamesWhatItHas() throws {
        let contents = BuildContents(
            version: "1.2.3",
            packages: [
                BuildContents.Package(
                    name: "swift-x", location: "https://example.com/swift-x.git", version: nil, revision: "abc")
            ],
            program: BuildContents.File(path: "/proc/self/exe", sha256: "00"),
            libraries: [
                BuildContents.File(path: "/lib/liby.so.7", version: "7.1-2", sha256: "11", package: "liby7"),
                BuildContents.File(path: "/lib/libz.so.1", version: "1", sha256: "22"),
            ])
        let bill = BuildReport.json(contents, at: 1_796_083_200)
        #expect(bill["metadata"]?["timestamp"] == .string("2026-12-01T00:00:00Z"))
        #expect(bill["metadata"]?["component"]?["version"] == .string("1.2.3"))
        guard case .array(let components)? = bill["components"] else {
            Issue.record("There are no components")
            return
        }
        #expect(
            components.map { $0["purl"] } == [
                .string("pkg:swift/example.com/swift-x@abc"), .string("pkg:deb/debian/liby7@7.1-2"), nil,
            ])
        #expect(components.last?["hashes"] != nil)
    }
}
