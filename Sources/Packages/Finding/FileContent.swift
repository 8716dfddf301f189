/// The content of a file that is being looked at.
struct FileContent {
    /// In bytes, where it is known.
    let size: Int?
    /// Reads on: fewer bytes than asked for only at the end.
    let read: (Int) throws(InventoryError) -> [UInt8]
    /// An open file that can be read anywhere; nil for what comes as a stream.
    let descriptor: Int32?

    /// All of it.
    /// - Throws: for one that is larger.
    func whole(most: Int) throws(InventoryError) -> [UInt8] {
        if let size, size > most { throw InventoryError("it is larger than \(most) bytes") }
        // One more would be too many.
        let bytes = try read(most + 1)
        guard bytes.count <= most else { throw InventoryError("it is larger than \(most) bytes") }
        return bytes
    }

    /// A program's or library's content; nil for what is none.
    func program(most: Int) throws(InventoryError) -> ELF? {
        if let descriptor, let size {
            return ELF(RandomAccess(descriptor: descriptor, count: size))
        }
        let head = try read(4)
        guard ELF.isELF(head) else { return nil }
        if let size, size > most { throw InventoryError("it is larger than \(most) bytes") }
        let bytes = try head + read(most)
        return ELF(RandomAccess(bytes))
    }
}
