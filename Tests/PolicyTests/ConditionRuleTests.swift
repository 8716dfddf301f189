import Policy
import Testing

/// Rules 31 to 46 of Documentation/PolicyRules.md: conditions.
@Suite struct ConditionRules {
    @Test func rule31_andOverOperatorsAndKeysOrOverValues() throws {
        let both = #"{"StringEquals":{"a:x":["1","2"],"a:y":"3"},"NumericLessThan":{"a:n":"5"}}"#
        #expect(try holds(both, ["a:x": .one("2"), "a:y": .one("3"), "a:n": .one("4")]))
        #expect(try !holds(both, ["a:x": .one("2"), "a:y": .one("4"), "a:n": .one("4")]))
        #expect(try !holds(both, ["a:x": .one("2"), "a:y": .one("3"), "a:n": .one("5")]))
        let nor = #"{"StringNotEquals":{"a:x":["1","2"]}}"#
        #expect(try holds(nor, ["a:x": .one("3")]))
        #expect(try !holds(nor, ["a:x": .one("2")]))
    }

    @Test func rule32_missingKey() throws {
        #expect(try !holds(#"{"StringEquals":{"a:x":"1"}}"#, [:]))
        #expect(try holds(#"{"StringNotEquals":{"a:x":"1"}}"#, [:]))
        #expect(try holds(#"{"StringEqualsIfExists":{"a:x":"1"}}"#, [:]))
        #expect(try holds(#"{"NotIpAddress":{"a:x":"10.0.0.0/8"}}"#, [:]))
        #expect(try !holds(#"{"DateLessThan":{"a:x":"2030-01-01"}}"#, [:]))
        #expect(try holds(#"{"ArnNotLike":{"a:x":"arn:aws:s3:::b"}}"#, [:]))
        #expect(try !holds(#"{"Bool":{"a:x":"false"}}"#, [:]))
    }

    @Test func rule33_denyNotEqualsIfExistsStillDeniesOnMissingKey() throws {
        #expect(try holds(#"{"StringNotEqualsIfExists":{"a:x":"1"}}"#, [:], effect: "Deny"))
    }

    @Test func rule34_null() throws {
        #expect(try holds(#"{"Null":{"a:x":"true"}}"#, [:]))
        #expect(try !holds(#"{"Null":{"a:x":"false"}}"#, [:]))
        #expect(try holds(#"{"Null":{"a:x":false}}"#, ["a:x": .one("v")]))
        #expect(try holds(#"{"Null":{"a:x":"FALSE"}}"#, ["a:x": .many(["v"])]))
        #expect(try !holds(#"{"Null":{"a:x":true}}"#, ["a:x": .one("v")]))
        #expect(throws: PolicyError.self) { try holds(#"{"NullIfExists":{"a:x":"true"}}"#, [:]) }
    }

    @Test func rule35_quantifiersOnMissingAndEmpty() throws {
        for context: [String: ContextValue] in [[:], ["a:x": .many([])], ["a:x": .one("")]] {
            #expect(try holds(#"{"ForAllValues:StringEquals":{"a:x":"1"}}"#, context))
            #expect(try !holds(#"{"ForAnyValue:StringEquals":{"a:x":"1"}}"#, context))
            #expect(try !holds(#"{"ForAnyValue:StringNotEquals":{"a:x":"1"}}"#, context, effect: "Deny"))
        }
    }

    @Test func rule36_emptyArray() throws {
        for condition in [
            #"{"ForAllValues:StringEquals":{"a:x":[]}}"#, #"{"StringEqualsIfExists":{"a:x":[]}}"#,
            #"{"ForAllValues:StringNotEquals":{"a:x":[]}}"#,
        ] {
            #expect(try holds(condition, [:]))
            #expect(try !holds(condition, ["a:x": .one("1")]))
        }
        for context: [String: ContextValue] in [[:], ["a:x": .one("1")], ["a:x": .many(["1"])]] {
            #expect(try !holds(#"{"ForAnyValue:StringEquals":{"a:x":[]}}"#, context))
            #expect(try !holds(#"{"ForAnyValue:StringNotEqualsIfExists":{"a:x":[]}}"#, context))
            #expect(try !holds(#"{"StringEquals":{"a:x":[]}}"#, context))
        }
    }

