import FuzzDriver
import LakeQuery

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a statement of CloudTrail Lake. What is understood is run over two events, within limits; whatever it asks, it
/// must end, and can come to no more than that.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let statement = try? LakeStatement(text, now: 1_764_402_119_000) else { return 0 }
    precondition(Set(statement.stores).count == statement.stores.count, "an event data store is there twice")
    guard let sandbox = try? QuerySandbox(statement, limits: limits) else { return 0 }
    for store in statement.stores {
        for event in events { _ = try? sandbox.insert(Array(event.utf8), into: store) }
    }
    guard let result = try? sandbox.run(isCancelled: { false }) else { return 0 }
    precondition(result.rows.count <= limits.rows, "more rows than may be")
    precondition(result.rows.allSatisfy { $0.count == result.columns.count }, "a row has other columns")
    return 0
}

private let limits: QueryLimits = {
    var limits = QueryLimits()
    (limits.seconds, limits.memory, limits.steps, limits.rows, limits.bytes) = (1, 1 << 20, 200_000, 100, 1 << 20)
    return limits
}()

private let events = [
    #"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/a","sessionContext":"#
        + #"{"attributes":{"mfaAuthenticated":"true"}}},"eventTime":"2026-11-29T07:00:01Z","eventSource":"iam.amazonaws.com","#
        + #""eventName":"CreateUser","readOnly":false,"requestParameters":{"userName":"b","tags":[{"key":"c"}],"n":7},"#
        + #""resources":[{"ARN":"arn:a","type":"T"}],"eventID":"1"}"#,
    #"{"eventTime":"2026-11-29T07:00:02Z","eventName":null,"errorCode":"AccessDenied","eventData":{"eventName":"x"}}"#,
]
