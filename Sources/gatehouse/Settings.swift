import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the operator says: by an option, such as `--port`, or by an environment variable, such as `GATEHOUSE_PORT`. The option
/// wins.
///
/// A server starts without ArgumentParser: so the properties of `Serve`, and of the groups of options that are in it, only declare
/// what can be said, and `Settings` has what is said.
enum Settings {
    private static let given = GivenOptions(CommandLine.arguments.dropFirst(2))

    /// The first word behind the command that was not asked for.
    static var firstUnreadWord: String? { given.firstUnread }

    static func text(_ name: String) -> String? {
        if let value = option(name) { return value }
        let value = variable("GATEHOUSE_\(name)")
        return value?.isEmpty == true ? nil : value
    }

    /// A secret: others who use the machine can see what stands on a command line, so that a variable alone has it.
    static func secret(_ name: String) -> String? {
        let value = variable("GATEHOUSE_\(name)")
        return value?.isEmpty == true ? nil : value
    }

    /// What the command line alone says; of several times the last.
    static func option(_ name: String) -> String? { given.values(of: name).last }

    /// Whether the command line says something, whatever it is.
    static func isGiven(_ name: String) -> Bool { given.has(name) || option(name) != nil }

    /// What each of the options says, and what the variable says beside them.
    static func list(_ name: String, separator: Character = ",") -> [String] {
        let variable = variable("GATEHOUSE_\(name)") ?? ""
        return given.values(of: name) + variable.split(separator: separator).map(String.init)
    }

    /// An environment variable. Foundation would make a dictionary of all of them each time, and a server asks for dozens
    /// when it starts.
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// - Throws: `ValidationError` for a text that is no number.
    static func number(_ name: String) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text) else { throw ValidationError("\(spelled(name)) takes a number, not '\(text)'.") }
        return number
    }

    /// - Throws: `ValidationError` for a variable's text that says neither, and for an option with a value.
    static func flag(_ name: String) throws -> Bool {
        if let value = option(name) { throw ValidationError("'\(value)' is not for the option that it stands behind.") }
        if given.has(name) { return true }
        guard let text = variable("GATEHOUSE_\(name)"), !text.isEmpty else { return false }
        switch text.lowercased() {
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default: throw ValidationError("GATEHOUSE_\(name) takes 1 or 0, not '\(text)'.")
        }
    }

    /// The option or the variable, whichever it is that says something.
    private static func spelled(_ name: String) -> String {
        option(name) == nil ? "GATEHOUSE_\(name)" : "--\(name.lowercased().replacing("_", with: "-"))"
    }

    static var defaultDataDirectory: String {
        if let base = variable("XDG_DATA_HOME"), !base.isEmpty { return base + "/gatehouse" }
        return (variable("HOME") ?? ".") + "/.local/share/gatehouse"
    }
}
