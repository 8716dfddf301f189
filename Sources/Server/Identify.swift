import Platform
import Wire

/// A request of which it is known who makes it. Only `identify` makes it.
final class Identified: Sendable {
    let decoded: Decoded
    let call: Call

    fileprivate init(_ decoded: Decoded, call: Call) {
        self.decoded = decoded
        self.call = call
    }
}

extension Pipeline {
    /// Proves the token of a federated request. Who makes any other request is known by its signature already.
    /// - Throws: the operation's own errors for a token that proves nothing.
    func identify(_ decoded: Decoded) async throws(ServiceError) -> Identified {
        guard let federation = decoded.operation.federation else { return Identified(decoded, call: decoded.call) }
        let caller = try await federation.identify(decoded.input, decoded.call)
        return Identified(decoded, call: decoded.call.made(by: caller))
    }
}
