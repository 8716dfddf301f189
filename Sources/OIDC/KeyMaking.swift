import Dispatch

/// Where RSA keys are made: each takes a good part of a second, which no request's thread should wait for. There is one thread for
/// it, so that many at once leave the other processors alone.
public enum KeyMaking {
    private static let queue = DispatchQueue(label: "gatehouse.key-making")

    /// Does the work when all has been done that was asked for earlier.
    /// - Throws: what `body` throws.
    public static func run<Keys: Sendable>(_ body: @escaping @Sendable () throws -> Keys) async throws -> Keys {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
