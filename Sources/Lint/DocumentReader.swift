import Catalogue
import Policy

/// Reads JSON into a ``LooseDocument`` and finds what is wrong with its form.
struct DocumentReader {
    private(set) var findings: [Finding] = []

    /// nil where the text is not JSON, or no object.
    mutating func read(_ text: String) -> LooseDocument? {
        let root: JSONElement
        do {
            root = try JSONText.parse(text)
        } catch {
            let place = Place(position: error.position, path: [])
            report(.jsonSyntaxError, place, "Correct the JSON here: \(error.reason).")
            return nil
        }
        let place = Place(position: root.position, path: [])
        guard case .object(let members) = root.value else {
            mismatch(place, "A policy document", "an object")
            return nil
        }
        return document(members, place)
    }

    private mutating func report(_ code: FindingCode, _ place: Place, _ message: String) {
        findings.append(Finding(code: code, position: place.position, path: place.path, message: message))
    }

    private mutating func mismatch(_ place: Place, _ what: String, _ expected: String) {
        report(.dataTypeMismatch, place, "\(what) is \(expected) in JSON; write it as one.")
    }

    private mutating func document(_ members: [JSONMember], _ place: Place) -> LooseDocument {
        var document = LooseDocument(place: place)
        var hasStatement = false
        for member in members {
            let inner = place.inside(member)
            switch member.name.value {
            case "Version": document.version = string(member.element, inner, "Version")
            case "Id": _ = string(member.element, inner, "Id")
            case "Statement":
                hasStatement = true
                document.statements = statements(member.element, inner)
            default: unknownElement(member, inner, among: ["Version", "Id", "Statement"])
            }
        }
        if !hasStatement { report(.missingStatement, place, "Add a Statement element with at least one statement.") }
        return document
    }

    private mutating func unknownElement(_ member: JSONMember, _ place: Place, among names: [String]) {
        let name = member.name.value
        let place = Place(position: member.name.position, path: place.path)
        let advice = nearest(to: name, among: names).map { "did you mean \($0)?" } ?? "remove it."
        report(.invalidPolicyElement, place, "\"\(name)\" is no element that belongs here: \(advice)")
    }

    private mutating func statements(_ element: JSONElement, _ place: Place) -> [LooseStatement] {
        switch element.value {
        case .object(let members): return [statement(members, place)]
        case .array(let elements):
            if elements.isEmpty { report(.missingStatement, place, "Add at least one statement to the empty array.") }
            var statements: [LooseStatement] = []
            for (index, element) in elements.enumerated() {
                let inner = place.inside(element, index)
                if case .object(let members) = element.value {
                    statements.append(statement(members, inner))
                } else {
                    mismatch(inner, "A statement", "an object")
                }
            }
            return statements
        default:
            mismatch(place, "Statement", "an object or an array of objects")
            return []
        }
    }

    private static let elements = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    private mutating func statement(_ members: [JSONMember], _ place: Place) -> LooseStatement {
        var statement = LooseStatement(place: place)
        var seen: Set<String> = []
        for member in members {
            let inner = place.inside(member)
            let name = member.name.value
            let element = name.hasPrefix("Not") ? String(name.dropFirst(3)) : name
            if Self.elements.contains(name), !seen.insert(element).inserted {
                let message = "\(element) and Not\(element) exclude each other in a statement: remove one of them."
                report(.unsupportedElementCombination, Place(position: member.name.position, path: inner.path), message)
                continue
            }
            switch name {
            case "Sid": statement.sid = string(member.element, inner, "Sid")
            case "Effect": statement.effect = effect(member.element, inner)
            case "Principal", "NotPrincipal": statement.principals = principals(member, inner)
            case "Action", "NotAction": statement.actions = patterns(member, inner, empty: .emptyArrayAction)
            case "Resource", "NotResource": statement.resources = patterns(member, inner, empty: .emptyArrayResource)
            case "Condition": statement.conditions = conditions(member.element, inner)
            default: unknownElement(member, inner, among: Self.elements)
            }
        }
        if !seen.contains("Effect") { report(.missingEffect, place, "Add an Effect, Allow or Deny, to the statement.") }
        if !seen.contains("Action") { report(.missingAction, place, "Add an Action or NotAction to the statement.") }
        return statement
    }

    private mutating func effect(_ element: JSONElement, _ place: Place) -> Statement.Effect? {
        guard let text = string(element, place, "Effect") else { return nil }
        let effect = Statement.Effect(rawValue: text.value)
        if effect == nil { report(.invalidEffect, place, "\"\(text.value)\" is no effect: write Allow or Deny.") }
        return effect
    }

    private mutating func string(_ element: JSONElement, _ place: Place, _ what: String) -> Text? {
        guard case .string(let text) = element.value else {
            mismatch(place, what, "a string")
            return nil
        }
        return Text(value: text, place: place)
    }

