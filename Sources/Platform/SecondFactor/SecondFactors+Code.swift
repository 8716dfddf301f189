public import Directory
public import Wire

// One-time passwords of virtual devices.

extension SecondFactors {
    /// A one-time password, and the device that is said to have shown it.
    public struct Code: Sendable {
        let serialNumber: String
        let code: String

        /// - Parameters:
        ///   - code: six digits.
        ///   - serialNumber: the device's ARN.
        public init(_ code: String, serialNumber: String) {
            self.code = code
            self.serialNumber = serialNumber
        }
    }

    /// Takes a one-time password, once. A wrong one counts as an attempt.
    /// - Parameter keepingRight: leaves a right one, and its device, as they are: for a proof that is looked at before it is
    ///   known whether it will be of use.
    /// - Throws: where the ledger fails.
    public func take(_ proof: Code, keepingRight: Bool = false) async throws(ServiceError) -> Answer {
        let time = clientTime
        return try await attempt(proof.serialNumber) { device in
            guard device.seed != nil else { return .left(.unknown) }
            guard let step = device.step(matching: proof.code, at: time) else { return .changed(device, .wrong) }
            if keepingRight { return .left(.right(device.serialNumber)) }
            var used = device
            used.lastStep = step
            return .changed(used, .right(device.serialNumber))
        }
    }

    /// Whether a one-time password is right, as far as memory tells; nothing is counted.
    func isRight(_ proof: Code, _ directory: IdentityDirectory) -> Bool {
        guard let device = directory.mfaDevice(serialNumber: proof.serialNumber), device.ownerID == ownerID else {
            return false
        }
        return device.isOpen(at: time) && device.step(matching: proof.code, at: clientTime) != nil
    }

    /// By the clocks of the devices: see ``Call/clientTime``.
    private var clientTime: Double { time - environment.clock.moved }
}

extension MFADevice {
    /// The step of a code that was not used yet; nil if it is wrong, or the device has no codes.
    fileprivate func step(matching code: String, at time: Double) -> Int? {
        guard let seed else { return nil }
        let adjusted = time + Double(clockOffset) * OneTimePassword.stepSeconds
        return OneTimePassword(seed: seed).step(matching: code, around: adjusted, window: 2, after: lastStep)
    }
}
