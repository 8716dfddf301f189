import Signature
import Synchronization
import Wire

/// A body whose bytes are verified on their way to the reader.
final class ProvedBody: Sendable {
    private struct State {
        var proof: BodyProof
        var trailers: [(name: String, value: String)] = []
    }

    private let body: IncomingBody
    private let state: Mutex<State>
    private let refusal: @Sendable (SignatureError) -> ServiceError

    /// - Parameter refusal: turns what is wrong with the body into the client's error.
    init(
        _ body: IncomingBody, _ proof: BodyProof, refusal: @escaping @Sendable (SignatureError) -> ServiceError
    ) {
        self.body = body
        state = Mutex(State(proof: proof))
        self.refusal = refusal
    }

    /// The verified body as a stream. `announced` is the request's `Content-Length`.
    func stream(announced: Int?) -> BodyStream {
        let (length, names) = state.withLock {
            ($0.proof.isChunked ? $0.proof.contentLength : announced, $0.proof.trailerNames)
        }
        return BodyStream(length: length, trailerNames: names) { () throws(ServiceError) in
            try await self.next()
        } trailers: {
            self.state.withLock { $0.trailers }
        } onStop: {
            self.body.stop()
        }
    }

    private func next() async throws(ServiceError) -> [UInt8]? {
        while let bytes = try await body.next() {
            let content = try content(of: bytes)
            // The bytes may have been nothing but chunk headers.
            if !content.isEmpty { return content }
        }
        try finish()
        return nil
    }

    private func content(of bytes: [UInt8]) throws(ServiceError) -> [UInt8] {
        let result = state.withLock { state in
            Result { () throws(SignatureError) in
                var content: [UInt8] = []
                try state.proof.take(bytes, into: &content)
                return content
            }
        }
        do throws(SignatureError) { return try result.get() } catch { throw refusal(error) }
    }

    private func finish() throws(ServiceError) {
        let result = state.withLock { state in
            Result { () throws(SignatureError) in state.trailers = try state.proof.finish() }
        }
        do throws(SignatureError) { try result.get() } catch { throw refusal(error) }
    }
}
