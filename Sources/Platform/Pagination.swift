import FoundationEssentials
public import Ledger
public import Wire

/// One page of a list, and where the next one starts. An answer's view is made from it: `Output(page)`.
///
/// ```swift
/// let groups = try records.groups(of: records.user(input.userName))
/// let page = page(groups, by: \.id, try Paging(input))
/// return Output(page, IAM.Group.init)
/// ```
public struct Page<Item> {
    /// The items of this page, in the order of the list.
    public var items: [Item]
    /// What the caller sends to get the next page; nil on the last one.
    public var marker: String?

    /// Makes a page; without a marker it is the last one.
    public init(items: [Item], marker: String? = nil) {
        self.items = items
        self.marker = marker
    }

    /// Whether there is another page: AWS's `IsTruncated`.
    public var isTruncated: Bool { marker != nil }

    /// The same page of something else, with the same marker.
    public func map<T, Failure: Error>(_ transform: (Item) throws(Failure) -> T) throws(Failure) -> Page<T> {
        Page<T>(items: try items.map(transform), marker: marker)
    }
}

extension View where Members: PageFields {
    /// An answer that is one page.
    public init(_ page: Page<Members.Item>) {
        self.init(page.items, next: page.marker)
    }

    /// An answer that is one page of what the closure makes of the items. It makes them when the answer is written, one
    /// after the other, so that they are never all there at once; the records that `handle` was given are of no use by
    /// then.
    @inlinable
    public init<Item: Sendable>(_ page: Page<Item>, _ element: @escaping @Sendable (Item) -> Members.Item) {
        self.init(LazyList(page.items, element), next: page.marker)
    }
}

/// What a list request says about pages: where to start, and how many items to return.
///
/// ```swift
/// let groups = try records.groups(of: records.user(input.userName))
/// let page = page(groups, by: \.id, try Paging(input))
/// return Output(page, IAM.Group.init)
/// ```
///
/// Pages start after a key, not at a number, so that items which come or go between two requests make no other item
/// appear twice or not at all. AWS: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
public struct Paging: Sendable {
    /// At most this many items on a page: 100 unless the request says otherwise.
    public var limit: Int
    /// The page starts after the item with this key; nil: with the first.
    public var after: String?

    /// Reads a request's marker.
    ///
    /// - Throws: ValidationError for a marker that is not one of ours.
    public init(marker: String?, maxItems: Int?) throws(ServiceError) {
        limit = maxItems ?? 100
        guard let marker else { return }
        guard let bytes = Data(base64Encoded: marker), let key = String(validating: bytes, as: UTF8.self) else {
            throw .validation("Invalid Marker.")
        }
        after = key
    }

    /// What a list request of the model says, whatever the service calls its members.
    /// - Throws: ValidationError for a marker that is not one of ours.
    public init<F: PageRequestFields>(_ input: View<F>) throws(ServiceError) {
        try self.init(marker: input.pageToken, maxItems: input.pageLimit)
    }

    /// The marker that stands for a key. It hides nothing: clients may not read it, but they can.
    public static func marker(after key: String) -> String {
        Data(key.utf8).base64EncodedString()
    }
}

extension RecordReading {
    /// A page of the records of a type that pass a test, in the order of their ids.
    ///
    /// - Complexity: O(log *n*) and the records that are looked at: more than a page only where many fail the test.
    public func page<R: Record>(
        _ type: R.Type, _ paging: Paging, where isIncluded: (R) -> Bool = { _ in true }
    ) throws(ServiceError) -> Page<R> {
        try page(paging, where: isIncluded) { (after, limit) throws(ServiceError) in
            try list(type, after: after, limit: limit)
        }
    }

    /// A page of the records of a type that refer to a target and pass a test: the members of a group, say.
    public func page<R: Record>(
        _ type: R.Type, _ relation: String, to target: String, _ paging: Paging,
        where isIncluded: (R) -> Bool = { _ in true }
    ) throws(ServiceError) -> Page<R> {
        try page(paging, where: isIncluded) { (after, limit) throws(ServiceError) in
            try referrers(type, relation, to: target, after: after, limit: limit)
        }
    }

    private func page<R: Record>(
        _ paging: Paging, where isIncluded: (R) -> Bool,
        fetch: (_ after: String?, _ limit: Int) throws(ServiceError) -> [R]
    ) throws(ServiceError) -> Page<R> {
        var items: [R] = []
        var after = paging.after
        while true {
            let batch = try fetch(after, paging.limit + 1)
            for record in batch where isIncluded(record) {
                if items.count == paging.limit {
                    return Page(items: items, marker: items.last.map { Paging.marker(after: $0.id) })
                }
                items.append(record)
            }
            guard batch.count > paging.limit, let last = batch.last else { return Page(items: items) }
            after = last.id
        }
    }
}

// Inlinable, since for an unknown type of item each step goes through its table of functions.
/// A page of what can be had in the order of its ids, such as the directory's users.
///
/// ```swift
/// let page = page(try Paging(input)) { after, limit in
///     call.directory.users(in: call.accountID, after: after, limit: limit)
/// }
/// ```
///
/// - Parameters:
///   - next: up to `limit` items with their ids, after an id or from the first on.
///   - isIncluded: whether an item is wanted.
/// - Complexity: that of `next`, which is called again only where many are not wanted.
@inlinable
public func page<Item, Failure>(
    _ paging: Paging,
    from next: (_ after: String?, _ limit: Int) throws(Failure) -> [(id: String, entry: Item)],
    where isIncluded: (Item) -> Bool = { _ in true }
) throws(Failure) -> Page<Item> {
    var items: [Item] = []
    items.reserveCapacity(paging.limit)
    var (after, last) = (paging.after, "")
    while true {
        let found = try next(after, paging.limit + 1)
        for (id, item) in found where isIncluded(item) {
            if items.count == paging.limit { return Page(items: items, marker: Paging.marker(after: last)) }
            items.append(item)
            last = id
        }
        guard found.count > paging.limit, let end = found.last else { return Page(items: items) }
        after = end.id
    }
}

/// A page of items that are in memory, in the order of their keys. Keys must be unique among the items; the marker
/// contains the last one, so the page after it is right even if items have come or gone.
/// - Complexity: O(*n* log *n*).
public func page<Item>(_ items: [Item], by key: (Item) -> String, _ paging: Paging) -> Page<Item> {
    var rest = items.sorted { key($0) < key($1) }[...]
    if let after = paging.after { rest = rest.drop { key($0) <= after } }
    let taken = Array(rest.prefix(paging.limit))
    guard rest.count > taken.count, let last = taken.last else { return Page(items: taken) }
    return Page(items: taken, marker: Paging.marker(after: key(last)))
}

/// A page of items that are in memory, by their positions: for lists in an order that no key has. If the list changes
/// between two pages, items may be there twice or not at all.
public func page<Item>(_ items: [Item], _ paging: Paging) -> Page<Item> {
    let start = min(items.count, max(0, paging.after.flatMap { Int($0) } ?? 0))
    let taken = Array(items[start...].prefix(paging.limit))
    let end = start + taken.count
    return Page(items: taken, marker: end < items.count ? Paging.marker(after: String(end)) : nil)
}
