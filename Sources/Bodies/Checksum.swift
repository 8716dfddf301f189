import Crypto
import FoundationEssentials

// Checksums of what is uploaded. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

/// The algorithms that are built. AWS has more (SHA-512, MD5, XXHash), which are refused.
public enum ChecksumAlgorithm: String, Sendable, Codable, CaseIterable {
    /// ISO-HDLC's, of 32 bits.
    case crc32 = "CRC32"
    /// Castagnoli's.
    case crc32c = "CRC32C"
    /// NVM Express's, of 64 bits.
    case crc64NVME = "CRC64NVME"
    /// SHA-1.
    case sha1 = "SHA1"
    /// SHA-256.
    case sha256 = "SHA256"

    /// The member of inputs and outputs, `ChecksumCRC32`.
    public var member: String {
        switch self {
        case .crc32: "ChecksumCRC32"
        case .crc32c: "ChecksumCRC32C"
        case .crc64NVME: "ChecksumCRC64NVME"
        case .sha1: "ChecksumSHA1"
        case .sha256: "ChecksumSHA256"
        }
    }

    /// The header of requests and answers, and the trailer, in lower case.
    public var header: String {
        switch self {
        case .crc32: "x-amz-checksum-crc32"
        case .crc32c: "x-amz-checksum-crc32c"
        case .crc64NVME: "x-amz-checksum-crc64nvme"
        case .sha1: "x-amz-checksum-sha1"
        case .sha256: "x-amz-checksum-sha256"
        }
    }

    /// Bytes.
    public var size: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64NVME: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Whether the checksum of a whole can be made of those of its parts.
    public var isLinear: Bool {
        switch self {
        case .crc32, .crc32c, .crc64NVME: true
        case .sha1, .sha256: false
        }
    }
}

/// A checksum that is being computed.
public struct RunningChecksum: Sendable {
    private enum State: Sendable {
        case crc(CRC)
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
    }

    /// How it is computed.
    public let algorithm: ChecksumAlgorithm
    private var state: State

    /// The checksum of nothing yet.
    public init(_ algorithm: ChecksumAlgorithm) {
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

    /// Takes the next bytes.
    /// - Complexity: linear in their number.
    public mutating func update(_ bytes: [UInt8]) {
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
    public var value: String {
        let bytes: [UInt8] =
            switch state {
            case .crc(let crc): crc.bytes
            case .sha1(let hash): Array(hash.finalize())
            case .sha256(let hash): Array(hash.finalize())
            }
        return Data(bytes).base64EncodedString()
    }
}
