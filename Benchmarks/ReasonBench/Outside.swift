import Catalogue
import Policy
import Reasoning

/// What it takes to find out who from outside may reach a resource, of ten thousand: what follows from one change.
enum Outside {
    private static let account = "111122223333"

    static func measure() {
        let zone = TrustedZone(contains: { $0 == account }, organizationOfAccount: { $0 == account ? "o-own" : nil })
        var times = [Times(), Times(), Times()]
        var (findings, undecided) = (0, 0)
        let actions = [actions("s3", ["bucket", "object"]), actions("kms", ["key"]), roleActions]
            .map { AskedActions($0) }
        let checks = Checks()
        for number in 0..<10_000 {
            let kind = number % 3
            let compiled = policy(number, kind)
            let (access, isUndecided) = times[kind].take {
                var inputs = PolicyInputs()
                if kind == 2 { inputs.roleTrust = compiled } else { inputs.resource = compiled }
                let question = OutsideQuestion(
                    doors: [OutsideQuestion.Door(inputs, owner: account)], resources: resources(number, kind),
                    actions: actions[kind], zone: zone, ownOrganization: "o-own")
                return checks.outsideAccess(question)
            }
            findings += access.count
            if isUndecided { undecided += 1 }
        }
        print("| who from outside may reach 10,000 resources: \(findings) findings, \(undecided) undecided | | | |")
        for (times, name) in zip(times, ["a bucket", "a key", "a role"]) {
            print("| of these \(name) | \(times.row) |")
        }
    }

    private static let roleActions = [
        "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity",
        "sts:TagSession",
    ]

    private static func actions(_ prefix: String, _ types: [String]) -> [String] {
        guard let service = ServiceCatalogue.aws.service(prefix) else { return [] }
        let places = Set(service.resourceTypes.indices.filter { types.contains(service.resourceTypes[$0].name) })
        return service.actions.filter { !places.isDisjoint(with: $0.resourceTypes) }.map { "\(prefix):\($0.name)" }
    }

    private static func resources(_ number: Int, _ kind: Int) -> [String] {
        switch kind {
        case 0: ["arn:aws:s3:::bucket-\(number)", "arn:aws:s3:::bucket-\(number)/*"]
        case 1: ["arn:aws:kms:us-east-1:\(account):key/\(number)"]
        default: ["arn:aws:iam::\(account):role/role-\(number)"]
        }
    }

    /// Policies as people write them: every fifth of each kind lets somebody in from outside.
    private static func policy(_ number: Int, _ kind: Int) -> CompiledPolicy {
        let other = number % 5 == 0 ? "\(222_200_000_000 + number)" : account
        let statements: String
        switch kind {
        case 0:
            statements = """
                {"Effect":"Deny","Principal":"*","Action":"s3:*",
                 "Resource":["arn:aws:s3:::bucket-\(number)","arn:aws:s3:::bucket-\(number)/*"],
                 "Condition":{"Bool":{"aws:SecureTransport":"false"}}},
                {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(other):role/reader"},
                 "Action":["s3:GetObject","s3:ListBucket"],
                 "Resource":["arn:aws:s3:::bucket-\(number)","arn:aws:s3:::bucket-\(number)/*"]},
                {"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket-\(number)/*",
                 "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-own","aws:PrincipalAccount":"\(account)"}}}
                """
        case 1:
            statements = """
                {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(account):root"},"Action":"kms:*","Resource":"*"},
                {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::\(account):role/app","\(other)"]},
                 "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],
                 "Resource":"*"},
                {"Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:CreateGrant","kms:DescribeKey"],"Resource":"*",
                 "Condition":{"StringEquals":{"kms:CallerAccount":"\(account)","kms:ViaService":"ec2.us-east-1.amazonaws.com"}}}
                """
        default:
            statements = """
                {"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},
                {"Effect":"Allow","Principal":{"AWS":"\(other)"},"Action":["sts:AssumeRole","sts:TagSession"],
                 "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}
                """
        }
        return ManagedPolicies.compiled(
            "policy-\(number)", #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#,
            kind == 2 ? .roleTrust : .resource)
    }
}
