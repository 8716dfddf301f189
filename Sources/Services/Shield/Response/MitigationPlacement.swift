import Directory
import FoundationEssentials
import Ledger
import Platform
import Shield
import WAFV2API
import Wire

/// The rule group by which Shield acts on an application's requests, and the rule of the web ACL that refers to it.
///
/// The group belongs to an account of Shield's own, as AWS's does, so that it takes nothing of what the customer's account may
/// have. The web ACL is changed with the service-linked role.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response-rg.html>
struct MitigationPlacement {
    static let service = "shield.amazonaws.com"
    /// The account that has the rule groups.
    static let account = "153427709519"
    /// What the group takes of a web ACL's capacity, and where its rule comes in the web ACL.
    static let capacity = 150
    static let priority = 10_000_000
    private static let prefix = "ShieldMitigationRuleGroup_"
    private static let attempts = 4

    let environment: Environment

    init(_ environment: Environment) { self.environment = environment }

    /// The web ACL that protects a thing; nil: none does.
    func webACL(protecting arn: String) async throws(ServiceError) -> String? {
        guard let place = ARN(parsing: arn) else { return nil }
        return try await environment.read(Scope(account: place.account, region: place.region)) {
            (records) throws(ServiceError) in try records.get(WebACLAssociation.self, arn)?.webACL
        }
    }

    /// Sees to it that a web ACL has the rule group.
    /// - Throws: what WAF answers: for a web ACL that has no room for it, say.
    func place(
        for protection: StoredProtection, in webACL: String, action: StoredProtection.Action
    ) async throws(ServiceError) -> StoredProtection.Placement {
        try await again { () async throws(ServiceError) in
            try await placeOnce(for: protection, in: webACL, action: action)
        }
    }

    /// Somebody else may change the web ACL at the same moment: another protection's response, at another node.
    private func again<Result>(
        _ body: () async throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        for _ in 1..<Self.attempts {
            do throws(ServiceError) { return try await body() } catch {
                guard error.code == "WAFOptimisticLockException" else { throw error }
            }
        }
        return try await body()
    }

    private func placeOnce(
        for protection: StoredProtection, in webACL: String, action: StoredProtection.Action
    ) async throws(ServiceError) -> StoredProtection.Placement {
        let waf = try await customer(protection.accountID, webACL)
        let found = try await waf.get()
        let own = (found.acl.rules ?? []).compactMap { $0.statement.ruleGroupReferenceStatement?.arn }
            .first { ARN(parsing: $0)?.account == Self.account }
        if let own { return StoredProtection.Placement(webACL: webACL, ruleGroup: own) }
        let region = waf.region
        let name = "\(Self.prefix)\(protection.accountID)_\(found.acl.id)_\(UUID().uuidString.lowercased())"
        let group = try await MitigationRuleGroup(environment, region).make(name, action, for: protection.accountID)
        var rules = found.acl.rules ?? []
        var priority = Self.priority
        while rules.contains(where: { $0.priority == priority }) { priority += 1 }
        rules.append(
            WAFV2.Rule {
                $0.name = name
                $0.priority = priority
                $0.statement = WAFV2.Statement {
                    $0.ruleGroupReferenceStatement = WAFV2.RuleGroupReferenceStatement { $0.arn = group }
                }
                $0.overrideAction = WAFV2.OverrideAction { $0.none = WAFV2.NoneAction() }
                $0.visibilityConfig = MitigationRuleGroup.visibility(name)
            })
        do throws(ServiceError) {
            try await waf.update(found.acl, found.lockToken, rules)
        } catch {
            try? await MitigationRuleGroup(environment, region).delete(group)
            throw error
        }
        return StoredProtection.Placement(webACL: webACL, ruleGroup: group)
    }

    /// Takes the rule group out again, unless another protection needs it in the same web ACL.
    /// - Throws: what WAF answers; a web ACL or group that is gone is no error.
    func remove(from protection: StoredProtection) async throws(ServiceError) {
        guard let placement = protection.response?.placement else { return }
        let others = environment.projection(ShieldIndex.self).protections
        guard
            !others.contains(where: {
                $0.id != protection.id && $0.response?.isEnabled == true
                    && $0.response?.placement?.webACL == placement.webACL
            })
        else { return }
        do throws(ServiceError) {
            try await again { () async throws(ServiceError) in
                let waf = try await customer(protection.accountID, placement.webACL)
                let found = try await waf.get()
                let rules = found.acl.rules ?? []
                let left = rules.filter { $0.statement.ruleGroupReferenceStatement?.arn != placement.ruleGroup }
                if left.count < rules.count { try await waf.update(found.acl, found.lockToken, left) }
            }
        } catch {
            guard error.code == "WAFNonexistentItemException" else { throw error }
        }
        guard let region = ARN(parsing: placement.ruleGroup)?.region else { return }
        try await MitigationRuleGroup(environment, region).delete(placement.ruleGroup)
    }

    /// A customer's web ACL, as Shield's service-linked role sees it.
    private func customer(_ account: String, _ webACL: String) async throws(ServiceError) -> CustomerWebACL {
        guard let arn = ARN(parsing: webACL) else { throw .internalFailure }
        let time = environment.now()
        let role = try await environment.write(Scope(account: account, region: ""), requestID: "") {
            (records) throws(ServiceError) in try records.ensureServiceLinkedRole(of: Self.service, at: time)
        }
        guard let role else { throw .internalFailure }
        return CustomerWebACL(
            services: environment.services(in: arn.region), region: arn.region, arn: webACL,
            identity: .assuming(role, session: "AWSShield", Self.service, for: nil, in: account))
    }
}

/// A web ACL of a customer.
private struct CustomerWebACL {
    let services: ServiceCalls
    let region: String
    let arn: String
    let identity: ServiceIdentity

    func get() async throws(ServiceError) -> (acl: WAFV2.WebACL, lockToken: String) {
        let answer = try await services.call(
            WAFV2.GetWebACL.self, WAFV2.GetWebACL.Input { $0.arn = arn }, as: identity)
        guard let acl = answer.webACL, let token = answer.lockToken else { throw .internalFailure }
        return (acl, token)
    }

    func update(_ acl: WAFV2.WebACL, _ lockToken: String, _ rules: [WAFV2.Rule]) async throws(ServiceError) {
        _ = try await services.call(
            WAFV2.UpdateWebACL.self,
            WAFV2.UpdateWebACL.Input {
                $0.name = acl.name
                $0.scope = arn.contains(":regional/") ? "REGIONAL" : "CLOUDFRONT"
                $0.id = acl.id
                $0.defaultAction = acl.defaultAction
                $0.description = acl.description
                $0.rules = rules
                $0.visibilityConfig = acl.visibilityConfig
                $0.dataProtectionConfig = acl.dataProtectionConfig
                $0.lockToken = lockToken
                $0.customResponseBodies = acl.customResponseBodies
                $0.captchaConfig = acl.captchaConfig
                $0.challengeConfig = acl.challengeConfig
                $0.tokenDomains = acl.tokenDomains
                $0.associationConfig = acl.associationConfig
                $0.onSourceDDoSProtectionConfig = acl.onSourceDDoSProtectionConfig
                $0.applicationConfig = acl.applicationConfig
            }, as: identity)
    }
}
