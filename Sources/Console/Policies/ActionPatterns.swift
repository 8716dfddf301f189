import Catalogue

/// Actions as a policy names them.
enum ActionPatterns {
    /// The shortest list of names and patterns that match some actions of a service and no other.
    ///
    /// Patterns end words: `Get*`, `ListBucket*`. What a service adds later and is called alike will match, too.
    /// - Complexity: O(actions² × words).
    static func covering(_ chosen: Set<String>, of service: CatalogueService) -> [String] {
        let all = service.actions.map(\.name).sorted()
        if chosen.count == all.count { return ["*"] }
        var patterns: [String] = []
        var covered: Set<String> = []
        for name in all where chosen.contains(name) && !covered.contains(name) {
            var found: (prefix: String, matches: [String])?
            for prefix in prefixes(of: name) {
                let matches = all.filter { $0.hasPrefix(prefix) }
                guard matches.count > 1, matches.allSatisfy(chosen.contains) else { continue }
                found = (prefix, matches)
                break
            }
            guard let (prefix, matches) = found else {
                patterns.append(name)
                continue
            }
            patterns.append(prefix + "*")
            covered.formUnion(matches)
        }
        return patterns
    }

    /// The beginnings of a name that end with one of its words, the shortest first: Get, GetBucket, GetBucketTagging.
    private static func prefixes(of name: String) -> [String] {
        var prefixes: [String] = []
        for index in name.indices.dropFirst() where name[index].isUppercase {
            prefixes.append(String(name[..<index]))
        }
        return prefixes + [name]
    }
}

extension CatalogueService.AccessLevel {
    /// In the order in which AWS's console shows them.
    static let all: [Self] = [.list, .read, .write, .permissionsManagement, .tagging]

    /// In AWS's words.
    var name: String {
        switch self {
        case .list: "List"
        case .read: "Read"
        case .write: "Write"
        case .tagging: "Tagging"
        case .permissionsManagement: "Permissions management"
        }
    }
}
