extension LensDefinition {
    /// The framework's own lens, of which Gatehouse has the security pillar: every workload has it.
    ///
    /// The ids are those of the public edition of 3 October 2023; the words are Gatehouse's.
    static let framework = LensDefinition(
        name: "AWS Well-Architected Framework",
        description:
            "The security pillar of the AWS Well-Architected Framework, by its public identifiers and in Gatehouse's "
            + "words. The pillars operational excellence, reliability, performance efficiency, cost optimization and "
            + "sustainability are not there.",
        pillars: [
            Pillar(
                id: "security", name: "Security",
                questions: SecurityPillar.identity + SecurityPillar.detectionAndInfrastructure + SecurityPillar.data
                    + SecurityPillar.response)
        ])

    /// The pillars of the framework that are not in ``framework``.
    static let absentPillars = [
        "operationalExcellence", "reliability", "performance", "costOptimization", "sustainability",
    ]
}

/// The questions of the security pillar.
enum SecurityPillar {
    /// What it means if a practice is not followed, as the framework's documentation says of each.
    enum Level {
        case high
        case medium
        case low
    }

    /// A practice as it is written down here.
    struct Practice {
        let id: String
        let level: Level
        let title: String
        let plan: String

        init(_ id: String, _ level: Level, _ title: String, _ plan: String) {
            (self.id, self.level, self.title, self.plan) = (id, level, title, plan)
        }
    }

    /// What the pages about the practices begin with.
    private static let pages = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/"

    /// A question whose risk follows from the levels of what is not selected: high as long as one of a high level is missing,
    /// medium as long as one of a medium level is. What is of a low level leaves no risk.
    static func question(
        _ id: String, prefix: String, _ title: String, _ description: String, _ practices: [Practice]
    ) -> LensDefinition.Question {
        var choices = practices.map { practice in
            LensDefinition.Choice(
                id: "\(prefix)_\(practice.id)", title: practice.title, description: practice.plan,
                plan: LensDefinition.Content(text: practice.plan, url: "\(pages)\(prefix)_\(practice.id).html"))
        }
        choices.append(
            LensDefinition.Choice(
                id: "\(prefix)_no", title: "None of these", description: "None of these is done.", isNone: true))
        func all(_ levels: [Level]) -> RiskCondition {
            .all(practices.filter { levels.contains($0.level) }.map { .choice("\(prefix)_\($0.id)") })
        }
        return LensDefinition.Question(
            id: id, title: title, description: description, help: nil, choices: choices,
            rules: [
                RiskRule(condition: .choice("\(prefix)_no"), risk: .high),
                RiskRule(condition: all([.high, .medium]), risk: .none),
                RiskRule(condition: all([.high]), risk: .medium),
                RiskRule(condition: .always, risk: .high),
            ])
    }
}
