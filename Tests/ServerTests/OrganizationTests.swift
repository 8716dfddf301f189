import FoundationEssentials
import Server
import Testing
import Wire

/// What Organizations does in its own time: behind an answer, or after days.
@Suite struct OrganizationTests {
    private static let day = 24.0 * 3600

    @Test func anAccountIsMadeThoughGatehouseEndedBefore() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        // Nothing works in the background here until it is told to: as if the process had been killed.
        let first = try await TestGatehouse { $0.dataDirectory = folder.path }
        _ = await first.organizations("CreateOrganization")
        let asked = await first.organizations("CreateAccount", #"{"AccountName":"one","Email":"one@example.com"}"#)
        let id = try #require(asked.member("Id"))
        #expect(asked.member("State") == "IN_PROGRESS")
        await first.gatehouse.close()

        let second = try await TestGatehouse { $0.dataDirectory = folder.path }
        let describe = #"{"CreateAccountRequestId":"\#(id)"}"#
        #expect(await second.organizations("DescribeCreateAccountStatus", describe).member("State") == "IN_PROGRESS")
        await second.gatehouse.scheduler.runDue()
        let done = await second.organizations("DescribeCreateAccountStatus", describe)
        #expect(done.member("State") == "SUCCEEDED")
        let account = try #require(done.member("AccountId"))
        await second.gatehouse.scheduler.runDue()
        #expect(await second.organizations("ListAccounts").body.components(separatedBy: "\"Email\"").count == 3)
        let close = await second.organizations("CloseAccount", #"{"AccountId":"\#(account)"}"#)
        #expect(close.status == 200)
        let describeAccount = #"{"AccountId":"\#(account)"}"#
        #expect(await second.organizations("DescribeAccount", describeAccount).member("State") == "PENDING_CLOSURE")
        await second.gatehouse.scheduler.runDue()
        #expect(await second.organizations("DescribeAccount", describeAccount).member("State") == "CLOSED")
        await second.gatehouse.close()
    }

    @Test func fiveAccountsAreMadeAtATime() async throws {
        let test = try await TestGatehouse()
        _ = await test.organizations("CreateOrganization")
        for number in 1...5 {
            let answer = await test.organizations(
                "CreateAccount", #"{"AccountName":"a","Email":"a\#(number)@example.com"}"#)
            #expect(answer.status == 200)
        }
        let sixth = #"{"AccountName":"a","Email":"a6@example.com"}"#
        #expect(await test.organizations("CreateAccount", sixth).member("__type") == "TooManyRequestsException")
        #expect(await test.organizations("DeleteOrganization").member("__type") == "ConcurrentModificationException")
        await test.gatehouse.scheduler.runDue()
        #expect(await test.organizations("CreateAccount", sixth).status == 200)
    }

    @Test func invitationsExpireAndAreForgotten() async throws {
        let test = try await TestGatehouse()
        _ = await test.organizations("CreateOrganization")
        let invite = await test.organizations(
            "InviteAccountToOrganization", #"{"Target":{"Type":"EMAIL","Id":"somebody@example.com"}}"#)
        let describe = #"{"HandshakeId":"\#(try #require(invite.member("Id")))"}"#
        test.advance(15 * Self.day - 1)
        #expect(await test.organizations("DescribeHandshake", describe).member("State") == "REQUESTED")
        test.advance(1)
        #expect(await test.organizations("DescribeHandshake", describe).member("State") == "EXPIRED")
        let cancel = await test.organizations("CancelHandshake", describe)
        #expect(cancel.member("__type") == "InvalidHandshakeTransitionException")
        test.advance(30 * Self.day - 1)
        #expect(await test.organizations("DescribeHandshake", describe).member("State") == "EXPIRED")
        test.advance(1)
        #expect(
            await test.organizations("DescribeHandshake", describe).member("__type") == "HandshakeNotFoundException")
        #expect(await test.organizations("ListHandshakesForOrganization").body == #"{"Handshakes":[]}"#)
    }

    @Test func anInvitationToTransferABillIsOverADayBeforeTheStart() async throws {
        let test = try await TestGatehouse { $0.quotas["InboundBillingTransfers"] = 1 }
        _ = await test.organizations("CreateOrganization")
        let now = Timestamp(secondsSinceEpoch: test.now)
        let start = try #require(now.monthStart(adding: 1)).secondsSinceEpoch
        // So late that the start, and not the invitation's own fifteen days, ends it.
        test.advance(start - test.now - 3 * Self.day)
        let invite = await test.organizations(
            "InviteOrganizationToTransferResponsibility",
            #"{"Type":"BILLING","SourceName":"one","StartTimestamp":\#(Int(start)),"#
                + #""Target":{"Type":"EMAIL","Id":"somebody@example.com"}}"#)
        let describe = #"{"HandshakeId":"\#(try #require(invite.member("Id")))"}"#
        let list = ("ListInboundResponsibilityTransfers", #"{"Type":"BILLING"}"#)
        test.advance(2 * Self.day - 1)
        #expect(await test.organizations(list.0, list.1).member("Status") == "REQUESTED")
        test.advance(1)
        #expect(await test.organizations("DescribeHandshake", describe).member("State") == "EXPIRED")
        #expect(await test.organizations(list.0, list.1).member("Status") == "EXPIRED")
        test.advance(30 * Self.day)
        #expect(await test.organizations(list.0, list.1).body == #"{"ResponsibilityTransfers":[]}"#)
        await test.gatehouse.scheduler.runDue()
        #expect(await test.organizations(list.0, list.1).body == #"{"ResponsibilityTransfers":[]}"#)
    }

    @Test func aNewAccountLeavesAfterFourDays() async throws {
        let test = try await TestGatehouse()
        _ = await test.organizations("CreateOrganization")
        let asked = await test.organizations("CreateAccount", #"{"AccountName":"one","Email":"one@example.com"}"#)
        await test.gatehouse.scheduler.runDue()
        let status = await test.organizations(
            "DescribeCreateAccountStatus", #"{"CreateAccountRequestId":"\#(try #require(asked.member("Id")))"}"#)
        let remove = #"{"AccountId":"\#(try #require(status.member("AccountId")))"}"#
        test.advance(4 * Self.day - 1)
        #expect(
            await test.organizations("RemoveAccountFromOrganization", remove).member("Reason") == "WAIT_PERIOD_ACTIVE")
        test.advance(1)
        #expect(await test.organizations("RemoveAccountFromOrganization", remove).status == 200)
    }
}
