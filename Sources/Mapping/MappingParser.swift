/// Reads the mapping language, line by line.
///
///     # comment
///     SERVICE type NAME [= ARN] [by MEMBER [& MEMBER]…[, …]] [absent TEXT] [account MEMBER]
///     SERVICE keys KEY = VALUE[, KEY = VALUE…]
///     SERVICE OPERATION[, OPERATION…] = [ACTION] [on RESOURCE [else RESOURCE…]] [with KEY = VALUE[, …]]
///         [for each MEMBER] [if MEMBER [is|begins|ends TEXT]] [unless MEMBER [is|begins|ends TEXT]] [; …]
///     SERVICE OPERATION[, OPERATION…] = unmapped "reason" [if …] [; …]
///
/// A line that begins with a blank continues the one before it.
struct MappingParser {
    private(set) var services: [String: ServiceMappings] = [:]

    private static let longestText = 4 << 20
    private static let longestLine = 16 << 10
    private static let longestList = 256

    mutating func read(_ text: String) throws(MappingSyntaxError) {
        guard text.utf8.count <= Self.longestText else {
            throw MappingSyntaxError(line: 1, reason: "the text is longer than 4 MiB")
        }
        var pending = ""
        var start = 0
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == "\r" ? line.dropLast() : line
            guard let first = line.first(where: { $0 != " " && $0 != "\t" }), first != "#" else { continue }
            if line.first == " " || line.first == "\t" {
                guard start > 0 else {
                    throw MappingSyntaxError(line: number, reason: "a line that begins with a blank continues none")
                }
                pending += " " + line
                guard pending.utf8.count <= Self.longestLine else {
                    throw MappingSyntaxError(line: start, reason: "the line is longer than 16 KiB")
                }
            } else {
                if start > 0 { try readLine(pending, at: start) }
                pending = String(line)
                start = number
            }
        }
        if start > 0 { try readLine(pending, at: start) }
    }

    private mutating func readLine(_ text: String, at line: Int) throws(MappingSyntaxError) {
        guard text.utf8.count <= Self.longestLine else {
            throw MappingSyntaxError(line: line, reason: "the line is longer than 16 KiB")
        }
        var words = try MappingWords(text, line: line)
        let service = try words.name("the service's id, as in botocore: sqs")
        switch words.peek {
        case .word("type"):
            words.skip()
            try readType(&words, of: service)
        case .word("keys"):
            words.skip()
            let keys = try keyList(&words, of: service)
            services[service, default: ServiceMappings()].keys += keys
        default:
            try readOperations(&words, of: service)
        }
        try words.end()
    }

    // MARK: Types

    private mutating func readType(_ words: inout MappingWords, of service: String) throws(MappingSyntaxError) {
        let name = try words.name("the type's name")
        var template: TypeTemplate?
        if words.take(.sign("=")) {
            let text = try words.name("an ARN")
            guard let read = TypeTemplate(text) else {
                throw words.error(
                    "\"\(text)\" is no ARN with variables, as arn:{partition}:sqs:{region}:{account}:{name}")
            }
            guard (1...8).contains(read.variables.count) || read.variables.isEmpty else {
                throw words.error("the ARN has more than 8 variables")
            }
            template = read
        }
        var plain = ServiceMappings.PlainNamings()
        if words.take(.word("by")) {
            repeat {
                var arguments: [Argument] = []
                repeat { arguments.append(try argument(&words)) } while words.take(.sign("&"))
                plain.namings.append(TypeRule.Naming(arguments: arguments))
                guard plain.namings.count <= Self.longestList else {
                    throw words.error("more than 256 members name the type")
                }
            } while words.take(.sign(","))
        }
        if words.take(.word("absent")) {
            let text = try words.text("what stands for the name")
            plain.absent = text == "refused" ? .refused : .text(text)
        }
        if words.take(.word("account")) { plain.account = try path(&words) }
        if let template {
            for naming in plain.namings
            where naming.arguments.count != template.variables.count && naming.arguments.count != 1 {
                throw words.error(
                    "the ARN has \(template.variables.count) variables, but \(naming.arguments.count) members name it")
            }
            guard services[service]?.types[name] == nil else { throw words.error("the type \(name) is declared twice") }
            services[service, default: ServiceMappings()].types[name] = TypeRule(
                name: name, arn: template, namings: plain.namings, absent: plain.absent, account: plain.account)
        } else {
            guard services[service]?.namings[name] == nil else {
                throw words.error("the type \(name) is declared twice")
            }
            services[service, default: ServiceMappings()].namings[name] = plain
        }
    }

    // MARK: Operations

    private mutating func readOperations(_ words: inout MappingWords, of service: String) throws(MappingSyntaxError) {
        var names: [String] = []
        repeat {
            names.append(try words.name("an operation's name"))
            guard names.count <= Self.longestList else {
                throw words.error("more than 256 operations stand in one line")
            }
        } while words.take(.sign(","))
        guard words.take(.sign("=")) else { throw words.error("after the operation's name, \"=\" is missing") }
        var rule: [AccessRule] = []
        repeat {
            rule.append(try access(&words, of: service))
            guard rule.count <= Self.longestList else { throw words.error("more than 256 accesses stand in one line") }
        } while words.take(.sign(";"))
        for name in names {
            guard services[service]?.operations[name] == nil else {
                throw words.error("the operation \(name) is declared twice")
            }
            services[service, default: ServiceMappings()].operations[name] = rule
        }
    }

    private func access(_ words: inout MappingWords, of service: String) throws(MappingSyntaxError) -> AccessRule {
        var access = AccessRule()
        if words.take(.word("unmapped")) {
            guard case .quoted(let reason) = words.peek else {
                throw words.error("after \"unmapped\", the reason is missing, in quotation marks")
            }
            words.skip()
            access.refusal = reason
        } else if case .word(let word) = words.peek, !MappingWords.clauses.contains(word) {
            words.skip()
            guard let colon = word.firstIndex(of: ":"), colon > word.startIndex,
                word[word.index(after: colon)...].utf8.allSatisfy(MappingWords.isLetterOrDigit),
                word[word.index(after: colon)...].isEmpty == false
            else { throw words.error("\"\(word)\" is no action, as sqs:SendMessage") }
            access.action = word
        }
        while case .word(let clause) = words.peek, MappingWords.clauses.contains(clause) {
            words.skip()
            switch clause {
            case "on":
                guard access.resources.isEmpty else { throw words.error("\"on\" stands twice") }
                repeat { access.resources.append(try resource(&words, of: service)) } while words.take(.word("else"))
            case "with":
                access.keys += try keyList(&words, of: service)
            case "for":
                guard words.take(.word("each")) else { throw words.error("after \"for\", \"each\" is missing") }
                access.elements = try path(&words)
            case "if", "unless":
                let path = try path(&words)
                var test = MemberCondition.Test.isThere
                if words.take(.word("is")) {
                    test = .equals(try words.text("what the member is"))
                } else if words.take(.word("begins")) {
                    test = .begins(try words.text("what the member begins with"))
                } else if words.take(.word("ends")) {
                    test = .ends(try words.text("what the member ends with"))
                }
                access.conditions.append(MemberCondition(path: path, test: test, isNegated: clause == "unless"))
            default:
                throw words.error("\"\(clause)\" can't stand here")
            }
        }
        if access.refusal != nil {
            guard access.resources.isEmpty, access.keys.isEmpty else {
                throw words.error("after \"unmapped\" and its reason, only conditions can stand")
            }
        } else if access.action == nil && access.resources.isEmpty && access.keys.isEmpty && access.conditions.isEmpty {
            throw words.error("an access is missing: an action, or \"on\" and a resource")
        }
        if access.resources.isEmpty && access.refusal == nil { access.resources = [.named()] }
        return access
    }

    private func resource(_ words: inout MappingWords, of service: String) throws(MappingSyntaxError) -> ResourceRule {
        let word = try words.name("a resource")
        if words.take(.sign("(")) {
            guard let type = services[service]?.types[word] ?? TypeRule.common[word] else {
                throw words.error("there is no type \(word) with an ARN of its own in a line before")
            }
            let arguments = try arguments(&words)
            guard arguments.count == type.arn.variables.count || arguments.count == 1 else {
                throw words.error("\(word) has \(type.arn.variables.count) variables, not \(arguments.count)")
            }
            return .type(type, arguments)
        }
        if word == "*" { return .all }
        if word == "named" {
            var types: [NamedType] = []
            if words.take(.word("by")) {
                repeat {
                    let type = try words.name("a type of resources")
                    guard words.take(.sign("(")) else { throw words.error("after \(type), \"(\" is missing") }
                    types.append(NamedType(type: type, arguments: try arguments(&words)))
                } while words.takeComma(before: .sign("("))
            }
            return .named(types)
        }
        guard word.hasPrefix("arn:") else {
            throw words.error(
                "\"\(word)\" is no resource: write *, an ARN, named, or a type with its members in parentheses")
        }
        return .template(try template(word, &words))
    }

    /// What stands in parentheses, of which the first is taken.
    private func arguments(_ words: inout MappingWords) throws(MappingSyntaxError) -> [Argument] {
        var arguments: [Argument] = []
        repeat { arguments.append(try argument(&words)) } while words.take(.sign(","))
        guard words.take(.sign(")")) else { throw words.error("\")\" is missing") }
        return arguments
    }

    // MARK: Members

    private func path(_ words: inout MappingWords) throws(MappingSyntaxError) -> MemberPath {
        let word = try words.name("a member")
        return try path(word, words)
    }

    private func path(_ word: String, _ words: MappingWords) throws(MappingSyntaxError) -> MemberPath {
        let isRelative = word.hasPrefix(".")
        let names =
            word == "."
            ? [] : word.dropFirst(isRelative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        guard names.count <= 16, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(MappingWords.isNameByte) }) else {
            throw words.error("\"\(word)\" is no member, as Entries.EventBusName")
        }
        return MemberPath(names.map(String.init), isRelative: isRelative)
    }

    private func argument(_ words: inout MappingWords) throws(MappingSyntaxError) -> Argument {
        if case .quoted(let text) = words.peek {
            words.skip()
            return .text(text)
        }
        if words.take(.word("*")) { return .text("*") }
        let path = try path(&words)
        var filters: [NameFilter] = []
        while case .word(let word) = words.peek, let filter = NameFilter(rawValue: word) {
            words.skip()
            filters.append(filter)
        }
        return .member(path, filters)
    }

    private func template(_ text: String, _ words: inout MappingWords) throws(MappingSyntaxError) -> Template {
        var pieces: [Template.Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { throw words.error("\"}\" is missing") }
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            let inner = String(rest[rest.index(after: open)..<close])
            if let part = PlacePart(rawValue: inner) {
                pieces.append(.place(part))
            } else {
                var innerWords = try MappingWords(inner, line: words.line)
                pieces.append(.argument(try argument(&innerWords)))
                try innerWords.end()
            }
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return Template(pieces: pieces)
    }

    private func keyList(_ words: inout MappingWords, of service: String) throws(MappingSyntaxError) -> [KeyRule] {
        var keys: [KeyRule] = []
        repeat {
            let key = try words.name("a condition key")
            guard let colon = key.firstIndex(of: ":"), colon > key.startIndex, key.index(after: colon) < key.endIndex
            else {
                throw words.error("\"\(key)\" is no condition key, as sns:Protocol")
            }
            guard words.take(.sign("=")) else { throw words.error("after the key \(key), \"=\" is missing") }
            let value: KeyRule.Value
            if case .quoted(let text) = words.peek {
                words.skip()
                value = .template(try template(text, &words))
            } else if case .word(let word) = words.peek, word.utf8.contains(UInt8(ascii: "{")) {
                words.skip()
                value = .template(try template(word, &words))
            } else if case .word = words.peek, words.second == .sign("(") {
                value = .resource(try resource(&words, of: service))
            } else {
                value = .argument(try argument(&words))
            }
            keys.append(KeyRule(key: key.lowercased(), value: value))
            guard keys.count <= Self.longestList else { throw words.error("more than 256 keys stand in one line") }
        } while words.take(.sign(","))
        return keys
    }
}
