import CPNG
import CQREncode

/// The square that a phone scans to learn the seed of one-time passwords.
package enum QRCode {
    /// How many pixels each of the code's modules is wide.
    private static let scale = 5
    /// How many modules of white stand around it; ISO/IEC 18004 asks for four.
    private static let margin = 4

    /// Draws `text` as a QR code of medium error correction.
    ///
    /// - Returns: a greyscale PNG file, or nil where the text is empty or too long (over 2,331 bytes).
    package static func png(of text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, let count = Int32(exactly: bytes.count),
            let code = QRcode_encodeData(count, bytes, 0, QR_ECLEVEL_M)
        else { return nil }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        guard width > 0, let modules = code.pointee.data else { return nil }
        // The lowest bit of each module says whether it is black.
        let isBlack = UnsafeBufferPointer(start: modules, count: width * width).map { $0 & 1 == 1 }
        return png(of: isBlack, width: width)
    }

    private static func png(of isBlack: [Bool], width: Int) -> [UInt8]? {
        let side = (width + 2 * margin) * scale
        var pixels = [UInt8](repeating: 0xFF, count: side * side)
        for row in 0..<width * scale {
            for column in 0..<width * scale where isBlack[row / scale * width + column / scale] {
                pixels[(row + margin * scale) * side + column + margin * scale] = 0
            }
        }
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(side)
        image.height = png_uint_32(side)
        image.format = png_uint_32(PNG_FORMAT_GRAY)
        defer { png_image_free(&image) }
        // Compressed it is far smaller than its pixels; libpng itself says no where it would not fit.
        var file = [UInt8](repeating: 0, count: pixels.count + 1_024)
        var length = file.count
        guard png_image_write_to_memory(&image, &file, &length, 0, pixels, 0, nil) != 0, length <= file.count else {
            return nil
        }
        return Array(file.prefix(length))
    }
}
