import NIOCore

/// Whether a client takes too long.
struct ClientPace {
    enum Phase {
        case idle, head, body, answer, tunnel
        /// The answer is given, and not all of it is sent.
        case sending
        case closing
    }

    /// What has taken too long.
    enum Lapse {
        case idle, head, body, closing
        /// The reading of an answer.
        case reading

        var event: TrafficEvent? {
            switch self {
            case .head: .slowHead
            case .body: .slowBody
            case .reading: .slowReading
            case .idle, .closing: nil
            }
        }
    }

    private let limits: WebFrontLimits
    private(set) var phase = Phase.idle
    private var since: NIODeadline
    /// Since when bytes of a body are counted, and how many there were.
    private var window: (start: NIODeadline, bytes: Int)
    /// Since when the client takes nothing of the answer; nil: it does.
    private var blockedSince: NIODeadline?

    init(_ limits: WebFrontLimits, _ now: NIODeadline) {
        self.limits = limits
        (since, window) = (now, (now, 0))
    }

    mutating func begin(_ phase: Phase, _ now: NIODeadline) {
        self.phase = phase
        (since, window) = (now, (now, 0))
    }

    mutating func saw(_ bytes: Int) { window.bytes += bytes }

    mutating func writable(_ isWritable: Bool, _ now: NIODeadline) {
        blockedSince = isWritable ? nil : blockedSince ?? now
        if isWritable, phase == .sending { since = now }
    }

    /// - Parameter isReadingBody: whether it is the client that is waited for.
    /// - Returns: what has taken too long; nil: nothing.
    mutating func lapse(_ now: NIODeadline, isReadingBody: Bool) -> Lapse? {
        if let blockedSince, blockedSince + .seconds(limits.readingSeconds) < now, phase != .tunnel { return .reading }
        switch phase {
        case .idle: return since + .seconds(limits.idleSeconds) < now ? .idle : nil
        case .head: return since + .seconds(limits.headSeconds) < now ? .head : nil
        case .sending: return since + .seconds(limits.readingSeconds) < now ? .reading : nil
        case .closing: return since + .seconds(limits.closingSeconds) < now ? .closing : nil
        case .answer, .tunnel: return nil
        case .body:
            guard isReadingBody else {
                window = (now, 0)
                return nil
            }
            guard window.start + .seconds(limits.bodySeconds) < now else { return nil }
            let isSlow = window.bytes < Int(limits.bodySeconds) * limits.bodyRate
            window = (now, 0)
            return isSlow ? .body : nil
        }
    }
}
