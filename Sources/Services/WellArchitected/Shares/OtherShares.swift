import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Shares of custom lenses, profiles and review templates: for reading, all of them.
// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-sharing.html>

extension WellArchitected.CreateLensShare: WriteOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try records.sharedLens(input.lensAlias)
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            guard try records.ownLens(name).latest != nil else {
                throw .reviewField("LensAlias", "A lens has to be published before it can be shared.")
            }
            return try records.share(name, with: input.sharedWith, "READONLY", call)
        }
        return Output { $0.shareId = id }
    }
}

extension RecordReading {
    /// The name of a lens of the caller's that can have shares.
    /// - Throws: ValidationException for one of AWS's own, ResourceNotFoundException.
    fileprivate func sharedLens(_ alias: String) throws(ServiceError) -> ReviewName {
        guard let name = ReviewName(alias) else {
            throw .reviewField("LensAlias", "A lens that is provided by AWS can't be shared.")
        }
        _ = try ownLens(name)
        return name
    }

    fileprivate func sharedProfile(_ arn: String) throws(ServiceError) -> ReviewName {
        guard let name = ReviewName(arn) else { throw .reviewNotFound("PROFILE", arn) }
        return try ownProfile(name).reviewName
    }

    fileprivate func sharedTemplate(_ arn: String) throws(ServiceError) -> ReviewName {
        try ownTemplate(arn).reviewName
    }
}

extension WellArchitected.DeleteLensShare: WriteOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.deleteShare(input.shareId, of: try records.sharedLens(input.lensAlias))
        return Output()
    }
}

extension WellArchitected.ListLensShares: ReadOperation, OnLens {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.shares(of: try records.sharedLens(input.lensAlias), input, call)
        return Output(
            found.map { share in
                WellArchitected.LensShareSummary {
                    $0.shareId = share.id
                    $0.sharedWith = share.sharedWith
                    $0.status = share.status(at: call.time)
                    $0.statusMessage = share.statusMessage(at: call.time)
                }
            })
    }
}

extension WellArchitected.CreateProfileShare: WriteOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try records.sharedProfile(input.profileArn)
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            try records.share(name, with: input.sharedWith, "READONLY", call)
        }
        return Output {
            $0.shareId = id
            $0.profileArn = name.arn
        }
    }
}

extension WellArchitected.DeleteProfileShare: WriteOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.deleteShare(input.shareId, of: try records.sharedProfile(input.profileArn))
        return Output()
    }
}

extension WellArchitected.ListProfileShares: ReadOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.shares(of: try records.sharedProfile(input.profileArn), input, call)
        return Output(
            found.map { share in
                WellArchitected.ProfileShareSummary {
                    $0.shareId = share.id
                    $0.sharedWith = share.sharedWith
                    $0.status = share.status(at: call.time)
                    $0.statusMessage = share.statusMessage(at: call.time)
                }
            })
    }
}

extension WellArchitected.CreateTemplateShare: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try records.sharedTemplate(input.templateArn)
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            try records.share(name, with: input.sharedWith, "READONLY", call)
        }
        return Output {
            $0.templateArn = name.arn
            $0.shareId = id
        }
    }
}

extension WellArchitected.DeleteTemplateShare: WriteOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.deleteShare(input.shareId, of: try records.sharedTemplate(input.templateArn))
        return Output()
    }
}

extension WellArchitected.ListTemplateShares: ReadOperation, OnTemplate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let name = try records.sharedTemplate(input.templateArn)
        let found = try records.shares(of: name, input, call)
        return Output {
            $0.templateArn = name.arn
            $0.templateShareSummaries = found.items.map { share in
                WellArchitected.TemplateShareSummary {
                    $0.shareId = share.id
                    $0.sharedWith = share.sharedWith
                    $0.status = share.status(at: call.time)
                    $0.statusMessage = share.statusMessage(at: call.time)
                }
            }
            $0.nextToken = found.marker
        }
    }
}
