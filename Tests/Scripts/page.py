#!/usr/bin/env python3
"""Opens the pages of `analyze --html` in Chromium and compares them with `--format json`.

    page.py TCPALIVE DIRECTORY [--pictures FOLDER]

For every capture below DIRECTORY: the page logs nothing and requests nothing from the network, it has the numbers of the
JSON, it draws the data, SYN and FIN that tshark finds, and its tables of events have the events of JSON. At 1200, 400 and
360 pixels nothing is wider than the window and no labels overlap. Links, filter, sorting and copying work, the printed page
has every connection, and the page is readable without JavaScript. With --pictures, writes screenshots of each page into
FOLDER: light, dark, and both narrow.
"""
import base64
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from browser import Browser
from capture_files import captures
from tshark import run, tshark_version, whose_marks

# A legal file name that is markup if it is not escaped; the accent combines with the quote before it.
HOSTILE = "<script>alert(1)<|script>&amp;'\"\u0301 onmouseover=alert(1) {{title}}.pcap"

# The values in the page, by their names in JSON.
VALUES = """(() => {
  const values = element => Object.fromEntries(Array.from(element.querySelectorAll("[data-json]"),
    cell => [cell.dataset.json, cell.dataset.value ?? cell.textContent]));
  // The data of each article in words, and as drawn.
  const sent = article => {
    const words = Array.from(article.querySelectorAll(".sent"), cell => cell.dataset.value);
    const ticks = Array.from(article.querySelectorAll("svg.drawing rect.data"));
    const turns = end => article.querySelectorAll(`use[href="#${end}"].turn`).length;
    return [article.dataset.connection, words.map(Number), ticks.reduce((sum, tick) => sum + +tick.dataset.count, 0),
      turns("syn"), turns("fin"), article.querySelector("svg.drawing") !== null, ticks.length];
  };
  const all = selector => Array.from(document.querySelectorAll(selector));
  return {
    summary: values(document.getElementById("summary")),
    rows: all("tr[data-connection]").map(row => [row.dataset.connection, values(row)]),
    sections: all("article").map(section => [section.dataset.connection, values(section)]),
    paths: all("tr.path").map(values), files: all(".file").map(file => file.textContent),
    damages: all(".damage").map(item => item.textContent),
    marks: all("svg.drawing use.mark").length, data: all("article").map(sent), elements: all("script").length,
    heading: document.querySelector("h1").textContent,
    problem: all("svg.drawing *").filter(shape => Array.from(shape.attributes).some(
      attribute => /nan|inf|^$/i.test(attribute.value))).length,
    events: all("article").map(article => [article.dataset.connection, Array.from(
      article.querySelectorAll(".events tbody tr"), row => row.dataset.kind === undefined ? null
        : [row.dataset.kind, ...Array.from(row.cells, cell => Array.from(cell.childNodes, node => node.textContent || " ").join("").trim())])]),
    links: all("article").map(article => {
      const link = article.querySelector(".permalink"), id = `c${article.dataset.connection}`;
      return [article.dataset.connection, article.id === id && document.querySelectorAll(`#${id}`).length === 1
        && link.getAttribute("href") === `#${id}` && link.getClientRects().length > 0];
    }),
    filters: all("article").map(article => [article.dataset.connection, article.querySelector("code.filter").textContent]),
    broken: all("a[href^='#']").filter(link => !document.getElementById(link.hash.slice(1))).length,
    lead: document.querySelector(".lead").textContent.replace(/\\s+/g, " ").trim(),
    causes: all(".lead a").map(link => [link.textContent, link.hash.slice(2)]),
    tags: /{{|}}/.test(document.documentElement.outerHTML),
    order: all("main > section").map(section => section.id),
  };
})()"""

