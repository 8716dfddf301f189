/// An exact decimal number with 18 digits after its point: money, or how much of something was used. Nothing of it is ever
/// floating: what is added up is the sum, to the last digit.
///
/// ```swift
/// let price = try #require(ExactAmount("0.000003"))
/// #expect(price.times(3_333_333).text() == "9.999999")
/// ```
///
/// It holds more than 10²⁰ dollars; what goes beyond stays at the end, and never traps.
public struct ExactAmount: Hashable, Comparable, Sendable {
    /// In units of 10⁻¹⁸.
    public let units: Int128

    /// Digits after the point.
    public static let digits = 18
    private static let one: Int128 = 1_000_000_000_000_000_000

    /// Nothing.
    public static let zero = ExactAmount(units: 0)

    /// - Parameter units: of 10⁻¹⁸ each.
    public init(units: Int128) { self.units = units }

    /// A whole number.
    public init(_ number: Int64) { units = Int128(number) * Self.one }

    /// Reads `12`, `-0.5`, `.25`: at most 20 digits before the point, and 18 after it. nil for all else.
    public init?(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        var value: Int128 = 0
        var (before, after) = (0, 0)
        var isAfterPoint = false
        for byte in bytes {
            if byte == UInt8(ascii: "."), !isAfterPoint {
                isAfterPoint = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int128(byte - UInt8(ascii: "0"))
            if isAfterPoint { after += 1 } else if value != 0 { before += 1 }
            guard before <= 19, after <= Self.digits else { return nil }
        }
        guard before + after > 0 || bytes.contains(UInt8(ascii: "0")) else { return nil }
        for _ in after..<Self.digits { value *= 10 }
        units = isNegative ? -value : value
    }

    /// A number that an API has as a binary one, such as a threshold: exact to six digits after the point.
    public init?(rounding number: Double) {
        guard let millionths = Int64(exactly: (number * 1_000_000).rounded()) else { return nil }
        units = Int128(millionths) * (Self.one / 1_000_000)
    }

    /// The nearest binary number, for statistics; never for a sum.
    public var approximation: Double { Double(units) / Double(Self.one) }

    /// - Parameter leastDigits: after the point, even if they are zeroes; what there is beyond them is shown, too.
    public func text(leastDigits: Int = 0) -> String {
        let magnitude = units.magnitude
        let one = UInt128(Self.one)
        var fraction = Array(String(magnitude % one).utf8)
        fraction = Array(repeating: UInt8(ascii: "0"), count: max(0, Self.digits - fraction.count)) + fraction
        while fraction.count > max(0, leastDigits), fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        let whole = (units < 0 ? "-" : "") + String(magnitude / one)
        return fraction.isEmpty ? whole : whole + "." + String(decoding: fraction, as: UTF8.self)
    }

    /// As bills show amounts: ten digits after the point, or as many more as there are; `0` is `0`.
    public var billed: String { units == 0 ? "0" : text(leastDigits: 10) }

    public static func < (a: ExactAmount, b: ExactAmount) -> Bool { a.units < b.units }

    public static func + (a: ExactAmount, b: ExactAmount) -> ExactAmount {
        let (sum, overflow) = a.units.addingReportingOverflow(b.units)
        guard overflow else { return ExactAmount(units: sum) }
        return ExactAmount(units: a.units < 0 ? .min : .max)
    }

    public static func - (a: ExactAmount, b: ExactAmount) -> ExactAmount {
        let (difference, overflow) = a.units.subtractingReportingOverflow(b.units)
        guard overflow else { return ExactAmount(units: difference) }
        return ExactAmount(units: a.units < 0 ? .min : .max)
    }

    public static func += (a: inout ExactAmount, b: ExactAmount) { a = a + b }

    /// So many of them.
    public func times(_ count: Int64) -> ExactAmount {
        let (product, overflow) = units.multipliedReportingOverflow(by: Int128(count))
        guard overflow else { return ExactAmount(units: product) }
        return ExactAmount(units: (units < 0) == (count < 0) ? .max : .min)
    }

    /// A share of it, rounded towards nothing; all of it for a divisor that is not positive.
    public func divided(by count: Int64) -> ExactAmount {
        count > 0 ? ExactAmount(units: units / Int128(count)) : self
    }

    /// A percentage of it: exact to 10⁻¹⁸.
    public func percent(_ percentage: ExactAmount) -> ExactAmount {
        let divisor = UInt128(Self.one) * 100
        let (high, low) = units.magnitude.multipliedFullWidth(by: percentage.units.magnitude)
        let isNegative = (units < 0) != (percentage.units < 0)
        guard high < divisor else { return ExactAmount(units: isNegative ? .min : .max) }
        let quotient = divisor.dividingFullWidth((high: high, low: low)).quotient
        guard let value = Int128(exactly: quotient) else { return ExactAmount(units: isNegative ? .min : .max) }
        return ExactAmount(units: isNegative ? -value : value)
    }
}

extension ExactAmount: Codable {
    /// From its text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let amount = ExactAmount(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no exact amount"))
        }
        self = amount
    }

    /// As its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text())
    }
}

extension ExactAmount: CustomStringConvertible {
    /// With as many digits as it has.
    public var description: String { text() }
}
