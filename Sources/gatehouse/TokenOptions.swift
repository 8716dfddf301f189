import ArgumentParser
import FoundationEssentials
import HardwareToken

/// Which hardware token, and how to get in.
struct TokenOptions: ParsableArguments {
    @Option(
        help: """
            The PKCS #11 module of a hardware token, such as /usr/lib/softhsm/libsofthsm2.so (GATEHOUSE_PKCS11_MODULE).
            """)
    var pkcs11Module: String?

    @Option(help: "The token's label (GATEHOUSE_PKCS11_TOKEN).")
    var pkcs11Token: String?

    @Option(
        help: """
            A file with the token's PIN (GATEHOUSE_PKCS11_PIN_FILE); without one, the PIN is taken from the variable \
            GATEHOUSE_PKCS11_PIN.
            """)
    var pkcs11PinFile: String?

    /// - Returns: nil: there is none.
    /// - Throws: `ValidationError` for options that are not enough.
    static func login() throws -> HardwareToken.Login? {
        let module = Settings.text("PKCS11_MODULE")
        let token = Settings.text("PKCS11_TOKEN")
        guard module != nil || token != nil else {
            guard Settings.option("PKCS11_PIN_FILE") == nil else {
                throw ValidationError("--pkcs11-pin-file goes together with --pkcs11-module and --pkcs11-token.")
            }
            return nil
        }
        guard let module, let token else {
            throw ValidationError("--pkcs11-module and --pkcs11-token go together.")
        }
        guard (1...32).contains(token.utf8.count) else {
            throw ValidationError("--pkcs11-token takes a label of 1 to 32 bytes, not '\(token)'.")
        }
        return HardwareToken.Login(module: module, token: token, pin: try pin())
    }

    private static func pin() throws -> [UInt8] {
        if let file = Settings.text("PKCS11_PIN_FILE") {
            guard let content = FileManager.default.contents(atPath: file) else {
                throw ValidationError("The file \(file), which --pkcs11-pin-file names, can't be read.")
            }
            // Editors end a file with a line feed.
            return Array(content.prefix { $0 != 0x0a && $0 != 0x0d })
        }
        guard let pin = Settings.secret("PKCS11_PIN") else {
            throw ValidationError(
                "The token's PIN is missing: name a file that has it with --pkcs11-pin-file, or set GATEHOUSE_PKCS11_PIN."
            )
        }
        return Array(pin.utf8)
    }
}
