import Directory
import Platform
import Testing

@testable import OrganizationsService

/// Which documents are taken, and that no document does harm.
@Suite struct PolicyContentTests {
    private func isTaken(_ content: String, _ type: OrganizationPolicyType) -> Bool {
        do {
            try PolicyContent.check(content, type)
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [
        #"{"tags":{}}"#,
        #"{"tags":{"costcenter":{"tag_key":{"@@assign":"CostCenter"},"tag_value":{"@@assign":["100","*"]}}}}"#,
        #"{"tags":{"CostCenter":{"tag_key":{"@@assign":"CostCenter","@@operators_allowed_for_child_policies":["@@none"]}}}}"#,
        #"{"tags":{"a":{"enforced_for":{"@@append":["secretsmanager:*"]}}}}"#,
    ]) func tagPolicies(content: String) {
        #expect(isTaken(content, .tag))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"tags":[]}"#, #"{"tags":{},"more":{}}"#, #"{"Tags":{}}"#,
        #"{"tags":{"a":{"tag_key":"a"}}}"#, #"{"tags":{"a":{"tag_key":{"@@assign":"b"}}}}"#,
        #"{"tags":{"a":{"tag_key":{"@@append":["a"]}}}}"#, #"{"tags":{"a":{"tag_value":{"@@assign":"x"}}}}"#,
        #"{"tags":{"a":{"tag_value":{"@@assign":["*x*"]}}}}"#, #"{"tags":{"a":{"tag_value":{"@@append":"x"}}}}"#,
        #"{"tags":{"a":{"enforced_for":{"@@assign":["*:*"]}}}}"#,
        #"{"tags":{"a":{"enforced_for":{"@@assign":["ec2"]}}}}"#,
        #"{"tags":{"a":{"colour":{"@@assign":"x"}}}}"#, #"{"tags":{"a":{"tag_key":{"@@set":"a"}}}}"#,
        #"{"tags":{"a":{"tag_key":{"@@operators_allowed_for_child_policies":["@@none","@@assign"]}}}}"#,
        #"{"tags":{"a":{"tag_key":{"@@operators_allowed_for_child_policies":[]}}}}"#,
        #"{"tags":{"a":{},"A":{}}}"#, #"{"tags":{"a":{},"a":{}}}"#, #"{"tags":{"a":{"tag_key":{"@@assign":null}}}}"#,
        #"{"tags":{"a":{"tag_value":{"@@assign":["x"],"enforced_for":{"@@assign":["ec2:*"]}}}}}"#,
    ]) func noTagPolicies(content: String) {
        #expect(!isTaken(content, .tag))
    }

