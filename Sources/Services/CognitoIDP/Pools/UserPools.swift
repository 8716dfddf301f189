import CognitoIDPAPI
import KMSAPI
import Ledger
import Platform
import Policy
import Wire

// User pools. <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html>

extension ServiceModule {
    static let userPoolOperations: [any Platform.Operation.Type] = [
        CognitoIDP.CreateUserPool.self, CognitoIDP.DescribeUserPool.self, CognitoIDP.UpdateUserPool.self,
        CognitoIDP.DeleteUserPool.self, CognitoIDP.ListUserPools.self, CognitoIDP.AddCustomAttributes.self,
        CognitoIDP.SetUserPoolMfaConfig.self, CognitoIDP.GetUserPoolMfaConfig.self,
        CognitoIDP.TagResource.self, CognitoIDP.UntagResource.self, CognitoIDP.ListTagsForResource.self,
        CognitoIDP.CreateGroup.self, CognitoIDP.GetGroup.self, CognitoIDP.UpdateGroup.self,
        CognitoIDP.DeleteGroup.self, CognitoIDP.ListGroups.self,
    ]
}

extension RecordReading {
    /// A user pool of these records' scope.
    /// - Throws: ResourceNotFoundException.
    func userPool(_ id: String) throws(ServiceError) -> UserPool {
        guard let pool = try get(UserPool.self, id) else { throw .noSuchPool(id) }
        return pool
    }
}

extension RecordReading {
    /// - Throws: UserImportInProgressException while users are being imported into the pool.
    func checkImports(into poolID: String) throws(ServiceError) {
        guard try parts(UserImport.self, of: poolID).contains(where: \.status.isActive) else { return }
        throw .cognito(
            .userImportInProgressException, "A user import job is in progress for the user pool \(poolID).")
    }
}

extension Call {
    /// What a request that gives Cognito a role asks for besides; nothing where it gives none.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    func passing(_ role: String?) -> [Access] {
        guard let role else { return [] }
        return [
            Access(
                "iam:PassRole", on: role, resourceAccount: accountID,
                context: ["iam:passedtoservice": .one(SMSRole.principal)])
        ]
    }
}

extension CognitoIDP.CreateUserPool: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var create = Access("cognito-idp:CreateUserPool", on: "*")
        create.context = ConditionKeys.requestTags(PoolTags.tags(input.userPoolTags))
        create.isOfNewResource = true
        return .required([create] + call.passing(input.smsConfiguration?.snsCallerArn))
    }

    /// The new pool's id, which the role's trust policy and the key's can ask for, and the grant of the key.
    public struct Preparation: Sendable {
        let id: String
        let grant: PreparedCall<KMS.CreateGrant>?
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let id = "\(call.region)_\(Identifiers.mixed(9))"
        try await SMSRole.check(input.smsConfiguration, of: id, call)
        return Preparation(id: id, grant: try await SenderKey.prepareGrant(input.lambdaConfig, of: id, call))
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard input.aliasAttributes?.isEmpty ?? true || input.usernameAttributes?.isEmpty ?? true else {
            throw .invalidParameter(
                "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
        }
        let quota = call.quotas[.userPools]
        guard try records.count(UserPool.self) < quota else {
            throw .limitExceeded("User pool limit exceeded: an account can have \(quota) user pools in a Region.")
        }
        var settings = try CognitoIDP.UserPoolType(requested: input.structure)
        try settings.checkFunctions(of: call.accountID)
        settings.schemaAttributes = try AttributeSchema(creating: input.schema ?? []).views
        let multiFactor = try settings.multiFactor(replacing: nil)
        let pool = UserPool(
            id: prepared.id, accountID: call.accountID, region: call.region,
            name: input.poolName, created: call.time, modified: call.time,
            tags: try PoolTags.rules.merge(PoolTags.tags(input.userPoolTags), into: []),
            settings: settings.structure.json, multiFactor: multiFactor.structure.json)
        try records.put(pool)
        try prepared.grant?.completeForPool(in: records)
        return Output(userPool: try pool.view(records))
    }
}

extension CognitoIDP.DescribeUserPool: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(userPool: try records.userPool(input.userPoolId).view(records))
    }
}

