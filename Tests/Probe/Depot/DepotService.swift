import DepotAPI
public import Platform

extension ServiceModule {
    /// A service of the tests whose bodies are streams, signed as S3's are: parcels, of which it keeps the length and the
    /// hash.
    public static let depot = ServiceModule(
        Depot.self, signing: .s3,
        operations: [Depot.PutParcel.self, Depot.GetParcel.self, Depot.DescribeParcel.self], records: [Parcel.self],
        metrics: [.uploads])
}
