import ThreatDetection
import ThreatScenarios
import WAF
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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

/// What detectors find, and what they cost.
///
/// - `GuardDutyBench table`: which attacks are found and which quiet days make alarms, as the guide shows it.
/// - `GuardDutyBench replay [EVENTS] [CALLS-OF-DATA-IN-A-HUNDRED]`: ninety days of a hundred callers with an attack each week, with a list
///   of 250,000 addresses: time and memory, and whether the same is found as where each event is looked at by itself.
/// - `GuardDutyBench lists`: lists of 35 MB with 250,000 addresses in each format: time and memory.
@main
enum GuardDutyBench {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "table":
            let learnt = DetectionTable.learnt()
            let tables = [
                DetectionTable.attacks(learnt.memory), DetectionTable.byThemselves(learnt.memory),
                DetectionTable.quiet(learnt),
            ]
            print(tables.map { $0.joined(separator: "\n") }.joined(separator: "\n\n"))
        case "replay":
            let numbers = arguments.dropFirst().compactMap { Int($0) }
            Replay(count: numbers.first ?? 1_000_000, data: numbers.dropFirst().first ?? 0).run()
        case "lists": Lists.run()
        default: print("GuardDutyBench table | replay [EVENTS] [CALLS-OF-DATA-IN-A-HUNDRED] | lists")
        }
    }
}

/// The largest lists that may be.
enum Lists {
    static func run() {
        let formats: [(ListReader.Format, (String, Int) -> String)] = [
            (.plain, { address, _ in address + "\n" }),
            (
                .stix,
                { address, _ in "<Indicator><AddressObj:Address_Value>\(address)</AddressObj:Address_Value></Indicator>"
                }
            ),
            (.otx, { address, number in "IPv4,\(address),seen \(number)\n" }),
            (.alienVault, { address, _ in "\(address)#4#2#Malicious Host#US##0,0#3\n" }),
            (.proofPoint, { address, _ in "\(address),1,100\n" }),
            (.fireEye, { address, number in "\(number),\(address),,report\n" }),
        ]
        for (format, line) in formats {
            var file: [UInt8] = []
            file.reserveCapacity(ListReader.mostBytes)
            for number in 0..<250_000 {
                file += line("198.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)", number).utf8
            }
            // Further lines say the same once more.
            while file.count < ListReader.mostBytes {
                file += file.prefix(min(file.count, ListReader.mostBytes - file.count))
            }
            let began = Replay.processorTime()
            var reader = ListReader(format, most: 250_000)
            var count = 0
            do {
                for start in stride(from: 0, to: file.count, by: 1 << 16) {
                    try reader.read(file[start..<min(start + (1 << 16), file.count)])
                }
                count = try reader.finish().count
            } catch {
                print("\(format.rawValue): \(error)")
            }
            let seconds = Replay.processorTime() - began
            print(
                "\(format.rawValue): \(file.count >> 20) MB, \(count) entries, \(seconds) s, \(Replay.memory()) MB at most"
            )
        }
    }
}

/// Ninety days of events, made while they are looked at.
struct Replay {
    let count: Int
    /// So many of a hundred calls are about objects.
    let data: Int

    private static let calls: [(source: String, name: String, reads: Bool)] = [
        ("s3", "ListBuckets", true), ("ec2", "DescribeInstances", true), ("iam", "GetUser", true),
        ("sts", "GetCallerIdentity", true), ("kms", "Decrypt", true), ("logs", "PutLogEvents", false),
        ("sqs", "SendMessage", false), ("iam", "PutRolePolicy", false), ("monitoring", "PutMetricData", false),
        ("sns", "Publish", false),
    ]
    private static let start = 1_800_000_000.0
    private static let seconds = 90 * 86_400.0

    private func time(of number: Int) -> Double {
        (Self.start + Double(number) / Double(count) * Self.seconds).rounded(.down)
    }

