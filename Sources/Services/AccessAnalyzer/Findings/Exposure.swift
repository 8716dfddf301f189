import Platform
import Policy
import Reasoning

/// Who is trusted, for an analyzer: everybody in an account, or in an organization.
struct ZoneOfTrust: Sendable {
    /// The number of the account; of an organization, that of its management account.
    var account: String
    /// nil: the zone is one account.
    var organization: String?
    /// Whether an account is in the zone.
    var contains: @Sendable (String) -> Bool
    /// The organization that an account is in. nil: nothing is known of the account; empty: it is in none.
    var organizationOfAccount: @Sendable (String) -> String?
    /// The ARN of the user or role with a unique id; nil: there is none, or no longer.
    var arnOfUniqueID: @Sendable (String) -> String?
    /// The resource control policies of an account, level by level; nil: none bind it.
    var resourceControl: @Sendable (String) -> [PolicySet]?
}

/// What an analysis of a resource found: all it has to say, or that it could not be said.
struct ResourceExposure: Sendable {
    var findings: [ExternalAccess] = []
    /// Whether something could not be decided. What was found counts all the same.
    var isUndecided = false
}

/// Finds who outside a zone of trust may reach a resource.
///
/// It reads nothing but what it is given, and may be kept and used from many threads: what it makes of policies that many
/// resources share it makes once.
final class Exposure: Sendable {
    init() {}
}
