import Bodies
import Synchronization
import Wire

/// The checksum that follows a body. An endpoint does not get to see it, since the chunks end here.
///
/// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
enum TrailingChecksum {
    private static let prefix = "x-amz-checksum-"

    /// A body whose end is reached only if it is what the checksum behind it says; the body itself where none is announced.
    static func verified(_ body: BodyStream) -> BodyStream {
        let names = body.trailerNames.filter { $0.hasPrefix(prefix) }
        let algorithms = names.compactMap { ChecksumAlgorithm(rawValue: $0.dropFirst(prefix.count).uppercased()) }
        guard !algorithms.isEmpty else { return body }
        let running = Mutex(algorithms.map { RunningChecksum($0) })
        return BodyStream(length: body.length, trailerNames: body.trailerNames) { () throws(ServiceError) in
            if let piece = try await body.next() {
                running.withLock { running in
                    for index in running.indices { running[index].update(piece) }
                }
                return piece
            }
            for checksum in running.withLock({ $0 }) {
                let name = prefix + checksum.algorithm.rawValue.lowercased()
                guard body.trailers.first(named: name) == checksum.value else {
                    throw ServiceError(
                        "BadDigest",
                        "The \(checksum.algorithm.rawValue) you specified did not match the calculated checksum.")
                }
            }
            return nil
        } trailers: {
            body.trailers
        } onStop: {
            body.stop()
        }
    }
}
