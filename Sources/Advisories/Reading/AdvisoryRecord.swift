import PackageVersions
import Packages

/// An advisory as a source gives it, with what it affects.
struct AdvisoryRecord: Sendable, Equatable {
    var advisory: Advisory
    var affected: [AffectedVersions]
}

/// The versions of a package that an advisory affects.
struct AffectedVersions: Sendable, Equatable {
    /// Whose package it is: `debian:12`, `pypi`; see ``Ecosystem``.
    var ecosystem: String
    /// As the ecosystem compares names.
    var name: String
    var ranges: [VersionRange]
    /// Versions that are affected besides.
    var versions: [String]
    /// The vendor's word for how severe it is for this package.
    var vendorSeverity: String?
}

/// The names of ecosystems, as OSV writes them, in one form.
/// <https://ossf.github.io/osv-schema/#defined-ecosystems>
enum Ecosystem {
    /// `debian:12` for `Debian:12`, `ubuntu:22.04` for `Ubuntu:22.04:LTS`, `alpine:3.18` for `Alpine:v3.18`, `red hat:9` for
    /// `Red Hat:enterprise_linux:9::baseos`.
    static func key(_ name: String) -> String {
        var parts = name.lowercased().split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.first {
        case "ubuntu": if parts.last == "lts" { parts.removeLast() }
        case "alpine": if parts.count > 1, parts[1].hasPrefix("v") { parts[1].removeFirst() }
        case "red hat":
            if parts.count > 2, parts[1] == "enterprise_linux" {
                parts = ["red hat", String(parts[2].prefix { $0 != "." })]
            }
        // Which repository a package comes from is not known of what is installed.
        case "maven", "pypi", "npm", "go", "crates.io": parts = [parts[0]]
        default: break
        }
        return parts.joined(separator: ":")
    }

    /// How an ecosystem's versions are ordered; nil for one that is not known here.
    static func scheme(_ key: String) -> VersionScheme? {
        switch key.prefix(while: { $0 != ":" }) {
        case "debian", "ubuntu": .debian
        case "alpine", "wolfi", "chainguard", "alpaquita": .alpine
        case "pypi": .python
        case "npm", "go", "crates.io": .semantic
        case "maven": .maven
        case "red hat", "almalinux", "rocky linux", "amazon linux", "oracle linux", "fedora", "suse", "opensuse",
            "photon os", "azure linux", "mageia", "openeuler":
            .rpm
        default: nil
        }
    }

    /// A name as an ecosystem compares it.
    static func name(_ name: String, in key: String) -> String {
        guard key == "pypi" else { return name }
        // <https://packaging.python.org/en/latest/specifications/name-normalization/>
        var result: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                if result.last != UInt8(ascii: "-") { result.append(UInt8(ascii: "-")) }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): result.append(byte | 0x20)
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Debian's releases by their names.
    static let debianReleases: [String: String] = [
        "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12",
        "trixie": "13",
        "forky": "14", "duke": "15", "sid": "unstable",
    ]

    /// Under what an installed package is looked up: ecosystems, names and the version that counts for them.
    static func lookups(_ package: InstalledPackage, in system: OperatingSystem?) -> [Lookup] {
        switch package.type {
        case .pypi: return [Lookup(ecosystem: "pypi", name: name(package.name, in: "pypi"), version: package.version)]
        case .npm: return [Lookup(ecosystem: "npm", name: package.fullName, version: package.version)]
        case .golang: return [Lookup(ecosystem: "go", name: package.fullName, version: package.version)]
        case .cargo: return [Lookup(ecosystem: "crates.io", name: package.name, version: package.version)]
        case .maven: return [Lookup(ecosystem: "maven", name: package.fullName, version: package.version)]
        case .deb, .apk, .rpm:
            guard let system else { return [] }
            let source = package.source ?? SourcePackage(name: package.name, version: package.version)
            var result: [Lookup] = []
            for ecosystem in ecosystems(system) {
                result.append(Lookup(ecosystem: ecosystem, name: source.name, version: source.version))
                // Those of rpm's world name either.
                if package.type == .rpm, source.name != package.name {
                    result.append(Lookup(ecosystem: ecosystem, name: package.name, version: package.version))
                }
            }
            return result
        }
    }

    /// What is looked up.
    struct Lookup {
        let ecosystem: String
        let name: String
        let version: String
    }

    /// The ecosystems that a system's packages belong to: that of its release, and that of all.
    static func ecosystems(_ system: OperatingSystem) -> [String] {
        let parts = (system.version ?? "").split(separator: ".").map(String.init)
        let major = parts.first
        let minor = parts.count > 1 ? "\(parts[0]).\(parts[1])" : nil
        switch system.id {
        case "debian":
            let release = major ?? system.codename.flatMap { debianReleases[$0] }
            return (release.map { ["debian:\($0)"] } ?? []) + ["debian"]
        case "ubuntu": return (minor.map { ["ubuntu:\($0)"] } ?? []) + ["ubuntu"]
        case "alpine": return (minor.map { ["alpine:\($0)"] } ?? []) + ["alpine"]
        case "wolfi", "chainguard": return [system.id]
        case "rhel": return releases("red hat", major)
        case "almalinux": return releases("almalinux", major)
        case "rocky": return releases("rocky linux", major)
        case "amzn": return releases("amazon linux", major)
        case "ol": return releases("oracle linux", major)
        case "fedora": return releases("fedora", major)
        case "opensuse-leap": return releases("opensuse", system.version.map { "leap \($0)" })
        case "sles":
            return releases("suse", parts.isEmpty ? nil : "linux enterprise server \(parts.joined(separator: " sp"))")
        default: return []
        }
    }

    private static func releases(_ name: String, _ release: String?) -> [String] {
        (release.map { ["\(name):\($0)"] } ?? []) + [name]
    }
}