    @Test func otherTypes() {
        #expect(isTaken(#"{"services":{"default":{"opt_out_policy":{"@@assign":"optOut"}}}}"#, .aiServicesOptOut))
        #expect(!isTaken(#"{"services":{"default":{"opt_out_policy":{"@@assign":"maybe"}}}}"#, .aiServicesOptOut))
        #expect(isTaken(#"{"plans":{"p":{"regions":{"@@append":["us-east-1"]}}}}"#, .backup))
        #expect(!isTaken(#"{"plans":{"p":{"region":{"@@append":["us-east-1"]}}}}"#, .backup))
        #expect(isTaken(#"{"s3_attributes":{"public_access_block_configuration":{"@@assign":"all"}}}"#, .s3))
        #expect(!isTaken(#"{"s3_attributes":{"public_access_block_configuration":{"@@assign":"some"}}}"#, .s3))
        #expect(isTaken(#"{"upgrade_rollout":{"default":{"patch_order":"last"}}}"#, .upgradeRollout))
        #expect(
            isTaken(
                #"{"securityhub":{"enable_in_regions":{"@@append":["ALL_SUPPORTED"]},"disable_in_regions":{"@@append":[]}}}"#,
                .securityHub))
        for type in OrganizationPolicyType.allCases where type.isManagement {
            #expect(!isTaken(#"{"Version":"2012-10-17","Statement":[]}"#, type))
        }
    }

    /// Since September 2025 service control policies take the whole language.
    @Test func serviceControlPolicies() {
        func document(_ statement: String) -> String { #"{"Version":"2012-10-17","Statement":\#(statement)}"# }
        for statement in [
            #"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            #"{"Effect":"Deny","NotAction":"iam:*","Resource":"arn:aws:s3:::b/*"}"#,
            #"{"Effect":"Allow","Action":"ec2:*Instances","NotResource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#,
        ] {
            #expect(isTaken(document(statement), .serviceControl), "\(statement)")
        }
        for statement in [
            #"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
            #"{"Effect":"Permit","Action":"*","Resource":"*"}"#, #"{"Effect":"Deny","Action":"*"}"#, "[]",
        ] {
            #expect(!isTaken(document(statement), .serviceControl), "\(statement)")
        }
    }

    /// Customers' resource control policies deny, to everybody, by service.
    @Test func resourceControlPolicies() {
        func document(_ statement: String) -> String { #"{"Version":"2012-10-17","Statement":[\#(statement)]}"# }
        #expect(
            isTaken(
                document(#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}"#),
                .resourceControl))
        for statement in [
            #"{"Effect":"Allow","Principal":"*","Action":"sts:*","Resource":"*"}"#,
            #"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            #"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
            #"{"Effect":"Deny","Principal":"*","NotAction":"sts:*","Resource":"*"}"#,
            #"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"sts:*","Resource":"*"}"#,
            #"{"Effect":"Deny","Action":"sts:*","Resource":"*"}"#,
        ] {
            #expect(!isTaken(document(statement), .resourceControl), "\(statement)")
        }
    }

    @Test func lengthsAreLimited() {
        let padding = String(repeating: " ", count: 10_240)
        #expect(
            !isTaken(
                #"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"# + padding,
                .serviceControl))
        #expect(!isTaken(#"{"tags":{}}"# + padding, .tag))
    }

    /// Neither depth nor breadth takes a stack or time.
    @Test(arguments: OrganizationPolicyType.allCases) func hostileDocuments(type: OrganizationPolicyType) {
        let key = type.rootKey ?? "Statement"
        for depth in [20, 2_000] {
            let deep = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
            #expect(!isTaken(#"{"\#(key)":\#(deep)}"#, type))
            let list = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(!isTaken(#"{"\#(key)":{"a":{"@@assign":\#(list)}}}"#, type))
            #expect(!isTaken(String(repeating: "[", count: depth), type))
        }
        for text in ["{\"\(key)\":", "\u{0}", "{\"\(key)\":{\"\\ud800\":{}}}", "{\"\(key)\"\u{FEFF}:{}}"] {
            #expect(!isTaken(text, type))
        }
    }

    /// The most that can be attached, each as large as it may be: of the same tags, and of different ones. (Were its cost
    /// quadratic, this test would not end.)
    @Test(arguments: [true, false]) func theLargestEffectivePolicyIsMade(isSame: Bool) throws {
        var levels: [[EffectivePolicy.Attached]] = []
        for level in 0..<7 {
            levels.append(
                try (0..<10).map { policy in
                    let prefix = isSame ? "t" : "\(level)\(policy)"
                    let tags = (0..<250).map {
                        #""\#(prefix)\#($0)":{"tag_value":{"@@append":["\#(level)-\#(policy)"]}}"#
                    }
                    let document = try #require(
                        ManagementPolicyDocument(parsing: #"{"tags":{\#(tags.joined(separator: ","))}}"#))
                    return EffectivePolicy.Attached(id: "p-\(level)-\(policy)", document: document)
                })
        }
        let json = EffectivePolicy(levels: levels).json
        #expect(json.contains(isSame ? #""0-0","0-1""# : #""69249":"#))
    }
}
