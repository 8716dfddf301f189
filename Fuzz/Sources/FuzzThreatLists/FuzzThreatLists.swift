import FuzzDriver
import ThreatDetection

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The first byte says in which format the rest is a list, and in how large pieces it comes. Nothing traps, and the pieces change nothing.
/// The rest is looked at as a recorded call, too.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let formats: [ListReader.Format] = [.plain, .stix, .otx, .alienVault, .proofPoint, .fireEye]
    let format = formats[Int(first) % formats.count]
    let rest = Array(bytes.dropFirst())
    let whole = read(rest, format, pieces: rest.count + 1)
    precondition(whole == read(rest, format, pieces: Int(first) / formats.count + 1), "pieces make another list")
    precondition(whole.map { $0.count <= 100 && !$0.isEmpty } ?? true, "more entries than a list may have, or none")
    guard let call = ObservedCall(record: rest) else { return 0 }
    var account = AccountMemory(began: 0)
    var actor = ActorMemory(began: 0)
    for detection in Detector.examine(call, &account, &actor, Surroundings()) {
        precondition(FindingType.named(detection.type.name) != nil, "a type that nobody knows")
    }
    return 0
}

/// nil: it is no list.
func read(_ bytes: [UInt8], _ format: ListReader.Format, pieces: Int) -> [String]? {
    var reader = ListReader(format, most: 100)
    do {
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try reader.read(bytes[start..<min(start + pieces, bytes.count)])
        }
        return try reader.finish().map(\.description)
    } catch {
        return nil
    }
}
