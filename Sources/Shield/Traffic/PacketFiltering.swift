/// What keeps packets back before the system answers them: the kernel's filter.
public protocol PacketFiltering: Sendable {
    /// Has a client open no more connections for some seconds. It never waits.
    func ban(_ client: ClientKey, for seconds: Double)
    /// What was counted since the last time; nil: it can't be told.
    func counts() async -> PacketCounts?
}

/// Packets that would open a connection to the web front.
public struct PacketCounts: Sendable, Equatable {
    /// How many there were in all.
    public var asked: Int
    /// How many came from banned addresses, and were dropped.
    public var banned: Int
    /// How many were dropped since their address opens too many connections.
    public var tooMany: Int

    /// - Parameters: see the properties.
    public init(asked: Int = 0, banned: Int = 0, tooMany: Int = 0) {
        self.asked = asked
        self.banned = banned
        self.tooMany = tooMany
    }
}
