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
    var places: [String] {
        geoDatabases + (Settings.text("GEO_DATABASE")?.split(separator: ",").map(String.init) ?? [])
    }

    /// nil: there is none.
    var log: String? { webACLLog ?? Settings.text("WEB_ACL_LOG") }
}
