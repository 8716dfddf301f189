import Remedies

extension RemedyReport {
    /// For people: each remedy with who makes it, what changes, how, and what came of trying it.
    var text: String {
        if decision.isAllowed { return "As things are now, it is \(decision.summary).".onOneLine }
        var lines = [message]
        for (number, remedy) in remedies.enumerated() {
            lines.append("")
            for (index, change) in remedy.changes.enumerated() {
                let label = remedy.changes.count == 1 ? "\(number + 1). " : "\(number + 1).\(index + 1) "
                lines += change.lines(label: label)
            }
            lines.append("   Tried: \(remedy.trial.summary)")
        }
        if remedies.isEmpty { lines += ["", "Nothing is known that would have it allowed."] }
        if !obstacles.isEmpty { lines += [""] + obstacles }
        return lines.map(\.onOneLine).joined(separator: "\n")
    }
}

extension Change {
    fileprivate func lines(label: String) -> [String] {
        var lines = ["\(label)\(title)", "   By \(madeBy)."]
        lines += diff.map { "   \($0)" }
        for command in commands {
            lines += command.split(separator: "\n", omittingEmptySubsequences: false).map { "   \($0)" }
        }
        lines += alsoAllows.map { "   Also: \($0)." }
        return lines + risks.map { "   Mind: \($0)." }
    }
}

/// What `gatehouse why --remedies --format json` prints.
struct JSONRemedies: Encodable {
    private let decision: String
    private let message: String
    private let remedies: [Remedy]
    private let obstacles: [String]

    private struct Remedy: Encodable {
        let title: String
        let isExact: Bool
        let trial: String
        let changes: [Change]
    }

    private struct Change: Encodable {
        let kind: String
        let title: String
        let policyType: String?
        let policyName: String?
        let policyARN: String?
        let holder: String?
        let madeBy: String
        let statement: String?
        let before: String?
        let after: String?
        let diff: [String]
        let commands: [String]
        let alsoAllows: [String]
        let risks: [String]

        init(_ change: Remedies.Change) {
            kind = change.kind.rawValue
            title = change.title
            policyType = change.policyType?.displayName
            policyName = change.policy?.name
            policyARN = change.policy?.arn
            holder = change.holder
            madeBy = change.madeBy
            statement = change.statement
            before = change.before
            after = change.after
            diff = change.diff
            commands = change.commands
            alsoAllows = change.alsoAllows
            risks = change.risks
        }
    }

    init(_ report: RemedyReport) {
        decision = report.decision.summary
        message = report.message
        obstacles = report.obstacles
        remedies = report.remedies.map { remedy in
            Remedy(
                title: remedy.title, isExact: remedy.isExact, trial: remedy.trial.summary,
                changes: remedy.changes.map(Change.init))
        }
    }
}
