import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
struct EC2Tests {
    @Test(
        "Each resource of a request, what it makes, and its tags",
        arguments: [
            (
                "RunInstances",
                #"{"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1", "sg-2"], "KeyName": "k", "IamInstanceProfile": {"Name": "p"}}"#,
                [
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:instance/* ec2:instanceprofile=arn:aws:iam::111122223333:instance-profile/p ec2:instancetype=t3.micro ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1::image/ami-1 ec2:imageid=ami-1 ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:volume/* ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-1 ec2:islaunchtemplateresource=false ec2:subnetid=subnet-1",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:security-group/sg-1 ec2:islaunchtemplateresource=false ec2:securitygroupid=sg-1",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:security-group/sg-2 ec2:islaunchtemplateresource=false ec2:securitygroupid=sg-2",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:network-interface/* ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:key-pair/k ec2:islaunchtemplateresource=false ec2:keypairname=k",
                    "iam:PassRole arn:aws:iam::111122223333:instance-profile/p iam:passedtoservice=ec2.amazonaws.com",
                ]
            ),
            (
                "RunInstances",
                #"{"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}], "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Encrypted": true, "SnapshotId": "snap-1"}}], "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "t", "Value": "1"}]}]}"#,
                [
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:instance/* aws:requesttag/t=1 aws:tagkeys=[t] ec2:instancetype=t3.micro ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1::image/ami-1 ec2:imageid=ami-1 ec2:islaunchtemplateresource=false",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:volume/* ec2:encrypted=true ec2:islaunchtemplateresource=false ec2:volumesize=8 ec2:volumetype=gp3",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-1 ec2:islaunchtemplateresource=false ec2:networkinterfaceid=eni-1",
                    "ec2:RunInstances arn:aws:ec2:eu-central-1::snapshot/snap-1 ec2:islaunchtemplateresource=false ec2:snapshotid=snap-1",
                    "ec2:CreateTags arn:aws:ec2:eu-central-1:111122223333:instance/* aws:requesttag/t=1 aws:tagkeys=[t] ec2:createaction=RunInstances",
                ]
            ),
            (
                "TerminateInstances", #"{"InstanceIds": ["i-1", "i-2"]}"#,
                [
                    "ec2:TerminateInstances arn:aws:ec2:eu-central-1:111122223333:instance/i-1 ec2:instanceid=i-1",
                    "ec2:TerminateInstances arn:aws:ec2:eu-central-1:111122223333:instance/i-2 ec2:instanceid=i-2",
                ]
            ),
            (
                "DescribeInstances", #"{"InstanceIds": ["i-1"]}"#,
                ["ec2:DescribeInstances *"]
            ),
            (
                "CreateTags", #"{"Resources": ["i-1", "ami-1"], "Tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "ec2:CreateTags arn:aws:ec2:eu-central-1:111122223333:instance/i-1 aws:requesttag/t=1 aws:tagkeys=[t] ec2:instanceid=i-1",
                    "ec2:CreateTags arn:aws:ec2:eu-central-1::image/ami-1 aws:requesttag/t=1 aws:tagkeys=[t] ec2:imageid=ami-1",
                ]
            ),
            (
                "AuthorizeSecurityGroupIngress", #"{"GroupId": "sg-1"}"#,
                [
                    "ec2:AuthorizeSecurityGroupIngress arn:aws:ec2:eu-central-1:111122223333:security-group/sg-1 ec2:securitygroupid=sg-1"
                ]
            ),
            (
                "CreateVpc",
                #"{"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "t", "Value": "1"}]}]}"#,
                [
                    "ec2:CreateVpc arn:aws:ec2:eu-central-1:111122223333:vpc/* aws:requesttag/t=1 aws:tagkeys=[t]",
                    "ec2:CreateTags arn:aws:ec2:eu-central-1:111122223333:vpc/* aws:requesttag/t=1 aws:tagkeys=[t] ec2:createaction=CreateVpc",
                ]
            ),
            (
                "CreateSubnet", #"{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}"#,
                [
                    "ec2:CreateSubnet arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-1 ec2:vpcid=vpc-1",
                    "ec2:CreateSubnet arn:aws:ec2:eu-central-1:111122223333:subnet/*",
                ]
            ),
            (
                "CreateVolume",
                #"{"AvailabilityZone": "eu-central-1a", "Size": 10, "Encrypted": true, "SnapshotId": "snap-1"}"#,
                [
                    "ec2:CreateVolume arn:aws:ec2:eu-central-1::snapshot/snap-1 ec2:snapshotid=snap-1",
                    "ec2:CreateVolume arn:aws:ec2:eu-central-1:111122223333:volume/* ec2:availabilityzone=eu-central-1a ec2:encrypted=true ec2:volumesize=10",
                ]
            ),
            (
                "AttachVolume", #"{"InstanceId": "i-1", "VolumeId": "vol-1", "Device": "/dev/sdf"}"#,
                [
                    "ec2:AttachVolume arn:aws:ec2:eu-central-1:111122223333:instance/i-1 ec2:instanceid=i-1",
                    "ec2:AttachVolume arn:aws:ec2:eu-central-1:111122223333:volume/vol-1 ec2:volumeid=vol-1",
                ]
            ),
            (
                "CreateKeyPair", #"{"KeyName": "k"}"#,
                ["ec2:CreateKeyPair arn:aws:ec2:eu-central-1:111122223333:key-pair/k ec2:keypairname=k"]
            ),
            (
                "AssociateIamInstanceProfile",
                #"{"InstanceId": "i-1", "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/p"}}"#,
                [
                    "ec2:AssociateIamInstanceProfile arn:aws:ec2:eu-central-1:111122223333:instance/i-1 ec2:instanceid=i-1 ec2:newinstanceprofile=arn:aws:iam::111122223333:instance-profile/p",
                    "iam:PassRole arn:aws:iam::111122223333:instance-profile/p iam:passedtoservice=ec2.amazonaws.com",
                ]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("ec2", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("RunInstances", #"{"LaunchTemplate": {"LaunchTemplateId": "lt-1"}, "MinCount": 1, "MaxCount": 1}"#),
            ("RunInstances", #"{"ImageId": "ami-1", "SecurityGroups": ["default"], "MinCount": 1, "MaxCount": 1}"#),
            ("AuthorizeSecurityGroupIngress", #"{"GroupName": "default"}"#),
            ("DeleteSecurityGroup", #"{"GroupName": "x"}"#),
            ("DeleteKeyPair", #"{"KeyPairId": "key-1"}"#),
            ("DetachNetworkInterface", #"{"AttachmentId": "eni-attach-1"}"#),
            ("CreateTags", #"{"Resources": ["key-1"], "Tags": []}"#),
            ("CreateTags", #"{"Resources": ["x"], "Tags": []}"#),
            ("TerminateInstances", #"{"InstanceIds": ["i-1/i-2"]}"#),
            ("TerminateInstances", #"{}"#),
            ("DisassociateSubnetCidrBlock", #"{"AssociationId": "a"}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("ec2", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("ec2", operation, input))")
            return
        }
    }
}
