import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// The lenses of a workload.
// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-adding-to-workload.html>

extension Quota {
    /// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_AssociateLenses.html>
    static let lensesPerWorkload = Quota("WellArchitectedLensesPerWorkload", 20)
}

extension StoredWorkload {
    /// Adds a lens in its last version, with nothing answered. One that is there stays as it is.
    mutating func add(_ arn: String, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        guard !lenses.contains(arn) else { return }
        let limit = call.quotas[.lensesPerWorkload]
        guard lenses.count < limit else {
            throw .reviewField("LensAliases", "A workload has at most \(limit) lenses.")
        }
        let lens = try records.lens(arn, call)
        lenses.append(lens.arn)
        try records.put(StoredReview(subject: id, lens: lens.arn, version: lens.version, updated: call.time))
    }
}

extension WellArchitected.AssociateLenses: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var workload = try records.workload(input.workloadId, call, .owner).workload
        try checkCount(input.lensAliases)
        for alias in input.lensAliases { try workload.add(try call.lensARN(alias), call, records) }
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }

    /// - Throws: ValidationException for more than one request may name.
    static func checkCount(_ aliases: [String]) throws(ServiceError) {
        guard aliases.count <= 10 else {
            throw .reviewField("LensAliases", "Up to 10 lenses can be specified in a request.")
        }
    }
}

extension WellArchitected.DisassociateLenses: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var workload = try records.workload(input.workloadId, call, .owner).workload
        try WellArchitected.AssociateLenses.checkCount(input.lensAliases)
        for alias in input.lensAliases {
            let arn = try call.lensARN(alias)
            guard arn != FrameworkLens.arn else {
                throw .reviewField("LensAliases", "The lens wellarchitected can't be removed from a workload.")
            }
            guard workload.lenses.contains(arn),
                let review = try records.get(StoredReview.self, StoredReview.id(workload.id, arn))
            else { throw .reviewNotFound("LENS", alias) }
            workload.lenses.removeAll { $0 == arn }
            try records.delete(review)
        }
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }
}

extension WellArchitected.UpgradeLensReview: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, .owner)
        var review = try reached.review(try call.lensARN(input.lensAlias))
        let latest = try records.lens(review.lens, call)
        guard latest.version != review.version else {
            throw .reviewField("LensAlias", "The lens is in its last version, \(latest.version), already.")
        }
        _ = try records.makeMilestone(input.milestoneName, of: reached, call)
        review.upgrade(to: latest, at: call.time)
        try records.put(review)
        var workload = try records.ownWorkload(reached.workload.reviewName)
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }
}

extension StoredReview {
    /// Goes over to another version of the lens: what was answered stays, as far as it is asked for still.
    mutating func upgrade(to lens: FoundLens, at time: Double) {
        version = lens.version
        answers = answers.compactMap { answer in
            guard let question = lens.definition.question(answer.question)?.question else { return nil }
            var kept = answer
            kept.choices.removeAll { question.choice($0.id) == nil }
            return kept
        }
        pillarNotes.removeAll { lens.definition.pillar($0.pillar) == nil }
        updated = time
    }
}

// MARK: - Notifications

extension WellArchitected.ListNotifications: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.workloadId == nil || input.resourceArn == nil else {
            throw .reviewField("ResourceArn", "Only one of WorkloadId or ResourceArn should be specified.")
        }
        var all: [WellArchitected.NotificationSummary] = []
        if input.resourceArn == nil {
            for workload in try records.list(StoredWorkload.self)
            where input.workloadId == nil || input.workloadId == workload.id {
                for review in try records.reviews(of: workload) {
                    guard let notice = try notice(review, call, records) else { continue }
                    var summary = notice.summary
                    summary.workloadId = workload.id
                    summary.workloadName = workload.name
                    summary.resourceArn = workload.arn
                    summary.resourceName = workload.name
                    all.append(Self.notification(notice.type, summary))
                }
            }
        }
        if input.workloadId == nil {
            for template in try records.list(StoredTemplate.self)
            where input.resourceArn == nil || input.resourceArn == template.arn {
                for review in try records.reviews(of: template) {
                    guard let notice = try notice(review, call, records) else { continue }
                    var summary = notice.summary
                    summary.resourceArn = template.arn
                    summary.resourceName = template.name
                    all.append(Self.notification(notice.type, summary))
                }
            }
        }
        return Output(page(all, try Paging(reviews: input)))
    }

    private static func notification(
        _ type: String, _ summary: WellArchitected.LensUpgradeSummary
    ) -> WellArchitected.NotificationSummary {
        WellArchitected.NotificationSummary {
            $0.type = type
            $0.lensUpgradeSummary = summary
        }
    }

    /// What there is to tell of a review's lens; nil: nothing.
    private static func notice(
        _ review: StoredReview, _ call: Call, _ records: Records
    ) throws(ServiceError) -> (type: String, summary: WellArchitected.LensUpgradeSummary)? {
        guard review.lens != FrameworkLens.arn else { return nil }
        let lens = try records.storedLens(review.lens, call, inUse: true)
        guard lens.isDeleted || lens.latest != review.version else { return nil }
        let summary = WellArchitected.LensUpgradeSummary {
            $0.lensAlias = lens.arn
            $0.lensArn = lens.arn
            $0.currentLensVersion = review.version
            $0.latestLensVersion = lens.latest
        }
        return (lens.isDeleted ? "LENS_VERSION_DEPRECATED" : "LENS_VERSION_UPGRADED", summary)
    }
}
