import NIOCore

/// How the end of a body is known.
enum BodyFraming: Equatable {
    /// There is no body.
    case none
    case length(Int)
    case chunked
    /// It ends with the connection.
    case untilClose
}

/// Reads a body from a connection.
struct BodyReader {
    private enum State {
        case rest(Int)
        case chunks(ChunkReader)
        case all
        case done
    }

    private var state: State

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: state = .done
        case .length(let length): state = length == 0 ? .done : .rest(length)
        case .chunked: state = .chunks(ChunkReader())
        case .untilClose: state = .all
        }
    }

    /// Whether the body has come to its end.
    var isAtEnd: Bool { if case .done = state { true } else { false } }

    /// Takes the next piece of the body.
    /// - Returns: nil: there is none at the moment, or never again.
    /// - Throws: for a chunk that is none.
    mutating func next(_ buffer: inout ByteBuffer) throws(Refusal) -> ByteBuffer? {
        switch state {
        case .done: return nil
        case .all:
            guard buffer.readableBytes > 0 else { return nil }
            return buffer.readSlice(length: buffer.readableBytes)
        case .rest(let rest):
            let count = min(rest, buffer.readableBytes)
            guard count > 0, let piece = buffer.readSlice(length: count) else { return nil }
            state = count == rest ? .done : .rest(rest - count)
            return piece
        case .chunks(var reader):
            let piece = try reader.next(&buffer)
            state = reader.isAtEnd ? .done : .chunks(reader)
            return piece
        }
    }

    /// Says that the connection has come to its end.
    /// - Returns: whether that is the body's, too.
    mutating func finish() -> Bool {
        switch state {
        case .all, .done:
            state = .done
            return true
        case .rest, .chunks: return false
        }
    }
}

/// Reads a body that comes in chunks (RFC 9112, section 7.1), without forbearance. Extensions and trailers are read and left
/// out.
struct ChunkReader {
    private enum State {
        /// Digits of a size, and how many there were.
        case size(Int, digits: Int)
        case extensions(size: Int, count: Int)
        case sizeEnd(Int)
        case data(Int)
        case dataEnd, dataLineFeed
        case trailer
        case done
    }

    private var state = State.size(0, digits: 0)
    /// The line of a trailer as far as it is there, and the bytes of all of them.
    private var (line, trailers): ([UInt8], Int) = ([], 0)

    /// The most bytes of extensions that a chunk may have, and of all trailers.
    private static let (mostExtensions, mostTrailers) = (256, 8192)

    var isAtEnd: Bool { if case .done = state { true } else { false } }

    mutating func next(_ buffer: inout ByteBuffer) throws(Refusal) -> ByteBuffer? {
        while true {
            if case .data(let rest) = state {
                let count = min(rest, buffer.readableBytes)
                guard count > 0, let piece = buffer.readSlice(length: count) else { return nil }
                state = count == rest ? .dataEnd : .data(rest - count)
                return piece
            }
            if case .done = state { return nil }
            guard let byte = buffer.readInteger(as: UInt8.self) else { return nil }
            try read(byte)
        }
    }

    private mutating func read(_ byte: UInt8) throws(Refusal) {
        switch state {
        case .size(let size, let digits):
            if let digit = byte.hexadecimalDigit {
                // So many digits are far from an overflow.
                guard digits < 15 else { throw .malformed("a chunk's size is too long") }
                state = .size(size << 4 | digit, digits: digits + 1)
            } else if digits > 0, byte == .cr {
                state = .sizeEnd(size)
            } else if digits > 0, byte == UInt8(ascii: ";") {
                state = .extensions(size: size, count: 0)
            } else {
                throw .malformed("a chunk's size is none")
            }
        case .extensions(let size, let count):
            if byte == .cr {
                state = .sizeEnd(size)
            } else {
                guard count < Self.mostExtensions, byte.isOfFieldValue else {
                    throw .malformed("a chunk's extension is none")
                }
                state = .extensions(size: size, count: count + 1)
            }
        case .sizeEnd(let size):
            guard byte == .lf else { throw .malformed("a chunk's size has no end of line after it") }
            state = size == 0 ? .trailer : .data(size)
        case .dataEnd:
            guard byte == .cr else { throw .malformed("a chunk is longer than its size") }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lf else { throw .malformed("a chunk has no end of line after it") }
            state = .size(0, digits: 0)
        case .trailer:
            guard trailers < Self.mostTrailers else { throw .malformed("trailers are too long") }
            trailers += 1
            line.append(byte)
            if byte == .lf { try endTrailer() }
        case .data, .done: break
        }
    }

    private mutating func endTrailer() throws(Refusal) {
        guard line.count >= 2, line[line.count - 2] == .cr else {
            throw .malformed("a trailer ends in a line feed alone")
        }
        if line.count == 2 {
            state = .done
        } else {
            var fields = Fields(line)
            try fields.read(0..<line.count - 2)
        }
        line = []
    }
}
