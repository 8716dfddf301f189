public import WAF

/// Reads lists of addresses in the formats that GuardDuty takes, line by line, so that no more than a line is ever held besides what was
/// read.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html>
public struct ListReader: Sendable {
    /// The names are AWS's.
    public enum Format: String, Sendable, Codable {
        case plain = "TXT"
        case stix = "STIX"
        case otx = "OTX_CSV"
        case alienVault = "ALIEN_VAULT"
        case proofPoint = "PROOF_POINT"
        case fireEye = "FIRE_EYE"
    }

    /// What is wrong with a list, in words.
    public struct Fault: Error, Equatable {
        public let text: String
    }

    /// The most that a file may have, in bytes.
    public static let mostBytes = 35 << 20
    private static let longestLine = 64 << 10

    private let format: Format
    private let most: Int
    private var line: [UInt8] = []
    private var bytes = 0
    private var lines = 0
    /// The networks that the list has, in its order.
    public private(set) var networks: [Network] = []
    private var seen: Set<Network> = []

    /// - Parameters:
    ///   - format: as what it is read.
    ///   - most: how many entries it may have.
    public init(_ format: Format, most: Int) {
        (self.format, self.most) = (format, most)
    }

    /// Takes the next bytes of the file in.
    /// - Throws: `Fault` for a file that is too large, or not text.
    public mutating func read(_ part: some Collection<UInt8>) throws(Fault) {
        bytes += part.count
        guard bytes <= Self.mostBytes else { throw Fault(text: "The file is larger than 35 MB.") }
        for byte in part {
            // STIX is XML, whose elements need not be on lines of their own.
            if byte == 0x0A || format == .stix && byte == UInt8(ascii: ">") {
                try take()
                continue
            }
            guard byte != 0 else { throw Fault(text: "The file is not a text.") }
            line.append(byte)
            guard line.count <= Self.longestLine else {
                throw Fault(text: "Line \(lines + 1) is longer than \(Self.longestLine) bytes.")
            }
        }
    }

    /// Takes the end in.
    /// - Throws: `Fault` for a list without an address.
    public mutating func finish() throws(Fault) -> [Network] {
        try take()
        guard !networks.isEmpty else {
            throw Fault(text: "The file has no IP address or CIDR range in format \(format.rawValue).")
        }
        return networks
    }

    private mutating func take() throws(Fault) {
        lines += 1
        defer { line.removeAll(keepingCapacity: true) }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw Fault(text: "Line \(lines) is not UTF-8.")
        }
        for entry in entries(of: text) {
            guard let network = Self.network(entry) else {
                // What is no address: domains, hashes and heads of columns are in these formats as well.
                guard format == .plain, !entry.isEmpty else { continue }
                throw Fault(text: "Line \(lines) is neither an IP address nor a CIDR range.")
            }
            guard seen.insert(network).inserted else { continue }
            guard networks.count < most else { throw Fault(text: "The list has more than \(most) entries.") }
            networks.append(network)
        }
    }

    private func entries(of line: String) -> [Substring] {
        let spaces: Set<Character> = [" ", "\t", "\r"]
        func trimmed(_ text: Substring) -> Substring {
            var text = text
            while let first = text.first, spaces.contains(first) || first == "\"" { text = text.dropFirst() }
            while let last = text.last, spaces.contains(last) || last == "\"" { text = text.dropLast() }
            return text
        }
        switch format {
        case .plain: return [trimmed(Substring(line))]
        case .alienVault:
            // 192.0.2.1#4#2#Malicious Host#US#…; older ones: 192.0.2.1 # Malicious Host
            return [trimmed(line.prefix { $0 != "#" })]
        case .otx:
            // IPv4,192.0.2.1,…
            let columns = line.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
            guard columns.count > 1, ["ipv4", "ipv6", "cidr"].contains(trimmed(columns[0]).lowercased()) else {
                return []
            }
            return [trimmed(columns[1])]
        case .proofPoint:
            // 192.0.2.1,1,100: address, category, score
            return [trimmed(line.prefix { $0 != "," })]
        case .fireEye:
            // One of many columns.
            return line.split(separator: ",", omittingEmptySubsequences: true).map(trimmed)
        case .stix:
            // <AddressObj:Address_Value>192.0.2.1##comma##192.0.2.2</AddressObj:Address_Value
            guard let end = line.firstIndex(of: "<") else { return [] }
            return line[..<end].split { $0 == "#" || $0 == "," }.map(trimmed)
        }
    }

    private static func network(_ text: Substring) -> Network? {
        if let network = Network(String(text)) { return network.length > 0 ? network : nil }
        guard let address = IPAddress(text) else { return nil }
        return Network("\(address)/\(address.width)")
    }
}
