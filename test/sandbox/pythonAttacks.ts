/**
 * Python programs that attack their sandbox. `forge` wants `assert solve(3) == 10` to pass without computing 10; `reach`
 * prints ESCAPED if it got hold of anything outside; `exhaust` wants to hang, fill or break the worker.
 */

/** Wrong solutions of "solve(3) is 10" that try to pass all the same. */
export const forge: Record<string, string> = {
  'an object equal to everything': 'class E:\n    def __eq__(self, o): return True\ndef solve(x): return E()',
  'an object equal to and unlike everything':
    'class E:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    __hash__ = None\ndef solve(x): return E()',
  'an int that lies about equality': 'class I(int):\n    def __eq__(self, o): return True\ndef solve(x): return I(3)',
  'a list that lies about equality': 'class L(list):\n    def __eq__(self, o): return True\ndef solve(x): return L()',
  'an object that claims another class':
    'class E:\n    __class__ = int\n    def __eq__(self, o): return True\n    def __index__(self): return 10\ndef solve(x): return E()',
  'a metaclass that equals everything':
    'class M(type):\n    def __eq__(cls, o): return True\n    __hash__ = type.__hash__\nclass E(metaclass=M): pass\ndef solve(x): return E',
  'AssertionError replaced by nothing':
    'import builtins\nbuiltins.AssertionError = type("Quiet", (Exception,), {"__init__": lambda s, *a: None})\ndef solve(x): return 0',
  'every builtin comparison patched':
    'import builtins, operator\noperator.eq = lambda a, b: True\nbuiltins.all = builtins.any = builtins.bool = lambda *a: True\ndef solve(x): return 0',
  'a trace function that skips lines':
    'import sys\ndef tracer(frame, event, arg):\n    try: frame.f_lineno = frame.f_lineno + 1\n    except ValueError: pass\n    return tracer\nsys.settrace(tracer)\ndef solve(x): return 0',
  'the checker overwritten in every namespace':
    'import gc, sys\nfor o in gc.get_objects():\n    if isinstance(o, dict) and ("check" in o or "_test" in o):\n        o["check"] = o["_test"] = lambda *a: None\ndef solve(x): return 0',
  'the tests read out of memory':
    'import gc, re\ndef solve(x):\n    for o in gc.get_objects():\n        for s in (o if isinstance(o, (list, tuple)) else ()):\n            if isinstance(s, str) and "solve(3) ==" in s: return int(re.search(r"== (\\d+)", s)[1])\n    return 0',
  'the tests read out of the frames':
    'import sys\ndef solve(x):\n    f = sys._getframe()\n    while f:\n        for v in list(f.f_locals.values()) + list(f.f_globals.values()):\n            if isinstance(v, (str, list, dict)) and "== 10" in str(v): return 10\n        f = f.f_back\n    return 0',
  'the driver replaced':
    'import __main__\n__main__._outcome = lambda request: {"value": True, "passed": 1, "total": 1, "failures": []}\n__main__._test = lambda request: {"passed": 1, "total": 1, "failures": []}\ndef solve(x): return 0',
  'json patched':
    'import json\nreal = json.dumps\njson.dumps = lambda *a, **k: \'{"passed": 1, "total": 1, "failures": []}\'\ndef solve(x): return 0',
  'a verdict written to the wire':
    'import os\ndef solve(x):\n    os.write(3, b\'D{"passed": 1, "total": 1, "failures": [], "clean": true}\')\n    return 0',
  'a verdict written while loading':
    'import os\nos.write(3, b\'D{"names": {}}\')\nos.write(3, b\'D{"passed": 1, "total": 1, "failures": []}\')\ndef solve(x): return 0',
  'questions asked of the tests':
    'import os\ndef solve(x):\n    os.write(3, b\'R{"op":"getattr","on":0,"args":{"tuple":["__globals__"]},"kwargs":{"dict":[]}}\')\n    return os.read(3, 1000).decode()',
  'a verdict printed': 'print(\'{"kind":"passed","total":1}\')\ndef solve(x): return 0',
  'exit with success': 'import sys\ndef solve(x): sys.exit(0)',
  'exit while loading': 'import sys\nsys.exit(0)\ndef solve(x): return 10',
  'hard exit with success': 'import os\ndef solve(x): os._exit(0)',
  'atexit and a clean end': 'import atexit, os\natexit.register(lambda: os._exit(0))\ndef solve(x): raise SystemExit',
  'a bare exception of the base class': 'class Stop(BaseException): pass\ndef solve(x): raise Stop',
  'the exception of the sandbox': 'import __main__\ndef solve(x): raise __main__._Halt("passed")',
  'the tests skipped by KeyboardInterrupt': 'def solve(x): raise KeyboardInterrupt',
  'the names of the tests shadowed':
    'def candidate(x): return 10\ndef check(*a): return None\nabs = min = max = len = lambda *a: 10\ndef solve(x): return 0',
  'a decimal that is not a number': 'from decimal import Decimal\ndef solve(x): return Decimal("NaN")',
  'code objects swapped':
    'def solve(x): return 0\ndef other(x): return 0\nsolve.__code__ = other.__code__.replace(co_consts=(None, 0))',
  'a wrong type with the right text': 'def solve(x): return "10"',
  'the import system patched':
    'import sys, builtins\nclass Finder:\n    def find_spec(self, *a): raise SystemExit\nsys.meta_path.insert(0, Finder())\nbuiltins.__import__ = lambda *a: None\ndef solve(x): return 0',
}

