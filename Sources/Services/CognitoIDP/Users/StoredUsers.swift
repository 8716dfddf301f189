import CognitoIDPAPI
import Ledger
import Platform
import Wire

extension PoolEntry {
    /// What a user can be found by besides the user name.
    ///
    /// Addresses are aliases once they are verified, and preferred user names once the user is confirmed; where an address is
    /// the user name, it is one from the start.
    func aliases(of user: PoolUser) -> [UserAlias] {
        var aliases: [UserAlias] = []
        if let attribute = user.signInAttribute, let value = user[attribute: attribute] {
            aliases.append(alias(attribute, value, of: user))
        }
        for attribute in aliasAttributes {
            guard let value = user[attribute: attribute], !value.isEmpty else { continue }
            let isActive =
                attribute == "preferred_username"
                ? user.status != .unconfirmed : user[attribute: "\(attribute)_verified"] == "true"
            if isActive { aliases.append(alias(attribute, value, of: user)) }
        }
        for identity in user.identities {
            aliases.append(
                UserAlias(
                    poolID: id, attribute: UserAlias.identity,
                    value: UserAlias.value(
                        ofIdentity: identity.userID, at: identity.providerName, claim: identity.claim),
                    user: user.name))
        }
        return aliases
    }

    private func alias(_ attribute: String, _ value: String, of user: PoolUser) -> UserAlias {
        UserAlias(poolID: id, attribute: attribute, value: folded(value), user: user.name)
    }
}

extension RecordReading {
    /// A user of a pool by what requests name them by: the user name, an alias where the pool has any, or `sub`.
    /// - Returns: nil: there is none.
    func user(named name: String, of pool: PoolEntry) throws(ServiceError) -> PoolUser? {
        let records = of(pool.scope)
        let folded = pool.folded(name)
        if let user = try records.get(PoolUser.self, PoolUser.key(folded), of: pool.id) { return user }
        for attribute in pool.usernameAttributes + pool.aliasAttributes {
            guard let alias = try records.get(UserAlias.self, UserAlias.key(attribute, folded), of: pool.id) else {
                continue
            }
            return try records.get(PoolUser.self, PoolUser.key(alias.user), of: pool.id)
        }
        return try user(sub: name, of: pool)
    }

    /// A user of a pool.
    /// - Throws: UserNotFoundException.
    func existingUser(named name: String, of pool: PoolEntry) throws(ServiceError) -> PoolUser {
        guard let user = try user(named: name, of: pool) else { throw .noSuchUser }
        return user
    }

    /// A user by `sub`.
    func user(sub: String, of pool: PoolEntry) throws(ServiceError) -> PoolUser? {
        guard sub.utf8.count == 36 else { return nil }
        return try of(pool.scope).list(
            PoolUser.self, by: "sub", of: pool.id, RowIndexRange(RowPrefix(.text(sub.lowercased()))), limit: 1
        ).first
    }

    /// The user to whom an identity of a provider belongs or is linked.
    /// - Parameter claim: the provider's claim that has the user's id; nil: its subject.
    func user(
        identity userID: String, at provider: String, claim: String? = nil, of pool: PoolEntry
    ) throws(ServiceError) -> PoolUser? {
        let value = UserAlias.value(ofIdentity: userID, at: provider, claim: claim)
        let key = UserAlias.key(UserAlias.identity, value)
        guard let alias = try of(pool.scope).get(UserAlias.self, key, of: pool.id) else { return nil }
        return try of(pool.scope).get(PoolUser.self, PoolUser.key(alias.user), of: pool.id)
    }

    /// The claims by which a provider's users are linked to users, besides the subject, as far as the links are no longer than
    /// what is indexed.
    /// - Complexity: a look-up for each.
    func linkedClaims(at provider: String, of pool: PoolEntry) throws(ServiceError) -> Set<String> {
        let start = provider + UserAlias.separator
        let groups = try of(pool.scope).list(
            UserAlias.self, of: pool.id, RowRange(RowPrefix(.text(UserAlias.identity), beginning: start)),
            groupedBy: UserAlias.separator, limit: 1000)
        var claims: Set<String> = []
        for case .group(let prefix) in groups {
            let claim = prefix.beginning.dropFirst(start.utf8.count).dropLast(UserAlias.separator.utf8.count)
            claims.insert(String(decoding: claim, as: UTF8.self))
        }
        return claims
    }

