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
            try Self.requireExactJSONNames(request, operation)
        case is RESTXMLProtocol:
            try requireSingleRoute(request, operation)
            try Self.requireExactXMLNames(request, operation)
        case is JSONProtocol:
            guard request.path == "/" || request.path.isEmpty else {
                throw .ambiguous("an operation that X-Amz-Target names has the path /")
            }
            guard Self.parameters(request).isEmpty else {
                throw .ambiguous("an operation that X-Amz-Target names has no query string")
            }
            try Self.requireExactJSONNames(request, operation)
        case is CBORProtocol:
            guard Self.parameters(request).isEmpty else {
                throw .ambiguous("the path names the operation, and no query string")
            }
            if let input = operation.input, !request.body.isEmpty {
                try CBORReader.requireExactNames(request.body, as: input)
            }
        default:
            let queue = queuePath(of: request, as: operation)
            guard request.path == "/" || request.path.isEmpty || queue != nil else {
                throw .ambiguous("an operation that a form names has the path /")
            }
            guard request.body.isEmpty || Self.parameters(request).isEmpty else {
                throw .ambiguous("the form is in the query string and in the body")
            }
            try Self.requireSingleFields(request, operation, wire is EC2Protocol ? .ec2 : .query, queue)
        }
    }

    /// What a presigned URL has in its query string, in lower case.
    public static let signatureParameters: Set<String> = [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
        "x-amz-security-token", "x-amz-region-set", "x-amz-content-sha256",
    ]

    /// Without those that are the signature's.
    private static func parameters(_ request: WireRequest) -> [Substring] {
        guard !request.query.isEmpty else { return [] }
        return request.query.split(separator: "&").filter { parameter in
            !signatureParameters.contains(parameter.prefix { $0 != "=" }.lowercased())
        }
    }

    private static func requireSingleHeaders(
        _ request: WireRequest, _ operation: OperationShape
    ) throws(ServiceError) {
        let (single, headers) = (operation.singleHeaders, request.headers)
        for name in single {
            var count = 0
            // By index, for a loop over the elements would copy both texts of each.
            for index in headers.indices where equalsIgnoringCase(headers[index].name, lowercased: name) { count += 1 }
            guard count < 2 else { throw .ambiguous("the header \(name) is there \(count) times") }
        }
        // Who passes the request on takes away what the connection is said to be about; nothing that was read may be.
        for index in headers.indices where equalsIgnoringCase(headers[index].name, lowercased: "connection") {
            let names = headers[index].value.lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
            if let name = names.first(where: { $0.hasPrefix("x-amz") || $0 == "host" || single.contains($0) }) {
                throw .ambiguous("Connection names the header \(name)")
            }
        }
        // A server that undoes it would read what was not read here.
        if request.stream == nil,
            let encoding = request.header("content-encoding"),
            operation.input?.members.contains(where: { $0.headerName == "content-encoding" }) != true,
            !["", "identity", "aws-chunked"].contains(encoding.lowercased())
        {
            throw .ambiguous("the body is encoded as \(encoding): send it as it is")
        }
    }

    /// Some readers of forms divide at semicolons, and some take the first of several fields of a name, others the last.
    private static func requireSingleFields(
        _ request: WireRequest, _ operation: OperationShape, _ dialect: QueryDecoder.Dialect, _ queue: QueuePath?
    ) throws(ServiceError) {
        let semicolon = UInt8(ascii: ";")
        guard !request.query.utf8.contains(semicolon), !request.body.contains(semicolon) else {
            throw .ambiguous("the form has a semicolon that is not encoded")
        }
        let form = try Form(request)
        var names: Set<ArraySlice<UInt8>> = []
        for parameter in form.parameters where !names.insert(form.bytes[parameter.name]).inserted {
            throw .ambiguous("the form has a field twice")
        }
        try queue?.requireSingleQueue(form)
        try QueryDecoder.requireExactNames(form, as: operation.input ?? .empty, dialect)
    }

    /// A path that is the same for servers that resolve, cut or decode it.
    private static func requirePlainPath(_ request: WireRequest) throws(ServiceError) {
        let marks = [UInt8(ascii: "."), UInt8(ascii: "%"), UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: ";")]
        guard !request.query.utf8.contains(UInt8(ascii: "#")) else { throw .ambiguous("the target has a #") }
        guard request.path.utf8.contains(where: { marks.contains($0) }) else { return }
        let path = request.path.lowercased()
        for mark in ["#", "\\", ";", "%00", "%0a", "%0d", "%5c"] where path.contains(mark) {
            throw .ambiguous("the path has \(mark) in it")
        }
        let decoded = path.replacing("%2e", with: ".").replacing("%2f", with: "/")
        for segment in decoded.split(separator: "/") where segment == "." || segment == ".." {
            throw .ambiguous("the path has the segment \(segment), which servers resolve")
        }
    }

    /// A server that decodes the path before it looks for the operation, or looks at other parameters first, must find the same.
    private func requireSingleRoute(
        _ request: WireRequest, _ operation: OperationShape
    ) throws(ServiceError) {
        guard let target = RESTTarget(request) else { return }
        let fixed = Set(operation.uriTemplate?.query.map(\.name) ?? [])
        let own = fixed.union((operation.input?.members ?? []).filter { $0.location == .query }.map(\.wireName))
        for parameter in target.query where routes.queryNames.contains(parameter.name) && !own.contains(parameter.name)
        {
            throw .ambiguous("the parameter \(parameter.name) names another operation")
        }
        // The words that tell the operation may be called like a member: `delete` of S3's DeleteObjects, and `Delete`.
        try Self.requireOwnPlaces(target.query.map(\.name).filter { !fixed.contains($0) }, operation, .query)
        for member in operation.input?.members ?? [] where member.location == .query {
            if case .list = member.shape { continue }
            guard target.query.filter({ isSame($0.name, member.wireName) }).count < 2 else {
                throw .ambiguous("the parameter \(member.wireName) is there twice")
            }
        }
        guard request.path.lowercased().contains("%2f") else { return }
        var decoded = request
        decoded.path = request.path.replacing("%2f", with: "/").replacing("%2F", with: "/")
        guard let other = RESTTarget(decoded).flatMap({ routes.operation(of: decoded, $0) }), other != operation.name
        else {
            return
        }
        throw .ambiguous("the path's %2F makes it one of \(other) for servers that decode it first")
    }

    /// Readers exist that look for a member in the query string, the body and the path, whichever has it.
    static func requireOwnPlaces(
        _ names: [String], _ operation: OperationShape, _ place: MemberShape.Location?
    ) throws(ServiceError) {
        guard let members = operation.input?.members, !names.isEmpty else { return }
        for name in names {
            let folded = name.lowercased()
            for member in members {
                let isOwn = member.location == place && isSame(member.wireName, name)
                guard !isOwn, folded == member.wireName.lowercased() || folded == member.name.lowercased() else {
                    continue
                }
                // A map takes what no other member is called.
                if members.contains(where: { $0.location == place && isSame($0.wireName, name) }) { continue }
                throw .ambiguous("\(name) stands in another place than \(member.wireName) has")
            }
        }
    }
}

extension ServiceError {
    /// A request that another server could take for something else.
    static func ambiguous(_ reason: String) -> ServiceError {
        ServiceError("ValidationError", "The request is not passed on, since it can be read in two ways: \(reason).")
    }
}