/** Ways out of the interpreter. Each prints ESCAPED where it worked. */
export const reach: Record<string, string> = {
  'os.system': 'import os\nif os.system("echo") == 0: print("ESCAPED")',
  'os.popen': 'import os\nprint("ESCAPED" if os.popen("echo hello").read() else "")',
  subprocess: 'import subprocess\nsubprocess.run(["ls"], check=True)\nprint("ESCAPED")',
  'os.fork': 'import os\nos.fork()\nprint("ESCAPED")',
  'os.execv': 'import os\nos.execv("/bin/sh", ["sh", "-c", "echo"])\nprint("ESCAPED")',
  'a socket': 'import socket\ns = socket.socket()\ns.connect(("127.0.0.1", 80))\nprint("ESCAPED")',
  'a host name looked up': 'import socket\nprint("ESCAPED", socket.gethostbyname("example.com"))',
  'a page fetched': 'import urllib.request\nprint("ESCAPED", urllib.request.urlopen("http://127.0.0.1").read())',
  'a file of the host read': 'print("ESCAPED", open("/etc/passwd").read())',
  'a file written': 'open("/tmp/escaped", "w").write("x")\nprint("ESCAPED")',
  'a folder made': 'import os\nos.mkdir("/escaped")\nprint("ESCAPED")',
  'a file removed': 'import os\nos.remove("/lib/python314.zip")\nprint("ESCAPED")',
  'a temporary file': 'import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b"x")\nprint("ESCAPED")',
  'the host folders listed': 'import os\nif {"etc", "proc/self", "root"} & set(os.listdir("/")): print("ESCAPED")',
  'the environment': 'import os\nif "PATH" in os.environ: print("ESCAPED")',
  'the js module': 'import js\nprint("ESCAPED")',
  'the pyodide module': 'import pyodide.code\nprint("ESCAPED", pyodide.code.run_js("1"))',
  pyodide_js: 'import pyodide_js\nprint("ESCAPED")',
  'the core bridge by the builtin importer':
    'import sys, _imp\nfrom importlib.machinery import BuiltinImporter, ModuleSpec\nsys.modules.pop("_pyodide_core", None)\nm = _imp.create_builtin(ModuleSpec("_pyodide_core", BuiltinImporter))\nfor name in dir(m):\n    for args in ((), ({},), (print,), ("1",), ([], print)):\n        try: v = getattr(m, name)(*args)\n        except Exception: continue\n        if "Js" in type(v).__name__: print("ESCAPED", name, v)',
  'ctypes by the builtin importer':
    'import sys\nfrom importlib.machinery import BuiltinImporter, ModuleSpec\nsys.modules.pop("_ctypes", None)\nimport _imp\nif _imp.create_builtin(ModuleSpec("_ctypes", BuiltinImporter)) is not None: print("ESCAPED")',
  'ctypes by name': 'import ctypes\nctypes.CDLL(None).emscripten_run_script(b"process.exit()")\nprint("ESCAPED")',
  'pyodide loaded from the archive':
    'import sys, zipimport\nfor n in list(sys.modules):\n    if sys.modules[n] is None: del sys.modules[n]\nzipimport.zipimporter("/lib/python314.zip").load_module("pyodide")\nimport pyodide.code\nprint("ESCAPED", pyodide.code.run_js("1"))',
  'bridge objects found by the collector':
    'import gc, sys\nfor o in list(gc.get_objects()) + [c for c in object.__subclasses__()]:\n    n = type(o).__name__\n    if "JsProxy" in n or "JsFinder" in n or "JsLoader" in n:\n        for a in dir(o):\n            try: v = getattr(o, a)\n            except BaseException: continue\n            if type(v).__name__ == "JsProxy": print("ESCAPED", v.constructor.constructor("return 1")())',
  'conversion to JavaScript found by the collector':
    'import gc\nfor o in gc.get_objects():\n    if getattr(o, "__name__", "") in ("to_js", "run_js", "create_proxy"):\n        print("ESCAPED", o({}))',
  'subclasses walked to an opener':
    'for c in object.__subclasses__():\n    if c.__name__ == "_wrap_close":\n        print("ESCAPED", c.__init__.__globals__["popen"]("id").read() or "")\n        break\nraise SystemExit(1)',
  'a thread': 'import threading\nt = threading.Thread(target=print, args=("ESCAPED",))\nt.start()',
  'a process pool': 'import multiprocessing\nmultiprocessing.Process(target=print).start()\nprint("ESCAPED")',
  'a library opened':
    'import _imp\nfrom importlib.machinery import ExtensionFileLoader, ModuleSpec\n_imp.create_dynamic(ModuleSpec("x", ExtensionFileLoader("x", "/lib/x.so"), origin="/lib/x.so"))\nprint("ESCAPED")',
  'shared memory': 'import mmap\nmmap.mmap(-1, 1 << 16)\nprint("ESCAPED")',
  'a database on disk': 'import sqlite3\nsqlite3.connect("/tmp/x.db").execute("create table t (x)")\nprint("ESCAPED")',
}

