import Documents
import Platform
import WellArchitectedAPI

/// A review as a document for people.
enum ReviewReport {
    static let author = "Gatehouse"

    /// The report of a workload's review by a lens.
    static func document(
        _ reached: ReachedWorkload, _ reviewed: ReviewedLens, at time: Double
    ) -> Document {
        let workload = reached.workload
        var document = Document(title: "Lens review: \(workload.name)", author: author, time: time)
        document.paragraph(
            "\(reviewed.lens.definition.name), version \(reviewed.lens.version). Workload \(workload.arn), "
                + "\(workload.environment.lowercased()), reviewed by \(workload.reviewOwner ?? "nobody named").")
        if let milestone = reached.milestone {
            document.paragraph("As it was at milestone \(milestone.number), \(milestone.name).")
        }
        document.paragraph(workload.description)
        if let notes = reviewed.review.notes { document.paragraph("Notes: \(notes)") }
        document.heading("Risks")
        let widths = [3.0, 1, 1, 1, 1, 1]
        document.row(
            ["Pillar", "High", "Medium", "None", "Unanswered", "Not applicable"], widths: widths, isBold: true)
        for pillar in reviewed.lens.definition.pillars {
            let counts = reviewed.counts(pillar.id)
            let cells = [Risk.high, .medium, .none, .unanswered, .notApplicable].map {
                String(counts[$0.rawValue] ?? 0)
            }
            document.row([pillar.name] + cells, widths: widths)
        }
        for pillar in reviewed.lens.definition.pillars {
            document.heading(pillar.name)
            if let note = reviewed.review.pillarNotes.first(where: { $0.pillar == pillar.id }) {
                document.paragraph("Notes: \(note.text)")
            }
            for question in pillar.questions { add(question, reviewed, to: &document) }
        }
        return document
    }

    private static func add(
        _ question: LensDefinition.Question, _ reviewed: ReviewedLens, to document: inout Document
    ) {
        let answer = reviewed.review.answer(question.id)
        document.heading("\(question.title)  [\(reviewed.risk(question).rawValue)]", level: 2)
        if answer?.isApplicable == false {
            document.paragraph("Not applicable\(answer?.reason.map { ": \($0)" } ?? "").")
        }
        if let notes = answer?.notes { document.paragraph("Notes: \(notes)") }
        for choice in question.choices {
            let state = answer?.choices.first { $0.id == choice.id }
            let mark =
                switch state?.status {
                case "SELECTED": "yes"
                case "NOT_APPLICABLE": "n/a"
                default: "no"
                }
            let notes = state?.notes.map { " (\($0))" } ?? ""
            document.row([mark, choice.title + notes], widths: [1, 12])
        }
    }

    /// The report of several workloads.
    static func consolidated(
        _ workloads: [(reached: ReachedWorkload, reviews: [ReviewedLens])], at time: Double
    ) -> Document {
        var document = Document(title: "Consolidated report", author: author, time: time)
        document.paragraph("\(workloads.count) workloads, and what risks their reviews have left.")
        let widths = [4.0, 3, 1, 1, 1]
        document.row(["Workload", "Lens", "High", "Medium", "Unanswered"], widths: widths, isBold: true)
        for (reached, reviews) in workloads {
            for reviewed in reviews {
                let counts = reviewed.counts()
                let cells = [Risk.high, .medium, .unanswered].map { String(counts[$0.rawValue] ?? 0) }
                document.row([reached.workload.name, reviewed.lens.definition.name] + cells, widths: widths)
            }
        }
        return document
    }
}
