import Testing

@testable import SQSService
