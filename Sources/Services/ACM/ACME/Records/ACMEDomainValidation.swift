import ACME
import Directory
import Ledger
import Platform

/// Lets an endpoint issue certificates for a domain, once a record in its DNS has proved whose it is.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-domain-validation.html>
struct ACMEDomainValidation: Record {
    static let kind = "AWS::CertificateManager::AcmeDomainValidation"

    /// AWS's names.
    enum Status: String, Sendable, Codable {
        case validating = "VALIDATING"
        case valid = "VALID"
        case invalid = "INVALID"
    }

    /// Which names it is good for.
    struct DomainScope: Sendable, Codable, Equatable {
        var hasExactDomain: Bool
        /// Names below it, at any depth.
        var hasSubdomains: Bool
        /// Those with an asterisk.
        var hasWildcards: Bool
    }

    /// A UUID.
    let id: String
    let endpointID: String
    let accountID: String
    let region: String
    /// In lower case.
    let domain: String
    var domainScope: DomainScope
    var hostedZoneID: String?
    /// What proves it.
    let record: ValidationRecord
    var status: Status
    /// AWS's name; nil unless it is invalid.
    var failure: String?
    var failureMessage: String?
    var tags: [Tag]
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    /// When it was last told what to wait for, in seconds since 1970.
    var begun: Double
    /// Whether the record was there, and then no more. nil: it was not, or since then somebody has asked anew.
    var hasLapsed: Bool?

    var references: [Reference] { [Reference(ACMEBinding.ofEndpoint, to: endpointID)] }
    var requirements: [Requirement] { [Requirement(ACMEEndpoint.kind, endpointID)] }
    var arn: String {
        ARN.text(
            "acm", region, accountID, ACMEName.endpointPrefix,
            "\(endpointID)/\(ACMEName.Kind.validation.rawValue)/\(id)")
    }

    /// Whether it lets the endpoint issue for a name.
    func covers(_ name: OrderedName) -> Bool {
        guard status == .valid else { return false }
        let isBelow = name.domain.hasSuffix("." + domain)
        guard name.domain == domain || isBelow else { return false }
        if name.isWildcard { return domainScope.hasWildcards && (!isBelow || domainScope.hasSubdomains) }
        return isBelow ? domainScope.hasSubdomains : domainScope.hasExactDomain
    }
}
