import FuzzDriver
import Simulation

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is what `simulate --json-lines` reads. Each line that is not blank gets one answer, however the stream is
/// cut into pieces.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let lineFeed = UInt8(ascii: "\n")
    var lines = JSONLines()
    var answers: [UInt8] = []
    lines.take(bytes[..<(count / 2)], answeringInto: &answers)
    lines.take(bytes[(count / 2)...], answeringInto: &answers)
    lines.finish(answeringInto: &answers)
    let asked = bytes.split(separator: lineFeed).count { line in line.contains { $0 > 0x20 } }
    precondition(answers.count { $0 == lineFeed } == asked)
    return 0
}
