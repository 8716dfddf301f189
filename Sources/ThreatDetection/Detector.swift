/// Looks at one call after the other. Pure: what it knows is what it is given.
public enum Detector {
    /// Looks at a call, and takes it into what is usual.
    ///
    /// - Parameters:
    ///   - call: one that stands in the account's history.
    ///   - account: what is remembered of the account.
    ///   - actor: what is remembered of the caller: by ``ObservedCall/Actor/id``.
    ///   - around: what is known besides.
    /// - Returns: what it found: the detections that the call proves, then the attack sequence that they are part of.
    public static func examine(
        _ call: ObservedCall, _ account: inout AccountMemory, _ actor: inout ActorMemory, _ around: Surroundings
    ) -> [Detection] {
        look(at: call, &account, &actor, around).found
    }

    /// What came of looking at a call.
    public struct Look: Sendable {
        public let found: [Detection]
        /// How others with the same ``CallKey`` are to be looked at; nil: each like this one.
        public let routine: Routine?
        /// Whether something of this day was forgotten: then nothing is routine any more.
        public let forgets: Bool
    }

    /// Looks at a call, and takes it into what is usual: ``examine(_:_:_:_:)``.
    ///
    /// A call is routine where others with the same key would find nothing and change nothing but a count, as long as what is known besides
    /// stays the same.
    public static func look(
        at call: ObservedCall, _ account: inout AccountMemory, _ actor: inout ActorMemory, _ around: Surroundings
    ) -> Look {
        let hour = hours(call.time)
        let traits = CallTraits(call)
        let isTrusted = call.address.map { !around.trusted.lists(with: $0).isEmpty } ?? false
        account.profile.wake(at: hour)
        actor.profile.wake(at: hour)
        var found: [Detection] = []
        // What serves nothing is a habit at most, which is noted by the day.
        let isPlain = call.succeeded && !call.isOfData && Tactic.calls[call.api] == nil
        var mayMatter = judgedByRequest.contains(call.name) || call.actor.instanceID != nil
        if !isTrusted, around.looksAtData || !call.isOfData {
            found += CallRules.detections(call, around)
            if let logins = consoleLogins(call, &actor, around) { found.append(logins) }
            if call.invokedBy == nil {
                let anomalies = Anomalies(call: call, traits: traits, hour: hour, account: account.profile)
                if !isPlain, !mayMatter { mayMatter = anomalies.mayFind(actor) }
                found += anomalies.detections(&actor)
            }
        }
        if let change = passwordPolicy(call, &account), !isTrusted { found.append(change) }
        var forgets = false
        // What a service does in the course of a call is no habit of the caller's.
        if call.invokedBy == nil, around.looksAtData || !call.isOfData {
            forgets = actor.profile.note(call, traits, at: hour)
            forgets = account.profile.note(call, traits, at: hour) || forgets
        }
        if !isTrusted, let sequence = Sequences.next(call, found, &actor) { found.append(sequence) }
        var routine: Routine?
        if !mayMatter, found.isEmpty, isPlain || call.isOfData || !actor.isSuspect {
            // A call that is usual by now stays so for the day.
            let isUsual =
                call.succeeded && Tactic.calls[call.api] == .discovery && account.profile.hasLearnt(at: hour)
                && actor.profile.hasLearnt(at: hour)
            routine = isPlain || isUsual ? .ofTheDay : .ofTheHour
            if call.isOfData, call.bucket != nil, !isTrusted, call.invokedBy == nil, let use = DataUse(call.name) {
                routine = .counted(actor: call.actor.id, use)
            }
        }
        return Look(found: found, routine: routine, forgets: forgets)
    }

    /// Counts one more use of data, of a kind that was routine before.
    /// - Returns: false where it is more than usual: then nothing is counted, and the call has to be looked at.
    public static func count(_ use: DataUse, at time: Double, _ actor: inout ActorMemory) -> Bool {
        Anomalies.count(use, at: hours(time), &actor)
    }

    /// What these mean stands in what was asked or answered.
    private static let judgedByRequest: Set<String> = [
        "StopLogging", "DeleteTrail", "UpdateTrail", "PutBucketLogging", "PutAccountPublicAccessBlock",
        "DeleteAccountPublicAccessBlock", "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock",
        "PutBucketPolicy", "PutBucketAcl", "CreateBucket", "UpdateAccountPasswordPolicy",
        "DeleteAccountPasswordPolicy", "ConsoleLogin",
    ]

    // MARK: - The password policy

    private static func passwordPolicy(_ call: ObservedCall, _ account: inout AccountMemory) -> Detection? {
        guard call.source == "iam.amazonaws.com" else { return nil }
        let before = account.passwordPolicy
        let changes: [String]
        switch call.name {
        case "UpdateAccountPasswordPolicy":
            let wanted = PasswordPolicy(call.request)
            changes = wanted.weakened(from: before ?? .standard)
            if call.succeeded { account.passwordPolicy = wanted }
        case "DeleteAccountPasswordPolicy":
            // One that is not there can't be deleted.
            if call.succeeded { account.passwordPolicy = .standard }
            changes = call.errorCode.map { $0.hasPrefix("NoSuchEntity") } == true ? [] : ["the policy was deleted"]
        default: return nil
        }
        guard !changes.isEmpty else { return nil }
        let severity = call.name == "DeleteAccountPasswordPolicy" || changes.count > 3 ? 8.0 : changes.count > 1 ? 5 : 2
        var detection = Detection(
            .passwordPolicy, call,
            title: "The password policy of account \(call.recipient) was weakened.",
            description: "\(call.actor.described) \(call.succeeded ? "called" : "tried to call") \(call.name) from "
                + "\(call.sourceAddress): \(changes.joined(separator: "; ")).",
            severity: severity, identity: [call.actor.id, call.name])
        detection.unusual = [
            Detection.Unusual(
                "passwordPolicy", seen: changes.joined(separator: "; "),
                usual: before == nil
                    ? "AWS's standard policy, as none was seen before" : "the policy that was set before")
        ]
        return detection
    }

    // MARK: - Sign-ins

    /// Two sign-ins of one user within this many seconds, from two places.
    static let loginWindow = 3600.0

    private static func consoleLogins(
        _ call: ObservedCall, _ actor: inout ActorMemory, _ around: Surroundings
    ) -> Detection? {
        guard call.name == "ConsoleLogin", call.source == "signin.amazonaws.com", call.actor.type == "IAMUser",
            call.response["ConsoleLogin"]?.text == "Success", let address = call.address
        else { return nil }
        actor.logins.removeAll { call.time - $0.time > loginWindow }
        let place = around.country(address) ?? "network \(address.masked(to: address.version == 4 ? 16 : 32))"
        let others = actor.logins.filter { $0.place != place }
        actor.logins.append(
            ActorMemory.Login(time: call.time, place: place, address: address.description, event: call.eventID))
        if actor.logins.count > 20 { actor.logins.removeFirst() }
        guard !others.isEmpty else { return nil }
        let places = Set(others.map(\.place)).sorted()
        var detection = Detection(
            .consoleLogins, call,
            title: "Several successful console sign-ins of user \(call.actor.userName) from different places.",
            description:
                "User \(call.actor.userName) signed in to the console from \(place) (\(address)), and within an "
                + "hour before from \(places.joined(separator: ", ")).",
            identity: [call.actor.id])
        detection.events = others.map(\.event)
        detection.unusual = [
            Detection.Unusual("network", seen: "\(place) (\(address))", usual: places.joined(separator: ", "))
        ]
        return detection
    }
}
