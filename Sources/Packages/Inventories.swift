// What can be inventoried. Everything that is read is taken for hostile: see ``InventoryLimits``.

extension Inventory {
    /// A folder that is the root of a system: an instance's, an unpacked image's; or any other folder with packages in it.
    /// No symbolic link in it is followed.
    public static func reading(root path: String, limits: InventoryLimits = InventoryLimits()) throws(InventoryError)
        -> Inventory
    {
        let finder = Finder(limits)
        do {
            try walk(try Folder(path: path), "", depth: 0, finder)
        } catch  where finder.files > 0 {
            finder.tell(error.description)
        }
        finder.endLayer(nil)
        return finder.inventory()
    }

    /// What the kernel shows as files has no packages.
    private static let kernels: Set<String> = ["proc", "sys", "dev"]

    private static func walk(_ folder: borrowing Folder, _ prefix: String, depth: Int, _ finder: Finder)
        throws(InventoryError)
    {
        for name in folder.names(most: finder.limits.files) {
            try finder.count()
            let path = prefix + name
            guard let status = folder.status(name) else { continue }
            switch status.mode & 0o170000 {
            case 0o040000:
                if kernels.contains(path) { continue }
                guard depth < finder.limits.depth else {
                    finder.tell("\(path): there are more than \(finder.limits.depth) folders inside each other")
                    continue
                }
                guard let inner = Folder(name, in: folder) else {
                    finder.tell("\(path): the folder can't be opened")
                    continue
                }
                try walk(inner, path + "/", depth: depth + 1, finder)
            case 0o100000 where Finder.isWanted(path, mode: status.mode):
                guard let file = folder.file(name) else {
                    finder.tell("\(path): it can't be opened")
                    continue
                }
                finder.see(path, mode: file.mode, file.content)
            default: continue
            }
        }
    }

    /// An archive of files, such as a function's zip.
    public static func reading(archive path: String, limits: InventoryLimits = InventoryLimits()) throws(InventoryError)
        -> Inventory
    {
        let file = try OpenedFile(path: path)
        let archive = try ArchiveReader(descriptor: file.descriptor)
        let finder = Finder(limits)
        try read(archive, finder, isLayer: false)
        finder.endLayer(nil)
        return finder.inventory()
    }

    /// An archive of files that is in memory.
    public static func reading(archive bytes: [UInt8], limits: InventoryLimits = InventoryLimits())
        throws(InventoryError) -> Inventory
    {
        let finder = Finder(limits)
        try read(try ArchiveReader(bytes), finder, isLayer: false)
        finder.endLayer(nil)
        return finder.inventory()
    }

    /// One file, by its name beneath a root: what is in it is looked at as if it stood there.
    public static func reading(
        file path: String, _ bytes: [UInt8], limits: InventoryLimits = InventoryLimits()
    ) throws(InventoryError) -> Inventory {
        guard let path = ArchivePath.normal(path) else { throw InventoryError("\(path) is no name of a file") }
        let finder = Finder(limits)
        var place = 0
        finder.see(
            path, mode: 0o100755,
            FileContent(
                size: bytes.count,
                read: { count throws(InventoryError) in
                    let part = Array(bytes[place..<min(bytes.count, place + count)])
                    place += part.count
                    return part
                }, descriptor: nil))
        finder.endLayer(nil)
        return finder.inventory()
    }

    /// Has a finder look at what is in an archive. One that is damaged has told what came before the damage.
    static func read(_ archive: ArchiveReader, _ finder: Finder, isLayer: Bool) throws(InventoryError) {
        var isFirst = true
        do {
            while let item = try archive.next() {
                isFirst = false
                try finder.count(bytes: item.size ?? 0)
                guard let path = ArchivePath.normal(item.path) else { continue }
                if isLayer, finder.whiteOut(path) { continue }
                if let other = item.sameAs {
                    if let other = ArchivePath.normal(other) { finder.link(path, to: other) }
                    continue
                }
                // Archives of functions often don't say what can be run.
                let mayRun = !isLayer && !ArchivePath.last(path).contains(".")
                let mode = mayRun ? item.mode | 0o111 : item.mode
                if item.isFile, Finder.isWanted(path, mode: mode) {
                    finder.see(
                        path, mode: mode,
                        FileContent(
                            size: item.size,
                            read: { count throws(InventoryError) in
                                let bytes = try archive.read(count)
                                // What an archive says of an item's size need not be true.
                                try finder.spend(bytes.count - (item.size ?? 0))
                                return bytes
                            }, descriptor: nil))
                } else if !item.isFolder {
                    finder.replace(path)
                }
            }
        } catch {
            // Nothing at all was read: then it is no archive.
            if isFirst { throw error }
            finder.tell("\(Finder.archive): \(error)")
        }
    }
}
