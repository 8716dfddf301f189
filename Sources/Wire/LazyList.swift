/// A list whose elements are made one after the other, when the answer is written: an answer with a page of a hundred
/// users is never a tree of a hundred structures.
///
/// Until then it keeps what the elements are made of: records, which cost nothing to keep.
///
/// ```swift
/// let list = LazyList(["alice", "bob"]) { name in IAM.User { $0.userName = name } }
/// print(list.count)  // 2
/// ```
public final class LazyList: RandomAccessCollection, Sendable, Equatable {
    private let length: Int
    private let element: @Sendable (Int) -> Value

    /// A list of so many elements. The closure makes the one at a position from 0 on, and the same one each time.
    public init(count: Int, _ element: @escaping @Sendable (Int) -> Value) {
        self.length = count
        self.element = element
    }

    // Inlinable, since for an unknown type of item each step goes through its table of functions.
    /// A list with an element for each item.
    @inlinable
    public convenience init<Item: Sendable, Element: ValueConvertible>(
        _ items: [Item], _ element: @escaping @Sendable (Item) -> Element
    ) {
        self.init(count: items.count) { element(items[$0]).wireValue }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { length }

    /// The element at a position, made anew each time.
    public subscript(position: Int) -> Value { element(position) }

    public static func == (left: LazyList, right: LazyList) -> Bool { left.elementsEqual(right) }
}
