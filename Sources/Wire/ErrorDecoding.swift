extension WireProtocol {
    /// The error that an answer carries, in whichever form: servers that stand in for AWS, and what stands before them, do not
    /// always keep to the protocol that they were asked in.
    ///
    /// The code is the one that the query protocol has, where a service that came from there says so
    /// (`x-amzn-query-error`); else the header's (`x-amzn-ErrorType`), the body's (`__type`, `code`, `<Code>`), and for an
    /// answer that has none, HTTP's status in digits, as AWS's clients have it. A code that no service would send is not one,
    /// and a message ends after 4,096 bytes.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - headers: in the order in which they came, names in any case.
    ///   - body: as much of the body as is at hand; what can't be read is left out.
    /// - Returns: nil for a success. S3 sends some errors with the status 200, once it has begun to answer.
    /// - Complexity: linear in the length of the answer.
    public func decodeError(
        status: Int, headers: [(name: String, value: String)], body: [UInt8], of service: ServiceShape
    ) -> ServiceError? {
        let isSuccess = (200..<300).contains(status)
        guard !isSuccess || service.hasBareErrors && ErrorBody.beginsAsBareError(body) else { return nil }
        let inBody = ErrorBody(body, headers.first(named: "content-type") ?? "")
        if isSuccess, inBody.code == nil { return nil }
        let query = headers.first(named: "x-amzn-query-error").map { $0.split(separator: ";", maxSplits: 1) } ?? []
        let code =
            query.first.flatMap(ErrorBody.code)
            ?? headers.first(named: "x-amzn-errortype").flatMap(ErrorBody.code) ?? inBody.code ?? String(status)
        // The client's own status for an error that comes with 200.
        let status = isSuccess ? 500 : status
        let fault = (query.count == 2 ? ServiceError.Fault(rawValue: String(query[1])) : nil) ?? inBody.fault
        return ServiceError(code, inBody.message, status: status, fault: fault)
    }
}

/// What the body of an answer says of an error.
private struct ErrorBody {
    var code: String?
    var message = ""
    var fault: ServiceError.Fault?

    private static let messageLimit = 4096
    private static let codeLimit = 256

    init(_ body: [UInt8], _ type: String) {
        if type.lowercased().hasPrefix("application/cbor") {
            readCBOR(body)
        } else {
            switch body.first(where: { !Self.isBlank($0) }) {
            case UInt8(ascii: "{"): readJSON(body)
            // What comes before an XML declaration may be a mark of the byte order.
            case UInt8(ascii: "<"), 0xEF: readXML(body)
            default: break
            }
        }
    }

    /// Whether a body begins as that of an error of S3, which stands alone.
    static func beginsAsBareError(_ body: [UInt8]) -> Bool {
        var rest = body.drop(while: isBlank)
        if rest.starts(with: "<?xml".utf8) {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[end...].dropFirst().drop(while: isBlank)
        }
        return rest.starts(with: "<Error>".utf8) || rest.starts(with: "<Error ".utf8)
    }

    /// A code without its namespace (`com.amazonaws.sqs#`) and without what follows it (`:http://…`); nil for what is none.
    static func code(_ text: some StringProtocol) -> String? {
        let code = (Substring(text).split(separator: "#", maxSplits: 1).last ?? "").prefix { $0 != ":" }
        guard (1...codeLimit).contains(code.utf8.count), code.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        return String(code)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// Sets the message, of which no more is kept than anyone reads.
    private mutating func setMessage(_ text: String) {
        message =
            text.utf8.count <= Self.messageLimit
            ? text : String(decoding: text.utf8.prefix(Self.messageLimit), as: UTF8.self)
    }

    /// `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"…"}`, and `code` instead in the REST style.
    private mutating func readJSON(_ body: [UInt8]) {
        guard let json = try? JSONValue(parsing: body) else { return }
        func text(_ names: [String]) -> String? {
            for name in names { if case .string(let text)? = json[name] { return text } }
            return nil
        }
        code = ["__type", "code", "Code"].lazy.compactMap { text([$0]).flatMap(Self.code) }.first
        setMessage(text(["message", "Message", "errorMessage"]) ?? "")
    }

    /// The same members in CBOR.
    private mutating func readCBOR(_ body: [UInt8]) {
        guard let error = try? CBORReader.decode(body, as: Self.cborShape) else { return }
        func text(_ name: String) -> String? {
            guard case .string(let text)? = error[name] else { return nil }
            return text
        }
        code = text("__type").flatMap(Self.code)
        setMessage(text("message") ?? text("Message") ?? "")
    }

    private static let cborShape: StructureShape = {
        let shape = StructureShape("Error", SchemaAttributes())
        let string = Shape.string(StringShape("String", SchemaAttributes()))
        shape.setMembers(
            ["__type", "message", "Message"].map { MemberShape($0, isRequired: false, string, SchemaAttributes()) })
        return shape
    }()

    /// `<ErrorResponse><Error>` (query, REST-XML), `<Response><Errors><Error>` (EC2), or `<Error>` alone (S3).
    private mutating func readXML(_ body: [UInt8]) {
        guard var node = XMLTree(body)?.root else { return }
        // One child each, so that depth costs nothing.
        for name in ["Errors", "Error"] {
            if let child = node.children.first(where: { isSame($0.name, name) }) { node = child }
        }
        guard isSame(node.name, "Error") else { return }
        for child in node.children {
            switch child.name {
            case "Code": code = code ?? Self.code(child.text)
            case "Message", "message": if message.isEmpty { setMessage(child.text) }
            case "Type": fault = fault ?? ServiceError.Fault(rawValue: child.text)
            default: break
            }
        }
    }
}
