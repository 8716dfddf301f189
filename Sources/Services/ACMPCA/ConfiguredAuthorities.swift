import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Private certificate authorities, by the names of their CloudFormation type.
    static let certificateAuthority = ConfiguredResourceType(
        CertificateAuthority.kind, of: CertificateAuthority.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "acm-pca",
                name.resource.hasPrefix("certificate-authority/")
            else { return nil }
            return ConfiguredResource(
                CertificateAuthority.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (authority, _) throws(ServiceError) in
            guard authority.state != .deleted else { return nil }
            var members = [
                JSONMember(key: "Arn", value: .string(authority.arn)),
                JSONMember(key: "Type", value: .string(authority.type.rawValue)),
                JSONMember(key: "UsageMode", value: .string(authority.usageMode.rawValue)),
                JSONMember(key: "Status", value: .string(authority.state.rawValue)),
                JSONMember(key: "KeyStorageSecurityStandard", value: .string(authority.keyStorage)),
            ]
            if case .object(let told)? = try? JSONValue(parsing: Array(authority.configuration.utf8)) {
                members += told
            }
            return ConfigurationItem(
                CertificateAuthority.kind, id: authority.arn, arn: authority.arn, account: authority.accountID,
                region: authority.region, availabilityZone: "Regional", created: authority.created,
                tags: authority.tags,
                configuration: .object(members))
        })
}
