import EC2API
import Platform
import Wire

// Which instance types there are.

extension InstanceTypeFacts {
    static let filters = Filters<InstanceTypeFacts>(
        [
            "instance-type": { type, _ in [type.name] },
            "bare-metal": { _, _ in ["false"] }, "current-generation": { type, _ in [String(type.isCurrent)] },
            "burstable-performance-supported": { type, _ in [String(type.isBurstable)] },
            "hypervisor": { type, _ in [type.hypervisor] },
            "free-tier-eligible": { type, _ in [String(type.isFree)] },
            "instance-storage-supported": { type, _ in [String(type.hasStorage)] },
            "processor-info.supported-architecture": { type, _ in [type.architecture] },
            "supported-root-device-type": { _, _ in ["ebs"] },
            "supported-usage-class": { _, _ in ["on-demand"] },
            "supported-virtualization-type": { _, _ in ["hvm"] },
            "vcpu-info.default-vcpus": { type, _ in [String(type.virtualCPUs)] },
            "vcpu-info.default-cores": { type, _ in [String(type.virtualCPUs / type.threadsPerCore)] },
            "memory-info.size-in-mib": { type, _ in [String(type.memoryMiB)] },
            "network-info.maximum-network-interfaces": { type, _ in [String(type.interfaces)] },
            "network-info.ena-support": { type, _ in [type.hypervisor == "nitro" ? "required" : "supported"] },
        ], tags: nil)

    var isFree: Bool { ["t2.micro", "t3.micro", "t3.small", "t4g.micro", "t4g.small"].contains(name) }

    /// Those of the names, or all.
    /// - Throws: InvalidInstanceType.
    static func named(_ names: [String]?) throws(ServiceError) -> [InstanceTypeFacts] {
        guard let names, !names.isEmpty else { return byName.values.sorted { $0.name < $1.name } }
        let unknown = names.filter { byName[$0] == nil }
        guard unknown.isEmpty else {
            throw .ec2(
                "InvalidInstanceType",
                "The following supplied instance types do not exist: [\(unknown.joined(separator: ", "))]")
        }
        return Set(names).sorted().compactMap { byName[$0] }
    }
}

extension EC2.InstanceTypeInfo {
    init(_ type: InstanceTypeFacts) {
        self.init()
        instanceType = type.name
        currentGeneration = type.isCurrent
        freeTierEligible = type.isFree
        supportedUsageClasses = ["on-demand"]
        supportedRootDeviceTypes = ["ebs"]
        supportedVirtualizationTypes = ["hvm"]
        bareMetal = false
        hypervisor = type.hypervisor
        instanceStorageSupported = type.hasStorage
        hibernationSupported = false
        burstablePerformanceSupported = type.isBurstable
        dedicatedHostsSupported = false
        autoRecoverySupported = true
        supportedBootModes = ["uefi"]
        nitroEnclavesSupport = "unsupported"
        processorInfo = EC2.ProcessorInfo {
            $0.supportedArchitectures = [type.architecture]
            $0.manufacturer = type.manufacturer
        }
        vCpuInfo = EC2.VCpuInfo {
            $0.defaultVCpus = type.virtualCPUs
            $0.defaultCores = type.virtualCPUs / type.threadsPerCore
            $0.defaultThreadsPerCore = type.threadsPerCore
        }
        memoryInfo = EC2.MemoryInfo { $0.sizeInMiB = type.memoryMiB }
        ebsInfo = EC2.EbsInfo {
            $0.ebsOptimizedSupport = type.hypervisor == "nitro" ? "default" : "unsupported"
            $0.encryptionSupport = "supported"
            $0.nvmeSupport = type.hypervisor == "nitro" ? "required" : "unsupported"
        }
        networkInfo = EC2.NetworkInfo {
            $0.maximumNetworkInterfaces = type.interfaces
            $0.maximumNetworkCards = 1
            $0.defaultNetworkCardIndex = 0
            $0.ipv4AddressesPerInterface = type.addressesPerInterface
            $0.ipv6AddressesPerInterface = type.addressesPerInterface
            $0.ipv6Supported = true
            $0.enaSupport = type.hypervisor == "nitro" ? "required" : "supported"
            $0.efaSupported = false
        }
    }
}

extension EC2.DescribeInstanceTypes: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let passed = try InstanceTypeFacts.filters.apply(
            input.filters, to: try InstanceTypeFacts.named(input.instanceTypes), call.estate)
        let page = try Listing.page(passed, by: \.name, input.pageToken, input.pageLimit)
        return Output(page.items.map { EC2.InstanceTypeInfo($0) }, next: page.marker)
    }
}

extension EC2.DescribeInstanceTypeOfferings: ComputeOperation, OnAll {
    /// A type, where there is one.
    private struct Offering: Sendable {
        let type: String
        let location: String

        static let filters = Filters<Offering>(
            [
                "instance-type": { offering, _ in [offering.type] },
                "location": { offering, _ in [offering.location] },
            ], tags: nil)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let kind = input.locationType ?? "region"
        let zones = Zones.all(of: call.region)
        let locations =
            switch kind {
            case "availability-zone": zones
            case "availability-zone-id": zones.map { Zones.id(ofZone: $0) }
            case "outpost": [String]()
            default: [call.region]
            }
        let all = InstanceTypeFacts.byName.keys.sorted().flatMap { type in
            locations.map { Offering(type: type, location: $0) }
        }
        let passed = try Offering.filters.apply(input.filters, to: all, call.estate)
        let page = try Listing.page(
            passed, by: { "\($0.type) \($0.location)" }, input.pageToken, input.pageLimit)
        return Output(
            page.items.map { offering in
                EC2.InstanceTypeOffering {
                    $0.instanceType = offering.type
                    $0.locationType = kind
                    $0.location = offering.location
                }
            }, next: page.marker)
    }
}

extension EC2.DescribeInstanceCreditSpecifications: ComputeOperation, OnAll {
    private static let filters = Filters<StoredInstance>(
        ["instance-id": { instance, _ in [instance.id] }], tags: nil)

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let named = try Listing.named(StoredInstance.self, input.instanceIds, "instancesSet", input.pageLimit, estate)
        let isNamed = input.instanceIds?.isEmpty == false
        var found: [StoredInstance] = []
        for instance in named {
            if InstanceTypeFacts.byName[instance.instanceType]?.isBurstable == true, !instance.state.isEnding {
                found.append(instance)
            } else if isNamed {
                throw .ec2(
                    "InvalidParameterCombination",
                    "The instance ID '\(instance.id)' is not of a burstable performance type, or is not there any more."
                )
            }
        }
        let passed = try filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(
            page.items.map { instance in
                EC2.InstanceCreditSpecification {
                    $0.instanceId = instance.id
                    // What AWS has for types of these families, unless the request says otherwise.
                    $0.cpuCredits =
                        instance.cpuCredits ?? (instance.instanceType.hasPrefix("t2.") ? "standard" : "unlimited")
                }
            }, next: page.marker)
    }
}
