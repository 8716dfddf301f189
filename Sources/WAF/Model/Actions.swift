/// What a rule does with a request that it matches.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-action.html>
public enum RuleAction: Sendable, Equatable {
    /// Lets it through; no further rule sees it.
    case allow(inserting: [InsertedHeader] = [])
    /// Refuses it.
    case block(CustomResponse? = nil)
    /// Counts it; the next rule sees it.
    case count(inserting: [InsertedHeader] = [])
    /// Asks for a puzzle to be solved, unless the request proves that one was.
    case captcha(inserting: [InsertedHeader] = [])
    /// Asks the browser to prove itself, unless the request proves that it has.
    case challenge(inserting: [InsertedHeader] = [])

    /// The action without its particulars.
    public var kind: Kind {
        switch self {
        case .allow: .allow
        case .block: .block
        case .count: .count
        case .captcha: .captcha
        case .challenge: .challenge
        }
    }

    /// An action, as logs name it.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case allow = "ALLOW"
        case block = "BLOCK"
        case count = "COUNT"
        case captcha = "CAPTCHA"
        case challenge = "CHALLENGE"
    }
}

/// What a web ACL does with a request that no rule has ended.
public enum DefaultAction: Sendable, Equatable {
    /// Lets it through.
    case allow(inserting: [InsertedHeader] = [])
    /// Refuses it.
    case block(CustomResponse? = nil)
}

/// A header that is added to a request before the application gets it.
public struct InsertedHeader: Sendable, Hashable {
    /// The name with its prefix: `x-amzn-waf-NAME`.
    public let name: String
    /// The value, as it is.
    public let value: String

    /// Every name gets this prefix, so that none can be confused with a header of the client's.
    public static let prefix = "x-amzn-waf-"

    /// - Parameters:
    ///   - name: without the prefix.
    ///   - value: as it is sent.
    public init(name: String, value: String) {
        self.name = Self.prefix + name.lowercased()
        self.value = value
    }
}

/// What a refused request is answered with, in place of 403 and an empty body.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_CustomResponse.html>
public struct CustomResponse: Sendable, Equatable {
    /// 200 to 599.
    public var status: Int
    /// Which of the web ACL's or rule group's bodies is sent; nil: none.
    public var bodyKey: String?
    /// Further headers.
    public var headers: [Header]

    /// A header of a response.
    public struct Header: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The value.
        public let value: String

        /// - Parameters: see the properties.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// - Parameters: see the properties of the same names.
    public init(status: Int, bodyKey: String? = nil, headers: [Header] = []) {
        self.status = status
        self.bodyKey = bodyKey
        self.headers = headers
    }
}

/// The body of a custom response.
public struct ResponseBody: Sendable, Equatable {
    /// What it is.
    public enum ContentType: String, Sendable {
        case plainText = "TEXT_PLAIN"
        case html = "TEXT_HTML"
        case json = "APPLICATION_JSON"

        /// The header's value.
        public var mediaType: String {
            switch self {
            case .plainText: "text/plain"
            case .html: "text/html"
            case .json: "application/json"
            }
        }
    }

    /// What it is.
    public var contentType: ContentType
    /// The text.
    public var content: String

    /// - Parameters: see the properties.
    public init(contentType: ContentType, content: String) {
        self.contentType = contentType
        self.content = content
    }
}
