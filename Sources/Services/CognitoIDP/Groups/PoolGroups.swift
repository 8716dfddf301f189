import CognitoIDPAPI
import Directory
import Ledger
import Platform
import Wire

// Groups of users. <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>

extension RecordReading {
    /// A group of a user pool.
    /// - Throws: ResourceNotFoundException.
    func group(_ name: String, of poolID: String) throws(ServiceError) -> PoolGroup {
        guard let group = try get(PoolGroup.self, PoolGroup.key(name), of: poolID) else {
            throw .cognito(.resourceNotFoundException, "Group not found.")
        }
        return group
    }
}

extension CognitoIDP.GroupType {
    /// The group as it is in answers.
    init(_ group: PoolGroup) {
        self.init()
        groupName = group.name
        userPoolId = group.poolID
        description = group.description
        roleArn = group.roleARN
        precedence = group.precedence
        creationDate = Timestamp(secondsSinceEpoch: group.created)
        lastModifiedDate = Timestamp(secondsSinceEpoch: group.modified)
    }
}

/// An operation that may give a group a role: whoever asks passes it to Cognito.
private protocol GivesGroupRole: OnUserPool where InputFields: CognitoIDP.MayHaveRoleArn {}

extension GivesGroupRole {
    static func needs(_ input: Input, _ call: Call) -> Authorization {
        let own = Access(
            "cognito-idp:\(call.operation)",
            on: UserPool.arn(input.userPoolId, region: call.region, account: call.accountID))
        return .required([own] + call.passing(input.roleArn))
    }
}

extension CognitoIDP.CreateGroup: WriteOperation, GivesGroupRole {
    public static func access(_ input: Input, _ call: Call) -> Authorization { needs(input, call) }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        guard try records.get(PoolGroup.self, PoolGroup.key(input.groupName), of: pool.id) == nil else {
            throw .cognito(.groupExistsException, "A group with the name already exists.")
        }
        let quota = call.quotas[.userPoolGroups]
        guard try records.count(PoolGroup.self, of: pool.id) < quota else {
            throw .limitExceeded("The limit of \(quota) groups for user pool \(pool.id) has been reached.")
        }
        try PoolGroup.check(role: input.roleArn)
        let group = PoolGroup(
            poolID: pool.id, name: input.groupName, description: input.description, roleARN: input.roleArn,
            precedence: input.precedence, created: call.time, modified: call.time)
        try records.keep(group)
        return Output(group: CognitoIDP.GroupType(group))
    }
}

extension PoolGroup {
    fileprivate static func check(role: String?) throws(ServiceError) {
        guard let role else { return }
        guard let arn = ARN(parsing: role), arn.service == "iam", arn.typeAndRest?.type == "role" else {
            throw .invalidParameter("Invalid role ARN: \(role)")
        }
    }
}

extension CognitoIDP.GetGroup: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        return Output(group: CognitoIDP.GroupType(try records.group(input.groupName, of: pool.id)))
    }
}

extension CognitoIDP.UpdateGroup: WriteOperation, GivesGroupRole {
    public static func access(_ input: Input, _ call: Call) -> Authorization { needs(input, call) }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        var group = try records.group(input.groupName, of: pool.id)
        try PoolGroup.check(role: input.roleArn)
        group.description = input.description ?? group.description
        group.roleARN = input.roleArn ?? group.roleARN
        group.precedence = input.precedence ?? group.precedence
        group.modified = call.time
        try records.keep(group)
        return Output(group: CognitoIDP.GroupType(group))
    }
}

/// The members go first, a few at a time, since there may be millions: what is left of them by then goes with the group.
extension CognitoIDP.DeleteGroup: PreparedWriteOperation, OnUserPool {
    private static let most = 512

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let (poolID, name) = (input.userPoolId, input.groupName)
        while true {
            let isLast = try await call.environment.write(call.scope, requestID: call.requestID) {
                (records) throws(ServiceError) in
                _ = try records.userPool(poolID)
                _ = try records.group(name, of: poolID)
                return try records.deleteMembers(of: name, poolID, limit: most) < most
            }
            if isLast { return }
            await Task.yield()
        }
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let group = try records.group(input.groupName, of: pool.id)
        guard try records.deleteMembers(of: group.name, pool.id, limit: most) < most else {
            throw .cognito(.tooManyRequestsException, "Too many users are being added to the group.")
        }
        try records.forget(group)
        return Output()
    }
}

extension MutableRecords {
    fileprivate func deleteMembers(of group: String, _ poolID: String, limit: Int) throws(ServiceError) -> Int {
        let members = try list(GroupMember.self, of: poolID, RowRange(RowPrefix(.text(group))), limit: limit)
        for member in members { try delete(GroupMember.self, member.key, of: poolID) }
        return members.count
    }
}

extension CognitoIDP.ListGroups: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let paging = try Paging(cognito: input)
        let after = paging.after.map { RowRange.Place.key(PoolGroup.key($0)) }
        let found = try records.list(
            PoolGroup.self, of: pool.id, RowRange(after: after), limit: paging.limit + 1)
        let groups = Array(found.prefix(paging.limit))
        let marker = found.count > groups.count ? groups.last.map { Paging.marker(after: $0.name) } : nil
        return Output(Page(items: groups, marker: marker)) { CognitoIDP.GroupType($0) }
    }
}
