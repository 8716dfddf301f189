import Testing

@testable import MetricMath
