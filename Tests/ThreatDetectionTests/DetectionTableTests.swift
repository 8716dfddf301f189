import Foundation
import Testing
import ThreatScenarios

/// The guide's tables of what is found are what the detectors find.
struct DetectionTableTests {
    @Test func theGuideSaysWhatIsMeasured() throws {
        let guide = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation/guides/guardduty.md")
        let text = try String(contentsOf: guide, encoding: .utf8)
        let learnt = DetectionTable.learnt()
        for table in [
            DetectionTable.attacks(learnt.memory), DetectionTable.byThemselves(learnt.memory),
            DetectionTable.quiet(learnt),
        ] {
            for row in table { #expect(text.contains(row + "\n"), "\(row) is not in the guide") }
        }
    }
}