    @Test(arguments: ["true", "false"]) func rule37_quantifiedNull(value: String) throws {
        for context: [String: ContextValue] in [[:], ["a:x": .many(["1"])]] {
            #expect(try holds(#"{"ForAllValues:Null":{"a:x":"\#(value)"}}"#, context))
            #expect(try !holds(#"{"ForAnyValue:Null":{"a:x":"\#(value)"}}"#, context))
        }
    }

    @Test func rule38_emptyStringIsNull() throws {
        #expect(try holds(#"{"Null":{"a:x":"true"}}"#, ["a:x": .one("")]))
        #expect(try !holds(#"{"StringEquals":{"a:x":""}}"#, ["a:x": .one("")]))
        // Two keys of S3 have it as a value.
        #expect(try holds(#"{"StringEquals":{"s3:Prefix":["","home/"]}}"#, ["s3:prefix": .one("")]))
        #expect(try !holds(#"{"StringEquals":{"s3:prefix":[""]}}"#, [:]))
        #expect(try holds(#"{"Null":{"s3:delimiter":"false"}}"#, ["s3:delimiter": .one("")]))
        #expect(try holds(#"{"StringNotLike":{"a:x":"*"}}"#, ["a:x": .one("")]))
    }

    @Test func rule39_multivaluedKeyNeedsAQuantifier() throws {
        let many: [String: ContextValue] = ["a:x": .many(["1"])]
        #expect(try !holds(#"{"StringEquals":{"a:x":"1"}}"#, many))
        #expect(try !holds(#"{"StringNotEquals":{"a:x":"2"}}"#, many))
        #expect(try !holds(#"{"StringEqualsIfExists":{"a:x":"1"}}"#, many))
        #expect(try holds(#"{"ForAnyValue:StringEquals":{"a:x":"1"}}"#, many))
        // One value under a quantifier is a set of one.
        #expect(try holds(#"{"ForAllValues:StringEquals":{"a:x":"1"}}"#, ["a:x": .one("1")]))
        #expect(try !holds(#"{"ForAnyValue:StringEquals":{"a:x":"1"}}"#, ["a:x": .one("2")]))
    }

    @Test func rule40_keysIgnoreCase() throws {
        let context: [String: ContextValue] = ["AWS:PrincipalTag/Team": .one("Red")]
        #expect(try holds(#"{"StringEquals":{"aws:principaltag/TEAM":"Red"}}"#, context))
        #expect(try !holds(#"{"StringEquals":{"aws:PrincipalTag/Team":"red"}}"#, context))
        #expect(try holds(#"{"StringEqualsIgnoreCase":{"aws:PrincipalTag/Team":"rED"}}"#, context))
        #expect(try holds(#"{"StringEqualsIgnoreCase":{"a:x":"ÄÉ×"}}"#, ["a:x": .one("äé×")]))
        #expect(try !holds(#"{"StringEqualsIgnoreCase":{"a:x":"×"}}"#, ["a:x": .one("÷")]))
    }

    @Test(arguments: ["ArnEquals", "ArnLike"]) func rule41_ARNsPartByPart(name: String) throws {
        let topic: [String: ContextValue] = ["aws:SourceArn": .one("arn:aws:sns:us-east-1:111122223333:a:b")]
        func matches(_ pattern: String) throws -> Bool {
            try holds("{\"\(name)\":{\"aws:SourceArn\":\"\(pattern)\"}}", topic)
        }
        #expect(try matches("arn:aws:sns:*:111122223333:a*"))
        #expect(try matches("arn:aws:sns:us-?ast-1:*:a:b"))
        #expect(try !matches("arn:aws:sns:*:a:b"))
        #expect(try !matches("arn:aws:sns:*"))
        #expect(try !matches("arn:aws:sns:us-east-1*:a:b"))
        #expect(try !matches("arn:aws:SNS:*:*:*"))
        #expect(try matches("*"))
        #expect(try holds(#"{"StringLike":{"aws:SourceArn":"arn:aws:sns:*:b"}}"#, topic))
        #expect(try !holds("{\"\(name)\":{\"aws:SourceArn\":\"*\"}}", ["aws:SourceArn": .one("no arn")]))
    }

