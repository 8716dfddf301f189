import Policy

/// A caller of which a question is asked: all who are named alike by the policies, by one of them.
struct Caller: Sendable {
    var principal: Principal
    /// What is so of the condition keys of this caller's requests.
    var keys: KeyFacts
    /// Whether the caller is nobody whom the policies name, and may be called whatever a condition asks for.
    var isAnybody = false
}

extension Caller {
    /// The account of callers whom no policy names.
    static let ownAccount = "111122223333"

    /// A caller of policies that name none: identity-based, boundary, session and service control policies.
    static func owner(_ domain: Domain, _ keys: Set<String>) -> Caller {
        let principal = Principal(
            kind: .user, arn: "arn:aws:iam::\(ownAccount):user/alice", accountID: ownAccount,
            uniqueID: "AIDAEXAMPLEEXAMPLE1")
        let isService = "aws:principalisawsservice"
        var relations = KeyFacts()
        if domain.relatesKeys, keys.contains(isService) {
            relations.add(KeyTest(key: isService, isOneOf: [.text("false")]), true)
        }
        if domain.relatesKeys, keys.contains("aws:username") { relations.add(isNoUserName, false) }
        return Caller(principal: principal, keys: relations, isAnybody: true)
    }

    /// A path is no part of a user's name; AWS: "IAM names", `reference_iam-quotas.html`.
    private static let isNoUserName = KeyTest(key: "aws:username", isOneOf: [.wild("*/*")])

    /// One caller of each kind that some policies tell apart: everybody whom they name, and of each kind one whom they
    /// do not.
    /// - Parameter outsidersOnly: leaves those out whom the policies name, or whose account they name, and AWS's services.
    /// - Returns: nil where there are more than the meter has steps for.
    static func all(
        named policies: [SymbolicPolicy], _ domain: Domain, _ meter: Meter, outsidersOnly: Bool = false
    ) -> [Caller]? {
        let keys = policies.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
        guard policies.contains(where: { $0.type.namesPrincipals }) else { return [owner(domain, keys)] }
        let names = NamedPrincipals(policies)
        let cost = 4 + policies.reduce(0) { $0 + $1.statements.count }
        guard let principals = names.principals(policies.contains { $0.type == .roleTrust }, meter) else { return nil }
        let isRelated = domain.relatesKeys && keys.contains(where: Self.isRelated)
        var callers: [Caller] = []
        var seen: Set<[UInt8]> = []
        for (principal, isAnybody) in principals {
            meter.spend(cost)
            if meter.isExhausted { return nil }
            let reaches = policies.flatMap { $0.reaches(principal, hasBoundary: false) }.map(\.rawValue)
            if outsidersOnly {
                let isStrange = principal.kind.isInAccount && principal.accountID == names.strangeAccount && isAnybody
                guard principal.kind == .anonymous || isStrange else { continue }
            }
            // Who is reached alike is asked for once, unless conditions tell them apart.
            guard isRelated || seen.insert(reaches).inserted else { continue }
            if !reaches.contains(where: { $0 != 0 }) { continue }
            callers.append(
                Caller(
                    principal: principal,
                    keys: domain.relatesKeys ? relations(principal, isAnybody, names, keys) : KeyFacts(),
                    isAnybody: isAnybody))
        }
        return callers
    }

