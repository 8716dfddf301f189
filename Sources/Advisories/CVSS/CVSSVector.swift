/// A vector of CVSS and its base score.
///
/// ```swift
/// let vector = CVSSVector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
/// #expect(vector?.baseScore == 9.8)
/// #expect(vector?.replacing("AV", "L")?.baseScore == 8.4)
/// ```
public struct CVSSVector: Sendable, Hashable, Codable {
    /// `2.0`, `3.0`, `3.1`, `4.0`
    public let version: String
    /// The vector as it was given.
    public let vector: String
    /// Its base score: that of the base metrics alone, by FIRST's formulas.
    public let baseScore: Double

    /// Reads a vector.
    /// - Returns: nil for a text that is none, or lacks a base metric.
    public init?(_ text: String) {
        guard text.utf8.count <= 512 else { return nil }
        var rest = text[...]
        var version = "2.0"
        if rest.hasPrefix("CVSS:") {
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            version = String(rest[rest.index(rest.startIndex, offsetBy: 5)..<slash])
            rest = rest[rest.index(after: slash)...]
        } else if rest.hasPrefix("("), rest.hasSuffix(")") {
            rest = rest.dropFirst().dropLast()
        }
        var metrics: [Substring: Substring] = [:]
        for part in rest.split(separator: "/", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", omittingEmptySubsequences: false)
            guard pair.count == 2, metrics.updateValue(pair[1], forKey: pair[0]) == nil else { return nil }
        }
        let score: Double? =
            switch version {
            case "2.0": Self.score2(metrics)
            case "3.0", "3.1": Self.score3(metrics)
            case "4.0": Self.score4(metrics)
            default: nil
            }
        guard let score else { return nil }
        self.version = version
        vector = text
        baseScore = score
    }

    /// The severity of the base score.
    public var severity: Severity { Severity(score: baseScore) }

    /// The value of a metric; nil where the vector does not have it.
    public subscript(metric: String) -> String? {
        for part in vector.split(separator: "/") where part.hasPrefix(metric + ":") {
            return String(part.dropFirst(metric.utf8.count + 1))
        }
        return nil
    }

    /// The vector with another value of a metric that it has.
    /// - Returns: nil for a metric that it does not have, or a value that is none.
    public func replacing(_ metric: String, _ value: String) -> CVSSVector? {
        var isThere = false
        let parts = vector.split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix(metric + ":") else { return String(part) }
            isThere = true
            return "\(metric):\(value)"
        }
        return isThere ? CVSSVector(parts.joined(separator: "/")) : nil
    }

    // MARK: Version 3
    // <https://www.first.org/cvss/v3.1/specification-document>, sections 7.1 and 7.4

    private static func score3(_ metrics: [Substring: Substring]) -> Double? {
        guard let scope = metrics["S"], scope == "U" || scope == "C" else { return nil }
        let isChanged = scope == "C"
        let impacts: [Substring: Double] = ["H": 0.56, "L": 0.22, "N": 0]
        guard
            let attack = metrics["AV"].flatMap({ ["N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2][$0] }),
            let complexity = metrics["AC"].flatMap({ ["L": 0.77, "H": 0.44][$0] }),
            let privileges = metrics["PR"].flatMap({
                ["N": 0.85, "L": isChanged ? 0.68 : 0.62, "H": isChanged ? 0.5 : 0.27][$0]
            }),
            let interaction = metrics["UI"].flatMap({ ["N": 0.85, "R": 0.62][$0] }),
            let confidentiality = metrics["C"].flatMap({ impacts[$0] }),
            let integrity = metrics["I"].flatMap({ impacts[$0] }),
            let availability = metrics["A"].flatMap({ impacts[$0] })
        else { return nil }
        let sum = 1 - (1 - confidentiality) * (1 - integrity) * (1 - availability)
        let impact =
            isChanged ? 7.52 * (sum - 0.029) - 3.25 * power(sum - 0.02, 15) : 6.42 * sum
        guard impact > 0 else { return 0 }
        let exploitability = 8.22 * attack * complexity * privileges * interaction
        return roundedUp(min((isChanged ? 1.08 : 1) * (impact + exploitability), 10))
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }

    /// To one decimal, upwards: as appendix A has it, so that it is the same on every machine.
    private static func roundedUp(_ score: Double) -> Double {
        let whole = Int((score * 100_000).rounded())
        return whole % 10_000 == 0 ? Double(whole) / 100_000 : Double(whole / 10_000 + 1) / 10
    }

    // MARK: Version 2
    // <https://www.first.org/cvss/v2/guide>, section 3.2.1

    private static func score2(_ metrics: [Substring: Substring]) -> Double? {
        let impacts: [Substring: Double] = ["N": 0, "P": 0.275, "C": 0.66]
        guard
            let access = metrics["AV"].flatMap({ ["L": 0.395, "A": 0.646, "N": 1][$0] }),
            let complexity = metrics["AC"].flatMap({ ["H": 0.35, "M": 0.61, "L": 0.71][$0] }),
            let authentication = metrics["Au"].flatMap({ ["M": 0.45, "S": 0.56, "N": 0.704][$0] }),
            let confidentiality = metrics["C"].flatMap({ impacts[$0] }),
            let integrity = metrics["I"].flatMap({ impacts[$0] }),
            let availability = metrics["A"].flatMap({ impacts[$0] })
        else { return nil }
        let impact = 10.41 * (1 - (1 - confidentiality) * (1 - integrity) * (1 - availability))
        let exploitability = 20 * access * complexity * authentication
        let score = (0.6 * impact + 0.4 * exploitability - 1.5) * (impact == 0 ? 0 : 1.176)
        return max(0, (score * 10 + 1e-9).rounded(.toNearestOrAwayFromZero) / 10)
    }
}