# The ends of the names of JSON fields that the page must have.
SHOWN = {
    "summary": ("packets", "bytes", "segments", "connections"),
    "rows": ("severity", "verdict", "ended", "first_ts_ns", "last_ts_ns", "_probes", "_answered", "r_idle_min_s",
             "r_interval_min_s", "r_count_min"),
    "sections": ("sentence", "advice", "confidence", "longest_idle_ns", "longest_survived_ns", "shortest_failed_ns",
                 "closed_idle_ns"),
    "path": ("first_network", "second_network", "connections", "_survived_ns", "_failed_ns", "_s"),
}

# The width of the page, and the elements that leave the window.
WIDTHS = """(() => {
  // Otherwise, elements outside the window have no size.
  for (const section of document.querySelectorAll("article")) section.style.contentVisibility = "visible";
  for (const details of document.querySelectorAll("details")) details.open = true;
  const wide = Array.from(document.body.querySelectorAll("*")).filter(element => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && !element.closest(".shapes") && (box.right > innerWidth + 0.5 || box.left < -0.5);
  });
  return [document.documentElement.scrollWidth, innerWidth, wide.map(element => element.outerHTML.slice(0, 80))];
})()"""

# The pairs of visible labels in a drawing that overlap, and the labels that overlap the words around the drawing.
OVERLAPS = """(() => {
  const found = [];
  for (const drawing of document.querySelectorAll("svg.drawing")) {
    const labels = Array.from(drawing.querySelectorAll("text"), text => [text.textContent, text.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0);
    const frame = drawing.getBoundingClientRect();
    labels.forEach(([words, box], index) => {
      if (box.top < frame.top - 2 || box.bottom > frame.bottom + 2) found.push([words, "the words around the drawing"]);
      for (const [others, other] of labels.slice(index + 1))
        if (box.left < other.right - 1 && other.left < box.right - 1 && box.top < other.bottom - 1
          && other.top < box.bottom - 1) found.push([words, others]);
    });
  }
  return found;
})()"""

# What copying the first filter selects; the clipboard needs a permission that a page without a window does not have.
COPY = """(async () => {
  const button = document.querySelector(".copy");
  if (!button) return null;
  button.click();
  await new Promise(resolve => setTimeout(resolve, 100));
  return [getSelection().toString().trim(), button.closest("dd").querySelector("code").textContent, button.textContent];
})()"""

FILTER = """(() => {
  const filter = document.getElementById("filter");
  if (!filter || filter.hidden) return null;
  const rows = Array.from(document.querySelectorAll("tr[data-connection]"));
  const count = () => rows.filter(row => row.getClientRects().length > 0).length;
  const type = text => { filter.value = text; filter.dispatchEvent(new Event("input")); return count(); };
  const verdict = rows[0].querySelector("[data-json=verdict]").textContent;
  const result = {all: count(), none: type("no such words"), some: type(verdict),
    expected: rows.filter(row => row.textContent.includes(verdict)).length, again: type("")};
  const order = () => Array.from(document.querySelectorAll("tr[data-connection]"), row => +row.dataset.connection);
  const head = document.querySelector("#table th button");
  head.click(); result.down = order(); head.click(); result.up = order();
  return result;
})()"""

# The numbers of visible rows and sections, and of visible elements that need JavaScript.
PLAIN = """["tr[data-connection]", "article", "input, th button, .copy"].map(selector => Array.from(
  document.querySelectorAll(selector)).filter(element => element.getClientRects().length > 0).length)"""


def compare(part, page, record):
    """Where the values of `page` differ from those of a JSON record."""
    for name, value in page.items():
        expected = record
        for step in name.split("."):
            expected = expected.get(step) if isinstance(expected, dict) else None
        if value != str(expected):
            yield f"{part}: {name} is {value!r} in the page, {expected!r} in JSON"
    for name in record:
        hidden = name.endswith(("window_probes", "middlebox_probes", "unanswered"))
        # Shown only if it is not 0.
        hidden = hidden or name == "evicted_connections" and record[name] == 0
        if name.endswith(SHOWN[part.split()[0]]) and name not in page and not hidden:
            yield f"{part}: {name} is missing"


