import Crypto
import FoundationEssentials
import Platform
import Wire

/// A message as AWS's Encryption SDK writes it, which its libraries open: format version 1, in one frame, by the algorithm suite
/// that Cognito uses, AES-256-GCM with a key derived by HKDF with SHA-384 and a signature by ECDSA on P-384.
/// <https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html>
struct EncryptionSDKMessage: Sendable {
    /// The encryption context: KMS has to be told the same when it makes the data key.
    let context: [String: String]
    private let signer = P384.Signing.PrivateKey()

    private static let suite: UInt16 = 0x0378
    private static let frameLength: UInt32 = 4096

    /// - Parameter context: what the message is to be bound to. The key that verifies its signature is added.
    init(context: [String: String]) {
        let publicKey = signer.publicKey.compressedRepresentation.base64EncodedString()
        self.context = context.merging(["aws-crypto-public-key": publicKey]) { $1 }
    }

    /// A data key that KMS has made.
    struct DataKey: Sendable {
        /// 32 bytes.
        let plaintext: [UInt8]
        let encrypted: [UInt8]
        /// Of the KMS key.
        let keyARN: String
    }

    /// - Parameter plaintext: at most 4096 bytes.
    /// - Throws: InternalFailure for what does not fit into the format.
    func seal(_ plaintext: [UInt8], with dataKey: DataKey) throws(ServiceError) -> [UInt8] {
        guard plaintext.count <= Self.frameLength else { throw .internalFailure }
        let messageID = Identifiers.randomBytes(16)
        var message = try header(messageID, dataKey)
        let key = HKDF<SHA384>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: dataKey.plaintext), info: [UInt8](bigEndian: Self.suite) + messageID,
            outputByteCount: 32)
        do {
            // A nonce is the number of what is sealed; 0 is the header's.
            let nonce = [UInt8](repeating: 0, count: 12)
            let proof = try AES.GCM.seal(
                [UInt8](), using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: message)
            message += nonce + proof.tag
            message += try frame(plaintext, messageID, key)
            let signature = try signer.signature(for: message).derRepresentation
            message += try counted(signature)
            return message
        } catch {
            throw .internalFailure
        }
    }

    private func header(_ messageID: [UInt8], _ dataKey: DataKey) throws(ServiceError) -> [UInt8] {
        let pairs = context.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        guard let count = UInt16(exactly: pairs.count) else { throw .internalFailure }
        var bound = [UInt8](bigEndian: count)
        for (key, value) in pairs { bound += try counted(key.utf8) + counted(value.utf8) }
        // Version 1, and "customer authenticated encrypted data".
        var header: [UInt8] = [1, 0x80] + [UInt8](bigEndian: Self.suite) + messageID
        header += try counted(bound)
        header += [UInt8](bigEndian: UInt16(1))
        header += try counted("aws-kms".utf8) + counted(dataKey.keyARN.utf8) + counted(dataKey.encrypted)
        // The content is in frames; four bytes are reserved; nonces have twelve.
        return header + [2, 0, 0, 0, 0, 12] + [UInt8](bigEndian: Self.frameLength)
    }

    /// The only frame, which is the last.
    private func frame(_ plaintext: [UInt8], _ messageID: [UInt8], _ key: SymmetricKey) throws -> [UInt8] {
        let number: UInt32 = 1
        let nonce = [UInt8](repeating: 0, count: 8) + [UInt8](bigEndian: number)
        let bound =
            messageID + "AWSKMSEncryptionClient Final Frame".utf8 + [UInt8](bigEndian: number)
            + [UInt8](bigEndian: UInt64(plaintext.count))
        let sealed = try AES.GCM.seal(
            plaintext, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: bound)
        return [UInt8](bigEndian: UInt32.max) + [UInt8](bigEndian: number) + nonce
            + [UInt8](bigEndian: UInt32(plaintext.count)) + sealed.ciphertext + sealed.tag
    }

    /// With its length before it.
    private func counted(_ bytes: some Collection<UInt8>) throws(ServiceError) -> [UInt8] {
        guard let count = UInt16(exactly: bytes.count) else { throw .internalFailure }
        return [UInt8](bigEndian: count) + bytes
    }
}

extension [UInt8] {
    fileprivate init(bigEndian number: some FixedWidthInteger) {
        self = Swift.withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
