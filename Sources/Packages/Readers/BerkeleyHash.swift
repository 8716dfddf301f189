/// A database of BerkeleyDB that is a hash, as rpm made one until 4.15: its values, in no order. It is only ever read.
///
/// rpm's own way to read it without BerkeleyDB is the same (`lib/backend/bdb_ro.c`); so is its test: what rpm says of a database, and what
/// this says of it.
struct BerkeleyHash {
    private enum Kind {
        static let unsortedHash = 2, overflow = 7, hashMeta = 8, hash = 13
    }

    private enum Item {
        static let plain: UInt8 = 1, elsewhere: UInt8 = 3
    }

    /// The bytes before a page's entries.
    private static let head = 26

    private let file: RandomAccess
    private let pageSize: Int
    private let lastPage: Int
    private let isBigEndian: Bool

    /// nil: it is no such database, or one that is encrypted or summed, as rpm's are not.
    init?(_ file: RandomAccess) {
        guard let meta = file.read(0, 512) else { return nil }
        let magic = 0x061561
        if meta.number(12, bytes: 4, bigEndian: false) == magic {
            isBigEndian = false
        } else if meta.number(12, bytes: 4, bigEndian: true) == magic {
            isBigEndian = true
        } else {
            return nil
        }
        guard let size = meta.number(20, bytes: 4, bigEndian: isBigEndian), (512...65_536).contains(size),
            size & (size - 1) == 0, meta[24] == 0, Int(meta[25]) == Kind.hashMeta, meta[26] == 0,
            let last = meta.number(32, bytes: 4, bigEndian: isBigEndian)
        else { return nil }
        (self.file, pageSize, lastPage) = (file, size, last)
    }

    /// - Throws: where the file is damaged.
    func values(into headers: inout RPMHeaders) throws(InventoryError) {
        // Each page is of one value at most: together they are not larger than the file.
        var left = file.count
        var number = 1
        while number <= lastPage {
            let page = try page(number)
            let kind = Int(page[25])
            if kind == Kind.hash || kind == Kind.unsortedHash { try values(on: page, into: &headers, &left) }
            number += 1
        }
    }

    private func page(_ number: Int) throws(InventoryError) -> [UInt8] {
        let (offset, isTooLarge) = number.multipliedReportingOverflow(by: pageSize)
        guard !isTooLarge, let page = file.read(offset, pageSize) else {
            throw InventoryError("it is damaged: there is no page \(number)")
        }
        return page
    }

    /// Keys and values take turns. Items lie at a page's end, the first one last.
    private func values(on page: [UInt8], into headers: inout RPMHeaders, _ left: inout Int) throws(InventoryError) {
        let count = page.number(20, bytes: 2, bigEndian: isBigEndian) ?? 0
        var end = pageSize
        for place in 0..<count {
            guard let start = page.number(Self.head + 2 * place, bytes: 2, bigEndian: isBigEndian), start < end,
                start >= Self.head + 2 * count
            else { throw InventoryError("it is damaged: a page's items are not in their places") }
            defer { end = start }
            guard !place.isMultiple(of: 2) else { continue }
            switch page[start] {
            // The number of the last package, under a key of its own, is shorter than any header.
            case Item.plain where end - start > 16 + 1: try headers.add(Array(page[(start + 1)..<end]))
            case Item.elsewhere:
                guard end - start >= 12, let first = page.number(start + 4, bytes: 4, bigEndian: isBigEndian),
                    let length = page.number(start + 8, bytes: 4, bigEndian: isBigEndian)
                else { throw InventoryError("it is damaged: an item is too short") }
                guard length <= left else { throw InventoryError("it is damaged: its values are larger than the file") }
                left -= length
                try headers.add(try chain(from: first, length))
            default: continue
            }
        }
    }

    /// A value that takes several pages, each of which tells the next.
    private func chain(from first: Int, _ length: Int) throws(InventoryError) -> [UInt8] {
        var value: [UInt8] = []
        var number = first
        while value.count < length {
            let page = try page(number)
            guard Int(page[25]) == Kind.overflow, let next = page.number(16, bytes: 4, bigEndian: isBigEndian),
                let used = page.number(22, bytes: 2, bigEndian: isBigEndian), used > 0, used <= pageSize - Self.head
            else { throw InventoryError("it is damaged: a value has no end") }
            value += page[Self.head..<(Self.head + min(used, length - value.count))]
            number = next
        }
        // Of the last page there is no next one; a chain that goes in a circle has no last page.
        guard number == 0 else { throw InventoryError("it is damaged: a value has no end") }
        return value
    }
}
