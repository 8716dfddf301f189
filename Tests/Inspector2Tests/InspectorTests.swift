import Advisories
import Inspector2API
import Ledger
import Testing
import Wire

@testable import Inspector2Service

struct InspectorTests {
    @Test(arguments: [
        ("2026-11-30T20:00:00Z", CISSchedule.daily(minute: 210), "2026-12-01T03:30:00Z"),
        ("2026-11-30T03:29:59Z", .daily(minute: 210), "2026-11-30T03:30:00Z"),
        // A Monday; Sunday is 0.
        ("2026-11-30T00:00:00Z", .weekly(minute: 0, days: [1, 5]), "2026-12-04T00:00:00Z"),
        ("2026-12-04T00:00:00Z", .weekly(minute: 0, days: [1, 5]), "2026-12-07T00:00:00Z"),
        ("2026-11-30T00:00:00Z", .monthly(minute: 60, day: 2), "2026-12-01T01:00:00Z"),
        ("2026-12-01T01:00:00Z", .monthly(minute: 60, day: 2), "2027-01-05T01:00:00Z"),
    ])
    func theNextScan(_ after: String, _ schedule: CISSchedule, _ expected: String) throws {
        let next = try #require(schedule.next(after: Self.seconds(after)))
        #expect(Timestamp(secondsSinceEpoch: next).iso8601 == expected)
    }

    @Test func aScheduleReadsAsItIsWritten() throws {
        for schedule in [
            CISSchedule.once, .daily(minute: 0), .weekly(minute: 1439, days: [0, 6]), .monthly(minute: 605, day: 3),
        ] {
            #expect(try CISSchedule(schedule.view) == schedule)
        }
        #expect(CISSchedule.once.next(after: 0) == nil)
        #expect(throws: ServiceError.self) { try CISSchedule(Inspector2.Schedule()) }
    }

    @Test func whatFiltersSayItIsNotHoldsTogether() {
        func matches(_ filters: [(String, String)], _ values: [String]) -> Bool {
            StringMatch.matches(filters.map { (comparison: $0.0, value: $0.1) }, values)
        }
        #expect(matches([("EQUALS", "a"), ("EQUALS", "b")], ["b"]))
        #expect(!matches([("EQUALS", "a"), ("EQUALS", "b")], ["c"]))
        #expect(matches([("PREFIX", "CVE-2026")], ["CVE-2026-1"]))
        #expect(matches([("NOT_EQUALS", "a"), ("NOT_EQUALS", "b")], ["c"]))
        #expect(!matches([("NOT_EQUALS", "a"), ("NOT_EQUALS", "b")], ["b"]))
        #expect(!matches([("EQUALS", "a"), ("NOT_EQUALS", "b")], ["a", "b"]))
        // What has no value is not anything.
        #expect(matches([("NOT_EQUALS", "a")], []))
        #expect(!matches([("EQUALS", "a")], []))
    }

    @Test func namesAreReadFromARNs() throws {
        let arn = "arn:aws:inspector2:us-east-1:111122223333:owner/111122223333/filter/0123456789abcdef"
        let name = try #require(OwnedName(arn))
        #expect((name.kind, name.id, name.account) == (.filter, "0123456789abcdef", "111122223333"))
        #expect(name.arn == arn)
        for wrong in [
            "arn:aws:inspector2:us-east-1:111122223333:filter/x", "arn:aws:s3:::x", "", "owner/1/filter/2",
            "arn:aws:inspector2:us-east-1:111122223333:owner/111122223333/filter/",
            "arn:aws:inspector2:us-east-1:111122223333:owner/111122223333/other/x",
        ] {
            #expect(OwnedName(wrong) == nil)
        }
        let scope = Scope(account: "111122223333", region: "us-east-1")
        let image = RegistryImage.arn("team/web", "sha256:00", scope)
        #expect(RegistryImage.repository(ofARN: image) == "team/web")
        #expect(RegistryImage.repository(ofARN: "arn:aws:lambda:us-east-1:111122223333:function:x") == nil)
    }

    @Test func identitiesDoNotRunIntoEachOther() {
        #expect(InspectorName.findingID(["ab", "c"]) != InspectorName.findingID(["a", "bc"]))
        #expect(InspectorName.findingID(["a"]).utf8.count == 32)
        #expect(InspectorName.uuid(["a"]).split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    }

    @Test func theScoreIsLessWhereNobodyReachesTheInstance() throws {
        let base = try #require(CVSSVector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
        for exposure in [true, nil] {
            let score = InspectorScore(base, source: "NVD", exposure: exposure)
            #expect((score.score, score.isAdjusted) == (9.8, false))
            #expect(score.details.adjustments == [])
        }
        let score = InspectorScore(base, source: "NVD", exposure: false)
        #expect((score.score, score.isAdjusted) == (8.8, true))
        #expect(score.vector == "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
        #expect(score.details.adjustments?.map(\.metric) == ["AV"])
        let local = try #require(CVSSVector("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
        #expect(!InspectorScore(local, source: "NVD", exposure: false).isAdjusted)
    }

    @Test func whatOpenSCAPPrintsIsRead() {
        let text = """
            --- Starting Evaluation ---

            Title\r\tPasswords end after 90 days
            Rule\r\txccdf_test_rule_days
            Result\r\tpass

            Title\tFiles are private
            Rule\txccdf_test_rule_umask
            Ident\tCCE-1
            Result\tfail

            Result\tpass
            """
        #expect(
            OpenSCAP.results(in: text) == [
                BenchmarkResult(
                    rule: "xccdf_test_rule_days", title: "Passwords end after 90 days", result: "pass"),
                BenchmarkResult(rule: "xccdf_test_rule_umask", title: "Files are private", result: "fail"),
            ])
    }

    @Test func whatLynisReportsIsRead() {
        let report = """
            # Lynis Report
            report_version_major=1
            suggestion[]=LYNIS|This release is more than 4 months old.|-|-|
            warning[]=AUTH-9204|Multiple users with UID 0 found in passwd file|-|-|
            suggestion[]=AUTH-9204|Use vipw to delete the 'toor' user if not used.|-|-|
            suggestion[]=AUTH-9226|Of a file that it was not given|-|-|
            tests_executed=AUTH-9286|AUTH-9204|AUTH-9226|
            tests_skipped=AUTH-9208|
            """
        let results = Lynis.results(of: report, done: ["AUTH-9204", "AUTH-9208", "AUTH-9286"])
        #expect(results.map(\.rule) == Lynis.tests.map(\.name))
        let found = Dictionary(results.map { ($0.rule, $0) }) { first, _ in first }
        #expect(found["AUTH-9204"]?.result == "fail")
        #expect(found["AUTH-9204"]?.details == "Multiple users with UID 0 found in passwd file")
        #expect(found["AUTH-9286"]?.result == "pass" && found["AUTH-9286"]?.details == nil)
        for name in ["AUTH-9208", "AUTH-9226", "BANN-7130"] { #expect(found[name]?.result == "notchecked") }
    }

    @Test func timesInEventsAreThoseOfPeople() {
        let time = Timestamp(secondsSinceEpoch: 1_725_469_184.356)
        #expect(EventJSON.day(time) == "Wed Sep 04 16:59:44.356 UTC 2024")
    }

    private static func seconds(_ text: String) throws -> Double {
        // 2026-11-30 is the day 20787 since 1970, and a Monday.
        let parts = text.split { "-T:Z".contains($0) }.compactMap { Int($0) }
        try #require(parts.count == 6)
        let day = parts[1] == 11 ? 20_787 + parts[2] - 30 : 20_787 + parts[2]
        return Double(day * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5])
    }
}
