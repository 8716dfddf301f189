import PackageVersions
import Wire

/// A record of OSV: <https://ossf.github.io/osv-schema/>
enum OSVRecord {
    /// The most that is kept of a text.
    private static let longest = 4_000

    /// Reads a record.
    /// - Returns: nil for what is none, was withdrawn, or affects nothing that can be looked up and says nothing of severity.
    static func read(_ document: JSONValue) -> AdvisoryRecord? {
        guard let id = text(document["id"]), !id.isEmpty, id.utf8.count <= 128 else { return nil }
        guard document["modified"] != nil || document["affected"] != nil else { return nil }
        if case .string? = document["withdrawn"] { return nil }
        let source = source(id)
        var advisory = Advisory(id: id, source: source)
        advisory.aliases = texts(document["aliases"], most: 64)
        // Distributions say so what an advisory of theirs is about.
        if source.isDistribution {
            for name in texts(document["upstream"], most: 512) + texts(document["related"], most: 512)
            where !advisory.aliases.contains(name) {
                advisory.aliases.append(name)
            }
            if let name = vulnerability(id), !advisory.aliases.contains(name) { advisory.aliases.append(name) }
        }
        advisory.summary = text(document["summary"]).map { cut($0, 300) }
        advisory.details = text(document["details"]).map { cut($0, longest) }
        advisory.published = text(document["published"]).flatMap { Timestamp(parsing: $0)?.secondsSinceEpoch }
        advisory.modified = text(document["modified"]).flatMap { Timestamp(parsing: $0)?.secondsSinceEpoch }
        let specific = document["database_specific"]
        advisory.vendorSeverity = text(specific?["severity"]).map { cut($0, 32) }
        advisory.weaknesses = texts(specific?["cwe_ids"], most: 16)
        if case .array(let references)? = document["references"] {
            advisory.references = references.prefix(20).compactMap { text($0["url"]) }.filter {
                $0.utf8.count <= 1_000 && ($0.hasPrefix("https://") || $0.hasPrefix("http://"))
            }
        }
        rate(&advisory, document["severity"])
        var affected: [AffectedVersions] = []
        if case .array(let entries)? = document["affected"] {
            for entry in entries {
                if advisory.vectors.isEmpty { rate(&advisory, entry["severity"]) }
                if let versions = versions(entry) { affected.append(versions) }
            }
        }
        guard !affected.isEmpty || !advisory.vectors.isEmpty else { return nil }
        return AdvisoryRecord(advisory: advisory, affected: affected)
    }

    /// `CVE-2023-5363` of `DEBIAN-CVE-2023-5363`.
    private static func vulnerability(_ id: String) -> String? {
        for prefix in ["DEBIAN-", "UBUNTU-", "ALPINE-"] where id.hasPrefix(prefix + "CVE-") {
            return String(id.dropFirst(prefix.utf8.count))
        }
        return nil
    }

    private static func rate(_ advisory: inout Advisory, _ severities: JSONValue?) {
        guard case .array(let severities)? = severities else { return }
        for severity in severities.prefix(8) {
            guard let score = text(severity["score"]) else { continue }
            if let vector = CVSSVector(score) {
                if !advisory.vectors.contains(vector) { advisory.vectors.append(vector) }
            } else if text(severity["type"])?.hasPrefix("CVSS") != true, advisory.vendorSeverity == nil {
                // Ubuntu's own word.
                advisory.vendorSeverity = cut(score, 32)
            }
        }
    }

    private static func versions(_ entry: JSONValue) -> AffectedVersions? {
        guard let name = text(entry["package"]?["name"]), let ecosystem = text(entry["package"]?["ecosystem"]) else {
            return nil
        }
        let key = Ecosystem.key(ecosystem)
        guard let scheme = Ecosystem.scheme(key), name.utf8.count <= 512 else { return nil }
        var ranges: [VersionRange] = []
        if case .array(let all)? = entry["ranges"] {
            // Commits say nothing of what is installed.
            for range in all where text(range["type"]) == "ECOSYSTEM" || text(range["type"]) == "SEMVER" {
                guard case .array(let events)? = range["events"] else { continue }
                let read = events.flatMap(Self.events)
                if !read.isEmpty { ranges.append(VersionRange(read)) }
            }
        }
        // Those that the ranges have anyhow are not kept twice.
        let versions = texts(entry["versions"], most: 100_000).filter { version in
            !ranges.contains {
                if case .affected = $0.contains(version, by: scheme) { true } else { false }
            }
        }
        guard !ranges.isEmpty || !versions.isEmpty else { return nil }
        let urgency = text(entry["ecosystem_specific"]?["urgency"]) ?? text(entry["ecosystem_specific"]?["severity"])
        return AffectedVersions(
            ecosystem: key, name: Ecosystem.name(name, in: key), ranges: ranges, versions: versions,
            vendorSeverity: urgency.map { cut($0, 32) })
    }

    private static func events(_ event: JSONValue) -> [VersionRange.Event] {
        guard case .object(let members) = event else { return [] }
        return members.compactMap { member in
            guard let version = text(member.value), version.utf8.count <= 256 else { return nil }
            return switch member.key {
            case "introduced": .introduced(version)
            case "fixed": .fixed(version)
            case "last_affected": .lastAffected(version)
            case "limit": .limit(version)
            default: nil
            }
        }
    }

    /// Who publishes records with such a name.
    static func source(_ id: String) -> AdvisorySource {
        let sources: [(String, AdvisorySource)] = [
            ("CVE-", .nvd), ("GHSA-", .github), ("PYSEC-", .python), ("GO-", .go), ("RUSTSEC-", .rust),
            ("DEBIAN-", .debian), ("DSA-", .debian), ("DLA-", .debian), ("DTSA-", .debian), ("UBUNTU-", .ubuntu),
            ("USN-", .ubuntu), ("LSN-", .ubuntu), ("ALPINE-", .alpine), ("RHSA-", .redHat), ("RHBA-", .redHat),
            ("RHEA-", .redHat), ("ALAS", .amazon), ("SUSE-", .suse), ("openSUSE-", .suse), ("ALSA-", .almaLinux),
            ("ALBA-", .almaLinux), ("ALEA-", .almaLinux), ("RLSA-", .rocky), ("RXSA-", .rocky),
        ]
        return sources.first { id.hasPrefix($0.0) }?.1 ?? .osv
    }

    static func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value else { return nil }
        return text
    }

    static func texts(_ value: JSONValue?, most: Int) -> [String] {
        guard case .array(let values)? = value else { return [] }
        return values.prefix(most).compactMap { text($0) }.filter { $0.utf8.count <= 256 }
    }

    /// A text's front, which ends where a character does.
    static func cut(_ text: String, _ most: Int) -> String {
        guard text.utf8.count > most else { return text }
        return String(decoding: Array(text.utf8.prefix(most)), as: UTF8.self).trimmingReplacement
    }
}

extension String {
    /// Without what a character that was cut apart became.
    fileprivate var trimmingReplacement: String {
        var text = self
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        return text
    }
}

extension AdvisorySource {
    /// Whether its advisories are about updates of a distribution, each of which may mend several vulnerabilities.
    var isDistribution: Bool {
        switch self {
        case .debian, .ubuntu, .redHat, .amazon, .alpine, .suse, .almaLinux, .rocky: true
        default: false
        }
    }
}
