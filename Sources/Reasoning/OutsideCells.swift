import Policy

/// One value of a condition, by which access is told apart: only requests from this VPC, only principals of that organization.
struct Cell: Sendable, Equatable {
    /// The condition key as it is written.
    let name: String
    let value: String
    /// Whether a request's key has the value.
    let test: KeyTest

    static func == (a: Cell, b: Cell) -> Bool {
        a.value == b.value && a.name.lowercasedASCII == b.name.lowercasedASCII
    }

    /// A condition with more values than this is one cell.
    private static let mostValues = 12
    /// So many conditions are looked at.
    private static let mostGroups = 5

    /// The cells of statements that allow, and of what spares a request from those that deny; together those of one key.
    static func groups(_ allows: [Statement], _ denies: [Statement]) -> [[Cell]] {
        var groups: [(key: String, cells: [Cell])] = []
        func add(_ condition: Statement.Condition, isDeny: Bool) {
            guard let parsed = ConditionOperator(condition.operatorName.value), parsed.isNegated == isDeny,
                parsed.comparison != .null
            else { return }
            let key = condition.key.value.lowercasedASCII
            // What a deny spares says who asks only where it is about that.
            guard !isDeny || Checks.callerKeys.contains(key) else { return }
            let isMany = condition.values.count > mostValues
            let sets = isMany ? [condition.values] : condition.values.map { [$0] }
            for values in sets {
                let cell = Cell(
                    name: condition.key.value, value: values.map(\.value).joined(separator: ", "),
                    test: KeyTest(
                        Statement.Condition(
                            operatorName: Located(positive(condition.operatorName.value), at: condition.key.position),
                            key: condition.key, values: values), version: .v2012))
                if let index = groups.firstIndex(where: { $0.key == key }) {
                    if !groups[index].cells.contains(cell) { groups[index].cells.append(cell) }
                } else if groups.count < mostGroups {
                    groups.append((key, [cell]))
                }
            }
        }
        for allow in allows { for condition in allow.conditions { add(condition, isDeny: false) } }
        for deny in denies { for condition in deny.conditions { add(condition, isDeny: true) } }
        return groups.map(\.cells)
    }

    /// The operator that asks whether a key has a value, and not whether it has none.
    private static func positive(_ name: String) -> String {
        var name = name.hasSuffix("IfExists") ? String(name.dropLast("IfExists".count)) : name
        if name.hasPrefix("ForAllValues:") { name = "ForAnyValue:" + name.dropFirst("ForAllValues:".count) }
        for (negated, plain) in [
            ("StringNot", "String"), ("ArnNot", "Arn"), ("NumericNot", "Numeric"), ("DateNot", "Date"),
            ("NotIpAddress", "IpAddress"),
        ] {
            guard let range = name.firstRange(of: negated) else { continue }
            name.replaceSubrange(range, with: plain)
            break
        }
        return name
    }

    /// What a grant asks of a request: each pair of an encryption context, and where the request comes from.
    static func of(_ constraints: KeyGrant.Constraints) -> [Cell] {
        var cells: [Cell] = []
        for (key, value) in (constraints.encryptionContextEquals ?? constraints.encryptionContextSubset ?? [:]).sorted(
            by: { $0.key < $1.key })
        {
            let name = "kms:EncryptionContext:\(key)"
            cells.append(
                Cell(name: name, value: value, test: KeyTest(key: name.lowercasedASCII, isOneOf: [.text(value)])))
        }
        if let source = constraints.sourceARN {
            cells.append(
                Cell(
                    name: "aws:SourceArn", value: source,
                    test: KeyTest(key: "aws:sourcearn", isOneOf: [.text(source)])))
        }
        return cells
    }
}