    private static let relatedKeys: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice",
        "aws:principalservicename", "aws:principalorgid", "aws:username", "kms:calleraccount",
    ]

    private static func isRelated(_ key: String) -> Bool {
        relatedKeys.contains(key) || key.hasPrefix("aws:principaltag/")
    }

    /// What a principal says of condition keys; AWS: "Properties of the principal",
    /// `reference_policies_condition-keys.html`.
    static func relations(
        _ principal: Principal, _ isAnybody: Bool, _ names: NamedPrincipals?, _ keys: Set<String>
    ) -> KeyFacts {
        var facts = KeyFacts()
        func say(_ key: String, _ values: @autoclosure () -> [Pattern]) {
            guard keys.contains(key) else { return }
            let values = values()
            if values.isEmpty {
                facts.add(KeyTest(present: key), false)
            } else {
                facts.add(KeyTest(key: key, isOneOf: values), true)
            }
        }
        let account = principal.isInAccount ? [Pattern.text(principal.accountID)] : []
        say("aws:principalaccount", account)
        say("kms:calleraccount", account)
        say("aws:principalarn", arns(principal, isAnybody))
        if isAnybody, let names, keys.contains("aws:principalarn"), !names.arns.isEmpty, principal.isInAccount {
            facts.add(KeyTest(key: "aws:principalarn", isOneOf: names.arns.map { Pattern.text($0) }), false)
        }
        say("aws:principalisawsservice", [.text(principal.kind == .service ? "true" : "false")])
        say("aws:principalservicename", principal.service.map { [.text($0)] } ?? [])
        switch principal.kind {
        case .root: say("aws:principaltype", [.text("Account")])
        case .user: say("aws:principaltype", [.text("User")])
        case .role, .roleSession: say("aws:principaltype", [.text("AssumedRole")])
        case .federatedUser: say("aws:principaltype", [.text("FederatedUser")])
        case .anonymous: say("aws:principaltype", [.text("Anonymous")])
        case .webIdentity, .saml, .service: break
        }
        if principal.kind == .user {
            say("aws:username", isAnybody ? [Pattern([.one, .many])] : [.text(principal.nameInARN)])
            if isAnybody, keys.contains("aws:username") { facts.add(isNoUserName, false) }
        } else {
            say("aws:username", [])
        }
        if !principal.isInAccount {
            for key in keys where key.hasPrefix("aws:principaltag/") || key == "aws:principalorgid" { say(key, []) }
        }
        return facts
    }

    /// What `aws:PrincipalArn` is for a principal (rule 27).
    private static func arns(_ principal: Principal, _ isAnybody: Bool) -> [Pattern] {
        let account = "arn:aws:iam::\(principal.accountID):"
        switch principal.kind {
        case .root: return [.text("\(account)root")]
        case .user: return [isAnybody ? .wild("\(account)user/*") : .text(principal.arn)]
        case .role, .roleSession:
            let role = principal.roleARN ?? principal.arn
            return [isAnybody ? .wild("\(account)role/*") : .text(role)]
        case .federatedUser:
            return [isAnybody ? .wild("arn:aws:sts::\(principal.accountID):federated-user/*") : .text(principal.arn)]
        case .webIdentity, .saml, .service, .anonymous: return []
        }
    }

    /// The caller as a found request has it: named as its condition keys say.
    func named(by context: [String: ContextValue]) -> Principal {
        guard isAnybody else { return principal }
        var principal = principal
        if principal.kind == .user, case .one(let name)? = context["aws:username"], !name.isEmpty {
            principal.arn = "arn:aws:iam::\(principal.accountID):user/\(name)"
        }
        guard case .one(let arn)? = context["aws:principalarn"] else { return principal }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, PrincipalName.isAccountID(parts[4]) else { return principal }
        if parts[5].hasPrefix("role/") {
            guard principal.kind == .user || principal.kind == .roleSession else { return principal }
            principal.kind = .roleSession
            principal.accountID = String(parts[4])
            principal.roleARN = arn
            principal.uniqueID = "AROAEXAMPLEEXAMPLE1"
            let name = parts[5].split(separator: "/").last ?? "role"
            principal.arn = "arn:\(parts[1]):sts::\(parts[4]):assumed-role/\(name)/session"
        } else if parts[5].hasPrefix("user/"), principal.kind == .user {
            principal.accountID = String(parts[4])
            principal.arn = arn
        } else if principal.kind == .federatedUser, parts[5].hasPrefix("federated-user/") {
            principal.arn = arn
        }
        return principal
    }
}

extension Principal {
    /// The last part of the path in its ARN.
    var nameInARN: String { String(arn.split(separator: "/").last ?? "") }
}

extension PolicyType {
    /// Whether policies of this type say to whom they apply.
    var namesPrincipals: Bool {
        switch self {
        case .resource, .roleTrust, .resourceControl, .endpoint: true
        case .identity, .permissionsBoundary, .session, .serviceControl: false
        }
    }
}

/// The names in the `Principal` and `NotPrincipal` elements of some policies.
struct NamedPrincipals {
    private(set) var accounts: [String] = []
    private(set) var arns: [String] = []
    private(set) var uniqueIDs: [String] = []
    private(set) var services: [String] = []
    private(set) var providers: [String] = []

    init(_ policies: [SymbolicPolicy]) {
        func add(_ value: String, _ list: inout [String]) { if !list.contains(value) { list.append(value) } }
        for entry in policies.flatMap({ $0.document.principals.joined() }) where entry.value != "*" {
            switch entry.type {
            case "Service": add(entry.value, &services)
            case "Federated": add(entry.value, &providers)
            case "AWS":
                if let account = PrincipalName.account(entry.value) {
                    add(account, &accounts)
                } else if entry.value.hasPrefix("arn:") {
                    add(entry.value, &arns)
                    let parts = entry.value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
                    if parts.count == 6, PrincipalName.isAccountID(parts[4]) { add(String(parts[4]), &accounts) }
                } else {
                    add(entry.value, &uniqueIDs)
                }
            default: break
            }
        }
        // The accounts that conditions name count as well: whoever is in one of them is told apart.
        for policy in policies {
            for statement in policy.document.statements {
                for condition in statement.conditions {
                    let key = condition.key.value.lowercasedASCII
                    guard key == "aws:principalaccount" || key == "aws:principalarn" || key == "kms:calleraccount"
                    else {
                        continue
                    }
                    for value in condition.values {
                        if PrincipalName.isAccountID(value.value) { add(value.value, &accounts) }
                        let parts = value.value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
                        guard parts.count == 6 else { continue }
                        if PrincipalName.isAccountID(parts[4]) { add(String(parts[4]), &accounts) }
                    }
                }
            }
        }
    }