def differences(page, report):
    """Where the values of `page` differ from those of the JSON report."""
    yield from compare("summary", page["summary"], report["summary"])
    connections = {str(record["connection"]): record for record in report["connections"]}
    for part in ("rows", "sections"):
        if sorted(connections) != sorted(number for number, _ in page[part]):
            yield f"{part}: not the connections of JSON"
            continue
        for number, values in page[part]:
            yield from compare(f"{part} {number}", values, connections[number])
    severities = ["failure", "warning", "notice", "ok"]
    order = [(severities.index(connections[number]["severity"]), int(number)) for number, _ in page["rows"]]
    if order != sorted(order):
        yield "rows: not by risk"
    shown = [path for path in report.get("paths", []) if "longest_survived_ns" in path or "shortest_failed_ns" in path]
    if len(shown) != len(page["paths"]):
        yield f"paths: {len(page['paths'])} in the page, {len(shown)} in JSON"
    for index, (values, record) in enumerate(zip(page["paths"], shown)):
        yield from compare(f"path {index}", values, record)
    events = sum(not event.get("copy", False) for event in report["events"])
    if events < 200 and page["marks"] != events:
        yield f"{page['marks']} marks are drawn, JSON has {events} events"
    yield from event_tables(page, report)
    yield from headline(page, report)
    if page["problem"]:
        yield f"{page['problem']} shapes have no position"


def event_tables(page, report):
    """Where the tables of events are not the events of JSON."""
    events = {}
    for event in report["events"]:
        if not event.get("copy", False):
            events.setdefault(str(event["connection"]), []).append(event)
    for number, rows in page["events"]:
        expected = [(event["kind"], str(event["frame"]), event["ts"][:26].replace("T", " "))
                    for event in events.get(number, [])]
        # With a row for the events that are not kept: the first ones, then the last ones.
        parts, day = [[]], ""
        for row in rows:
            if row is None:
                parts.append([])
                continue
            kind, frame, time, words = row[:4]
            day, time = time.split(" ") if " " in time else (day, time)
            parts[-1].append((kind, frame, f"{day} {time}"))
            if not words:
                yield f"connection {number}: an event without words"
        is_drawn = any(data[0] == number and data[5] for data in page["data"])
        if len(parts) == 1 and is_drawn and parts[0] != expected:
            yield f"connection {number}: {len(parts[0])} events in the table, {len(expected)} in JSON, or others"
        if len(parts) == 2 and (expected[:len(parts[0])] != parts[0] or expected[-len(parts[1]):] != parts[1]):
            yield f"connection {number}: the table does not have the first and the last events"
        if not is_drawn and rows:
            yield f"connection {number}: events without a drawing"


def headline(page, report):
    """Where the sentence at the top or the links are wrong."""
    total, records = report["summary"]["connections"], report["connections"]
    died = sum(record["severity"] == "failure" for record in records)
    share = "All" if died == total else f"{died:,} of"
    starts = {(True, True): f"{share} {total:,} connections died: ",
              (True, False): f"None of {total:,} connections died.", (False, True): "The connection died: "}
    start = "No TCP connection was captured." if total == 0 else starts.get((total > 1, died > 0), "")
    if not page["lead"].startswith(start) or not page["lead"]:
        yield f"the headline is {page['lead']!r}, not {start!r}"
    connections = {str(record["connection"]): record for record in records}
    for verdict, number in page["causes"]:
        if connections.get(number, {}).get("verdict") != verdict:
            yield f"the headline links {verdict} to connection {number}"
    if {verdict for verdict, _ in page["causes"]} != {
            record["verdict"] for record in records if record["severity"] != "ok"}:
        yield f"the headline has the verdicts {page['causes']}"
    for number, words in page["filters"]:
        if words != connections[number]["findings"][0]["filter"]:
            yield f"the filter of connection {number} is {words!r}"
    wrong = [number for number, is_right in page["links"] if not is_right]
    if wrong or page["broken"]:
        yield f"{page['broken']} links lead nowhere; the permalinks of {wrong[:3]} are wrong"
    order = [name for name in ("findings", "connections", "others", "paths", "summary") if name in page["order"]]
    if page["order"] != order or "connections" not in order:
        yield f"the sections are {page['order']}"


