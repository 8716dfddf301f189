/// A part of a table of nftables that has a name: a set, a map or a chain.
struct RuleObject: Equatable, Sendable {
    enum Kind: String, Sendable {
        case set, map, chain
    }

    let kind: Kind
    let name: String
    /// Sets and chains may have the same names.
    let key: String
    /// What nft is told of it before its contents: `type ifname;`. It never changes for a name.
    let declaration: String
    /// Elements, each once, or rules in their order.
    let contents: [String]
    /// What the kernel itself puts into it is left alone.
    let isKernels: Bool

    init(_ kind: Kind, _ name: String, _ declaration: String = "", _ contents: [String] = [], isKernels: Bool = false) {
        self.kind = kind
        self.name = name
        key = "\(kind == .chain ? "chain" : "set") \(name)"
        self.declaration = declaration
        self.contents = contents
        self.isKernels = isKernels
    }
}

/// What makes of a table's former parts the new ones, in nft's words: one transaction, after which all of it holds, and before which
/// nothing does. What stays as it is is not mentioned: so a rule that changes costs what its chains cost, connections that are open
/// stay open, and counts go on.
enum TableChange {
    /// - Returns: nil if nothing changes.
    static func text(_ table: String, from old: [String: RuleObject], to new: [RuleObject]) -> String? {
        let changed = new.filter { old[$0.key] != $0 }
        let keys = Set(new.map(\.key))
        let gone = old.values.filter { !keys.contains($0.key) }.sorted { $0.name < $1.name }
        guard !changed.isEmpty || !gone.isEmpty else { return nil }
        var text = old.isEmpty ? "add table inet \(table)\ndelete table inet \(table)\nadd table inet \(table)\n" : ""
        for object in changed where old[object.key] == nil {
            text += "add \(object.kind.rawValue) inet \(table) \(object.name)"
            text += object.declaration.isEmpty ? "\n" : " { \(object.declaration) }\n"
        }
        for object in changed where object.kind == .set {
            text += elements(of: object, in: table, before: old[object.key])
        }
        for object in gone where object.kind == .chain { text += "flush chain inet \(table) \(object.name)\n" }
        for object in changed where object.kind == .chain {
            if old[object.key] != nil { text += "flush chain inet \(table) \(object.name)\n" }
            for rule in object.contents { text += "add rule inet \(table) \(object.name) \(rule)\n" }
        }
        for object in changed where object.kind == .map {
            text += elements(of: object, in: table, before: old[object.key])
        }
        // Maps lead to chains, and rules to both: those that lead go first.
        for kind in [RuleObject.Kind.map, .chain, .set] {
            for object in gone where object.kind == kind {
                text += "delete \(kind.rawValue) inet \(table) \(object.name)\n"
            }
        }
        return text
    }

    private static func elements(of object: RuleObject, in table: String, before: RuleObject?) -> String {
        guard !object.isKernels else { return "" }
        let (former, current) = (Set(before?.contents ?? []), Set(object.contents))
        var text = ""
        for (verb, those) in [
            ("delete", (before?.contents ?? []).filter { !current.contains($0) }),
            ("add", object.contents.filter { !former.contains($0) }),
        ] where !those.isEmpty {
            text += "\(verb) element inet \(table) \(object.name) { \(those.joined(separator: ", ")) }\n"
        }
        return text
    }
}
