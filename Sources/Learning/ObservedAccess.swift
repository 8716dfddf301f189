public import Policy

/// Something that a principal was seen to do, as the policies were asked about it.
public struct ObservedAccess: Sendable, Hashable {
    /// With its service's prefix, in AWS's case: `s3:GetObject`.
    public var action: String
    /// The ARN that was asked about, or `*`.
    public var resource: String
    /// The condition keys of the request that are known, in lower case.
    public var context: [String: ContextValue]

    /// - Parameters: see the properties.
    public init(_ action: String, on resource: String, context: [String: ContextValue] = [:]) {
        self.action = action
        self.resource = resource
        self.context = context
    }
}
