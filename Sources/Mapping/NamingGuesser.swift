import Wire

/// Finds by their names which members of an operation's input name a resource of a type.
///
/// It takes a member only where its name leaves little doubt: the name of the ARN's variable, the name of the type with
/// "Name", "Id", "Identifier" or "Arn" after it, or `ResourceArn`. An ID is never taken where the ARN has a name, nor a
/// name where it has an ID: the ARN would be that of no resource, and a denial of the true one would be passed by.
struct NamingGuesser {
    private let operationName: String
    private let members: [(name: String, plain: String, isList: Bool)]
    /// Members that could name a resource.
    let identifiers: [MemberPath]
    /// Members that say in which account a resource is.
    let accounts: [MemberPath]

    init(_ operation: OperationShape) {
        operationName = operation.name.plain
        members = (operation.input?.members ?? []).compactMap { member in
            guard member.shape.isTextOrTexts else { return nil }
            return (member.name, member.name.plain, !member.shape.isText)
        }
        accounts = members.filter { Self.accountNames.contains($0.plain) && !$0.isList }.map { MemberPath([$0.name]) }
        identifiers = members.filter { Self.looksLikeIdentifier($0.plain) }.map { MemberPath([$0.name]) }
    }

    /// The members that name a resource of the type.
    /// - Parameter isOnly: whether the action is on no other type, so that plain `Name` and `Id` are its own.
    func namings(of type: TypeRule, isOnly: Bool) -> [TypeRule.Naming] {
        var namings: [TypeRule.Naming] = []
        // An ARN is the whole name, whatever variables there are.
        for member in members where Self.arnNames.contains(member.plain) || isARN(member.plain, of: type) {
            namings.append(
                TypeRule.Naming(arguments: [.member(MemberPath([member.name]), [.path])], isARNOnly: true))
        }
        if type.arn.variables.count == 1, let variable = type.arn.variables.first {
            // Where a request may give a name or an identifier, and gives both, it is asked for both.
            for member in self.members(for: variable, of: type, isLast: true, isOnly: isOnly) {
                namings.append(TypeRule.Naming(arguments: [.member(MemberPath([member]), [.path])]))
            }
            return namings
        }
        var arguments: [Argument] = []
        for (place, variable) in type.arn.variables.enumerated() {
            let isLast = place == type.arn.variables.count - 1
            guard let member = members(for: variable, of: type, isLast: isLast, isOnly: isOnly).first else {
                return namings
            }
            arguments.append(.member(MemberPath([member]), []))
        }
        if !arguments.isEmpty { namings.append(TypeRule.Naming(arguments: arguments)) }
        return namings
    }

    /// Whether a member holds an ARN, by its name.
    func isARN(_ path: MemberPath) -> Bool {
        path.names.count == 1 && path.names.allSatisfy { $0.plain.hasSuffix("arn") || $0.plain.hasSuffix("arns") }
    }

    /// Whether the operation makes a resource of the type.
    func creates(_ type: TypeRule) -> Bool {
        Self.makers.contains { maker in
            operationName.hasPrefix(maker) && operationName.dropFirst(maker.count).hasPrefix(type.name.plain)
        }
    }

    private static let accountNames: Set<String> = [
        "accountid", "awsaccountid", "catalogid", "owneraccount", "owneraccountid", "ownerid", "registryid",
        "resourceowner",
    ]
    private static let makers = ["create", "allocate", "purchase", "request", "register", "import"]
    private static let arnNames: Set<String> = ["arn", "arns", "resourcearn", "resourcearns"]

    private func isARN(_ member: String, of type: TypeRule) -> Bool {
        guard member.hasSuffix("arn") || member.hasSuffix("arns") else { return false }
        let stem = member.hasSuffix("s") ? member.dropLast(4) : member.dropLast(3)
        guard !stem.isEmpty else { return false }
        return stem == type.name.plain || type.arn.variables.last.map { Self.stem(of: $0).text == stem } ?? false
    }

    private enum Kind { case name, id, either }

    /// What stands before "Name" or "Id" in a variable's name, and which of the two it is.
    private static func stem(of variable: String) -> (text: String, kind: Kind) {
        let plain = variable.plain
        for (ending, kind) in [("identifier", Kind.either), ("name", .name), ("id", .id), ("arn", .either)]
        where plain.hasSuffix(ending) && plain.count > ending.count {
            return (String(plain.dropLast(ending.count)), kind)
        }
        return (plain, .either)
    }

    /// The members that fill a variable, the likeliest first.
    private func members(for variable: String, of type: TypeRule, isLast: Bool, isOnly: Bool) -> [String] {
        let stem = Self.stem(of: variable)
        var found: [String] = []
        func add(_ plain: String) {
            if let member = find(plain), !found.contains(member) { found.append(member) }
        }
        add(variable.plain)
        let endings: [String]
        switch stem.kind {
        case .name: endings = ["name", "identifier", ""]
        case .id: endings = ["id", "identifier", ""]
        case .either: endings = ["identifier", "name", "id", ""]
        }
        var stems = [stem.text]
        if isLast {
            // "ResourceId" is the last variable of many types, and says nothing of them.
            if stem.text == "resource" { stems = [] }
            if !stems.contains(type.name.plain) { stems.append(type.name.plain) }
        }
        for stem in stems {
            for ending in endings { add(stem + ending) }
        }
        if found.isEmpty, isLast, isOnly, stems.contains(where: { operationName.contains($0) }) {
            for ending in endings where !ending.isEmpty { add(ending) }
        }
        // Whether a name or an ID stands in the ARN is not known: that of both at once can't be.
        return stem.kind == .either ? Array(found.prefix(1)) : found
    }

    /// The member of a name, or of its plural.
    private func find(_ plain: String) -> String? {
        members.first { $0.plain == plain && !$0.isList }?.name
            ?? members.first { $0.isList && ($0.plain == plain || $0.plain == plain + "s") }?.name
    }

    private static let endings = [
        "name", "names", "id", "ids", "arn", "arns", "identifier", "identifiers", "url", "uri",
    ]
    private static let others = [
        "token", "requestid", "accountid", "accountids", "ownerid", "kms", "role", "exclusivestart", "nextpage",
        "locale",
    ]

    /// Whether a member's name is such as members have that name resources: not tokens, accounts, keys or roles, which
    /// name what the action is not on.
    private static func looksLikeIdentifier(_ plain: String) -> Bool {
        guard endings.contains(where: plain.hasSuffix) || plain == "resource" || plain == "key" else { return false }
        return !others.contains { plain.contains($0) }
    }
}
