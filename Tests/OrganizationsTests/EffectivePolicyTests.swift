import Directory
import Testing

@testable import OrganizationsService

/// AWS's worked examples of inheritance.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html>
@Suite struct EffectivePolicyTests {
    /// - Parameter levels: root first, of each the documents in the order of their attachment.
    private func effective(_ levels: [String]..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        try policy(levels, sourceLocation: sourceLocation).json
    }

    private func policy(_ levels: [[String]], sourceLocation: SourceLocation = #_sourceLocation) throws
        -> EffectivePolicy
    {
        var number = 0
        return EffectivePolicy(
            levels: try levels.map { documents in
                try documents.map { text in
                    number += 1
                    let document = try #require(
                        ManagementPolicyDocument(parsing: text), sourceLocation: sourceLocation)
                    return EffectivePolicy.Attached(id: "p-\(number)", document: document)
                }
            })
    }

    // MARK: Tag policies

    private let policyA = """
        {"tags":{"costcenter":{"tag_key":{"@@assign":"CostCenter"},
        "tag_value":{"@@assign":["Development","Support"]}}}}
        """

    @Test func example1AssigningOverwrites() throws {
        let policyB = """
            {"tags":{"costcenter":{"tag_key":{"@@assign":"CostCenter"},"tag_value":{"@@assign":["Sandbox"]},
            "enforced_for":{"@@assign":["redshift:*","dynamodb:table"]}}}}
            """
        #expect(
            try effective([policyA], [policyB]) == """
                {"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["Sandbox"],\
                "enforced_for":["redshift:*","dynamodb:table"]}}}
                """)
    }

    private let policyC = """
        {"tags":{"costcenter":{"tag_key":{"@@assign":"CostCenter"},"tag_value":{"@@append":["Marketing"]},
        "enforced_for":{"@@append":["redshift:*","dynamodb:table"]}}}}
        """

    @Test func example2AppendingAdds() throws {
        #expect(
            try effective([policyA], [policyC]) == """
                {"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["Development","Support","Marketing"],\
                "enforced_for":["redshift:*","dynamodb:table"]}}}
                """)
    }

    /// AWS's page has `enforced_for` inside of `tag_value`, where its own syntax has no place for it.
    @Test func example3RemovingTakesAway() throws {
        let policyD = """
            {"tags":{"costcenter":{"tag_key":{"@@assign":"CostCenter"},
            "tag_value":{"@@remove":["Development","Marketing"]},
            "enforced_for":{"@@remove":["redshift:*","dynamodb:table"]}}}}
            """
        #expect(
            try effective([policyA], [policyC], [policyD]) == """
                {"tags":{"costcenter":{"tag_key":"CostCenter","tag_value":["Support"]}}}
                """)
    }

    @Test func example4ChildrenAreRestricted() throws {
        let policyE = """
            {"tags":{"project":{"tag_key":{"@@operators_allowed_for_child_policies":["@@none"],"@@assign":"Project"},
            "tag_value":{"@@operators_allowed_for_child_policies":["@@append"],
            "@@assign":["Maintenance","Escalations"]}}}}
            """
        let policyF = """
            {"tags":{"project":{"tag_key":{"@@assign":"PROJECT"},"tag_value":{"@@append":["Escalations - research"]}}}}
            """
        #expect(
            try effective([policyE], [policyF]) == """
                {"tags":{"project":{"tag_key":"Project",\
                "tag_value":["Maintenance","Escalations","Escalations - research"]}}}
                """)
        // No operator but that one.
        let other = """
            {"tags":{"project":{"tag_value":{"@@assign":["x"],"@@remove":["Maintenance"]}}}}
            """
        #expect(
            try effective([policyE], [other]) == """
                {"tags":{"project":{"tag_key":"Project","tag_value":["Maintenance","Escalations"]}}}
                """)
    }

    @Test func example5OfTwoRestrictionsBothHold() throws {
        let policyG = """
            {"tags":{"project":{"tag_value":{"@@operators_allowed_for_child_policies":["@@append"],
            "@@assign":["Maintenance"]}}}}
            """
        let policyH = """
            {"tags":{"project":{"tag_value":{"@@operators_allowed_for_child_policies":["@@append","@@remove"]}}}}
            """
        let child = """
            {"tags":{"project":{"tag_value":{"@@append":["More"],"@@remove":["Maintenance"]}}}}
            """
        #expect(
            try effective([policyG, policyH], [child])
                == #"{"tags":{"project":{"tag_value":["Maintenance","More"]}}}"#)
    }

    @Test func example6TheFirstAttachedWins() throws {
        let policyJ = """
            {"tags":{"project":{"tag_key":{"@@assign":"PROJECT"},"tag_value":{"@@append":["Maintenance"]}}}}
            """
        let policyK = #"{"tags":{"project":{"tag_key":{"@@assign":"project"}}}}"#
        #expect(
            try effective([policyJ, policyK])
                == #"{"tags":{"project":{"tag_key":"PROJECT","tag_value":["Maintenance"]}}}"#)
        #expect(
            try effective([policyK, policyJ])
                == #"{"tags":{"project":{"tag_key":"project","tag_value":["Maintenance"]}}}"#)
    }

    /// A restriction can't be taken back further down.
    @Test func aRestrictionStays() throws {
        let top = """
            {"tags":{"a":{"tag_key":{"@@operators_allowed_for_child_policies":["@@none"],"@@assign":"A"}}}}
            """
        let middle = """
            {"tags":{"a":{"tag_key":{"@@operators_allowed_for_child_policies":["@@all"]}}}}
            """
        #expect(
            try effective([top], [middle], [#"{"tags":{"a":{"tag_key":{"@@assign":"a"}}}}"#])
                == #"{"tags":{"a":{"tag_key":"A"}}}"#)
    }

    /// A list that is set to nothing is shown, as AWS's "prevent use of a tag key" wants it; one that is emptied is not.
    @Test func anEmptyListThatWasSetIsShown() throws {
        #expect(
            try effective([#"{"tags":{"color":{"tag_key":{"@@assign":"Color"},"tag_value":{"@@assign":[]}}}}"#])
                == #"{"tags":{"color":{"tag_key":"Color","tag_value":[]}}}"#)
    }

    @Test func placesAreTheSameWhateverTheirCase() throws {
        #expect(
            try effective(
                [#"{"tags":{"Color":{"tag_key":{"@@assign":"Color"}}}}"#],
                [#"{"tags":{"color":{"tag_value":{"@@assign":["red"]}}}}"#])
                == #"{"tags":{"Color":{"tag_key":"Color","tag_value":["red"]}}}"#)
    }

    // MARK: Backup policies
    // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html>

    @Test func backupExample4NewPlansAreLetInButNoChanges() throws {
        let parent = """
            {"plans":{"@@operators_allowed_for_child_policies":["@@append"],
            "PII_Backup_Plan":{"@@operators_allowed_for_child_policies":["@@none"],
            "regions":{"@@operators_allowed_for_child_policies":["@@none"],"@@assign":["us-east-1"]}}}}
            """
        let child = """
            {"plans":{"PII_Backup_Plan":{"regions":{"@@assign":["eu-north-1"]},
            "backup_plan_tags":{"x":{"tag_key":{"@@assign":"x"},"tag_value":{"@@assign":"y"}}}},
            "MonthlyBackupPlan":{"regions":{"@@assign":["us-west-2"]}}}}
            """
        #expect(
            try effective([parent], [child]) == """
                {"plans":{"PII_Backup_Plan":{"regions":["us-east-1"]},"MonthlyBackupPlan":{"regions":["us-west-2"]}}}
                """)
    }

    @Test func backupExample5ChildrenOverride() throws {
        let parent = """
            {"plans":{"PII_Backup_Plan":{"regions":{"@@append":["us-east-1","ap-northeast-3","eu-north-1"]},
            "rules":{"Hourly":{"schedule_expression":{"@@assign":"cron(0 0/1 ? * * *)"},
            "start_backup_window_minutes":{"@@assign":"60"},"target_backup_vault_name":{"@@assign":"FortKnox"},
            "index_actions":{"resource_types":{"@@assign":["EBS","S3"]}},
            "lifecycle":{"delete_after_days":{"@@assign":"2"},"move_to_cold_storage_after_days":{"@@assign":"180"},
            "opt_in_to_archive_for_supported_resources":{"@@assign":false}}}},
            "selections":{"tags":{"datatype":{"iam_role_arn":{"@@assign":"arn:aws:iam::$account:role/MyIamRole"},
            "tag_key":{"@@assign":"dataType"},"tag_value":{"@@assign":["PII","RED"]}}}}}}}
            """
        let child = """
            {"plans":{"PII_Backup_Plan":{"regions":{"@@assign":["us-west-2","eu-central-1"]},
            "rules":{"Hourly":{"schedule_expression":{"@@assign":"cron(0 0/2 ? * * *)"},
            "start_backup_window_minutes":{"@@assign":"80"},"target_backup_vault_name":{"@@assign":"Default"},
            "lifecycle":{"move_to_cold_storage_after_days":{"@@assign":"30"},"delete_after_days":{"@@assign":"365"},
            "opt_in_to_archive_for_supported_resources":{"@@assign":false}}}}}}}
            """
        #expect(
            try effective([parent], [child]) == """
                {"plans":{"PII_Backup_Plan":{"regions":["us-west-2","eu-central-1"],"rules":{"Hourly":{\
                "schedule_expression":"cron(0 0/2 ? * * *)","start_backup_window_minutes":"80",\
                "target_backup_vault_name":"Default","index_actions":{"resource_types":["EBS","S3"]},\
                "lifecycle":{"delete_after_days":"365","move_to_cold_storage_after_days":"30",\
                "opt_in_to_archive_for_supported_resources":"false"}}},"selections":{"tags":{"datatype":{\
                "iam_role_arn":"arn:aws:iam::$account:role/MyIamRole","tag_key":"dataType",\
                "tag_value":["PII","RED"]}}}}}}
                """)
        // The parent's lifecycle alone would delete before it moves; the child's mends it.
        #expect(EffectivePolicyFlaw.all(in: try policy([[parent]]), .backup).map(\.code) == ["VALUE_TOO_SMALL"])
        #expect(EffectivePolicyFlaw.all(in: try policy([[parent], [child]]), .backup).isEmpty)
        // The child's alone lacks what the parent has.
        let flaws = EffectivePolicyFlaw.all(in: try policy([[child]]), .backup)
        #expect(flaws.map(\.message) == ["'selections' is required"])
        #expect(flaws.first?.policyIDs == ["p-1"])
    }

    @Test func tooManyRules() throws {
        let rules = (0..<11).map { number in
            """
            "r\(number)":{"schedule_expression":{"@@assign":"cron(0 5 * * ? *)"},
            "target_backup_vault_name":{"@@assign":"Default"}}
            """
        }
        let text = """
            {"plans":{"p":{"regions":{"@@assign":["us-east-1"]},"rules":{\(rules.joined(separator: ","))},
            "selections":{"resources":{"s":{"iam_role_arn":{"@@assign":"arn:aws:iam::$account:role/r"},
            "resource_types":{"@@assign":["arn:aws:s3:::*"]}}}}}}}
            """
        let flaws = EffectivePolicyFlaw.all(in: try policy([[text]]), .backup)
        #expect(flaws.map(\.code) == ["ELEMENTS_TOO_MANY"])
        #expect(flaws.first?.path == "plans/p/rules")
    }
}
