import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredEndpoint: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '\(id)' does not exist")
    }

    static let filters = Filters<StoredEndpoint>([
        "vpc-endpoint-id": { endpoint, _ in [endpoint.id] }, "vpc-id": { endpoint, _ in [endpoint.vpcID] },
        "service-name": { endpoint, _ in [endpoint.serviceName] },
        "service-region": { endpoint, _ in [endpoint.head.region] },
        "vpc-endpoint-type": { endpoint, _ in [endpoint.type] },
        "vpc-endpoint-state": { _, _ in ["available"] }, "ip-address-type": { endpoint, _ in [endpoint.addressType] },
    ])

    func shown(_ estate: EC2Estate) -> EC2.VpcEndpoint {
        EC2.VpcEndpoint {
            $0.vpcEndpointId = id
            $0.vpcId = vpcID
            $0.ownerId = head.accountID
            $0.serviceName = serviceName
            $0.serviceRegion = head.region
            $0.vpcEndpointType = type
            $0.state = "available"
            $0.policyDocument = policy ?? StoredEndpoint.usualPolicy
            $0.routeTableIds = routeTableIDs
            $0.subnetIds = subnetIDs
            $0.groups = groupIDs.map { id in
                EC2.SecurityGroupIdentifier {
                    $0.groupId = id
                    $0.groupName = estate.get(StoredSecurityGroup.self, id)?.name
                }
            }
            $0.networkInterfaceIds = networkInterfaceIDs
            $0.privateDnsEnabled = hasPrivateDNS
            $0.requesterManaged = false
            if !isGateway { $0.ipAddressType = addressType }
            $0.dnsOptions = EC2.DnsOptions {
                $0.dnsRecordIpType = isGateway ? "service-defined" : addressType
            }
            $0.dnsEntries = dnsNames.map { name in EC2.DnsEntry { $0.dnsName = name } }
            $0.creationTimestamp = Timestamp(secondsSinceEpoch: head.created)
            $0.tags = head.tags.shown
        }
    }

    /// The names that lead to an interface endpoint.
    private var dnsNames: [String] {
        guard !isGateway, let service = EndpointServices.service(serviceName, in: head.region) else { return [] }
        let unique = "\(id)-\(id.suffix(8))"
        let own = service.privateName.replacing(".amazonaws.com", with: ".vpce.amazonaws.com")
        return ["\(unique).\(own)"] + (hasPrivateDNS ? [service.privateName] : [])
    }
}

/// Policies of endpoints.
private enum EndpointPolicy {
    /// In characters.
    static let longest = 20_480

    /// - Throws: InvalidPolicyDocument.
    static func checked(_ text: String?) throws(ServiceError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.unicodeScalars.count <= longest else {
            throw .ec2("InvalidPolicyDocument", "The policy document is longer than \(longest) characters.")
        }
        do throws(PolicyError) { _ = try PolicyDocument(parsing: text, as: .endpoint) } catch {
            throw .ec2("InvalidPolicyDocument", "The policy document is invalid: \(error.message)")
        }
        return text
    }
}

/// What endpoints consist of, checked against the VPC.
private struct EndpointParts {
    let vpc: StoredVPC
    let call: Call
    let records: MutableRecords

    /// - Throws: InvalidRouteTableId.NotFound, InvalidParameter.
    func tables(_ ids: [String]) throws(ServiceError) -> [String] {
        var own: [String] = []
        for id in ids where !own.contains(id) {
            guard let table = try records.get(StoredRouteTable.self, id) else {
                throw .ec2("InvalidRouteTableId.NotFound", "The routeTable ID '\(id)' does not exist")
            }
            guard table.vpcID == vpc.id else {
                throw .ec2("InvalidParameter", "Route table '\(id)' belongs to a different network than \(vpc.id)")
            }
            own.append(id)
        }
        return own
    }

