import Directory
import Platform
import Wire

/// A kind of thing that Shield Advanced protects.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_CreateProtection.html>
enum ProtectableType: String, CaseIterable, Sendable {
    case distribution = "CLOUDFRONT_DISTRIBUTION"
    case hostedZone = "ROUTE_53_HOSTED_ZONE"
    case elasticAddress = "ELASTIC_IP_ALLOCATION"
    case classicLoadBalancer = "CLASSIC_LOAD_BALANCER"
    case applicationLoadBalancer = "APPLICATION_LOAD_BALANCER"
    case accelerator = "GLOBAL_ACCELERATOR"

    /// nil: Shield protects no such thing.
    init?(arn text: String) {
        guard let arn = ARN(parsing: text) else { return nil }
        func rest(_ prefix: String) -> Substring? {
            guard arn.resource.hasPrefix(prefix), arn.resource.count > prefix.count else { return nil }
            return arn.resource.dropFirst(prefix.count)
        }
        switch arn.service {
        case "cloudfront" where rest("distribution/") != nil: self = .distribution
        case "route53" where rest("hostedzone/") != nil: self = .hostedZone
        case "ec2" where rest("eip-allocation/") != nil: self = .elasticAddress
        case "globalaccelerator" where rest("accelerator/") != nil: self = .accelerator
        case "elasticloadbalancing":
            if rest("loadbalancer/app/") != nil {
                self = .applicationLoadBalancer
            } else if let name = rest("loadbalancer/"), !name.contains("/") {
                self = .classicLoadBalancer
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// As limits call it.
    var limitName: String {
        switch self {
        case .distribution: "CF_DISTRIBUTION"
        case .hostedZone: "ROUTE53_HOSTED_ZONE"
        case .elasticAddress: "EC2_ELASTIC_IP_ALLOCATION"
        case .classicLoadBalancer: "ELB_LOAD_BALANCER"
        case .applicationLoadBalancer: "APPLICATION_LOAD_BALANCER"
        case .accelerator: "GLOBAL_ACCELERATOR"
        }
    }

    /// Whether requests for it can be told apart, so that a web ACL can act on them.
    var hasApplicationLayer: Bool { self == .applicationLoadBalancer || self == .distribution }
}

extension Call {
    /// What kind of thing a request wants protected.
    ///
    /// The web front's applications are Application Load Balancers. Anything else that is there lies behind Gatehouse, with an
    /// endpoint that answers its service: Gatehouse does not ask there whether it is.
    /// - Throws: InvalidResourceException for what is nothing that Shield protects, or of another account;
    ///   ResourceNotFoundException for what is not there.
    func protectable(_ text: String) throws(ServiceError) -> ProtectableType {
        guard let arn = ARN(parsing: text), let type = ProtectableType(arn: text),
            arn.account == accountID || (type == .hostedZone && arn.account.isEmpty)
        else { throw .invalidResource(text) }
        guard environment.applications.application(text) != nil || !environment.modules(signingAs: arn.service).isEmpty
        else { throw .shieldNotFound("The resource \(text) does not exist.", type.rawValue) }
        return type
    }
}
