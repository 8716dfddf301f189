import Platform
import Testing
import Wire

@testable import ConfigService

@Suite struct CredentialReportReadingTests {
    @Test func quotedFields() throws {
        let rows = try CredentialReportReading.rows(
            of: """
                user,arn,mfa_active
                <root_account>,arn:aws:iam::111122223333:root,true
                "evil,name","arn:aws:iam::111122223333:user/""a"",b/evil,name",false
                plain,,false

                """)
        #expect(rows.map { $0["user"] } == ["<root_account>", "evil,name", "plain"])
        #expect(rows[1]["arn"] == #"arn:aws:iam::111122223333:user/"a",b/evil,name"#)
        #expect(rows.map { $0["mfa_active"] } == ["true", "false", "false"])
        #expect(rows[2]["arn"] == "")
    }

    @Test(arguments: ["", "user,arn\na,b,c", "user,arn\na", "user,arn\n\"a,b"])
    func noUserIsLeftOut(_ report: String) {
        #expect(throws: ServiceError.self) { try CredentialReportReading.rows(of: report) }
    }
}
