/// The parts of requests that the rules of a firewall look at, each once: rules that want the same share it.
struct Fields: Sendable {
    /// A part and what is done to it.
    struct Text: Sendable, Hashable {
        let field: FieldToMatch
        let transformations: [TextTransformation]
    }

    private(set) var texts: [Text] = []
    private var numbers: [Text: Int] = [:]

    /// The number of a part, by which a ``FieldReader`` finds it.
    mutating func number(_ field: FieldToMatch, _ transformations: [TextTransformation]) -> Int {
        let text = Text(field: field, transformations: transformations.filter { $0 != .none })
        if let number = numbers[text] { return number }
        numbers[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }
}

/// What a part of a request is.
enum Extracted: Sendable {
    /// These texts; none where the request does not have the part.
    case texts([[UInt8]])
    /// It can't be looked at, and the statement says what that means.
    case decided(Bool)
}

/// Takes parts out of one request, each at most once.
struct FieldReader {
    let request: WebRequest
    private(set) var oversize: Set<String> = []
    private var found: [Extracted?]
    private let fields: Fields

    init(_ request: WebRequest, _ fields: Fields) {
        self.request = request
        self.fields = fields
        found = Array(repeating: nil, count: fields.texts.count)
    }

    /// A part, after its transformations.
    mutating func text(_ number: Int) -> Extracted {
        guard found.indices.contains(number) else { return .texts([]) }
        if let extracted = found[number] { return extracted }
        let wanted = fields.texts[number]
        var extracted = extract(wanted.field)
        if case .texts(let texts) = extracted, !wanted.transformations.isEmpty {
            extracted = .texts(texts.map { TextTransformation.apply(wanted.transformations, to: $0) })
        }
        found[number] = extracted
        return extracted
    }

    /// Where a part is, as logs have it.
    func location(_ number: Int) -> String {
        guard fields.texts.indices.contains(number) else { return "" }
        return switch fields.texts[number].field {
        case .singleHeader, .headers, .headerOrder: "HEADER"
        case .singleQueryArgument, .allQueryArguments: "ALL_QUERY_ARGS"
        case .uriPath: "URI"
        case .queryString: "QUERY_STRING"
        case .body: "BODY"
        case .method: "METHOD"
        case .jsonBody: "JSON_BODY"
        case .cookies: "COOKIE"
        case .ja3: "JA3_FINGERPRINT"
        case .ja4: "JA4_FINGERPRINT"
        case .uriFragment: "URI_FRAGMENT"
        }
    }

    private mutating func extract(_ field: FieldToMatch) -> Extracted {
        switch field {
        case .singleHeader(let name): return .texts(request.values(of: name.lowercased()))
        case .singleQueryArgument(let name): return .texts(request.arguments(named: name))
        case .allQueryArguments: return .texts(request.arguments.map(\.value))
        case .uriPath: return .texts([request.path])
        case .queryString: return .texts([request.query ?? []])
        case .method: return .texts([request.method])
        case .body(let handling): return body(handling, "REQUEST_BODY") ?? .texts([request.body])
        case .jsonBody(let match): return body(match.oversize, "REQUEST_JSON_BODY") ?? json(match)
        case .headers(let filter, let scope, let handling):
            let fields = BoundedFields(request.headers.lazy.map { ($0.name, $0.value) })
            return bounded(fields, handling, "REQUEST_HEADERS")
                ?? .texts(texts(fields, filter, scope, ignoringCase: true))
        case .cookies(let filter, let scope, let handling):
            let fields = BoundedFields(request.cookies)
            return bounded(fields, handling, "REQUEST_COOKIES")
                ?? .texts(texts(fields, filter, scope, ignoringCase: false))
        case .headerOrder(let handling):
            let fields = BoundedFields(request.headers.lazy.map { ($0.name, $0.value) })
            let names = fields.fields.map { $0.name.map(\.lowercasedASCII) }
            return bounded(fields, handling, "REQUEST_HEADERS")
                ?? .texts([Array(names.joined(separator: [UInt8(ascii: ":")]))])
        case .ja3(let fallback): return request.ja3.map { .texts([Array($0.utf8)]) } ?? .decided(fallback == .match)
        case .ja4(let fallback): return request.ja4.map { .texts([Array($0.utf8)]) } ?? .decided(fallback == .match)
        case .uriFragment(let fallback):
            if let fragment = request.fragment { return .texts([fragment]) }
            return fallback.map { .decided($0 == .match) } ?? .texts([])
        }
    }

    private mutating func bounded(_ fields: BoundedFields, _ handling: Oversize, _ name: String) -> Extracted? {
        fields.isOversize ? decided(handling, name) : nil
    }

    private mutating func body(_ handling: Oversize, _ name: String) -> Extracted? {
        request.isBodyOversize ? decided(handling, name) : nil
    }

    private mutating func decided(_ handling: Oversize, _ name: String) -> Extracted? {
        oversize.insert(name)
        return switch handling {
        case .proceed: nil
        case .match: .decided(true)
        case .noMatch: .decided(false)
        }
    }

    private func json(_ match: JSONBodyMatch) -> Extracted {
        let body = JSONBody(request.body, match)
        guard !body.isComplete else { return .texts(body.elements) }
        return switch match.invalid {
        case nil: .texts(body.elements)
        case .match: .decided(true)
        case .noMatch: .decided(false)
        case .evaluateAsString: .texts([request.body])
        }
    }

    private func texts(
        _ fields: BoundedFields, _ filter: NameFilter, _ scope: MatchScope, ignoringCase: Bool
    ) -> [[UInt8]] {
        func folded(_ name: some Sequence<UInt8>) -> [UInt8] {
            ignoringCase ? name.map(\.lowercasedASCII) : Array(name)
        }
        let names: Set<[UInt8]>
        let areIncluded: Bool
        switch filter {
        case .all: (names, areIncluded) = ([], false)
        case .included(let list): (names, areIncluded) = (Set(list.map { folded($0.utf8) }), true)
        case .excluded(let list): (names, areIncluded) = (Set(list.map { folded($0.utf8) }), false)
        }
        var texts: [[UInt8]] = []
        for (name, value) in fields.fields {
            // A cookie is that of its name with and without white space behind it: looked at where either is.
            let isNamed = names.contains(folded(name)) == areIncluded
            guard isNamed || !ignoringCase && names.contains(WebRequest.trimmed(name)) == areIncluded else { continue }
            if scope.hasKeys { texts.append(name) }
            if scope.hasValues { texts.append(value) }
        }
        return texts
    }
}
