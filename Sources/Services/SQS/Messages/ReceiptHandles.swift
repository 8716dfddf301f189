import FoundationEssentials
import Keyring
import Platform
import Synchronization
import Wire

/// Seals receipts for those who receive messages. A handle is good for its queue alone, and nobody else can make one.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>
final class ReceiptHandles: Sendable {
    private let known = Mutex<SealingKey?>(nil)

    private func key(_ environment: Environment) throws(ServiceError) -> SealingKey {
        if let key = known.withLock({ $0 }) { return key }
        let made = try environment.sessionTokens.key(for: "sqs-receipt-handle")
        known.withLock { $0 = made }
        return made
    }

    /// - Throws: InternalFailure when it can't be sealed.
    func seal(_ receipt: Receipt, of queue: Queue, _ environment: Environment) throws(ServiceError) -> String {
        var bytes: [UInt8] = []
        for number in [receipt.sent, receipt.sequence, receipt.receives] {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        let key = try key(environment)
        do {
            return Data(try key.seal(bytes, authenticating: Array(queue.uniqueID.utf8))).base64EncodedString()
        } catch {
            throw .internalFailure
        }
    }

    /// - Throws: ReceiptHandleIsInvalid for all that is no handle of the queue's.
    func open(_ handle: String, of queue: Queue, _ environment: Environment) throws(ServiceError) -> Receipt {
        // Whoever sends more did not get it here.
        guard handle.utf8.count <= 1024, let sealed = Data(base64Encoded: handle),
            let bytes = try? key(environment).open(Array(sealed), authenticating: Array(queue.uniqueID.utf8)),
            bytes.count == 24
        else { throw .invalidHandle(handle) }
        func number(_ place: Int) -> Int64 {
            Int64(bitPattern: bytes[place..<(place + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        return Receipt(sent: number(0), sequence: number(8), receives: number(16))
    }
}

extension Call {
    var receiptHandles: ReceiptHandles { environment.projection(QueueSignals.self).handles }
}

extension ServiceError {
    static func notThere(_ handle: String) -> ServiceError {
        .invalidParameter(
            "ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change.")
    }
}
