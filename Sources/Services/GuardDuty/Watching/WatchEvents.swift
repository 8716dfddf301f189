import Directory
import Ledger
import Platform
import ThreatDetection
import WAF
import Wire

/// Looks at what is called, for all detectors. How far it is, what is usual and what was found are one commit: each call is looked at
/// once, whatever happens in between.
struct WatchEvents: Follower {
    static let name = "GuardDuty::WatchEvents"
    static let source = FollowedSource.events

    /// Nothing is followed as long as no detector is enabled.
    static func source(_ environment: Environment) -> FollowedSource {
        environment.guardDuty.isWatching ? .events : .journal(kinds: [])
    }

    /// Where the event history is.
    static func end(_ environment: Environment) async throws(ServiceError) -> Int64 {
        let end = try await HistoryWalk(environment: environment).end()
        // Detectors that were enabled by way of another node must be known from here on.
        try await environment.catchUpWithOtherNodes()
        return end
    }

    /// The calls that a detector has to look at, in order.
    private struct Share: Sendable {
        let detector: StoredDetector
        var calls: [WatchedCall] = []
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .events(let events) = batch, let first = events.first else { return { _ in } }
        let index = environment.guardDuty
        let detectors = index.watching.mapValues { own in own.map { ($0, index.stamp(of: $0)) } }
        // What the last batch has taught holds if it is behind us.
        index.routines.begin(first.id, detectors.values.flatMap { $0.map { ($0.0.id, $0.1) } })
        var shares: [Scope: Share] = [:]
        var seen: Set<CallKey> = []
        for event in events {
            guard let own = detectors[event.account], own.contains(where: { event.time >= $0.0.since }) else {
                continue
            }
            let key = CallKey(record: event.body)
            var watched = WatchedCall(key: key, record: event.body, time: Double(event.time) / 1000)
            for (detector, _) in own where event.time >= detector.since {
                watched.routine = key.flatMap { index.routines.known($0, detector.id) }
                if watched.routine == .ofTheDay { continue }
                // One of a kind is read here, and the others if it turns out that they matter.
                if watched.routine == nil, watched.call == nil, key.map({ seen.insert($0).inserted }) ?? true {
                    guard let call = ObservedCall(record: event.body) else { break }
                    watched.call = call
                }
                if let call = watched.call, !detector.sees(call) { continue }
                shares[detector.scope, default: Share(detector: detector)].calls.append(watched)
            }
        }
        guard !shares.isEmpty else { return { _ in } }
        var watches: [(watch: DetectorWatch, calls: [WatchedCall])] = []
        for share in shares.values.sorted(by: { $0.detector.id < $1.detector.id }) {
            let around = try await Surroundings.of(share.detector, environment)
            watches.append((DetectorWatch(share.detector, around, environment), share.calls))
        }
        let (work, now) = (watches, environment.now())
        return { (records) throws(ServiceError) in
            var learnt: [String: Lesson] = [:]
            for (watch, calls) in work {
                learnt[watch.detector.id] = try watch.examine(
                    calls, records.of(watch.detector.scope), at: now)
            }
            index.routines.learn(learnt, first.id)
        }
    }
}

/// A call that a detector has to look at, if no other of the same kind was routine.
struct WatchedCall: Sendable {
    let key: CallKey?
    let record: [UInt8]
    /// Seconds since 1970.
    let time: Double
    /// What is known of its kind.
    var routine: Routine?
    /// As it was read; nil: it was not yet.
    var call: ObservedCall?
}

extension StoredDetector {
    /// What is the same in all Regions concerns each of them.
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_data-sources.html#guardduty_cloudtrail>
    private static let global: Set<String> = [
        "iam.amazonaws.com", "organizations.amazonaws.com", "signin.amazonaws.com", "cloudfront.amazonaws.com",
        "route53.amazonaws.com",
    ]

    func sees(_ call: ObservedCall) -> Bool {
        guard call.region == region || Self.global.contains(call.source) else { return false }
        return looksAtData || !call.isOfData
    }
}

