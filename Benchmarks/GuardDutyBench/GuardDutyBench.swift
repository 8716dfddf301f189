import ThreatDetection
import WAF
import Wire

/// A number that looks like chance, the same each time.
struct Sequence64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// How many events the detectors look at in a second, on one core: read from JSON, compared with what is usual of a hundred callers and
/// with lists of addresses, and taken in. `GuardDutyBench [EVENTS] [ENTRIES]`.
@main
enum GuardDutyBench {
    static let calls: [(source: String, name: String, reads: Bool)] = [
        ("s3", "ListBuckets", true), ("ec2", "DescribeInstances", true), ("iam", "GetUser", true),
        ("sts", "GetCallerIdentity", true), ("kms", "Decrypt", true), ("logs", "PutLogEvents", false),
        ("sqs", "SendMessage", false), ("iam", "CreateUser", false), ("monitoring", "PutMetricData", false),
        ("sns", "Publish", false),
    ]

    static func record(_ number: Int, of count: Int, _ random: inout Sequence64) -> [UInt8] {
        let call = calls[Int.random(in: 0..<calls.count, using: &random)]
        let user = Int.random(in: 0..<100, using: &random)
        // Thirty days.
        let time = Timestamp(secondsSinceEpoch: 1_800_000_000 + Double(number) / Double(count) * 30 * 86_400).iso8601
        return Array(
            """
            {"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA\(1_000_000 + user)","arn":\
            "arn:aws:iam::111122223333:user/user-\(user)","accountId":"111122223333","accessKeyId":"AKIA\(user)",\
            "userName":"user-\(user)"},"eventTime":"\(time)","eventSource":"\(call.source).amazonaws.com","eventName":\
            "\(call.name)","awsRegion":"us-east-1","sourceIPAddress":"10.0.\(user).\(number % 200)","userAgent":\
            "Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython",\
            "requestParameters":{"name":"thing-\(number)","maxItems":100},"responseElements":null,"requestID":\
            "01990000-0000-7000-8000-\(String(100_000_000_000 + number))","eventID":\
            "01990000-0000-7000-9000-\(String(100_000_000_000 + number))","readOnly":\(call.reads),"eventType":\
            "AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}
            """.utf8)
    }

    static func main() {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let count = arguments.first ?? 200_000
        let entries = arguments.dropFirst().first ?? 250_000
        var random = Sequence64(state: 7)
        let networks = (0..<entries).compactMap { number in
            Network("198.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)/32")
        }
        let around = Surroundings(threats: AddressLists([AddressLists.List(name: "bench", isCustom: true, networks)]))
        let records = (0..<count).map { record($0, of: count, &random) }
        var account = AccountMemory(began: 1_800_000_000)
        var actors: [String: ActorMemory] = [:]
        var found = 0
        let clock = ContinuousClock()
        let start = clock.now
        for bytes in records {
            guard let call = ObservedCall(record: bytes) else { continue }
            let id = call.actor.id
            var actor = actors.removeValue(forKey: id) ?? ActorMemory(began: call.time)
            found += Detector.examine(call, &account, &actor, around).count
            actors[id] = actor
        }
        let passed = clock.now - start
        let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
        print(
            "\(count) events in \(seconds) s: \(Int(Double(count) / seconds)) a second, \(seconds / Double(count) * 1e6) µs each"
        )
        print("\(entries) entries in lists, \(actors.count) callers, \(found) detections")
    }
}
