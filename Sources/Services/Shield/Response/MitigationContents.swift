import Shield

/// What a rule group is to hold: the rules of all protections that are placed in it, since one web ACL may be before several
/// applications.
struct MitigationContents: Codable, Sendable, Equatable {
    struct Entry: Codable, Sendable, Hashable {
        let rule: MitigationRule
        let action: StoredProtection.Action
    }

    var entries: [Entry] = []
    /// What is done with known offenders: whatever the strictest of the protections asks for.
    var action = StoredProtection.Action.count

    /// How many rules a group has room for by ``MitigationPlacement/capacity``.
    private static let mostEntries = 10

    /// - Parameters:
    ///   - protections: all of the group, in any order.
    ///   - rules: those of an application, by its ARN.
    init(_ protections: [StoredProtection], rules: (String) -> [MitigationRule]) {
        let all = protections.filter { $0.response?.isEnabled == true }.sorted { $0.resourceARN < $1.resourceARN }
        let entries = all.map { protection in
            rules(protection.resourceARN).map { Entry(rule: $0, action: protection.response?.action ?? .count) }
        }
        if all.contains(where: { $0.response?.action == .block }) { action = .block }
        // In turn, so that each has its most useful ones.
        var known: Set<Entry> = []
        for place in 0..<(entries.map(\.count).max() ?? 0) {
            for own in entries where place < own.count && self.entries.count < Self.mostEntries {
                if known.insert(own[place]).inserted { self.entries.append(own[place]) }
            }
        }
    }
}
