#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A folder that is open. Nothing in it is reached by a symbolic link: each name is opened for itself, in the folder that it is in.
struct Folder: ~Copyable {
    let descriptor: Int32

    /// A folder that the operator names.
    init(path: String) throws(InventoryError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw InventoryError("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
    }

    /// A folder in a folder; nil for what is none, or can't be opened.
    init?(_ name: String, in parent: borrowing Folder) {
        descriptor = openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The names in it, without `.` and `..`; those that are not UTF-8 are left out.
    func names(most: Int) -> [String] {
        let copy = dup(descriptor)
        guard copy >= 0 else { return [] }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [String] = []
        while names.count <= most, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(validatingCString: $0) }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// What stands under a name, which may be a link: its mode and size.
    func status(_ name: String) -> (mode: UInt32, size: Int)? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return (UInt32(status.st_mode), Int(status.st_size))
    }

    /// Opens a plain file in it; nil for what is none, or can't be opened.
    func file(_ name: String) -> OpenedFile? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        return file < 0 ? nil : OpenedFile(descriptor: file)
    }

    /// Opens a plain file by the names of the folders to it.
    func file(at path: [String]) -> OpenedFile? {
        guard let first = path.first else { return nil }
        guard path.count > 1 else { return file(first) }
        return Folder(first, in: self)?.file(at: Array(path.dropFirst()))
    }
}

/// A plain file that is open.
final class OpenedFile {
    let descriptor: Int32
    let mode: UInt32
    let size: Int

    /// Takes over a descriptor; nil for what is no plain file.
    init?(descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        mode = isKnown ? UInt32(status.st_mode) : 0
        size = isKnown ? max(0, Int(status.st_size)) : 0
        guard mode & UInt32(S_IFMT) == UInt32(S_IFREG) else { return nil }
    }

    /// A file that the operator names.
    init(path: String) throws(InventoryError) {
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw InventoryError("\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, UInt32(status.st_mode) & UInt32(S_IFMT) == UInt32(S_IFREG) else {
            (mode, size) = (0, 0)
            throw InventoryError("\(path) is no file")
        }
        mode = UInt32(status.st_mode)
        size = max(0, Int(status.st_size))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Goes back to its front.
    func rewind() { lseek(descriptor, 0, SEEK_SET) }

    /// Its content, read from the front on.
    var content: FileContent {
        let access = RandomAccess(descriptor: descriptor, count: size)
        var place = 0
        return FileContent(
            size: size,
            read: { count throws(InventoryError) in
                let length = min(count, access.count - place)
                guard let bytes = access.read(place, length) else { throw InventoryError("it can't be read") }
                place += length
                return bytes
            }, descriptor: descriptor)
    }
}
