/// rpm's own form of a database, `Packages.db`: places for packages, and where the header of each lies.
///
/// As rpm reads it (`lib/backend/ndb/rpmpkg.c`); tests have a file that rpm's own code has written.
struct NDBFile {
    private static let pageSize = 4096
    private static let blockSize = 16
    private static let placeSize = 16
    /// The first places are the file's own head.
    private static let headSize = 32
    private static let blobHead = 16
    private static let blobTail = 12

    private let file: RandomAccess
    private let pages: Int

    /// nil: it is no such file.
    init?(_ file: RandomAccess) {
        guard let head = file.read(0, Self.headSize), head.starts(with: Array("RpmP".utf8)),
            head.number(4, bytes: 4, bigEndian: false) == 0,
            let pages = head.number(12, bytes: 4, bigEndian: false), pages <= file.count / Self.pageSize
        else { return nil }
        (self.file, self.pages) = (file, pages)
    }

    /// - Throws: where the file is damaged.
    func values(into headers: inout RPMHeaders) throws(InventoryError) {
        // No two packages share a block: together they are not larger than the file.
        var left = file.count
        for page in 0..<pages {
            guard let bytes = file.read(page * Self.pageSize, Self.pageSize) else {
                throw InventoryError("it is damaged: there is no page \(page)")
            }
            for offset in stride(from: page == 0 ? Self.headSize : 0, to: Self.pageSize, by: Self.placeSize) {
                guard bytes[offset..<(offset + 4)].elementsEqual("Slot".utf8),
                    let package = bytes.number(offset + 4, bytes: 4, bigEndian: false),
                    let start = bytes.number(offset + 8, bytes: 4, bigEndian: false),
                    let blocks = bytes.number(offset + 12, bytes: 4, bigEndian: false)
                else { throw InventoryError("it is damaged: what should be a place for a package is none") }
                // Nothing is there.
                if start == 0 { continue }
                let size = blocks * Self.blockSize
                guard size <= left else { throw InventoryError("it is damaged: its packages are larger than the file") }
                left -= size
                try headers.add(try blob(of: package, start * Self.blockSize, size))
            }
        }
    }

    private func blob(of package: Int, _ start: Int, _ size: Int) throws(InventoryError) -> [UInt8] {
        guard let bytes = file.read(start, size), bytes.starts(with: Array("BlbS".utf8)),
            bytes.number(4, bytes: 4, bigEndian: false) == package,
            let length = bytes.number(12, bytes: 4, bigEndian: false),
            length <= size - Self.blobHead - Self.blobTail,
            bytes.number(size - 8, bytes: 4, bigEndian: false) == length,
            bytes[(size - 4)...].elementsEqual("BlbE".utf8)
        else { throw InventoryError("it is damaged: a package is not where it should be") }
        return Array(bytes[Self.blobHead..<(Self.blobHead + length)])
    }
}
