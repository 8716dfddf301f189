/// Where the names of a structure's members are in their order: operations ask for members by their names some dozen times in a
/// request, and a dictionary's hash would cost more than all the rest.
struct NamePlaces: Sendable {
    private struct Slot {
        /// Plus one; 0: the slot is free.
        var place: UInt16 = 0
        var count: UInt16 = 0
        /// Where the name begins among the letters.
        var start: Int32 = 0
    }

    /// Of all names, one after the other.
    private var letters: [UInt8] = []
    /// A power of two of them, of which no more than a quarter is taken. A name is in the slot of its hash, or in the next
    /// that was free.
    private var slots: [Slot]

    /// The places of names, which are all different; of more than so many, those behind are not found.
    init(_ names: [String]) {
        let known = names.prefix(Int(UInt16.max) - 1)
        var size = 8
        while size < 4 * known.count { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
        for (place, name) in known.enumerated() {
            let bytes = Array(name.utf8)
            guard let count = UInt16(exactly: bytes.count), let start = Int32(exactly: letters.count) else { break }
            letters += bytes
            var slot = bytes.withUnsafeBufferPointer(Self.hash) & (size - 1)
            while slots[slot].place != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Slot(place: UInt16(place + 1), count: count, start: start)
        }
    }

    /// The place of a name; nil where there is none.
    subscript(name: String) -> Int? {
        name.withBytes { name in
            letters.withUnsafeBufferPointer { letters in
                slots.withUnsafeBufferPointer { slots in
                    var index = Self.hash(name) & (slots.count - 1)
                    while slots[index].place != 0 {
                        let slot = slots[index]
                        if Int(slot.count) == name.count {
                            let start = Int(slot.start)
                            let other = UnsafeBufferPointer(rebasing: letters[start..<start + name.count])
                            if name.isSame(as: other) { return Int(slot.place) - 1 }
                        }
                        index = (index + 1) & (slots.count - 1)
                    }
                    return nil
                }
            }
        }
    }

    /// Of the length and some of the letters. The names are the model's, and none is chosen to meet another.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        guard let first = name.first, let last = name.last else { return 0 }
        return name.count &* 67 &+ Int(first) &* 5 &+ Int(name[name.count / 2]) &* 31 &+ Int(last) &* 17
    }
}
