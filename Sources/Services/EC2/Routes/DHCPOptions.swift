import Directory
import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension StoredDHCPOptions: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidDhcpOptionID.NotFound", "The dhcpOption ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredDHCPOptions>([
        "dhcp-options-id": { options, _ in [options.id] }, "key": { options, _ in options.options.map(\.key) },
        "value": { options, _ in options.options.flatMap(\.values) },
    ])

    var shown: EC2.DhcpOptions {
        EC2.DhcpOptions {
            $0.dhcpOptionsId = id
            $0.ownerId = head.accountID
            $0.dhcpConfigurations = options.map { option in
                EC2.DhcpConfiguration {
                    $0.key = option.key
                    $0.values = option.values.map { value in EC2.AttributeValue { $0.value = value } }
                }
            }
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateDhcpOptions: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.creation(of: StoredDHCPOptions.self, input.tagSpecifications))
    }

    private static let keys: Set<String> = [
        "domain-name", "domain-name-servers", "ntp-servers", "netbios-name-servers", "netbios-node-type",
        "ipv6-address-preferred-lease-time",
    ]

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard !input.dhcpConfigurations.isEmpty else { throw .missingParameter("dhcpConfiguration") }
        var options: [StoredDHCPOptions.Option] = []
        for configuration in input.dhcpConfigurations {
            let (key, values) = (configuration.key ?? "", configuration.values ?? [])
            guard keys.contains(key) else {
                throw .invalidValue(key, of: "dhcpConfiguration", "Unknown DHCP option.")
            }
            guard !values.isEmpty, values.count <= (key.hasSuffix("servers") ? 4 : 1) else {
                throw .invalidValue("Invalid number of values for \(key)")
            }
            if key == "netbios-node-type", !["1", "2", "4", "8"].contains(values.first) {
                throw .invalidValue("Invalid netbios-node-type: \(values.first ?? "")")
            }
            if key.hasSuffix("servers") {
                for value in values where value != "AmazonProvidedDNS" && NetworkAddress(value) == nil {
                    throw .invalidValue(value, of: "dhcpConfiguration", "Invalid \(key).")
                }
            }
            options.append(StoredDHCPOptions.Option(key: key, values: values))
        }
        let tags = try TagSpecifications.tags(of: StoredDHCPOptions.arnType, input.tagSpecifications)
        let stored = StoredDHCPOptions(head: call.head(of: StoredDHCPOptions.self, tags: tags), options: options)
        try records.put(stored)
        return Output { $0.dhcpOptions = stored.shown }
    }
}

extension EC2.DescribeDhcpOptions: Describing {
    static let idsName = "dhcpOptionsIds"
    static func ids(_ input: Input) -> [String]? { input.dhcpOptionsIds }
    static func show(_ options: StoredDHCPOptions, _ estate: EC2Estate) -> EC2.DhcpOptions { options.shown }
}

extension EC2.DeleteDhcpOptions: WriteOperation, OnOne {
    typealias Named = StoredDHCPOptions
    static func name(_ input: Input) -> String { input.dhcpOptionsId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let options = try records.existing(StoredDHCPOptions.self, input.dhcpOptionsId)
        guard try !records.isNeeded("dhcpOptions", options.id) else { throw .dependency("dhcpOptions", options.id) }
        try records.delete(options)
        return Output()
    }
}

extension EC2.AssociateDhcpOptions: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.access(to: StoredDHCPOptions.self, input.dhcpOptionsId),
            call.access(to: StoredVPC.self, input.vpcId),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var vpc = try records.existing(StoredVPC.self, input.vpcId)
        if input.dhcpOptionsId != "default" {
            _ = try records.existing(StoredDHCPOptions.self, input.dhcpOptionsId)
        }
        vpc.dhcpOptionsID = input.dhcpOptionsId
        try records.put(vpc)
        return Output()
    }
}
