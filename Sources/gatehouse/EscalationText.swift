import Escalation

extension EscalationFindings {
    /// For people: of each path what is gained first, then how.
    func text(colored: Bool) -> String {
        func bold(_ text: String, _ code: String) -> String { colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        var lines: [String] = []
        for report in reports {
            for path in report.paths { lines += path.lines.map(\.onOneLine) }
            for doubt in report.undecided { lines.append("\(report.principal): not decided: \(doubt)".onOneLine) }
        }
        let code = result == .pass ? "32" : result == .fail ? "31" : "33"
        return (lines + ["\(bold(result.rawValue, code)) \(message.onOneLine)"]).joined(separator: "\n")
    }
}

extension EscalationPath {
    fileprivate var lines: [String] {
        let last = steps.last?.actor ?? principal
        let gained = gain.witness
        let becomes = last == principal ? principal : "\(principal), as \(last),"
        let all = reachesAll ? ", and whatever else is left to anybody" : ""
        var lines = ["\(becomes) may \(gained.request.action) on \(gained.request.resource)\(all)"]
        lines += gained.contextLines().map { "    \($0)" }
        for (index, step) in steps.enumerated() {
            lines.append("  \(index + 1). \(step.method): \(step.effect)")
            for request in step.requests {
                let witness = request.witness
                lines.append("     \(witness.caller) may \(witness.request.action) on \(witness.request.resource)")
                lines += witness.contextLines().map { "         \($0)" }
            }
        }
        if !assumptions.isEmpty { lines.append("  if \(assumptions.joined(separator: ", and "))") }
        if !others.isEmpty {
            lines.append("  and so \(others.joined(separator: ", "))\(hasMore ? ", and more" : "")")
        }
        return lines
    }
}
