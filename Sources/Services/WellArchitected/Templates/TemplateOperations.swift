import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Review templates. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/review-templates.html>

extension Quota {
    /// <https://docs.aws.amazon.com/general/latest/gr/wellarchitected.html>
    static let reviewTemplates = Quota("WellArchitectedReviewTemplates", 1000)
}

extension RecordReading {
    /// A review template, of the caller's account or shared with it.
    /// - Throws: ResourceNotFoundException.
    func template(_ arn: String, _ call: Call) throws(ServiceError) -> StoredTemplate {
        guard let name = ReviewName(arn), name.kind == .template, name.region == call.region,
            name.account == call.accountID || !call.sharesInReach(of: arn).isEmpty,
            let template = try of(name).get(StoredTemplate.self, name.id)
        else { throw .reviewNotFound("TEMPLATE", arn) }
        return template
    }

    /// - Throws: ResourceNotFoundException for one that is not the caller's own.
    func ownTemplate(_ arn: String) throws(ServiceError) -> StoredTemplate {
        guard let name = ReviewName(arn) else { throw .reviewNotFound("TEMPLATE", arn) }
        return try ownTemplate(name)
    }

    /// The reviews of a template's lenses.
    func reviews(of template: StoredTemplate) throws(ServiceError) -> [StoredReview] {
        let place = of(template.reviewName)
        return try template.lenses.map { lens throws(ServiceError) in
            guard let review = try place.get(StoredReview.self, StoredReview.id(template.id, lens)) else {
                throw .internalFailure
            }
            return review
        }
    }

    /// A template's review by a lens.
    func reviewed(_ alias: String, _ template: StoredTemplate, _ call: Call) throws(ServiceError) -> ReviewedLens {
        let arn = try call.lensARN(alias)
        guard let review = try reviews(of: template).first(where: { $0.lens == arn }) else {
            throw .reviewNotFound("LENS_REVIEW", alias)
        }
        return ReviewedLens(
            lens: try lens(arn, version: review.version, call, inUse: true), review: review, prioritized: nil)
    }

    func reviewed(_ template: StoredTemplate, _ call: Call) throws(ServiceError) -> [ReviewedLens] {
        try reviews(of: template).map { review throws(ServiceError) in
            ReviewedLens(
                lens: try lens(review.lens, version: review.version, call, inUse: true), review: review,
                prioritized: nil)
        }
    }

    fileprivate func checkTemplateNameIsFree(_ name: String, but id: String?) throws(ServiceError) {
        let others = try referrers(
            StoredTemplate.self, StoredTemplate.byName, to: StoredWorkload.folded(name), limit: 2)
        if let other = others.first(where: { $0.id != id }) {
            throw .reviewConflict("TEMPLATE", other.arn, "A review template named \(other.name) already exists.")
        }
    }
}

extension StoredTemplate {
    /// Adds a lens in its last version, with nothing answered.
    mutating func add(_ arn: String, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        guard !lenses.contains(arn) else { return }
        let limit = call.quotas[.lensesPerWorkload]
        guard lenses.count < limit else {
            throw .reviewField("Lenses", "A review template has at most \(limit) lenses.")
        }
        let lens = try records.lens(arn, call)
        lenses.append(lens.arn)
        try records.put(StoredReview(subject: id, lens: lens.arn, version: lens.version, updated: call.time))
    }

    func status(_ reviews: [ReviewedLens], _ call: Call) -> String {
        reviews.allSatisfy { $0.lens.status(call) == "CURRENT" } ? "CURRENT" : "LENS_NOT_CURRENT"
    }

    func view(_ reviews: [ReviewedLens], _ call: Call) -> WellArchitected.ReviewTemplate {
        WellArchitected.ReviewTemplate {
            $0.description = description
            $0.lenses = reviews.map(\.lens.alias)
            $0.notes = notes
            $0.questionCounts = reviews.reduce(into: [String: Int]()) { $0 = $0.adding($1.questionCounts()) }
            $0.owner = accountID
            $0.updatedAt = Timestamp(secondsSinceEpoch: updated)
            $0.templateArn = arn
            $0.templateName = name
            $0.tags = tags.reviewTags
            $0.updateStatus = status(reviews, call)
            $0.shareInvitationId = call.sharesInReach(of: arn).first?.share.invitationID
        }
    }
}

