import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Invitations to what others share. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/invitations.html>

/// An invitation, with what it is to.
private struct Invitation {
    let share: ReviewIndex.Share
    let resource: ReviewName
    let name: String

    var summary: WellArchitected.ShareInvitationSummary {
        WellArchitected.ShareInvitationSummary {
            $0.shareInvitationId = share.share.invitationID
            $0.sharedBy = share.owner.account
            $0.sharedWith = share.share.sharedWith
            $0.permissionType = share.share.permission
            $0.shareResourceType = resource.kind.resourceType
            switch resource.kind {
            case .workload:
                $0.workloadName = name
                $0.workloadId = resource.id
            case .lens:
                $0.lensName = name
                $0.lensArn = resource.arn
            case .profile:
                $0.profileName = name
                $0.profileArn = resource.arn
            case .template:
                $0.templateName = name
                $0.templateArn = resource.arn
            }
        }
    }
}

extension RecordReading {
    /// What something is called; nil: it is gone.
    fileprivate func name(of resource: ReviewName) throws(ServiceError) -> String? {
        let place = of(resource)
        return switch resource.kind {
        case .workload: try place.get(StoredWorkload.self, resource.id)?.name
        case .lens: try place.get(StoredLens.self, resource.id)?.name
        case .profile: try place.get(StoredProfile.self, resource.id)?.name
        case .template: try place.get(StoredTemplate.self, resource.id)?.name
        }
    }
}

extension WellArchitected.ListShareInvitations: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefixes: [(ReviewName.Kind, String)] = [
            (.workload, input.workloadNamePrefix), (.lens, input.lensNamePrefix), (.profile, input.profileNamePrefix),
            (.template, input.templateNamePrefix),
        ].compactMap { kind, prefix in prefix.map { (kind, $0) } }
        guard prefixes.count < 2 else {
            throw .invalidReview(
                "WorkloadNamePrefix, LensNamePrefix, ProfileNamePrefix, and TemplateNamePrefix are mutually exclusive.")
        }
        var all: [Invitation] = []
        for share in call.environment.reviews.shares(in: call.region)
        where share.share.status(at: call.time) == "PENDING" && call.isMeant(by: share.share.sharedWith) {
            guard let resource = ReviewName(share.share.resource), let name = try records.name(of: resource) else {
                continue
            }
            if let type = input.shareResourceType, type != resource.kind.resourceType { continue }
            if let (kind, prefix) = prefixes.first, resource.kind != kind || !name.hasPrefix(prefix) { continue }
            all.append(Invitation(share: share, resource: resource, name: name))
        }
        let found = page(all, by: \.share.share.invitationID, try Paging(reviews: input))
        return Output(found.map(\.summary))
    }
}

extension WellArchitected.UpdateShareInvitation: WriteOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let known = call.environment.reviews.shares(in: call.region).first { share in
            share.share.invitationID == input.shareInvitationId && call.isMeant(by: share.share.sharedWith)
        }
        guard let known, let resource = ReviewName(known.share.resource),
            var share = try records.of(known.owner).get(StoredShare.self, known.share.id),
            share.invitationID == input.shareInvitationId
        else { throw .reviewNotFound("SHARE_INVITATION", input.shareInvitationId) }
        let isAccepted = input.shareInvitationAction == "ACCEPT"
        switch share.status(at: call.time) {
        case "PENDING": share.status = isAccepted ? "ACCEPTED" : "REJECTED"
        // What was accepted can be given back.
        case "ACCEPTED" where !isAccepted: share.status = "REJECTED"
        case let status:
            throw .reviewConflict(
                "SHARE_INVITATION", share.invitationID, "The invitation is \(status) and can't be answered.")
        }
        try records.of(known.owner).put(share)
        return Output {
            $0.shareInvitation = WellArchitected.ShareInvitation {
                $0.shareInvitationId = share.invitationID
                $0.shareResourceType = resource.kind.resourceType
                switch resource.kind {
                case .workload: $0.workloadId = resource.id
                case .lens:
                    $0.lensAlias = resource.arn
                    $0.lensArn = resource.arn
                case .profile: $0.profileArn = resource.arn
                case .template: $0.templateArn = resource.arn
                }
            }
        }
    }
}
