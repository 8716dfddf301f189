/// Values filed under keys, found by the texts that a key equals or begins: a radix tree of bytes.
///
/// Nodes never change: a changed tree shares all but the path to the change with the tree that it came from. So one
/// change costs as much as the key is long, whatever the tree's size, and readers need no lock.
final class PrefixTree<Value: Sendable>: Sendable {
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

    /// The bytes that lead to this node from its parent.
    private let label: [UInt8]
    /// What is filed here for texts that go on.
    private let open: Value?
    /// What is filed here for the text that ends here.
    private let whole: Value?
    /// The first bytes of the children's labels, sorted.
    private let heads: [UInt8]
    private let children: [PrefixTree]

    private init(label: [UInt8], open: Value?, whole: Value?, heads: [UInt8], children: [PrefixTree]) {
        self.label = label
        self.open = open
        self.whole = whole
        self.heads = heads
        self.children = children
    }

    /// An empty tree.
    convenience init() {
        self.init(label: [], open: nil, whole: nil, heads: [], children: [])
    }

    var isEmpty: Bool { open == nil && whole == nil && children.isEmpty }

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
                if let open = node.open { body(open) }
                guard position < text.count else {
                    if let whole = node.whole { body(whole) }
                    return nil
                }
                let byte = ignoringCase ? text[position].lowercasedASCII : text[position]
                guard let child = node.child(byte) else { return nil }
                return node.children.withUnsafeBufferPointer { children in
                    let rest = text.extracting(position..<text.count)
                    let label = children[child].label
                    let isShared = ignoringCase ? rest.hasPrefixIgnoringCase(label.span) : rest.hasPrefix(label.span)
                    guard isShared else { return nil }
                    position &+= label.count
                    return Unmanaged.passUnretained(children[child])
                }
            }
            guard let next else { return }
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
            let next = node.children[child]
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
            let leaf = PrefixTree(label: Array(rest), open: nil, whole: nil, heads: [], children: [])
                .withValue(key.isWhole, change)
            if !leaf.isEmpty { node = node.inserting(leaf) }
        }
        while let (parent, child) = path.popLast() { node = parent.replacing(child, with: node) }
        return node
    }

    @inline(__always)
    private func child(_ head: UInt8) -> Int? {
        let list = heads
        let heads = list.span
        var low = 0
        var high = heads.count
        while low < high {
            let middle = (low &+ high) / 2
            if heads[middle] < head { low = middle &+ 1 } else { high = middle }
        }
        return low < heads.count && heads[low] == head ? low : nil
    }

    private func withValue(_ isWhole: Bool, _ change: (Value?) -> Value?) -> PrefixTree {
        PrefixTree(
            label: label, open: isWhole ? open : change(open), whole: isWhole ? change(whole) : whole, heads: heads,
            children: children)
    }

    /// A node for the first `count` bytes of the label, above this one.
    private func split(at count: Int) -> PrefixTree {
        let lower = PrefixTree(
            label: Array(label[count...]), open: open, whole: whole, heads: heads, children: children)
        return PrefixTree(
            label: Array(label[..<count]), open: nil, whole: nil, heads: [label[count]], children: [lower])
    }

    private func inserting(_ leaf: PrefixTree) -> PrefixTree {
        let place = heads.firstIndex { $0 > leaf.label[0] } ?? heads.count
        var heads = heads
        var children = children
        heads.insert(leaf.label[0], at: place)
        children.insert(leaf, at: place)
        return PrefixTree(label: label, open: open, whole: whole, heads: heads, children: children)
    }

    private func replacing(_ child: Int, with node: PrefixTree) -> PrefixTree {
        var heads = heads
        var children = children
        if node.isEmpty {
            heads.remove(at: child)
            children.remove(at: child)
        } else {
            children[child] = node
        }
        return PrefixTree(label: label, open: open, whole: whole, heads: heads, children: children)
    }
}
