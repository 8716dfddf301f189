import PackageVersions

/// A package that was found somewhere.
public struct InstalledPackage: Sendable, Hashable, Codable {
    /// What found it.
    public var manager: PackageManager
    /// What sort of package it is.
    public var type: PackageType
    /// What stands before the name: npm's scope (`@babel`), Maven's group; nil for none.
    public var namespace: String?
    /// The name, without the namespace.
    public var name: String
    /// The whole version as its packaging system writes it: `1:2.36-9+deb12u4`.
    public var version: String
    /// The machine that it is for (`amd64`, `x86_64`, `all`), where packages say it.
    public var architecture: String?
    /// The package whose source it was built from: what Debian's and Alpine's advisories name. Nil where it is the same.
    public var source: SourcePackage?
    /// Where it was found, beneath the root: `usr/lib/python3/dist-packages/jinja2-3.1.2.dist-info/METADATA`.
    public var path: String?
    /// The layer of an image that it was found in: `sha256:…`.
    public var layer: String?
    /// Licences, as the package states them.
    public var licence: String?
    /// `sha1`, `sha256` or `sha512` of its archive, in hexadecimal digits, where a lock file states it.
    public var hashes: [PackageHash]
    /// The operating system's package that this one's file belongs to. Distributions mend such packages under their old
    /// versions, and say in advisories of their own what is wrong with them: others don't count.
    public var owner: String?

    /// Makes a package.
    public init(
        manager: PackageManager, type: PackageType, namespace: String? = nil, name: String, version: String,
        architecture: String? = nil, source: SourcePackage? = nil, path: String? = nil, layer: String? = nil,
        licence: String? = nil, hashes: [PackageHash] = [], owner: String? = nil
    ) {
        self.manager = manager
        self.type = type
        self.namespace = namespace
        self.name = name
        self.version = version
        self.architecture = architecture
        self.source = source
        self.path = path
        self.layer = layer
        self.licence = licence
        self.hashes = hashes
        self.owner = owner
    }
}

/// The source that a package was built from.
public struct SourcePackage: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// Its whole version.
    public var version: String

    /// Makes a source.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}

/// A hash of a package's archive.
public struct PackageHash: Sendable, Hashable, Codable {
    /// `SHA-1`, `SHA-256`, `SHA-512`
    public var algorithm: String
    /// In lower-case hexadecimal digits.
    public var value: String

    /// Makes a hash.
    public init(algorithm: String, value: String) {
        self.algorithm = algorithm
        self.value = value
    }
}

extension InstalledPackage {
    /// The name with its namespace, as the ecosystem writes it: `@babel/core`, `org.slf4j:slf4j-api`.
    public var fullName: String {
        guard let namespace, !namespace.isEmpty else { return name }
        return type == .maven ? "\(namespace):\(name)" : "\(namespace)/\(name)"
    }

    /// The epoch of packages of operating systems: 0 if the version has none.
    public var epoch: Int { parts.epoch }

    /// The version without epoch and release, as Inspector shows it.
    public var upstreamVersion: String { parts.version }

    /// What stands behind the last hyphen of a Debian or rpm version: `9+deb12u4`. For Alpine, `r0`.
    public var release: String? { parts.release }

    private var parts: (epoch: Int, version: String, release: String?) {
        guard manager == .os else { return (0, version, nil) }
        var rest = version[...]
        var epoch = 0
        if type != .apk, let colon = rest.firstIndex(of: ":"), let number = Int(rest[..<colon]), number >= 0 {
            epoch = number
            rest = rest[rest.index(after: colon)...]
        }
        guard let hyphen = rest.lastIndex(of: "-") else { return (epoch, String(rest), nil) }
        return (epoch, String(rest[..<hyphen]), String(rest[rest.index(after: hyphen)...]))
    }
}
