import Directory
import Ledger
import Platform
import Posture
import Wire

/// A resource as it was found, for one recorder.
struct FoundItem: Sendable {
    let recorder: Recorder
    let resource: ConfiguredResource
    let isGlobal: Bool
    /// nil: it is there no more.
    let item: ConfigurationItem?
    /// Of one that is there no more: what it was.
    let before: ConfigurationItem?
    /// Milliseconds since 1970.
    let captured: Int64
    let sequence: Int64
    let requestID: String
}

extension MutableRecords {
    /// Records what was found, unless a later state was recorded already, or nothing has changed.
    ///
    /// The records are those of the recorder's scope. Whoever records does so here: one line in the log, one item of the past, and
    /// the current one; and those who want to know are told.
    /// - Returns: what was recorded; nil: nothing.
    @discardableResult
    func record(_ found: FoundItem, _ environment: Environment) throws(ServiceError) -> StoredItem? {
        guard let known = found.item ?? found.before else { return nil }
        let old = try get(CurrentItem.self, CurrentItem.key(known.resourceType, known.resourceID))?.item
        if let old, old.sequence >= found.sequence { return nil }
        let new: StoredItem
        if let item = found.item {
            var made = StoredItem(
                item, of: found.resource, in: scope.region, isGlobal: found.isGlobal, status: .ok,
                captured: found.captured, sequence: found.sequence, requestID: found.requestID,
                frequency: found.recorder.frequency(of: item.resourceType))
            if old == nil { made.status = .discovered }
            guard old?.content != made.content else { return nil }
            new = made
        } else {
            guard let old else { return nil }
            new = old.deleted(captured: found.captured, sequence: found.sequence, requestID: found.requestID)
        }
        try keep(new, old, environment)
        return new
    }

    /// Makes an item the current one, or its resource one that was deleted.
    func keep(_ new: StoredItem, _ old: StoredItem?, _ environment: Environment) throws(ServiceError) {
        var progress = try get(RecorderProgress.self, RecorderProgress.name) ?? RecorderProgress()
        let number = progress.next
        progress.next += 1
        try put(progress)
        try put(PastItem(item: new, number: number))
        try put(ItemLine(number: number, type: new.type, id: new.id, captured: new.captured))
        let key = CurrentItem.key(new.type, new.id)
        switch new.status {
        case .deleted, .deletedNotRecorded:
            try delete(CurrentItem.self, key)
            try put(DeletedItem(item: new))
        case .notRecorded: try delete(CurrentItem.self, key)
        case .ok, .discovered:
            try put(CurrentItem(item: new))
            try delete(DeletedItem.self, key)
        }
        try tell(of: new, old, environment)
    }

    /// Tells of an item whom it concerns: whoever listens to the default event bus, and the delivery channel's topic.
    private func tell(of new: StoredItem, _ old: StoredItem?, _ environment: Environment) throws(ServiceError) {
        let topic = try list(DeliveryChannel.self, limit: 1).first?.topicARN
        let isListened = try get(ListenedBus.self, ListenedBus.id) != nil
        guard topic != nil || isListened else { return }
        let difference = ConfigurationDifference(old?.item, new.item)
        let now = environment.now()
        let message: JSONValue = .members([
            "configurationItemDiff": difference.json, "configurationItem": new.file,
            "notificationCreationTime": .time(now),
            "messageType": .string("ConfigurationItemChangeNotification"), "recordVersion": .string("1.3"),
        ])
        try announce(
            AnnouncedEvent(
                source: "aws.config", detailType: "Config Configuration Item Change",
                resources: new.arn.map { [$0] } ?? [], time: now, detail: message.jsonText))
        guard topic != nil else { return }
        let done = ["CREATE": "Created", "UPDATE": "Updated", "DELETE": "Deleted"][difference.type] ?? ""
        try notify(
            "[AWS Config:\(scope.region)] \(new.type) \(new.name ?? new.id) \(done) in Account \(scope.account)",
            message, id: "\(new.stateID) \(new.sequence) \(new.type) \(new.id)", environment)
    }
}
