#!/usr/bin/env python3
"""Takes the picture of the HTML page for the README, 1200 pixels wide.

    screenshot.py TCPALIVE CAPTURE OUTPUT.png [HEIGHT]

Shows the first HEIGHT pixels, 900 if not given, of the page of CAPTURE in Chromium. Reduces the colours with pngquant, so
that the picture stays below 200 kB.
"""
import os
import subprocess
import sys
import tempfile

from browser import Browser


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    tool, capture, output = os.path.abspath(sys.argv[1]), sys.argv[2], os.path.abspath(sys.argv[3])
    height = int(sys.argv[4]) if len(sys.argv) == 5 else 900
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = os.path.join(folder, "page.html")
        # The page has the name as it is given: without folders.
        subprocess.run([tool, "analyze", "--html", page, os.path.basename(capture)], cwd=os.path.dirname(capture) or ".",
                       stdout=subprocess.DEVNULL, check=True)
        browser = Browser(os.path.join(folder, "home"))
        wrong = list(browser.open(page))
        if wrong:
            sys.exit(f"screenshot.py: {wrong[0]}")
        browser.paint(output, 1200, dark=False, height=height)
        browser.close()
    subprocess.run(["pngquant", "--force", "--strip", "--output", output, "64", output], check=True)
    size = os.path.getsize(output)
    print(f"{output}: {size:,} bytes")
    if size > 200_000:
        sys.exit("screenshot.py: the picture has more than 200,000 bytes")


main()