    /// The strings of a string or an array of strings; nil where it is neither.
    private mutating func strings(_ element: JSONElement, _ place: Place, _ what: String) -> [Text]? {
        switch element.value {
        case .string(let text): return [Text(value: text, place: place)]
        case .array(let elements):
            return elements.enumerated().compactMap { string($1, place.inside($1, $0), "A value of \(what)") }
        default:
            mismatch(place, what, "a string or an array of strings")
            return nil
        }
    }

    private mutating func patterns(
        _ member: JSONMember, _ place: Place, empty: FindingCode
    ) -> LooseStatement.Patterns? {
        let name = member.name.value
        guard let values = strings(member.element, place, name) else { return nil }
        if case .array(let elements) = member.element.value, elements.isEmpty {
            report(empty, place, "The statement does nothing while \(name) is empty: name something, or remove it.")
        }
        return LooseStatement.Patterns(name: name, place: place, values: values)
    }

    private mutating func principals(_ member: JSONMember, _ place: Place) -> LooseStatement.Principals? {
        let name = member.name.value
        var entries: [LooseStatement.Principals.Entry] = []
        switch member.element.value {
        case .string(let text):
            guard text == "*" else {
                report(
                    .invalidPrincipalFormat, place,
                    "\"\(text)\" says not what it names: write an object such as { \"AWS\": \"\(text)\" }.")
                return nil
            }
            return LooseStatement.Principals(name: name, place: place, entries: [], isEveryone: true)
        case .object(let kinds):
            let nobody = "The statement does nothing while \(name) names nobody: name somebody, or remove it."
            if kinds.isEmpty { report(.emptyObjectPrincipal, place, nobody) }
            for kind in kinds {
                let inner = place.inside(kind)
                if case .array(let elements) = kind.element.value, elements.isEmpty {
                    report(.emptyArrayPrincipal, inner, nobody)
                }
                for value in strings(kind.element, inner, name) ?? [] {
                    entries.append(.init(kind: kind.name.value, value: value))
                }
            }
        default:
            mismatch(place, name, "\"*\" or an object")
            return nil
        }
        return LooseStatement.Principals(name: name, place: place, entries: entries, isEveryone: false)
    }

    private mutating func conditions(_ element: JSONElement, _ place: Place) -> [LooseStatement.Condition] {
        guard case .object(let operators) = element.value else {
            mismatch(place, "Condition", "an object")
            return []
        }
        let empty = "The block is empty and does nothing: add a key and a value, or remove it."
        if operators.isEmpty { report(.emptyObjectCondition, place, empty) }
        var conditions: [LooseStatement.Condition] = []
        for block in operators {
            let inner = place.inside(block)
            guard case .object(let keys) = block.element.value else {
                mismatch(inner, "A condition operator", "an object of keys and values")
                continue
            }
            if keys.isEmpty { report(.emptyObjectCondition, inner, empty) }
            let operatorPlace = Place(position: block.name.position, path: inner.path)
            for key in keys {
                let keyPlace = Place(position: key.name.position, path: inner.inside(key).path)
                let values = conditionValues(key.element, inner.inside(key))
                conditions.append(
                    LooseStatement.Condition(
                        operatorText: Text(value: block.name.value, place: operatorPlace),
                        operation: OperatorName(block.name.value), key: Text(value: key.name.value, place: keyPlace),
                        values: values))
            }
        }
        return conditions
    }

    private mutating func conditionValues(_ element: JSONElement, _ place: Place) -> [Text] {
        guard case .array(let elements) = element.value else {
            return conditionValue(element, place).map { [$0.text] } ?? []
        }
        let values = elements.enumerated().compactMap { conditionValue($1, place.inside($1, $0)) }
        if Set(values.map(\.kind)).count > 1 {
            report(.invalidConditionDataType, place, "Write all values of the key alike: all as strings, for example.")
        }
        return values.map(\.text)
    }

    private mutating func conditionValue(_ element: JSONElement, _ place: Place) -> (text: Text, kind: String)? {
        switch element.value {
        case .string(let text): return (Text(value: text, place: place), "string")
        case .number(let text): return (Text(value: text, place: place), "number")
        case .bool(let value): return (Text(value: value ? "true" : "false", place: place), "boolean")
        case .null, .object, .array:
            mismatch(place, "A condition value", "a string, a number or a boolean")
            return nil
        }
    }
}

extension Place {
    fileprivate func inside(_ member: JSONMember) -> Place {
        Place(position: member.element.position, path: path + [.member(member.name.value)])
    }

    fileprivate func inside(_ element: JSONElement, _ index: Int) -> Place {
        Place(position: element.position, path: path + [.index(index)])
    }
}
