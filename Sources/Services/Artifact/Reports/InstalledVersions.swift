import Foundation

/// Which packages of Debian's files are of, and in which versions: by dpkg's own lists.
enum InstalledVersions {
    struct Found: Sendable {
        let package: String
        let version: String
    }

    private static let folder = "/var/lib/dpkg"

    /// - Parameter paths: of the files.
    /// - Returns: by path; nothing for files that no package has, or where there is no dpkg.
    static func find(_ paths: [String]) -> [String: Found] {
        let owners = owners(of: paths)
        guard !owners.isEmpty else { return [:] }
        let versions = versions(of: Set(owners.values))
        var all: [String: Found] = [:]
        for (path, package) in owners {
            if let version = versions[package] { all[path] = Found(package: package, version: version) }
        }
        return all
    }

    /// The names of the packages that files are of.
    private static func owners(of paths: [String]) -> [String: String] {
        // dpkg knows some files by the names from before /lib became a link into /usr.
        var wanted: [String: String] = [:]
        for path in paths {
            wanted[path] = path
            if path.hasPrefix("/usr/lib") { wanted[String(path.dropFirst(4))] = path }
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/info")) ?? []
        var owners: [String: String] = [:]
        for name in names where name.hasSuffix(".list") {
            guard let data = FileManager.default.contents(atPath: "\(folder)/info/\(name)") else { continue }
            let text = String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n") where line.utf8.contains(UInt8(ascii: ".")) {
                guard let path = wanted[String(line)] else { continue }
                // `libssl3:amd64.list`
                owners[path] = String(name.dropLast(5).prefix { $0 != ":" })
            }
        }
        return owners
    }

    /// The versions of packages that are installed.
    private static func versions(of packages: Set<String>) -> [String: String] {
        guard let data = FileManager.default.contents(atPath: "\(folder)/status") else { return [:] }
        var versions: [String: String] = [:]
        var package: String?
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                package = nil
            } else if line.hasPrefix("Package: ") {
                let name = String(line.dropFirst(9))
                package = packages.contains(name) ? name : nil
            } else if line.hasPrefix("Version: "), let package {
                versions[package] = String(line.dropFirst(9))
            }
        }
        return versions
    }
}
