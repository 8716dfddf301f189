public import Wire

/// The answer of another endpoint before which Gatehouse stands. The client gets it as it is.
public struct PassedAnswer: Sendable {
    /// What goes to the client: the endpoint's status, headers and body.
    public var response: WireResponse
    /// What the answer says, as far as it was read: for the event.
    public var result: Result<Structure, ServiceError>
    /// What Gatehouse keeps of it, such as the policy that a resource now has: written together with the event, before the
    /// client gets the answer. nil: nothing.
    public var change: (@Sendable (MutableRecords) throws(ServiceError) -> Void)?

    /// - Parameters: see the properties.
    public init(
        _ response: WireResponse, _ result: Result<Structure, ServiceError>,
        change: (@Sendable (MutableRecords) throws(ServiceError) -> Void)? = nil
    ) {
        self.response = response
        self.result = result
        self.change = change
    }
}
