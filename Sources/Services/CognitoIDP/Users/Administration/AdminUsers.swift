import CognitoIDPAPI
import Platform
import Wire

// What administrators do with a user as a whole.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html>

extension CognitoIDP.AdminGetUser: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        return Output {
            $0.username = user.username
            $0.userAttributes = user.attributeViews
            $0.userCreateDate = Timestamp(secondsSinceEpoch: user.created)
            $0.userLastModifiedDate = Timestamp(secondsSinceEpoch: user.modified)
            $0.enabled = user.isEnabled
            $0.userStatus = user.status.rawValue
            $0.preferredMfaSetting = user.factors.preferred
            $0.userMFASettingList = user.factorNames.isEmpty ? nil : user.factorNames
        }
    }
}

extension CognitoIDP.AdminDeleteUser: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        try records.delete(try records.existingUser(named: input.username, of: pool), of: pool, at: call.time)
        return Output()
    }
}

extension MutableRecords {
    /// Changes a user.
    /// - Throws: UserNotFoundException; what the change throws.
    fileprivate func change(
        _ name: String, of poolID: String, _ call: Call, _ body: (inout PoolUser) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        let pool = try call.userPool(poolID)
        let old = try existingUser(named: name, of: pool)
        var user = old
        try body(&user)
        user.modified = call.time
        try put(user, replacing: old, of: pool)
    }
}

extension CognitoIDP.AdminEnableUser: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(input.username, of: input.userPoolId, call) { $0.isEnabled = true }
        return Output()
    }
}

/// The user's tokens end with it, and stay so when the user is enabled again.
extension CognitoIDP.AdminDisableUser: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(input.username, of: input.userPoolId, call) { user in
            user.isEnabled = false
            user.signedOutBefore = call.time
        }
        return Output()
    }
}

extension CognitoIDP.AdminConfirmSignUp: PreparedWriteOperation, OnUserPool {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        try call.takeRate(.userCreation)
        let pool = try call.userPool(input.userPoolId)
        let name = input.username
        let user = try await call.keep { (records) throws(ServiceError) in
            let old = try records.existingUser(named: name, of: pool)
            try old.checkCanBeConfirmed()
            var user = old
            user.status = .confirmed
            user.modified = call.time
            try records.put(user, replacing: old, of: pool)
            try records.delete(
                UserCode.self, UserCode.key(user.name, UserCode.Purpose.signUp.name), of: pool.id)
            return user
        }
        try await call.askPostConfirmation(
            "PostConfirmation_ConfirmSignUp",
            MessageContext(pool: pool, user: user, metadata: input.clientMetadata ?? [:]))
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output { Output() }
}

extension CognitoIDP.AdminUpdateUserAttributes: PreparedWriteOperation, OnUserPool {
    /// The change, checked.
    public struct Preparation: Sendable {
        let change: AttributeChange
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let pool = try call.userPool(input.userPoolId)
        try pool.check(input.userAttributes, by: .administrator)
        let name = input.username
        let user = try await call.read { (records) throws(ServiceError) in
            try records.existingUser(named: name, of: pool)
        }
        let context = MessageContext(pool: pool, user: user, metadata: input.clientMetadata ?? [:])
        return Preparation(change: try await AttributeChange(input.userAttributes, of: context, call))
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try prepared.change.perform(call, records)
        return Output()
    }
}

extension CognitoIDP.AdminDeleteUserAttributes: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        try pool.checkDeletion(input.userAttributeNames, by: .administrator)
        try records.change(input.username, of: pool.id, call) { (user) throws(ServiceError) in
            try user.delete(input.userAttributeNames)
        }
        return Output()
    }
}
