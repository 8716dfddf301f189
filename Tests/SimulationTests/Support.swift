import Wire

@testable import Simulation

/// Answers the lines of a text, given in pieces of so many bytes.
func answers(_ text: String, inPiecesOf size: Int = .max) -> [JSONValue] {
    var lines = JSONLines()
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        lines.take(rest.prefix(size), answeringInto: &output)
        rest = rest.dropFirst(size)
    }
    lines.finish(answeringInto: &output)
    return output.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Array($0)) }
}

extension JSONValue {
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

let alice = "arn:aws:iam::111122223333:user/alice"

/// A case of alice's, with its further members written out.
func aliceCase(
    action: String = "s3:GetObject", on resource: String = "arn:aws:s3:::b/k", context: String = "{}",
    _ more: String...
) -> String {
    let request =
        #"{"principal":"\#(alice)","action":"\#(action)","resource":"\#(resource)","context":\#(context)}"#
    return "{" + ([#""id":1,"request":\#(request)"#] + more).joined(separator: ",") + "}"
}

func allow(_ action: String, _ resource: String = "*", _ more: String = "") -> String {
    #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"\#(action)","Resource":"\#(resource)"\#(more)}}"#
}
