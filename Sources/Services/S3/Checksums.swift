import Crypto
import FoundationEssentials
import S3API
import Wire

// Checksums of what is uploaded. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

/// The algorithms that are built. AWS has more (SHA-512, MD5, XXHash), which are refused.
enum ChecksumAlgorithm: String, Sendable, Codable, CaseIterable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64NVME = "CRC64NVME"
    case sha1 = "SHA1"
    case sha256 = "SHA256"

    /// The member of inputs and outputs, `ChecksumCRC32`.
    var member: String { "Checksum" + rawValue }

    /// Bytes.
    var size: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64NVME: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Whether the checksum of a whole can be made of those of its parts.
    var isLinear: Bool {
        switch self {
        case .crc32, .crc32c, .crc64NVME: true
        case .sha1, .sha256: false
        }
    }
}

/// A checksum that is being computed.
struct RunningChecksum: Sendable {
    private enum State: Sendable {
        case crc(CRC)
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
    }

    let algorithm: ChecksumAlgorithm
    private var state: State

    init(_ algorithm: ChecksumAlgorithm) {
        self.algorithm = algorithm
        state =
            switch algorithm {
            case .crc32: .crc(CRC(.crc32))
            case .crc32c: .crc(CRC(.crc32c))
            case .crc64NVME: .crc(CRC(.crc64NVME))
            case .sha1: .sha1(Insecure.SHA1())
            case .sha256: .sha256(SHA256())
            }
    }

    mutating func update(_ bytes: [UInt8]) {
        switch state {
        case .crc(var crc):
            crc.update(bytes)
            state = .crc(crc)
        case .sha1(var hash):
            hash.update(data: bytes)
            state = .sha1(hash)
        case .sha256(var hash):
            hash.update(data: bytes)
            state = .sha256(hash)
        }
    }

    /// In Base64, as headers have it.
    var value: String {
        let bytes: [UInt8] =
            switch state {
            case .crc(let crc): crc.bytes
            case .sha1(let hash): Array(hash.finalize())
            case .sha256(let hash): Array(hash.finalize())
            }
        return Data(bytes).base64EncodedString()
    }
}

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
