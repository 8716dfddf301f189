import CArchive

/// An archive that is being read, one item after the other, by libarchive: tar or zip, compressed or not.
package final class ArchiveReader {
    /// What stands in it.
    package struct Item: Sendable {
        /// The name, as it is written; empty where it can't be told.
        package let path: String
        /// Where a symbolic link leads.
        package let link: String?
        /// The name of the file that this one is the same as.
        package let sameAs: String?
        /// The bits of `st_mode`.
        package let mode: UInt32
        /// In bytes, as the archive says it; nil where it does not.
        package let size: Int?

        /// Whether it is a file with content of its own.
        package var isFile: Bool { mode & 0o170000 == 0o100000 && sameAs == nil }
        /// Whether it is a folder.
        package var isFolder: Bool { mode & 0o170000 == 0o040000 }
    }

    private let reader: OpaquePointer
    private let outer: ArchiveReader?
    private let bytes: UnsafeMutableRawBufferPointer?

    /// An archive in an open file, which has to stay open.
    package init(descriptor: Int32) throws(InventoryError) {
        reader = try Self.opened { archive_reader_open_file(descriptor, $0, $1) }
        outer = nil
        bytes = nil
    }

    /// An archive in memory.
    package init(_ content: [UInt8]) throws(InventoryError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(content.count, 1), alignment: 16)
        bytes.copyBytes(from: content)
        do {
            reader = try Self.opened {
                guard let base = bytes.baseAddress else { return nil }
                return archive_reader_open_bytes(base, content.count, $0, $1)
            }
        } catch {
            bytes.deallocate()
            throw error
        }
        self.bytes = bytes
        outer = nil
    }

    /// An archive that is the item at which another one stands.
    package init(in outer: ArchiveReader) throws(InventoryError) {
        reader = try Self.opened { archive_reader_open_item(outer.reader, $0, $1) }
        self.outer = outer
        bytes = nil
    }

    deinit {
        archive_reader_close(reader)
        bytes?.deallocate()
    }

    /// Goes to the next item.
    /// - Returns: nil at the end.
    package func next() throws(InventoryError) -> Item? {
        var item = archive_item()
        var status: Int32 = 0
        let reason = Self.reason { status = archive_reader_next(reader, &item, $0, $1) }
        guard status >= 0 else { throw InventoryError(reason) }
        guard status > 0 else { return nil }
        return Item(
            path: item.path.map { String(cString: $0) } ?? "", link: item.link.map { String(cString: $0) },
            sameAs: item.same_as.map { String(cString: $0) }, mode: item.mode,
            size: item.size < 0 ? nil : Int(item.size))
    }

    /// Reads on in the item: fewer bytes than asked for only at its end.
    package func read(_ count: Int) throws(InventoryError) -> [UInt8] {
        var result: [UInt8] = []
        var isDamaged = false
        while result.count < count, !isDamaged {
            // By pieces: what an item says of its size need not be true.
            let piece = min(count - result.count, 1 << 20)
            let part = [UInt8](unsafeUninitializedCapacity: piece) { buffer, filled in
                guard let base = buffer.baseAddress else { return }
                let got = archive_reader_read(reader, base, piece)
                isDamaged = got < 0
                filled = max(0, min(got, piece))
            }
            if part.isEmpty { break }
            result += part
        }
        if isDamaged { throw InventoryError("an item is damaged") }
        return result
    }

    private static func opened(
        _ open: (UnsafeMutablePointer<CChar>, Int) -> OpaquePointer?
    ) throws(InventoryError) -> OpaquePointer {
        var opened: OpaquePointer?
        let reason = reason { opened = open($0, $1) }
        guard let opened else { throw InventoryError(reason) }
        return opened
    }

    /// Runs what may say a reason.
    private static func reason(_ body: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        let capacity = 256
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress else { return "" }
            body(base, capacity)
            return String(cString: base)
        }
    }
}
