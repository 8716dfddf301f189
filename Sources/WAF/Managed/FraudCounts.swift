import Crypto
import Synchronization

/// Counts of one managed rule group in one web ACL. Names and passwords are not kept: a key is made of them that only this process
/// can make.
struct FraudCounts: Sendable {
    private static let secret = SymmetricKey(size: .bits256)

    let rates: RateTracker
    /// Of the web ACL, the rule and its settings: who changes those begins anew.
    let identity: String

    private func key(_ parts: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += Array("\(part.count):".utf8)
            bytes += part
        }
        return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: Self.secret).prefix(20))
    }

    private func counter(_ kind: String, _ limit: Int, _ minutes: Int) -> RateCounter {
        rates.counter("\(identity) \(kind)", limit: limit, window: minutes * 60)
    }

    /// How many requests of a kind had a value within some minutes, with this one.
    /// - Parameter limit: what is more than that stays in memory first.
    func count(_ kind: String, _ value: [UInt8], limit: Int, minutes: Int, at time: Double) -> Int {
        counter(kind, limit, minutes).count(key([value]), at: time)
    }

    /// The same of the highest count that one of several values has.
    func count(_ kind: String, _ values: [[UInt8]], limit: Int, minutes: Int, at time: Double) -> Int {
        values.map { count(kind, $0, limit: limit, minutes: minutes, at: time) }.max() ?? 0
    }

    /// What requests from an address are counted by. Of version 6 it is the network of 64 bits: whoever has one address there
    /// has all of them.
    static func key(_ address: IPAddress) -> [UInt8] {
        address.version == 6 ? Array(address.bytes.prefix(8)) : address.bytes
    }

    /// What is known of values with things. None of them counts as too much: otherwise no new one could be kept once all are, and
    /// each time that it comes it would count as another.
    func pairs(_ kind: String, _ minutes: Int) -> RateCounter { counter("\(kind) pairs", .max, minutes) }

    /// How many different things a value had within some minutes, with these.
    /// - Parameter things: what one request has of them.
    func distinct(
        _ kind: String, of value: [UInt8], _ things: [[UInt8]], limit: Int, minutes: Int, at time: Double
    ) -> Int {
        things.map { distinct(kind, of: value, $0, limit: limit, minutes: minutes, at: time) }.max() ?? 0
    }

    private func distinct(
        _ kind: String, of value: [UInt8], _ thing: [UInt8], limit: Int, minutes: Int, at time: Double
    ) -> Int {
        let counter = counter(kind, limit, minutes)
        let isNew = pairs(kind, minutes).count(key([value, thing]), at: time) == 1
        return isNew ? counter.count(key([value]), at: time) : counter.sum(key([value]), at: time)
    }
}

/// Since when sessions have gone on, with a request at least every half an hour.
final class SessionLengths: Sendable {
    private static let most = 100_000
    /// In seconds.
    private static let pause = 1800.0
    private let state = Mutex<(sessions: [String: (first: Double, last: Double)], purged: Double)>(([:], 0))

    /// For how long a session has gone on, with this request, in seconds.
    func length(_ session: String, at time: Double) -> Double {
        state.withLock { state in
            if let (first, last) = state.sessions[session] {
                let begin = time - last <= Self.pause ? first : time
                state.sessions[session] = (begin, max(last, time))
                return max(0, time - begin)
            }
            if state.sessions.count >= Self.most, time - state.purged >= 60 {
                state.purged = time
                state.sessions = state.sessions.filter { time - $0.value.last <= Self.pause }
            }
            if state.sessions.count < Self.most { state.sessions[session] = (time, time) }
            return 0
        }
    }
}
