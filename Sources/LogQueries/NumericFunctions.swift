/// Functions of numbers. What is no number makes nothing.
enum NumericFunctions {
    static func value(_ function: QueryFunction, _ numbers: [Double?]) -> QueryValue {
        let known = numbers.compactMap { $0 }
        guard known.count == numbers.count, let first = known.first else { return .missing }
        switch function {
        case .abs: return .number(first.magnitude)
        case .ceil: return .number(first.rounded(.up))
        case .floor: return .number(first.rounded(.down))
        case .greatest: return .number(known.reduce(first) { max($0, $1) })
        case .least: return .number(known.reduce(first) { min($0, $1) })
        case .log: return first > 0 ? QueryValue(finite: Mathematics.logarithm(first)) : .missing
        case .sqrt: return QueryValue(finite: first.squareRoot())
        case .round:
            guard known.count > 1 else { return .number(first.rounded()) }
            let factor = Mathematics.power(10, min(max(known[1].rounded(), -15), 15))
            return QueryValue(finite: (first * factor).rounded() / factor)
        case .toInt: return whole(first, Double(Int32.min)...Double(Int32.max))
        case .toLong: return whole(first, -9.223372036854775e18...9.223372036854775e18)
        case .haversine: return known.count == 4 ? QueryValue(finite: distance(known)) : .missing
        default: return .number(first)
        }
    }

    private static func whole(_ number: Double, _ range: ClosedRange<Double>) -> QueryValue {
        let whole = number.rounded(.towardZero)
        return range.contains(whole) ? .number(whole) : .missing
    }

    /// Kilometres between two places on a ball of the earth's mean radius.
    private static func distance(_ degrees: [Double]) -> Double {
        let radians = degrees.map { $0 * .pi / 180 }
        let (a, b) = (Mathematics.sine((radians[2] - radians[0]) / 2), Mathematics.sine((radians[3] - radians[1]) / 2))
        let h = a * a + Mathematics.cosine(radians[0]) * Mathematics.cosine(radians[2]) * b * b
        return 2 * 6371.0088 * Mathematics.arcsine(min(1, h.squareRoot()))
    }
}
