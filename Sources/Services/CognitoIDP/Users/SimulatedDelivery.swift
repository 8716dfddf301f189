import CognitoIDPAPI
import Crypto
import Platform
import Wire

// What is answered of users whom an app client must not learn about.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>

extension CodeDelivery {
    /// Where a code would have gone if there were such a user: always the same place for the same name.
    /// - Parameters:
    ///   - name: as the request has it.
    ///   - media: how codes are sent in the pool, the most wanted first.
    ///   - secret: of the pool. Whoever could compute the place could tell it from a real one.
    static func simulated(
        _ name: String, by media: [Message.Medium], of pool: PoolEntry, secret: String
    ) -> CodeDelivery {
        if AddressFormat.isEmail(name) { return CodeDelivery(.email, to: name) }
        if AddressFormat.isPhoneNumber(name) { return CodeDelivery(.sms, to: name) }
        let digest = Array(
            HMAC<SHA256>.authenticationCode(
                for: Array("simulated delivery \(pool.folded(name))".utf8),
                using: SymmetricKey(data: Array(secret.utf8))))
        let letters = digest.prefix(2).map { String(UnicodeScalar(UInt8(ascii: "a") + $0 % 26)) }
        guard media.first == .sms else { return CodeDelivery(.email, to: letters.joined(separator: "@")) }
        return CodeDelivery(.sms, to: "+1000000" + digest.suffix(4).map { String($0 % 10) }.joined())
    }
}

extension PoolEntry {
    /// How a code to confirm a sign-up is sent, the most wanted first.
    var confirmationMedia: [Message.Medium] {
        let media = autoVerifiedAttributes.compactMap { Message.Medium(attribute: $0) }
        return media.contains(.sms) ? [.sms] + media.filter { $0 != .sms } : media
    }

    /// How users get a code who have forgotten their password, the most wanted first.
    var recoveryMedia: [Message.Medium] {
        recoveryMechanisms.compactMap { Message.Medium(attribute: String($0.dropFirst("verified_".count))) }
    }
}

extension Environment {
    /// What nobody outside knows of a pool.
    func simulationSecret(of pool: PoolEntry) async throws(ServiceError) -> String {
        // They are made if they are not there yet.
        _ = try await keys(of: pool)
        let id = pool.id
        let keys = try await read(pool.scope) { (records) throws(ServiceError) in
            try records.get(PoolKeys.self, id)
        }
        guard let keys else { throw .noSuchPool(id) }
        return keys.secret
    }
}

extension Call {
    /// Waits until a time at which an answer tells nothing by itself of how much there was to do: the next of those that are a
    /// tenth of a second apart.
    /// - Parameter start: when the work began.
    func evenOut(since start: ContinuousClock.Instant) async {
        let quantum = Duration.milliseconds(100)
        let steps = ((ContinuousClock.now - start) / quantum).rounded(.up)
        try? await Task.sleep(until: start + quantum * Int(max(1, min(steps, 1000))))
    }
}
