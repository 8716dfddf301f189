/// Compares a call with what its caller and the account usually do.
///
/// Nothing is anomalous in the account's first seven days. A caller who is not seen for seven days yet is compared with the account
/// alone. The rules, by what is new for the caller (or for the account):
///
/// 1. A call that serves a tactic, which the caller has not made before, and that comes from a network or by a program which nobody of the
///    account has used; or from a network and by a program that are both new for the caller.
/// 2. A call that serves any tactic but discovery, which nobody of the account has made before, and that comes from a network or by a
///    program that is new for the caller.
/// 3. Discovery takes several, and so does what is refused, whatever it serves: within an hour five calls that are new for the caller,
///    from a network or by a program that is new for the caller, or fifteen from wherever.
/// 4. Objects of a bucket that the caller has not used before, from a network or by a program which nobody of the account has used; and
///    ten times as many objects, and at least 100, as on any day before.
struct Anomalies {
    let call: ObservedCall
    let traits: CallTraits
    let hour: Int
    let account: Profile

    private static let burstWindow = 3600.0
    private static let (burst, longBurst) = (5, 15)
    private static let (leastAmount, timesAmount, amountDays) = (100, 10, 3)

    func detections(_ actor: inout ActorMemory) -> [Detection] {
        guard account.hasLearnt(at: hour) else {
            if let use = DataUse(call.name), call.isOfData { _ = amount(use, &actor) }
            return []
        }
        if call.isOfData { return [data(&actor)].compactMap { $0 } }
        let tactic = Tactic.calls[call.api]
        guard tactic != nil || !call.succeeded else { return [] }
        let newness = Newness(self, actor.profile)
        guard newness.call else { return [] }
        // What was refused has done nothing, and shows who tries what there is.
        guard let tactic, tactic != .discovery, call.succeeded else {
            return [discovery(newness, &actor)].compactMap { $0 }
        }
        guard newness.isStrong || newness.callForAccount && newness.isWeak else { return [] }
        return [detection(.anomalous(tactic), tactic.purpose, newness.reasons(self, actor.profile))]
    }

    /// Whether a call like this one may be found, or counted, when it comes again within the hour.
    func mayFind(_ actor: ActorMemory) -> Bool {
        guard account.hasLearnt(at: hour), !call.isOfData else { return false }
        return Newness(self, actor.profile).call
    }

    /// What of the call is new.
    private struct Newness {
        let (call, callForAccount): (Bool, Bool)
        let (network, networkForAccount): (Bool, Bool)
        let (agent, agentForAccount): (Bool, Bool)

        init(_ one: Anomalies, _ profile: Profile) {
            let isKnown = profile.hasLearnt(at: one.hour)
            let account = one.account
            func pair(_ name: String?, _ part: (Profile) -> [String: Habit]) -> (Bool, Bool) {
                guard let name, !name.isEmpty else { return (false, false) }
                let forAccount = Profile.isNew(name, in: part(account), at: one.hour)
                return (isKnown ? Profile.isNew(name, in: part(profile), at: one.hour) : forAccount, forAccount)
            }
            (call, callForAccount) = pair(one.call.api) { $0.calls }
            (network, networkForAccount) = pair(one.traits.network) { $0.networks }
            (agent, agentForAccount) = pair(one.traits.agent) { $0.agents }
        }

        var isStrong: Bool { networkForAccount || agentForAccount || network && agent }
        var isWeak: Bool { network || agent }

        /// Against the caller's own habits; or the account's, of one who has none yet.
        func reasons(_ one: Anomalies, _ profile: Profile) -> [Detection.Unusual] {
            let isKnown = profile.hasLearnt(at: one.hour)
            let (base, whose) = isKnown ? (profile, "the caller") : (one.account, "the account")
            let days = max(1, (one.hour - base.began) / 24)
            func reason(
                _ what: String, _ seen: String?, _ isNew: Bool, _ forAccount: Bool, _ habits: [String: Habit]
            ) -> Detection.Unusual? {
                guard isNew, let seen else { return nil }
                return Detection.Unusual(
                    what, seen: seen,
                    usual: "not seen of \(forAccount ? "the account" : whose) in the \(days) "
                        + "\(days == 1 ? "day" : "days") before; usual of \(whose): "
                        + Profile.usual(habits, at: one.hour))
            }
            return [
                reason("api", one.call.api, call, callForAccount, base.calls),
                reason("network", one.traits.network, network, networkForAccount, base.networks),
                reason("userAgent", one.traits.agent, agent, agentForAccount, base.agents),
            ].compactMap { $0 }
        }
    }

