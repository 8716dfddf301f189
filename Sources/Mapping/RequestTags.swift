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

    init(_ operation: OperationShape) {
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

    private static let keyNames: Set<String> = ["key", "tagkey"]
    private static let valueNames: Set<String> = ["value", "tagvalue"]

    /// The condition keys of a request's tags, by their names in lower case; none where it has no such member.
    /// - Complexity: linear in the number of tags.
    func context(of input: Structure) -> [String: ContextValue] {
        var context: [String: ContextValue] = [:]
        var keys: [String] = []
        for path in members {
            guard let name = path.names.first, let value = input[name] else { continue }
            Self.read(value) { key, value in
                keys.append(key)
                context["aws:requesttag/" + key.lowercased()] = .one(value)
            }
        }
        for path in keyMembers {
            keys += path.values(in: input, element: nil).compactMap(\.plainText)
        }
        if !keys.isEmpty { context["aws:tagkeys"] = .many(keys) }
        return context
    }

    /// Calls the closure with each tag of a list or map.
    static func read(_ value: Value, _ each: (_ key: String, _ value: String) -> Void) {
        switch value {
        case .map(let entries):
            for entry in entries { each(entry.key, entry.value.plainText ?? "") }
        case .list(let elements):
            for case .structure(let tag) in elements {
                guard let key = tag.text(where: keyNames) else { continue }
                each(key, tag.text(where: valueNames) ?? "")
            }
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
