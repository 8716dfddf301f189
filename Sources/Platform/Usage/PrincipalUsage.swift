public import Ledger

/// What a principal used last, and when: its access keys, its password, and each service down to the action. It is a
/// fold of the recorded calls, in which denied ones count too.
///
/// Times are milliseconds since 1970, as events have them. It can only forget what its principal loses and what is older
/// than ``trackingPeriod``.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>
public struct PrincipalUsage: Record, Equatable {
    public static let kind = "Gatehouse::IAM::PrincipalUsage"
    /// It changes with every call of its principal.
    public static let keepsHistory = false

    /// How far back AWS looks: 400 days, in milliseconds.
    public static let trackingPeriod: Int64 = 400 * 24 * 3600 * 1000
    /// Of several uses of a key within 15 minutes the first is recorded, and the span begins with it; a use after its end
    /// is recorded again. So AWS documents the credential report. GetAccessKeyLastUsed, of which no page says more than
    /// "most recently used", shows the same here, since auditors compare the two.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html#id_credentials_understanding_the_report_format>
    static let keySpan: Int64 = 15 * 60 * 1000
    /// Of several uses of a password within 5 minutes the first is recorded.
    static let passwordSpan: Int64 = 5 * 60 * 1000

    /// The last time, and the region.
    public struct Use: Sendable, Hashable, Codable {
        /// When, in milliseconds since 1970.
        public var time: Int64
        /// The region that the call was made in.
        public var region: String
    }

    /// The last use of an access key: when, where, and of which service.
    public struct KeyUse: Sendable, Hashable, Codable {
        /// When, in milliseconds since 1970.
        public var time: Int64
        /// The region that the call was made in.
        public var region: String
        /// `iam`
        public var service: String
    }

    /// The unique id of the user or role; the account's number for the root user.
    public let id: String
    /// The principal's account.
    public let accountID: String
    /// By the ids of long-term access keys.
    public private(set) var keys: [String: KeyUse] = [:]
    /// When the password opened a console session.
    public private(set) var password: Int64?
    /// By service (`iam`), then by action (`CreateUser`).
    public private(set) var services: [String: [String: Use]] = [:]
    /// Actions that the policies were asked about and that are not called as the operation was: `s3:ListBucket`. nil: none, or
    /// none that an earlier version has kept.
    private var asked: [String: Use]?

    /// A principal that has used nothing yet.
    public init(id: String, accountID: String) {
        self.id = id
        self.accountID = accountID
    }

    /// The last use of a service, whichever the action; nil if it was never used within the tracking period.
    public func lastUse(of service: String) -> Use? {
        services[service]?.values.max { $0.time < $1.time }
    }

    /// The last use of anything.
    public var lastUse: Use? {
        services.values.lazy.flatMap(\.values).max { $0.time < $1.time }
    }

    /// The last use of a service, or of a permission of the service's that another service's operation needed.
    public func lastNeed(of service: String) -> Use? {
        let needed = (asked ?? [:]).lazy.filter { $0.key.hasPrefix("\(service):") }.map(\.value)
        return ([lastUse(of: service)].compactMap(\.self) + needed).max { $0.time < $1.time }
    }

    /// The last use of an action, by whichever operation needed it.
    /// - Parameters:
    ///   - action: `ListBucket`
    ///   - service: `s3`
    public func lastUse(of action: String, in service: String) -> Use? {
        let called = services[service]?[action]
        guard let asked = asked?["\(service):\(action)"], asked.time > called?.time ?? .min else { return called }
        return asked
    }

    /// The actions of a service that were used since a time, in milliseconds since 1970.
    public func actions(of service: String, usedSince time: Int64) -> Set<String> {
        var used = Set((services[service] ?? [:]).filter { $0.value.time >= time }.keys)
        for (action, use) in asked ?? [:] where use.time >= time {
            let parts = action.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0] == service { used.insert(String(parts[1])) }
        }
        return used
    }

    // MARK: Folding

    /// A call, in whatever order: a use that is older than what is known changes nothing.
    mutating func take(_ use: RecordedUse) {
        let new = Use(time: use.time, region: use.region)
        services[use.service, default: [:]][use.action, default: new].replace(with: new)
        guard let key = use.longTermKey else { return }
        if let known = keys[key], use.time < known.time &+ Self.keySpan { return }
        keys[key] = KeyUse(time: use.time, region: use.region, service: use.service)
    }

    /// What the policies were asked about in the course of a call.
    mutating func take(_ actions: [String], _ use: Use) {
        var asked = asked ?? [:]
        self.asked = nil
        for action in actions { asked[action, default: use].replace(with: use) }
        self.asked = asked
    }

    mutating func takePassword(time: Int64) {
        if let password, time < password &+ Self.passwordSpan { return }
        password = time
    }

    /// Forgets keys that are gone, and what is out of the tracking period.
    mutating func prune(before time: Int64, isKey: (String) -> Bool) {
        let isOld = { (actions: [String: Use]) in actions.isEmpty || actions.values.contains { $0.time < time } }
        if let asked, isOld(asked) { self.asked = asked.filter { $0.value.time >= time } }
        guard services.values.contains(where: isOld) || !keys.keys.allSatisfy(isKey) else { return }
        keys = keys.filter { isKey($0.key) }
        services = services.mapValues { $0.filter { $0.value.time >= time } }.filter { !$0.value.isEmpty }
    }
}

extension PrincipalUsage.Use {
    /// Keeps the later of the two.
    fileprivate mutating func replace(with new: Self) {
        guard new.time > time else { return }
        time = new.time
        if region != new.region { region = new.region }
    }
}
