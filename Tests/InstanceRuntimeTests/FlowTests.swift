import Testing
import VPC

@testable import InstanceRuntime

@Suite struct FlowTests {
    /// As nft 1.0.6 prints sets.
    private func json(packets: Int, bytes: Int, port: Int = 80, expires: Int = 890) -> String {
        """
        {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
         {"set": {"family": "inet", "name": "own4", "table": "gatehouse", "type": ["ifname", "ipv4_addr"], "handle": 1,
          "elem": [{"concat": ["ea", "10.0.0.5"]}]}},
         {"set": {"family": "inet", "name": "sg-1.v4", "table": "gatehouse", "type": "ipv4_addr", "handle": 2, "elem": ["10.0.0.5"]}},
         {"set": {"family": "inet", "name": "flows-ea-out-accept-4p", "table": "gatehouse", "handle": 4, "size": 16384,
          "flags": ["timeout"], "timeout": 900, "elem": [
          {"elem": {"val": {"concat": ["10.0.0.5", "10.0.0.6", 6, 40000, \(port)]}, "expires": \(expires),
           "counter": {"packets": \(packets), "bytes": \(bytes)}}}], "stmt": [{"counter": null}]}},
         {"set": {"family": "inet", "name": "flows-ea-in-reject-6", "table": "gatehouse", "handle": 5, "size": 1024,
          "flags": ["timeout"], "timeout": 900, "elem": [
          {"elem": {"val": {"concat": ["2001:db8::1", "2001:db8::2", 58]}, "expires": 899,
           "counter": {"packets": 1, "bytes": 104}}}], "stmt": [{"counter": null}]}}]}
        """
    }

    private let place = FlowLogFormat.Place(
        account: "111122223333", region: "eu-west-1", vpcID: "vpc-1", subnetID: "subnet-1", interfaceID: "eni-a",
        instanceID: nil)

    @Test func whatWasCountedIsToldOnce() throws {
        var counts = FlowCounts()
        let first = counts.take(json(packets: 3, bytes: 180), vpc: "vpc-1", links: ["ea": "eni-a"], now: 1000)
        #expect(first.map(\.flows.count) == [2] && first.first?.isIncomplete == false)
        let flow = try #require(first.first?.flows.first { $0.isEgress })
        #expect(flow.packets == 3 && flow.bytes == 180 && flow.isAccepted && flow.destinationPort == 80)
        let second = counts.take(json(packets: 5, bytes: 300), vpc: "vpc-1", links: ["ea": "eni-a"], now: 1060)
        #expect(second.first?.flows.map(\.packets) == [2] && second.first?.flows.map(\.bytes) == [120])
        #expect(second.first?.flows.map(\.last) == [1050] && second.first?.start == 1000 && second.first?.end == 1060)
        // It was forgotten, and began anew.
        let third = counts.take(json(packets: 1, bytes: 60), vpc: "vpc-1", links: ["ea": "eni-a"], now: 1120)
        #expect(third.first?.flows.map(\.packets) == [1])
        #expect(counts.take("", vpc: "vpc-1", links: ["ea": "eni-a"], now: 1180).first?.flows == [])
        #expect(counts.take(json(packets: 9, bytes: 9), vpc: "vpc-1", links: [:], now: 1240).isEmpty)
    }

    /// The examples of AWS's page.
    @Test func recordsAreWrittenAsAWSWritesThem() throws {
        let flow = CountedFlows.Flow(
            isEgress: false, isAccepted: true, source: try #require(NetworkAddress("172.31.16.139")),
            destination: try #require(NetworkAddress("172.31.16.21")), sourcePort: 20641, destinationPort: 22,
            protocolNumber: 6, packets: 20, bytes: 4249, last: 1_418_530_070)
        let counted = CountedFlows(
            interfaceID: "eni-a", vpcID: "vpc-1", flows: [flow], isIncomplete: true, start: 1_418_530_010,
            end: 1_418_530_080)
        #expect(
            FlowLogFormat.standard.records(counted, at: place) == [
                "2 111122223333 eni-a 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                "2 111122223333 eni-a - - - - - - - 1418530010 1418530080 - SKIPDATA",
            ])
        let empty = CountedFlows(
            interfaceID: "eni-a", vpcID: "vpc-1", flows: [], isIncomplete: false, start: 1, end: 61)
        #expect(
            FlowLogFormat.standard.records(empty, at: place) == [
                "2 111122223333 eni-a - - - - - - - 1 61 - NODATA"
            ])
        let own = try #require(FlowLogFormat("${version} ${region} ${instance-id} ${flow-direction} ${pkt-srcaddr}"))
        #expect(own.records(counted, at: place).first == "5 eu-west-1 - ingress 172.31.16.139")
        #expect(own.header == "version region instance-id flow-direction pkt-srcaddr")
    }

    @Test(arguments: ["", "version", "${version}${srcaddr}", "${nothing}", "${version} x"])
    func whatIsNoFormat(text: String) {
        #expect(FlowLogFormat(text) == nil)
    }
}
