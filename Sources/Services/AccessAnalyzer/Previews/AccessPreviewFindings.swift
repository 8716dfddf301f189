import AccessAnalyzerAPI
import Platform
import Wire

// What an access preview has to say.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAccessPreviewFindings.html>

extension AccessAnalyzer.ListAccessPreviewFindings: ReadOperation, OnAccessPreview {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(try AnalyzerName(arn: input.analyzerArn), call)
        let preview = try records.preview(input.accessPreviewId, of: analyzer, call)
        let filter = try input.filter.map { filter throws(ServiceError) in try Criterion.filter(filter) } ?? [:]
        try FindingFilter.check(filter.filter { !PreviewedFinding.keys.contains($0.key) })
        let paging = try Paging(checking: input)
        switch preview.status {
        case .completed: break
        case .creating:
            throw .conflict(
                preview.id, type: "AccessPreview",
                "The access preview with the id \(preview.id) is still being created.")
        case .failed:
            throw .conflict(
                preview.id, type: "AccessPreview", "The access preview with the id \(preview.id) has failed.")
        }
        let found = page(preview.findings.filter { $0.matches(filter) }, paging)
        return Output(found) { AccessAnalyzer.AccessPreviewFinding($0) }
    }
}

extension PreviewedFinding {
    /// The filter keys that are about the comparison.
    static let keys: Set<String> = ["changeType", "existingFindingId", "existingFindingStatus", "id"]

    /// Whether it meets all criteria of a filter: those about the comparison, and those about any finding.
    func matches(_ filter: [String: Criterion]) -> Bool {
        var rest = filter
        for (key, value) in [
            ("changeType", change.rawValue), ("existingFindingId", existingID),
            ("existingFindingStatus", existingStatus?.rawValue), ("id", id),
        ] {
            guard let criterion = rest.removeValue(forKey: key) else { continue }
            guard criterion.matches([value].compactMap { $0 }) else { return false }
        }
        return FindingFilter.matches(rest, finding)
    }
}

extension View<AccessAnalyzer.AccessPreviewFindingFields> {
    fileprivate init(_ preview: PreviewedFinding) {
        let finding = preview.finding
        self.init {
            $0.id = preview.id
            $0.existingFindingId = preview.existingID
            $0.existingFindingStatus = preview.existingStatus?.rawValue
            $0.resource = finding.resource
            $0.resourceType = finding.resourceType
            $0.createdAt = Timestamp(secondsSinceEpoch: finding.created)
            $0.changeType = preview.change.rawValue
            $0.status = finding.status.rawValue
            $0.resourceOwnerAccount = finding.owner
            $0.error = finding.error
            guard finding.error == nil, case .external(let access) = finding.details else { return }
            $0.principal = access.principalMap
            $0.action = access.actions
            $0.condition = access.conditions
            $0.isPublic = access.isPublic
            $0.resourceControlPolicyRestriction = access.resourceControl.rawValue
            guard !access.sources.isEmpty else { return }
            $0.sources = access.sources.map { AccessAnalyzer.FindingSource($0) }
        }
    }
}
