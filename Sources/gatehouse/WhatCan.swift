import ArgumentParser
import CustomChecks
import Escalation
import Policy
import Reasoning

struct WhatCan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-can",
        abstract: "What may a user or a role of an account do, once everything that binds it has had its say?",
        discussion: """
            aws iam get-account-authorization-details > account.json
            gatehouse what-can arn:aws:iam::111122223333:role/Deploy --from account.json

            Lists the statements of its own policies of which something is left, and what takes something away from them: \
            denies, its permissions boundary, service control policies. What the policies of resources give it is not \
            among them. Without --from, a Gatehouse's data are asked. Exit status: 0, 2 if something can't be read, 3 if it \
            can't be said of a statement.
            """)

    @Argument(help: "The ARN of the user or the role.")
    var principal: String

    @OptionGroup var account: AccountOptions
    @OptionGroup var formatOption: ListFormatOption

    func run() throws {
        let known = try account.known("what-can")
        let member = try known.member(principal, "what-can")
        var inputs = member.inputs
        // What resources' policies say is not known here, and not asked.
        inputs.ignoresResourceSide = true
        let checks = Checks.withCatalogue
        let caller = BoundCaller(
            member.principal, SymbolicInputs(inputs), tags: member.tags, domain: checks.domain)
        let (grants, undecided) = checks.grants(of: caller)
        switch formatOption.format {
        case .json:
            print(
                try PrintedJSON.of(
                    JSONGrants(grants: grants.map(JSONGrant.init), undecided: undecided.map(\.description))))
        case .text:
            for grant in grants { for line in grant.lines { print(line.onOneLine) } }
            for statement in undecided { print("not decided: \(statement)".onOneLine) }
            if grants.isEmpty, undecided.isEmpty { print("nothing by its own policies") }
        }
        if !undecided.isEmpty { throw ExitCode(3) }
    }
}

extension AccountOptions.Known {
    /// - Throws: `ExitCode(2)` after a complaint.
    func member(_ principal: String, _ command: String) throws -> Estate.Member {
        if let member = estate.members.first(where: { $0.arn == principal }) { return member }
        let place = recorded == nil ? "in none of the files" : "not in the data"
        Terminal.complain(
            "gatehouse \(command): \(principal) is \(place): name one of the users and roles that are, such "
                + "as \(estate.members.first?.arn ?? "those of another account")")
        throw ExitCode(2)
    }
}

extension EffectiveGrant {
    fileprivate var lines: [String] {
        let what = (isNotAction ? "all actions but " : "") + actions.joined(separator: ", ")
        let place = (isNotResource ? "everything but " : "") + resources.joined(separator: ", ")
        return ["\(what) on \(place) (\(statement))"] + conditions.map { "    if \($0)" }
            + denies.map { "    except what is denied by \($0)" }
            + limits.map { "    as far as every \($0.displayName) allows it" }
    }
}

private struct JSONGrants: Encodable {
    let grants: [JSONGrant]
    let undecided: [String]
}

private struct JSONGrant: Encodable {
    let policy: String
    let statementIndex: Int
    let actions: [String]
    let isNotAction: Bool
    let resources: [String]
    let isNotResource: Bool
    let conditions: [String]
    let deniedBy: [String]
    let limitedBy: [String]
    let witness: JSONWitness

    init(_ grant: EffectiveGrant) {
        policy = grant.statement.policy.name
        statementIndex = grant.statement.index
        actions = grant.actions
        isNotAction = grant.isNotAction
        resources = grant.resources
        isNotResource = grant.isNotResource
        conditions = grant.conditions
        deniedBy = grant.denies.map(\.description)
        limitedBy = grant.limits.map(\.rawValue)
        witness = JSONWitness(grant.witness)
    }
}
