import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Answers to questions. <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_Answer.html>

extension ReviewedLens {
    /// A question of the lens.
    /// - Throws: ResourceNotFoundException.
    func question(_ id: String) throws(ServiceError) -> (
        pillar: LensDefinition.Pillar, question: LensDefinition.Question
    ) {
        guard let found = lens.definition.question(id) else { throw .reviewNotFound("QUESTION", id) }
        return found
    }

    /// - Throws: ValidationException for a pillar that the lens has not; of those that are not there it says so.
    func check(pillar: String?) throws(ServiceError) {
        guard let pillar, lens.definition.pillar(pillar) == nil else { return }
        if lens.stored == nil, LensDefinition.absentPillars.contains(pillar) {
            throw .reviewField(
                "PillarId", "Gatehouse has the framework's security pillar alone; the pillar \(pillar) is not there.")
        }
        throw .reviewField("PillarId", "The lens \(lens.alias) has no pillar \(pillar).")
    }

    /// The questions of a pillar, or of all; those that a priority is asked for.
    func questions(
        pillar: String?, priority: String?
    ) throws(ServiceError) -> [(pillar: LensDefinition.Pillar, question: LensDefinition.Question)] {
        try check(pillar: pillar)
        return lens.definition.questions.filter { place, question in
            if let pillar, place.id != pillar { return false }
            return priority != "PRIORITIZED" || prioritized?.contains(question.id) == true
        }
    }

    /// - Parameter proposals: what live state says of choices.
    func answer(
        _ found: (pillar: LensDefinition.Pillar, question: LensDefinition.Question), _ proposals: [Proposal] = []
    ) -> WellArchitected.Answer {
        let question = found.question
        let answer = review.answer(question.id) ?? StoredAnswer(question: question.id)
        let isOfficial = lens.stored == nil
        return WellArchitected.Answer {
            $0.questionId = question.id
            $0.pillarId = found.pillar.id
            $0.questionTitle = question.title
            $0.questionDescription = question.description
            $0.helpfulResourceUrl = question.help?.url
            $0.helpfulResourceDisplayText = question.help?.text.map { String($0.prefix(64)) }
            if isOfficial, answer.isAnswered, let url = missing(question).first?.plan?.url {
                $0.improvementPlanUrl = url
            }
            $0.choices = question.choices.map { WellArchitected.Choice($0) }
            $0.selectedChoices = answer.selected
            $0.choiceAnswers = answer.proposing(proposals).choiceAnswers
            $0.isApplicable = answer.isApplicable
            $0.risk = Self.risk(question, answer).rawValue
            $0.notes = answer.notes
            $0.reason = answer.reason
        }
    }

    func summary(
        _ found: (pillar: LensDefinition.Pillar, question: LensDefinition.Question)
    ) -> WellArchitected.AnswerSummary {
        let question = found.question
        let answer = review.answer(question.id) ?? StoredAnswer(question: question.id)
        return WellArchitected.AnswerSummary {
            $0.questionId = question.id
            $0.pillarId = found.pillar.id
            $0.questionTitle = question.title
            $0.choices = question.choices.map { WellArchitected.Choice($0) }
            $0.selectedChoices = answer.selected
            $0.choiceAnswerSummaries = answer.choiceSummaries
            $0.isApplicable = answer.isApplicable
            $0.risk = Self.risk(question, answer).rawValue
            $0.reason = answer.reason
            if let prioritized {
                $0.questionType = prioritized.contains(question.id) ? "PRIORITIZED" : "NON_PRIORITIZED"
            }
        }
    }
}

extension WellArchitected.GetAnswer: ComputeOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let found = try await call.read { (records) throws(ServiceError) in
            let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
            return ReadAnswer(
                reviewed: try records.reviewed(input.lensAlias, reached, call), workload: reached.workload)
        }
        let question = try found.reviewed.question(input.questionId)
        // Of a milestone nothing is proposed: what is there today says nothing about then.
        let proposals =
            input.milestoneNumber == nil && found.reviewed.lens.stored == nil
            ? try await Proposal.all(for: question.question, found.workload, call) : []
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensAlias = found.reviewed.lens.alias
            $0.lensArn = found.reviewed.lens.arn
            $0.answer = found.reviewed.answer(question, proposals)
        }
    }
}

