import Bodies
import FoundationEssentials

extension ObjectVersion {
    /// Where the bytes are: in the store of bodies, in the row, or the first of them there and the last here.
    struct Content: Sendable, Equatable {
        /// In the store of bodies: one, or the parts of an upload in their order.
        var bodies: [StoredBody] = []
        /// In the row: all bytes of a small object, or those of an upload's last part, if that is small.
        var rest: Rest?

        enum Rest: Sendable, Equatable, Codable {
            /// As they are, since the row has a seal.
            case plain(Data)
            /// Sealed by the client's key or a data key of KMS.
            case sealed(StoredBody, Data)

            /// Bytes of plaintext.
            var length: Int {
                switch self {
                case .plain(let bytes): bytes.count
                case .sealed(let body, _): body.length
                }
            }
        }
    }
}

extension ObjectVersion.Content: Codable {
    private enum CodingKeys: String, CodingKey {
        case stored, rest
    }

    /// As it was until version 0.2.
    private enum Before: Decodable {
        case beside(StoredBody, sealed: Data)
        case bodies([StoredBody])
        case bodiesAnd([StoredBody], StoredBody, sealed: Data)
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        if members.contains(.stored) {
            self.init(
                bodies: try members.decode([StoredBody].self, forKey: .stored),
                rest: try members.decodeIfPresent(Rest.self, forKey: .rest))
            return
        }
        switch try Before(from: decoder) {
        case .beside(let body, let sealed): self.init(rest: .sealed(body, sealed))
        case .bodies(let bodies): self.init(bodies: bodies)
        case .bodiesAnd(let bodies, let last, let sealed): self.init(bodies: bodies, rest: .sealed(last, sealed))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(bodies, forKey: .stored)
        try members.encodeIfPresent(rest, forKey: .rest)
    }
}
