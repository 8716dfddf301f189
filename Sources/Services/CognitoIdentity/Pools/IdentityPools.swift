import CognitoIdentityAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

extension TagRules {
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>
    static let ofIdentityPools = TagRules(
        keys: .exact, duplicate: .invalidParameter("Tag keys must be unique."),
        reserved: { .invalidParameter("Tag key \($0) is reserved: it begins with aws:.") },
        tooMany: .invalidParameter("An identity pool can have at most 50 tags."))
}

extension [Tag] {
    /// Tags as a request has them, in the order of their keys.
    init(_ tags: [String: String]?) {
        self = (tags ?? [:]).sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
    }

    /// Tags as an answer has them.
    var byKey: [String: String] { Dictionary(map { ($0.key, $0.value) }) { first, _ in first } }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html>
extension CognitoIdentity.CreateIdentityPool: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let tags = [Tag](input.identityPoolTags)
        let context = ConditionKeys.requestTags(tags)
        let create = Access("cognito-identity:CreateIdentityPool", on: "*", context: context)
        return .required(create)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try records.count(IdentityPool.self) < call.quotas[.identityPools] else {
            throw .identity(.limitExceededException, "Identity pools count exceeds the limit.")
        }
        let settings = try IdentityPool.Settings(CognitoIdentity.IdentityPool(input))
        let tags = try TagRules.ofIdentityPools.merge([Tag](input.identityPoolTags), into: [])
        let index = call.environment.projection(IdentityPoolIndex.self)
        var id: String
        // The identities of two pools must be told apart by how their ids begin.
        repeat { id = "\(call.region):\(UUID().uuidString.lowercased())" } while index.pool(ofIdentity: id) != nil
        let pool = IdentityPool(
            id: id, accountID: call.accountID, region: call.region, created: call.time, settings: settings, tags: tags)
        try records.put(pool)
        return Output(pool)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html>
extension CognitoIdentity.DescribeIdentityPool: ComputeOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output(try call.identityPool(input.identityPoolId))
    }
}

/// Whatever a request leaves out becomes what it is by default.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UpdateIdentityPool.html>
extension CognitoIdentity.UpdateIdentityPool: WriteOperation, OnIdentityPool {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPool: input.identityPoolId, ConditionKeys.requestTags([Tag](input.identityPoolTags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var pool = try records.identityPool(input.identityPoolId)
        var settings = try IdentityPool.Settings(input)
        // Identities are linked to users by it: it stays.
        if let name = pool.settings.developerProvider {
            guard (settings.developerProvider ?? name) == name else {
                throw .invalidParameter("DeveloperProviderName cannot be changed once it has been set.")
            }
            settings.developerProvider = name
        }
        pool.settings = settings
        if let tags = input.identityPoolTags {
            pool.tags = try TagRules.ofIdentityPools.merge([Tag](tags), into: [])
        }
        try records.put(pool)
        return Output(pool)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DeleteIdentityPool.html>
extension CognitoIdentity.DeleteIdentityPool: WriteOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let pool = try records.identityPool(input.identityPoolId)
        try records.delete(pool)
        try records.schedule(DeleteIdentitiesOfPool(), id: pool.id, at: call.time)
        return Output()
    }
}

/// Deletes the identities of a pool that is no more, some at a time: nobody can reach them.
struct DeleteIdentitiesOfPool: Job {
    static let kind = "CognitoIdentity::DeleteIdentitiesOfPool"
    private static let atOnce = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        var count: Int
        repeat {
            count = try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                let identities = try records.deleteAll(PooledIdentity.self, of: id, limit: Self.atOnce)
                return max(identities, try records.deleteAll(SpentAssertion.self, of: id, limit: Self.atOnce))
            }
        } while count == Self.atOnce
        try await context.finish { _ in }
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_ListIdentityPools.html>
extension CognitoIdentity.ListIdentityPools: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cognito-identity:ListIdentityPools", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(IdentityPool.self, try Paging(identity: input))
        return Output(page) { pool in
            CognitoIdentity.IdentityPoolShortDescription {
                $0.identityPoolId = pool.id
                $0.identityPoolName = pool.settings.name
            }
        }
    }
}

extension RecordReading {
    /// A pool of the records' account and region.
    /// - Throws: ResourceNotFoundException.
    func identityPool(_ id: String) throws(ServiceError) -> IdentityPool {
        guard let pool = try get(IdentityPool.self, id) else { throw .noSuchPool(id) }
        return pool
    }
}

extension Paging {
    /// What a list request says about pages.
    /// - Throws: InvalidParameterException for a token that is not one of ours.
    init<F: PageRequestFields>(identity input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(marker: input.pageToken, maxItems: input.pageLimit ?? 60) } catch {
            throw .invalidParameter("Invalid NextToken.")
        }
    }
}

extension View<CognitoIdentity.IdentityPoolFields> {
    /// The settings of a request to make a pool, as those of a pool that has no id yet.
    init(_ input: CognitoIdentity.CreateIdentityPoolInput) {
        self.init {
            $0.identityPoolName = input.identityPoolName
            $0.allowUnauthenticatedIdentities = input.allowUnauthenticatedIdentities
            $0.allowClassicFlow = input.allowClassicFlow
            $0.supportedLoginProviders = input.supportedLoginProviders
            $0.developerProviderName = input.developerProviderName
            $0.openIdConnectProviderARNs = input.openIdConnectProviderARNs
            $0.cognitoIdentityProviders = input.cognitoIdentityProviders
            $0.samlProviderARNs = input.samlProviderARNs
        }
    }

    /// A pool as answers have it. What a pool does not have is left out.
    init(_ pool: IdentityPool) {
        let settings = pool.settings
        self.init {
            $0.identityPoolId = pool.id
            $0.identityPoolName = settings.name
            $0.allowUnauthenticatedIdentities = settings.allowsGuests
            $0.allowClassicFlow = settings.allowsClassicFlow
            $0.supportedLoginProviders = settings.loginProviders.isEmpty ? nil : settings.loginProviders
            $0.developerProviderName = settings.developerProvider
            $0.openIdConnectProviderARNs = settings.openIDProviderARNs.isEmpty ? nil : settings.openIDProviderARNs
            if !settings.userPools.isEmpty {
                $0.cognitoIdentityProviders = settings.userPools.map { pool in
                    CognitoIdentity.CognitoIdentityProvider {
                        $0.providerName = pool.providerName
                        $0.clientId = pool.clientID
                        $0.serverSideTokenCheck = pool.asksUserPool
                    }
                }
            }
            $0.samlProviderARNs = settings.samlProviderARNs.isEmpty ? nil : settings.samlProviderARNs
            $0.identityPoolTags = pool.tags.byKey
        }
    }
}
