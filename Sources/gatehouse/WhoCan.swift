import ArgumentParser
import CustomChecks
import Policy
import Reasoning

struct WhoCan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who-can",
        abstract: "Which users and roles of an account may do something?",
        discussion: """
            aws iam get-account-authorization-details > account.json
            gatehouse who-can s3:DeleteObject 'arn:aws:s3:::reports/*' --from account.json

            Action and resource may have wildcards: then any of what they mean counts. Each user and role comes with a \
            request that the policy engine has allowed. Exit status: 0, 2 if a file can't be read, 3 if it can't be said \
            of somebody.
            """)

    @Argument(help: "The action, for example s3:GetObject.")
    var action: String

    @Argument(help: "The resource's ARN, or '*' for any resource.")
    var resource: String

    @OptionGroup var account: AccountOptions

    @Option(help: ArgumentHelp("The policy of the resource: of a bucket, a key, a queue, …", valueName: "file"))
    var resourcePolicy: String?

    @Option(
        help: ArgumentHelp(
            "The account that owns the resource (default: the one in its ARN, else the account of who asks).",
            valueName: "account"))
    var resourceAccount: String?

    func validate() throws {
        guard action == "*" || action.split(separator: ":").count == 2 else {
            throw ValidationError("The action is one such as s3:GetObject, not '\(action)'.")
        }
        guard resource == "*" || resource.hasPrefix("arn:") else {
            throw ValidationError("The resource is an ARN or '*', not '\(resource)'.")
        }
    }

    func run() throws {
        let details = try account.details("who-can")
        let levels = try account.serviceControl("who-can")
        let policy = try resourcePolicy.map { try CheckedPolicy($0, as: .resource, command: "who-can") }
        let checks = Checks.withCatalogue
        let cache = SymbolicCache()
        let target = AccessTarget([action], on: [resource], resourceAccount: resourceAccount)
        // To assume a role of the account is a matter of its trust policy.
        let role = details.members.first { $0.trust != nil && $0.arn == resource }
        var answers: [(AccountDetails.Member, Answer)] = []
        for member in details.members {
            var inputs = member.inputs
            inputs.serviceControl = member.principal.isServiceLinkedRole ? nil : levels
            inputs.resource = policy?.symbolic.policy
            inputs.roleTrust = action.lowercased().hasPrefix("sts:") ? role?.trust : nil
            let caller = BoundCaller(
                member.principal, SymbolicInputs(inputs, symbolic: cache.symbolic), tags: member.tags,
                domain: checks.domain)
            answers.append((member, checks.access(of: caller, to: target)))
        }
        try show(answers)
    }

    private func show(_ answers: [(member: AccountDetails.Member, answer: Answer)]) throws {
        var found: [JSONAccess] = []
        var undecided: [JSONDoubt] = []
        for (member, answer) in answers {
            switch answer {
            case .no: break
            case .yes(let witness): found.append(JSONAccess(member.arn, witness))
            case .unknown(let doubt): undecided.append(JSONDoubt(arn: member.arn, reason: "\(doubt)"))
            }
        }
        switch account.format {
        case .json: print(try PrintedJSON.of(JSONAnswer(allowed: found, undecided: undecided)))
        case .text:
            for access in found {
                for line in access.lines { print(line.onOneLine) }
            }
            for doubt in undecided { print("\(doubt.arn): not decided: \(doubt.reason)".onOneLine) }
            if found.isEmpty, undecided.isEmpty { print("nobody of \(answers.count) users and roles") }
        }
        if !undecided.isEmpty { throw ExitCode(3) }
    }
}

private struct JSONAnswer: Encodable {
    let allowed: [JSONAccess]
    let undecided: [JSONDoubt]
}

private struct JSONDoubt: Encodable {
    let arn: String
    let reason: String
}

private struct JSONAccess: Encodable {
    let arn: String
    let policy: String
    let statementIndex: Int?
    let witness: JSONWitness

    init(_ arn: String, _ witness: Witness) {
        self.arn = arn
        policy = witness.decision.statement?.policy.name ?? ""
        statementIndex = witness.decision.statement?.index
        self.witness = JSONWitness(witness)
    }

    /// "ARN may ACTION on RESOURCE (policy NAME, statement 2)", and what the request has to have.
    var lines: [String] {
        let reason = statementIndex.map { " (\(policy.isEmpty ? "" : "policy \(policy), ")statement \($0 + 1))" } ?? ""
        return ["\(arn) may \(witness.action) on \(witness.resource)\(reason)"]
            + witness.context.sorted { $0.key < $1.key }.map { "    \($0.key.spelledByAWS) = \($0.value.text)" }
            + witness.absentKeys.map { "    without \($0.spelledByAWS)" }
    }
}
