import Ledger
import Platform

// What the search for unused access, its recommendations, and the generation of policies add to the module.
extension ServiceModule {
    static let unusedAccessRecords: [any Record.Type] = [
        FindingRecommendation.self, PolicyGeneration.self, UseCursor.self,
    ]

    static let unusedAccessJobs: [any Job.Type] = [
        ScanUnusedAccess.self, FollowUse.self, MakeRecommendation.self, ForgetRecommendation.self,
        RunPolicyGeneration.self,
    ]
}