/// One detector, at work on some calls.
struct DetectorWatch: Sendable {
    let detector: StoredDetector
    private let around: Surroundings
    private let environment: Environment

    init(_ detector: StoredDetector, _ around: Surroundings, _ environment: Environment) {
        (self.detector, self.around, self.environment) = (detector, around, environment)
    }

    /// What is remembered of callers, as it was kept and as it is.
    private struct Callers {
        let detector: String
        private(set) var memories: [String: ActorMemory] = [:]
        private var kept: [String: ActorMemory] = [:]
        private var days: [String: Int64] = [:]

        init(_ detector: String) { self.detector = detector }

        mutating func with<Result>(
            _ id: String, at time: Double, _ records: MutableRecords,
            _ body: (inout ActorMemory) throws(ServiceError) -> Result
        ) throws(ServiceError) -> Result {
            if memories[id] == nil {
                let row = try records.get(ActorMemoryRow.self, RowKey(.text(id)), of: detector)
                kept[id] = row?.memory
                memories[id] = row?.memory ?? ActorMemory(began: time)
            }
            days[id] = max(days[id] ?? 0, Int64(exactly: (time / 86_400).rounded(.down)) ?? 0)
            // Taken out, so that it is changed where it lies.
            var memory = memories.removeValue(forKey: id) ?? ActorMemory(began: time)
            defer { memories[id] = memory }
            return try body(&memory)
        }

        func keep(_ records: MutableRecords) throws(ServiceError) {
            for (id, memory) in memories.sorted(by: { $0.key < $1.key }) where kept[id] != memory {
                try records.put(
                    ActorMemoryRow(detectorID: detector, actor: id, day: days[id] ?? 0, memory: memory))
            }
        }
    }

    /// - Returns: which calls are routine.
    func examine(
        _ calls: [WatchedCall], _ records: MutableRecords, at now: Double
    ) throws(ServiceError) -> Lesson {
        // It may have been deleted or stopped meanwhile.
        guard let present = try records.get(StoredDetector.self, detector.id), present.isEnabled else {
            return Lesson(forgets: true)
        }
        let before = try records.get(AccountMemoryRow.self, RowKey(.text(detector.id)))
        var account = before?.memory ?? AccountMemory(began: Double(detector.since) / 1000)
        var callers = Callers(detector.id)
        var lesson = Lesson()
        let keeper = try FindingKeeper(present, records, environment, at: now)
        for watched in calls {
            // What was known before the batch is not, once something was found in it.
            let known = watched.key.flatMap { lesson.routine[$0] } ?? (lesson.isSure ? watched.routine : nil)
            if known == .ofTheDay || known == .ofTheHour { continue }
            if case .counted(let id, let use) = known {
                let isUsual = try callers.with(id, at: watched.time, records) { (memory) throws(ServiceError) in
                    Detector.count(use, at: watched.time, &memory)
                }
                if isUsual { continue }
            }
            guard let call = watched.call ?? ObservedCall(record: watched.record), detector.sees(call) else { continue }
            let look = try callers.with(call.actor.id, at: call.time, records) { (memory) throws(ServiceError) in
                Detector.look(at: call, &account, &memory, around)
            }
            for detection in look.found { try keeper.keep(detection) }
            lesson.take(look, watched.key)
        }
        try callers.keep(records)
        if before?.memory != account {
            try records.put(AccountMemoryRow(detectorID: detector.id, memory: account))
        }
        return lesson
    }
}

