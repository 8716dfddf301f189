import Mapping
import Testing
import Wire

/// Keys as CreateTable and DescribeTable tell of them.
struct TableKeysTests {
    @Test("The input of CreateTable")
    func createTable() throws {
        let input = try dynamoDBInput(
            "CreateTable",
            """
            {"TableName":"T","KeySchema":[{"AttributeName":"s","KeyType":"RANGE"},{"AttributeName":"p","KeyType":"HASH"}],
            "GlobalSecondaryIndexes":[{"IndexName":"G","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},
            {"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}]}],
            "LocalSecondaryIndexes":[{"IndexName":"L","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},
            {"AttributeName":"x","KeyType":"RANGE"}]}]}
            """)
        let keys = TableKeys(
            partition: "p", sort: "s",
            indexes: [
                "G": TableKeys.Key(partition: ["a", "b"], sort: ["c"]),
                "L": TableKeys.Key(partition: ["p"], sort: ["x"]),
            ])
        #expect(TableKeys(describing: input) == keys)
        // The same, as outputs have it.
        let description = try #require(try dynamoDB("DescribeTable").operation.output)
        var output = Structure(description)
        guard case .structure(let table)? = description.members.first?.shape else {
            Issue.record("DescribeTable has no Table")
            return
        }
        var told = Structure(table)
        for member in ["KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"] { told[member] = input[member] }
        output["Table"] = .structure(told)
        #expect(TableKeys(describing: output) == keys)
    }

    @Test(
        "What says nothing of keys, or contradicts itself, is no table",
        arguments: [
            "{}", #"{"KeySchema":[]}"#, #"{"KeySchema":[{"AttributeName":"s","KeyType":"RANGE"}]}"#,
            #"{"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"p","KeyType":"RANGE"}]}"#,
            #"{"KeySchema":[{"AttributeName":"p","KeyType":"hash"}]}"#, #"{"KeySchema":[{"AttributeName":"p"}]}"#,
            #"{"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"G"}]}"#,
            #"{"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"G","KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]}],"LocalSecondaryIndexes":[{"IndexName":"G","KeySchema":[{"AttributeName":"q","KeyType":"HASH"}]}]}"#,
        ])
    func nothing(_ input: String) throws {
        #expect(TableKeys(describing: try dynamoDBInput("CreateTable", input)) == nil)
    }

    @Test("What the documentation shows")
    func example() throws {
        let description = try dynamoDBInput(
            "CreateTable",
            """
            {"KeySchema":[{"AttributeName":"UserId","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"ByGame",
            "KeySchema":[{"AttributeName":"GameTitle","KeyType":"HASH"}]}]}
            """)
        let keys = TableKeys(describing: description)
        let leading = keys?.primary.partition  // ["UserId"]
        let ofIndex = keys?.indexes["ByGame"]?.partition  // ["GameTitle"]
        #expect(leading == ["UserId"])
        #expect(ofIndex == ["GameTitle"])
    }
}
