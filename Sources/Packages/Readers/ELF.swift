/// A program's or library's sections and segments, as far as they tell what it was built from: elf(5).
struct ELF {
    /// A piece of the file.
    struct Section {
        let name: String
        let offset: Int
        let size: Int
    }

    /// A piece that is loaded into memory.
    struct Segment {
        let address: Int
        let offset: Int
        let size: Int
        let isWritable: Bool
    }

    let file: RandomAccess
    let bigEndian: Bool
    /// Of addresses, in bytes.
    let width: Int
    private(set) var sections: [Section] = []
    private(set) var segments: [Segment] = []

    static func isELF(_ head: [UInt8]) -> Bool { head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) }

    /// Nil for what is no ELF file.
    init?(_ file: RandomAccess) {
        guard let head = file.read(0, 64) ?? file.read(0, 52), Self.isELF(head) else { return nil }
        guard head[4] == 1 || head[4] == 2, head[5] == 1 || head[5] == 2 else { return nil }
        self.file = file
        let bigEndian = head[5] == 2
        let width = head[4] == 2 ? 8 : 4
        self.bigEndian = bigEndian
        self.width = width
        func half(_ offset: Int) -> Int { head.number(offset, bytes: 2, bigEndian: bigEndian) ?? 0 }
        func word(_ offset: Int) -> Int { head.number(offset, bytes: width, bigEndian: bigEndian) ?? -1 }
        let is64 = width == 8
        segments = Self.segments(
            file, at: word(is64 ? 32 : 28), size: half(is64 ? 54 : 42), count: half(is64 ? 56 : 44), width, bigEndian)
        sections = Self.sections(
            file, at: word(is64 ? 40 : 32), size: half(is64 ? 58 : 46), count: half(is64 ? 60 : 48),
            names: half(is64 ? 62 : 50), width, bigEndian)
    }

    private static func segments(
        _ file: RandomAccess, at offset: Int, size: Int, count: Int, _ width: Int, _ bigEndian: Bool
    ) -> [Segment] {
        guard size >= (width == 8 ? 56 : 32), size <= 1024, let table = file.read(offset, size * count) else {
            return []
        }
        return (0..<count).compactMap { index in
            let start = index * size
            func word(_ wide: Int, _ narrow: Int, _ bytes: Int) -> Int? {
                table.number(start + (width == 8 ? wide : narrow), bytes: bytes, bigEndian: bigEndian)
            }
            guard word(0, 0, 4) == 1, let flags = word(4, 24, 4) else { return nil }
            guard
                let offset = word(8, 4, width), let address = word(16, 8, width), let size = word(32, 16, width)
            else { return nil }
            return Segment(address: address, offset: offset, size: size, isWritable: flags & 3 == 2)
        }
    }

    private static func sections(
        _ file: RandomAccess, at offset: Int, size: Int, count: Int, names: Int, _ width: Int, _ bigEndian: Bool
    ) -> [Section] {
        guard size >= (width == 8 ? 64 : 40), size <= 1024, let table = file.read(offset, size * count) else {
            return []
        }
        func word(_ index: Int, _ wide: Int, _ narrow: Int, _ bytes: Int) -> Int? {
            table.number(index * size + (width == 8 ? wide : narrow), bytes: bytes, bigEndian: bigEndian)
        }
        guard
            names < count, let place = word(names, 24, 16, width), let length = word(names, 32, 20, width),
            length <= 1 << 20, let texts = file.read(place, length)
        else { return [] }
        return (0..<count).compactMap { index in
            guard
                let name = word(index, 0, 0, 4), texts.indices.contains(name),
                let offset = word(index, 24, 16, width), let size = word(index, 32, 20, width)
            else { return nil }
            return Section(name: texts[name...].prefix(64).prefix { $0 != 0 }.text, offset: offset, size: size)
        }
    }

    /// A section's bytes; nil if it is not there, or is larger than that.
    func section(_ name: String, most: Int) -> [UInt8]? {
        guard let section = sections.first(where: { $0.name == name }), section.size <= most else { return nil }
        return file.read(section.offset, section.size)
    }

    /// The bytes at an address of the running program.
    func bytes(at address: Int, _ count: Int) -> [UInt8]? {
        guard count >= 0 else { return nil }
        for segment in segments where address >= segment.address && address - segment.address <= segment.size {
            guard count <= segment.size - (address - segment.address) else { continue }
            let (offset, overflows) = segment.offset.addingReportingOverflow(address - segment.address)
            return overflows ? nil : file.read(offset, count)
        }
        return nil
    }
}