extension Surroundings {
    /// What is known to a detector now.
    static func of(_ detector: StoredDetector, _ environment: Environment) async throws(ServiceError) -> Surroundings {
        var (trusted, threats): ([AddressLists.List], [AddressLists.List]) = ([], [])
        // Those of an administrator hold for its members as well.
        var scopes = [detector.scope]
        if let member = environment.guardDuty.administrator(of: detector.accountID, region: detector.region) {
            scopes.append(Scope(account: member.administratorID, region: detector.region))
        }
        for scope in scopes {
            for list in environment.guardDuty.activeLists(scope) {
                guard let addresses = try await list.addresses(environment) else { continue }
                if list.isTrusted { trusted.append(addresses) } else { threats.append(addresses) }
            }
        }
        let index = environment.guardDuty
        var around = Surroundings(
            trusted: AddressLists(trusted), threats: AddressLists(threats).adding(index.threats), tor: index.tor)
        around.looksAtData = detector.looksAtData
        let networks = environment.projection(EC2Index.self)
        // Where an instance has no network of its own, it calls from the machine that it runs on.
        let sharesMachine = !(environment.instances.host?.isolatesNetworks ?? false)
        around.instance = { id in
            guard let instance = networks.find(StoredInstance.self, id) else { return nil }
            let own = networks.addresses(of: instance)
            return (instance.head.accountID, sharesMachine ? own.union(["127.0.0.1", "::1"]) : own)
        }
        around.owner = { networks.owner(ofPublic: $0) }
        around.isAffiliated = { account in
            let administrator = index.administrator(of: detector.accountID, region: detector.region)?.administratorID
            let owner = Scope(account: administrator ?? detector.accountID, region: detector.region)
            return account == administrator || index.member(account, of: owner)?.isAssociated ?? false
        }
        around.isRestricted = { environment.restrictsPublicAccess(toBucket: $0, detector) }
        return around
    }
}

extension StoredList {
    /// The addresses of an active list, read from the ledger if they are not known.
    func addresses(_ environment: Environment) async throws(ServiceError) -> AddressLists.List? {
        if let known = environment.guardDuty.addresses(of: self) { return known }
        var networks: [WAF.Network] = []
        var after: RowKey?
        while true {
            let (place, list) = (after, self)
            let parts = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.list(
                    ListPart.self, of: list.id, RowRange(after: place.map { .key($0) }), limit: 8)
            }
            for part in parts where part.content == content { networks += part.networks.compactMap { WAF.Network($0) } }
            guard parts.count == 8, let last = parts.last else { break }
            after = last.key
        }
        let made = AddressLists.List(name: name, isCustom: true, networks)
        environment.guardDuty.keep(made, of: self)
        return made
    }
}

extension EC2Index {
    /// All addresses that an instance's interfaces have.
    fileprivate func addresses(of instance: StoredInstance) -> Set<String> {
        var addresses: Set<String> = [instance.privateIPAddress]
        let estate = estate(Scope(account: instance.head.accountID, region: instance.head.region))
        for interface in estate.each(StoredNetworkInterface.self)
        where interface.attachment?.instanceID == instance.id {
            addresses.formUnion(interface.addresses.map(\.privateAddress))
            addresses.formUnion(interface.addresses.compactMap(\.publicAddress))
            addresses.formUnion(interface.addresses6)
        }
        return addresses
    }

    /// The account of the interface with a public address; nil: none here has it.
    fileprivate func owner(ofPublic address: String) -> String? {
        for (scope, estate) in estates {
            for interface in estate.each(StoredNetworkInterface.self)
            where interface.addresses.contains(where: { $0.publicAddress == address }) {
                return scope.account
            }
        }
        return nil
    }
}

extension Environment {
    /// Whether S3 Block Public Access takes from everybody what a bucket's policy gives, now.
    fileprivate func restrictsPublicAccess(toBucket name: String, _ detector: StoredDetector) -> Bool {
        guard let s3 = modules(signingAs: "s3").first(where: { $0.operations["PutBucketPolicy"] != nil }) else {
            return false
        }
        let time = now()
        let service = ServicePrincipal(
            GuardDutyName.principal, sourceARN: detector.arn, sourceAccount: detector.accountID)
        let call = Call(
            environment: self, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: detector.accountID, identity: .service(service)), module: s3,
            operation: "GetBucketPolicy", region: detector.region,
            source: Call.Source(service: GuardDutyName.principal, calledVia: []))
        let access = Access("s3:GetBucketPolicy", on: "arn:aws:s3:::\(name)")
        return access.resolved(call).resource?.restrictsPublicBuckets ?? false
    }
}
