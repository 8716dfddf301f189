import LogPatterns
import Testing

/// What the documentation of log patterns shows.
struct LogExamples {
    @Test func matching() throws {
        let pattern = try FilterPattern(#"{ $.eventName = "Delete*" && $.errorCode NOT EXISTS }"#)
        let isMatch = pattern.matches(#"{"eventName":"DeleteTrail"}"#)

        #expect(isMatch)
    }

    @Test func fieldsOfEvents() throws {
        let field = try EventField("$.latency", of: FilterPattern("{ $.latency > 500 }"))
        var message = LogMessage(#"{"latency":750}"#)
        let value = field.value(in: &message)

        #expect(value == "750")
    }
}
