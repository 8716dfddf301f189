import Directory
import Ledger
import Platform
import Wire

// What audits look at of EC2 besides what AWS Config records of it.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let auditedByEC2: [ConfiguredResourceType] = [auditedFlowLog, ec2QuotaUse] + auditedMachines

    /// An item of a resource of EC2.
    static func audited(
        _ resource: some EC2Resource, named name: String? = nil, _ configuration: JSONValue
    ) -> ConfigurationItem {
        ConfigurationItem(
            type(of: resource).kind, id: resource.id, name: name, arn: resource.arn, account: resource.head.accountID,
            region: resource.head.region, created: resource.head.created, tags: resource.head.tags,
            configuration: configuration)
    }

    private static let auditedFlowLog = audited(
        StoredFlowLog.kind, of: StoredFlowLog.self
    ) { (log, _, _) throws(ServiceError) in
        audited(
            log,
            .members([
                "flowLogId": .string(log.id), "resourceId": .string(log.resourceID),
                "trafficType": .string(log.trafficType), "destination": .string(log.destination),
                "error": .perhaps(log.deliveryError),
            ]))
    }

    private static let ec2QuotaUse = quotaUse("EC2") { (scope, state) throws(ServiceError) in
        [
            QuotaUse("VPCs", EC2Quotas.vpcs, try state.count(StoredVPC.self, in: scope)),
            QuotaUse(
                "Internet gateways", EC2Quotas.internetGateways, try state.count(StoredInternetGateway.self, in: scope)),
            QuotaUse("Elastic IP addresses", EC2Quotas.addresses, try state.count(StoredAddress.self, in: scope)),
            QuotaUse("Security groups", EC2Quotas.groups, try state.count(StoredSecurityGroup.self, in: scope)),
            QuotaUse(
                "Network interfaces", EC2Quotas.interfaces, try state.count(StoredNetworkInterface.self, in: scope)),
            QuotaUse("VPC endpoints", EC2Quotas.endpoints, try state.count(StoredEndpoint.self, in: scope)),
            QuotaUse("Prefix lists", EC2Quotas.prefixLists, try state.count(StoredPrefixList.self, in: scope)),
            QuotaUse("Key pairs", .keyPairs, try state.count(StoredKeyPair.self, in: scope)),
            QuotaUse("Volumes", .volumes, try state.count(StoredVolume.self, in: scope)),
            QuotaUse("Snapshots", .snapshots, try state.count(StoredSnapshot.self, in: scope)),
            QuotaUse("Images", .images, try state.count(StoredImage.self, in: scope)),
        ]
    }
}
