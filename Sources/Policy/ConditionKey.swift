// Rules are numbered as in Documentation/PolicyRules.md.

/// The name of a condition key, made ready for looking it up.
///
/// An object, which a compiled policy keeps alive: to pass one on costs nothing.
public final class ConditionKey: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// In lower case (rule 40), e.g. "aws:username", "aws:principaltag/team".
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

    public convenience init(stringLiteral name: String) { self.init(name) }

    public var description: String { name }

    public static func == (left: ConditionKey, right: ConditionKey) -> Bool {
        left === right || (left.hash == right.hash && left.bytes.span.hasSameBytes(as: right.bytes.span))
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
