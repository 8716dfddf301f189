import ConfigSelect
import Testing
import Wire

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

private func text(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.json(value)
    return String(decoding: writer.bytes, as: UTF8.self)
}

private let bucket = """
    {"resourceType": "AWS::S3::Bucket", "resourceId": "logs", "accountId": "111122223333", "resourceName": "logs",
     "tags": [{"key": "team", "value": "a"}, {"key": "stage", "value": "prod"}],
     "configuration": {"size": 12, "isPublic": false, "list": [{"name": "x", "on": true}, {"name": "y", "on": false}]},
     "supplementaryConfiguration": {"Policy": null, "Ranges": ["10.0.0.0/8", "192.168.1.0/24"]}, "version": "1.3"}
    """

@Suite struct ConfigSelectTests {
    @Test(arguments: [
        ("resourceType = 'AWS::S3::Bucket'", true), ("resourceType <> 'AWS::S3::Bucket'", false),
        ("resourceType LIKE 'AWS::S3::%'", true), ("resourceType LIKE 'AWS::S3::Bucke_'", true),
        ("resourceType LIKE 'AWS::S3::Buck_'", false), ("resourceType like 'AWS::S3'", false),
        ("configuration.size = 12", true), ("configuration.size = '12'", true), ("configuration.size > 12", false),
        ("configuration.size BETWEEN 1 AND 12", true), ("configuration.size NOT BETWEEN 1 AND 12", false),
        ("configuration.isPublic = false", true), ("configuration.isPublic = 'false'", true),
        ("configuration.isPublic = TRUE", false), ("configuration.missing = 1", false),
        ("configuration.missing <> 1", true), ("NOT configuration.missing = 1", true),
        // Each condition holds for some element, and not both for the same.
        ("configuration.list.name = 'x' AND configuration.list.on = false", true),
        ("tags.key = 'team' AND tags.value = 'prod'", true), ("tags.key IN ('nobody', 'stage')", true),
        ("tags.key NOT IN ('team')", false), ("supplementaryConfiguration.Policy IS NULL", true),
        ("supplementaryConfiguration.Ranges IS NOT NULL", true),
        ("supplementaryConfiguration.Ranges = '10.1.2.3'", true),
        ("supplementaryConfiguration.Ranges = '10.1.0.0/16'", true),
        ("supplementaryConfiguration.Ranges = '11.0.0.1'", false),
        ("(resourceId = 'a' OR resourceId = 'logs') AND NOT (version = '1.2')", true),
        ("resourceId = 'it''s'", false), ("\"resourceId\" = 'logs'", true),
    ])
    func conditions(_ condition: String, _ expected: Bool) throws {
        let query = try ConfigQuery("select resourceId where \(condition)")
        #expect(query.matches(try json(bucket)) == expected)
    }

    @Test(arguments: [
        (
            "SELECT *",
            #"{"accountId":"111122223333","resourceId":"logs","resourceName":"logs","#
                + #""resourceType":"AWS::S3::Bucket","version":"1.3"}"#
        ),
        ("SELECT resourceId, configuration.size", #"{"resourceId":"logs","configuration":{"size":12}}"#),
        ("SELECT configuration.list.name", #"{"configuration":{"list":[{"name":"x"},{"name":"y"}]}}"#),
        (
            "SELECT configuration.list.on, configuration.list.name, configuration.none",
            #"{"configuration":{"list":[{"on":true,"name":"x"},{"on":false,"name":"y"}]}}"#
        ),
        (
            "SELECT tags WHERE version = '1.3'",
            #"{"tags":[{"key":"team","value":"a"},{"key":"stage","value":"prod"}]}"#
        ),
        ("SELECT nothing.at.all", "{}"),
    ])
    func projections(_ statement: String, _ expected: String) throws {
        #expect(text(try ConfigQuery(statement).projection(of: try json(bucket))) == expected)
    }

    @Test func aggregations() throws {
        let items = try [
            #"{"type": "a", "size": 1, "zones": ["x", "y"]}"#, #"{"type": "b", "size": 2.5, "zones": ["x"]}"#,
            #"{"type": "a", "size": 4}"#, #"{"type": "a", "zones": []}"#,
        ].map(json)
        func results(_ statement: String) throws -> [String] {
            let query = try ConfigQuery(statement)
            var aggregation = ConfigAggregation(query)
            for item in items where query.matches(item) { try aggregation.add(item) }
            return aggregation.results().map(text)
        }
        #expect(
            try results("SELECT type, COUNT(*), SUM(size), AVG(size) GROUP BY type ORDER BY COUNT(*) DESC") == [
                #"{"type":"a","COUNT(*)":3,"SUM(size)":5,"AVG(size)":2.5}"#,
                #"{"type":"b","COUNT(*)":1,"SUM(size)":2.5,"AVG(size)":2.5}"#,
            ])
        #expect(
            try results("SELECT zones, COUNT(size), MAX(size) GROUP BY zones") == [
                #"{"zones":"x","COUNT(size)":2,"MAX(size)":2.5}"#, #"{"zones":"y","COUNT(size)":1,"MAX(size)":1}"#,
                #"{"COUNT(size)":1,"MAX(size)":4}"#,
            ])
        #expect(try results("SELECT COUNT(*), MIN(type) WHERE type = 'none'") == [#"{"COUNT(*)":0}"#])
    }

