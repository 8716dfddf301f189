import LogQueries
import Testing

/// What commands do one after another.
@Suite struct PipelineTests {
    private let lines = (0..<10).map { "{\"n\":\($0),\"kind\":\"\($0 % 3 == 0 ? "a" : "b")\"}" }

    @Test func newestEventsComeFirst() throws {
        #expect(try run("display n", lines, limit: 3) == [["9"], ["8"], ["7"]])
        #expect(try run("display n | limit 2", lines, limit: 3) == [["9"], ["8"]])
        #expect(try run("display n | sort n asc | limit 2", lines) == [["0"], ["1"]])
        #expect(try run("display n | sort kind, n desc | limit 3", lines) == [["9"], ["6"], ["3"]])
        #expect(try run("sort n asc | filter n > 4 | display n | limit 2", lines) == [["5"], ["6"]])
        #expect(try run("limit 4 | filter n < 8 | display n", lines) == [["7"], ["6"]])
        #expect(try run("", ["x"]) == [["2026-11-30 12:00:00.000", "x"]])
    }

    @Test func fieldsAddUpAndDisplayReplaces() throws {
        let row = try #require(try rows("fields n | fields kind as k, n * 2", ["{\"n\":4,\"kind\":\"a\"}"]).first)
        #expect(row.fields.map(\.name) == ["n", "k", "n * 2", "@ptr"])
        #expect(row.fields.map(\.value) == ["4", "a", "8", "0"])
        #expect(try run("fields n | display kind | display n", ["{\"n\":4,\"kind\":\"a\"}"]) == [["4"]])
    }

    @Test func groupsAreCounted() throws {
        #expect(
            try run("stats count(*), sum(n) as s by kind | sort kind", lines) == [["a", "4", "18"], ["b", "6", "27"]])
        let row = try #require(try rows("stats count(*), avg(n) by bin(5m)", lines).first)
        #expect(row.fields.map(\.name) == ["bin(5m)", "count(*)", "avg(n)"])
        #expect(row.fields.map(\.value) == ["2026-11-30 12:00:00.000", "10", "4.5"])
        #expect(try run("stats count(*) by kind | sort count(*) desc", lines) == [["b", "6"], ["a", "4"]])
        #expect(try run("stats avg(n) as a by kind | filter a > 4.5 | display kind", lines) == [])
        #expect(try run("stats count(*) as c by kind | stats max(c) as m, sum(c)", lines) == [["6", "10"]])
        #expect(try run("filter n > 100 | stats count(*), sum(n)", lines) == [["0"]])
        #expect(try run("stats min(n), max(n), stddev(n), variance(n)", lines) == [["0", "9", "2.8723", "8.25"]])
        #expect(
            try run("stats earliest(n), latest(n), sortsFirst(kind), sortsLast(kind)", lines) == [["0", "9", "a", "b"]])
        #expect(
            try run("stats count_distinct(kind), values(kind), count(missing)", lines) == [["2", #"["a","b"]"#, "0"]])
        #expect(try run("stats pct(n, 50), pct(n, 100), pct(n, 0)", lines) == [["4", "9", "0"]])
        #expect(try run("stats max(n) as hi, min(n) as lo, hi - lo as spread", lines) == [["9", "0", "9"]])
    }

    @Test func duplicatesAreLeftOut() throws {
        #expect(try run("display n | sort n | dedup kind", lines) == [["0"], ["1"]])
        #expect(try run("display n | dedup kind", lines) == [["9"], ["8"]])
        #expect(try run("display n | dedup missing", lines).count == 10)
        #expect(try run("display n | sort n desc | dedup kind | limit 1", lines) == [["9"]])
    }

    @Test func textsAreParsed() throws {
        let line = "user=ann, method:GET, latency := 12"
        #expect(
            try run(
                "parse @message \"user=*, method:*, latency := *\" as @u, @m, @l | display @u, @m, @l + 1 as l", [line])
                == [["ann", "GET", "13"]])
        #expect(try run("parse /user=(?<u>\\w+)/ | display u, @u", [line]) == [["ann", "ann"]])
        #expect(try run("parse @message /(\\w+)=(\\w+)/ as a, b | display a, b", [line]) == [["user", "ann"]])
        #expect(try run("parse @message 'no*thing' as x | display ispresent(x)", [line]) == [["0"]])
        #expect(
            try run("parse @message \"* [*] *\" as t, k, m | display t, k, m", ["1 [E] a [b]\nc"]) == [
                ["1", "E", "a [b]\nc"]
            ])
    }

    /// AWS's example of the order.
    @Test func sortsNaturally() throws {
        let order = [
            "!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh", "0", "01", "1",
            "2", "3",
        ]
        let shuffled = order.enumerated().sorted { ($0.offset * 7 % 17) < ($1.offset * 7 % 17) }.map(\.element)
        #expect(try run("display @message | sort @message", shuffled) == order.map { [$0] })
        #expect(try run("display @message | sort @message desc", shuffled) == order.reversed().map { [$0] })
    }

    @Test func manyValuesAreEstimated() throws {
        let numbers = (1...20_000).map { "{\"n\":\($0)}" }
        let row = try #require(try run("stats pct(n, 50), pct(n, 99), count_distinct(n)", numbers).first).compactMap {
            Double($0)
        }
        try #require(row.count == 3)
        #expect(abs(row[0] - 10_000) < 100 && abs(row[1] - 19_800) < 200 && abs(row[2] - 20_000) < 1000)
    }

    @Test func memoryIsBounded() throws {
        let long = String(repeating: "x", count: 1 << 20)
        var run = QueryRun(
            try QueryPlan("sort @message | limit 5000 | filter 1 = 1"), QueryContext(now: 0, start: 0, end: 1))
        #expect(throws: QueryTooLarge.self) {
            for number in 0..<200 {
                try run.take(
                    QueriedEvent(
                        timestamp: Int64(number), ingestion: 0, message: Array("\(number)\(long)".utf8), stream: "s",
                        log: "l",
                        pointer: "p"))
            }
        }
        var groups = QueryRun(try QueryPlan("stats count(*) by @timestamp"), QueryContext(now: 0, start: 0, end: 1))
        #expect(throws: QueryTooLarge.self) {
            for number in 0..<200_000 {
                try groups.take(
                    QueriedEvent(
                        timestamp: Int64(number), ingestion: 0, message: [], stream: "s", log: "l", pointer: "p"))
            }
        }
    }

    @Test func whatUnnestMakesIsBounded() throws {
        let list = "{\"a\":[\(Array(repeating: "0", count: 300).joined(separator: ","))]}"
        let once = "fields jsonParse(@message) as j | unnest j.a into b"
        #expect(try run("\(once) | stats count(*)", [list, list]) == [["600"]])
        #expect(throws: QueryTooLarge.self) {
            try run("\(once) | unnest j.a into c | unnest j.a into d | unnest j.a into e | stats count(*)", [list])
        }
    }
}
