import Policy
import Testing

@testable import Escalation

/// Each way over a service: where everything is allowed, and where any part of it is not.
@Suite struct ServiceMethodTests {
    static let methods = ServiceMethod.all

    /// What the user is allowed, of everything that the method asks.
    private func account(
        _ method: ServiceMethod, without action: String? = nil, control: String? = nil,
        passing condition: String = "", trusted: String? = nil
    ) -> TestEstate {
        var made = TestEstate()
        if let control { made.control(TestEstate.everything + "," + control) }
        let actions = method.actions.map(\.name).filter { $0 != action }
        var statements = actions.isEmpty ? [] : [TestEstate.allow(actions.joined(separator: " "))]
        if method.passesRole, action != "iam:PassRole" {
            statements.append(TestEstate.allow("iam:PassRole", if: condition))
        }
        if statements.isEmpty { statements = [TestEstate.allow("s3:ListAllMyBuckets")] }
        made.user("dev", statements.joined(separator: ","))
        made.role("target", TestEstate.everything, trust: trusted ?? method.service) {
            $0.instanceProfiles = ["target"]
        }
        return made
    }

    @Test func theTableIsWhole() {
        #expect(Self.methods.count == 69)
        #expect(Set(Self.methods.map { $0.name + ($0.assumption ?? "") }).count == Self.methods.count)
    }

    @Test(arguments: methods.indices)
    func whatIsAllowedIsFound(_ index: Int) {
        let method = Self.methods[index]
        let paths = account(method).paths()
        let path = paths.first { $0.method == method.name }
        #expect(path?.reachesAll == true, "\(method.name) is not among \(paths.map(\.method))")
        #expect((path?.assumptions.isEmpty == true) == (method.assumption == nil))
        #expect(path?.steps.last?.actor == TestEstate.arn("role/target"))
    }

    @Test(arguments: methods.indices)
    func nothingOfItCanBeMissing(_ index: Int) {
        let method = Self.methods[index]
        for action in method.actions.map(\.name) + (method.passesRole ? ["iam:PassRole"] : []) {
            let missing = account(method, without: action).methods()
            #expect(!missing.contains(method.name), "without \(action)")
            let controlled = account(method, control: TestEstate.deny(action)).methods()
            #expect(!controlled.contains(method.name), "with a control policy that denies \(action)")
        }
        let untrusted = account(method, trusted: "other.amazonaws.com").methods()
        #expect(untrusted == [])
        guard method.passesRole else { return }
        let limited = account(
            method, passing: #"{"StringEquals":{"iam:PassedToService":"other.amazonaws.com"}}"#
        ).methods()
        #expect(!limited.contains(method.name))
        let allowed = account(
            method, passing: #"{"StringEquals":{"iam:PassedToService":"\#(method.service)"}}"#
        ).methods()
        #expect(allowed.contains(method.name))
    }

    @Test func aRequestIsAboutOneResource() {
        var made = TestEstate()
        let functions = "arn:aws:lambda:*:\(TestEstate.account):function:"
        made.user(
            "dev",
            TestEstate.allow("iam:PassRole") + "," + TestEstate.allow("lambda:CreateFunction", on: functions + "dev-*")
                + "," + TestEstate.allow("lambda:InvokeFunction", on: functions + "prod-*"))
        made.user(
            "other",
            TestEstate.allow("iam:PassRole") + "," + TestEstate.allow("lambda:CreateFunction", on: functions + "dev-*")
                + "," + TestEstate.allow("lambda:InvokeFunction", on: functions + "*-x"))
        made.role("target", TestEstate.everything, trust: "lambda.amazonaws.com")
        #expect(made.methods() == [])
        let found = made.paths(of: "user/other")
        #expect(found.map(\.method) == ["iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction"])
        let named = found[0].steps[0].requests.map(\.witness.request.resource)
        #expect(named[1] == named[2] && named[1].hasSuffix("-x"))
    }

    @Test func anInstanceNeedsAProfile() {
        var made = TestEstate()
        made.user("dev", TestEstate.allow("iam:PassRole ec2:RunInstances"))
        made.user(
            "more",
            TestEstate.allow(
                "iam:PassRole ec2:RunInstances iam:CreateInstanceProfile iam:AddRoleToInstanceProfile"))
        made.role("target", TestEstate.everything, trust: "ec2.amazonaws.com")
        #expect(made.methods() == [])
        let path = made.paths(of: "user/more").first
        #expect(path?.steps[0].requests.map(\.witness.request.action).first == "iam:CreateInstanceProfile")
    }
}
