// dpkg's database: deb-control(5), dpkg-query(1). Distroless images have a file for each package, without its status.

enum Dpkg {
    /// The packages of `var/lib/dpkg/status`, or of a file in `status.d`.
    static func packages(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        forEachParagraph(bytes) { fields in
            guard let name = fields["Package"], let version = fields["Version"], !name.isEmpty, !version.isEmpty else {
                return
            }
            // What was removed and left its configuration is not there.
            if let status = fields["Status"], status.split(separator: " ").last != "installed" { return }
            packages.append(
                InstalledPackage(
                    manager: .os, type: .deb, name: name, version: version, architecture: fields["Architecture"],
                    source: fields["Source"].flatMap { source($0, version: version) }, path: path))
        }
        return packages
    }

    /// `openssl (3.0.11-1)`, or a name alone: then the version is the package's.
    private static func source(_ text: String, version: String) -> SourcePackage? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard let name = parts.first else { return nil }
        guard parts.count == 2, parts[1].hasPrefix("("), parts[1].hasSuffix(")") else {
            return SourcePackage(name: String(name), version: version)
        }
        return SourcePackage(name: String(name), version: String(parts[1].dropFirst().dropLast()))
    }

    /// The files of `var/lib/dpkg/info/NAME.list`, or of `status.d/NAME.md5sums`, that may be packages of another sort.
    static func files(_ bytes: [UInt8], ofSums: Bool) -> [String] {
        var files: [String] = []
        forEachLine(bytes) { line in
            var line = line
            if ofSums {
                guard let space = line.firstIndex(of: 0x20) else { return }
                line = line[(space + 1)...].trimmed
            }
            guard Ownership.mayMatter(line), let path = ArchivePath.normal(line.text) else { return }
            files.append(path)
        }
        return files
    }

    /// The package's name: `libssl3` of `libssl3:amd64.list`.
    static func owner(_ fileName: Substring, suffix: Int) -> String {
        String(fileName.dropLast(suffix).prefix { $0 != ":" })
    }
}

/// Which files belong to packages of the operating system: what lies in those is looked after by the distribution, whose own
/// advisories say what is wrong with it.
struct Ownership: Sendable {
    private(set) var owners: [String: String] = [:]

    mutating func add(_ files: [String], of owner: String) {
        for file in files { owners[file] = owner }
    }

    mutating func add(_ other: Ownership) { owners.merge(other.owners) { $1 } }

    /// A file's package. `/bin` may be another name of `/usr/bin`.
    func owner(of path: String) -> String? {
        if let owner = owners[path] { return owner }
        return path.hasPrefix("usr/") ? owners[String(path.dropFirst(4))] : owners["usr/" + path]
    }

    /// Whether packages of another sort may be in a file of that name.
    static func mayMatter(_ path: ArraySlice<UInt8>) -> Bool {
        let name = path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex)...]
        // Programs have no dot in their names, or one that is neither a library's nor a text's.
        if !name.contains(UInt8(ascii: ".")) { return !path.begins("/usr/share/") || name.begins("METADATA") }
        let text = name.text
        return [".jar", ".war", ".ear", ".egg-info", ".json", ".lock", ".mod", ".sum", ".so"].contains {
            text.hasSuffix($0)
        }
            || !path.begins("/usr/share/")
    }
}
