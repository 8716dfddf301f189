/// Go's modules: those that a program was built from, and those that `go.mod` and `go.sum` name.
/// <https://pkg.go.dev/debug/buildinfo>, <https://go.dev/ref/mod>
enum GoPackages {
    private static let magic: [UInt8] = [0xFF] + Array(" Go buildinf:".utf8)

    /// What a program says of itself; none for one that Go did not build.
    static func program(_ elf: ELF, path: String) -> [InstalledPackage] {
        guard let (version, modules) = buildInformation(elf) else { return [] }
        var packages: [InstalledPackage] = []
        if let standard = standardVersion(version) {
            packages.append(
                InstalledPackage(manager: .goBinary, type: .golang, name: "stdlib", version: standard, path: path))
        }
        // Sixteen bytes before and behind it mark it for what looks at a running program.
        guard modules.count > 33, modules[modules.count - 17] == UInt8(ascii: "\n") else { return packages }
        var last: [String] = []
        func finish() {
            if last.count >= 2, let package = package(.goBinary, last[0], last[1], path: path) {
                packages.append(package)
            }
            last = []
        }
        forEachLine(Array(modules[16..<modules.count - 16])) { line in
            let parts = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map(\.text)
            switch parts.first {
            case "mod", "dep":
                finish()
                last = Array(parts.dropFirst())
            // It stands in the place of the one before.
            case "=>": last = Array(parts.dropFirst())
            default: break
            }
        }
        finish()
        return packages
    }

    /// The version of Go, and the text about modules.
    private static func buildInformation(_ elf: ELF) -> (version: String, modules: [UInt8])? {
        guard let data = information(elf), data.count >= 32, data.starts(with: magic) else { return nil }
        if data[15] & 2 != 0 {
            // Since Go 1.18 both texts follow, each behind its length.
            guard
                let version = measured(data, at: 32, most: 1 << 10),
                let modules = measured(data, at: version.end, most: 1 << 24)
            else { return nil }
            return (version.bytes[...].text, modules.bytes)
        }
        // Before, there are two addresses of texts' addresses.
        let width = Int(data[14])
        guard width == elf.width else { return nil }
        let bigEndian = data[15] & 1 != 0
        func text(_ place: Int, _ most: Int) -> [UInt8]? {
            guard
                let address = data.number(place, bytes: width, bigEndian: bigEndian),
                let header = elf.bytes(at: address, 2 * width),
                let start = header.number(0, bytes: width, bigEndian: bigEndian),
                let count = header.number(width, bytes: width, bigEndian: bigEndian), count <= most
            else { return nil }
            return elf.bytes(at: start, count)
        }
        guard let version = text(16, 1 << 10) else { return nil }
        return (version[...].text, text(16 + width, 1 << 24) ?? [])
    }

    /// Its section, or else the front of the data that can be written to.
    private static func information(_ elf: ELF) -> [UInt8]? {
        if let section = elf.section(".go.buildinfo", most: 1 << 25) { return section }
        guard elf.sections.isEmpty, let segment = elf.segments.first(where: \.isWritable) else { return nil }
        guard let data = elf.file.read(segment.offset, min(segment.size, 1 << 20)) else { return nil }
        for start in stride(from: 0, to: data.count, by: 16) where data[start...].starts(with: magic) {
            return Array(data[start...])
        }
        return nil
    }

    /// A text behind its length, in seven bits of each byte.
    private static func measured(_ data: [UInt8], at offset: Int, most: Int) -> (bytes: [UInt8], end: Int)? {
        var (length, shift, place) = (0, 0, offset)
        while true {
            guard place < data.count, shift <= 28 else { return nil }
            length |= Int(data[place] & 0x7F) << shift
            shift += 7
            place += 1
            if data[place - 1] & 0x80 == 0 { break }
        }
        guard length <= most, length <= data.count - place else { return nil }
        return (Array(data[place..<place + length]), place + length)
    }

