/// Values filed under keys, found by the texts that a key equals or begins: a radix tree of bytes.
///
/// Nodes never change: a changed tree shares all but the path to the change with the tree that it came from. So one
/// change costs as much as the key is long, whatever the tree's size, and readers need no lock.
final class PrefixTree<Value: AnyObject & Sendable>: @unchecked Sendable {
    /// A key of a tree.
    struct Key: Sendable, Hashable {
        /// At most `maximumCount` are taken, which bounds a tree's depth; a longer key is filed as a beginning.
        let bytes: [UInt8]
        /// Whether the key stands for one text, not for all that begin with it.
        let isWhole: Bool

        private static var maximumCount: Int { 256 }

        init(_ bytes: some Collection<UInt8>, isWhole: Bool) {
            self.bytes = Array(bytes.prefix(Self.maximumCount))
            self.isWhole = isWhole && bytes.count <= Self.maximumCount
        }
    }

    // A walk through the tree counts no references, so a node holds its parts by hand: they are retained when it is
    // made, and released when it goes.

    /// The bytes that lead to this node from its parent.
    private let label: Bytes
    /// What is filed here for texts that go on.
    private let open: Unmanaged<Value>?
    /// What is filed here for the text that ends here.
    private let whole: Unmanaged<Value>?
    /// The first bytes of the children's labels, sorted.
    private let heads: Bytes
    private let children: ObjectList<PrefixTree>

    private init(label: some Collection<UInt8>, open: Value?, whole: Value?, children: [PrefixTree]) {
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: label.count + children.count)
        _ = bytes.initialize(fromContentsOf: Array(label) + children.map(\.head))
        self.label = Bytes(rebasing: bytes[..<label.count])
        heads = Bytes(rebasing: bytes[label.count...])
        self.children = ObjectList(retaining: children)
        self.open = open.map(Unmanaged.passRetained)
        self.whole = whole.map(Unmanaged.passRetained)
    }

    deinit {
        children.release()
        open?.release()
        whole?.release()
        // The heads lie behind it.
        label.deallocate()
    }

    /// An empty tree.
    convenience init() {
        self.init(label: [], open: nil, whole: nil, children: [])
    }

    var isEmpty: Bool { open == nil && whole == nil && children.isEmpty }

    private var head: UInt8 { label.first ?? 0 }

    /// Calls `body` with what is filed under `text` and under all its beginnings, the shortest first.
    ///
    /// - Parameter ignoringCase: the keys are in lower case, the text in any.
    @inline(__always)
    func forEachMatch(of text: Span<UInt8>, ignoringCase: Bool, _ body: (Value) -> Void) {
        var position = 0
        // The tree outlives the walk, so its nodes need no counting.
        var node = Unmanaged.passUnretained(self)
        while true {
            let next = node._withUnsafeGuaranteedRef { node -> Unmanaged<PrefixTree>? in
                node.open?._withUnsafeGuaranteedRef(body)
                guard position < text.count else {
                    node.whole?._withUnsafeGuaranteedRef(body)
                    return nil
                }
                let byte = ignoringCase ? text[position].lowercasedASCII : text[position]
                return node.child(byte).map { node.children[$0] }
            }
            guard let next else { return }
            let length = next._withUnsafeGuaranteedRef { child -> Int? in
                let rest = text.extracting(position..<text.count)
                let label = child.label.span
                let isShared = ignoringCase ? rest.hasPrefixIgnoringCase(label) : rest.hasPrefix(label)
                return isShared ? label.count : nil
            }
            guard let length else { return }
            position &+= length
            node = next
        }
    }

    /// The tree with another value under `key`.
    ///
    /// - Parameter change: makes the new value from the old; nil: none.
    func updating(_ key: Key, _ change: (Value?) -> Value?) -> PrefixTree {
        var path: [(node: PrefixTree, child: Int)] = []
        var node = self
        var rest = key.bytes[...]
        while let head = rest.first, let child = node.child(head) {
            let next = node.children[child].takeUnretainedValue()
            let shared = zip(next.label, rest).prefix { $0 == $1 }.count
            path.append((node, child))
            rest = rest.dropFirst(shared)
            if shared < next.label.count {
                node = next.split(at: shared)
                break
            }
            node = next
        }
        if rest.isEmpty {
            node = node.withValue(key.isWhole, change)
        } else {
            let leaf = PrefixTree(label: rest, open: nil, whole: nil, children: []).withValue(key.isWhole, change)
            if !leaf.isEmpty { node = node.inserting(leaf) }
        }
        while let (parent, child) = path.popLast() { node = parent.replacing(child, with: node) }
        return node
    }

    @inline(__always)
    private func child(_ head: UInt8) -> Int? {
        let heads = heads.span
        var low = 0
        var high = heads.count
        while low < high {
            let middle = (low &+ high) / 2
            if heads[middle] < head { low = middle &+ 1 } else { high = middle }
        }
        return low < heads.count && heads[low] == head ? low : nil
    }

    // The parts, counted again.

    private var openValue: Value? { open?.takeUnretainedValue() }
    private var wholeValue: Value? { whole?.takeUnretainedValue() }

    private func withValue(_ isWhole: Bool, _ change: (Value?) -> Value?) -> PrefixTree {
        PrefixTree(
            label: label, open: isWhole ? openValue : change(openValue),
            whole: isWhole ? change(wholeValue) : wholeValue, children: children.elements)
    }

    /// A node for the first `count` bytes of the label, above this one.
    private func split(at count: Int) -> PrefixTree {
        let lower = PrefixTree(
            label: label.dropFirst(count), open: openValue, whole: wholeValue, children: children.elements)
        return PrefixTree(label: label.prefix(count), open: nil, whole: nil, children: [lower])
    }

    private func inserting(_ leaf: PrefixTree) -> PrefixTree {
        var children = children.elements
        children.insert(leaf, at: heads.firstIndex { $0 > leaf.head } ?? heads.count)
        return PrefixTree(label: label, open: openValue, whole: wholeValue, children: children)
    }

    private func replacing(_ child: Int, with node: PrefixTree) -> PrefixTree {
        var children = children.elements
        if node.isEmpty { children.remove(at: child) } else { children[child] = node }
        return PrefixTree(label: label, open: openValue, whole: wholeValue, children: children)
    }
}
