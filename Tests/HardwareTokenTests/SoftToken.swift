import Foundation
import HardwareToken

/// SoftHSM (https://www.softhsm.org), of which a process has one: its module finds its tokens by an environment variable.
final class SoftToken: Sendable {
    /// Nil where SoftHSM is not installed.
    static let shared: SoftToken? = try? SoftToken()

    let module: String
    let directory: URL
    static let pin = Array("1234".utf8)

    private init() throws {
        let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
        guard let module = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CocoaError(.fileNoSuchFile)
        }
        self.module = module
        directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-token-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
        let configuration = directory.appending(path: "softhsm2.conf")
        try Data("directories.tokendir = \(tokens.path)\nlog.level = ERROR\n".utf8).write(to: configuration)
        setenv("SOFTHSM2_CONF", configuration.path, 1)
        for label in ["first", "second", "twin", "twin"] { try make(label) }
        atexit { try? SoftToken.shared.map { try FileManager.default.removeItem(at: $0.directory) } }
    }

    var tokens: URL { directory.appending(path: "tokens") }

    private func make(_ label: String) throws {
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
        tool.arguments = ["--init-token", "--free", "--label", label, "--so-pin", "4321", "--pin", "1234"]
        tool.standardOutput = FileHandle.nullDevice
        try tool.run()
        tool.waitUntilExit()
        guard tool.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    /// Takes all tokens out, or puts them back.
    ///
    /// - Parameter isReaderLeft: whether there is still something that tokens could be in.
    func takeOut(isReaderLeft: Bool) throws {
        try FileManager.default.moveItem(at: tokens, to: directory.appending(path: "away"))
        if isReaderLeft { try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: false) }
    }

    func putBack() throws {
        try? FileManager.default.removeItem(at: tokens)
        try FileManager.default.moveItem(at: directory.appending(path: "away"), to: tokens)
    }
}
