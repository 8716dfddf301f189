import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
struct RDSTests {
    @Test(
        "Databases, and what they are made with",
        arguments: [
            (
                "CreateDBInstance",
                #"{"DBInstanceIdentifier": "Main", "DBInstanceClass": "db.t3.micro", "Engine": "mysql", "DBSubnetGroupName": "g", "ManageMasterUserPassword": true}"#,
                [
                    "rds:CreateDBInstance arn:aws:rds:eu-central-1:111122223333:db:main rds:databaseclass=db.t3.micro rds:databaseengine=mysql rds:managemasteruserpassword=true",
                    "rds:CreateDBInstance arn:aws:rds:eu-central-1:111122223333:subgrp:g rds:databaseclass=db.t3.micro rds:databaseengine=mysql rds:managemasteruserpassword=true",
                ]
            ),
            (
                "DescribeDBInstances", #"{}"#,
                ["rds:DescribeDBInstances arn:aws:rds:eu-central-1:111122223333:db:*"]
            ),
            (
                "DescribeDBInstances", #"{"DBInstanceIdentifier": "MAIN"}"#,
                ["rds:DescribeDBInstances arn:aws:rds:eu-central-1:111122223333:db:main"]
            ),
            (
                "DeleteDBInstance", #"{"DBInstanceIdentifier": "arn:aws:rds:eu-central-1:111122223333:db:main"}"#,
                ["rds:DeleteDBInstance arn:aws:rds:eu-central-1:111122223333:db:main"]
            ),
            (
                "DeleteDBInstance", #"{"DBInstanceIdentifier": "arn:aws:rds:eu-central-1:111122223333:db:MAIN"}"#,
                ["rds:DeleteDBInstance arn:aws:rds:eu-central-1:111122223333:db:main"]
            ),
            (
                "DeleteDBCluster", #"{"DBClusterIdentifier": "c", "FinalDBSnapshotIdentifier": "f"}"#,
                [
                    "rds:DeleteDBCluster arn:aws:rds:eu-central-1:111122223333:cluster:c",
                    "rds:DeleteDBCluster arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:f",
                ]
            ),
            (
                "CopyDBSnapshot",
                #"{"SourceDBSnapshotIdentifier": "rds:main-2026", "TargetDBSnapshotIdentifier": "t"}"#,
                [
                    "rds:CopyDBSnapshot arn:aws:rds:eu-central-1:111122223333:snapshot:rds:main-2026",
                    "rds:CopyDBSnapshot arn:aws:rds:eu-central-1:111122223333:snapshot:t",
                ]
            ),
            (
                "CreateDBSnapshot",
                #"{"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "main", "Tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "rds:CreateDBSnapshot arn:aws:rds:eu-central-1:111122223333:db:main aws:requesttag/t=1 aws:tagkeys=[t] rds:req-tag/t=1",
                    "rds:CreateDBSnapshot arn:aws:rds:eu-central-1:111122223333:snapshot:s aws:requesttag/t=1 aws:tagkeys=[t] rds:req-tag/t=1",
                    "rds:AddTagsToResource arn:aws:rds:eu-central-1:111122223333:snapshot:s aws:requesttag/t=1 aws:tagkeys=[t] rds:req-tag/t=1",
                ]
            ),
            (
                "AddTagsToResource", #"{"ResourceName": "arn:aws:rds:eu-central-1:111122223333:og:o", "Tags": []}"#,
                ["rds:AddTagsToResource arn:aws:rds:eu-central-1:111122223333:og:o"]
            ),
            (
                "AddRoleToDBCluster", #"{"DBClusterIdentifier": "c", "RoleArn": "arn:aws:iam::111122223333:role/r"}"#,
                [
                    "rds:AddRoleToDBCluster arn:aws:rds:eu-central-1:111122223333:cluster:c",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=rds.amazonaws.com",
                ]
            ),
            (
                "DeleteGlobalCluster", #"{"GlobalClusterIdentifier": "g"}"#,
                ["rds:DeleteGlobalCluster arn:aws:rds::111122223333:global-cluster:g"]
            ),
            (
                "RestoreDBClusterFromSnapshot",
                #"{"DBClusterIdentifier": "c", "SnapshotIdentifier": "s", "Engine": "aurora-mysql"}"#,
                [
                    "rds:RestoreDBClusterFromSnapshot arn:aws:rds:eu-central-1:111122223333:cluster:c",
                    "rds:RestoreDBClusterFromSnapshot arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:s",
                    "rds:RestoreDBClusterFromSnapshot arn:aws:rds:eu-central-1:111122223333:cluster-pg:default.*",
                    "rds:RestoreDBClusterFromSnapshot arn:aws:rds:eu-central-1:111122223333:og:default:*",
                    "rds:RestoreDBClusterFromSnapshot arn:aws:rds:eu-central-1:111122223333:subgrp:default",
                ]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("rds", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("DeleteDBProxy", #"{"DBProxyName": "p"}"#),
            ("AddTagsToResource", #"{"ResourceName": "main", "Tags": []}"#),
            ("DeleteDBInstance", #"{}"#),
            ("DeleteDBInstance", #"{"DBInstanceIdentifier": "a:b"}"#),
            ("DescribeTenantDatabases", #"{"TenantDBName": "x"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("rds", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("rds", operation, input))")
            return
        }
    }

    @Test("DocumentDB and Neptune have the same resources", arguments: ["docdb", "neptune"])
    func kin(service: String) throws {
        let asked = try Inputs.asked(service, "DeleteDBInstance", #"{"DBInstanceIdentifier": "MAIN"}"#)
        #expect(asked == ["rds:DeleteDBInstance arn:aws:rds:eu-central-1:111122223333:db:main"])
    }
}
