import Directory
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

/// That Shield Advanced protects something.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_Protection.html>
struct StoredProtection: Record {
    static let kind = "AWS::Shield::Protection"
    static let version = 1
    /// The relation to the ARN of what is protected.
    static let relation = "protects"

    /// A UUID.
    let id: String
    let accountID: String
    let name: String
    /// The ARN of what is protected.
    let resourceARN: String
    var tags: [Tag]
    /// The IDs of Route 53's health checks.
    var healthChecks: [String] = []
    var response: AutomaticResponse?

    /// What is done of itself about request floods.
    struct AutomaticResponse: Codable, Sendable, Equatable {
        var isEnabled: Bool
        var action: Action
        /// The web ACL that refers to the rule group, and the rule group's ARN; nil: none does.
        var placement: Placement?
    }

    /// What is done with requests of an attack.
    enum Action: String, Codable, Sendable { case block, count }

    /// Where the rules are.
    struct Placement: Codable, Sendable, Equatable {
        let webACL: String
        let ruleGroup: String
    }

    var arn: String { ShieldARN.protection(id, accountID) }
    var references: [Reference] { [Reference(Self.relation, to: resourceARN)] }

    var view: ShieldAdvanced.Protection {
        ShieldAdvanced.Protection {
            $0.id = id
            $0.name = name
            $0.resourceArn = resourceARN
            $0.healthCheckIds = healthChecks
            $0.protectionArn = arn
            if let response {
                $0.applicationLayerAutomaticResponseConfiguration =
                    ShieldAdvanced.ApplicationLayerAutomaticResponseConfiguration {
                        $0.status = response.isEnabled ? "ENABLED" : "DISABLED"
                        $0.action = response.action.view
                    }
            }
        }
    }
}

extension StoredProtection.Action {
    /// - Throws: InvalidParameterException unless the request has exactly one.
    init(_ view: ShieldAdvanced.ResponseAction) throws(ServiceError) {
        switch (view.block, view.count) {
        case (.some, nil): self = .block
        case (nil, .some): self = .count
        default: throw .invalidParameter("Action", "You must specify either Block or Count.")
        }
    }

    var view: ShieldAdvanced.ResponseAction {
        ShieldAdvanced.ResponseAction {
            switch self {
            case .block: $0.block = ShieldAdvanced.BlockAction()
            case .count: $0.count = ShieldAdvanced.CountAction()
            }
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func protection(_ id: String) throws(ServiceError) -> StoredProtection {
        guard let found = try get(StoredProtection.self, id) else { throw .noProtection }
        return found
    }

    /// The protection of a thing.
    /// - Throws: ResourceNotFoundException.
    func protection(of resource: String) throws(ServiceError) -> StoredProtection {
        guard
            let found = try referrers(StoredProtection.self, StoredProtection.relation, to: resource, limit: 1).first
        else { throw .noProtection }
        return found
    }
}
