import Gate
import Logging
import Policy
import Remedies
import Server
import Testing

/// Two ways to a simulated decision: the one that is drawn, and the one that iam:SimulatePrincipalPolicy answers.
@Suite struct SimulatorAgreementTests {
    private static let account = "111122223333"
    private static let actions = ["iam:ListUsers", "iam:GetUser", "s3:GetObject", "kms:Decrypt"]

    @Test(arguments: 0..<4) func bothComeToTheSame(part: UInt64) async throws {
        var random = Splitmix(state: 0x9e37 &* (part + 1))
        let test = try await TestGatehouse()
        let trust =
            #"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "\#(Self.account)"}, "Action": "sts:AssumeRole"}}"#
        _ = await test.call(
            "iam", "CreateUser", ["UserName": "alice", "Tags.member.1.Key": "team", "Tags.member.1.Value": "blue"])
        _ = await test.call("iam", "CreateRole", ["RoleName": "worker", "AssumeRolePolicyDocument": trust])
        let boundary = await test.call(
            "iam", "CreatePolicy", ["PolicyName": "limits", "PolicyDocument": Self.document(&random)])
        let boundaryARN = try #require(boundary.element("Arn"))
        let gate = Gate(environment: test.gatehouse.environment, audit: .batched, log: Logger(label: "test"))
        var outcomes: [String: Int] = [:]
        for number in 0..<60 {
            let isUser = Bool.random(using: &random)
            let (type, name) = isUser ? ("User", "alice") : ("Role", "worker")
            let principal = "arn:aws:iam::\(Self.account):\(type.lowercased())/\(name)"
            for policy in ["one", "two"] {
                let put = await test.call(
                    "iam", "Put\(type)Policy",
                    ["\(type)Name": name, "PolicyName": policy, "PolicyDocument": Self.document(&random)])
                #expect(put.status == 200, "\(put.body)")
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                _ = await test.call(
                    "iam", "Put\(type)PermissionsBoundary",
                    ["\(type)Name": name, "PermissionsBoundary": boundaryARN])
            } else {
                _ = await test.call("iam", "Delete\(type)PermissionsBoundary", ["\(type)Name": name])
            }
            let action = Self.actions.randomElement(using: &random) ?? ""
            let resource = Self.resources.randomElement(using: &random) ?? ""
            var given: [String: ContextValue] = [:]
            if Bool.random(using: &random) { given["aws:sourceip"] = .one("10.0.0.7") }
            if Bool.random(using: &random) { given["aws:multifactorauthpresent"] = .one("true") }
            let asked = try await gate.asked(action, on: resource, by: principal, context: given)
            let known = asked.asKnownToSimulator(withResourcePolicy: false)
            var parameters = [
                "PolicySourceArn": principal, "ActionNames.member.1": action, "ResourceArns.member.1": resource,
            ]
            for (place, entry) in known.context.sorted(by: { $0.key < $1.key }).enumerated() {
                let prefix = "ContextEntries.member.\(place + 1)."
                parameters[prefix + "ContextKeyName"] = entry.key
                switch entry.value {
                case .one(let text):
                    parameters[prefix + "ContextKeyType"] = "string"
                    parameters[prefix + "ContextKeyValues.member.1"] = text
                case .many(let texts):
                    parameters[prefix + "ContextKeyType"] = "stringList"
                    for (number, text) in texts.enumerated() {
                        parameters[prefix + "ContextKeyValues.member.\(number + 1)"] = text
                    }
                }
            }
            let answer = await test.call("iam", "SimulatePrincipalPolicy", parameters)
            let drawn = DecisionStages(known)
            let word =
                switch drawn.decision.outcome {
                case .allowed: "allowed"
                case .explicitlyDenied: "explicitDeny"
                case .implicitlyDenied: "implicitDeny"
                }
            #expect(answer.element("EvalDecision") == word, "\(number): \(known.trace)\n\(answer.body)")
            // And what is drawn says so, too: one gate decides.
            let decisive = drawn.stages.filter(\.isDecisive)
            #expect(decisive.count == 1, "\(decisive)")
            #expect(decisive.first?.outcome != .silent)
            outcomes[word, default: 0] += 1
        }
        #expect(outcomes.count == 3, "\(outcomes)")
    }

    private static let resources = [
        "*", "arn:aws:iam::111122223333:user/alice", "arn:aws:s3:::bucket/key",
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ]

    private static func document(_ random: inout Splitmix) -> String {
        let conditions = [
            "", #", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
            #", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
            #", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}"#,
            #", "Condition": {"StringNotEquals": {"aws:username": "alice"}}"#,
            #", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}"#,
        ]
        let statements = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let effect = Int.random(in: 0..<4, using: &random) == 0 ? "Deny" : "Allow"
            let action = (actions + ["*", "iam:*", "s3:Get*"]).randomElement(using: &random) ?? ""
            let resource = (resources + ["*", "*"]).randomElement(using: &random) ?? ""
            let condition = conditions.randomElement(using: &random) ?? ""
            return #"{"Effect": "\#(effect)", "Action": "\#(action)", "Resource": "\#(resource)"\#(condition)}"#
        }
        return #"{"Version": "2012-10-17", "Statement": [\#(statements.joined(separator: ", "))]}"#
    }

    /// The same cases in each run.
    private struct Splitmix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
