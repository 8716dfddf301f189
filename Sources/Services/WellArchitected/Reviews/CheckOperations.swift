import Directory
import Ledger
import Platform
import Posture
import WellArchitectedAPI
import Wire

// What checks say about a practice.
// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/activate-ta-for-workload.html>

extension PostureVerdict.Outcome {
    fileprivate var status: String {
        switch self {
        case .pass: "OKAY"
        case .fail: "ERROR"
        case .notApplicable: "NOT_AVAILABLE"
        }
    }
}

extension PostureReport {
    /// AWS's word for what became of a check: a warning where what fails is not bad.
    fileprivate func status(of check: PostureCheck) -> String {
        let outcome = outcome(of: check)
        return outcome == .fail && check.severity < .high ? "WARNING" : outcome.status
    }

    fileprivate func flagged(by check: PostureCheck) -> Int { findings(of: check).count { $0.outcome == .fail } }
}

/// Checks about a practice, and what they have said of each account.
private struct AskedChecks: Sendable {
    let checks: [PostureCheck]
    let reports: [PostureReport]

    static func ask(
        _ workload: String, _ lens: String, _ pillar: String, _ question: String, _ choice: String, _ call: Call
    ) async throws(ServiceError) -> AskedChecks {
        let found = try await call.read { (records) throws(ServiceError) in
            let reached = try records.workload(workload, call)
            let reviewed = try records.reviewed(lens, reached, call)
            try reviewed.check(pillar: pillar)
            let place = try reviewed.question(question)
            guard place.question.choice(choice) != nil else { throw .reviewNotFound("CHOICE", choice) }
            return (workload: reached.workload, isFramework: reviewed.lens.stored == nil)
        }
        let checks = found.isFramework ? PracticeChecks.of(choice) : []
        guard !checks.isEmpty, let accounts = found.workload.lookedAt(by: call) else {
            return AskedChecks(checks: [], reports: [])
        }
        var reports: [PostureReport] = []
        for account in accounts {
            reports.append(try await call.environment.posture(of: account, checks: checks, at: call.time))
        }
        return AskedChecks(checks: checks, reports: reports)
    }
}

extension WellArchitected.ListCheckSummaries: ComputeOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let asked = try await AskedChecks.ask(
            input.workloadId, input.lensArn, input.pillarId, input.questionId, input.choiceId, call)
        let found = page(asked.checks, by: \.id, try Paging(reviews: input))
        return Output(
            found.map { check in
                let statuses = asked.reports.map { $0.status(of: check) }
                return WellArchitected.CheckSummary {
                    $0.id = check.id
                    $0.name = check.title
                    $0.provider = "TRUSTED_ADVISOR"
                    $0.description = check.reason
                    $0.updatedAt = call.timestamp
                    $0.lensArn = input.lensArn
                    $0.pillarId = input.pillarId
                    $0.questionId = input.questionId
                    $0.choiceId = input.choiceId
                    $0.status = ["ERROR", "WARNING", "OKAY"].first(where: statuses.contains) ?? "NOT_AVAILABLE"
                    $0.accountSummary = Dictionary(statuses.map { ($0, 1) }) { $0 + $1 }
                }
            })
    }
}

extension WellArchitected.ListCheckDetails: ComputeOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let asked = try await AskedChecks.ask(
            input.workloadId, input.lensArn, input.pillarId, input.questionId, input.choiceId, call)
        let all = asked.checks.flatMap { check in asked.reports.map { (check: check, report: $0) } }
        let found = page(all, try Paging(reviews: input))
        return Output(
            found.map { item in
                let flagged = item.report.flagged(by: item.check)
                return WellArchitected.CheckDetail {
                    $0.id = item.check.id
                    $0.name = item.check.title
                    $0.description = item.check.reason
                    $0.provider = "TRUSTED_ADVISOR"
                    $0.lensArn = input.lensArn
                    $0.pillarId = input.pillarId
                    $0.questionId = input.questionId
                    $0.choiceId = input.choiceId
                    $0.status = item.report.status(of: item.check)
                    $0.accountId = item.report.account
                    if flagged > 0 { $0.flaggedResources = min(flagged, 9999) }
                    $0.updatedAt = call.timestamp
                }
            })
    }
}
