import Ledger

/// Holds what would be found of a resource against the findings that there are.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-access-preview.html>
struct PreviewComparison {
    let analyzer: Analyzer
    /// The ARN of the resource.
    let resource: String
    let resourceType: String
    /// The account that owns it.
    let owner: String
    /// Seconds since 1970.
    let time: Double

    /// - Parameters:
    ///   - found: what would be found.
    ///   - isUndecided: whether there may be more. Then there is a finding that says so.
    ///   - existing: the analyzer's findings of the resource, whatever their status.
    /// - Returns: new findings and those that would stay, in the order of `found`; then those that would be resolved.
    func findings(_ found: [ExternalAccess], isUndecided: Bool, existing: [AnalyzedFinding]) -> [PreviewedFinding] {
        var left: [String: AnalyzedFinding] = [:]
        for finding in existing where finding.error == nil { left[finding.details.identity] = finding }
        var previews = found.map { access in
            preview(.external(access), left.removeValue(forKey: FindingDetails.external(access).identity))
        }
        // What can't be decided is not resolved either.
        guard !isUndecided else { return previews + [undecided()] }
        for finding in existing where left[finding.details.identity] != nil && finding.status != .resolved {
            var resolved = finding
            resolved.status = .resolved
            previews.append(preview(resolved, of: finding, .changed))
        }
        return previews
    }

    private func preview(_ details: FindingDetails, _ existing: AnalyzedFinding?) -> PreviewedFinding {
        var finding = finding(details)
        let isArchived = analyzer.archives(finding)
        guard let existing else {
            if isArchived { finding.status = .archived }
            return preview(finding, of: nil, .new)
        }
        // What is archived stays so, by whomever; what was resolved comes back as if it were new.
        finding.status = existing.status == .archived || isArchived ? .archived : .active
        let isSame = finding.status == existing.status && details.saysTheSame(as: existing.details)
        return preview(finding, of: existing, isSame ? .unchanged : .changed)
    }

    private func preview(
        _ finding: AnalyzedFinding, of existing: AnalyzedFinding?, _ change: PreviewedFinding.Change
    ) -> PreviewedFinding {
        PreviewedFinding(
            id: newID(), change: change, existingID: existing?.id, existingStatus: existing?.status, finding: finding)
    }

    /// Says that there may be more.
    private func undecided() -> PreviewedFinding {
        let nothing = ExternalAccess(
            principalType: "", principal: "", actions: [], conditions: [:], isPublic: false, sources: [],
            resourceControl: .notApplicable)
        var finding = finding(.external(nothing))
        finding.error = "INTERNAL_ERROR"
        return preview(finding, of: nil, .new)
    }

    private func finding(_ details: FindingDetails) -> AnalyzedFinding {
        AnalyzedFinding(
            partition: analyzer.findingsPartition, id: "", resource: resource, resourceType: resourceType,
            owner: owner, details: details, status: .active, created: time, analyzed: time, updated: time)
    }

    private func newID() -> String {
        var random = SystemRandomNumberGenerator()
        return UUIDv7.make(milliseconds: Int64(exactly: (time * 1000).rounded()) ?? 0, using: &random)
    }
}
