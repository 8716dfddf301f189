import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredNATGateway: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("NatGatewayNotFound", "The Nat gateway \(id) was not found")
    }

    static let filters = Filters<StoredNATGateway>([
        "nat-gateway-id": { gateway, _ in [gateway.id] }, "vpc-id": { gateway, _ in [gateway.vpcID] },
        "subnet-id": { gateway, _ in [gateway.subnetID] }, "state": { gateway, _ in [gateway.state] },
    ])

    /// For how long one that was deleted is still shown, in seconds.
    static let afterlife = 3600.0

    var state: String { deleted == nil ? "available" : "deleted" }

    func shown(_ estate: EC2Estate) -> EC2.NatGateway {
        let interface = estate.get(StoredNetworkInterface.self, networkInterfaceID)
        return EC2.NatGateway {
            $0.natGatewayId = id
            $0.vpcId = vpcID
            $0.subnetId = subnetID
            $0.state = state
            $0.connectivityType = isPublic ? "public" : "private"
            $0.createTime = Timestamp(secondsSinceEpoch: head.created)
            $0.deleteTime = deleted.map { Timestamp(secondsSinceEpoch: $0) }
            $0.natGatewayAddresses = [
                EC2.NatGatewayAddress {
                    $0.allocationId = allocationID
                    $0.associationId = interface?.addresses.first?.associationID
                    $0.networkInterfaceId = networkInterfaceID
                    $0.privateIp = privateAddress
                    $0.publicIp = publicAddress
                    $0.isPrimary = true
                    $0.status = deleted == nil ? "succeeded" : nil
                }
            ]
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateNatGateway: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = try call.creation(of: StoredNATGateway.self, input.tagSpecifications)
        if let id = input.subnetId { all.append(call.access(to: StoredSubnet.self, id)) }
        if let id = input.allocationId { all.append(call.access(to: StoredAddress.self, id)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.availabilityMode != "regional", input.secondaryAllocationIds == nil,
            input.secondaryPrivateIpAddresses == nil, input.secondaryPrivateIpAddressCount == nil
        else { throw .notBuiltInEC2("regional NAT gateways, and none with secondary addresses") }
        if let gateway = try call.made(StoredNATGateway.self, by: input) {
            return Output {
                $0.natGateway = gateway.shown(call.estate)
                $0.clientToken = input.clientToken
            }
        }
        guard let subnetID = input.subnetId else { throw .missingParameter("subnetId") }
        let subnet = try records.existing(StoredSubnet.self, subnetID)
        let isPublic = (input.connectivityType ?? "public") == "public"
        let own = try records.list(StoredNATGateway.self)
        for old in own where old.deleted.map({ $0 + StoredNATGateway.afterlife < call.time }) == true {
            try records.delete(old)
        }
        var count = 0
        for gateway in own where gateway.deleted == nil {
            let other = try records.get(StoredSubnet.self, gateway.subnetID)
            if other?.zone == subnet.zone { count += 1 }
        }
        guard count < call.quotas[EC2Quotas.natGateways] else {
            throw .ec2("NatGatewayLimitExceeded", "The maximum number of NAT gateways has been reached.")
        }
        var elastic: StoredAddress?
        if isPublic {
            guard let id = input.allocationId else { throw .missingParameter("AllocationId") }
            elastic = try records.existing(StoredAddress.self, id)
            guard elastic?.association == nil else {
                throw .ec2(
                    "Resource.AlreadyAssociated",
                    "Elastic IP address [\(id)] is already associated")
            }
            let gateways: [StoredInternetGateway] = try records.referrers(
                StoredInternetGateway.self, "vpc", to: subnet.vpcID)
            guard !gateways.isEmpty else {
                throw .ec2("Gateway.NotAttached", "Network \(subnet.vpcID) has no Internet gateway attached")
            }
        } else if input.allocationId != nil {
            throw .invalidCombination("A private NAT gateway can't have an Elastic IP address")
        }
        let tags = try TagSpecifications.tags(of: StoredNATGateway.arnType, input.tagSpecifications)
        let head = call.head(of: StoredNATGateway.self, tags: tags, for: input)
        let gateway = try make(head, in: subnet, elastic, input.privateIpAddress, call, records)
        return Output {
            $0.natGateway = gateway.shown(.empty)
            $0.natGateway?.state = "pending"
            $0.clientToken = input.clientToken
        }
    }

    private static func make(
        _ head: EC2Head, in subnet: StoredSubnet, _ elastic: StoredAddress?, _ address: String?, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> StoredNATGateway {
        var wish = NewInterface.Wish()
        wish.summary = "Interface for NAT Gateway \(head.id)"
        (wish.type, wish.requester) = ("nat_gateway", "amazon-vpc")
        wish.addresses = address.map { [$0] } ?? []
        wish.groupIDs = []
        var interface = try NewInterface.make(wish, in: subnet, call, records)
        interface.checksSource = false
        interface.attachment = StoredNetworkInterface.Attachment(
            id: Call.newID("ela-attach"), instanceID: nil, ownerID: "amazon-aws", deviceIndex: 1,
            attached: call.time, isDeletedOnTermination: false)
        guard var first = interface.addresses.first else {
            throw .invalidValue("The subnet \(subnet.id) has no IPv4 CIDR block")
        }
        if var elastic {
            let association = Call.newID("eipassoc")
            first.publicAddress = elastic.publicAddress
            first.allocationID = elastic.id
            first.associationID = association
            interface.addresses = [first]
            elastic.association = StoredAddress.Association(
                id: association, networkInterfaceID: interface.id, privateAddress: first.privateAddress)
            try records.put(elastic)
        }
        try records.put(interface)
        let gateway = StoredNATGateway(
            head: head, vpcID: subnet.vpcID, subnetID: subnet.id, isPublic: elastic != nil,
            allocationID: elastic?.id, publicAddress: elastic?.publicAddress,
            privateAddress: first.privateAddress, networkInterfaceID: interface.id)
        try records.put(gateway)
        return gateway
    }
}

extension EC2.DescribeNatGateways: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let found = try Listing.named(
            StoredNATGateway.self, input.natGatewayIds, "natGatewayIds", input.pageLimit, estate
        ).filter { ($0.deleted ?? .infinity) + StoredNATGateway.afterlife >= call.time }
        let passed = try StoredNATGateway.filters.apply(input.filter, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(page) { $0.shown(estate) }
    }
}

extension EC2.DeleteNatGateway: WriteOperation, OnOne {
    typealias Named = StoredNATGateway
    static func name(_ input: Input) -> String { input.natGatewayId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var gateway = try records.existing(StoredNATGateway.self, input.natGatewayId)
        if gateway.deleted == nil {
            if let interface = try records.get(StoredNetworkInterface.self, gateway.networkInterfaceID) {
                try records.remove(interface)
            }
            gateway.deleted = call.time
            try records.put(gateway)
        }
        return Output { $0.natGatewayId = gateway.id }
    }
}
