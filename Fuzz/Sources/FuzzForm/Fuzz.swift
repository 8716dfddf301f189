import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a form whose boundary is `x`, behind a byte that says in what pieces it comes. However it is cut, the same must
/// come of it.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let form = Array(bytes.dropFirst())
    precondition(taken(form, form.count) == taken(form, Int(first % 32) + 1), "it matters how a form is cut")
    return 0
}

private struct Taken: Equatable {
    var fields: [String] = []
    var content: [UInt8] = []
    var ends: [String] = []
}

/// What comes of a form that comes in pieces of a size; nil if it is refused.
private func taken(_ form: [UInt8], _ size: Int) -> Taken? {
    guard var parser = try? MultipartFormParser(contentType: "multipart/form-data; boundary=x") else {
        fatalError("no parser")
    }
    var (taken, rest) = (Taken(), form[...])
    do {
        repeat {
            let piece = rest.prefix(max(size, 1))
            rest = rest.dropFirst(piece.count)
            parser.take(Array(piece))
            while let event = try parser.next() {
                switch event {
                case .field(let name, let value): taken.fields.append("\(name)=\(value)")
                case .file(let name, let type): taken.fields.append("file \(name) \(type ?? "")")
                case .content(let bytes):
                    precondition(!bytes.isEmpty)
                    taken.content += bytes
                case .fileEnd: taken.ends.append("file")
                case .end: taken.ends.append("form")
                }
            }
        } while !rest.isEmpty
        return taken
    } catch {
        return nil
    }
}
