/// A command of the AWS CLI that does what a page does.
enum CLICommand {
    /// - Parameters:
    ///   - words: the service, the operation, and options that take no value.
    ///   - options: names without dashes, with their values; those without a value are left out.
    static func aws(_ words: String..., options: KeyValuePairs<String, String?> = [:]) -> String {
        var command = (["aws"] + words).joined(separator: " ")
        for (name, value) in options {
            if let value { command += " --\(name) \(quoted(value))" }
        }
        return command
    }

    /// A word as a POSIX shell takes it literally.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_./:=,@+".utf8.contains(byte)
                }
            }
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
