import FoundationEssentials
import VPC

/// Makes of the kernel's counts, which only grow, what was counted since the last time.
struct FlowCounts {
    private struct Key: Hashable {
        let set: String
        let words: [String]
    }

    private struct Count {
        var packets: Int
        var bytes: Int
    }

    /// By VPC.
    private var last: [String: [Key: Count]] = [:]
    private var times: [String: Double] = [:]

    /// - Parameters:
    ///   - json: as nft prints sets.
    ///   - links: interfaces by their links, as far as their flows are counted.
    mutating func take(_ json: String, vpc: String, links: [String: String], now: Double) -> [CountedFlows] {
        let sets = (try? JSONDecoder().decode(List.self, from: Data(json.utf8)))?.nftables.compactMap(\.set) ?? []
        let before = last[vpc] ?? [:]
        let start = times[vpc] ?? now
        var current: [Key: Count] = [:]
        var flows: [String: [CountedFlows.Flow]] = [:]
        var full: Set<String> = []
        for set in sets {
            guard let found = SetName(set.name), let id = links[found.link] else { continue }
            if set.elem.count >= found.key.capacity { full.insert(id) }
            for element in set.elem.compactMap(\.elem) {
                let key = Key(set: set.name, words: element.words)
                let count = Count(packets: element.packets, bytes: element.bytes)
                current[key] = count
                // One that had been forgotten, and came again, begins anew.
                let former =
                    before[key].flatMap { $0.packets <= count.packets ? $0 : nil } ?? Count(packets: 0, bytes: 0)
                guard count.packets > former.packets else { continue }
                let idle = max(0, set.timeout - element.expires)
                guard
                    var flow = found.flow(element.words, last: min(now, max(start, now - Double(idle))))
                else { continue }
                flow.packets = count.packets - former.packets
                flow.bytes = max(0, count.bytes - former.bytes)
                flows[id, default: []].append(flow)
            }
        }
        last[vpc] = current
        times[vpc] = now
        return links.values.sorted().map { id in
            CountedFlows(
                interfaceID: id, vpcID: vpc, flows: flows[id] ?? [], isIncomplete: full.contains(id), start: start,
                end: now)
        }
    }

    /// `flows-LINK-out-accept-4p`.
    private struct SetName {
        let link: String
        let direction: TrafficDirection
        let action: FlowSets.Action
        let key: FlowSets.Key

        init?(_ name: String) {
            let words = name.split(separator: "-").map(String.init)
            guard words.count == 5, words[0] == "flows", let direction = TrafficDirection(rawValue: words[2]),
                let action = FlowSets.Action(rawValue: words[3]), let key = FlowSets.Key(rawValue: words[4])
            else { return nil }
            (link, self.direction, self.action, self.key) = (words[1], direction, action, key)
        }

        func flow(_ words: [String], last: Double) -> CountedFlows.Flow? {
            guard words.count == (key.hasPorts ? 5 : 3), let source = NetworkAddress(words[0]),
                let destination = NetworkAddress(words[1]), let number = Int(words[2])
            else { return nil }
            return CountedFlows.Flow(
                isEgress: direction == .out, isAccepted: action == .accept, source: source, destination: destination,
                sourcePort: key.hasPorts ? Int(words[3]) ?? 0 : 0,
                destinationPort: key.hasPorts ? Int(words[4]) ?? 0 : 0,
                protocolNumber: number, packets: 0, bytes: 0, last: last)
        }
    }

    // MARK: What nft prints

    private struct List: Decodable {
        let nftables: [Entry]
    }

    private struct Entry: Decodable {
        let set: FlowSet?
    }

    private struct FlowSet: Decodable {
        let name: String
        let timeout: Int
        let elem: [Element]

        private enum Keys: String, CodingKey {
            case name, timeout, elem
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            name = try values.decode(String.self, forKey: .name)
            timeout = try values.decodeIfPresent(Int.self, forKey: .timeout) ?? 0
            // Other sets' elements have other forms.
            elem = name.hasPrefix("flows-") ? try values.decodeIfPresent([Element].self, forKey: .elem) ?? [] : []
        }
    }

    private struct Element: Decodable {
        let elem: Counted?
    }

    private struct Counted: Decodable {
        let words: [String]
        let expires: Int
        let packets: Int
        let bytes: Int

        private enum Keys: String, CodingKey {
            case val, expires, counter
        }

        private struct Value: Decodable {
            let concat: [Word]
        }

        private struct Counter: Decodable {
            let packets: Int
            let bytes: Int
        }

        /// nft writes numbers and addresses.
        private struct Word: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let number = try? value.decode(Int.self) {
                    text = String(number)
                } else {
                    text = try value.decode(String.self)
                }
            }
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            words = try values.decode(Value.self, forKey: .val).concat.map(\.text)
            expires = try values.decodeIfPresent(Int.self, forKey: .expires) ?? 0
            let counter = try values.decode(Counter.self, forKey: .counter)
            (packets, bytes) = (counter.packets, counter.bytes)
        }
    }
}
