import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Custom lenses. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-custom.html>

extension Quota {
    /// <https://docs.aws.amazon.com/general/latest/gr/wellarchitected.html>
    static let customLenses = Quota("WellArchitectedCustomLenses", 15)
    static let lensVersions = Quota("WellArchitectedLensVersions", 100)
}

extension WellArchitected.ImportLens: WriteOperation {
    public static var bodyLimit: Int { 4 << 20 }

    /// The action has no resource, by AWS's reference, even where a lens is named.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNewReview(input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let definition: LensDefinition
        do { definition = try LensReading.read(input.jsonString) } catch {
            throw .reviewField(error.place, error.message)
        }
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            var lens: StoredLens
            if let alias = input.lensAlias {
                guard let name = ReviewName(alias) else {
                    throw .reviewField("LensAlias", "A lens that is provided by AWS can't be changed.")
                }
                lens = try records.ownLens(name)
            } else {
                let limit = call.quotas[.customLenses]
                guard try records.list(StoredLens.self).count(where: { !$0.isDeleted }) < limit else {
                    throw .reviewQuota("LENS", "L-CUSTOM-LENSES", "An account has at most \(limit) custom lenses.")
                }
                lens = StoredLens(
                    id: ReviewName.newID(), accountID: call.accountID, region: call.region, name: definition.name,
                    description: definition.description, created: call.time, updated: call.time)
            }
            lens.hasDraft = true
            lens.updated = call.time
            if lens.versions.isEmpty { (lens.name, lens.description) = (definition.name, definition.description) }
            lens.tags = try TagRules.ofReviews.merge(input.tags ?? [:], into: lens.tags)
            try records.put(lens)
            try records.put(
                StoredLensVersion(lens: lens.id, version: StoredLensVersion.draft, text: input.jsonString))
            return lens.id
        }
        return Output {
            $0.lensArn = ReviewName(.lens, id, account: call.accountID, region: call.region).arn
            $0.status = "COMPLETE"
        }
    }
}

extension WellArchitected.CreateLensVersion: WriteOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let name = ReviewName(input.lensAlias) else {
            throw .reviewField("LensAlias", "A lens that is provided by AWS can't be published.")
        }
        let version = input.lensVersion
        _ = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            var lens = try records.ownLens(name)
            guard lens.hasDraft,
                let draft = try records.get(StoredLensVersion.self, "\(lens.id)/\(StoredLensVersion.draft)")
            else {
                throw .reviewConflict("LENS", lens.arn, "The lens has no draft that could be published.")
            }
            guard version != StoredLensVersion.draft, !lens.versions.contains(version) else {
                throw .reviewConflict("LENS_VERSION", version, "The lens has a version \(version) already.")
            }
            let limit = call.quotas[.lensVersions]
            guard lens.versions.count < limit else {
                throw .reviewField("LensAlias", "A lens has at most \(limit) versions.")
            }
            if let definition = try? LensReading.read(draft.text) {
                (lens.name, lens.description) = (definition.name, definition.description)
            }
            lens.versions.append(version)
            lens.hasDraft = false
            lens.updated = call.time
            try records.put(lens)
            try records.put(StoredLensVersion(lens: lens.id, version: version, text: draft.text))
            try records.delete(draft)
            return version
        }
        return Output {
            $0.lensArn = name.arn
            $0.lensVersion = version
        }
    }
}

extension WellArchitected.GetLens: ReadOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found: FoundLens
        let arn = try call.lensARN(input.lensAlias)
        if let name = ReviewName(arn), name.account == call.accountID, input.lensVersion == nil,
            try records.ownLens(name).versions.isEmpty
        {
            found = try records.lens(arn, version: StoredLensVersion.draft, call)
        } else {
            found = try records.lens(arn, version: input.lensVersion, call)
        }
        return Output {
            $0.lens = WellArchitected.Lens {
                $0.lensArn = found.arn
                $0.lensVersion = found.version
                $0.name = found.definition.name
                $0.description = String(found.definition.description.prefix(1024))
                $0.owner = found.stored?.accountID ?? "AWS"
                $0.tags = found.stored?.tags.reviewTags
                $0.shareInvitationId = call.sharesInReach(of: found.arn).first?.share.invitationID
            }
        }
    }
}

