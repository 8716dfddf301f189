/// The decoded parameters of a query string and a form body, in the order in which they were sent.
///
/// All names and values lie in one array of bytes, so that reading a form takes two allocations.
struct Form: Sendable {
    /// Ranges of `bytes`.
    struct Parameter: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    private(set) var bytes: [UInt8] = []
    private(set) var parameters: [Parameter] = []

    /// More parameters than any operation takes.
    private static let limit = 20_000

    /// Throws `MalformedQueryString` for a bad percent sign or too many parameters.
    init(_ request: WireRequest) throws(ServiceError) {
        bytes.reserveCapacity(request.query.utf8.count + request.body.count)
        parameters.reserveCapacity(16)
        try Self.eachPart(of: request) { part throws(ServiceError) in try readParameter(part) }
    }

    /// The value of a parameter whose name is sent as it is, found without reading the others; nil when it is absent.
    ///
    /// Throws when it is there more than once, or is not UTF-8.
    static func find(_ name: StaticString, in request: WireRequest) throws(ServiceError) -> String? {
        var found: String?
        let (start, length) = (name.utf8Start, name.utf8CodeUnitCount)
        try eachPart(of: request) { part throws(ServiceError) in
            // What tells most apart is looked at first.
            guard part.count > length, part[length] == UInt8(ascii: "="), part[0] == start[0],
                (0..<length).allSatisfy({ part[$0] == start[$0] })
            else { return }
            guard found == nil else { throw .malformedInput("\(name) is given more than once") }
            let text = UnsafeBufferPointer(rebasing: part[(length + 1)...])
            var value: [UInt8] = []
            let isPlain = text.allSatisfy { !($0.hasAny("%") || $0.hasAny("+") || $0.hasAnyHigh) }
            guard isPlain || percentDecode(text, plusIsSpace: true, into: &value) else { throw .malformedQueryString }
            guard
                let string = isPlain
                    ? String(decoding: text, as: UTF8.self) : String(utf8: value[...])
            else { throw .malformedQueryString }
            found = string
        }
        return found
    }

    /// The text of a range. Throws when it is not UTF-8.
    func string(_ range: Range<Int>) throws(ServiceError) -> String {
        guard let string = String(utf8: bytes[range]) else { throw .malformedQueryString }
        return string
    }

    /// Calls the closure for each parameter of the query string and, where it is a form, of the body.
    private static func eachPart(
        of request: WireRequest, _ body: (UnsafeBufferPointer<UInt8>) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        if !request.query.isEmpty {
            try Array(request.query.utf8).withUnsafeBufferPointer { text throws(ServiceError) in
                try split(text, body)
            }
        }
        guard request.method == "POST" else { return }
        try request.body.withUnsafeBufferPointer { text throws(ServiceError) in try split(text, body) }
    }

    /// Calls the closure for each part between ampersands that is not empty.
    private static func split(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "&") { end += 1 }
            if end > start { try body(UnsafeBufferPointer(rebasing: text[start..<end])) }
            start = end + 1
        }
    }

    private mutating func readParameter(_ text: UnsafeBufferPointer<UInt8>) throws(ServiceError) {
        let equals = text.firstIndex(of: UInt8(ascii: "=")) ?? text.count
        let nameStart = bytes.count
        var isValid = percentDecode(.init(rebasing: text[..<equals]), plusIsSpace: true, into: &bytes)
        let valueStart = bytes.count
        let value = text[equals...].dropFirst()
        isValid = isValid && percentDecode(.init(rebasing: value), plusIsSpace: true, into: &bytes)
        guard isValid, parameters.count < Self.limit else { throw .malformedQueryString }
        parameters.append(Parameter(name: nameStart..<valueStart, value: valueStart..<bytes.count))
    }
}

extension WireRequest {
    /// The decoded parameters of the query string and, of a POST, of the form in the body, in the order in which they were
    /// sent.
    /// - Throws: MalformedQueryString.
    public var parameters: [(name: String, value: String)] {
        get throws(ServiceError) {
            let form = try Form(self)
            var parameters: [(name: String, value: String)] = []
            for parameter in form.parameters {
                parameters.append((try form.string(parameter.name), try form.string(parameter.value)))
            }
            return parameters
        }
    }
}

extension ServiceError {
    /// AWS documents 404, surprisingly.
    static var malformedQueryString: ServiceError {
        ServiceError("MalformedQueryString", "The query string contains a syntax error", status: 404)
    }

    /// A value that is not of its member's type.
    static func malformedInput(_ message: String) -> ServiceError {
        ServiceError("MalformedInput", message)
    }
}
