import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

/// A workload that the caller may see, with its reviews: as it is, or as it was at a milestone.
struct ReachedWorkload: Sendable {
    /// What the caller may do with it.
    enum Standing: Int, Comparable, Sendable {
        case reader
        case contributor
        case owner

        static func < (one: Standing, other: Standing) -> Bool { one.rawValue < other.rawValue }
    }

    var workload: StoredWorkload
    /// In the order of the workload's lenses.
    var reviews: [StoredReview]
    let standing: Standing
    /// The invitation by which somebody else sees it.
    let invitation: String?
    /// nil: as it is now.
    let milestone: StoredMilestone?

    /// - Throws: AccessDeniedException for somebody with whom it is only shared.
    func need(_ least: Standing) throws(ServiceError) {
        guard standing >= least else {
            throw .sharedDenied(
                least == .owner
                    ? "Only the owner of the workload \(workload.id) may do that."
                    : "The workload \(workload.id) is shared for reading only.")
        }
    }

    func review(_ lens: String) throws(ServiceError) -> StoredReview {
        guard let review = reviews.first(where: { $0.lens == lens }) else { throw .reviewNotFound("LENS_REVIEW", lens) }
        return review
    }
}

extension RecordReading {
    /// A workload that the caller has, or with which it was shared.
    /// - Parameters:
    ///   - standing: what the caller must be allowed to do with it.
    ///   - milestone: nil: as it is.
    /// - Throws: ResourceNotFoundException, AccessDeniedException.
    func workload(
        _ id: String, _ call: Call, _ standing: ReachedWorkload.Standing = .reader, milestone: Int? = nil
    ) throws(ServiceError) -> ReachedWorkload {
        var reached: ReachedWorkload
        if let own = try get(StoredWorkload.self, id) {
            reached = ReachedWorkload(
                workload: own, reviews: try reviews(of: own), standing: .owner, invitation: nil, milestone: nil)
        } else {
            guard let name = call.environment.reviews.workload(id), name.region == call.region,
                let share = call.sharesInReach(of: name.arn).first?.share,
                let theirs = try of(name).get(StoredWorkload.self, id)
            else { throw .reviewNotFound("WORKLOAD", id) }
            reached = ReachedWorkload(
                workload: theirs, reviews: try of(name).reviews(of: theirs),
                standing: share.permission == "CONTRIBUTOR" ? .contributor : .reader, invitation: share.invitationID,
                milestone: nil)
        }
        try reached.need(standing)
        guard let milestone else { return reached }
        let place = of(reached.workload.reviewName)
        guard let kept = try place.get(StoredMilestone.self, StoredMilestone.id(id, milestone)) else {
            throw .reviewNotFound("MILESTONE", String(milestone))
        }
        reached = ReachedWorkload(
            workload: kept.workload, reviews: kept.reviews, standing: reached.standing,
            invitation: reached.invitation, milestone: kept)
        return reached
    }

    /// The reviews of a workload's lenses.
    func reviews(of workload: StoredWorkload) throws(ServiceError) -> [StoredReview] {
        try workload.lenses.map { lens throws(ServiceError) in
            guard let review = try get(StoredReview.self, StoredReview.id(workload.id, lens)) else {
                throw .internalFailure
            }
            return review
        }
    }

    /// A review with the lens that it is by.
    func reviewed(
        _ review: StoredReview, _ workload: StoredWorkload, _ call: Call
    ) throws(ServiceError) -> ReviewedLens {
        ReviewedLens(
            lens: try lens(review.lens, version: review.version, call, inUse: true), review: review,
            prioritized: try prioritized(workload, call))
    }

    /// The review of a lens that a request names.
    func reviewed(
        _ alias: String, _ reached: ReachedWorkload, _ call: Call
    ) throws(ServiceError) -> ReviewedLens {
        try reviewed(try reached.review(try call.lensARN(alias)), reached.workload, call)
    }

    /// The reviews of all of a workload's lenses.
    func reviewed(_ reached: ReachedWorkload, _ call: Call) throws(ServiceError) -> [ReviewedLens] {
        try reached.reviews.map { review throws(ServiceError) in try reviewed(review, reached.workload, call) }
    }
}
