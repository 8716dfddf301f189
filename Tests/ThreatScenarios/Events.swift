public import ThreatDetection
import Wire

/// An event, as the history has it.
public struct Made: Sendable {
    public var time = Made.start
    public var source = "iam"
    public var name = "ListUsers"
    public var user = "alice"
    public var type = "IAMUser"
    public var principal: String?
    public var address = "192.0.2.10"
    public var agent = "aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 os/linux#6.1"
    public var isReadOnly = true
    public var isOfData = false
    public var error: String?
    public var request = "null"
    public var response = "null"
    public var more = ""
    public var session = ""

    /// 15 January 2027, 08:00:00 UTC.
    public static let start = 1_800_000_000.0

    public init(_ source: String, _ name: String, _ change: (inout Made) -> Void = { _ in }) {
        (self.source, self.name) = (source, name)
        isReadOnly = ["Get", "List", "Describe", "Head", "Lookup"].contains { name.hasPrefix($0) }
        change(&self)
    }

    public var id: String { "event-\(source)-\(name)-\(Int(time * 1000))-\(address)" }

    public var call: ObservedCall {
        guard let call = ObservedCall(record: Array(record.utf8)) else { fatalError("no event: \(record)") }
        return call
    }

    /// As JSON.
    var record: String {
        let failure = self.error.map { "\"errorCode\":\"\($0)\"," } ?? ""
        return """
            {"userIdentity":{"type":"\(type)","principalId":"\(principal ?? "AIDA\(user)")","arn":\
            "arn:aws:iam::111122223333:user/\(user)","accountId":"111122223333","accessKeyId":"AKIA\(user)",\
            "userName":"\(user)"\(session)},"eventTime":"\(Timestamp(secondsSinceEpoch: time).iso8601)","eventSource":\
            "\(source).amazonaws.com","eventName":"\(name)","awsRegion":"us-east-1","sourceIPAddress":"\(address)",\
            "userAgent":"\(agent)",\(failure)"requestParameters":\(request),"responseElements":\(response),"eventID":\
            "\(id)","readOnly":\(isReadOnly),"eventType":"AwsApiCall","recipientAccountId":"111122223333"\(more),\
            "eventCategory":"\(isOfData ? "Data" : "Management")"}
            """
    }
}

/// A detector's memory, after some events.
public struct Remembered: Sendable {
    public var account: AccountMemory
    public var actors: [String: ActorMemory] = [:]
    public var around = Surroundings()

    public init(began: Double = Made.start) { account = AccountMemory(began: began) }

    public mutating func see(_ made: Made) -> [Detection] {
        let call = made.call
        let id = call.actor.id
        var actor = actors[id] ?? ActorMemory(began: call.time)
        let found = Detector.examine(call, &account, &actor, around)
        actors[id] = actor
        return found
    }
}

extension Remembered {
    /// Looks at an event unless it is routine.
    /// - Returns: what was found; nil: it was not looked at.
    public mutating func see(_ made: Made, _ routine: inout RoutineCalls) -> [Detection]? {
        let key = CallKey(record: Array(made.record.utf8))
        switch key.flatMap({ routine[$0] }) {
        case .ofTheDay, .ofTheHour: return nil
        case .counted(let id, let use):
            guard var actor = actors[id] else { break }
            let isUsual = Detector.count(use, at: made.time, &actor)
            actors[id] = actor
            if isUsual { return nil }
        case nil: break
        }
        let call = made.call
        let id = call.actor.id
        var actor = actors[id] ?? ActorMemory(began: call.time)
        let look = Detector.look(at: call, &account, &actor, around)
        actors[id] = actor
        if look.forgets { routine.forgetAll() } else if !look.found.isEmpty { routine.forgetHours() }
        if let key, let kind = look.routine { routine.insert([key: kind], stamp: "") }
        return look.found
    }
}

/// A detector at work.
public final class Watched {
    private var memory: Remembered

    public init(_ memory: Remembered = Remembered()) { self.memory = memory }

    public var around: Surroundings {
        get { memory.around }
        set { memory.around = newValue }
    }

    public func see(_ made: Made) -> [Detection] { memory.see(made) }

    /// The types of what is found, but for attack sequences, which follow from it.
    public func types(_ source: String, _ name: String, _ change: (inout Made) -> Void = { _ in }) -> Set<String> {
        Set(see(Made(source, name, change)).map(\.type.name).filter { !$0.hasPrefix("AttackSequence:") })
    }
}
