import Directory
import Ledger
import Platform
import WAFV2API
import Wire

// What web ACLs protect. <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html>

/// A kind of thing that a web ACL of a Region can protect.
enum ProtectedType: String, CaseIterable, Sendable {
    case loadBalancer = "APPLICATION_LOAD_BALANCER"
    case apiGateway = "API_GATEWAY"
    case appSync = "APPSYNC"
    case userPool = "COGNITO_USER_POOL"
    case appRunner = "APP_RUNNER_SERVICE"
    case verifiedAccess = "VERIFIED_ACCESS_INSTANCE"
    case amplify = "AMPLIFY"

    /// nil: web ACLs protect no such thing.
    init?(_ arn: ARN) {
        func begins(_ prefix: String) -> Bool { arn.resource.hasPrefix(prefix) && arn.resource.count > prefix.count }
        switch arn.service {
        case "elasticloadbalancing" where begins("loadbalancer/app/"): self = .loadBalancer
        case "apigateway" where begins("/restapis/") && arn.resource.contains("/stages/"): self = .apiGateway
        case "appsync" where begins("apis/"): self = .appSync
        case "cognito-idp" where begins("userpool/"): self = .userPool
        case "apprunner" where begins("service/"): self = .appRunner
        case "ec2" where begins("verified-access-instance/"): self = .verifiedAccess
        case "amplify" where begins("apps/"): self = .amplify
        default: return nil
        }
    }

    /// What the caller needs of the service that has the thing, by WAF's operations.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>
    func action(_ operation: String) -> String {
        let setting = operation == "AssociateWebACL" || operation == "DisassociateWebACL"
        return switch self {
        case .loadBalancer: setting ? "elasticloadbalancing:SetWebAcl" : "elasticloadbalancing:GetLoadBalancerWebACL"
        case .apiGateway: setting ? "apigateway:SetWebACL" : "apigateway:GET"
        case .appSync: setting ? "appsync:SetWebACL" : "appsync:GetWebACLForResource"
        case .userPool: "cognito-idp:\(operation)"
        case .appRunner:
            switch operation {
            case "AssociateWebACL": "apprunner:AssociateWebAcl"
            case "DisassociateWebACL": "apprunner:DisassociateWebAcl"
            default: "apprunner:DescribeWebAclForService"
            }
        case .verifiedAccess:
            switch operation {
            case "AssociateWebACL": "ec2:AssociateVerifiedAccessInstanceWebAcl"
            case "DisassociateWebACL": "ec2:DisassociateVerifiedAccessInstanceWebAcl"
            default: "ec2:GetVerifiedAccessInstanceWebAcl"
            }
        case .amplify: "amplify:\(operation)"
        }
    }
}

extension Call {
    /// What a request wants protected.
    /// - Throws: WAFInvalidParameterException for an ARN of anything that can't be.
    fileprivate func protected(_ text: String) throws(ServiceError) -> (type: ProtectedType, arn: ARN) {
        guard let arn = ARN(parsing: text) else { throw .invalid(.resourceArn, text, .arn) }
        guard let type = ProtectedType(arn), arn.region == region, arn.account == accountID || type == .apiGateway
        else {
            throw .invalid(.resourceArn, text, .arn)
        }
        return (type, arn)
    }

    /// What an operation on a protected thing asks for: its own action, and that of the service that has the thing.
    fileprivate func accesses(onProtected text: String) throws(ServiceError) -> [Access] {
        let type = try protected(text).type
        return [wafAccess(text), Access(type.action(operation), on: text)]
    }
}

extension Environment {
    /// Whether there is no such load balancer. The web front's applications are all that there are, if no endpoint behind Gatehouse
    /// has others; without a web front nobody knows of any, and each is believed to be somewhere.
    fileprivate func isKnownToBeAbsent(loadBalancer arn: String) -> Bool {
        !applications.all.isEmpty && applications.application(arn) == nil
            && modules(signingAs: "elasticloadbalancing").isEmpty
    }
}

extension WebACLAssociation {
    /// Whether what was protected is gone. That is known of user pools alone, of the kinds of things that web ACLs protect.
    func isOfNothing(_ call: Call) -> Bool {
        guard ARN(parsing: id).flatMap({ ProtectedType($0) }) == .userPool else { return false }
        return Access("cognito-idp:AssociateWebACL", on: id).resolved(call).resource == nil
    }
}

extension WAFV2.AssociateWebACL: PreparedWriteOperation {
    /// That requests can be decided by the web ACL.
    public struct Preparation: Sendable {}

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.webACLArn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, input.webACLArn, .arn)
        }
        return .required([call.wafAccess(name.arn)] + (try call.accesses(onProtected: input.resourceArn)))
    }

    /// What can't be decided would be refused: whoever associates is to know, and not those that ask then.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        if WAFName(arn: input.webACLArn)?.accountID == call.accountID {
            try call.environment.projection(WebACLIndex.self).check(input.webACLArn, call.environment)
        }
        return Preparation()
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: input.webACLArn)
        guard acl.fullName.place == records.scope else { throw .nonexistentItem }
        // CloudFront's distributions name their web ACLs themselves.
        guard acl.head.scope == .regional else { throw .invalid(.resourceArn, input.webACLArn, .scope) }
        let type = try call.protected(input.resourceArn).type
        let association = WebACLAssociation(id: input.resourceArn, webACL: acl.arn)
        guard !association.isOfNothing(call) else { throw .nonexistentItem }
        if type == .loadBalancer, call.environment.isKnownToBeAbsent(loadBalancer: input.resourceArn) {
            throw .nonexistentItem
        }
        try records.put(association)
        return Output()
    }
}

extension WAFV2.DisassociateWebACL: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.accesses(onProtected: input.resourceArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let association = try records.get(WebACLAssociation.self, input.resourceArn) else {
            throw .nonexistentItem
        }
        try records.delete(association)
        return Output()
    }
}

extension WAFV2.GetWebACLForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.accesses(onProtected: input.resourceArn))
    }

    /// A thing that no web ACL protects has none to show.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let association = try records.get(WebACLAssociation.self, input.resourceArn) else { return Output() }
        return Output(webACL: try records.resource(StoredWebACL.self, arn: association.webACL).view())
    }
}

extension WAFV2.ListResourcesForWebACL: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.webACLArn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, input.webACLArn, .arn)
        }
        return .required(call.wafAccess(name.arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: input.webACLArn)
        guard acl.fullName.place == records.scope else { throw .nonexistentItem }
        let type = input.resourceType ?? ProtectedType.loadBalancer.rawValue
        let all = try records.referrers(WebACLAssociation.self, WebACLAssociation.relation, to: acl.arn)
        let found = all.filter { one in
            ARN(parsing: one.id).flatMap { ProtectedType($0) }?.rawValue == type && !one.isOfNothing(call)
        }
        return Output(resourceArns: found.map(\.id))
    }
}
