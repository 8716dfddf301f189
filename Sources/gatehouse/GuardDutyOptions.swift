import ArgumentParser

/// Whose calls GuardDuty is to tell of, besides those of the lists that accounts bring.
struct GuardDutyOptions: ParsableArguments {
    @Option(
        name: .customLong("threat-addresses"),
        help: """
            A file of addresses and CIDR ranges, one a line, that are known for attacks: GuardDuty tells of calls from there. Can be \
            repeated.
            """)
    var threatAddresses: [String] = []

    @Option(
        name: .customLong("tor-addresses"),
        help:
            "A file of the addresses of Tor's exits, one a line: GuardDuty tells of calls from there. Can be repeated.")
    var torAddresses: [String] = []

    static var threats: [String] { Settings.list("THREAT_ADDRESSES") }
    static var tor: [String] { Settings.list("TOR_ADDRESSES") }
}
