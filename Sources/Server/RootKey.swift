import Directory
import Ledger
import Platform
import Wire

/// A new access key of a root user. On AWS an owner who has lost access gets it back through the root user's mailbox.
/// In Gatehouse, owning the data directory takes its place.
public struct RootKey: Sendable, CustomStringConvertible {
    /// The account whose root user it is of.
    public let accountID: String
    /// `AKIA…`
    public let accessKeyID: String
    /// The secret. It is shown to the operator, and never again.
    public let secretAccessKey: String

    /// Without the secret, so that no log ever shows it.
    public var description: String { "RootKey(\(accessKeyID))" }

    static let accountsAdvice = "`aws organizations list-accounts` lists those of an organization."

    /// Makes the key, and records that in the account's event history.
    static func make(_ account: String?, _ environment: Environment) async throws(ServiceError) -> RootKey {
        guard let id = account ?? environment.directory.firstAccount?.id,
            let found = environment.directory.account(id)
        else {
            throw ServiceError(
                "NoSuchEntity", "There is no account \(account ?? "") in this Gatehouse. \(accountsAdvice)", status: 404
            )
        }
        guard found.isActive else {
            throw ServiceError("InvalidInput", "The account \(id) is \(found.state.rawValue).")
        }
        let now = environment.now()
        let key = AccessKey(
            id: Identifiers.accessKeyID(), secret: Identifiers.secretAccessKey(), accountID: id, ownerID: id,
            createDate: now)
        let quota = environment.quotas[.accessKeysPerUser]
        let isMade: Bool
        do throws(LedgerError) {
            isMade = try await environment.ledger.write(requestID: RequestIDs.make(time: now)) {
                (transaction) throws(LedgerError) in
                let scope = Scope(account: id)
                let others = try transaction.referrers(
                    AccessKey.self, relation: Relation.owner, to: id, in: scope, limit: quota)
                guard others.count < quota else { return .rollback(false) }
                try transaction.put(key, in: scope)
                try transaction.record(event(key, now))
                return .commit(true)
            }
        } catch {
            throw ServiceError(error)
        }
        guard isMade else {
            throw ServiceError(
                "LimitExceeded",
                "The root user of account \(id) has \(quota) access keys already, the most that a user may have. "
                    + "`gatehouse env --account \(id)` prints one that is active; to make another, delete one with "
                    + "`aws iam delete-access-key`.",
                status: 409)
        }
        return RootKey(accountID: id, accessKeyID: key.id, secretAccessKey: key.secret)
    }

    private static func event(_ key: AccessKey, _ time: Double) -> Event {
        ServiceEvent("CreateRootAccessKey", source: "gatehouse", account: key.accountID, time: time) { writer in
            writer.member("accessKeyId", key.id)
        }.event
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("AccountId", accountID)
        writer.member("AccessKeyId", accessKeyID)
        writer.member("SecretAccessKey", secretAccessKey)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Reads the answer of the server.
    public init?(json bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), case .string(let account)? = value["AccountId"],
            case .string(let id)? = value["AccessKeyId"], case .string(let secret)? = value["SecretAccessKey"]
        else { return nil }
        self.init(accountID: account, accessKeyID: id, secretAccessKey: secret)
    }

    private init(accountID: String, accessKeyID: String, secretAccessKey: String) {
        self.accountID = accountID
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}
