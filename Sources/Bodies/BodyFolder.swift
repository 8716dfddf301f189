import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bodies as files: `incoming/ID` while they are written, then `XX/ID`, where `XX` are the id's first two digits.
///
/// Whoever writes a body has its file locked (`flock`) until the body's fate is decided. The lock is gone with the
/// process, so that what was left behind can be told from what only takes long, on all nodes that share the folder.
struct BodyFolder: BodyPlace {
    let path: String

    /// One that is there, to be read alone.
    init(existing path: String) throws(BodyError) {
        self.path = path
        guard try OpenFile(path, O_RDONLY | O_DIRECTORY) != nil else {
            throw BodyError(.io, "There is no folder \(path).")
        }
    }

    init(_ path: String) throws(BodyError) {
        self.path = path
        if try make(path) { try sync(path + "/..") }
        for name in ["incoming"] + Self.parts { _ = try make(path + "/" + name) }
        // Also when they were there: another node may have made them just now.
        try sync(path)
        guard access(path, W_OK | X_OK) == 0 else { throw .system("write to", path) }
        guard access(incoming, W_OK | X_OK) == 0 else { throw .system("write to", incoming) }
    }

    func create(_ id: BodyID) throws(BodyError) -> any NewBody {
        let file = try OpenFile(making: incoming(id))
        guard try file.lock() else { throw BodyError(.io, "Somebody else has locked \(file.path), which is new.") }
        return NewFile(self, id, file)
    }

    func open(_ id: BodyID) throws(BodyError) -> any PlacedBody {
        guard let file = try OpenFile(path(of: id), O_RDONLY) else { throw .missing(id) }
        return PlacedFile(file: file, size: try file.size())
    }

    func remove(_ id: BodyID) throws(BodyError) {
        guard unlink(path(of: id)) == 0 || errno == ENOENT else { throw .system("remove", path(of: id)) }
    }

    func removeUnfinished(before time: Int) throws(BodyError) -> Int {
        var count = 0
        for id in try ids(in: incoming) where modified(incoming(id)).map({ $0 < time }) == true {
            guard let file = try OpenFile(incoming(id), O_RDWR), try file.lock() else { continue }
            if unlink(file.path) == 0 { count += 1 }
        }
        return count
    }

    func list(after id: BodyID?, before time: Int, limit: Int) throws(BodyError) -> [BodyID] {
        var found: [BodyID] = []
        for part in Self.parts where id.map({ part >= $0.part }) ?? true {
            for next in try ids(in: path + "/" + part).sorted() where id.map({ next > $0 }) ?? true {
                guard let modified = modified(path(of: next)), modified < time else { continue }
                found.append(next)
                if found.count >= limit { return found }
            }
        }
        return found
    }

    func claim(_ id: BodyID) throws(BodyError) -> (any Sendable)? {
        guard let file = try OpenFile(path(of: id), O_RDWR), try file.lock(), try !file.isRemoved() else { return nil }
        return file
    }

    // MARK: What else is in it

    func mark() throws(BodyError) -> String? {
        guard let file = try OpenFile(markFile, O_RDONLY) else { return nil }
        return String(decoding: try file.read(at: 0, count: 4_096), as: UTF8.self)
    }

    func makeMark(_ text: String) throws(BodyError) {
        // Made whole, or not at all; `link` takes nothing's place.
        let aside = path + "/incoming/" + UUID().uuidString
        let file = try OpenFile(making: aside)
        defer { unlink(aside) }
        try file.append(Array(text.utf8))
        try file.sync()
        guard link(aside, markFile) == 0 || errno == EEXIST else { throw .system("make", markFile) }
        try sync(path)
    }

    private var markFile: String { path + "/gatehouse" }

    func hold(_ name: String) throws(BodyError) {
        _ = try make(holds)
        let file = holds + "/" + name
        // A file of the same name is written anew, which is what counts.
        unlink(file)
        _ = try OpenFile(making: file)
    }

    func endHold(_ name: String) { unlink(holds + "/" + name) }

    func isHeld(since time: Int) throws(BodyError) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: holds) else { return false }
        var isHeld = false
        for name in names {
            guard let modified = modified(holds + "/" + name) else { continue }
            // Whoever has left one behind does not come back for it.
            if modified >= time { isHeld = true } else { unlink(holds + "/" + name) }
        }
        return isHeld
    }

    private var holds: String { path + "/holds" }

    // MARK: Names

    /// The folders that finished bodies are in, in order: a folder of millions of files would be slow.
    private static let parts: [String] = (0..<256).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }

    fileprivate var incoming: String { path + "/incoming" }

    fileprivate func incoming(_ id: BodyID) -> String { incoming + "/" + id.description }

    fileprivate func path(of id: BodyID) -> String { "\(path)/\(id.part)/\(id)" }

    /// The bodies in one of the folders; none if there is no such folder. Other files are none of our business.
    private func ids(in folder: String) throws(BodyError) -> [BodyID] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap(BodyID.init)
        } catch {
            guard access(folder, F_OK) != 0, errno == ENOENT else {
                throw BodyError(.io, "Can't list the folder \(folder).")
            }
            return []
        }
    }

    /// When a file was last written, in seconds since 1970; nil when there is none.
    private func modified(_ path: String) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            return status.st_mtimespec.tv_sec
        #else
            return status.st_mtim.tv_sec
        #endif
    }

    // MARK: Folders

    /// Makes a folder that only its owner can access.
    /// - Returns: false when it is there already.
    private func make(_ folder: String) throws(BodyError) -> Bool {
        if mkdir(folder, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw .system("make", folder) }
        return false
    }

    fileprivate func syncPart(of id: BodyID) throws(BodyError) { try sync(path + "/" + id.part) }

    private func sync(_ folder: String) throws(BodyError) {
        guard let file = try OpenFile(folder, O_RDONLY | O_DIRECTORY) else { throw .system("open", folder) }
        try file.sync()
    }
}

extension BodyID {
    fileprivate var part: String { String(description.prefix(2)) }
}

private struct PlacedFile: PlacedBody {
    let file: OpenFile
    let size: Int

    func read(at offset: Int, count: Int) throws(BodyError) -> [UInt8] { try file.read(at: offset, count: count) }
}

/// A file in `incoming`, and, once it is finished, the lock on it.
private final class NewFile: NewBody {
    private struct State {
        var isFinished = false
        /// In bytes.
        var size = 0
        /// How many of them the system was asked to write to the disk.
        var synced = 0
    }

    /// The system is asked to write to the disk each time that so many bytes have come together.
    private static let syncStep = 8 << 20

    private let folder: BodyFolder
    private let id: BodyID
    private let file: OpenFile
    private let state = Mutex(State())

    init(_ folder: BodyFolder, _ id: BodyID, _ file: OpenFile) {
        self.folder = folder
        self.id = id
        self.file = file
    }

    deinit { discard() }

    func append(_ bytes: [UInt8]) throws(BodyError) {
        try file.append(bytes)
        state.withLock { state in
            state.size += bytes.count
            guard state.size - state.synced >= Self.syncStep else { return }
            file.beginSync(from: state.synced, count: state.size - state.synced)
            state.synced = state.size
        }
    }

    func finish() throws(BodyError) {
        try file.sync()
        let path = folder.path(of: id)
        guard rename(file.path, path) == 0 else { throw .system("make", path) }
        do throws(BodyError) {
            try folder.syncPart(of: id)
        } catch {
            unlink(path)
            throw error
        }
        state.withLock { $0.isFinished = true }
    }

    func discard() {
        let isFinished = state.withLock { $0.isFinished }
        if !isFinished { unlink(file.path) }
    }
}
