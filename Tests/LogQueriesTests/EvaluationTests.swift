import LogQueries
import Testing

/// What expressions and functions say.
@Suite struct EvaluationTests {
    @Test(arguments: [
        ("1 + 2 * 3 - 4 / 8", "6.5"), ("2 ^ 3 ^ 2", "512"), ("-2 ^ 2", "-4"), ("10 % 3", "1"), ("(1 + 2) * 3", "9"),
        ("abs(-2.5)", "2.5"), ("ceil(1.2)", "2"), ("floor(-1.2)", "-2"), ("greatest(1, 5, 3)", "5"),
        ("least(4, 2)", "2"),
        ("round(2.345, 2)", "2.35"), ("round(2.5)", "3"), ("sqrt(9)", "3"), ("log(1)", "0"), ("toInt('12.9')", "12"),
        ("toLong('x')", nil), ("1 / 0", nil), ("1 % 0", nil), ("sqrt(-1)", nil), ("toInt(3000000000)", nil),
        ("nothing + 1", nil), ("coalesce(nothing, 'b')", "b"), ("ispresent(nothing)", "0"),
        ("ispresent(@message)", "1"),
        ("if(1 > 2, 'a', 'b')", "b"), ("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"), ("case(1 > 2, 'a')", nil),
        ("isNumeric('1e3')", "1"), ("isNumeric('0x1')", "0"),
        ("concat('a', 1, 'b')", "a1b"), ("strlen('añ')", "2"), ("messageSize('añ')", "3"), ("toupper('aß')", "ASS"),
        ("ltrim('xyZxyfooxyZ', 'xyZ')", "fooxyZ"), ("rtrim('xyZfooxyxyZ', 'xyZ')", "xyZfoo"),
        ("trim('xyZxyfooxyxyZ', 'xyZ')", "foo"), ("trim('  a ')", "a"), ("substr('xyZfooxyZ', 3, 3)", "foo"),
        ("substr('abc', 1)", "bc"), ("substr('abc', 9)", ""), ("substr('abc', -1)", nil),
        ("replace('smoke_test', '_test', '')", "smoke"), ("regexReplace('a1b22', '[0-9]+', '<$0>')", "a<1>b<22>"),
        ("regexReplace('abc', 'x*', '-')", "-a-b-c-"),
        ("strcontains('abc', 'b')", "1"), ("strcontains('ABC', 'b')", "0"), ("strcontains('ABC', 'b', true)", "1"),
        ("startsWith('abc', 'ab')", "1"), ("endsWith('abc', 'ab')", "0"),
        ("isempty('')", "1"), ("isempty(nothing)", "1"), ("isblank(' \t')", "1"), ("isblank('a')", "0"),
        ("urlencode('a b/ü')", "a%20b%2F%C3%BC"), ("urldecode('a%20b+c%2')", "a b c%2"),
        ("base64encode('hi')", "aGk="), ("base64decode('aGk=')", "hi"), ("base64decode('!')", nil),
        ("hexToAscii('48656c6c6f')", "Hello"), ("hexToDec('0xff')", "255"), ("decToHex(255)", "0xff"),
        ("decToHex(-255.9)", "-0xff"), ("split('a,b', ',')", #"["a","b"]"#),
        ("isValidIp('::1')", "1"), ("isValidIpV4('::1')", "0"), ("isValidIpV6('2001:db8::1')", "1"),
        ("isValidIpV4('256.1.1.1')", "0"), ("isIpInSubnet('2001:db8::7', '2001:db8::/32')", "1"),
        ("isIpv4InSubnet('192.0.2.9', '192.0.2.0/24')", "1"), ("isIpv6InSubnet('192.0.2.9', '192.0.2.0/24')", "0"),
        ("ipv4ToNumber('1.2.3.4')", "16909060"), ("isPrivateIP('172.31.0.1')", "1"), ("isPublicIP('8.8.8.8')", "1"),
        ("isReservedIP('127.0.0.1')", "1"),
        ("jsonArraySize('[1,2]')", "2"), ("jsonArrayContains('[\"a\"]', 'a')", "1"),
        ("jsonArrayContains('x', 'a')", "0"),
        ("jsonStringify(jsonParse('{\"a\": 1}'))", #"{"a":1}"#), ("toupper(jsonParse('{}'))", nil),
        ("datefloor(fromMillis(1796040123456), 1h)", "2026-11-30 12:00:00.000"),
        ("dateceil(fromMillis(1796040123456), 1h)", "2026-11-30 13:00:00.000"),
        ("datefloor(fromMillis(1796040123456), 300s)", "2026-11-30 12:02:00.000"),
        ("datefloor(fromMillis(1796040123456), 1w)", "2026-11-30 00:00:00.000"),
        ("datefloor(fromMillis(1796040123456), 1mo)", "2026-11-01 00:00:00.000"),
        ("dateceil(fromMillis(1796040123456), 1qtr)", "2027-01-01 00:00:00.000"),
        ("datefloor(fromMillis(1796040123456), 2years)", "2026-01-01 00:00:00.000"),
        ("toMillis(@timestamp)", "1796040000000"), ("now()", "1796043600"), ("queryTimeRange()", "3600000"),
        ("bin(5m)", "2026-11-30 12:00:00.000"), ("@logStream", "s"), ("@log", "1:g"),
        ("round(haversine(52.52, 13.405, 48.8566, 2.3522))", "877"),
    ])
    func hasItsValue(_ expression: String, _ expected: String?) throws {
        #expect(try value(expression) == expected, "\(expression)")
    }

    @Test(arguments: [
        ("status = 200", true), ("status = \"200\"", true), ("status != 200", false), ("status > 100", true),
        ("status like /^2/", true), ("name = 'Ann'", true), ("name = 'ann'", false), ("name like 'nn'", true),
        ("name =~ /N/", false), ("name not like 'x'", true), ("name < 'B'", true), ("ok = true", true),
        ("ok = 1", true),
        ("missing = 1", false), ("missing != 1", false), ("missing not like 'a'", false), ("not missing = 1", true),
        ("missing not in ['a']", false), ("name in ['x', 'Ann']", true), ("name not in ['x']", true),
        ("status in [199, 200]", true), ("status in ['200']", true), ("version = '1.10'", true),
        ("version = '1.1'", false),
        ("version = 1.1", true), ("items.0.id = 'i-1'", true), ("items[0].id = 'i-1'", true),
        ("items.1.id = 'i-1'", false),
        ("a.b = 'dotted'", true), ("nested.a.b = 2", true), ("ispresent(nested)", false), ("ispresent(nothing)", false),
        ("@@at = 'x'", true), ("big = 9007199254740993", true), ("`with-hyphen` = 1", true),
        ("jsonParse(@message).status = 1", false), ("'x' in tags", false),
    ])
    func aFilterHolds(_ condition: String, _ isTrue: Bool) throws {
        let message = #"""
            {"status":200,"name":"Ann","ok":true,"version":"1.10","items":[{"id":"i-1"}],"a.b":"dotted","nested":{"a":{"b":2}},
            "nothing":null,"@at":"x","big":9007199254740993,"with-hyphen":1,"tags":["x"]}
            """#
        guard condition.contains("jsonParse") == false else {
            #expect(throws: QueryProblem.self) { try QueryPlan("filter " + condition) }
            return
        }
        #expect(try run("filter \(condition)", [message]).isEmpty == !isTrue, "\(condition)")
    }

    @Test func listsAreLookedInto() throws {
        let message = #"{"roles":["admin","x"]}"#
        #expect(try run("fields jsonParse(@message) as j | filter 'admin' in j.roles", [message]).count == 1)
        #expect(try run("fields jsonParse(@message) as j | filter 'root' in j.roles", [message]).isEmpty)
        let names = #"{"events":[{"name":"exception"},{"name":"user action"}]}"#
        #expect(
            try run("fields jsonParse(@message) as j | unnest j.events into event | display event.name", [names])
                == [["user action"], ["exception"]])
        #expect(try run("unnest @logStream into x | display x", ["m"]) == [["s"]])
    }

    @Test func knownLinesHaveFields() throws {
        let flow = "2 012345678901 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
        #expect(
            try run("display accountId, srcAddr, dstPort, bytes, action", [flow])
                == [["012345678901", "172.31.16.139", "22", "4249", "ACCEPT"]])
        let query = "1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -"
        #expect(
            try run("display queryName, queryType, resolverIp, ednsClientSubnet", [query]) == [
                ["example.com", "A", "192.168.1.1"]
            ])
        let report =
            "REPORT RequestId: 8f5\tDuration: 12.7 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 29 MB"
        #expect(
            try run("display @type, @requestId, @duration, @billedDuration, @memorySize / 1000 / 1000 as mb", [report])
                == [["REPORT", "8f5", "12.7", "13", "128"]])
        #expect(
            try run("filter level = 'WARN'", ["12:00 [x] {\"level\":\"WARN\",\"s\":\"}\"} {\"level\":\"INFO\"}"]).count
                == 1)
        let many = "{" + (0..<250).map { "\"f\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try run("display f199, f200", [many]) == [["199"]])
    }
}
