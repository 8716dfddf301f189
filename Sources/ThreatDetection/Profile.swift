import WAF

/// When something was seen, in hours since 1970, and on how many days.
public struct Habit: Sendable, Codable, Equatable {
    public var first: Int
    public var last: Int
    public var days: Int
}

/// What is usual of a caller, or of all callers of an account: the calls, networks, clients and buckets of the last 90 days.
///
/// Something is new as long as it was first seen less than a day ago: what an attack begins with does not make the rest of it usual.
public struct Profile: Sendable, Codable, Equatable {
    /// Hours since 1970.
    public var began: Int
    var calls: [String: Habit] = [:]
    var networks: [String: Habit] = [:]
    var agents: [String: Habit] = [:]
    var buckets: [String: Habit] = [:]

    /// What nothing was seen of for so many hours is forgotten.
    static let memory = 90 * 24
    /// So long nothing is unusual yet, in hours.
    static let learning = 7 * 24
    /// So long what is seen for the first time is new, in hours.
    static let novelty = 24
    /// So many of a sort are kept, the latest.
    static let most = 400

    /// When anything was last taken in, by the day.
    private var last: Int?

    init(at hour: Int) { began = hour }

    /// Begins to learn anew where nothing was seen for as long as anything is remembered: nobody was there, or the clock has jumped. Then
    /// everything would be unusual. A clock that was set back makes nothing young again.
    mutating func wake(at hour: Int) {
        began = min(began, hour)
        if let last, hour - last >= Self.memory { began = hour }
        if last.map({ $0 / 24 != hour / 24 }) ?? true { last = hour }
    }

    func hasLearnt(at hour: Int) -> Bool { hour - began >= Self.learning }

    /// Takes a call in.
    /// - Returns: whether something is forgotten for it that was seen on the same day.
    mutating func note(_ call: ObservedCall, _ traits: CallTraits, at hour: Int) -> Bool {
        var forgets = Self.note(call.api, in: &calls, at: hour)
        if let network = traits.network { forgets = Self.note(network, in: &networks, at: hour) || forgets }
        if !traits.agent.isEmpty { forgets = Self.note(traits.agent, in: &agents, at: hour) || forgets }
        if let bucket = call.bucket { forgets = Self.note(bucket, in: &buckets, at: hour) || forgets }
        return forgets
    }

    private static func note(_ name: String, in habits: inout [String: Habit], at hour: Int) -> Bool {
        if var habit = habits[name], hour - habit.last < memory {
            // A clock that was set back by more than events are out of order.
            if habit.last > hour + 24 {
                (habit.first, habit.last) = (min(habit.first, hour), hour)
                habits[name] = habit
                return false
            }
            guard hour / 24 > habit.last / 24 else { return false }
            habit.last = hour
            habit.days += 1
            habits[name] = habit
            return false
        }
        var forgets = false
        if habits.count >= most {
            habits = habits.filter { hour - $0.value.last < memory }
            if habits.count >= most, let oldest = habits.min(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) })
            {
                habits[oldest.key] = nil
                forgets = oldest.value.last / 24 >= hour / 24
            }
        }
        habits[name] = Habit(first: hour, last: hour, days: 1)
        return forgets
    }

    /// Whether something is new.
    static func isNew(_ name: String, in habits: [String: Habit], at hour: Int) -> Bool {
        guard let habit = habits[name], hour - habit.last < memory else { return true }
        return hour - habit.first < novelty
    }

    /// What is usual, in words: the names that were seen on most days.
    static func usual(_ habits: [String: Habit], at hour: Int, most: Int = 5) -> String {
        let old = habits.filter { hour - $0.value.first >= novelty && hour - $0.value.last < memory }
        guard !old.isEmpty else { return "none so far" }
        let names = old.sorted { ($1.value.days, $0.key) < ($0.value.days, $1.key) }.prefix(most).map {
            "\($0.key) (\($0.value.days) \($0.value.days == 1 ? "day" : "days"))"
        }
        let rest = old.count - names.count
        return names.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}

/// What of a call is compared with what is usual.
struct CallTraits {
    /// The first 16 bits of an address, or 32 of one of version 6: about what one provider has in one place. nil: a service called.
    let network: String?
    /// The program that called, without its version.
    let agent: String

    init(_ call: ObservedCall) {
        network = call.address.map { address in
            let length = address.version == 4 ? 16 : 32
            return "\(address.masked(to: length))/\(length)"
        }
        agent = Self.program(call.userAgent)
    }

    /// The name before the first slash. Partners' programs name themselves third: `APN/1.0 HashiCorp/1.0 Terraform/1.9`.
    static func program(_ userAgent: String) -> String {
        let products = userAgent.split(separator: " ", maxSplits: 3)
        guard let first = products.first else { return "" }
        func name(_ product: Substring) -> String { String(product.prefix { $0 != "/" }.prefix(64)) }
        let chosen = name(first)
        return chosen == "APN" && products.count > 2 ? name(products[2]) : chosen
    }
}
