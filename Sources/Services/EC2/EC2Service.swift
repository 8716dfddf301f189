import Directory
import EC2API
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// Amazon EC2: networks, instances, volumes, images.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html>
    public static let ec2 = ServiceModule(
        EC2.self, operations: networkOperations + commonOperations + machineOperations,
        events: EventParticulars(source: "ec2.amazonaws.com", namesFaults: true),
        validation: .ofEC2,
        records: EC2Kinds.all.map { $0 as any Record.Type } + [FurnishedRegion.self, EC2Settings.self],
        projections: [EC2Index.self, EC2SettingsIndex.self], resourceTypes: [.ofEC2], jobs: [MoveInstance.self],
        begin: { (environment) throws(ServiceError) in try await environment.beginInstances() },
        quotas: EC2Quotas.all + machineQuotas, samples: ec2Samples,
        prepares: { (input, call) throws(ServiceError) in
            if input["DryRun"] == .boolean(true) { throw .dryRun }
            try await call.furnish()
        },
        refuses: { text, encoded in
            ServiceError(
                "UnauthorizedOperation",
                "You are not authorized to perform this operation. \(text). Encoded authorization failure message: \(encoded())",
                status: 403)
        })

    private static let commonOperations: [any Platform.Operation.Type] = [
        EC2.CreateTags.self, EC2.DeleteTags.self, EC2.DescribeTags.self, EC2.DescribeRegions.self,
        EC2.DescribeAvailabilityZones.self, EC2.DescribeAccountAttributes.self,
    ]

    private static let networkOperations: [any Platform.Operation.Type] = [
        EC2.CreateVpc.self, EC2.CreateDefaultVpc.self, EC2.DeleteVpc.self, EC2.DescribeVpcs.self,
        EC2.DescribeVpcAttribute.self, EC2.ModifyVpcAttribute.self, EC2.ModifyVpcTenancy.self,
        EC2.AssociateVpcCidrBlock.self, EC2.DisassociateVpcCidrBlock.self,
        EC2.CreateSubnet.self, EC2.CreateDefaultSubnet.self, EC2.DeleteSubnet.self, EC2.DescribeSubnets.self,
        EC2.ModifySubnetAttribute.self, EC2.AssociateSubnetCidrBlock.self, EC2.DisassociateSubnetCidrBlock.self,
        EC2.CreateSecurityGroup.self, EC2.DeleteSecurityGroup.self, EC2.DescribeSecurityGroups.self,
        EC2.DescribeSecurityGroupRules.self, EC2.AuthorizeSecurityGroupIngress.self,
        EC2.AuthorizeSecurityGroupEgress.self, EC2.RevokeSecurityGroupIngress.self,
        EC2.RevokeSecurityGroupEgress.self, EC2.ModifySecurityGroupRules.self,
        EC2.UpdateSecurityGroupRuleDescriptionsIngress.self, EC2.UpdateSecurityGroupRuleDescriptionsEgress.self,
        EC2.DescribeSecurityGroupReferences.self, EC2.GetSecurityGroupsForVpc.self,
    ]
}

extension ResourceType {
    /// All of EC2's: their ARNs say which kind they are of.
    static let ofEC2 = ResourceType("ec2", "") { _, arn, call in
        let index = call.environment.projection(EC2Index.self)
        guard let resource = index.find(arn) else { return Resource(ofRule: arn, index) }
        return Resource(ofEC2: resource)
    }
}

extension Resource {
    /// A rule of a security group, which is part of the group; nil: there is no such rule.
    fileprivate init?(ofRule arn: ARN, _ index: EC2Index) {
        let prefix = "security-group-rule/"
        guard arn.resource.hasPrefix(prefix) else { return nil }
        let id = String(arn.resource.dropFirst(prefix.count))
        let groups = index.estate(Scope(account: arn.account, region: arn.region)).all(StoredSecurityGroup.self)
        for group in groups {
            guard let rule = group.rules.first(where: { $0.id == id }) else { continue }
            self.init(owner: group.head.accountID, tags: rule.tags)
            return
        }
        return nil
    }

    /// What decisions know of a resource of EC2.
    /// - Parameter account: who asks.
    init(ofEC2 resource: some EC2Resource, for account: String) {
        // Sharing alone says who may use others' images and snapshots; their tags are nobody else's.
        let isShared = type(of: resource).isShared
        self.init(
            owner: isShared ? nil : resource.head.accountID,
            tags: isShared && resource.head.accountID != account ? [] : resource.head.tags)
        for (key, value) in resource.conditions { context["ec2:\(key)"] = value }
    }
}
