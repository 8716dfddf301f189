import ArgumentParser

/// What web ACLs are to have.
struct WebACLOptions: ParsableArguments {
    @Option(
        help: """
            A file to which the logs of all web ACLs are added, one JSON object a line, besides the buckets that their owners choose.
            """)
    var webACLLog: String?

    @Option(
        name: .customLong("geo-database"),
        help: """
            A file in MaxMind's format (mmdb) by which web ACLs know the countries of addresses, or their autonomous systems. Can be \
            repeated.
            """)
    var geoDatabases: [String] = []

    /// Empty: nothing is known.
    static var places: [String] {
        Settings.list("GEO_DATABASE")
    }

    /// nil: there is none.
    static var log: String? { Settings.text("WEB_ACL_LOG") }
}
