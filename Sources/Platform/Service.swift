public import Wire

/// An AWS service as Gatehouse answers it: its model, and the operations of it that are built.
public struct Service: Sendable {
    public let shape: ServiceShape
    /// The service's name in CloudTrail: `iam.amazonaws.com`.
    public let eventSource: String
    public let operations: [String: AnyOperation]
    /// Which members of a request name a resource, and of what type, for CloudTrail's list of resources.
    public let eventResources: [String: String]
    /// Whether the service's CloudTrail records have a `resources` list of their own.
    public let listsResourcesInRecords: Bool
    public let wireProtocol: any WireProtocol

    public init(
        _ shape: ServiceShape, eventSource: String, operations: [any Operation.Type],
        eventResources: [String: String] = [:], listsResourcesInRecords: Bool = false
    ) {
        self.shape = shape
        self.eventSource = eventSource
        self.operations = Dictionary(operations.map { ($0.shape.name, $0.erased) }) { first, _ in first }
        self.eventResources = eventResources
        self.listsResourcesInRecords = listsResourcesInRecords
        wireProtocol = Wire.wireProtocol(for: shape)
    }

    /// Whether the service is the same in all regions and counts as being in `us-east-1`, whichever region a request was
    /// signed for. STS has a global endpoint too, but regional ones beside it.
    public var isGlobal: Bool {
        // The model gives Organizations no global endpoint; all of its partition's are one, in us-east-1.
        (shape.globalEndpoint != nil && shape.id != "sts") || shape.id == "organizations"
    }

    /// Whether errors and bodies are JSON.
    public var isJSON: Bool { wireProtocol is JSONProtocol }
}
