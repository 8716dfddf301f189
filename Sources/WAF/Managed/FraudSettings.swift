/// Where an application signs in, or makes accounts, and what is sent there.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_AWSManagedRulesATPRuleSet.html>,
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_AWSManagedRulesACFPRuleSet.html>
public struct FraudSettings: Sendable, Equatable {
    /// The path that credentials are sent to, or what it begins with.
    public var path: String
    /// The path of the page with the form; nil for sign-in.
    public var pagePath: String?
    /// Whether paths are regular expressions.
    public var isRegex: Bool
    /// Whether bodies are JSON, and fields JSON pointers; or else forms, and names.
    public var isJSON: Bool
    public var username: String?
    public var password: String?
    public var email: String?
    /// The fields of a telephone number, and of an address, in their order.
    public var phone: [String]
    public var address: [String]

    /// - Parameters: see the properties of the same names.
    public init(
        path: String, pagePath: String? = nil, isRegex: Bool = false, isJSON: Bool, username: String? = nil,
        password: String? = nil, email: String? = nil, phone: [String] = [], address: [String] = []
    ) {
        self.path = path
        self.pagePath = pagePath
        self.isRegex = isRegex
        self.isJSON = isJSON
        self.username = username
        self.password = password
        self.email = email
        self.phone = phone
        self.address = address
    }
}

/// Which paths are meant.
struct FraudPath: Sendable {
    private let beginning: [UInt8]
    private let regex: LinearRegex?

    init(_ path: String, isRegex: Bool) throws(LinearRegex.Problem) {
        beginning = Array(path.utf8)
        regex = isRegex ? try LinearRegex(path) : nil
    }

    /// Whether a request's path, as it was sent or as servers read it, is meant.
    func matches(_ path: [UInt8]) -> Bool {
        [path, TextTransformation.apply([.urlDecode, .normalizePath], to: path)].contains { path in
            regex.map { $0.matches(path) } ?? path.starts(with: beginning)
        }
    }
}

/// What a request submits.
///
/// Of a field that is there twice one application takes the first value, and another the last. Both count, so that nobody
/// hides what is tried behind what isn't.
struct SubmittedFields {
    private let body: [UInt8]
    private let isJSON: Bool
    private let pairs: [(name: [UInt8], value: [UInt8])]
    /// Whether all of it is there and can be read: what comes after a mistake, another reader may see.
    let isWhole: Bool

    init(_ request: WebRequest, isJSON: Bool) {
        body = request.body
        self.isJSON = isJSON
        guard !isJSON else {
            pairs = []
            let content = JSONBody(request.body, JSONBodyMatch(paths: [], scope: .value))
            isWhole = !request.isBodyOversize && content.isComplete
            return
        }
        isWhole = !request.isBodyOversize
        pairs = body.split(separator: UInt8(ascii: "&")).map { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = equals < pair.endIndex ? Array(pair[(equals + 1)...]) : []
            return (
                TextTransformation.urlDecode.apply(to: Array(pair[..<equals])),
                TextTransformation.urlDecode.apply(to: value)
            )
        }
    }

    /// The first value of a field and, where it is another one, the last, without empty ones; none: there is none.
    func values(_ field: String?) -> [[UInt8]] {
        guard let field else { return [] }
        let all =
            isJSON
            ? JSONBody(body, JSONBodyMatch(paths: [field], scope: .value)).elements
            : pairs.filter { $0.name.elementsEqual(field.utf8) }.map(\.value)
        let said = all.filter { !$0.isEmpty }
        guard let first = said.first, let last = said.last else { return [] }
        return first == last ? [first] : [first, last]
    }

    /// The values of several fields, one after another, with only what `isKept` says: the first ones and, where those are
    /// others, the last ones; none: there is none.
    func joined(_ fields: [String], _ isKept: (UInt8) -> Bool) -> [[UInt8]] {
        let kept = fields.map { field in values(field).map { $0.map(\.lowercasedASCII).filter(isKept) } }
        let first = kept.compactMap(\.first).filter { !$0.isEmpty }
        let last = kept.compactMap(\.last).filter { !$0.isEmpty }
        return (first == last ? [first] : [first, last]).filter { !$0.isEmpty }.map { Array($0.joined(separator: [0])) }
    }
}
