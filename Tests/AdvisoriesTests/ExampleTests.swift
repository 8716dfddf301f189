import Advisories
import Testing

/// What the documentation shows.
struct AdvisoriesExamples {
    @Test func aVectorHasAScore() {
        let vector = CVSSVector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
        #expect(vector?.baseScore == 9.8)
        #expect(vector?.replacing("AV", "L")?.baseScore == 8.4)
    }
}
