import FuzzDriver
import NameService

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a packet that asks a name server. Nothing traps; what is answered is a packet with the number of the question, which says
/// that it is an answer, and by UDP it is no longer than any network takes.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let records = (0..<40).map { NameRecord.address("10.0.0.\($0)") } + [.pointer("ip-10-0-0-7.ec2.internal")]
    for answer: NameAnswer in [.records([]), .records(records), .noSuchName, .refused] {
        for isDatagram in [true, false] {
            guard let reply = NameMessages.reply(to: bytes, isDatagram: isDatagram, { _ in answer }) else { continue }
            precondition(reply.count >= 12 && reply[..<2] == bytes[..<2] && reply[2] & 0x80 != 0, "no answer")
            precondition(!isDatagram || reply.count <= 1232, "\(reply.count) bytes are too long")
        }
    }
    return 0
}
