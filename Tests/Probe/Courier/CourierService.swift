import CourierAPI
import KMSAPI
import Ledger
public import Platform
import VaultAPI
import Wire

extension ServiceModule {
    /// A service of the tests that calls another: it carries things into boxes and out of them, as its caller or in its
    /// own name. It encrypts with KMS, too. This file is all that there is of it: three operations and a record.
    public static let courier = ServiceModule(
        Courier.self, operations: [Courier.Deliver.self, Courier.Collect.self, Courier.Seal.self],
        records: [Parcel.self])
}

/// What was delivered where.
struct Parcel: Record {
    static let kind = "AWS::Courier::Parcel"

    let id: String
    let boxARN: String
}

extension Call {
    /// As whom the courier calls.
    fileprivate func courier(inOwnName: Bool?) -> ServiceIdentity {
        inOwnName == true
            ? .own("courier.amazonaws.com", for: "arn:aws:courier:\(region):\(accountID):parcel/x", in: accountID)
            : "courier.amazonaws.com"
    }
}

/// Both changes, the box's and the courier's own, are one transaction.
extension Courier.Deliver: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("courier:Deliver", on: "*"))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedCall<Vault.PutBox> {
        let put = Vault.PutBox.Input {
            $0.arn = input.boxArn
            $0.contents = input.contents
        }
        return try await call.services.prepare(Vault.PutBox.self, put, as: call.courier(inOwnName: input.inOwnName))
    }

    public static func handle(
        _ input: Input, _ put: PreparedCall<Vault.PutBox>, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let parcel = Parcel(id: call.requestID, boxARN: try put.complete(in: records).arn)
        try records.put(parcel)
        guard input.thenFail != true else { throw Courier.Failure.lostException("The parcel was lost.") }
        return Output { $0.parcelId = parcel.id }
    }
}

extension Courier.Collect: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("courier:Collect", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let box = try await call.services.call(
            Vault.GetBox.self, Vault.GetBox.Input { $0.arn = input.boxArn },
            as: call.courier(inOwnName: input.inOwnName))
        return Output { $0.contents = box.contents }
    }
}

/// Gets a data key for a box; the box's ARN is the encryption context.
extension Courier.Seal: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("courier:Seal", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let request = KMS.GenerateDataKeyWithoutPlaintext.Input {
            $0.keyId = input.keyId
            $0.keySpec = "AES_256"
            $0.encryptionContext = ["aws:courier:box": input.boxArn]
        }
        let key = try await call.services.call(
            KMS.GenerateDataKeyWithoutPlaintext.self, request, as: call.courier(inOwnName: input.inOwnName))
        return Output(sealed: key.ciphertextBlob ?? Blob([]))
    }
}
