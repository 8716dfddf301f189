import GuardDutyAPI
import Platform
import Posture
import Wire

// What GuardDuty tells of an account.

extension FactGathering {
    mutating func detector() async throws(ServiceError) {
        guard let id = try await detectorID() else { return }
        let detector = try await ask(GuardDuty.GetDetector.self, GuardDuty.GetDetector.Input { $0.detectorId = id })
        let administrator = try await ask(
            GuardDuty.GetMasterAccount.self, GuardDuty.GetMasterAccount.Input { $0.detectorId = id })
        facts.detector = AccountFacts.Detector(
            isEnabled: detector.status == "ENABLED", administrator: administrator.master.accountId)
    }

    mutating func threats() async throws(ServiceError) {
        guard let id = try await detectorID() else { return }
        var token: String?
        repeat {
            let page = try await ask(
                GuardDuty.ListFindings.self,
                GuardDuty.ListFindings.Input { input in
                    input.detectorId = id
                    input.findingCriteria = GuardDuty.FindingCriteria {
                        $0.criterion = ["service.archived": GuardDuty.Condition { $0.equals = ["false"] }]
                    }
                    input.maxResults = 50
                    input.nextToken = token
                })
            let ids = page.findingIds
            if !ids.isEmpty {
                let found = try await ask(
                    GuardDuty.GetFindings.self,
                    GuardDuty.GetFindings.Input { input in
                        input.detectorId = id
                        input.findingIds = ids
                    })
                for finding in found.findings {
                    guard let created = Timestamp(parsing: finding.createdAt) else { continue }
                    facts.threats.append(
                        AccountFacts.Threat(severity: finding.severity, found: created.secondsSinceEpoch))
                }
            }
            token = page.nextToken.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
    }

    /// An account has one detector in a Region, at most.
    private func detectorID() async throws(ServiceError) -> String? {
        try await ask(GuardDuty.ListDetectors.self).detectorIds.first
    }
}
