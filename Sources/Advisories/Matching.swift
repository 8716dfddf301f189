import PackageVersions
import Packages

extension AdvisoryIndex {
    /// The vulnerabilities of an inventory's packages, sorted by name.
    ///
    /// Packages of another sort in files that belong to the operating system's packages are left out: see
    /// ``InstalledPackage/owner``.
    ///
    /// - Complexity: for each package a lookup by its hash, and a comparison of versions for each advisory about it.
    public func matches(in inventory: Inventory) -> [VulnerabilityMatch] {
        var matching = Matching(index: self)
        for package in inventory.packages where package.owner == nil {
            for lookup in Ecosystem.lookups(package, in: inventory.system) {
                for hit in hits(lookup) { matching.add(hit, package, lookup) }
            }
        }
        return matching.result()
    }

    /// How many advisories affect an inventory's packages: what is measured.
    func countOfHits(in inventory: Inventory) -> Int {
        inventory.packages.reduce(0) { sum, package in
            sum + Ecosystem.lookups(package, in: inventory.system).reduce(0) { $0 + hits($1).count }
        }
    }
}

/// Puts together what several advisories say of the same vulnerability.
private struct Matching {
    let index: AdvisoryIndex
    private var advisories: [UInt64: Advisory] = [:]
    private var found: [(hit: AdvisoryIndex.Hit, package: InstalledPackage, lookup: Ecosystem.Lookup)] = []
    /// Names of the same vulnerability: each leads to another one, and at last to itself.
    private var same: [String: String] = [:]

    init(index: AdvisoryIndex) { self.index = index }

    mutating func add(_ hit: AdvisoryIndex.Hit, _ package: InstalledPackage, _ lookup: Ecosystem.Lookup) {
        found.append((hit, package, lookup))
        guard advisories[hit.advisory] == nil else { return }
        let advisory = index.advisory(at: hit.advisory)
        advisories[hit.advisory] = advisory
        guard !advisory.source.isDistribution else { return }
        for alias in advisory.aliases { join(advisory.id, alias) }
    }

    private func root(_ name: String) -> String {
        var name = name
        while let next = same[name], next != name { name = next }
        return name
    }

    private mutating func join(_ one: String, _ other: String) {
        let (first, second) = (root(one), root(other))
        guard first != second else { return }
        // The better name stands for both.
        let isFirst = Self.rank(first) <= Self.rank(second)
        same[isFirst ? second : first] = isFirst ? first : second
    }

    /// Names that everybody knows come first, and of those the older.
    private static func rank(_ name: String) -> (Int, String) {
        (name.hasPrefix("CVE-") ? 0 : name.hasPrefix("GHSA-") ? 1 : 2, name)
    }

    /// The vulnerabilities that an advisory is about: a distribution's may be about several.
    private func names(_ advisory: Advisory) -> [String] {
        guard advisory.source.isDistribution else { return [root(advisory.id)] }
        let names = ([advisory.id] + advisory.aliases).filter { $0.hasPrefix("CVE-") }
        return names.isEmpty ? [advisory.id] : names
    }

    func result() -> [VulnerabilityMatch] {
        var matches: [String: VulnerabilityMatch] = [:]
        for (hit, package, lookup) in found {
            guard var advisory = advisories[hit.advisory] else { continue }
            // What the vendor says of this package counts before what it says of all.
            if let severity = hit.severity { advisory.vendorSeverity = severity }
            for name in names(advisory) {
                var match = matches[name] ?? VulnerabilityMatch(id: name, advisories: [], packages: [])
                if !match.advisories.contains(where: { $0.id == advisory.id }) { match.advisories.append(advisory) }
                if let known = match.packages.firstIndex(where: { $0.package == package }) {
                    match.packages[known].fixedIn = Self.later(match.packages[known].fixedIn, hit.fixedIn, lookup)
                } else {
                    match.packages.append(AffectedPackage(package: package, fixedIn: hit.fixedIn))
                }
                matches[name] = match
            }
        }
        return matches.values.map(finished).sorted { $0.id < $1.id }
    }

    /// Of two versions that mend it the later, so that both who say it are content.
    private static func later(_ one: String?, _ other: String?, _ lookup: Ecosystem.Lookup) -> String? {
        guard let one else { return other }
        guard let other else { return one }
        return Ecosystem.scheme(lookup.ecosystem)?.compare(one, other) == .older ? other : one
    }

    /// With what other sources say of its severity, and in order.
    private func finished(_ match: VulnerabilityMatch) -> VulnerabilityMatch {
        var match = match
        let others = index.advisories(named: match.id).filter { other in
            // An advisory about several vulnerabilities says nothing of the severity of this one.
            !other.vectors.isEmpty && !(other.source.isDistribution && other.id != match.id)
                && !match.advisories.contains { $0.id == other.id && $0.source == other.source }
        }
        match.advisories.sort { Self.order($0) < Self.order($1) }
        match.advisories += others.sorted { Self.order($0) < Self.order($1) }.prefix(8)
        let exploitation = index.exploitation(of: match.id)
        if exploitation.isKnown || exploitation.probability != nil {
            for place in match.advisories.indices {
                match.advisories[place].exploitProbability = exploitation.probability
                match.advisories[place].isExploited = exploitation.isKnown
            }
        }
        match.related = Set(match.advisories.flatMap { [$0.id] + ($0.source.isDistribution ? [] : $0.aliases) })
            .subtracting([match.id]).sorted()
        return match
    }

    private static func order(_ advisory: Advisory) -> (Int, String) {
        let isOwn = advisory.source.isDistribution
        return (isOwn ? 0 : advisory.source == .github ? 1 : advisory.source == .nvd ? 3 : 2, advisory.id)
    }
}
