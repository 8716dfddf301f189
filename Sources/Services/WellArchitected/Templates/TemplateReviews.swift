import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// The answers of review templates.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_ReviewTemplateAnswer.html>

extension ReviewedLens {
    func templateView(_ call: Call) -> WellArchitected.ReviewTemplateLensReview {
        WellArchitected.ReviewTemplateLensReview {
            $0.lensAlias = lens.alias
            $0.lensArn = lens.arn
            $0.lensVersion = lens.version
            $0.lensName = lens.definition.name
            $0.lensStatus = lens.status(call)
            $0.pillarReviewSummaries = lens.definition.pillars.map { pillar in
                WellArchitected.ReviewTemplatePillarReviewSummary {
                    $0.pillarId = pillar.id
                    $0.pillarName = pillar.name
                    $0.notes = review.pillarNotes.first { $0.pillar == pillar.id }?.text
                    $0.questionCounts = questionCounts(pillar.id)
                }
            }
            $0.updatedAt = Timestamp(secondsSinceEpoch: review.updated)
            $0.notes = review.notes
            $0.questionCounts = questionCounts()
        }
    }

    func templateAnswer(
        _ found: (pillar: LensDefinition.Pillar, question: LensDefinition.Question)
    ) -> WellArchitected.ReviewTemplateAnswer {
        let question = found.question
        let answer = review.answer(question.id) ?? StoredAnswer(question: question.id)
        return WellArchitected.ReviewTemplateAnswer {
            $0.questionId = question.id
            $0.pillarId = found.pillar.id
            $0.questionTitle = question.title
            $0.questionDescription = question.description
            $0.helpfulResourceUrl = question.help?.url
            $0.helpfulResourceDisplayText = question.help?.text.map { String($0.prefix(64)) }
            $0.choices = question.choices.map { WellArchitected.Choice($0) }
            $0.selectedChoices = answer.selected
            $0.choiceAnswers = answer.choiceAnswers
            $0.isApplicable = answer.isApplicable
            $0.answerStatus = status(question)
            $0.notes = answer.notes
            $0.reason = answer.reason
        }
    }

    fileprivate func templateSummary(
        _ found: (pillar: LensDefinition.Pillar, question: LensDefinition.Question)
    ) -> WellArchitected.ReviewTemplateAnswerSummary {
        let question = found.question
        let answer = review.answer(question.id) ?? StoredAnswer(question: question.id)
        return WellArchitected.ReviewTemplateAnswerSummary {
            $0.questionId = question.id
            $0.pillarId = found.pillar.id
            $0.questionTitle = question.title
            $0.choices = question.choices.map { WellArchitected.Choice($0) }
            $0.selectedChoices = answer.selected
            $0.choiceAnswerSummaries = answer.choiceSummaries
            $0.isApplicable = answer.isApplicable
            $0.answerStatus = status(question)
            $0.reason = answer.reason
        }
    }
}

extension WellArchitected.GetReviewTemplateLensReview: ReadOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let template = try records.template(input.templateArn, call)
        let reviewed = try records.reviewed(input.lensAlias, template, call)
        return Output {
            $0.templateArn = template.arn
            $0.lensReview = reviewed.templateView(call)
        }
    }
}

extension WellArchitected.UpdateReviewTemplateLensReview: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let template = try records.ownTemplate(input.templateArn)
        let before = try records.reviewed(input.lensAlias, template, call)
        var review = before.review
        try review.note(input.lensNotes, input.pillarNotes, before)
        let after = try records.change(template, before, to: review, at: call.time)
        return Output {
            $0.templateArn = template.arn
            $0.lensReview = after.templateView(call)
        }
    }
}

extension MutableRecords {
    /// Keeps a template's review that was changed, and that the template was.
    fileprivate func change(
        _ template: StoredTemplate, _ before: ReviewedLens, to review: StoredReview, at time: Double
    ) throws(ServiceError) -> ReviewedLens {
        var (review, template) = (review, template)
        review.updated = time
        template.updated = time
        try put(review)
        try put(template)
        return ReviewedLens(lens: before.lens, review: review, prioritized: nil)
    }
}

extension WellArchitected.GetReviewTemplateAnswer: ReadOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let template = try records.template(input.templateArn, call)
        let reviewed = try records.reviewed(input.lensAlias, template, call)
        let question = try reviewed.question(input.questionId)
        return Output {
            $0.templateArn = template.arn
            $0.lensAlias = reviewed.lens.alias
            $0.answer = reviewed.templateAnswer(question)
        }
    }
}

extension WellArchitected.UpdateReviewTemplateAnswer: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let template = try records.ownTemplate(input.templateArn)
        let before = try records.reviewed(input.lensAlias, template, call)
        let question = try before.question(input.questionId)
        var review = before.review
        var answer = review.answer(question.question.id) ?? StoredAnswer(question: question.question.id)
        let update = AnswerUpdate(
            selected: input.selectedChoices, choices: input.choiceUpdates, notes: input.notes,
            isApplicable: input.isApplicable, reason: input.reason)
        try update.apply(to: &answer, question.question)
        review.set(answer)
        let after = try records.change(template, before, to: review, at: call.time)
        return Output {
            $0.templateArn = template.arn
            $0.lensAlias = after.lens.alias
            $0.answer = after.templateAnswer(question)
        }
    }
}

extension WellArchitected.ListReviewTemplateAnswers: ReadOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let template = try records.template(input.templateArn, call)
        let reviewed = try records.reviewed(input.lensAlias, template, call)
        let all = try reviewed.questions(pillar: input.pillarId, priority: nil)
        let found = page(all, try Paging(reviews: input))
        return Output {
            $0.templateArn = template.arn
            $0.lensAlias = reviewed.lens.alias
            $0.answerSummaries = found.items.map { reviewed.templateSummary($0) }
            $0.nextToken = found.marker
        }
    }
}

extension WellArchitected.UpgradeReviewTemplateLensReview: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let template = try records.ownTemplate(input.templateArn)
        let before = try records.reviewed(input.lensAlias, template, call)
        let latest = try records.lens(before.lens.arn, call)
        guard latest.version != before.lens.version else {
            throw .reviewField("LensAlias", "The lens is in its last version, \(latest.version), already.")
        }
        var review = before.review
        review.upgrade(to: latest, at: call.time)
        _ = try records.change(template, before, to: review, at: call.time)
        return Output()
    }
}
