/// What a lens asks: pillars with questions, their choices, and what risk an answer leaves.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-format-specification.html>
struct LensDefinition: Sendable {
    let name: String
    let description: String
    let pillars: [Pillar]

    /// A part of a lens.
    struct Pillar: Sendable {
        let id: String
        let name: String
        let questions: [Question]
    }

    /// A question, with what can be answered.
    struct Question: Sendable {
        let id: String
        let title: String
        let description: String?
        /// nil in AWS's own lenses.
        let help: Content?
        let choices: [Choice]
        /// The first one whose condition holds says the risk.
        let rules: [RiskRule]

        func choice(_ id: String) -> Choice? { choices.first { $0.id == id } }
    }

    /// A best practice.
    struct Choice: Sendable {
        let id: String
        let title: String
        var description: String?
        var help: Content?
        var plan: Content?
        var additional: [AdditionalContent] = []
        /// Whether it says that none of the others holds.
        var isNone = false
    }

    /// A text, with an address where there is one.
    struct Content: Sendable, Equatable {
        var text: String?
        var url: String?
    }

    /// Further addresses of a choice.
    struct AdditionalContent: Sendable {
        let type: String
        let contents: [Content]
    }

    /// All questions, each with its pillar.
    var questions: [(pillar: Pillar, question: Question)] {
        pillars.flatMap { pillar in pillar.questions.map { (pillar, $0) } }
    }

    func question(_ id: String) -> (pillar: Pillar, question: Question)? { questions.first { $0.question.id == id } }

    func pillar(_ id: String) -> Pillar? { pillars.first { $0.id == id } }
}

/// How bad an answer is. The names are AWS's.
enum Risk: String, Sendable, Codable, CaseIterable {
    case unanswered = "UNANSWERED"
    case high = "HIGH"
    case medium = "MEDIUM"
    case none = "NONE"
    case notApplicable = "NOT_APPLICABLE"

    /// Worst first, as improvement plans are ordered.
    var rank: Int {
        switch self {
        case .high: 0
        case .medium: 1
        case .unanswered: 2
        case .none: 3
        case .notApplicable: 4
        }
    }
}

/// What risk there is when a condition holds.
struct RiskRule: Sendable {
    let condition: RiskCondition
    let risk: Risk
}

/// A condition over choices: `choice_1 && !choice_2`, or `default`, which always holds.
indirect enum RiskCondition: Sendable {
    case always
    case choice(String)
    case not(RiskCondition)
    case all([RiskCondition])
    case any([RiskCondition])

    /// - Parameter isSelected: whether a choice counts as selected.
    func holds(_ isSelected: (String) -> Bool) -> Bool {
        switch self {
        case .always: true
        case .choice(let id): isSelected(id)
        case .not(let other): !other.holds(isSelected)
        case .all(let parts): parts.allSatisfy { $0.holds(isSelected) }
        case .any(let parts): parts.contains { $0.holds(isSelected) }
        }
    }

    /// The choices that it names.
    var choices: [String] {
        switch self {
        case .always: []
        case .choice(let id): [id]
        case .not(let other): other.choices
        case .all(let parts), .any(let parts): parts.flatMap(\.choices)
        }
    }
}
