extension AddressSet {
    /// Addresses of the internet as one would say it: `the internet`, `IPv4`, `IPv4 but for 9.0.0.0/8`, or the blocks.
    ///
    /// - Parameter limit: after so many blocks of a family the others are only counted.
    public func inWords(limit: Int = 8) -> String {
        if isEmpty { return "nowhere" }
        let internet = AddressSet.internet
        if self == internet { return "the internet" }
        var words: [String] = []
        for (name, own, all, isVersion6) in [("IPv4", ipv4, internet.ipv4, false), ("IPv6", ipv6, internet.ipv6, true)]
        {
            if own.isEmpty { continue }
            let listed = own.ranges.flatMap { CIDRBlock.covering($0, isVersion6: isVersion6) }
            let missing = all.subtracting(own).ranges.flatMap { CIDRBlock.covering($0, isVersion6: isVersion6) }
            if missing.isEmpty {
                words.append(name)
            } else if missing.count < listed.count, missing.count <= limit {
                words.append("\(name) but for \(missing.map(\.description).joined(separator: ", "))")
            } else {
                words += listed.prefix(limit).map(\.description)
                if listed.count > limit { words.append("\(listed.count - limit) more blocks") }
            }
        }
        return words.joined(separator: ", ")
    }
}

extension PathStep: CustomStringConvertible {
    /// `acl-1 (in: 100; out: 100)`, `sg-1 (sgr-1, sgr-2)`, `rtb-1 (0.0.0.0/0)`.
    public var description: String {
        var (groups, entriesIn, entriesOut, routes): ([String], [String], [String], [String]) = ([], [], [], [])
        for rule in rules {
            switch rule {
            case .securityGroupRule(let id, _): groups.append(id)
            case .networkACLEntry(let number, let isEgress):
                if isEgress { entriesOut.append("\(number)") } else { entriesIn.append("\(number)") }
            case .route(let route):
                switch route.destination {
                case .block(let block): routes.append("\(block)")
                case .prefixList(let id): routes.append(id)
                }
            }
        }
        let parts = [
            (groups + routes).joined(separator: ", "),
            entriesIn.isEmpty ? "" : "in: \(entriesIn.joined(separator: ", "))",
            entriesOut.isEmpty ? "" : "out: \(entriesOut.joined(separator: ", "))",
        ].filter { !$0.isEmpty }
        return parts.isEmpty ? component.id : "\(component.id) (\(parts.joined(separator: "; ")))"
    }
}
