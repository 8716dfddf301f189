import Ledger
import Platform
import Wire

/// Deliveries of a topic that follow one another. Each topic has lanes of its own, and a job works on one at a time, so that no
/// topic keeps another waiting.
struct Lane: Sendable, Hashable {
    let name: String

    /// What nobody has tried yet.
    static let fresh = Lane(name: "fresh")
    /// What failed, and what waits behind that: an endpoint that does not answer holds up itself alone.
    static let again = Lane(name: "again")
    /// What a subscription of a FIFO topic gets, in its order.
    static func ordered(_ subscriptionID: String) -> Lane { Lane(name: subscriptionID) }

    var isOrdered: Bool { self != .fresh && self != .again }
    var range: RowRange { RowRange(RowPrefix(.text(name))) }

    /// The id of its job.
    func jobID(_ topicID: String) -> String { "\(topicID) \(name)" }
}

extension MutableRecords {
    /// Puts a message on its way to some subscribers. The message is stored already.
    /// - Parameter time: seconds since 1970.
    func enqueue(
        _ subscriptions: [String], _ content: MessageContent, of topic: Topic, at time: Double
    ) throws(ServiceError) {
        let due = RequestIDs.milliseconds(time)
        for subscription in subscriptions {
            let lane = topic.isFIFO ? Lane.ordered(subscription) : .fresh
            try put(
                PendingDelivery(
                    topicID: topic.uniqueID, lane: lane.name, order: topic.isFIFO ? content.sequence ?? 0 : due,
                    subscriptionID: subscription, messageID: content.id, due: due))
            if topic.isFIFO { try work(on: lane, of: topic.name, topic.uniqueID, at: time) }
        }
        if !topic.isFIFO { try work(on: .fresh, of: topic.name, topic.uniqueID, at: time) }
    }

    /// Sees to it that somebody works on a lane at a time. Who does already goes on as long as there is something to do.
    func work(on lane: Lane, of topic: String, _ topicID: String, at time: Double) throws(ServiceError) {
        let id = lane.jobID(topicID)
        if lane == .again {
            if let known = try scheduledTime(of: RedeliverMessages.self, id: id), known <= time { return }
            try schedule(RedeliverMessages(topic: topic, topicID: topicID), id: id, at: time)
        } else {
            if let known = try scheduledTime(of: DeliverMessages.self, id: id), known <= time { return }
            try schedule(DeliverMessages(topic: topic, topicID: topicID, lane: lane.name), id: id, at: time)
        }
    }
}

/// Works on a lane of what is new.
struct DeliverMessages: Job {
    static let kind = "SNS::DeliverMessages"
    static let concurrency = 16

    let topic: String
    let topicID: String
    let lane: String

    func run(_ context: JobContext) async throws(ServiceError) {
        try await LaneWork(context, topic: topic, topicID: topicID, lane: Lane(name: lane)).run()
    }
}

/// Works on a topic's lane of what failed.
struct RedeliverMessages: Job {
    static let kind = "SNS::RedeliverMessages"
    static let concurrency = 16

    let topic: String
    let topicID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        try await LaneWork(context, topic: topic, topicID: topicID, lane: .again).run()
    }
}
