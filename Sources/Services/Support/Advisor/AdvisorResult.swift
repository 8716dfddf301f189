import Crypto
import Directory
import Ledger
import Platform
import Posture
import Wire

/// What a check of Trusted Advisor says of an account, computed when it is asked for: nothing of it is older than the answer.
struct AdvisorResult: Sendable {
    /// A resource that was looked at.
    struct Resource: Sendable {
        let status: AdvisorCheck.Status
        /// Empty for what is in no Region.
        let region: String
        /// An ARN; for a quota its name.
        let resource: String
        /// The texts of ``AdvisorCheck/columns``.
        let metadata: [String]
        var isExcluded = false

        /// The same for the same resource, from one time to the next.
        var id: String {
            let hash = SHA256.hash(data: Array("\(region) \(resource)".utf8))
            return hash.prefix(16).map { byte in
                let text = String(byte, radix: 16)
                return byte < 16 ? "0" + text : text
            }.joined()
        }
    }

    let check: AdvisorCheck
    let account: String
    /// Seconds since 1970.
    let time: Double
    /// The worst first.
    let resources: [Resource]

    var flagged: [Resource] { resources.filter { $0.status != .ok } }

    /// The worst of what is not excluded.
    var status: AdvisorCheck.Status { resources.filter { !$0.isExcluded }.map(\.status).max() ?? .ok }

    /// Whether there was nothing to look at.
    var isEmpty: Bool { resources.isEmpty }

    /// Of a recommendation: the same for an account and a check, from one time to the next.
    var id: String { Self.uuid("\(account) \(check.id)") }
    var arn: String { "arn:aws:trustedadvisor::\(account):recommendation/\(id)" }

    func arn(of resource: Resource) -> String {
        "arn:aws:trustedadvisor::\(account):recommendation-resource/\(id)/\(resource.id)"
    }

    /// A UUID of version 5 in a name space of its own (RFC 9562).
    static func uuid(_ name: String) -> String {
        var bytes = Array(Insecure.SHA1.hash(data: Array("trusted advisor \(name)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        let parts = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return parts.map { digits[$0].joined() }.joined(separator: "-")
    }
}

/// That a resource does not count in a check, whatever becomes of it.
struct AdvisorExclusion: Record {
    static let kind = "AWS::TrustedAdvisor::Exclusion"

    /// The check's id and the resource's.
    let id: String
    /// Seconds since 1970.
    let since: Double

    static func id(_ check: String, _ resource: String) -> String { "\(check)/\(resource)" }
}

extension Environment {
    /// What checks say of an account.
    /// - Throws: InternalFailure for a record that can't be read.
    func advice(
        _ checks: [AdvisorCheck], of account: String, at time: Double
    ) async throws(ServiceError) -> [AdvisorResult] {
        let wanted = Set(checks.flatMap { $0.postureChecks.map(\.id) })
        let asked = PostureCheck.all.filter { wanted.contains($0.id) }
        let regions = try await regionsInUse(by: account, at: time)
        let report = try await posture(of: account, in: regions, checks: asked, at: time)
        let findings = Dictionary(grouping: report.findings, by: \.check)
        let hasQuotas = checks.contains { if case .quota = $0.source { true } else { false } }
        var quotas: [ConfigurationItem] = []
        if hasQuotas { quotas = try await quotaUses(of: account, in: regions) }
        let excluded = try await read(Scope(account: account)) { (records) throws(ServiceError) in
            Set(try records.listIDs(AdvisorExclusion.self))
        }
        return checks.map { check in
            var found: [AdvisorResult.Resource] = []
            switch check.source {
            case .checks(let ids, let judge):
                found = Self.resources(ids.flatMap { findings[$0] ?? [] }, judge)
            case .quota(let service, let name):
                found = quotas.filter { $0.resourceID == service }.compactMap { Self.resource($0, name, check) }
            }
            for index in found.indices {
                found[index].isExcluded = excluded.contains(AdvisorExclusion.id(check.id, found[index].id))
            }
            found.sort { ($1.status, $0.region, $0.resource) < ($0.status, $1.region, $1.resource) }
            return AdvisorResult(check: check, account: account, time: time, resources: found)
        }
    }

    /// Of several checks that speak of one resource, the worst counts.
    private static func resources(
        _ findings: [PostureFinding], _ judge: (PostureFinding) -> AdvisorCheck.Status
    ) -> [AdvisorResult.Resource] {
        var byResource: [String: AdvisorResult.Resource] = [:]
        for finding in findings where finding.outcome != .notApplicable {
            let status = finding.outcome == .pass ? .ok : judge(finding)
            let region = finding.region == ConfigurationItem.globalRegion ? "" : finding.region
            let key = "\(region) \(finding.resource)"
            if let known = byResource[key], known.status >= status { continue }
            byResource[key] = AdvisorResult.Resource(
                status: status, region: region, resource: finding.resource,
                metadata: [
                    status.color, region.isEmpty ? "-" : region, finding.resource, finding.verdict.summary,
                    finding.verdict.proof.map { "\($0.name): \($0.value)" }.joined(separator: "; "),
                ])
        }
        return Array(byResource.values)
    }

    private static func resource(
        _ item: ConfigurationItem, _ name: String, _ check: AdvisorCheck
    ) -> AdvisorResult.Resource? {
        guard let quota = item.configuration["quotas"]?.elements.first(where: { $0["name"]?.text == name }),
            let limit = quota["limit"]?.number, let used = quota["used"]?.number
        else { return nil }
        let share = limit > 0 ? Double(used) / Double(limit) : used > 0 ? 1 : 0
        let status: AdvisorCheck.Status = share >= 1 ? .error : share >= 0.8 ? .warning : .ok
        let region = item.region == ConfigurationItem.globalRegion ? "" : item.region
        return AdvisorResult.Resource(
            status: status, region: region, resource: "\(check.services.first ?? "") \(name)",
            metadata: [
                region.isEmpty ? "-" : region, check.services.first ?? "", name, "\(limit)", "\(used)", status.color,
            ])
    }

    private func quotaUses(of account: String, in regions: [String]) async throws(ServiceError) -> [ConfigurationItem] {
        let types = auditedTypeNames.filter(AuditedType.isQuotaUse).compactMap { auditedResourceType($0) }
        return try await read(Scope(account: account)) { (records) throws(ServiceError) -> [ConfigurationItem] in
            var found: [ConfigurationItem] = []
            for type in types {
                for region in type.isGlobal ? [""] : regions {
                    for resource in try type.list(account, region, nil, 16, records).resources {
                        if let item = try self.auditedItem(of: resource, records) { found.append(item) }
                    }
                }
            }
            return found
        }
    }
}
