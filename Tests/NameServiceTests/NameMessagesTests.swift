import Testing

@testable import NameService

/// A question as clients send it.
private func question(
    _ name: String, type: UInt16 = 1, class: UInt8 = 1, flags: [UInt8] = [0x01, 0x00], additional: [UInt8] = []
) -> [UInt8] {
    var bytes: [UInt8] = [0xAB, 0xCD] + flags + [0, 1, 0, 0, 0, 0, 0, additional.isEmpty ? 0 : 1]
    for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    return bytes + [0, UInt8(type >> 8), UInt8(type & 0xFF), 0, `class`] + additional
}

/// The bytes that tell of EDNS, and that answers of 4,096 bytes are taken.
private let extended: [UInt8] = [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]

private func reply(_ bytes: [UInt8], isDatagram: Bool = true, _ answer: NameAnswer? = .records([])) -> [UInt8]? {
    NameMessages.reply(to: bytes, isDatagram: isDatagram) { _ in answer }
}

@Suite struct NameMessagesTests {
    @Test func aQuestionIsReadAndAnswered() {
        var asked: NameQuestion?
        let bytes = NameMessages.reply(to: question("IP-10-0-0-7.ec2.internal"), isDatagram: true) {
            asked = $0
            return .records([.address("10.0.0.7")])
        }
        #expect(asked == NameQuestion(name: "ip-10-0-0-7.ec2.internal", type: 1))
        // The number and the name as they came; an answer, and recursion if that is asked for.
        #expect(bytes?.prefix(12) == [0xAB, 0xCD, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
        #expect(bytes?.dropFirst(13).starts(with: Array("IP-10-0-0-7".utf8)) == true)
        #expect(bytes?.suffix(4) == [10, 0, 0, 7])
    }

    @Test(arguments: [(NameAnswer.records([]), UInt8(0)), (.noSuchName, 3), (.refused, 5)])
    func codesTellWhatThereIs(_ answer: NameAnswer, _ code: UInt8) {
        let bytes = reply(question("a.example", type: 28), answer)
        #expect(bytes?[3] == 0x80 | code)
        #expect(bytes?[7] == 0)
    }

    @Test func namesAreAnsweredForAddresses() {
        let bytes = reply(question("7.0.0.10.in-addr.arpa", type: 12), .records([.pointer("ip-10-0-0-7.ec2.internal")]))
        #expect(bytes?[7] == 1)
        #expect(bytes?.contains(UInt8(ascii: "-")) == true)
    }

    @Test func whoKnowsOfExtensionsIsToldThem() {
        let bytes = reply(question("a.example", additional: extended))
        #expect(bytes?[11] == 1)
        // 1,232 bytes.
        #expect(bytes?.suffix(11).starts(with: [0, 0, 41, 0x04, 0xD0]) == true)
    }

    @Test func whatIsTooLongIsCutOff() {
        let many = NameAnswer.records((0..<100).map { .address("10.0.0.\($0)") })
        let cut = reply(question("a.example"), many)
        #expect((cut?.count ?? 0) <= 512)
        #expect((cut?[2] ?? 0) & 0x02 == 0x02)
        #expect((reply(question("a.example"), isDatagram: false, many)?.count ?? 0) > 1600)
    }

    @Test func whatIsNoQuestionForNamesIsToldSo() {
        // A status query, another class, two questions, an answer, and no header at all.
        #expect(reply(question("a.example", flags: [0x10, 0]))?[3] == 0x84)
        #expect(reply(question("version.bind", type: 16, class: 3))?[3] == 0x85)
        var two = question("a.example")
        two[5] = 2
        #expect(reply(two)?[3] == 0x81)
        #expect(reply(question("a.example", flags: [0x80, 0])) == nil)
        #expect(reply([]) == nil)
        #expect(reply(Array(question("a.example").prefix(11))) == nil)
        #expect(reply(question("a.example"), nil) == nil)
    }

    @Test func hostilePacketsAreAnsweredOrNot() {
        // A name that goes round in a circle, one behind the end, and labels that are none.
        for name: [UInt8] in [[0xC0, 0x0C], [0xC0, 0xFF], [0x3F], [0x80, 1], [0xC0], [1, 0x5C, 0xC0, 0x0C]] {
            let bytes: [UInt8] = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1]
            #expect((reply(bytes)?.count ?? 0) <= 512)
        }
        var generator = SystemRandomNumberGenerator()
        let whole = question("ip-10-0-0-7.ec2.internal", additional: extended)
        for end in 0...whole.count { #expect((reply(Array(whole.prefix(end)))?.count ?? 0) <= 512) }
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 4..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            #expect((reply(bytes, .records([.address("10.0.0.7")]))?.count ?? 0) <= 1232)
        }
    }
}
