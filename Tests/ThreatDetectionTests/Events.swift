import ThreatDetection
import WAF
import Wire

/// An event, as the history has it.
struct Made {
    var time = Made.start
    var source = "iam"
    var name = "ListUsers"
    var user = "alice"
    var type = "IAMUser"
    var principal: String?
    var address = "192.0.2.10"
    var agent = "aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 os/linux#6.1"
    var isReadOnly = true
    var isOfData = false
    var error: String?
    var request = "null"
    var response = "null"
    var more = ""
    var session = ""

    /// 15 January 2027, 08:00:00 UTC.
    static let start = 1_800_000_000.0

    init(_ source: String, _ name: String, _ change: (inout Made) -> Void = { _ in }) {
        (self.source, self.name) = (source, name)
        isReadOnly = ["Get", "List", "Describe", "Head", "Lookup"].contains { name.hasPrefix($0) }
        change(&self)
    }

    var id: String { "event-\(source)-\(name)-\(Int(time * 1000))-\(address)" }

    var call: ObservedCall {
        let failure = self.error.map { "\"errorCode\":\"\($0)\"," } ?? ""
        let text = """
            {"userIdentity":{"type":"\(type)","principalId":"\(principal ?? "AIDA\(user)")","arn":\
            "arn:aws:iam::111122223333:user/\(user)","accountId":"111122223333","accessKeyId":"AKIA\(user)",\
            "userName":"\(user)"\(session)},"eventTime":"\(Timestamp(secondsSinceEpoch: time).iso8601)","eventSource":\
            "\(source).amazonaws.com","eventName":"\(name)","awsRegion":"us-east-1","sourceIPAddress":"\(address)",\
            "userAgent":"\(agent)",\(failure)"requestParameters":\(request),"responseElements":\(response),"eventID":\
            "\(id)","readOnly":\(isReadOnly),"eventType":"AwsApiCall","recipientAccountId":"111122223333"\(more),\
            "eventCategory":"\(isOfData ? "Data" : "Management")"}
            """
        guard let call = ObservedCall(record: Array(text.utf8)) else { fatalError("no event: \(text)") }
        return call
    }
}

/// A detector's memory, after some events.
struct Remembered: Sendable {
    var account: AccountMemory
    var actors: [String: ActorMemory] = [:]
    var around = Surroundings()

    init(began: Double = Made.start) { account = AccountMemory(began: began) }

    mutating func see(_ made: Made) -> [Detection] {
        let call = made.call
        let id = call.actor.id
        var actor = actors[id] ?? ActorMemory(began: call.time)
        let found = Detector.examine(call, &account, &actor, around)
        actors[id] = actor
        return found
    }
}

/// A detector at work.
final class Watched {
    private var memory: Remembered

    init(_ memory: Remembered = Remembered()) { self.memory = memory }

    var around: Surroundings {
        get { memory.around }
        set { memory.around = newValue }
    }

    func see(_ made: Made) -> [Detection] { memory.see(made) }

    /// The types of what is found, but for attack sequences, which follow from it.
    func types(_ source: String, _ name: String, _ change: (inout Made) -> Void = { _ in }) -> Set<String> {
        Set(see(Made(source, name, change)).map(\.type.name).filter { !$0.hasPrefix("AttackSequence:") })
    }
}

/// Ordinary use of an account: people at work, a pipeline that applies changes, a server with a role, a nightly report. No attack.
enum QuietDays {
    static func events(_ days: Int) -> [Made] {
        var events: [Made] = []
        for day in 0..<days {
            let midnight = Made.start + Double(day) * 86_400
            let isWeekend = day % 7 >= 5
            // Two people, one of whom works at home on some days, by another provider.
            if !isWeekend {
                for (user, home) in [("alice", "198.51.100.7"), ("bob", "203.0.113.77")] {
                    let address = day % 3 == 2 ? home : "192.0.2.10"
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
                    events.append(
                        Made(call.0, call.1) {
                            ($0.time, $0.user, $0.type, $0.principal) = (
                                time + Double(index), "deploy", "AssumedRole", "AROADEPLOY:run-\(day)-\(run)"
                            )
                            $0.address = "10.1.0.\(run + 4)"
                            $0.agent = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.2"
                        })
                }
            }
            // A server, which reads and writes objects, and a report that reads many once in the night.
            for index in 0..<40 {
                events.append(
                    Made("s3", index % 3 == 0 ? "PutObject" : "GetObject") {
                        ($0.time, $0.user, $0.type, $0.principal) = (
                            midnight + Double(index) * 1800, "server", "AssumedRole", "AROASERVER:i-0123456789abcdef0"
                        )
                        ($0.address, $0.agent, $0.isOfData) = ("10.1.0.30", "Boto3/1.40.1 os/linux#6.1", true)
                        $0.request = #"{"bucketName":"uploads","key":"file-\#(index)"}"#
                    })
            }
            for index in 0..<150 {
                events.append(
                    Made("s3", "GetObject") {
                        ($0.time, $0.user, $0.type, $0.principal) = (
                            midnight + 7200 + Double(index), "report", "AssumedRole", "AROAREPORT:night"
                        )
                        ($0.address, $0.agent, $0.isOfData) = ("10.1.0.31", "Boto3/1.40.1 os/linux#6.1", true)
                        $0.request = #"{"bucketName":"uploads","key":"file-\#(index)"}"#
                    })
            }
        }
        return events.sorted { $0.time < $1.time }
    }

    static let people = [
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
