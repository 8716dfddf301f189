import CognitoIdentityAPI
import Directory
import Platform
import Wire

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html>
extension CognitoIdentity.SetIdentityPoolRoles: WriteOperation {
    private static let mostRules = 25

    /// Whoever sets roles hands their permissions to users, and has to be allowed to pass each of them on.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html#granting-pass-role-permission>
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var accesses = [Access("cognito-identity:SetIdentityPoolRoles", on: "*")]
        let poolARN = IdentityPool.arn(input.identityPoolId, region: call.region, account: call.accountID)
        let mapped = (input.roleMappings ?? [:]).values.flatMap { $0.rulesConfiguration?.rules ?? [] }.map(\.roleARN)
        for arn in Set(Array(input.roles.values) + mapped).sorted() {
            guard let role = ARN(parsing: arn), role.service == "iam", role.typeAndRest?.type == "role" else {
                throw .invalidParameter("Invalid role ARN: \(arn)")
            }
            var pass = Access(
                "iam:PassRole", on: arn, resourceAccount: role.account,
                context: [
                    "iam:passedtoservice": .one(IdentityPool.provider), "iam:associatedresourcearn": .one(poolARN),
                ])
            pass.denial = { _ in .forbiddenRole(arn) }
            accesses.append(pass)
        }
        return .required(accesses)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var pool = try records.identityPool(input.identityPoolId)
        let names = LoginProvider.mappingNames(of: pool)
        var mappings: [String: IdentityPool.RoleMapping] = [:]
        for (name, mapping) in input.roleMappings ?? [:] {
            guard names.contains(name) else {
                throw .invalidParameter(
                    "\(name) is not a valid RoleMapping ProviderName or is not a configured provider.")
            }
            mappings[name] = try checked(mapping, of: name)
        }
        pool.roles = input.roles
        pool.roleMappings = mappings
        try records.put(pool)
        return Output()
    }

    private static func checked(
        _ mapping: CognitoIdentity.RoleMapping, of provider: String
    ) throws(ServiceError) -> IdentityPool.RoleMapping {
        guard let kind = IdentityPool.RoleMapping.Kind(rawValue: mapping.type) else {
            throw .invalidParameter("Invalid RoleMapping Type: \(mapping.type)")
        }
        guard let text = mapping.ambiguousRoleResolution,
            let resolution = IdentityPool.RoleMapping.Resolution(rawValue: text)
        else { throw .invalidParameter("AmbiguousRoleResolution is required for the RoleMapping of \(provider).") }
        guard kind == .rules else {
            guard mapping.rulesConfiguration == nil else {
                throw .invalidParameter("RulesConfiguration must not be specified for the RoleMapping Type Token.")
            }
            return IdentityPool.RoleMapping(kind: kind, resolution: resolution, rules: [])
        }
        guard let configuration = mapping.rulesConfiguration, !configuration.rules.isEmpty else {
            throw .invalidParameter("RulesConfiguration is required for the RoleMapping Type Rules.")
        }
        guard configuration.rules.count <= mostRules else {
            throw .invalidParameter("At most \(mostRules) rules are allowed per identity provider.")
        }
        var rules: [IdentityPool.MappingRule] = []
        for rule in configuration.rules {
            guard let match = IdentityPool.MappingRule.Match(rawValue: rule.matchType) else {
                throw .invalidParameter("Invalid MatchType: \(rule.matchType)")
            }
            rules.append(
                IdentityPool.MappingRule(claim: rule.claim, match: match, value: rule.value, roleARN: rule.roleARN))
        }
        return IdentityPool.RoleMapping(kind: kind, resolution: resolution, rules: rules)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html>
extension CognitoIdentity.GetIdentityPoolRoles: ComputeOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let pool = try call.identityPool(input.identityPoolId)
        let mappings = pool.roleMappings.mapValues(CognitoIdentity.RoleMapping.init)
        return Output(
            identityPoolId: pool.id, roles: pool.roles, roleMappings: mappings.isEmpty ? nil : mappings)
    }
}

extension View<CognitoIdentity.RoleMappingFields> {
    fileprivate init(_ mapping: IdentityPool.RoleMapping) {
        self.init {
            $0.type = mapping.kind.rawValue
            $0.ambiguousRoleResolution = mapping.resolution.rawValue
            guard mapping.kind == .rules else { return }
            $0.rulesConfiguration = CognitoIdentity.RulesConfigurationType {
                $0.rules = mapping.rules.map { rule in
                    CognitoIdentity.MappingRule {
                        $0.claim = rule.claim
                        $0.matchType = rule.match.rawValue
                        $0.value = rule.value
                        $0.roleARN = rule.roleARN
                    }
                }
            }
        }
    }
}
