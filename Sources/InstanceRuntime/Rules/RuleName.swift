import VPC

/// What parts of the table are called. They are made of AWS's ids, so that `nft list ruleset` can be read.
enum RuleName {
    /// What nft takes for a name: of an id that is none of AWS's, other characters are written as their numbers.
    static func plain(_ id: String) -> String {
        id.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                String(UnicodeScalar(byte))
            default: "_\(byte)_"
            }
        }.joined()
    }

    /// The end of an interface that is in the VPC's network: `e` and the last digits of the interface's id. Linux takes 15 characters.
    static func link(_ interface: String) -> String {
        "e" + String(plain(interface).drop { $0 != "-" }.filter { $0 != "-" }.suffix(14))
    }

    static func quoted(_ link: String) -> String { "\"\(link)\"" }

    /// The chain of what interfaces in these groups may do: `in-sg-…`.
    static func chain(_ direction: TrafficDirection, _ groups: [String]) -> String {
        let all = groups.map(plain).joined(separator: ".")
        // Names end after 255 bytes.
        guard all.utf8.count > 200 else { return "\(direction.rawValue)-\(all)" }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in all.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\(direction.rawValue)-\(all.prefix(160)).\(String(hash, radix: 16))"
    }

    static func acl(_ direction: TrafficDirection, _ id: String) -> String { "\(plain(id))-\(direction.rawValue)" }
    static func border(_ direction: TrafficDirection, _ subnet: String) -> String {
        "\(plain(subnet))-\(direction.rawValue)"
    }
    static func subnet(_ id: String) -> String { "links-\(plain(id))" }
    static func refused(_ direction: TrafficDirection) -> String { "refused-\(direction.rawValue)" }
    static func passed(_ direction: TrafficDirection) -> String { "passed-\(direction.rawValue)" }

    /// The addresses of a group's interfaces, or of a prefix list.
    static func addresses(_ id: String, isVersion6: Bool) -> String { "\(plain(id)).v\(isVersion6 ? 6 : 4)" }
}
