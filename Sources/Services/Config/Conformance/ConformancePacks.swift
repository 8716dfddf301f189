import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePacks.html>
extension AWSConfig.DescribeConformancePacks: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.packs(
            input.conformancePackNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 20))
        return Output {
            $0.conformancePackDetails = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePackStatus.html>
extension AWSConfig.DescribeConformancePackStatus: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 20)
        var page = Page<StoredPack>(items: [])
        if let names = input.conformancePackNames, !names.isEmpty {
            // Of those that are not there nothing is said, so that clients see when one is gone.
            for name in names { if let pack = try records.get(StoredPack.self, name) { page.items.append(pack) } }
        } else {
            page = try records.page(StoredPack.self, paging)
        }
        return Output {
            $0.conformancePackStatusDetails = page.items.map(\.status)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteConformancePack.html>
extension AWSConfig.DeleteConformancePack: WriteOperation, OnConformancePack {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let pack = try records.pack(input.conformancePackName)
        if let creator = pack.createdBy {
            throw AWSConfig.Failure.resourceInUseException("The conformance pack was created by \(creator).")
        }
        try records.remove(pack, call.home())
        return Output()
    }
}

extension RecordReading {
    /// What a pack's rules say, by their names; those of which nothing is known are INSUFFICIENT_DATA.
    func compliances(of pack: StoredPack) throws(ServiceError) -> [(rule: String, compliance: Compliance)] {
        var found: [(rule: String, compliance: Compliance)] = []
        for rule in try rules(of: pack) { found.append((rule.name, try compliance(of: rule.name))) }
        return found
    }

