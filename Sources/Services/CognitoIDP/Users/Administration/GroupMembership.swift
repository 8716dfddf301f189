import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Who is in which group. <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>

extension GroupMember {
    /// In how many groups a user can be.
    static let mostGroups = 100
}

extension CognitoIDP.AdminAddUserToGroup: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        let group = try records.group(input.groupName, of: pool.id)
        let member = GroupMember(poolID: pool.id, group: group.name, user: user.name)
        guard try records.get(GroupMember.self, member.key, of: pool.id) == nil else { return Output() }
        let range = RowIndexRange(RowPrefix(.text(user.name)))
        let count = try records.list(
            GroupMember.self, by: "user", of: pool.id, range, limit: GroupMember.mostGroups
        ).count
        guard count < GroupMember.mostGroups else {
            throw .cognito(
                .limitExceededException, "A user can be in at most \(GroupMember.mostGroups) groups.")
        }
        try records.put(member)
        return Output()
    }
}

extension CognitoIDP.AdminRemoveUserFromGroup: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        let group = try records.group(input.groupName, of: pool.id)
        try records.delete(GroupMember.self, GroupMember.key(group.name, user.name), of: pool.id)
        return Output()
    }
}

extension CognitoIDP.AdminListGroupsForUser: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        let paging = try Paging(cognito: input)
        let place = paging.after.map { group in
            (value: RowKey(.text(user.name), .text(group)), key: GroupMember.key(group, user.name))
        }
        let range = RowIndexRange(RowPrefix(.text(user.name)), after: place)
        let found = try records.list(GroupMember.self, by: "user", of: pool.id, range, limit: paging.limit + 1)
        var groups: [PoolGroup] = []
        for member in found.prefix(paging.limit) {
            if let group = try records.get(PoolGroup.self, PoolGroup.key(member.group), of: pool.id) {
                groups.append(group)
            }
        }
        let last = found.count > paging.limit ? found.prefix(paging.limit).last : nil
        return Output(
            Page(items: groups, marker: last.map { Paging.marker(after: $0.group) })
        ) { CognitoIDP.GroupType($0) }
    }
}

extension CognitoIDP.ListUsersInGroup: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let group = try records.group(input.groupName, of: pool.id)
        let paging = try Paging(cognito: input)
        let place = paging.after.map { RowRange.Place.key(GroupMember.key(group.name, $0)) }
        let range = RowRange(RowPrefix(.text(group.name)), after: place)
        let found = try records.list(GroupMember.self, of: pool.id, range, limit: paging.limit + 1)
        var users: [PoolUser] = []
        for member in found.prefix(paging.limit) {
            if let user = try records.get(PoolUser.self, PoolUser.key(member.user), of: pool.id) {
                users.append(user)
            }
        }
        let last = found.count > paging.limit ? found.prefix(paging.limit).last : nil
        return Output(Page(items: users, marker: last.map { Paging.marker(after: $0.user) })) {
            CognitoIDP.UserType($0)
        }
    }
}
