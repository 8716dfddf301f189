import IAMAPI
import Platform
import Wire

/// What a new password must have, for people who choose one. A script ticks the rules off as one types; the server decides.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
struct PasswordRuleList: Sendable {
    struct Rule: Sendable {
        /// Which the script checks: `length`, `upper`, `lower`, `digit`, `symbol`, `classes`; nil: only the server can.
        let ruleKind: String?
        let ruleCount: Int?
        let ruleText: String
    }

    let rules: [Rule]
    /// Why the account's rules are not known.
    let problem: Problem?
    private let minimumLength: Int

    private static let symbols = "! @ # $ % ^ & * ( ) _ + - = [ ] { } | '"

    /// The rules of the account, as far as the person may know them.
    /// - Parameter isOfRoot: the root user's password has AWS's default rules.
    static func of(_ visit: Visit, isOfRoot: Bool = false) async -> PasswordRuleList {
        guard !isOfRoot else { return PasswordRuleList(nil, problem: nil) }
        let policy = await visit.find { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountPasswordPolicy.self).passwordPolicy
        }
        return PasswordRuleList(policy.value, problem: policy.problem)
    }

    /// - Parameter policy: nil: AWS's default is in force.
    init(_ policy: IAM.PasswordPolicy?, problem: Problem?) {
        self.problem = problem
        minimumLength = policy?.minimumPasswordLength ?? 8
        guard problem == nil else {
            rules = []
            return
        }
        let length = "At least \(minimumLength) characters"
        var rules = [Rule(ruleKind: "length", ruleCount: minimumLength, ruleText: length)]
        guard let policy else {
            rules += [
                Rule(
                    ruleKind: "classes", ruleCount: 3,
                    ruleText: "Three of these: uppercase letters, lowercase letters, numbers, symbols (\(Self.symbols))"
                ),
                Rule(ruleKind: nil, ruleCount: nil, ruleText: "Not the account's name or email address"),
            ]
            self.rules = rules
            return
        }
        func add(_ isAsked: Bool?, _ kind: String, _ text: String) {
            if isAsked == true { rules.append(Rule(ruleKind: kind, ruleCount: nil, ruleText: text)) }
        }
        add(policy.requireUppercaseCharacters, "upper", "An uppercase letter")
        add(policy.requireLowercaseCharacters, "lower", "A lowercase letter")
        add(policy.requireNumbers, "digit", "A number")
        add(policy.requireSymbols, "symbol", "A symbol (\(Self.symbols))")
        if let reuse = policy.passwordReusePrevention {
            let text = reuse == 1 ? "Not the password before" : "None of the last \(reuse) passwords"
            rules.append(Rule(ruleKind: nil, ruleCount: nil, ruleText: text))
        }
        self.rules = rules
    }

    /// For the template `password-rules`.
    var content: [String: Any] {
        var content: [String: Any] = ["list": rules]
        content["ruleProblem"] = problem
        return content
    }

    /// A password that nobody has chosen, and that meets the rules: 119 bits, and one of each kind of character.
    var newPassword: String {
        let random = Identifiers.mixed(max(20, min(minimumLength, 124)))
        return random + "-aA7"
    }
}
