import CloudWatchLogsAPI
import Crypto
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import Synchronization
import Wire

/// How CloudWatch Logs gets at the KMS keys of log groups: in its own name, `logs.us-east-1.amazonaws.com`, bound to the group's
/// ARN, as the key's policy has to allow.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
///
/// What KMS has opened is remembered for a while, so that a change of the key's policy counts within five minutes, as on AWS. What it
/// has refused is remembered for some seconds by those who do not read for somebody that waits: what is put into a group whose key is
/// disabled, and what its subscriptions try again, do not ask KMS, and leave an event, each time.
final class LogKeys: Projection {
    static let kinds: Set<String> = []
    /// Seconds.
    private static let remembered = 300.0
    /// The same, of a refusal.
    static let refusalRemembered = 10.0

    private struct Place: Hashable {
        let group: String
        let number: Int
    }

    private let opened = Mutex<[Place: (key: SymmetricKey, until: Double)]>([:])
    /// Until when KMS is taken to refuse.
    private let refused = Mutex<[Place: Double]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {
        opened.withLock { $0 = [:] }
        refused.withLock { $0 = [:] }
    }

    private static func identity(_ group: LogGroup) -> ServiceIdentity {
        .own("logs.\(group.region).amazonaws.com", for: group.reference.arn, in: group.accountID)
    }

    /// Has KMS make a data key for a group.
    /// - Throws: InvalidParameterException where the key is not there or may not be used.
    static func make(
        _ keyID: String, for group: LogGroup, _ environment: Environment
    ) async throws(ServiceError) -> LogGroup.DataKey {
        do throws(ServiceError) {
            let made = try await environment.services(in: group.region).call(
                KMS.GenerateDataKeyWithoutPlaintext.self,
                KMS.GenerateDataKeyWithoutPlaintext.Input {
                    $0.keyId = keyID
                    $0.keySpec = "AES_256"
                    $0.encryptionContext = group.encryptionContext
                }, as: identity(group))
            guard let sealed = made.ciphertextBlob, let arn = made.keyId else { throw .internalFailure }
            return LogGroup.DataKey(keyARN: arn, sealed: Data(sealed.bytes))
        } catch {
            guard error.status < 500 else { throw error }
            throw .unusableKey(group.reference)
        }
    }

    /// A group's data key.
    /// - Parameter asksAgain: whether KMS is asked although it has just refused.
    /// - Returns: nil: KMS does not open it.
    func key(
        _ number: Int, of group: LogGroup, asksAgain: Bool = false, _ environment: Environment
    ) async throws(ServiceError) -> SymmetricKey? {
        guard group.dataKeys.indices.contains(number) else { return nil }
        let (place, now) = (Place(group: group.uniqueID, number: number), environment.now())
        if let known = opened.withLock({ $0[place] }), known.until > now { return known.key }
        if !asksAgain, let until = refused.withLock({ $0[place] }), until > now { return nil }
        let data = group.dataKeys[number]
        do throws(ServiceError) {
            let answer = try await environment.services(in: group.region).call(
                KMS.Decrypt.self,
                KMS.Decrypt.Input {
                    $0.keyId = data.keyARN
                    $0.ciphertextBlob = Blob(Array(data.sealed))
                    $0.encryptionContext = group.encryptionContext
                }, as: Self.identity(group))
            guard let plaintext = answer.plaintext else { throw .internalFailure }
            let key = SymmetricKey(data: plaintext.bytes)
            opened.withLock { opened in
                opened = opened.filter { $0.value.until > now }
                opened[place] = (key, now + Self.remembered)
            }
            refused.withLock { $0[place] = nil }
            return key
        } catch {
            guard error.status < 500 else { throw error }
            refused.withLock { refused in
                refused = refused.filter { $0.value > now }
                refused[place] = now + Self.refusalRemembered
            }
            return nil
        }
    }

    /// The data key that a segment is encrypted with; nil: it is not encrypted with one.
    /// - Throws: AccessDeniedException where KMS does not open it.
    func opening(
        _ segment: LogSegment, of group: LogGroup, _ environment: Environment
    ) async throws(ServiceError) -> SymmetricKey? {
        guard segment.dataKey >= 0 else { return nil }
        guard let number = Int(exactly: segment.dataKey), let key = try await key(number, of: group, environment) else {
            throw .unreadableEvents
        }
        return key
    }

    /// All data keys of a group, by their numbers, for somebody who reads; nil for one that KMS does not open.
    func keys(of group: LogGroup, _ environment: Environment) async throws(ServiceError) -> [SymmetricKey?] {
        var keys: [SymmetricKey?] = []
        for number in group.dataKeys.indices {
            keys.append(try await key(number, of: group, asksAgain: true, environment))
        }
        return keys
    }
}
