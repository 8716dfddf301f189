/// A service of the AWS API: its operations and shapes.
///
/// It is made from the compact text that `Tools/generate-api` writes as code and `Tools/generate-service-schemas` as data;
/// making one takes about a microsecond for each line, so that it is done at first use.
///
/// ```swift
/// let operation = IAM.service.operation(named: "CreateUser")
/// let name = operation?.input?.members.first { $0.name == "UserName" }
/// print(name?.isRequired ?? false)  // true
/// ```
public final class ServiceShape: Sendable {
    /// The folder of the model: `iam`.
    public let id: String
    /// The service in a SigV4 credential scope.
    public let signingName: String
    /// The first label of the service's endpoint.
    public let endpointPrefix: String
    /// The version of the API, a date: `2010-05-08`.
    let apiVersion: String
    /// `IAM`, `Cognito Identity Provider`: the name that RPC v2 CBOR has in its paths.
    public let serviceID: String
    /// The protocols that the service speaks, in the model's order.
    let protocols: [ProtocolName]
    /// The same, but those that requests mark explicitly come first: see `wireProtocol(of:)`.
    let wireProtocols: [any WireProtocol]
    /// `1.0` or `1.1`, for the JSON protocol.
    let jsonVersion: String?
    /// The type of bodies in the JSON protocol.
    let jsonContentType: String
    /// What stands before the dot in `X-Amz-Target`, for the JSON protocol. RPC v2 CBOR has it in its paths.
    let targetPrefix: String?
    /// Whether clients that came from the query protocol find the codes that errors had there in a header.
    let isQueryCompatible: Bool
    /// Whether errors in XML stand alone, without an `ErrorResponse` around them, as S3's do.
    let hasBareErrors: Bool
    let xmlNamespace: XMLNamespace?
    /// The one host name of a service that has no regions.
    let globalEndpoint: String?
    /// The names of all operations, sorted.
    public let operationNames: [String]
    /// All shapes by their names.
    public let shapes: [String: Shape]
    /// The error shapes by their codes.
    public let errors: [String: StructureShape]
    /// Whether host names have labels that requests choose, such as the account with S3 Control.
    public let hasHostLabels: Bool
    private let operations: [String: OperationShape]
    /// Empty unless the protocol is in the REST style.
    let routes: RESTRoutes
    /// The headers, in lower case, that have a label of the host name as well.
    private let labelHeaders: [String]

    /// Reads a schema text.
    ///
    /// The text is part of the program: a line that can't be read is a bug of the generator, and skipped.
    public convenience init(schema: StaticString) {
        self.init(schema: UnsafeBufferPointer(start: schema.utf8Start, count: schema.utf8CodeUnitCount))
    }

    /// Reads a schema text that is data.
    ///
    /// A line that can't be read is skipped, and so is what refers to it.
    /// - Parameter schema: UTF-8; nothing refers to it afterwards.
    /// - Complexity: linear in the length of the text.
    public init(schema: UnsafeBufferPointer<UInt8>) {
        let schema = SchemaParser.parse(schema)
        let service = schema.service
        id = service["id"] ?? ""
        signingName = service["signing"] ?? ""
        endpointPrefix = service["endpoint"] ?? ""
        apiVersion = service["version"] ?? ""
        serviceID = service["serviceID"] ?? ""
        protocols = service.list("protocol").compactMap(ProtocolName.init(rawValue:))
        wireProtocols = ProtocolName.allCases.filter(protocols.contains).map(\.wireProtocol)
        jsonVersion = service["json"]
        jsonContentType = "application/x-amz-json-\(service["json"] ?? "1.1")"
        targetPrefix = service["target"]
        isQueryCompatible = service.has("queryCompatible")
        hasBareErrors = service.has("bareErrors")
        xmlNamespace = service["namespace"].map(XMLNamespace.init)
        globalEndpoint = service["global"]
        operationNames = schema.operations.keys.sorted()
        operations = schema.operations
        hasHostLabels = schema.operations.values.contains { $0.input?.members.contains(where: \.isHostLabel) == true }
        routes = RESTRoutes(schema.operations.values)
        labelHeaders = Set(
            schema.operations.values.flatMap { $0.input?.members ?? [] }
                .filter { $0.isHostLabel && $0.location == .header }.map { $0.wireName.lowercased() }
        ).sorted()
        shapes = schema.shapes
        var errors: [String: StructureShape] = [:]
        for case .structure(let shape) in schema.shapes.values {
            if let error = shape.error { errors[error.code] = shape }
        }
        self.errors = errors
    }

