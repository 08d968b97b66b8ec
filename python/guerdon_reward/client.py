"""One way to the server for all adapters: JSON over HTTP, connections kept open, retries with growing pauses."""

import http.client
import json
import os
import random
import ssl
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit


class RewardServerError(RuntimeError):
    """The server could not be asked, or refused; the message says what it said."""


class RewardServer:
    """A Guerdon server.

    url: http://host:port, with a path where it stands behind one.
    key: an API key; default: the environment variable GUERDON_API_KEY. Also the password of the URL: http://any:KEY@host.
    timeout: seconds for one attempt. retries: further attempts where the server is overloaded, away or broken.
    batch: samples in one request. threads: requests at once.
    """

    def __init__(self, url, key=None, timeout=180.0, retries=5, batch=64, threads=8):
        parts = urlsplit(url if "://" in url else "http://" + url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an address of a server: {url!r}")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._headers = {"content-type": "application/json"}
        key = key or os.environ.get("GUERDON_API_KEY")
        if key:
            self._headers["authorization"] = "Bearer " + key
        elif parts.password:
            pair = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
            self._headers["authorization"] = "Basic " + b64encode(pair.encode()).decode()
        self.timeout, self.retries, self.batch, self.threads = timeout, retries, batch, threads
        self._local = threading.local()

    # Trainers send their reward functions to other processes; connections stay behind.
    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_local"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._local = threading.local()

    def post(self, path, body):
        """The answer to one request. Raises RewardServerError when the last attempt failed."""
        data = json.dumps(body, allow_nan=False, default=str).encode()
        for attempt in range(self.retries + 1):
            pause, failure = self._attempt(path, data)
            if failure is None:
                return pause
            if pause is None or attempt == self.retries:
                raise RewardServerError(f"{self._host}:{self._port or ''}{self._path}{path}: {failure}")
            # Not all at the same moment, when many wait for the same server.
            time.sleep(max(pause, min(30.0, 0.2 * 2**attempt)) * (0.75 + random.random() / 2))

    def post_all(self, path, bodies):
        """The answers to several requests, in order, some at once."""
        bodies = list(bodies)
        if len(bodies) <= 1:
            return [self.post(path, body) for body in bodies]
        with ThreadPoolExecutor(min(self.threads, len(bodies))) as pool:
            return list(pool.map(lambda body: self.post(path, body), bodies))

    def _attempt(self, path, data):
        """(answer, None), or (seconds to wait at least, failure); None for the seconds where trying again is no use."""
        try:
            connection = self._connection()
            connection.request("POST", self._path + path, data, self._headers)
            response = connection.getresponse()
            text = response.read()
            if response.will_close:
                self._forget()
        except (OSError, http.client.HTTPException) as error:
            self._forget()
            return 0.0, f"{type(error).__name__}: {error}"
        if response.status == 200:
            return json.loads(text), None
        failure = f"{response.status} {_message(text)}"
        if response.status in (408, 429) or response.status >= 500:
            return _seconds(response.headers.get("retry-after")), failure
        return None, failure

    def _connection(self):
        # A process that was forked off must not use its parent's connection.
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            return held[1]
        if self._secure:
            context = ssl.create_default_context()
            made = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=context)
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        self._local.held = (os.getpid(), made)
        return made

    def _forget(self):
        held = getattr(self._local, "held", None)
        if held is not None:
            held[1].close()
            self._local.held = None


def _message(text):
    try:
        return json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return text[:200].decode(errors="replace")


def _seconds(text):
    try:
        return min(60.0, float(text))
    except (TypeError, ValueError):
        return 0.0
