import Policy
import Reasoning
import Testing

/// What the reasoning has to know of each part of the language: pairs of policies, and whether the second grants more.
@Suite struct ReasoningRules {
    private let checks = Checks()

    private func allow(
        _ action: String, _ resource: String = "*", _ condition: String = "", effect: String = "Allow", not: String = ""
    ) -> String {
        let conditions = condition.isEmpty ? "" : #","Condition":\#(condition)"#
        let name = not.contains("Action") ? "NotAction" : "Action"
        let place = not.contains("Resource") ? "NotResource" : "Resource"
        return #""Effect":"\#(effect)","\#(name)":\#(action),"\#(place)":"\#(resource)"\#(conditions)"#
    }

    private func expect(_ new: SymbolicPolicy, within old: SymbolicPolicy, _ isWithin: Bool, line: Int = #line) {
        switch checks.newAccess(from: old, to: new) {
        case .yes(let witness): #expect(!isWithin, "line \(line): \(witness)")
        case .no: #expect(isWithin, "line \(line)")
        case .unknown(let doubt): Issue.record("line \(line): \(doubt)")
        }
    }

    @Test func wildcardsOfActionsAreSets() throws {
        let reads = try policy(allow(#"["s3:Get*","s3:List*"]"#))
        expect(try policy(allow(#""s3:GetObject""#)), within: reads, true)
        expect(try policy(allow(#""s3:*Object""#)), within: reads, false)
        // All that is left of "s3:*" without what begins otherwise.
        let rest = try policy(allow(#""s3:*""#), allow(#"["s3:Put*","s3:Delete*"]"#, effect: "Deny"))
        expect(rest, within: try policy(allow(#"["s3:Put*","s3:Delete*"]"#, not: "Action")), true)
        expect(try policy(allow(#""s3:*""#)), within: rest, false)
        // A union that no single pattern covers.
        let split = try policy(allow(#""s3:*ect""#), allow(#""s3:*ect*""#, effect: "Deny"), allow(#""s3:Get*""#))
        expect(try policy(allow(#""s3:GetObject""#)), within: split, false)
    }

    @Test func resourcesAreTextsWithSegments() throws {
        let home = try policy(allow(#""s3:*""#, "arn:aws:s3:::home/*"))
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/a*b")), within: home, true)
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::h*/x")), within: home, false)
        expect(
            try policy(allow(#""sqs:*""#, "arn:aws:sqs:*:111122223333:a")),
            within: try policy(allow(#""sqs:*""#, "arn:aws:sqs:*:*:?")), true)
        // Actions without a resource are matched by "*" alone.
        expect(try policy(allow(#""s3:*""#)), within: try policy(allow(#""s3:*""#, "arn:*")), false)
        expect(
            try policy(allow(#""s3:*""#, "arn:aws:s3:::a", not: "Resource")), within: try policy(allow(#""s3:*""#)),
            true)
    }

    @Test func denialsAreTakenAway() throws {
        let all = allow(#""*""#)
        let guarded = try policy(
            all, allow(#""iam:*""#, "*", #"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, effect: "Deny"))
        expect(try policy(all), within: guarded, false)
        expect(guarded, within: try policy(all), true)
        expect(
            try policy(allow(#""iam:GetUser""#, "*", #"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#)),
            within: guarded,
            true)
        // A missing key meets IfExists.
        expect(
            try policy(allow(#""iam:GetUser""#, "*", #"{"Null":{"aws:MultiFactorAuthPresent":"true"}}"#)),
            within: guarded,
            false)
    }

    @Test func bothTruthValuesAreAll() throws {
        let key = "aws:SecureTransport"
        let either = try policy(
            allow(#""s3:*""#, "*", #"{"Bool":{"\#(key)":"true"}}"#),
            allow(#""s3:*""#, "*", #"{"Bool":{"\#(key)":"false"}}"#))
        expect(try policy(allow(#""s3:*""#, "*", #"{"Null":{"\#(key)":"false"}}"#)), within: either, true)
        expect(try policy(allow(#""s3:*""#)), within: either, false)
    }

    @Test func addressesAreRanges() throws {
        func from(_ ranges: String, _ op: String = "IpAddress") -> String {
            allow(#""s3:*""#, "*", #"{"\#(op)":{"aws:SourceIp":\#(ranges)}}"#)
        }
        expect(try policy(from(#""10.1.0.0/16""#)), within: try policy(from(#""10.0.0.0/8""#)), true)
        // Two halves are the whole.
        expect(
            try policy(from(#""10.0.0.0/8""#)), within: try policy(from(#"["10.0.0.0/9","10.128.0.0/9"]"#)), true)
        expect(
            try policy(from(#""10.0.0.0/8""#)),
            within: try policy(from(#"["10.0.0.0/9","10.128.0.0/10","10.192.0.0/11"]"#)),
            false)
        expect(
            try policy(from(#"["0.0.0.0/0","::/0"]"#)),
            within: try policy(from(#""2001:db8::/32""#, "NotIpAddress"), from(#""2001:db8::/32""#)), true)
    }

    @Test func numbersAndDatesAreRanges() throws {
        func age(_ op: String, _ value: String) -> String {
            allow(#""s3:*""#, "*", #"{"\#(op)":{"aws:MultiFactorAuthAge":"\#(value)"}}"#)
        }
        expect(try policy(age("NumericLessThan", "300")), within: try policy(age("NumericLessThanEquals", "300")), true)
        expect(
            try policy(age("NumericLessThanEquals", "300")), within: try policy(age("NumericLessThan", "300")), false)
        // A gap of less than one.
        expect(
            try policy(age("NumericGreaterThan", "1")),
            within: try policy(age("NumericGreaterThanEquals", "1.5"), age("NumericLessThan", "1.25")), false)
        func time(_ op: String, _ value: String) -> String {
            allow(#""s3:*""#, "*", #"{"\#(op)":{"aws:CurrentTime":"\#(value)"}}"#)
        }
        expect(
            try policy(time("DateLessThan", "2026-06-01T00:00:00Z")),
            within: try policy(time("DateLessThan", "2026-06-01T00:00:00.000000001Z")), true)
        expect(
            try policy(time("DateLessThanEquals", "2026-06-01T00:00:00Z")),
            within: try policy(time("DateLessThan", "2026-06-01T00:00:00Z")), false)
    }

    @Test func setsHaveTheirQualifiers() throws {
        func tags(_ op: String, _ values: String) -> String {
            allow(#""ec2:*""#, "*", #"{"\#(op)":{"aws:TagKeys":\#(values)}}"#)
        }
        let all = try policy(tags("ForAllValues:StringEquals", #"["a","b"]"#))
        expect(try policy(tags("ForAllValues:StringEquals", #""a""#)), within: all, true)
        expect(try policy(tags("ForAnyValue:StringEquals", #""a""#)), within: all, false)
        // No tags at all is all of them.
        expect(try policy(allow(#""ec2:*""#, "*", #"{"Null":{"aws:TagKeys":"true"}}"#)), within: all, true)
        // Any of a and b, without a, is b.
        let some = try policy(
            tags("ForAnyValue:StringEquals", #"["a","b"]"#),
            tags("ForAnyValue:StringEquals", #""a""#).replacing("Allow", with: "Deny"))
        expect(some, within: try policy(tags("ForAnyValue:StringEquals", #""b""#)), true)
    }

    @Test func variablesAreTheSameOnBothSides() throws {
        let home = try policy(allow(#""s3:*""#, "arn:aws:s3:::home/${aws:username}/*"))
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/${aws:username}/a/*")), within: home, true)
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/${aws:userid}/a/*")), within: home, false)
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/${aws:username, 'all'}/*")), within: home, false)
        let bob = #"{"StringEquals":{"aws:username":"bob"}}"#
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/bob/*", bob)), within: home, true)
        expect(try policy(allow(#""s3:*""#, "arn:aws:s3:::home/ann/*", bob)), within: home, false)
        let team = #"{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}"#
        let red = #"{"StringEquals":{"aws:ResourceTag/team":"red","aws:PrincipalTag/team":"red"}}"#
        expect(try policy(allow(#""ec2:*""#, "*", red)), within: try policy(allow(#""ec2:*""#, "*", team)), true)
        expect(try policy(allow(#""ec2:*""#, "*", team)), within: try policy(allow(#""ec2:*""#, "*", red)), false)
    }

    /// A key that has one of a few texts, and is compared with a variable, says what the variable is.
    @Test func textsFixVariables() throws {
        func tagged(_ conditions: String) throws -> SymbolicPolicy { try policy(allow(#""ec2:*""#, "*", conditions)) }
        let ann = try tagged(#"{"StringEquals":{"aws:username":"ann"}}"#)
        func both(_ texts: String, _ op: String, _ pattern: String) throws -> SymbolicPolicy {
            try tagged(
                #"{"StringEquals":{"aws:ResourceTag/Owner":\#(texts)},"\#(op)":{"aws:ResourceTag/Owner":"\#(pattern)"}}"#
            )
        }
        expect(try both(#""ann""#, "StringLike", "${aws:username}"), within: ann, true)
        expect(try both(#""team-ann-1""#, "StringLike", "team-${aws:username}-1"), within: ann, true)
        expect(try both(#"["ann","bob"]"#, "StringLike", "${aws:username}"), within: ann, false)
        expect(
            try tagged(
                #"{"StringEqualsIfExists":{"aws:ResourceTag/Owner":"ann"},"StringLikeIfExists":{"aws:ResourceTag/Owner":"${aws:username}"}}"#
            ), within: ann, false)
        // A wildcard leaves it open, "an" does as well; and so does the case, for "ANN".
        for (op, pattern) in [("StringLike", "${aws:username}*"), ("StringEqualsIgnoreCase", "${aws:username}")] {
            let open = try both(#""ann""#, op, pattern)
            if case .no = checks.newAccess(from: ann, to: open) { Issue.record("a wrong no: \(op)") }
        }
        // No user's name has a path.
        #expect(checks.access(by: try tagged(#"{"StringLike":{"aws:username":"a/*"}}"#)).isNo)
    }

    @Test func principalsAreToldApart() throws {
        func bucket(_ principal: String, _ more: String = "", effect: String = "Allow") throws -> SymbolicPolicy {
            try policy(
                #""Effect":"\#(effect)",\#(principal),"Action":"s3:GetObject","Resource":"*"\#(more)"#, type: .resource)
        }
        let account = try bucket(#""Principal":{"AWS":"111122223333"}"#)
        expect(try bucket(#""Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"}"#), within: account, true)
        expect(account, within: try bucket(#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#), true)
        expect(account, within: try bucket(#""Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"}"#), false)
        expect(try bucket(#""Principal":"*""#), within: account, false)
        // Everybody, on condition that they are of the account.
        let condition = #","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#
        expect(try bucket(#""Principal":"*""#, condition), within: account, true)
        let role = #","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/app/*"}}"#
        expect(try bucket(#""Principal":"*""#, role), within: account, true)
        expect(account, within: try bucket(#""Principal":"*""#, role), false)
        expect(try bucket(#""Principal":{"Service":"sns.amazonaws.com"}"#), within: account, false)
    }

    @Test func whatCannotMatterIsFound() throws {
        let useless = checks.useless(
            in: try policy(
                allow(#""s3:Get*""#), allow(#""s3:GetObject""#, "arn:aws:s3:::b/*"),
                allow(#""iam:*""#, "*", #"{"StringEquals":{"aws:username":"a"},"StringLike":{"aws:username":"b*"}}"#),
                allow(#""ec2:RunInstances""#), allow(#""ec2:*""#, effect: "Deny"),
                allow(#""ec2:Start*""#, effect: "Deny"), allow(#""sqs:*""#)))
        #expect(useless.map(\.index) == [1, 2, 3, 5])
        #expect(
            useless.map(\.reason) == [.covered(by: [0]), .matchesNothing, .denied, .covered(by: [4])])
    }

    /// Policies made to be hard end, and never in a wrong no.
    @Test func hostilePoliciesEnd() throws {
        let stars = (1...40).map { number in
            let letters = "abcdefghijklmnop".map { "*\($0)" }.joined()
            return allow(#""s3:*""#, "arn:aws:s3:::\(letters)*\(number)*", effect: number % 2 == 0 ? "Deny" : "Allow")
        }
        let hostile = try symbolic(
            #"{"Version":"2012-10-17","Statement":[\#(stars.map { "{\($0)}" }.joined(separator: ","))]}"#)
        let other = try policy(allow(#""s3:*""#, "arn:aws:s3:::*p*o*n*m*l*k*j*i*h*g*f*e*d*c*b*a*"))
        if case .no = checks.newAccess(from: other, to: hostile) { Issue.record("a wrong no") }
        if case .no = checks.newAccess(from: hostile, to: other) { Issue.record("a wrong no") }
    }
}
