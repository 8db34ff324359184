import KeepAlive

/// What the verdicts of an analysis go by, when all is followed.
struct Conclusion {
    /// The connections that are judged, a list for each tracker.
    var listings: [ConnectionListing]
    /// What is known of the capture as a whole.
    var context: CaptureContext
}
