import CLDNS
import Dispatch

/// A name server, by its IP address.
public struct NameServer: Sendable, Hashable {
    let address: String
    let port: UInt16

    /// Seconds until a server counts as silent; it is asked twice.
    private static let patience = 3
    private static let queue = DispatchQueue(label: "gatehouse.name-server", attributes: .concurrent)

    /// Reads `127.0.0.1:53`, `[::1]:53` or `192.0.2.1`, whose port is 53; nil for anything else.
    public init?(_ text: String) {
        let parts = text.wholeMatch(of: /(\[([0-9a-fA-F:.]+)\]|([0-9.]+))(:([0-9]{1,5}))?/)
        guard let parts, let address = parts.2 ?? parts.3, let port = UInt16(parts.5 ?? "53"), port > 0 else {
            return nil
        }
        self.address = String(address)
        self.port = port
    }

    /// The records of a name, which are none where there is no such name.
    /// - Throws: ``DomainProblem`` for a server that does not answer, or can't.
    func records(of name: String, _ kind: DomainRecord.Kind) async throws(DomainProblem) -> [DomainRecord] {
        let result: Result<[DomainRecord], DomainProblem> = await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: ask(name, kind)) }
        }
        return try result.get()
    }

    private func ask(_ name: String, _ kind: DomainRecord.Kind) -> Result<[DomainRecord], DomainProblem> {
        var code: Int32 = 0
        let (found, reason) = ReadRecords.reason {
            dns_ask(address, port, name + ".", kind.rawValue, Self.patience, &code, $0, $1)
        }
        guard let found else { return .failure(DomainProblem("The name server \(self) did not answer: \(reason).")) }
        let records = ReadRecords.taken(found)
        guard code == 0 || code == 3 else {
            return .failure(DomainProblem("The name server \(self) answered \(name) with code \(code)."))
        }
        return .success(Self.answers(records, to: plainName(name), kind))
    }

    /// The most aliases that are followed one after another.
    private static let mostAliases = 8

    /// What of an answer is to a question. Servers follow aliases, and answer with those before the record that they lead to;
    /// what else they say is nobody's business.
    static func answers(_ records: [DomainRecord], to name: String, _ kind: DomainRecord.Kind) -> [DomainRecord] {
        var name = name
        for _ in 0...mostAliases {
            let found = records.filter { $0.name == name && $0.kind == kind }
            guard found.isEmpty, kind != .alias else { return found }
            guard case .alias(let target)? = records.first(where: { $0.name == name && $0.kind == .alias })?.value
            else { return [] }
            name = target
        }
        return []
    }
}

extension NameServer: CustomStringConvertible {
    /// `127.0.0.1:53`
    public var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
