import Foundation
import Mapping
import Testing

/// How much of the AWS API is mapped.
struct MappingCoverageTests {
    @Test("The page of the documentation says what the program's data say")
    func page() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation/reference/gate-coverage.md")
        let coverage = MappingCoverage(RequestMapper())
        #expect(try String(contentsOf: path, encoding: .utf8) == coverage.markdown, "run `make operations`")
        #expect(coverage.total.total == 18_378)
        // Each of these was a gain that must not be lost unnoticed.
        #expect(coverage.total.count(of: .resources) >= 10_900)
        #expect(coverage.total.count(of: .unmapped) <= 1_900)
    }
}
