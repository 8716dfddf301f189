/// What the ARNs of a type look like: the part of each that is fixed, and the variables.
struct TypeTemplate: Sendable {
    /// The six parts of an ARN, of which the last may have colons.
    private(set) var service = ""
    private(set) var hasRegion = false
    private(set) var hasAccount = false
    /// Of the last part.
    private(set) var resource: [Piece] = []
    /// In the order in which they stand.
    private(set) var variables: [String] = []

    enum Piece: Sendable, Equatable {
        case text(String)
        /// The place among the variables.
        case variable(Int)
    }

    /// Reads `arn:{partition}:sqs:{region}:{account}:{name}`, or the same with `${…}` as AWS writes it.
    /// - Returns: nil for what is no ARN, or has another thing than these variables in the first five parts.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", Self.isVariable(parts[1], "partition"), !parts[2].isEmpty,
            parts[3].isEmpty || Self.isVariable(parts[3], "region"),
            parts[4].isEmpty || Self.isVariable(parts[4], "account"), !parts[5].isEmpty
        else { return nil }
        service = parts[2]
        hasRegion = !parts[3].isEmpty
        hasAccount = !parts[4].isEmpty
        var rest = parts[5][...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            var before = rest[..<open]
            if before.last == "$" { before.removeLast() }
            if !before.isEmpty { resource.append(.text(String(before))) }
            resource.append(.variable(variables.count))
            variables.append(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { resource.append(.text(String(rest))) }
    }

    private static func isVariable(_ text: String, _ name: String) -> Bool {
        text.lowercased() == "{\(name)}" || text.lowercased() == "${\(name)}"
    }

    /// The ARN of a resource.
    /// - Parameter values: one for each variable.
    func arn(_ values: [String], in place: Place) -> String {
        var text = "arn:\(place.partition):\(service):"
        if hasRegion { text += place.region }
        text += ":"
        if hasAccount { text += place.account }
        text += ":"
        var isAfterNothing = false
        for piece in resource {
            switch piece {
            case .text(let literal):
                // What is in nothing has no separator before it.
                text += isAfterNothing && literal.first == "/" ? literal.dropFirst() : literal[...]
                isAfterNothing = false
            case .variable(let index):
                let value = index < values.count ? values[index] : "*"
                isAfterNothing = value.isEmpty
                text += value
            }
        }
        return text
    }

    /// Whether an ARN can be one of the type's. What stands for a variable is not empty.
    func matches(_ arn: ARNText) -> Bool {
        arn.service == service && arn.region.isEmpty != hasRegion && arn.account.isEmpty != hasAccount
            && Self.match(resource[...], arn.resource.utf8[...])
    }

    /// Whether fixed texts and variables, each of at least a byte, make up the text. The first place where a fixed text
    /// stands will do, since a variable can take whatever follows.
    /// - Complexity: O(length of the text × length of the longest fixed text).
    private static func match(_ pieces: ArraySlice<Piece>, _ text: Substring.UTF8View.SubSequence) -> Bool {
        var rest = text
        var afterVariable = false
        for (index, piece) in zip(pieces.indices, pieces) {
            switch piece {
            case .variable:
                guard !rest.isEmpty, !afterVariable else { return false }
                afterVariable = true
                rest = rest.dropFirst()
            case .text(let literal):
                let length = literal.utf8.count
                if !afterVariable {
                    guard rest.starts(with: literal.utf8) else { return false }
                    rest = rest.dropFirst(length)
                } else if index == pieces.endIndex - 1 {
                    return rest.count >= length && rest.suffix(length).elementsEqual(literal.utf8)
                } else {
                    while !rest.starts(with: literal.utf8) {
                        guard !rest.isEmpty else { return false }
                        rest = rest.dropFirst()
                    }
                    rest = rest.dropFirst(length)
                }
                afterVariable = false
            }
        }
        return afterVariable || rest.isEmpty
    }
}

/// An ARN taken apart. It can be made only of one that is well-formed: all six parts, an account of twelve digits or none
/// or "aws", and nothing in it that is no visible character.
struct ARNText: Sendable, Equatable {
    let partition: Substring
    let service: Substring
    let region: Substring
    let account: Substring
    let resource: Substring

    /// What begins so is meant to be an ARN.
    static func isMeant(_ text: String) -> Bool { text.utf8.prefix(4).elementsEqual("arn:".utf8) }

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty, !parts[5].isEmpty,
            text.utf8.count <= 2_048, parts[5].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            parts[5].utf8.first != 0x20, parts[5].utf8.last != 0x20,
            parts[1...3].allSatisfy({ $0.utf8.allSatisfy(Self.isPlain) }),
            parts[4].isEmpty || parts[4] == "aws"
                || (parts[4].utf8.count == 12 && parts[4].utf8.allSatisfy(Self.isDigit))
        else { return nil }
        partition = parts[1]
        service = parts[2]
        region = parts[3]
        account = parts[4]
        resource = parts[5]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isPlain(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
    }

    /// The same resource in another region.
    func text(inRegion region: String) -> String { "arn:\(partition):\(service):\(region):\(account):\(resource)" }
}
