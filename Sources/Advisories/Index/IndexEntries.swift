import PackageVersions

// How advisories, and the versions that they affect, stand in an index.

extension IndexWriter {
    mutating func advisory(_ advisory: Advisory) {
        text(advisory.id)
        texts(advisory.aliases)
        byte(UInt8(clamping: AdvisorySource.allCases.firstIndex(of: advisory.source) ?? 0))
        optional(advisory.published)
        optional(advisory.modified)
        optional(advisory.summary)
        optional(advisory.details)
        optional(advisory.vendorSeverity)
        texts(advisory.vectors.map(\.vector))
        texts(advisory.weaknesses)
        texts(advisory.references)
    }

    mutating func affected(_ affected: AffectedVersions) {
        text(affected.ecosystem)
        text(affected.name)
        optional(affected.vendorSeverity)
        count(affected.ranges.count)
        for range in affected.ranges {
            count(range.events.count)
            for event in range.events {
                switch event {
                case .introduced: byte(0)
                case .fixed: byte(1)
                case .lastAffected: byte(2)
                case .limit: byte(3)
                }
                text(event.version)
            }
        }
        texts(affected.versions)
    }
}

extension IndexReader {
    mutating func advisory() -> Advisory {
        let id = text()
        let aliases = texts()
        let number = Int(byte())
        let sources = AdvisorySource.allCases
        var advisory = Advisory(
            id: id, aliases: aliases, source: sources.indices.contains(number) ? sources[number] : .osv)
        advisory.published = optionalTime()
        advisory.modified = optionalTime()
        advisory.summary = optional()
        advisory.details = optional()
        advisory.vendorSeverity = optional()
        advisory.vectors = texts().compactMap { CVSSVector($0) }
        advisory.weaknesses = texts()
        advisory.references = texts()
        return advisory
    }

    /// Whether a version is affected by what stands there, which has to be about the package.
    mutating func answer(_ lookup: Ecosystem.Lookup, _ scheme: VersionScheme) -> (fixedIn: String?, severity: String?)?
    {
        guard isText(lookup.ecosystem), isText(lookup.name) else { return nil }
        let severity = optional()
        var isAffected = false
        var fixedIn: String?
        for _ in 0..<min(count(), 1 << 16) {
            var events: [VersionRange.Event] = []
            for _ in 0..<min(count(), 1 << 16) {
                let kind = byte()
                let version = text()
                switch kind {
                case 0: events.append(.introduced(version))
                case 1: events.append(.fixed(version))
                case 2: events.append(.lastAffected(version))
                default: events.append(.limit(version))
                }
            }
            guard case .affected(let fix) = VersionRange(events).contains(lookup.version, by: scheme) else { continue }
            isAffected = true
            fixedIn = fixedIn ?? fix
        }
        if !isAffected {
            for _ in 0..<min(count(), 1 << 20) {
                let version = text()
                if version == lookup.version || scheme.compare(version, lookup.version) == .same {
                    isAffected = true
                    break
                }
            }
        }
        return isAffected ? (fixedIn, severity) : nil
    }
}