    /// The protocol that a request speaks. Where a service has several, the request says which, by a header or by being
    /// a form. A request without any such mark speaks the protocol that has none.
    ///
    /// Whether the request can be read, and is for this service at all, ``WireProtocol/operationName(of:for:)`` says.
    public func wireProtocol(of request: WireRequest) -> any WireProtocol {
        guard wireProtocols.count > 1 else { return wireProtocols.first ?? QueryProtocol() }
        return wireProtocols.first { $0.isMarked(request) } ?? wireProtocols[wireProtocols.count - 1]
    }

    /// Whether operations are known by method and path.
    public var isREST: Bool { protocols.contains(.restJSON) || protocols.contains(.restXML) }

    /// Whether a request is for an operation whose host name has a label that the client chooses, such as the account
    /// with S3 Control, and which is also in a header. That distinguishes it from requests of a service that accepts
    /// any path.
    public func ownsByHostLabel(_ request: WireRequest) -> Bool {
        guard labelHeaders.contains(where: { request.header($0) != nil }),
            let name = try? wireProtocol(of: request).operationName(of: request, for: self),
            let operation = operations[name], let input = operation.input
        else { return false }
        let labels = input.members.filter(\.isHostLabel)
        return !labels.isEmpty
            && labels.allSatisfy { $0.location != .header || request.header($0.wireName.lowercased()) != nil }
    }

    /// What a request's host says that also has a header, and that is in no header: the account of
    /// `123456789012.s3-control.us-east-1.amazonaws.com`. By the headers' names.
    /// - Parameter name: of the operation that the request asks for.
    public func hostLabels(of request: WireRequest, _ name: String?) -> [(name: String, value: String)] {
        guard let name, let operation = operations[name], operation.hostPrefix != nil,
            let label = request.header("host")?.prefix(while: { $0 != "." })
        else { return [] }
        return (operation.input?.members ?? []).compactMap { member in
            guard member.isHostLabel, member.location == .header, operation.hostPrefix == "{\(member.name)}.",
                request.header(member.wireName.lowercased()) == nil
            else { return nil }
            return (name: member.wireName.lowercased(), value: String(label))
        }
    }

    /// The operation of a name; nil when the service has none.
    public func operation(named name: String) -> OperationShape? {
        operations[name]
    }

    /// What the model says about an error code; nil for an error that the model does not declare.
    public func error(code: String) -> ErrorTraits? {
        errors[code]?.error
    }

    /// The error with the status and fault of the model, or 400 and the sender's for a code that it does not declare.
    public func serviceError(_ code: String, _ message: String) -> ServiceError {
        let traits = error(code: code)
        return ServiceError(code, message, status: traits?.status ?? 400, fault: traits?.fault)
    }

    /// The structure of a name, for generated code. It traps on a name that is not in the schema.
    public func structure(_ name: StaticString) -> StructureShape {
        guard case .structure(let shape) = shapes["\(name)"] else {
            preconditionFailure("\(id) has no structure \(name): run `make generate`")
        }
        return shape
    }

    /// The operation of a name, for generated code. It traps on a name that is not in the schema.
    public func operation(_ name: StaticString) -> OperationShape {
        guard let operation = operations["\(name)"] else {
            preconditionFailure("\(id) has no operation \(name): run `make generate`")
        }
        return operation
    }
}

