"""Situations seen in public captures, recreated with a few packets each, in the language of scene_language.py.

Each of them misled an earlier set of rules, mostly because of what the capture lacks and not because of what the
connection did. The numbers are those of our collection.
"""
from verdicts import answered, handshake, join, line, probe, talk

XMAS = "SFRPAUEC"


def lost_acknowledgments():
    """01: the server repeats exactly the holes, and echoes timestamps newer than any captured segment of the client."""
    data_time = [(3.96, 0), (3.97, 1), (3.99, 3), (4.0, 5), (4.01, 7), (4.02, 8)]
    repeated = [(4.42, 2, 4_700), (4.44, 4, 4_730), (4.76, 6, 5_020)]
    return join(
        "public | timestamps | B.ttl=49 | A.port=49897 | B.port=80", talk(1, 2.5, rtt=0.3), line(3.3, "AB", "PA", 2, "len=10"),
        *(line(time, "BA", "A", 2, "len=1288 ts=2003960/1003300", seq=1288 * number, ack=10) for time, number in data_time),
        *(line(time, "BA", "A", 2, f"len=1288 ts={2_000_000 + int(time * 1000)}/{1_000_000 + echo - 400}",
               seq=1288 * number, ack=10) for time, number, echo in repeated),
        handshake(40, "CD"), talk(41, ends="CD"))


def payload_only():
    """22: no pure acknowledgment at all; 67 s of silence, and data 0.2 s before the end."""
    out = ["public | timestamps | B.ttl=118 | B.port=8333"]
    for n, time in enumerate((0, 9, 36, 47, 70)):
        out += [line(time, "AB", "PA", n, "len=10"), line(time + 0.1, "BA", "PA", n, "len=20", ack=10)]
    # From here on only the client is captured; what it acknowledges grows.
    out += [line(140, "AB", "PA", 9, "len=10"), line(207.7, "AB", "PA", 12, "len=10"), line(207.9, "AB", "PA", 13, "len=10")]
    return join(*out)


