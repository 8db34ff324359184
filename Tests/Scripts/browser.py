"""Chromium without a window, controlled by the DevTools protocol."""
import base64
import json
import os
import shutil
import subprocess
import sys


class Browser:
    """Chromium, controlled by the DevTools protocol over two pipes."""

    def __init__(self, home):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not chromium:
            sys.exit("chromium is missing")
        to_browser, self.sink = os.pipe()
        source, from_browser = os.pipe()
        # The protocol uses descriptors 3 and 4; copies with higher numbers, because a pipe may have one of those.
        theirs = [os.dup(to_browser) for _ in range(8)][-1], os.dup(from_browser)

        def connect():
            os.dup2(theirs[0], 3)
            os.dup2(theirs[1], 4)

        self.process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--user-data-dir=" + home, "about:blank"],
            preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for descriptor in (*theirs, to_browser, from_browser):
            os.close(descriptor)
        self.source = os.fdopen(source, "rb")
        self.number, self.session, self.events, self.rest = 0, None, [], b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.source.fileno(), 1 << 20)
            if not more:
                sys.exit("chromium: chromium has ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.sink, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"chromium: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        """Opens the file at `path` and returns what is wrong so far."""
        self.events.clear()
        self.call("Page.navigate", url="file://" + path.replace("%", "%25").replace("#", "%23").replace("?", "%3F"))
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())
        self.evaluate("1")
        return self.wrong(path)

    def wrong(self, path):
        """Messages, exceptions and network requests of the page."""
        for event in self.events:
            method, parameters = event.get("method", ""), event.get("params", {})
            if method in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                yield f"{method}: {json.dumps(parameters)[:300]}"
            if method == "Page.javascriptDialogOpening":
                yield "a dialog opens"
            if method == "Network.requestWillBeSent" and parameters["type"] != "Document":
                yield f"requests {parameters['request']['url'][:100]}"

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"chromium: {result['exceptionDetails']}")
        return result["result"].get("value")

    def resize(self, width):
        """Makes the window `width` pixels wide, that of a phone below 500; None: as before."""
        if width:
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=740, deviceScaleFactor=2 if width < 500 else 1,
                      mobile=width < 500)
        else:
            self.call("Emulation.clearDeviceMetricsOverride")

    def paint(self, path, width, dark, height=2600):
        """Writes a picture of the first `height` pixels of the page, `width` pixels wide, to `path`."""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        # Otherwise, what is outside the window is not painted.
        self.evaluate("document.querySelectorAll('article').forEach(card => card.style.contentVisibility = 'visible')")
        height = min(height, self.evaluate("document.documentElement.scrollHeight"))
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
        self.call("Emulation.setEmulatedMedia", features=[])
        self.resize(None)

    def close(self):
        self.process.terminate()
        self.process.wait()