extension CognitoIDP.UpdateUserPool: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var update = Access(
            "cognito-idp:UpdateUserPool",
            on: UserPool.arn(input.userPoolId, region: call.region, account: call.accountID))
        update.context = ConditionKeys.requestTags(PoolTags.tags(input.userPoolTags))
        return .required([update] + call.passing(input.smsConfiguration?.snsCallerArn))
    }

    /// - Returns: the grant of the key under which codes are encrypted.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<KMS.CreateGrant>? {
        let pool = try call.userPool(input.userPoolId)
        try await SMSRole.check(input.smsConfiguration, of: pool.id, call)
        return try await SenderKey.prepareGrant(input.lambdaConfig, of: pool.id, call)
    }

    public static func handle(
        _ input: Input, _ grant: PreparedCall<KMS.CreateGrant>?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var pool = try records.userPool(input.userPoolId)
        try records.checkImports(into: pool.id)
        let old = try pool.readSettings()
        var request = input
        request.userPoolTier = input.userPoolTier ?? old.userPoolTier
        // Once a pool sends messages, it can't be made not to.
        request.smsConfiguration = input.smsConfiguration ?? old.smsConfiguration
        var settings = try CognitoIDP.UserPoolType(requested: request.structure)
        try settings.checkFunctions(of: call.accountID)
        settings.keepImmutable(of: old)
        let multiFactor = try settings.multiFactor(replacing: try pool.readMultiFactor())
        pool.settings = settings.structure.json
        pool.multiFactor = multiFactor.structure.json
        pool.modified = call.time
        if let name = input.poolName { pool.name = name }
        if let tags = input.userPoolTags { pool.tags = try PoolTags.rules.merge(PoolTags.tags(tags), into: []) }
        try records.put(pool)
        try grant?.completeForPool(in: records)
        return Output()
    }
}

extension CognitoIDP.UserPoolType {
    /// What only CreateUserPool can say.
    fileprivate mutating func keepImmutable(of old: CognitoIDP.UserPoolType) {
        schemaAttributes = old.schemaAttributes
        aliasAttributes = old.aliasAttributes
        usernameAttributes = old.usernameAttributes
        usernameConfiguration = old.usernameConfiguration
    }
}

extension CognitoIDP.DeleteUserPool: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        guard try pool.readSettings().deletionProtection != "ACTIVE" else {
            throw .invalidParameter(
                "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be"
                    + " inactivated first.")
        }
        guard try records.domains(of: pool.id).isEmpty else {
            throw .invalidParameter(
                "User pool cannot be deleted. It has a domain configured that should be deleted first.")
        }
        try records.deleteContents(of: pool.id, call)
        try records.delete(pool)
        return Output()
    }
}

extension CognitoIDP.ListUserPools: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cognito-idp:ListUserPools", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(UserPool.self, try Paging(cognito: input))
        return Output(
            try page.map { (pool) throws(ServiceError) in
                let settings = try pool.readSettings()
                return CognitoIDP.UserPoolDescriptionType {
                    $0.id = pool.id
                    $0.name = pool.name
                    $0.lambdaConfig = settings.lambdaConfig
                    $0.lastModifiedDate = Timestamp(secondsSinceEpoch: pool.modified)
                    $0.creationDate = Timestamp(secondsSinceEpoch: pool.created)
                }
            })
    }
}

extension UserPool {
    /// The pool as it is in answers.
    func view(_ records: some RecordReading) throws(ServiceError) -> CognitoIDP.UserPoolType {
        var view = try readSettings()
        view.id = id
        view.name = name
        view.arn = arn
        view.creationDate = Timestamp(secondsSinceEpoch: created)
        view.lastModifiedDate = Timestamp(secondsSinceEpoch: modified)
        view.userPoolTags = Dictionary(tags.map { ($0.key, $0.value) }) { first, _ in first }
        view.estimatedNumberOfUsers = try records.count(PoolUser.self, of: id)
        view.mfaConfiguration = try readMultiFactor().mfaConfiguration
        for domain in try records.domains(of: id) {
            if domain.isCustom { view.customDomain = domain.name } else { view.domain = domain.name }
        }
        return view
    }
}
