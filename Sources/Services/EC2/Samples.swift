import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let digits = "0000000000000001a"

/// Made-up inputs, with which OPERATIONS.md is generated.
let ec2Samples = Samples(
    texts: [
        "VpcId": "vpc-\(digits)", "SubnetId": "subnet-\(digits)", "GroupId": "sg-\(digits)",
        "RouteTableId": "rtb-\(digits)", "InternetGatewayId": "igw-\(digits)", "GatewayId": "igw-\(digits)",
        "NetworkAclId": "acl-\(digits)", "NetworkInterfaceId": "eni-\(digits)", "AllocationId": "eipalloc-\(digits)",
        "PrefixListId": "pl-\(digits)", "VpcEndpointId": "vpce-\(digits)", "NatGatewayId": "nat-\(digits)",
        "DhcpOptionsId": "dopt-\(digits)", "EgressOnlyInternetGatewayId": "eigw-\(digits)",
        "SecurityGroupRuleId": "sgr-\(digits)", "Resources": "vpc-\(digits)", "CidrBlock": "10.0.0.0/16",
        "InstanceId": "i-\(digits)", "FlowLogIds": "fl-\(digits)", "VpcEndpointIds": "vpce-\(digits)",
        "ResourceIds": "vpc-\(digits)", "SecurityGroupIds": "sg-\(digits)", "SubnetIds": "subnet-\(digits)",
        "RouteTableIds": "rtb-\(digits)", "ServiceName": "com.amazonaws.us-east-1.s3", "InstanceTenancy": "default",
        "AvailabilityZone": "us-east-1a", "LaunchTemplateId": "lt-\(digits)", "LaunchTemplateName": "web",
        "ExclusionId": "vpcbpa-exclude-\(digits)", "ServiceId": "vpce-svc-\(digits)",
    ],
    // Which types of resources may be tagged depends on the operation.
    absent: ["TagSpecifications"],
    furnish: { environment in try await furnish(environment) })

/// One of each, with a tag.
private func furnish(_ environment: Environment) async throws {
    func head(_ prefix: String) -> EC2Head {
        EC2Head(
            id: "\(prefix)-\(digits)", accountID: account, region: "us-east-1", created: Samples.time,
            tags: [Tag(key: "a", value: "b")])
    }
    let (vpc, list) = ("vpc-\(digits)", "acl-\(digits)")
    let heads = Dictionary(uniqueKeysWithValues: EC2Kinds.all.map { ($0.prefix, head($0.prefix)) })
    guard let ofVPC = heads["vpc"], let ofSubnet = heads["subnet"], let ofTable = heads["rtb"],
        let ofList = heads["acl"],
        let ofGroup = heads["sg"], let ofGateway = heads["igw"]
    else { return }
    try await environment.write(Scope(account: account, region: "us-east-1"), requestID: "") {
        (records) throws(ServiceError) in
        try records.put(FurnishedRegion(time: Samples.time))
        try records.put(
            StoredVPC(
                head: ofVPC, blocks: [AssociatedBlock(associationID: "x", block: "10.0.0.0/16")], isDefault: true,
                dhcpOptionsID: "default", mainRouteTableID: ofTable.id, mainAssociationID: "x",
                defaultNetworkACLID: list, defaultGroupID: ofGroup.id))
        try records.put(StoredRouteTable(head: ofTable, vpcID: vpc))
        try records.put(StoredNetworkACL(head: ofList, vpcID: vpc, isDefault: true, entries: []))
        try records.put(StoredInternetGateway(head: ofGateway, vpcID: vpc))
        try records.put(
            StoredSubnet(
                head: ofSubnet, vpcID: vpc, block: "10.0.0.0/24", zone: "us-east-1a", isDefault: true,
                networkACLID: list, networkACLAssociationID: "x"))
        try records.put(
            StoredSecurityGroup(head: ofGroup, name: "x", summary: "x", vpcID: vpc, rules: []))
    }
}
