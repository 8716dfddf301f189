import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// User pools and their app clients, as their services answer them; secrets are in none of it.
    static let userPools: [ConfiguredResourceType] = [userPool, userPoolClient, userPoolGroup]

    private static let userPool = ConfiguredResourceType(
        UserPool.kind, of: UserPool.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cognito-idp", name.resource.hasPrefix("userpool/")
            else { return nil }
            return ConfiguredResource(UserPool.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (pool, _) throws(ServiceError) in
            let factors = (try? JSONValue(parsing: Array(pool.multiFactor.utf8)))?["MfaConfiguration"]
            return ConfigurationItem(
                UserPool.kind, id: pool.id, name: pool.name, arn: pool.arn, account: pool.accountID,
                region: pool.region,
                availabilityZone: "Regional", created: pool.created, tags: pool.tags,
                configuration: .object(
                    [
                        JSONMember(key: "UserPoolId", value: .string(pool.id)),
                        JSONMember(key: "UserPoolName", value: .string(pool.name)),
                        JSONMember(key: "Arn", value: .string(pool.arn)),
                        JSONMember(key: "MfaConfiguration", value: factors ?? .string("OFF")),
                    ] + told(pool.settings).filter { $0.key != "MfaConfiguration" }))
        })

    private static let userPoolClient = ConfiguredResourceType(
        UserPoolClient.kind, of: UserPoolClient.self,
        placed: { (client, resource, _) throws(ServiceError) in
            ConfigurationItem(
                UserPoolClient.kind, id: "\(client.poolID)|\(client.id)", name: client.name, arn: nil,
                account: resource.account, region: resource.region, availabilityZone: "Regional",
                created: client.created,
                relationships: [.init("Is contained in UserPool", UserPool.kind, id: client.poolID)],
                configuration: .object(
                    [
                        JSONMember(key: "ClientId", value: .string(client.id)),
                        JSONMember(key: "ClientName", value: .string(client.name)),
                        JSONMember(key: "UserPoolId", value: .string(client.poolID)),
                        JSONMember(key: "GenerateSecret", value: .boolean(!client.secrets.isEmpty)),
                    ] + told(client.settings).filter { $0.key != "ClientSecret" }))
        })

    private static let userPoolGroup = ConfiguredResourceType(
        PoolGroup.kind, of: GroupState.self,
        placed: { (state, resource, _) throws(ServiceError) in
            let group = state.group
            return ConfigurationItem(
                PoolGroup.kind, id: "\(group.poolID)|\(group.name)", name: group.name, arn: nil,
                account: resource.account, region: resource.region, availabilityZone: "Regional",
                created: group.created,
                relationships: [.init("Is contained in UserPool", UserPool.kind, id: group.poolID)],
                configuration: .members([
                    "GroupName": .string(group.name), "UserPoolId": .string(group.poolID),
                    "Description": .perhaps(group.description), "RoleArn": .perhaps(group.roleARN),
                    "Precedence": group.precedence.map { .integer($0) },
                ]))
        })

    private static func told(_ json: String) -> [JSONMember] {
        guard case .object(let members)? = try? JSONValue(parsing: Array(json.utf8)) else { return [] }
        return members
    }
}
