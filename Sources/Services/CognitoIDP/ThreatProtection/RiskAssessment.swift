import Platform

/// How likely it is that somebody else signs in than the user.
enum RiskLevel: String, Codable, Sendable, Comparable, CaseIterable {
    case none = "None"
    case low = "Low"
    case medium = "Medium"
    case high = "High"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (a: RiskLevel, b: RiskLevel) -> Bool { a.rank < b.rank }
}

/// Why a sign-in is more or less risky than others.
enum RiskReason: String, Codable, Sendable {
    /// The user has not signed in from the address's network before (/24, or /48 of IPv6).
    case newNetwork
    /// Nor from anywhere near (/16, or /32 of IPv6).
    case newRegion
    /// The user has not signed in on the device before, or names none and always did.
    case newDevice
    /// Within an hour, the user has signed in from elsewhere.
    case quickMove
    /// Five attempts to sign in have failed within an hour.
    case failures
    /// Ten have.
    case manyFailures
    /// From the network, attempts to sign in as five other users have failed within an hour.
    case failuresOfOthers
    /// The user or an administrator has called a sign-in from there invalid.
    case calledInvalid
    /// The user or an administrator has called a sign-in from there valid.
    case calledValid
    /// The address is in a range that is always blocked.
    case blockedRange
    /// The address is in a range that is never looked at.
    case skippedRange
    /// A second factor is required, and the user has none.
    case noSecondFactor

    /// How much it adds.
    fileprivate var weight: Int {
        switch self {
        case .newNetwork, .newRegion, .newDevice, .quickMove, .failures, .manyFailures: 1
        case .failuresOfOthers: 2
        case .calledInvalid, .blockedRange: 4
        case .calledValid, .skippedRange, .noSecondFactor: 0
        }
    }
}

/// What is known when a sign-in is rated: each the latest first.
struct SignInHistory: Sendable {
    /// The user's sign-ins.
    var passed: [AuthEvent] = []
    /// What was guessed wrong in the user's name.
    var guesses: [AuthEvent] = []
    /// Sign-ins, or attempts, that the user or an administrator has said something of.
    var judged: [AuthEvent] = []
    /// What was guessed wrong from the same network, in whatever users' names.
    var guessesNearby: [AuthEvent] = []
}

/// The risk of a sign-in, by what the user has done before. AWS does not say how it rates sign-ins; here each reason adds to
/// a sum, and the sum is the level: 1 is low, 2 or 3 medium, more is high.
struct RiskAssessment: Sendable, Equatable {
    /// Failures count for so many seconds.
    private static let hour = 3600.0

    let reasons: [RiskReason]

    var level: RiskLevel {
        switch reasons.reduce(0, { $0 + $1.weight }) {
        case 0: .none
        case 1: .low
        case 2...3: .medium
        default: .high
        }
    }

    init(_ reasons: [RiskReason]) { self.reasons = reasons }

    /// - Parameters:
    ///   - now: where the user is.
    ///   - sub: the user's.
    ///   - time: in seconds since 1970.
    init(of now: Surroundings, sub: String, after history: SignInHistory, at time: Double) {
        let judged = history.judged.first { event in
            event.surroundings.isLike(now, orUnnamed: event.feedback?.isValid == false)
        }
        if judged?.feedback?.isValid == false {
            reasons = [.calledInvalid]
            return
        }
        let passed = history.passed.filter { $0.feedback?.isValid != false }
        let isWarned = Self.isSprayed(history.guessesNearby, except: sub, at: time)
        // What is called valid is not new; how often somebody guesses is another matter.
        reasons =
            (judged == nil ? Self.novelties(of: now, after: passed, at: time) : [.calledValid])
            + Self.pace(of: now, history.guesses, after: passed, at: time) + (isWarned ? [.failuresOfOthers] : [])
    }

    /// Nothing is new to who has never signed in.
    private static func novelties(
        of now: Surroundings, after passed: [AuthEvent], at time: Double
    ) -> [RiskReason] {
        guard let last = passed.first else { return [] }
        var reasons: [RiskReason] = []
        if let network = now.network, !passed.contains(where: { $0.surroundings.network == network }) {
            reasons.append(.newNetwork)
            if !passed.contains(where: { $0.surroundings.region == now.region }) { reasons.append(.newRegion) }
        }
        // Of who has no known device nothing can be told; to say nothing makes nobody known.
        let devices = Set(passed.map(\.surroundings.device))
        if devices != [nil], !devices.contains(now.device) { reasons.append(.newDevice) }
        if let region = now.region, let earlier = last.surroundings.region, region != earlier,
            time - last.created < hour
        {
            reasons.append(.quickMove)
        }
        return reasons
    }

    /// Failures since the user has last signed in. Against a network that the user has signed in from, only those from there count:
    /// else anybody could make others suspicious at home.
    private static func pace(
        of now: Surroundings, _ guesses: [AuthEvent], after passed: [AuthEvent], at time: Double
    ) -> [RiskReason] {
        let isKnown = now.network != nil && passed.contains { $0.surroundings.network == now.network }
        let last = passed.first?.created ?? 0
        let failures = guesses.filter { guess in
            guess.created > last && time - guess.created < hour
                && (!isKnown || guess.surroundings.network == now.network)
        }.count
        return failures >= 10 ? [.failures, .manyFailures] : failures >= 5 ? [.failures] : []
    }

    private static func isSprayed(_ nearby: [AuthEvent], except sub: String, at time: Double) -> Bool {
        Set(nearby.filter { $0.sub != sub && time - $0.created < hour }.map(\.sub)).count >= 5
    }
}

extension Surroundings {
    /// Whether what was said of one holds of the other: the same network, and the same device.
    /// - Parameter orUnnamed: whether a device that is not named may be the same.
    fileprivate func isLike(_ other: Surroundings, orUnnamed: Bool) -> Bool {
        guard network != nil, network == other.network else { return false }
        return device == other.device || (orUnnamed && (device == nil || other.device == nil))
    }
}
