import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Milestones: workloads as they were. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/milestones.html>

extension Quota {
    /// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_Milestone.html>
    static let milestones = Quota("WellArchitectedMilestonesPerWorkload", 100)
}

extension MutableRecords {
    /// Keeps a workload as it is.
    /// - Returns: the milestone's number.
    /// - Throws: ConflictException for a name that the workload has, ServiceQuotaExceededException.
    func makeMilestone(_ name: String, of reached: ReachedWorkload, _ call: Call) throws(ServiceError) -> Int {
        let place = of(reached.workload.reviewName)
        let all = try place.referrers(StoredMilestone.self, StoredMilestone.byWorkload, to: reached.workload.id)
        if let other = all.first(where: { StoredWorkload.folded($0.name) == StoredWorkload.folded(name) }) {
            throw .reviewConflict(
                "MILESTONE", String(other.number), "The workload has a milestone named \(other.name) already.")
        }
        let limit = call.quotas[.milestones]
        guard all.count < limit else {
            throw .reviewQuota("MILESTONE", "L-MILESTONES", "A workload has at most \(limit) milestones.")
        }
        var workload = reached.workload
        workload.milestones += 1
        let number = workload.milestones
        try place.put(
            StoredMilestone(
                number: number, name: name, recorded: call.time, workload: reached.workload, reviews: reached.reviews))
        try place.put(workload)
        return number
    }
}

extension WellArchitected.CreateMilestone: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let number = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            let reached = try records.workload(input.workloadId, call, .owner)
            return String(try records.makeMilestone(input.milestoneName, of: reached, call))
        }
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = Int(number)
        }
    }
}

extension WellArchitected.GetMilestone: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
        guard let milestone = reached.milestone else { throw .internalFailure }
        let view = reached.view(try records.reviewed(reached, call), call)
        return Output {
            $0.workloadId = input.workloadId
            $0.milestone = WellArchitected.Milestone {
                $0.milestoneNumber = milestone.number
                $0.milestoneName = milestone.name
                $0.recordedAt = Timestamp(secondsSinceEpoch: milestone.recorded)
                $0.workload = view
            }
        }
    }
}

extension WellArchitected.ListMilestones: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call)
        let place = records.of(reached.workload.reviewName)
        let found = try place.page(
            StoredMilestone.self, StoredMilestone.byWorkload, to: reached.workload.id, try Paging(reviews: input))
        let summaries = try found.items.map { milestone throws(ServiceError) in
            let then = ReachedWorkload(
                workload: milestone.workload, reviews: milestone.reviews, standing: reached.standing,
                invitation: reached.invitation, milestone: milestone)
            let summary = then.summary(try records.reviewed(then, call))
            return WellArchitected.MilestoneSummary {
                $0.milestoneNumber = milestone.number
                $0.milestoneName = milestone.name
                $0.recordedAt = Timestamp(secondsSinceEpoch: milestone.recorded)
                $0.workloadSummary = summary
            }
        }
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneSummaries = summaries
            $0.nextToken = found.marker
        }
    }
}
