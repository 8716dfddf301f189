import Escalation
import Policy
import Reasoning
import Testing

/// The ways that are IAM's and STS's own, each with what stops it; and who has none.
@Suite struct EscalationTests {
    static let harmless = #"{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/Harmless"}}"#

    // MARK: Who has none

    @Test func administratorsHaveAll() {
        var made = TestEstate()
        made.user("dev", TestEstate.everything)
        made.role("target", TestEstate.everything, trust: TestEstate.account)
        made.role("app", TestEstate.allow("s3:*"), trust: "lambda.amazonaws.com")
        made.group("g", TestEstate.everything)
        made.managed("m", TestEstate.everything)
        #expect(made.methods() == [])
        #expect(made.methods(of: "role/target") == [])
    }

    @Test func readersAndOutsidersHaveNone() {
        var made = TestEstate()
        made.user("dev", TestEstate.allow("s3:Get* s3:List* iam:Get* iam:List* ec2:Describe* lambda:Get* lambda:List*"))
        made.role("target", TestEstate.everything, trust: "lambda.amazonaws.com")
        made.role("other", TestEstate.everything, trust: "999988887777")
        made.user("admin", TestEstate.everything)
        #expect(made.methods() == [])
    }

    @Test func whoIsFreeOfAControlPolicyHasMoreThanAnAdministrator() {
        var made = TestEstate()
        let spared = #"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/breakglass"}}"#
        made.control(TestEstate.everything + "," + TestEstate.deny("cloudtrail:StopLogging", if: spared))
        made.user("dev", TestEstate.everything)
        made.role("breakglass", TestEstate.everything, trust: TestEstate.account)
        let paths = made.paths()
        #expect(paths.map(\.method).contains("sts:AssumeRole"))
        #expect(paths.allSatisfy { $0.gain.witness.request.action == "cloudtrail:StopLogging" })
    }

    // MARK: Policies

    /// The action, what it is asked for on, and what the user is.
    static let ofOwnPolicies: [(action: String, resource: String)] = [
        ("iam:PutUserPolicy", "user/dev"), ("iam:AttachUserPolicy", "user/dev"), ("iam:PutGroupPolicy", "group/staff"),
        ("iam:AttachGroupPolicy", "group/staff"), ("iam:AddUserToGroup", "group/admins"),
        ("iam:CreatePolicyVersion", "policy/own"), ("iam:SetDefaultPolicyVersion", "policy/own"),
    ]

    private func account(_ statements: String, control: String? = nil) -> TestEstate {
        var made = TestEstate()
        if let control { made.control(TestEstate.everything + "," + control) }
        made.group("staff", TestEstate.allow("s3:ListAllMyBuckets"))
        made.group("admins", TestEstate.everything)
        let own = made.managed(
            "own", TestEstate.allow("s3:ListAllMyBuckets"),
            old: [TestEstate.everything, TestEstate.allow("s3:GetObject")])
        made.user("dev", statements, groups: ["staff"], managed: [own])
        return made
    }

    @Test(arguments: ofOwnPolicies)
    func ownPoliciesCanBeWidened(_ action: String, _ resource: String) {
        let path = account(TestEstate.allow(action)).paths().first
        #expect(path?.method == action && path?.reachesAll == true)
        #expect(account(TestEstate.allow(action, on: TestEstate.arn(resource))).methods() == [action])
        // On another, it is of no use.
        #expect(account(TestEstate.allow(action, on: TestEstate.arn(resource + "x"))).methods() == [])
        #expect(account(TestEstate.allow(action), control: TestEstate.deny(action)).methods() == [])
        #expect(account(TestEstate.allow(action) + "," + TestEstate.deny("iam:*")).methods() == [])
        // Nobody's request has the address; that there is a second factor can be.
        let unmet = #"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#
        #expect(account(TestEstate.allow(action, if: unmet)).methods() == [])
        let met = #"{"Bool":{"aws:MultiFactorAuthPresent":"true"},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#
        let request = account(TestEstate.allow(action, if: met)).paths().first?.steps[0].requests[0].witness
        #expect(request?.context["aws:multifactorauthpresent"] == .one("true"))
        #expect(request?.context["aws:sourceip"] == .one("203.0.113.0"))
    }