SCENES = {
    "01-acknowledgments-not-captured": lost_acknowledgments(),
    # A generated capture: whole seconds, and data that is never repeated; another connection follows much later.
    "03-generated-never-repeated": join(
        "public | B.port=1883 | A.port=54348", "0 AB S 999 0 id=1 | 1 BA SA 4999 1000 id=1 | 2 AB A 1000 5000 id=1",
        "3 AB PA 1000 5000 len=20 id=1", "4000000 CD A 1000 5000 id=1"),
    # One retransmission, 0.8 s before the end.
    "04-one-retransmission-at-the-end": join(
        "public | A.ttl=128 | B.ttl=116 | B.port=443", "0 AB PA 1000 5000 len=37 | 0.1636 BA PA 5000 1037 len=37",
        "0.3280 AB A 1037 5037 | 30.1562 AB PA 1037 5037 len=37 | 30.7343 AB PA 1037 5037 len=37 | 31.5 CD PA 1 1 len=5"),
    # Data and FIN, nothing repeated in 20 s: the answers were not captured.
    "06-data-and-fin-not-repeated": join(
        "public | timestamps | A.ttl=64 | B.ttl=86 | B.port=443", "0 AB A 1000 5000 | 24.6410 BA PA 5000 1000 len=45",
        "24.6411 BA PA 5045 1000 len=31 ttl=87 | 24.6427 BA FA 5076 1000 | 44.8875 CD PA 1 1 len=111"),
    "08-data-not-repeated": join(
        "public | timestamps | B.port=4444", "0 BA A 5000 1000 | 1.0076 AB PA 1000 5000 len=7 | 1.0080 BA A 5000 1007",
        "3.5357 AB PA 1007 5000 len=28 | 29.1514 CD PA 1 1 len=11"),
    # The unacknowledged data is the last frame.
    "09-data-in-the-last-frame": join(
        "public | timestamps | B.ttl=62 | A.port=5090", "0 AB PA 1000 5000 len=1103 | 0.0104 BA PA 5000 2103 len=621",
        "0.0105 AB A 2103 5621 | 1.6596 BA PA 5621 2103 len=616 | 1.6597 AB A 2103 6237 | 33.6721 AB PA 2103 6237 len=409"),
    "10-syn-scan": join("public | A.ttl=41 | B.ttl=128 | B.port=445", "0 AB S 999 0 win=1024 | 0.0006 BA SA 4999 1000",
                        "2.9590 BA SA 4999 1000 | 8.8935 BA SA 4999 1000 | 30 CD PA 1 1 len=5"),
    # The peer's segments are missing from some point on; what the client acknowledges goes on growing.
    "12-one-direction-later": join(
        "public | timestamps | B.port=21999", talk(1, 9),
        *(join(line(time, "AB", "PA", 2 + number, "len=10"), line(time + 0.0018, "AB", "A", 3 + number))
          for number, time in enumerate((17, 25, 33, 41, 49))), "56 AB PA 1070 5140 len=13"),
    # iperf: the receiver closes, then resets while data is still under way; one of these segments has one byte.
    "14-reset-after-fin": join(
        "public | timestamps | A.ttl=63 | B.port=5201", "0 AB A 1000 5000 len=1428 | 0.0001 BA A 5000 2428",
        "0.1 BA FA 5000 2428 | 0.2 AB A 2428 5001 len=1428 | 0.200005 BA R 5001 0 | 0.2101 AB A 3856 5001 len=1428",
        "0.210106 BA R 5001 0 | 0.2304 AB A 5284 5001 len=1 | 0.230405 BA R 5001 0 | 0.2405 AB A 5285 5001 len=1",
        "0.240505 BA R 5001 0 | 0.2506 AB A 5286 5001 len=1426 | 0.250605 BA R 5001 0"),
    # The server closes, the client does not; its probe 45 s later meets RST.
    "15-probe-after-fin": join(
        "public | B.ttl=55 | B.port=80", handshake(rtt=0.026), talk(0.1, rtt=0.026), "15.8 BA FA 5020 1010 | 15.8001 AB A 1010 5021",
        "60.5280 AB A 1009 5021 | 60.5532 BA R 5021 0", handshake(1, "CD"), talk(2, 20, 40, 59, 61, ends="CD")),
    # A test tool resets the connection and probes it 5 s later.
    "18-probe-after-own-reset": join(
        "public | A.ttl=127 | B.ttl=127 | B.port=80", handshake(), talk(0.01),
        "1 AB RA 1010 5020 | 6 AB A 1009 5020 | 6.00001 BA R 5020 0"),
    # LDAP unbind: the server aborts with a RST that acknowledges the request.
    "19-ldap-unbind": join(
        "public | A.ttl=128 | B.ttl=128 | B.port=389", handshake(rtt=0.0033), talk(1, rtt=0.0013),
        "50.9724 AB PA 1010 5020 len=44 | 50.9738 BA RA 5020 1054 win=0 | 50.9744 AB FA 1054 5020",
        handshake(0.5, "CD"), talk(1, 21, 41, 52, ends="CD")),
    # Only a FIN is lost; two retransmissions in 1.6 s, then the capture ends.
    "21-fin-lost": join(
        "public | timestamps | A.ttl=114 | B.port=50139", "0 AB PA 1000 5000 len=90 | 0.0001 BA A 5000 1090",
        "30.7786 BA FA 5000 1090 | 31.3667 BA FA 5000 1090 | 32.3407 BA FA 5000 1090"),
    "22-payload-only": payload_only(),
    # A damaged frame with all flags, then one end alone; what it acknowledges grows.
    "27-damaged-frames": join(
        "public | timestamps | B.port=21999", f"0 BA {XMAS} 5000 1000 len=725", "842.8112 AB PA 1351 26757 len=13",
        "873.0543 AB A 1377 28315"),
    # Two connections of one client die together; it is heard again only the day after. The client's own answered probe
    # crossed the path at 187 s, so 372 s failed and not 559 s.
    "28-client-gone": join(
        "public | A.ttl=127 | E.ttl=127 | B.ttl=55 | D.ttl=55 | B.port=80 | D.port=80 | E.port=54405", handshake(rtt=0.028),
        talk(0.1, rtt=0.027), answered(187.271, n=1, rtt=0.025, words="len=1 byte=0"),
        probe(559.779, 573.794, n=1, ends="BA"), line(587.811, "BA", "RA", 1),
        handshake(335.639, "ED", rtt=0.028), talk(335.7, ends="ED", rtt=0.027), probe(705.127, 719.143, n=1, ends="DE"),
        line(733.159, "DE", "RA", 1), "137840.292 AF S 7777 0"),
    # All frames are 58 microseconds apart: no timer of the connection is visible.
    "29-artificial-time": join("public | A.ttl=62 | B.ttl=128", *(
        f"{0.000058 * number:.6f} {text}" for number, text in enumerate((
            "AB A 1000 5000 len=1460", "AB PA 2460 5000 len=574", "BA A 5000 3034", "AB A 3033 5000", "BA A 5000 3034",
            "AB A 3033 5000", "BA A 5000 3034", "AB A 3033 5000", "BA A 5000 3034", "BA FA 5000 3034",
            "AB FA 3034 5001", "BA A 5001 3035")))),
    # A load balancer sends one late ACK, 72 microseconds after the close.
    "30-late-acknowledgment": join(
        "public | B.ttl=48 | B.port=80", handshake(rtt=0.19), "6.0828 AB FA 1000 5000 | 6.2757 BA FA 5000 1001",
        "6.275718 AB A 1001 5001 | 6.275790 BA A 5000 1001 ttl=111 id=0xf509 | 6.275802 AB A 1001 5001"),
    # RST with TTL 255 and data with 64: both zero hops away, and the identification goes on.
    "31-reset-with-another-initial-ttl": join(
        "public | B.port=389", *(f"{0.1 * number:.4f} AB PA {1000 + 1460 * number} 5000 len=1460 | "
                                 f"{0.1 * number + 0.05:.4f} BA A 5000 {2460 + 1460 * number}" for number in range(6)),
        "0.6587 AB FPA 9760 5000 len=407 | 0.6598 BA A 5000 10168 | 0.8654 BA PA 5000 10168 len=31",
        "0.8655 AB R 10168 0 ttl=255 id=next"),
    # A fuzzed capture: all flags, a probe-like ACK, a time that is 65536 s off.
    "33-fuzzed": join(
        "public | timestamps | A.port=8080", f"0 AB {XMAS} 1000 5000 id=0 ts=none", "0.000007 AB A 999 5041 win=6375 id=0",
        "65536.00048 BA A 5051 1180 win=6375 id=0"),
    # An excerpt: segments around the only probe were cut out.
    "35-excerpt": join(
        "public | timestamps | B.port=22", "0 AB A 1000 5000 id=0x8101 | 18.4547 AB A 999 5000 id=0x811b",
        "58.2716 AB PA 4420 7712 len=36 id=0x811c | 58.2739 BA PA 7712 4456 len=156",
        "58.2740 AB FA 4560 7940 id=0x8121 | 58.2741 BA A 7940 4560 | 58.2776 BA FA 7940 4561",
        "58.2777 AB A 4561 7941 id=0x8122"),
    # The server's FIN crosses the probe; the answer follows as D-SACK.
    "36-answer-as-dsack": join(
        "public | A.ttl=128 | B.ttl=47 | B.port=80", "0 BA PA 5000 1000 len=635 | 0.2050 AB A 1000 5635",
        "10.0084 AB A 999 5635 len=1 byte=0 | 10.0777 BA FA 5635 1000 | 10.077739 AB A 1000 5636",
        "10.077892 AB FA 1000 5636 | 10.1144 BA A 5636 1000 sack=999-1000 | 10.1834 BA A 5636 1001"),
    # One segment of one byte, captured twice.
    "38-one-segment-twice": join("public | A.ttl=128 | B.port=80", "0 AB A 1000 5000 len=1 byte=0 copy=0"),
}


def scenes():
    """(file name without suffix, text) of all situations."""
    for name, text in SCENES.items():
        yield f"public-{name}", text
