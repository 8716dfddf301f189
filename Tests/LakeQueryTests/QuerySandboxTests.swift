import Testing

@testable import LakeQuery

private let now: Int64 = 1_764_402_119_000

private func record(_ number: Int, _ name: String = "CreateUser", user: String = "alice", more: String = "") -> String {
    """
    {"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/\(user)","sessionContext":\
    {"sessionIssuer":{"userName":"\(user)"},"attributes":{"mfaAuthenticated":"true"}}},"eventTime":"2026-11-29T07:00:0\(number % 10)Z",\
    "eventSource":"iam.amazonaws.com","eventName":"\(name)","awsRegion":"us-east-1","readOnly":\(name.hasPrefix("Get")),\
    "requestParameters":{"userName":"bob","tags":[{"key":"a"}],"n":7},"resources":[{"ARN":"arn:a","type":"T"}],\
    "eventID":"\(number)"\(more)}
    """
}

private func run(
    _ text: String, _ records: [String], limits: QueryLimits = QueryLimits(),
    isCancelled: @escaping () -> Bool = { false }
) throws -> QueryResult {
    let sandbox = try QuerySandbox(LakeStatement(text, now: now), limits: limits)
    for record in records { try sandbox.insert(Array(record.utf8), into: store) }
    return try sandbox.run(isCancelled: isCancelled)
}

@Suite struct QuerySandboxTests {
    @Test func aQuery() throws {
        let record = Array(record(1).utf8)
        let text = "SELECT userIdentity.arn FROM 3f1b0a2c-0000-4000-8000-000000000000"
        let statement = try LakeStatement(text, now: now)

        let sandbox = try QuerySandbox(statement)
        try sandbox.insert(record, into: "3f1b0a2c-0000-4000-8000-000000000000")
        let result = try sandbox.run { false }
        #expect(result.rows == [["arn:aws:iam::111122223333:user/alice"]])
    }

