/// The memory that the parts of one compiled policy lie in, for as long as the policy lives.
///
/// What a decision reads is made of plain values in plain tables, with no references to count: counts on what all
/// threads share would cost more than all the rest of a decision, and the more so the more threads there are. The
/// compiler checks it, as only `BitwiseCopyable` elements have a place here. Whoever makes a policy fills its memory
/// before it is shared; then nothing changes until the owner goes.
final class PolicyMemory: @unchecked Sendable {
    private var blocks: [UnsafeMutableRawPointer] = []
    private var objects: [AnyObject] = []
    private var free: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
    private var nextBlockCount = 512

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// A table of these elements.
    func table<Element: BitwiseCopyable>(_ elements: some Collection<Element>) -> UnsafeBufferPointer<Element> {
        guard !elements.isEmpty else { return UnsafeBufferPointer(start: nil, count: 0) }
        let stride = MemoryLayout<Element>.stride
        let room = room(for: elements.count * stride, alignment: MemoryLayout<Element>.alignment)
        let table = room.bindMemory(to: Element.self)
        _ = table.initialize(fromContentsOf: elements)
        return UnsafeBufferPointer(table)
    }

    /// Keeps an object alive, so that tables can hold it uncounted.
    func keep<Object: AnyObject>(_ object: Object) -> Unmanaged<Object> {
        objects.append(object)
        return Unmanaged.passUnretained(object)
    }

    /// Pieces are cut from blocks, each twice as large as the last, so that a policy's parts lie close together.
    private func room(for count: Int, alignment: Int) -> UnsafeMutableRawBufferPointer {
        var start = Self.aligned(free.baseAddress.map(UInt.init(bitPattern:)) ?? 0, alignment)
        if start + count > free.count {
            let size = max(nextBlockCount, count)
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            blocks.append(block)
            free = UnsafeMutableRawBufferPointer(start: block, count: size)
            nextBlockCount = min(nextBlockCount * 2, 16_384)
            start = 0
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: free[start..<start + count])
        free = UnsafeMutableRawBufferPointer(rebasing: free[(start + count)...])
        return room
    }

    /// The bytes to leave out so that an address is a multiple of `alignment`.
    private static func aligned(_ address: UInt, _ alignment: Int) -> Int {
        let over = Int(address % UInt(alignment))
        return over == 0 ? 0 : alignment - over
    }
}

/// Bytes in the memory of a policy.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension PolicyMemory {
    func text(_ text: String) -> Bytes { table(Array(text.utf8)) }
}
