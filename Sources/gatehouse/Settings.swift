import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Settings from environment variables, such as `GATEHOUSE_PORT` for `--port`. The option wins over the variable.
enum Settings {
    static func text(_ name: String) -> String? {
        let value = variable("GATEHOUSE_\(name)")
        return value?.isEmpty == true ? nil : value
    }

    /// An environment variable. Foundation would make a dictionary of all of them each time, and a server asks for dozens
    /// when it starts.
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// - Throws: `ValidationError` when the variable's text is no number.
    static func number(_ name: String) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text) else { throw ValidationError("GATEHOUSE_\(name) takes a number, not '\(text)'.") }
        return number
    }

    static func flag(_ name: String) throws -> Bool {
        guard let text = text(name) else { return false }
        switch text.lowercased() {
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default: throw ValidationError("GATEHOUSE_\(name) takes 1 or 0, not '\(text)'.")
        }
    }

    static var defaultDataDirectory: String {
        if let base = variable("XDG_DATA_HOME"), !base.isEmpty { return base + "/gatehouse" }
        return (variable("HOME") ?? ".") + "/.local/share/gatehouse"
    }
}