    /// Puts the endpoint's interfaces into subnets: one in each zone.
    /// - Throws: InvalidSubnetId.NotFound, InvalidParameter, DuplicateSubnetsInSameZone.
    func enter(_ ids: [String], _ endpoint: inout StoredEndpoint) throws(ServiceError) {
        for id in ids where !endpoint.subnetIDs.contains(id) {
            guard let subnet = try records.get(StoredSubnet.self, id) else {
                throw .ec2("InvalidSubnetId.NotFound", "The subnet ID '\(id)' does not exist")
            }
            guard subnet.vpcID == vpc.id else {
                throw .ec2("InvalidParameter", "Subnet '\(id)' belongs to a different network than \(vpc.id)")
            }
            for other in endpoint.subnetIDs {
                guard try records.get(StoredSubnet.self, other)?.zone != subnet.zone else {
                    throw .ec2(
                        "DuplicateSubnetsInSameZone",
                        "Found another VPC endpoint subnet in the availability zone of \(id)")
                }
            }
            var wish = NewInterface.Wish()
            wish.summary = "VPC Endpoint Interface \(endpoint.id)"
            (wish.type, wish.requester) = ("vpc_endpoint", "amazon-vpce")
            wish.groupIDs = endpoint.groupIDs
            var interface = try NewInterface.make(wish, in: subnet, call, records)
            interface.attachment = StoredNetworkInterface.Attachment(
                id: Call.newID("ela-attach"), instanceID: nil, ownerID: "amazon-aws", deviceIndex: 1,
                attached: call.time, isDeletedOnTermination: false)
            try records.put(interface)
            endpoint.subnetIDs.append(id)
            endpoint.networkInterfaceIDs.append(interface.id)
        }
    }

    /// Takes them out again.
    func leave(_ ids: [String], _ endpoint: inout StoredEndpoint) throws(ServiceError) {
        for id in endpoint.networkInterfaceIDs {
            guard let interface = try records.get(StoredNetworkInterface.self, id), ids.contains(interface.subnetID)
            else { continue }
            try records.remove(interface)
            endpoint.networkInterfaceIDs.removeAll { $0 == id }
        }
        endpoint.subnetIDs.removeAll { ids.contains($0) }
    }

    /// - Throws: InvalidParameter.
    func checkPrivateName(_ endpoint: StoredEndpoint) throws(ServiceError) {
        guard endpoint.hasPrivateDNS else { return }
        guard vpc.hasDNS, vpc.hasDNSHostnames else {
            throw .ec2(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for \(vpc.id)"
            )
        }
        let others: [StoredEndpoint] = try records.referrers(StoredEndpoint.self, "vpc", to: vpc.id)
        let isTaken = others.contains {
            $0.id != endpoint.id && $0.hasPrivateDNS && $0.serviceName == endpoint.serviceName
        }
        guard !isTaken else {
            throw .ec2(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for \(endpoint.serviceName) in the VPC \(vpc.id)"
            )
        }
    }

    /// A gateway's routes must not be there twice.
    /// - Throws: RouteAlreadyExists.
    func checkRoutes(_ endpoint: StoredEndpoint) throws(ServiceError) {
        let others: [StoredEndpoint] = try records.referrers(StoredEndpoint.self, "vpc", to: vpc.id)
        for other in others
        where other.id != endpoint.id && other.isGateway && other.serviceName == endpoint.serviceName {
            guard let table = other.routeTableIDs.first(where: endpoint.routeTableIDs.contains) else { continue }
            let list = AWSPrefixLists.id(ofService: endpoint.serviceName, in: call.region) ?? ""
            throw .ec2(
                "RouteAlreadyExists",
                "route table \(table) already has a route with destination-prefix-list-id \(list)")
        }
    }
}

