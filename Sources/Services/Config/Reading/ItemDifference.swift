import Platform
import Wire

/// What is different between two items of a resource, as notifications tell it.
/// <https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html>
struct ItemDifference {
    struct Property {
        /// `Configuration.SecurityGroups.0`
        var name: String
        var old: JSONValue?
        var new: JSONValue?

        /// CREATE, UPDATE or DELETE
        var type: String { old == nil ? "CREATE" : new == nil ? "DELETE" : "UPDATE" }
    }

    private(set) var properties: [Property] = []
    let type: String

    /// - Parameters: nil: it was not there, or is there no more.
    init(_ old: StoredItem?, _ new: StoredItem?) {
        let isGone = new?.status.isGone ?? true
        type = old == nil ? "CREATE" : isGone ? "DELETE" : "UPDATE"
        let (a, b) = (old.map(Self.parts), isGone ? nil : new.map(Self.parts))
        compare("Configuration", a?.configuration, b?.configuration)
        compare("SupplementaryConfiguration", a?.supplementary, b?.supplementary)
        compare("Relationships", a?.relationships, b?.relationships)
        compare("Tags", a?.tags, b?.tags)
    }

    private struct Parts {
        var configuration: JSONValue?
        var supplementary: JSONValue?
        var relationships: JSONValue?
        var tags: JSONValue?
    }

    private static func parts(_ item: StoredItem) -> Parts {
        let file = item.file
        return Parts(
            configuration: file["configuration"] == .null ? nil : file["configuration"],
            supplementary: file["supplementaryConfiguration"], relationships: file["relationships"],
            tags: file["tags"])
    }

    /// Objects are compared member by member, two levels deep below the part's own; of lists it is said which elements are new and
    /// which are gone.
    private mutating func compare(_ name: String, _ old: JSONValue?, _ new: JSONValue?, depth: Int = 0) {
        guard old != new else { return }
        switch (old, new) {
        case (.object(let a)?, .object(let b)?) where depth < 3:
            for key in a.map(\.key) + b.map(\.key).filter({ key in !a.contains { $0.key == key } }) {
                compare(
                    "\(name).\(Self.capitalized(key))", a.first { $0.key == key }?.value,
                    b.first { $0.key == key }?.value, depth: depth + 1)
            }
        case (nil, .object(let b)?) where depth == 0:
            for member in b { add("\(name).\(Self.capitalized(member.key))", nil, member.value) }
        case (.object(let a)?, nil) where depth == 0:
            for member in a { add("\(name).\(Self.capitalized(member.key))", member.value, nil) }
        case (.array(let a)?, .array(let b)?): elements(name, a, b)
        case (nil, .array(let b)?): elements(name, [], b)
        case (.array(let a)?, nil): elements(name, a, [])
        default: add(name, old, new)
        }
    }

    private mutating func elements(_ name: String, _ old: [JSONValue], _ new: [JSONValue]) {
        var number = 0
        for element in old where !new.contains(element) {
            add("\(name).\(number)", element, nil)
            number += 1
        }
        for element in new where !old.contains(element) {
            add("\(name).\(number)", nil, element)
            number += 1
        }
    }

    private mutating func add(_ name: String, _ old: JSONValue?, _ new: JSONValue?) {
        let (old, new) = (old == .null ? nil : old, new == .null ? nil : new)
        guard old != nil || new != nil else { return }
        properties.append(Property(name: name, old: old, new: new))
    }

    private static func capitalized(_ name: String) -> String {
        guard let first = name.first else { return name }
        return first.uppercased() + name.dropFirst()
    }

    /// As it is in a notification.
    var json: JSONValue {
        .members([
            "changedProperties": .object(
                properties.map {
                    JSONMember(
                        key: $0.name,
                        value: .members([
                            "previousValue": $0.old ?? .null, "updatedValue": $0.new ?? .null,
                            "changeType": .string($0.type),
                        ]))
                }), "changeType": .string(type),
        ])
    }
}
