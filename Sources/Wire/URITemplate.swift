/// The request line that an operation of a REST protocol has, `GET /findings/{Id}?view=full`: Smithy's `http` trait.
/// <https://smithy.io/2.0/spec/http-bindings.html#http-trait>
struct URITemplate: Sendable {
    enum Segment: Sendable, Equatable {
        case literal(String)
        /// `{Id}`: one segment, not empty.
        case label(String)
        /// `{Path+}`: one segment or more.
        case greedy(String)
    }

    let segments: [Segment]
    /// What the query string must have; a value of nil stands for any.
    let query: [(name: String, value: String?)]
    private let greedyIndex: Int?

    /// - Parameter text: the model's `requestUri`.
    init(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1)
        let path = parts.first ?? ""
        segments = path.split(separator: "/").map { segment in
            guard segment.first == "{", segment.last == "}" else { return .literal(String(segment)) }
            let name = segment.dropFirst().dropLast()
            return name.last == "+" ? .greedy(String(name.dropLast())) : .label(String(name))
        }
        greedyIndex = segments.firstIndex { if case .greedy = $0 { true } else { false } }
        query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: pair.first ?? "", value: pair.count > 1 ? pair[1] : nil)
        }
    }

    /// The labels' values, in the path's order; nil when the path or the query string is another.
    ///
    /// Takes time linear in the path's length.
    func labels(in target: RESTTarget) -> [(name: String, value: String)]? {
        for (name, value) in query {
            let isThere = target.query.contains { parameter in
                isSame(parameter.name, name) && value.map { isSame($0, parameter.value) } ?? true
            }
            guard isThere else { return nil }
        }
        let extra = target.segments.count - segments.count
        guard greedyIndex == nil ? extra == 0 : extra >= 0 else { return nil }
        var labels: [(name: String, value: String)] = []
        var position = 0
        for segment in segments {
            switch segment {
            case .literal(let text):
                guard isSame(text, target.segments[position]) else { return nil }
                position += 1
            case .label(let name):
                guard !target.segments[position].isEmpty else { return nil }
                labels.append((name, target.segments[position]))
                position += 1
            case .greedy(let name):
                labels.append((name, target.segments[position...(position + extra)].joined(separator: "/")))
                position += extra + 1
            }
        }
        return labels
    }

    /// Whether this template is to be tried before another: literals go before labels, labels before greedy ones, more
    /// before fewer.
    func isMoreSpecific(than other: URITemplate) -> Bool {
        for (mine, others) in zip(segments, other.segments) where mine.rank != others.rank {
            return mine.rank < others.rank
        }
        if segments.count != other.segments.count { return segments.count > other.segments.count }
        return query.count > other.query.count
    }
}

extension URITemplate.Segment {
    fileprivate var rank: Int {
        switch self {
        case .literal: 0
        case .label: 1
        case .greedy: 2
        }
    }
}

/// The path and the query string of a request, taken apart and decoded.
struct RESTTarget: Sendable {
    /// The path's segments. A slash at the path's end makes none; an encoded slash, `%2F`, is part of its segment.
    let segments: [String]
    let query: [(name: String, value: String)]

    /// More parameters than any operation takes.
    private static let limit = 20_000

    /// Nil when the path or the query string is not percent-encoded UTF-8.
    init?(_ request: WireRequest) {
        var parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.first == "" { parts.removeFirst() }
        if parts.last == "" { parts.removeLast() }
        var segments: [String] = []
        segments.reserveCapacity(parts.count)
        for part in parts {
            guard let segment = Self.decoded(part, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        var query: [(name: String, value: String)] = []
        for parameter in request.query.split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard query.count < Self.limit, let name = Self.decoded(pair[0], plusIsSpace: true),
                let value = Self.decoded(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else { return nil }
            query.append((name, value))
        }
        self.segments = segments
        self.query = query
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        let isValid = Array(text.utf8).withUnsafeBufferPointer {
            percentDecode($0, plusIsSpace: plusIsSpace, into: &bytes)
        }
        return isValid ? String(validating: bytes, as: UTF8.self) : nil
    }
}

/// The operations of a REST service by their request lines.
struct RESTRoutes: Sendable {
    private var routes: [(method: String, template: URITemplate, operation: String)] = []

    init(_ operations: some Sequence<OperationShape>) {
        routes = operations.compactMap { operation in
            operation.uriTemplate.map { (operation.httpMethod, $0, operation.name) }
        }
        routes.sort { left, right in
            if left.template.isMoreSpecific(than: right.template) { return true }
            if right.template.isMoreSpecific(than: left.template) { return false }
            return left.operation < right.operation
        }
    }

    /// The operation of the most specific template that fits. Takes time linear in the number of operations.
    func operation(method: String, _ target: RESTTarget) -> String? {
        routes.first { isSame($0.method, method) && $0.template.labels(in: target) != nil }?.operation
    }
}
