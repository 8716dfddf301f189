import Policy

/// The callers from outside a zone of trust: of each kind that policies tell apart, one.
struct Outsiders {
    /// What a finding calls a caller.
    struct Name: Hashable {
        var type: String
        var value: String

        static let everybody = Name(type: "AWS", value: "*")
    }

    private let keys: Set<String>
    private let question: OutsideQuestion
    private let domain: Domain
    /// What is so of the condition keys of all requests from outside.
    private let facts: KeyFacts
    /// An account that nobody names.
    let strangeAccount: String
    private let policies: [SymbolicPolicy]

    init(_ policies: [SymbolicPolicy], _ keys: Set<String>, _ question: OutsideQuestion, _ domain: Domain) {
        self.keys = keys
        self.question = question
        self.domain = domain
        let names = NamedPrincipals(policies)
        facts = Self.facts(policies, keys, question)
        let zone = question.zone
        let spare = ["999999999999", "888888888888", "777777777777", "666666666666"]
        strangeAccount =
            spare.first { !names.accounts.contains($0) && !zone.contains($0) } ?? names.strangeAccount
        self.policies = policies
    }

    /// Those whom nobody names: of any account, and of none.
    func strangers() -> [Caller] {
        let accounts = Self.conditionAccounts(policies).filter { !question.zone.contains($0) }
        return ([strangeAccount] + accounts).flatMap { callers(ofAccount: $0) }
            + [caller(Principal(kind: .anonymous), isAnybody: false)]
    }

    /// Those whom a statement names, by their names.
    func named() -> [(Name, [Caller])] {
        var named: [(Name, [Caller])] = []
        var seen: Set<Name> = []
        for entry in policies.flatMap({ $0.document.principals.joined() }) {
            guard let (name, callers) = callers(entry.type, entry.value), seen.insert(name).inserted else { continue }
            named.append((name, callers))
        }
        return named
    }

    /// Those whom one entry of a `Principal` names; nil where they are trusted, or nobody.
    func callers(_ type: String, _ value: String) -> (Name, [Caller])? {
        switch type {
        case "Federated":
            let kind: Principal.Kind = value.contains(":saml-provider/") ? .saml : .webIdentity
            return (
                Name(type: "Federated", value: value),
                [caller(Principal(kind: kind, arn: value), isAnybody: false)]
            )
        case "AWS":
            if value == "*" { return nil }
            if let account = PrincipalName.account(value) {
                guard !question.zone.contains(account) else { return nil }
                return (Name(type: "AWS", value: account), callers(ofAccount: account))
            }
            if value.hasPrefix("arn:") { return callers(arn: value, uniqueID: "") }
            guard let arn = question.zone.arnOfUniqueID(value) else { return nil }
            return callers(arn: arn, uniqueID: value)
        default: return nil
        }
    }

