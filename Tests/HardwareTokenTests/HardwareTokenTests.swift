import Foundation
import HardwareToken
import Keyring
import Testing

/// A key in SoftHSM. One test after another: the module, and whether the token is there, is the same for all.
@Suite(.serialized, .enabled(if: SoftToken.shared != nil, "SoftHSM is not installed"))
struct HardwareTokenTests {
    let soft: SoftToken

    init() throws {
        soft = try #require(SoftToken.shared)
    }

    func token(_ label: String = "first", key: String = "gatehouse") throws -> HardwareToken {
        try HardwareToken(.init(module: soft.module, token: label, pin: SoftToken.pin), keyLabel: key)
    }

    func kind(_ body: () throws -> Void) -> HardwareTokenError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? HardwareTokenError)?.kind
        }
    }

    @Test func sealAndOpen() throws {
        let token = try token()
        try token.makeKey()
        for count in [0, 1, 32, 4_096] {
            let message = [UInt8](repeating: 7, count: count)
            let sealed = try token.seal(message, authenticating: [1, 2])
            #expect(sealed.count == count + 29)
            #expect(try token.seal(message, authenticating: [1, 2]) != sealed)
            #expect(try token.open(sealed, authenticating: [1, 2]) == message)
            #expect(kind { _ = try token.open(sealed, authenticating: [1]) } == .notAuthentic)
        }
        let sealed = try token.seal([1, 2, 3])
        for index in sealed.indices {
            var spoilt = sealed
            spoilt[index] ^= 1
            #expect(kind { _ = try token.open(spoilt) } == .notAuthentic)
        }
        for count in 0..<sealed.count {
            #expect(kind { _ = try token.open(Array(sealed.prefix(count))) } == .notAuthentic)
        }
        // Being refused does not spoil the session.
        #expect(try token.open(sealed) == [1, 2, 3])
    }

    @Test func theExampleOfTheDocumentation() throws {
        let login = HardwareToken.Login(module: soft.module, token: "first", pin: SoftToken.pin)
        let token = try HardwareToken(login)
        try token.makeKey()
        let sealed = try token.seal(Array("hello".utf8))
        #expect(try token.open(sealed) == Array("hello".utf8))
    }

    @Test func theKeyStays() throws {
        let token = try token()
        try token.makeKey()
        let sealed = try token.seal([1])
        try token.makeKey()
        #expect(try self.token().open(sealed) == [1])
        #expect(kind { _ = try self.token(key: "other").open(sealed) } == .noKey)
        let second = try self.token("second")
        #expect(kind { try second.check() } == .noKey)
        try second.makeKey()
        #expect(kind { _ = try second.open(sealed) } == .notAuthentic)
    }

    @Test func nobodyGetsTheKeyOut() throws {
        try token().makeKey()
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/pkcs11-tool")
        tool.arguments = [
            "--module", soft.module, "--token-label", "first", "--login", "--pin", "1234", "--list-objects", "--type",
            "secrkey",
        ]
        let output = Pipe()
        tool.standardOutput = output
        tool.standardError = FileHandle.nullDevice
        try tool.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tool.waitUntilExit()
        #expect(text.contains("AES length 32"))
        #expect(text.contains("gatehouse"))
        #expect(text.contains("sensitive, always sensitive, never extractable, local"))
    }

    @Test(arguments: [true, false]) func aTokenThatComesAndGoes(isReaderLeft: Bool) throws {
        let token = try token()
        try token.makeKey()
        let sealed = try token.seal([1])
        try soft.takeOut(isReaderLeft: isReaderLeft)
        #expect(kind { _ = try token.seal([2]) } == .absent)
        #expect(kind { _ = try token.open(sealed) } == .absent)
        #expect(kind { try token.check() } == .absent)
        if isReaderLeft { #expect(kind { try self.token().check() } == .absent) }
        try soft.putBack()
        #expect(try token.open(sealed) == [1])
        #expect(try token.open(token.seal([2])) == [2])
        try token.check()
    }

    @Test func aRootKeyMovesInAndOut() throws {
        let token = try token()
        try token.makeKey()
        let path = soft.directory.appending(path: "key-\(UUID().uuidString)").path
        let inFile = try KeyFile(path: path)
        let sealed = try inFile.sealingKey(for: "x").seal([7])
        let bare = try Data(contentsOf: URL(filePath: path))

        let inToken = try inFile.move(to: token)
        #expect(inToken.protectorName == "first")
        #expect(try inToken.sealingKey(for: "x").open(sealed) == [7])
        let content = try Data(contentsOf: URL(filePath: path))
        #expect(!content.contains(bare) && String(decoding: content, as: UTF8.self).contains("\nfirst\n"))
        #expect(try KeyFile(existing: path, protector: token).sealingKey(for: "x").open(sealed) == [7])

        let unnamed = #expect(throws: KeyringError.self) { try KeyFile(existing: path) }
        #expect(unnamed?.kind == .protected)
        let second = try self.token("second")
        try second.makeKey()
        let other = #expect(throws: KeyringError.self) { try KeyFile(existing: path, protector: second) }
        #expect(other?.kind == .protected)
        try soft.takeOut(isReaderLeft: true)
        let gone = #expect(throws: KeyringError.self) { try KeyFile(existing: path, protector: token) }
        #expect(gone?.kind == .protected)
        // What was opened before goes on.
        #expect(try inToken.sealingKey(for: "x").open(sealed) == [7])
        try soft.putBack()

        // Rotated in the token, and back into a file.
        try inToken.rotate(at: 1)
        #expect(try KeyFile(existing: path, protector: token).sealingKey(for: "x").open(sealed) == [7])
        try inToken.forgetPreviousKey()
        let again = try inToken.sealingKey(for: "x").seal([8])
        let back = try KeyFile(existing: path, protector: token).move(to: nil)
        #expect(back.protectorName == nil)
        #expect(try KeyFile(existing: path).sealingKey(for: "x").open(again) == [8])
        #expect(throws: KeyringError.self) { try KeyFile(existing: path).sealingKey(for: "x").open(sealed) }
    }

    @Test func whatIsWrongIsSaid() throws {
        #expect(kind { _ = try HardwareToken(.init(module: "/nowhere.so", token: "first", pin: [])) } == .module)
        let library = "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0"
        if FileManager.default.fileExists(atPath: library) {
            #expect(kind { _ = try HardwareToken(.init(module: library, token: "first", pin: [])) } == .module)
        }
        #expect(kind { try token("none").check() } == .absent)
        #expect(kind { try token("twin").check() } == .absent)
        for wrong in [[], Array("12345678".utf8)] {
            let error = #expect(throws: HardwareTokenError.self) {
                try HardwareToken(.init(module: soft.module, token: "second", pin: wrong)).makeKey()
            }
            #expect(error?.kind == .pin)
            #expect(error?.message.contains("12345678") == false)
        }
        // A wrong PIN is tried once, so that a server does not lock the token by itself.
        let wrong = try HardwareToken(.init(module: soft.module, token: "second", pin: Array("87654321".utf8)))
        for _ in 0..<20 { #expect(kind { try wrong.check() } == .pin) }
        #expect(kind { try token("second").makeKey() } == nil)
        var dumped = ""
        dump(wrong, to: &dumped)
        dump(HardwareToken.Login(module: "m", token: "t", pin: Array("9876".utf8)), to: &dumped)
        #expect("\(try token())" == "HardwareToken(first)")
        #expect(!dumped.contains("9876") && !dumped.contains("57") && !dumped.contains("8765"))
    }
}
