/// Where reports go: octets out.
public protocol ReportSink {
}
