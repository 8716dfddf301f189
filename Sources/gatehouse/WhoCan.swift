import ArgumentParser
import CustomChecks
import Escalation
import Policy
import Reasoning
import Server

struct WhoCan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who-can",
        abstract: "Which users and roles of an account may do something?",
        discussion: """
            aws iam get-account-authorization-details > account.json
            gatehouse who-can s3:DeleteObject 'arn:aws:s3:::reports/*' --from account.json

            Action and resource may have wildcards: then any of what they mean counts. Each user and role comes with a \
            request that the policy engine has allowed. Exit status: 0, 2 if something can't be read, 3 if it can't be said \
            of somebody.

            Without --from, a Gatehouse's data are asked: all of its accounts, with what they have beside: service and \
            resource control policies, the policies of buckets, keys and roles, grants, Block Public Access.
            """)

    @Argument(help: "The action, for example s3:GetObject.")
    var action: String

    @Argument(help: "The resource's ARN, or '*' for any resource.")
    var resource: String

    @OptionGroup var account: AccountOptions
    @OptionGroup var formatOption: ListFormatOption

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

    func run() async throws {
        let known = try account.known("who-can")
        let policy = try resourcePolicy.map { try CheckedPolicy($0, as: .resource, command: "who-can") }
        var resources: [RecordedResource] = []
        if let recorded = known.recorded, policy == nil {
            do throws(StartError) {
                resources = try await recorded.resources(resource, for: action)
            } catch {
                Terminal.complain("gatehouse who-can: \(error)")
                throw ExitCode(2)
            }
        }
        let asking = Asking(
            action: action, resource: resource, resourceAccount: resourceAccount, policy: policy?.symbolic.policy,
            resources: resources, known: known)
        try show(known.members.map { ($0, asking.answer(of: $0)) })
    }

    private func show(_ answers: [(member: Estate.Member, answer: Answer)]) throws {
        var found: [JSONAccess] = []
        var undecided: [JSONDoubt] = []
        for (member, answer) in answers {
            switch answer {
            case .no: break
            case .yes(let witness): found.append(JSONAccess(member.arn, witness))
            case .unknown(let doubt): undecided.append(JSONDoubt(arn: member.arn, reason: "\(doubt)"))
            }
        }
        switch formatOption.format {
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

/// The question, as it is asked of one user or role after another.
private struct Asking {
    let action: String
    let resource: String
    let resourceAccount: String?
    /// The policy of the resource that the command line names.
    let policy: CompiledPolicy?
    /// What the data know of resources that the pattern is about.
    let resources: [RecordedResource]
    /// The role that is the resource.
    private let role: Estate.Member?
    private let cache = SymbolicCache()
    private let checks = Checks.withCatalogue

    init(
        action: String, resource: String, resourceAccount: String?, policy: CompiledPolicy?,
        resources: [RecordedResource], known: AccountOptions.Known
    ) {
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.policy = policy
        self.resources = resources
        role = known.estate.members.first { $0.isRole && $0.arn == resource }
    }

    func answer(of member: Estate.Member) -> Answer {
        guard !resources.isEmpty else { return plainAnswer(of: member) }
        var doubt: Doubt?
        for resource in resources {
            var inputs = member.inputs
            resource.bind(&inputs, for: action)
            let caller = caller(member, inputs)
            let target = AccessTarget([action], on: [self.resource], resourceAccount: resource.owner)
                .alsoOn(resource.patterns).with(resource.context(caller.policies.conditionKeys))
            switch checks.access(of: caller, to: target) {
            case .yes(let witness): return .yes(witness)
            case .no: break
            case .unknown(let why): doubt = why
            }
        }
        if resource == "*" {
            // Some actions name no resource.
            let caller = caller(member, member.inputs)
            switch checks.access(of: caller, to: AccessTarget([action], on: []).withoutResource) {
            case .yes(let witness): return .yes(witness)
            case .no: break
            case .unknown(let why): doubt = why
            }
        }
        return doubt.map { .unknown($0) } ?? .no
    }

    /// Where nothing is known of resources but what the command line says, and the trust policies of roles.
    private func plainAnswer(of member: Estate.Member) -> Answer {
        var inputs = member.inputs
        inputs.resource = policy
        // To assume a role of the account is a matter of its trust policy.
        if action.lowercased().hasPrefix("sts:") { inputs.roleTrust = role?.trust }
        return checks.access(
            of: caller(member, inputs), to: AccessTarget([action], on: [resource], resourceAccount: resourceAccount))
    }

    private func caller(_ member: Estate.Member, _ inputs: PolicyInputs) -> BoundCaller {
        BoundCaller(
            member.principal, SymbolicInputs(inputs, symbolic: cache.symbolic), tags: member.tags,
            domain: checks.domain)
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
