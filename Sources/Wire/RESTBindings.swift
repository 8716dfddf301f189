/// The members that REST protocols carry outside of the body: in path labels, query string, headers and status.
/// <https://smithy.io/2.0/spec/http-bindings.html>
enum RESTBindings {
    // MARK: Requests

    /// The operation that a request's method and path name.
    static func operationName(of request: WireRequest, for service: ServiceShape) -> String? {
        RESTTarget(request).flatMap { service.routes.operation(of: request, $0) }
    }

    /// Decodes the members of an input that are not in the body.
    /// - Throws: `SerializationException`.
    static func decode(_ request: WireRequest, as operation: OperationShape) throws(ServiceError) -> Structure {
        let shape = operation.input ?? .empty
        var input = Structure(shape)
        guard shape.members.contains(where: { $0.location != nil }) else { return input }
        guard let target = RESTTarget(request), let labels = operation.uriTemplate?.labels(in: target) else {
            throw .serialization("The request's path or query string can not be read.")
        }
        for (index, member) in shape.members.enumerated() {
            guard let location = member.location else { continue }
            do throws(ServiceError) {
                let value: Value?
                switch location {
                case .uri: value = try label(member, labels)
                case .query:
                    guard !target.query.isEmpty else { continue }
                    value = try queryValue(member, target.query, of: shape)
                case .header: value = try headerValue(member, request.headers)
                case .headers: value = try prefixHeaders(member, request.headers)
                case .statusCode: value = nil
                }
                // Most members are not there, and the structure has none of them yet.
                if let value { input[member: index] = value }
            } catch {
                // Other protocols have another code for a text that is not of its member's type.
                throw .serialization(error.message)
            }
        }
        return input
    }

    private static func label(
        _ member: MemberShape, _ labels: [(name: String, value: String)]
    ) throws(ServiceError) -> Value? {
        guard let text = labels.first(where: { isSame($0.name, member.wireName) })?.value else { return nil }
        return try PlainText.value(text, member.shape)
    }

    /// A list takes all parameters with its name; a map takes all parameters that don't belong to another member.
    private static func queryValue(
        _ member: MemberShape, _ query: [(name: String, value: String)], of shape: StructureShape
    ) throws(ServiceError) -> Value? {
        switch member.shape {
        case .list(let list):
            let texts = query.filter { isSame($0.name, member.wireName) }.map(\.value)
            return texts.isEmpty ? nil : .list(try values(texts, list.element))
        case .map(let map):
            let named = Set(shape.members.filter { $0.location == .query && $0 !== member }.map(\.wireName))
            var names: [String] = []
            var texts: [String: [String]] = [:]
            for (name, value) in query where !named.contains(name) {
                if texts[name] == nil { names.append(name) }
                texts[name, default: []].append(value)
            }
            var entries: [MapEntry] = []
            for name in names { entries.append(MapEntry(key: name, value: try mapValue(texts[name] ?? [], map.value))) }
            return entries.isEmpty ? nil : .map(entries)
        default:
            guard let text = query.first(where: { isSame($0.name, member.wireName) })?.value else { return nil }
            return try PlainText.value(text, member.shape)
        }
    }

    private static func mapValue(_ texts: [String], _ shape: Shape) throws(ServiceError) -> Value {
        if case .list(let list) = shape { return .list(try values(texts, list.element)) }
        return try PlainText.value(texts.first ?? "", shape)
    }

    private static func values(_ texts: [String], _ shape: Shape) throws(ServiceError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(texts.count)
        for text in texts { values.append(try PlainText.value(text, shape)) }
        return values
    }

    private static func headerValue(
        _ member: MemberShape, _ headers: [(name: String, value: String)]
    ) throws(ServiceError) -> Value? {
        guard let first = headers.first(named: member.headerName) else { return nil }
        switch member.shape {
        case .list(let list):
            let found = headers.filter { equalsIgnoringCase($0.name, lowercased: member.headerName) }.map(\.value)
            let texts = try HeaderList.parse(found.joined(separator: ","), of: list.element)
            return texts.isEmpty ? nil : .list(try values(texts, list.element))
        case .string where member.isJSONValue:
            guard let bytes = Base64.decode(first.utf8), let text = String(validating: bytes, as: UTF8.self) else {
                throw .serialization("The header \(member.wireName) must be valid base64")
            }
            return .string(text)
        default: return try PlainText.value(first, member.shape)
        }
    }

    /// Every header that begins with the member's name, by the rest of its own name in lower case.
    private static func prefixHeaders(
        _ member: MemberShape, _ headers: [(name: String, value: String)]
    ) throws(ServiceError) -> Value? {
        guard case .map(let map) = member.shape else { return nil }
        let prefix = (member.locationName ?? "").lowercased()
        var entries: [MapEntry] = []
        for header in headers {
            guard hasPrefixIgnoringCase(header.name, lowercased: prefix) else { continue }
            let name = header.name.lowercased()
            let key = String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
            entries.append(MapEntry(key: key, value: try PlainText.value(header.value, map.value)))
        }
        return entries.isEmpty ? nil : .map(entries)
    }

    // MARK: Answers

    /// Decodes the members of an output that are headers or the status.
    /// - Throws: ``ServiceError`` for a text that is not of its member's type.
    static func decode(_ answer: WireResponse, as shape: StructureShape) throws(ServiceError) -> Structure {
        var output = Structure(shape)
        for (index, member) in shape.members.enumerated() {
            output[member: index] =
                switch member.location {
                case .header: try headerValue(member, answer.headers)
                case .headers: try prefixHeaders(member, answer.headers)
                case .statusCode: .integer(answer.status)
                case .uri, .query, nil: nil
                }
        }
        return output
    }

