import Catalogue
import Policy

// Whether values are what their operators and keys compare.

extension Checker {
    mutating func checkValues(of condition: LooseStatement.Condition) {
        guard let operation = condition.operation else { return }
        switch operation.family {
        case .bool, .null: checkBooleans(condition)
        case .numeric: checkNumbers(condition, operation)
        case .date: checkDates(condition)
        case .binary: checkBinary(condition)
        case .ipAddress: checkAddresses(condition, operation)
        case .string, .arn: checkWildcards(condition, operation)
        }
        checkKnownForms(condition, operation)
    }

    /// The values without variables; about those with variables nothing can be said.
    func constants(_ condition: LooseStatement.Condition) -> [Text] {
        condition.values.filter { !$0.value.contains("${") }
    }

    private mutating func checkBooleans(_ condition: LooseStatement.Condition) {
        if condition.values.count > 1 {
            report(
                .invalidConditionMultipleBoolean, condition.key.place,
                "Write one value, true or false, for \(condition.key.value).")
        }
        for value in constants(condition) where !["true", "false"].contains(value.value.lowercased()) {
            report(
                .typeMismatchBoolean, value.place,
                "Write true or false for \(condition.operatorText.value), not \"\(value.value)\".")
        }
    }

    private mutating func checkNumbers(_ condition: LooseStatement.Condition, _ operation: OperatorName) {
        for value in constants(condition) where value.number == nil {
            report(
                .typeMismatchNumber, value.place,
                "Write a number for \(condition.operatorText.value), not \"\(value.value)\".")
        }
        let isOrder = operation.base.contains("Less") || operation.base.contains("Greater")
        let numbers = constants(condition).compactMap(\.number)
        guard isOrder, numbers.count > 1, let least = numbers.min(), let greatest = numbers.max() else { return }
        let deciding = operation.base.contains("Less") ? greatest : least
        report(
            .redundantConditionValueNum, condition.key.place,
            "Of these values only \(deciding.formattedPlainly) decides: write that one alone.")
    }

    private mutating func checkDates(_ condition: LooseStatement.Condition) {
        for value in constants(condition) {
            let text = value.value
            if text.utf8.count != 4, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                report(
                    .invalidDateValue, value.place,
                    "Write the seconds \(text) as a date: 2030-01-31T12:00:00Z, or 2030-01-31.")
            } else if PointInTime(text.utf8.span) == nil {
                report(
                    .typeMismatchDate, value.place,
                    "\"\(text)\" is no date: write 2030-01-31T12:00:00Z, or 2030-01-31.")
            }
        }
    }

    private mutating func checkBinary(_ condition: LooseStatement.Condition) {
        for value in constants(condition) where !value.value.isBase64 {
            report(.typeMismatchString, value.place, "Write base64 for BinaryEquals, not \"\(value.value)\".")
        }
    }

    private mutating func checkWildcards(_ condition: LooseStatement.Condition, _ operation: OperatorName) {
        if operation.family == .string, !operation.isLike {
            for value in condition.values where value.value.withVariablesRemoved.hasWildcards {
                report(
                    .wildcardWithoutLikeOperator, value.place,
                    "\(operation.base) takes \"\(value.value)\" by the letter: use \(operation.likeName) for a pattern."
                )
            }
        }
        guard operation.isLike, operation.family == .string else { return }
        for value in condition.values where value.value.isAllWildcard {
            let key = condition.key.value
            if operation.isNegated, operation.qualifier == .forAnyValue, !operation.ifExists {
                report(
                    .redundantStatementDueToWildcardInCondition, value.place,
                    "Remove the statement, or name a value of \(key): nothing differs from *, so it never applies.")
                continue
            }
            switch (operation.isNegated, operation.ifExists || operation.qualifier == .forAllValues) {
            case (false, false):
                report(
                    .equivalentToNullFalse, value.place,
                    "* only asks whether \(key) is there: write Null \(key) false.")
            case (false, true):
                report(
                    .redundantKeyDueToWildcardInCondition, value.place,
                    "Remove \(key), or name a value: with * this always matches.")
            case (true, _):
                report(
                    .equivalentToNullTrue, value.place,
                    "This only asks whether \(key) is missing: write Null \(key) true.")
            }
        }
    }

    /// Keys whose values have a form that can be told from nonsense.
    private mutating func checkKnownForms(_ condition: LooseStatement.Condition, _ operation: OperatorName) {
        guard operation.family == .string || operation.family == .arn else { return }
        for value in constants(condition) where !value.value.hasWildcards {
            let text = value.value
            if condition.isAbout("aws:RequestedRegion"), !Self.regions.contains(text) {
                let advice = suggestion { _ in nearest(to: text, among: Self.regions) }
                report(.invalidRegion, value.place, "There is no region \"\(text)\"\(advice)")
            } else if condition.isAbout("aws:SourceVpc"), !text.isIdentifier(after: "vpc-") {
                report(
                    .invalidVPCFormat, value.place,
                    "\"\(text)\" is no VPC: write vpc- and 8 or 17 hexadecimal digits.")
            } else if condition.isAbout("aws:SourceVpce"), !text.isIdentifier(after: "vpce-") {
                report(
                    .invalidVPCEFormat, value.place,
                    "\"\(text)\" is no VPC endpoint: write vpce- and 8 or 17 hexadecimal digits.")
            } else if condition.isAbout("s3:x-amz-server-side-encryption-aws-kms-key-id"), !text.isKeyARN {
                report(
                    .invalidKMSKeyValue, value.place,
                    "S3 compares the ARN of the key: write arn:aws:kms:REGION:ACCOUNT:key/ID, not \"\(text)\".")
            }
        }
    }
}

extension Text {
    /// The value as a number.
    fileprivate var number: Double? {
        value.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } ? Double(value) : nil
    }
}

extension Double {
    /// Without ".0".
    fileprivate var formattedPlainly: String {
        description.hasSuffix(".0") ? String(description.dropLast(2)) : description
    }
}

extension OperatorName {
    /// The operator that takes patterns: "StringNotLike" for "StringNotEquals".
    fileprivate var likeName: String { isNegated ? "StringNotLike" : "StringLike" }
}

extension String {
    /// The text without its variables, and without `${*}` and `${?}`, which are characters.
    fileprivate var withVariablesRemoved: String {
        guard utf8.contains(UInt8(ascii: "$")) else { return self }
        var result = ""
        var rest = self[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    fileprivate func isIdentifier(after prefix: String) -> Bool {
        let digits = utf8.count - prefix.utf8.count
        return hasPrefix(prefix) && (digits == 8 || digits == 17)
            && dropFirst(prefix.count).utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    fileprivate var isKeyARN: Bool {
        let arn = ARNParts(pattern: self)
        return hasPrefix("arn:") && arn.service == "kms" && arn.resource.hasPrefix("key/")
    }

    /// RFC 4648, section 4, with padding.
    fileprivate var isBase64: Bool {
        let unpadded = utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return utf8.count % 4 == 0 && utf8.count - unpadded.count <= 2
            && unpadded.allSatisfy {
                $0.isASCIILetter || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
            }
    }
}
