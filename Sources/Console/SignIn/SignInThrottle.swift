import Crypto
import NIOCore
import Synchronization
import Wire

/// Slows guessing down, without giving anybody the means to keep others out.
///
/// Guesses are counted for each account's user and for each address. A browser in which a user has signed in before has a
/// cookie that says so, and its guesses are counted apart: so a stranger's guesses at a name stop strangers, and not the
/// person who signs in from the usual browser.
/// <https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies>
final class SignInThrottle: Sendable {
    /// Who guesses, and at what.
    struct Attempt: Sendable {
        /// The id of whoever is meant, or what was typed, where nobody is.
        let name: String
        let address: String
        /// What stands in the cookie of a browser in which the same person has signed in; nil: it has none.
        let device: String?

        /// The address, or the network of one of IPv6: whoever has one of its addresses has all of its /64.
        var network: String {
            guard address.contains(":"), let parsed = try? SocketAddress(ipAddress: address, port: 0),
                case .v6(let six) = parsed
            else { return address }
            return withUnsafeBytes(of: six.address.sin6_addr) { Base64URL.encode(Array($0.prefix(8))) }
        }
    }

    /// What is typed may be long, and a secret that was typed in the wrong place.
    private static func digest(_ text: String) -> String {
        Base64URL.encode(Array(SHA256.hash(data: Array(text.utf8))))
    }

    /// So many wrong guesses are free within ``span``.
    private static let mostOfName = 10
    private static let mostOfDevice = 10
    private static let mostOfAddress = 60
    /// In seconds.
    private static let span = 600.0
    /// How many names and addresses are remembered; then the oldest are forgotten.
    private static let mostRemembered = 50_000
    /// How many passwords of one address are checked at the same time: each costs a quarter of a second.
    private static let mostAtOnce = 4

    private struct State {
        var guesses: [String: [Double]] = [:]
        var underWay: [String: Int] = [:]

        /// Makes room: what is over goes, and then the half whose last guess is longest ago.
        mutating func forget(before start: Double) {
            guesses = guesses.filter { ($0.value.last ?? 0) > start }
            guard guesses.count > mostRemembered / 2 else { return }
            let times = guesses.values.map { $0.last ?? 0 }.sorted()
            let middle = times[times.count / 2]
            guesses = guesses.filter { ($0.value.last ?? 0) > middle }
        }
    }

    private let state = Mutex(State())

    /// Counts a guess before it is looked at, so that simultaneous ones all count.
    /// - Returns: false if there were too many: then it must not be looked at.
    func begin(_ attempt: Attempt, at time: Double) -> Bool {
        state.withLock { state in
            guard state.underWay[attempt.network, default: 0] < Self.mostAtOnce else { return false }
            let counters = Self.counters(attempt)
            for (key, most) in counters {
                let recent = (state.guesses[key] ?? []).filter { $0 > time - Self.span }
                state.guesses[key] = recent.isEmpty ? nil : recent
                guard recent.count < most else { return false }
            }
            if state.guesses.count > Self.mostRemembered { state.forget(before: time - Self.span) }
            for (key, _) in counters { state.guesses[key, default: []].append(time) }
            state.underWay[attempt.network, default: 0] += 1
            return true
        }
    }

    /// Takes note of what came of a guess that had begun.
    /// - Parameter isRight: then it was no guess, and is not counted.
    func end(_ attempt: Attempt, isRight: Bool) {
        state.withLock { state in
            let underWay = state.underWay[attempt.network, default: 1] - 1
            state.underWay[attempt.network] = underWay > 0 ? underWay : nil
            guard isRight else { return }
            for (key, _) in Self.counters(attempt) where !(state.guesses[key]?.isEmpty ?? true) {
                state.guesses[key]?.removeLast()
                if state.guesses[key]?.isEmpty == true { state.guesses[key] = nil }
            }
        }
    }

    /// Forgets everything.
    func reset() { state.withLock { $0 = State() } }

    private static func counters(_ attempt: Attempt) -> [(key: String, most: Int)] {
        let address = (key: "address \(attempt.network)", most: mostOfAddress)
        if let device = attempt.device { return [(key: "device \(device)", most: mostOfDevice), address] }
        return [(key: "name \(digest(attempt.name))", most: mostOfName), address]
    }
}
