import Shield
import Testing
import WAF

@testable import PacketFilter

@Suite struct FilterTableTests {
    private func table(_ address: String?, exempt: [String] = []) throws -> FilterTable {
        try #require(
            FilterTable(
                address: address, ports: [8080, 8443], exempt: exempt.compactMap { Network($0) },
                rate: Budget(perSecond: 50, burst: 500)))
    }

    /// A table for all addresses would touch others' services.
    @Test func whatIsNoAddressIsNotAll() throws {
        let rate = Budget(perSecond: 50, burst: 500)
        for address in ["fe80::1%eth0", "", "localhost"] {
            #expect(FilterTable(address: address, ports: [8080], exempt: [], rate: rate) == nil)
        }
        #expect(try table(nil) == table("::"))
    }

    @Test(arguments: [
        ("0.0.0.0", "gatehouse-8080"), ("::", "gatehouse-8080"), ("127.0.0.1", "gatehouse-127.0.0.1-8080"),
        ("2001:db8::1", "gatehouse-2001.db8..1-8080"),
    ]) func twoFrontsHaveTablesOfTheirOwn(address: String, name: String) throws {
        #expect(try table(address).name == name)
        #expect(try table(address).creation.contains("delete table inet \(name)\ntable inet \(name) {"))
    }

    /// Nothing else on the machine is looked at.
    @Test func onlyTheFrontsPortsAreTouched() throws {
        let all = try table("::").creation
        #expect(
            all.contains("    tcp dport { 8080, 8443 } tcp flags & (fin | syn | rst | ack) == syn jump connections\n"))
        #expect(try table("192.0.2.1").creation.contains("    ip daddr 192.0.2.1 tcp dport { 8080, 8443 } "))
        #expect(try table("2001:db8::1").creation.contains("    ip6 daddr 2001:db8::1 tcp dport { 8080, 8443 } "))
        #expect(all.contains("policy accept;") && !all.contains("policy drop"))
    }

    @Test func exemptNetworksComeFirst() throws {
        let text = try table("::", exempt: ["10.0.0.0/8", "2001:db8::/32"]).creation
        #expect(text.contains("set exempt4 { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8 } }"))
        #expect(
            text.contains("set exempt6 { type ipv6_addr; flags interval; auto-merge; elements = { 2001:db8::/32 } }"))
        let (exempt, banned) = (text.firstRange(of: "@exempt6 return"), text.firstRange(of: "@banned4"))
        #expect(try #require(exempt).lowerBound < (try #require(banned)).lowerBound)
    }

    @Test func bansEnd() throws {
        let (old, new) = (try #require(IPAddress("192.0.2.7")), try #require(IPAddress("2001:db8:1:2:3::4")))
        let text = try table("::").banning([.client(old): 9.5, .client(new): 0])
        #expect(text.contains("add element inet gatehouse-8080 banned4 { 192.0.2.7 timeout 9500ms }\n"))
        #expect(text.contains("add element inet gatehouse-8080 banned6 { 2001:db8:1:2:: timeout 1ms }\n"))
    }

    @Test func countersAreRead() {
        let text = """
            {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
             {"counter": {"family": "inet", "name": "asked", "table": "gatehouse-8080", "handle": 3, "packets": 7, "bytes": 420}},
             {"counter": {"family": "inet", "name": "too_many", "table": "gatehouse-8080", "handle": 5, "packets": 2, "bytes": 0}}]}
            """
        let counters = FilterCounters(json: text)
        #expect(counters?.asked == 7 && counters?.banned == 0 && counters?.tooMany == 2)
        #expect(FilterCounters(json: "") == nil && FilterCounters(json: #"{"nftables": []}"#) == nil)
    }

    /// What nft 1.0.6 prints without rights, without a table, and where the kernel lacks something.
    @Test func whatIsWrongIsSaid() {
        func said(_ text: String) -> String { NFTProgram.failure("/usr/sbin/nft", text).description }
        let denied = "netlink: Error: cache initialization failed: Operation not permitted\n"
        #expect(said(denied).contains("CAP_NET_ADMIN"))
        #expect(NFTProgram.failure("nft", "Error: No such file or directory; did you mean …\n").isMissing)
        #expect(
            said("/dev/stdin:1:1-2: Error: Could not process rule: Operation not supported\n").contains("nf_tables"))
        #expect(said("") == "/usr/sbin/nft: it says nothing")
    }
}
