import Directory
import Ledger
import Platform

/// The detector of an account in a Region: there is at most one.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html>
struct StoredDetector: Record {
    static let kind = "AWS::GuardDuty::Detector"

    /// The names are AWS's.
    enum Frequency: String, Sendable, Codable {
        case quarter = "FIFTEEN_MINUTES"
        case hour = "ONE_HOUR"
        case sixHours = "SIX_HOURS"

        /// Seconds after which new occurrences of a finding are told of.
        var seconds: Double {
            switch self {
            case .quarter: 900
            case .hour: 3600
            case .sixHours: 21_600
            }
        }
    }

    /// What is looked at besides management events.
    struct Feature: Sendable, Codable, Equatable {
        var isEnabled: Bool
        /// Seconds since 1970.
        var updated: Double
        /// What it has besides, and whether that is enabled.
        var additional: [String: Bool] = [:]
    }

    /// Thirty-two hexadecimal digits.
    let id: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var isEnabled: Bool
    /// Events from then on are looked at, in milliseconds since 1970.
    var since: Int64
    var frequency: Frequency
    /// By AWS's names; what was never named is not there, and disabled.
    var features: [String: Feature]
    /// What `GetMalwareScanSettings` answers, as JSON; nil: nobody has set anything.
    var scanSettings: String?
    var tags: [Tag] = []

    var requirements: [Requirement] { [.account(accountID)] }
    var scope: Scope { Scope(account: accountID, region: region) }
    var arn: String { GuardDutyName.detector(id, scope) }

    func isEnabled(_ feature: String) -> Bool { features[feature]?.isEnabled ?? false }
    var looksAtData: Bool { isEnabled(GuardDutyFeature.dataEvents) }
}

enum GuardDutyFeature {
    static let dataEvents = "S3_DATA_EVENTS"
    /// What is always looked at, and can't be named in requests.
    static let always = ["CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"]
    /// Those that can be enabled, with what each has besides. Only ``dataEvents`` has anything to look at in Gatehouse: the others'
    /// settings are kept, and nothing comes of them.
    static let all: [(name: String, additional: [String])] = [
        ("S3_DATA_EVENTS", []), ("EKS_AUDIT_LOGS", []), ("EBS_MALWARE_PROTECTION", []), ("RDS_LOGIN_EVENTS", []),
        ("EKS_RUNTIME_MONITORING", ["EKS_ADDON_MANAGEMENT"]), ("LAMBDA_NETWORK_LOGS", []),
        (
            "RUNTIME_MONITORING",
            ["EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT"]
        ),
    ]

    /// What a new detector has where nothing else is said: all but runtime monitoring.
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html>
    static func standard(at time: Double) -> [String: StoredDetector.Feature] {
        all.reduce(into: [:]) { features, feature in
            let isEnabled = !feature.name.hasSuffix("RUNTIME_MONITORING")
            features[feature.name] = StoredDetector.Feature(
                isEnabled: isEnabled, updated: time,
                additional: feature.additional.reduce(into: [:]) { $0[$1] = false })
        }
    }
}