    /// Two long arrays have more pairs than there is room for; and each element counts once in each group.
    @Test func groupsOfLongArrays() throws {
        let list = (0..<10_000).map { String($0) }.joined(separator: ",")
        let item = try json("{\"a\": [\(list)], \"b\": [\(list)]}")
        var pairs = ConfigAggregation(try ConfigQuery("SELECT COUNT(*) GROUP BY a, b"))
        #expect(throws: ConfigQueryError.self) { try pairs.add(item) }
        var single = ConfigAggregation(try ConfigQuery("SELECT COUNT(b), SUM(b) GROUP BY a"))
        try single.add(item)
        let results = single.results()
        #expect(results.count == 10_000)
        #expect(results.first.map(text) == #"{"COUNT(b)":10000,"SUM(b)":49995000}"#)
    }

    @Test(arguments: [
        ("", 1, 1), ("SELECT", 1, 7), ("SELECT resourceId WHERE", 1, 24), ("SELECT a WHERE b = 'x' c = 'y'", 1, 24),
        ("SELECT a\nWHERE b == 1", 2, 10), ("SELECT a WHERE b = 'x", 1, 20), ("SELECT a; DROP", 1, 9),
        ("SELECT a WHERE (b = 1", 1, 22), ("SELECT a LIMIT -1", 1, 16), ("SELECT a WHERE b IN ()", 1, 22),
    ])
    func syntaxErrors(_ statement: String, _ line: Int, _ column: Int) {
        #expect(throws: (any Error).self) { try ConfigQuery(statement) }
        do { _ = try ConfigQuery(statement) } catch {
            #expect(error.message == "syntax error at line \(line), column \(column)")
        }
    }

    @Test(arguments: [
        "SELECT a FROM b", "SELECT DISTINCT a", "SELECT a AS b", "SELECT a, COUNT(*)", "SELECT a GROUP BY b",
        "SELECT COUNT(*) GROUP BY a, b, a",
        "SELECT COUNT(*) GROUP BY a, b, c, d", "SELECT * GROUP BY a", "SELECT MAX(*)",
        "SELECT a WHERE b LIKE '%x'", "SELECT a WHERE b LIKE 'ab%'", "SELECT a WHERE b = NULL",
        "SELECT a, b, COUNT(*) GROUP BY a, b ORDER BY COUNT(*)", "SELECT a ORDER BY COUNT(*)",
    ])
    func whatIsNotSupported(_ statement: String) {
        #expect(throws: ConfigQueryError.self) { try ConfigQuery(statement) }
    }

    @Test func deepNestingIsRefused() {
        let open = String(repeating: "(", count: 5_000)
        #expect(throws: ConfigQueryError.self) { try ConfigQuery("SELECT a WHERE \(open)") }
        let nots = String(repeating: "NOT ", count: 5_000)
        #expect(throws: Never.self) { try ConfigQuery("SELECT a WHERE \(nots)a = 1") }
    }

    @Test func valuesThatNarrow() throws {
        func types(_ condition: String) throws -> Set<String>? {
            try ConfigQuery("SELECT a WHERE \(condition)").values(of: "resourceType")
        }
        #expect(try types("resourceType = 'a' AND b = 1") == ["a"])
        #expect(try types("resourceType IN ('a', 'b') AND resourceType = 'b'") == ["b"])
        #expect(try types("resourceType = 'a' OR resourceType = 'b'") == ["a", "b"])
        #expect(try types("resourceType = 'a' OR b = 1") == nil)
        #expect(try types("NOT resourceType = 'a'") == nil)
    }
}
