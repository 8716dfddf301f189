import Catalogue
import Policy
import Wire

/// The tags that a request brings, for `aws:RequestTag/…` and `aws:TagKeys`.
///
/// They are what a member `Tags`, `TagList`, `TagSet` or `ResourceTags` holds: a map of texts, or a list of structures with
/// a key and a value. Where tags are taken away, `TagKeys` holds their keys.
///
/// AWS: "AWS global condition context keys", `reference_policies_condition-keys.html`.
struct RequestTags: Sendable {
    private let members: [MemberPath]
    private let keyMembers: [MemberPath]
    /// What condition keys of the service begin with that hold the same as `aws:RequestTag/…`: `rds:req-tag/`.
    private let prefixes: [String]

    init(_ operation: OperationShape, _ service: CatalogueService?) {
        prefixes = (service?.conditionKeys ?? []).compactMap { key in
            let name = key.name.lowercased()
            return name.hasSuffix(":req-tag/${tagkey}") ? String(name.dropLast("${tagkey}".count)) : nil
        }
        var members: [MemberPath] = []
        var keyMembers: [MemberPath] = []
        for member in operation.input?.members ?? [] {
            let path = MemberPath([member.name])
            switch member.name.plain {
            case "tags", "taglist", "tagset", "resourcetags", "tag":
                if Self.areTags(member.shape) {
                    members.append(path)
                } else if Self.areTexts(member.shape) {
                    keyMembers.append(path)
                }
            case "tagkeys", "tagkeylist", "tagkey", "tagstoremove", "tagkeystoremove":
                if Self.areTexts(member.shape) { keyMembers.append(path) }
            default: continue
            }
        }
        self.members = members
        self.keyMembers = keyMembers
    }

    private static func areTexts(_ shape: Shape) -> Bool {
        guard case .list(let list) = shape, case .string = list.element else { return false }
        return true
    }

    private static func areTags(_ shape: Shape) -> Bool {
        switch shape {
        case .map(let map): if case .string = map.value { true } else { false }
        case .list(let list):
            if case .structure(let tag) = list.element {
                tag.members.contains { keyNames.contains($0.name.plain) }
            } else {
                false
            }
        default: false
        }
    }

    private static let prefix = "aws:requesttag/"
    private static let keyNames: Set<String> = ["key", "tagkey"]
    private static let valueNames: Set<String> = ["value", "tagvalue"]

    /// The condition keys of a request's tags, by their names in lower case; none where it has no such member.
    /// - Throws: where a key has two values: which of them counts, the service alone decides.
    /// - Complexity: linear in the number of tags.
    func context(of input: Structure) throws(MappingFailure) -> [String: ContextValue] {
        var tags: [Value] = []
        for path in members {
            guard let name = path.names.first, let value = input[name] else { continue }
            if case .list(let elements) = value { tags += elements } else { tags.append(value) }
        }
        var context = try Self.context(of: .list(tags))
        for (name, value) in context where name.hasPrefix(Self.prefix) {
            for prefix in prefixes { context[prefix + name.dropFirst(Self.prefix.count)] = value }
        }
        let keys = keyMembers.flatMap { $0.values(in: input, element: nil).compactMap(\.plainText) }
        if !keys.isEmpty {
            if case .many(let others)? = context["aws:tagkeys"] {
                context["aws:tagkeys"] = .many(others + keys)
            } else {
                context["aws:tagkeys"] = .many(keys)
            }
        }
        return context
    }

    /// The condition keys of a list of tags, or of maps of them.
    static func context(of list: Value) throws(MappingFailure) -> [String: ContextValue] {
        var context: [String: ContextValue] = [:]
        var keys: [String] = []
        var twice: String?
        for tags in list.elements {
            read(tags) { key, value in
                keys.append(key)
                let name = prefix + MappingWords.folded(key)
                if let earlier = context[name], earlier != .one(value) { twice = key }
                context[name] = .one(value)
            }
        }
        if let twice { throw MappingFailure(reason: "the request has the tag \(twice) with two values") }
        if !keys.isEmpty { context["aws:tagkeys"] = .many(keys) }
        return context
    }

    /// Calls the closure with each tag.
    private static func read(_ value: Value, _ each: (_ key: String, _ value: String) -> Void) {
        switch value {
        case .map(let entries):
            for entry in entries { each(entry.key, entry.value.plainText ?? "") }
        case .structure(let tag):
            if let key = tag.text(where: keyNames) { each(key, tag.text(where: valueNames) ?? "") }
        default: return
        }
    }
}

extension Structure {
    /// The first text whose member's name is one of these, without regard to case.
    fileprivate func text(where names: Set<String>) -> String? {
        for (place, member) in shape.members.enumerated() where names.contains(member.name.plain) {
            if case .string(let text)? = self[member: place] { return text }
        }
        return nil
    }
}
