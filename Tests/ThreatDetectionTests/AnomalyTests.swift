import Testing
import ThreatDetection
import ThreatScenarios

/// What is held against what is usual: attacks that are labelled, and days without any.
struct AnomalyTests {
    private static let days = 28
    private static let attack = Made.start + Double(days) * 86_400 + 3 * 3600
    private static let elsewhere = "185.220.101.5"

    /// After four quiet weeks.
    private static let learnt: (memory: Remembered, alarms: [Detection], events: Int) = {
        var memory = Remembered()
        var alarms: [Detection] = []
        let events = QuietDays.events(days)
        for event in events { alarms += memory.see(event) }
        return (memory, alarms, events.count)
    }()

    @Test func quietDaysMakeNoAlarm() {
        #expect(Self.learnt.alarms.map(\.type.name) == [])
        #expect(Self.learnt.events > 6_800)
    }

    /// A person's stolen key, used by another program from elsewhere.
    @Test(arguments: [
        ("iam", "CreateAccessKey", "Persistence"), ("iam", "AttachUserPolicy", "PrivilegeEscalation"),
        ("secretsmanager", "GetSecretValue", "CredentialAccess"), ("logs", "DeleteLogGroup", "DefenseEvasion"),
        ("ec2", "ModifySnapshotAttribute", "Exfiltration"), ("kms", "ScheduleKeyDeletion", "Impact"),
        ("sts", "GetFederationToken", "InitialAccess"),
    ])
    func stolenKeys(source: String, name: String, tactic: String) throws {
        let watched = Watched(Self.learnt.memory)
        let found = watched.see(
            Made(source, name) {
                ($0.time, $0.address, $0.agent) = (Self.attack, Self.elsewhere, "python-requests/2.31")
                if name == "GetFederationToken" { $0.isReadOnly = false }
            })
        let one = try #require(found.first { $0.type.name == "\(tactic):IAMUser/AnomalousBehavior" })
        #expect(one.unusual.map(\.what) == ["api", "network", "userAgent"])
        #expect(one.unusual.allSatisfy { $0.usual.contains("not seen of the account in the 27 days before") })
        #expect(one.unusual[1].usual.contains("192.0.0.0/16 ("))
    }

    @Test func newWorkOfOldHands() {
        let watched = Watched(Self.learnt.memory)
        // Alice has never done these, from where she always is.
        for name in ["CreateUser", "CreateAccessKey", "AttachUserPolicy"] {
            #expect(watched.types("iam", name) { $0.time = Self.attack } == [])
        }
        // Bob from a new network, doing what he always does.
        for (source, name) in QuietDays.people {
            #expect(
                watched.types(source, name) { ($0.time, $0.user, $0.address) = (Self.attack, "bob", "100.64.1.1") }
                    == [])
        }
    }

    @Test func lookingAround() throws {
        let watched = Watched(Self.learnt.memory)
        let names = ["ListUsers", "ListPolicies", "ListGroups", "GetAccountSummary", "ListAccessKeys", "GetUser"]
        let found = names.enumerated().map { index, name in
            watched.see(
                Made("iam", name) {
                    ($0.time, $0.address) = (Self.attack + Double(index), Self.elsewhere)
                    $0.error = index % 2 == 0 ? "AccessDenied" : nil
                })
        }
        #expect(found.prefix(4).joined().isEmpty)
        let one = try #require(found[4].first)
        #expect(one.type.name == "Discovery:IAMUser/AnomalousBehavior")
        // Each of the five calls proves it.
        #expect(one.events.count == 5)
    }

    @Test func dataThatIsTaken() throws {
        let watched = Watched(Self.learnt.memory)
        let found = watched.see(
            Made("s3", "GetObject") {
                ($0.time, $0.address, $0.agent) = (Self.attack, Self.elsewhere, "rclone/1.60")
                ($0.isOfData, $0.request) = (true, #"{"bucketName":"payroll","key":"all.csv"}"#)
            })
        let one = try #require(found.first)
        #expect(one.type.name == "Exfiltration:S3/AnomalousBehavior")
        #expect(one.unusual.first?.what == "bucket")
        // The server that usually reads 27 objects reads hundreds.
        var types: Set<String> = []
        for index in 0..<400 {
            types.formUnion(
                watched.types("s3", "GetObject") {
                    ($0.time, $0.user, $0.type, $0.principal) = (
                        Self.attack + Double(index), "server", "AssumedRole", "AROASERVER:i-0123456789abcdef0"
                    )
                    ($0.address, $0.agent, $0.isOfData) = ("10.1.0.30", "Boto3/1.40.1 os/linux#6.1", true)
                    $0.request = #"{"bucketName":"uploads","key":"old-\#(index)"}"#
                })
        }
        #expect(types == ["Exfiltration:S3/AnomalousBehavior"])
    }

    @Test func nothingIsUnusualAtFirst() {
        let watched = Watched()
        #expect(watched.types("iam", "CreateAccessKey") { $0.address = Self.elsewhere } == [])
    }

    @Test func sequences() throws {
        let watched = Watched(Self.learnt.memory)
        let steps = [("sts", "GetFederationToken"), ("iam", "CreateAccessKey"), ("iam", "AttachUserPolicy")]
        var found: [Detection] = []
        for (index, step) in steps.enumerated() {
            found = watched.see(
                Made(step.0, step.1) {
                    ($0.time, $0.address, $0.agent) = (Self.attack + Double(index * 60), Self.elsewhere, "Boto3/1.26")
                    $0.isReadOnly = false
                })
            let isSequence = found.contains { $0.type.name == "AttackSequence:IAM/CompromisedCredentials" }
            #expect(isSequence == (index >= 2))
        }
        let sequence = try #require(found.last)
        #expect(sequence.severity == 9)
        #expect(Set(sequence.signals.map(\.tactic)).isSuperset(of: ["Persistence", "PrivilegeEscalation"]))
        #expect(sequence.signals.allSatisfy { !$0.event.isEmpty })
    }
}