def printed(browser, folder):
    """The text of the printed page."""
    path = os.path.join(folder, "page.pdf")
    pdf = browser.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    with open(path, "wb") as file:
        file.write(base64.b64decode(pdf["data"]))
    return " ".join(run("pdftotext", "-layout", path, "-").stdout.split())


def missing_in_print(text, page):
    """The connections and the events that the printed page lacks."""
    for number, rows in page["events"]:
        if not re.search(rf"\bstream {number}\b", text):
            yield f"connection {number} is missing in print"
        times = [row[2].split(" ")[-1] for row in rows if row]
        if times and not all(time in text for time in (times[0], times[-1])):
            yield f"the events of connection {number} are missing in print"
    if "Filter" in text or "Copy" in text:
        yield "the filter or a button is printed"


def sent(directory, name, report):
    """By connection: the number of data segments of each end by tshark, and the ends that sent SYN and FIN. No events.

    None if tshark cannot read the file.
    """
    events = {int(event["frame"]) for event in report["events"]}
    fields = ("frame.number", "tcp.stream", "tcp.len", "tcp.flags.syn", "tcp.flags.fin", "tcp.srcport", "ip.src",
              "ipv6.src", "icmp.type", "icmpv6.type")
    arguments = [word for field in fields for word in ("-e", field)]
    theirs = run("tshark", "-n", "-r", os.path.join(directory, name), "-Y", "tcp.len", "-T", "fields", "-E",
                 "occurrence=l", *arguments)
    if theirs.returncode:
        return None
    # A flag is 1 or True, depending on the version of tshark.
    is_set = ("1", "True").__contains__
    found = {}
    for line in theirs.stdout.splitlines():
        frame, stream, length, syn, fin, port, version4, version6, *errors = line.split("\t")
        data, opened, closed = found.setdefault(stream, ({}, set(), set()))
        if int(frame) in events or any(errors):
            continue
        end = (version6 or version4, port)
        if int(length):
            data[end] = data.get(end, 0) + 1
        opened.update([end] if is_set(syn) else [])
        closed.update([end] if is_set(fin) else [])
    return found


def ticks(page, report, found):
    """Where the data in `page`, in words or drawn, is not what tshark found."""
    connections = {str(record["connection"]): record for record in report["connections"]}
    for number, words, drawn, opened, closed, is_drawn, count in page["data"]:
        record = connections[number]
        data, syns, fins = found.get(number, ({}, set(), set()))
        ends = [data.get((record[end + "_ip"], str(record[end + "_port"])), 0) for end in ("originator", "responder")]
        if (words or [0, 0]) != ends:
            yield f"connection {number}: data {words} in the page, {ends} of tshark"
        if is_drawn and (drawn, opened, closed) != (sum(ends), len(syns), len(fins)):
            yield f"connection {number}: {drawn} segments, {opened} SYN, {closed} FIN are drawn, tshark has {data}"
        if sum(ends) and not is_drawn and len(connections) <= 200:
            yield f"connection {number}: its data is not drawn"
        if count > 96:
            yield f"connection {number}: {count} ticks"


