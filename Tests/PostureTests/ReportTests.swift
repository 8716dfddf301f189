import Platform
import Posture
import Testing
import Wire

@Suite struct ReportTests {
    private func finding(_ check: String, _ outcome: PostureVerdict.Outcome, _ name: String = "x") -> PostureFinding {
        PostureFinding(
            check: check, resource: "arn:aws:test:::\(name)", resourceType: "T", name: name, account: "111122223333",
            region: "global", severity: .high, verdict: PostureVerdict(outcome, "So it is.", [.init("a", "b")]))
    }

    private func report(_ findings: PostureFinding...) throws -> PostureReport {
        let checks = ["iam-root-mfa", "iam-root-access-key", "iam-user-mfa"].compactMap { PostureCheck.named($0) }
        return PostureReport(
            account: "111122223333", regions: ["us-east-1"], time: 1_800_000_000, checks: checks, findings: findings)
    }

    @Test func theScoreCountsChecksThatHadSomethingToLookAt() throws {
        #expect(try report().score == nil)
        #expect(try report(finding("iam-root-mfa", .pass), finding("iam-root-access-key", .fail)).score == 50)
        #expect(try report(finding("iam-root-mfa", .pass), finding("iam-user-mfa", .notApplicable)).score == 100)
        // One bad resource is enough.
        #expect(try report(finding("iam-user-mfa", .pass, "a"), finding("iam-user-mfa", .fail, "b")).score == 0)
    }

    @Test func controlsAreInTheirOrder() throws {
        let ids = ["1.10", "1.9", "2.1.4", "1.5"].map { PostureControl(.cis, $0) }
        #expect(ids.sorted().map(\.id) == ["1.5", "1.9", "1.10", "2.1.4"])
        let found = try report(finding("iam-root-mfa", .pass), finding("iam-user-mfa", .fail)).controls(of: .cis)
        #expect(
            found.map { "\($0.control.id) \($0.outcome.rawValue)" } == ["1.4 not-applicable", "1.5 pass", "1.10 fail"])
    }

    @Test func tokensOfOSCAL() {
        #expect(PostureControl(.nist, "AC-6(10)").token == "ac-6.10")
        #expect(PostureControl(.iso, "A.8.2").token == "iso-a.8.2")
    }

    @Test func theSameReportIsTheSameDocument() throws {
        let one = try report(finding("iam-root-mfa", .fail), finding("iam-user-mfa", .notApplicable))
        let document = OSCALAssessment([one], tool: "1").json
        #expect(document == OSCALAssessment([one], tool: "1").json)
        let result = try #require(document["assessment-results"]?["results"]?.elements.first)
        #expect(result["observations"]?.elements.count == 1)
        let states = result["findings"]?.elements.compactMap { $0["target"]?["status"]?["state"]?.text } ?? []
        #expect(!states.isEmpty && states.allSatisfy { $0 == "not-satisfied" })
        // Nothing was looked at: then there is nothing to be satisfied.
        let empty = OSCALAssessment([try report()], tool: "1").json
        let nothing = try #require(empty["assessment-results"]?["results"]?.elements.first)
        #expect(nothing["findings"] == nil && nothing["observations"] == nil)
    }
}
