import Platform

/// What is known of an instance type: enough for quotas, decisions and the clients that ask before they launch.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>
struct InstanceTypeFacts: Sendable, Hashable {
    /// `t3.micro`
    let name: String
    let virtualCPUs: Int
    let memoryMiB: Int
    /// `x86_64` or `arm64`.
    let architecture: String
    /// `Intel`, `AMD` or `AWS`.
    let manufacturer: String
    /// Whether it earns and spends CPU credits.
    let isBurstable: Bool
    let isCurrent: Bool
    /// Whether it has disks of its own.
    let hasStorage: Bool
    let threadsPerCore: Int
    let interfaces: Int
    let addressesPerInterface: Int

    /// `nitro` or `xen`.
    var hypervisor: String { Hypervisors.name(ofType: name) }
    /// `t3`
    var family: String { String(name.prefix { $0 != "." }) }

    /// By name: those of the general, the compute and the memory families. Of others nothing is known.
    static let byName: [String: InstanceTypeFacts] = {
        var all: [String: InstanceTypeFacts] = [:]
        for (families, sizes) in catalogue {
            for family in families.split(separator: " ") {
                for size in sizes.split(separator: " ") {
                    let facts = InstanceTypeFacts(family: String(family), size: String(size))
                    all[facts.name] = facts
                }
            }
        }
        return all
    }()

    /// Families, and the sizes that each of them has.
    private static let catalogue = [
        ("m1", "small"), ("t2 t3 t3a t4g", "nano micro small medium large xlarge 2xlarge"),
        ("m4", "large xlarge 2xlarge 4xlarge 10xlarge 16xlarge"),
        ("c4", "large xlarge 2xlarge 4xlarge 8xlarge"),
        ("r4", "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"),
        ("c5 c5d", "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge"),
        ("c5n", "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge"),
        (
            "m5 m5a m5d m5ad m5n m5dn r5 r5a r5d r5ad r5b r5n r5dn c5a c5ad",
            "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"
        ),
        (
            "m6g m6gd c6g c6gd c6gn r6g r6gd m7g m7gd c7g c7gd c7gn r7g r7gd",
            "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
        ),
        (
            "m6i m6id m6idn m6in c6i c6id c6in r6i r6id r6idn r6in",
            "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge"
        ),
        ("m6a c6a r6a", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge"),
        ("m7i c7i r7i", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"),
        ("m7a c7a r7a", "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge"),
        ("m7i-flex c7i-flex", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"),
        (
            "m8g m8gd c8g c8gd c8gn r8g r8gd",
            "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"
        ),
    ]

    private init(family: String, size: String) {
        name = "\(family).\(size)"
        let kind = family.first ?? "m"
        let attributes = family.drop { !$0.isNumber }.drop { $0.isNumber }.prefix { $0 != "-" }
        let isARM = attributes.hasPrefix("g")
        let generation = family.first { $0.isNumber }?.wholeNumberValue ?? 0
        isBurstable = kind == "t"
        let cpus = Self.virtualCPUs(size, family: family)
        virtualCPUs = cpus
        let gibibytesPerEight =
            switch family {
            case "c4": 15
            case "r4": 61
            case "c5n": 21
            default: kind == "c" ? 16 : kind == "r" ? 64 : 32
            }
        if family == "m1" {
            memoryMiB = 1740
        } else {
            memoryMiB = Self.burstableMemory[size].flatMap { kind == "t" ? $0 : nil } ?? cpus * gibibytesPerEight * 128
        }
        architecture = isARM ? "arm64" : "x86_64"
        manufacturer = isARM ? "AWS" : attributes.hasPrefix("a") ? "AMD" : "Intel"
        isCurrent = generation >= 5 || kind == "t"
        hasStorage = attributes.contains("d")
        let hasWholeCores = isARM || generation >= 7 && attributes.hasPrefix("a") || family == "t2" || cpus == 1
        threadsPerCore = hasWholeCores ? 1 : 2
        switch size {
        case "nano", "micro": (interfaces, addressesPerInterface) = (2, 2)
        case "small": (interfaces, addressesPerInterface) = (3, 4)
        case "medium": (interfaces, addressesPerInterface) = kind == "t" ? (3, 6) : (2, 4)
        case "large": (interfaces, addressesPerInterface) = kind == "t" ? (3, 12) : (3, 10)
        case "xlarge", "2xlarge": (interfaces, addressesPerInterface) = (4, 15)
        case "4xlarge", "8xlarge", "9xlarge", "10xlarge", "12xlarge":
            (interfaces, addressesPerInterface) = (8, 30)
        default: (interfaces, addressesPerInterface) = (15, 50)
        }
    }

    private static let burstableMemory = [
        "nano": 512, "micro": 1024, "small": 2048, "medium": 4096, "large": 8192, "xlarge": 16384, "2xlarge": 32768,
    ]

    private static func virtualCPUs(_ size: String, family: String) -> Int {
        switch size {
        case "nano", "micro", "small": family == "t2" || family == "m1" ? 1 : 2
        case "medium": family.hasPrefix("t") ? 2 : 1
        case "large": 2
        case "xlarge": 4
        default: (Int(size.prefix { $0.isNumber }) ?? 1) * 4
        }
    }
}
