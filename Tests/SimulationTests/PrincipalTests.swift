import Policy
import Testing

@testable import Simulation

@Suite struct PrincipalTests {
    private let account = "111122223333"

    @Test func textsStandForPrincipals() throws {
        let expected: [(String, Principal.Kind)] = [
            ("*", .anonymous), (account, .root), ("arn:aws:iam::\(account):root", .root),
            ("arn:aws:iam::\(account):user/a/b/alice", .user), ("arn:aws:iam::\(account):role/r", .role),
            ("arn:aws-cn:sts::\(account):assumed-role/r/s", .roleSession),
            ("arn:aws:sts::\(account):federated-user/bob", .federatedUser), ("ec2.amazonaws.com", .service),
        ]
        for (text, kind) in expected {
            let principal = try Principal(simulating: text)
            #expect(principal.kind == kind, "\(text)")
            if kind != .anonymous, kind != .service { #expect(principal.accountID == account, "\(text)") }
        }
        let linked = "arn:aws:iam::\(account):role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
        #expect(try Principal(simulating: linked).isServiceLinkedRole)
    }

    @Test func aSessionHasItsRole() throws {
        let session = "arn:aws:sts::\(account):assumed-role/r/s"
        #expect(try Principal(simulating: session).roleARN == "arn:aws:iam::\(account):role/r")
        let path = "arn:aws:iam::\(account):role/team/r"
        #expect(try Principal(simulating: session, principalARN: path).roleARN == path)
        let other = "arn:aws:iam::\(account):role/team/q"
        #expect(try Principal(simulating: session, principalARN: other).roleARN == "arn:aws:iam::\(account):role/r")
    }

    @Test(arguments: [
        "", "alice", "arn:aws:iam::111122223333:group/g", "arn:aws:iam::1:user/a", "arn:aws:iam::111122223333:user",
        "arn:aws:iam::111122223333:user/", "arn:aws:sts::111122223333:assumed-role/r", "arn:aws:s3:::bucket",
        "arn:aws:iam:us-east-1:111122223333:user/a", "arn:aws:iam::111122223333:root/x", "arn:",
    ])
    func othersAreRefused(_ text: String) {
        #expect(throws: SimulationError.self) { try Principal(simulating: text) }
    }
}
