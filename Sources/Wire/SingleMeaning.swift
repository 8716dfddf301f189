extension ServiceShape {
    /// Refuses a request that another reader could take for something else than this one does: what is passed on must mean to
    /// the next server what it meant here.
    ///
    /// The decoders already refuse members that are given twice. Here stands what they may ignore: a second place where an
    /// operation could be named, paths that can be normalised to others, names that differ from a member's in case only.
    ///
    /// - Parameters:
    ///   - request: as it was sent; a streamed body is not looked at.
    ///   - operation: what it was taken for.
    /// - Throws: ``ServiceError`` that says what is ambiguous.
    /// - Complexity: linear in the length of the request.
    public func requireSingleMeaning(
        of request: WireRequest, as operation: OperationShape
    ) throws(ServiceError) {
        let wire = wireProtocol(of: request)
        try Self.requireSingleHeaders(request, operation)
        try Self.requirePlainPath(request)
        switch wire {
        case is RESTJSONProtocol:
            try requireSingleRoute(request, operation)
            try Self.requireExactNames(request, operation)
        case is RESTXMLProtocol: try requireSingleRoute(request, operation)
        case is JSONProtocol:
            guard request.path == "/" || request.path.isEmpty else {
                throw .ambiguous("an operation that X-Amz-Target names has the path /")
            }
            guard Self.parameters(request).isEmpty else {
                throw .ambiguous("an operation that X-Amz-Target names has no query string")
            }
            try Self.requireExactNames(request, operation)
        case is CBORProtocol:
            guard Self.parameters(request).isEmpty else { throw .ambiguous("the path names the operation, and no query string") }
        default:
            guard request.body.isEmpty || Self.parameters(request).isEmpty else {
                throw .ambiguous("the form is in the query string and in the body")
            }
        }
    }

    /// Without those that are the signature's.
    private static func parameters(_ request: WireRequest) -> [Substring] {
        guard !request.query.isEmpty else { return [] }
        return request.query.split(separator: "&").filter { !$0.lowercased().hasPrefix("x-amz-") }
    }

    private static func requireSingleHeaders(
        _ request: WireRequest, _ operation: OperationShape
    ) throws(ServiceError) {
        var single = ["content-type", "content-encoding", "x-amz-target", "smithy-protocol"]
        for member in operation.input?.members ?? [] where member.location == .header {
            if case .list = member.shape { continue }
            single.append(member.headerName)
        }
        for name in single {
            var count = 0
            for header in request.headers where equalsIgnoringCase(header.name, lowercased: name) { count += 1 }
            guard count < 2 else { throw .ambiguous("the header \(name) is there \(count) times") }
        }
        // Who passes the request on takes away what the connection is said to be about; nothing that was read may be.
        for header in request.headers where equalsIgnoringCase(header.name, lowercased: "connection") {
            let names = header.value.lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
            if let name = names.first(where: { $0.hasPrefix("x-amz") || $0 == "host" || single.contains($0) }) {
                throw .ambiguous("Connection names the header \(name)")
            }
        }
        // A server that undoes it would read what was not read here.
        if request.stream == nil, operation.input?.members.contains(where: { $0.headerName == "content-encoding" }) != true,
            let encoding = request.header("content-encoding"), !["", "identity", "aws-chunked"].contains(encoding.lowercased())
        {
            throw .ambiguous("the body is encoded as \(encoding): send it as it is")
        }
    }

    private static func requirePlainPath(_ request: WireRequest) throws(ServiceError) {
        guard request.path.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return }
        for segment in request.path.split(separator: "/") {
            let plain = segment.lowercased().replacing("%2e", with: ".")
            guard plain != ".", plain != ".." else {
                throw .ambiguous("the path has the segment \(segment), which servers resolve")
            }
        }
    }

    /// A server that decodes the path before it looks for the operation, or looks at other parameters first, must find the same.
    private func requireSingleRoute(
        _ request: WireRequest, _ operation: OperationShape
    ) throws(ServiceError) {
        guard let target = RESTTarget(request) else { return }
        let own = Set(operation.uriTemplate?.query.map(\.name) ?? []).union(
            (operation.input?.members ?? []).filter { $0.location == .query }.map(\.wireName))
        for parameter in target.query where routes.queryNames.contains(parameter.name) && !own.contains(parameter.name) {
            throw .ambiguous("the parameter \(parameter.name) names another operation")
        }
        for member in operation.input?.members ?? [] where member.location == .query {
            if case .list = member.shape { continue }
            guard target.query.filter({ isSame($0.name, member.wireName) }).count < 2 else {
                throw .ambiguous("the parameter \(member.wireName) is there twice")
            }
        }
        guard request.path.lowercased().contains("%2f") else { return }
        var decoded = request
        decoded.path = request.path.replacing("%2f", with: "/").replacing("%2F", with: "/")
        guard let other = RESTTarget(decoded).flatMap({ routes.operation(of: decoded, $0) }), other != operation.name else {
            return
        }
        throw .ambiguous("the path's %2F makes it one of \(other) for servers that decode it first")
    }

    /// JSON readers exist that don't look at the case of names.
    private static func requireExactNames(_ request: WireRequest, _ operation: OperationShape) throws(ServiceError) {
        guard request.stream == nil, !request.body.isEmpty, let input = operation.input else { return }
        guard let payload = input.payload else {
            guard let json = try? JSONDecoding.parse(request.body) else { return }
            return try requireExactNames(json, .structure(input))
        }
        guard case .structure = input.members[payload].shape, let json = try? JSONDecoding.parse(request.body) else {
            return
        }
        try requireExactNames(json, input.members[payload].shape)
    }

    private static func requireExactNames(_ json: JSONValue, _ shape: Shape) throws(ServiceError) {
        switch (json, shape) {
        case (.object(let members), .structure(let structure)):
            for member in members {
                guard let known = structure.members.first(where: { isSame($0.wireName, member.key) }) else {
                    let name = member.key.lowercased()
                    if let similar = structure.members.first(where: { $0.wireName.lowercased() == name }) {
                        throw .ambiguous("there is no member \(member.key), but \(similar.wireName)")
                    }
                    continue
                }
                try requireExactNames(member.value, known.shape)
            }
        case (.object(let members), .map(let map)):
            for member in members { try requireExactNames(member.value, map.value) }
        case (.array(let elements), .list(let list)):
            for element in elements { try requireExactNames(element, list.element) }
        default: break
        }
    }
}

extension ServiceError {
    fileprivate static func ambiguous(_ reason: String) -> ServiceError {
        ServiceError("ValidationError", "The request is not passed on, since it can be read in two ways: \(reason).")
    }
}
