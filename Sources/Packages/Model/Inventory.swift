/// What was found in a root folder, an image, an archive or a directory.
public struct Inventory: Sendable, Equatable, Codable {
    /// What `os-release` says; nil where there is none.
    public var system: OperatingSystem?
    /// The packages, sorted by type, name, version and place; none is there twice.
    public var packages: [InstalledPackage]
    /// What could not be read, in words for people: a damaged database, a limit that was reached. What is listed here is
    /// missing from ``packages``.
    public var problems: [String]
    /// An image's layers from the lowest: `sha256:…` of each one's content as it is in the archive that was read.
    public var layers: [String]

    /// Makes an inventory.
    public init(
        system: OperatingSystem? = nil, packages: [InstalledPackage] = [], problems: [String] = [],
        layers: [String] = []
    ) {
        self.system = system
        self.packages = packages
        self.problems = problems
        self.layers = layers
    }

    /// Whether packages of the operating system, or nobody knows which ones, may be missing: a database of theirs could not be read, or
    /// a limit was reached. What is told of a single file else is that file's alone.
    public var isIncomplete: Bool {
        problems.contains { problem in
            guard let end = problem.firstRange(of: ": ") else { return true }
            let place = String(problem[..<end.lowerBound])
            return place == Finder.archive
                || Manifest.databases.contains { $0 == place || $0.hasPrefix("\(place)/") }
        }
    }
}

/// An operating system, by its os-release(5).
public struct OperatingSystem: Sendable, Hashable, Codable {
    /// `debian`, `ubuntu`, `alpine`, `amzn`, `rhel`…
    public var id: String
    /// What it is like: `["rhel", "fedora"]`.
    public var like: [String]
    /// `12`, `22.04`, `3.18.4`; nil for what has none (Debian's unstable).
    public var version: String?
    /// `bookworm`; nil where it is not stated.
    public var codename: String?
    /// `Debian GNU/Linux 12 (bookworm)`
    public var prettyName: String?

    /// Makes one.
    public init(
        id: String, like: [String] = [], version: String? = nil, codename: String? = nil, prettyName: String? = nil
    ) {
        self.id = id
        self.like = like
        self.version = version
        self.codename = codename
        self.prettyName = prettyName
    }

    /// Inspector's name of the platform: `DEBIAN_12`, `UBUNTU_22_04`, `ALPINE_LINUX_3_18`, `AMAZON_LINUX_2023`; nil for what
    /// it does not scan.
    public var platform: String? {
        let version = version ?? ""
        let parts = version.split(separator: ".").map(String.init)
        switch id {
        case "debian": return parts.first.map { "DEBIAN_\($0)" }
        case "ubuntu": return parts.count < 2 ? nil : "UBUNTU_\(parts[0])_\(parts[1])"
        case "alpine": return parts.count < 2 ? nil : "ALPINE_LINUX_\(parts[0])_\(parts[1])"
        case "amzn": return parts.first == "2018" ? "AMAZON_LINUX" : parts.first.map { "AMAZON_LINUX_\($0)" }
        case "rhel": return parts.first.map { "RHEL_\($0)" }
        case "centos": return parts.first.map { "CENTOS_\($0)" }
        case "rocky": return parts.first.map { "ROCKY_LINUX_\($0)" }
        case "almalinux": return parts.first.map { "ALMALINUX_\($0)" }
        case "ol": return parts.first.map { "ORACLE_LINUX_\($0)" }
        case "fedora": return parts.first.map { "FEDORA_\($0)" }
        case "sles": return parts.isEmpty ? nil : "SUSE_SERVER_\(parts.joined(separator: "_"))"
        default: return nil
        }
    }
}

/// The most that is read of what strangers made.
public struct InventoryLimits: Sendable, Equatable {
    /// Files and folders that are looked at.
    public var files = 2_000_000
    /// Folders inside each other.
    public var depth = 64
    /// Bytes of one file that is read whole: a package database, a manifest, a lock file.
    public var fileSize = 256 << 20
    /// Bytes of one program or archive that is looked into.
    public var binarySize = 1 << 30
    /// Bytes that come out of archives, over all.
    public var expandedSize = 64 << 30
    /// Archives inside each other: a jar in a jar in a war.
    public var archiveDepth = 4
    /// Packages.
    public var packages = 500_000

    /// What suits instances and images of usual sizes.
    public init() {}
}

/// Why nothing could be inventoried.
public struct InventoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words for people.
    public let description: String

    init(_ description: String) { self.description = description }
}
