import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Reviews of workloads by their lenses.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_LensReview.html>

extension ReviewedLens {
    func view(_ reached: ReachedWorkload, _ call: Call) -> WellArchitected.LensReview {
        WellArchitected.LensReview {
            $0.lensAlias = lens.alias
            $0.lensArn = lens.arn
            $0.lensVersion = lens.version
            $0.lensName = lens.definition.name
            $0.lensStatus = lens.status(call)
            $0.pillarReviewSummaries = lens.definition.pillars.map { pillar in
                WellArchitected.PillarReviewSummary {
                    $0.pillarId = pillar.id
                    $0.pillarName = pillar.name
                    $0.notes = review.pillarNotes.first { $0.pillar == pillar.id }?.text
                    $0.riskCounts = counts(pillar.id)
                    $0.prioritizedRiskCounts = prioritizedCounts(pillar.id)
                }
            }
            $0.updatedAt = Timestamp(secondsSinceEpoch: review.updated)
            $0.notes = review.notes
            $0.riskCounts = counts()
            if prioritized != nil {
                $0.profiles = reached.profiles
                $0.prioritizedRiskCounts = prioritizedCounts()
            }
        }
    }
}

extension StoredReview {
    /// Takes in what a request says of the lens and its pillars.
    /// - Throws: ValidationException for a pillar that the lens has not.
    mutating func note(
        _ lensNotes: String?, _ pillars: [String: String]?, _ reviewed: ReviewedLens
    ) throws(ServiceError) {
        if let lensNotes { notes = lensNotes }
        for (pillar, text) in (pillars ?? [:]).sorted(by: { $0.key < $1.key }) {
            try reviewed.check(pillar: pillar)
            pillarNotes.removeAll { $0.pillar == pillar }
            pillarNotes.append(PillarNote(pillar: pillar, text: text))
        }
        pillarNotes.sort { $0.pillar < $1.pillar }
    }
}

extension WellArchitected.GetLensReview: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
        let reviewed = try records.reviewed(input.lensAlias, reached, call)
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensReview = reviewed.view(reached, call)
        }
    }
}

extension WellArchitected.UpdateLensReview: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, .contributor)
        var review = try reached.review(try call.lensARN(input.lensAlias))
        let before = try records.reviewed(review, reached.workload, call)
        try review.note(input.lensNotes, input.pillarNotes, before)
        review.updated = call.time
        try records.put(review, of: reached.workload, at: call.time)
        let after = ReviewedLens(lens: before.lens, review: review, prioritized: before.prioritized)
        return Output {
            $0.workloadId = input.workloadId
            $0.lensReview = after.view(reached, call)
        }
    }
}

extension WellArchitected.ListLensReviews: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
        let all = try records.reviewed(reached, call)
        let found = page(all, try Paging(reviews: input))
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensReviewSummaries = found.items.map { reviewed in
                WellArchitected.LensReviewSummary {
                    $0.lensAlias = reviewed.lens.alias
                    $0.lensArn = reviewed.lens.arn
                    $0.lensVersion = reviewed.lens.version
                    $0.lensName = reviewed.lens.definition.name
                    $0.lensStatus = reviewed.lens.status(call)
                    $0.updatedAt = Timestamp(secondsSinceEpoch: reviewed.review.updated)
                    $0.riskCounts = reviewed.counts()
                    if reviewed.prioritized != nil {
                        $0.profiles = reached.profiles
                        $0.prioritizedRiskCounts = reviewed.prioritizedCounts()
                    }
                }
            }
            $0.nextToken = found.marker
        }
    }
}
