import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Profiles. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/profiles.html>

extension Quota {
    /// <https://docs.aws.amazon.com/general/latest/gr/wellarchitected.html>
    static let profiles = Quota("WellArchitectedProfiles", 500)
}

extension RecordReading {
    /// A profile, of the caller's account or shared with it.
    /// - Throws: ResourceNotFoundException.
    func profile(_ arn: String, _ call: Call, inUse: Bool = false) throws(ServiceError) -> StoredProfile {
        guard let name = ReviewName(arn), name.kind == .profile, name.region == call.region,
            name.account == call.accountID || inUse || !call.sharesInReach(of: arn).isEmpty,
            let profile = try of(name).get(StoredProfile.self, name.id), inUse || !profile.isDeleted
        else { throw .reviewNotFound("PROFILE", arn) }
        return profile
    }

    /// The questions that matter most by a workload's profiles; nil: it has none.
    func prioritized(_ workload: StoredWorkload, _ call: Call) throws(ServiceError) -> Set<String>? {
        guard !workload.profiles.isEmpty else { return nil }
        var all: Set<String> = []
        for applied in workload.profiles {
            let profile = try profile(applied.arn, call, inUse: true)
            all.formUnion(ProfileForm.prioritized(profile.version(applied.version)?.answers ?? []))
        }
        return all
    }
}

extension StoredProfile {
    /// Puts answers in place of former ones, in the order of the template.
    /// - Throws: ValidationException for what the template does not ask, or not so many of.
    static func answers(
        _ updates: [WellArchitected.ProfileQuestionUpdate], over old: [Answer]
    ) throws(ServiceError) -> [Answer] {
        var byQuestion = Dictionary(old.map { ($0.question, $0.choices) }) { $1 }
        for update in updates {
            let id = update.questionId ?? ""
            guard let question = ProfileForm.question(id) else {
                throw .reviewField("ProfileQuestions", "The profile template has no question \(id).")
            }
            let chosen = update.selectedChoiceIds ?? []
            if let unknown = chosen.first(where: { id in !question.choices.contains { $0.id == id } }) {
                throw .reviewField("ProfileQuestions", "The question \(id) has no choice \(unknown).")
            }
            guard Set(chosen).count == chosen.count else {
                throw .reviewField("ProfileQuestions", "A choice of the question \(id) is there twice.")
            }
            byQuestion[id] = chosen
        }
        var all: [Answer] = []
        for question in ProfileForm.questions {
            let chosen = byQuestion[question.id] ?? []
            guard chosen.count >= question.least, chosen.count <= question.most else {
                throw .reviewField(
                    "ProfileQuestions",
                    "The question \(question.id) takes \(question.least) to \(question.most) choices.")
            }
            if !chosen.isEmpty { all.append(Answer(question: question.id, choices: chosen)) }
        }
        return all
    }

    func view(_ version: Version, _ call: Call) -> WellArchitected.Profile {
        WellArchitected.Profile {
            $0.profileArn = arn
            $0.profileVersion = version.version
            $0.profileName = name
            $0.profileDescription = description
            $0.profileQuestions = ProfileForm.questions.map { question in
                WellArchitected.ProfileQuestion {
                    $0.questionId = question.id
                    $0.questionTitle = question.title
                    $0.questionDescription = question.description
                    $0.questionChoices = question.choices.map { choice in
                        WellArchitected.ProfileChoice {
                            $0.choiceId = choice.id
                            $0.choiceTitle = choice.title
                            $0.choiceDescription = choice.description
                        }
                    }
                    $0.selectedChoiceIds = version.answers.first { $0.question == question.id }?.choices ?? []
                    $0.minSelectedChoices = question.least
                    $0.maxSelectedChoices = question.most
                }
            }
            $0.owner = accountID
            $0.createdAt = Timestamp(secondsSinceEpoch: created)
            $0.updatedAt = Timestamp(secondsSinceEpoch: updated)
            $0.shareInvitationId = call.sharesInReach(of: arn).first?.share.invitationID
            $0.tags = tags.reviewTags
        }
    }
}

