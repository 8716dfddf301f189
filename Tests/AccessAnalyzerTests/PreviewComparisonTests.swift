import Testing

@testable import AccessAnalyzerService

/// How findings of an access preview are held against those that there are.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreviewFinding.html>
@Suite struct PreviewComparisonTests {
    private func analyzer(_ rules: [ArchiveRule] = []) -> Analyzer {
        var analyzer = Analyzer(
            name: "main", accountID: "111122223333", region: "us-east-1", type: .account, created: 1)
        analyzer.archiveRules = rules
        return analyzer
    }

    private func access(_ principal: String, _ actions: [String] = ["sqs:SendMessage"]) -> ExternalAccess {
        ExternalAccess(
            principalType: "AWS", principal: principal, actions: actions, conditions: [:], isPublic: principal == "*",
            sources: [], resourceControl: .notApplicable)
    }

    private func existing(_ access: ExternalAccess, _ status: AnalyzedFinding.Status, id: String) -> AnalyzedFinding {
        AnalyzedFinding(
            partition: "main/1000", id: id, resource: "arn:aws:sqs:us-east-1:111122223333:q",
            resourceType: "AWS::SQS::Queue", owner: "111122223333", details: .external(access), status: status,
            created: 1, analyzed: 1, updated: 1)
    }

    private func compare(
        _ found: [ExternalAccess], _ known: [AnalyzedFinding], isUndecided: Bool = false, rules: [ArchiveRule] = []
    ) -> [PreviewedFinding] {
        PreviewComparison(
            analyzer: analyzer(rules), resource: "arn:aws:sqs:us-east-1:111122223333:q",
            resourceType: "AWS::SQS::Queue", owner: "111122223333", time: 2
        ).findings(found, isUndecided: isUndecided, existing: known)
    }

    @Test func newAndUnchanged() {
        let found = compare(
            [access("444455556666"), access("777788889999")],
            [
                existing(access("444455556666"), .active, id: "a")
            ])
        #expect(found.map(\.change) == [.unchanged, .new])
        #expect(found.map(\.existingID) == ["a", nil])
        #expect(found.map(\.existingStatus) == [.active, nil])
        #expect(found.map(\.finding.status) == [.active, .active])
        #expect(Set(found.map(\.id)).count == 2)
    }

    @Test func whatIsNoLongerFoundWouldBeResolved() {
        let found = compare(
            [],
            [
                existing(access("444455556666"), .active, id: "a"), existing(access("*"), .archived, id: "b"),
                existing(access("777788889999"), .resolved, id: "c"),
            ])
        #expect(found.map(\.change) == [.changed, .changed])
        #expect(found.map(\.existingID) == ["a", "b"])
        #expect(found.map(\.finding.status) == [.resolved, .resolved])
    }

    @Test func whatWasResolvedComesBack() {
        let found = compare([access("*")], [existing(access("*"), .resolved, id: "a")])
        #expect(found.map(\.change) == [.changed])
        #expect(found.map(\.finding.status) == [.active])
        #expect(found.map(\.existingStatus) == [.resolved])
    }

    @Test func whatIsArchivedStaysSo() {
        let found = compare([access("*")], [existing(access("*"), .archived, id: "a")])
        #expect(found.map(\.change) == [.unchanged])
        #expect(found.map(\.finding.status) == [.archived])
    }

    @Test func otherActionsAreAChange() {
        let found = compare([access("*", ["sqs:*"])], [existing(access("*"), .active, id: "a")])
        #expect(found.map(\.change) == [.changed])
        #expect(found.map(\.finding.status) == [.active])
    }

    @Test func archiveRulesApply() {
        let rule = ArchiveRule(name: "r", filter: ["isPublic": Criterion(eq: ["true"])], created: 1, updated: 1)
        let found = compare([access("*"), access("444455556666")], [], rules: [rule])
        #expect(found.map(\.finding.status) == [.archived, .active])
    }

    /// What could not be decided is told, and is no reason to call anything resolved.
    @Test func whatIsUndecidedIsAnError() {
        let found = compare([], [existing(access("*"), .active, id: "a")], isUndecided: true)
        #expect(found.map(\.finding.error) == ["INTERNAL_ERROR"])
    }
}
