// Rules are numbered as in Documentation/PolicyRules.md.

/// The name of a condition key, made ready for looking it up.
///
/// Names are compared without regard to case. This is an object, which a compiled policy keeps alive, so that passing
/// one on costs nothing; a context that looks keys up compares hashes first.
///
/// AWS: "AWS global condition context keys", `reference_policies_condition-keys.html`; each service's own keys are in
/// the Service Authorization Reference.
public final class ConditionKey: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name in lower case (rule 40), for example "aws:username" or "aws:principaltag/team".
    public let name: String
    /// Equal names have equal hashes; different ones seldom.
    let hash: UInt64
    private nonisolated(unsafe) let bytes: Bytes

    /// - Parameter name: in any case.
    public init(_ name: String) {
        self.name = name.lowercasedASCII
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: self.name.utf8.count)
        _ = copy.initialize(fromContentsOf: self.name.utf8)
        bytes = Bytes(copy)
        hash = ActionKey.hash(copy.span, 0..<copy.count, from: 0)
    }

    deinit { bytes.deallocate() }

    /// A key can be written as a literal: `"aws:PrincipalTag/team"`.
    public convenience init(stringLiteral name: String) { self.init(name) }

    public var description: String { name }

    public static func == (left: ConditionKey, right: ConditionKey) -> Bool {
        left === right || (left.hash == right.hash && left.bytes.span.hasSameBytes(as: right.bytes.span))
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
