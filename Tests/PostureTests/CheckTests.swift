import Platform
import Testing
import Wire

@testable import Posture

@Suite struct CheckTests {
    @Test func idsAreDifferentAndEachCheckIsMapped() {
        #expect(Set(PostureCheck.all.map(\.id)).count == PostureCheck.all.count)
        #expect(PostureCheck.all.count > 70)
        for check in PostureCheck.all {
            #expect(!check.title.isEmpty && !check.reason.isEmpty && check.page.hasPrefix("https://"), "\(check.id)")
            #expect(!check.controls.isEmpty || check.trustedAdvisor != nil, "\(check.id)")
        }
    }

    // MARK: Credentials

    @Test func rootsKeysAndDevices() throws {
        let bare = try credentials("root", keys: [("AKIA1", 3, 1, true)], isRoot: true)
        let key = try verdict("iam-root-access-key", bare)
        #expect(
            key.outcome == .fail
                && key.remedy == ["# as the root user: aws iam delete-access-key --access-key-id AKIA1"])
        #expect(key.proof == [.init("access key", "AKIA1, active")])
        #expect(try verdict("iam-root-mfa", bare).outcome == .fail)
        #expect(try verdict("iam-root-use", bare).summary == "The root user was used yesterday.")
        let good = try credentials("root", used: 40, devices: 1, isRoot: true)
        for check in ["iam-root-access-key", "iam-root-mfa", "iam-root-use"] {
            #expect(try verdict(check, good).outcome == .pass, "\(check)")
        }
        // A virtual device is none that can't be copied.
        #expect(try verdict("iam-root-hardware-mfa", good).outcome == .fail)
        // Of users, these checks say nothing.
        var source = MadeUp()
        source.add(try credentials())
        #expect(try verdicts("iam-root-mfa", source).isEmpty)
    }

    @Test(arguments: [(90.5, PostureVerdict.Outcome.pass), (91.5, PostureVerdict.Outcome.fail)])
    func keysAge(_ age: Double, _ expected: PostureVerdict.Outcome) throws {
        let user = try credentials(keys: [("AKIA1", age, 0, true), ("AKIA2", 500, nil, false)])
        let found = try verdict("iam-key-rotation", user)
        #expect(found.outcome == expected)
        #expect(found.proof == [.init("age of AKIA1", "\(Int(age)) days")])
    }

    @Test func unusedCredentials() throws {
        #expect(try verdict("iam-unused-credentials", credentials()).outcome == .notApplicable)
        #expect(try verdict("iam-unused-credentials", credentials(password: 400, used: 44)).outcome == .pass)
        let never = try verdict("iam-unused-credentials", credentials("ada", password: 46))
        #expect(never.remedy == ["aws iam delete-login-profile --user-name ada"])
        let key = try verdict("iam-unused-credentials", credentials(keys: [("AKIA1", 400, 45, true)]))
        #expect(key.outcome == .fail && key.remedy.first?.hasSuffix("--access-key-id AKIA1 --status Inactive") == true)
    }

    @Test func ofTwoKeysTheIdlerOneGoes() throws {
        let user = try credentials(keys: [("AKIA1", 9, 1, true), ("AKIA2", 9, nil, true)])
        #expect(try verdict("iam-one-active-key", user).remedy.first?.contains("AKIA2") == true)
    }

    @Test func namesAreQuoted() throws {
        let user = try credentials("it's $HOME", password: 1)
        let mend = try verdict("iam-user-mfa", user).remedy
        #expect(mend.first?.contains(#"--virtual-mfa-device-name 'it'\''s $HOME'"#) == true)
    }

    // MARK: Policies

    @Test func trustInEverybody() throws {
        func role(_ principal: String, _ condition: String = "{}") throws -> ConfigurationItem {
            let trust =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(principal),"#
                + #""Action":"sts:AssumeRole","Condition":\#(condition)}]}"#
            return try item(
                "AWS::IAM::Role", "r", #"{"assumeRolePolicyDocument":\#(JSONValue.string(trust).jsonText)}"#)
        }
        let open = try verdict("iam-role-public", role(#"{"AWS":"*"}"#))
        #expect(open.outcome == .fail && open.proof.first?.value.contains("sts:AssumeRole") == true)
        let named = #"{"AWS":"arn:aws:iam::111122223333:root"}"#
        #expect(try verdict("iam-role-public", role(named)).outcome == .pass)
        let bound = #"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#
        #expect(try verdict("iam-role-public", role(#"{"AWS":"*"}"#, bound)).outcome == .pass)
    }

    @Test func attachedPoliciesThatAllowEverything() throws {
        func policy(_ document: String, _ uses: Int) throws -> ConfigurationItem {
            try item(
                "AWS::IAM::Policy", "p",
                #"{"attachmentCount":\#(uses),"policyVersionList":[{"isDefaultVersion":true,"#
                    + #""document":\#(JSONValue.string(document).jsonText)}]}"#)
        }
        let all = #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        let found = try verdict("iam-admin-policies", policy(all, 1))
        #expect(
            found.outcome == .fail && found.proof.first?.value == #"{"Effect":"Allow","Action":"*","Resource":"*"}"#)
        #expect(try verdict("iam-admin-policies", policy(all, 0)).outcome == .notApplicable)
        let some = #"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#
        #expect(try verdict("iam-admin-policies", policy(some, 1)).outcome == .pass)
    }

    // MARK: Buckets

    @Test func theCommandForTLSKeepsThePolicy() throws {
        func bucket(_ policy: String) throws -> ConfigurationItem {
            var bucket = try item(
                "AWS::S3::Bucket", "b", "{}",
                also: #"{"BucketPolicy":{"policyText":\#(JSONValue.string(policy).jsonText)}}"#)
            bucket.arn = "arn:aws:s3:::b"
            return bucket
        }
        let policy =
            #"{"Version":"2012-10-17","Id":"mine","Statement":{"Sid":"a","Effect":"Allow","Principal":{"AWS":"1"},"#
            + #""Action":"s3:*","Resource":"*"}}"#
        let found = try verdict("s3-secure-transport", bucket(policy))
        #expect(found.outcome == .fail)
        let command = try #require(found.remedy.first)
        let document = String(try #require(command.split(separator: "'").dropFirst().first))
        let statements = try json(document)["Statement"]?.elements ?? []
        #expect(statements.count == 2 && statements.first?["Sid"]?.text == "a")
        #expect(try json(document)["Id"]?.text == "mine")
        #expect(try verdict("s3-secure-transport", bucket(document)).outcome == .pass)
    }

    @Test func theAccountsBlockCountsForItsBuckets() throws {
        let all =
            #"{"blockPublicAcls":true,"ignorePublicAcls":true,"blockPublicPolicy":true,"restrictPublicBuckets":true}"#
        let bucket = try item("AWS::S3::Bucket", "b", region: "us-east-1", "{}")
        #expect(try verdict("s3-bucket-block", bucket).outcome == .fail)
        var source = MadeUp()
        source.add(bucket)
        source.add(try item("AWS::S3::AccountPublicAccessBlock", account, all))
        #expect(try verdicts("s3-bucket-block", source).map(\.outcome) == [.pass])
        #expect(try verdicts("s3-account-block", source).map(\.outcome) == [.pass])
    }

    // MARK: Networks

    private func group(_ rules: String..., named name: String = "g") throws -> ConfigurationItem {
        try item(
            "AWS::EC2::SecurityGroup", name, region: "us-east-1",
            #"{"ipPermissions":[\#(rules.joined(separator: ","))],"ipPermissionsEgress":[]}"#)
    }

    private func rule(_ name: String, _ from: Int?, _ to: Int?, _ block: String) -> String {
        let ports = from.flatMap { from in to.map { #","fromPort":\#(from),"toPort":\#($0)"# } } ?? ""
        let key =
            block.contains(":")
            ? #""ipv6Ranges":[{"cidrIpv6":"\#(block)"}]"# : #""ipv4Ranges":[{"cidrIp":"\#(block)"}]"#
        return #"{"ipProtocol":"\#(name)"\#(ports),\#(key)}"#
    }

    @Test func openPorts() throws {
        let range = try verdict("ec2-group-admin-ports", group(rule("tcp", 0, 65535, "0.0.0.0/0")))
        #expect(range.outcome == .fail)
        #expect(
            range.remedy == [
                "aws ec2 revoke-security-group-ingress --group-id g --ip-permissions "
                    + #"'[{"IpProtocol":"tcp","FromPort":0,"ToPort":65535,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'"#
                    + " --region us-east-1"
            ])
        #expect(try verdict("ec2-group-admin-ports", group(rule("-1", nil, nil, "0.0.0.0/0"))).outcome == .fail)
        #expect(try verdict("ec2-group-admin-ports", group(rule("tcp", 443, 443, "0.0.0.0/0"))).outcome == .pass)
        #expect(try verdict("ec2-group-admin-ports", group(rule("tcp", 22, 22, "10.0.0.0/8"))).outcome == .pass)
        #expect(try verdict("ec2-group-admin-ports", group(rule("tcp", 22, 22, "::/0"))).outcome == .pass)
        #expect(try verdict("ec2-group-admin-ports-ipv6", group(rule("tcp", 22, 22, "::/0"))).outcome == .fail)
        #expect(try verdict("ec2-group-open-ports", group(rule("tcp", 443, 443, "0.0.0.0/0"))).outcome == .pass)
        #expect(try verdict("ec2-group-open-ports", group(rule("tcp", 80, 443, "0.0.0.0/0"))).outcome == .fail)
        #expect(try verdict("ec2-group-open-ports", group(rule("icmp", -1, -1, "0.0.0.0/0"))).outcome == .pass)
    }

    @Test func theFirstEntryOfAnACLDecides() throws {
        func list(_ entries: String...) throws -> ConfigurationItem {
            try item(
                "AWS::EC2::NetworkAcl", "acl-1", region: "us-east-1",
                #"{"entries":[\#(entries.joined(separator: ","))]}"#)
        }
        func entry(_ number: Int, _ action: String, _ ports: String = "") -> String {
            #"{"ruleNumber":\#(number),"egress":false,"ruleAction":"\#(action)","protocol":"6","cidrBlock":"0.0.0.0/0"\#(ports)}"#
        }
        #expect(try verdict("ec2-acl-admin-ports", list(entry(100, "allow"))).outcome == .fail)
        let ssh = #","portRange":{"from":22,"to":22}"#
        let desktop = #","portRange":{"from":3389,"to":3389}"#
        #expect(
            try verdict(
                "ec2-acl-admin-ports", list(entry(1, "deny", ssh), entry(2, "deny", desktop), entry(100, "allow"))
            )
            .outcome == .pass)
        #expect(try verdict("ec2-acl-admin-ports", list(entry(1, "deny", ssh), entry(100, "allow"))).outcome == .fail)
    }
}
