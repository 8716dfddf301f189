import ArgumentParser
import FoundationEssentials
import Posture
import Server

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "What is wrong with an account or an organization, how bad, and which command mends it?",
        discussion: """
            gatehouse audit
            gatehouse audit --account 111122223333 --severity high
            gatehouse audit --format oscal > assessment.json
            gatehouse audit --fail-on high --format sarif > audit.sarif

            Every check reads what the data have, and says what it has read: the key's age, the statement of the policy, the \
            rule of the group. Each is mapped to CIS AWS Foundations, NIST SP 800-53, ISO 27001 and PCI DSS, which is \
            Gatehouse's own mapping. The commands are printed, never run.

            Exit status: 0 if nothing is wrong that --fail-on counts, 1 if something is, 2 if something can't be read.
            """)

    @Option(
        help: ArgumentHelp(
            "Only this account (default: all active accounts). May be repeated.", valueName: "number"))
    var account: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only this Region (default: those in which there is anything). May be repeated.", valueName: "name"))
    var region: [String] = []

    @Option(help: ArgumentHelp("Only this check, such as iam-root-mfa. May be repeated.", valueName: "id"))
    var check: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave out a check, or what it says of one resource: iam-user-mfa=ARN. May be repeated.",
            valueName: "id[=ARN]"))
    var except: [String] = []

    @Option(help: "Only checks that a standard asks for: cis, nist, iso or pci.")
    var standard: Standard?

    @Option(help: "Only what is at least so bad: low, medium, high or critical.")
    var severity = PostureSeverity.low

    @Option(help: "From which severity on the exit status is 1; none: never.")
    var failOn = Threshold.low

    @Flag(help: "Show what is as it should be, too, and all resources.")
    var all = false

    @Flag(help: "List the checks, and look at nothing.")
    var list = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif, oscal, commands
    }

    @Option(help: "The output format. commands: only what mends it, for a shell.")
    var format = Format.text

    enum Standard: String, ExpressibleByArgument, CaseIterable {
        case cis, nist, iso, pci
    }

    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case none, low, medium, high, critical

        func counts(_ severity: PostureSeverity) -> Bool {
            PostureSeverity(rawValue: rawValue).map { severity >= $0 } ?? false
        }
    }

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        for number in account where number.wholeMatch(of: /[0-9]{12}/) == nil {
            throw ValidationError("--account takes twelve digits, not '\(number)'.")
        }
        for name in region where name.wholeMatch(of: /[a-z0-9-]{1,32}/) == nil {
            throw ValidationError("--region takes a name like us-east-1, not '\(name)'.")
        }
        for id in check + except.map({ String($0.prefix { $0 != "=" }) }) where PostureCheck.named(id) == nil {
            throw ValidationError("There is no check '\(id)': `gatehouse audit --list` lists them.")
        }
    }

    /// The checks that are asked.
    private var checks: [PostureCheck] {
        PostureCheck.all.filter { one in
            (check.isEmpty || check.contains(one.id)) && !except.contains(one.id) && one.severity >= severity
                && (standard == nil || one.controls.contains { $0.standard.name == standard?.rawValue })
        }
    }

    func run() async throws {
        if list {
            print(AuditText(isColored: Terminal.isColored, isWhole: all).list(checks))
            return
        }
        let place = try placeOptions.place()
        let reports: [PostureReport]
        var names: [String: String] = [:]
        do throws(StartError) {
            try await OwnServer.flushEvents(of: place, try RecordedData(place))
            let estate = try RecordedEstate(place)
            for number in account where !estate.accounts.contains(number) {
                throw StartError("There is no active account \(number) in \(place.name).")
            }
            let asked = account.isEmpty ? estate.accounts : account
            for number in asked { names[number] = estate.name(ofAccount: number) }
            reports = try await estate.postures(
                of: asked, in: region.isEmpty ? nil : region, checks: checks, at: Date().timeIntervalSince1970)
        } catch {
            Terminal.complain("gatehouse audit: \(error)")
            throw ExitCode(2)
        }
        let found = AuditFindings(reports: reports.map(excepted), names: names)
        switch format {
        case .text: print(AuditText(isColored: Terminal.isColored, isWhole: all).text(of: found))
        case .json: print(try PrintedJSON.of(JSONAudit(found)))
        case .sarif: print(try PrintedJSON.of(SARIFLog(found)))
        case .oscal:
            print(
                try PrintedJSON.of(
                    PrintedValue(OSCALAssessment(found.reports, tool: Version.text).json)))
        case .commands: for line in found.commands { print(line.onOneLine) }
        }
        let isBad = found.reports.contains {
            $0.findings.contains { $0.outcome == .fail && failOn.counts($0.severity) }
        }
        if isBad { throw ExitCode(1) }
    }

    /// A report without what the command line excepts.
    private func excepted(_ report: PostureReport) -> PostureReport {
        let left = Set(except)
        return PostureReport(
            account: report.account, regions: report.regions, time: report.time, checks: report.checks,
            findings: report.findings.filter { !left.contains("\($0.check)=\($0.resource)") })
    }
}

extension PostureSeverity: ExpressibleByArgument {}

/// What was found in all accounts.
struct AuditFindings {
    let reports: [PostureReport]
    /// What the accounts are called.
    let names: [String: String]

    var failures: [PostureFinding] { reports.flatMap(\.findings).filter { $0.outcome == .fail } }

    /// What mends it all, the worst first; each once. What takes a choice first is a remark, so that a shell can run the rest.
    var commands: [String] {
        var seen: Set<String> = []
        return failures.sorted { $0.severity > $1.severity }.flatMap { Self.forShell($0.verdict.remedy) }.filter {
            seen.insert($0).inserted
        }
    }

    /// What stands for something that only a person knows.
    private static let choices = [
        "TRAIL-BUCKET", "LOG-BUCKET", "LOG-GROUP", "KEY-ARN", "ROLE-ARN", "--trail-name TRAIL ", "security@example.com",
        "…",
    ]

    /// What comes after something that a person does waits for it, as a remark.
    private static func forShell(_ remedy: [String]) -> [String] {
        var waits = false
        return remedy.map { line in
            // One command may mend what several checks have found: what it is printed for stands behind it.
            let command = line.firstRange(of: "  # ").map { String(line[..<$0.lowerBound]) } ?? line
            let isOpen = choices.contains { command.contains($0) }
            defer { waits = waits || isOpen || command.hasPrefix("#") }
            if command.hasPrefix("#") { return command }
            return isOpen ? "# choose first: \(command)" : waits ? "# then: \(command)" : command
        }
    }
}
