/// An HTTP request, as far as a protocol looks at it.
public struct WireRequest: Sendable {
    /// The method, in upper case.
    public var method: String
    /// The path as it was sent, still percent-encoded.
    public var path: String
    /// The raw query string, without the question mark.
    public var query: String
    /// The header fields, in the order in which they were sent; names in any case.
    public var headers: [(name: String, value: String)]
    /// Empty where the body is a stream.
    public var body: [UInt8]
    /// The body, where the operation takes it as it comes.
    public var stream: BodyStream?

    /// Makes a request, by default a POST without a body.
    public init(
        method: String = "POST", path: String = "/", query: String = "",
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first header of a name, which is given in lower case.
    public func header(_ lowercasedName: String) -> String? { headers.first(named: lowercasedName) }
}

extension [(name: String, value: String)] {
    /// The value of the first field of a name, which is given in lower case.
    public func first(named lowercasedName: String) -> String? {
        // By index, for a loop over the elements would copy both texts of each.
        for index in indices where equalsIgnoringCase(self[index].name, lowercased: lowercasedName) {
            return self[index].value
        }
        return nil
    }
}

/// An HTTP response.
public struct WireResponse: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The header fields, without those that only the transport knows: length, connection, date.
    public var headers: [(name: String, value: String)]
    /// Empty where the body is a stream.
    public var body: [UInt8]
    /// The body, where it is sent as it is made.
    public var stream: BodyStream?

    /// Makes an answer whose body is at hand. For one that is a stream, set ``stream`` afterwards.
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A way to write operations, inputs, outputs and errors as HTTP messages.
///
/// The server's pipeline knows protocols by these functions only. A protocol has no state; all that it needs stands in
/// the shapes.
public protocol WireProtocol: Sendable {
    /// How the errors that all services share are called in it.
    var commonErrors: CommonErrors { get }

    /// Whether a request bears the protocol's mark, by which it is told from the others of a service. It says nothing of
    /// whether the request can be read.
    func isMarked(_ request: WireRequest) -> Bool

    /// The operation that a request asks for; nil when the request is not in this protocol.
    ///
    /// The name need not be one of the service's operations.
    ///
    /// - Throws: ``ServiceError`` for a request that is in this protocol and can't be read, or is for another version
    ///   of the service.
    func operationName(of request: WireRequest, for service: ServiceShape) throws(ServiceError) -> String?

    /// The input that a request carries. Its types are right; its constraints are not yet checked: see
    /// ``validate(_:of:by:)``.
    ///
    /// - Throws: ``ServiceError`` with the protocol's own code for a body that can't be read, or a value that is not of
    ///   its member's type.
    /// - Complexity: linear in the length of the request.
    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure

    /// The answer of an operation that succeeded. `requestID` stands in a header, and in the body where the protocol
    /// has a place for it.
    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse

    /// The answer when an operation, or something before it, failed. It never fails: an error that the model does
    /// not declare is written with its code, message and status alone.
    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse

    /// What ``decodeAnswer(status:headers:body:as:of:)`` reads, of an output that has members.
    ///
    /// - Throws: ``ServiceError`` whose message says what can't be read; nothing else of it counts.
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure

    /// The error for an operation that the service does not have, or for a request that names none: then `name` is empty.
    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError
}

/// The protocols, by the models' names. Those with a mark that no other has come first.
public enum ProtocolName: String, Sendable, CaseIterable {
    /// A path names the operation, CBOR goes in and comes out. It is the newest, and asked for by the header
    /// `smithy-protocol`. <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>
    case cbor = "smithy-rpc-v2-cbor"
    /// The header `X-Amz-Target` names the operation, JSON goes in and comes out; versions 1.0 and 1.1.
    /// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
    case json
    /// A form with an `Action` goes in, XML comes out: IAM, STS.
    /// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>
    case query
    /// EC2's variant of `query`, which spells names and lists in another way.
    /// <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>
    case ec2
    /// Method and path name the operation, JSON goes in and comes out: Account Management.
    /// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>
    case restJSON = "rest-json"
    /// Method and path name the operation, XML goes in and comes out: S3.
    /// <https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>
    case restXML = "rest-xml"

    /// What reads and writes it. Protocols have no state, so this costs nothing.
    public var wireProtocol: any WireProtocol {
        switch self {
        case .cbor: CBORProtocol()
        case .json: JSONProtocol()
        case .query: QueryProtocol()
        case .ec2: EC2Protocol()
        case .restJSON: RESTJSONProtocol()
        case .restXML: RESTXMLProtocol()
        }
    }
}

/// The names and statuses of the errors that all services share; they differ by protocol.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
public enum CommonErrors: Sendable {
    /// `AccessDenied`, 403: query and REST-XML.
    case plain
    /// `UnauthorizedOperation`, 403.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
    case ec2
    /// `AccessDeniedException`, 400: JSON and RPC v2 CBOR.
    case exceptions
    /// `AccessDeniedException`, with HTTP's own statuses: REST-JSON.
    case restExceptions

    /// Whether the names end with `Exception`.
    public var areExceptions: Bool { self == .exceptions || self == .restExceptions }
}

/// Compares bytes; Swift's `==` takes the Kelvin sign for a K.
func isSame(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    return left.withBytes { left in right.withBytes { right in left.isSame(as: right) } }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether other bytes are the same. It is a loop of words: the generic comparison asks for each byte of both.
    @inline(__always)
    func isSame(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count, let left = UnsafeRawPointer(baseAddress),
            let right = UnsafeRawPointer(other.baseAddress)
        else { return count == other.count }
        var place = 0
        while place + 8 <= count {
            guard
                left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    == right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            else { return false }
            place += 8
        }
        while place < count {
            guard self[place] == other[place] else { return false }
            place += 1
        }
        return true
    }
}

/// Compares ASCII without regard to case; the second text is in lower case already.
package func equalsIgnoringCase(_ text: String, lowercased: String) -> Bool {
    // The lengths tell nearly all apart.
    guard text.utf8.count == lowercased.utf8.count else { return false }
    return text.withBytes { text in
        lowercased.withBytes { lowercased in
            text.indices.allSatisfy { index in
                let byte = text[index]
                return (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == lowercased[index]
            }
        }
    }
}

/// Whether ASCII begins with a text that is in lower case already, without regard to case.
private func begins(_ text: UnsafeBufferPointer<UInt8>, _ prefix: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in prefix.indices {
        let byte = text[index]
        guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == prefix[index] else { return false }
    }
    return true
}

/// Whether ASCII begins with a text, which is in lower case already, without regard to case.
func hasPrefixIgnoringCase(_ text: String, lowercased prefix: String) -> Bool {
    guard text.utf8.count >= prefix.utf8.count else { return false }
    return text.withBytes { text in prefix.withBytes { prefix in begins(text, prefix) } }
}
