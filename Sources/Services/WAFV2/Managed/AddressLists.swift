import CoreRuleSet
import FoundationEssentials
import WAF

/// Reads the operator's file of addresses with bad names, which stand behind AWS's lists: one network a line, and behind it the
/// names of the rules that have it.
///
///     # What the honeypot has seen.
///     198.51.100.0/24
///     2001:db8:bad::/48 AWSManagedReconnaissanceList
///     203.0.113.7 AnonymousIPList HostingProviderIPList
enum AddressLists {
    /// Without a name it is this list's.
    private static let usual = "AWSManagedIPReputationList"

    /// - Returns: the lists by the names that ``ManagedRules`` has for them.
    /// - Throws: what is wrong with the file.
    static func read(_ path: String) throws(ManagedRulesError) -> [String: NetworkSet] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ManagedRulesError(description: "the address lists '\(path)' can't be read")
        }
        var lists: [String: [Network]] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first else { continue }
            func fail(_ reason: String) -> ManagedRulesError {
                ManagedRulesError(description: "the address lists '\(path)', line \(number + 1): \(reason)")
            }
            guard let network = network(first) else {
                throw fail("'\(first)' is neither an address nor a network, as 192.0.2.0/24 is")
            }
            let names = words.count > 1 ? Array(words.dropFirst()) : [usual]
            for name in names {
                let known = ManagedRules.addressLists + ManagedRules.botLists
                guard known.contains(name) else {
                    throw fail("'\(name)' is none of the lists: " + known.joined(separator: ", "))
                }
                lists[ManagedRules.addressList(name), default: []].append(network)
            }
        }
        return lists.mapValues { NetworkSet($0) }
    }

    private static func network(_ text: String) -> Network? {
        Network(text) ?? IPAddress(text).flatMap { Network("\(text)/\($0.width)") }
    }
}
