import Testing

@testable import WellArchitectedService

@Suite struct LensTests {
    private func condition(_ text: String) throws -> RiskCondition { try RiskConditionParser.parse(text) }

    private func holds(_ text: String, _ selected: String...) throws -> Bool {
        try condition(text).holds { selected.contains($0) }
    }

    @Test func conditionsHaveTheUsualPrecedence() throws {
        #expect(try holds("a || b && c", "a"))
        #expect(try !holds("(a || b) && c", "a"))
        #expect(try holds("(a || b) && c", "b", "c"))
        #expect(try holds("!a && b", "b"))
        #expect(try !holds("!(a || b)", "b"))
        #expect(try holds("!!a", "a"))
        #expect(try holds("default"))
        #expect(try condition("a&&(b||!c)").choices == ["a", "b", "c"])
    }

    @Test(arguments: ["", "a b", "a &&", "&& a", "a & b", "(a", "a)", "!", "a || || b", "a ? b", "a && default)"])
    func whatIsNoConditionIsRefused(text: String) {
        #expect(throws: RiskConditionParser.Problem.self) { _ = try RiskConditionParser.parse(text) }
    }

    @Test func whatIsNestedTooDeeplyIsRefused() {
        let text = String(repeating: "(", count: 100_000) + "a" + String(repeating: ")", count: 100_000)
        #expect(throws: RiskConditionParser.Problem.self) { _ = try RiskConditionParser.parse(text) }
        let negated = String(repeating: "!", count: 100_000) + "a"
        #expect(throws: RiskConditionParser.Problem.self) { _ = try RiskConditionParser.parse(negated) }
    }

    @Test func theFrameworksQuestionsAreWellFormed() {
        let questions = LensDefinition.framework.questions.map(\.question)
        #expect(questions.count == 11)
        #expect(Set(questions.map(\.id)).count == 11)
        let choices = questions.flatMap(\.choices)
        #expect(Set(choices.map(\.id)).count == choices.count)
        #expect(choices.count { !$0.isNone } == 66)
        for question in questions {
            #expect(question.choices.count { $0.isNone } == 1)
            #expect(question.choices.last?.isNone == true)
            let known = Set(question.choices.map(\.id))
            for rule in question.rules { #expect(known.isSuperset(of: rule.condition.choices)) }
            // The model's limits.
            for choice in question.choices {
                #expect((1...64).contains(choice.id.utf8.count))
                #expect((1...512).contains(choice.title.unicodeScalars.count))
                #expect((1...1024).contains(choice.description?.unicodeScalars.count ?? 0))
            }
        }
    }

    @Test func checksAreOfPracticesThatThereAre() {
        let known = Set(LensDefinition.framework.questions.flatMap(\.question.choices).map(\.id))
        #expect(known.isSuperset(of: PracticeChecks.practices))
    }

    @Test func riskFollowsFromWhatIsMissing() throws {
        let question = try #require(LensDefinition.framework.question("identities")?.question)
        var answer = StoredAnswer(question: question.id)
        #expect(ReviewedLens.risk(question, answer) == .unanswered)
        for choice in question.choices where !choice.isNone {
            answer.set(StoredAnswer.ChoiceState(id: choice.id, status: "SELECTED"))
        }
        #expect(ReviewedLens.risk(question, answer) == .none)
        answer.set(StoredAnswer.ChoiceState(id: "sec_identities_unique", status: "UNSELECTED"))
        #expect(ReviewedLens.risk(question, answer) == .high)
        answer.set(StoredAnswer.ChoiceState(id: "sec_identities_unique", status: "NOT_APPLICABLE"))
        #expect(ReviewedLens.risk(question, answer) == .none)
        // "None of these" that is set aside says nothing.
        answer.set(StoredAnswer.ChoiceState(id: "sec_identities_no", status: "NOT_APPLICABLE"))
        #expect(ReviewedLens.risk(question, answer) == .none)
        answer.isApplicable = false
        #expect(ReviewedLens.risk(question, answer) == .notApplicable)
    }

    @Test func hostileLensesAreRefused() {
        let deep = String(repeating: "[", count: 10_000)
        for text in ["", "{", deep, String(repeating: " ", count: 600_000), "\u{0}", "{\"pillars\": {}}"] {
            #expect(throws: LensReading.Problem.self) { _ = try LensReading.read(text) }
        }
    }
}