extension StoredWorkload {
    /// Takes over what a template answers, where nothing is answered yet.
    func apply(_ template: StoredTemplate, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        for given in try records.reviewed(template, call) {
            guard var review = try records.get(StoredReview.self, StoredReview.id(id, given.lens.arn)) else { continue }
            let lens = try records.lens(review.lens, version: review.version, call, inUse: true)
            for answer in given.review.answers where review.answer(answer.question) == nil { review.set(answer) }
            for note in given.review.pillarNotes
            where !review.pillarNotes.contains(where: { $0.pillar == note.pillar }) {
                review.pillarNotes.append(note)
            }
            review.pillarNotes.sort { $0.pillar < $1.pillar }
            if review.notes == nil { review.notes = given.review.notes }
            // The template may have answered an older version of the lens.
            review.upgrade(to: lens, at: call.time)
            try records.put(review)
        }
    }
}

extension WellArchitected.CreateReviewTemplate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNewReview(input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            try records.checkTemplateNameIsFree(input.templateName, but: nil)
            let limit = call.quotas[.reviewTemplates]
            guard try records.count(StoredTemplate.self) < limit else {
                throw .reviewQuota("TEMPLATE", "L-TEMPLATES", "An account has at most \(limit) review templates.")
            }
            var template = StoredTemplate(
                id: ReviewName.newID(), accountID: call.accountID, region: call.region, name: input.templateName,
                description: input.description, notes: input.notes, lenses: [], created: call.time, updated: call.time,
                tags: try TagRules.ofReviews.merge(input.tags ?? [:], into: []))
            try template.add(FrameworkLens.arn, call, records)
            for alias in input.lenses { try template.add(try call.lensARN(alias), call, records) }
            try records.put(template)
            return template.id
        }
        return Output {
            $0.templateArn = ReviewName(.template, id, account: call.accountID, region: call.region).arn
        }
    }
}

extension WellArchitected.GetReviewTemplate: ReadOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let template = try records.template(input.templateArn, call)
        let view = template.view(try records.reviewed(template, call), call)
        return Output { $0.reviewTemplate = view }
    }
}

extension WellArchitected.UpdateReviewTemplate: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var template = try records.ownTemplate(input.templateArn)
        if let name = input.templateName {
            try records.checkTemplateNameIsFree(name, but: template.id)
            template.name = name
        }
        if let description = input.description { template.description = description }
        if let notes = input.notes { template.notes = notes }
        for alias in input.lensesToAssociate ?? [] { try template.add(try call.lensARN(alias), call, records) }
        for alias in input.lensesToDisassociate ?? [] {
            let arn = try call.lensARN(alias)
            guard arn != FrameworkLens.arn else {
                throw .reviewField("LensesToDisassociate", "The lens wellarchitected can't be unapplied.")
            }
            guard template.lenses.contains(arn),
                let review = try records.get(StoredReview.self, StoredReview.id(template.id, arn))
            else { throw .reviewNotFound("LENS", alias) }
            template.lenses.removeAll { $0 == arn }
            try records.delete(review)
        }
        template.updated = call.time
        try records.put(template)
        let view = template.view(try records.reviewed(template, call), call)
        return Output { $0.reviewTemplate = view }
    }
}

extension WellArchitected.DeleteReviewTemplate: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let template = try records.ownTemplate(input.templateArn)
        for review in try records.referrers(StoredReview.self, StoredReview.bySubject, to: template.id) {
            try records.delete(review)
        }
        try records.deleteShares(of: template.arn)
        try records.delete(template)
        return Output()
    }
}

extension WellArchitected.ListReviewTemplates: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var all = try records.list(StoredTemplate.self)
        for share in call.environment.reviews.shares(in: call.region)
        where share.share.isInEffect && share.owner.account != call.accountID
            && call.isMeant(by: share.share.sharedWith)
        {
            guard let name = ReviewName(share.share.resource), name.kind == .template,
                let template = try records.of(name).get(StoredTemplate.self, name.id),
                !all.contains(where: { $0.arn == template.arn })
            else { continue }
            all.append(template)
        }
        let found = page(all, by: { "\($0.name)/\($0.id)" }, try Paging(reviews: input))
        let summaries = try found.map { template throws(ServiceError) in
            let reviews = try records.reviewed(template, call)
            return WellArchitected.ReviewTemplateSummary {
                $0.description = template.description
                $0.lenses = reviews.map(\.lens.alias)
                $0.owner = template.accountID
                $0.updatedAt = Timestamp(secondsSinceEpoch: template.updated)
                $0.templateArn = template.arn
                $0.templateName = template.name
                $0.updateStatus = template.status(reviews, call)
            }
        }
        return Output(summaries)
    }
}
