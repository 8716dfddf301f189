import Directory
import EC2API
import Platform
import Wire

/// What a list of resources can be filtered by: names of filters, and what a resource has for each of them. A resource passes a
/// filter if one of its values is like one of the filter's; it has to pass all.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
///
/// ```swift
/// static let filters = Filters<StoredInternetGateway>([
///     "internet-gateway-id": { gateway, _ in [gateway.id] },
///     …
/// ])
/// ```
struct Filters<Item>: Sendable {
    typealias Values = @Sendable (_ item: Item, _ estate: EC2Estate) -> [String]

    /// By the filters' names.
    let fields: [String: Values]
    /// nil: the items have no tags.
    private let tags: (@Sendable (Item) -> [Tag])?

    /// - Parameters:
    ///   - fields: by the filters' names.
    ///   - absent: names of filters for what AWS's items have, and none here has.
    ///   - tags: those of an item; nil: filters by tags are not known.
    init(_ fields: [String: Values], absent: [String] = [], tags: (@Sendable (Item) -> [Tag])?) {
        let none: Values = { _, _ in [] }
        self.fields = fields.merging(absent.map { ($0, none) }) { own, _ in own }
        self.tags = tags
    }

    /// Those that pass all filters.
    /// - Throws: InvalidParameterValue for a filter that is not known; FilterLimitExceeded.
    func apply(
        _ filters: [EC2.Filter]?, to items: [Item], _ estate: EC2Estate
    ) throws(ServiceError) -> [Item] {
        guard let filters, !filters.isEmpty else { return items }
        guard filters.reduce(0, { $0 + ($1.values?.count ?? 0) }) <= 200 else {
            throw .ec2("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
        }
        var tests: [(values: Values, patterns: [FilterPattern])] = []
        for filter in filters {
            let name = filter.name ?? ""
            guard let values = values(name) else { throw .invalidValue("The filter '\(name)' is invalid") }
            guard let patterns = filter.values, !patterns.isEmpty else {
                throw .invalidValue("The filter '\(name)' must contain at least one value")
            }
            tests.append((values, patterns.map(FilterPattern.init)))
        }
        return items.filter { item in
            tests.allSatisfy { test in
                let own = test.values(item, estate)
                return test.patterns.contains { pattern in own.contains(where: pattern.matches) }
            }
        }
    }

    private func values(_ name: String) -> Values? {
        if let values = fields[name] { return values }
        guard let tags else { return nil }
        if name == "tag-key" { return { item, _ in tags(item).map(\.key) } }
        if name == "tag-value" { return { item, _ in tags(item).map(\.value) } }
        guard name.hasPrefix("tag:") else { return nil }
        let key = String(name.dropFirst(4))
        return { item, _ in tags(item).filter { $0.key == key }.map(\.value) }
    }
}

extension Filters where Item: EC2Resource {
    /// For a resource: by its tags, and its owner as well.
    init(_ fields: [String: Values], absent: [String] = []) {
        self.init(
            fields.merging(["owner-id": { item, _ in [item.head.accountID] }]) { own, _ in own }, absent: absent,
            tags: { $0.head.tags })
    }
}

/// A filter's value: `*` stands for any text, `?` for any character; a backslash takes the meaning from what follows it.
struct FilterPattern: Sendable {
    private enum Part: Equatable {
        case any, one
        case letter(Unicode.Scalar)
    }

    private let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\" where !isEscaped:
                isEscaped = true
                continue
            case "*" where !isEscaped: if parts.last != .any { parts.append(.any) }
            case "?" where !isEscaped: parts.append(.one)
            default: parts.append(.letter(scalar))
            }
            isEscaped = false
        }
        self.parts = parts
    }

    /// - Complexity: linear in both lengths for each `*`, never more.
    func matches(_ text: String) -> Bool {
        let letters = Array(text.unicodeScalars)
        var (place, part) = (0, 0)
        // Where the last `*` was, and from where on it is tried next.
        var (star, retry) = (-1, 0)
        while place < letters.count {
            if part < parts.count, parts[part] == .any {
                (star, retry) = (part, place)
                part += 1
            } else if part < parts.count, parts[part] == .one || parts[part] == .letter(letters[place]) {
                part += 1
                place += 1
            } else if star >= 0 {
                retry += 1
                (part, place) = (star + 1, retry)
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { $0 == .any }
    }
}
