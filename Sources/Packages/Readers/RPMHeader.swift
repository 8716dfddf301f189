/// A package's header in rpm's database: numbers for tags, and where their values lie.
/// <https://rpm-software-management.github.io/rpm/manual/format_header.html>
struct RPMHeader {
    private enum Tag: UInt32 {
        case name = 1000
        case version = 1001
        case release = 1002
        case epoch = 1003
        case licence = 1014
        case architecture = 1022
        case source = 1044
        case folderIndexes = 1116
        case baseNames = 1117
        case folders = 1118
    }

    private let bytes: ArraySlice<UInt8>
    /// Where each tag's values begin, and how many there are.
    private var places: [Tag: (type: UInt32, offset: Int, count: Int)] = [:]
    private let data: Int

    /// Nil for what is no header.
    init?(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        guard let tags = Self.number(bytes, 0), let size = Self.number(bytes, 4), tags <= 1 << 16, size <= 1 << 28
        else {
            return nil
        }
        data = 8 + Int(tags) * 16
        guard data + Int(size) <= bytes.count else { return nil }
        for place in 0..<Int(tags) {
            let start = 8 + place * 16
            guard
                let number = Self.number(bytes, start), let type = Self.number(bytes, start + 4),
                let offset = Self.number(bytes, start + 8), let count = Self.number(bytes, start + 12)
            else { return nil }
            guard let tag = Tag(rawValue: number), offset < size, count <= size else { continue }
            places[tag] = (type, Int(offset), Int(count))
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32? {
        guard offset >= 0, offset + 4 <= bytes.count else { return nil }
        return bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The texts of a tag, each of which ends with a zero byte.
    private func texts(_ tag: Tag) -> [String] {
        // A text, an array of them, or one that is translated.
        guard let place = places[tag], [6, 8, 9].contains(place.type) else { return [] }
        var texts: [String] = []
        var rest = bytes.dropFirst(data + place.offset)
        for _ in 0..<(place.type == 6 ? 1 : place.count) {
            guard let end = rest.firstIndex(of: 0) else { break }
            texts.append(rest[..<end].text)
            rest = rest[(end + 1)...]
        }
        return texts
    }

    private func numbers(_ tag: Tag) -> [UInt32] {
        guard let place = places[tag], place.type == 4 else { return [] }
        var numbers: [UInt32] = []
        for index in 0..<place.count {
            guard let number = Self.number(bytes, data + place.offset + index * 4) else { break }
            numbers.append(number)
        }
        return numbers
    }

    /// The package. Keys that rpm keeps as packages are none.
    func package(path: String) -> InstalledPackage? {
        guard
            let name = texts(.name).first, let version = texts(.version).first, let release = texts(.release).first,
            !name.isEmpty, !version.isEmpty, name != "gpg-pubkey"
        else { return nil }
        let epoch = numbers(.epoch).first.map { "\($0):" } ?? ""
        return InstalledPackage(
            manager: .os, type: .rpm, name: name, version: "\(epoch)\(version)-\(release)",
            architecture: texts(.architecture).first,
            source: texts(.source).first.flatMap { Self.source($0, epoch: epoch) }, path: path,
            licence: texts(.licence).first)
    }

    /// `openssl-3.0.7-24.el9.src.rpm`
    private static func source(_ file: String, epoch: String) -> SourcePackage? {
        guard file.hasSuffix(".rpm") else { return nil }
        // Without what it is for: `.src` or `.nosrc`.
        let parts = file.dropLast(4).split(separator: ".", omittingEmptySubsequences: false).dropLast()
        let words = parts.joined(separator: ".").split(separator: "-", omittingEmptySubsequences: false)
        guard words.count >= 3 else { return nil }
        return SourcePackage(
            name: words.dropLast(2).joined(separator: "-"), version: epoch + words.suffix(2).joined(separator: "-"))
    }

    /// Its files that may be packages of another sort.
    func files() -> [String] {
        let folders = texts(.folders)
        return zip(texts(.baseNames), numbers(.folderIndexes)).compactMap { name, index in
            guard let index = Int(exactly: index), folders.indices.contains(index) else { return nil }
            let path = folders[index] + name
            guard Ownership.mayMatter(Array(path.utf8)[...]) else { return nil }
            return ArchivePath.normal(path)
        }
    }
}
