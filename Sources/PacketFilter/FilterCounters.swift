import FoundationEssentials

/// What a table has counted since it was put in place, as `nft -j list counters` tells it.
struct FilterCounters: Equatable {
    /// Packets that would open a connection; those of banned addresses; those that were too many.
    var asked = 0, banned = 0, tooMany = 0

    /// Nothing yet.
    init() {}

    /// nil: it is not what nft prints.
    init?(json: String) {
        guard let list = try? JSONDecoder().decode(List.self, from: Data(json.utf8)) else { return nil }
        let counters = list.nftables.compactMap(\.counter)
        guard !counters.isEmpty else { return nil }
        for counter in counters {
            switch counter.name {
            case "asked": asked = counter.packets
            case "banned": banned = counter.packets
            case "too_many": tooMany = counter.packets
            default: break
            }
        }
    }

    private struct List: Decodable {
        var nftables: [Entry]
    }

    private struct Entry: Decodable {
        var counter: Counter?
    }

    private struct Counter: Decodable {
        var name: String
        var packets: Int
    }
}
