import Directory
import Platform
import Posture
import WellArchitectedAPI
import Wire

/// What live state says about a choice, for whoever answers the question. It is shown, and never chosen.
struct Proposal: Sendable {
    let choice: String
    let text: String

    /// What there is to propose about a question.
    /// - Returns: nothing where the workload's owner has not switched it on, and for anybody but the owner.
    static func all(
        for question: LensDefinition.Question, _ workload: StoredWorkload, _ call: Call
    ) async throws(ServiceError) -> [Proposal] {
        guard let accounts = workload.lookedAt(by: call) else { return [] }
        var byChoice: [(choice: String, checks: [PostureCheck])] = []
        for choice in question.choices {
            let checks = PracticeChecks.of(choice.id)
            if !checks.isEmpty { byChoice.append((choice.id, checks)) }
        }
        let asked = byChoice.flatMap(\.checks)
        let wanted = PostureCheck.all.filter { check in asked.contains { $0.id == check.id } }
        guard !wanted.isEmpty else { return [] }
        var reports: [PostureReport] = []
        for account in accounts {
            reports.append(try await call.environment.posture(of: account, checks: wanted, at: call.time))
        }
        return byChoice.compactMap { choice, checks in
            text(checks, reports).map { Proposal(choice: choice, text: $0) }
        }
    }

    /// - Returns: nil if nothing was there to be looked at.
    private static func text(_ checks: [PostureCheck], _ reports: [PostureReport]) -> String? {
        var (passed, failed): ([String], [String]) = ([], [])
        for report in reports {
            for check in checks {
                let findings = report.findings(of: check)
                switch report.outcome(of: check) {
                case .pass: passed.append(check.id)
                case .fail:
                    let first = findings.first { $0.outcome == .fail }
                    failed.append(first.map { "\(check.id) (\($0.name): \($0.verdict.summary))" } ?? check.id)
                case .notApplicable: break
                }
            }
        }
        guard !passed.isEmpty || !failed.isEmpty else { return nil }
        let text =
            failed.isEmpty
            ? "Proposed: select. All that was checked is so: \(passed.joined(separator: ", "))."
            : "Proposed: do not select. \(failed.count) of \(passed.count + failed.count) checks fail: "
                + failed.joined(separator: "; ")
        return text.unicodeScalars.count <= 250 ? text : String(text.prefix(247)) + "..."
    }
}

extension StoredWorkload {
    /// The accounts that live state is read of for somebody; nil: it is not read for them.
    ///
    /// The workload says so by its `TrustedAdvisorIntegrationStatus`. Besides the account itself there may be those of the
    /// organization that it manages.
    func lookedAt(by call: Call) -> [String]? {
        guard trustedAdvisor == "ENABLED", call.accountID == accountID else { return nil }
        let own = call.directory.organization(ofAccount: accountID)
        let managed = own?.managementAccountID == accountID ? own?.id : nil
        let seen = accountIDs.filter { account in
            account == accountID
                || managed != nil && call.directory.organization(ofAccount: account)?.id == managed
        }
        return seen.isEmpty ? [accountID] : seen
    }
}

extension StoredAnswer {
    /// The answer with what is proposed about choices of which nothing was said yet. They stay unselected.
    func proposing(_ proposals: [Proposal]) -> StoredAnswer {
        var shown = self
        for proposal in proposals where !choices.contains(where: { $0.id == proposal.choice }) {
            shown.set(ChoiceState(id: proposal.choice, status: "UNSELECTED", notes: proposal.text))
        }
        return shown
    }
}
