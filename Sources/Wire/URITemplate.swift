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

    /// Whether the path and the query string are of this template. Takes time linear in their lengths.
    func matches(_ target: RESTTarget) -> Bool {
        let extra = target.segments.count - segments.count
        guard greedyIndex == nil ? extra == 0 : extra >= 0 else { return false }
        var position = 0
        for segment in segments {
            switch segment {
            case .literal(let text): guard isSame(text, target.segments[position]) else { return false }
            case .label: guard !target.segments[position].isEmpty else { return false }
            case .greedy: position += extra
            }
            position += 1
        }
        return query.allSatisfy { wanted in
            target.query.contains { given in
                isSame(given.name, wanted.name) && wanted.value.map { isSame($0, given.value) } ?? true
            }
        }
    }

    /// The labels' values, in the path's order; nil when the path or the query string is another.
    ///
    /// Takes time linear in the path's length.
    func labels(in target: RESTTarget) -> [(name: String, value: String)]? {
        guard matches(target) else { return nil }
        let extra = target.segments.count - segments.count
        var labels: [(name: String, value: String)] = []
        var position = 0
        for segment in segments {
            switch segment {
            case .literal: break
            case .label(let name): labels.append((name, target.segments[position]))
            case .greedy(let name):
                var value =
                    extra == 0
                    ? target.segments[position]
                    : target.segments[position...(position + extra)].joined(separator: "/")
                position += extra
                // A slash at the end belongs to what takes all up to the end.
                if position == target.segments.count - 1, target.endsWithSlash { value += "/" }
                labels.append((name, value))
            }
            position += 1
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
    /// Whether a slash stands at the path's end, behind a segment.
    let endsWithSlash: Bool
    let query: [(name: String, value: String)]

    /// More parameters than any operation takes.
    private static let limit = 20_000

    /// Nil when the path or the query string is not percent-encoded UTF-8.
    init?(_ request: WireRequest) {
        guard let path = request.path.withBytes(Self.path),
            let query = request.query.withBytes(Self.parameters)
        else { return nil }
        segments = path.segments
        endsWithSlash = path.endsWithSlash
        self.query = query
    }

    /// Divided by bytes: letters of more than one byte have none of ASCII's in them.
    private static func path(_ bytes: UnsafeBufferPointer<UInt8>) -> (segments: [String], endsWithSlash: Bool)? {
        let slash = UInt8(ascii: "/")
        var segments: [String] = []
        segments.reserveCapacity(4)
        var start = bytes.first == slash ? 1 : 0
        while start < bytes.count {
            let rest = bytes[start...]
            let end = rest.firstIndex(of: slash) ?? bytes.count
            guard let segment = decoded(UnsafeBufferPointer(rebasing: rest[..<end]), plusIsSpace: false) else {
                return nil
            }
            segments.append(segment)
            start = end + 1
        }
        return (segments, !segments.isEmpty && bytes.last == slash)
    }

    private static func parameters(_ bytes: UnsafeBufferPointer<UInt8>) -> [(name: String, value: String)]? {
        var parameters: [(name: String, value: String)] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            let parameter = UnsafeBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            guard !parameter.isEmpty else { continue }
            let equals = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.count
            let value = UnsafeBufferPointer(rebasing: parameter[min(equals + 1, parameter.count)...])
            guard parameters.count < limit,
                let name = decoded(UnsafeBufferPointer(rebasing: parameter[..<equals]), plusIsSpace: true),
                let value = decoded(value, plusIsSpace: true)
            else { return nil }
            parameters.append((name, value))
        }
        return parameters
    }

    private static func decoded(_ text: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
        var isPlain = true
        for byte in text where byte == UInt8(ascii: "%") || plusIsSpace && byte == UInt8(ascii: "+") { isPlain = false }
        // It is a part of a String, and so valid UTF-8.
        if isPlain { return String(decoding: text, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        return percentDecode(text, plusIsSpace: plusIsSpace, into: &bytes)
            ? String(validating: bytes, as: UTF8.self) : nil
    }
}

/// The operations of a REST service by their request lines.
struct RESTRoutes: Sendable {
    private struct Route: Sendable {
        let operation: OperationShape
        let template: URITemplate
        /// The parameters and headers that the operation's requests must have: some of S3's operations differ in nothing
        /// else.
        let parameters: [String]
        let headers: [String]

        init?(_ operation: OperationShape) {
            guard let template = operation.uriTemplate else { return nil }
            self.operation = operation
            self.template = template
            let required = (operation.input?.members ?? []).filter(\.isRequired)
            parameters = required.filter { $0.location == .query }.map(\.wireName)
            headers = required.filter { $0.location == .header && !$0.isHostLabel }.map { $0.wireName.lowercased() }
        }

        var requirements: Int { parameters.count + headers.count }

        func isComplete(_ request: WireRequest, _ target: RESTTarget) -> Bool {
            parameters.allSatisfy { name in target.query.contains { isSame($0.name, name) } }
                && headers.allSatisfy { request.header($0) != nil }
        }

        /// Whether this route is to be tried before another.
        func isBefore(_ other: Route) -> Bool {
            if template.isMoreSpecific(than: other.template) { return true }
            if other.template.isMoreSpecific(than: template) { return false }
            if requirements != other.requirements { return requirements > other.requirements }
            if operation.isDeprecated != other.operation.isDeprecated { return other.operation.isDeprecated }
            return operation.name < other.operation.name
        }
    }

    /// The routes of a method, the most specific first.
    private struct Routes: Sendable {
        var all: [Route] = []
        /// Those that fit requests without a query string.
        var withoutQuery: [Route] = []
    }

    private var methods: [String: Routes] = [:]
    /// The names that query strings must have for some operation to be meant.
    private(set) var queryNames: Set<String> = []

    init(_ operations: some Sequence<OperationShape>) {
        for route in operations.compactMap({ Route($0) }).sorted(by: { $0.isBefore($1) }) {
            queryNames.formUnion(route.template.query.map(\.name))
            methods[route.operation.httpMethod, default: Routes()].all.append(route)
            guard route.template.query.isEmpty else { continue }
            methods[route.operation.httpMethod, default: Routes()].withoutQuery.append(route)
        }
    }

    /// The operation of the most specific template that fits: the one whose parameters and headers are there or, when
    /// none's are, the one that lacks the fewest. Takes time linear in the number of the method's operations.
    func operation(of request: WireRequest, _ target: RESTTarget) -> String? {
        guard let routes = methods[request.method] else { return nil }
        var incomplete: Route?
        for route in target.query.isEmpty ? routes.withoutQuery : routes.all where route.template.matches(target) {
            if let incomplete, incomplete.template.isMoreSpecific(than: route.template) { break }
            if route.isComplete(request, target) { return route.operation.name }
            if incomplete.map({ route.requirements < $0.requirements }) ?? true { incomplete = route }
        }
        return incomplete?.operation.name
    }
}