    /// An answer whose `Content-Type` is the body's, unless the output has one of its own.
    static func response(
        _ status: Int, _ body: RESTBody, _ common: [(name: String, value: String)],
        _ headers: [(name: String, value: String)]
    ) -> WireResponse {
        var all = common
        all.reserveCapacity(common.count + 1 + headers.count)
        let isTyped = headers.contains { equalsIgnoringCase($0.name, lowercased: "content-type") }
        if let type = body.type, !isTyped { all.append(("Content-Type", type)) }
        all += headers
        var answer = WireResponse(status: status, headers: all, body: body.bytes)
        answer.stream = body.stream
        return answer
    }

    /// The headers that an error has members for. One that the model has for the error's name is left out: the protocol
    /// writes that itself.
    static func headers(of error: ServiceError, _ shape: StructureShape?) -> [(name: String, value: String)] {
        guard let shape, !error.members.isEmpty, shape.members.contains(where: { $0.location != nil }) else {
            return []
        }
        var structure = Structure(shape)
        for (index, member) in shape.members.enumerated() where member.location != nil {
            structure[member: index] = error.members[member.name]
        }
        return encode(structure).headers.filter {
            !equalsIgnoringCase($0.name, lowercased: "x-amzn-errortype")
        }
    }

    /// The headers and, when a member says it, the status of an answer.
    static func encode(_ output: Structure) -> (headers: [(name: String, value: String)], status: Int?) {
        var headers: [(name: String, value: String)] = []
        var status: Int?
        let members = output.shape.members
        output.withValues { values in
            headers.reserveCapacity(8)
            for index in members.indices where values[index] != nil {
                let member = members[index]
                guard let location = member.location, let value = values[index] else { continue }
                switch (location, value) {
                case (.header, _):
                    if let text = headerText(value, member) { headers.append((member.wireName, text)) }
                case (.headers, .map(let entries)):
                    for entry in entries {
                        guard case .string(let text) = entry.value, let text = headerSafe(text), isToken(entry.key)
                        else { continue }
                        headers.append(((member.locationName ?? "") + entry.key, text))
                    }
                case (.statusCode, .integer(let code)): status = code
                default: break
                }
            }
        }
        return (headers, status)
    }

    private static func headerText(_ value: Value, _ member: MemberShape) -> String? {
        switch value {
        case .lazyList(let elements): return headerText(.list(Array(elements)), member)
        case .list(let elements):
            guard case .list(let shape) = member.shape else { return nil }
            return elements.compactMap { element -> String? in
                guard let text = plainText(element, shape.element, member.timestampFormat) else { return nil }
                if case .string = element { return HeaderList.element(text) }
                return text
            }.joined(separator: ", ")
        case .string(let text) where member.isJSONValue:
            return String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
        default: return plainText(value, member.shape, member.timestampFormat)
        }
    }

    private static func plainText(_ value: Value, _ shape: Shape, _ format: TimestampFormat?) -> String? {
        switch value {
        case .string(let text): return headerSafe(text)
        case .integer(let integer): return String(integer)
        case .double(let double): return PlainText.text(double)
        case .boolean(let boolean): return boolean ? "true" : "false"
        case .timestamp(let timestamp):
            guard case .timestamp(let shape) = shape else { return nil }
            return PlainText.text(timestamp, format ?? shape.format ?? .rfc822)
        case .blob(let bytes): return String(decoding: Base64.encode(bytes), as: UTF8.self)
        case .list, .lazyList, .map, .structure, .stream, .document, .null: return nil
        }
    }

    /// Whether a text can stand in a header's name (RFC 9110, section 5.6.2).
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    /// Nil for what would end the header and begin another.
    private static func headerSafe(_ text: String) -> String? {
        text.withBytes { bytes in
            // Without an early end, so that many bytes are looked at together.
            bytes.reduce(false) { $0 || $1 < 0x20 && $1 != 0x09 || $1 == 0x7F }
        } ? nil : text
    }
}

/// Lists in a header: values between commas, in quotation marks when they have a comma themselves.
/// <https://smithy.io/2.0/spec/http-bindings.html#httpheader-trait>
enum HeaderList {
    static func parse(_ text: String, of element: Shape) throws(ServiceError) -> [String] {
        // An HTTP date has a comma of its own.
        var dateCommas = 0
        if case .timestamp(let shape) = element, shape.format ?? .rfc822 == .rfc822 { dateCommas = 1 }
        var commasToPass = dateCommas
        var values: [String] = []
        var value: [UInt8] = []
        var (isQuoted, isEscaped, wasQuoted) = (false, false, false)
        func finish() {
            let text = String(decoding: value, as: UTF8.self)
            let trimmed = wasQuoted ? text : text.trimmingBlanks
            if wasQuoted || !trimmed.isEmpty { values.append(trimmed) }
            value = []
            wasQuoted = false
            commasToPass = dateCommas
        }
        for byte in text.utf8 {
            if isEscaped {
                value.append(byte)
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if isQuoted {
                if byte == UInt8(ascii: "\"") { isQuoted = false } else { value.append(byte) }
            } else if byte == UInt8(ascii: "\""), !wasQuoted, value.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                value = []
                (isQuoted, wasQuoted) = (true, true)
            } else if byte == UInt8(ascii: ","), commasToPass == 0 {
                finish()
            } else if !wasQuoted {
                if byte == UInt8(ascii: ",") { commasToPass -= 1 }
                value.append(byte)
            }
        }
        guard !isQuoted else { throw .serialization("A header's list has a quotation mark without its second.") }
        finish()
        return values
    }

    /// One value, in quotation marks when it needs them.
    static func element(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}

extension String {
    /// Without the spaces and tabs at both ends.
    fileprivate var trimmingBlanks: String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let start = utf8.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(decoding: start[...end], as: UTF8.self)
    }
}
