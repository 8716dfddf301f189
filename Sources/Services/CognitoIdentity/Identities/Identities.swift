import CognitoIdentityAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html>
extension CognitoIdentity.GetId: PreparedWriteOperation, OfAnybody {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> ProvedLogins {
        try await prove(input, call).logins
    }

    public static func handle(
        _ input: Input, _ shown: ProvedLogins, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        if let account = input.accountId, account != pool.accountID { throw .noSuchPool(pool.id) }
        guard !shown.isEmpty else {
            guard pool.settings.allowsGuests else { throw .guestsNotSupported }
            let guest = PooledIdentity(in: pool, logins: [], at: call.time)
            try records.put(guest)
            return Output(identityId: guest.id)
        }
        let linking = try IdentityLinking(shown.logins.map(\.login), in: pool, at: call.time, records)
        try linking.put(in: records)
        return Output(identityId: linking.identity.id)
    }
}

extension ServiceError {
    static var guestsNotSupported: ServiceError {
        .notAuthorized("Unauthenticated access is not supported for this identity pool.")
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkIdentity.html>
extension CognitoIdentity.UnlinkIdentity: PreparedWriteOperation, OfAnybody {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> ProvedLogins {
        try await prove(input, call).logins
    }

    public static func handle(
        _ input: Input, _ shown: ProvedLogins, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let pool = pool(input, call.environment) else { throw .noSuchIdentity(input.identityId) }
        var identity = try records.identity(input.identityId, of: pool)
        guard !shown.isEmpty else { throw .forbiddenIdentity(identity.id) }
        guard shown.logins.allSatisfy({ identity.logins.contains($0.login) }) else { throw .otherLogins }
        let gone = Set(input.loginsToRemove)
        let left = identity.logins.filter { !gone.contains($0.provider) }
        guard gone.isSubset(of: identity.logins.map(\.provider)) else {
            throw .notAuthorized("Login is not linked to this identity.")
        }
        identity.logins = left
        identity.modified = call.time
        try records.put(identity)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentity.html>
extension CognitoIdentity.DescribeIdentity: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        guard let pool = call.environment.identityPool(ofIdentity: input.identityId), pool.scope == call.scope else {
            return .required(Access("cognito-identity:DescribeIdentity", on: "*"))
        }
        return .required(call.access(namingPool: pool.id))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let pool = call.environment.identityPool(ofIdentity: input.identityId), pool.scope == call.scope else {
            throw .noSuchIdentity(input.identityId)
        }
        return Output(try records.identity(input.identityId, of: pool))
    }
}

extension View<CognitoIdentity.IdentityDescriptionFields> {
    init(_ identity: PooledIdentity) {
        // Several users of a developer provider are one provider.
        var names: [String] = []
        for login in identity.logins where !names.contains(login.provider) { names.append(login.provider) }
        self.init(
            identityId: identity.id, logins: names.isEmpty ? nil : names,
            creationDate: Timestamp(secondsSinceEpoch: identity.created),
            lastModifiedDate: Timestamp(secondsSinceEpoch: identity.modified))
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_ListIdentities.html>
extension CognitoIdentity.ListIdentities: ReadOperation, OnIdentityPool {
    /// How often rows are looked through for a page, which may be short then.
    private static let mostReads = 10

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        let hides = input.hideDisabled ?? false
        var (found, after) = ([PooledIdentity](), try Paging(identity: input).after)
        let limit = input.maxResults
        var isMore = true
        for _ in 0..<mostReads where found.count <= limit && isMore {
            let rows = try records.list(
                PooledIdentity.self, of: pool.id, RowRange(after: after.map { .key(PooledIdentity.key($0)) }),
                limit: limit + 1)
            found += rows.filter { $0.isEnabled || !hides }
            after = rows.last?.id
            isMore = rows.count > limit
        }
        let page = Array(found.prefix(limit))
        let last = found.count > limit ? page.last?.id : isMore ? after : nil
        let next = last.map { Paging.marker(after: $0) }
        return Output(
            identityPoolId: pool.id, identities: page.map { CognitoIdentity.IdentityDescription($0) }, nextToken: next)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DeleteIdentities.html>
extension CognitoIdentity.DeleteIdentities: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let pools = Set(input.identityIdsToDelete.compactMap { pool(of: $0, call)?.id })
        guard !pools.isEmpty else { return .required(Access("cognito-identity:DeleteIdentities", on: "*")) }
        return .required(pools.sorted().map { call.access(namingPool: $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var unprocessed: [CognitoIdentity.UnprocessedIdentityId] = []
        for id in input.identityIdsToDelete {
            if let pool = pool(of: id, call) {
                try records.delete(PooledIdentity.self, PooledIdentity.key(id), of: pool.id)
            } else {
                unprocessed.append(
                    CognitoIdentity.UnprocessedIdentityId {
                        $0.identityId = id
                        $0.errorCode = "AccessDenied"
                    })
            }
        }
        return Output(unprocessedIdentityIds: unprocessed)
    }

    private static func pool(of identity: String, _ call: Call) -> IdentityPool? {
        call.environment.identityPool(ofIdentity: identity).flatMap { $0.scope == call.scope ? $0 : nil }
    }
}