    private func record(_ number: Int, _ random: inout Sequence64) -> [UInt8] {
        let time = time(of: number)
        var call = Self.calls[Int.random(in: 0..<Self.calls.count, using: &random)]
        var user = Int.random(in: 0..<100, using: &random)
        // Each user works by one network or by two.
        var address = "10.\(user).\(user.isMultiple(of: 3) ? number / 100_000 % 2 : 0).7"
        var agent = "Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.9"
        var request = #"{"name":"thing-\#(number)","maxItems":100}"#
        let isOfData = Int.random(in: 0..<100, using: &random) < data
        if isOfData {
            call = ("s3", number.isMultiple(of: 3) ? "PutObject" : "GetObject", !number.isMultiple(of: 3))
            request = #"{"bucketName":"bucket-\#(user)","key":"file-\#(number)"}"#
        }
        // Each week a key is stolen.
        let week = count / 13
        if number > week * 2, number % week < 4 {
            (user, address, agent) = (number / week, "185.220.101.5", "python-requests/2.31")
            let stolen = [
                ("iam", "CreateUser"), ("iam", "AttachUserPolicy"), ("iam", "CreateAccessKey"), ("kms", "DisableKey"),
            ]
            (call.source, call.name, call.reads) = (stolen[number % week].0, stolen[number % week].1, false)
        }
        return Array(
            """
            {"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA\(1_000_000 + user)","arn":\
            "arn:aws:iam::111122223333:user/user-\(user)","accountId":"111122223333","accessKeyId":"AKIA\(user)",\
            "userName":"user-\(user)"},"eventTime":"\(Timestamp(secondsSinceEpoch: time).iso8601)","eventSource":\
            "\(call.source).amazonaws.com","eventName":"\(call.name)","awsRegion":"us-east-1","sourceIPAddress":\
            "\(address)","userAgent":"\(agent)","requestParameters":\(request),"responseElements":null,"requestID":\
            "01990000-0000-7000-8000-\(100_000_000_000 + number)","eventID":\
            "01990000-0000-7000-9000-\(100_000_000_000 + number)","readOnly":\(call.reads),"eventType":\
            "AwsApiCall","managementEvent":\(!isOfData),"recipientAccountId":"111122223333","eventCategory":\
            "\(isOfData ? "Data" : "Management")"}
            """.utf8)
    }

    /// What looks at the events: with what it remembers.
    private struct Watch {
        let around: Surroundings
        let isQuick: Bool
        var account = AccountMemory(began: Replay.start)
        var actors: [String: ActorMemory] = [:]
        var routine = RoutineCalls()
        /// Types and events.
        var found: [String] = []
        var read = 0

        mutating func see(_ record: [UInt8], at time: Double) {
            let key = isQuick ? CallKey(record: record) : nil
            switch key.flatMap({ routine[$0] }) {
            case .ofTheDay, .ofTheHour: return
            case .counted(let id, let use):
                // The history tells the time besides.
                guard var actor = actors.removeValue(forKey: id) else { break }
                let isUsual = Detector.count(use, at: time, &actor)
                actors[id] = actor
                if isUsual { return }
            case nil: break
            }
            guard let call = ObservedCall(record: record) else { return }
            read += 1
            let id = call.actor.id
            var actor = actors.removeValue(forKey: id) ?? ActorMemory(began: call.time)
            let look = Detector.look(at: call, &account, &actor, around)
            actors[id] = actor
            if look.forgets { routine.forgetAll() } else if !look.found.isEmpty { routine.forgetHours() }
            if let kind = look.routine, let key { routine.insert([key: kind], stamp: "") }
            found += look.found.map { "\($0.type.name) \(call.eventID) \($0.events)" }
        }
    }

    func run() {
        let networks = (0..<250_000).compactMap { number in
            Network("198.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)/32")
        }
        let around = Surroundings(threats: AddressLists([AddressLists.List(name: "bench", isCustom: true, networks)]))
        var random = Sequence64(state: 7)
        var (quick, whole) = (Watch(around: around, isQuick: true), Watch(around: around, isQuick: false))
        var (seconds, wholeSeconds) = (0.0, 0.0)
        var most = 0
        for first in stride(from: 0, to: count, by: 10_000) {
            let records = (first..<min(first + 10_000, count)).map { (record($0, &random), time(of: $0)) }
            most = max(most, records.map(\.0.count).max() ?? 0)
            var began = Self.processorTime()
            for (record, time) in records { quick.see(record, at: time) }
            seconds += Self.processorTime() - began
            began = Self.processorTime()
            for (record, time) in records { whole.see(record, at: time) }
            wholeSeconds += Self.processorTime() - began
        }
        func told(_ what: String, _ seconds: Double) {
            let rate = Int(Double(count) / seconds)
            print("\(what): \(seconds) s of one core, \(rate) a second, \(seconds / Double(count) * 1e6) µs each")
        }
        print("\(count) events of up to \(most) bytes, \(data) % of them about objects, \(quick.actors.count) callers")
        told("as GuardDuty looks", seconds)
        told("each event by itself", wholeSeconds)
        print("read whole: \(quick.read) of \(count); found: \(quick.found.count)")
        print(
            "the same findings: \(quick.found == whole.found && quick.actors == whole.actors && quick.account == whole.account)"
        )
        print("memory: \(Self.memory()) MB at most")
    }

    /// Seconds that this thread has computed.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// As Linux tells it.
    static func memory() -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return (text.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
        }
        return 0
    }
}
