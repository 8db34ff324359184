"""Scenes for every verdict, as text: what passes between A, which opens, and B, and between C and D, their neighbours.

A line is a time in seconds, sender and receiver, flags, sequence and acknowledgment number, and words `len=`, `win=`,
`ttl=`. `near` is a scene that comes near to the verdict and does not deserve it.
"""

HANDSHAKE = "0 AB S 999 0 | 0.0001 BA SA 4999 1000 | 0.0002 AB A 1000 5000"
NEIGHBOUR = "0 CB S 99 0 | 0.0001 BC SA 9 100 | 0.0002 CB A 100 10"
HEARD = "470 CB PA 100 10 len=4 | 470.0001 BC A 10 104"
PROBE, ANSWER, ABORT = "AB A 999 5000", "BA A 5000 1000", "AB RA 1000 5000"
DATA, RESET = "AB PA 1000 5000 len=10", "BA R 5000 0"
CLOSE = "AB FA 1010 5000 | {} BA FA 5000 1011 | {} AB A 1011 5001"


def answered(count, start, period, words=""):
    return " | ".join(f"{start + number * period:.6f} {PROBE} {words} | {start + number * period + 0.0003:.6f} {ANSWER}"
                      for number in range(count))


def lost(count, start, period, words=""):
    return " | ".join(f"{start + number * period:.6f} {PROBE} {words}" for number in range(count))


DEAD = lost(4, 400.064, 15.104) + f" | 460.48 {ABORT}"
SENT = f"400 {DATA} | 400.3 {DATA} | 401 {DATA} | 404 {DATA}"

# verdict: (scene that shows it, scene that comes near), both after the handshake
SCENES = {
    "healthy": (answered(3, 61.44, 61.44), answered(2, 61.44, 61.44) + " | " + lost(2, 184.32, 15.104)),
    "unresponsive": (answered(2, 61.44, 61.44) + " | " + lost(2, 184.32, 15.104),
                     answered(2, 61.44, 61.44) + " | " + lost(1, 184.32, 15.104)),
    "peer_dead": (lost(4, 61.44, 15.104) + f" | 121.856 {ABORT}",
                  answered(2, 61.44, 61.44) + f" | 130 {ABORT}"),
    "peer_lost_state": (f"61.44 {PROBE} | 61.4404 {RESET}", f"4 {DATA} | 4.0004 {RESET}"),
    "peer_never_answers": (lost(2, 61.44, 15.104) + " | 80 BA PA 5000 1000 len=5 | 80.0001 AB A 1000 5005",
                           lost(1, 61.44, 15.104) + f" | 61.4403 {ANSWER} | 80 BA PA 5000 1000 len=5"
                           " | 80.0001 AB A 1000 5005"),
    "no_keepalive": (f"300 {DATA} | 300.0004 BA A 5000 1010", f"59 {DATA} | 59.0004 BA A 5000 1010"),
    "too_late_for_path": (f"{NEIGHBOUR} | {DEAD} | {HEARD}", f"{NEIGHBOUR} | {DEAD}"),
    "silent_drop": (SENT, f"{SENT} | 404.1 BA A 5000 1010"),
    "reset_by_path": (f"61.44 {PROBE} | 61.4404 {RESET} ttl=250", f"61.44 {PROBE} | 61.4404 {RESET} ttl=63"),
    "interval_exceeds_idle": (answered(1, 5.12, 1) + " | " + answered(3, 13.312, 8.192) + " | "
                              + lost(2, 37.888, 8.192) + f" | 46.0803 {ANSWER}",
                              answered(4, 5.12, 5.12) + " | " + lost(2, 25.6, 5.12) + f" | 30.7203 {ANSWER}"),
    "unit_error": (answered(5, 0.06, 0.06), answered(5, 1.024, 1.024)),
    "user_timeout": (lost(1, 5.12, 3.072) + f" | 8.192 {ABORT}", lost(2, 5.12, 3.072) + f" | 11.264 {ABORT}"),
    "data_in_flight": (f"1 {DATA} | 1.3 {DATA} | 2 {DATA} | 5 {DATA}",
                       f"1 {DATA} | 1.3 {DATA} | 2 {DATA} | 5 {DATA} | 5.1 BA A 5000 1010"),
    "too_many_probes": (answered(40, 5.12, 5.12), answered(29, 5.12, 5.12)),
    "middlebox_probes": (answered(3, 60, 15, "ttl=255"), answered(3, 60, 15, "ttl=63")),
    "closed": (f"1 {DATA} | 1.0004 BA A 5000 1010 | 2 " + CLOSE.format("2.0004", "2.0005"),
               f"100 {DATA} | 100.0004 BA A 5000 1010 | 102 " + CLOSE.format("102.0004", "102.0005")),
    "unknown": (f"1 {DATA} | 1.0004 BA A 5000 1010", f"1 {DATA} | 1.0004 BA A 5000 1010 | 2 AB FA 1010 5000"),
}

# What a verdict does not tell apart and its sentence does: a proxy that answers probes and closes on application idle; and
# a close that came soon after data.
IDLE = f"1 {DATA} | 1.0004 BA A 5000 1010 | "
BUSY = " | 60 BA PA 5000 1010 len=4 | 60.0001 AB A 1010 5004"
KEPT = " | ".join(f"{time} AB A 1009 {{0}} | {time}03 BA A {{0}} 1010" for time in ("16.36", "31.72", "47.08"))
CLOSED_IDLE = IDLE + KEPT.format(5000) + " | 61.0004 BA FA 5000 1010 | 61.0006 AB FA 1010 5001 | 61.0007 BA A 5001 1011"
NEAR_CLOSED_IDLE = (IDLE + KEPT.format(5000) + BUSY
                    + " | 61.0004 BA FA 5004 1010 | 61.0006 AB FA 1010 5005 | 61.0007 BA A 5005 1011")
MORE = (("verdict-healthy-closed-idle", CLOSED_IDLE), ("near-healthy-closed-idle", NEAR_CLOSED_IDLE))


def scenes():
    """(file name without suffix, scene after the handshake)."""
    for verdict, pair in SCENES.items():
        for prefix, scene in zip(("verdict", "near"), pair):
            yield f"{prefix}-{verdict.replace('_', '-')}", scene
    yield from MORE


def lines():
    """(file name without suffix, [(time in s, from, to, flags, seq, ack, {word: number})]), in the order of time."""
    for name, scene in scenes():
        parts = [part.split() for part in f"{HANDSHAKE} | {scene}".split("|")]
        parsed = [(float(time), ends[0], ends[1], flags, int(seq), int(ack),
                   {word.split("=")[0]: int(word.split("=")[1]) for word in words})
                  for time, ends, flags, seq, ack, *words in parts]
        yield name, sorted(parsed, key=lambda line: line[0])
