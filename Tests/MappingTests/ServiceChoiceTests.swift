import Mapping
import Testing

@testable import Wire

/// Services that share a signing name: no request of one may be taken for another's.
struct ServiceChoiceTests {
    private struct Named {
        let service: ServiceShape
        /// As AWS calls its endpoint: with what an operation puts in front of it.
        let endpoint: String
        let operation: OperationShape
    }

    /// A request of an operation, as far as it says what it is for.
    private func sample(_ operation: OperationShape, of service: ServiceShape, host: String) -> WireRequest {
        var request = WireRequest(method: operation.httpMethod, headers: [("Host", host)])
        switch service.wireProtocols.first {
        case is CBORProtocol:
            request.path = "/service/\(service.rpcName)/operation/\(operation.name)"
            request.headers.append(("smithy-protocol", "rpc-v2-cbor"))
        case is JSONProtocol:
            request.headers.append(("X-Amz-Target", "\(service.targetPrefix ?? "").\(operation.name)"))
        case is QueryProtocol, is EC2Protocol:
            request.headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            request.body = Array("Action=\(operation.name)&Version=\(service.apiVersion)".utf8)
        default:
            let template = operation.uriTemplate
            let segments = (template?.segments ?? []).map { segment in
                switch segment {
                case .literal(let text): text
                case .label(let name): "\(name)1"
                case .greedy(let name): "\(name)1/b"
                }
            }
            request.path = "/" + segments.joined(separator: "/")
            var query = (template?.query ?? []).map { $0.name + ($0.value.map { "=\($0)" } ?? "") }
            for member in operation.input?.members ?? [] where member.isRequired {
                if member.location == .query { query.append("\(member.wireName)=x") }
                if member.location == .header { request.headers.append((member.wireName, "x")) }
            }
            request.query = query.joined(separator: "&")
        }
        return request
    }

    private func choose(_ request: WireRequest, among services: [ServiceShape]) -> ServiceChoice {
        ServiceChoice(
            among: services.map { service in
                let name = try? service.wireProtocol(of: request).operationName(of: request, for: service)
                return (service, name.flatMap { service.operation(named: $0) })
            }, request)
    }

    private func endpoint(_ operation: OperationShape, of service: ServiceShape) -> String {
        let prefix = operation.hostPrefix.map { $0.contains("{") ? "" : $0 } ?? ""
        return prefix + service.endpointPrefix
    }

    /// All services that share a name with another: 30 names, some 3,000 operations.
    @Test(
        "An operation is its own service's, or nobody's", arguments: ["{}.us-east-1.amazonaws.com", "localhost:4566"])
    func everyPair(host: String) throws {
        var (operations, ambiguous, names) = (0, 0, 0)
        for (_, entries) in Dictionary(grouping: ServiceModels.aws.entries, by: \.signingName) where entries.count > 1 {
            names += 1
            let services = entries.compactMap { ServiceModels.aws.service($0.id) }
            for service in services {
                for operation in service.operationNames.compactMap({ service.operation(named: $0) }) {
                    operations += 1
                    let endpoint = endpoint(operation, of: service)
                    let request = sample(operation, of: service, host: host.replacing("{}", with: endpoint))
                    switch choose(request, among: services) {
                    case .none: Issue.record("\(service.id) \(operation.name) is nobody's")
                    case .ambiguous(let ids):
                        ambiguous += 1
                        #expect(ids.contains(service.id) && ids.count > 1)
                        #expect(!host.hasPrefix("{}"), "\(service.id) \(operation.name) is of any of \(ids)")
                    case .service(let place):
                        let chosen = services[place]
                        guard chosen !== service else { continue }
                        // To AWS it is one operation of one endpoint.
                        let name = try? chosen.wireProtocol(of: request).operationName(of: request, for: chosen)
                        let other = try #require(name.flatMap { chosen.operation(named: $0) })
                        #expect(
                            other.name == operation.name && self.endpoint(other, of: chosen) == endpoint,
                            "\(service.id) \(operation.name) is taken for \(chosen.id) \(other.name)")
                    }
                }
            }
        }
        #expect(names > 20 && operations > 2_000)
        #expect(host.hasPrefix("{}") ? ambiguous == 0 : ambiguous > 50)
    }

    @Test("Tags of Lex: which version of it, the host says")
    func lex() throws {
        let ids = ["lex-models", "lex-runtime", "lexv2-models", "lexv2-runtime"]
        let services = ids.compactMap { ServiceModels.aws.service($0) }
        for (host, expected) in [
            ("models.lex.us-east-1.amazonaws.com", ServiceChoice.service(0)),
            ("models-v2-lex.us-east-1.amazonaws.com:443", .service(2)),
            ("MODELS-V2-LEX.eu-west-1.localhost:4566", .service(2)),
            ("models-v2-lex-fips.us-east-1.amazonaws.com", .service(2)),
            ("127.0.0.1:4566", .ambiguous(["lex-models", "lexv2-models"])),
            ("sqs.us-east-1.amazonaws.com", .ambiguous(["lex-models", "lexv2-models"])),
        ] {
            let request = WireRequest(
                path: "/tags/arn%3Aaws%3Alex%3Aus-east-1%3A111122223333%3Abot%2FB", headers: [("Host", host)])
            #expect(choose(request, among: services) == expected, "\(host)")
            // Where only one of them lies behind Gatehouse, there is no other.
            #expect(choose(request, among: [services[2]]) == .service(0))
        }
        #expect(choose(WireRequest(path: "/none"), among: services) == .none)
    }
}
