/// A part of a request that a statement looks at.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-fields-list.html>
public enum FieldToMatch: Sendable, Hashable {
    /// The value of a header, whatever case its name is written in.
    case singleHeader(String)
    /// The value of an argument of the query, whatever case its name is written in. Where it is there more than once, each.
    case singleQueryArgument(String)
    /// The values of all arguments of the query.
    case allQueryArguments
    /// The path, as it was sent.
    case uriPath
    /// What follows the question mark, as it was sent.
    case queryString
    /// The body, or as much of it as can be looked at.
    case body(Oversize)
    /// The method.
    case method
    /// Keys and values of a body that is JSON.
    case jsonBody(JSONBodyMatch)
    /// Names and values of headers.
    case headers(NameFilter, MatchScope, Oversize)
    /// Names and values of cookies.
    case cookies(NameFilter, MatchScope, Oversize)
    /// The names of all headers, with colons between them.
    case headerOrder(Oversize)
    /// The fingerprint of the client's TLS.
    case ja3(Fallback)
    /// The fingerprint of the client's TLS.
    case ja4(Fallback)
    /// What follows the `#`.
    case uriFragment(Fallback?)
}

/// What happens where something is larger than what can be looked at.
public enum Oversize: String, Sendable {
    /// The part that can be looked at counts.
    case proceed = "CONTINUE"
    /// The statement matches.
    case match = "MATCH"
    /// It does not.
    case noMatch = "NO_MATCH"
}

/// Whether keys or values are looked at.
public enum MatchScope: String, Sendable {
    case all = "ALL"
    case key = "KEY"
    case value = "VALUE"

    var hasKeys: Bool { self != .value }
    var hasValues: Bool { self != .key }
}

/// Which headers or cookies are looked at.
public enum NameFilter: Sendable, Hashable {
    case all
    case included([String])
    case excluded([String])
}

/// What is looked at in a body that is JSON.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_JsonBody.html>
public struct JSONBodyMatch: Sendable, Hashable {
    /// Which elements, by their JSON pointers (RFC 6901); nil: all.
    public var paths: [String]?
    /// Whether keys or values.
    public var scope: MatchScope
    /// For a body that is no JSON; nil: what could be read of it counts.
    public var invalid: InvalidBody?
    /// For a body that is too large.
    public var oversize: Oversize

    /// What happens to a body that is no JSON.
    public enum InvalidBody: String, Sendable {
        case match = "MATCH"
        case noMatch = "NO_MATCH"
        case evaluateAsString = "EVALUATE_AS_STRING"
    }

    /// - Parameters: see the properties of the same names.
    public init(
        paths: [String]? = nil, scope: MatchScope = .all, invalid: InvalidBody? = nil, oversize: Oversize = .proceed
    ) {
        self.paths = paths
        self.scope = scope
        self.invalid = invalid
        self.oversize = oversize
    }
}
