import Bodies
import FoundationEssentials
import S3API
import Wire

// Checksums of what is uploaded. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

/// What a request says of its body's checksum.
struct AnnouncedChecksum: Sendable {
    let algorithm: ChecksumAlgorithm
    /// nil: it comes in a trailer, or is left to S3.
    let value: String?

    /// Reads a request's members, and what trailers it announces.
    /// - Returns: nil where nothing is said.
    /// - Throws: InvalidRequest for more than one, one that isn't built, or one that can't be right.
    init?(_ input: Structure) throws(ServiceError) {
        let others = ["ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128"]
        guard others.allSatisfy({ input[$0] == nil }) else { throw .unsupportedChecksum }
        let given = ChecksumAlgorithm.allCases.filter { input[$0.member] != nil }
        guard given.count <= 1 else {
            throw .invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        if let algorithm = given.first, case .string(let value) = input[algorithm.member] {
            guard let bytes = Data(base64Encoded: value), bytes.count == algorithm.size else {
                throw .invalidRequest("Value for x-amz-checksum-\(algorithm.rawValue.lowercased()) header is invalid.")
            }
            self.algorithm = algorithm
            self.value = value
            return
        }
        value = nil
        if case .string(let name) = input["ChecksumAlgorithm"] {
            guard let algorithm = ChecksumAlgorithm(rawValue: name) else { throw .unsupportedChecksum }
            self.algorithm = algorithm
            return
        }
        // Not every client says it twice.
        let trailers = Self.trailers(of: input)
        guard let name = trailers.first else { return nil }
        guard trailers.count == 1 else {
            throw .invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else { throw .unsupportedChecksum }
        self.algorithm = algorithm
    }

    /// The algorithms of the checksums that are to follow the body.
    private static func trailers(of input: Structure) -> [Substring] {
        guard let payload = input.shape.payload, let value = input[member: payload], let body = BodyStream(value)
        else { return [] }
        let prefix = "x-amz-checksum-"
        return body.trailerNames.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
    }
}

extension ServiceError {
    static var unsupportedChecksum: ServiceError {
        .invalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        )
    }

    static func badDigest(_ algorithm: ChecksumAlgorithm) -> ServiceError {
        .s3("BadDigest", "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
    }
}
