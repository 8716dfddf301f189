// Version 4: vectors fall into classes, each of which has a score; within its class, a vector's is as much lower as it lies
// nearer to the next class. The base metrics alone are looked at, so that exploits are taken to exist, and all that is at stake
// to matter. <https://www.first.org/cvss/v4.0/specification-document>, section 8

extension CVSSVector {
    /// The scores of the classes in tenths, which FIRST publishes with the specification: by the levels of the first and the
    /// second set of metrics, of the third together with the sixth, and of the fourth.
    private static let scores: [Int] = [
        100, 93, 96, 90, 93, 88, 92, 80, 79, 69, 95, 92, 91, 81, 92, 84, 82, 70, 71, 63, 94, 87, 89, 75, 86, 72, 76, 57,
        65,
        53, 90, 77, 77, 66, 74, 61, 59, 52, 58, 23, 86, 70, 74, 54, 72, 53, 57, 36, 47, 24, 73, 54, 55, 43, 61, 46, 51,
        18,
        24, 10,
    ]

    /// A class: levels of the sets of metrics, 0 the highest. The fifth set, which says whether exploits exist, is always 0.
    private struct Class {
        var exploitability: Int
        var complexity: Int
        var impact: Int
        var subsequent: Int
        var requirements: Int

        /// In tenths; nil for a class that there is not.
        var score: Int? {
            let pairs = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]]
            guard
                (0...2).contains(exploitability), (0...1).contains(complexity), (1...2).contains(subsequent),
                let pair = pairs.firstIndex(of: [impact, requirements])
            else { return nil }
            return scores[((exploitability * 2 + complexity) * 5 + pair) * 2 + subsequent - 1]
        }
    }

    static func score4(_ metrics: [Substring: Substring]) -> Double? {
        /// How many steps a value lies below the highest one.
        func level(_ name: Substring, _ values: String) -> Int? {
            guard let value = metrics[name], value.utf8.count == 1,
                let place = values.firstIndex(of: value[value.startIndex])
            else { return nil }
            return values.distance(from: values.startIndex, to: place)
        }
        guard
            let vector = level("AV", "NALP"), let privileges = level("PR", "NLH"), let interaction = level("UI", "NPA"),
            let complexity = level("AC", "LH"), let requirements = level("AT", "NP"),
            let confidentiality = level("VC", "HLN"), let integrity = level("VI", "HLN"),
            let availability = level("VA", "HLN"),
            let subsequentConfidentiality = level("SC", "HLN"), let subsequentIntegrity = level("SI", "HLN"),
            let subsequentAvailability = level("SA", "HLN")
        else { return nil }
        let reach = [vector, privileges, interaction]
        let impact = [confidentiality, integrity, availability]
        let subsequent = [subsequentConfidentiality, subsequentIntegrity, subsequentAvailability]
        if (impact + subsequent).allSatisfy({ $0 == 2 }) { return 0 }
        let own = Class(
            exploitability: reach.allSatisfy { $0 == 0 } ? 0 : vector < 3 && reach.contains(0) ? 1 : 2,
            complexity: complexity == 0 && requirements == 0 ? 0 : 1,
            impact: confidentiality == 0 && integrity == 0 ? 0 : impact.contains(0) ? 1 : 2,
            subsequent: subsequent.contains(0) ? 1 : 2,
            // What is at stake is taken to matter.
            requirements: impact.contains(0) ? 0 : 1)
        guard let score = own.score else { return nil }
        // The fifth set has a lower class always, to which no vector here comes nearer.
        var (lower, distances) = (1, 0.0)
        func toward(_ change: (inout Class) -> Void, _ distance: Int, of depth: Int) {
            var next = own
            change(&next)
            guard let other = next.score else { return }
            lower += 1
            distances += Double(score - other) * Double(distance) / Double(depth)
        }
        toward(
            { $0.exploitability += 1 },
            below(
                [[[0, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[3, 0, 0], [1, 1, 1]]][own.exploitability], reach),
            of: [1, 4, 5][own.exploitability])
        toward(
            { $0.complexity += 1 },
            below([[[0, 0]], [[1, 0], [0, 1]]][own.complexity], [complexity, requirements]), of: [1, 2][own.complexity])
        toward(
            { $0.subsequent += 1 }, below([[[0, 0, 0]], [[1, 1, 1]]][own.subsequent - 1], subsequent),
            of: [5, 4][own.subsequent - 1])
        let depth = [[7, 6], [8, 8], [10, 10]][own.impact][own.requirements]
        let distance = below([[[0, 0, 0]], [[1, 0, 0], [0, 1, 0]], [[1, 1, 1]]][own.impact], impact)
        if own.impact == 0, own.requirements == 0 {
            // Two classes lie below: the higher one.
            var (left, right) = (own, own)
            left.requirements = 1
            right.impact = 1
            let other = max(left.score ?? 0, right.score ?? 0)
            lower += 1
            distances += Double(score - other) * Double(distance) / Double(depth)
        } else {
            toward(
                {
                    if $0.impact == 1, $0.requirements == 0 { $0.requirements = 1 } else { $0.impact += 1 }
                }, distance, of: depth)
        }
        let result = Double(score) - distances / Double(lower)
        return min(max(((result + 1e-5).rounded(.toNearestOrAwayFromZero)) / 10, 0), 10)
    }

    /// How many steps a vector's values lie below those of a highest vector of its class.
    private static func below(_ highest: [[Int]], _ values: [Int]) -> Int {
        for one in highest where zip(one, values).allSatisfy({ $0 <= $1 }) {
            return zip(one, values).reduce(0) { $0 + $1.1 - $1.0 }
        }
        return 0
    }
}
