import Wire

/// Python's packages: installed ones by their metadata, and those that lock files name.
/// <https://packaging.python.org/en/latest/specifications/core-metadata/>
enum PythonPackages {
    /// `….dist-info/METADATA`, `….egg-info/PKG-INFO`, `….egg-info`
    static func installed(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        let fields = headers(bytes, ["Name", "Version", "License", "License-Expression"])
        guard let name = fields["Name"], let version = fields["Version"], !name.isEmpty, !version.isEmpty else {
            return []
        }
        let licence = fields["License-Expression"] ?? fields["License"].flatMap { $0.utf8.count <= 200 ? $0 : nil }
        return [
            InstalledPackage(
                manager: .pythonPackage, type: .pypi, name: name, version: version, path: path,
                licence: licence.flatMap { $0.isEmpty ? nil : $0 })
        ]
    }

    /// `requirements.txt`: what is pinned to one version by `==`. All else names no version.
    /// <https://pip.pypa.io/en/stable/reference/requirements-file-format/>
    static func requirements(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        var line: [UInt8] = []
        forEachLine(bytes) { part in
            if part.last == UInt8(ascii: "\\") {
                line += part.dropLast()
                return
            }
            line += part
            if let package = requirement(line[...], path: path) { packages.append(package) }
            line = []
        }
        if let package = requirement(line[...], path: path) { packages.append(package) }
        return packages
    }

    /// `jinja2[i18n]==3.1.2 ; python_version < "4" --hash=sha256:…  # why`
    private static func requirement(_ line: ArraySlice<UInt8>, path: String) -> InstalledPackage? {
        var text = line.trimmed
        guard let first = text.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "-") else { return nil }
        var previous: UInt8 = 0x20
        for (place, byte) in zip(text.indices, text) {
            if byte == UInt8(ascii: "#"), isSpace(previous) {
                text = text[..<place]
                break
            }
            previous = byte
        }
        let words = text.split(whereSeparator: isSpace)
        let hashes = words.filter { $0.begins("--hash=sha256:") }.map {
            PackageHash(algorithm: "SHA-256", value: $0.dropFirst(14).text.lowercased())
        }
        let requirement = (text.parted(by: UInt8(ascii: ";"))?.before ?? text).trimmed
        let end = requirement.firstIndex { !isNameByte($0) } ?? requirement.endIndex
        let name = requirement[..<end]
        var rest = requirement[end...].trimmed
        if rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) {
            rest = rest[(close + 1)...].trimmed
        }
        guard !name.isEmpty, rest.begins("==") else { return nil }
        rest = rest.dropFirst(rest.begins("===") ? 3 : 2).trimmed
        let version = rest.prefix { !isSpace($0) && $0 != UInt8(ascii: ",") }
        guard !version.isEmpty, !version.contains(UInt8(ascii: "*")) else { return nil }
        return InstalledPackage(
            manager: .pip, type: .pypi, name: name.text, version: version.text, path: path, hashes: hashes)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// `Pipfile.lock`
    static func pipfileLock(_ bytes: [UInt8], path: String) throws(InventoryError) -> [InstalledPackage] {
        let document = try parsed(bytes)
        var packages: [InstalledPackage] = []
        for section in ["default", "develop"] {
            guard case .object(let members)? = document[section] else { continue }
            for member in members {
                guard case .string(let version)? = member.value["version"], version.hasPrefix("==") else { continue }
                packages.append(
                    InstalledPackage(
                        manager: .pipenv, type: .pypi, name: member.key, version: String(version.dropFirst(2)),
                        path: path))
            }
        }
        return packages
    }

    /// `poetry.lock`
    static func poetryLock(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        lockedTables(bytes).compactMap { table in
            guard let name = table["name"], let version = table["version"] else { return nil }
            return InstalledPackage(manager: .poetry, type: .pypi, name: name, version: version, path: path)
        }
    }
}

/// Reads JSON.
func parsed(_ bytes: [UInt8]) throws(InventoryError) -> JSONValue {
    do {
        return try JSONValue(parsing: bytes)
    } catch {
        throw InventoryError("it is no JSON: \(error)")
    }
}

/// The tables `[[package]]` of lock files in TOML, as Cargo and Poetry write them: their keys whose values are texts on one line.
func lockedTables(_ bytes: [UInt8]) -> [[String: String]] {
    var tables: [[String: String]] = []
    var isPackage = false
    forEachLine(bytes) { line in
        if line.first == UInt8(ascii: "[") {
            isPackage = line.trimmed.elementsEqual("[[package]]".utf8)
            if isPackage { tables.append([:]) }
        } else if isPackage, let (key, value) = line.parted(by: UInt8(ascii: "=")), !tables.isEmpty {
            let (key, value) = (key.trimmed.text, value.trimmed)
            guard lockedKeys.contains(key), value.count >= 2, value.first == UInt8(ascii: "\"") else { return }
            tables[tables.count - 1][key] = value.unquoted.text
        }
    }
    return tables
}

private let lockedKeys: Set<String> = ["name", "version", "source", "checksum"]
