import WellArchitectedAPI

/// A lens's questions with what was answered to them, and the risk that is left.
struct ReviewedLens: Sendable {
    let lens: FoundLens
    let review: StoredReview
    /// The questions that matter most by the workload's profiles; nil: it has none.
    let prioritized: Set<String>?

    /// The risk of a question.
    ///
    /// What is set aside as not applicable counts as if it were done, except that "none of these" never counts so.
    func risk(_ question: LensDefinition.Question) -> Risk {
        guard let answer = review.answer(question.id) else { return .unanswered }
        return Self.risk(question, answer)
    }

    static func risk(_ question: LensDefinition.Question, _ answer: StoredAnswer) -> Risk {
        guard answer.isApplicable else { return .notApplicable }
        guard answer.isAnswered else { return .unanswered }
        let states = Dictionary(answer.choices.map { ($0.id, $0.status) }) { $1 }
        let none = Set(question.choices.filter(\.isNone).map(\.id))
        func counts(_ id: String) -> Bool {
            switch states[id] {
            case "SELECTED": true
            case "NOT_APPLICABLE": !none.contains(id)
            default: false
            }
        }
        return question.rules.first { $0.condition.holds(counts) }?.risk ?? .high
    }

    /// How many questions have each risk; those of a pillar, or of all.
    func counts(_ pillar: String? = nil, prioritizedOnly: Bool = false) -> [String: Int] {
        var counts: [String: Int] = [:]
        for (place, question) in lens.definition.questions {
            if let pillar, place.id != pillar { continue }
            if prioritizedOnly, prioritized?.contains(question.id) != true { continue }
            counts[risk(question).rawValue, default: 0] += 1
        }
        return counts
    }

    /// nil: the workload has no profile.
    func prioritizedCounts(_ pillar: String? = nil) -> [String: Int]? {
        prioritized == nil ? nil : counts(pillar, prioritizedOnly: true)
    }

    /// How many questions are answered, of a review template.
    func questionCounts(_ pillar: String? = nil) -> [String: Int] {
        var counts = ["ANSWERED": 0, "UNANSWERED": 0]
        for (place, question) in lens.definition.questions {
            if let pillar, place.id != pillar { continue }
            counts[status(question), default: 0] += 1
        }
        return counts
    }

    /// Whether a question of a review template is answered.
    func status(_ question: LensDefinition.Question) -> String {
        switch risk(question) {
        case .unanswered: "UNANSWERED"
        default: "ANSWERED"
        }
    }

    /// What improves an answer: the practices that are neither done nor set aside.
    func missing(_ question: LensDefinition.Question) -> [LensDefinition.Choice] {
        let done = Set(
            (review.answer(question.id)?.choices ?? []).filter { $0.status != "UNSELECTED" }.map(\.id))
        return question.choices.filter { !$0.isNone && !done.contains($0.id) }
    }
}

extension [String: Int] {
    /// The sums of both.
    func adding(_ other: [String: Int]) -> [String: Int] { merging(other) { $0 + $1 } }
}
