import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredInternetGateway: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidInternetGatewayID.NotFound", "The internetGateway ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredInternetGateway>([
        "internet-gateway-id": { gateway, _ in [gateway.id] },
        "attachment.vpc-id": { gateway, _ in gateway.vpcID.map { [$0] } ?? [] },
        "attachment.state": { gateway, _ in gateway.vpcID == nil ? [] : ["available"] },
    ])

    var shown: EC2.InternetGateway {
        EC2.InternetGateway {
            $0.internetGatewayId = id
            $0.ownerId = head.accountID
            $0.attachments = (vpcID.map { [$0] } ?? []).map { vpc in
                EC2.InternetGatewayAttachment {
                    $0.vpcId = vpc
                    $0.state = "available"
                }
            }
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateInternetGateway: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.creation(of: StoredInternetGateway.self, input.tagSpecifications))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try records.count(StoredInternetGateway.self) < call.quotas[EC2Quotas.internetGateways] else {
            throw .ec2(
                "InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredInternetGateway.arnType, input.tagSpecifications)
        let gateway = StoredInternetGateway(
            head: call.head(of: StoredInternetGateway.self, tags: tags), vpcID: nil)
        try records.put(gateway)
        return Output { $0.internetGateway = gateway.shown }
    }
}

extension EC2.DescribeInternetGateways: Describing {
    static let idsName = "internetGatewayIds"
    static func ids(_ input: Input) -> [String]? { input.internetGatewayIds }
    static func show(_ gateway: StoredInternetGateway, _ estate: EC2Estate) -> EC2.InternetGateway { gateway.shown }
}

extension EC2.DeleteInternetGateway: WriteOperation, OnOne {
    typealias Named = StoredInternetGateway
    static func name(_ input: Input) -> String { input.internetGatewayId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let gateway = try records.existing(StoredInternetGateway.self, input.internetGatewayId)
        guard gateway.vpcID == nil else { throw .dependency("internetGateway", gateway.id) }
        try records.delete(gateway)
        return Output()
    }
}

/// An operation on an internet gateway and a VPC.
protocol OnGatewayAndVPC: Platform.Operation where InputFields: EC2.WithInternetGatewayId & EC2.WithVpcId {}

extension OnGatewayAndVPC {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.access(to: StoredInternetGateway.self, input.internetGatewayId),
            call.access(to: StoredVPC.self, input.vpcId),
        ])
    }
}

extension EC2.AttachInternetGateway: WriteOperation, OnGatewayAndVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var gateway = try records.existing(StoredInternetGateway.self, input.internetGatewayId)
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        guard gateway.vpcID == nil else {
            throw .ec2(
                "Resource.AlreadyAssociated",
                "resource \(gateway.id) is already attached to network \(gateway.vpcID ?? "")")
        }
        let others: [StoredInternetGateway] = try records.referrers(StoredInternetGateway.self, "vpc", to: vpc.id)
        guard others.isEmpty else {
            throw .invalidValue("Network \(vpc.id) already has an internet gateway attached")
        }
        gateway.vpcID = vpc.id
        try records.put(gateway)
        return Output()
    }
}

extension EC2.DetachInternetGateway: WriteOperation, OnGatewayAndVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var gateway = try records.existing(StoredInternetGateway.self, input.internetGatewayId)
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        guard gateway.vpcID == vpc.id else {
            throw .ec2("Gateway.NotAttached", "resource \(gateway.id) is not attached to network \(vpc.id)")
        }
        let interfaces: [StoredNetworkInterface] = try records.referrers(
            StoredNetworkInterface.self, "vpc", to: vpc.id)
        guard !interfaces.contains(where: { $0.addresses.contains { $0.publicAddress != nil } }) else {
            throw .dependency(
                "Network \(vpc.id) has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
            )
        }
        gateway.vpcID = nil
        try records.put(gateway)
        return Output()
    }
}

// MARK: - Egress-only

extension StoredEgressGateway: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidGatewayID.NotFound", "The eigw ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredEgressGateway>([:])

    var shown: EC2.EgressOnlyInternetGateway {
        EC2.EgressOnlyInternetGateway {
            $0.egressOnlyInternetGatewayId = id
            $0.attachments = [
                EC2.InternetGatewayAttachment {
                    $0.vpcId = vpcID
                    $0.state = "attached"
                }
            ]
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateEgressOnlyInternetGateway: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try call.creation(of: StoredEgressGateway.self, input.tagSpecifications)
                + [call.access(to: StoredVPC.self, input.vpcId)])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let gateway = try call.made(StoredEgressGateway.self, by: input) {
            return Output {
                $0.egressOnlyInternetGateway = gateway.shown
                $0.clientToken = input.clientToken
            }
        }
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        guard try records.count(StoredEgressGateway.self) < call.quotas[EC2Quotas.egressGateways] else {
            throw .ec2(
                "EgressOnlyInternetGatewayLimitExceeded",
                "The maximum number of egress-only internet gateways has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredEgressGateway.arnType, input.tagSpecifications)
        let gateway = StoredEgressGateway(
            head: call.head(of: StoredEgressGateway.self, tags: tags, for: input), vpcID: vpc.id)
        try records.put(gateway)
        return Output {
            $0.egressOnlyInternetGateway = gateway.shown
            $0.clientToken = input.clientToken
        }
    }
}

extension EC2.DescribeEgressOnlyInternetGateways: Describing {
    static let idsName = "egressOnlyInternetGatewayIds"
    static func ids(_ input: Input) -> [String]? { input.egressOnlyInternetGatewayIds }
    static func show(_ gateway: StoredEgressGateway, _ estate: EC2Estate) -> EC2.EgressOnlyInternetGateway {
        gateway.shown
    }
}

extension EC2.DeleteEgressOnlyInternetGateway: WriteOperation, OnOne {
    typealias Named = StoredEgressGateway
    static func name(_ input: Input) -> String { input.egressOnlyInternetGatewayId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(records.existing(StoredEgressGateway.self, input.egressOnlyInternetGatewayId))
        return Output { $0.returnCode = true }
    }
}
