import Testing

@testable import CognitoIDPService

@Suite("What ListUsers is asked for")
struct UserFilterTests {
    @Test("A filter names an attribute, a comparison and a value")
    func isRead() throws {
        let filter = try #require(try UserFilter(#" family_name  ^=  "Red\"d\\y" "#))
        #expect(filter.attribute == "family_name")
        #expect(filter.comparison == .startsWith)
        #expect(filter.value == #"Red"d\y"#)
        #expect(try UserFilter("sub=\"\"")?.value == "")
        #expect(try UserFilter("cognito:user_status = \"CONFIRMED\"")?.comparison == .equals)
    }

    @Test("An empty one lets everybody pass", arguments: ["", "  \t\n"])
    func isEmpty(_ text: String) throws { #expect(try UserFilter(text) == nil) }

    @Test(
        "What is no filter is refused",
        arguments: [
            "email", "email =", "email = x", "email = \"x", "email = \"x\\", "email == \"x\"", "email ^ = \"x\"",
            "email = \"x\" y", "= \"x\"", "\"x\"", "email != \"x\"", "^", "\u{0}",
        ])
    func isMalformed(_ text: String) {
        #expect(throws: UserFilter.Fault.malformed) { try UserFilter(text) }
    }

    @Test("Other attributes can't be searched for")
    func isNotSearchable() {
        #expect(throws: UserFilter.Fault.notSearchable("custom:team")) { try UserFilter("custom:team = \"red\"") }
    }

    @Test("Users pass in any case, but by their names and sub")
    func accepts() throws {
        var user = user("Ann")
        user[attribute: "email"] = "Ann@Example.com"
        let pool = try pool()
        func passes(_ text: String) throws -> Bool { try #require(try UserFilter(text)).accepts(user, of: pool) }
        #expect(try passes("email = \"ann@example.COM\""))
        #expect(try passes("email ^= \"ANN@\""))
        #expect(try !passes("email = \"ann@\""))
        #expect(try !passes("name ^= \"\""))
        #expect(try passes("username = \"Ann\""))
        #expect(try !passes("username = \"ann\""))
        #expect(try passes("status = \"Enabled\""))
        #expect(try passes("cognito:user_status ^= \"con\""))
    }

    @Test("What is longer than the index is found by its beginning")
    func isCut() throws {
        let value = String(repeating: "x", count: 500)
        var user = user("ann")
        user[attribute: "name"] = value
        let filter = try #require(try UserFilter("name = \"\(value)\""))
        let pool = try pool()
        #expect(filter.accepts(user, of: pool))
        #expect(filter.prefix.beginning.count == PoolUser.longestIndexed)
        #expect(filter.place(of: user)?.bytes.starts(with: filter.prefix.beginning) == true)
        user[attribute: "name"] = value + "y"
        #expect(!filter.accepts(user, of: pool))
    }

    private func user(_ name: String) -> PoolUser {
        PoolUser(
            poolID: "us-east-1_aaaaaaaaa", username: name, name: name, sub: "00000000-0000-4000-8000-000000000000",
            attributes: [], created: 0, modified: 0, isEnabled: true, status: .confirmed)
    }
}
