import AWSConfigAPI
import Ledger
import Platform
import Posture
import Wire

/// How what a rule finds is put right.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html>
struct StoredRemediation: Record {
    static let kind = "AWS::Config::RemediationConfiguration"
    static let arnType = "remediation-configuration"

    /// The value of a parameter of the document.
    enum Value: Sendable, Codable, Equatable {
        case resourceID
        case texts([String])
    }

    /// The rule's name.
    let rule: String
    let accountID: String
    let region: String
    /// The name of the SSM document.
    var document: String
    var version: String?
    var parameters: [String: Value] = [:]
    var resourceType: String?
    var isAutomatic = false
    var concurrency: Int?
    var errorPercentage: Int?
    /// How often it is tried of itself.
    var attempts = 5
    /// Within how many seconds.
    var attemptSeconds = 60

    var id: String { rule }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { Self.arn(rule, accountID, region) }

    /// The role with which the document runs; nil unless it is one that whoever put this had to be allowed to pass.
    var role: String? {
        guard case .texts(let roles)? = parameters[RemediationDocument.roleParameter], roles.count == 1 else {
            return nil
        }
        return roles.first
    }

    static func arn(_ rule: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(rule)/\(ConfigName.id(arnType, rule, account, region))")
    }
}

extension RecordReading {
    func hasRemediation(_ rule: String) throws(ServiceError) -> Bool {
        try get(StoredRemediation.self, rule) != nil
    }
}