    @Test(arguments: ["User", "Group"])
    func aPolicyThatIsNoMoreIsNoGain(_ kind: String) {
        let attach = "iam:Attach\(kind)Policy"
        let some = TestEstate.allow("s3:GetObject")
        #expect(account(some + "," + TestEstate.allow(attach, if: Self.harmless)).methods() == [])
        // To whom it is more, it is a gain, and no other.
        let path = account(TestEstate.allow(attach, if: Self.harmless)).paths().first
        #expect(path?.gain.witness.request.action == "s3:GetObject" && path?.reachesAll == false)
    }

    @Test func aConditionKeyThatTheRequestHasNotIsNotMet() {
        let condition = #"{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}"#
        #expect(account(TestEstate.allow("iam:*", if: condition)).methods() == [])
        let tags = #"{"StringEquals":{"aws:RequestTag/team":"a"}}"#
        #expect(account(TestEstate.allow("iam:PutUserPolicy", if: tags)).methods() == [])
    }

    @Test func aVersionThatIsNoMoreIsNoGain() {
        var made = TestEstate()
        let own = made.managed("own", TestEstate.allow("s3:*"), old: [TestEstate.allow("s3:GetObject")])
        made.user("dev", TestEstate.allow("iam:SetDefaultPolicyVersion"), managed: [own])
        #expect(made.methods() == [])
    }

