"""Scenes for every verdict, in the language of scene_language.py.

A talks to B. C and D, E and B, or C and B are other connections: they prove that the capture was running, or that the
host of B was heard. `verdict-*` shows the verdict; `near-*` resembles it and must not get it. scene_truth.tsv says what
is right for each.

After the handshake A sends from 1000 on and B from 5000 on. One exchange (`talk`) is a request of 10 bytes and a reply
of 20; `n` counts the exchanges that came before.
"""
CLIENTS = "ACE"


def line(time, ends, flags, n=0, words="", seq=0, ack=0):
    """A segment with the numbers after `n` exchanges, moved by `seq` and `ack`; a bare RST acknowledges nothing."""
    a, b = 1000 + 10 * n, 5000 + 20 * n
    own, other = (a, b) if ends[0] in CLIENTS else (b, a)
    acknowledged = other + ack if "A" in flags else 0
    return f"{time:.6f} {ends} {flags} {own + seq} {acknowledged} {words}"


def join(*parts):
    return " | ".join(part for part in parts if part)


def back(ends):
    return ends[::-1]


def handshake(time=0.0, ends="AB", rtt=0.0002, words="", answer=""):
    return join(line(time, ends, "S", words=words, seq=-1, ack=-5000),
                line(time + rtt, back(ends), "SA", words=answer, seq=-1), line(time + rtt + 0.0001, ends, "A", words=words))


def talk(*times, n=0, ends="AB", rtt=0.0004, words="", answer=""):
    """A request, its acknowledgment, a reply and its acknowledgment, at each of `times`."""
    parts = []
    for time in times:
        parts += [line(time, ends, "PA", n, f"len=10 {words}"), line(time + rtt, back(ends), "A", n, answer, ack=10),
                  line(time + 2 * rtt, back(ends), "PA", n, f"len=20 {answer}", ack=10),
                  line(time + 2 * rtt + 0.0001, ends, "A", n + 1, words)]
        n += 1
    return join(*parts)


def probe(*times, n=0, ends="AB", words="", ack=0):
    return join(*(line(time, ends, "A", n, words, seq=-1, ack=ack) for time in times))


def answered(*times, n=0, ends="AB", rtt=0.0004, words="", answer=""):
    return join(*(join(probe(time, n=n, ends=ends, words=words), line(time + rtt, back(ends), "A", n, answer))
                  for time in times))


def every(period, count, start):
    return [start + period * number for number in range(count)]


def data(*times, n=0, ends="AB", words="len=10"):
    """The same data at each of `times`: the later ones are retransmissions."""
    return join(*(line(time, ends, "PA", n, words) for time in times))


def close(time, n=0, ends="AB", rtt=0.0004):
    """FIN of the first letter, FIN of the other, the last acknowledgment."""
    return join(line(time, ends, "FA", n), line(time + rtt, back(ends), "FA", n, ack=1),
                line(time + rtt + 0.0001, ends, "A", n, seq=1, ack=1))


