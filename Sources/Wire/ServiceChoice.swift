/// Which of several services that share a signing name a request is for.
///
/// The protocol and the operation tell most apart: the target, a form's version, the path. Where several have the same
/// operation, the host does: `models-v2-lex.us-east-1.amazonaws.com` is `lexv2-models`, and not `lex-models`. Services of one
/// endpoint whose operation has one name are the same to AWS as well, such as `greengrass` and `greengrassv2`.
public enum ServiceChoice: Sendable, Equatable {
    /// The place of the service among those that were asked about.
    case service(Int)
    /// These have such an operation, by their ids, and the request does not say which of them it is for.
    case ambiguous([String])
    /// None of them has.
    case none

    /// A service, and the operation that a request would be if it were for that one.
    public typealias Candidate = (service: ServiceShape, operation: OperationShape?)

    /// - Parameters:
    ///   - candidates: the service that is to be taken where it makes no difference comes first.
    ///   - request: its headers count.
    /// - Complexity: linear in the number of candidates.
    public init(among candidates: [Candidate], _ request: WireRequest) {
        var found: [Found] = []
        for (place, candidate) in candidates.enumerated() {
            guard let operation = candidate.operation, Self.hasLabels(of: operation, request) else { continue }
            found.append(Found(place, candidate.service, operation))
        }
        guard let first = found.first else {
            self = .none
            return
        }
        if found.contains(where: { !$0.isSame(as: first) }), let host = request.header("host") {
            let labels = host.prefix { $0 != ":" }.lowercased().split(separator: ".")
            let named = found.filter { $0.isNamed(by: labels) }
            // streams.dynamodb is no dynamodb.
            let most = named.map(\.labels.count).max() ?? 0
            if most > 0 { found = named.filter { $0.labels.count == most } }
        }
        let chosen = found[0]
        self =
            found.allSatisfy { $0.isSame(as: chosen) }
            ? .service(chosen.place) : .ambiguous(found.map { candidates[$0.place].service.id })
    }

    /// Why the request can't be passed on; nil: it can.
    public var problem: ServiceError? {
        guard case .ambiguous(let ids) = self else { return nil }
        return .ambiguous(
            "\(ids.joined(separator: " and ")) have such an operation. Name the endpoint of the one that is meant by the host, "
                + "or let only one of them be passed on")
    }

    /// An operation whose host has a label that a header has as well is known by that header.
    private static func hasLabels(of operation: OperationShape, _ request: WireRequest) -> Bool {
        (operation.input?.members ?? []).allSatisfy { member in
            !member.isHostLabel || member.location != .header || request.header(member.headerName) != nil
        }
    }

    private struct Found {
        let place: Int
        let name: String
        /// Of the operation's endpoint: `models.lex`.
        let labels: [Substring]

        init(_ place: Int, _ service: ServiceShape, _ operation: OperationShape) {
            self.place = place
            name = operation.name
            let prefix = operation.hostPrefix.map { $0.contains("{") ? "" : $0 } ?? ""
            labels = (prefix + service.endpointPrefix).split(separator: ".")
        }

        /// Whether AWS has one operation for both.
        func isSame(as other: Found) -> Bool { name == other.name && labels == other.labels }

        func isNamed(by host: [Substring]) -> Bool {
            labels.allSatisfy { label in host.contains { $0 == label || $0 == label + "-fips" } }
        }
    }
}
