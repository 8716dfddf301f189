import Ledger
import Platform
import Testing
import WAFV2API
import Wire

@testable import Shield
@testable import ShieldService

@Suite struct MitigationRuleGroupTests {
    /// Each change has web ACLs made ready anew, in the midst of a flood.
    @Test func onlySetsThatChangeAreWritten() async throws {
        let environment = try await TestGatehouse().gatehouse.environment
        let group = MitigationRuleGroup(environment, "us-east-1")
        let arn = try await group.make("shop", .block, for: TestGatehouse.account)
        func write(_ rules: [MitigationRule]) async throws -> [String: String] {
            var contents = MitigationContents([], rules: { _ in [] })
            contents.entries = rules.map { MitigationContents.Entry(rule: $0, action: .block) }
            try await group.set(contents, in: arn)
            let listed = try await call(WAFV2.ListIPSets.self, WAFV2.ListIPSets.Input { $0.scope = "REGIONAL" })
            return Dictionary((listed.ipSets ?? []).map { ($0.name ?? "", $0.lockToken ?? "") }) { first, _ in first }
        }
        func call<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws -> O.Output {
            try await environment.call(
                operation, input, by: Caller(accountID: MitigationPlacement.account, identity: .root),
                from: Call.Source(service: MitigationPlacement.service, calledVia: []), in: "us-east-1",
                requestID: RequestIDs.make(time: environment.now()))
        }
        let addresses = MitigationRule(addresses: ["192.0.2.1/32", "192.0.2.2/32", "2001:db8:1:2::/64"])
        let first = try await write([addresses])
        #expect(first.count == 4)
        #expect(try await write([addresses, MitigationRule(path: "/search")]) == first)
        var other = addresses
        other.addresses?.removeFirst()
        let second = try await write([other])
        #expect(second.filter { first[$0.key] != $0.value }.map(\.key) == ["Attack4_shop"])
        let set = try #require(second.keys.first { $0 == "Attack4_shop" })
        let listed = try await call(WAFV2.ListIPSets.self, WAFV2.ListIPSets.Input { $0.scope = "REGIONAL" })
        let id = listed.ipSets?.first { $0.name == set }?.id
        let found = try await call(
            WAFV2.GetIPSet.self,
            WAFV2.GetIPSet.Input {
                $0.name = set
                $0.scope = "REGIONAL"
                $0.id = id ?? ""
            })
        #expect(found.ipSet?.addresses == ["192.0.2.2/32"])
    }
}
