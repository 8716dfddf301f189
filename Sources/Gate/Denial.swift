import Platform
import Policy

extension AccessDecision {
    /// The denial as `DecodeAuthorizationMessage` shows it to whoever may decode it.
    var authorizationMessage: AuthorizationMessage {
        AuthorizationMessage(
            request, by: context.call.caller, decision, statement: decidingStatement, conditions: context.all)
    }

    private var decidingStatement: Statement? {
        guard let reference = decision.statement else { return nil }
        let control = ((inputs.serviceControl ?? []) + (inputs.resourceControl ?? [])).flatMap { $0 }
        let policies =
            inputs.identity + [inputs.roleTrust, inputs.resource, inputs.accessControlList].compactMap { $0 }
            + (inputs.boundaries ?? [])
            + (inputs.session ?? []) + control
        let statements = policies.first { $0.source == reference.policy }?.document.statements ?? []
        return statements.indices.contains(reference.index) ? statements[reference.index] : nil
    }
}

extension CallContext {
    /// The condition keys that the request has, but for the tags of its principal.
    var all: [(key: String, value: ContextValue)] {
        let given = resolved.context
        let own = given.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        let global = Self.globalKeys.split(separator: " ").compactMap { name in
            given[name.lowercased()] == nil
                ? value(of: name.lowercased()).map { (key: String(name), value: $0) } : nil
        }
        return own + global
    }

    private static let globalKeys = """
        aws:username aws:userid aws:PrincipalArn aws:PrincipalAccount aws:PrincipalType aws:ResourceAccount \
        aws:SourceIp aws:UserAgent aws:CurrentTime aws:EpochTime aws:SecureTransport aws:RequestedRegion \
        aws:ViaAWSService aws:PrincipalIsAWSService aws:MultiFactorAuthPresent aws:MultiFactorAuthAge \
        aws:TokenIssueTime aws:SourceIdentity aws:FederatedProvider aws:PrincipalOrgID aws:PrincipalOrgPaths \
        aws:ResourceOrgID aws:ResourceOrgPaths aws:CalledVia aws:CalledViaFirst aws:CalledViaLast \
        aws:PrincipalServiceName aws:PrincipalServiceNamesList aws:SourceArn aws:SourceAccount aws:SourceOrgID aws:SourceOrgPaths \
        aws:SourceVpce aws:SourceVpc aws:SourceVpcArn aws:VpcSourceIp aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths \
        ec2:RoleDelivery ec2:SourceInstanceARN aws:Ec2InstanceSourceVpc aws:Ec2InstanceSourcePrivateIPv4
        """
}
