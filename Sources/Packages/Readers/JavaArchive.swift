/// Java's archives: what `pom.properties` in them says, or else the manifest; and the archives in them.
enum JavaArchive {
    /// What is spent on archives in archives.
    struct Budget {
        var depth: Int
        var bytes: Int
        var archives = 10_000
    }

    static func isArchive(_ name: Substring) -> Bool {
        [".jar", ".war", ".ear", ".par", ".hpi", ".jpi"].contains { name.lowercased().hasSuffix($0) }
    }

    /// The packages in an archive, with those of the archives in it.
    static func read(_ archive: ArchiveReader, path: String, _ budget: inout Budget) throws(InventoryError)
        -> [InstalledPackage]
    {
        var packages: [InstalledPackage] = []
        var manifest: [String: String]?
        var found: [InstalledPackage] = []
        while let item = try archive.next() {
            guard item.isFile, let name = ArchivePath.normal(item.path) else { continue }
            budget.bytes -= item.size ?? 0
            guard budget.bytes > 0 else { throw InventoryError("more comes out of it than is allowed") }
            if name == "META-INF/MANIFEST.MF" {
                manifest = headers(
                    try content(archive, 1 << 20, &budget),
                    [
                        "Implementation-Title", "Implementation-Version", "Implementation-Vendor-Id",
                        "Bundle-SymbolicName", "Bundle-Version", "Specification-Version", "Automatic-Module-Name",
                    ])
            } else if name.hasPrefix("META-INF/maven/"), ArchivePath.last(name) == "pom.properties" {
                if let package = properties(try content(archive, 1 << 20, &budget), path: path) {
                    found.append(package)
                }
            } else if isArchive(ArchivePath.last(name)) {
                budget.archives -= 1
                guard budget.depth > 0, budget.archives > 0 else { continue }
                let bytes = try content(archive, min(256 << 20, budget.bytes), &budget)
                budget.depth -= 1
                // One that is damaged does not hide the others.
                if let inner = try? ArchiveReader(bytes), let more = try? read(inner, path: "\(path)/\(name)", &budget)
                {
                    packages += more
                }
                budget.depth += 1
            }
        }
        if found.isEmpty, let package = package(manifest ?? [:], path: path) { found.append(package) }
        return found + packages
    }

    private static func content(_ archive: ArchiveReader, _ most: Int, _ budget: inout Budget) throws(InventoryError)
        -> [UInt8]
    {
        let bytes = try archive.read(most)
        budget.bytes -= bytes.count
        return bytes
    }

    /// `pom.properties`: `groupId=org.slf4j` and so on.
    private static func properties(_ bytes: [UInt8], path: String) -> InstalledPackage? {
        var fields: [String: String] = [:]
        forEachLine(bytes) { line in
            guard let (key, value) = line.parted(by: UInt8(ascii: "=")), fields.count < 16 else { return }
            fields[key.trimmed.text] = value.trimmed.text
        }
        guard
            let group = fields["groupId"], let name = fields["artifactId"], let version = fields["version"],
            !group.isEmpty, !name.isEmpty, !version.isEmpty
        else { return nil }
        return InstalledPackage(manager: .jar, type: .maven, namespace: group, name: name, version: version, path: path)
    }

    /// By the manifest and the file's name: `slf4j-api-1.7.36.jar`.
    private static func package(_ manifest: [String: String], path: String) -> InstalledPackage? {
        let file = ArchivePath.last(path).utf8
        let stem = Array(
            file.prefix(
                file.count
                    - (file.lastIndex(of: UInt8(ascii: ".")).map { file.distance(from: $0, to: file.endIndex) } ?? 0)))
        var name = stem[...]
        var version: String?
        for place in stem.indices.dropLast()
        where stem[place] == UInt8(ascii: "-") && (0x30...0x39).contains(stem[place + 1]) {
            name = stem[..<place]
            version = stem[(place + 1)...].text
            break
        }
        let stated = ["Implementation-Version", "Bundle-Version", "Specification-Version"].lazy
            .compactMap { manifest[$0] }.first { !$0.isEmpty && !$0.contains("${") }
        guard let version = version ?? stated, !name.isEmpty else { return nil }
        // `org.slf4j.api`: the group is what stands before the archive's own name.
        var group = manifest["Implementation-Vendor-Id"]
        if group == nil, let symbolic = manifest["Bundle-SymbolicName"]?.split(separator: ";").first {
            let parts = symbolic.split(separator: ".")
            group = parts.count > 2 ? parts.dropLast().joined(separator: ".") : String(symbolic)
        }
        return InstalledPackage(
            manager: .jar, type: .maven, namespace: group, name: name.text, version: version, path: path)
    }
}