/// An operation of a service.
public final class OperationShape: Sendable {
    /// The model's name: `CreateUser`.
    public let name: String
    /// The outermost XML element of the answer, `CreateUserResponse`.
    let responseName: String
    /// The service's `serviceID`.
    public let serviceID: String
    /// The service's `signingName`.
    public let signingName: String
    /// The code of the error for an input that breaks the model's constraints.
    let validationErrorCode: String
    /// The method of requests, in upper case; the REST protocols tell operations apart by it.
    public let httpMethod: String
    /// The path with its `{labels}`, and a query string that every request of the operation has.
    let requestURI: String
    /// `requestURI` taken apart; nil unless the protocol is in the REST style.
    let uriTemplate: URITemplate?
    /// The status of a successful answer.
    let responseStatus: Int
    /// What stands before the endpoint's host name, with its `{labels}`.
    public let hostPrefix: String?
    /// The shape of the input; nil if the operation takes none.
    public let input: StructureShape?
    /// The shape of the output; nil if it returns none.
    public let output: StructureShape?
    /// The name of the request's outermost XML element, when it is not the shape's.
    let inputName: String?
    /// The namespace of the request's outermost XML element, when it is not the shape's.
    let inputNamespace: XMLNamespace?
    /// The name of the answer's outermost XML element in the REST-XML protocol.
    let outputName: String
    /// Whether the answer in the REST-XML protocol is its only member, with no element around it.
    let isUnwrapped: Bool
    /// Whether the model has a newer operation of the same request line.
    let isDeprecated: Bool
    /// The element around the output in an answer of the query protocol.
    let resultWrapper: String?
    /// The errors that the model declares.
    public let errors: [StructureShape]
    /// Whether the operation is called without a signature, as `AssumeRoleWithWebIdentity` is.
    public let isUnsigned: Bool

    /// The names of header fields that a request may have once only, in lower case.
    let singleHeaders: [String]

    /// Whether the client goes on sending events while the answer comes: over HTTP/2, one frame after the other, so that
    /// there is no whole body that could be read.
    ///
    /// Smithy: "Event streams", https://smithy.io/2.0/spec/streaming.html#event-streams
    public var takesEvents: Bool { input?.hasEventStream == true }

    /// Whether the answer is one event after the other (`application/vnd.amazon.eventstream`), for as long as the service
    /// likes.
    public var answersEvents: Bool { output?.hasEventStream == true }

    init(
        _ name: String, _ attributes: SchemaAttributes, service: SchemaAttributes,
        structures: (String) -> StructureShape?
    ) {
        self.name = name
        responseName = name + "Response"
        serviceID = service["serviceID"] ?? ""
        signingName = service["signing"] ?? ""
        let protocols = service.list("protocol")
        validationErrorCode =
            protocols.contains("query") || protocols.contains("ec2") ? "ValidationError" : "ValidationException"
        httpMethod = attributes["method"] ?? "POST"
        requestURI = attributes["uri"] ?? "/"
        uriTemplate = protocols.contains { $0.hasPrefix("rest-") } ? URITemplate(requestURI) : nil
        responseStatus = attributes["status"].flatMap { Int($0) } ?? 200
        hostPrefix = attributes["host"]
        input = attributes["input"].flatMap(structures)
        output = attributes["output"].flatMap(structures)
        inputName = attributes["inputName"]
        inputNamespace = attributes["inputNamespace"].map(XMLNamespace.init)
        outputName = attributes["root"] ?? output?.locationName ?? output?.name ?? ""
        isUnwrapped = attributes.has("unwrapped")
        isDeprecated = attributes.has("deprecated")
        resultWrapper = attributes["result"]
        errors = attributes.list("errors").compactMap(structures)
        isUnsigned = attributes.has("unsigned")
        var own: [String] = []
        for member in input?.members ?? [] where member.location == .header {
            if case .list = member.shape { continue }
            own.append(member.headerName)
        }
        singleHeaders = own.isEmpty ? Self.singleHeaders : Self.singleHeaders + own
    }

    private static let singleHeaders = ["content-type", "content-encoding", "x-amz-target", "smithy-protocol"]
}
