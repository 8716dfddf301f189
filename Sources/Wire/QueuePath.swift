/// Queues of SQS that a request's path names: `/111122223333/orders`. SDKs before 2023 send their forms to a queue's URL, and
/// some of them say it nowhere else.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>
struct QueuePath {
    private let path: String

    /// Nil for a path that names no queue.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, parts[1].utf8.count == 12,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), !parts[2].isEmpty,
            parts[2].utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
            })
        else { return nil }
        self.path = path
    }

    /// The queue's URL on a host.
    func url(on host: String?) -> String { "http://\(host ?? "localhost")\(path)" }

    /// Refuses a form that names another queue than its path does.
    func requireSingleQueue(_ form: Form) throws(ServiceError) {
        for parameter in form.parameters where form.bytes[parameter.name].elementsEqual("QueueUrl".utf8) {
            guard isOf(try form.string(parameter.value)) else {
                throw .ambiguous("the path and QueueUrl name two queues")
            }
        }
    }

    /// Whether a URL is the queue's.
    private func isOf(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return isSame(url, path) }
        let rest = url[scheme.upperBound...]
        return isSame(String(rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]), path)
    }
}

extension ServiceShape {
    /// The queue that a form's path names; nil for a form of another service, or of an operation on no queue.
    func queuePath(of request: WireRequest, as operation: OperationShape) -> QueuePath? {
        guard id == "sqs", operation.input?.index(of: "QueueUrl") != nil else { return nil }
        return QueuePath(request.path)
    }
}
