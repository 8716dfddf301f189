/// The files of an OCI layout, or of an archive that `docker save` or `skopeo` wrote.
enum ImageStore: ~Copyable {
    case folder(Folder)
    case archive(ImageArchive)

    /// Opens what the operator names.
    init(path: String) throws(InventoryError) {
        if let folder = try? Folder(path: path) {
            self = .folder(folder)
        } else {
            self = .archive(try ImageArchive(path: path))
        }
    }

    /// A small file; nil if it is not there.
    func file(_ path: String) throws(InventoryError) -> [UInt8]? {
        switch self {
        case .archive(let archive): return archive.small[path]
        case .folder(let folder):
            guard let file = folder.file(at: path.split(separator: "/").map(String.init)) else { return nil }
            return try file.content.whole(most: ImageArchive.mostOfSmall)
        }
    }

    /// Reads an archive that is in it.
    func layer(_ path: String, _ read: (ArchiveReader) throws(InventoryError) -> Void) throws(InventoryError) {
        switch self {
        case .archive(let archive): try archive.layer(path, read)
        case .folder(let folder):
            guard let file = folder.file(at: path.split(separator: "/").map(String.init)) else {
                throw InventoryError("it is not there")
            }
            try read(try ArchiveReader(descriptor: file.descriptor))
        }
    }
}

/// An archive with an image's files: its small ones are kept, the layers are looked for again one by one.
final class ImageArchive {
    /// Manifests and configurations.
    static let mostOfSmall = 4 << 20

    private let archive: OpenedFile
    private(set) var small: [String: [UInt8]] = [:]
    /// Of old, layers that several images have were links to one of them.
    private var links: [String: String] = [:]

    init(path: String) throws(InventoryError) {
        archive = try OpenedFile(path: path)
        var kept = 0
        let reader = try ArchiveReader(descriptor: archive.descriptor)
        var count = 0
        while let item = try reader.next() {
            count += 1
            guard count <= 100_000 else { throw InventoryError("there are more than 100000 files in it") }
            guard let name = ArchivePath.normal(item.path) else { continue }
            if let link = item.link ?? item.sameAs {
                let folder = item.link == nil ? [] : name.split(separator: "/").dropLast()
                links[name] = Self.resolved(folder + link.split(separator: "/"))
            } else if item.isFile, let size = item.size, size <= Self.mostOfSmall, size + kept <= 64 << 20 {
                let bytes = try reader.read(size)
                // Layers may be as small.
                guard bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") else { continue }
                small[name] = bytes
                kept += bytes.count
            }
        }
    }

    private static func resolved(_ parts: [Substring]) -> String? {
        var result: [Substring] = []
        for part in parts where part != "." {
            if part == ".." {
                guard result.popLast() != nil else { return nil }
            } else {
                result.append(part)
            }
        }
        return result.joined(separator: "/")
    }

    func layer(_ path: String, _ read: (ArchiveReader) throws(InventoryError) -> Void) throws(InventoryError) {
        var name = path
        for _ in 0..<8 { name = links[name] ?? name }
        archive.rewind()
        let reader = try ArchiveReader(descriptor: archive.descriptor)
        while let item = try reader.next() {
            guard item.isFile, ArchivePath.normal(item.path) == name else { continue }
            return try read(try ArchiveReader(in: reader))
        }
        throw InventoryError("it is not there")
    }
}
