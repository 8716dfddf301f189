import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Platform
import Wire

// Devices that a pool remembers prove themselves by SRP, as users do: with a password of their own.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html>

extension SignIn {
    /// The device that the app says it is on; nil: it names none, or one that the user has not confirmed.
    func device() async throws(ServiceError) -> PoolDevice? {
        guard pool.deviceConfiguration != nil, let user, let key = progress.deviceKey, key.utf8.count <= 128 else {
            return nil
        }
        return try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.device(key, of: user)
        }
    }

    /// The same where the user wants it to be remembered, and it can prove itself.
    func rememberedDevice() async throws(ServiceError) -> PoolDevice? {
        guard let device = try await device(), device.isRemembered, device.verifier != nil else { return nil }
        return device
    }

    /// Challenges a remembered device to prove itself; the sign-in is complete without one.
    mutating func challengeDevice() async throws(ServiceError) -> SignInStep {
        guard let device = try await rememberedDevice() else {
            guard progress.isFactorLeftToDevice else { return try await complete() }
            // The device was forgotten meanwhile.
            progress.isFactorLeftToDevice = false
            return try await challengeSecondFactor()
        }
        let session = SignInSession(.deviceSRP, progress, of: client, at: call.time)
        let text = try await session.sealed(.session, call)
        // Some clients bring no session with their answer, but the A that has just proved the password.
        if let hash = progress.clientPublicHash {
            let kept = KeptSession(id: Self.awaited(hash, client), sealed: text, expires: session.expires)
            try await call.keep { (records) throws(ServiceError) in try records.shared.put(kept) }
        }
        return .challenge(
            name: "DEVICE_SRP_AUTH", parameters: ["USERNAME": username, "DEVICE_KEY": device.deviceKey], session: text)
    }

    /// Where the session is kept of a device that has to prove itself.
    fileprivate static func awaited(_ hash: String, _ client: ClientEntry) -> String { "device \(client.id) \(hash)" }

    static func hash(ofClientPublic number: [UInt8]) -> String {
        Data(SHA256.hash(data: number)).base64EncodedString()
    }

    /// The answer to `DEVICE_SRP_AUTH`.
    mutating func answerDevice() async throws(ServiceError) -> SignInStep {
        let (device, verifier) = try await namedDevice()
        let clientPublic = try clientPublic()
        let begun = try await SRPWork.shared.run(for: call.accountID) {
            SRPExchange.begin(clientPublic: clientPublic, verifier, secret: Identifiers.randomBytes(32))
        }
        try await accept()
        let block = SignInSession(.devicePassword(begun.exchange), progress, of: client, at: call.time)
        return try await challenge(
            .block(block.id), "DEVICE_PASSWORD_VERIFIER",
            [
                "USERNAME": username, "DEVICE_KEY": device.deviceKey, "SALT": SRPNumber.hex(verifier.salt),
                "SRP_B": SRPNumber.hex(begun.serverPublic.drop { $0 == 0 }),
                "SECRET_BLOCK": try await block.sealed(.secretBlock, call),
            ])
    }

    /// The answer to `DEVICE_PASSWORD_VERIFIER`.
    mutating func answerDevicePassword(_ exchange: SRPExchange) async throws(ServiceError) -> SignInStep {
        let (device, verifier) = try await namedDevice()
        let proof = try SRPProof(self)
        let identity = SRPVerifier.Identity(realm: PoolDevice.groupKey(of: pool.id), name: device.deviceKey)
        let account = call.accountID
        try await attempt(wrong: .incorrect) { () async throws(ServiceError) -> Bool in
            let isProved = try await SRPWork.shared.run(for: account) {
                exchange.isProved(
                    by: proof.signature, verifier, of: identity, block: proof.block, timestamp: proof.timestamp)
            }
            return isProved && proof.isFresh
        }
        let (time, source, poolID) = (call.time, call.source, pool.id)
        try await accept { (records) throws(ServiceError) in
            guard var current = try records.get(PoolDevice.self, device.key, of: poolID),
                current.verifier == device.verifier, current.isRemembered
            else { throw .incorrect }
            current.authenticated = time
            current.address = source.address
            current.agent = source.userAgent
            try records.put(current)
        }
        return try await complete()
    }

    /// The device that an answer names: the one that was challenged, as it is now.
    private func namedDevice() async throws(ServiceError) -> (PoolDevice, SRPVerifier) {
        guard try parameter("DEVICE_KEY") == progress.deviceKey else { throw .invalidSession }
        guard let device = try await rememberedDevice(), let verifier = device.verifier?.srp else {
            throw .cognito(.resourceNotFoundException, "Device does not exist.")
        }
        return (device, verifier)
    }

    /// A key for a device that is not known yet, where the pool wants to know devices.
    func newDevice(besides known: PoolDevice?) -> SignInStep.NewDevice? {
        guard pool.deviceConfiguration != nil, known == nil else { return nil }
        return SignInStep.NewDevice(
            key: PoolDevice.newKey(in: pool.pool), groupKey: PoolDevice.groupKey(of: pool.id))
    }
}

extension Call {
    /// The sign-in whose device answers without a session: the A that it sends is of who has proved the password with it.
    func awaitedDevice(
        _ responses: [String: String], of client: ClientEntry
    ) async throws(ServiceError) -> SignInSession {
        guard let number = responses["SRP_A"].flatMap(SRPExchange.clientPublic(hex:)),
            let kept = try await environment.sharedRow(
                KeptSession.self, KeptSession.key(SignIn.awaited(SignIn.hash(ofClientPublic: number), client)))
        else { throw .missingParameter("Session") }
        return try await open(kept.sealed, .session, of: client)
    }
}
