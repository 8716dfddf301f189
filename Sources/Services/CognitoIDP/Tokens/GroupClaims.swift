import Ledger
import Platform
import Wire

/// What a user's groups say in tokens.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>
struct GroupClaims: Sendable, Equatable {
    /// `cognito:groups`, the one of the lowest precedence first.
    var groups: [String] = []
    /// `cognito:roles`
    var roles: [String] = []
    /// `cognito:preferred_role`: that of the group with the lowest precedence; of two with the same, only if both have the same
    /// role.
    var preferredRole: String?

    init() {}

    init(_ groups: [PoolGroup]) {
        // AWS counts a group without a precedence as the last.
        let ordered = groups.sorted { a, b in
            let (first, second) = (a.precedence ?? .max, b.precedence ?? .max)
            return first == second ? a.name < b.name : first < second
        }
        self.groups = ordered.map(\.name)
        for case let role? in ordered.map(\.roleARN) where !roles.contains(role) { roles.append(role) }
        let withRoles = ordered.filter { $0.roleARN != nil }
        let first = withRoles.filter { $0.precedence == withRoles.first?.precedence }
        if Set(first.map(\.roleARN)).count == 1 { preferredRole = first.first?.roleARN ?? nil }
    }
}
