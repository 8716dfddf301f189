public import Wire

/// The services that other endpoints answer, with Gatehouse before them.
public protocol OuterServices: Sendable {
    /// The services of a name in a credential scope, when Gatehouse's own are some of that name.
    /// - Parameters:
    ///   - name: as in the scope: `dynamodb`.
    ///   - own: Gatehouse's own services of that name.
    /// - Returns: those that answer: Gatehouse's own but for what an endpoint was set up to replace, and those of endpoints.
    func modules(signingAs name: String, beside own: [ServiceModule]) -> [ServiceModule]
    /// The service that a request without a signature is for, by what it says itself: its host, its target or its action. nil:
    /// it is for none.
    func module(forUnsigned request: WireRequest) -> ServiceModule?
    /// How the resources that lie behind Gatehouse are looked up.
    var resourceTypes: [ResourceType] { get }
    /// Those of them whose exposure Access Analyzer looks at.
    var analyzedResources: [AnalyzedResourceType] { get }
    /// What `GET /metrics` shows of the endpoints.
    var metrics: [Metric] { get }
}
