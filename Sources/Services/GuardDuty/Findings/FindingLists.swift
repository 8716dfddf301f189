import GuardDutyAPI
import Ledger
import Platform
import Wire

// Lists of findings, and what is done with them.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html>

extension GuardDuty.ListFindings: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let criteria = input.findingCriteria
        if let criteria { try FindingMatch.check(criteria) }
        let all = try FindingWalk(records, call).all(criteria)
        let sorted = FindingOrder.sorted(all, by: input.sortCriteria).map(\.id)
        let page = page(sorted, try Paging(guardDuty: input))
        return Output {
            $0.findingIds = page.items
            $0.nextToken = page.marker ?? ""
        }
    }
}

extension GuardDuty.GetFindings: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let walk = FindingWalk(records, call)
        var found: [GuardDuty.Finding] = []
        for id in input.findingIds {
            if let finding = try walk.finding(id) { found.append(try finding.view()) }
        }
        if input.sortCriteria != nil { found = FindingOrder.sorted(found, by: input.sortCriteria) }
        let answer = found
        return Output { $0.findings = answer }
    }
}

extension MutableRecords {
    /// Changes findings that a detector's account sees.
    /// - Throws: BadRequestException where one is not there; then none is changed.
    fileprivate func change(
        _ ids: [String], of detector: String, _ call: Call,
        _ body: (inout StoredFinding, MutableRecords) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        _ = try self.detector(detector, call)
        // The findings of members are their administrator's.
        if call.environment.guardDuty.administrator(of: call.accountID, region: call.region) != nil {
            throw .badRequest(
                "The request is rejected because the account is a member: only its administrator can change findings.")
        }
        let walk = FindingWalk(readOnly, call)
        for id in ids {
            guard var finding = try walk.finding(id) else { throw .noSuchResource }
            let own = of(finding.scope)
            try body(&finding, own)
            try own.put(finding)
        }
    }
}

extension GuardDuty.ArchiveFindings: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.change(input.findingIds, of: input.detectorId, call) { finding, _ in
            (finding.isArchived, finding.isSuppressed, finding.due) = (true, false, nil)
        }
        return Output()
    }
}

extension GuardDuty.UnarchiveFindings: WriteOperation, OnAllOfGuardDuty {
    /// What is active again is told of again.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let environment = call.environment
        try records.change(input.findingIds, of: input.detectorId, call) { (finding, own) throws(ServiceError) in
            guard finding.isArchived else { return }
            (finding.isArchived, finding.isSuppressed) = (false, false)
            finding.published = call.time
            try own.tell(of: finding, environment, at: call.time)
        }
        return Output()
    }
}

extension GuardDuty.UpdateFindingsFeedback: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.change(input.findingIds, of: input.detectorId, call) { finding, _ in
            finding.feedback = input.feedback
            finding.comments = input.comments
        }
        return Output()
    }
}

// MARK: - Statistics

extension GuardDuty.GetFindingsStatistics: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        if let criteria = input.findingCriteria { try FindingMatch.check(criteria) }
        let grouping = input.groupBy
        if grouping != nil, input.findingStatisticTypes?.isEmpty == false {
            throw .badRequest(
                "The request is rejected because findingStatisticTypes and groupBy can't be specified together.")
        }
        let all = try FindingWalk(records, call).all(input.findingCriteria)
        var statistics = GuardDuty.FindingStatistics()
        guard let grouping else {
            var counts: [String: Int] = [:]
            for finding in all { counts[String(finding.severity), default: 0] += 1 }
            statistics.countBySeverity = counts
            return Output { $0.findingStatistics = statistics }
        }
        let most = input.maxResults ?? 25
        FindingGroups(all, isDescending: input.orderBy != "ASC", most: most).fill(&statistics, by: grouping)
        return Output { $0.findingStatistics = statistics }
    }
}

/// Findings in groups, the largest first or last.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindingsStatistics.html>
struct FindingGroups {
    private let findings: [GuardDuty.Finding]
    private let isDescending: Bool
    private let most: Int

    init(_ findings: [GuardDuty.Finding], isDescending: Bool, most: Int) {
        (self.findings, self.isDescending, self.most) = (findings, isDescending, most)
    }

    private struct Group {
        let key: [String]
        var count = 0
        var last = ""
        var severity = 0.0
        var generated: Timestamp? { Timestamp(parsing: last) }
    }

    private func groups(_ key: (GuardDuty.Finding) -> [String]) -> [Group] {
        var groups: [[String]: Group] = [:]
        for finding in findings {
            let key = key(finding)
            var group = groups[key] ?? Group(key: key)
            group.count += 1
            group.last = max(group.last, finding.updatedAt)
            group.severity = max(group.severity, finding.severity)
            groups[key] = group
        }
        let sorted = groups.values.sorted { a, b in
            guard a.count != b.count else { return a.key.lexicographicallyPrecedes(b.key) }
            return isDescending ? a.count > b.count : a.count < b.count
        }
        return Array(sorted.prefix(most))
    }

    func fill(_ statistics: inout GuardDuty.FindingStatistics, by grouping: String) {
        switch grouping {
        case "ACCOUNT":
            statistics.groupedByAccount = groups { [$0.accountId] }.map { group in
                GuardDuty.AccountStatistics {
                    $0.accountId = group.key[0]
                    $0.totalFindings = group.count
                    $0.lastGeneratedAt = group.generated
                }
            }
        case "DATE":
            statistics.groupedByDate = groups { [String($0.updatedAt.prefix(10)), String($0.severity)] }.map { group in
                GuardDuty.DateStatistics {
                    $0.date = Timestamp(parsing: "\(group.key[0])T00:00:00Z")
                    $0.severity = group.severity
                    $0.totalFindings = group.count
                    $0.lastGeneratedAt = group.generated
                }
            }
        case "FINDING_TYPE":
            statistics.groupedByFindingType = groups { [$0.type] }.map { group in
                GuardDuty.FindingTypeStatistics {
                    $0.findingType = group.key[0]
                    $0.totalFindings = group.count
                    $0.lastGeneratedAt = group.generated
                }
            }
        case "RESOURCE":
            statistics.groupedByResource = groups(Self.resource).map { group in
                GuardDuty.ResourceStatistics {
                    $0.accountId = group.key[0]
                    $0.resourceType = group.key[1]
                    $0.resourceId = group.key[2]
                    $0.totalFindings = group.count
                    $0.lastGeneratedAt = group.generated
                }
            }
        default:
            statistics.groupedBySeverity = groups { [String($0.severity)] }.map { group in
                GuardDuty.SeverityStatistics {
                    $0.severity = group.severity
                    $0.totalFindings = group.count
                    $0.lastGeneratedAt = group.generated
                }
            }
        }
    }

    private static func resource(_ finding: GuardDuty.Finding) -> [String] {
        let resource = finding.resource
        let key = resource.accessKeyDetails
        let id =
            resource.s3BucketDetails?.first?.name ?? key?.accessKeyId.flatMap { $0.isEmpty ? nil : $0 }
            ?? key?.principalId ?? finding.service?.detection?.sequence?.actors?.first?.id
        return [finding.accountId, resource.resourceType ?? "", id ?? ""]
    }
}
