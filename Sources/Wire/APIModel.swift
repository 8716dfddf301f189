/// A service's generated model, known before it is read.
public protocol APIModel: SendableMetatype {
    /// The model's shapes and operations; read from the schema text at first use.
    static var service: ServiceShape { get }
    /// The service in a SigV4 credential scope: `iam`.
    static var signingName: String { get }
}
