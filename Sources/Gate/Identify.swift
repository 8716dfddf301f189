import Platform
import Wire

/// A request whose caller is known. Only `identify` makes it.
final class Identified: Sendable {
    let operation: AnyOperation
    let input: Structure
    let call: Call

    fileprivate init(_ readable: Asked.Readable, call: Call) {
        operation = readable.operation
        input = readable.input
        self.call = call
    }
}

extension Gate {
    /// Verifies the token of a federated request. The caller of any other request is known already.
    /// - Throws: the operation's own errors for a token that proves nothing.
    func identify(_ readable: Asked.Readable, _ call: Call) async throws(ServiceError) -> Identified {
        guard let federation = readable.operation.federation else { return Identified(readable, call: call) }
        let caller = try await federation.identify(readable.input, call)
        return Identified(readable, call: call.made(by: caller))
    }
}
