import CognitoIDPAPI
import Platform
import Wire

/// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas>
extension Quota {
    /// Of an account in a Region.
    static let userPools = Quota("CognitoUserPools", 1000)
    /// Of a user pool.
    static let appClients = Quota("CognitoAppClientsPerUserPool", 1000)
    /// Of a user pool.
    static let userPoolGroups = Quota("CognitoGroupsPerUserPool", 10_000)
    /// Of a user pool.
    static let userPoolProviders = Quota("CognitoIdentityProvidersPerUserPool", 300)
    /// Of a user pool.
    static let resourceServers = Quota("CognitoResourceServersPerUserPool", 25)

    static let ofPools: [Quota] = [
        userPools, appClients, userPoolGroups, userPoolProviders, resourceServers,
    ]
}

extension ServiceError {
    static func limitExceeded(_ message: String) -> ServiceError { .cognito(.limitExceededException, message) }
}

extension Paging {
    /// What a list request says about pages: at most 60 items. 0 stands for as many as there can be.
    /// - Throws: InvalidParameterException for a token that no list has given out.
    init<F: PageRequestFields>(cognito input: View<F>, most: Int = 60) throws(ServiceError) {
        let limit = input.pageLimit ?? most
        do throws(ServiceError) {
            try self.init(marker: input.pageToken, maxItems: limit == 0 ? most : min(limit, most))
        } catch {
            throw .invalidParameter("Invalid pagination token.")
        }
    }
}
