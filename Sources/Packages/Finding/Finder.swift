/// Gathers what files tell, one layer after the other; a folder is one layer.
final class Finder {
    /// What a file tells.
    private enum Fact {
        case system(OperatingSystem)
        /// A database of the operating system's packages.
        case database([InstalledPackage], Ownership)
        case ownership(Ownership)
        case packages([InstalledPackage])
    }

    /// What problems of an archive as a whole begin with.
    static let archive = "the archive"

    let limits: InventoryLimits
    /// The bytes that may still come out of archives.
    private(set) var budget: Int
    /// How many files were looked at.
    private(set) var files = 0
    private var packages = 0
    private var problems: [String] = []
    /// What the layers so far tell, and what the one that is being read does.
    private var facts: [String: Fact] = [:]
    private var current: [String: Fact] = [:]
    /// What the current layer takes away from those below it: files and folders, and what is in folders.
    private var removed: Set<String> = []
    private var emptied: Set<String> = []
    /// The folders that facts are in.
    private var folders: Set<String> = []
    private var logged = LoggedDatabases()

    init(_ limits: InventoryLimits) {
        self.limits = limits
        budget = limits.expandedSize
    }

    func tell(_ problem: String) {
        if problems.count < 100 { problems.append(problem) }
    }

    /// Counts a file, and what was read for it.
    /// - Throws: where a limit is reached.
    func count(bytes: Int = 0) throws(InventoryError) {
        files += 1
        guard files <= limits.files else { throw InventoryError("there are more than \(limits.files) files") }
        try spend(bytes)
    }

    /// - Throws: where more came out of archives than is allowed.
    func spend(_ bytes: Int) throws(InventoryError) {
        budget -= max(0, bytes)
        guard budget > 0 else { throw InventoryError("more than \(limits.expandedSize) bytes come out of it") }
    }

    /// Whether a file's content is worth looking at.
    static func isWanted(_ path: String, mode: UInt32) -> Bool {
        mode & 0o111 != 0 || Manifest(path) != nil
    }

    /// Looks at a file.
    func see(_ path: String, mode: UInt32, _ content: FileContent) {
        replace(path)
        do {
            if let manifest = Manifest(path) {
                current[path] = try fact(manifest, path, content)
            } else if mode & 0o111 != 0, let program = try content.program(most: limits.binarySize) {
                let found = GoPackages.program(program, path: path) + RustPackages.program(program, path: path)
                if !found.isEmpty { current[path] = try counted(found) }
            }
        } catch {
            tell("\(path): \(error)")
        }
    }

    /// What has no name or no version is no package: `ba/` in a `go.mod`.
    private static func named(_ found: [InstalledPackage]) -> [InstalledPackage] {
        found.filter { !$0.name.isEmpty && !$0.version.isEmpty }
    }

    private func counted(_ found: [InstalledPackage]) throws(InventoryError) -> Fact {
        let found = Self.named(found)
        packages += found.count
        guard packages <= limits.packages else {
            throw InventoryError("there are more than \(limits.packages) packages")
        }
        return .packages(found)
    }

    private func database(_ found: [InstalledPackage], _ ownership: Ownership) throws(InventoryError) -> Fact {
        guard found.count <= limits.packages else {
            throw InventoryError("it has more than \(limits.packages) packages")
        }
        return .database(Self.named(found), ownership)
    }

    private func fact(_ manifest: Manifest, _ path: String, _ content: FileContent) throws(InventoryError) -> Fact? {
        func whole() throws(InventoryError) -> [UInt8] {
            try content.whole(most: min(manifest.most, limits.fileSize))
        }
        switch manifest {
        case .osRelease: return OperatingSystem(osRelease: try whole()).map { .system($0) }
        case .dpkgStatus: return try database(Dpkg.packages(try whole(), path: path), Ownership())
        case .dpkgFiles(let suffix, let ofSums):
            var ownership = Ownership()
            ownership.add(
                Dpkg.files(try whole(), ofSums: ofSums), of: Dpkg.owner(ArchivePath.last(path), suffix: suffix))
            return .ownership(ownership)
        case .apk:
            let found = APK.read(try whole(), path: path)
            return try database(found.packages, found.ownership)
        case .rpm:
            let bytes = try whole()
            if bytes.isEmpty { return nil }
            // A log may come after it.
            if RPMDatabase.isSQLite(bytes) {
                logged.see(path, bytes)
                return nil
            }
            let found = try RPMDatabase.read(bytes, path: path, most: limits.packages)
            return .database(found.packages, found.ownership)
        case .rpmLog:
            logged.see(path, try whole())
            return nil
        case .pythonMetadata: return try counted(PythonPackages.installed(try whole(), path: path))
        case .requirements: return try counted(PythonPackages.requirements(try whole(), path: path))
        case .pipfileLock: return try counted(try PythonPackages.pipfileLock(try whole(), path: path))
        case .poetryLock: return try counted(PythonPackages.poetryLock(try whole(), path: path))
        case .nodePackage: return try counted(try NodePackages.installed(try whole(), path: path))
        case .npmLock: return try counted(try NodePackages.packageLock(try whole(), path: path))
        case .yarnLock: return try counted(NodePackages.yarnLock(try whole(), path: path))
        case .pnpmLock: return try counted(NodePackages.pnpmLock(try whole(), path: path))
        case .goModule: return try counted(GoPackages.moduleFile(try whole(), path: path))
        case .goSum: return try counted(GoPackages.sumFile(try whole(), path: path))
        case .cargoLock: return try counted(RustPackages.lockFile(try whole(), path: path))
        case .javaArchive:
            var budget = JavaArchive.Budget(depth: limits.archiveDepth, bytes: min(budget, 4 * limits.fileSize))
            let before = budget.bytes
            defer { self.budget -= before - budget.bytes }
            let archive =
                if let descriptor = content.descriptor {
                    try ArchiveReader(descriptor: descriptor)
                } else {
                    try ArchiveReader(try whole())
                }
            return try counted(try JavaArchive.read(archive, path: path, &budget))
        }
    }

