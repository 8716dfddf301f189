public import Wire

/// What tells the metrics of one name apart.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>
public struct MetricDimension: Hashable, Sendable, Codable {
    /// `LogGroupName`
    public var name: String
    /// `trail`
    public var value: String

    /// A dimension of a metric.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A data point that a service has for a metric of CloudWatch's: see ``MutableRecords/publish(_:_:)``.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
public struct MetricData: Sendable {
    /// A value, and how often there was it.
    public struct Observation: Sendable {
        /// In the unit of the data.
        public var value: Double
        /// Positive.
        public var count: Double

        /// - Parameters: see the properties.
        public init(_ value: Double, count: Double = 1) {
            self.value = value
            self.count = count
        }
    }

    /// `AWS/Usage`, or what a user has chosen.
    public var namespace: String
    /// `CallCount`
    public var name: String
    /// At most 30, in any order.
    public var dimensions: [MetricDimension]
    /// When the values were observed, in seconds since 1970: they belong to that minute.
    public var time: Double
    /// What was observed. Values that are no numbers, or larger than 2^360, are left out.
    public var observations: [Observation]
    /// `Count`, `Bytes`, …; `None` where there is none.
    public var unit: String

    /// - Parameters: see the properties.
    public init(
        _ name: String, in namespace: String, dimensions: [MetricDimension] = [], at time: Double,
        _ observations: [Observation], unit: String = "None"
    ) {
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions
        self.time = time
        self.observations = observations
        self.unit = unit
    }
}

/// How CloudWatch takes data points in.
public typealias MetricDataTaker =
    @Sendable (_ data: [MetricData], _ records: MutableRecords, _ environment: Environment) throws(ServiceError) -> Void

extension MutableRecords {
    /// Puts data points into CloudWatch's metrics of these records' account and Region: they are there when the transaction is
    /// committed, and never twice. Nothing is asked of policies: a service publishes what it counts itself.
    ///
    /// ```swift
    /// let hits = MetricData("RootUsage", in: "CISBenchmark", at: event.time, [.init(1)])
    /// try records.publish([hits], call.environment)
    /// ```
    ///
    /// Gatehouse without CloudWatch (in some tests) drops them.
    ///
    /// - Throws: InternalFailure when they can't be stored.
    /// - Complexity: for each metric and hour among them, a row is read and written.
    public func publish(_ data: [MetricData], _ environment: Environment) throws(ServiceError) {
        guard !data.isEmpty, let take = environment.takesMetricData else { return }
        try take(data, self, environment)
    }
}
