import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

/// A version of a lens, with what it asks.
struct FoundLens: Sendable {
    let arn: String
    /// What requests call it: AWS's own by a name, others by their ARNs.
    let alias: String
    let version: String
    let definition: LensDefinition
    /// nil: the framework's own.
    let stored: StoredLens?

    static let framework = FoundLens(
        arn: FrameworkLens.arn, alias: FrameworkLens.alias, version: FrameworkLens.version, definition: .framework,
        stored: nil)

    /// Of a review with this version. The names are AWS's.
    func status(_ call: Call) -> String {
        guard let stored else { return "CURRENT" }
        if stored.isDeleted { return "DELETED" }
        if stored.accountID != call.accountID, call.sharesInReach(of: arn).isEmpty { return "UNSHARED" }
        return stored.latest == version ? "CURRENT" : "NOT_CURRENT"
    }
}

extension Call {
    /// The ARN of the lens that a request names by its alias or its ARN.
    /// - Throws: ValidationException for what names no lens.
    func lensARN(_ alias: String) throws(ServiceError) -> String {
        if FrameworkLens.isMeant(by: alias) { return FrameworkLens.arn }
        if let name = ReviewName(alias), name.kind == .lens { return name.arn }
        guard ARN(parsing: alias) == nil else {
            throw .reviewField("LensAlias", "The lens \(alias) is not valid.")
        }
        throw .reviewNotFound("LENS", alias)
    }
}

extension RecordReading {
    /// The lens of an ARN, of the caller's account or shared with it.
    /// - Throws: ResourceNotFoundException.
    func storedLens(_ arn: String, _ call: Call, inUse: Bool = false) throws(ServiceError) -> StoredLens {
        guard let name = ReviewName(arn), name.kind == .lens, name.region == call.region else {
            throw .reviewNotFound("LENS", arn)
        }
        let isInReach = name.account == call.accountID || inUse || !call.sharesInReach(of: arn).isEmpty
        guard isInReach, let lens = try of(name).get(StoredLens.self, name.id), inUse || !lens.isDeleted else {
            throw .reviewNotFound("LENS", arn)
        }
        return lens
    }

    /// A lens in a version.
    /// - Parameters:
    ///   - version: nil: the last one that is published.
    ///   - inUse: whether a review has it: then it does not matter whether it is still shared, or deleted.
    /// - Throws: ResourceNotFoundException, ValidationException for a lens that was never published.
    func lens(
        _ arn: String, version: String? = nil, _ call: Call, inUse: Bool = false
    ) throws(ServiceError) -> FoundLens {
        if FrameworkLens.isMeant(by: arn) {
            guard version == nil || version == FrameworkLens.version else {
                throw .reviewNotFound("LENS_VERSION", version ?? "")
            }
            return .framework
        }
        let stored = try storedLens(arn, call, inUse: inUse)
        guard let version = version ?? stored.latest else {
            throw .reviewField("LensAlias", "The lens \(arn) has not been published.")
        }
        return FoundLens(
            arn: stored.arn, alias: stored.arn, version: version,
            definition: try definition(of: stored, version), stored: stored)
    }

    /// What a version of a custom lens asks.
    func definition(of lens: StoredLens, _ version: String) throws(ServiceError) -> LensDefinition {
        let name = lens.reviewName
        guard let kept = try of(name).get(StoredLensVersion.self, "\(lens.id)/\(version)") else {
            throw .reviewNotFound("LENS_VERSION", version)
        }
        do { return try LensReading.read(kept.text) } catch { throw .internalFailure }
    }
}

extension WellArchitected.Choice {
    init(_ choice: LensDefinition.Choice) {
        self.init()
        choiceId = choice.id
        title = choice.title
        description = choice.description
        helpfulResource = choice.help.map { WellArchitected.ChoiceContent($0) }
        improvementPlan = choice.plan.map { WellArchitected.ChoiceContent($0) }
        if !choice.additional.isEmpty {
            additionalResources = choice.additional.map { additional in
                WellArchitected.AdditionalResources {
                    $0.type = additional.type
                    $0.content = additional.contents.map { WellArchitected.ChoiceContent($0) }
                }
            }
        }
    }
}

extension WellArchitected.ChoiceContent {
    init(_ content: LensDefinition.Content) {
        self.init()
        displayText = content.text
        url = content.url
    }
}