extension EC2.CreateVpcEndpoint: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys: [String: ContextValue] = [
            "ec2:vpceservicename": .one(input.serviceName ?? ""), "ec2:vpceserviceowner": .one("amazon"),
        ]
        var all = try call.creation(of: StoredEndpoint.self, input.tagSpecifications, keys)
        all.append(call.access(to: StoredVPC.self, input.vpcId))
        for id in input.routeTableIds ?? [] { all.append(call.access(to: StoredRouteTable.self, id)) }
        for id in input.subnetIds ?? [] { all.append(call.access(to: StoredSubnet.self, id)) }
        for id in input.securityGroupIds ?? [] { all.append(call.access(to: StoredSecurityGroup.self, id)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.serviceNetworkArn == nil, input.resourceConfigurationArn == nil, input.subnetConfigurations == nil
        else { throw .notBuiltInEC2("endpoints of resources and service networks") }
        if let endpoint = try call.made(StoredEndpoint.self, by: input) {
            return Output {
                $0.vpcEndpoint = endpoint.shown(call.estate)
                $0.clientToken = input.clientToken
            }
        }
        guard let name = input.serviceName else { throw .missingParameter("ServiceName") }
        let type = input.vpcEndpointType ?? "Gateway"
        guard let service = EndpointServices.service(name, in: call.region),
            input.serviceRegion == nil || input.serviceRegion == call.region
        else {
            throw .ec2("InvalidServiceName", "The Vpc Endpoint Service '\(name)' does not exist")
        }
        guard service.types.contains(type) else {
            throw .ec2(
                "InvalidParameter",
                "Endpoint type (\(type)) does not match available service types ([\(service.types.joined(separator: ", "))])."
            )
        }
        guard let vpc = try records.get(StoredVPC.self, input.vpcId) else {
            throw .ec2("InvalidVpcId.NotFound", "The Vpc Id \(input.vpcId) does not exist")
        }
        guard try records.count(StoredEndpoint.self) < call.quotas[EC2Quotas.endpoints] else {
            throw .ec2("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredEndpoint.arnType, input.tagSpecifications)
        var endpoint = StoredEndpoint(
            head: call.head(of: StoredEndpoint.self, tags: tags, for: input), vpcID: vpc.id, serviceName: name,
            type: type,
            policy: try EndpointPolicy.checked(input.policyDocument))
        let parts = EndpointParts(vpc: vpc, call: call, records: records)
        if endpoint.isGateway {
            guard input.subnetIds?.isEmpty != false, input.securityGroupIds?.isEmpty != false else {
                throw .ec2(
                    "InvalidParameter",
                    "Subnet IDs and security groups are only supported for Interface type VPC Endpoints.")
            }
            guard input.privateDnsEnabled != true else {
                throw .ec2("InvalidParameter", "Private DNS can't be enabled for Gateway endpoints.")
            }
            endpoint.routeTableIDs = try parts.tables(input.routeTableIds ?? [])
            try parts.checkRoutes(endpoint)
        } else {
            guard input.routeTableIds?.isEmpty != false else {
                throw .ec2("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")
            }
            let groups = input.securityGroupIds?.isEmpty == false ? input.securityGroupIds : nil
            endpoint.groupIDs = try NewInterface.checked(groups ?? [vpc.defaultGroupID], in: vpc.id, call, records)
            endpoint.hasPrivateDNS = input.privateDnsEnabled ?? true
            endpoint.addressType = input.ipAddressType ?? "ipv4"
            try parts.checkPrivateName(endpoint)
            // The interfaces' records say which VPC they are in, and that is there; the endpoint comes last.
            try parts.enter(input.subnetIds ?? [], &endpoint)
        }
        try records.put(endpoint)
        let estate = call.estate
        return Output {
            $0.vpcEndpoint = endpoint.shown(estate)
            if !endpoint.isGateway { $0.vpcEndpoint?.state = "pending" }
            $0.clientToken = input.clientToken
        }
    }
}

extension EC2.DescribeVpcEndpoints: Describing {
    static let idsName = "vpcEndpointIds"
    static func ids(_ input: Input) -> [String]? { input.vpcEndpointIds }
    static func show(_ endpoint: StoredEndpoint, _ estate: EC2Estate) -> EC2.VpcEndpoint { endpoint.shown(estate) }
}

extension EC2.DeleteVpcEndpoints: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.vpcEndpointIds.isEmpty else { throw .missingParameter("vpcEndpointId") }
        return .required(input.vpcEndpointIds.map { call.access(to: StoredEndpoint.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var failed: [EC2.UnsuccessfulItem] = []
        for id in input.vpcEndpointIds {
            guard var endpoint = try records.get(StoredEndpoint.self, id) else {
                failed.append(
                    .failure(
                        id, .ec2("InvalidVpcEndpoint.NotFound", "The VPC endpoint ID '\(id)' does not exist")))
                continue
            }
            if let vpc = try records.get(StoredVPC.self, endpoint.vpcID) {
                let parts = EndpointParts(vpc: vpc, call: call, records: records)
                try parts.leave(endpoint.subnetIDs, &endpoint)
            }
            try records.delete(endpoint)
        }
        return Output { $0.unsuccessful = failed }
    }
}

extension EC2.UnsuccessfulItem {
    /// What became of one of several things.
    static func failure(_ id: String, _ error: ServiceError) -> EC2.UnsuccessfulItem {
        EC2.UnsuccessfulItem {
            $0.resourceId = id
            $0.error = EC2.UnsuccessfulItemError {
                $0.code = error.code
                $0.message = error.message
            }
        }
    }
}

extension EC2.ModifyVpcEndpoint: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = [call.access(to: StoredEndpoint.self, input.vpcEndpointId)]
        for id in (input.addRouteTableIds ?? []) + (input.removeRouteTableIds ?? []) {
            all.append(call.access(to: StoredRouteTable.self, id))
        }
        for id in (input.addSubnetIds ?? []) + (input.removeSubnetIds ?? []) {
            all.append(call.access(to: StoredSubnet.self, id))
        }
        for id in (input.addSecurityGroupIds ?? []) + (input.removeSecurityGroupIds ?? []) {
            all.append(call.access(to: StoredSecurityGroup.self, id))
        }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var endpoint = try records.existing(StoredEndpoint.self, input.vpcEndpointId)
        let vpc = try records.existing(StoredVPC.self, endpoint.vpcID)
        let parts = EndpointParts(vpc: vpc, call: call, records: records)
        if input.resetPolicy == true {
            guard input.policyDocument == nil else {
                throw .invalidCombination("ResetPolicy and PolicyDocument can't be used together")
            }
            endpoint.policy = nil
        }
        if let text = input.policyDocument { endpoint.policy = try EndpointPolicy.checked(text) }
        if endpoint.isGateway {
            let gone = input.removeRouteTableIds ?? []
            let added = try parts.tables(input.addRouteTableIds ?? [])
            endpoint.routeTableIDs.removeAll { gone.contains($0) }
            endpoint.routeTableIDs += added.filter { !endpoint.routeTableIDs.contains($0) }
            try parts.checkRoutes(endpoint)
        } else {
            try changeInterfaces(of: &endpoint, input, parts)
        }
        try records.put(endpoint)
        return Output(return: true)
    }

    private static func changeInterfaces(
        of endpoint: inout StoredEndpoint, _ input: Input, _ parts: EndpointParts
    ) throws(ServiceError) {
        if let value = input.privateDnsEnabled { endpoint.hasPrivateDNS = value }
        if let value = input.ipAddressType { endpoint.addressType = value }
        try parts.checkPrivateName(endpoint)
        let gone = input.removeSecurityGroupIds ?? []
        let groups = endpoint.groupIDs.filter { !gone.contains($0) } + (input.addSecurityGroupIds ?? [])
        if groups != endpoint.groupIDs {
            guard !groups.isEmpty else {
                throw .ec2("InvalidParameter", "A VPC endpoint must have at least one security group")
            }
            endpoint.groupIDs = try NewInterface.checked(groups, in: parts.vpc.id, parts.call, parts.records)
            for id in endpoint.networkInterfaceIDs {
                guard var interface = try parts.records.get(StoredNetworkInterface.self, id) else { continue }
                interface.groupIDs = endpoint.groupIDs
                try parts.records.put(interface)
            }
        }
        try parts.leave(input.removeSubnetIds ?? [], &endpoint)
        try parts.enter(input.addSubnetIds ?? [], &endpoint)
    }
}
