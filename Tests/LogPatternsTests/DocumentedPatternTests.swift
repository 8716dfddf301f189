import LogPatterns
import Testing

/// The examples of AWS's pages on filter patterns, with what the pages say of them.
@Suite struct DocumentedPatternTests {
    private func matches(_ pattern: String, _ message: String) throws -> Bool {
        try FilterPattern(pattern).matches(message)
    }

    @Test(arguments: [
        ("ERROR", "[ERROR 400] BAD REQUEST", true), ("ERROR", "[ERROR 401] UNAUTHORIZED REQUEST", true),
        ("ERROR", "[INFO] REQUEST", false), ("error", "[ERROR 400] BAD REQUEST", false),
        ("ERROR", "Exiting with ERRORCODE: -1", true),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true),
        ("ERROR ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS", true),
        ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false),
        ("?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST", true),
        ("?ERROR ?ARGUMENTS", "[INFO] INVALID ARGUMENTS", true), ("?ERROR ?ARGUMENTS", "[INFO] REQUEST", false),
        // Where there are other terms, those with a question mark count for nothing.
        ("?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", true),
        ("?ERROR ?ARGUMENTS REQUEST", "[ERROR 400] BAD REQUEST", true),
        ("?ERROR ?ARGUMENTS REQUEST", "[ERROR 419] MISSING ARGUMENTS", false),
        (#""INTERNAL SERVER ERROR""#, "[ERROR 500] INTERNAL SERVER ERROR", true),
        (#""INTERNAL SERVER ERROR""#, "[ERROR 500] SERVER INTERNAL ERROR", false),
        ("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false),
        (#""ERROR" - "Exiting""#, "Exiting with ERRORCODE: -1", false),
        (#"" ""#, "any thing", true), ("", "anything", true), (#""a \"b\"""#, #"say a "b""#, true),
    ])
    func terms(_ pattern: String, _ message: String, _ isMatch: Bool) throws {
        #expect(try matches(pattern, message) == isMatch)
    }

    @Test(arguments: [
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true),
        ("%AUTHORIZED%", "[SUCCESS 200] AUTHORIZED REQUEST", true), ("%AUTHORIZED%", "[ERROR 404] NOT FOUND", false),
        ("%^[hc]at%", "cat and dog", true), ("%^[hc]at%", "a cat", false), ("%[hc]at$%", "a hat", true),
        ("%colou?r%", "color", true), ("%colou?r%", "colour", true), ("%[a-z]%", "ABC", false),
        ("%^a{3,5}$%", "aaaa", true), ("%^a{3,5}$%", "aa", false), ("%gra|ey%", "they", true),
        (#"%10\.10\.0\.1%"#, "from 10.10.0.1", true), (#"%10\.10\.0\.1%"#, "from 10x10.0.1", false),
        (#"%\d\D\s\S\w\W%"#, "1a bc!", true), (#"%\x3A%"#, "a:b", true), (#"%[Ee]rror|[Ff]ail%"#, "Fail", true),
        ("%ab*c%", "ac", true), ("%ab+c%", "ac", false), ("%a.c%", "abc", true), (#"%50\%%"#, "at 50%", true),
    ])
    func regularExpressions(_ pattern: String, _ message: String, _ isMatch: Bool) throws {
        #expect(try matches(pattern, message) == isMatch)
    }

    private static let trail = #"""
        {"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
        "objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"ThisFlag":true,
        "recipientAccountId":"123456789012","cluster.name":"c","latency":499.5,"errorCode":400}
        """#

    @Test(arguments: [
        (#"{ $.eventType = "UpdateTrail" }"#, true), (#"{ $.eventType = UpdateTrail }"#, true),
        (#"{ $.eventType = "updatetrail" }"#, false), (#"{ $.eventType = %Trail% }"#, true),
        (#"{ $.eventType != %Trail% }"#, false), (#"{$.eventType="Update*"}"#, true),
        ("{ $.eventType = *Trail }", true), ("{ $.eventType = *date* }", true), ("{ $.eventType = * }", true),
        // An asterisk in the middle is itself.
        ("{ $.eventType = Up*Trail }", false),
        ("{ $.sourceIPAddress != 123.123.* }", true), ("{ $.sourceIPAddress = 111.111.* }", true),
        (#"{ $.sourceIPAddress = %111\.111\.1[01]1\.% }"#, true),
        (#"{ $.arrayKey[0] = "value" }"#, true), (#"{ $.arrayKey[1] = "value" }"#, false),
        (#"{ $.arrayKey[*] = "another value" }"#, true), (#"{ $.arrayKey[9] NOT EXISTS }"#, true),
        ("{ $.objectList[1].id = 2 }", true), ("{ $.objectList[*].id = 2 }", true),
        ("{ $.objectList[*].id = 3 }", false), ("{ $.eventType[0] = 2 }", false),
        ("{ $.SomeObject IS NULL }", true), ("{ $.eventType IS NULL }", false), ("{ $.Absent IS NULL }", false),
        ("{ $.SomeOtherObject NOT EXISTS }", true), ("{ $.SomeObject NOT EXISTS }", false),
        ("{ $.ThisFlag IS TRUE }", true), ("{ $.ThisFlag IS FALSE }", false), ("{ $.ThisFlag = true }", true),
        // What is no value is neither equal nor unequal.
        ("{ $.arrayKey = 1 }", false), ("{ $.arrayKey != 1 }", false), ("{ $.Absent != x }", false),
        ("{ $.recipientAccountId = 123456789012 }", true), (#"{ $.['cluster.name'] = "c" }"#, true),
        ("{ $.latency < 500 }", true), ("{ $.latency >= 500 }", false), ("{ $.latency = 4.995e2 }", true),
        ("{ $.latency > +1000 }", false), ("{ $.errorCode = 400 }", true), ("{ $.errorCode != 500 }", true),
        ("{ $.errorCode = 4* }", true), ("{ $.eventType > 3 }", false), ("{ $.errorCode < 10e-3 }", false),
    ])
    func json(_ pattern: String, _ isMatch: Bool) throws {
        #expect(try matches(pattern, Self.trail) == isMatch)
    }

    private static let users = #"""
        {"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},
        {"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],
        "coordinates":[[0,1,2],[4,5,6],[7,8,9]]}
        """#

    @Test(arguments: [
        (#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, true),
        (#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#, false),
        // && binds more than ||.
        (
            #"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nonmatch }"#,
            true
        ),
        (
            #"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nonmatch }"#,
            false
        ),
        ("{ $.coordinates[1][2] = 6 }", true),
    ])
    func compoundConditions(_ pattern: String, _ isMatch: Bool) throws {
        #expect(try matches(pattern, Self.users) == isMatch)
    }

    /// The patterns of the CIS benchmark, as AWS's Security Hub has them.
    @Test func benchmark() throws {
        let root =
            #"{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}"#
        #expect(try matches(root, #"{"userIdentity":{"type":"Root"},"eventType":"AwsApiCall"}"#))
        #expect(
            try !matches(root, #"{"userIdentity":{"type":"Root","invokedBy":"x"},"eventType":"AwsApiCall"}"#))
        let denied = #"{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}"#
        #expect(try matches(denied, #"{"errorCode":"Client.UnauthorizedOperation"}"#))
        #expect(try matches(denied, #"{"errorCode":"AccessDeniedException"}"#))
        let buckets =
            "{($.eventSource=s3.amazonaws.com) && (($.eventName=PutBucketAcl) || ($.eventName=PutBucketPolicy))}"
        #expect(try matches(buckets, #"{"eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy"}"#))
        #expect(try !matches(buckets, #"{"eventSource":"s3.amazonaws.com","eventName":"GetBucketPolicy"}"#))
    }

    @Test(arguments: [
        ("[ip, user, username, timestamp, request, status_code, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", true),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", false),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code = 4* && bytes > 1000]", false),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", true),
        ("[..., status_code, bytes]", true), ("[ip, user, ..., status_code = 404, bytes]", true),
        ("[ip=%127\\.0\\.0\\.[1-9]%, user, ...]", true), ("[ip, user]", false), ("[...]", true),
        ("[ip, ..., status_code = 200 || status_code = 404, bytes < 2000]", true),
        ("[ip, ..., (status_code = 2* || status_code = 4*) && status_code != 404, bytes]", false),
        ("[..., request=*.html*, status_code=4*,]", true),
    ])
    func fields(_ pattern: String, _ isMatch: Bool) throws {
        let message =
            #"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /products/index.html HTTP/1.0" 404 1534"#
        if pattern.contains("status_code = 4* && bytes") {
            // AWS's own example, which AWS refuses: https://github.com/awsdocs/amazon-cloudwatch-logs-user-guide/issues/21
            #expect(throws: InvalidFilterPattern.self) { try FilterPattern(pattern) }
        } else {
            #expect(try matches(pattern, message) == isMatch)
        }
    }

    @Test func example() throws {
        let pattern = try FilterPattern(#"{ $.eventName = "Delete*" && $.errorCode NOT EXISTS }"#)
        let isMatch = pattern.matches(#"{"eventName":"DeleteTrail"}"#)

        #expect(isMatch)
    }

    @Test func alternativesOfFields() throws {
        let lines = ["ERROR WARN message", "ERROR message", "WARN message"]
        func found(_ pattern: String) throws -> [Int] {
            let pattern = try FilterPattern(pattern)
            return lines.indices.filter { pattern.matches(lines[$0]) }
        }
        #expect(try found("[w1=ERROR, w2]") == [1])
        #expect(try found("[w1=ERROR || w1=WARN, w2]") == [1, 2])
        #expect(try found("[w1!=ERROR && w1!=WARN, w2]") == [])
        #expect(try found("[w1=%ERR%, w2]") == [1])
        #expect(try found("?ERROR ?WARN") == [0, 1, 2])
        #expect(try found("ERROR WARN") == [0])
    }

    @Test func extractedFields() throws {
        let message = #"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#
        let pattern = try FilterPattern("[..., request=*.html*, status_code=4*,]")
        #expect(
            pattern.extracted(from: message) == [
                "$status_code": "404", "$request": "GET /index.html HTTP/1.0", "$7": "1534",
                "$4": "10/Oct/2000:13:25:15 -0700", "$3": "frank", "$2": "-", "$1": "127.0.0.1",
            ])
        #expect(pattern.extracted(from: "200 1") == nil)
        #expect(try FilterPattern("ERROR").extracted(from: "ERROR") == [:])
        #expect(try FilterPattern("ERROR").extracted(from: "INFO") == nil)
    }
}