def chat(end, ends="CD", period=20):
    """Another connection that talks every 20 s and at `end`: the capture was running."""
    return join(handshake(0.5, ends), talk(*every(period, int((end - 1.5) // period) + 1, 1), end, ends=ends))


def visit(time, ends="CB"):
    """A short connection: its server was heard at this time."""
    return join(handshake(time, ends), talk(time + 0.01, ends=ends), close(time + 0.05, 1, ends))


OPEN = handshake()
FIRST = join(OPEN, talk(1))  # n is 1 from here on

# Keep-alives of Linux with idle 60, interval 15: two answered probes, then the peer is gone.
TWO_ANSWERED = join(FIRST, answered(61.44, 122.88, n=1))
FOUR_LOST = every(15.104, 4, 184.32)  # 184.32, 199.424, 214.528, 229.632
GAVE_UP = line(244.736, "AB", "RA", 1)
# After 400 s of silence, that are more than any before.
LATE = every(15.104, 4, 400.064)  # the last at 445.376
RETRANSMITTED = (400, 400.3, 400.9, 402.1, 404.5)

SCENES = {  # name: (shows it, resembles it)
    "healthy": (
        join(FIRST, answered(*every(61.44, 3, 61.44), n=1)),
        join(TWO_ANSWERED, probe(*FOUR_LOST[:2], n=1), chat(210))),
    "closed": (
        join(FIRST, close(2, 1)),
        # Half-closed: the server still sends when the capture ends.
        join(FIRST, line(2, "AB", "FA", 1), line(2.0004, "BA", "A", 1, ack=1),
             line(3, "BA", "PA", 1, "len=30", ack=1), line(3.0001, "AB", "A", 1, seq=1, ack=30))),
    "never_idle": (
        join(OPEN, talk(1, 20, 40, 60, 80, 99)),
        # The other connection has keep-alives; this one is idle for 65 s.
        join(OPEN, talk(1, 20, 85, 99), handshake(0.5, "CD"), talk(1, ends="CD"),
             answered(*every(10, 9, 11), n=1, ends="CD"))),
    "idle_close": (
        join(FIRST, close(76, 1, "BA"), chat(78)),
        join(OPEN, talk(1, 15, 30), close(45, 3, "BA"), chat(50))),
    "stale_reuse": (
        # The server closes after 65 s; the client uses the connection 10 s later.
        join(FIRST, line(66, "BA", "FA", 1), line(66.04, "AB", "A", 1, ack=1), line(76, "AB", "PA", 1, "len=10", ack=1),
             line(76.0004, "BA", "R", 1, seq=1), chat(80)),
        # The client closes as well: a last message and FIN.
        join(FIRST, line(10, "BA", "FA", 1), line(10.04, "AB", "A", 1, ack=1), line(20, "AB", "PA", 1, "len=24", ack=1),
             line(20.0001, "AB", "FA", 1, seq=24, ack=1), line(20.0004, "BA", "R", 1, seq=1),
             line(20.0005, "BA", "R", 1, seq=1))),
    "close_wait": (
        # The client closes, the server does not; its first keep-alive meets RST.
        join(FIRST, line(2, "AB", "FA", 1), line(2.04, "BA", "A", 1, ack=1), line(62.5, "BA", "A", 1, seq=-1, ack=1),
             line(62.5002, "AB", "R", 1, seq=1), chat(64)),
        # The server closes at last; the client's socket is gone by then.
        join(FIRST, line(2, "AB", "FA", 1), line(2.04, "BA", "A", 1, ack=1), line(40, "BA", "FA", 1, ack=1),
             line(40.0002, "AB", "R", 1, seq=1), chat(44))),
    "no_keepalive": (
        join(OPEN, talk(1, 300), chat(310)),
        join(OPEN, talk(1, 50, 100, 150), chat(160))),
    "reset_when_idle": (
        # RST after 240 s from three hops away; the server is ten hops away.
        join("B.ttl=54", FIRST, line(241.5, "BA", "R", 1, "ttl=61"), chat(245)),
        # The same, from the server itself.
        join("B.ttl=54", FIRST, line(241.5, "BA", "RA", 1), chat(245))),
    "peer_lost_state": (
        join(FIRST, probe(61.44, n=1), line(61.4404, "BA", "R", 1)),
        # LDAP unbind: the RST acknowledges the request, so the socket exists.
        join(OPEN, talk(1), data(46, n=1), line(46.0004, "BA", "RA", 1, ack=10), line(46.001, "AB", "FA", 1, seq=10),
             chat(48))),
    "reset_by_path": (
        join("B.ttl=57", OPEN, talk(1, 2, 3), line(3.6, "BA", "R", 3, "ttl=250 id=0x7777"), chat(22)),
        # TTL 255 and 64: both zero hops away, and the identification goes on.
        join(OPEN, talk(1, 2, 3), line(3.6, "BA", "RA", 3, "ttl=255"), chat(22))),
    "silent_drop": (
        # 60 s were survived, 340 s were not; the server's host is heard while the data goes unanswered.
        join(OPEN, talk(1, 60), data(*RETRANSMITTED, n=2), visit(401.5), visit(403, "EB"), chat(408)),
        # As long a silence was survived just before.
        join(OPEN, talk(1, 201), data(*RETRANSMITTED, n=2), visit(401.5), visit(403, "EB"), chat(408))),
    "too_late_for_path": (
        join(OPEN, talk(1, 60), probe(*LATE, n=2), line(460.48, "AB", "RA", 2), visit(405), visit(435, "EB"), chat(462)),
        # Probes after the same silence were answered twice before.
        join(TWO_ANSWERED, probe(*FOUR_LOST, n=1), GAVE_UP, visit(190), visit(220, "EB"), chat(248))),
    "blocked": (
        join(OPEN, talk(*every(5, 5, 1)), data(26, 26.3, 26.9, 28.1, 30.5, n=5), visit(27), visit(29, "EB"), chat(32)),
        # The server's host is not heard.
        join(OPEN, talk(*every(5, 5, 1)), data(26, 26.3, 26.9, 28.1, 30.5, n=5), chat(32, period=3))),
    "unresponsive": (
        join(TWO_ANSWERED, probe(*FOUR_LOST[:2], n=1), chat(210)),
        # The only unanswered probe is the last packet.
        join(TWO_ANSWERED, probe(FOUR_LOST[0], n=1))),
    "peer_dead": (
        join(TWO_ANSWERED, probe(*FOUR_LOST, n=1), GAVE_UP),
        # Three probes are lost; the fourth is answered.
        join(TWO_ANSWERED, probe(*FOUR_LOST[:3], n=1), answered(FOUR_LOST[3], n=1), answered(291.072, n=1))),
    "peer_unreachable": (
        join(TWO_ANSWERED, *(join(probe(time, n=1), f"{time + 0.0009:.6f} RA icmp=3/13") for time in FOUR_LOST), GAVE_UP),
        # The errors are about another connection.
        join(TWO_ANSWERED, visit(180, "ED"),
             *(join(probe(time, n=1), f"{time + 0.0009:.6f} RE icmp=3/13") for time in FOUR_LOST), GAVE_UP)),
    "user_timeout": (
        join(FIRST, probe(6.12, n=1), line(9.192, "AB", "RA", 1)),
        join(FIRST, probe(6.12, 9.192, n=1), line(12.264, "AB", "RA", 1))),
    "aborted": (
        # The process ends 2 ms after a probe; an answer takes 50 ms.
        join(handshake(rtt=0.05), talk(1, rtt=0.05), answered(*every(20, 3, 21), n=1, rtt=0.05), probe(81, n=1),
             line(81.002, "AB", "RA", 1)),
        # One interval after the last probe: the kernel gives up.
        join(handshake(rtt=0.05), talk(1, rtt=0.05), answered(*every(20, 3, 21), n=1, rtt=0.05), probe(81, 86, n=1),
             line(91, "AB", "RA", 1))),
    "data_in_flight": (
        join(FIRST, data(2, 2.3, 2.9, 4.1, 6.5, n=1), chat(8, period=3)),
        # Acknowledged in the end.
        join(FIRST, data(2, 2.3, 2.9, 4.1, 6.5, n=1), line(6.5004, "BA", "A", 1, ack=10),
             line(7, "AB", "FA", 1, seq=10), line(7.0004, "BA", "FA", 1, ack=11),
             line(7.0005, "AB", "A", 1, seq=11, ack=1))),
    "receiver_stalled": (
        join(FIRST, data(2, n=1, words="len=1000"), line(2.04, "BA", "A", 1, "win=0", ack=1000),
             *(join(line(time, "AB", "A", 1, seq=999), line(time + 0.0004, "BA", "A", 1, "win=0", ack=1000))
               for time in (2.25, 2.66, 3.5, 5.2, 8.6, 15.3, 28.7))),
        # The window opens after 3 s.
        join(FIRST, data(2, n=1, words="len=1000"), line(2.04, "BA", "A", 1, "win=0", ack=1000),
             *(join(line(time, "AB", "A", 1, seq=999), line(time + 0.0004, "BA", "A", 1, "win=0", ack=1000))
               for time in (2.25, 2.66, 3.5)), line(4.9, "BA", "A", 1, "win=1000", ack=1000),
             line(5, "AB", "PA", 1, "len=10", seq=1000), line(5.0004, "BA", "A", 1, ack=1010),
             line(6, "AB", "FA", 1, seq=1010), line(6.0004, "BA", "FA", 1, ack=1011),
             line(6.0005, "AB", "A", 1, seq=1011, ack=1))),
    "peer_never_answers": (
        # A sensor that sends every 95 s and ignores empty probes.
        join(FIRST, probe(61, 71, 81, 91, n=1), line(96, "BA", "PA", 1, "len=20"), line(96.0001, "AB", "A", 1, ack=20),
             probe(156, 166, 176, 186, n=1, ack=20), line(191, "BA", "PA", 1, "len=20", seq=20),
             line(191.0001, "AB", "A", 1, ack=40)),
        # Data crosses each probe; the answer with D-SACK follows.
        join("timestamps", FIRST, *(join(
            line(time, "AB", "A", 1, "len=1 byte=0", seq=-1, ack=20 * number),
            line(time + 0.02, "BA", "PA", 1, "len=20", seq=20 * number),
            line(time + 0.0202, "AB", "A", 1, ack=20 * number + 20),
            line(time + 0.1, "BA", "A", 1, "sack=1009-1010", seq=20 * number + 20))
            for number, time in enumerate(every(30, 4, 31))))),
    "answered_by_middlebox": (
        # The server is 11 hops and 20 ms away, the answers come from nearby.
        join("B.ttl=53", handshake(rtt=0.02), talk(1, rtt=0.02), *(
            answered(time, n=1, rtt=0.0002, answer=f"ttl=64 id={number + 1}")
            for number, time in enumerate(every(30, 5, 31)))),
        # The route changed: another distance, and the same round trip.
        join("B.ttl=53", handshake(rtt=0.02), talk(1, rtt=0.02),
             answered(*every(30, 5, 31), n=1, rtt=0.02, answer="ttl=48"))),
    "middlebox_probes": (
        join("A.ttl=60", FIRST, *(answered(time, n=1, words=f"ttl=255 id={0x9000 + number}")
                                  for number, time in enumerate(every(15, 4, 61)))),
        # One hop is no difference.
        join("A.ttl=64", FIRST, answered(*every(15, 4, 61), n=1, words="ttl=63"))),
    "half_open": (
        # The client restarts; the server still holds the old connection.
        join(FIRST, line(37, "AB", "S", seq=776_990, ack=-5000), line(37.0004, "BA", "A", 1),
             line(37.0005, "AB", "R", 1), line(38, "AB", "S", seq=776_990, ack=-5000),
             "38.0004 BA SA 884999 777991 | 38.0005 AB A 777991 885000 | 38.1 AB PA 777991 885000 len=10",
             "38.1004 BA A 885000 778001 | 39 AB FA 778001 885000 | 39.0004 BA FA 885000 778002",
             "39.0005 AB A 778002 885001", chat(42)),
        # A delayed duplicate of the first SYN.
        join(FIRST, line(8, "AB", "S", words="id=0x1000", seq=-1, ack=-5000), line(8.0004, "BA", "A", 1),
             talk(9, n=1), close(10, 2))),
    "application_silent": (
        join(FIRST, data(10, n=1), line(10.0004, "BA", "A", 1, ack=10),
             *(join(line(time, "AB", "A", 1, seq=9), line(time + 0.0004, "BA", "A", 1, ack=10))
               for time in every(25, 4, 35))),
        # The reply comes after 26 s.
        join(FIRST, data(10, n=1), line(10.0004, "BA", "A", 1, ack=10),
             line(35, "AB", "A", 1, seq=9), line(35.0004, "BA", "A", 1, ack=10),
             line(36, "BA", "PA", 1, "len=20", ack=10), line(36.0001, "AB", "A", 2),
             answered(*every(25, 3, 61), n=2))),
    "interval_exceeds_idle": (
        join(OPEN, answered(5.12), answered(*every(8.192, 3, 13.312)), probe(37.888), answered(46.08)),
        join(OPEN, answered(*every(5.12, 4, 5.12)), probe(25.6), answered(30.72))),
    "too_many_probes": (
        join(FIRST, answered(*every(5.12, 40, 6.12), n=1)),
        join(FIRST, answered(*every(5.12, 29, 6.12), n=1))),
    "unit_error": (
        join(FIRST, answered(*every(0.06, 5, 1.06), n=1)),
        join(FIRST, answered(*every(1.024, 5, 2.024), n=1))),
    "one_direction": (
        # Only the client was captured.
        join(line(0, "AB", "S", seq=-1, ack=-5000), line(0.001, "AB", "A"), line(1, "AB", "PA", words="len=10"),
             line(1.0011, "AB", "A", 1), probe(*every(60.416, 12, 61.5), n=1)),
        # The capture starts when the peer is gone: nothing new is acknowledged.
        join(probe(*every(15.104, 4, 0), n=1), line(60.416, "AB", "RA", 1))),
    "incomplete_capture": (
        # From 10 s on the server's segments are missing; the client acknowledges them.
        join(OPEN, talk(1, 5), *(join(line(time, "AB", "PA", 2 + number, "len=10"), line(time + 0.001, "AB", "A", 3 + number))
                                 for number, time in enumerate(every(8, 5, 10)))),
        # A segment is lost and repeated; the capture has all of it.
        join("timestamps", FIRST, line(2, "BA", "PA", 1, "len=100"), line(2.001, "BA", "PA", 1, "len=100", seq=100),
             line(2.0011, "AB", "A", 1, "sack=5120-5220"), line(2.0031, "BA", "PA", 1, "len=100"),
             line(2.0032, "AB", "A", 1, ack=200), line(3, "AB", "FA", 1, ack=200), line(3.0004, "BA", "FA", 1, seq=200, ack=1),
             line(3.0005, "AB", "A", 1, seq=1, ack=201))),
    "not_established": (
        join(line(0, "AB", "S", seq=-1, ack=-5000), *(line(time, "BA", "SA", seq=-1) for time in (0.0006, 3, 9)), chat(22)),
        # No SYN was captured, and data passes both ways.
        join(talk(1, 2), close(3, 2))),
    "unknown": (FIRST, join(FIRST, close(2, 1))),
}

ILLUMOS = "len=1 byte=0"
WINDOWS = "len=1 byte=0"


def illumos(*times, n=1, is_answered=True):
    """Probes with PSH and one zero byte."""
    return join(*(join(line(time, "AB", "PA", n, ILLUMOS, seq=-1),
                       line(time + 0.0004, "BA", "A", n) if is_answered else "") for time in times))


# More of the same: other stacks, other roles, other ways to capture.
MORE = {
    # A proxy answers probes and closes when the application is idle.
    "verdict-healthy-closed-idle": join(FIRST, answered(*every(15.36, 3, 16.36), n=1), close(62, 1, "BA")),
    "near-healthy-closed-idle": join(FIRST, answered(*every(15.36, 3, 16.36), n=1), talk(61, n=1), close(62, 2, "BA")),

    "verdict-healthy-ipv6": join("ipv6", FIRST, answered(*every(61.44, 3, 61.44), n=1)),
    "verdict-healthy-responder-probes": join(FIRST, answered(*every(61.44, 3, 61.44), n=1, ends="BA")),
    "verdict-healthy-both-probe": join(FIRST, answered(*every(61.44, 3, 61.44), n=1), answered(
        *every(61.44, 3, 70), n=1, ends="BA")),
    # CE-marked data left ECE set on all later segments of one end (RFC 3168); AccECN counts in all three bits.
    "verdict-healthy-ecn": join(FIRST, answered(*every(61.44, 3, 61.44), n=1)).replace(" AB A ", " AB AE "),
    "verdict-healthy-accecn": join(FIRST, answered(*every(61.44, 3, 61.44), n=1)).replace(" AB A ", " AB AEN ").replace(
        " BA A ", " BA ACE "),
    "verdict-healthy-illumos": join("A.ttl=255", FIRST, illumos(*every(10, 6, 11.001))),
    "verdict-healthy-windows": join("A.ttl=128", FIRST, answered(*every(30, 4, 31), n=1, words=WINDOWS)),
    "verdict-healthy-midway": join(talk(1), answered(*every(61.44, 3, 61.44), n=1)),
    # Both sides in one file: each packet once more, five hops further along the path.
    "verdict-healthy-merged": join("timestamps", handshake(words="copy=0.00005/5", answer="copy=0.000004/5"),
                                   talk(1, words="copy=0.00005/5", answer="copy=0.000004/5"),
                                   answered(*every(8.192, 4, 9.192), n=1, words="copy=0.00005/5", answer="copy=0.000004/5")),
    "verdict-healthy-mirrored": join(handshake(words="copy=0.000003", answer="copy=0.000003"),
                                     talk(1, words="copy=0.000003", answer="copy=0.000003"),
                                     answered(*every(20, 4, 21), n=1, words="copy=0.000003", answer="copy=0.000003")),
    # A round trip of 2.5 s and an interval of 1 s: three probes are out before the first answer.
    "verdict-healthy-late-answers": join(
        handshake(rtt=0.8), talk(3, rtt=2.5),
        *(answered(*every(1.04, 3, start), n=1, rtt=2.5) for start in (38, 73, 108))),
    # All probes have the same identification, as from a NIC that repeats a template.
    "verdict-healthy-template": join(FIRST, answered(*every(20, 4, 21), n=1, words="id=0x4242")),
    "verdict-unresponsive-template": join(TWO_ANSWERED, probe(*FOUR_LOST[:3], n=1, words="id=0x4242"), chat(222)),
    # Payload is cut off, headers are whole.
    "verdict-healthy-snaplen": join("snaplen=66 | timestamps", FIRST, answered(*every(20, 4, 21), n=1)),
    # One byte of data is repeated, and acknowledged: no probe of illumos.
    "near-healthy-one-byte-data": join(
        FIRST, data(2, 2.3, n=1, words="len=1"), line(2.3004, "BA", "A", 1, ack=1),
        line(3, "AB", "FA", 1, seq=1), line(3.0004, "BA", "FA", 1, ack=2), line(3.0005, "AB", "A", 1, seq=2, ack=1)),
    # A zero-window period long before the probes.
    "verdict-healthy-after-zero-window": join(
        FIRST, data(2, n=1), line(2.04, "BA", "A", 1, "win=0", ack=10), line(2.25, "AB", "A", 1, seq=9),
        line(2.2504, "BA", "A", 1, "win=0", ack=10), line(3, "BA", "PA", 1, "len=20", ack=10), line(3.0001, "AB", "A", 2),
        answered(*every(20, 3, 23), n=2)),

    "verdict-peer-dead-ipv6": join("ipv6", TWO_ANSWERED, probe(*FOUR_LOST, n=1), GAVE_UP),
    "verdict-peer-dead-responder-probes": join(FIRST, answered(61.44, 122.88, n=1, ends="BA"), probe(
        *FOUR_LOST, n=1, ends="BA"), line(244.736, "BA", "RA", 1)),
    "verdict-peer-dead-ecn": join(TWO_ANSWERED, probe(*FOUR_LOST, n=1), GAVE_UP).replace(" AB A ", " AB AE "),
    # Ten probes, one second apart, and the RST of Windows.
    "verdict-peer-dead-windows": join("A.ttl=128", FIRST, answered(31, 61, n=1, words=WINDOWS),
                                      probe(*every(1, 10, 91), n=1, words=WINDOWS), line(101, "AB", "RA", 1)),
    # The kernel stops without RST; the capture goes on.
    "verdict-peer-dead-without-reset": join("A.ttl=128", FIRST, answered(31, 61, n=1, words=WINDOWS),
                                            probe(*every(1, 10, 91), n=1, words=WINDOWS), chat(130)),
    "verdict-peer-dead-midway": join(probe(*every(15.104, 4, 0), n=1), line(60.416, "AB", "RA", 1)),
    "verdict-peer-dead-mirrored": join(TWO_ANSWERED, probe(*FOUR_LOST, n=1, words="copy=0.000003"),
                                       line(244.736, "AB", "RA", 1, "copy=0.000003")),
    # The application aborts 3.2 s after the second unanswered probe; the interval is 15 s.
    "near-peer-dead-abort": join(TWO_ANSWERED, probe(*FOUR_LOST[:2], n=1), line(202.624, "AB", "RA", 1)),

    # illumos doubles the interval.
    "verdict-unresponsive-illumos": join("A.ttl=255", FIRST, illumos(11.001, 21.001), illumos(
        *(31.001 + 0.4 * (2**number - 1) for number in range(7)), is_answered=False), chat(62)),
    # The capture starts when it already hangs, and ends before the prober gives up.
    "verdict-unresponsive-midway": join(probe(*every(15.104, 4, 0), n=1), chat(52)),
    # The second unanswered probe is half a second old when the capture ends.
    "near-unresponsive-too-early": join(TWO_ANSWERED, probe(*FOUR_LOST[:2], n=1), handshake(199.8, "CD")),
    # One probe, captured twice.
    "near-unresponsive-mirrored": join(TWO_ANSWERED, probe(FOUR_LOST[0], n=1, words="copy=0.000003")),

    "verdict-data-in-flight-midway": join("timestamps", *(
        line(time, "AB", "PA", 1, "len=5") for time in (0, 0.205, 0.413, 0.825, 1.657, 3.321, 6.777, 13.433))),
    # Keep-alives find no answer, then data: the peer is gone, and the path bore this silence before.
    "verdict-data-in-flight-after-probes": join(TWO_ANSWERED, probe(*FOUR_LOST[:2], n=1), data(
        201, 201.3, 201.9, 203.1, 205.5, 210.3, n=1)),
    "near-data-in-flight-two-retransmissions": join(FIRST, data(2, 2.3, 2.9, n=1), chat(4, period=1)),
    "near-data-in-flight-syn": join(*(line(time, "AB", "S", seq=-1, ack=-5000) for time in (0, 1, 3, 7)), chat(16)),
    # FIN is lost: nothing else is.
    "near-data-in-flight-fin": join(FIRST, *(line(time, "AB", "FA", 1) for time in (2, 2.2, 2.6, 3.4, 5, 8.2)), chat(22)),
    # Data is never repeated although the capture goes on: its acknowledgment was not captured.
    "near-data-in-flight-not-repeated": join(FIRST, data(2, n=1), chat(42)),

    # The answer comes while the data is repeated.
    "near-silent-drop-acknowledged": join(OPEN, talk(1, 60), data(*RETRANSMITTED, n=2), line(404.6, "BA", "A", 2, ack=10),
                                          chat(408)),
    # Only a FIN is lost after the silence.
    "near-silent-drop-fin": join(FIRST, *(line(time, "AB", "FA", 1) for time in (400, 400.2, 400.6, 401.4, 403, 406.2)),
                                 chat(410)),
    "near-silent-drop-half-closed": join(
        FIRST, line(2, "BA", "FA", 1), line(2.04, "AB", "A", 1, ack=1),
        *(line(time, "AB", "PA", 1, "len=10", ack=1) for time in RETRANSMITTED), visit(401.5), visit(403, "EB"), chat(408)),
    "verdict-silent-drop-ipv6": join("ipv6", OPEN, talk(1, 60), data(*RETRANSMITTED, n=2), visit(401.5),
                                     visit(403, "EB"), chat(408)),
    # The server sends; the client's host is heard.
    "verdict-silent-drop-responder": join(OPEN, talk(1, 60), data(*RETRANSMITTED, n=2, ends="BA"), visit(401.5, "ED"),
                                          chat(408)),
    # The neighbour of the silent connection proves only that the host lived before.
    "near-too-late-for-path-heard-before": join(TWO_ANSWERED, probe(*FOUR_LOST, n=1), GAVE_UP, visit(170), chat(248)),

    # First probe after 20 s of path idleness and its successors; the server's host is heard.
    "verdict-blocked-probes": join(OPEN, talk(1, 4), probe(24, 29, 34, 39, n=2), line(44, "AB", "RA", 2), visit(26),
                                   visit(36, "EB"), chat(48)),

    # A firewall resets both ends at once.
    "verdict-reset-when-idle-both-ends": join(FIRST, line(241.5, "BA", "R", 1), line(241.5001, "AB", "R", 1), chat(245)),
    # A load balancer answers the handshake and resets; the data comes from the server behind it.
    "verdict-reset-when-idle-load-balancer": join("B.ttl=50", handshake(answer="ttl=62"), talk(1),
                                                  line(241.5, "BA", "R", 1, "ttl=62"), chat(245)),
    # RST of the server itself after 75 s.
    "verdict-idle-close-reset": join(FIRST, line(76, "BA", "RA", 1), chat(78)),
    # The request crosses the FIN: less than a second after it was acknowledged.
    "near-stale-reuse-race": join(FIRST, line(66, "BA", "FA", 1), line(66.04, "AB", "A", 1, ack=1), line(
        66.3, "AB", "PA", 1, "len=10", ack=1), line(66.3004, "BA", "R", 1, seq=1), chat(80)),

    # The server has no state: a load balancer or a restarted host, in IPv6.
    "verdict-peer-lost-state-ipv6": join("ipv6", FIRST, probe(61.44, n=1), line(61.4404, "BA", "R", 1)),
    "verdict-peer-lost-state-data": join(FIRST, data(46, n=1), line(46.0004, "BA", "R", 1), chat(48)),
    # The prober had reset the connection itself.
    "near-peer-lost-state-own-reset": join(FIRST, line(2, "AB", "RA", 1), probe(7, n=1), line(7.0001, "BA", "R", 1)),
    # RST refused: not the next number; the receiver sends a challenge ACK and both go on (RFC 5961).
    "near-reset-by-path-refused": join(
        "B.ttl=57", FIRST, answered(11, 21, 31, n=1), line(35, "BA", "R", 1, "ttl=250 id=0x7777", seq=500),
        line(35.0001, "AB", "A", 1), answered(41, 51, n=1), talk(55, n=1), close(60, 2)),
    # The route changed before the RST.
    "near-reset-by-path-route-change": join(
        "B.ttl=57", OPEN, talk(1, 2), talk(3, 4, 5, n=2, answer="ttl=50"), line(5.6, "BA", "RA", 5, "ttl=50"), chat(22)),
    # Two captures in one file: 300 s in which nothing at all was captured.
    "near-no-keepalive-silent-capture": join(
        OPEN, talk(*every(1, 20, 1)), talk(*every(1, 20, 321), n=20), handshake(0.5, "CD"),
        talk(*every(1, 20, 1.2), ends="CD"), talk(*every(1, 20, 321.2), n=20, ends="CD"), handshake(0.6, "EB"),
        talk(*every(1, 20, 1.4), ends="EB"), talk(*every(1, 20, 321.4), n=20, ends="EB")),
    # Idle to the end of the capture.
    "verdict-no-keepalive-to-the-end": join(FIRST, chat(300)),
    "near-no-keepalive-half-closed": join(FIRST, line(2, "BA", "FA", 1), line(2.04, "AB", "A", 1, ack=1), chat(160)),

    "verdict-peer-unreachable-ipv6": join(
        "ipv6", TWO_ANSWERED, *(join(probe(time, n=1), f"{time + 0.0009:.6f} RA icmp=1/0") for time in FOUR_LOST), GAVE_UP),
    # RFC 792: the header and eight bytes.
    "verdict-peer-unreachable-ongoing": join(TWO_ANSWERED, *(
        join(probe(time, n=1), f"{time + 0.0009:.6f} RA icmp=3/1 quote=28") for time in FOUR_LOST[:3]), chat(222)),
    # Fragmentation needed, and the sender does not listen: the same size is lost again.
    "verdict-peer-unreachable-path-mtu": join(FIRST, *(
        join(line(time, "AB", "PA", 1, "len=1400"), f"{time + 0.0009:.6f} RA icmp=3/4 mtu=1300")
        for time in (2, 2.3, 2.9, 4.1, 6.5)), chat(8, period=3)),
    # Fragmentation needed, once; the smaller segments arrive.
    "near-peer-unreachable-path-mtu": join(
        FIRST, data(2, n=1, words="len=1400"), "2.001 RA icmp=3/4 mtu=1300", line(2.0012, "AB", "PA", 1, "len=1200"),
        line(2.0013, "AB", "PA", 1, "len=200", seq=1200), line(2.0018, "BA", "A", 1, ack=1400),
        line(3, "AB", "FA", 1, seq=1400), line(3.0004, "BA", "FA", 1, ack=1401), line(3.0005, "AB", "A", 1, seq=1401, ack=1)),

    # Three frames of 0.1 ms: the times of the capture are artificial.
    "near-unit-error-artificial-time": join(*(
        join(line(0.0001 * number, *what)) for number, what in enumerate(
            (("AB", "PA", 0, "len=10"), ("BA", "A", 0, "", 0, 10), ("AB", "A", 0, "", 9), ("BA", "A", 0, "", 0, 10),
             ("AB", "A", 0, "", 9), ("BA", "A", 0, "", 0, 10), ("AB", "A", 0, "", 9), ("BA", "A", 0, "", 0, 10),
             ("BA", "FA", 0, "", 0, 10), ("AB", "FA", 0, "", 10, 1), ("BA", "A", 0, "", 1, 11))))),
    # Copies from further along the path are no middlebox.
    "near-middlebox-probes-merged": join(
        FIRST, answered(*every(15, 4, 61), n=1, words="copy=0.00005/5", answer="copy=0.000004/5")),
    # The same distance, another initial TTL.
    "near-middlebox-probes-initial-ttl": join("A.ttl=64", FIRST, answered(*every(15, 4, 61), n=1, words="ttl=255")),
    # The handshake was answered by a SYN proxy; data and probes come from the server.
    "near-middlebox-probes-syn-proxy": join("B.ttl=120", handshake(answer="ttl=64"), talk(1), answered(
        *every(8.192, 4, 9.192), n=1, ends="BA")),
    # Slow answers at the peer's own distance.
    "near-answered-by-middlebox-slow": join("B.ttl=53", handshake(rtt=0.02), talk(1, rtt=0.02), answered(
        *every(30, 5, 31), n=1, rtt=0.06)),
    # The address was closed properly before; TIME_WAIT answers the SYN.
    "near-half-open-time-wait": join(
        FIRST, close(2, 1, "BA"), line(5, "AB", "S", seq=-501, ack=-5000), line(5.0002, "BA", "A", 1, seq=1, ack=1),
        line(5.0003, "AB", "R", 1, seq=1), line(6, "AB", "S", seq=-501, ack=-5000),
        "6.0004 BA SA 884999 500 | 6.0005 AB A 500 885000 | 6.1 AB PA 500 885000 len=10 | 6.1004 BA A 885000 510",
        "7 AB FA 510 885000 | 7.0004 BA FA 885000 511 | 7.0005 AB A 511 885001"),
    # The server speaks last: nothing is owed.
    "near-application-silent-server-last": join(FIRST, line(10, "BA", "PA", 1, "len=20"), line(
        10.0001, "AB", "A", 1, ack=20), *(join(line(time, "AB", "A", 1, seq=-1, ack=20), line(
            time + 0.0004, "BA", "A", 1, seq=20)) for time in every(25, 4, 35))),
    # One direction, the server's.
    "verdict-one-direction-responder": join(
        line(0.0002, "BA", "SA", seq=-1), line(1.0004, "BA", "A", ack=10), line(1.0008, "BA", "PA", words="len=20", ack=10),
        *(join(line(time, "BA", "A", number, ack=10), line(time + 0.001, "BA", "PA", number, "len=20", ack=10))
          for number, time in enumerate(every(10, 4, 10), 1))),
    # Only payload: the filter left out pure acknowledgments.
    "verdict-incomplete-capture-payload-only": join(*(join(
        line(time, "AB", "PA", number, "len=10"), line(time + 0.05, "BA", "PA", number, "len=20", ack=10))
        for number, time in enumerate(every(9, 5, 1))), line(46, "AB", "PA", 5, "len=10")),
    # The echoed timestamp is newer than anything that was captured of the client.
    "verdict-incomplete-capture-timestamps": join(
        "timestamps", FIRST, *(line(2 + 0.012 * number, "BA", "PA", 1, "len=1000", seq=1000 * number)
                               for number in range(4)),
        *(line(2.4 + 0.012 * number, "BA", "PA", 1, f"len=1000 ts={2_002_400 + 12 * number}/1002390", seq=1000 * number)
          for number in (1, 3))),
}


def scenes():
    """(file name without suffix, text) of all scenes."""
    for verdict, pair in SCENES.items():
        for prefix, text in zip(("verdict", "near"), pair):
            yield f"{prefix}-{verdict.replace('_', '-')}", text
    yield from MORE.items()