    @Test func whatDeniesCanBeTakenAway() {
        var made = TestEstate()
        made.group("limits", TestEstate.deny("s3:DeleteObject"))
        let limits = made.managed("limits", TestEstate.deny("s3:DeleteBucket"))
        let own = TestEstate.allow("s3:* iam:RemoveUserFromGroup iam:DetachUserPolicy iam:DeleteGroupPolicy")
        made.user("dev", own, groups: ["limits"], managed: [limits])
        let paths = made.paths()
        #expect(
            Set(paths.map(\.method).filter { !$0.contains(">") }) == [
                "iam:RemoveUserFromGroup", "iam:DetachUserPolicy", "iam:DeleteGroupPolicy",
            ])
        let detached = paths.first { $0.method == "iam:DetachUserPolicy" }
        #expect(detached?.gain.witness.request.action == "s3:DeleteBucket")
    }

    @Test func tagsThatPoliciesGoByCanBeSet() {
        var made = TestEstate()
        let byTag = #"{"StringEquals":{"aws:PrincipalTag/team":"ops"}}"#
        made.user("dev", TestEstate.allow("iam:TagUser") + "," + TestEstate.allow("ec2:*", if: byTag))
        made.user("ops", TestEstate.allow("iam:TagUser") + "," + TestEstate.allow("ec2:*", if: byTag)) {
            $0.tags = ["team": "ops"]
        }
        let path = made.paths().first
        #expect(path?.method == "iam:TagUser" && path?.gain.witness.request.action.hasPrefix("ec2:") == true)
        #expect(path?.steps[0].requests[0].witness.context["aws:requesttag/team"] == .one("ops"))
        #expect(made.methods(of: "user/ops") == [])
    }

    // MARK: Boundaries

    @Test func aBoundaryHolds() {
        var made = TestEstate()
        let limit = made.managed("limit", TestEstate.allow("s3:* iam:*"))
        made.user("dev", TestEstate.allow("s3:* iam:PutUserPolicy"), boundary: limit)
        let paths = made.paths()
        #expect(paths.first?.method == "iam:PutUserPolicy")
        // Within the boundary there is more of IAM to be had, which takes the boundary away.
        #expect(paths.first?.gain.witness.request.action.hasPrefix("iam:") == true)
        #expect(
            paths.contains { $0.method == "iam:PutUserPolicy > iam:DeleteUserPermissionsBoundary" && $0.reachesAll })
        var held = TestEstate()
        let narrow = held.managed("limit", TestEstate.allow("s3:* iam:PutUserPolicy"))
        held.user("dev", TestEstate.allow("s3:* iam:PutUserPolicy"), boundary: narrow)
        #expect(held.methods() == [])
    }

    @Test(arguments: [
        "iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary", "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
    ])
    func aBoundaryCanBeTakenAway(_ action: String) {
        var made = TestEstate()
        let limit = made.managed("limit", TestEstate.allow("s3:* \(action)"), old: [TestEstate.everything])
        made.user("dev", TestEstate.everything, boundary: limit)
        #expect(made.methods() == [action])
        made.estate.members.removeAll()
        made.user("dev", TestEstate.everything + "," + TestEstate.deny(action), boundary: limit)
        #expect(made.methods() == [])
    }

    @Test func whoMustGiveABoundaryGainsNothingByNewUsers() {
        func account(_ condition: String) -> TestEstate {
            var made = TestEstate()
            let limit = made.managed("limit", TestEstate.allow("s3:*"))
            let own = TestEstate.allow(
                "iam:CreateUser iam:PutUserPolicy iam:CreateRole iam:PutRolePolicy", if: condition)
            made.user("dev", own + "," + TestEstate.allow("s3:* iam:CreateAccessKey", on: "*"))
            #expect(limit.hasSuffix("limit"))
            return made
        }
        let bounded = #"{"StringEquals":{"iam:PermissionsBoundary":"\#(TestEstate.arn("policy/limit"))"}}"#
        #expect(account(bounded).methods() == [])
        #expect(
            Set(account(#"{"Null":{"aws:MultiFactorAuthPresent":"true"}}"#).methods()).isSuperset(of: [
                "iam:CreateUser, iam:PutUserPolicy, iam:CreateAccessKey",
                "iam:CreateRole, iam:PutRolePolicy, sts:AssumeRole",
            ]))
    }

    @Test(arguments: [
        "iam:CreateUser iam:PutUserPolicy iam:CreateAccessKey",
        "iam:CreateUser iam:AttachUserPolicy iam:CreateAccessKey",
        "iam:CreateUser iam:AddUserToGroup iam:CreateAccessKey", "iam:CreateRole iam:PutRolePolicy",
        "iam:CreateRole iam:AttachRolePolicy",
    ])
    func newUsersAndRoles(_ actions: String) {
        let method =
            actions.split(separator: " ").joined(separator: ", ")
            + (actions.contains("Role") ? ", sts:AssumeRole" : "")
        func methods(_ statements: String, control: String? = nil) -> [String] {
            var made = TestEstate()
            if let control { made.control(TestEstate.everything + "," + control) }
            made.group("admins", TestEstate.everything)
            made.user("dev", statements, groups: ["admins"]) { $0.policies.removeLast() }
            return made.methods()
        }
        #expect(methods(TestEstate.allow(actions)).contains(method))
        for action in actions.split(separator: " ").map(String.init) {
            let rest = actions.split(separator: " ").filter { $0 != action }.joined(separator: " ")
            #expect(!methods(TestEstate.allow(rest)).contains(method), "without \(action)")
            #expect(!methods(TestEstate.allow(actions), control: TestEstate.deny(action)).contains(method))
        }
    }

    // MARK: Others' credentials

    @Test(arguments: ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"])
    func credentialsOfOthers(_ action: String) {
        func methods(_ statements: String, _ change: (inout Estate.Member) -> Void = { _ in }) -> [EscalationPath] {
            var made = TestEstate()
            made.user("dev", statements)
            made.user("admin", TestEstate.everything, change)
            made.user("equal", statements)
            return made.paths()
        }
        #expect(methods(TestEstate.allow(action)).map(\.method) == [action])
        let own = TestEstate.arn("user/${aws:username}")
        #expect(methods(TestEstate.allow(action, on: own)).isEmpty, "its own alone")
        #expect(
            methods(TestEstate.allow(action) + "," + TestEstate.deny(action, on: TestEstate.arn("user/admin"))).isEmpty)
        switch action {
        case "iam:CreateLoginProfile":
            #expect(methods(TestEstate.allow(action)) { $0.hasPassword = true }.isEmpty)
            #expect(methods(TestEstate.allow(action)) { $0.hasPassword = false }[0].assumptions.isEmpty)
        case "iam:UpdateLoginProfile":
            #expect(methods(TestEstate.allow(action)) { $0.hasPassword = false }.isEmpty)
            #expect(methods(TestEstate.allow(action)) { $0.hasSecondFactor = true }.isEmpty)
            let both = TestEstate.allow(action + " iam:DeactivateMFADevice")
            let path = methods(both) {
                $0.hasSecondFactor = true
                $0.hasPassword = true
            }.first
            #expect(path?.steps[0].requests.count == 2 && path?.assumptions == [])
        default: break
        }
    }

    // MARK: Roles

    @Test func rolesThatCanBeAssumed() {
        var made = TestEstate()
        made.user("dev", TestEstate.allow("sts:AssumeRole", on: TestEstate.arn("role/a*")))
        made.role("a", TestEstate.allow("s3:*"), trust: TestEstate.account)
        made.role("b", TestEstate.allow("sqs:*"), trust: TestEstate.arn("role/a"))
        made.role("c", TestEstate.everything, trust: TestEstate.arn("role/b"))
        made.role("none", TestEstate.everything, trust: TestEstate.account)
        #expect(made.methods(depth: 1) == ["sts:AssumeRole"])
        #expect(made.methods(depth: 2) == ["sts:AssumeRole", "sts:AssumeRole > sts:AssumeRole"])
        let chain = made.paths().last
        #expect(chain?.steps.map(\.actor) == ["a", "b", "c"].map { TestEstate.arn("role/\($0)") })
        #expect(chain?.reachesAll == true)
        #expect(chain?.steps[1].requests[0].witness.request.principal.roleARN == TestEstate.arn("role/a"))
    }

    @Test func aRoleThatIsNoMoreIsAWayAndNoGain() {
        var made = TestEstate()
        made.user("dev", TestEstate.allow("s3:* sts:AssumeRole"))
        made.role("a", TestEstate.allow("s3:GetObject"), trust: TestEstate.account)
        made.role("b", TestEstate.allow("ec2:*"), trust: TestEstate.arn("role/a"))
        #expect(made.methods() == ["sts:AssumeRole > sts:AssumeRole"])
    }

    @Test func trustConditionsAreShownAndKept() {
        func trust(_ condition: String) -> String {
            #"{"Effect":"Allow","Principal":{"AWS":"\#(TestEstate.account)"},"Action":"sts:AssumeRole","Condition":\#(condition)}"#
        }
        var made = TestEstate()
        made.user("dev", TestEstate.allow("sts:AssumeRole"))
        made.role(
            "a", TestEstate.everything,
            trust: trust(#"{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"sts:ExternalId":"x1"}}"#))
        let witness = made.paths().first?.steps[0].requests[0].witness
        #expect(witness?.context["aws:multifactorauthpresent"] == .one("true"))
        #expect(witness?.context["sts:externalid"] == .one("x1"))
        var shut = TestEstate()
        shut.user("dev", TestEstate.allow("sts:AssumeRole"))
        shut.role("a", TestEstate.everything, trust: trust(#"{"StringEquals":{"aws:PrincipalTag/team":"ops"}}"#))
        #expect(shut.methods() == [])
    }

    @Test func trustCanBeRewritten() {
        func methods(_ statements: String, control: String? = nil) -> [String] {
            var made = TestEstate()
            if let control { made.control(TestEstate.everything + "," + control) }
            made.user("dev", statements)
            made.role("a", TestEstate.everything, trust: "ec2.amazonaws.com")
            return made.methods()
        }
        let update = "iam:UpdateAssumeRolePolicy"
        #expect(methods(TestEstate.allow(update)) == ["\(update), sts:AssumeRole"])
        #expect(methods(TestEstate.allow(update) + "," + TestEstate.deny("sts:AssumeRole")) == [])
        #expect(methods(TestEstate.allow(update), control: TestEstate.deny(update)) == [])
        #expect(methods(TestEstate.allow(update, on: TestEstate.arn("role/b"))) == [])
    }

    @Test func aRoleThatIsActedAsCanBeWidened() {
        for action in ["iam:AttachRolePolicy", "iam:PutRolePolicy"] {
            var made = TestEstate()
            made.user("dev", TestEstate.allow("sts:AssumeRole \(action)"))
            made.role("a", TestEstate.allow("s3:*"), trust: TestEstate.account)
            #expect(made.methods() == ["sts:AssumeRole", "sts:AssumeRole > \(action)"])
            let path = made.paths().last
            #expect(path?.reachesAll == true && path?.steps[1].requests[0].witness.request.principal.kind == .user)
            var own = TestEstate()
            own.role("a", TestEstate.allow(action, on: TestEstate.arn("role/a")), trust: TestEstate.account)
            #expect(own.methods(of: "role/a") == [action])
        }
    }

    @Test func aProviderCanBeMadeToVouch() {
        var made = TestEstate()
        let provider = TestEstate.arn("saml-provider/idp")
        made.user("dev", TestEstate.allow("iam:UpdateSAMLProvider"))
        made.role(
            "a", TestEstate.everything,
            trust:
                #"{"Effect":"Allow","Principal":{"Federated":"\#(provider)"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}"#
        )
        #expect(made.methods() == ["iam:UpdateSAMLProvider, sts:AssumeRoleWithSAML"])
    }

    @Test(arguments: [
        ("kms:PutKeyPolicy", "kms:"), ("kms:CreateGrant", "kms:"), ("s3:PutBucketPolicy", "s3:"),
        ("secretsmanager:PutResourcePolicy", "secretsmanager:"), ("sqs:SetQueueAttributes", "sqs:"),
        ("sns:SetTopicAttributes", "sns:"), ("dynamodb:PutResourcePolicy", "dynamodb:"),
    ])
    func resourcesCanBeMadeToLetIn(_ action: String, _ service: String) {
        func methods(_ statements: String, control: String? = nil) -> [EscalationPath] {
            var made = TestEstate()
            if let control { made.control(TestEstate.everything + "," + control) }
            made.user("dev", statements)
            return made.paths()
        }
        let paths = methods(TestEstate.allow(action))
        #expect(paths.map(\.method) == [action])
        #expect(paths.first?.gain.witness.request.action.hasPrefix(service) == true)
        #expect(paths.first?.assumptions.count == 1)
        #expect(methods(TestEstate.allow("\(service)*")).isEmpty, "it has all of it already")
        #expect(methods(TestEstate.allow(action), control: TestEstate.deny(action)).isEmpty)
        #expect(methods(TestEstate.allow(action) + "," + TestEstate.deny("\(service)*")).isEmpty)
        let forServices = #"{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#
        #expect(methods(TestEstate.allow(action, if: forServices)).isEmpty)
    }

    @Test func whatComesOfAChangeIsUsed() {
        var made = TestEstate()
        made.group("builders", TestEstate.allow("iam:PassRole cloudformation:CreateStack"))
        made.user("dev", TestEstate.allow("iam:AddUserToGroup"))
        made.role("deploy", TestEstate.everything, trust: "cloudformation.amazonaws.com")
        let paths = made.paths()
        #expect(
            paths.map(\.method) == [
                "iam:AddUserToGroup", "iam:AddUserToGroup > iam:PassRole, cloudformation:CreateStack",
            ])
        #expect(paths.map(\.reachesAll) == [false, true])
    }

    @Test func targetsOfOneMethodStandTogether() {
        var made = TestEstate()
        made.user("dev", TestEstate.allow("sts:AssumeRole"))
        for number in 1...30 {
            made.role(
                "r\(number)", TestEstate.allow("s3:GetObject", on: "arn:aws:s3:::b\(number)/*"),
                trust: TestEstate.account)
        }
        let paths = made.paths(depth: 1)
        #expect(paths.count == 1 && paths[0].others.count == 20 && paths[0].hasMore)
    }
}
