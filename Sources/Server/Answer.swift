import Platform
public import Wire

/// Answers every request that comes in: AWS's API through the pipeline, and a few paths of Gatehouse's own.
public struct Answer: Sendable {
    private let pipeline: Pipeline
    private let administration: Administration

    public init(pipeline: Pipeline, administration: Administration) {
        self.pipeline = pipeline
        self.administration = administration
    }

    public func respond(to request: WireRequest, sourceIP: String) async -> WireResponse {
        let time = pipeline.environment.now()
        let arrival = Arrival(
            request: request, requestID: RequestIDs.make(time: time), time: time,
            sourceIP: sourceIP, isSecureTransport: false)
        if let response = await administration.respond(to: arrival, pipeline) { return response }
        return await pipeline.respond(to: arrival)
    }
}