    /// What a pack comes to.
    func compliance(of pack: StoredPack) throws(ServiceError) -> Compliance {
        let all = try compliances(of: pack).map(\.compliance)
        return all.contains(.nonCompliant) ? .nonCompliant : all.contains(.compliant) ? .compliant : .insufficientData
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePackCompliance.html>
extension AWSConfig.DescribeConformancePackCompliance: ReadOperation, OnConformancePack {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pack = try records.pack(input.conformancePackName)
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 1000, most: 1000)
        var all = try records.compliances(of: pack)
        if let names = input.filters?.configRuleNames, !names.isEmpty {
            try checkRules(names, all.map(\.rule))
            all = all.filter { names.contains($0.rule) }
        }
        if let type = input.filters?.complianceType { all = all.filter { $0.compliance.rawValue == type } }
        let page = page(all, by: \.rule, paging)
        return Output {
            $0.conformancePackName = pack.name
            $0.conformancePackRuleComplianceList = page.items.map { one in
                AWSConfig.ConformancePackRuleCompliance {
                    $0.configRuleName = one.rule
                    $0.complianceType = one.compliance.rawValue
                    $0.controls = []
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// - Throws: NoSuchConfigRuleInConformancePackException.
private func checkRules(_ names: [String], _ known: [String]) throws(ServiceError) {
    guard let other = names.first(where: { !known.contains($0) }) else { return }
    throw AWSConfig.Failure.noSuchConfigRuleInConformancePackException(
        "The rule \(other) is not in the conformance pack.")
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetConformancePackComplianceDetails.html>
extension AWSConfig.GetConformancePackComplianceDetails: ReadOperation, OnConformancePack {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pack = try records.pack(input.conformancePackName)
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 10)
        var rules = try records.rules(of: pack).map(\.name).sorted()
        let filters = input.filters
        if let names = filters?.configRuleNames, !names.isEmpty {
            try checkRules(names, rules)
            rules = rules.filter(names.contains)
        }
        let wanted = try wanted(filters?.complianceType.map { [$0] } ?? ["COMPLIANT", "NON_COMPLIANT"])
        // The place is a rule, and the last of its results that was told.
        let place = paging.after?.split(separator: "\n", maxSplits: 1).map { String($0) } ?? []
        var found: [RuleResult] = []
        for rule in rules where place.isEmpty || rule >= place[0] {
            var inner = paging
            inner.after = place.count == 2 && rule == place[0] ? place[1] : nil
            while true {
                let page = try records.results(of: rule, wanted, inner)
                for result in page.items {
                    if let type = filters?.resourceType, type != result.type { continue }
                    if let ids = filters?.resourceIds, !ids.isEmpty, !ids.contains(result.id) { continue }
                    found.append(result)
                    if found.count > paging.limit { return output(pack, Array(found.dropLast()), isMore: true) }
                }
                guard let marker = page.marker else { break }
                inner.after = try ConfigPage.paging(marker, nil, usual: 10).after
            }
        }
        return output(pack, found, isMore: false)
    }

    private static func output(_ pack: StoredPack, _ found: [RuleResult], isMore: Bool) -> Output {
        Output {
            $0.conformancePackName = pack.name
            $0.conformancePackRuleEvaluationResults = found.map { result in
                AWSConfig.ConformancePackEvaluationResult {
                    $0.complianceType = result.compliance.rawValue
                    $0.evaluationResultIdentifier =
                        result.view.evaluationResultIdentifier ?? AWSConfig.EvaluationResultIdentifier()
                    $0.configRuleInvokedTime = Timestamp(secondsSinceEpoch: result.invoked)
                    $0.resultRecordedTime = Timestamp(secondsSinceEpoch: result.recorded)
                    $0.annotation = result.annotation
                }
            }
            if isMore, let last = found.last {
                $0.nextToken = Paging.marker(after: "\(last.rule)\n\(last.type)\n\(last.id)")
            }
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetConformancePackComplianceSummary.html>
extension AWSConfig.GetConformancePackComplianceSummary: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            input.conformancePackNames.map { call.configAccess(StoredPack.arn($0, call.accountID, call.region)) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var found: [AWSConfig.ConformancePackComplianceSummary] = []
        for name in input.conformancePackNames {
            let compliance = try records.compliance(of: try records.pack(name))
            found.append(
                AWSConfig.ConformancePackComplianceSummary {
                    $0.conformancePackName = name
                    $0.conformancePackComplianceStatus = compliance.rawValue
                })
        }
        return Output { $0.conformancePackComplianceSummaryList = found }
    }
}

/// How much of what its rules look at is as they want it.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ListConformancePackComplianceScores.html>
extension AWSConfig.ListConformancePackComplianceScores: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 20)
        let names = input.filters?.conformancePackNames
        var scores: [(name: String, score: Double?)] = []
        for pack in try records.list(StoredPack.self) where names?.contains(pack.name) ?? true {
            scores.append((pack.name, try score(of: pack, records)))
        }
        if input.sortBy == "SCORE" { scores.sort { ($0.score ?? -1, $0.name) < ($1.score ?? -1, $1.name) } }
        if input.sortOrder == "DESCENDING" { scores.reverse() }
        let start = paging.after.flatMap { after in scores.firstIndex { $0.name == after }.map { $0 + 1 } } ?? 0
        let shown = Array(scores.dropFirst(start).prefix(paging.limit))
        return Output {
            $0.conformancePackComplianceScores = shown.map { one in
                AWSConfig.ConformancePackComplianceScore {
                    $0.conformancePackName = one.name
                    $0.score = one.score.map { Self.text($0) } ?? "INSUFFICIENT_DATA"
                    $0.lastUpdatedTime = call.timestamp
                }
            }
            $0.nextToken = start + shown.count < scores.count ? shown.last.map { Paging.marker(after: $0.name) } : nil
        }
    }

    private static func score(of pack: StoredPack, _ records: Records) throws(ServiceError) -> Double? {
        var (good, all) = (0, 0)
        for rule in try records.rules(of: pack) {
            let compliant = try records.sum(Compliance.compliant.rawValue, RuleResult.self, of: rule.name)
            good += compliant
            all += compliant + (try records.sum(Compliance.nonCompliant.rawValue, RuleResult.self, of: rule.name))
        }
        return all == 0 ? nil : 100 * Double(good) / Double(all)
    }

    /// With two digits after the point.
    private static func text(_ score: Double) -> String {
        let hundredths = Int((score * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