    private func callers(arn: String, uniqueID: String) -> (Name, [Caller])? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, PrincipalName.isAccountID(parts[4]), !question.zone.contains(String(parts[4])) else {
            return nil
        }
        let account = String(parts[4])
        let name = Name(type: "AWS", value: arn)
        let rest = parts[5].split(separator: "/", omittingEmptySubsequences: false)
        let last = rest.last.map(String.init) ?? ""
        let principal: Principal
        switch rest.first {
        case "user": principal = Principal(kind: .user, arn: arn, accountID: account, uniqueID: uniqueID)
        case "role":
            principal = Principal(
                kind: .roleSession, arn: "arn:\(parts[1]):sts::\(account):assumed-role/\(last)/session",
                accountID: account, roleARN: arn, uniqueID: uniqueID)
        case "assumed-role" where rest.count >= 3:
            principal = Principal(
                kind: .roleSession, arn: arn, accountID: account,
                roleARN: "arn:\(parts[1]):iam::\(account):role/\(rest[1])", uniqueID: uniqueID)
        case "federated-user":
            principal = Principal(
                kind: .federatedUser, arn: arn, accountID: account,
                parentUserARN: "arn:\(parts[1]):iam::\(account):user/parent")
        default: return nil
        }
        return (name, [caller(principal, isAnybody: false)])
    }

    private func callers(ofAccount account: String) -> [Caller] {
        let iam = "arn:aws:iam::\(account):"
        return [
            caller(
                Principal(
                    kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/somerole/somesession",
                    accountID: account, roleARN: "\(iam)role/somerole"), isAnybody: true),
            caller(Principal(kind: .user, arn: "\(iam)user/somebody", accountID: account), isAnybody: true),
            caller(Principal(kind: .root, arn: "\(iam)root", accountID: account, uniqueID: account), isAnybody: false),
            caller(
                Principal(
                    kind: .federatedUser, arn: "arn:aws:sts::\(account):federated-user/somebody", accountID: account,
                    parentUserARN: "\(iam)user/parent"), isAnybody: true),
        ]
    }

    private func caller(_ principal: Principal, isAnybody: Bool) -> Caller {
        var known = facts
        if domain.relatesKeys {
            known.add(Caller.relations(principal, isAnybody, nil, keys))
            addOrganization(of: principal, to: &known)
        }
        return Caller(principal: principal, keys: known, isAnybody: isAnybody)
    }

    private func addOrganization(of principal: Principal, to facts: inout KeyFacts) {
        guard principal.isInAccount, let known = question.zone.organizationOfAccount(principal.accountID) else {
            return
        }
        if keys.contains("aws:principalorgid") {
            if known.isEmpty {
                facts.add(KeyTest(present: "aws:principalorgid"), false)
            } else {
                facts.add(KeyTest(key: "aws:principalorgid", isOneOf: [.text(known)]), true)
            }
        }
        guard keys.contains("aws:principalorgpaths") else { return }
        if known.isEmpty {
            facts.add(KeyTest(present: "aws:principalorgpaths"), false)
        } else {
            facts.add(KeyTest(key: "aws:principalorgpaths", hasOneOf: [.wild("\(known)/*")]), true)
        }
    }

    // MARK: What is so of all requests from outside

    private static func facts(
        _ policies: [SymbolicPolicy], _ keys: Set<String>, _ question: OutsideQuestion
    ) -> KeyFacts {
        var facts = KeyFacts()
        facts.add(question.context, absent: question.absentKeys, of: keys)
        if let owner = question.doors.first?.owner, keys.contains("aws:resourceaccount") {
            facts.add(KeyTest(key: "aws:resourceaccount", isOneOf: [.text(owner)]), true)
        }
        if keys.contains("aws:resourceorgid") {
            if let own = question.ownOrganization {
                facts.add(KeyTest(key: "aws:resourceorgid", isOneOf: [.text(own)]), true)
            } else {
                facts.add(KeyTest(present: "aws:resourceorgid"), false)
            }
        }
        if let own = question.zone.organization {
            for key in ["aws:principalorgid", "aws:sourceorgid", "aws:vpceorgid"] where keys.contains(key) {
                facts.add(KeyTest(key: key, isOneOf: [.text(own)]), false)
            }
            for key in ["aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"] where keys.contains(key) {
                facts.add(KeyTest(key: key, hasOneOf: [.text(own), .wild("\(own)/*")]), false)
            }
        }
        addTrusted(policies, question, to: &facts)
        return facts
    }

    private static let accountKeys: Set<String> = [
        "aws:sourceaccount", "aws:sourceowner", "aws:vpceaccount", "s3:dataaccesspointaccount",
    ]
    private static let arnKeys: Set<String> = ["aws:sourcearn", "aws:sourcevpcarn", "s3:dataaccesspointarn"]

    /// Requests from outside come from no account of the zone, through none, and by no unique id of one's principals.
    private static func addTrusted(_ policies: [SymbolicPolicy], _ question: OutsideQuestion, to facts: inout KeyFacts)
    {
        let zone = question.zone
        for condition in policies.flatMap({ $0.document.statements.flatMap(\.conditions) }) {
            let key = condition.key.value.lowercasedASCII
            let isAccount = accountKeys.contains(key)
            let isARN = arnKeys.contains(key)
            // What is known of all requests is known better.
            guard isAccount || isARN || key == "aws:userid", question.context[key] == nil else { continue }
            for value in condition.values.map(\.value) {
                if isAccount {
                    guard zone.contains(value) else { continue }
                    facts.add(KeyTest(key: key, isOneOf: [.text(value)]), false)
                } else if isARN {
                    let parts = value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
                    guard parts.count == 6, zone.contains(String(parts[4])) else { continue }
                    facts.add(KeyTest(key: key, isOneOf: [.wild("arn:*:*:*:\(parts[4]):*")]), false)
                } else {
                    let id = String(value.prefix { $0 != ":" })
                    let account = PrincipalName.isAccountID(id) ? id : zone.arnOfUniqueID(id).flatMap(account(ofARN:))
                    guard let account, zone.contains(account) else { continue }
                    facts.add(KeyTest(key: key, isOneOf: [.text(id), .wild("\(id):*")]), false)
                }
            }
        }
    }

    private static func account(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : nil
    }

    /// The accounts that conditions ask for; of a pattern, one that fits.
    private static func conditionAccounts(_ policies: [SymbolicPolicy]) -> [String] {
        var accounts: [String] = []
        func add(_ text: String) {
            let account = filled(text)
            if PrincipalName.isAccountID(account), !accounts.contains(account) { accounts.append(account) }
        }
        for condition in policies.flatMap({ $0.document.statements.flatMap(\.conditions) }) {
            switch condition.key.value.lowercasedASCII {
            case "aws:principalaccount", "kms:calleraccount", "aws:userid":
                for value in condition.values { add(value.value) }
            case "aws:principalarn":
                for value in condition.values {
                    let parts = value.value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
                    if parts.count == 6 { add(String(parts[4])) }
                }
            default: break
            }
        }
        return accounts
    }

    /// A pattern for an account's number with digits in place of its wildcards.
    private static func filled(_ pattern: String) -> String {
        guard pattern != "*" else { return "" }
        let fixed = pattern.utf8.count { $0 != UInt8(ascii: "*") }
        var missing = max(0, 12 - fixed)
        var text = ""
        for character in pattern {
            switch character {
            case "?": text.append("5")
            case "*":
                text += String(repeating: "5", count: missing)
                missing = 0
            default: text.append(character)
            }
        }
        return text
    }
}
