import IAMAPI
import Testing

@testable import Wire

/// A list that is made while it is written is the same list.
@Suite struct LazyListTests {
    private let names = ["alice", "b<o>b & \"co\"", "çelik"]

    private func user(_ name: String) -> IAM.User {
        IAM.User {
            $0.userName = name
            $0.path = "/"
            $0.createDate = Timestamp(secondsSinceEpoch: 1_795_226_584)
            $0.tags = [IAM.Tag(key: "team", value: name)]
        }
    }

    @Test(arguments: ProtocolName.allCases) func everyProtocolWritesIt(name: ProtocolName) {
        for count in 0...names.count {
            let names = Array(names.prefix(count))
            let whole = IAM.ListUsers.Output(names.map(user), next: "m")
            let lazy = IAM.ListUsers.Output(LazyList(names, user), next: "m")
            let answers = [whole, lazy].map {
                name.wireProtocol.encode($0.structure, of: IAM.ListUsers.shape, of: IAM.service, requestID: "r").body
            }
            #expect(answers[0] == answers[1])
        }
    }

    @Test func aViewReadsIt() {
        let output = IAM.ListUsers.Output(LazyList(names, user), next: nil)
        #expect(output.users.map(\.userName) == names)
        #expect(output.isTruncated == false)
        #expect(output.structure["Users"].flatMap { [String]($0) } == nil)
    }

    @Test func eventsShowIt() {
        func event(_ output: IAM.ListUsers.Output, _ secrets: Secrets = Secrets(["Path"])) -> String {
            var writer = JSONWriter()
            writeCloudTrailJSON(output.structure, to: &writer, secrets)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        let whole = IAM.ListUsers.Output(names.map(user), next: nil)
        let lazy = IAM.ListUsers.Output(LazyList(names, user), next: nil)
        #expect(event(lazy) == event(whole))
        let secrets = Secrets(["UserName"], kept: [])
        #expect(event(lazy, secrets) == event(whole, secrets))
        #expect(!event(lazy, secrets).contains("userName"))
    }
}

@Suite struct XMLTextTests {
    /// Eight bytes are looked at at once: each character is found wherever it stands among others.
    @Test func eachCharacterIsEscapedWhereverItStands() {
        let marks = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "\r": "&#xD;", "\u{1}": "\u{FFFD}"]
        let plain = ["\n", "\u{7F}", "!", "#", "$", "%", "'", ";", "=", "?", " ", "~", "é", "\u{1F511}"]
        let pairs = Array(marks) + plain.map { (key: $0, value: $0) }
        for (mark, escaped) in pairs {
            for before in 0..<10 {
                for after in 0..<10 {
                    var writer = XMLWriter()
                    let (left, right) = (String(repeating: "a", count: before), String(repeating: "z", count: after))
                    writer.text(left + mark + right)
                    #expect(String(decoding: writer.bytes, as: UTF8.self) == left + escaped + right)
                }
            }
        }
    }
}
