import WAF
import WAFV2API
import Wire

/// Statements that look at a part of the request.
enum MatchReading {
    /// Bytes. <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    private static let longestSearch = 200
    private static let mostTransformations = 10

    /// nil: the statement is none of these.
    static func match(_ view: WAFV2.Statement) throws(ServiceError) -> WAF.FieldMatch? {
        if let match = view.byteMatchStatement { return try bytes(match) }
        if let match = view.regexMatchStatement {
            try RegexRules.check(match.regexString, .regexPatternReferenceStatement)
            return try self.match(match.fieldToMatch, match.textTransformations, .regex(match.regexString))
        }
        if let match = view.regexPatternSetReferenceStatement {
            return try self.match(match.fieldToMatch, match.textTransformations, .regexSet(arn: match.arn))
        }
        if let match = view.sizeConstraintStatement {
            guard let comparison = WAF.FieldMatch.Comparison(rawValue: match.comparisonOperator) else {
                throw .invalid(.sizeConstraintStatement, match.comparisonOperator, .format)
            }
            return try self.match(match.fieldToMatch, match.textTransformations, .size(comparison, match.size))
        }
        if let match = view.sqliMatchStatement {
            let sensitivity = match.sensitivityLevel.flatMap { WAF.FieldMatch.Sensitivity(rawValue: $0) } ?? .low
            return try self.match(match.fieldToMatch, match.textTransformations, .sqlInjection(sensitivity))
        }
        if let match = view.xssMatchStatement {
            return try self.match(match.fieldToMatch, match.textTransformations, .crossSiteScripting)
        }
        return nil
    }

    private static func bytes(_ view: WAFV2.ByteMatchStatement) throws(ServiceError) -> WAF.FieldMatch {
        let search = view.searchString.bytes
        guard !search.isEmpty else { throw .invalid(.byteMatchStatement, "SearchString", .missing) }
        guard search.count <= longestSearch else { throw .limitsExceeded }
        guard let position = WAF.FieldMatch.Position(rawValue: view.positionalConstraint) else {
            throw .invalid(.byteMatchStatement, view.positionalConstraint, .format)
        }
        let isWord = search.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
        guard position != .containsWord || isWord else {
            throw .invalid(.byteMatchStatement, "SearchString", .format)
        }
        return try match(
            view.fieldToMatch, view.textTransformations, .bytes(search, position))
    }

    private static func match(
        _ field: WAFV2.FieldToMatch, _ transformations: [WAFV2.TextTransformation],
        _ criterion: WAF.FieldMatch.Criterion
    ) throws(ServiceError) -> WAF.FieldMatch {
        let field = try FieldReading.field(field)
        switch field {
        case .ja3, .ja4:
            // A fingerprint is compared as a whole, or not at all.
            guard case .bytes(_, .exactly) = criterion else { throw .invalid(.fieldToMatch, "FieldToMatch", .nesting) }
        default: break
        }
        return WAF.FieldMatch(field, try self.transformations(transformations), criterion)
    }

    /// In the order of their priorities.
    static func transformations(
        _ views: [WAFV2.TextTransformation]
    ) throws(ServiceError) -> [WAF.TextTransformation] {
        guard views.count <= mostTransformations else {
            throw .invalid(.textTransformation, "TextTransformations", .limit)
        }
        guard Set(views.map(\.priority)).count == views.count else {
            throw .invalid(.textTransformation, "Priority", .duplicate)
        }
        return try views.sorted { $0.priority < $1.priority }.map { (view) throws(ServiceError) in
            guard let type = WAF.TextTransformation(rawValue: view.type) else {
                throw .invalid(.textTransformation, view.type, .format)
            }
            return type
        }
    }
}

/// What a regular expression has to be.
enum RegexRules {
    /// Characters. <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    static let longest = 200

    /// - Throws: WAFInvalidParameterException for one that can't be compiled, WAFLimitsExceededException for a long one.
    static func check(_ pattern: String, _ field: InvalidField) throws(ServiceError) {
        guard pattern.count <= longest else { throw .limitsExceeded }
        guard !pattern.isEmpty, (try? WAF.LinearRegex(pattern)) != nil else { throw .invalid(field, pattern, .format) }
    }
}
