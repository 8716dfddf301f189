/// Which members of requests and answers are secret, and whether CloudTrail shows that they are there.
public struct Secrets: Sendable {
    private let names: Set<String>
    private let kept: Set<String>?

    /// - Parameters:
    ///   - names: those that are secret besides what the model calls sensitive: the model's names, at any depth.
    ///   - kept: which of the secrets appear, with a hidden value; the others are left out. nil: all appear.
    public init(_ names: Set<String> = [], kept: Set<String>? = nil) {
        self.names = names
        self.kept = kept
    }

    /// Whether anything is left of a structure without what is left out.
    public func leavesAnything(of structure: Structure) -> Bool {
        let members = structure.shape.members
        return members.indices.contains { structure[member: $0] != nil && !isLeftOut(members[$0]) }
    }

    fileprivate func isHidden(_ member: MemberShape) -> Bool {
        (!names.isEmpty && names.contains(member.name)) || member.shape.isSensitive
    }

    fileprivate func isLeftOut(_ member: MemberShape) -> Bool {
        guard let kept else { return false }
        return isHidden(member) && !kept.contains(member.name)
    }
}

/// Writes a structure as CloudTrail has it in `requestParameters` and `responseElements`.
///
/// The first letter of each member's name is in lower case, timestamps are in the form `Nov 21, 2026, 2:03:04 AM`, and
/// members that are absent are left out, as are bodies that are streams. Secrets read `HIDDEN_DUE_TO_SECURITY_REASONS`,
/// or are left out. Members of `structure` itself that are in `renaming` have the names there.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
public func writeCloudTrailJSON(
    _ structure: Structure, to writer: inout JSONWriter, _ secrets: Secrets = Secrets(),
    renaming: [String: String] = [:]
) {
    writer.beginObject()
    let members = structure.shape.members
    for index in members.indices {
        guard let value = structure[member: index] else { continue }
        // The body that is sent is not a parameter.
        if case .stream = value { continue }
        let member = members[index]
        if secrets.isLeftOut(member) { continue }
        writer.key(renaming.isEmpty ? member.camelCaseName : renaming[member.name] ?? member.camelCaseName)
        if secrets.isHidden(member) {
            writer.string("HIDDEN_DUE_TO_SECURITY_REASONS")
        } else {
            writer.cloudTrailValue(value, member.shape, secrets)
        }
    }
    writer.endObject()
}

extension JSONWriter {
    fileprivate mutating func cloudTrailValue(_ value: Value, _ shape: Shape, _ secrets: Secrets) {
        switch (value, shape) {
        case _ where shape.isSensitive: string("HIDDEN_DUE_TO_SECURITY_REASONS")
        case (.structure(let structure), _): writeCloudTrailJSON(structure, to: &self, secrets)
        case (.list(let elements), .list(let shape)): cloudTrailList(elements, shape.element, secrets)
        case (.lazyList(let elements), .list(let shape)): cloudTrailList(elements, shape.element, secrets)
        case (.map(let entries), .map(let shape)):
            beginObject()
            for entry in entries {
                key(entry.key)
                cloudTrailValue(entry.value, shape.value, secrets)
            }
            endObject()
        case (.timestamp(let timestamp), _): string(timestamp.cloudTrailText)
        default: self.value(value, shape)
        }
    }
    private mutating func cloudTrailList(_ elements: some Collection<Value>, _ shape: Shape, _ secrets: Secrets) {
        beginArray()
        for element in elements { cloudTrailValue(element, shape, secrets) }
        endArray()
    }
}
