import LogQueries
import Testing

/// The queries of AWS's pages on the language.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html>
@Suite struct DocumentedQueryTests {
    @Test(arguments: [
        "fields @timestamp, @message | sort @timestamp desc | limit 25",
        "filter @message like /Exception/\n    | stats count(*) as exceptionCount by bin(1h)\n    | sort exceptionCount desc",
        "fields @message | filter @message not like /Exception/",
        "fields @timestamp, server, severity, message\n| sort @timestamp desc\n| dedup server, severity",
        """
        filter @type = "REPORT"
            | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB,
                min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB,
                provisonedMemoryMB - smallestMemoryRequestMB as overProvisionedMB
        """,
        #"filter @type = "REPORT" | stats avg(@duration), max(@duration), min(@duration) by bin(5m)"#,
        "stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred  desc | limit 15",
        #"filter isIpv4InSubnet(srcAddr, "192.0.2.0/24") | stats sum(bytes) as b by dstAddr | sort b desc"#,
        "filter protocol=17 | stats count(*) by srcAddr",
        #"filter logStatus="SKIPDATA" | stats count(*) by bin(1h) as t | sort t"#,
        #"filter (eventName="StartInstances" or eventName="StopInstances") and awsRegion="us-east-2""#,
        #"filter eventName="UpdateTrail" and ispresent(errorCode) | stats count(*) by errorCode, errorMessage"#,
        #"filter tlsDetails.tlsVersion in [ "TLSv1", "TLSv1.1" ] | stats count(*) as n by eventSource | sort n desc"#,
        "fields @timestamp, @message | stats count(*) as numberOfEvents by `detail-type` | sort numberOfEvents desc",
        #"filter @`aws.tag.aws:cloudformation:stack-name` = "my-stack""#,
        #"parse @message "user=*, method:*, latency := *" as @user, @method, @latency | stats avg(@latency) by @method, @user"#,
        "parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>.*?)/ | stats avg(latency2) by @method2, @user2",
        #"FIELDS @message | PARSE @message "* [*] *" as loggingTime, loggingType, loggingMessage | FILTER loggingType IN ["ERROR", "INFO"] | DISPLAY loggingMessage, loggingType = "ERROR" as isError"#,
        "FIELDS strlen(@message) AS message_length | STATS sum(message_length) / 1024 / 1024 AS logs_mb BY BIN(5m) as @t | STATS max(logs_mb) AS peak BY dateceil(@t, 10m)",
        "STATS countDistinct(client_ip) AS session_ips, count(*) AS requests BY session_id, client_platform | FILTER session_ips > 1 | STATS count(*) AS m, sum(requests) / count(*) AS a BY client_platform",
        "fields jsonParse(@message) as json_message | stats count() by json_message.status_code",
        #"fields jsonParse(@message) as json_message | filter json_message.users[1].action = "PutData""#,
        "fields jsonParse(@message) as json_message | filter json_message.`user.id` = \"123\"",
        "fields jsonParse(@message) as js | unnest js.accounts into account | filter account.type = \"internal\"",
        "fields @timestamp, @message, accountId\n# | filter accountId not like \"7983124201998\"\n| sort @timestamp desc",
        "stats count(*) by duration as time | sort time desc",
        "fields f1 | filter f1 like /(?i)Exception/",
        "filter @message like /(?i)(error|failure)/ | filter toMillis(@timestamp) >= (now() * 1000 - 7200000)",
        "fields @timestamp, @message | filterIndex IPaddress in [\"198.51.100.0\", \"198.51.100.1\"] | limit 20",
        "SOURCE logGroups(namePrefix: ['namePrefix1', 'namePrefix2'], class: ['STANDARD']) | fields @message | limit 5",
        "fields @message | unmask", "",
    ])
    func isRead(_ query: String) throws { _ = try QueryPlan(query) }

    @Test func hasTheLocationOfWhatIsWrong() throws {
        func problem(_ query: String) -> QueryProblem? {
            do throws(QueryProblem) {
                _ = try QueryPlan(query)
                return nil
            } catch {
                return error
            }
        }
        #expect(
            problem("fields @message | filtr a = 1")?.message
                == "unexpected symbol found filtr at line 1 and position 18")
        #expect(problem("fields @message | filtr a = 1")?.location == 18..<23)
        #expect(
            problem("fields @message\n| filter a = ")?.message
                == "unexpected symbol found <EOF> at line 2 and position 13")
        #expect(problem("fields é, ü | ?")?.location == 14..<15)
        for query in [
            "fields", "limit 0", "limit 100001", "limit x", "filter a =", "filter (a", "filter a like b", "stats sum()",
            "stats count(*) by", "sort", "parse @message \"a\" as b", "parse @message \"* *\" as b",
            "parse @message /a/",
            "filter a like /(/", "filter \"a", "fields a |", "| fields a", "dedup a | fields b",
            "limit 5 | stats count(*)",
            "sort a | stats count(*)", "stats count(*) by a | stats max(b)", "filter nosuch(a)", "stats pct(a)",
            "fields sum(a)", "stats count(*) by a | stats count(*) by bin(5m)", "fields a b", "unnest a", "stats b",
            "filter a in [1", "filter substr(a)", "fields bin(5x)",
            String(repeating: "(", count: 100) + "a", "filter " + String(repeating: "not ", count: 1000) + "a",
        ] {
            #expect(problem(query)?.kind == .malformed, "\(query)")
        }
        for query in ["pattern @message", "diff", "anomaly", "fields md5(a)", "fields a | lookup t k OUTPUT v"] {
            #expect(problem(query)?.kind == .notSupported, "\(query)")
        }
        let stats = (0..<11).map { _ in "stats count(*) as n" }.joined(separator: " | ")
        #expect(problem(stats)?.kind == .malformed)
        let patterns = { (count: Int) in (0..<count).map { _ in "a like /x/" }.joined(separator: " or ") }
        #expect(problem("filter " + patterns(129))?.kind == .malformed && problem("filter " + patterns(128)) == nil)
    }

    @Test func whatAQueryAsksFor() throws {
        #expect(try QueryPlan("fields a | unmask").unmasks)
        #expect(try QueryPlan("fields a | limit 7 | limit 9").limit == 7)
        #expect(try QueryPlan("filterIndex ip = 1").unindexedField == "ip")
        #expect(try QueryPlan("filterIndex @logStream = 'x'").unindexedField == nil)
        let source = try QueryPlan("SOURCE logGroups(namePrefix: ['a'], accountIdentifiers:['1']) | limit 1").source
        #expect(source?.prefixes == ["a"] && source?.accounts == ["1"] && source?.classes == nil)
    }
}
