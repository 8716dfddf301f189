import PackageVersions
import Wire

/// The Debian security tracker's data: <https://security-tracker.debian.org/tracker/data/json>. For each source package its
/// vulnerabilities, and for each of these how it stands in each release.
enum DebianTracker {
    /// Whether a text looks like it: an object of objects, the names of whose members are vulnerabilities'.
    static func isTracker(_ pieces: JSONPieces) -> Bool {
        var pieces = pieces
        guard pieces.isObject, let first = pieces.next(), var inner = pieces.pieces(first.value), inner.isObject else {
            return false
        }
        guard let key = inner.next()?.key else { return false }
        return key.hasPrefix("CVE-") || key.hasPrefix("TEMP-")
    }

    /// Calls for each vulnerability of each package.
    static func forEach(_ pieces: JSONPieces, _ body: (AdvisoryRecord) throws(AdvisoryError) -> Void)
        throws(AdvisoryError)
    {
        var pieces = pieces
        while let (name, range) = pieces.next() {
            guard let name, name.utf8.count <= 256, var vulnerabilities = pieces.pieces(range) else { continue }
            while let (id, range) = vulnerabilities.next() {
                guard let id, id.utf8.count <= 128, let document = vulnerabilities.value(range) else { continue }
                if let record = record(id, document, package: name) { try body(record) }
            }
        }
    }

    private static func record(_ id: String, _ document: JSONValue, package: String) -> AdvisoryRecord? {
        guard case .object(let releases)? = document["releases"] else { return nil }
        var affected: [AffectedVersions] = []
        for release in releases {
            guard let number = Ecosystem.debianReleases[release.key] else { continue }
            guard let range = range(release.value) else { continue }
            affected.append(
                AffectedVersions(
                    ecosystem: "debian:\(number)", name: package, ranges: [range], versions: [],
                    vendorSeverity: OSVRecord.text(release.value["urgency"]).map { OSVRecord.cut($0, 32) }))
        }
        guard !affected.isEmpty else { return nil }
        let description = OSVRecord.text(document["description"]).map { OSVRecord.cut($0, 1_000) }
        return AdvisoryRecord(advisory: Advisory(id: id, details: description, source: .debian), affected: affected)
    }

    /// The versions that are affected; nil if none is.
    private static func range(_ release: JSONValue) -> VersionRange? {
        switch OSVRecord.text(release["status"]) {
        case "open": return VersionRange([.introduced("0")])
        case "resolved":
            // Fixed in 0: it was never there.
            guard let version = OSVRecord.text(release["fixed_version"]), version != "0", version.utf8.count <= 256
            else {
                return nil
            }
            return VersionRange([.introduced("0"), .fixed(version)])
        // Nobody knows whether it is affected.
        default: return nil
        }
    }
}
