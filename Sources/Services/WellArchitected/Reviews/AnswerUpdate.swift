import WellArchitectedAPI
import Wire

/// What a request says of an answer: the same for workloads and for review templates.
struct AnswerUpdate {
    let selected: [String]?
    let choices: [String: WellArchitected.ChoiceUpdate]?
    let notes: String?
    let isApplicable: Bool?
    let reason: String?

    /// What the answer becomes.
    ///
    /// `SelectedChoices` says all that is selected, and leaves alone what was set aside; `ChoiceUpdates` says more about single
    /// choices.
    /// - Throws: ValidationException for choices that the question has not, or that can't be together.
    func apply(to answer: inout StoredAnswer, _ question: LensDefinition.Question) throws(ServiceError) {
        if let selected {
            for id in selected { try check(id, question, "SelectedChoices") }
            answer.choices.removeAll { $0.status == "SELECTED" && !selected.contains($0.id) }
            for id in selected {
                let notes = answer.choices.first { $0.id == id }?.notes
                answer.set(StoredAnswer.ChoiceState(id: id, status: "SELECTED", notes: notes))
            }
        }
        for (id, update) in (choices ?? [:]).sorted(by: { $0.key < $1.key }) {
            try check(id, question, "ChoiceUpdates")
            let old = answer.choices.first { $0.id == id }
            answer.set(
                StoredAnswer.ChoiceState(
                    id: id, status: update.status, reason: update.reason ?? old?.reason,
                    notes: update.notes ?? old?.notes))
        }
        if let notes { answer.notes = notes }
        if let isApplicable { answer.isApplicable = isApplicable }
        if let reason { answer.reason = reason }
        if answer.isApplicable, isApplicable != nil { answer.reason = nil }
        let none = Set(question.choices.filter(\.isNone).map(\.id))
        let chosen = answer.selected
        guard chosen.count < 2 || !chosen.contains(where: none.contains) else {
            throw .reviewField("SelectedChoices", "None of these can't be selected together with other choices.")
        }
    }

    private func check(_ id: String, _ question: LensDefinition.Question, _ field: String) throws(ServiceError) {
        guard question.choice(id) != nil else {
            throw .reviewField(field, "The question \(question.id) has no choice \(id).")
        }
    }
}

extension StoredAnswer {
    /// What was said of the choices.
    var choiceAnswers: [WellArchitected.ChoiceAnswer] {
        choices.map { choice in
            WellArchitected.ChoiceAnswer {
                $0.choiceId = choice.id
                $0.status = choice.status
                $0.reason = choice.reason
                $0.notes = choice.notes
            }
        }
    }

    var choiceSummaries: [WellArchitected.ChoiceAnswerSummary] {
        choices.map { choice in
            WellArchitected.ChoiceAnswerSummary {
                $0.choiceId = choice.id
                $0.status = choice.status
                $0.reason = choice.reason
            }
        }
    }
}
