/// What a file tells of packages, by its name.
enum Manifest {
    case osRelease
    case dpkgStatus
    case dpkgFiles(suffix: Int, ofSums: Bool)
    case apk
    case rpm
    /// The log of rpm's database, where that is SQLite's.
    case rpmLog
    case pythonMetadata
    case requirements
    case pipfileLock
    case poetryLock
    case nodePackage
    case npmLock
    case yarnLock
    case pnpmLock
    case goModule
    case goSum
    case cargoLock
    case javaArchive

    /// The databases of operating systems' packages.
    static let databases = [
        "var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite",
        "var/lib/rpm/rpmdb.sqlite-wal", "var/lib/rpm/Packages", "var/lib/rpm/Packages.db",
        "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "usr/lib/sysimage/rpm/Packages",
        "usr/lib/sysimage/rpm/Packages.db",
    ]

    /// The most that is read of such a file.
    var most: Int {
        switch self {
        case .osRelease: 1 << 16
        case .nodePackage, .pythonMetadata: 4 << 20
        // A tree of values takes many times as much as its text.
        case .npmLock, .pipfileLock: 32 << 20
        default: 256 << 20
        }
    }

    init?(_ path: String) {
        switch path {
        case "etc/os-release", "usr/lib/os-release": self = .osRelease
        case "var/lib/dpkg/status": self = .dpkgStatus
        case "lib/apk/db/installed", "usr/lib/apk/db/installed": self = .apk
        case "var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages",
            "usr/lib/sysimage/rpm/Packages", "var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db":
            self = .rpm
        case "var/lib/rpm/rpmdb.sqlite-wal", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal": self = .rpmLog
        default:
            let name = ArchivePath.last(path)
            if path.hasPrefix("var/lib/dpkg/") {
                if path.hasPrefix("var/lib/dpkg/status.d/") {
                    self = name.hasSuffix(".md5sums") ? .dpkgFiles(suffix: 8, ofSums: true) : .dpkgStatus
                } else if path.hasPrefix("var/lib/dpkg/info/"), name.hasSuffix(".list") {
                    self = .dpkgFiles(suffix: 5, ofSums: false)
                } else {
                    return nil
                }
                return
            }
            switch name {
            case "METADATA" where path.hasSuffix(".dist-info/METADATA"): self = .pythonMetadata
            case "PKG-INFO" where path.hasSuffix(".egg-info/PKG-INFO") || path.hasSuffix("EGG-INFO/PKG-INFO"):
                self = .pythonMetadata
            case "Pipfile.lock": self = .pipfileLock
            case "poetry.lock": self = .poetryLock
            case "package-lock.json", "npm-shrinkwrap.json": self = .npmLock
            case "yarn.lock": self = .yarnLock
            case "pnpm-lock.yaml": self = .pnpmLock
            case "go.mod": self = .goModule
            case "go.sum": self = .goSum
            case "Cargo.lock": self = .cargoLock
            case "package.json" where Self.isInstalledNodePackage(path): self = .nodePackage
            default:
                if name.hasSuffix(".egg-info") {
                    self = .pythonMetadata
                } else if name.hasPrefix("requirements"), name.hasSuffix(".txt") {
                    self = .requirements
                } else if JavaArchive.isArchive(name) {
                    self = .javaArchive
                } else {
                    return nil
                }
            }
        }
    }

    /// `…/node_modules/NAME/package.json` or `…/node_modules/@SCOPE/NAME/package.json`, and nothing deeper.
    private static func isInstalledNodePackage(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let place = parts.lastIndex(of: "node_modules") else { return false }
        let behind = parts[(place + 1)...]
        return behind.count == 2 || behind.count == 3 && behind.first?.hasPrefix("@") == true
    }
}
