import Directory
import Platform
import Policy
import Reasoning

/// Who is trusted, for an analyzer: everybody in an account, or in an organization.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html>
struct ZoneOfTrust: Sendable {
    /// The account, or the organization, as the reasoning has it.
    var trusted: TrustedZone
    /// The resource control policies of an account, level by level; nil: none bind it.
    var resourceControl: @Sendable (String) -> [PolicySet]?

    init(trusted: TrustedZone, resourceControl: @escaping @Sendable (String) -> [PolicySet]? = { _ in nil }) {
        self.trusted = trusted
        self.resourceControl = resourceControl
    }

    /// The zone of an analyzer: its account, or the organization that its account is in now.
    init(of analyzer: Analyzer, _ environment: Environment) {
        self.init(account: analyzer.accountID, isOrganization: analyzer.type.isOfOrganization, environment)
    }

    init(account: String, isOrganization: Bool, _ environment: Environment) {
        let directory = environment.directory
        let organization = isOrganization ? directory.organization(ofAccount: account)?.id : nil
        let contains: @Sendable (String) -> Bool = { other in
            other == account
                || (organization != nil && directory.organization(ofAccount: other)?.id == organization)
        }
        self.init(
            trusted: TrustedZone(
                contains: contains, organization: organization,
                organizationOfAccount: { id in
                    guard directory.account(id) != nil else { return nil }
                    return directory.organization(ofAccount: id)?.id ?? ""
                },
                arnOfUniqueID: { directory.arn(ofUniqueID: $0) }),
            resourceControl: { directory.membership(ofAccount: $0)?.resourceControl })
    }

    /// The accounts of the zone whose resources are looked at: those that are open.
    static func accounts(of analyzer: Analyzer, _ environment: Environment) -> [String] {
        let directory = environment.directory
        guard analyzer.type.isOfOrganization else { return [analyzer.accountID] }
        guard let organization = directory.organization(ofAccount: analyzer.accountID) else { return [] }
        return directory.accounts(managedBy: organization.managementAccountID).map(\.id).sorted()
    }
}
