import Platform
import WellArchitectedAPI
import Wire

// Workloads as answers have them.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_Workload.html>

extension ReachedWorkload {
    /// - Parameter reviews: of its lenses.
    func view(_ reviews: [ReviewedLens], _ call: Call) -> WellArchitected.Workload {
        let risks = reviews.reduce(into: [String: Int]()) { $0 = $0.adding($1.counts()) }
        let hasProfiles = !workload.profiles.isEmpty
        return WellArchitected.Workload {
            $0.workloadId = workload.id
            $0.workloadArn = workload.arn
            $0.workloadName = workload.name
            $0.description = workload.description
            $0.environment = workload.environment
            $0.updatedAt = Timestamp(secondsSinceEpoch: workload.updated)
            $0.accountIds = workload.accountIDs
            $0.awsRegions = workload.awsRegions
            $0.nonAwsRegions = workload.nonAwsRegions
            $0.architecturalDesign = workload.architecturalDesign
            $0.reviewOwner = workload.reviewOwner
            $0.isReviewOwnerUpdateAcknowledged = workload.isOwnerUpdateAcknowledged
            $0.industryType = workload.industryType
            $0.industry = workload.industry
            $0.notes = workload.notes
            $0.improvementStatus = improvementStatus(risks)
            $0.riskCounts = risks
            $0.pillarPriorities = workload.pillarPriorities
            $0.lenses = reviews.map(\.lens.alias)
            $0.owner = workload.accountID
            $0.shareInvitationId = invitation
            $0.tags = workload.tags.reviewTags
            $0.applications = workload.applications.isEmpty ? nil : workload.applications
            $0.profiles = hasProfiles ? profiles : nil
            if hasProfiles {
                $0.prioritizedRiskCounts = reviews.reduce(into: [String: Int]()) {
                    $0 = $0.adding($1.prioritizedCounts() ?? [:])
                }
            }
            if workload.trustedAdvisor != nil || !workload.resourceDefinition.isEmpty {
                $0.discoveryConfig = WellArchitected.WorkloadDiscoveryConfig {
                    $0.trustedAdvisorIntegrationStatus = workload.trustedAdvisor
                    $0.workloadResourceDefinition = workload.resourceDefinition
                }
            }
            if let jira = workload.jira {
                $0.jiraConfiguration = WellArchitected.WorkloadJiraConfigurationOutput {
                    $0.issueManagementStatus = jira.issueManagementStatus
                    $0.issueManagementType = jira.issueManagementType
                    $0.jiraProjectKey = jira.projectKey
                    $0.statusMessage = "Gatehouse has no connector for Jira: nothing is sent there."
                }
            }
        }
    }

    var profiles: [WellArchitected.WorkloadProfile] {
        workload.profiles.map { profile in
            WellArchitected.WorkloadProfile {
                $0.profileArn = profile.arn
                $0.profileVersion = profile.version
            }
        }
    }

    /// What was said of it; where nothing was, whether there is anything to improve.
    func improvementStatus(_ risks: [String: Int]) -> String {
        if let status = workload.improvementStatus { return status }
        let open = (risks[Risk.high.rawValue] ?? 0) + (risks[Risk.medium.rawValue] ?? 0)
        return open > 0 ? "NOT_STARTED" : "NOT_APPLICABLE"
    }

    func summary(_ reviews: [ReviewedLens]) -> WellArchitected.WorkloadSummary {
        let risks = reviews.reduce(into: [String: Int]()) { $0 = $0.adding($1.counts()) }
        return WellArchitected.WorkloadSummary {
            $0.workloadId = workload.id
            $0.workloadArn = workload.arn
            $0.workloadName = workload.name
            $0.owner = workload.accountID
            $0.updatedAt = Timestamp(secondsSinceEpoch: workload.updated)
            $0.lenses = reviews.map(\.lens.alias)
            $0.riskCounts = risks
            $0.improvementStatus = improvementStatus(risks)
            if !workload.profiles.isEmpty {
                $0.profiles = profiles
                $0.prioritizedRiskCounts = reviews.reduce(into: [String: Int]()) {
                    $0 = $0.adding($1.prioritizedCounts() ?? [:])
                }
            }
        }
    }
}
