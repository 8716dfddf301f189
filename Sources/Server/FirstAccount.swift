import Directory
import Ledger
import Platform

extension Gatehouse {
    /// The account of this Gatehouse; on the first start it is made, with a key for its root user.
    static func account(
        _ configuration: Configuration, _ environment: Environment
    ) async throws -> (id: String, newRootKey: (id: String, secret: String)?) {
        if let account = environment.directory.firstAccount {
            return (try present(account, configuration, environment), nil)
        }
        let id = configuration.accountID ?? randomAccountID()
        let now = environment.now()
        let key = AccessKey(
            id: configuration.rootAccessKeyID ?? Identifiers.accessKeyID(),
            secret: configuration.rootSecretAccessKey ?? Identifiers.secretAccessKey(), accountID: id, ownerID: id,
            createDate: now)
        let directory = environment.directory
        let isMade = try await environment.ledger.write(requestID: RequestIDs.make(time: now)) {
            (transaction) throws(LedgerError) in
            // Another node may have been started at the same time.
            guard directory.firstAccount == nil else { return .rollback(false) }
            let scope = Scope(account: id, region: "")
            try transaction.put(Account(id: id, createDate: now), in: scope)
            try transaction.put(key, in: scope)
            return .commit(true)
        }
        if !isMade, let account = directory.firstAccount {
            return (try present(account, configuration, environment), nil)
        }
        // Whoever provided the key has it already, and it does not belong in a log.
        return (id, configuration.rootSecretAccessKey == nil ? (key.id, key.secret) : nil)
    }

    /// - Throws: `StartError` when another account, or another root user's key, is asked for than there is.
    private static func present(
        _ account: Account, _ configuration: Configuration, _ environment: Environment
    ) throws(StartError) -> String {
        let (place, option) =
            configuration.database == nil ? ("data directory", "--data") : ("database", "--database")
        if let wanted = configuration.accountID, wanted != account.id {
            throw StartError(
                "This \(place) belongs to account \(account.id), not \(wanted). Leave out --account-id, or "
                    + "choose another \(option).")
        }
        if let wanted = configuration.rootAccessKeyID, environment.directory.accessKey(wanted)?.ownerID != account.id {
            throw StartError(
                "The root user of this \(place) has no access key \(wanted), and one is taken on the first start "
                    + "only. Leave out --root-access-key-id, or choose another \(option).")
        }
        return account.id
    }

    private static func randomAccountID() -> String {
        String(Int.random(in: 100_000_000_000...999_999_999_999))
    }
}
