import CPcap
import CZlib
import CZstd

/// The C libraries that read and capture packets.
package enum CaptureLibraries {
    /// The versions of the libraries that are loaded, which may be newer than the headers, such as
    /// "libpcap 1.10.3 (with TPACKET_V3), zlib 1.2.13, zstd 1.5.4".
    package static var versions: String {
        let libpcap = unsafe String(cString: pcap_lib_version()).replacing(prefix: "libpcap version ", by: "libpcap ")
        let zlib = unsafe String(cString: zlibVersion())
        let zstd = unsafe String(cString: ZSTD_versionString())
        return "\(libpcap), zlib \(zlib), zstd \(zstd)"
    }
}

extension String {
    /// The text with `new` in place of `prefix`; unchanged if it does not begin with `prefix`.
    fileprivate func replacing(prefix: String, by new: String) -> String {
        hasPrefix(prefix) ? new + dropFirst(prefix.count) : self
    }
}
