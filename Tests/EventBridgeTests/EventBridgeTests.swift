import Testing

@testable import EventBridgeService
