import Testing

@testable import SNSService
