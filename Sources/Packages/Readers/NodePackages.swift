import Wire

/// Node's packages: installed ones, and those that lock files name.
enum NodePackages {
    /// `node_modules/NAME/package.json`
    static func installed(_ bytes: [UInt8], path: String) throws(InventoryError) -> [InstalledPackage] {
        let document = try parsed(bytes)
        // Files of this name without a version only say how a folder is to be understood.
        guard case .string(let name)? = document["name"], case .string(let version)? = document["version"] else {
            return []
        }
        var licence: String?
        if case .string(let text)? = document["license"] { licence = text }
        return package(.nodePackage, name, version, path: path, licence: licence).map { [$0] } ?? []
    }

    /// `package-lock.json`, `npm-shrinkwrap.json`
    /// <https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json>
    static func packageLock(_ bytes: [UInt8], path: String) throws(InventoryError) -> [InstalledPackage] {
        let document = try parsed(bytes)
        var packages: [InstalledPackage] = []
        if case .object(let members)? = document["packages"] {
            for member in members {
                guard case .string(let version)? = member.value["version"] else { continue }
                // The project itself is under an empty name, and workspaces under the names of their folders.
                guard let place = member.key.range(ofLast: "node_modules/") else { continue }
                var name = String(member.key[place.upperBound...])
                // Installed under another name.
                if case .string(let real)? = member.value["name"] { name = real }
                if case .boolean(true)? = member.value["link"] { continue }
                if let found = package(.npm, name, version, path: path, integrity: member.value["integrity"]) {
                    packages.append(found)
                }
            }
            return packages
        }
        // The first form: packages in packages.
        var open: [JSONValue] = document["dependencies"].map { [$0] } ?? []
        while let next = open.popLast() {
            guard case .object(let members) = next else { continue }
            for member in members {
                if let inner = member.value["dependencies"] { open.append(inner) }
                guard case .string(var version)? = member.value["version"] else { continue }
                var name = member.key
                if version.hasPrefix("npm:") {
                    let real = version.dropFirst(4)
                    guard let at = real.lastIndex(of: "@"), at > real.startIndex else { continue }
                    name = String(real[..<at])
                    version = String(real[real.index(after: at)...])
                }
                if let found = package(.npm, name, version, path: path, integrity: member.value["integrity"]) {
                    packages.append(found)
                }
            }
        }
        return packages
    }

    /// `yarn.lock`, of Yarn 1 and of those that came later.
    static func yarnLock(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        var name: String?
        forEachLine(bytes) { line in
            guard let first = line.first, first != UInt8(ascii: "#") else { return }
            if !isSpace(first) {
                // `"@babel/core@^7.0.0", "@babel/core@npm:^7.1.0":`
                let key = (line.last == UInt8(ascii: ":") ? line.dropLast() : line).trimmed
                let one = (key.parted(by: UInt8(ascii: ","))?.before ?? key).trimmed
                let text = one.filter { $0 != UInt8(ascii: "\"") }
                guard let at = text.dropFirst().firstIndex(of: UInt8(ascii: "@")) else {
                    name = nil
                    return
                }
                var real = text[..<at].text
                // `alias@npm:name@^1.0.0`
                let range = text[(at + 1)...]
                if range.begins("npm:"), let other = range.dropFirst(5).lastIndex(of: UInt8(ascii: "@")) {
                    real = range[(range.startIndex + 4)..<other].text
                }
                // What lies in the project itself or somewhere else has no version that says anything.
                name = range.begins("workspace:") || range.begins("file:") || range.begins("link:") ? nil : real
            } else if let found = name {
                let text = line.trimmed
                guard text.begins("version") else { return }
                let value = text.dropFirst(7).drop { isSpace($0) || $0 == UInt8(ascii: ":") }.trimmed.unquoted
                if let package = package(.yarn, found, value.text, path: path) { packages.append(package) }
                name = nil
            }
        }
        return packages
    }

    /// `pnpm-lock.yaml`, of pnpm 5 to 10: the keys below `packages:`.
    static func pnpmLock(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        var isInside = false
        forEachLine(bytes) { line in
            guard let first = line.first, first != UInt8(ascii: "#") else { return }
            if !isSpace(first) {
                isInside = line.trimmed.elementsEqual("packages:".utf8)
            } else if isInside, line.begins("  "), !line.begins("   "), line.last == UInt8(ascii: ":") {
                // `/@babel/core/7.1.2:`, `/@babel/core@7.1.2(react@18.0.0):`, `'@babel/core@7.1.2':`
                var key = line.dropLast().trimmed.unquoted
                if key.first == UInt8(ascii: "/") { key = key.dropFirst() }
                key = key.prefix { $0 != UInt8(ascii: "(") }
                guard let place = versionSeparator(key) else { return }
                let version = withoutPeers(key[(place + 1)...])
                guard let digit = version.first, (0x30...0x39).contains(digit) else { return }
                if let package = package(.yarn, key[..<place].text, version.text, path: path) {
                    packages.append(package)
                }
            }
        }
        return packages
    }

    /// Where a key of pnpm's has its version: behind the last `@`, or, as it was of old, behind the last slash.
    private static func versionSeparator(_ key: ArraySlice<UInt8>) -> Int? {
        let at = UInt8(ascii: "@")
        if let slash = key.lastIndex(of: UInt8(ascii: "/")) {
            let version = withoutPeers(key[(slash + 1)...])
            if let digit = version.first, (0x30...0x39).contains(digit), !version.contains(at),
                !key[..<slash].dropFirst().contains(at)
            {
                return slash
            }
        }
        return key.dropFirst().lastIndex(of: at)
    }

    /// Of old, packages that one was built with stand behind an underscore: `1.0.0_react@17.0.2`.
    private static func withoutPeers(_ version: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        version.prefix { $0 != UInt8(ascii: "_") }
    }

    /// A package by its name with its scope; nil for what names no version of a registry.
    private static func package(
        _ manager: PackageManager, _ name: String, _ version: String, path: String, licence: String? = nil,
        integrity: JSONValue? = nil
    ) -> InstalledPackage? {
        guard !name.isEmpty, name.utf8.count <= 256, let first = version.utf8.first else { return nil }
        guard (0x30...0x39).contains(first) || first == UInt8(ascii: "v") else { return nil }
        var hashes: [PackageHash] = []
        if case .string(let text)? = integrity {
            for (prefix, algorithm) in [("sha512-", "SHA-512"), ("sha1-", "SHA-1"), ("sha256-", "SHA-256")]
            where text.hasPrefix(prefix) {
                guard let digest = Base64.decode(text.dropFirst(prefix.count).utf8) else { continue }
                let digits = digest.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
                hashes.append(PackageHash(algorithm: algorithm, value: digits))
            }
        }
        let parts = name.split(separator: "/", maxSplits: 1)
        let isScoped = name.hasPrefix("@") && parts.count == 2
        return InstalledPackage(
            manager: manager, type: .npm, namespace: isScoped ? String(parts[0]) : nil,
            name: isScoped ? String(parts[1]) : name, version: version, path: path, licence: licence, hashes: hashes)
    }
}

extension String {
    /// Where a text stands last.
    func range(ofLast text: String) -> Range<String.Index>? {
        let (bytes, other) = (Array(utf8), Array(text.utf8))
        guard other.count <= bytes.count else { return nil }
        for start in (0...(bytes.count - other.count)).reversed() where bytes[start..<start + other.count] == other[...]
        {
            let from = utf8.index(utf8.startIndex, offsetBy: start)
            return from..<utf8.index(from, offsetBy: other.count)
        }
        return nil
    }
}