/// What is read before live state is asked.
private struct ReadAnswer: Sendable {
    let reviewed: ReviewedLens
    let workload: StoredWorkload
}

extension WellArchitected.UpdateAnswer: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, .contributor)
        var review = try reached.review(try call.lensARN(input.lensAlias))
        let before = try records.reviewed(review, reached.workload, call)
        let question = try before.question(input.questionId)
        var answer = review.answer(question.question.id) ?? StoredAnswer(question: question.question.id)
        let update = AnswerUpdate(
            selected: input.selectedChoices, choices: input.choiceUpdates, notes: input.notes,
            isApplicable: input.isApplicable, reason: input.reason)
        try update.apply(to: &answer, question.question)
        review.set(answer)
        try records.put(review, of: reached.workload, at: call.time)
        let after = ReviewedLens(lens: before.lens, review: review, prioritized: before.prioritized)
        return Output {
            $0.workloadId = input.workloadId
            $0.lensAlias = after.lens.alias
            $0.lensArn = after.lens.arn
            $0.answer = after.answer(question)
        }
    }
}

extension MutableRecords {
    /// Keeps a review that was changed, and that its workload was.
    func put(_ review: StoredReview, of workload: StoredWorkload, at time: Double) throws(ServiceError) {
        let place = of(workload.reviewName)
        var (review, workload) = (review, workload)
        review.updated = time
        workload.updated = time
        try place.put(review)
        try place.put(workload)
    }
}

extension WellArchitected.ListAnswers: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
        let reviewed = try records.reviewed(input.lensAlias, reached, call)
        let all = try reviewed.questions(pillar: input.pillarId, priority: input.questionPriority)
        let found = page(all, try Paging(reviews: input))
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensAlias = reviewed.lens.alias
            $0.lensArn = reviewed.lens.arn
            $0.answerSummaries = found.items.map { reviewed.summary($0) }
            $0.nextToken = found.marker
        }
    }
}

extension WellArchitected.ListLensReviewImprovements: ReadOperation, OnWorkload {
    /// What is of high or medium risk: by the workload's pillar priorities, then the worst first, then as the lens has them.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
        let reviewed = try records.reviewed(input.lensAlias, reached, call)
        let questions = try reviewed.questions(pillar: input.pillarId, priority: input.questionPriority)
        let priorities = reached.workload.pillarPriorities
        let ordered = questions.enumerated().compactMap { place, found -> RankedQuestion? in
            let risk = reviewed.risk(found.question)
            guard risk == .high || risk == .medium else { return nil }
            return RankedQuestion(
                found: found, risk: risk,
                rank: [priorities.firstIndex(of: found.pillar.id) ?? priorities.count, risk.rank, place])
        }.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
        let found = page(ordered, try Paging(reviews: input, limit: 100))
        let isOfficial = reviewed.lens.stored == nil
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensAlias = reviewed.lens.alias
            $0.lensArn = reviewed.lens.arn
            $0.improvementSummaries = found.items.map { item in
                let missing = reviewed.missing(item.found.question)
                return WellArchitected.ImprovementSummary {
                    $0.questionId = item.found.question.id
                    $0.pillarId = item.found.pillar.id
                    $0.questionTitle = item.found.question.title
                    $0.risk = item.risk.rawValue
                    if isOfficial { $0.improvementPlanUrl = missing.first?.plan?.url }
                    $0.improvementPlans = missing.map { choice in
                        WellArchitected.ChoiceImprovementPlan {
                            $0.choiceId = choice.id
                            $0.displayText = String(choice.title.prefix(64))
                            $0.improvementPlanUrl = choice.plan?.url
                        }
                    }
                }
            }
            $0.nextToken = found.marker
        }
    }
}

/// A question that there is something to improve about.
private struct RankedQuestion {
    let found: (pillar: LensDefinition.Pillar, question: LensDefinition.Question)
    let risk: Risk
    let rank: [Int]
}