extension WellArchitected.CreateProfile: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNewReview(input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            let folded = StoredWorkload.folded(input.profileName)
            let others = try records.referrers(StoredProfile.self, StoredProfile.byName, to: folded)
            if let other = others.first(where: { !$0.isDeleted }) {
                throw .reviewConflict("PROFILE", other.arn, "A profile named \(other.name) already exists.")
            }
            let limit = call.quotas[.profiles]
            guard try records.count(StoredProfile.self) < limit else {
                throw .reviewQuota("PROFILE", "L-PROFILES", "An account has at most \(limit) profiles.")
            }
            let profile = StoredProfile(
                id: ReviewName.newID(), accountID: call.accountID, region: call.region, name: input.profileName,
                description: input.profileDescription,
                versions: [
                    StoredProfile.Version(
                        version: "1", answers: try StoredProfile.answers(input.profileQuestions, over: []))
                ], created: call.time, updated: call.time,
                tags: try TagRules.ofReviews.merge(input.tags ?? [:], into: []))
            try records.put(profile)
            return profile.id
        }
        return Output {
            $0.profileArn = ReviewName(.profile, id, account: call.accountID, region: call.region).arn
            $0.profileVersion = "1"
        }
    }
}

extension WellArchitected.GetProfile: ReadOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let profile = try records.profile(input.profileArn, call)
        guard let version = input.profileVersion.map({ profile.version($0) }) ?? profile.current else {
            throw .reviewNotFound("PROFILE_VERSION", input.profileVersion ?? "")
        }
        return Output { $0.profile = profile.view(version, call) }
    }
}

extension WellArchitected.UpdateProfile: WriteOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let name = ReviewName(input.profileArn) else { throw .reviewNotFound("PROFILE", input.profileArn) }
        var profile = try records.ownProfile(name)
        if let description = input.profileDescription { profile.description = description }
        if let questions = input.profileQuestions {
            let answers = try StoredProfile.answers(questions, over: profile.current.answers)
            if answers != profile.current.answers {
                profile.versions.append(
                    StoredProfile.Version(version: String(profile.versions.count + 1), answers: answers))
            }
        }
        profile.updated = call.time
        try records.put(profile)
        return Output { $0.profile = profile.view(profile.current, call) }
    }
}

extension WellArchitected.DeleteProfile: WriteOperation, OnProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let name = ReviewName(input.profileArn) else { throw .reviewNotFound("PROFILE", input.profileArn) }
        var profile = try records.ownProfile(name)
        profile.isDeleted = true
        profile.updated = call.time
        try records.put(profile)
        return Output()
    }
}

extension WellArchitected.ListProfiles: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var all: [StoredProfile] = []
        if input.profileOwnerType != "SHARED" { all = try records.list(StoredProfile.self).filter { !$0.isDeleted } }
        if input.profileOwnerType != "SELF" {
            for share in call.environment.reviews.shares(in: call.region)
            where share.share.isInEffect && share.owner.account != call.accountID
                && call.isMeant(by: share.share.sharedWith)
            {
                guard let name = ReviewName(share.share.resource), name.kind == .profile,
                    let profile = try records.of(name).get(StoredProfile.self, name.id), !profile.isDeleted,
                    !all.contains(where: { $0.arn == profile.arn })
                else { continue }
                all.append(profile)
            }
        }
        if let prefix = input.profileNamePrefix { all = all.filter { $0.name.hasPrefix(prefix) } }
        let found = page(all, by: { "\($0.name)/\($0.id)" }, try Paging(reviews: input))
        return Output(
            found.map { profile in
                WellArchitected.ProfileSummary {
                    $0.profileArn = profile.arn
                    $0.profileVersion = profile.current.version
                    $0.profileName = profile.name
                    $0.profileDescription = profile.description
                    $0.owner = profile.accountID
                    $0.createdAt = Timestamp(secondsSinceEpoch: profile.created)
                    $0.updatedAt = Timestamp(secondsSinceEpoch: profile.updated)
                }
            })
    }
}

extension WellArchitected.GetProfileTemplate: ComputeOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        Output {
            $0.profileTemplate = WellArchitected.ProfileTemplate {
                $0.templateName = ProfileForm.name
                $0.templateQuestions = ProfileForm.questions.map { question in
                    WellArchitected.ProfileTemplateQuestion {
                        $0.questionId = question.id
                        $0.questionTitle = question.title
                        $0.questionDescription = question.description
                        $0.questionChoices = question.choices.map { choice in
                            WellArchitected.ProfileTemplateChoice {
                                $0.choiceId = choice.id
                                $0.choiceTitle = choice.title
                                $0.choiceDescription = choice.description
                            }
                        }
                        $0.minSelectedChoices = question.least
                        $0.maxSelectedChoices = question.most
                    }
                }
                $0.createdAt = Timestamp(secondsSinceEpoch: ProfileForm.changed)
                $0.updatedAt = Timestamp(secondsSinceEpoch: ProfileForm.changed)
            }
        }
    }
}
