import ArgumentParser
import FoundationEssentials

/// What user pools are to know.
struct UserPoolOptions: ParsableArguments {
    @Option(
        help: """
            The list of passwords that everybody knows, for user pools with threat protection: a sorted file of passwords or of \
            SHA-1 hashes, one a line, or a folder of hash ranges, as the Pwned Passwords are. It is searched where it is.
            """)
    var compromisedPasswords: String?

    /// The list; nil: there is none.
    static var list: String? { Settings.text("COMPROMISED_PASSWORDS") }
}
