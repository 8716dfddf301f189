import Directory
import Ledger
import Platform

/// What reads the items and compliance of several accounts and Regions.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationAggregator.html>
struct Aggregator: Record, TaggedResource {
    static let kind = "AWS::Config::ConfigurationAggregator"
    static let arnType = "config-aggregator"

    struct Accounts: Sendable, Codable, Equatable {
        var ids: [String]
        var allRegions: Bool
        var regions: [String]
    }

    struct Organization: Sendable, Codable, Equatable {
        var roleARN: String
        var allRegions: Bool
        var regions: [String]
    }

    let name: String
    let accountID: String
    let region: String
    var accounts: [Accounts] = []
    var organization: Organization?
    /// The types of resources that it is about; nil: all.
    var resourceTypes: [String]?
    /// The services that those of service-linked recorders are for; nil: all.
    var servicePrincipals: [String]?
    let created: Double
    var updated: Double
    var createdBy: String?
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { Self.arn(name, accountID, region) }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(
            account, region, "\(arnType)/config-aggregator-\(ConfigName.id(arnType, name, account, region))")
    }
}

/// What an account allows an aggregator of another to read.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_AggregationAuthorization.html>
struct AggregationAuthorization: Record, TaggedResource {
    static let kind = "AWS::Config::AggregationAuthorization"
    static let arnType = "aggregation-authorization"

    let accountID: String
    let region: String
    /// Whose aggregator, and where.
    let authorizedAccount: String
    let authorizedRegion: String
    let created: Double
    var tags: [Tag] = []

    var id: String { Self.id(authorizedAccount, authorizedRegion) }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { Self.arn(authorizedAccount, authorizedRegion, accountID, region) }

    static func id(_ account: String, _ region: String) -> String { "\(account)/\(region)" }

    static func arn(
        _ authorizedAccount: String, _ authorizedRegion: String, _ account: String, _ region: String
    ) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(authorizedAccount)/\(authorizedRegion)")
    }
}

/// A query of a name.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_StoredQuery.html>
struct StoredQuery: Record, TaggedResource {
    static let kind = "AWS::Config::StoredQuery"
    static let arnType = "stored-query"

    let name: String
    let accountID: String
    let region: String
    var description: String?
    var expression: String?
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var queryID: String { ConfigName.id(Self.arnType, name, accountID, region) }
    var arn: String { Self.arn(name, accountID, region) }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(name)/\(ConfigName.id(arnType, name, account, region))")
    }
}
