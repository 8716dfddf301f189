import Catalogue
import Policy

// Actions and resources that another one of the same statement covers.

extension Checker {
    mutating func checkRedundancy(in statement: LooseStatement) {
        if let actions = statement.actions {
            for (value, by) in Self.redundant(actions.values, ignoringCase: true) {
                report(
                    .redundantAction, value.place,
                    "Remove \"\(value.value)\": \"\(by.value)\" of the same statement takes it in.")
            }
        }
        if let resources = statement.resources {
            for (value, by) in Self.redundant(resources.values, ignoringCase: false) {
                report(
                    .redundantResource, value.place,
                    "Remove \"\(value.value)\": \"\(by.value)\" of the same statement takes it in.")
            }
        }
    }

    /// The limit of comparisons: no policy within AWS's quotas needs more.
    private static let mostComparisons = 250_000

    /// The values that another one covers, each with that other; of two that are the same, the second.
    private static func redundant(_ values: [Text], ignoringCase: Bool) -> [(Text, by: Text)] {
        var found: [(Text, by: Text)] = []
        var seen: [String: Text] = [:]
        let patterns = values.filter { $0.value.hasWildcards }
        let isComparable = patterns.count.multipliedReportingOverflow(by: values.count)
        let compared = isComparable.overflow || isComparable.partialValue > mostComparisons ? [] : patterns
        let globs = compared.map { Wildcards($0.value, ignoringCase: ignoringCase) }
        for value in values {
            let name = ignoringCase ? value.value.lowercased() : value.value
            if let first = seen[name] {
                found.append((value, by: first))
                continue
            }
            seen[name] = value
            let cover = compared.indices.first { index in
                let other = ignoringCase ? compared[index].value.lowercased() : compared[index].value
                return other != name && globs[index].matches(name)
            }
            if let cover { found.append((value, by: compared[cover])) }
        }
        return found
    }
}
