import Testing
@testable import TransportSecurity
