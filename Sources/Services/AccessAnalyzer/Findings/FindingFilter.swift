import Platform
import Wire

/// What findings are chosen by: the criteria of lists and of archive rules.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html>
enum FindingFilter {
    /// The keys that there are, besides those that begin with `condition.`.
    static let keys: Set<String> = [
        "resource", "resourceType", "resourceOwnerAccount", "isPublic", "findingType", "status", "error",
        "principal.AWS",
        "principal.Federated", "principal.CanonicalUser", "resourceControlPolicyRestriction",
        "serviceControlPolicyRestriction", "principalType", "principalOwnerAccount", "accessType", "id",
    ]
    /// By what lists can be put in order besides.
    private static let times: Set<String> = ["createdAt", "analyzedAt", "updatedAt"]
    private static let conditionPrefix = "condition."

    /// - Throws: ValidationException for a key that there is none of.
    static func check(_ filter: [String: Criterion]) throws(ServiceError) {
        for key in filter.keys.sorted() where !isKey(key) {
            throw .invalidField("filter", "Invalid filter key: \(key).")
        }
    }

    static func isKey(_ key: String) -> Bool {
        keys.contains(key) || (key.hasPrefix(conditionPrefix) && key.utf8.count > conditionPrefix.utf8.count)
    }

    /// - Throws: ValidationException for an attribute that findings can't be put in order by.
    static func check(sort attribute: String) throws(ServiceError) {
        guard isKey(attribute) || times.contains(attribute) else {
            throw .invalidField("sort", "Invalid sort attribute: \(attribute).")
        }
    }

    /// Whether a finding meets all criteria.
    static func matches(_ filter: [String: Criterion], _ finding: AnalyzedFinding) -> Bool {
        filter.allSatisfy { key, criterion in criterion.matches(finding.values(of: key)) }
    }

    /// The findings, by an attribute; those of equal ones by their ids.
    static func sorted(
        _ findings: [AnalyzedFinding], by attribute: String, isDescending: Bool
    ) -> [AnalyzedFinding] {
        if times.contains(attribute) {
            func time(_ finding: AnalyzedFinding) -> Double {
                switch attribute {
                case "createdAt": finding.created
                case "analyzedAt": finding.analyzed
                default: finding.updated
                }
            }
            return findings.sorted { a, b in
                let (one, two) = (time(a), time(b))
                if one == two { return a.id < b.id }
                return isDescending ? one > two : one < two
            }
        }
        let keyed = findings.map { (key: $0.values(of: attribute).joined(separator: ","), finding: $0) }
        return keyed.sorted { a, b in
            if a.key == b.key { return a.finding.id < b.finding.id }
            return isDescending ? a.key > b.key : a.key < b.key
        }.map(\.finding)
    }
}

extension Criterion {
    /// Whether a property is as it has to be.
    /// - Parameter values: the property's; empty where the finding has no such property.
    func matches(_ values: [String]) -> Bool {
        if let exists, exists == values.isEmpty { return false }
        if let eq, !values.contains(where: eq.contains) { return false }
        if let neq, values.contains(where: neq.contains) { return false }
        if let contains, !values.contains(where: { value in contains.contains { value.contains($0) } }) { return false }
        return true
    }
}

extension AnalyzedFinding {
    /// What a filter key is about; empty where the finding has no such property.
    func values(of key: String) -> [String] {
        switch key {
        case "id": return [id]
        case "resource": return [resource]
        case "resourceType": return [resourceType]
        case "resourceOwnerAccount": return [owner]
        case "status": return [status.rawValue]
        case "error": return error.map { [$0] } ?? []
        case "findingType": return [details.kind.rawValue]
        default: break
        }
        guard error == nil else { return [] }
        switch details {
        case .external(let access): return access.values(of: key)
        case .internal(let access): return access.values(of: key)
        default: return []
        }
    }
}

extension ExternalAccess {
    fileprivate func values(of key: String) -> [String] {
        switch key {
        case "isPublic": return [isPublic ? "true" : "false"]
        case "resourceControlPolicyRestriction": return [resourceControl.rawValue]
        case "principal.\(principalType)": return [principal]
        default: return conditions.values(of: key)
        }
    }
}

extension InternalAccess {
    fileprivate func values(of key: String) -> [String] {
        switch key {
        case "resourceControlPolicyRestriction": return [resourceControl.rawValue]
        case "serviceControlPolicyRestriction": return [serviceControl.rawValue]
        case "principal.AWS": return [principal]
        case "principalOwnerAccount": return [principalAccount]
        case "principalType": return [isRole ? "IAM_ROLE" : "IAM_USER"]
        default: return conditions.values(of: key)
        }
    }
}

extension [String: String] {
    fileprivate func values(of key: String) -> [String] {
        let name = key.dropFirst("condition.".count).lowercased()
        guard key.hasPrefix("condition.") else { return [] }
        return filter { $0.key.lowercased() == name }.map(\.value)
    }
}
