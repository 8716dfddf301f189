import AccountAPI
import Directory
import Platform
import Policy
import Wire

// The e-mail address of a member account's root user: the management account reads it, and changes it once a code that
// was sent to the new address has come back.
// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html>

extension AccountManagement.GetPrimaryEmail: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(on: input.accountId)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let account = try records.account(call.target(input.accountId).accountID)
        return Output { $0.primaryEmail = account.email }
    }
}

extension AccountManagement.StartPrimaryEmailUpdate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(on: input.accountId, toEmail: input.primaryEmail)
    }

    /// How long a code is valid, in seconds. AWS does not say; this is long enough to look into the outbox.
    private static let lifetime = 900.0
    /// <https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>
    private static let mostStarts = 3
    private static let startsWithin = 30.0

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let email = input.primaryEmail
        guard isAddress(email) else {
            throw .invalidField("primaryEmail", "The primary email is not a valid email address.")
        }
        try call.checkUnused(email)
        let records = records.of(account: id)
        var starts = try records.get(PrimaryEmailUpdate.self, id)?.starts ?? []
        starts.removeAll { $0 <= call.time - startsWithin }
        guard starts.count < mostStarts else {
            throw .tooManyRequests("Too many updates of the primary email were started. Try again later.")
        }
        let code = Identifiers.oneTimeCode()
        try records.put(
            PrimaryEmailUpdate(
                id: id, email: email, code: code, expires: call.time + lifetime, starts: starts + [call.time]))
        try records.send(
            Mail(
                call, about: id, to: email, subject: "Verify the new root user email of account \(id)",
                text: "The code for AcceptPrimaryEmailUpdate is \(code). It is good for \(Int(lifetime / 60)) minutes.")
        )
        return Output { $0.status = "PENDING" }
    }

    /// One at sign with something on both sides, and nothing that would not be shown.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            && parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
            && parts[1].contains(".")
    }
}

extension AccountManagement.AcceptPrimaryEmailUpdate: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(on: input.accountId, toEmail: input.primaryEmail)
    }

    /// After that, another code has to be requested.
    private static let mostAttempts = 5

    /// Attempts are counted before the code is checked, so that nobody can guess it.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let id = try call.target(input.accountId).accountID
        try await call.keep { (records) throws(ServiceError) in
            let records = records.of(account: id)
            guard var update = try records.get(PrimaryEmailUpdate.self, id) else { return }
            let attempts = (update.attempts ?? 0) + 1
            guard attempts <= mostAttempts else {
                throw .tooManyRequests("Too many codes were tried. Start the update of the primary email again.")
            }
            update.attempts = attempts
            try records.put(update)
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let records = records.of(account: id)
        guard let update = try records.get(PrimaryEmailUpdate.self, id), update.expires > call.time,
            update.email == input.primaryEmail
        else { throw .notFound("There is no pending update of the primary email of account \(id) to that address.") }
        guard isSameSecret(update.code, input.otp) else { throw .invalidField("otp", "The OTP is not valid.") }
        var account = try records.account(id)
        guard try records.claim(.email, update.email, for: id, call.directory) else {
            throw .conflict("The primary email is already in use by an account.")
        }
        try records.release(.email, account.email, of: id)
        account.email = update.email
        try records.put(account)
        try records.delete(update)
        return Output { $0.status = "ACCEPTED" }
    }
}

extension Call {
    fileprivate func access(on accountID: String, toEmail email: String) throws(ServiceError) -> Authorization {
        let domain = email.split(separator: "@").last.map(String.init) ?? ""
        return try access(on: accountID, ["account:emailtargetdomain": .one(domain)])
    }

    fileprivate func checkUnused(_ email: String) throws(ServiceError) {
        guard directory.account(email: email) == nil else {
            throw .conflict("The primary email is already in use by an account.")
        }
    }
}
