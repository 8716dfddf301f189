import ArgumentParser
import CustomChecks
import Directory
import Escalation
import FoundationEssentials
import Policy
import Reasoning

struct Escalate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "escalate",
        abstract: "By which paths can a user or role reach more than it has?",
        discussion: """
            aws iam get-account-authorization-details > account.json
            gatehouse escalate --from account.json
            gatehouse escalate arn:aws:iam::111122223333:user/dev --from account.json

            Policies that a principal can widen, roles that it can assume, pass to a service or let trust it, credentials \
            of others that it can make, functions and instances that run as a role. Each path is a list of requests that \
            the policy engine has allowed, one after the other, and ends with a request that nobody on the way could make \
            before. Exit status: 0 if there is no path, 1 if there is one, 2 if something can't be read, 3 if it is not \
            decided.

            Without --from, a Gatehouse's data are asked.
            """)

    @Argument(help: "The ARN of the user or the role; without one, all of them.")
    var principal: String?

    @OptionGroup var account: AccountOptions

    @Option(help: "The most steps of a path.")
    var depth = 3

    @Option(
        help: ArgumentHelp(
            "A way that is meant, such as sts:AssumeRole: paths of nothing else are left out. May be repeated.",
            valueName: "method"))
    var except: [String] = []

    @Flag(help: "Leave out paths that rest on what is not known, such as which functions there are.")
    var assumeNothing = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif, cases
    }

    @Option(help: "The output format. cases: each request as `gatehouse simulate --json-lines` takes it.")
    var format = Format.text

    func validate() throws {
        guard (1...8).contains(depth) else { throw ValidationError("--depth takes 1 to 8, not \(depth).") }
    }

    func run() async throws {
        let known = try account.known("escalate")
        if let principal { _ = try known.member(principal, "escalate") }
        let asked = known.members.filter { !$0.principal.isServiceLinkedRole }.map(\.arn)
            .filter { principal == nil || $0 == principal }
        var reports = await Self.reports(of: asked, in: known.estate, depth: depth)
        let left = Set(except)
        for index in reports.indices {
            reports[index].leaveOut { path in
                (assumeNothing && !path.assumptions.isEmpty)
                    || path.steps.allSatisfy { left.contains($0.method) }
            }
        }
        let found = EscalationFindings(reports: reports)
        switch format {
        case .text: print(found.text(colored: Terminal.isColored))
        case .json: print(try PrintedJSON.of(JSONEscalations(found)))
        case .sarif: print(try PrintedJSON.of(SARIFLog(found, places: known.places)))
        case .cases: for line in EscalationCases(known.estate).lines(of: found) { print(line) }
        }
        if found.result != .pass { throw found.result.exitCode }
    }

    /// The reports of some principals, in their order; as many at a time as there are processors.
    private static func reports(
        of principals: [String], in estate: Estate, depth: Int
    ) async -> [EscalationReport] {
        let workers = max(1, min(ProcessInfo.processInfo.activeProcessorCount, principals.count / 16))
        return await withTaskGroup(of: [(Int, EscalationReport)].self) { group in
            for worker in 0..<workers {
                group.addTask { @concurrent in
                    let search = EscalationSearch(
                        estate, Checks.withCatalogue, depth: depth, awsPolicies: ManagedPolicyCatalog.aws.arns,
                        awsPolicy: Self.awsPolicy)
                    return stride(from: worker, to: principals.count, by: workers).map {
                        ($0, search.report(of: principals[$0]))
                    }
                }
            }
            var all: [(Int, EscalationReport)] = []
            for await part in group { all += part }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func awsPolicy(_ arn: String) -> CompiledPolicy? {
        guard let entry = ManagedPolicyCatalog.aws.entry(arn: arn),
            let document = try? PolicyDocument(parsing: entry.document, as: .identity, strictness: .evaluable)
        else { return nil }
        return CompiledPolicy(document, source: PolicySource(type: .identity, name: entry.name, arn: arn))
    }
}

/// What was found of all who were asked about.
struct EscalationFindings {
    let reports: [EscalationReport]

    var result: CheckVerdict.Result {
        if reports.contains(where: { !$0.paths.isEmpty }) { return .fail }
        return reports.contains(where: { !$0.undecided.isEmpty }) ? .unknown : .pass
    }

    /// The answer in a sentence.
    var message: String {
        let all = reports.count == 1 ? reports[0].principal : "\(reports.count) users and roles"
        switch result {
        case .pass:
            return reports.count == 1
                ? "\(all) can't reach more than it has." : "None of \(all) can reach more than it has."
        case .fail:
            let paths = reports.reduce(0) { $0 + $1.paths.count }
            let who = reports.filter { !$0.paths.isEmpty }.count
            let ways = paths == 1 ? "a path" : "\(paths) paths"
            return reports.count == 1
                ? "\(all) can reach more than it has, by \(ways)."
                : "\(who) of \(all) can reach more than \(who == 1 ? "it has" : "they have"), by \(ways)."
        case .unknown:
            return
                "It is not decided whether \(all) can reach more than \(reports.count == 1 ? "it has" : "they have")."
        }
    }
}
