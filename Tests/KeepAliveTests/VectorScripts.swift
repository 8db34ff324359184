/// The rules of Wireshark's marks as scripts: every vector that needs only segments.
///
/// A script names its rule, says what precedes it ("opened": a handshake, 100 bytes from A, acknowledged) and what
/// three versions of Wireshark mark: `frame:K` a keep-alive, `frame:a` the answer to one, `-` nothing. Where the
/// versions differ there are three columns: 4.0, 4.4, 4.6. One line for each segment follows: source and destination,
/// flags, seq, ack, and len and win unless they are 0 and 1000.
let vectorScripts = """
    A01 handshake, 100 B A->B acked, A empty seg seq=next-1, B repeats its ACK
    after opened: 6:K 7:a
      AB A 1099 5000
      BA A 5000 1100

    A02 as A01 but the probe carries 1 garbage byte
    after opened: 6:K 7:a
      AB A 1099 5000 len=1
      BA A 5000 1100

    A03 2-byte segment at next-1: not a keep-alive, and it advances next to 1101 (7 = probe at 1100)
    after opened: 7:K
      AB A 1099 5000 len=2
      AB A 1100 5000

    A04 three unanswered probes then one answer
    after opened: 6:K 7:K 8:K 9:a
      AB A 1099 5000
      AB A 1099 5000
      AB A 1099 5000
      BA A 5000 1100

    A05 one probe, three identical answers: all are keep-alive ACKs
    after opened: 6:K 7:a 8:a 9:a
      AB A 1099 5000
      BA A 5000 1100
      BA A 5000 1100
      BA A 5000 1100

    A06 probe straight after the handshake (seq = ISN); the server has sent only its SYN/ACK, same raw window
    after handshake: 4:K 5:a
      AB A 999 5000
      BA A 5000 1000

    A07 probe from the server side, answered by the client
    after opened: 6:K 7:a
      BA A 4999 1100
      AB A 1100 5000

    A08 neither probe nor answer has the ACK flag (ack fields still equal)
    after opened: 6:K 7:a
      AB - 1099 5000
      BA - 5000 1100

    A09 probes with PSH, URG, ECE, CWR set
    after opened: 6:K 7:K 8:K 9:a
      AB AP 1099 5000
      AB UA 1099 5000
      AB CEA 1099 5000
      BA CEUAP 5000 1100

    A10 SYN, FIN, RST (each with ACK) at next-1: never keep-alives; FIN/SYN of length 0 do not advance next
    after opened: 9:K
      AB AS 1099 5000
      AB AF 1099 5000
      AB AR 1099 5000
      AB A 1099 5000

    A11 probe with another window and a higher/lower ack value: still a keep-alive (ack/window not examined)
    after opened: 6:K 7:K 8:K
      AB A 1099 5000 win=77
      AB A 1099 9000 win=77
      AB A 1099 1 win=77

    A12 probe with window 0: keep-alive (and ZeroWindow)
    after opened: 6:K 7:a
      AB A 1099 5000 win=0
      BA A 5000 1100

    A13 empty segments at next-2, next, next+1: no keep-alive
    after opened: -
      AB A 1098 5000
      AB A 1100 5000
      AB A 1101 5000

    A14 Linux-style zero-window probe (peer closed its window, empty seg at next-1) is flagged keep-alive; the zero-window answer is not
    after opened: 7:K
      BA A 5000 1100 win=0
      AB A 1099 5000
      BA A 5000 1100 win=0

    A15 reserved/AE bits in the flags word do not matter
    after opened: 6:K
      AB rNA 1099 5000

    B01 answer with a different window: window update, not keep-alive ACK; the next one (same window) is
    after opened: 6:K 8:a
      AB A 1099 5000
      BA A 5000 1100 win=900
      BA A 5000 1100 win=900

    B02 answer acks one byte more: not; repeating it then is (ack equals previous ack)
    after opened: 6:K 8:a
      AB A 1099 5000 len=1
      BA A 5000 1101
      BA A 5000 1101

    B03 answer at seq next+1 or next-2: not
    after opened: 6:K
      AB A 1099 5000
      BA A 5001 1100
      BA A 4998 1100

    B04 answer with window 0 equal to previous window 0: not
    after opened: 7:K
      BA A 5000 1100 win=0
      AB A 1099 5000
      BA A 5000 1100 win=0

    B05 answer carrying 1 byte: not; the pure ACK behind it (at B's new next, same ack and window) is
    after opened: 6:K 8:a
      AB A 1099 5000
      BA A 5000 1100 len=1
      BA A 5001 1100

    B06 answers with FIN, RST, SYN: not
    after opened: 6:K
      AB A 1099 5000
      BA AR 5000 1100
      BA AF 5000 1100
      BA AS 5000 1100

    B07 mid-stream: A data, A probe, B's very first segment: no; its second: yes
    after nothing: 2:K 4:a
      AB AP 1000 5000 len=100
      AB A 1099 5000
      BA A 5000 1100
      BA A 5000 1100

    B08 probe, then new data from the same side, then the peer's repeat: not
    after opened: 6:K
      AB A 1099 5000
      AB AP 1100 5000 len=10
      BA A 5000 1100

    B09 probe, then a duplicate ACK from the same side, then the peer's repeat: not
    after opened: 6:K
      AB A 1099 5000
      AB A 1100 5000
      BA A 5000 1100

    B10 answer has timestamps and (D)SACK options the previous segment lacked: yes
    after opened: 6:K 7:a
      AB A 1099 5000
      BA A 5000 1100

    B11 crossing probes: A probe, B probe, A answers (yes), B answers (A's last segment is no longer a probe: not)
    after opened: 6:K 7:K 8:a
      AB A 1099 5000
      BA A 4999 1100
      AB A 1100 5000
      BA A 5000 1100

    B12 window scaling in use: raw 16-bit values are compared; SYN/ACK raw 500 then answer raw 500
    after nothing: 4:K 5:a
      AB S 999 0 win=500
      BA AS 4999 1000 win=500
      AB A 1000 5000 win=500
      AB A 999 5000 win=500
      BA A 5000 1000 win=500

    B13 peer's previous segment was a RST without ACK (ack field 0): its later repeat of 1100 is not a keep-alive ACK
    after opened: 6:K 9:a
      AB A 1099 5000
      BA R 5000 0
      BA A 5000 1100
      BA A 5000 1100

    B14 probe, answer, then a duplicate ACK from A, then B repeats once more: only the first answer
    after opened: 6:K 7:a
      AB A 1099 5000
      BA A 5000 1100
      AB A 1100 5000
      BA A 5000 1100

    B15 probe one second, answer an hour later: time plays no role
    after opened: 6:K 7:a
      AB A 1099 5000
      BA A 5000 1100

    B16 keep-alive ACK resets 'last was keep-alive' of its own side: B probe after B answer, A repeat
    after opened: 6:K 7:a 8:K 9:a
      AB A 1099 5000
      BA A 5000 1100
      BA A 4999 1100
      AB A 1100 5000

    C01 capture starts with empty probes only: never flagged (first sets next to the probe's own seq)
    after nothing: -
      AB A 1099 5000
      BA A 5000 1100
      AB A 1099 5000
      BA A 5000 1100
      AB A 1099 5000
      BA A 5000 1100

    C02 capture starts with 1-byte probes: the second and later are flagged
    after nothing: 3:K 4:a 5:K 6:a
      AB A 1099 5000 len=1
      BA A 5000 1100
      AB A 1099 5000 len=1
      BA A 5000 1100
      AB A 1099 5000 len=1
      BA A 5000 1100

    C03 capture starts with B's answer, then empty probe, then B: nothing; after a pure A ACK at 1100 the probe is seen
    after nothing: 5:K 6:a
      BA A 5000 1100
      AB A 1099 5000
      BA A 5000 1100
      AB A 1100 5000
      AB A 1099 5000
      BA A 5000 1100

    C04 gap: next jumps to the highest end seen; probe below the gap not flagged, probe at highest end-1 flagged
    after opened: 8:K
      AB AP 1200 5000 len=50
      AB A 1099 5000
      AB A 1249 5000

    C05 filling a gap or retransmitting does not lower next
    after opened: 8:K
      AB AP 1200 5000 len=50
      AB AP 1100 5000 len=100
      AB A 1249 5000

    C06 an empty segment beyond next advances next (pure ACK at 1500, then probe at 1499)
    after opened: 7:K
      AB A 1500 5000
      AB A 1499 5000

    C07 SYN with data (TFO): SYN counts 1 plus payload
    after nothing: 3:K
      AB S 999 0 len=20
      BA AS 4999 1020
      AB A 1019 5000

    C08 FIN counts 1: empty ACK at the FIN's own sequence (e.g. reordered pre-FIN ACK) is flagged
    after opened: 7:K
      AB AF 1100 5000
      AB A 1100 5000

    C09 FIN with 10 bytes: next = seq+11; probe at seq+10
    after opened: 7:K
      AB APF 1100 5000 len=10
      AB A 1110 5000

    C10 SYN+FIN together count only 1
    after nothing: 2:K
      AB SF 999 0
      AB A 999 5000

    C11 RST beyond next advances next by its seq (RST itself counts 0)
    after opened: 7:K
      AB AR 2000 5000
      AB A 1999 5000

    C12 RST with 5 bytes of text: next = seq+5
    after opened: 7:K
      AB AR 1100 5000 len=5
      AB A 1104 5000

    C13 retransmission of a 1-byte segment is flagged (known false positive), also a duplicated capture of it
    after opened: 7:K 8:K
      AB AP 1100 5000 len=1
      AB AP 1100 5000 len=1
      AB AP 1100 5000 len=1

    C14 wrap: next is 5, probe at 4; next 1, probe at 0
    after nothing: 7:K 9:K
      AB S 4294967195 0
      BA AS 4999 4294967196
      AB A 4294967196 5000
      AB AP 4294967196 5000 len=101
      BA A 5000 1
      AB AP 1 5000 len=4
      AB A 4 5000
      EB AP 4294967040 5000 len=257
      EB A 0 5000

    C15 next wraps to exactly 0: the first probe at 0xFFFFFFFF is flagged, but 0 means 'unset', so next becomes 0xFFFFFFFF and later probes are not
    after nothing: 5:K 6:a
      AB S 4294967195 0
      BA AS 4999 4294967196
      AB AP 4294967196 5000 len=100
      BA A 5000 0
      AB A 4294967295 5000
      BA A 5000 0
      AB A 4294967295 5000
      AB A 4294967295 5000

    C16 as C15 with 1-byte probes: next is re-set to 0 each time, all flagged
    after nothing: 4:K 5:K
      AB S 4294967195 0
      BA AS 4999 4294967196
      AB AP 4294967196 5000 len=100
      AB A 4294967295 5000 len=1
      AB A 4294967295 5000 len=1

    C17 next wrapped to 0, then an old retransmission lowers next (unset rule); probe relative to the lowered value
    after nothing: 4:K
      AB AP 4294967196 5000 len=100
      AB AP 4294967040 5000 len=10
      AB A 4294967050 5000
      AB A 4294967049 5000

    C18 very first segment of a direction has seq 0xFFFFFFFF and 0/1 bytes: flagged although nothing preceded it
    after nothing: 1:K 2:K
      AB A 4294967295 5000
      EB A 4294967295 5000 len=1

    C19 segment ending exactly 2^31 behind next counts as 'newer': next moves there
    after opened: 7:K
      AB A 2147484748 5000
      AB A 2147484747 5000

    C20 segment 2^31-1 ahead is newer, 2^31+1 ahead is older
    after opened: 8:K 10:K
      AB A 2147484749 5000
      AB A 2147484747 5000
      AB A 2147484746 5000
      EB A 1100 5000
      EB A 1099 5000

    C21 zero-window probe (1 byte at next, peer window 0) does not advance next: the same byte again is again a probe, an empty seg at next-1 is a keep-alive
    after opened: 9:K
      BA A 5000 1100 win=0
      AB A 1100 5000 len=1
      AB A 1100 5000 len=1
      AB A 1099 5000

    C22 zero-window probe byte was accepted (peer acks 1101, still window 0): 4.0 keeps next at 1100, 4.4 moves it to 1101
    after opened: 9:K | 10:K | 10:K
      BA A 5000 1100 win=0
      AB A 1100 5000 len=1
      BA A 5000 1101 win=0
      AB A 1099 5000
      AB A 1100 5000

    C23 as C22 but the peer re-opens its window
    after opened: 9:K | 10:K | 10:K
      BA A 5000 1100 win=0
      AB A 1100 5000 len=1
      BA A 5000 1101 win=500
      AB A 1099 5000
      AB A 1100 5000

    C24 zero-window test ignores flags: 1-byte FIN at next with peer window 0 is a probe, so next stays
    after opened: 8:K
      BA A 5000 1100 win=0
      AB AF 1100 5000 len=1
      AB A 1099 5000

    C25 peer's RST had window 0 (usual): following 1-byte data at next is taken as zero-window probe
    after opened: 8:K
      BA AR 5000 1100 win=0
      AB AP 1100 5000 len=1
      AB A 1099 5000

    C26 1-byte segment at next with the peer's window unknown (no peer segment yet) is plain data
    after nothing: 3:K
      AB AP 1000 5000 len=10
      AB AP 1010 5000 len=1
      AB A 1010 5000

    C27 a keep-alive never moves next: 1-byte probe then 2 new bytes then probe
    after opened: 6:K 8:K
      AB A 1099 5000 len=1
      AB AP 1100 5000 len=2
      AB A 1101 5000

    C31 zero-window probe with next unset (0): seq 0, 1 byte, peer window 0: next stays unset, so 1 byte at 0xFFFFFFFF is 'keep-alive'
    after nothing: 3:K
      BA A 5000 0 win=0
      AB A 0 5000 len=1
      AB A 4294967295 5000 len=1

    D01 port reuse: SYN with another ISN starts a new stream; old expectations are gone
    after opened: 10:K 11:a
      AB S 77000 0
      BA AS 88000 77001
      AB A 77001 88001
      AB A 1099 5000
      AB A 77000 88001
      BA A 88001 77001

    D02 SYN retransmission (same ISN) resets next to the highest contiguous value: 1100 here, not 1250
    after opened: 8:K
      AB AP 1200 5000 len=50
      AB S 999 0
      AB A 1099 5000
      AB A 1249 5000

    D03 same-ISN SYN after a RST: 4.0 keeps the stream (probe at 1099), newer versions start one (probe at 999)
    after opened: 9:K | 8:K | 8:K
      AB AR 1100 5000
      AB S 999 0
      AB A 999 5000
      AB A 1099 5000

    D04 SYN/ACK with another, lower ISN and no SYN seen: 4.0 keeps the stream (next stays 5000), newer start one (next 4000)
    after opened: 8:K | 7:K | 7:K
      BA AS 3999 1100
      BA A 3999 1100
      BA A 4999 1100

    D05 SYN/ACK with another, higher ISN: both versions end with next = ISN+1
    after opened: 7:K 8:K
      BA AS 8999 1100
      BA A 8999 1100
      BA A 8999 1100

    D06 roles reversed on the same ports: B sends a SYN -> new stream
    after opened: 9:K
      BA S 60000 0
      AB A 1099 5000
      BA A 4999 1100
      BA A 60000 1100

    D07 capture starts mid-stream at seq 1000; SYN with seq 999 counts as the same connection, SYN 998 does not
    after nothing: 4:K
      AB AP 1000 5000 len=100
      AB AP 1200 5000 len=50
      AB S 999 0
      AB A 1099 5000
      AB S 998 0
      AB A 1099 5000

    D08 base of the unseen side is ack-1: SYN from it with that seq keeps the stream, otherwise new
    after nothing: 3:K
      AB AP 1000 5000 len=100
      BA S 4999 1100
      AB A 1099 5000
      BA S 4998 1100
      AB A 1099 5000

    D09 same address and same port on both ends: one single side for everything
    after nothing: 3:K 4:K
      AA AP 1000 5000 len=100
      AA A 1100 1100
      AA A 1099 1100
      AA A 1099 5000

    D10 same address, different ports (loopback): sides by port
    after nothing: 6:K 7:a
      LM S 999 0
      ML AS 4999 1000
      LM A 1000 5000
      LM AP 1000 5000 len=100
      ML A 5000 1100
      LM A 1099 5000
      ML A 5000 1100

    D11 IPv6
    after nothing: 6:K 7:a
      ab S 999 0
      ba AS 4999 1000
      ab A 1000 5000
      ab AP 1000 5000 len=100
      ba A 5000 1100
      ab A 1099 5000
      ba A 5000 1100

    D12 same 4-tuple on two VLANs: one stream
    after opened: 6:K 7:a
      AB A 1099 5000
      BA A 5000 1100

    D14 SYN+FIN and SYN+RST (no ACK) with another ISN also start a new stream
    after opened: -
      AB SF 70000 0
      AB A 1099 5000
      AB RS 80000 0
      AB A 1099 5000

    D19 SYN/ACK seen first (asymmetric start) then SYN with seq = its ack-1: same stream
    after nothing: 4:K 5:a
      BA AS 4999 1000
      AB S 999 0
      AB A 1000 5000
      AB A 999 5000
      BA A 5000 1000

    D20 RST/ACK refusing a SYN, retry with the same ISN, accepted
    after nothing: 6:K 7:a
      AB S 999 0
      BA AR 0 1000 win=0
      AB S 999 0
      BA AS 4999 1000
      AB A 1000 5000
      AB A 999 5000
      BA A 5000 1000

    D21 ACK for unseen data moves the contiguous edge differently: after a same-ISN SYN next is 1250 (4.0) or the acked 1150 (newer)
    after opened: 11:K | 10:K | 10:K
      AB AP 1200 5000 len=50
      BA A 5000 1150
      AB S 999 0
      AB A 998 5000
      AB A 1149 5000
      AB A 1249 5000

    D22 a SYN/ACK repeated with the same ISN keeps the stream and next
    after opened: 7:K 8:a
      BA AS 4999 1000
      BA A 4999 1100
      AB A 1100 5000

    D23 newer versions: SYN/ACK with the same ISN after a FIN starts a stream; 4.0 keeps it
    after opened: 8:K | 9:K | 9:K
      BA AF 5000 1100
      BA AS 4999 1000
      BA A 5000 1100
      BA A 4999 1100

    D24 newer versions: FIN without ACK does not count as closing for the same-ISN SYN rule, RST does
    after opened: 8:K 12:K | 8:K 11:K | 8:K 11:K
      AB F 1100 5000
      AB S 999 0
      AB A 1100 5000
      BA R 5000 1100
      AB S 999 0
      AB A 999 5000
      AB A 1100 5000
    """
