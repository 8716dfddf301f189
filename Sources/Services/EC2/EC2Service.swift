import Directory
import EC2API
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// Amazon EC2: networks, instances, volumes, images.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html>
    public static let ec2 = ServiceModule(
        EC2.self,
        operations: networkOperations + routeOperations + interfaceOperations + commonOperations + machineOperations,
        events: EventParticulars(source: "ec2.amazonaws.com", namesFaults: true),
        validation: .ofEC2,
        records: EC2Kinds.all.map { $0 as any Record.Type }
            + [
                FurnishedRegion.self, ClaimedAddress.self, EC2Settings.self, PublicAccessBlock.self, StoredConsole.self,
            ],
        projections: [EC2Index.self, EC2SettingsIndex.self], resourceTypes: [.ofEC2],
        configuredResources: ConfiguredResourceType.ofEC2,
        auditedResources: ConfiguredResourceType.auditedByEC2, jobs: machineJobs,
        begin: { (environment) throws(ServiceError) in try await environment.beginInstances() },
        quotas: EC2Quotas.all + machineQuotas + [.publicAccessExclusions], samples: ec2Samples,
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
        EC2.DescribeStaleSecurityGroups.self, EC2.DescribeVpcBlockPublicAccessOptions.self,
        EC2.ModifyVpcBlockPublicAccessOptions.self, EC2.CreateVpcBlockPublicAccessExclusion.self,
        EC2.ModifyVpcBlockPublicAccessExclusion.self, EC2.DeleteVpcBlockPublicAccessExclusion.self,
        EC2.DescribeVpcBlockPublicAccessExclusions.self,
    ]

    private static let routeOperations: [any Platform.Operation.Type] = [
        EC2.CreateRouteTable.self, EC2.DeleteRouteTable.self, EC2.DescribeRouteTables.self,
        EC2.AssociateRouteTable.self, EC2.DisassociateRouteTable.self, EC2.ReplaceRouteTableAssociation.self,
        EC2.CreateRoute.self, EC2.ReplaceRoute.self, EC2.DeleteRoute.self,
        EC2.CreateInternetGateway.self, EC2.DeleteInternetGateway.self, EC2.DescribeInternetGateways.self,
        EC2.AttachInternetGateway.self, EC2.DetachInternetGateway.self, EC2.CreateEgressOnlyInternetGateway.self,
        EC2.DeleteEgressOnlyInternetGateway.self, EC2.DescribeEgressOnlyInternetGateways.self,
        EC2.CreateNatGateway.self, EC2.DeleteNatGateway.self, EC2.DescribeNatGateways.self,
        EC2.CreateDhcpOptions.self, EC2.DeleteDhcpOptions.self, EC2.DescribeDhcpOptions.self,
        EC2.AssociateDhcpOptions.self,
        EC2.CreateNetworkAcl.self, EC2.DeleteNetworkAcl.self, EC2.DescribeNetworkAcls.self,
        EC2.CreateNetworkAclEntry.self, EC2.ReplaceNetworkAclEntry.self, EC2.DeleteNetworkAclEntry.self,
        EC2.ReplaceNetworkAclAssociation.self,
    ]

    private static let interfaceOperations: [any Platform.Operation.Type] = [
        EC2.CreateNetworkInterface.self, EC2.DeleteNetworkInterface.self, EC2.DescribeNetworkInterfaces.self,
        EC2.DescribeNetworkInterfaceAttribute.self, EC2.ModifyNetworkInterfaceAttribute.self,
        EC2.ResetNetworkInterfaceAttribute.self, EC2.AttachNetworkInterface.self, EC2.DetachNetworkInterface.self,
        EC2.AssignPrivateIpAddresses.self, EC2.UnassignPrivateIpAddresses.self, EC2.AssignIpv6Addresses.self,
        EC2.UnassignIpv6Addresses.self, EC2.AllocateAddress.self, EC2.ReleaseAddress.self,
        EC2.AssociateAddress.self, EC2.DisassociateAddress.self, EC2.DescribeAddresses.self,
        EC2.DescribeAddressesAttribute.self,
        EC2.CreateManagedPrefixList.self, EC2.DeleteManagedPrefixList.self, EC2.ModifyManagedPrefixList.self,
        EC2.DescribeManagedPrefixLists.self, EC2.GetManagedPrefixListEntries.self,
        EC2.GetManagedPrefixListAssociations.self, EC2.RestoreManagedPrefixListVersion.self,
        EC2.DescribePrefixLists.self,
        EC2.CreateVpcEndpoint.self, EC2.DeleteVpcEndpoints.self, EC2.ModifyVpcEndpoint.self,
        EC2.DescribeVpcEndpoints.self, EC2.DescribeVpcEndpointServices.self,
        EC2.DescribeVpcEndpointServicePermissions.self,
        EC2.CreateFlowLogs.self, EC2.DeleteFlowLogs.self, EC2.DescribeFlowLogs.self,
        EC2.DescribeTransitGateways.self, EC2.DescribeClientVpnEndpoints.self, EC2.DescribeVpnConnections.self,
        EC2.DescribeVpcPeeringConnections.self,
    ]
}

extension ResourceType {
    /// All of EC2's: their ARNs say which kind they are of.
    static let ofEC2 = ResourceType("ec2", "") { _, arn, call in
        let index = call.environment.projection(EC2Index.self)
        if let resource = index.find(arn) { return Resource(ofEC2: resource, for: call.accountID) }
        if let image = call.operatorImage(arn) { return Resource(ofEC2: image, for: call.accountID) }
        return Resource(ofRule: arn, index)
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
