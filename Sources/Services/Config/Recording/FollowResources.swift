import Ledger
import Platform
import Wire

/// Records every change of a resource, as soon as it is in the journal: exactly as it was then, at its millisecond and with its
/// request, however late this comes.
struct FollowResources: Follower {
    static let name = "Config::Resources"
    static let source = FollowedSource.journal(kinds: [Recorder.kind])

    /// Where there is no recorder, nothing is followed but the making of one.
    static func source(_ environment: Environment) -> FollowedSource {
        guard !environment.projection(RecorderIndex.self).isEmpty else { return source }
        return .journal(kinds: environment.configuredKinds.union([Recorder.kind]))
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .changes(let entries, let hasGap) = batch else { return { _ in } }
        try await environment.catchUp()
        let index = environment.projection(RecorderIndex.self)
        let found = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            var found: [FoundItem] = []
            for group in requests(entries) {
                found += try look(at: group, records, environment, index)
            }
            return found
        }
        // What happened meanwhile is gone from the journal: all is looked at.
        var discovering = hasGap ? index.all.filter(\.isRecording) : []
        for entry in entries where entry.change.kind == Recorder.kind {
            if let recorder = try recorderThatRecordsMore(entry.change) { discovering.append(recorder) }
        }
        let (done, begun, last) = (found, discovering, entries.last?.change.sequence)
        return { (records) throws(ServiceError) in
            for item in done { try records.of(item.recorder.scope).recordOrPostpone(item, environment) }
            for recorder in begun { try records.discover(for: recorder, at: environment.now()) }
            if let last {
                // What was there before the types were kept may not have been looked at for all of today's.
                let before = try records.get(FollowedResources.self, FollowedResources.name)
                let types = before.map(\.types) ?? environment.configuredResources.keys.sorted()
                try records.put(FollowedResources(sequence: last, types: types))
            }
        }
    }

    /// A recorder that was started, or told to record other types; nil: it was not.
    private static func recorderThatRecordsMore(_ change: Change) throws(ServiceError) -> Recorder? {
        let states = try change.states(of: Recorder.self)
        guard change.after != nil, let new = states.last, new.isRecording, new.servicePrincipal == nil else {
            return nil
        }
        guard states.count == 2, let old = states.first, old.isRecording else { return new }
        let isSame =
            old.strategy == new.strategy && old.types == new.types
            && old.includesGlobalTypes == new.includesGlobalTypes
        return isSame ? nil : new
    }

    /// The entries of one request after the other: what it changed counts as one change.
    private static func requests(_ entries: [JournalEntry]) -> [ArraySlice<JournalEntry>] {
        var groups: [ArraySlice<JournalEntry>] = []
        var start = entries.startIndex
        for index in entries.indices {
            let next = index + 1
            if next == entries.endIndex || entries[index].change.requestID.isEmpty
                || entries[next].change.requestID != entries[index].change.requestID
            {
                groups.append(entries[start..<next])
                start = next
            }
        }
        return groups
    }

    /// What a request has changed, for each recorder that was running then.
    private static func look(
        at group: ArraySlice<JournalEntry>, _ records: Records, _ environment: Environment, _ index: RecorderIndex
    ) throws(ServiceError) -> [FoundItem] {
        guard let first = group.first, let last = group.last else { return [] }
        let sequence = last.change.sequence
        let after = RecordedState(records, through: sequence, environment)
        let before = RecordedState(records, through: first.change.sequence - 1, environment)
        var resources: [ConfiguredResource] = []
        for type in environment.configuredResources.values.sorted(by: { $0.name < $1.name }) {
            for entry in group where type.kinds.contains(entry.change.kind) {
                for resource in try type.concerned(entry.change, after) where !resources.contains(resource) {
                    resources.append(resource)
                }
            }
        }
        let moved = environment.clock.moved * 1000
        let captured = last.time + (Int64(exactly: moved.rounded()) ?? 0)
        var found: [FoundItem] = []
        for resource in resources {
            guard let type = environment.configuredResources[resource.type] else { continue }
            var wanting: [Recorder] = []
            for known in index.recorders(of: resource.account)
            where resource.region.isEmpty || resource.region == known.region {
                // As it was then.
                guard let recorder = try after.get(Recorder.self, known.name, in: known.scope), recorder.isRecording,
                    recorder.records(type.name, isGlobal: type.isGlobal)
                else { continue }
                wanting.append(recorder)
            }
            guard !wanting.isEmpty else { continue }
            let item = try type.item(resource, after)
            let old = item == nil ? try type.item(resource, before) : nil
            guard item != nil || old != nil else { continue }
            for recorder in wanting {
                found.append(
                    FoundItem(
                        recorder: recorder, resource: resource, isGlobal: type.isGlobal, item: item, before: old,
                        captured: captured, sequence: sequence, requestID: last.change.requestID))
            }
        }
        // A resource that got another name is gone by the old one and there by the new one: it is there.
        return found.filter { one in
            one.item != nil
                || !found.contains {
                    $0.item?.resourceID == one.before?.resourceID && $0.item?.resourceType == one.before?.resourceType
                        && $0.recorder.scope == one.recorder.scope
                }
        }
    }
}

extension Environment {
    /// The number of the journal's last entry: where followers go on that have followed nothing as long as nobody wanted it.
    /// Whoever wants it by way of another node is known afterwards.
    func journalEnd() async throws(ServiceError) -> Int64 {
        let end: Int64
        do throws(LedgerError) { end = try await ledger.lastSequence() } catch { throw ServiceError(error) }
        try await catchUpWithOtherNodes()
        return end
    }
}

/// Up to which entry of the journal all is recorded.
struct FollowedResources: Record {
    static let kind = "Config::FollowedResources"
    static let keepsHistory = false
    static let name = "journal"

    var id = name
    var sequence: Int64
    /// The types of resources of which all recorders have looked at what there is; nil: nobody knows.
    var types: [String]?

    /// Has the running recorders look at all, if there are types that none of them has looked at: another version knew fewer.
    static func begin(_ environment: Environment) async throws(ServiceError) {
        try await environment.catchUp()
        let running = environment.projection(RecorderIndex.self).all.filter(\.isRecording)
        try await environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
            guard var followed = try records.get(FollowedResources.self, name) else { return }
            let known = Set(followed.types ?? [])
            guard !known.isSuperset(of: environment.configuredResources.keys) else { return }
            for recorder in running { try records.discover(for: recorder, at: environment.now()) }
            followed.types = known.union(environment.configuredResources.keys).sorted()
            try records.put(followed)
        }
    }
}

extension MutableRecords {
    /// Has a recorder look at all that there is.
    fileprivate func discover(for recorder: Recorder, at time: Double) throws(ServiceError) {
        let own = of(recorder.scope)
        try own.schedule(DiscoverResources(recorder: recorder.name), id: recorder.name, at: time)
        try own.schedule(DiscoverCompliance(), id: recorder.name, at: time)
    }

    /// Records what was found; or, of a type that is recorded daily, notes that there is something to be recorded.
    func recordOrPostpone(_ found: FoundItem, _ environment: Environment) throws(ServiceError) {
        let resource = found.resource
        guard found.recorder.frequency(of: resource.type) == .daily else {
            try record(found, environment)
            return
        }
        try put(PendingItem(type: resource.type, record: resource.record, region: resource.region))
    }
}
