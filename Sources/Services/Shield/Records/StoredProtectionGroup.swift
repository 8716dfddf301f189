import Directory
import Ledger
import Platform
import Shield
import ShieldAdvancedAPI
import Wire

/// Protected things that are looked at together.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_ProtectionGroup.html>
struct StoredProtectionGroup: Record, Equatable {
    static let kind = "AWS::Shield::ProtectionGroup"
    static let version = 1

    /// As its account calls it.
    let id: String
    let accountID: String
    var aggregation: String
    var pattern: Pattern
    /// Of ``Pattern/byResourceType`` alone.
    var resourceType: String?
    /// Of ``Pattern/arbitrary`` alone: the ARNs of what is protected.
    var members: [String]
    var tags: [Tag] = []

    /// What belongs to the group.
    enum Pattern: String, Codable, Sendable {
        case all = "ALL"
        case arbitrary = "ARBITRARY"
        case byResourceType = "BY_RESOURCE_TYPE"
    }

    var arn: String { ShieldARN.group(id, accountID) }

    var view: ShieldAdvanced.ProtectionGroup {
        ShieldAdvanced.ProtectionGroup {
            $0.protectionGroupId = id
            $0.aggregation = aggregation
            $0.pattern = pattern.rawValue
            $0.resourceType = resourceType
            $0.members = members
            $0.protectionGroupArn = arn
        }
    }

    /// What a minute has brought to the group.
    /// - Parameters:
    ///   - traffic: of those members that had any.
    ///   - members: how many there are.
    func aggregate(_ traffic: [MinuteSummary], members: Int) -> MinuteSummary {
        let sum = traffic.reduce(into: MinuteSummary()) { $0.add($1) }
        return switch aggregation {
        case "MEAN": sum.requests(dividedBy: members)
        case "MAX": (traffic.max { $0.requests < $1.requests } ?? sum).requests(dividedBy: 1)
        default: sum.requests(dividedBy: 1)
        }
    }

    /// Whether a protection belongs to it.
    func has(_ protection: StoredProtection) -> Bool {
        switch pattern {
        case .all: true
        case .arbitrary: members.contains(protection.resourceARN)
        case .byResourceType: ProtectableType(arn: protection.resourceARN)?.rawValue == resourceType
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func protectionGroup(_ id: String) throws(ServiceError) -> StoredProtectionGroup {
        guard let found = try get(StoredProtectionGroup.self, id) else { throw .noProtectionGroup }
        return found
    }
}
