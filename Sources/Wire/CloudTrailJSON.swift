/// Writes a structure as CloudTrail has it in `requestParameters` and `responseElements`.
///
/// The first letter of each member's name is in lower case, timestamps are in the form `Nov 21, 2026, 2:03:04 AM`, and
/// members that are absent are left out, as are bodies that are streams. Whatever the model calls sensitive, and
/// members with a name in `hiding` (the model's names, at any depth), read `HIDDEN_DUE_TO_SECURITY_REASONS`. Members of
/// `structure` itself that are in `renaming` have the names there.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
public func writeCloudTrailJSON(
    _ structure: Structure, to writer: inout JSONWriter, hiding: Set<String> = [], renaming: [String: String] = [:]
) {
    writer.beginObject()
    let members = structure.shape.members
    for index in members.indices {
        guard let value = structure[member: index] else { continue }
        // The body that is sent is not a parameter.
        if case .stream = value { continue }
        let member = members[index]
        writer.key(renaming.isEmpty ? member.camelCaseName : renaming[member.name] ?? member.camelCaseName)
        if hiding.contains(member.name) {
            writer.string("HIDDEN_DUE_TO_SECURITY_REASONS")
        } else {
            writer.cloudTrailValue(value, member.shape, hiding: hiding)
        }
    }
    writer.endObject()
}

extension JSONWriter {
    fileprivate mutating func cloudTrailValue(_ value: Value, _ shape: Shape, hiding: Set<String>) {
        switch (value, shape) {
        case _ where shape.isSensitive: string("HIDDEN_DUE_TO_SECURITY_REASONS")
        case (.structure(let structure), _): writeCloudTrailJSON(structure, to: &self, hiding: hiding)
        case (.list(let elements), .list(let shape)):
            beginArray()
            for element in elements { cloudTrailValue(element, shape.element, hiding: hiding) }
            endArray()
        case (.map(let entries), .map(let shape)):
            beginObject()
            for entry in entries {
                key(entry.key)
                cloudTrailValue(entry.value, shape.value, hiding: hiding)
            }
            endObject()
        case (.timestamp(let timestamp), _): string(timestamp.cloudTrailText)
        default: self.value(value, shape)
        }
    }
}

extension Structure {
    /// The structure without its secret members, with exceptions.
    ///
    /// - Parameters:
    ///   - names: those that are secret besides what the model calls sensitive, at any depth.
    ///   - kept: those that stay.
    public func withoutSecrets(_ names: Set<String>, keeping kept: Set<String>) -> Structure {
        var rest = self
        for (index, member) in shape.members.enumerated() {
            guard let value = self[member: index] else { continue }
            let isSecret = names.contains(member.name) || member.shape.isSensitive
            rest[member: index] =
                isSecret && !kept.contains(member.name) ? nil : value.withoutSecrets(names, keeping: kept)
        }
        return rest
    }
}

extension Value {
    fileprivate func withoutSecrets(_ names: Set<String>, keeping kept: Set<String>) -> Value {
        switch self {
        case .structure(let structure): .structure(structure.withoutSecrets(names, keeping: kept))
        case .list(let elements): .list(elements.map { $0.withoutSecrets(names, keeping: kept) })
        case .map(let entries):
            .map(entries.map { MapEntry(key: $0.key, value: $0.value.withoutSecrets(names, keeping: kept)) })
        default: self
        }
    }
}
