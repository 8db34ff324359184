/// The fragments that wait for the rest of their datagram (wireshark-rules 2.5).
struct Reassembly {
}
