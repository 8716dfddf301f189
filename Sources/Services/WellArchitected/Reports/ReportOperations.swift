import Directory
import Documents
import FoundationEssentials
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Reports. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/reports.html>

extension Document {
    /// The document as PDF, in Base64.
    /// - Throws: ValidationException where there is no library that writes it.
    fileprivate func base64() throws(ServiceError) -> String {
        do { return Data(try pdf()).base64EncodedString() } catch {
            throw .invalidReview("No PDF can be made: \(error.description). Ask the operator to install it.")
        }
    }
}

extension WellArchitected.GetLensReviewReport: ComputeOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let (arn, alias, document) = try await call.read { (records) throws(ServiceError) in
            let reached = try records.workload(input.workloadId, call, milestone: input.milestoneNumber)
            let reviewed = try records.reviewed(input.lensAlias, reached, call)
            return (
                reviewed.lens.arn, reviewed.lens.alias, ReviewReport.document(reached, reviewed, at: call.time)
            )
        }
        let text = try document.base64()
        return Output {
            $0.workloadId = input.workloadId
            $0.milestoneNumber = input.milestoneNumber
            $0.lensReviewReport = WellArchitected.LensReviewReport {
                $0.lensAlias = alias
                $0.lensArn = arn
                $0.base64String = text
            }
        }
    }
}

extension WellArchitected.GetConsolidatedReport: ComputeOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let isPDF = input.format == "PDF"
        let paging = try Paging(reviews: input, limit: 15)
        let found = try await call.read { (records) throws(ServiceError) -> ConsolidatedPage in
            var ids = try records.list(StoredWorkload.self).map(\.id)
            if input.includeSharedResources == true { ids += try records.sharedWorkloads(call) }
            var part = Page(items: Set(ids).sorted())
            if !isPDF { part = page(part.items, by: { $0 }, paging) }
            let workloads = try part.items.map { id throws(ServiceError) in
                let reached = try records.workload(id, call)
                return (reached: reached, reviews: try records.reviewed(reached, call))
            }
            return ConsolidatedPage(workloads: workloads, next: part.marker)
        }
        if isPDF {
            let text = try ReviewReport.consolidated(found.workloads, at: call.time).base64()
            return Output { $0.base64String = text }
        }
        return Output {
            $0.metrics = found.workloads.map { workload in metric(workload.reached, workload.reviews) }
            $0.nextToken = found.next
        }
    }

    private static func metric(
        _ reached: ReachedWorkload, _ reviews: [ReviewedLens]
    ) -> WellArchitected.ConsolidatedReportMetric {
        WellArchitected.ConsolidatedReportMetric {
            $0.metricType = "WORKLOAD"
            $0.riskCounts = reviews.reduce(into: [String: Int]()) { $0 = $0.adding($1.counts()) }
            $0.workloadId = reached.workload.id
            $0.workloadName = reached.workload.name
            $0.workloadArn = reached.workload.arn
            $0.updatedAt = Timestamp(secondsSinceEpoch: reached.workload.updated)
            $0.lenses = reviews.map { lens(metricOf: $0) }
            $0.lensesAppliedCount = reviews.count
        }
    }

    private static func lens(metricOf reviewed: ReviewedLens) -> WellArchitected.LensMetric {
        WellArchitected.LensMetric {
            $0.lensArn = reviewed.lens.arn
            $0.pillars = reviewed.lens.definition.pillars.map { pillar in
                WellArchitected.PillarMetric {
                    $0.pillarId = pillar.id
                    $0.riskCounts = reviewed.counts(pillar.id)
                    $0.questions = pillar.questions.compactMap { question(metricOf: $0, reviewed) }
                }
            }
            $0.riskCounts = reviewed.counts()
        }
    }

    /// nil: it leaves no risk.
    private static func question(
        metricOf question: LensDefinition.Question, _ reviewed: ReviewedLens
    ) -> WellArchitected.QuestionMetric? {
        let risk = reviewed.risk(question)
        guard risk == .high || risk == .medium else { return nil }
        return WellArchitected.QuestionMetric {
            $0.questionId = question.id
            $0.risk = risk.rawValue
            $0.bestPractices = reviewed.missing(question).map { choice in
                WellArchitected.BestPractice {
                    $0.choiceId = choice.id
                    $0.choiceTitle = choice.title
                }
            }
        }
    }
}

/// The workloads of a page of the consolidated report.
private struct ConsolidatedPage: Sendable {
    let workloads: [(reached: ReachedWorkload, reviews: [ReviewedLens])]
    let next: String?
}
