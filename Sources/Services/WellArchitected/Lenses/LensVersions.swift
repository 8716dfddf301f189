import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// What changed between two versions of a lens.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_GetLensVersionDifference.html>

extension WellArchitected.GetLensVersionDifference: ReadOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let arn = try call.lensARN(input.lensAlias)
        let target = try records.lens(arn, version: input.targetLensVersion, call)
        let base = try records.lens(
            arn, version: input.baseLensVersion ?? target.stored?.versions.first ?? target.version, call)
        return Output {
            $0.lensAlias = target.alias
            $0.lensArn = target.arn
            $0.baseLensVersion = base.version
            $0.targetLensVersion = target.version
            $0.latestLensVersion = target.stored?.latest ?? target.version
            $0.versionDifferences = WellArchitected.VersionDifferences {
                $0.pillarDifferences = differences(base.definition, target.definition)
            }
        }
    }

    private static func differences(
        _ base: LensDefinition, _ target: LensDefinition
    ) -> [WellArchitected.PillarDifference] {
        var all: [WellArchitected.PillarDifference] = []
        for pillar in target.pillars {
            let old = base.pillar(pillar.id)
            let questions = questionDifferences(old?.questions ?? [], pillar.questions)
            guard old == nil || !questions.isEmpty || old?.name != pillar.name else { continue }
            all.append(difference(pillar, old == nil ? "NEW" : "UPDATED", questions))
        }
        for pillar in base.pillars where target.pillar(pillar.id) == nil {
            all.append(difference(pillar, "DELETED", questionDifferences(pillar.questions, [])))
        }
        return all
    }

    private static func difference(
        _ pillar: LensDefinition.Pillar, _ status: String, _ questions: [WellArchitected.QuestionDifference]
    ) -> WellArchitected.PillarDifference {
        WellArchitected.PillarDifference {
            $0.pillarId = pillar.id
            $0.pillarName = pillar.name
            $0.differenceStatus = status
            $0.questionDifferences = questions
        }
    }

    private static func questionDifferences(
        _ base: [LensDefinition.Question], _ target: [LensDefinition.Question]
    ) -> [WellArchitected.QuestionDifference] {
        var all: [WellArchitected.QuestionDifference] = []
        for question in target {
            let old = base.first { $0.id == question.id }
            if let old, isSame(old, question) { continue }
            all.append(difference(question, old == nil ? "NEW" : "UPDATED"))
        }
        for question in base where !target.contains(where: { $0.id == question.id }) {
            all.append(difference(question, "DELETED"))
        }
        return all
    }

    private static func difference(
        _ question: LensDefinition.Question, _ status: String
    ) -> WellArchitected.QuestionDifference {
        WellArchitected.QuestionDifference {
            $0.questionId = question.id
            $0.questionTitle = question.title
            $0.differenceStatus = status
        }
    }

    /// Whether what is asked, and what can be answered, is the same.
    private static func isSame(_ one: LensDefinition.Question, _ other: LensDefinition.Question) -> Bool {
        one.title == other.title && one.description == other.description
            && one.choices.map(\.id) == other.choices.map(\.id)
            && one.choices.map(\.title) == other.choices.map(\.title)
    }
}