    @Test func rule42_dates() throws {
        let context: [String: ContextValue] = ["aws:CurrentTime": .one("2026-11-21T12:00:00Z")]
        func before(_ date: String) throws -> Bool {
            try holds(#"{"DateLessThan":{"aws:CurrentTime":\#(date)}}"#, context)
        }
        #expect(try before("\"2027\"") && before("\"2026-12\"") && before("\"2026-11-22\""))
        #expect(try before("\"2026-11-21T12:00:00.5Z\"") && before("\"2026-11-21T12:00:01Z\""))
        #expect(try !before("\"2026-11-21T13:00:00+01:00\"") && before("\"2026-11-21T12:30+00:00\""))
        #expect(try before("1795262401") && !before("1795262400"))
        #expect(
            try holds(#"{"DateEquals":{"aws:EpochTime":"2026-11-21T12:00Z"}}"#, ["aws:EpochTime": .one("1795262400")]))
        // What AWS stores beyond W3C's formats means what it says.
        #expect(try before("\"2026-11-21t12:00:00.000000001z\"") && !before("\"2026-11-21T12:00:00.000Z\""))
        #expect(try before("\"2026-11-21T8:01-04\"") && !before("\"2026-11-21T8-04\""))
        #expect(try before("\"2026-11-22T\"") && !before("\"2026-11-1\"") && !before("\"-3000\""))
        #expect(try before("\"20260-1-1\"") && before("9223372036854775807"))
        // Milliseconds are not seconds.
        #expect(try !holds(#"{"DateEquals":{"aws:EpochTime":"1795262400000"}}"#, context))
    }

    @Test func rule43_addresses() throws {
        func contains(_ range: String, _ address: String) throws -> Bool {
            try holds(#"{"IpAddress":{"aws:SourceIp":"\#(range)"}}"#, ["aws:SourceIp": .one(address)])
        }
        #expect(try contains("203.0.113.0/24", "203.0.113.7") && !contains("203.0.113.0/24", "203.0.114.7"))
        #expect(try contains("203.0.113.9/24", "203.0.113.7"), "host bits are ignored")
        #expect(try contains("203.0.113.7", "203.0.113.7") && !contains("203.0.113.7", "203.0.113.8"))
        #expect(try contains("2001:db8::1", "2001:0db8:0:0:0:0:0:1") && !contains("2001:db8::1", "2001:db8::2"))
        #expect(try contains("2001:db8::/32", "2001:db8:ffff::") && !contains("2001:db8::/32", "2001:db9::"))
        #expect(try !contains("0.0.0.0/0", "::1") && !contains("::/0", "1.2.3.4"))
        #expect(try !contains("::ffff:1.2.3.4", "1.2.3.4") && contains("::ffff:1.2.3.4", "::ffff:102:304"))
        #expect(try !contains("0.0.0.0/0", "no address"))
        #expect(try holds(#"{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, ["aws:SourceIp": .one("::1")]))
    }

    @Test func rule44_binary() throws {
        #expect(try holds(#"{"BinaryEquals":{"a:x":"QmluYXJ5"}}"#, ["a:x": .one("QmluYXJ5")]))
        #expect(try !holds(#"{"BinaryEquals":{"a:x":"QmluYXJ5"}}"#, ["a:x": .one("QmluYXJ6")]))
        #expect(try !holds(#"{"BinaryEquals":{"a:x":"QmluYXJ5"}}"#, ["a:x": .one("Binary")]))
        #expect(try !holds(#"{"BinaryEquals":{"a:x":"${a:y}"}}"#, ["a:x": .one("QQ=="), "a:y": .one("QQ==")]))
    }

    @Test func rule45_JSONScalarsEqualTheirStrings() throws {
        #expect(try holds(#"{"Bool":{"a:x":true}}"#, ["a:x": .one("true")]))
        #expect(try holds(#"{"NumericEquals":{"a:x":10}}"#, ["a:x": .one("10")]))
        #expect(try holds(#"{"StringEquals":{"a:x":10}}"#, ["a:x": .one("10")]))
        #expect(try holds(#"{"StringEquals":{"a:x":[false]}}"#, ["a:x": .one("false")]))
    }

    @Test func rule46_boolIgnoresCaseAndTakesVariables() throws {
        #expect(try holds(#"{"Bool":{"a:x":"True"}}"#, ["a:x": .one("tRUE")]))
        #expect(try !holds(#"{"Bool":{"a:x":"true"}}"#, ["a:x": .one("false")]))
        #expect(try !holds(#"{"Bool":{"a:x":"yes"}}"#, ["a:x": .one("yes")]))
        #expect(try holds(#"{"Bool":{"a:x":"${a:y}"}}"#, ["a:x": .one("true"), "a:y": .one("TRUE")]))
    }
}

/// AWS's operator tables: each operator with a value that matches and one that does not.
@Suite struct OperatorTable {
    static let rows: [(name: String, wanted: String, matching: String, other: String)] = [
        ("StringEquals", "ab", "ab", "aB"), ("StringEqualsIgnoreCase", "ab", "AB", "abc"),
        ("StringLike", "a*c?", "abbcd", "abbc"), ("NumericEquals", "10.50", "10.5", "10.51"),
        ("NumericLessThan", "3", "2.999", "3"), ("NumericLessThanEquals", "3", "3.0", "3.0001"),
        ("NumericGreaterThan", "-3", "-2", "-3"), ("NumericGreaterThanEquals", "1e3", "1000", "999"),
        ("DateEquals", "2020-02-29", "2020-02-29T00:00:00Z", "2020-03-01"),
        ("DateLessThan", "2020-01-01", "2019-12-31T23:59:59Z", "2020-01-01"),
        ("DateLessThanEquals", "2020-01-01", "2020-01-01", "2020-01-02"),
        ("DateGreaterThan", "2020-01-01", "1577836801", "1577836800"),
        ("DateGreaterThanEquals", "2020-01-01", "1577836800", "1577836799"), ("Bool", "false", "FALSE", "true"),
        ("BinaryEquals", "AAEC", "AAEC", "AAED"), ("IpAddress", "10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
        ("ArnEquals", "arn:aws:s3:::b*", "arn:aws:s3:::bucket", "arn:aws:s3:us-east-1::bucket"),
        ("ArnLike", "arn:*:s3:::b", "arn:aws-cn:s3:::b", "arn:aws:s3:::c"),
    ]
    static let negated = [
        ("StringEquals", "StringNotEquals"), ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        ("StringLike", "StringNotLike"), ("NumericEquals", "NumericNotEquals"), ("DateEquals", "DateNotEquals"),
        ("IpAddress", "NotIpAddress"), ("ArnEquals", "ArnNotEquals"), ("ArnLike", "ArnNotLike"),
    ]

    @Test(arguments: rows.indices) func everyOperator(_ index: Int) throws {
        let row = Self.rows[index]
        let names = [row.name] + Self.negated.filter { $0.0 == row.name }.map(\.1)
        for (name, isNegated) in zip(names, [false, true]) {
            for (suffix, whenMissing) in [("", isNegated), ("IfExists", true)] {
                let condition = "{\"\(name)\(suffix)\":{\"k:k\":\"\(row.wanted)\"}}"
                #expect(try holds(condition, ["k:k": .one(row.matching)]) == !isNegated, "\(condition)")
                #expect(try holds(condition, ["k:k": .one(row.other)]) == isNegated, "\(condition)")
                #expect(try holds(condition, [:]) == whenMissing, "\(condition)")
            }
            let sets: [(values: [String], all: Bool, any: Bool)] = [
                ([row.matching, row.matching], true, true), ([row.matching, row.other], false, true),
                ([row.other], false, false),
            ]
            for set in sets {
                let context: [String: ContextValue] = ["k:k": .many(set.values)]
                let all = try holds("{\"ForAllValues:\(name)\":{\"k:k\":\"\(row.wanted)\"}}", context)
                let any = try holds("{\"ForAnyValue:\(name)\":{\"k:k\":\"\(row.wanted)\"}}", context)
                #expect(all == (isNegated ? !set.any : set.all))
                #expect(any == (isNegated ? !set.all : set.any))
            }
        }
    }
}