def check(browser, tool, directory, name, folder, pictures):
    """What is wrong with the page of capture `name`."""
    path = os.path.join(folder, "page.html")
    # Versions of Wireshark number connections differently if ports are reused.
    arguments = [
        tool, "analyze", "--wireshark", whose_marks(tshark_version()), "--format", "json", "--connections", "all", "--html",
        path, name]
    ours = subprocess.run(arguments, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if ours.returncode not in (0, 3):
        yield f"exit status {ours.returncode}: {ours.stderr.decode()}"
        return
    report = json.loads(ours.stdout, parse_float=str)
    yield from browser.open(path)
    page = browser.evaluate(VALUES)
    yield from differences(page, report)
    # In a damaged file, tshark may stop elsewhere.
    segments = sent(directory, name, report) if ours.returncode == 0 else None
    if segments is not None:
        yield from ticks(page, report, segments)
    if page["files"] != [name]:
        yield f"the file is called {page['files']}"
    if page["elements"] != 1 or page["heading"] != "tcpalive: " + name:
        yield f"the heading is {page['heading']!r}, with {page['elements']} scripts"
    if len(page["damages"]) != len(report["summary"]["damaged"]):
        yield f"the page reports damage {len(page['damages'])} times"
    if page["tags"] and name != HOSTILE:
        yield "a tag of the template has no value"
    # Before the check of widths, which opens everything.
    yield from missing_in_print(printed(browser, folder), page)
    for width in (1200, 400, 360):
        browser.resize(width)
        scroll, inner, wide = browser.evaluate(WIDTHS)
        if scroll > width or inner != width or wide:
            yield f"at {width} pixels it is {scroll} wide: {wide[:3]}"
        overlaps = browser.evaluate(OVERLAPS)
        if overlaps:
            yield f"at {width} pixels {len(overlaps)} labels overlap: {overlaps[:3]}"
    browser.resize(None)
    copied = browser.evaluate(COPY)
    if copied and (copied[0] != copied[1] or copied[2] == "Copy") or bool(copied) != bool(report["connections"]):
        yield f"copying does {copied}"
    found = browser.evaluate(FILTER)
    count = len(report["connections"])
    if bool(found) != bool(count):
        yield "the filter is missing"
    if found and not (found["all"] == found["again"] == count and found["none"] == 0
                      and found["some"] == found["expected"]):
        yield f"the filter shows {found}"
    if found and (found["up"] != sorted(found["up"]) or found["down"] != found["up"][::-1]):
        yield "sorting does not sort"
    yield from browser.wrong(path)
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    yield from browser.open(path)
    plain = browser.evaluate(PLAIN)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    if plain != [count, count, 0]:
        yield f"without a script it shows {plain} of {count} connections"
    if pictures:
        browser.open(path)
        for label, width, dark in (("light", 1200, False), ("dark", 1200, True), ("narrow", 400, False),
                                   ("narrow-dark", 400, True)):
            browser.paint(os.path.join(pictures, f"{name}-{label}.png"), width, dark)


def check_all(tool, files, folder, pictures):
    """(name, what is wrong with its page) of each capture of `files`, in one browser."""
    os.mkdir(folder)
    browser = Browser(os.path.join(folder, "home"))
    results = [(name, list(check(browser, tool, location, name, folder, pictures))) for location, name in files]
    browser.close()
    return results


def main():
    if len(sys.argv) not in (3, 5) or len(sys.argv) == 5 and sys.argv[3] != "--pictures":
        sys.exit(__doc__)
    tool, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    pictures = os.path.abspath(sys.argv[4]) if len(sys.argv) == 5 else None
    if pictures:
        os.makedirs(pictures, exist_ok=True)
    # One envelope is enough: all have the same segments.
    files = [os.path.split(path) for path in captures([directory])]
    files = [(folder, name) for folder, name in files
             if not name.startswith(("link-", "pcap-m", "pcap-n")) or name == "link-ethernet-ipv6.pcap"]
    passed = failed = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shutil.copy(os.path.join(directory, "scenes", "dead-peer-60-15-4.pcap"), os.path.join(folder, HOSTILE))
        files.append((folder, HOSTILE))
        count = os.cpu_count() or 1
        with concurrent.futures.ProcessPoolExecutor(count) as pool:
            jobs = [pool.submit(check_all, tool, files[number::count], os.path.join(folder, str(number)), pictures)
                    for number in range(count)]
            for name, wrong in [result for job in jobs for result in job.result()]:
                for sentence in wrong:
                    print(f"{name}: {sentence}")
                passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
