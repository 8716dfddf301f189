import BundledData
import Crypto
import Platform
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What this program is made of: the packages that it was built from, and the libraries that are loaded.
struct BuildContents: Sendable {
    /// A package of Swift's, as Package.resolved pins it.
    struct Package: Sendable {
        let name: String
        let location: String
        let version: String?
        let revision: String
    }

    /// A file that is part of the running program.
    struct File: Sendable {
        let path: String
        /// Of its package, where dpkg knows it; else by its name: `0.8.6` of `libsqlite3.so.0.8.6`.
        var version: String?
        let sha256: String
        /// The package that it is of; nil: of none that is known.
        var package: String?
    }

    let version: String
    let packages: [Package]
    /// The program itself.
    let program: File?
    let libraries: [File]

    /// What is there now. It reads the files.
    static func read(version: String) -> BuildContents {
        let paths = loadedLibraries()
        let installed = InstalledVersions.find(paths)
        let files = paths.compactMap { path in
            var found = file(path)
            if let owner = installed[path] {
                found?.version = owner.version
                found?.package = owner.package
            }
            return found
        }
        return BuildContents(
            version: version, packages: pinnedPackages(), program: file("/proc/self/exe"), libraries: files)
    }

    /// The packages that the build has pinned.
    static func pinnedPackages() -> [Package] {
        let bytes = UnsafeBufferPointer(
            start: gatehouse_package_resolved(), count: gatehouse_package_resolved_length())
        guard let json = try? JSONValue(parsing: Array(bytes)), case .array(let pins)? = json["pins"] else { return [] }
        return pins.compactMap { pin in
            guard case .string(let name)? = pin["identity"], case .string(let location)? = pin["location"],
                case .string(let revision)? = pin["state"]?["revision"]
            else { return nil }
            var version: String?
            if case .string(let text)? = pin["state"]?["version"] { version = text }
            return Package(name: name, location: location, version: version, revision: revision)
        }
    }

    /// The paths of the shared libraries that the program has loaded, in their order; empty where the system does not tell.
    private static func loadedLibraries() -> [String] {
        guard let text = contents("/proc/self/maps", most: 4 << 20) else { return [] }
        var paths: Set<String> = []
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            guard let slash = line.firstIndex(of: "/") else { continue }
            let path = String(line[slash...])
            if path.contains(".so"), !path.hasSuffix("(deleted)") { paths.insert(path) }
        }
        return paths.sorted()
    }

    private static func file(_ path: String) -> File? {
        guard let digest = digest(path) else { return nil }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let version = name.range(ofFirst: ".so.").map { String(name[$0...]) }
        return File(path: path, version: version, sha256: digest)
    }

    private static func contents(_ path: String, most: Int) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while all.count < most {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            all += part.prefix(count)
        }
        return all
    }

    private static func digest(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var hash = SHA256()
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            hash.update(data: part.prefix(count))
        }
        return ArtifactName.hex(hash.finalize())
    }
}

extension String {
    /// Where what follows a text begins; nil: it is not there.
    fileprivate func range(ofFirst text: String) -> Index? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return rest.index(rest.startIndex, offsetBy: text.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
