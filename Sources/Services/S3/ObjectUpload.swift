import Bodies
import Crypto
import FoundationEssentials
public import Platform
import S3API
public import Wire

/// The bytes of an object or a part on their way: they are put aside, sealed, and their checksums are computed.
public struct ObjectUpload: Upload {
    /// What came of it.
    public struct Received: Sendable {
        let content: ObjectVersion.Content
        let size: Int64
        /// The MD5 of the bytes in hexadecimal: the entity tag of what is not encrypted by a key of others.
        let md5: String
        let checksum: ObjectVersion.Checksum
        let encryption: ObjectVersion.Encryption
        /// What the bytes follow; nil: they are all.
        let base: ObjectVersion?
        /// Keeps a sweep from taking the bytes until the transaction is decided.
        fileprivate let writer: BodyWriter?
    }

    private let store: BodyStore
    private let key: BodyKey
    private let announced: AnnouncedChecksum?
    private let contentMD5: ContentMD5?
    private var digests: BodyDigests
    /// What is small enough, so far, to be kept beside the record.
    private var small: [UInt8] = []
    private var writer: BodyWriter?
    private var size: Int64 = 0
    private var base: ObjectVersion?

    /// - Parameters:
    ///   - input: of an operation with a body: PutObject or UploadPart.
    ///   - key: what the bytes are sealed with.
    ///   - usual: the algorithm where the request names none.
    /// - Throws: InvalidDigest, InvalidRequest for what can't be a checksum.
    init(_ input: Structure, _ store: BodyStore, _ key: BodyKey, usual: ChecksumAlgorithm) throws(ServiceError) {
        self.store = store
        self.key = key
        announced = try AnnouncedChecksum(input)
        digests = BodyDigests(announced?.algorithm ?? usual)
        if case .string(let text) = input["ContentMD5"] {
            contentMD5 = try ContentMD5(text)
        } else {
            contentMD5 = nil
        }
    }

    /// Makes the bytes follow those of an object.
    /// - Parameter rest: the object's last bytes, if they are in its row: they are put aside anew.
    mutating func append(to base: ObjectVersion, _ rest: [UInt8]) {
        self.base = base
        small = rest
    }

    public mutating func receive(_ bytes: [UInt8]) async throws(ServiceError) {
        await digests.receive(bytes)
        size += Int64(bytes.count)
        do throws(BodyError) {
            if let writer { return try await writer.receive(bytes) }
            small += bytes
            guard small.count > BodyStore.inlineLimit else { return }
            let writer = try await store.begin(key: key.secret)
            self.writer = writer
            try await writer.receive(small)
            small = []
        } catch {
            throw ServiceError(error)
        }
    }

    public mutating func finish(
        trailers: [(name: String, value: String)]
    ) async throws(ServiceError) -> Received {
        let (digest, checksum) = await digests.finish()
        try contentMD5?.check(digest)
        let value = try check(checksum, trailers)
        do throws(BodyError) {
            let content: ObjectVersion.Content
            if let writer {
                content = ObjectVersion.Content(bodies: [try await writer.finish()])
            } else if let secret = key.secret {
                let (body, sealed) = try store.seal(small, key: secret)
                content = ObjectVersion.Content(rest: .sealed(body, Data(sealed)))
            } else {
                content = ObjectVersion.Content(rest: .plain(Data(small)))
            }
            return Received(
                content: content, size: size, md5: digest.hexadecimal,
                checksum: ObjectVersion.Checksum(
                    algorithm: checksum.algorithm.rawValue, value: value, type: "FULL_OBJECT"),
                encryption: key.encryption, base: base, writer: writer)
        } catch {
            throw ServiceError(error)
        }
    }

    /// The checksum, once it is what header or trailer say.
    private func check(
        _ checksum: RunningChecksum, _ trailers: [(name: String, value: String)]
    ) throws(ServiceError) -> String {
        let value = checksum.value
        if let announced = announced?.value, announced != value { throw .badDigest(checksum.algorithm) }
        guard !trailers.isEmpty else { return value }
        for algorithm in ChecksumAlgorithm.allCases {
            let name = algorithm.header
            guard let trailer = trailers.first(where: { $0.name == name }) else { continue }
            guard algorithm == checksum.algorithm else {
                throw .invalidRequest(
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
            }
            guard Data(base64Encoded: trailer.value)?.count == algorithm.size else {
                throw .invalidRequest("Value for \(name) trailing header is invalid.")
            }
            guard trailer.value == value else { throw .badDigest(algorithm) }
        }
        return value
    }

    public func discard() async { await writer?.discard() }
}

/// What bytes are sealed with.
struct BodyKey: Sendable {
    /// nil: a new one, which the root key seals.
    var secret: SymmetricKey?
    var encryption = ObjectVersion.Encryption.s3
}

extension [UInt8] {
    /// Two digits in lower case for each.
    var hexadecimal: String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension ServiceError {
    /// What it means for a client that the store of bodies failed. The log has the rest.
    init(_ error: BodyError) {
        switch error.kind {
        case .full:
            self = .s3(
                "InsufficientStorage", "There is no room left for objects. Delete some, or ask the operator.",
                status: 507)
        case .key:
            self = .s3(
                "AccessDenied",
                "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
                status: 403)
        case .io, .missing, .damaged, .invalid, .foreign: self = .internalFailure
        }
        cause = error.message
    }
}
