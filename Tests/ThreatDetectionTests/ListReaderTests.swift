import Testing
import ThreatDetection
import WAF

/// Lists of addresses, in all formats, and what is none.
struct ListReaderTests {
    private func read(_ text: String, _ format: ListReader.Format, most: Int = 100) throws -> [String] {
        var reader = ListReader(format, most: most)
        // In pieces, wherever they end.
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 7) {
            try reader.read(bytes[start..<min(start + 7, bytes.count)])
        }
        return try reader.finish().map(\.description)
    }

    static let examples: [(format: ListReader.Format, text: String)] = [
        (ListReader.Format.plain, "192.0.2.1\r\n198.51.100.0/24\n\n2001:db8::/32\n192.0.2.1\n"),
        (
            .otx,
            "Indicator type,Indicator,Description\nIPv4,192.0.2.1,x\nCIDR,198.51.100.0/24,\ndomain,bad.example,\nIPv6,2001:db8::/32,\n"
        ),
        (.alienVault, "192.0.2.1#4#2#Malicious Host#US##0,0#3\n198.51.100.0/24 # Scan\n2001:db8::/32#1#1#X\n"),
        (.proofPoint, "ip, category, score\n192.0.2.1,1,100\n198.51.100.0/24,1,90\n2001:db8::/32,1,90\n"),
        (.fireEye, "reportId,ip,domain\n1,192.0.2.1,\n2,198.51.100.0/24,bad.example\n3,2001:db8::/32,\n"),
        (
            .stix,
            "<stix:Indicators><AddressObj:Address_Value condition=\"Equals\">192.0.2.1##comma##198.51.100.0/24"
                + "</AddressObj:Address_Value><AddressObj:Address_Value>2001:db8::/32</AddressObj:Address_Value></stix:Indicators>"
        ),
    ]

    @Test(arguments: examples)
    func formats(format: ListReader.Format, text: String) throws {
        #expect(try read(text, format) == ["192.0.2.1/32", "198.51.100.0/24", "2001:db8::/32"])
    }

    @Test(arguments: [
        "", "\n\n", "not an address\n", "192.0.2.1\n300.1.1.1\n", "0.0.0.0/0\n", "192.0.2.1\u{0}\n",
        "<a>192.0.2.1</a>\n",
        "PK\u{3}\u{4}",
    ])
    func refused(text: String) {
        #expect(throws: ListReader.Fault.self) { try read(text, .plain) }
    }

    @Test func limits() throws {
        #expect(throws: ListReader.Fault.self) { try read("192.0.2.1\n192.0.2.2\n192.0.2.3\n", .plain, most: 2) }
        var reader = ListReader(.plain, most: 10)
        try reader.read(Array("192.0.2.1\n".utf8))
        let rest = [UInt8](repeating: 0x0A, count: ListReader.mostBytes)
        #expect(throws: ListReader.Fault.self) { try reader.read(rest) }
        var long = ListReader(.plain, most: 10)
        #expect(throws: ListReader.Fault.self) { try long.read([UInt8](repeating: 0x31, count: 1 << 20)) }
        var bytes = ListReader(.plain, most: 10)
        #expect(throws: ListReader.Fault.self) { try bytes.read([0xFF, 0x0A]) }
    }
}
