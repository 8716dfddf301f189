import AccessAnalyzerAPI
import Platform
import Wire

// What analyzers of unused and of internal access may be told.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerConfiguration.html>

extension Analyzer.Configuration {
    /// Days, where the request gives none.
    static let usualAge = 90
    private static let mostAccounts = 2_000
    /// What analyzers of internal access look at.
    static let typesOfInternalAccess: Set<String> = [
        "AWS::S3::Bucket", "AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot", "AWS::S3Express::DirectoryBucket",
        "AWS::DynamoDB::Table", "AWS::DynamoDB::Stream",
    ]

    /// - Throws: ValidationException for a configuration of another type of analyzer, or with values that won't do.
    init(
        _ given: AccessAnalyzer.AnalyzerConfiguration?, of type: AnalyzerType, _ call: Call
    ) throws(ServiceError) {
        self.init()
        let fits =
            switch type.search {
            case .external: given?.unusedAccess == nil && given?.internalAccess == nil
            case .unused: given?.internalAccess == nil
            case .internal: given?.unusedAccess == nil
            }
        guard fits else {
            throw .invalidField(
                "configuration", "The configuration is not valid for an analyzer of type \(type.rawValue).")
        }
        if type.search == .unused {
            unusedAccessAge = given?.unusedAccess?.unusedAccessAge ?? Self.usualAge
            guard let unusedAccessAge, (1...365).contains(unusedAccessAge) else {
                throw .invalidField(
                    "configuration.unusedAccess.unusedAccessAge", "The unused access age is between 1 and 365 days.")
            }
            exclusions = try given?.unusedAccess?.analysisRule?.exclusions?.map { rule throws(ServiceError) in
                try Self.check(rule.accountIds, of: type, isExclusion: true, call)
                try Self.check(rule.resourceTags ?? [])
                guard rule.accountIds != nil || rule.resourceTags != nil else {
                    throw .invalidField("configuration.unusedAccess.analysisRule", "A rule has at least one criterion.")
                }
                return Analyzer.Exclusion(accountIDs: rule.accountIds, resourceTags: rule.resourceTags)
            }
        }
        if let rules = given?.internalAccess?.analysisRule?.inclusions {
            inclusions = try rules.map { rule throws(ServiceError) in
                try Self.check(rule.accountIds, of: type, isExclusion: false, call)
                guard (rule.resourceTypes ?? []).allSatisfy(Self.typesOfInternalAccess.contains) else {
                    throw .invalidRequest(
                        "Invalid InternalAccessAnalysisRuleCriteria: the provided resourceType is invalid",
                        reason: "fieldValidationFailed")
                }
                guard rule.accountIds != nil || rule.resourceTypes != nil || rule.resourceArns != nil else {
                    throw .invalidField(
                        "configuration.internalAccess.analysisRule", "A rule has at least one criterion.")
                }
                return Analyzer.Inclusion(
                    accountIDs: rule.accountIds, resourceTypes: rule.resourceTypes, resourceARNs: rule.resourceArns)
            }
        }
    }

    private static func check(
        _ accounts: [String]?, of type: AnalyzerType, isExclusion: Bool, _ call: Call
    ) throws(ServiceError) {
        guard let accounts else { return }
        guard type.isOfOrganization else {
            throw .invalidField("accountIds", "Account IDs are valid only for an analyzer of an organization.")
        }
        guard accounts.count <= mostAccounts else {
            throw .invalidField("accountIds", "A rule has at most \(mostAccounts) account IDs.")
        }
        for account in accounts {
            guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .invalidField("accountIds", "Invalid account ID: \(account).")
            }
        }
        if isExclusion, accounts.contains(call.accountID) {
            throw .invalidField("accountIds", "The account that owns the analyzer can't be excluded.")
        }
    }

    private static func check(_ tags: [[String: String]]) throws(ServiceError) {
        for (key, value) in tags.joined() {
            guard (1...128).contains(key.count), value.count <= 256, !key.lowercased().hasPrefix("aws:") else {
                throw .invalidField("resourceTags", "Invalid tag key or value: \(key).")
            }
        }
    }
}

extension AccessAnalyzer.AnalyzerConfiguration {
    /// nil for an analyzer that has none.
    init?(_ analyzer: Analyzer) {
        let configuration = analyzer.configuration
        switch analyzer.type.search {
        case .external: return nil
        case .unused:
            self.init()
            unusedAccess = AccessAnalyzer.UnusedAccessConfiguration { unused in
                unused.unusedAccessAge = configuration.unusedAccessAge
                guard let exclusions = configuration.exclusions else { return }
                unused.analysisRule = AccessAnalyzer.AnalysisRule { rule in
                    rule.exclusions = exclusions.map { exclusion in
                        AccessAnalyzer.AnalysisRuleCriteria {
                            $0.accountIds = exclusion.accountIDs
                            $0.resourceTags = exclusion.resourceTags
                        }
                    }
                }
            }
        case .internal:
            guard let inclusions = configuration.inclusions else { return nil }
            self.init()
            internalAccess = AccessAnalyzer.InternalAccessConfiguration { access in
                access.analysisRule = AccessAnalyzer.InternalAccessAnalysisRule { rule in
                    rule.inclusions = inclusions.map { inclusion in
                        AccessAnalyzer.InternalAccessAnalysisRuleCriteria {
                            $0.accountIds = inclusion.accountIDs
                            $0.resourceTypes = inclusion.resourceTypes
                            $0.resourceArns = inclusion.resourceARNs
                        }
                    }
                }
            }
        }
    }
}
