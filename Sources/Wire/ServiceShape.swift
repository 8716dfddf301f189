/// A service of the AWS API: its operations and shapes.
///
/// It is made from the compact text that `Tools/generate-api` writes; making one takes about a microsecond for each
/// line, so the API modules do it at first use.
public final class ServiceShape: Sendable {
    /// The folder of the model: `iam`.
    public let id: String
    /// The service in a SigV4 credential scope.
    public let signingName: String
    /// The first label of the service's endpoint.
    public let endpointPrefix: String
    public let apiVersion: String
    /// `IAM`, `Cognito Identity Provider`: the name that RPC v2 CBOR has in its paths.
    public let serviceID: String
    /// `query`, `json`, `rest-json`, `rest-xml`, `ec2`.
    public let protocolName: String
    /// `1.0` or `1.1`, for the JSON protocol.
    public let jsonVersion: String?
    /// What stands before the dot in `X-Amz-Target`, for the JSON protocol.
    public let targetPrefix: String?
    public let xmlNamespace: String?
    /// The one host name of a service that has no regions.
    public let globalEndpoint: String?
    /// The names of all operations, sorted.
    public let operationNames: [String]
    /// All shapes by their names.
    public let shapes: [String: Shape]
    /// The error shapes by their codes.
    public let errors: [String: StructureShape]
    private let operations: [String: OperationShape]
    /// Empty unless the protocol is in the REST style.
    let routes: RESTRoutes

    /// Reads a schema text.
    ///
    /// The text is part of the program: a line that cannot be read is a fault of the generator, and left out.
    public init(schema: StaticString) {
        let schema = SchemaParser.parse(schema)
        let service = schema.service
        id = service["id"] ?? ""
        signingName = service["signing"] ?? ""
        endpointPrefix = service["endpoint"] ?? ""
        apiVersion = service["version"] ?? ""
        serviceID = service["serviceID"] ?? ""
        protocolName = service["protocol"] ?? ""
        jsonVersion = service["json"]
        targetPrefix = service["target"]
        xmlNamespace = service["namespace"]
        globalEndpoint = service["global"]
        operationNames = schema.operations.keys.sorted()
        operations = schema.operations
        routes = RESTRoutes(schema.operations.values)
        shapes = schema.shapes
        var errors: [String: StructureShape] = [:]
        for case .structure(let shape) in schema.shapes.values {
            if let error = shape.error { errors[error.code] = shape }
        }
        self.errors = errors
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
    public let name: String
    /// The outermost XML element of the answer, `CreateUserResponse`.
    public let responseName: String
    /// The service's `serviceID`.
    public let serviceID: String
    /// The service's `signingName`.
    public let signingName: String
    /// The code of the error for an input that breaks the model's constraints.
    public let validationErrorCode: String
    public let httpMethod: String
    /// The path with its `{labels}`, and a query string that every request of the operation has.
    public let requestURI: String
    /// `requestURI` taken apart; nil unless the protocol is in the REST style.
    let uriTemplate: URITemplate?
    /// The status of the answer when all is well.
    public let responseStatus: Int
    /// What stands before the endpoint's host name, with its `{labels}`.
    public let hostPrefix: String?
    public let input: StructureShape?
    public let output: StructureShape?
    /// The name of the request's outermost XML element, and its namespace, when they are not the shape's.
    public let inputName: String?
    public let inputNamespace: String?
    /// The element around the output in an answer of the query protocol.
    public let resultWrapper: String?
    /// The errors that the model declares.
    public let errors: [StructureShape]
    /// Whether the operation is called without a signature, as `AssumeRoleWithWebIdentity` is.
    public let isUnsigned: Bool

    init(
        _ name: String, _ attributes: SchemaAttributes, service: SchemaAttributes,
        structures: (String) -> StructureShape?
    ) {
        self.name = name
        responseName = name + "Response"
        serviceID = service["serviceID"] ?? ""
        signingName = service["signing"] ?? ""
        validationErrorCode =
            ["query", "ec2"].contains(service["protocol"]) ? "ValidationError" : "ValidationException"
        httpMethod = attributes["method"] ?? "POST"
        requestURI = attributes["uri"] ?? "/"
        uriTemplate = service["protocol"]?.hasPrefix("rest-") == true ? URITemplate(requestURI) : nil
        responseStatus = attributes["status"].flatMap { Int($0) } ?? 200
        hostPrefix = attributes["host"]
        input = attributes["input"].flatMap(structures)
        output = attributes["output"].flatMap(structures)
        inputName = attributes["inputName"]
        inputNamespace = attributes["inputNamespace"]
        resultWrapper = attributes["result"]
        errors = attributes.list("errors").compactMap(structures)
        isUnsigned = attributes.has("unsigned")
    }
}
