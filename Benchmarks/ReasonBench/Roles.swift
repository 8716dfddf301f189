import Policy
import Reasoning

/// Who of ten thousand roles may do something.
enum Roles {
    private static let account = "111122223333"

    static func measure(_ compiled: [CompiledPolicy], _ policies: [SymbolicPolicy]) {
        let known = Dictionary(uniqueKeysWithValues: policies.map { (ObjectIdentifier($0.policy), $0) })
        let start = now()
        let roles = (0..<10_000).map { role($0, compiled) { known[ObjectIdentifier($0)] ?? SymbolicPolicy($0) } }
        print("| make 10,000 roles ready | \(milliseconds(now() - start)) | | |")
        let checks = Checks()
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::reports/2026/q1.csv"),
            ("iam:PassRole", "arn:aws:iam::111122223333:role/admin"),
            ("kms:ScheduleKeyDeletion", "*"), ("dynamodb:DeleteTable", "arn:aws:dynamodb:*:*:table/*"),
        ] {
            let target = AccessTarget([action], on: [resource], resourceAccount: account)
            var times = Times()
            var counts = (yes: 0, no: 0, unknown: 0)
            let answers = times.take { checks.access(of: roles, to: target) }
            for answer in answers {
                switch answer {
                case .yes: counts.yes += 1
                case .no: counts.no += 1
                case .unknown: counts.unknown += 1
                }
            }
            print(
                "| who of 10,000 roles may \(action) on \(resource): \(counts.yes) yes, \(counts.no) no, "
                    + "\(counts.unknown) unknown | \(milliseconds(times.last ?? 0)) | | |")
        }
    }

    /// A role with four of AWS's policies, one of its own, and for every third a boundary.
    private static func role(
        _ number: Int, _ compiled: [CompiledPolicy], _ symbolic: (CompiledPolicy) -> SymbolicPolicy
    ) -> BoundCaller {
        let own = """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::team-\(number % 100)/*"},
              {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/${aws:PrincipalTag/team}/*"},
              {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
            """
        let attached = (0..<4).map { compiled[(number &* 7 &+ $0 &* 397) % compiled.count] }
        var inputs = PolicyInputs(identity: attached + [ManagedPolicies.compiled("own", own)])
        if number % 3 == 0 {
            inputs.boundaries = [
                ManagedPolicies.compiled(
                    "boundary",
                    #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","dynamodb:*"],"Resource":"*"}}"#,
                    .permissionsBoundary)
            ]
        }
        let principal = Principal(
            kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/role-\(number)/session", accountID: account,
            roleARN: "arn:aws:iam::\(account):role/role-\(number)", uniqueID: "AROAEXAMPLE\(number)")
        return BoundCaller(
            principal, SymbolicInputs(inputs, symbolic: symbolic), tags: ["team": number % 5 == 0 ? "2026" : "other"])
    }

}
