import NIOCore

/// Finds the end of a head in the bytes as they come.
struct HeadCollector {
    /// Limits on a head, in bytes, as an Application Load Balancer has them.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
    struct Limits {
        /// Of all lines together.
        let whole: Int
        /// Of one line.
        let line: Int

        static let request = Limits(whole: 65_536, line: 16_384)
        static let response = Limits(whole: 65_536, line: 32_768)
    }

    private let limits: Limits
    /// How much of the bytes has been looked at.
    private var seen = 0
    /// Where the line begins that is being looked at.
    private var lineStart = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// Takes a head from the front of the bytes, with the empty line at its end.
    /// - Returns: nil: its end is not there yet.
    /// - Throws: for a line that ends in a line feed alone, for bytes that no head has, and for one that is too long.
    mutating func take(from buffer: inout ByteBuffer) throws(Refusal) -> [UInt8]? {
        switch scan(buffer.readableBytesView) {
        case .more: return nil
        case .refused(let refusal): throw refusal
        case .end(let count):
            (seen, lineStart) = (0, 0)
            return buffer.readBytes(length: count)
        }
    }

    private enum Found {
        case more
        case end(Int)
        case refused(Refusal)
    }

    private mutating func scan(_ view: ByteBufferView) -> Found {
        let result = view.withContiguousStorageIfAvailable { bytes -> (Found, Int, Int) in
            var (index, start) = (min(seen, bytes.count), lineStart)
            while index < bytes.count {
                let byte = bytes[index]
                if byte == .lf {
                    guard index > start, bytes[index - 1] == .cr else {
                        return (.refused(.malformed("a line ends in a line feed alone")), 0, 0)
                    }
                    // Before a request a client may send one empty line (RFC 9112, section 2.2): that is no head.
                    if index == start + 1 {
                        guard index < limits.whole else { break }
                        return (.end(index + 1), 0, 0)
                    }
                    start = index + 1
                } else if byte == 0 {
                    return (.refused(.malformed("a head has a zero byte")), 0, 0)
                }
                index += 1
                guard index - start <= limits.line else {
                    let status = start == 0 ? 414 : 400
                    return (.refused(Refusal(status: status, reason: "a line is too long")), 0, 0)
                }
            }
            guard index < limits.whole else { return (.refused(.malformed("a head is too long")), 0, 0) }
            return (.more, index, start)
        }
        guard let result else { return .more }
        (seen, lineStart) = (result.1, result.2)
        return result.0
    }

    /// The lines of a head, without their ends and without the empty line at the end of all.
    /// - Throws: where a carriage return is within a line.
    static func lines(of head: [UInt8]) throws(Refusal) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        lines.reserveCapacity(24)
        var start = 0
        for index in head.indices where head[index] == .lf {
            // The collector has seen that each line feed follows a carriage return.
            let end = max(start, index - 1)
            if end > start { lines.append(start..<end) }
            start = index + 1
        }
        return lines
    }
}