    /// An account that none of the names is in.
    var strangeAccount: String {
        ["999999999999", "888888888888", "777777777777"].first { !accounts.contains($0) }
            ?? (0...).lazy.map { String(String($0 + 600_000_000_000).suffix(12)) }.first { !accounts.contains($0) }
            ?? ""
    }

    /// One caller for each way in which the policies may name one.
    /// - Returns: nil where there are more than the meter has steps for.
    func principals(_ isTrust: Bool, _ meter: Meter) -> [(Principal, isAnybody: Bool)]? {
        var found: [(Principal, isAnybody: Bool)] = [(Principal(kind: .anonymous), false)]
        for service in services + ["unnamed.amazonaws.com"] {
            found.append((Principal(kind: .service, service: service), false))
        }
        if isTrust {
            for provider in providers {
                let kind: Principal.Kind = provider.contains(":saml-provider/") ? .saml : .webIdentity
                found.append((Principal(kind: kind, arn: provider), false))
            }
            found.append((Principal(kind: .webIdentity, arn: "unnamed.example.com"), false))
            found.append((Principal(kind: .saml, arn: "arn:aws:iam::\(strangeAccount):saml-provider/unnamed"), false))
        }
        let byAccount = Dictionary(grouping: arns) {
            $0.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).dropFirst(4).first.map(String.init)
        }
        for account in [strangeAccount] + accounts {
            let named = NamedARNs(byAccount[account] ?? [])
            for uniqueID in [""] + uniqueIDs {
                // To make a caller ready takes as long as that.
                meter.spend(Self.stepsOfCaller * (2 + named.count))
                if meter.isExhausted { return nil }
                found += principals(of: account, named, uniqueID)
            }
        }
        return found
    }

    private static let stepsOfCaller = 64

    /// The ARNs of one account, by their kind.
    private struct NamedARNs {
        let users: [String]
        let roles: [String]
        let sessions: [String]
        let federated: [String]

        init(_ arns: [String]) {
            func named(_ kind: String) -> [String] { arns.filter { $0.contains(":\(kind)/") } }
            (users, roles) = (named("user"), named("role"))
            (sessions, federated) = (named("assumed-role"), named("federated-user"))
        }

        /// At most how many principals they make.
        var count: Int { (users.count + 1) * (federated.count + 2) + (roles.count + 1) * (sessions.count + 2) }
    }

    private func principals(
        of account: String, _ named: NamedARNs, _ uniqueID: String
    ) -> [(Principal, isAnybody: Bool)] {
        var found: [(Principal, isAnybody: Bool)] = []
        let (users, roles, sessions, federated) = (named.users, named.roles, named.sessions, named.federated)
        let iam = "arn:aws:iam::\(account):"
        let sts = "arn:aws:sts::\(account):"
        if uniqueID.isEmpty {
            found.append((Principal(kind: .root, arn: "\(iam)root", accountID: account, uniqueID: account), false))
        }
        if !uniqueID.hasPrefix("AROA") {
            for (number, user) in (["\(iam)user/somebody"] + users).enumerated() {
                found.append(
                    (Principal(kind: .user, arn: user, accountID: account, uniqueID: uniqueID), number == 0))
            }
        }
        if uniqueID.isEmpty {
            for parent in ["\(iam)user/somebody"] + users {
                for (number, name) in (["\(sts)federated-user/somebody"] + federated).enumerated() {
                    let principal = Principal(
                        kind: .federatedUser, arn: name, accountID: account, parentUserARN: parent)
                    found.append((principal, number == 0))
                }
            }
        }
        if uniqueID.isEmpty || uniqueID.hasPrefix("AROA") {
            for role in ["\(iam)role/somerole"] + roles {
                let name = role.split(separator: "/").last.map(String.init) ?? ""
                let principal = Principal(
                    kind: .roleSession, arn: "\(sts)assumed-role/\(name)/somesession", accountID: account,
                    roleARN: role,
                    uniqueID: uniqueID)
                found.append((principal, !roles.contains(role)))
            }
            for session in sessions {
                let parts = session.split(separator: "/")
                guard parts.count >= 2 else { continue }
                let name = String(parts[1])
                let known = roles.filter { $0.split(separator: "/").last.map(String.init) == name }
                for role in known.isEmpty ? ["\(iam)role/\(name)"] : known + ["\(iam)role/path/\(name)"] {
                    let principal = Principal(
                        kind: .roleSession, arn: session, accountID: account, roleARN: role, uniqueID: uniqueID)
                    found.append((principal, false))
                }
            }
        }
        return found
    }
}