    /// The groups that a user is in, in the order of their names: at most a hundred, as the quota has it.
    func groups(of user: PoolUser) throws(ServiceError) -> [PoolGroup] {
        let range = RowIndexRange(RowPrefix(.text(user.name)))
        var groups: [PoolGroup] = []
        for member in try list(GroupMember.self, by: "user", of: user.poolID, range, limit: 100) {
            if let group = try get(PoolGroup.self, PoolGroup.key(member.group), of: user.poolID) {
                groups.append(group)
            }
        }
        return groups
    }
}

extension MutableRecords {
    /// Stores a user, and what the user is found by.
    /// - Parameters:
    ///   - old: the user as the rows have it; nil: there is none yet.
    ///   - takesAliases: whether an alias that another user has becomes this one's; the other's address isn't verified any
    ///     more then.
    /// - Throws: AliasExistsException where another user has an alias; UsernameExistsException where the name is taken.
    func put(
        _ user: PoolUser, replacing old: PoolUser?, of pool: PoolEntry, takesAliases: Bool = false
    ) throws(ServiceError) {
        let records = of(pool.scope)
        if old == nil, try records.get(PoolUser.self, user.key, of: pool.id) != nil { throw .userExists }
        let aliases = pool.aliases(of: user)
        let earlier = old.map { pool.aliases(of: $0) } ?? []
        // All is checked before anything is changed: whoever goes on after an error finds everything as it was.
        var others: [UserAlias] = []
        for alias in aliases where !earlier.contains(alias) {
            guard let other = try records.get(UserAlias.self, alias.key, of: pool.id), other.user != user.name else {
                continue
            }
            guard takesAliases, alias.attribute != UserAlias.identity else { throw .aliasExists(alias.attribute) }
            others.append(other)
        }
        for other in others { try records.giveUp(other, of: pool) }
        for alias in earlier where !aliases.contains(alias) {
            try records.delete(UserAlias.self, alias.key, of: pool.id)
        }
        for alias in aliases where !earlier.contains(alias) { try records.put(alias) }
        try records.put(user)
    }

    /// Takes an alias from the user who has it.
    private func giveUp(_ alias: UserAlias, of pool: PoolEntry) throws(ServiceError) {
        guard var user = try get(PoolUser.self, PoolUser.key(alias.user), of: pool.id) else { return }
        if alias.attribute == "preferred_username" {
            user[attribute: alias.attribute] = nil
        } else {
            user[attribute: "\(alias.attribute)_verified"] = "false"
        }
        try put(user)
    }

    /// Deletes a user, and all that belongs to the user alone.
    func delete(_ user: PoolUser, of pool: PoolEntry, at time: Double) throws(ServiceError) {
        let records = of(pool.scope)
        for alias in pool.aliases(of: user) {
            let stored = try records.get(UserAlias.self, alias.key, of: pool.id)
            if stored?.user == user.name { try records.delete(UserAlias.self, alias.key, of: pool.id) }
        }
        for member in try records.list(
            GroupMember.self, by: "user", of: pool.id, RowIndexRange(RowPrefix(.text(user.name))),
            limit: GroupMember.mostGroups)
        { try records.delete(GroupMember.self, member.key, of: pool.id) }
        try records.forgetCodes(of: user)
        try records.forgetDevices(of: user)
        try records.forgetPasskeys(of: user)
        try records.forgetAuthEvents(of: user, at: time)
        try records.delete(PoolUser.self, user.key, of: pool.id)
    }
}

extension ServiceError {
    static var userExists: ServiceError { .cognito(.usernameExistsException, "User already exists") }

    static func aliasExists(_ attribute: String) -> ServiceError {
        .cognito(.aliasExistsException, "An account with the \(attribute) already exists.")
    }
}
