import AccountAPI
import Directory
import Platform
import Wire

// An account's name, and when it was created.

extension AccountManagement.GetAccountInformation: ReadOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let account = try records.account(call.target(input.accountId).accountID)
        return Output {
            $0.accountId = account.id
            $0.accountName = account.name
            $0.accountCreatedDate = Timestamp(secondsSinceEpoch: account.createDate)
            // An account that is asked to close is suspended here; Organizations tells the two apart.
            $0.accountState = account.state == .pendingClosure ? "SUSPENDED" : account.state.rawValue
        }
    }
}

extension AccountManagement.PutAccountName: WriteOperation, OnAccount {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        var account = try records.of(account: id).account(id)
        account.name = input.accountName
        try records.of(account: id).put(account)
        return Output()
    }
}

extension AccountManagement.GetGovCloudAccountInformation: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(on: input.standardAccountId)
    }

    /// GovCloud is another partition, which Gatehouse does not have: no account is linked to one there.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let id = try call.target(input.standardAccountId).accountID
        throw .notFound("GovCloud Account ID not found for Standard Account - \(id).")
    }
}

extension Records {
    /// An account, whichever this reads the records of.
    func account(_ id: String) throws(ServiceError) -> Account {
        guard let account = try of(account: id).get(Account.self, id) else { throw .internalFailure }
        return account
    }
}

extension MutableRecords {
    /// The account that these are the records of.
    func account(_ id: String) throws(ServiceError) -> Account {
        guard let account = try get(Account.self, id) else { throw .internalFailure }
        return account
    }
}
