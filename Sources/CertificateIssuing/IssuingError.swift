/// Why a certificate could not be made or read.
public enum IssuingError: Error, Sendable, Equatable {
    /// It is no certificate signing request, or not one that its own key has signed.
    case malformedRequest
    /// It is no certificate, or has a key of a kind that is unknown here.
    case malformedCertificate
    /// A name or an extension can't be written as it was asked for.
    case malformedExtension
    /// Keys of this kind don't sign so.
    case wrongAlgorithm
    /// The cryptographic library refused.
    case failed
}
