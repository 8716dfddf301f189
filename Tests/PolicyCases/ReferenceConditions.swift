// The reference evaluator's conditions.

extension RefCase {
    func conditionHolds(_ name: String, _ key: String, _ wanted: [String], _ isNew: Bool) -> Bool {
        var op = name
        var quantifier = ""
        if let colon = op.firstIndex(of: ":") {
            quantifier = String(op[..<colon])
            op = String(op[colon...].dropFirst())
        }
        let ifExists = op.hasSuffix("IfExists")
        if ifExists { op = String(op.dropLast(8)) }
        let values = found(key) ?? []
        let isMissing = values.allSatisfy(\.isEmpty)
        if op == "Null" {
            if quantifier == "ForAllValues" { return true }
            if quantifier == "ForAnyValue" { return false }
            return wanted.contains { $0.lowercased() == (isMissing ? "true" : "false") }
        }
        let isNegated = op.contains("Not")
        if isMissing {
            if quantifier == "ForAllValues" { return true }
            if quantifier == "ForAnyValue" { return ifExists && !wanted.isEmpty }
            return ifExists || isNegated
        }
        if wanted.isEmpty, ifExists || !quantifier.isEmpty { return false }
        if quantifier.isEmpty, lists.contains(key.lowercased()) { return false }
        let results = values.map { value in
            let matchesOne = wanted.contains { compare(op, value, $0, isNew) }
            return isNegated ? !matchesOne : matchesOne
        }
        return quantifier == "ForAnyValue" ? results.contains(true) : !results.contains(false)
    }

    private func compare(_ op: String, _ found: String, _ wanted: String, _ isNew: Bool) -> Bool {
        func replaced(_ wildcards: Bool) -> [RefToken]? {
            substitute(Array(wanted.unicodeScalars), isNew, wildcards: wildcards)
        }
        func text() -> String? {
            replaced(false).map { tokens in
                tokens.reduce(into: "") { if case .literal(let scalar) = $1 { $0.unicodeScalars.append(scalar) } }
            }
        }
        switch op {
        case "StringEquals", "StringNotEquals": return text() == found
        case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase": return text()?.lowercased() == found.lowercased()
        case "StringLike", "StringNotLike":
            return replaced(true).map { match($0[...], Array(found.unicodeScalars)[...]) } ?? false
        case "Bool":
            return ["true", "false"].contains(found.lowercased()) && text()?.lowercased() == found.lowercased()
        case "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike":
            guard let tokens = replaced(true) else { return false }
            let parts = sixParts(Array(found.unicodeScalars).map { RefToken.literal($0) })
            if !tokens.isEmpty, tokens.allSatisfy({ $0 == .many }) { return parts != nil }
            guard let wantedParts = sixParts(tokens), let parts else { return false }
            return zip(wantedParts, parts).allSatisfy { pattern, part in
                match(pattern[...], part.compactMap { if case .literal(let scalar) = $0 { scalar } else { nil } }[...])
            }
        case "NumericEquals", "NumericNotEquals": return numbers(found, wanted).map { $0 == $1 } ?? false
        case "NumericLessThan": return numbers(found, wanted).map { $0 < $1 } ?? false
        case "NumericLessThanEquals": return numbers(found, wanted).map { $0 <= $1 } ?? false
        case "NumericGreaterThan": return numbers(found, wanted).map { $0 > $1 } ?? false
        case "NumericGreaterThanEquals": return numbers(found, wanted).map { $0 >= $1 } ?? false
        case "DateEquals", "DateNotEquals": return dates(found, wanted).map { $0 == $1 } ?? false
        case "DateLessThan": return dates(found, wanted).map { $0 < $1 } ?? false
        case "DateLessThanEquals": return dates(found, wanted).map { $0 <= $1 } ?? false
        case "DateGreaterThan": return dates(found, wanted).map { $0 > $1 } ?? false
        case "DateGreaterThanEquals": return dates(found, wanted).map { $0 >= $1 } ?? false
        case "BinaryEquals": return found == wanted && found.count % 4 == 0
        case "IpAddress", "NotIpAddress": return isIn(found, wanted)
        default: return false
        }
    }

    private func sixParts(_ tokens: [RefToken]) -> [[RefToken]]? {
        let parts = tokens.split(separator: .literal(":"), maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? parts.map(Array.init) : nil
    }

    private func numbers(_ found: String, _ wanted: String) -> (Double, Double)? {
        guard let found = Double(found), let wanted = Double(wanted) else { return nil }
        return (found, wanted)
    }

    /// Seconds; the cases use full UTC timestamps, dates and epoch seconds only.
    private func dates(_ found: String, _ wanted: String) -> (Int, Int)? {
        func seconds(_ text: String) -> Int? {
            // Four digits are a year.
            if isNumber(text, length: nil), text.count != 4 { return Int(text) }
            let parts = isNumber(text, length: 4) ? text + "-01-01" : text
            var numbers = parts.split { !$0.isNumber }.compactMap { Int($0) }
            // A number with a sign is a year, too.
            if text.hasPrefix("-"), isNumber(String(text.dropFirst()), length: nil) {
                numbers = [Int(text) ?? 0, 1, 1]
            }
            guard numbers.count == 3 || (numbers.count == 6 && text.hasSuffix("Z")) else { return nil }
            var days = 0
            for year in 1970..<max(1970, numbers[0]) { days += length(of: year) }
            for year in min(1970, numbers[0])..<1970 { days -= length(of: year) }
            for month in 1..<numbers[1] {
                days += [31, length(of: numbers[0]) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30][month - 1]
            }
            let clock = numbers.count == 6 ? numbers[3] * 3600 + numbers[4] * 60 + numbers[5] : 0
            return (days + numbers[2] - 1) * 86400 + clock
        }
        guard let found = seconds(found), let wanted = seconds(wanted) else { return nil }
        return (found, wanted)
    }

    private func length(of year: Int) -> Int { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365 }

    /// IPv4 by its bits; IPv6 is written out in full in the cases, so its digits are its bits.
    private func isIn(_ address: String, _ range: String) -> Bool {
        func bits(_ text: String) -> [Character]? {
            if text.contains(":") {
                let groups = text.split(separator: ":", omittingEmptySubsequences: false)
                guard groups.count == 8 else { return nil }
                let numbers = groups.compactMap { Int($0, radix: 16) }
                return numbers.count == 8 ? numbers.flatMap { binary($0, 16) } : nil
            }
            let numbers = text.split(separator: ".").compactMap { Int($0) }
            return numbers.count == 4 ? numbers.flatMap { binary($0, 8) } : nil
        }
        let parts = range.split(separator: "/")
        guard let network = bits(String(parts[0])), let own = bits(address), own.count == network.count else {
            return false
        }
        let length = parts.count == 2 ? Int(parts[1]) ?? 0 : network.count
        return own.prefix(length) == network.prefix(length)
    }

    private func binary(_ number: Int, _ width: Int) -> [Character] {
        let digits = String(number, radix: 2)
        return Array(String(repeating: "0", count: max(0, width - digits.count)) + digits)
    }
}
