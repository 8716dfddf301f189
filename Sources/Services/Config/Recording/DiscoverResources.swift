import Ledger
import Platform
import Posture
import Wire

/// Looks at all resources that a recorder records: when it is started, or told to record others.
///
/// It sees them as they were when the journal had come to where it is recorded up to, and is begun from there: so what happens
/// meanwhile is recorded change by change, and nothing is passed over.
struct DiscoverResources: Job {
    static let kind = "Config::DiscoverResources"
    /// The recorder's name.
    let recorder: String
    /// The type and the resource after which to go on.
    var type: String?
    var after: String?
    /// Whether what was recorded before is being looked through for what is gone.
    var isClosing: Bool?

    init(recorder: String) { self.recorder = recorder }

    private static let atOnce = 64

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let names = environment.configuredResources.keys.sorted()
        let job = self
        try await context.finish { (records) throws(ServiceError) in
            guard let recorder = try records.get(Recorder.self, job.recorder), recorder.isRecording else { return }
            var next = job
            if job.isClosing == true {
                try next.close(recorder, records, environment)
            } else {
                try next.discover(recorder, names, records, environment)
            }
            guard next.type != nil || next.isClosing != job.isClosing else { return }
            try records.schedule(next, id: recorder.name, at: environment.now())
        }
    }

    /// Takes the next resources in.
    private mutating func discover(
        _ recorder: Recorder, _ names: [String], _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) {
        guard let name = type.map({ last in names.first { $0 >= last } }) ?? names.first,
            let type = environment.configuredResources[name]
        else {
            (type, after, isClosing) = (nil, nil, true)
            return
        }
        var page: (resources: [ConfiguredResource], next: String?) = ([], nil)
        if recorder.records(name, isGlobal: type.isGlobal) {
            page = try type.list(
                recorder.accountID, recorder.region, self.type == name ? after : nil, Self.atOnce, records.readOnly)
        }
        for resource in page.resources { try records.look(at: resource, type, recorder, environment) }
        if let last = page.next {
            (self.type, after) = (name, last)
        } else if let following = names.first(where: { $0 > name }) {
            (self.type, after) = (following, nil)
        } else {
            (self.type, after, isClosing) = (nil, nil, true)
        }
    }

    /// Looks whether what was recorded is still there, and still to be recorded.
    private mutating func close(
        _ recorder: Recorder, _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) {
        var range = RowRange()
        if let type, let after { range.after = .key(CurrentItem.key(type, after)) }
        let rows = try records.list(CurrentItem.self, range, limit: Self.atOnce)
        for row in rows {
            let item = row.item
            guard let record = item.record, let type = environment.configuredResources[item.type] else { continue }
            let resource = ConfiguredResource(
                item.type, record, account: item.account, region: item.recordRegion ?? "")
            if recorder.records(item.type, isGlobal: type.isGlobal) {
                try records.look(at: resource, type, recorder, environment)
            } else {
                let now = Int64(exactly: (environment.now() * 1000).rounded()) ?? 0
                try records.keep(
                    item.deleted(
                        .notRecorded, captured: now, sequence: try records.lastSequence(), requestID: ""),
                    item, environment)
            }
        }
        if rows.count == Self.atOnce, let last = rows.last {
            (type, after) = (last.item.type, last.item.id)
        } else {
            (type, after) = (nil, nil)
        }
    }
}

extension MutableRecords {
    /// Records a resource as it is now; and the end of what was recorded of the same record before and is another resource, or none.
    /// - Parameter isDue: whether it is time for what is recorded once a day.
    func look(
        at resource: ConfiguredResource, _ type: ConfiguredResourceType, _ recorder: Recorder,
        _ environment: Environment, isDue: Bool = false
    ) throws(ServiceError) {
        let sequence = try of(Scope(account: "")).get(FollowedResources.self, FollowedResources.name)?.sequence ?? 0
        let item = try type.item(resource, RecordedState(self, through: sequence, environment))
        let captured = Int64(exactly: (environment.now() * 1000).rounded()) ?? 0
        let range = RowIndexRange(RowPrefix(.text(resource.type), .text(resource.region), .text(resource.record)))
        for old in try list(CurrentItem.self, by: CurrentItem.byRecord, range, limit: 16).map(\.item)
        where old.id != item?.resourceID {
            try keep(old.deleted(captured: captured, sequence: sequence, requestID: ""), old, environment)
        }
        if !isDue, let item, recorder.frequency(of: type.name) == .daily,
            try currentItem(type.name, item.resourceID) != nil
        {
            try put(PendingItem(type: type.name, record: resource.record, region: resource.region))
            return
        }
        try record(
            FoundItem(
                recorder: recorder, resource: resource, isGlobal: type.isGlobal, item: item, before: nil,
                captured: captured, sequence: sequence, requestID: ""), environment)
    }
}