extension WellArchitected.ListLenses: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var all = [WellArchitected.LensSummary.framework]
        for lens in try records.list(StoredLens.self) where !lens.isDeleted {
            all.append(WellArchitected.LensSummary(lens, "CUSTOM_SELF"))
        }
        for share in call.environment.reviews.shares(in: call.region)
        where share.share.isInEffect && call.isMeant(by: share.share.sharedWith) {
            guard let name = ReviewName(share.share.resource), name.kind == .lens, name.account != call.accountID,
                let lens = try records.of(name).get(StoredLens.self, name.id), !lens.isDeleted, lens.latest != nil
            else { continue }
            let summary = WellArchitected.LensSummary(lens, "CUSTOM_SHARED")
            if !all.contains(where: { $0.lensArn == summary.lensArn }) { all.append(summary) }
        }
        let (type, name, status) = (input.lensType, input.lensName, input.lensStatus)
        all.removeAll { lens in
            if let type, lens.lensType != type { return true }
            if let name, lens.lensName?.hasPrefix(name) != true { return true }
            switch status {
            case "DRAFT": return lens.lensVersion != StoredLensVersion.draft
            case "ALL": return false
            default: return lens.lensVersion == StoredLensVersion.draft
            }
        }
        return Output(page(all, try Paging(reviews: input)))
    }
}

extension WellArchitected.LensSummary {
    fileprivate static var framework: Self {
        Self {
            $0.lensArn = FrameworkLens.arn
            $0.lensAlias = FrameworkLens.alias
            $0.lensName = LensDefinition.framework.name
            $0.lensType = "AWS_OFFICIAL"
            $0.description = LensDefinition.framework.description
            $0.lensVersion = FrameworkLens.version
        }
    }

    fileprivate init(_ lens: StoredLens, _ type: String) {
        self.init()
        lensArn = lens.arn
        lensAlias = lens.arn
        lensName = lens.name
        lensType = type
        description = String(lens.description.prefix(1024))
        createdAt = Timestamp(secondsSinceEpoch: lens.created)
        updatedAt = Timestamp(secondsSinceEpoch: lens.updated)
        lensVersion = lens.latest ?? StoredLensVersion.draft
        owner = lens.accountID
        lensStatus = lens.isDeleted ? "DELETED" : "CURRENT"
    }
}

extension WellArchitected.ExportLens: ReadOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let name = ReviewName(input.lensAlias) else {
            throw .reviewField("LensAlias", "A lens that is provided by AWS can't be exported.")
        }
        let lens = try records.ownLens(name)
        let version = input.lensVersion ?? lens.latest ?? StoredLensVersion.draft
        guard let kept = try records.get(StoredLensVersion.self, "\(lens.id)/\(version)") else {
            throw .reviewNotFound("LENS_VERSION", version)
        }
        return Output { $0.lensJSON = kept.text }
    }
}

extension WellArchitected.DeleteLens: WriteOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let name = ReviewName(input.lensAlias) else {
            throw .reviewField("LensAlias", "A lens that is provided by AWS can't be deleted.")
        }
        var lens = try records.ownLens(name)
        let kept = try records.referrers(StoredLensVersion.self, StoredLensVersion.byLens, to: lens.id)
        switch input.lensStatus {
        case "DRAFT":
            for version in kept where version.version == StoredLensVersion.draft { try records.delete(version) }
            lens.hasDraft = false
            if lens.versions.isEmpty { try records.delete(lens) } else { try records.put(lens) }
        case "PUBLISHED" where lens.hasDraft && !lens.versions.isEmpty:
            // Those of workloads stay readable by what the draft is made of later; nobody else sees them.
            throw .reviewConflict("LENS", lens.arn, "Delete the draft as well, with the status ALL, or publish it.")
        default:
            for version in kept where version.version == StoredLensVersion.draft { try records.delete(version) }
            lens.hasDraft = false
            lens.isDeleted = true
            lens.updated = call.time
            if lens.versions.isEmpty { try records.delete(lens) } else { try records.put(lens) }
        }
        return Output()
    }
}