    /// `1.21.0-rc.2` of `go1.21rc2`, as Go's vulnerability database writes it; nil for what is no release.
    static func standardVersion(_ text: String) -> String? {
        let word = text.split(separator: " ").first ?? ""
        guard word.hasPrefix("go") else { return nil }
        let digits = Array(word.dropFirst(2).utf8)
        var place = 0
        var numbers: [Substring] = []
        while place < digits.count {
            let start = place
            while place < digits.count, (0x30...0x39).contains(digits[place]) { place += 1 }
            guard place > start else { return nil }
            numbers.append(Substring(digits[start..<place].text))
            guard place < digits.count, digits[place] == UInt8(ascii: "."), numbers.count < 3 else { break }
            place += 1
        }
        guard numbers.count >= 1 else { return nil }
        while numbers.count < 3 { numbers.append("0") }
        let version = numbers.joined(separator: ".")
        let rest = digits[place...]
        // What a distribution appends (`-X:boringcrypto`) is the same release.
        if rest.isEmpty || rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { return version }
        for (word, length) in [("beta", 4), ("rc", 2)] where rest.text.hasPrefix(word) {
            let number = rest.dropFirst(length).prefix { (0x30...0x39).contains($0) }
            return number.isEmpty ? nil : "\(version)-\(word).\(number.text)"
        }
        return nil
    }

    private static func package(_ manager: PackageManager, _ module: String, _ version: String, path: String)
        -> InstalledPackage?
    {
        // `(devel)`: built from a folder, of which nothing is known.
        guard version.hasPrefix("v"), !module.isEmpty, module.utf8.count <= 1024 else { return nil }
        let folder = ArchivePath.folder(module)
        return InstalledPackage(
            manager: manager, type: .golang, namespace: folder, name: String(ArchivePath.last(module)),
            version: version, path: path)
    }

    /// `go.mod`: what it requires, with what it replaces.
    static func moduleFile(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var required: [(module: String, version: String)] = []
        var replaced: [String: (module: String, version: String?)] = [:]
        var block = ""
        forEachLine(bytes) { line in
            var words = line.trimmed.split(whereSeparator: isSpace).map(\.unquoted.text)
            if let comment = words.firstIndex(where: { $0.hasPrefix("//") }) { words.removeSubrange(comment...) }
            guard let first = words.first else { return }
            if block.isEmpty {
                if words.count == 2, words[1] == "(" {
                    block = first
                    return
                }
                words.removeFirst()
            } else if first == ")" {
                block = ""
                return
            }
            switch block.isEmpty ? first : block {
            case "require" where words.count >= 2: required.append((words[0], words[1]))
            case "replace":
                guard let arrow = words.firstIndex(of: "=>"), arrow >= 1, arrow + 1 < words.count else { return }
                let version = arrow + 2 < words.count ? words[arrow + 2] : nil
                // With a version, or without one for all of them.
                replaced[arrow == 1 ? words[0] : "\(words[0])@\(words[1])"] = (words[arrow + 1], version)
            default: break
            }
        }
        return required.compactMap { module, version in
            if let other = replaced["\(module)@\(version)"] ?? replaced[module] {
                return other.version.flatMap { package(.goModule, other.module, $0, path: path) }
            }
            return package(.goModule, module, version, path: path)
        }
    }

    /// `go.sum`: the modules whose content was needed.
    static func sumFile(_ bytes: [UInt8], path: String) -> [InstalledPackage] {
        var seen: Set<String> = []
        var packages: [InstalledPackage] = []
        forEachLine(bytes) { line in
            let words = line.split(whereSeparator: isSpace)
            // Of those whose module file alone was needed, nothing is built.
            guard words.count == 3, !words[1].text.hasSuffix("/go.mod") else { return }
            let (module, version) = (words[0].text, words[1].text)
            guard seen.insert("\(module)@\(version)").inserted else { return }
            if let package = package(.goModule, module, version, path: path) { packages.append(package) }
        }
        return packages
    }
}
