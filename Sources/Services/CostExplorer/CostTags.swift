import CostExplorerAPI
import Costs
import Ledger
import Metering
import Platform
import Wire

// Cost allocation tags: which tags of resources bills have.
// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html>

extension Call {
    /// - Throws: AccessDeniedException for an account that another pays for.
    fileprivate func mustPay() throws(ServiceError) {
        guard environment.payer(of: accountID) == accountID else {
            throw .accessDenied("Linked account doesn't have access to cost allocation tags.")
        }
    }
}

extension CostExplorer.ListCostAllocationTags: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        try call.mustPay()
        // A tag is known once something that has it was used.
        try await Metering.catchUp(call.environment)
        guard input.type ?? "UserDefined" == "UserDefined" else { return Output { $0.costAllocationTags = [] } }
        let wanted = input.tagKeys.map { Set($0) }
        let tags = try await call.environment.all(CostTag.self, in: Scope(account: call.accountID)).filter { tag in
            (wanted?.contains(tag.id) ?? true) && input.status.map { ($0 == "Active") == tag.isActive } ?? true
        }
        guard let paging = try? Paging(marker: input.nextToken, maxItems: input.maxResults) else {
            throw .costs("The next token is invalid.")
        }
        let page = page(tags, by: { $0.id }, paging)
        return Output(
            costAllocationTags: page.items.map { tag in
                CostExplorer.CostAllocationTag {
                    $0.tagKey = tag.id
                    $0.type = "UserDefined"
                    $0.status = tag.isActive ? "Active" : "Inactive"
                    $0.lastUpdatedDate = tag.updated.map { Timestamp(secondsSinceEpoch: $0.rounded(.down)).iso8601 }
                    $0.lastUsedDate = Timestamp(secondsSinceEpoch: CivilDate(day: tag.lastUsed).seconds).iso8601
                }
            }, nextToken: page.marker)
    }
}

extension CostExplorer.UpdateCostAllocationTagsStatus: PreparedWriteOperation, OnAllCosts {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        try call.mustPay()
        try await Metering.catchUp(call.environment)
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var errors: [CostExplorer.UpdateCostAllocationTagsStatusError] = []
        for entry in input.costAllocationTagsStatus {
            guard var tag = try records.get(CostTag.self, entry.tagKey) else {
                errors.append(
                    CostExplorer.UpdateCostAllocationTagsStatusError {
                        $0.tagKey = entry.tagKey
                        $0.code = "TagKeysNotFoundException"
                        $0.message = "Tag keys not found: \(entry.tagKey)"
                    })
                continue
            }
            guard tag.isActive != (entry.status == "Active") else { continue }
            tag.isActive = entry.status == "Active"
            tag.updated = call.time
            try records.put(tag)
        }
        return Output(errors: errors)
    }
}
