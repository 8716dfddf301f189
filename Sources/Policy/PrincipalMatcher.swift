// Rules are numbered as in Documentation/PolicyRules.md.

/// How directly a resource-based policy names the caller, which decides what its allow can do without
/// (rules 3 to 8; AWS: "Evaluating requests within a single account", `…evaluation-logic_policy-eval-denyallow`).
package enum Reach: UInt8, Sendable, Hashable, Comparable {
    /// Not at all.
    case none
    /// By its account, which delegates: its own policies must allow too.
    case account
    /// By its role's or its parent user's ARN: silence of its identity-based policies does no harm.
    case role
    /// By its own ARN, or by `*`: silence of identity-based policies, boundary and session policy does no harm.
    case full

    package static func < (left: Reach, right: Reach) -> Bool { left.rawValue < right.rawValue }
}

/// A `Principal` or `NotPrincipal` element, compiled.
struct PrincipalMatcher: BitwiseCopyable, @unchecked Sendable {
    private enum Entry: BitwiseCopyable {
        case everyone
        case account(Bytes)
        case arn(Bytes)
        case uniqueID(Bytes)
        case service(Bytes)
        case everyService
        case provider(Bytes)
        case everyProvider
    }

    private let isNegated: Bool
    private let entries: UnsafeBufferPointer<Entry>

    init(_ principals: Statement.Principals, in memory: PolicyMemory) {
        isNegated = principals.isNegated
        entries = memory.table(principals.entries.compactMap { Self.entry($0.type, $0.value, memory) })
    }

    /// - Parameter grantee: the one principal that a KMS grant names.
    init(grantee: String, in memory: PolicyMemory) {
        isNegated = false
        let isService = !grantee.hasPrefix("arn:") && grantee.contains(".")
        entries = memory.table([Self.entry(isService ? "Service" : "AWS", grantee, memory)].compactMap { $0 })
    }

    /// - Parameters:
    ///   - isDeny: the effect of the statement.
    ///   - hasBoundary: whether the caller has a permissions boundary.
    func reach(_ principal: Principal, isDeny: Bool, hasBoundary: Bool) -> Reach {
        guard isNegated else { return reach(principal) }
        // Whom an Allow names in whatever way (by its account, its role) it does not reach (rule 21).
        guard isDeny else { return reach(principal) == .none ? .full : .none }
        // Rule 20.
        if hasBoundary, principal.isInAccount { return .full }
        return isExempt(principal) ? .none : .full
    }

    private func reach(_ principal: Principal) -> Reach {
        var best = Reach.none
        for entry in entries {
            best = max(best, reach(of: entry, principal))
            if best == .full { break }
        }
        return best
    }

    private func reach(of entry: Entry, _ principal: Principal) -> Reach {
        switch entry {
        case .everyone: return .full
        case .account(let id):
            guard principal.isInAccount, id.hasSameBytes(as: principal.accountID) else { return .none }
            return principal.kind == .root ? .full : .account
        case .arn(let arn):
            if arn.isSameARN(as: principal.arn) { return principal.kind == .role ? .role : .full }
            return arn.isSameARN(as: principal.roleARN) || arn.isSameARN(as: principal.parentUserARN) ? .role : .none
        case .uniqueID(let id):
            guard id.hasSameBytes(as: principal.uniqueID) else { return .none }
            return principal.kind == .user ? .full : .role
        case .service(let name):
            guard principal.kind == .service, let service = principal.service else { return .none }
            return name.hasSameBytes(as: service) ? .full : .none
        case .everyService: return principal.kind == .service ? .full : .none
        case .provider(let name):
            return principal.isFromProvider && name.hasSameBytes(as: principal.arn) ? .full : .none
        case .everyProvider: return principal.isFromProvider ? .full : .none
        }
    }

    /// Whether a Deny with `NotPrincipal` spares the caller. It must name the account and, for a session, the role as well as
    /// the caller itself (rule 21); the anonymous caller is spared by `*` alone (rule 19).
    private func isExempt(_ principal: Principal) -> Bool {
        switch principal.kind {
        case .anonymous: namesEveryone
        case .root, .service, .webIdentity, .saml: reach(principal) == .full
        case .user, .role: names(principal.arn, principal.uniqueID) && namesAccount(of: principal)
        case .federatedUser: names(principal.arn, "") && namesAccount(of: principal)
        case .roleSession:
            names(principal.arn, "") && names(principal.roleARN, principal.uniqueID) && namesAccount(of: principal)
        }
    }

    private var namesEveryone: Bool {
        for case .everyone in entries { return true }
        return false
    }

    private func namesAccount(of principal: Principal) -> Bool {
        entries.contains {
            switch $0 {
            case .everyone: true
            case .account(let id): id.hasSameBytes(as: principal.accountID)
            default: false
            }
        }
    }

    private func names(_ arn: String?, _ uniqueID: String) -> Bool {
        entries.contains {
            switch $0 {
            case .everyone: true
            case .arn(let named): named.isSameARN(as: arn)
            case .uniqueID(let named): named.hasSameBytes(as: uniqueID)
            default: false
            }
        }
    }

    private static func entry(_ type: String, _ value: String, _ memory: PolicyMemory) -> Entry? {
        switch (type, value) {
        case ("*", _), ("AWS", "*"): .everyone
        case ("Service", "*"): .everyService
        case ("Service", let name): .service(memory.text(name))
        case ("Federated", "*"): .everyProvider
        case ("Federated", let name): .provider(memory.text(name))
        case ("AWS", let value):
            if let account = PrincipalName.account(value) {
                .account(memory.text(account))
            } else if value.hasPrefix("arn:") {
                .arn(memory.text(value))
            } else {
                .uniqueID(memory.text(value))
            }
        // S3's canonical user ids are not known to this module.
        default: nil
        }
    }
}

/// The forms of the names in an "AWS" principal.
package enum PrincipalName {
    /// The account that `value` stands for: "111122223333" and `arn:aws:iam::111122223333:root` are the same
    /// (rule 8). nil if it names no account.
    package static func account(_ value: String) -> String? {
        if isAccountID(value) { return value }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[3].isEmpty, parts[5] == "root",
            isAccountID(parts[4])
        else { return nil }
        return String(parts[4])
    }

    package static func isAccountID(_ value: some StringProtocol) -> Bool {
        value.utf8.count == 12 && value.utf8.allSatisfy(\.isDigit)
    }
}

extension Principal {
    /// Whether this is a principal of an account, as opposed to a service, a web identity or nobody.
    package var isInAccount: Bool { kind.isInAccount }

    fileprivate var isFromProvider: Bool { kind == .webIdentity || kind == .saml }
}

extension Principal.Kind {
    /// See `Principal.isInAccount`.
    package var isInAccount: Bool {
        switch self {
        case .root, .user, .role, .roleSession, .federatedUser: true
        case .webIdentity, .saml, .service, .anonymous: false
        }
    }
}

extension Bytes {
    func hasSameBytes(as other: String) -> Bool {
        let utf8 = other.utf8
        return span.hasSameBytes(as: utf8.span)
    }

    fileprivate func isSameARN(as other: String?) -> Bool {
        guard let other else { return false }
        return !isEmpty && hasSameBytes(as: other)
    }
}
