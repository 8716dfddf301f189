public import Directory
public import Policy
public import Wire

/// What tags a service takes on a kind of resource, and what it says of others.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
///
/// ```swift
/// target.tags = try Target.tagRules.merge(input.tags, into: target.tags)
/// ```
public struct TagRules: Sendable {
    /// When two keys are the same.
    public enum KeyEquality: Sendable {
        /// Byte by byte: `costcenter` and `Costcenter` are two tags.
        case exact
        /// Without regard to case; the key that was there first stays as it is written.
        case caseInsensitive
    }

    private let equality: KeyEquality
    private let most: Int
    private let duplicate: ServiceError
    private let reserved: @Sendable (_ key: String) -> ServiceError
    private let tooMany: ServiceError

    /// - Parameters:
    ///   - equality: of keys.
    ///   - most: how many tags a resource may have.
    ///   - duplicate: for a request that names a key twice.
    ///   - reserved: for a key that begins with `aws:`.
    ///   - tooMany: for more tags than that.
    public init(
        keys equality: KeyEquality, most: Int = 50, duplicate: ServiceError,
        reserved: @escaping @Sendable (_ key: String) -> ServiceError, tooMany: ServiceError
    ) {
        self.equality = equality
        self.most = most
        self.duplicate = duplicate
        self.reserved = reserved
        self.tooMany = tooMany
    }

    /// The tags of a request that makes a resource.
    /// - Throws: the errors that the rules were made with.
    public func new<F: KeyValueFields>(_ tags: [View<F>]?) throws(ServiceError) -> [Tag] {
        try merge(tags ?? [], into: [])
    }

    /// What a resource's tags become when some are added; a key that is there already takes the new value.
    /// - Throws: the errors that the rules were made with.
    public func merge<F: KeyValueFields>(_ added: [View<F>], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        try merge(added.map(Tag.init), into: tags)
    }

    /// The same, for a service whose tags need no value.
    /// - Throws: the errors that the rules were made with.
    public func merge(_ added: [Tag], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        var result = tags
        var seen: Set<String> = []
        for new in added {
            guard seen.insert(folded(new.key)).inserted else { throw duplicate }
            guard !new.key.lowercased().hasPrefix("aws:") else { throw reserved(new.key) }
            if let index = result.firstIndex(where: { folded($0.key) == folded(new.key) }) {
                result[index].value = new.value
            } else {
                result.append(new)
            }
        }
        guard result.count <= most else { throw tooMany }
        return result
    }

    /// What a resource's tags become when some keys are taken away; keys that are not there do not matter.
    public func remove(_ keys: [String], from tags: [Tag]) -> [Tag] {
        let gone = Set(keys.map(folded))
        return tags.filter { !gone.contains(folded($0.key)) }
    }

    private func folded(_ key: String) -> String {
        switch equality {
        case .exact: key
        case .caseInsensitive: key.lowercased()
        }
    }
}

extension Tag {
    /// A tag as it is in a request.
    public init<F: KeyValueFields>(_ view: View<F>) {
        let (key, value) = view.pair
        self.init(key: key, value: value)
    }
}

extension View where Members: KeyValueFields {
    /// A tag as it is in an answer.
    public init(_ tag: Tag) {
        self.init(key: tag.key, value: tag.value)
    }
}

/// `aws:RequestTag/…` and `aws:TagKeys` for the tags that a request brings; to be added to the context of its
/// ``Access``.
public func requestTags<F: KeyValueFields>(_ tags: [View<F>]?) -> [String: ContextValue] {
    ConditionKeys.requestTags((tags ?? []).map(Tag.init))
}
