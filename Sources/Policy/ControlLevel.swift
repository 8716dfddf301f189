/// A level of an organization, to which service and resource control policies are attached: for explanations.
///
/// Every level, from the root down to the account, must allow a request (rule 23), so people need to know at which one
/// an allow was missing.
public enum ControlLevel: Sendable, Hashable, CustomStringConvertible {
    /// The organization's root, by its id: "r-8xwk".
    case root(String)
    /// An organizational unit, by its id: "ou-8xwk-1a2b3c4d".
    case organizationalUnit(String)
    /// The account itself, by its twelve digits.
    case account(String)
    /// A level of an organization that nothing else is known of: one of so many, counted from 0, root first.
    case number(Int, of: Int)

    /// The level in words, as `gatehouse why` prints it after "at".
    public var description: String {
        switch self {
        case .root(let id): "root \(id)"
        case .organizationalUnit(let id): "organizational unit \(id)"
        case .account(let id): "account \(id)"
        case .number(let number, let count): "level \(number + 1) of \(count) (root first)"
        }
    }

    /// The levels above an account and its own, root first.
    /// - Parameters:
    ///   - count: how many there are.
    ///   - path: the path of the account's parent, as of `aws:PrincipalOrgPaths`: `o-…/r-…/ou-…/`. nil: unknown.
    static func levels(_ count: Int, path: String?, account: String) -> [ControlLevel] {
        let containers = (path ?? "").split(separator: "/").dropFirst().map(String.init)
        // A path that does not fit, from damaged records for example, tells nothing.
        guard let root = containers.first, containers.count + 1 == count else {
            return (0..<count).map { .number($0, of: count) }
        }
        return [.root(root)] + containers.dropFirst().map { .organizationalUnit($0) } + [.account(account)]
    }
}

extension PolicyInputs {
    /// Where the policies of ``serviceControlLevels`` are attached, one place for each level, root first.
    ///
    /// Known from ``serviceControlPath``; without it, or where it doesn't fit the number of levels, the levels are
    /// numbered.
    /// - Parameter request: the request whose caller's account they bind.
    public func serviceControlPlaces(_ request: AuthorizationRequest) -> [ControlLevel] {
        ControlLevel.levels(
            serviceControlLevels?.count ?? 0, path: serviceControlPath, account: request.principal.accountID)
    }

    /// Where the policies of ``resourceControlLevels`` are attached; see ``serviceControlPlaces(_:)``.
    /// - Parameter request: the request whose resource's account they bind.
    public func resourceControlPlaces(_ request: AuthorizationRequest) -> [ControlLevel] {
        guard let resourceControlLevels else { return [] }
        let fields = request.resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let named = fields.count == 6 && fields[4].utf8.count == 12 ? String(fields[4]) : nil
        return ControlLevel.levels(
            resourceControlLevels.count, path: resourceControlPath,
            account: request.resourceAccount ?? named ?? request.principal.accountID)
    }
}
