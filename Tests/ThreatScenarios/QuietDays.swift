/// Ordinary use of an account: people at work, a pipeline that applies changes, a server with a role, a nightly report. No attack.
public enum QuietDays {
    /// What happens on so many days, in order.
    public static func events(_ days: Int) -> [Made] {
        (0..<days).flatMap { day(at: $0) }.sorted { $0.time < $1.time }
    }

    /// What happens on a day: two of seven are weekends.
    static func day(at day: Int) -> [Made] {
        var events: [Made] = []
        let midnight = Made.start + Double(day) * 86_400
        // Two people, one of whom works at home on some days, by another provider.
        if day % 7 < 5 {
            for (user, home) in [("alice", "198.51.100.7"), ("bob", "203.0.113.77")] {
                let address = day % 3 == 2 ? home : office
                for hour in [9, 10, 13, 16] {
                    let time = midnight + Double(hour) * 3600
                    for (index, call) in people.enumerated() {
                        events.append(
                            Made(call.0, call.1) {
                                ($0.time, $0.user, $0.address) = (time + Double(index * 20), user, address)
                            })
                    }
                }
            }
        }
        // The pipeline, with something new every few days.
        for run in 0..<3 {
            let time = midnight + Double(run) * 20_000 + 1000
            var calls = pipeline
            if day % 4 == 0 { calls.append(rare[day / 4 % rare.count]) }
            for (index, call) in calls.enumerated() {
                events.append(Made(call.0, call.1) { deploy(&$0, time + Double(index), run: "\(day)-\(run)", run) })
            }
        }
        // A server, which reads and writes objects, and a report that reads many once in the night.
        for index in 0..<40 {
            events.append(
                Made("s3", index % 3 == 0 ? "PutObject" : "GetObject") {
                    server(&$0, midnight + Double(index) * 1800, key: "file-\(index)")
                })
        }
        for index in 0..<150 {
            events.append(
                Made("s3", "GetObject") { report(&$0, midnight + 7200 + Double(index), key: "file-\(index)") })
        }
        return events
    }

    static let office = "192.0.2.10"

    // MARK: - Who there is

    static func deploy(_ made: inout Made, _ time: Double, run: String, _ runner: Int) {
        (made.time, made.user, made.type, made.principal) = (time, "deploy", "AssumedRole", "AROADEPLOY:run-\(run)")
        made.address = "10.1.0.\(runner + 4)"
        made.agent = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.2"
    }

    static func server(_ made: inout Made, _ time: Double, key: String) {
        (made.time, made.user, made.type, made.principal) = (
            time, "server", "AssumedRole", "AROASERVER:i-0123456789abcdef0"
        )
        (made.address, made.agent, made.isOfData) = ("10.1.0.30", "Boto3/1.40.1 os/linux#6.1", true)
        made.request = #"{"bucketName":"uploads","key":"\#(key)"}"#
    }

    public static func report(_ made: inout Made, _ time: Double, key: String) {
        (made.time, made.user, made.type, made.principal) = (time, "report", "AssumedRole", "AROAREPORT:night")
        (made.address, made.agent, made.isOfData) = ("10.1.0.31", "Boto3/1.40.1 os/linux#6.1", true)
        made.request = #"{"bucketName":"uploads","key":"\#(key)"}"#
    }

    public static let people = [
        ("sts", "GetCallerIdentity"), ("s3", "ListBuckets"), ("ec2", "DescribeInstances"), ("iam", "ListRoles"),
        ("logs", "DescribeLogGroups"), ("cloudtrail", "LookupEvents"),
    ]
    static let pipeline = [
        ("sts", "GetCallerIdentity"), ("iam", "GetRole"), ("iam", "PutRolePolicy"), ("s3", "GetBucketPolicy"),
        ("ec2", "DescribeVpcs"), ("kms", "DescribeKey"), ("ec2", "AuthorizeSecurityGroupIngress"),
    ]
    static let rare = [
        ("iam", "CreateRole"), ("iam", "AttachRolePolicy"), ("s3", "CreateBucket"), ("kms", "CreateKey"),
        ("iam", "CreatePolicyVersion"), ("iam", "DeleteRole"),
    ]
}

/// Days on which something is different, and nothing is wrong: what a good detector keeps quiet about.
public struct UnusualDay: Sendable {
    /// What is different, in words.
    public let name: String
    /// What happens besides, or instead: after so many quiet days.
    public let events: @Sendable (_ morning: Double) -> [Made]

