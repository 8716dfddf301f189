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
        if !request.query.isEmpty { try read(Array(request.query.utf8)) }
        if request.method == "POST" { try read(request.body) }
    }

    private mutating func read(_ text: [UInt8]) throws(ServiceError) {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "&")) ?? text.count
            if end > start { try readParameter(text[start..<end]) }
            start = end + 1
        }
    }

    private mutating func readParameter(_ text: ArraySlice<UInt8>) throws(ServiceError) {
        let equals = text.firstIndex(of: UInt8(ascii: "=")) ?? text.endIndex
        let nameStart = bytes.count
        var isValid = percentDecode(text[..<equals], plusIsSpace: true, into: &bytes)
        let valueStart = bytes.count
        isValid = isValid && percentDecode(text[equals...].dropFirst(), plusIsSpace: true, into: &bytes)
        guard isValid, parameters.count < Self.limit else { throw .malformedQueryString }
        parameters.append(Parameter(name: nameStart..<valueStart, value: valueStart..<bytes.count))
    }

    /// The value of the one parameter of a name, nil when it is absent. Throws when there are several.
    func value(_ name: String) throws(ServiceError) -> String? {
        var found: String?
        for parameter in parameters where bytes[parameter.name].elementsEqual(name.utf8) {
            guard found == nil else { throw .malformedInput("\(name) is given more than once") }
            found = try string(parameter.value)
        }
        return found
    }

    /// The text of a range. Throws when it is not UTF-8.
    func string(_ range: Range<Int>) throws(ServiceError) -> String {
        guard let string = String(validating: bytes[range], as: UTF8.self) else { throw .malformedQueryString }
        return string
    }
}

extension ServiceError {
    /// AWS documents 404 for it, of all statuses.
    static var malformedQueryString: ServiceError {
        ServiceError("MalformedQueryString", "The query string contains a syntax error", status: 404)
    }

    /// A value that is not of its member's type.
    static func malformedInput(_ message: String) -> ServiceError {
        ServiceError("MalformedInput", message)
    }
}