    private func detection(
        _ type: FindingType, _ purpose: String, _ reasons: [Detection.Unusual], events: [String] = []
    ) -> Detection {
        let seen = reasons.map { "\($0.what) \($0.seen)" }.joined(separator: ", ")
        var detection = Detection(
            type, call,
            title: "\(call.actor.described.prefix(1).uppercased() + call.actor.described.dropFirst()) "
                + "anomalously invoked APIs commonly used to \(purpose).",
            description:
                "\(call.actor.described) called \(call.name) of \(call.source) from \(call.sourceAddress) under "
                + "anomalous circumstances. Unusual: \(seen).",
            identity: [call.actor.id])
        detection.unusual = reasons
        detection.events = events
        return detection
    }

    // MARK: - Discovery

    private func discovery(_ newness: Newness, _ actor: inout ActorMemory) -> Detection? {
        actor.discoveries.removeAll { call.time - $0.time > Self.burstWindow }
        if !actor.discoveries.contains(where: { $0.api == call.api }) {
            actor.discoveries.append(ActorMemory.NewCall(time: call.time, api: call.api, event: call.eventID))
            if actor.discoveries.count > 50 { actor.discoveries.removeFirst() }
        }
        let count = actor.discoveries.count
        guard count >= (newness.isWeak ? Self.burst : Self.longBurst) else { return nil }
        var reasons = newness.reasons(self, actor.profile).filter { $0.what != "api" }
        reasons.insert(
            Detection.Unusual(
                "api", seen: actor.discoveries.map(\.api).joined(separator: ", "),
                usual: "none of these \(count) in the days before; "
                    + "usual of the caller: \(Profile.usual(actor.profile.calls, at: hour))"), at: 0)
        return detection(
            .anomalous(.discovery), Tactic.discovery.purpose, reasons, events: actor.discoveries.map(\.event))
    }

    // MARK: - Data

    private func data(_ actor: inout ActorMemory) -> Detection? {
        guard let bucket = call.bucket, let use = DataUse(call.name) else { return nil }
        let amount = amount(use, &actor)
        guard call.succeeded else { return nil }
        let newness = Newness(self, actor.profile)
        let isKnown = actor.profile.hasLearnt(at: hour)
        let habits = isKnown ? actor.profile.buckets : account.buckets
        var reasons: [Detection.Unusual] = []
        if Profile.isNew(bucket, in: habits, at: hour), newness.networkForAccount || newness.agentForAccount {
            reasons = newness.reasons(self, actor.profile).filter { $0.what != "api" }
            reasons.insert(
                Detection.Unusual(
                    "bucket", seen: bucket,
                    usual: "usual of \(isKnown ? "the caller" : "the account"): "
                        + Profile.usual(habits, at: hour)), at: 0)
        } else if let amount, use == .read || use == .delete {
            reasons = [amount]
        }
        guard !reasons.isEmpty else { return nil }
        let seen = reasons.map { "\($0.what) \($0.seen)" }.joined(separator: ", ")
        var detection = Detection(
            .anomalousOfData(use), call,
            title: "\(call.actor.described.prefix(1).uppercased() + call.actor.described.dropFirst()) \(use.words) S3 "
                + "bucket \(bucket) in an unusual way.",
            description:
                "\(call.actor.described) called \(call.name) for S3 bucket \(bucket) from \(call.sourceAddress). "
                + "Unusual: \(seen).", identity: [call.actor.id, bucket])
        detection.unusual = reasons
        return detection
    }

    /// Counts, and tells of more than is usual.
    private func amount(_ use: DataUse, _ actor: inout ActorMemory) -> Detection.Unusual? {
        var amount = Self.begun(use, at: hour, actor)
        amount.count += 1
        actor.amounts[use.rawValue] = amount
        guard !Self.isUsual(amount) else { return nil }
        return Detection.Unusual(
            "amount", seen: "\(amount.count) calls today",
            usual: "at most \(amount.most) on each of \(amount.days) days before")
    }

    /// Counts one more where it is usual.
    static func count(_ use: DataUse, at hour: Int, _ actor: inout ActorMemory) -> Bool {
        var amount = begun(use, at: hour, actor)
        amount.count += 1
        guard isUsual(amount) else { return false }
        actor.amounts[use.rawValue] = amount
        return true
    }

    /// The amount of the day, as far as it goes.
    private static func begun(_ use: DataUse, at hour: Int, _ actor: ActorMemory) -> ActorMemory.Amount {
        let today = hour / 24
        guard var amount = actor.amounts[use.rawValue] else {
            return ActorMemory.Amount(day: today, count: 0, most: 0, days: 0)
        }
        // Events may be out of order about midnight; a clock that was set back begins a day.
        if today > amount.day || amount.day > today + 1 {
            amount.most = max(amount.most, amount.count)
            amount.days += 1
            (amount.day, amount.count) = (today, 0)
        }
        return amount
    }

    private static func isUsual(_ amount: ActorMemory.Amount) -> Bool {
        amount.days < amountDays || amount.count < max(leastAmount, amount.most * timesAmount)
    }
}