    private static func made(
        _ calls: [(String, String)], at time: Double, every seconds: Double = 20,
        _ change: (inout Made) -> Void = { _ in }
    ) -> [Made] {
        calls.enumerated().map { index, call in
            Made(call.0, call.1) {
                change(&$0)
                $0.time = time + Double(index) * seconds
            }
        }
    }

    private static let incident = [
        ("cloudtrail", "LookupEvents"), ("logs", "FilterLogEvents"), ("logs", "StartQuery"),
        ("logs", "GetQueryResults"),
        ("iam", "GetRole"), ("iam", "ListAttachedRolePolicies"), ("iam", "GetRolePolicy"), ("ec2", "DescribeVpcs"),
        ("ec2", "DescribeSecurityGroups"), ("ec2", "DescribeNetworkInterfaces"), ("kms", "DescribeKey"),
    ]

    /// All of them.
    public static let all: [UnusualDay] = [
        UnusualDay(name: "somebody travels: a new network, the usual work") { morning in
            (0..<3).flatMap { made(QuietDays.people, at: morning + Double($0) * 7200) { $0.address = "100.64.1.1" } }
        },
        UnusualDay(name: "somebody travels, and administers users and roles") { morning in
            made(
                [("iam", "GetUser"), ("iam", "CreateUser"), ("iam", "AddUserToGroup"), ("iam", "CreateLoginProfile")],
                at: morning
            ) { $0.address = "100.64.1.1" }
        },
        UnusualDay(name: "somebody administers users and roles from the office, for the first time") { morning in
            made(
                [
                    ("iam", "ListUsers"), ("iam", "CreateUser"), ("iam", "AttachUserPolicy"),
                    ("iam", "CreateAccessKey"),
                    ("iam", "PutRolePolicy"),
                ], at: morning)
        },
        UnusualDay(name: "a new colleague's first day at the office") { morning in
            made(QuietDays.people + incident, at: morning) { $0.user = "carol" }
        },
        UnusualDay(name: "a new colleague's first day at home") { morning in
            made(QuietDays.people, at: morning) { ($0.user, $0.address) = ("carol", "100.64.9.9") }
        },
        UnusualDay(name: "a new version of the command line") { morning in
            made(QuietDays.people, at: morning) { $0.agent = "aws-cli/2.40.0 md/awscrt#0.31 ua/2.2 os/linux#6.9" }
        },
        UnusualDay(name: "another program for the usual work") { morning in
            made(QuietDays.people, at: morning) { $0.agent = "steampipe/1.2 os/linux" }
        },
        UnusualDay(name: "the pipeline moves to another tool and creates what is new") { morning in
            made(QuietDays.pipeline + QuietDays.rare, at: morning, every: 1) {
                QuietDays.deploy(&$0, 0, run: "x", 0)
                $0.agent = "pulumi/3.190 go/1.25"
            }
        },
        UnusualDay(name: "the pipeline moves to other runners") { morning in
            made(QuietDays.pipeline, at: morning, every: 1) {
                QuietDays.deploy(&$0, 0, run: "x", 0)
                $0.address = "172.16.4.4"
            }
        },
        UnusualDay(name: "an incident at night, looked into from home") { morning in
            made(incident, at: morning - 6 * 3600, every: 40) { $0.address = "198.51.100.7" }
        },
        UnusualDay(name: "an incident at night, looked into from a hotel") { morning in
            made(incident, at: morning - 6 * 3600, every: 40) { $0.address = "100.64.1.1" }
        },
        UnusualDay(name: "the nightly report reads twice as much") { morning in
            (0..<300).map { index in
                Made("s3", "GetObject") { QuietDays.report(&$0, morning + Double(index), key: "file-\(index)") }
            }
        },
        UnusualDay(name: "the server writes into a new bucket") { morning in
            (0..<30).map { index in
                Made("s3", "PutObject") {
                    QuietDays.server(&$0, morning + Double(index), key: "file-\(index)")
                    $0.request = #"{"bucketName":"archive","key":"file-\#(index)"}"#
                }
            }
        },
        UnusualDay(name: "a tool for audits reads the whole configuration") { morning in
            made(incident + Scenario.enumeration, at: morning, every: 1) {
                ($0.user, $0.address, $0.agent) = ("auditor", QuietDays.office, "Prowler/5.13 Boto3/1.40")
            }
        },
    ]
}