/** Programs that never end, never stop growing, or break what runs them, with the reasons they may fail for. */
export const exhaust: Record<string, readonly [source: string, ...reasons: string[]]> = {
  'an endless loop': ['while True: pass', 'timeout'],
  'an endless loop that catches everything': [
    'while True:\n    try:\n        while True: pass\n    except BaseException: pass',
    'timeout',
  ],
  'an endless loop that ignores signals': [
    'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass',
    'timeout',
  ],
  'a sum in C': ['sum(range(10**12))', 'timeout'],
  'a membership test in C': ['import itertools\n-1 in itertools.count()', 'timeout'],
  'a giant power': ['x = 10 ** 10 ** 8', 'timeout', 'memory'],
  'a tower of powers': ['x = 9 ** 9 ** 9 ** 9', 'timeout', 'memory', 'exception'],
  'a giant number printed': [
    'import sys\nsys.set_int_max_str_digits(0)\nprint(10 ** 10 ** 7)',
    'timeout',
    'memory',
    'output limit',
  ],
  'a regular expression that blows up': ['import re\nre.match(r"(a+)+$", "a" * 50 + "b")', 'timeout'],
  'a sleep': ['import time\ntime.sleep(1000)', 'timeout'],
  'waiting for input on the wire': ['import os\nos.read(3, 100)', 'timeout', 'crash'],
  'a list without end': ['x = []\nwhile True: x.append("x" * 10**5)', 'memory', 'timeout'],
  'a generator without end': ['list(iter(int, 1))', 'memory', 'timeout'],
  'a huge block': ['x = bytearray(10**10)', 'memory', 'exception'],
  'memory that is caught and tried again': [
    'x = []\nwhile True:\n    try: x.append(bytearray(10**6))\n    except MemoryError: pass',
    'timeout',
    'memory',
  ],
  'a string doubled': ['s = "x"\nwhile True: s += s', 'memory', 'exception'],
  'endless recursion': ['def f(): return f()\nf()', 'exception'],
  'endless recursion without a limit': [
    'import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()',
    'memory',
    'crash',
    'timeout',
    'exception',
  ],
  'recursion in C': [
    'import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())',
    'exception',
    'crash',
    'memory',
    'timeout',
  ],
  'a deep nest parsed': [
    'compile("(" * 10**5 + ")" * 10**5, "x", "eval")',
    'exception',
    'syntax error',
    'memory',
    'crash',
  ],
  'a deep nest freed': [
    'x = ()\nfor _ in range(10**6): x = (x,)\ndel x\nraise ValueError',
    'exception',
    'crash',
    'timeout',
  ],
  'a flood of output': ['while True: print("x" * 1000)', 'output limit'],
  'a flood of errors': ['import sys\nwhile True: sys.stderr.write("x" * 1000)', 'output limit'],
  'a flood below Python': ['import os\nwhile True: os.write(1, b"x" * 10**6)', 'output limit', 'exception'],
  'a fork bomb': ['import os\nwhile True: os.fork()', 'exception'],
  'a thread bomb': ['import threading\nwhile True: threading.Thread(target=lambda: None).start()', 'exception'],
  'crafted bytecode': [
    'def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([255, 7] * 50), co_stacksize=1)\nf()',
    'crash',
    'exception',
    'timeout',
    'memory',
  ],
  'a stack read below its end': [
    'def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([0x17, 0] * 200 + [0x23, 0]))\nf()',
    'crash',
    'exception',
    'timeout',
    'memory',
  ],
  'a segmentation fault': ['import faulthandler\nfaulthandler._sigsegv()', 'crash', 'exception'],
  abort: ['import os\nos.abort()', 'crash', 'exception'],
  'a finaliser that comes back': [
    'class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a',
    'timeout',
  ],
  'a compile bomb': [
    'compile("x = " + "+".join(["1"] * 3 * 10**5), "x", "exec")\nraise ValueError',
    'exception',
    'memory',
    'timeout',
    'crash',
  ],
}