    // MARK: Layers

    /// A link, a folder's entry, or a file that tells nothing: it stands in the place of what was there below.
    func replace(_ path: String) {
        if facts[path] != nil || folders.contains(path) { removed.insert(path) }
    }

    /// A file that is the same as another one.
    func link(_ path: String, to other: String) {
        replace(path)
        guard let fact = current[other] ?? (removed.contains(other) ? nil : facts[other]) else { return }
        switch fact {
        case .packages(let found):
            current[path] = .packages(
                found.map {
                    var package = $0
                    package.path = path
                    return package
                })
        default:
            if Manifest(path) != nil { current[path] = fact }
        }
    }

    /// A whiteout: something below is no longer there. Its name is that of the file, with a prefix.
    /// <https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>
    /// - Returns: whether it is one.
    func whiteOut(_ path: String) -> Bool {
        let name = ArchivePath.last(path)
        guard name.hasPrefix(".wh.") else { return false }
        let folder = ArchivePath.folder(path)
        if name == ".wh..wh..opq" {
            emptied.insert(folder ?? "")
        } else if !name.hasPrefix(".wh..wh.") {
            let hidden = name.dropFirst(4)
            let path = folder.map { "\($0)/\(hidden)" } ?? String(hidden)
            removed.insert(path)
            logged.remove(path)
        }
        return true
    }

    /// Puts what a layer tells over what those below it do.
    func endLayer(_ layer: String?) {
        for (path, database) in logged.takeChanged() {
            do throws(InventoryError) {
                let found = try RPMDatabase.read(
                    database.bytes, log: database.log, path: path, most: limits.packages)
                current[path] = .database(found.packages, found.ownership)
            } catch {
                tell("\(path): \(error)")
            }
        }
        if !removed.isEmpty || !emptied.isEmpty {
            let everything = emptied.contains("")
            facts = facts.filter { path, _ in
                !everything && !removed.contains(path)
                    && !ArchivePath.folders(path).contains { removed.contains($0) || emptied.contains($0) }
            }
        }
        for (path, fact) in current {
            switch fact {
            case .database(let found, let ownership):
                facts[path] = .database(Self.marked(found, layer, before: previous[path]), ownership)
            case .packages(let found): facts[path] = .packages(Self.marked(found, layer, before: nil))
            default: facts[path] = fact
            }
            folders.formUnion(ArchivePath.folders(path))
        }
        // A database is written anew by each layer that installs something: what was in it before is of the layer before.
        for case (let path, .database(let found, _)) in facts {
            previous[path] = Dictionary(found.map { (Self.key($0), $0.layer) }, uniquingKeysWith: { first, _ in first })
        }
        (current, removed, emptied) = ([:], [], [])
    }

    private var previous: [String: [String: String?]] = [:]

    private static func key(_ package: InstalledPackage) -> String {
        "\(package.name) \(package.version) \(package.architecture ?? "")"
    }

    private static func marked(_ found: [InstalledPackage], _ layer: String?, before: [String: String?]?)
        -> [InstalledPackage]
    {
        guard let layer else { return found }
        return found.map {
            var package = $0
            package.layer = before?[key(package)] ?? layer
            return package
        }
    }

    // MARK: The whole

    /// What all layers together come to.
    func inventory(layers: [String] = []) -> Inventory {
        var ownership = Ownership()
        for fact in facts.values {
            switch fact {
            case .database(_, let more), .ownership(let more): ownership.add(more)
            default: continue
            }
        }
        var all: Set<InstalledPackage> = []
        for (path, fact) in facts {
            switch fact {
            case .database(let found, _): all.formUnion(found)
            case .packages(let found):
                // `go.mod` says it better.
                if ArchivePath.last(path) == "go.sum" {
                    let folder = ArchivePath.folder(path)
                    if facts[folder.map { "\($0)/go.mod" } ?? "go.mod"] != nil { continue }
                }
                let owner = ownership.owner(of: path)
                for var package in found {
                    package.owner = owner
                    all.insert(package)
                }
            default: continue
            }
        }
        var system: OperatingSystem?
        for place in ["usr/lib/os-release", "etc/os-release"] {
            if case .system(let found)? = facts[place] { system = found }
        }
        var packages = all.sorted { $0.sortKey < $1.sortKey }
        if packages.count > limits.packages {
            tell("there are more than \(limits.packages) packages")
            packages.removeLast(packages.count - limits.packages)
        }
        return Inventory(system: system, packages: packages, problems: problems, layers: layers)
    }
}

extension InstalledPackage {
    /// By type, name, version and place.
    fileprivate var sortKey: (String, String, String, String, String) {
        (type.rawValue, fullName, version, path ?? "", architecture ?? "")
    }
}
