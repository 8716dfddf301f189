import CognitoIDPAPI
import Platform
import Wire

// What is answered of users whom an app client must not learn about.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>

extension CodeDelivery {
    /// Where a code would have gone if there were such a user: always the same place for the same name.
    /// - Parameters:
    ///   - name: as the request has it.
    ///   - media: how codes are sent in the pool. Where there are several, users differ, and so do names.
    ///   - secret: of the pool: ``ParsedKeys/simulationSecret``. Whoever knew it could tell the place from a real one.
    static func simulated(
        _ name: String, by media: [Message.Medium], of pool: PoolEntry, secret: String
    ) -> CodeDelivery {
        if AddressFormat.isEmail(name) { return CodeDelivery(.email, to: name) }
        if AddressFormat.isPhoneNumber(name) { return CodeDelivery(.sms, to: name) }
        let digest = SimulatedUser(name, of: pool, secret: secret).bytes("delivery", 8)
        let choice = digest.first.map(Int.init) ?? 0
        if !media.isEmpty, media[choice % media.count] == .sms {
            return CodeDelivery(.sms, to: "+1000000" + digest.suffix(4).map { String($0 % 10) }.joined())
        }
        let letters = digest.suffix(2).map { String(UnicodeScalar(UInt8(ascii: "a") + $0 % 26)) }
        return CodeDelivery(.email, to: letters.joined(separator: "@"))
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

extension PoolEntry {
    /// How most users get a code: by an address that the pool has them prove.
    var likelyRecoveryMedia: [Message.Medium] {
        let proved = recoveryMedia.filter { confirmationMedia.contains($0) }
        return proved.isEmpty ? recoveryMedia : proved
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

    /// Sends the code of an answer. Where the app's clients are not to learn who there is, the time tells nothing either, whether
    /// it succeeds or fails.
    /// - Parameters:
    ///   - start: when the work began.
    ///   - answer: makes the code; for a user who isn't there, what looks like one.
    func sendCode(
        for client: ClientEntry, since start: ContinuousClock.Instant,
        _ answer: () async throws(ServiceError) -> CodeAnswer
    ) async throws(ServiceError) -> CodeAnswer {
        let result: Result<CodeAnswer, ServiceError>
        do throws(ServiceError) {
            let made = try await answer()
            guard try await made.send(self) || client.hidesUserExistence else { throw .concurrentModification }
            result = .success(made)
        } catch {
            result = .failure(error)
        }
        if client.hidesUserExistence { await evenOut(since: start) }
        return try result.get()
    }
}