    @Test(arguments: [
        ("eventName", "CreateUser"), ("userIdentity.arn", "arn:aws:iam::111122223333:user/alice"),
        ("useridentity.SESSIONCONTEXT.sessionissuer.username", "alice"),
        ("element_at(requestParameters, 'userName')", "bob"), ("requestParameters['userName']", "bob"),
        ("element_at(requestParameters, 'n')", "7"), ("requestParameters['tags']", #"[{"key":"a"}]"#),
        ("resources[1].arn", "arn:a"), ("element_at(resources, -1)", #"{"ARN":"arn:a","type":"T"}"#),
        ("json_extract_scalar(requestParameters['tags'], '$[0].key')", "a"), ("cardinality(resources)", "1"),
        ("eventTime", "2026-11-29 07:00:01.000"), ("readOnly", "false"), ("errorCode", nil),
        ("coalesce(errorCode, 'none')", "none"), ("date_trunc('hour', eventTime)", "2026-11-29 07:00:00.000"),
        ("date_trunc('week', eventTime)", "2026-11-23 00:00:00.000"),
        ("date_add('day', -1, eventTime)", "2026-11-28 07:00:01.000"), ("hour(eventTime)", "7"),
        ("date_diff('hour', timestamp '2026-11-29', eventTime)", "7"), ("now()", "2025-11-29 07:41:59.000"),
        ("CAST(eventTime AS date)", "2026-11-29"), ("cast('12' AS bigint) + 1", "13"), ("greatest(1, 3, 2)", "3"),
        ("CASE WHEN readOnly THEN 1 ELSE 2 END", "2"), ("eventName LIKE 'create%'", "0"),
        ("eventName LIKE 'Create%'", "1"), ("eventTime = '2026-11-29T07:00:01Z'", "1"),
        ("eventTime BETWEEN '2026-11-29' AND '2026-11-30 00:00:00'", "1"), ("split_part('a/b', '/', 2)", "b"),
        ("element_at(requestParameters, 'nothing')", nil), ("eventJson", record(1)), ("upper('a') || 'b'", "Ab"),
        ("a.eventName IS DISTINCT FROM 'x' AS q", "1"),
    ])
    func expressions(expression: String, expected: String?) throws {
        let text = "SELECT \(expression) FROM \(store) AS a"
        #expect(try run(text, [record(1)]).rows == [[expected]])
    }

    @Test func columnsHaveTheNamesThatAWSGivesThem() throws {
        let text = "SELECT eventname, userIdentity.arn, count(*), count(*) AS n, max(eventTime) latest FROM \(store)"
        #expect(try run(text, [record(1)]).columns == ["eventName", "arn", "_col2", "n", "latest"])
        let keywords =
            "SELECT min(eventTime) AS first, max(eventTime) AS \"last\", count(*) AS row FROM \(store) ORDER BY first"
        #expect(try run(keywords, [record(1)]).columns == ["first", "last", "row"])
    }

    @Test(arguments: [
        ("nothing", "Column nothing cannot be resolved."),
        ("regexp_like(eventName, 'a+')", "regexp_like is not supported"),
        ("eventName FROM elsewhere,", "Table elsewhere does not exist"),
        ("sqlite_version()", "sqlite_version is not supported"),
        ("rowid", "ROWID cannot be read"), ("eventName FRM x", "syntax error"),
    ])
    func whatIsSaid(expression: String, message: String) {
        #expect {
            let text =
                expression.hasSuffix(",") ? "SELECT \(expression) \(store)" : "SELECT \(expression) FROM \(store)"
            _ = try QuerySandbox(LakeStatement(text, now: now))
        } throws: { error in
            guard case .statement(let said)? = error as? LakeQueryError else { return false }
            return said.contains(message)
        }
    }

    @Test func groupsAndOrder() throws {
        let records =
            (0..<5).map { record($0) } + (5..<8).map { record($0, "GetUser", more: #","errorCode":"AccessDenied""#) }
        let text = """
            SELECT eventName, count(*) AS n FROM \(store) WHERE eventTime > '2026-11-29 07:00:00' GROUP BY eventName
            HAVING count(*) > 1 ORDER BY n DESC LIMIT 5
            """
        #expect(try run(text, records).rows == [["CreateUser", "4"], ["GetUser", "3"]])
        #expect(
            try run("SELECT DISTINCT errorCode FROM \(store) ORDER BY errorCode", records).rows == [
                ["AccessDenied"], [nil],
            ])
        let with =
            "WITH x AS (SELECT eventName AS name FROM \(store)), y (n) AS (SELECT count(*) FROM x) SELECT n FROM y"
        #expect(try run(with, records).rows == [["8"]])
        let union =
            "SELECT eventID FROM \(store) WHERE readOnly = true EXCEPT SELECT eventID FROM \(store) WHERE eventID = '5'"
        #expect(try run(union, records).rows == [["6"], ["7"]])
    }

    @Test(arguments: [
        "SELECT name FROM sqlite_master, \(store)", "SELECT count(*) FROM sqlite_schema, \(store)",
        "SELECT count(*) FROM pragma_database_list, \(store)", "SELECT * FROM json_each('[1]'), \(store)",
        "SELECT count(*) FROM dbstat, \(store)", "SELECT load_extension('x') FROM \(store)",
        "SELECT rowid FROM \(store)", "SELECT sqlite_version() FROM \(store)", "SELECT randomblob(9) FROM \(store)",
        "SELECT printf('%09999999d', 1) FROM \(store)", "SELECT zeroblob(99999999) FROM \(store)",
        "WITH x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x, \(store)",
        "SELECT eventID FROM \(store) WHERE eventID IN (DELETE FROM \(store))",
        "WITH x AS (SELECT 1) DELETE FROM \(store)",
        "SELECT nothing FROM \(store)", "SELECT \"nothing\" FROM \(store)", "SELECT eventID FROM elsewhere, \(store)",
        "SELECT fts3_tokenizer('simple') FROM \(store)",
        "SELECT eventID FROM \(store) ORDER BY readfile('/etc/passwd')",
        "SELECT group_concat(eventID) FROM \(store)", "WITH x AS (SELECT 1) INSERT INTO \(store) SELECT 1",
        "SELECT regexp_like(eventName, 'a+') FROM \(store)", "SELECT \(store).nothing.at.all FROM \(store)",
    ])
    func whatTheSandboxRefuses(text: String) throws {
        #expect(throws: LakeQueryError.self) { try QuerySandbox(LakeStatement(text, now: now)) }
    }

    @Test func aBombIsStopped() throws {
        var limits = QueryLimits()
        limits.steps = 2_000_000
        let many = (0..<200).map { record($0) }
        let bomb = "SELECT count(*) FROM \(store) a, \(store) b, \(store) c, \(store) d, \(store) e"
        #expect(throws: LakeQueryError.tooLong) { try run(bomb, many, limits: limits) }
        #expect(throws: LakeQueryError.cancelled) { try run(bomb, many) { true } }
    }

    @Test func memoryIsLimited() throws {
        var limits = QueryLimits()
        limits.memory = 1 << 20
        let large = record(1, more: #","userAgent":"\#(String(repeating: "x", count: 60_000))""#)
        let sandbox = try QuerySandbox(LakeStatement("SELECT userAgent FROM \(store)", now: now), limits: limits)
        #expect {
            for _ in 0..<100 { try sandbox.insert(Array(large.utf8), into: store) }
        } throws: { error in
            guard case .tooLarge? = error as? LakeQueryError else { return false }
            return true
        }
        // A sort of more than what may be put aside.
        let many = (0..<400).map { record($0, more: #","userAgent":"\#(String(repeating: "x", count: 2000))""#) }
        let sort = "SELECT a.eventID FROM \(store) a, \(store) b ORDER BY a.userAgent || b.eventID || a.eventID"
        #expect {
            try run(sort, many)
        } throws: { error in
            guard case .tooLarge? = error as? LakeQueryError else { return false }
            return true
        }
    }

    @Test func resultsAreLimited() throws {
        var limits = QueryLimits()
        limits.rows = 10
        #expect(throws: LakeQueryError.self) {
            try run("SELECT eventID FROM \(store)", (0..<11).map { record($0) }, limits: limits)
        }
        #expect(try run("SELECT eventID FROM \(store)", (0..<10).map { record($0) }, limits: limits).rows.count == 10)
    }

    @Test func whatIsNoJSONIsLeftOut() throws {
        let sandbox = try QuerySandbox(LakeStatement("SELECT eventID FROM \(store)", now: now))
        #expect(try !sandbox.insert(Array("{".utf8), into: store))
        #expect(try !sandbox.insert(Array("[]".utf8), into: store))
        #expect(try sandbox.insert(Array("{}".utf8), into: store))
        #expect(try sandbox.run { false }.rows == [[nil]])
    }
}
