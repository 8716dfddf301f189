import Compression
import Packages
import Wire

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension AdvisoryIndex {
    /// Reads advisories, and writes the index: to a new file that takes the place of the old one.
    ///
    /// - Parameter sources: files or folders of OSV records (single ones, arrays, one in each line, zip archives of them),
    ///   the Debian security tracker's JSON, EPSS's CSV, CISA's list of exploited vulnerabilities (JSON); `.gz` as well.
    /// - Returns: what could not be read, in words for people.
    @discardableResult
    public static func build(from sources: [String], to path: String) throws(AdvisoryError) -> [String] {
        var reading = SourceReading(builder: try IndexBuilder(path: path))
        for source in sources {
            reading.builder.begin(source)
            try reading.read(source, depth: 0)
        }
        try reading.builder.finish()
        return reading.problems
    }
}

/// Reads files of advisories.
struct SourceReading {
    let builder: IndexBuilder
    private(set) var problems: [String] = []

    /// The most that a file has when it is unpacked: the Debian tracker's has less than a tenth.
    private static let mostOfFile = 1 << 30
    /// The most that one record has.
    private static let mostOfRecord = 16 << 20

    init(builder: IndexBuilder) { self.builder = builder }

    private mutating func tell(_ problem: String) {
        if problems.count < 100 { problems.append(problem) }
    }

    mutating func read(_ path: String, depth: Int) throws(AdvisoryError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw AdvisoryError("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard depth < 16 else { return tell("\(path): the folders are nested too deeply") }
            for name in names(in: path) where !name.hasPrefix(".") {
                try read("\(path)/\(name)", depth: depth + 1)
            }
        case S_IFREG:
            let isNamed = depth == 0
            let lower = path.lowercased()
            if lower.hasSuffix(".zip") {
                try readArchive(path)
            } else if isNamed || Self.suffixes.contains(where: { lower.hasSuffix($0) }) {
                guard let bytes = file(path, size: Int(status.st_size)) else { return }
                try read(bytes, name: path, isNamed: isNamed)
            }
        default: if depth == 0 { throw AdvisoryError("\(path) is neither a file nor a folder") }
        }
    }

    private static let suffixes = [".json", ".jsonl", ".ndjson", ".csv", ".json.gz", ".jsonl.gz", ".csv.gz"]

    private func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(validatingCString: $0) }
            }
            if let name { names.append(name) }
        }
        return names.sorted()
    }

    /// A file's bytes, unpacked.
    private mutating func file(_ path: String, size: Int) -> [UInt8]? {
        guard size <= Self.mostOfFile else {
            tell("\(path): it is larger than \(Self.mostOfFile) bytes")
            return nil
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            tell("\(path): it can't be opened: \(String(cString: strerror(errno)))")
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while bytes.count <= Self.mostOfFile {
            let part = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, filled in
                filled = max(0, systemRead(descriptor, buffer.baseAddress, buffer.count))
            }
            if part.isEmpty { break }
            bytes += part
        }
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        guard let unpacked = Gunzip.decompress(bytes, most: Self.mostOfFile) else {
            tell("\(path): it is no gzip, or larger than \(Self.mostOfFile) bytes")
            return nil
        }
        return unpacked
    }

    /// OSV's own archives: a zip with a file for each record.
    private mutating func readArchive(_ path: String) throws(AdvisoryError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw AdvisoryError("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        do {
            let archive = try ArchiveReader(descriptor: descriptor)
            while let item = try archive.next() {
                guard item.isFile, item.path.hasSuffix(".json") else { continue }
                let bytes = try archive.read(Self.mostOfRecord)
                try read(bytes, name: "\(path)/\(item.path)", isNamed: false)
            }
        } catch let error as InventoryError {
            tell("\(path): \(error)")
        } catch let error as AdvisoryError {
            throw error
        } catch {
            tell("\(path): \(error)")
        }
    }

    /// What stands in a file.
    mutating func read(_ bytes: [UInt8], name: String, isNamed: Bool) throws(AdvisoryError) {
        let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "["), var pieces = JSONPieces(bytes) else {
            guard ExploitData.readProbabilities(bytes, builder) else {
                return tell("\(name): it is nothing that is known here")
            }
            return
        }
        if !pieces.isObject {
            while let (_, range) = pieces.next() { try take(pieces.value(range), name) }
        } else if DebianTracker.isTracker(pieces) {
            try DebianTracker.forEach(pieces) { record throws(AdvisoryError) in try builder.add(record) }
        } else if Self.hasLines(bytes) {
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                try take(try? JSONValue(parsing: Array(line)), name)
            }
        } else {
            guard bytes.count <= 64 << 20, let document = try? JSONValue(parsing: bytes) else {
                return tell("\(name): it is no JSON, or too large for one record")
            }
            if ExploitData.readExploited(document, builder) { return }
            try take(document, name)
        }
    }

    private mutating func take(_ document: JSONValue?, _ name: String) throws(AdvisoryError) {
        guard let document else { return tell("\(name): a record is no JSON") }
        guard let record = OSVRecord.read(document) else {
            guard case .string? = document["id"] else { return tell("\(name): it is no record of OSV") }
            return
        }
        try builder.add(record)
    }

    /// Whether each line is an object of its own.
    private static func hasLines(_ bytes: [UInt8]) -> Bool {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end < bytes.count - 1 else { return false }
        return bytes[end + 1] == UInt8(ascii: "{") && (try? JSONValue(parsing: Array(bytes[..<end]))) != nil
    }
}

/// The system's function, whose name a method has, too.
private func systemRead(_ descriptor: Int32, _ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    read(descriptor, start, count)
}
