import Crypto
import FoundationEssentials
import KeyMaterial
import Ledger
import Platform
import Wire

/// The keys that sign the digests of a Region. One holds for thirty days; before that is over there is another, and the
/// public keys of all are kept, so that old digests can be validated.
enum DigestKeys {
    private static let day = 86_400.0
    private static let validity = 30 * day
    private static let overlap = day

    /// The key that signs at a time; made if there is none.
    static func current(
        in region: String, at time: Double, _ environment: Environment
    ) async throws(ServiceError) -> (record: DigestKey, material: KeyMaterial) {
        let scope = DigestKey.scope(region)
        if let key = try await environment.read(
            scope, { (records) throws(ServiceError) in try held(at: time, records) })
        {
            return (key, try material(of: key))
        }
        let new = try make(at: time)
        let key = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have been first.
            if let key = try held(at: time, records.readOnly) { return key }
            try records.put(new)
            return new
        }
        return (key, try material(of: key))
    }

    /// Those that hold at some time of a range, the oldest first.
    static func all(from start: Double, to end: Double, _ records: Records) throws(ServiceError) -> [DigestKey] {
        try records.list(DigestKey.self).filter { $0.start <= end && $0.end >= start }.sorted { $0.start < $1.start }
    }

    private static func held(at time: Double, _ records: Records) throws(ServiceError) -> DigestKey? {
        try records.list(DigestKey.self).filter { $0.start <= time && time < $0.end - overlap }
            .max { $0.start < $1.start }
    }

    private static func make(at time: Double) throws(ServiceError) -> DigestKey {
        do throws(KeyMaterialError) {
            let material = try KeyMaterial.generate(.rsa2048)
            let publicKey = try material.rsaPublicKey()
            return DigestKey(
                id: Insecure.MD5.hash(data: publicKey).hexadecimal, privateKey: Data(try material.stored()),
                publicKey: Data(publicKey), start: time.rounded(.down), end: time.rounded(.down) + validity)
        } catch {
            throw .internalFailure
        }
    }

    private static func material(of key: DigestKey) throws(ServiceError) -> KeyMaterial {
        do { return try KeyMaterial(stored: Array(key.privateKey), as: .rsa2048) } catch { throw .internalFailure }
    }
}
