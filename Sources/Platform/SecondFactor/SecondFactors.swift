public import Directory
import Ledger
public import Wire

/// The MFA devices of one user, or of the root user of an account, and how they prove that he is there.
///
/// It needs no ``Call``, so that somebody can be asked for a second factor who is not signed in yet:
///
/// ```swift
/// return try await factors.take(SecondFactors.Code(typed, serialNumber: device.serialNumber))
/// ```
///
/// Each proof is taken once, durably, and a device takes no more than nine in three minutes, right ones included.
public struct SecondFactors: Sendable {
    let environment: Environment
    let accountID: String
    let ownerID: String
    let requestID: String
    let time: Double

    /// What became of a proof.
    public enum Answer: Sendable, Hashable {
        /// It is right, and was used up: so says the device of this serial number.
        case right(String)
        /// It is wrong, or was used before.
        case wrong
        /// It was not looked at: the device has been asked too often. In three minutes it is asked again.
        case throttled
        /// The owner has no such device.
        case unknown
    }

    /// How many proofs a device takes within this many seconds.
    static let mostAttempts = 9
    static let attemptSpan = 180.0

    /// - Parameters:
    ///   - ownerID: the user's unique id; the account id for the root user.
    ///   - accountID: the account that both are in.
    ///   - environment: where the devices are.
    ///   - requestID: of the request that brings the proof; the journal names it.
    ///   - time: when it arrived, in seconds since 1970.
    public init(
        of ownerID: String, in accountID: String, _ environment: Environment, requestID: String, time: Double
    ) {
        self.environment = environment
        self.accountID = accountID
        self.ownerID = ownerID
        self.requestID = requestID
        self.time = time
    }

    /// The devices that are enabled for the owner, of all kinds, in the order of their serial numbers.
    public func devices() async throws(ServiceError) -> [MFADevice] {
        let owner = ownerID
        return try await environment.read(scope) { (records) throws(ServiceError) in
            try records.referrers(MFADevice.self, Relation.owner, to: owner)
        }.sorted { $0.serialNumber < $1.serialNumber }
    }

    var scope: Scope { Scope(account: accountID) }

    /// What is to be done with a device within a transaction.
    enum Use {
        /// It is as it was.
        case left(Answer)
        /// It has changed, and the attempt counts.
        case changed(MFADevice, Answer)
    }

    /// Lets a device of the owner's take a proof, and counts the attempt.
    func attempt(
        _ serialNumber: String, _ use: @escaping @Sendable (MFADevice) -> Use
    ) async throws(ServiceError) -> Answer {
        let (scope, ownerID, time) = (scope, ownerID, time)
        do throws(LedgerError) {
            return try await environment.ledger.write(requestID: requestID) {
                (transaction) throws(LedgerError) -> Verdict<Answer> in
                guard let device = try transaction.get(MFADevice.self, serialNumber, in: scope),
                    device.ownerID == ownerID
                else { return .rollback(.unknown) }
                guard device.isOpen(at: time) else { return .rollback(.throttled) }
                switch use(device) {
                case .left(let answer): return .rollback(answer)
                case .changed(var device, let answer):
                    device.attempts = device.attempts.filter { $0 > time - Self.attemptSpan } + [time]
                    try transaction.put(device, in: scope)
                    return .commit(answer)
                }
            }
        } catch {
            throw ServiceError(error)
        }
    }
}

extension MFADevice {
    /// Whether it takes one more proof now.
    func isOpen(at time: Double) -> Bool {
        attempts.count { $0 > time - SecondFactors.attemptSpan } < SecondFactors.mostAttempts
    }
}
