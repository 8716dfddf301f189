import Crypto

/// Time-based one-time passwords, as virtual MFA devices show them: RFC 6238 with HMAC-SHA-1, 30 seconds and six
/// digits.
///
/// ```swift
/// let device = OneTimePassword(seed: seed)
/// let code = device.code(atStep: OneTimePassword.step(at: time))
/// let step = device.step(matching: code, around: time, window: 1, after: nil)
/// ```
///
/// It remembers nothing. Whoever keeps the device's record keeps the step of the last code that was accepted, and
/// passes it in as `after`, so that no code is accepted twice.
public struct OneTimePassword: Sendable, CustomStringConvertible, CustomReflectable {
    /// For how many seconds a code is shown; RFC 6238's default, and what authenticator apps expect.
    public static let stepSeconds = 30.0

    // Keyed with the seed already.
    private let authenticator: HMAC<Insecure.SHA1>

    /// - Parameter seed: the secret that device and server share; AWS's are 40 bytes.
    public init(seed: [UInt8]) {
        authenticator = HMAC(key: SymmetricKey(data: seed))
    }

    /// The step that a time falls into, counted from the epoch. Nonsense of a clock falls into step 0.
    public static func step(at time: Double) -> Int {
        guard let step = Int(exactly: (time / stepSeconds).rounded(.down)), abs(step) < 1 << 50 else { return 0 }
        return step
    }

    /// The six digits that the device shows in a step.
    public func code(atStep step: Int) -> String {
        let digits = String(number(atStep: step))
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }

    /// Finds the step whose code this is; nil where there is none.
    ///
    /// - Parameters:
    ///   - code: six digits.
    ///   - time: in seconds since 1970, by the device's clock as far as it is known.
    ///   - window: how many steps before and after it to look at.
    ///   - lastStep: the last step from which a code was accepted; only later ones are considered.
    /// - Complexity: O(`window`), and no less if the code is found early, so that the time taken reveals nothing.
    public func step(matching code: String, around time: Double, window: Int, after lastStep: Int?) -> Int? {
        guard let wanted = Self.number(code) else { return nil }
        var found: Int?
        for step in Self.steps(around: time, window: window) where lastStep.map({ step > $0 }) ?? true {
            let isMatch = number(atStep: step) == wanted
            if isMatch && found == nil { found = step }
        }
        return found
    }

    /// Finds two codes that the device showed one after the other. That is how a device is enrolled, and how the server
    /// learns what its clock says.
    ///
    /// - Parameters:
    ///   - code1: six digits, shown first.
    ///   - code2: six digits, shown next.
    ///   - time: in seconds since 1970.
    ///   - window: how many steps before and after `time` to look at.
    ///   - lastStep: the last step from which a code was accepted; only later ones are considered.
    /// - Returns: the step of the second code, which is now the last one accepted; nil where there is none.
    /// - Complexity: O(`window`), whatever is found.
    public func consecutiveSteps(
        _ code1: String, _ code2: String, around time: Double, window: Int = 1_000, after lastStep: Int? = nil
    ) -> Int? {
        guard let first = Self.number(code1), let second = Self.number(code2) else { return nil }
        var found: Int?
        var previousIsMatch = false
        for step in Self.steps(around: time, window: window) where lastStep.map({ step > $0 }) ?? true {
            let number = number(atStep: step)
            let isMatch = previousIsMatch && number == second
            if isMatch && found == nil { found = step }
            previousIsMatch = number == first
        }
        return found
    }

    public var description: String { "OneTimePassword" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The code of a step as a number; RFC 4226, section 5.3.
    private func number(atStep step: Int) -> UInt32 {
        var authenticator = authenticator
        withUnsafeBytes(of: Int64(step).bigEndian) { authenticator.update(data: $0) }
        let digest = Array(authenticator.finalize())
        let offset = Int((digest.last ?? 0) & 0x0F)
        let word = digest[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (word & 0x7FFF_FFFF) % 1_000_000
    }

    /// What six digits say.
    private static func number(_ code: String) -> UInt32? {
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return UInt32(code)
    }

    private static func steps(around time: Double, window: Int) -> ClosedRange<Int> {
        let middle = step(at: time)
        // A day's worth is far more than any device is off.
        let window = min(max(window, 0), 2_880)
        return middle - window...middle + window
    }
}
