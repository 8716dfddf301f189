import Testing
import Wire

@testable import Mapping

/// What RunInstances asks for when EC2 has told what a launch template says, and which security groups names are of.
struct EC2LaunchTests {
    private let arn = "arn:aws:ec2:eu-central-1:111122223333:launch-template/lt-1"

    private func output(_ operation: String, _ json: String) throws -> Structure {
        let shape = try #require(ServiceModels.aws.service("ec2")?.operation(named: operation)?.output)
        return Inputs.structure(shape, try Wire.JSONValue(parsing: Array(json.utf8)))
    }

    /// One access in a line, without the keys that all have; or why there are none.
    private func asked(_ request: String, template: String? = nil, groups: String? = nil) throws -> [String] {
        let entry = try #require(ServiceModels.aws.entry("ec2"))
        let shape = try #require(ServiceModels.aws.service("ec2")?.operation(named: "RunInstances"))
        let input = Inputs.structure(
            try #require(shape.input), try Wire.JSONValue(parsing: Array(request.utf8)))
        var launch = try #require(EC2Launch(shape, input))
        if let template {
            let answer = try output(
                "DescribeLaunchTemplateVersions",
                #"{"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "#
                    + #""VersionNumber": 3, "LaunchTemplateData": \#(template)}]}"#)
            if let reason = launch.take(template: answer) { return ["refused: \(reason)"] }
        }
        if let groups {
            let answer = try output("DescribeSecurityGroups", #"{"SecurityGroups": \#(groups)}"#)
            if let reason = launch.take(groups: answer) { return ["refused: \(reason)"] }
        }
        switch launch.map(by: RequestMapper(), of: entry, shape, in: Inputs.place) {
        case .unmapped(let reason): return ["refused: \(reason)"]
        case .accesses(let accesses, _):
            return accesses.map { access in
                if access.action == "ec2:RunInstances", launch.template != nil {
                    #expect(access.context["ec2:launchtemplate"] == .one(arn), "\(access.resource)")
                }
                var access = access
                access.context["ec2:launchtemplate"] = nil
                return Inputs.line(access)
                    .replacing(":eu-central-1:111122223333:", with: "::").replacing(
                        "ec2:islaunchtemplateresource", with: "own")
            }
        }
    }

    private let plain = #""MinCount": 1, "MaxCount": 1, "LaunchTemplate": {"LaunchTemplateName": "web"}"#
    private let everything = #"""
        {"ImageId": "ami-1", "InstanceType": "t3.micro", "KeyName": "k", "IamInstanceProfile": {"Name": "p"},
         "SecurityGroupIds": ["sg-1"], "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-1", "Groups": ["sg-2"]}],
         "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 8, "SnapshotId": "snap-1"}}],
         "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}]}
        """#

    @Test("All that the template says is asked for, and the template itself")
    func template() throws {
        #expect(
            try asked("{\(plain)}", template: everything) == [
                "ec2:RunInstances arn:aws:ec2::instance/* aws:requesttag/team=a aws:tagkeys=[team] ec2:instanceprofile=arn:aws:iam::111122223333:instance-profile/p ec2:instancetype=t3.micro own=true",
                "ec2:RunInstances arn:aws:ec2:eu-central-1::image/ami-1 ec2:imageid=ami-1 own=true",
                "ec2:RunInstances arn:aws:ec2::volume/* own=true ec2:volumesize=8",
                "ec2:RunInstances arn:aws:ec2::subnet/subnet-1 own=true ec2:subnetid=subnet-1",
                "ec2:RunInstances arn:aws:ec2::security-group/sg-1 own=true ec2:securitygroupid=sg-1",
                "ec2:RunInstances arn:aws:ec2::security-group/sg-2 own=true ec2:securitygroupid=sg-2",
                "ec2:RunInstances arn:aws:ec2::network-interface/* own=true",
                "ec2:RunInstances arn:aws:ec2:eu-central-1::snapshot/snap-1 own=true ec2:snapshotid=snap-1",
                "ec2:RunInstances arn:aws:ec2::key-pair/k own=true ec2:keypairname=k",
                "iam:PassRole arn:aws:iam::111122223333:instance-profile/p iam:passedtoservice=ec2.amazonaws.com",
                "ec2:CreateTags arn:aws:ec2::instance/* aws:requesttag/team=a aws:tagkeys=[team] ec2:createaction=RunInstances",
                "ec2:RunInstances arn:aws:ec2::launch-template/lt-1 own=true",
            ])
    }

    @Test("What the request says overrides the template, and is not the template's")
    func overriding() throws {
        let lines = try asked(
            #"{\#(plain), "ImageId": "ami-2", "InstanceType": "m5.large", "KeyName": "l", "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/q"}}"#,
            template: everything)
        #expect(lines.contains("ec2:RunInstances arn:aws:ec2:eu-central-1::image/ami-2 ec2:imageid=ami-2 own=false"))
        #expect(lines.contains("ec2:RunInstances arn:aws:ec2::key-pair/l own=false ec2:keypairname=l"))
        #expect(lines.contains("ec2:RunInstances arn:aws:ec2::subnet/subnet-1 own=true ec2:subnetid=subnet-1"))
        #expect(
            lines.contains {
                $0.contains("instance/*") && $0.contains("ec2:instancetype=m5.large") && $0.contains("own=false")
            })
        #expect(lines.filter { $0.hasPrefix("iam:PassRole") }.allSatisfy { $0.contains("instance-profile/q") })
        #expect(!lines.contains { $0.contains("ami-1") || $0.contains("key-pair/k") })
    }

    @Test("Of lists whose elements may be overridden one by one, both are asked for")
    func lists() throws {
        let lines = try asked(
            #"{\#(plain), "NetworkInterfaces": [{"DeviceIndex": 1, "SubnetId": "subnet-2", "Groups": ["sg-3"]}], "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 9}}]}"#,
            template: everything)
        for resource in ["subnet/subnet-1", "subnet/subnet-2", "security-group/sg-2", "security-group/sg-3"] {
            let isOwn = resource.hasSuffix("2") && resource.hasPrefix("subnet") || resource.hasSuffix("sg-3")
            #expect(lines.contains { $0.contains("::\(resource) ") && $0.contains("own=\(!isOwn)") }, "\(resource)")
        }
        #expect(lines.contains { $0.contains("volume/*") && $0.contains("own=false") && $0.contains("volumesize=9") })
        #expect(!lines.contains { $0.contains("volumesize=8") })
    }

    @Test(
        "What can't be told is refused",
        arguments: [
            (#""Placement": {"Tenancy": "host"}"#, #"{"ImageId": "ami-1", "Placement": {"AvailabilityZone": "z"}}"#),
            (
                #""TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]"#,
                #"{"ImageId": "ami-1", "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "c", "Value": "d"}]}]}"#
            ),
            (#""ImageId": "resolve:ssm:x""#, #"{"InstanceType": "t3.micro"}"#),
            (#""KeyName": "k""#, #"{"ImageId": "resolve:ssm:x"}"#),
            (#""KeyName": "k""#, #"{"ImageId": "ami-1", "Placement": {"GroupId": "pg-1"}}"#),
        ])
    func refused(_ more: String, _ template: String) throws {
        let lines = try asked("{\(plain), \(more)}", template: template)
        #expect(lines.count == 1 && lines[0].hasPrefix("refused: "), "\(lines)")
    }

    @Test("An answer that is about another template, or about none, counts for nothing")
    func otherAnswers() throws {
        for named in [
            #"{"LaunchTemplateId": "lt-2"}"#, #"{"LaunchTemplateName": "db"}"#, "{}",
            #"{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}"#,
        ] {
            let lines = try asked(
                #"{"MinCount": 1, "MaxCount": 1, "LaunchTemplate": \#(named)}"#, template: #"{"ImageId": "ami-1"}"#)
            #expect(lines.count == 1 && lines[0].hasPrefix("refused: "), "\(named) \(lines)")
        }
        let unasked = try asked("{\(plain)}")
        #expect(unasked == ["refused: EC2 has to be asked what the launch template says"])
    }

    @Test("Security groups by name: each that has the name")
    func groups() throws {
        let named =
            #"{"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "SecurityGroups": ["web"], "SecurityGroupIds": ["sg-9"]}"#
        let groups =
            #"[{"GroupName": "web", "GroupId": "sg-1"}, {"GroupName": "web", "GroupId": "sg-2"}, {"GroupName": "db", "GroupId": "sg-3"}]"#
        let lines = try asked(named, groups: groups).filter { $0.contains("security-group") }
        #expect(
            lines
                == ["sg-9", "sg-1", "sg-2"].map {
                    "ec2:RunInstances arn:aws:ec2::security-group/\($0) own=false ec2:securitygroupid=\($0)"
                })
        #expect(try asked(named, groups: "[]") == ["refused: EC2 knows no security group web"])
        // The template's names are asked for as well.
        let ofTemplate = try asked(
            "{\(plain)}", template: #"{"ImageId": "ami-1", "SecurityGroups": ["db"]}"#, groups: groups)
        #expect(
            ofTemplate.contains("ec2:RunInstances arn:aws:ec2::security-group/sg-3 own=true ec2:securitygroupid=sg-3"))
    }
}
