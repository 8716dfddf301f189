import CPublicSuffix
import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// Web ACLs. <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html>

extension Quota {
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    static let webACLs = Quota("WebACLs", 100)
}

extension WAFV2.CreateWebACL: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.accessToNew(
            StoredWebACL.type, scope: input.scope, name: input.name, tags: input.tags,
            using: RuleReferences.named(in: input.rules))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let head = WAFHead(
            call, name: input.name, scope: try WAFScope(input.scope, region: call.region),
            description: input.description, tags: try TagRules.ofWAF.new(input.tags))
        var acl = StoredWebACL(head: head, capacity: 0, settings: "", uses: [])
        try acl.set(
            WAFV2.WebACL {
                $0.defaultAction = input.defaultAction
                $0.rules = input.rules
                $0.visibilityConfig = input.visibilityConfig
                $0.dataProtectionConfig = input.dataProtectionConfig
                $0.customResponseBodies = input.customResponseBodies
                $0.captchaConfig = input.captchaConfig
                $0.challengeConfig = input.challengeConfig
                $0.tokenDomains = input.tokenDomains
                $0.associationConfig = input.associationConfig
                $0.onSourceDDoSProtectionConfig = input.onSourceDDoSProtectionConfig
                $0.applicationConfig = input.applicationConfig
            }, call, records)
        try records.checkIsNew(acl, most: call.quotas[.webACLs])
        try records.put(acl)
        return Output(summary: WAFV2.WebACLSummary(acl))
    }
}

/// Whatever a request leaves out becomes what it is by default.
extension WAFV2.UpdateWebACL: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.wafName(StoredWebACL.type, scope: input.scope, name: input.name, id: input.id)
        return .required(([name.arn] + RuleReferences.named(in: input.rules)).map { call.wafAccess($0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var acl = try records.locked(
            StoredWebACL.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        acl.head.description = input.description
        try acl.set(
            WAFV2.WebACL {
                $0.defaultAction = input.defaultAction
                $0.rules = input.rules
                $0.visibilityConfig = input.visibilityConfig
                $0.dataProtectionConfig = input.dataProtectionConfig
                $0.customResponseBodies = input.customResponseBodies
                $0.captchaConfig = input.captchaConfig
                $0.challengeConfig = input.challengeConfig
                $0.tokenDomains = input.tokenDomains
                $0.associationConfig = input.associationConfig
                $0.onSourceDDoSProtectionConfig = input.onSourceDDoSProtectionConfig
                $0.applicationConfig = input.applicationConfig
            }, call, records)
        return Output(nextLockToken: try records.update(acl))
    }
}

extension WAFV2.GetWebACL: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.wafAccess(try arn(input, call)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: try arn(input, call))
        let view = try acl.view()
        return Output {
            $0.webACL = view
            $0.lockToken = acl.head.lockToken
        }
    }

    /// A request names the web ACL by its ARN, or by all else.
    private static func arn(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        try call.arn(
            StoredWebACL.type, input.arn, name: input.name, scope: input.scope, id: input.id, field: .webACL)
    }
}

extension WAFV2.DeleteWebACL: WriteOperation, OnWAFResource {
    typealias Target = StoredWebACL

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let acl = try records.locked(
            StoredWebACL.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        for association in try records.referrers(WebACLAssociation.self, WebACLAssociation.relation, to: acl.arn) {
            guard association.isOfNothing(call) else { throw .associatedItem }
            try records.delete(association)
        }
        for logging in try records.list(StoredLogging.self) where logging.webACL == acl.arn {
            try records.delete(logging)
        }
        try records.delete(acl)
        return Output()
    }
}

extension WAFV2.ListWebACLs: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let page = try records.page(StoredWebACL.self, try WAFPage.paging(input.nextMarker, input.limit)) {
            $0.head.scope == scope
        }
        return Output {
            $0.webACLs = page.items.map { WAFV2.WebACLSummary($0) }
            $0.nextMarker = page.marker
        }
    }
}

/// No web ACL here has groups of Firewall Manager's, so that there is nothing to delete; the lock token changes all the same.
extension WAFV2.DeleteFirewallManagerRuleGroups: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.webACLArn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, input.webACLArn, .arn)
        }
        return .required(call.wafAccess(name.arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: input.webACLArn)
        guard acl.fullName.place == records.scope else { throw .nonexistentItem }
        guard acl.head.lockToken == input.webACLLockToken else { throw .optimisticLock }
        return Output(nextWebACLLockToken: try records.update(acl))
    }
}

extension StoredWebACL {
    /// Takes in what a request sets.
    /// - Throws: WAFInvalidParameterException, WAFNonexistentItemException, WAFLimitsExceededException.
    mutating func set(_ view: WAFV2.WebACL, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        let reading = RuleReading(isInGroup: false, bodies: try ResponseBodyReading.bodies(view.customResponseBodies))
        _ = try reading.defaultAction(view.defaultAction)
        let references = try RuleReferences(of: try reading.rules(view.rules ?? []), in: head.scope, records)
        guard references.capacity <= call.quotas[.webACLCapacity] else { throw .limitsExceeded }
        for domain in view.tokenDomains ?? [] where !TokenDomains.isValid(domain) {
            throw .invalid(.tokenDomain, domain, .format)
        }
        // What a Region's applications have no limit of, CloudFront's has, and the other way round.
        for type in (view.associationConfig?.requestBody ?? [:]).keys {
            guard (type == "CLOUDFRONT") == (head.scope == .cloudFront) else {
                throw .invalid(.associatedResourceType, type, .scope)
            }
        }
        capacity = references.capacity
        uses = references.arns
        settings = view.structure.json
    }
}

/// Domains that tokens of puzzles and challenges are good for.
enum TokenDomains {
    /// Public suffixes are none of anybody's: browsers keep no cookies for them. A domain has at least two parts.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-tokens-domains.html>
    static func isValid(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty && $0.utf8.count <= 63 } && !domain.contains("/")
            && !is_public_suffix(domain.lowercased())
    }
}

extension WAFV2.WebACLSummary {
    init(_ acl: StoredWebACL) {
        self.init {
            $0.name = acl.head.name
            $0.id = acl.head.id
            $0.description = acl.head.description ?? ""
            $0.lockToken = acl.head.lockToken
            $0.arn = acl.arn
        }
    }
}
