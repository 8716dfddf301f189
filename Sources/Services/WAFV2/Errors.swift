import WAFV2API
import Wire

// The errors of WAF, with the texts that AWS sends.
// <https://docs.aws.amazon.com/waf/latest/APIReference/CommonErrors.html>

/// What WAFInvalidParameterException says is wrong.
enum InvalidReason: String, Sendable {
    case exactlyOne = "You have used none or multiple values for a field that requires exactly one value."
    case reference = "A reference in your rule statement is not valid."
    case format = "The parameter contains formatting that is not valid."
    case arn = """
        The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or \
        slashes.
        """
    case scope = "The scope is not valid."
    case minimum = """
        You haven't met a minimum requirement for a threshold setting. Examples include a rule group capacity setting \
        that's too low and an OR statement with fewer than two nested statements.
        """
    case capacity = "You exceeded the capacity limit for a rule group or web ACL."
    case limit = "You exceeded the limit for the number of values that the field can have."
    case duplicate = "The value must be unique, and another has it already."
    case nesting = "The statement can't be used in this place."
    case missing = "The field is required with the other values of the request."
    case logDestination =
        "The specified log destination is invalid. You must specify a log destination that starts with 'aws-waf-logs-'."
    case resource = "The resource can't be associated with a web ACL."
    case tag = "The tags aren't valid."
    case time = "The time isn't valid."
    case level = "The inspection level isn't available: it has to be COMMON."
}

/// The part of a request that WAFInvalidParameterException names.
enum InvalidField: String, Sendable {
    case webACL = "WEB_ACL"
    case ruleGroup = "RULE_GROUP"
    case regexPatternSet = "REGEX_PATTERN_SET"
    case ipSet = "IP_SET"
    case rule = "RULE"
    case statement = "STATEMENT"
    case byteMatchStatement = "BYTE_MATCH_STATEMENT"
    case sizeConstraintStatement = "SIZE_CONSTRAINT_STATEMENT"
    case geoMatchStatement = "GEO_MATCH_STATEMENT"
    case rateBasedStatement = "RATE_BASED_STATEMENT"
    case regexPatternReferenceStatement = "REGEX_PATTERN_REFERENCE_STATEMENT"
    case managedRuleSetStatement = "MANAGED_RULE_SET_STATEMENT"
    case labelMatchStatement = "LABEL_MATCH_STATEMENT"
    case andStatement = "AND_STATEMENT"
    case orStatement = "OR_STATEMENT"
    case ipAddress = "IP_ADDRESS"
    case fieldToMatch = "FIELD_TO_MATCH"
    case textTransformation = "TEXT_TRANSFORMATION"
    case singleQueryArgument = "SINGLE_QUERY_ARGUMENT"
    case defaultAction = "DEFAULT_ACTION"
    case ruleAction = "RULE_ACTION"
    case entityLimit = "ENTITY_LIMIT"
    case overrideAction = "OVERRIDE_ACTION"
    case scopeValue = "SCOPE_VALUE"
    case resourceArn = "RESOURCE_ARN"
    case tags = "TAGS"
    case forwardedIPConfig = "FORWARDED_IP_CONFIG"
    case customResponse = "CUSTOM_RESPONSE"
    case customResponseBody = "CUSTOM_RESPONSE_BODY"
    case customRequestHandling = "CUSTOM_REQUEST_HANDLING"
    case jsonMatchPattern = "JSON_MATCH_PATTERN"
    case headerMatchPattern = "HEADER_MATCH_PATTERN"
    case cookieMatchPattern = "COOKIE_MATCH_PATTERN"
    case loggingFilter = "LOGGING_FILTER"
    case filterCondition = "FILTER_CONDITION"
    case logDestination = "LOG_DESTINATION"
    case associableResource = "ASSOCIABLE_RESOURCE"
    case tokenDomain = "TOKEN_DOMAIN"
    case customKeys = "CUSTOM_KEYS"
    case scopeDown = "SCOPE_DOWN"
    case associatedResourceType = "ASSOCIATED_RESOURCE_TYPE"
    case metricName = "METRIC_NAME"
    case managedRuleGroupConfig = "MANAGED_RULE_GROUP_CONFIG"
}

extension ServiceError {
    /// WAFInvalidParameterException.
    /// - Parameters:
    ///   - field: what kind of thing is at fault.
    ///   - parameter: which, or its value.
    static func invalid(_ field: InvalidField, _ parameter: String, _ reason: InvalidReason) -> ServiceError {
        var error = WAFV2.Failure.wafInvalidParameterException(
            "Error reason: \(reason.rawValue), field: \(field.rawValue), parameter: \(parameter)")
        error.members = [
            "Field": .string(field.rawValue), "Parameter": .string(parameter), "Reason": .string(reason.rawValue),
        ]
        return error
    }

    static var nonexistentItem: ServiceError {
        WAFV2.Failure.wafNonexistentItemException(
            "AWS WAF couldn’t perform the operation because your resource doesn’t exist.")
    }

    static var duplicateItem: ServiceError {
        WAFV2.Failure.wafDuplicateItemException(
            "AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an "
                + "existing one.")
    }

    static var optimisticLock: ServiceError {
        WAFV2.Failure.wafOptimisticLockException(
            "AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. "
                + "Reapply your changes.")
    }

    static var associatedItem: ServiceError {
        WAFV2.Failure.wafAssociatedItemException(
            "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s "
                + "associated with another resource.")
    }

    static var limitsExceeded: ServiceError {
        WAFV2.Failure.wafLimitsExceededException(
            "AWS WAF couldn’t perform the operation because you exceeded your resource limit. For example, the "
                + "maximum number of WebACL objects that you can create for an AWS account.")
    }

    static func invalidOperation(_ message: String) -> ServiceError {
        WAFV2.Failure.wafInvalidOperationException(message)
    }
}
