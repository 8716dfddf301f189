public import Platform
import Posture
public import Wire

/// What is different between two states of a resource, as AWS Config's notifications tell it.
/// <https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html>
public struct ConfigurationDifference: Sendable {
    /// One thing that is different.
    public struct Property: Sendable {
        /// `Configuration.SecurityGroups.0`
        public var name: String
        /// nil: there was nothing.
        public var old: JSONValue?
        /// nil: there is nothing any more.
        public var new: JSONValue?

        /// CREATE, UPDATE or DELETE
        public var type: String { old == nil ? "CREATE" : new == nil ? "DELETE" : "UPDATE" }
    }

    /// In the order of the items.
    public private(set) var properties: [Property] = []
    /// CREATE, UPDATE or DELETE
    public let type: String

    /// - Parameters:
    ///   - old: nil: it was not there.
    ///   - new: nil: it is there no more.
    public init(_ old: ConfigurationItem?, _ new: ConfigurationItem?) {
        type = old == nil ? "CREATE" : new == nil ? "DELETE" : "UPDATE"
        let (a, b) = (old.map(Self.parts), new.map(Self.parts))
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

    private static func parts(_ item: ConfigurationItem) -> Parts {
        Parts(
            configuration: item.configuration, supplementary: .object(item.supplementaryConfiguration),
            relationships: .array(item.relationships.map(\.json)),
            tags: .object(item.tags.map { JSONMember(key: $0.key, value: .string($0.value)) }))
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
    public var json: JSONValue {
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

extension ConfigurationItem.Relationship {
    /// As it is in files and notifications.
    public var json: JSONValue {
        .members([
            "resourceId": .perhaps(resourceID), "resourceName": .perhaps(resourceName),
            "resourceType": .string(resourceType), "name": .string(name),
        ])
    }
}
