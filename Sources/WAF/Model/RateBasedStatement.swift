/// Too many requests of one kind within some minutes.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html>
public struct RateBasedStatement: Sendable, Equatable {
    /// How many requests may have the same key within the window.
    public var limit: Int
    /// The window, in seconds.
    public var window: Int
    /// What requests are counted by.
    public var aggregation: Aggregation
    /// Only requests that it matches are counted, and limited.
    public var scopeDown: Statement?

    /// AWS's windows, in seconds.
    public static let windows = [60, 120, 300, 600]
    /// In seconds.
    public static let usualWindow = 300

    /// What requests are counted by.
    public enum Aggregation: Sendable, Equatable {
        /// The client's address.
        case address
        /// The first address of a header.
        case forwardedAddress(ForwardedAddress)
        /// All of these together.
        case keys([Key])
        /// Nothing: all requests together.
        case constant
    }

    /// A part of a request that it is counted by.
    public enum Key: Sendable, Equatable {
        case header(String, [TextTransformation])
        case cookie(String, [TextTransformation])
        case queryArgument(String, [TextTransformation])
        case queryString([TextTransformation])
        case uriPath([TextTransformation])
        case method
        case address
        case forwardedAddress
        /// What is behind the namespace in the labels that have it.
        case labelNamespace(String)
        case ja3(Fallback)
        case ja4(Fallback)
        case asn

        /// What is done to it before it is counted; empty for what stays as it is.
        var transformations: [TextTransformation] {
            switch self {
            case .header(_, let transformations), .cookie(_, let transformations),
                .queryArgument(_, let transformations),
                .queryString(let transformations), .uriPath(let transformations):
                transformations
            default: []
            }
        }
    }

    /// The header of ``Key/forwardedAddress``; nil where no key is that.
    public var forwarded: ForwardedAddress?

    /// The header that requests are counted by, alone or among others; nil: by none.
    var forwardedKey: ForwardedAddress? {
        switch aggregation {
        case .forwardedAddress(let config): config
        case .keys(let keys): keys.contains(.forwardedAddress) ? forwarded : nil
        case .address, .constant: nil
        }
    }

    /// - Parameters: see the properties of the same names.
    public init(
        limit: Int, window: Int = RateBasedStatement.usualWindow, aggregation: Aggregation, scopeDown: Statement? = nil,
        forwarded: ForwardedAddress? = nil
    ) {
        self.limit = limit
        self.window = window
        self.aggregation = aggregation
        self.scopeDown = scopeDown
        self.forwarded = forwarded
    }

    /// What tells a rate-based rule from all others in a ``RateTracker``. All settings are in it, so that a rule that is changed
    /// begins anew.
    /// - Parameters:
    ///   - acl: the web ACL's ARN: each that has the rule counts by itself.
    ///   - group: the web ACL's rule that refers to the group which the rule is in; nil: it is in none.
    ///   - rule: the rule's name.
    public func identity(acl: String, group: String? = nil, rule: String) -> String {
        "\(acl) \(group ?? "") \(rule) \(self)"
    }
}
